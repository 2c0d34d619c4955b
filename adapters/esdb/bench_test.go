package esdb_test

import (
	"sync/atomic"
	"testing"

	"tavoli/adapters/esdb"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// BenchmarkFollow measures how fast a follower is shown what is there.
func BenchmarkFollow(b *testing.B) {
	s := open(b, serve(b, esdbtest.Options{}).URL(), esdb.Options{})
	const n = 100_000
	stream := fact()
	for i := 0; i < n; i += 1000 {
		if _, err := s.Append(b.Context(), batch(stream, domain.Revision(i)-1, 1000)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		seen, err := watch(b.Context(), s, 0, n, nil)
		if err != nil || len(seen) != n {
			b.Fatalf("%d entries of %d: %v", len(seen), n, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkAppend measures appends of one event by many callers, each to a stream
// of its own.
func BenchmarkAppend(b *testing.B) {
	s := open(b, serve(b, esdbtest.Options{}).URL(), esdb.Options{})
	var failed atomic.Bool
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		stream, at := fact(), domain.NoStream
		for ; pb.Next(); at++ {
			if _, err := s.Append(b.Context(), batch(stream, at, 1)); err != nil {
				failed.Store(true)
				return
			}
		}
	})
	if failed.Load() {
		b.Fatal("an append failed")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
}
