package storetest

import (
	"context"
	"sync"

	"tavoli/domain"
)

// A Gate keeps the appends of some stores apart from what would disturb them in the
// middle, where a test cannot bear that. It does nothing unless it is shut.
type Gate struct {
	Shut bool

	mu     sync.RWMutex
	stores []domain.Store
}

// Through returns a store whose appends pass the gate.
func (g *Gate) Through(s domain.Store) domain.Store {
	if !g.Shut {
		return s
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stores = append(g.stores, s)
	return gated{s, g}
}

// Disturb does something while nobody appends, and lets every store notice before
// somebody appends again.
func (g *Gate) Disturb(ctx context.Context, do func()) error {
	if !g.Shut {
		do()
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	do()
	for _, s := range g.stores {
		if _, err := s.Head(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A gated store waits while it would be disturbed.
type gated struct {
	domain.Store
	gate *Gate
}

// Append implements [domain.Store].
func (s gated) Append(ctx context.Context, batches ...domain.Batch) (domain.Position, error) {
	s.gate.mu.RLock()
	defer s.gate.mu.RUnlock()
	return s.Store.Append(ctx, batches...)
}
