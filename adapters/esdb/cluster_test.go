package esdb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"tavoli/adapters/esdb"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// TestThreeNodes lets clients of three stores write to the same few streams, each
// where it believes the stream to be, while servers restart, leaders move and
// answers are lost. Everything acknowledged is there once, and all three stores show
// the same bytes in the same order.
func TestThreeNodes(t *testing.T) {
	const clients, each = 4, 25
	servers := cluster(t)
	var stores []*esdb.Store
	for range servers {
		stores = append(stores, open(t, servers[0].ClusterURL(), esdb.Options{Stall: time.Second}))
	}
	streams := []domain.Stream{fact(), fact(), fact()}
	var writers, all sync.WaitGroup
	acknowledged := make(chan domain.Draft, 3*clients*each)
	for i, s := range stores {
		for range clients {
			writers.Go(func() {
				if err := contend(t.Context(), s, streams, each, acknowledged); err != nil {
					t.Errorf("node %d: %v", i, err)
				}
			})
		}
	}
	seen := make([][]domain.Entry, len(stores))
	for i, s := range stores {
		all.Go(func() {
			var err error
			if seen[i], err = watch(t.Context(), s, 0, 3*clients*each, nil); err != nil {
				t.Errorf("node %d: %v", i, err)
			}
		})
	}
	ended := make(chan struct{})
	go func() { writers.Wait(); close(ended) }()
	trouble(t, servers, ended)
	all.Wait()
	<-ended
	close(acknowledged)
	count := make(map[string]int)
	for _, e := range seen[0] {
		id, _ := domain.EntryID(e.Bytes)
		count[id.String()]++
	}
	for d := range acknowledged {
		if n := count[d.ID.String()]; n != 1 {
			t.Errorf("event %s was acknowledged and is there %d times", d.ID, n)
		}
	}
	for i := range seen {
		inOrder(t, seen[i], 3*clients*each)
		if !same(seen[i], seen[0]) {
			t.Errorf("node %d saw something else than node 0", i)
		}
	}
}

func same(a, b []domain.Entry) bool {
	for i := range a {
		if i >= len(b) || a[i].Position != b[i].Position || !bytes.Equal(a[i].Bytes, b[i].Bytes) {
			return false
		}
	}
	return len(a) == len(b)
}

// contend appends n events to streams that others append to as well.
func contend(ctx context.Context, s domain.Store, streams []domain.Stream, n int, acknowledged chan<- domain.Draft) error {
	at := make(map[domain.Stream]domain.Revision)
	for range n {
		stream := streams[rand.N(len(streams))]
		if _, ok := at[stream]; !ok {
			at[stream] = domain.NoStream
		}
		d := draft()
		for {
			_, err := insist(ctx, s, domain.Batch{Stream: stream, After: at[stream], Events: []domain.Draft{d}})
			if conflict, ok := errors.AsType[*domain.ConflictError](err); ok {
				at[stream] = conflict.Actual
				continue
			}
			if err != nil {
				return fmt.Errorf("append to %s after %d: %w", stream, at[stream], err)
			}
			break
		}
		at[stream]++
		acknowledged <- d
		time.Sleep(rand.N(10 * time.Millisecond)) // to last through the trouble
	}
	return nil
}

// trouble makes trouble, until the writers have ended at the latest, and leaves all
// servers running.
func trouble(t *testing.T, servers []*esdbtest.Server, ended <-chan struct{}) {
	for i := range 60 {
		select {
		case <-ended:
			return
		case <-time.After(20 * time.Millisecond):
		}
		s := servers[rand.N(len(servers))]
		switch i % 4 {
		case 0:
			s.Lead()
		case 1:
			must(t, s.Restart())
		case 2:
			s.LoseAnswers(1, codes.Aborted)
		case 3:
			s.DropSubscriptions(codes.Unavailable, "the server shuts down")
		}
	}
}
