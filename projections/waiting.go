package projections

import (
	"container/heap"
	"context"
	"fmt"
	"sync"
	"time"

	"tavoli/domain"
)

// A line is everybody who waits for the view to reach a position. Each is woken
// alone, when the position is reached, and not at every event.
type line struct {
	mu   sync.Mutex
	heap waiters
}

// A waiter waits for a position.
type waiter struct {
	at    domain.Position
	woken chan struct{} // closed when the position is reached
	index int           // in the heap; -1: no longer there
}

// join adds somebody to the line.
func (l *line) join(at domain.Position) *waiter {
	w := &waiter{at: at, woken: make(chan struct{})}
	l.mu.Lock()
	heap.Push(&l.heap, w)
	l.mu.Unlock()
	return w
}

// leave takes a waiter out of the line, if it still stands there.
func (l *line) leave(w *waiter) {
	l.mu.Lock()
	if w.index >= 0 {
		heap.Remove(&l.heap, w.index)
	}
	l.mu.Unlock()
}

// reach wakes everybody who waits for a position up to at.
func (l *line) reach(at domain.Position) {
	l.mu.Lock()
	for len(l.heap) > 0 && l.heap[0].at <= at {
		close(heap.Pop(&l.heap).(*waiter).woken)
	}
	l.mu.Unlock()
}

func (l *line) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.heap)
}

// waiters is a heap, the lowest position first. It implements [heap.Interface].
type waiters []*waiter

func (w waiters) Len() int           { return len(w) }
func (w waiters) Less(i, j int) bool { return w[i].at < w[j].at }
func (w waiters) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].index, w[j].index = i, j
}

// Push implements [heap.Interface].
func (w *waiters) Push(x any) {
	one := x.(*waiter)
	one.index = len(*w)
	*w = append(*w, one)
}

// Pop implements [heap.Interface].
func (w *waiters) Pop() any {
	last := len(*w) - 1
	one := (*w)[last]
	(*w)[last], *w = nil, (*w)[:last]
	one.index = -1
	return one
}

// patience is how long a waiter waits before it asks whether the log goes as far
// as it hopes.
const patience = 250 * time.Millisecond

// Wait returns when the view has seen a position, or with the reason why it does
// not: [ErrBehind] when the caller's time is up, [ErrBeyond] where the log does
// not go that far.
func (v *View) Wait(ctx context.Context, at domain.Position) error {
	if v.Seen() >= at {
		return nil
	}
	w := v.line.join(at)
	defer v.line.leave(w)
	if v.Seen() >= at { // it was reached before w stood in the line
		return nil
	}
	doubt := time.NewTimer(patience)
	defer doubt.Stop()
	for {
		select {
		case <-w.woken:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("waiting for position %d at %d: %w (%w)", at, v.Seen(), ErrBehind, ctx.Err())
		case <-doubt.C:
			if head, err := v.log.Head(ctx); err == nil && head < at {
				return fmt.Errorf("position %d, head %d: %w", at, head, ErrBeyond)
			}
		}
	}
}
