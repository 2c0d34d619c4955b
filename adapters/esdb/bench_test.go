package esdb_test

import (
	"sync/atomic"
	"syscall"
	"testing"
	"time"

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
	before := processed()
	for b.Loop() {
		seen, err := watch(b.Context(), s, 0, n, nil)
		if err != nil || len(seen) != n {
			b.Fatalf("%d entries of %d: %v", len(seen), n, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64((processed()-before).Nanoseconds())/float64(n*b.N), "cpu-ns/event") // of the server, too
}

// processed returns how much processor time the process has had: unlike the time that
// passes, it does not depend on what else the machine does.
func processed() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
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
