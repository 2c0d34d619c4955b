package bolt_test

import (
	"syscall"
	"tavoli/adapters/bolt"
	"testing"
)

func cpu() float64 {
	var u syscall.Rusage
	syscall.Getrusage(0, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}

func BenchmarkPre(b *testing.B) {
	for range 3 {
		b.Run("", func(b *testing.B) {
			s := open(b, b.TempDir(), bolt.Options{})
			seg := newSegment(b, 200<<20)
			for b.Loop() {
				c0 := cpu()
				b.ReportMetric(drive(b, seg, 256, 300_000, "p"), "raw-ev/s")
				b.ReportMetric((cpu()-c0)/300_000, "raw-cpu-us/ev")
				c0 = cpu()
				b.ReportMetric(drive(b, boltSide{b, s}, 256, 300_000, "p"), "events/s")
				b.ReportMetric((cpu()-c0)/300_000, "cpu-us/ev")
				c := s.Stats().Commits
				b.ReportMetric(float64(s.Stats().Appended/c), "group")
				b.ReportMetric(float64(s.Stats().Commit.Sum.Microseconds())/float64(c), "us/commit")
			}
		})
	}
}
