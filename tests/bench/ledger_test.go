package bench_test

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

// BenchmarkLedgerFollows registers people durably over HTTP with the ledger that
// follows the log, and without: 95 % is due. Where others use the machine the
// rates say little; the processor time of a registration, load generator and all,
// says more.
func BenchmarkLedgerFollows(b *testing.B) {
	const connections = 64
	var sides []func() (float64, error)
	spent := make([][]float64, 2) // processor time of a registration, in µs
	for i, signed := range []bool{true, false} {
		r := start(b, signed)
		r.convene(b, "spread-", 200)
		people := crowd{r, connections}.people
		sides = append(sides, func() (float64, error) {
			before := processorTime(b)
			rate, err := people()
			done := rate * slice().Seconds()
			spent[i] = append(spent[i], float64((processorTime(b)-before).Microseconds())/done)
			return rate, err
		})
	}
	once(b, func() {
		m := compare(b, sides...)
		slices.Sort(spent[0])
		slices.Sort(spent[1])
		with, without := spent[0][len(spent[0])/2], spent[1][len(spent[1])/2]
		b.Logf("%d connections: %.0f registrations/s with the ledger, %.0f without; %.1f µs of processor time each, and %.1f", connections, m[0], m[1], with, without)
		b.ReportMetric(m[0], "registrations/s")
		b.ReportMetric(m[0]/m[1], "of-no-ledger")
		b.ReportMetric(without/with, "of-no-ledger-by-processor")
	})
}

// processorTime returns how long this process has used processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
