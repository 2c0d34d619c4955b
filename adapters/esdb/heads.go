package esdb

import (
	"sync"
	"time"

	"tavoli/domain"
)

// grace is how long a follower may be behind a head that somebody has seen before it
// looks for itself.
const grace = 100 * time.Millisecond

// heads tells followers of the newest head that was seen. What lies there may be an
// event of others, of which a subscription of 23.10 does not tell until a thousand
// have come: whoever waits for that position would wait for long.
type heads struct {
	mu     sync.Mutex
	newest domain.Position
	moved  chan struct{} // closed when there is a newer one
}

func newHeads() *heads { return &heads{moved: make(chan struct{})} }

// saw notes a head.
func (h *heads) saw(head domain.Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if head > h.newest {
		h.newest = head
		close(h.moved)
		h.moved = make(chan struct{})
	}
}

// after returns the newest head, and what is closed when there is a newer one.
func (h *heads) after() (domain.Position, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest, h.moved
}
