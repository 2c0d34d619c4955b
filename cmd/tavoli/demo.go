package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/tests/testdata/coopera"
)

// demoBegan is the file that says that a demonstration was begun and not finished.
const demoBegan = "demo-begun"

// demonstrate loads the real programme and invented people into a register that
// is empty, or where that was interrupted. The log's clock goes along, so that the
// register of the demonstration has learned of everything when it happened.
func (r *register) demonstrate(ctx context.Context, shown *progress) error {
	head, err := r.store.Head(ctx)
	if err != nil {
		return err
	}
	marker := r.path(demoBegan)
	if _, err := os.Stat(marker); head > 0 && err != nil {
		return nil
	}
	if err := os.WriteFile(marker, nil, 0o600); err != nil {
		return err
	}
	lines, err := demoLines()
	if err != nil {
		return err
	}
	defer r.clock.Set(time.Time{})
	play := player{to: r.inProcess(), progress: shown, before: func(l line) { r.clock.Set(l.moment()) }}
	if err := play.play(ctx, lines); err != nil {
		return err
	}
	return os.Remove(marker)
}

// inProcess returns a client of the register's own handler.
func (r *register) inProcess() *client {
	return &client{http: &http.Client{Transport: local{r.web.Handler()}}, base: "http://tavoli.local", token: r.console.Token, close: nothing}
}

// moment is when the register is to learn of the line.
func (l line) moment() time.Time {
	t, err := time.Parse(instantLayout, l.learned())
	if err != nil {
		return time.Time{}
	}
	return t
}

// cooperaBegins is from when on the enti of the programme are known.
const cooperaBegins = "2021-12-01T00:00"

// cooperaLines returns the real programme with its enti.
func cooperaLines() ([]line, error) {
	var all []line
	for _, name := range []string{"enti-comuni.csv", "enti-altri.csv", "programme.jsonl"} {
		lines, err := embedded(name)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

// demoLines returns the real programme and the invented people, in the order in
// which a register would have learned of them.
func demoLines() ([]line, error) {
	all, err := cooperaLines()
	if err != nil {
		return nil, err
	}
	invented, err := embedded("demo.jsonl")
	if err != nil {
		return nil, err
	}
	all = append(all, invented...)
	slices.SortStableFunc(all, func(a, b line) int { return strings.Compare(a.learned(), b.learned()) })
	return all, nil
}

// embedded reads one of the files that the program carries.
func embedded(name string) ([]line, error) {
	raw, err := coopera.Files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".csv") {
		return readEnti(name, bytes.NewReader(raw), cooperaBegins)
	}
	return readLines(name, bytes.NewReader(raw))
}

// instantLayout is how [instant] writes a moment.
const instantLayout = "2006-01-02T15:04:05.000000"

// instant returns a moment so that text order is time order; nothing comes first.
func instant(text string) string {
	t, err := domain.ParseTime(text)
	if err != nil {
		return ""
	}
	return t.Format(instantLayout)
}
