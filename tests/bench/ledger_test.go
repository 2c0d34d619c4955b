package bench_test

import "testing"

// BenchmarkLedgerFollows registers people durably over HTTP with the ledger that
// follows the log, and without: 95 % is due.
func BenchmarkLedgerFollows(b *testing.B) {
	const connections = 64
	var sides []func() (float64, error)
	for _, signed := range []bool{true, false} {
		r := start(b, signed)
		r.convene(b, "spread-", 200)
		sides = append(sides, crowd{r, connections}.people)
	}
	once(b, func() {
		m := compare(b, sides...)
		b.Logf("%d connections: %.0f registrations/s with the ledger, %.0f without", connections, m[0], m[1])
		b.ReportMetric(m[0], "registrations/s")
		b.ReportMetric(m[0]/m[1], "of-no-ledger")
	})
}
