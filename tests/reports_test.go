package tests_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// demoFigures are the figures of the demonstration, counted from the lines of
// testdata/coopera by a program of its own that knows nothing of this one.
var demoFigures = map[string]string{
	"2021-Q4": "tavoli 2, registrations 88, presences 78, persons 69, persons_new 69, persons_to_date 69, minutes 10752, enti 38, comuni 24, province 8, guests 10",
	"2022-Q1": "tavoli 3, registrations 116, presences 101, persons 81, persons_new 44, persons_to_date 113, minutes 10275, enti 36, comuni 23, province 8, guests 20",
	"2022-Q2": "tavoli 2, registrations 100, presences 74, persons 67, persons_new 11, persons_to_date 124, minutes 7979, enti 35, comuni 23, province 8, guests 15",
}

// fleeting is what differs from one register to the next: when it was recorded, and
// what depends on that.
var fleeting = regexp.MustCompile(`(\d\d/\d\d/\d{4} \d\d:\d\d:\d\d|[0-9a-f]{64}|posizione \d+|Posizione nel registro;\d+)`)

// TestReportsOfTheDemonstration takes the report of a quarter through its life: asked,
// sent, asked again elsewhere, reopened, sent once more, compared.
func TestReportsOfTheDemonstration(t *testing.T) {
	t.Parallel()
	data, dir := t.TempDir(), t.TempDir()
	ok := func(args ...string) string {
		t.Helper()
		r := run(t, append(args, "--data", data)...)
		if r.code != 0 {
			t.Fatalf("%v: %d %s%s", args, r.code, r.out, r.errors)
		}
		return r.out
	}
	ok("import", "demo")
	for quarter, want := range demoFigures {
		if got := figuresIn(t, ok("report", "--quarter", quarter, "--format", "json")); got != want {
			t.Errorf("%s: got  %s\nwant %s", quarter, got, want)
		}
	}
	ok("report", "mapping", "3031", "testdata/reports/tracciato.json")
	golden(t, "testdata/reports/2022-Q2.golden.csv", fleeting.ReplaceAllString(ok("report", "--quarter", "2022-Q2", "--format", "csv"), "…"))
	golden(t, "testdata/reports/operatori.golden.csv", ok("report", "--quarter", "2022-Q2", "--format", "csv", "--table", "operators"))

	sent := filepath.Join(dir, "sent")
	position := positionIn(t, ok("report", "transmit", "--quarter", "2022-Q2", "--reference", "Prot. n. 0500", "--out", sent, "--json"))
	more := filepath.Join(dir, "more.jsonl")
	write(t, more, `{"key":"later","request":"POST /tavoli/coopera-6/guests","body":{"mode":"online","count":9,"source":"statement","note":"contati dopo"}}`+"\n")
	ok("import", "programme", more)
	madeAgain(t, sent, position, "--data", data)
	if err := os.Remove(filepath.Join(data, "snapshot")); err != nil {
		t.Error(err)
	}
	madeAgain(t, sent, position, "--data", data, ".pdf")
	ok("backup", filepath.Join(dir, "copy"), "--keys", filepath.Join(dir, "keys"))
	if r := run(t, "restore", filepath.Join(dir, "copy"), "--keys", filepath.Join(dir, "keys"), "--data", filepath.Join(dir, "other")); r.code != 0 {
		t.Fatalf("restore: %d %s", r.code, r.errors)
	}
	madeAgain(t, sent, position, "--data", filepath.Join(dir, "other"))

	if r := run(t, "report", "transmit", "--quarter", "2022-Q2", "--data", data); r.code != 3 || !strings.Contains(r.errors, "quarter-transmitted") {
		t.Errorf("sent twice: %d %s", r.code, r.errors)
	}
	ok("report", "reopen", "--quarter", "2022-Q2", "--reason", "ospiti contati dopo")
	again := filepath.Join(dir, "again")
	second := positionIn(t, ok("report", "transmit", "--quarter", "2022-Q2", "--reference", "Prot. n. 0611", "--reason", "ospiti", "--out", again, "--json"))
	madeAgain(t, again, second, "--data", data, ".xlsx")
	madeAgain(t, sent, position, "--data", data, ".pdf")
	if out := ok("report", "difference", "--quarter", "2022-Q2", "--transmission", "2"); !strings.Contains(out, "figures/guests: 15 → ") || strings.Contains(out, "riga") {
		t.Errorf("the difference is %s", out)
	}
	if out := ok("report", "transmissions", "--quarter", "2022-Q2"); strings.Count(out, "trasmissione n.") != 2 || strings.Count(out, "relazione-3031-2022-Q2.pdf") != 2 {
		t.Errorf("the transmissions are %s", out)
	}
	for code, args := range map[int][]string{
		2: {"report", "--format", "pdf"}, 3: {"report", "mapping", "3031", more}, 4: {"report", "difference", "--quarter", "2022-Q2", "--transmission", "7"},
	} {
		if r := run(t, append(args, "--data", data)...); r.code != code {
			t.Errorf("%v: %d %s, want %d", args, r.code, r.errors, code)
		}
	}
}

// figuresIn returns the figures of a report on a line.
func figuresIn(t *testing.T, report string) string {
	t.Helper()
	var r struct {
		Figures []struct {
			Key   string
			Value int
		}
	}
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		t.Fatal(err)
	}
	parts := make([]string, len(r.Figures))
	for i, f := range r.Figures {
		parts[i] = fmt.Sprintf("%s %d", f.Key, f.Value)
	}
	return strings.Join(parts, ", ")
}

// positionIn returns the position of a transmission.
func positionIn(t *testing.T, answer string) string {
	t.Helper()
	var a struct{ Transmission struct{ Position string } }
	if err := json.Unmarshal([]byte(answer), &a); err != nil || a.Transmission.Position == "" {
		t.Fatalf("%v in %s", err, answer)
	}
	return a.Transmission.Position
}

// madeAgain asks for every file of a transmission, or for those with an ending, where
// it was sent and elsewhere.
func madeAgain(t *testing.T, sent, position string, where ...string) {
	t.Helper()
	files, err := os.ReadDir(sent)
	if err != nil || len(files) != 6 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if len(where) == 3 && !strings.HasSuffix(f.Name(), where[2]) {
			continue
		}
		want, err := os.ReadFile(filepath.Join(sent, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		args := append([]string{"report", "--quarter", "2022-Q2", "--position", position, "--format", strings.TrimPrefix(filepath.Ext(f.Name()), ".")}, where[:2]...)
		if strings.Contains(f.Name(), "-operators") {
			args = append(args, "--table", "operators")
		}
		r := run(t, args...)
		if r.code != 0 || !bytes.Equal([]byte(r.out), want) {
			t.Errorf("%s: made again in %v it is other bytes (%d, %s)", f.Name(), where, r.code, r.errors)
		}
	}
}

// golden compares a text with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || got != string(want) {
		t.Errorf("%s is otherwise (%v):\n%s", name, err, got)
	}
}
