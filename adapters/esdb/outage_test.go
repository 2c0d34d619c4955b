package esdb_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"tavoli/adapters/esdb"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// TestDeadlines lets many call through outages. None waits longer than it said, and
// nothing is left of them.
func TestDeadlines(t *testing.T) {
	const (
		outages, callers = 8, 40
		limit            = 300 * time.Millisecond
		leeway           = 2 * time.Second // of a machine that does much else; who does not heed its context waits for eight
	)
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{})
	var slowest time.Duration
	var mu sync.Mutex
	for range outages {
		server.Stop()
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				began := time.Now()
				err := callSomething(ctx, s, i)
				took := time.Since(began)
				if err == nil {
					t.Error("a call went well without a server")
				}
				mu.Lock()
				defer mu.Unlock()
				slowest = max(slowest, took)
			})
		}
		all.Wait()
		must(t, server.Restart())
		b := batch(fact(), domain.NoStream, 1)
		_, err := s.Append(t.Context(), b)
		must(t, err)
	}
	t.Logf("the slowest of %d calls took %s, and should have %s", outages*callers, slowest, limit)
	if slowest > limit+leeway {
		t.Errorf("a call took %s instead of %s", slowest, limit)
	}
}

// callSomething makes one of the calls a store has.
func callSomething(ctx context.Context, s domain.Store, i int) error {
	switch i % 4 {
	case 0:
		_, err := s.Append(ctx, batch(fact(), domain.NoStream, 1))
		return err
	case 1:
		for _, err := range s.ReadStream(ctx, fact(), 0) {
			return err
		}
		return nil
	case 2:
		_, err := s.Head(ctx)
		return err
	}
	for _, err := range s.Follow(ctx, 0) {
		if err != nil {
			break // the caller looks at the context only
		}
	}
	return ctx.Err()
}

// TestNothingLeaks goes through many outages under load and counts goroutines,
// which is what the client leaks with each connection.
func TestNothingLeaks(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{})
	outages := func(n int) {
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				for ctx.Err() == nil {
					short, end := context.WithTimeout(ctx, 100*time.Millisecond)
					_ = callSomething(short, s, i)
					end()
				}
			})
		}
		for range n {
			must(t, server.Restart())
			b := batch(fact(), domain.NoStream, 1)
			if _, err := insist(ctx, s, b); err != nil {
				t.Error(err)
			}
		}
		cancel()
		all.Wait()
		eventually(t, "the store is connected as at the beginning", func() bool {
			_, err := s.Head(t.Context())
			return err == nil && server.Subscriptions() == 1
		})
	}
	outages(3)
	quiet := settled()
	outages(25)
	if left := settled(); left > quiet+3 {
		buf := make([]byte, 1<<20)
		t.Errorf("%d goroutines before, %d after 25 outages\n%s", quiet, left, buf[:runtime.Stack(buf, true)])
	} else {
		t.Logf("%d goroutines before, %d after 25 outages", quiet, left)
	}
}

// settled returns how many goroutines there are when their number falls no more.
func settled() int {
	least, since := runtime.NumGoroutine(), time.Now()
	for time.Since(since) < time.Second {
		if n := runtime.NumGoroutine(); n < least {
			least, since = n, time.Now()
		}
		time.Sleep(5 * time.Millisecond)
	}
	return least
}

// TestReadersGoOnWhereTheyWere cuts every connection while a reader is in the middle
// of a stream, and of everything.
func TestReadersGoOnWhereTheyWere(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{})
	long := fact()
	for i := range 40 {
		_, err := s.Append(t.Context(), batch(long, domain.Revision(100*i)-1, 100))
		must(t, err)
	}
	cut := func(n int) {
		if n == 700 || n == 1900 {
			must(t, server.Restart())
		}
	}
	var stream, everything []domain.Entry
	for e, err := range s.ReadStream(t.Context(), long, 0) {
		must(t, err)
		stream = append(stream, e)
		cut(len(stream))
	}
	inOrder(t, stream, 4000)
	for page, err := range s.ReadAll(t.Context(), 0) {
		must(t, err)
		for _, e := range page.Entries {
			everything = append(everything, e)
			cut(len(everything))
		}
	}
	inOrder(t, everything, 4000)
}
