package projections_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// BenchmarkReading records a fact at the end of a slot, before which the digests of all
// models are read, and one that is not, and reports how long whoever recorded them
// waits until a question shows them.
func BenchmarkReading(b *testing.B) {
	g := great1M(b)
	var live atomic.Bool
	now := func() time.Time { // old history is not read
		if live.Load() {
			return time.Date(2022, 3, 1, 9, 0, 0, 0, time.UTC)
		}
		return time.Now()
	}
	v := projections.NewView(g.store, g.vault.Open, projections.Options{Now: now, Readings: time.Nanosecond})
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Follow(ctx) }()
	head, err := g.store.Head(ctx)
	if err == nil {
		err = v.Wait(ctx, head)
	}
	if err != nil {
		b.Fatal(err)
	}
	var with, without time.Duration
	for n := 0; b.Loop(); n++ {
		live.Store(false)
		without += g.waited(b, v, 2*n)
		live.Store(true)
		with += g.waited(b, v, 2*n+1)
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	if len(v.Readings()) == 0 {
		b.Fatal("nothing was read")
	}
	b.Logf("%d events: a fact is shown after %v, at the end of a slot after %v", g.events, without/time.Duration(b.N), with/time.Duration(b.N))
	b.ReportMetric(with.Seconds()*1000/float64(b.N), "ms/slot")
	b.ReportMetric(without.Seconds()*1000/float64(b.N), "ms/fact")
}

// waited records a fact and returns how long it took until the view showed it.
func (g *great) waited(b *testing.B, v *projections.View, n int) time.Duration {
	b.Helper()
	id := domain.AccountID(numbered("reading", n).String())
	e := domain.AccountOpened{Account: id, Label: "prova"}
	data, err := json.Marshal(e)
	if err != nil {
		b.Fatal(err)
	}
	at, err := g.store.Append(b.Context(), domain.Batch{Stream: id.Stream(), After: domain.NoStream, Events: []domain.Draft{{
		ID: numbered("reading event", n), Type: e.Name(), Schema: 1, EffectiveAt: time.Date(2022, 3, 1, 8, 0, 0, 0, time.UTC), Actor: domain.ActorSystem, Command: numbered("reading command", n), Data: data,
	}}})
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := v.Wait(b.Context(), at); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
