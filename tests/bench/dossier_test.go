package bench_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkDossier makes the dossier of the whole demonstration with the real
// program, opening the data folder and all, and checks it. Two seconds are due for
// making it.
func BenchmarkDossier(b *testing.B) {
	bin, dir := b.TempDir(), b.TempDir()
	for _, name := range []string{"tavoli", "tavoli-verify"} {
		if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", bin, "tavoli/cmd/"+name).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	run := func(name string, args ...string) time.Duration {
		began := time.Now()
		if out, err := exec.CommandContext(b.Context(), filepath.Join(bin, name), args...).CombinedOutput(); err != nil {
			b.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return time.Since(began)
	}
	run("tavoli", "import", "demo", "--data", dir)
	file := filepath.Join(b.TempDir(), "dossier.zip")
	for b.Loop() {
		made := run("tavoli", "audit", "dossier", "--data", dir, "--disclosures", "all", "--out", file)
		checked := run("tavoli-verify", "replay", file)
		b.Logf("made in %v, checked in %v", made, checked)
		b.ReportMetric(made.Seconds(), "s/dossier")
		b.ReportMetric(checked.Seconds(), "s/replay")
		if err := os.Remove(file); err != nil {
			b.Fatal(err)
		}
	}
}
