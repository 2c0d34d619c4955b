package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"tavoli/domain"
)

// imports are the promises of a store that takes over what another holds.
var imports = []importTest{
	{"what is imported has the bytes it had", importKeepsBytes},
	{"importing again changes nothing", importAgain},
	{"what does not follow its stream is not imported", importFollows},
	{"what is not in the stored form is not imported", importRefuses},
	{"a forgotten stream takes no imports, and is told", importForgotten},
	{"an import of nothing is refused", importNothing},
	{"what comes after an import is stamped no earlier", importMovesTime},
	{"a store takes events after an import", importGoesOn},
}

// An importTest is one promise and what shows that it is kept: a store that holds
// something, and an empty one to take it over.
type importTest struct {
	name string
	run  func(t *testing.T, from, to *fixture, i importer)
}

type importer = domain.Importer

// RunImport checks the promises of [domain.Importer].
func RunImport(t *testing.T, open Opener) {
	for _, c := range imports {
		t.Run(c.name, func(t *testing.T) {
			from, to := newFixture(t, open), newFixture(t, open)
			c.run(t, from, to, to.store.(importer))
		})
	}
}

// told fills a store with facts and values and returns them in order.
func told(t *testing.T, f *fixture) (list []domain.Entry, streams []domain.Stream) {
	t.Helper()
	streams = []domain.Stream{fact(), persona(), fact()}
	after := f.head(t)
	f.clock.Set(time.Date(2021, 12, 7, 10, 0, 0, 123_456_000, time.UTC))
	f.append(t, batch(streams[1], domain.NoStream, draft()), batch(streams[0], domain.NoStream, drafts(3)...))
	with := draft()
	with.Request, with.Causation, with.Correlation, with.Actor = "abc", draft().ID, draft().ID, domain.ActorPublic
	f.append(t, batch(streams[2], domain.NoStream, with))
	f.clock.Set(time.Date(2022, 5, 25, 10, 0, 0, 0, time.UTC))
	f.fillOn(t, streams[0], 2, 5)
	f.append(t, batch(streams[1], 0, draft()))
	return f.all(t, after, streams...), streams
}

// fillOn appends n events to a stream that is at a revision, one by one.
func (f *fixture) fillOn(t tb, s domain.Stream, at domain.Revision, n int) {
	t.Helper()
	for i := range n {
		f.append(t, batch(s, at+domain.Revision(i), draft()))
	}
}

func bytesOf(list []domain.Entry) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = string(e.Bytes)
	}
	return out
}

// sameBytes fails the test unless both lists hold the same entries, wherever they lie.
func sameBytes(t *testing.T, what string, got, want []domain.Entry) {
	t.Helper()
	if !slices.Equal(bytesOf(got), bytesOf(want)) {
		t.Fatalf("%s: got %q\nwant %q", what, bytesOf(got), bytesOf(want))
	}
}

func mustImport(t *testing.T, to importer, list []domain.Entry) domain.Position {
	t.Helper()
	pos, err := to.Import(t.Context(), list...)
	if err != nil {
		t.Fatalf("import %d entries: %v", len(list), err)
	}
	return pos
}

func importKeepsBytes(t *testing.T, from, to *fixture, i importer) {
	list, streams := told(t, from)
	after := to.head(t)
	mustImport(t, i, list[:3])
	pos := mustImport(t, i, list[3:])
	got := to.all(t, after, streams...)
	sameBytes(t, "everything", got, list)
	if got[len(got)-1].Position != pos || to.fresh && to.head(t) != pos {
		t.Errorf("the last lies at %d, and Import said %d", got[len(got)-1].Position, pos)
	}
	for _, s := range streams {
		sameBytes(t, string(s), to.read(t, s, 0), from.read(t, s, 0))
	}
	if seen := to.follow(t, after, len(list), streams...); len(seen) != len(list) {
		t.Errorf("a follower sees %d", len(seen))
	}
}

func importAgain(t *testing.T, from, to *fixture, i importer) {
	list, streams := told(t, from)
	after := to.head(t)
	first := mustImport(t, i, list)
	if again := mustImport(t, i, list); again != first {
		t.Errorf("the second import says %d, the first %d", again, first)
	}
	mustImport(t, i, list[2:5])
	sameBytes(t, "everything", to.all(t, after, streams...), list)
}

func importFollows(t *testing.T, from, to *fixture, i importer) {
	list, streams := told(t, from)
	after := to.head(t)
	_, err := i.Import(t.Context(), list[0], list[2])
	conflicts(t, err, domain.ConflictError{Stream: streams[0], Expected: 0, Actual: domain.NoStream})
	sameBytes(t, "what came before", to.all(t, after, streams...), list[:1])
}

func importRefuses(t *testing.T, from, to *fixture, i importer) {
	list, streams := told(t, from)
	after := to.head(t)
	other := domain.Entry{Position: list[1].Position, Bytes: append([]byte(" "), list[1].Bytes...)}
	_, err := i.Import(t.Context(), list[0], other, list[1])
	refused(t, err, domain.ErrCorrupt)
	sameBytes(t, "what came before", to.all(t, after, streams...), list[:1])
	mustImport(t, i, list)
}

func importForgotten(t *testing.T, from, to *fixture, i importer) {
	list, streams := told(t, from)
	to.forget(t, streams[1])
	_, err := i.Import(t.Context(), list[0])
	refused(t, err, domain.ErrStreamForgotten)
	never := persona()
	to.forget(t, never)
	names, err := i.Forgotten(t.Context())
	if err != nil || !slices.Contains(names, streams[1]) || !slices.Contains(names, never) || slices.Contains(names, streams[0]) {
		t.Errorf("forgotten are %v: %v", names, err)
	}
	mustImport(t, i, slices.DeleteFunc(list, func(e domain.Entry) bool { return envelope(t, e).Stream == streams[1] }))
}

func importNothing(t *testing.T, _, to *fixture, i importer) {
	_, err := i.Import(t.Context())
	refused(t, err, domain.ErrEmptyBatch)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := i.Import(done); err == nil {
		t.Error("a caller who has left imported something")
	}
	_ = to
}

func importMovesTime(t *testing.T, from, to *fixture, i importer) {
	from.clock.Set(time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC))
	to.clock.Set(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s, after := fact(), from.head(t)
	from.fill(t, s, 1)
	mustImport(t, i, from.all(t, after, s))
	other := fact()
	to.fill(t, other, 1)
	if at := envelope(t, to.read(t, other, 0)[0]).RecordedAt; at.Before(from.clock.Now()) {
		t.Errorf("it is stamped %s, and %s was imported before", at, from.clock.Now())
	}
}

func importGoesOn(t *testing.T, from, to *fixture, i importer) {
	list, streams := told(t, from)
	mustImport(t, i, list)
	next := draft()
	_, err := to.store.Append(t.Context(), batch(streams[0], 3, next))
	conflicts(t, err, domain.ConflictError{Stream: streams[0], Expected: 3, Actual: 7})
	to.append(t, batch(streams[0], 7, next))
	if got := to.read(t, streams[0], 8); len(got) != 1 {
		t.Errorf("%d entries follow", len(got))
	}
}
