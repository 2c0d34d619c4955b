package bus

import (
	"context"
	"sync"
	"time"

	"tavoli/domain"
)

// Stats say how a follower is doing.
type Stats struct {
	Name     string
	Position domain.Position // everything up to here is done
	Head     domain.Position // of the log, as far as it is known
	Lag      uint64          // Head less Position: positions, of which there may be more than events
	Oldest   time.Time       // when the oldest event under way was recorded; zero: there is none
	Done     uint64          // events published, or handled, since the start
	Retries  uint64          // failures since the start, of whatever kind
	Parked   int             // events a reaction gave up on

	LastError   string // the newest failure, empty while all is well
	LastErrorAt time.Time
}

// A gauge gathers the Stats of a follower.
type gauge struct {
	mu       sync.Mutex
	stats    Stats
	troubles map[string]string // what fails at present, by where
}

// failed counts a failure somewhere and reports whether all had been well there.
func (g *gauge) failed(where, text string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.troubles == nil {
		g.troubles = make(map[string]string)
	}
	_, known := g.troubles[where]
	g.troubles[where] = text
	g.stats.Retries++
	g.stats.LastError, g.stats.LastErrorAt = text, time.Now()
	return !known
}

// well notes that something works somewhere, and reports whether it had failed.
func (g *gauge) well(where string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, failed := g.troubles[where]; !failed {
		return false
	}
	delete(g.troubles, where)
	g.stats.LastError = ""
	for _, text := range g.troubles {
		g.stats.LastError = text
	}
	return true
}

// done counts an event that is dealt with.
func (g *gauge) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.Done++
}

// at notes a position that has been reached.
func (g *gauge) at(p domain.Position) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.Position = p
}

// busy notes when the oldest event under way was recorded.
func (g *gauge) busy(since time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.Oldest = since
}

// read returns the stats with the head of the log, if it says so in time.
func (g *gauge) read(log domain.Log) Stats {
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	head, err := log.Head(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.stats.Head = max(head, g.stats.Head)
	}
	s := g.stats
	s.Head = max(s.Head, s.Position)
	s.Lag = uint64(s.Head - s.Position)
	return s
}
