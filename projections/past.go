package projections

import (
	"context"
	"slices"
	"sync"
	"time"

	"tavoli/domain"
)

// How many sets of past models are kept, and for how long after they were last
// asked: paging through an answer should not make it anew for every page.
const (
	pastSets    = 16
	pastEntries = 200_000 // of all scopes together
	pastAll     = 1       // sets of everything
	pastTime    = 5 * time.Minute
)

// past keeps models of the past for those who go on asking them.
type past struct {
	mu   sync.Mutex
	sets []*pastSet    // the one asked last is the last
	wipe uint64        // how often everything was let go of
	busy chan struct{} // holds one thing while somebody reads the whole log
}

// A pastKey is what a set of past models shows.
type pastKey struct {
	scope     string
	known     domain.Position
	effective int64 // 0: no limit
}

type pastSet struct {
	key     pastKey
	models  *Models
	entries int
	expiry  *time.Timer
}

// get returns a set that is kept.
func (p *past) get(key pastKey) (*Models, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range p.sets {
		if s.key == key {
			p.sets = append(append(p.sets[:i], p.sets[i+1:]...), s)
			s.expiry.Reset(pastTime)
			return s.models, true
		}
	}
	return nil, false
}

// era tells one time between two clearings from another.
func (p *past) era() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wipe
}

// clear lets go of everything, and of what is being made in this era.
func (p *past) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe++
	if n := len(p.sets); n > 0 {
		p.cut(n - 1)
	}
}

// put keeps a set that was made in an era, if it is that still, and lets go of
// those that were not asked for long.
func (p *past) put(era uint64, key pastKey, m *Models, entries int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if era != p.wipe {
		return
	}
	s := &pastSet{key: key, models: m, entries: entries}
	s.expiry = time.AfterFunc(pastTime, func() { p.drop(s) })
	p.sets = append(p.sets, s)
	kept, sum, everything := 0, 0, 0
	for i, older := range slices.Backward(p.sets) {
		if older.key.scope == ScopeAll().key {
			everything++
		} else {
			kept, sum = kept+1, sum+older.entries
		}
		if i < len(p.sets)-1 && (kept > pastSets || sum > pastEntries || everything > pastAll) {
			p.cut(i)
			return
		}
	}
}

// cut lets go of the sets up to an index.
func (p *past) cut(upTo int) {
	for _, s := range p.sets[:upTo+1] {
		s.expiry.Stop()
	}
	p.sets = append([]*pastSet(nil), p.sets[upTo+1:]...)
}

func (p *past) drop(s *pastSet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.sets {
		if p.sets[i] == s {
			p.sets = append(p.sets[:i:i], p.sets[i+1:]...)
			return
		}
	}
}

// enter waits until nobody reads the whole log for the past.
func (p *past) enter(ctx context.Context) error {
	select {
	case p.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *past) leave() { <-p.busy }
