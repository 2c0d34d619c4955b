package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

func fact() domain.Stream { return domain.Stream("tavolo-" + uuid.NewString()) }

func draft() domain.Draft {
	id := uuid.New()
	return domain.Draft{
		ID: id, Type: "SeatsCounted", Schema: 1, EffectiveAt: time.Date(2022, 5, 25, 9, 0, 0, 0, time.UTC),
		Actor: "account-anna", Command: id, Data: fmt.Appendf(nil, `{"event":"%s"}`, id),
	}
}

func batch(s domain.Stream, after domain.Revision, n int) domain.Batch {
	b := domain.Batch{Stream: s, After: after}
	for range n {
		b.Events = append(b.Events, draft())
	}
	return b
}

// insist appends a batch until it is known that it is stored.
func insist(ctx context.Context, s domain.Store, b domain.Batch) (domain.Position, error) {
	for {
		pos, err := s.Append(ctx, b)
		if err == nil || domain.IsDefinite(err) || ctx.Err() != nil {
			return pos, err
		}
	}
}

// holds fails the test unless a stream holds exactly the events of these batches.
func holds(t *testing.T, s domain.Store, stream domain.Stream, batches ...domain.Batch) {
	t.Helper()
	var want []uuid.UUID
	for _, b := range batches {
		for _, d := range b.Events {
			want = append(want, d.ID)
		}
	}
	n := 0
	for e, err := range s.ReadStream(t.Context(), stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		id, _ := domain.EntryID(e.Bytes)
		if n >= len(want) || id != want[n] {
			t.Fatalf("%s holds event %s at revision %d, want %v", stream, id, n, want)
		}
		n++
	}
	if n != len(want) {
		t.Fatalf("%s holds %d events, want %d", stream, n, len(want))
	}
}

// watch follows a store until it has shown n entries and returns them. It is patient for
// as long as there come some.
func watch(ctx context.Context, s domain.Store, after domain.Position, n int, seen func(domain.Entry)) ([]domain.Entry, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(patience, func() { cancel(fmt.Errorf("nothing came for %s", patience)) })
	defer idle.Stop()
	var list []domain.Entry
	for page, err := range s.Follow(ctx, after) {
		if err != nil {
			return list, err
		}
		for _, e := range page.Entries {
			if seen != nil {
				seen(e)
			}
			list = append(list, e)
			idle.Reset(patience)
		}
		if len(list) >= n {
			return list, nil
		}
	}
	return list, fmt.Errorf("the follower saw %d entries of %d: %w", len(list), n, context.Cause(ctx))
}

// inOrder fails the test unless the entries are n different ones in order.
func inOrder(t *testing.T, list []domain.Entry, n int) {
	t.Helper()
	if len(list) != n {
		t.Errorf("%d entries, want %d", len(list), n)
	}
	for i := 1; i < len(list); i++ {
		if list[i].Position <= list[i-1].Position {
			t.Errorf("an entry at %d came after one at %d", list[i].Position, list[i-1].Position)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%s: not within %s\n%s", what, patience, buf[:runtime.Stack(buf, true)])
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cluster starts three nodes on one log.
func cluster(t *testing.T) []*esdbtest.Server {
	t.Helper()
	nodes, err := esdbtest.StartCluster(logIn(t, ""), 3, esdbtest.Options{})
	must(t, err)
	for _, s := range nodes {
		t.Cleanup(s.Stop)
	}
	return nodes
}

// is fails the test unless err is the error wanted.
func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}
