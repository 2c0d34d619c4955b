// Package bench_test measures what the product promises in figures, each against
// a baseline in the same run. docs/performance.md tells what came out and where.
package bench_test

import (
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// benchDir returns a folder on a real disk: TAVOLI_BENCH_DIR, or the system's
// temporary folder.
func benchDir(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp(os.Getenv("TAVOLI_BENCH_DIR"), "tavoli-bench") //nolint:usetesting // on the disk that is measured
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// rate lets workers repeat something for a while and returns how often a second
// it was done by all together.
func rate(workers int, during time.Duration, do func(worker, n int) error) (float64, error) {
	var total atomic.Int64
	var first atomic.Pointer[error]
	var group sync.WaitGroup
	began := time.Now()
	for w := range workers {
		group.Go(func() {
			for n := 0; time.Since(began) < during; n++ {
				if err := do(w, n); err != nil {
					first.CompareAndSwap(nil, &err)
					return
				}
				total.Add(1)
			}
		})
	}
	group.Wait()
	if err := first.Load(); err != nil {
		return 0, *err
	}
	return float64(total.Load()) / time.Since(began).Seconds(), nil
}
