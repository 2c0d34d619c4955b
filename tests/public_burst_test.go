package tests_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/bolt"
	"tavoli/adapters/memory"
	"tavoli/adapters/pages"
	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
)

// A burst is many people who register by the public form at the same time, each from
// an address of his own, on a store that lies on the disk.
type burst struct {
	tb    testing.TB
	store *bolt.Store
	exec  *domain.Executor
	page  http.Handler
}

func newBurst(tb testing.TB, seats int) *burst {
	tb.Helper()
	clock := func() time.Time { return firstOfMay }
	store, err := bolt.Open(tb.TempDir(), bolt.Options{Now: clock})
	if err != nil {
		tb.Fatal(err)
	}
	vault := domain.Vault{Keys: memory.NewKeys(), Log: store}
	view := projections.NewView(store, vault.Open, projections.Options{Now: clock})
	b := &burst{tb: tb, store: store, exec: &domain.Executor{Store: store}}
	api := &web.Server{
		Store: store, Exec: b.exec, Vault: vault, View: view, Now: clock, Secret: func(purpose string) [32]byte { return sha256.Sum256([]byte(purpose)) },
	}
	b.page = (&pages.Site{API: api.Handler(), Now: clock, Word: web.InItalian}).Handler()
	ctx, cancel := context.WithCancel(context.Background())
	followed := make(chan error, 1)
	go func() { followed <- view.Follow(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-followed; err != nil {
			tb.Error(err)
		}
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	b.carryOut(&domain.PlanTavolo{Tavolo: "t", Subject: "Affollato", Mode: domain.Online, When: domain.When{Day: "2022-05-25"}, Seats: domain.Seats{Online: &seats}})
	b.carryOut(domain.ConveneTavolo{Tavolo: "t"})
	head, err := store.Head(tb.Context())
	if err == nil {
		err = view.Wait(tb.Context(), head)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func (b *burst) carryOut(cmd domain.Command[*domain.Tavolo]) {
	b.tb.Helper()
	meta := domain.Meta{At: firstOfMay, Actor: domain.ActorSystem, Command: sha1ID(fmt.Sprintf("%T", cmd))}
	if _, err := domain.Execute(b.tb.Context(), b.exec, cmd, meta); err != nil {
		b.tb.Fatal(err)
	}
}

// all registers so many people at once, so many of them under way together, and
// returns how long each had to wait.
func (b *burst) all(people, together int) []time.Duration {
	took := make([]time.Duration, people)
	next := make(chan int)
	var wg sync.WaitGroup
	for range together {
		wg.Go(func() {
			for i := range next {
				took[i] = b.one(i)
			}
		})
	}
	for i := range people {
		next <- i
	}
	close(next)
	wg.Wait()
	return took
}

// one sends the form of one person.
func (b *burst) one(i int) time.Duration {
	form := filledForm(fmt.Sprint("burst-", i), "modo", "online", "ente", "", "p0.capacity", "other", "p0.family_name", fmt.Sprint("Rossi ", i))
	req := httptest.NewRequest(http.MethodPost, "/tavoli/t/iscrizione", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)
	w := httptest.NewRecorder()
	began := time.Now()
	b.page.ServeHTTP(w, req)
	took := time.Since(began)
	if w.Code != http.StatusSeeOther {
		b.tb.Errorf("%d: got %d %.300s", i, w.Code, w.Body)
	}
	return took
}

// holds checks that the seats were given to those who came first, and that the
// others wait in the order in which they came.
func (b *burst) holds(people, seats int) {
	b.tb.Helper()
	var seated, waiting []domain.PersonID
	for entry, err := range b.store.ReadStream(b.tb.Context(), domain.TavoloID("t").Stream(), 0) {
		if err != nil {
			b.tb.Fatal(err)
		}
		rec, err := entry.Record()
		if err != nil {
			b.tb.Fatal(err)
		}
		switch e := rec.Event.(type) {
		case domain.ParticipantRegistered:
			seated = append(seated, e.Participant)
			if len(waiting) > 0 {
				b.tb.Error("somebody was seated while others waited")
			}
		case domain.ParticipantWaitlisted:
			waiting = append(waiting, e.Participant)
		}
	}
	err := domain.Peek(b.tb.Context(), b.exec, domain.TavoloID("t").Stream(), func(t *domain.Tavolo) error {
		for i, p := range waiting {
			if _, place, _ := t.Registration(p); place != i+1 {
				b.tb.Errorf("who came at %d waits at %d", i+1, place)
			}
		}
		return nil
	})
	if err != nil || len(seated) != seats || len(waiting) != people-seats {
		b.tb.Errorf("%d have a seat and %d wait: %v", len(seated), len(waiting), err)
	}
}

// TestABurstOfRegistrations fills a tavolo by the public form.
func TestABurstOfRegistrations(t *testing.T) {
	b := newBurst(t, 100)
	b.all(150, 32)
	b.holds(150, 100)
	b.one(7) // whoever sends the form again has what they had
	b.holds(150, 100)
}

// BenchmarkBurstOfRegistrations registers 1,500 people for 1,000 seats as fast as they
// come, 64 at a time, and says how long one in a hundred waits at least.
func BenchmarkBurstOfRegistrations(b *testing.B) {
	for range b.N {
		const people, seats = 1500, 1000
		burst := newBurst(b, seats)
		began := time.Now()
		took := burst.all(people, 64)
		all := time.Since(began)
		burst.holds(people, seats)
		slices.Sort(took)
		b.ReportMetric(float64(took[people*99/100])/1e6, "p99-ms")
		b.ReportMetric(float64(took[people/2])/1e6, "p50-ms")
		b.ReportMetric(people/all.Seconds(), "registrations/s")
	}
}

func sha1ID(name string) uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte(name)) }
