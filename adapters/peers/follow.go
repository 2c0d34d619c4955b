package peers

import (
	"context"
	"sync"
	"time"
)

const (
	fetchers    = 4                // documents that are fetched together
	firstPause  = time.Second      // after a document was not found anywhere
	longPause   = 5 * time.Minute  // at most, after many times
	lookAgainAt = 10 * time.Minute // how often it is looked whether files vanished
)

// A wanted is a document that is filed and not here.
type wanted struct {
	pause time.Duration
	next  time.Time
}

// A following is the state of [Files.Run].
type following struct {
	files *Files
	have  map[string]bool
	want  map[string]*wanted
	since time.Time // when the whole shelf was looked through
}

// Run fetches what is missing until ctx is done: a node ends up with all documents
// that were filed anywhere, also after it lost its own. What no node has is looked
// for again and again, less and less often.
func (f *Files) Run(ctx context.Context) {
	look := or(f.Look, 5*time.Second)
	s := &following{files: f, want: make(map[string]*wanted)}
	for {
		s.note(ctx)
		s.fetch(ctx)
		if !wait(ctx, look) {
			return
		}
	}
}

// note finds out what is missing.
func (s *following) note(ctx context.Context) {
	filed, err := s.files.Filed(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.files.Log.Warn("it is not known which documents are filed", "error", err)
		}
		return
	}
	if now := time.Now(); s.have == nil || now.Sub(s.since) > lookAgainAt {
		s.have, s.since = make(map[string]bool, len(filed)), now
	}
	still := make(map[string]*wanted)
	for _, sha := range filed {
		if s.have[sha] {
			continue
		}
		if s.have[sha] = s.files.Has(sha); s.have[sha] {
			continue
		}
		if still[sha] = s.want[sha]; still[sha] == nil {
			still[sha] = &wanted{}
		}
	}
	s.want = still
	s.files.missing.Store(int64(len(still)))
}

// fetch fetches what is due, some together.
func (s *following) fetch(ctx context.Context) {
	due := make(chan string)
	var workers sync.WaitGroup
	var mu sync.Mutex
	for range fetchers {
		workers.Go(func() {
			for sha := range due {
				err := s.files.fetch(ctx, sha)
				mu.Lock()
				s.done(sha, err)
				mu.Unlock()
			}
		})
	}
	for _, sha := range s.due(time.Now()) {
		due <- sha
	}
	close(due)
	workers.Wait()
}

// due returns what is to be looked for now.
func (s *following) due(now time.Time) (list []string) {
	for sha, w := range s.want {
		if !now.Before(w.next) {
			list = append(list, sha)
		}
	}
	return list
}

// done notes what came of looking for a document.
func (s *following) done(sha string, err error) {
	if err == nil {
		s.have[sha] = true
		delete(s.want, sha)
		s.files.missing.Store(int64(len(s.want)))
		return
	}
	w := s.want[sha]
	w.pause = min(max(2*w.pause, firstPause), longPause)
	w.next = time.Now().Add(w.pause)
	if w.pause == longPause {
		s.files.Log.Debug("a document is nowhere to be found", "sha256", sha, "error", err)
	}
}
