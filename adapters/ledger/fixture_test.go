package ledger_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/ledger"
	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

// secret is an installation's.
func secret(purpose string) [32]byte { return sha256.Sum256([]byte("installation/" + purpose)) }

// A clock that is set by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{time.Date(2022, 6, 1, 8, 0, 0, 0, time.UTC)} }

// opened is a fact of its own stream, the nth.
func opened(n int) domain.Batch {
	id := domain.AccountID(fmt.Sprintf("conto-%d", n))
	return storetest.Fact(id.Stream(), domain.NoStream, domain.AccountOpened{Account: id, Label: "prova"})
}

// described is what is stored of a person beside the facts.
func described(n int) domain.Batch {
	id := uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "person %d", n))
	return storetest.Fact(domain.PersonaStream(id), domain.NoStream, domain.PersonDescribed{Person: id, Sealed: []byte("sealed")})
}

// closing is the fact that a tavolo was closed.
func closing(tavolo domain.TavoloID) domain.Batch {
	return storetest.Fact(tavolo.Stream(), domain.NoStream, domain.TavoloClosed{Tavolo: tavolo})
}

// key is the fact that introduces the nth key.
func key(t testing.TB, n int) domain.Batch {
	t.Helper()
	vkey, err := ledger.Secret(secret).VKey(n)
	if err != nil {
		t.Fatal(err)
	}
	return storetest.Fact(domain.LedgerStream, domain.Revision(n-2), domain.LedgerKeyIntroduced{Number: n, VKey: vkey, Reason: "prova"})
}

// add appends batches to a store.
func add(t testing.TB, s domain.Store, batches ...domain.Batch) {
	t.Helper()
	for _, b := range batches {
		if _, err := s.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

// grown returns a store in memory with some facts, and personal values between them.
func grown(t testing.TB, facts int) *memory.Store {
	t.Helper()
	s := memory.New(newClock().now)
	for n := range facts {
		add(t, s, opened(n))
		if n%3 == 0 {
			add(t, s, described(n))
		}
	}
	return s
}

// following returns the ledger of a log, which follows it until the test ends and
// has seen what is there.
func following(t testing.TB, log domain.Log) *ledger.Ledger {
	t.Helper()
	l := ledger.New(log)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Follow(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the ledger ended: %v", err)
		}
	})
	caughtUp(t, l, log)
	return l
}

// caughtUp waits until the ledger has seen all of the log.
func caughtUp(t testing.TB, l *ledger.Ledger, log domain.Log) {
	t.Helper()
	head, err := log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := l.Wait(ctx, head); err != nil {
		t.Fatal(err)
	}
}

// entries returns the bytes of the facts of a log.
func entries(t testing.TB, log domain.Log) [][]byte {
	t.Helper()
	var list [][]byte
	for page, err := range log.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			rec, err := e.Envelope()
			if err != nil {
				t.Fatal(err)
			}
			if !rec.Stream.Personal() {
				list = append(list, e.Bytes)
			}
		}
	}
	return list
}
