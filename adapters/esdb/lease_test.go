package esdb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tavoli/adapters/esdb"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// term is that of the leases of the tests.
const term = 3 * time.Second

// A crew are nodes that want to do the same thing once.
type crew struct {
	t      *testing.T
	active atomic.Int32
	mu     sync.Mutex
	turns  []string // who had the lease, in turn
	begun  []time.Time
	wg     sync.WaitGroup
}

// hire lets a node want the lease until the context that is returned ends.
func (c *crew) hire(name string, s *esdb.Store, do func(context.Context, *esdb.Holding) error) (dismiss func()) {
	ctx, cancel := context.WithCancel(c.t.Context())
	done := make(chan struct{})
	c.wg.Go(func() {
		defer close(done)
		err := s.Lease("test", term).Run(ctx, func(ctx context.Context, h *esdb.Holding) error {
			if n := c.active.Add(1); n > 1 {
				c.t.Errorf("%s began while %d others had not ended", name, n-1)
			}
			defer c.active.Add(-1)
			c.mu.Lock()
			c.turns, c.begun = append(c.turns, name), append(c.begun, time.Now())
			c.mu.Unlock()
			return do(ctx, h)
		})
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, domain.ErrStoreClosed) {
			c.t.Errorf("%s: %v", name, err)
		}
	})
	return func() { cancel(); <-done }
}

func (c *crew) turn() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.turns)
}

// idle does nothing until it ends.
func idle(ctx context.Context, _ *esdb.Holding) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestALeaseHasOneHolder(t *testing.T) {
	t.Parallel()
	server := serve(t, esdbtest.Options{})
	c := &crew{t: t}
	var dismiss []func()
	for i := range 4 {
		dismiss = append(dismiss, c.hire(fmt.Sprint(i), open(t, server.URL(), esdb.Options{}), idle))
	}
	eventually(t, "somebody holds it", func() bool { return c.turn() == 1 })
	before := server.Appends()
	eventually(t, "it was renewed", func() bool { return server.Appends() >= before+4 })
	if n := c.turn(); n != 1 {
		t.Errorf("it was held %d times, not once", n)
	}
	for _, f := range dismiss {
		f()
	}
}

// TestALeaseThatIsGivenBack hands the lease on at once, with the mark, when its holder
// ends in good order.
func TestALeaseThatIsGivenBack(t *testing.T) {
	t.Parallel()
	server := serve(t, esdbtest.Options{})
	a, b := open(t, server.URL(), esdb.Options{}), open(t, server.URL(), esdb.Options{})
	c := &crew{t: t}
	var last atomic.Int64
	dismiss := c.hire("a", a, func(ctx context.Context, h *esdb.Holding) error {
		if h.Mark() != nil {
			t.Errorf("the first holder finds the mark %q", h.Mark())
		}
		for i := int64(1); ctx.Err() == nil; i++ {
			if h.Save(context.WithoutCancel(ctx), fmt.Append(nil, i)) == nil {
				last.Store(i)
			}
		}
		return nil
	})
	eventually(t, "marks are saved", func() bool { return last.Load() > 2 })
	found := make(chan []byte, 1)
	other := c.hire("b", b, func(ctx context.Context, h *esdb.Holding) error {
		found <- h.Mark()
		return idle(ctx, h)
	})
	dismiss()
	ended := time.Now()
	mark := <-found
	if took := time.Since(ended); took > term*2/3 {
		t.Errorf("the next had it after %s", took)
	}
	if want := fmt.Append(nil, last.Load()); !bytes.Equal(mark, want) {
		t.Errorf("the next finds the mark %s, want %s", mark, want)
	}
	other()
}

// TestAHolderThatDies lets another node wait for a whole term, and no longer than needed.
func TestAHolderThatDies(t *testing.T) {
	t.Parallel()
	server := serve(t, esdbtest.Options{})
	a, b := open(t, server.URL(), esdb.Options{}), open(t, server.URL(), esdb.Options{})
	c := &crew{t: t}
	saved := make(chan struct{})
	dismiss := c.hire("a", a, func(ctx context.Context, h *esdb.Holding) error {
		must(t, h.Save(ctx, []byte("mark")))
		close(saved)
		return idle(ctx, h)
	})
	<-saved
	found := make(chan []byte, 1)
	other := c.hire("b", b, func(ctx context.Context, h *esdb.Holding) error {
		found <- h.Mark()
		return idle(ctx, h)
	})
	a.Close()
	died := time.Now()
	if mark := <-found; string(mark) != "mark" {
		t.Errorf("the mark is %q", mark)
	}
	if took := time.Since(died); took < term/2 || took > 3*term {
		t.Errorf("it was taken over after %s, with a term of %s", took, term)
	}
	dismiss()
	other()
}

// TestLeasesInOutages takes the store away for longer and for shorter than a term. Two
// never do the same thing, and somebody does it again afterwards.
func TestLeasesInOutages(t *testing.T) {
	t.Parallel()
	server := serve(t, esdbtest.Options{})
	c := &crew{t: t}
	var beats atomic.Int64
	var dismiss []func()
	for i := range 3 {
		s := open(t, server.URL(), esdb.Options{Timeout: time.Second})
		dismiss = append(dismiss, c.hire(fmt.Sprint(i), s, func(ctx context.Context, h *esdb.Holding) error {
			for n := 0; ctx.Err() == nil; n++ {
				_ = h.Save(ctx, fmt.Append(nil, n)) // it may be lost meanwhile
				beats.Add(1)
			}
			return ctx.Err()
		}))
	}
	for _, away := range []time.Duration{term / 5, 2 * term} {
		before := beats.Load()
		eventually(t, "somebody is at it", func() bool { return beats.Load() > before+1 })
		server.Stop()
		back := time.Now().Add(away)
		eventually(t, "the store is away", func() bool { return time.Now().After(back) })
		if away > term && c.active.Load() != 0 {
			t.Errorf("after %s without the store somebody is at it still", away)
		}
		must(t, server.Restart())
	}
	before := beats.Load()
	eventually(t, "somebody is at it", func() bool { return beats.Load() > before+1 })
	for _, f := range dismiss {
		f()
	}
	t.Logf("it was held by %v in turn", c.turns)
}

func TestALeaseIsNoEntry(t *testing.T) {
	t.Parallel()
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{})
	c := &crew{t: t}
	dismiss := c.hire("a", s, func(ctx context.Context, h *esdb.Holding) error {
		must(t, h.Save(ctx, []byte("mark")))
		return idle(ctx, h)
	})
	eventually(t, "it is held", func() bool { return c.turn() == 1 })
	b := batch(fact(), domain.NoStream, 3)
	_, err := s.Append(t.Context(), b)
	must(t, err)
	dismiss()
	n := 0
	for page, err := range s.ReadAll(t.Context(), 0) {
		must(t, err)
		n += len(page.Entries)
	}
	if n != 3 {
		t.Errorf("the store shows %d entries, want 3", n)
	}
}

// TestADoingThatFails ends the run with its error, and gives the lease back.
func TestADoingThatFails(t *testing.T) {
	t.Parallel()
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{})
	broken := errors.New("broken")
	err := s.Lease("test", term).Run(t.Context(), func(context.Context, *esdb.Holding) error { return broken })
	is(t, err, broken)
	began := time.Now()
	held := errors.New("held")
	err = s.Lease("test", term).Run(t.Context(), func(context.Context, *esdb.Holding) error { return held })
	is(t, err, held)
	if took := time.Since(began); took > term/2 {
		t.Errorf("it was had again after %s", took)
	}
}
