// Package heap gives the garbage collector room while little is in use.
//
// A register at rest holds a few megabytes, and Go collects whenever they have
// doubled: under load that is many times a second for nothing. Room lets it wait
// until Spare bytes have gathered. Once more than that is in use, Go's own rule
// holds again, so that a large register takes no more memory than it would anyway.
package heap

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Spare is how much may gather between two collections, in bytes.
const Spare = 192 << 20

// most is the largest percentage set, in GOGC's terms.
const most = 1600

// Percent returns how far the heap may grow, in GOGC's terms, when live bytes are
// in use: by Spare, but never by less than Go's own 100 percent.
func Percent(live uint64) int {
	if live == 0 {
		return most
	}
	return int(min(max(Spare*100/live, 100), most))
}

// Room sets the percentage to what is in use, now and every so often, until ctx is
// done. It leaves the collector alone where GOGC is set.
func Room(ctx context.Context, every time.Duration) {
	if os.Getenv("GOGC") != "" {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		debug.SetGCPercent(Percent(live()))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// live returns how many bytes the last collection found in use.
func live() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
