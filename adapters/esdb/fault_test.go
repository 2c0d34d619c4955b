package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"tavoli/adapters/esdb"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

func TestAnswerLost(t *testing.T) {
	for _, code := range []codes.Code{codes.Unavailable, codes.Aborted, codes.DeadlineExceeded, codes.Unknown, codes.Canceled} {
		t.Run(code.String(), func(t *testing.T) {
			server := serve(t, esdbtest.Options{})
			s := open(t, server.URL(), esdb.Options{})
			b := batch(fact(), domain.NoStream, 3)
			server.LoseAnswers(2, code)
			pos, err := s.Append(t.Context(), b)
			must(t, err)
			next := batch(b.Stream, 2, 1)
			_, err = s.Append(t.Context(), next)
			must(t, err)
			holds(t, s, b.Stream, b, next)
			again, err := s.Append(t.Context(), b)
			must(t, err)
			if again != pos {
				t.Errorf("the batch is at %d, then at %d", pos, again)
			}
		})
	}
}

// TestAnswerNeverComes shows that an outcome that stays unknown is called so, and
// that the same append then finds out.
func TestAnswerNeverComes(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{Timeout: 400 * time.Millisecond})
	b := batch(fact(), domain.NoStream, 2)
	server.LoseAnswers(1000, codes.Aborted)
	_, err := s.Append(t.Context(), b)
	is(t, err, domain.Unknown)
	if domain.IsDefinite(err) {
		t.Errorf("%v promises that nothing was stored", err)
	}
	server.LoseAnswers(0, codes.OK)
	_, err = s.Append(t.Context(), b)
	must(t, err)
	holds(t, s, b.Stream, b)
}

func TestSwallowedAppend(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{Timeout: 2 * time.Second})
	b := batch(fact(), domain.NoStream, 1)
	server.Swallow(1)
	_, err := s.Append(t.Context(), b)
	must(t, err)
	holds(t, s, b.Stream, b)
}

// TestCurtailedAppend meets a server that stores less than it was sent.
func TestCurtailedAppend(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{})
	server.Curtail(1)
	_, err := s.Append(t.Context(), batch(fact(), domain.NoStream, 3))
	is(t, err, domain.ErrCorrupt)
	_, err = s.Append(t.Context(), batch(fact(), domain.NoStream, 3))
	must(t, err)
}

// TestRestarts restarts the server while many write and follow.
func TestRestarts(t *testing.T) {
	const clients, each, size = 8, 30, 4
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{Stall: time.Second})
	written := make([][]domain.Batch, clients)
	var all sync.WaitGroup
	for c := range clients {
		stream := fact()
		all.Go(func() {
			for i := range each {
				b := batch(stream, domain.Revision(size*i)-1, size)
				if _, err := insist(t.Context(), s, b); err != nil {
					t.Errorf("append: %v", err)
					return
				}
				written[c] = append(written[c], b)
				time.Sleep(5 * time.Millisecond) // to last through the restarts
			}
		})
	}
	var seen []domain.Entry
	all.Go(func() {
		var err error
		if seen, err = watch(t.Context(), s, 0, clients*each*size, nil); err != nil {
			t.Error(err)
		}
	})
	for range 6 {
		time.Sleep(30 * time.Millisecond)
		must(t, server.Restart())
	}
	all.Wait()
	for _, list := range written {
		holds(t, s, list[0].Stream, list...)
	}
	inOrder(t, seen, clients*each*size)
}

// TestLeaderMoves lets each node lead in turn, with and without gossip.
func TestLeaderMoves(t *testing.T) {
	nodes := cluster(t)
	for name, url := range map[string]string{"gossip": nodes[0].ClusterURL(), "one address": nodes[1].URL()} {
		t.Run(name, func(t *testing.T) {
			s := open(t, url, esdb.Options{})
			stream, after := fact(), head(t, s)
			var list []domain.Batch
			for i := range 9 {
				nodes[i%3].Lead()
				b := batch(stream, domain.Revision(i)-1, 1)
				_, err := s.Append(t.Context(), b)
				must(t, err)
				list = append(list, b)
				holds(t, s, stream, list...)
			}
			seen, err := watch(t.Context(), s, after, 9, nil)
			must(t, err)
			inOrder(t, seen, 9)
		})
	}
	for _, n := range nodes {
		if got := n.Followable(); got > 0 {
			t.Errorf("%d calls did not insist on the leader", got)
		}
	}
}

// TestSentOnInTheMiddle appends more than a connection holds to a node that does not
// lead any longer: it says where the leader is before it has been sent everything.
func TestSentOnInTheMiddle(t *testing.T) {
	nodes := cluster(t)
	s := open(t, nodes[0].ClusterURL(), esdb.Options{})
	for i := range 6 {
		nodes[(i+1)%3].Lead()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				b := batch(fact(), domain.NoStream, 100)
				for i := range b.Events {
					b.Events[i].Data = fmt.Appendf(nil, `{"event":%q}`, strings.Repeat("x", 2000))
				}
				if _, err := insist(ctx, s, b); err != nil {
					t.Errorf("move %d: %v", i, err)
					return
				}
				holds(t, s, b.Stream, b)
			})
		}
		all.Wait()
		cancel()
	}
}

// TestLeaderDies stops the leader; another node takes over.
func TestLeaderDies(t *testing.T) {
	nodes := cluster(t)
	s := open(t, nodes[0].ClusterURL(), esdb.Options{})
	a := batch(fact(), domain.NoStream, 1)
	_, err := s.Append(t.Context(), a)
	must(t, err)
	nodes[0].Stop()
	nodes[1].Lead()
	b := batch(a.Stream, 0, 1)
	_, err = s.Append(t.Context(), b)
	must(t, err)
	holds(t, s, a.Stream, a, b)
}

func head(t *testing.T, s domain.Store) domain.Position {
	t.Helper()
	pos, err := s.Head(t.Context())
	must(t, err)
	return pos
}

// TestSlowFollower is dropped by servers of 23.10 for being slow, and misses nothing.
func TestSlowFollower(t *testing.T) {
	const n = 2000
	server := serve(t, esdbtest.Options{LiveBuffer: 16})
	s := open(t, server.URL(), esdb.Options{})
	stream := fact()
	var all sync.WaitGroup
	all.Go(func() {
		for i := range n / 20 {
			if _, err := s.Append(t.Context(), batch(stream, domain.Revision(20*i)-1, 20)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	i := 0
	seen, err := watch(t.Context(), s, 0, n, func(domain.Entry) {
		if i++; i%50 == 0 {
			time.Sleep(5 * time.Millisecond) // slow
		}
	})
	must(t, err)
	all.Wait()
	inOrder(t, seen, n)
}

func TestDroppedFollower(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{})
	stream := fact()
	ended := make(chan error, 1)
	go func() {
		list, err := watch(t.Context(), s, 0, 20, nil)
		inOrder(t, list, 20)
		ended <- err
	}()
	for i := range 20 {
		eventually(t, "the store and the follower have subscribed", func() bool { return server.Subscriptions() == 2 })
		if i%2 == 0 {
			server.DropSubscriptions(codes.Aborted, "Consumer too slow to handle event while live. Client resubscription required.")
		} else {
			server.DropSubscriptions(codes.Unavailable, "the server shuts down")
		}
		_, err := s.Append(t.Context(), batch(stream, domain.Revision(i)-1, 1))
		must(t, err)
	}
	must(t, <-ended)
}

// TestSilentFollower has a subscription that seems to live and brings nothing.
func TestSilentFollower(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{Stall: 100 * time.Millisecond})
	stream := fact()
	ended := make(chan error, 1)
	go func() {
		_, err := watch(t.Context(), s, 0, 5, nil)
		ended <- err
	}()
	eventually(t, "the store and the follower have subscribed", func() bool { return server.Subscriptions() == 2 })
	server.Mute(true)
	for i := range 5 {
		_, err := s.Append(t.Context(), batch(stream, domain.Revision(i)-1, 1))
		must(t, err)
	}
	must(t, <-ended)
}

// TestPlainWords looks at what people are told who configured something wrong.
func TestPlainWords(t *testing.T) {
	old := serve(t, esdbtest.Options{Version: "21.10.0"})
	gone := serve(t, esdbtest.Options{})
	gone.Stop()
	for name, c := range map[string]struct{ url, want string }{
		"no address":  {"http://localhost:2113", "not of the form esdb://host:port"},
		"nobody":      {gone.URL(), "the event store cannot be reached"},
		"old server":  {old.URL(), "runs version 21.10.0; version 22 or newer is needed"},
		"a bad name":  {"esdb://anna:segreto@[::1", "not of the form"},
		"no TLS here": {strings.Replace(old.URL(), "tls=false", "tls=true", 1), "the event store cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := esdb.Open(t.Context(), c.url, esdb.Options{Timeout: 300 * time.Millisecond})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "segreto") {
				t.Errorf("%v tells the password", err)
			}
			if err != nil && strings.Contains(err.Error(), "rpc error") {
				t.Errorf("%v speaks of what people need not know", err)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	for _, code := range []codes.Code{codes.PermissionDenied, codes.Unauthenticated} {
		server := serve(t, esdbtest.Options{})
		server.Fail(1000, code, "no")
		_, err := esdb.Open(t.Context(), server.URL(), esdb.Options{})
		if err == nil || !strings.Contains(err.Error(), "refuses these credentials") {
			t.Errorf("%s: got %v", code, err)
		}
	}
}

// TestExchanged puts another store behind the address of the first.
func TestExchanged(t *testing.T) {
	first := serve(t, esdbtest.Options{})
	s := open(t, first.URL(), esdb.Options{})
	must(t, func() error { _, err := s.Append(t.Context(), batch(fact(), domain.NoStream, 1)); return err }())
	first.Stop()
	other, err := esdbtest.Start(logIn(t, ""), esdbtest.Options{Addr: first.Addr()})
	must(t, err)
	t.Cleanup(other.Stop)
	open(t, other.URL(), esdb.Options{}) // makes a store there
	ended := false
	for _, err := range s.Follow(t.Context(), 0) {
		if ended = err != nil && strings.Contains(err.Error(), "the event store was exchanged"); ended {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.Append(t.Context(), batch(fact(), domain.NoStream, 1))
	if !ended || err == nil || !strings.Contains(err.Error(), "the event store was exchanged") {
		t.Errorf("the follower ended: %t; append: %v", ended, err)
	}
}

// TestRaiseEpoch restores the store, so to say, while a node uses it.
func TestRaiseEpoch(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	running := open(t, server.URL(), esdb.Options{})
	before := running.Identity()
	raised, err := esdb.RaiseEpoch(t.Context(), server.URL(), esdb.Options{})
	must(t, err)
	after := open(t, server.URL(), esdb.Options{}).Identity()
	if after != raised || after.ID != before.ID || after.Epoch != before.Epoch+1 {
		t.Errorf("the store was %s, then %s, and is %s", before, raised, after)
	}
	eventually(t, "the running node has noticed", func() bool {
		_, err := running.Head(t.Context())
		return err != nil && strings.Contains(err.Error(), "the event store was exchanged")
	})
}

// TestForgetElsewhere forgets on one node and reads on another, and once more when
// the server was scavenged.
func TestForgetElsewhere(t *testing.T) {
	for _, version := range []string{"23.10.6", "24.10.4"} {
		t.Run(version, func(t *testing.T) { forgetElsewhere(t, version) })
	}
}

func forgetElsewhere(t *testing.T, version string) {
	log := logIn(t, "")
	server, err := esdbtest.Start(log, esdbtest.Options{Version: version})
	must(t, err)
	t.Cleanup(server.Stop)
	a, b := open(t, server.URL(), esdb.Options{}), open(t, server.URL(), esdb.Options{})
	person, f := domain.Stream("persona-"+draft().ID.String()), batch(fact(), domain.NoStream, 2)
	at, err := a.Append(t.Context(), batch(person, domain.NoStream, 3), f)
	must(t, err)
	last, err := a.Append(t.Context(), batch(person, 2, 1))
	must(t, err)
	must(t, a.Forget(t.Context(), person))
	for range 2 {
		for _, s := range []domain.Store{b, open(t, server.URL(), esdb.Options{})} {
			list, err := watch(t.Context(), s, 0, 2, nil)
			must(t, err)
			inOrder(t, list, 2)
			holds(t, s, person)
			holds(t, s, f.Stream, f)
			_, err = s.Append(t.Context(), batch(person, 3, 1))
			is(t, err, domain.ErrStreamForgotten)
			for _, after := range []domain.Position{at, last} {
				for page, err := range s.ReadAll(t.Context(), after) {
					if err != nil || len(page.Entries) > 0 {
						t.Errorf("after %d come %d entries, error %v", after, len(page.Entries), err)
					}
				}
			}
		}
		log.Scavenge()
	}
}

// TestCloseWhileWriting leaves open what became of an append under way.
func TestCloseWhileWriting(t *testing.T) {
	server := serve(t, esdbtest.Options{})
	s := open(t, server.URL(), esdb.Options{})
	server.Delay(time.Second)
	ended := make(chan error, 1)
	go func() {
		_, err := s.Append(t.Context(), batch(fact(), domain.NoStream, 1))
		ended <- err
	}()
	eventually(t, "the append is under way", func() bool { return server.Appends() > 1 })
	must(t, s.Close())
	err := <-ended
	is(t, err, domain.Unknown)
	if !errors.Is(err, domain.ErrStoreClosed) {
		t.Errorf("%v does not say why", err)
	}
}

// TestOthersOnTheServer has a register of somebody else write last: who has asked for
// the head is shown soon that nothing of ours is there, and not after ten seconds.
func TestOthersOnTheServer(t *testing.T) {
	for _, version := range []string{"23.10.6", "24.10.4"} {
		t.Run(version, func(t *testing.T) {
			server := serve(t, esdbtest.Options{Version: version})
			ours, theirs := open(t, server.URL(), esdb.Options{}), open(t, server.URL(), esdb.Options{Prefix: "altri."})
			ctx, stop := context.WithCancel(t.Context())
			var at atomic.Uint64
			done := make(chan struct{})
			go func() {
				defer close(done)
				for page, err := range ours.Follow(ctx, 0) {
					if err != nil {
						t.Error(err)
					}
					at.Store(uint64(page.UpTo))
				}
			}()
			_, err := ours.Append(t.Context(), batch(fact(), domain.NoStream, 1))
			must(t, err)
			eventually(t, "the follower is live", func() bool { return at.Load() > 0 })
			for range 5 {
				_, err := theirs.Append(t.Context(), batch(fact(), domain.NoStream, 1))
				must(t, err)
				head, err := ours.Head(t.Context())
				must(t, err)
				began := time.Now()
				eventually(t, "the follower has seen the head", func() bool { return at.Load() >= uint64(head) })
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("it took %s", took)
				}
			}
			stop()
			<-done
		})
	}
}
