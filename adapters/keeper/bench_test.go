package keeper_test

import (
	"runtime"
	"testing"
	"time"

	"tavoli/adapters/keeper"
	"tavoli/domain"
)

// both runs something on the ring itself and through a client, and reports how many
// times as long it takes through the client.
func both(b *testing.B, p *process, c *keeper.Client, do func(k domain.Keys) error) {
	b.Helper()
	per := func(k domain.Keys, n int) time.Duration {
		began := time.Now()
		for range n {
			if err := do(k); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(began)
	}
	var local, shared time.Duration
	rounds := 0
	for b.Loop() {
		local += per(p.ring, 2000)
		shared += per(c, 2000)
		rounds += 2000
	}
	ratio := float64(shared) / float64(local)
	b.ReportMetric(ratio, "shared/local")
	b.ReportMetric(0, "ns/op")
	b.Logf("local %s, shared %s each: %.2f times", local/time.Duration(rounds), shared/time.Duration(rounds), ratio)
}

func BenchmarkTake(b *testing.B) {
	p := newProcess(b)
	c := p.client()
	both(b, p, c, func(k domain.Keys) error { _, _, err := k.Take(b.Context()); return err })
}

func BenchmarkKey(b *testing.B) {
	p := newProcess(b)
	c := p.client()
	var ids []domain.KeyID
	for range 10_000 {
		id, _ := take(b, c)
		ids = append(ids, id)
	}
	n := 0
	both(b, p, c, func(k domain.Keys) error {
		n++
		_, err := k.Key(ids[n*7919%len(ids)])
		return err
	})
}

// BenchmarkMirror connects to a keeper with half a million keys.
func BenchmarkMirror(b *testing.B) {
	const keys = 500_000
	p := newProcess(b)
	for n := 0; n < keys; n += 5000 {
		if _, _, err := p.ring.TakeN(b.Context(), 5000); err != nil {
			b.Fatal(err)
		}
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, took, size, rounds := heap(), time.Duration(0), 0.0, 0
	for b.Loop() {
		began := time.Now()
		c, err := keeper.Connect(b.Context(), p.options())
		if err != nil {
			b.Fatal(err)
		}
		took, rounds = took+time.Since(began), rounds+1
		size = float64(heap()-before) / keys
		_ = c.Close()
	}
	b.ReportMetric(size, "B/key")
	b.Logf("%d keys were mirrored in %s, in %.0f bytes each", keys, took/time.Duration(rounds), size)
}
