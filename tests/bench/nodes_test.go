package bench_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/esdb"
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/tests/esdbtest"
)

// askers is how many write on one node and ask the other at the same time.
const askers = 8

// BenchmarkReadYourWritesElsewhere registers people on one node and asks the other,
// which follows the same test server, for a roster that shows them: how long that takes
// from when the write was acknowledged to when the question is answered.
func BenchmarkReadYourWritesElsewhere(b *testing.B) {
	log, err := esdbtest.NewLog("")
	if err != nil {
		b.Fatal(err)
	}
	server, err := esdbtest.Start(log, esdbtest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Stop)
	here, there := storeOn(b, server), storeOn(b, server)
	x := &domain.Executor{Store: here, Shared: true}
	view := projections.NewView(there, nil, projections.Options{})
	ctx, stop := context.WithCancel(b.Context())
	var following sync.WaitGroup
	following.Go(func() { _ = view.Follow(ctx) }) // it ends with the benchmark
	defer following.Wait()
	defer stop()
	for i := range askers {
		t := domain.TavoloID(fmt.Sprint("t", i))
		did(b, x, &domain.PlanTavolo{Tavolo: t, Subject: "Prova", Mode: domain.Online, When: domain.When{Day: "2022-05-25"}})
		did(b, x, domain.OpenRegistrations{Tavolo: t})
	}
	waits := make(chan []time.Duration, askers)
	b.ResetTimer()
	for i := range askers {
		go func() { waits <- registerAndAsk(b, x, view, domain.TavoloID(fmt.Sprint("t", i)), b.N/askers+1) }()
	}
	var all []time.Duration
	for range askers {
		all = append(all, <-waits...)
	}
	b.StopTimer()
	slices.Sort(all)
	report := func(name string, share float64) {
		b.ReportMetric(all[int(share*float64(len(all)-1))].Seconds()*1000, name)
	}
	report("ms-p50", 0.5)
	report("ms-p99", 0.99)
	report("ms-max", 1)
}

func storeOn(b *testing.B, server *esdbtest.Server) *esdb.Store {
	b.Helper()
	s, err := esdb.Open(b.Context(), server.URL(), esdb.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// did carries out a command and returns where it is.
func did[S domain.State[T], T any](b *testing.B, x *domain.Executor, cmd domain.Command[S]) domain.Position {
	meta := domain.Meta{At: time.Now(), Actor: domain.ActorPublic, Command: uuid.New()}
	res, err := domain.Execute(b.Context(), x, cmd, meta)
	if err != nil {
		b.Error(err)
	}
	return res.Position
}

// registerAndAsk registers n people and asks for each as soon as they are registered.
func registerAndAsk(b *testing.B, x *domain.Executor, view *projections.View, t domain.TavoloID, n int) (waits []time.Duration) {
	for range n {
		who := uuid.New()
		pos := did[*domain.Tavolo](b, x, &domain.RegisterParticipant{Tavolo: t, Person: domain.Introduced(domain.Known(who)), Mode: domain.Online})
		began := time.Now()
		_, err := projections.Ask(b.Context(), view, pos, func(m *projections.Models) (projections.RosterLine, error) {
			return m.Rosters.Line(t, who, false)
		})
		if err != nil {
			b.Error(err)
			return waits
		}
		waits = append(waits, time.Since(began))
	}
	return waits
}
