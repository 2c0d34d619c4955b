package domain_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tavoli/adapters/memory"
	"tavoli/domain"
)

// These are the limits within which commands are carried out, as docs/limits.md
// tells them.

func TestADecisionIsTakenEightTimes(t *testing.T) {
	tries := 0
	conflict := func() error {
		tries++
		return &domain.ConflictError{Stream: t6.Stream(), Expected: 1, Actual: 2}
	}
	store := &flaky{Store: memory.New(time.Now)}
	tenSeats(t, store.Store)
	store.fail.Store(&failure{before: conflict})
	_, err := register(anna)(&domain.Executor{Store: store}, meta("busy"))
	if !errors.Is(err, domain.ErrBusy) || tries != 8 {
		t.Errorf("after %d tries: %v, want busy after 8", tries, err)
	}
}

// loads is a store that counts how often a history is read.
type loads struct {
	*memory.Store
	n atomic.Int64
}

func (l *loads) ReadStream(ctx context.Context, s domain.Stream, from domain.Revision) iter.Seq2[domain.Entry, error] {
	l.n.Add(1)
	return l.Store.ReadStream(ctx, s, from)
}

func TestEightThousandHistoriesAreKept(t *testing.T) {
	const most = 8192
	store := &loads{Store: memory.New(time.Now)}
	x := &domain.Executor{Store: store}
	touch := func(n int) int64 {
		before := store.n.Load()
		for i := range n {
			stream := domain.AccountID(fmt.Sprint("a", i)).Stream()
			if err := domain.Peek(t.Context(), x, stream, func(*domain.Account) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		return store.n.Load() - before
	}
	if n := touch(most); n != most {
		t.Fatalf("%d histories are read %d times", most, n)
	}
	if n := touch(most); n != 0 {
		t.Errorf("of %d histories %d are read again, want none", most, n)
	}
	touch(most + 1)
	if n := touch(most + 1); n == 0 {
		t.Errorf("of %d histories none was forgotten", most+1)
	}
}

// gated is a store that lets nothing in until it is opened, and counts what comes
// together.
type gated struct {
	*memory.Store
	gate  chan struct{}
	sizes []int
}

func (g *gated) Append(ctx context.Context, batches ...domain.Batch) (domain.Position, error) {
	<-g.gate
	g.sizes = append(g.sizes, len(batches[0].Events))
	return g.Store.Append(ctx, batches...)
}

func TestCommandsStoredTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &gated{Store: memory.New(time.Now), gate: make(chan struct{})}
		past(t, store.Store, domain.AccountOpened{Account: "x", Label: "x"})
		x := &domain.Executor{Store: store}
		for i := range 1 + 256 + 10 {
			go func() {
				c := domain.IssueToken{Account: "x", SHA256: strings.Repeat("0", 64)}
				if _, err := domain.Execute(t.Context(), x, c, meta(fmt.Sprint("token ", i))); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait() // the first is under way, the others have gathered
		close(store.gate)
		synctest.Wait()
		if got := fmt.Sprint(store.sizes); got != "[1 256 10]" {
			t.Errorf("stored together: %s, want [1 256 10]", got)
		}
	})
}
