package keyring_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"tavoli/adapters/keyring"
	"tavoli/domain"
)

const million = 1_000_000

func BenchmarkTake(b *testing.B) {
	r, _ := newRing(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := r.Take(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTakeParallel(b *testing.B) {
	r, _ := newRing(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := r.Take(b.Context()); err != nil {
				b.Error(err)
			}
		}
	})
}

// millionKeys returns a ring with a million keys and the heap each takes.
func millionKeys(b *testing.B) (r *keyring.Ring, heapPerKey float64) {
	b.Helper()
	before := heap()
	r, _ = newRing(b)
	for range million {
		if _, _, err := r.Take(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	return r, (heap() - before) / million
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func BenchmarkMillion(b *testing.B) {
	r, heapPerKey := millionKeys(b)
	b.Run("Key", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Key(domain.KeyID(1 + rand.Uint64N(million))); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(heapPerKey, "heap-B/key")
	})
	b.Run("KeyParallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := r.Key(domain.KeyID(1 + rand.Uint64N(million))); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("Check", func(b *testing.B) {
		for b.Loop() {
			if err := r.Check(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Destroy", func(b *testing.B) {
		id := domain.KeyID(0)
		for b.Loop() {
			id++
			if err := r.Destroy(b.Context(), id); err != nil {
				b.Fatal(err)
			}
		}
	})
}
