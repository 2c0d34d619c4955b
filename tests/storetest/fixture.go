package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tavoli/domain"
)

// A tb is a test, or one check of a property.
type tb interface {
	rapid.TB
	Context() context.Context
}

// patience is how long the suite waits for what must happen.
const patience = 20 * time.Second

// A fixture is a store under test with what the tests ask of it most.
type fixture struct {
	store domain.Store
	clock *clock
	fresh bool // nobody wrote to the store before
}

func newFixture(t testing.TB, open Opener) *fixture {
	t.Helper()
	f := &fixture{clock: &clock{}}
	f.store = open(t, Options{Now: f.clock.Now})
	f.fresh = f.head(t) == 0
	return f
}

// A clock is the real one until it is set.
type clock struct {
	mu  sync.Mutex
	set time.Time
}

// Now returns what the clock was set to, or the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set.IsZero() {
		return time.Now()
	}
	return c.set
}

// Set stops the clock at a time.
func (c *clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = at
}

// fact returns the name of a stream of facts nobody used before.
func fact() domain.Stream { return domain.Stream(domain.CategoryTavolo + "-" + uuid.NewString()) }

// persona returns the name of a personal stream nobody used before.
func persona() domain.Stream { return domain.PersonaStream(uuid.New()) }

// draft returns an event nobody stored before.
func draft() domain.Draft { return draftOf(uuid.New()) }

func draftOf(id uuid.UUID) domain.Draft {
	return domain.Draft{
		ID: id, Type: "SeatsCounted", Schema: 1, EffectiveAt: time.Date(2022, 3, 25, 9, 30, 0, 0, time.UTC),
		Actor: "account-anna", Command: uuid.NewSHA1(id, []byte("command")),
		Data: fmt.Appendf(nil, `{"event":"%s"}`, id),
	}
}

func drafts(n int) []domain.Draft {
	list := make([]domain.Draft, n)
	for i := range list {
		list[i] = draft()
	}
	return list
}

func batch(s domain.Stream, after domain.Revision, events ...domain.Draft) domain.Batch {
	return domain.Batch{Stream: s, After: after, Events: events}
}

func ids(list []domain.Draft) []uuid.UUID {
	out := make([]uuid.UUID, len(list))
	for i, d := range list {
		out[i] = d.ID
	}
	return out
}

// append appends and fails the test if that fails.
func (f *fixture) append(t tb, batches ...domain.Batch) domain.Position {
	t.Helper()
	pos, err := f.store.Append(t.Context(), batches...)
	if err != nil {
		t.Fatalf("append to %s after %d: %v", batches[0].Stream, batches[0].After, err)
	}
	return pos
}

// fill appends n events to a stream one by one.
func (f *fixture) fill(t tb, s domain.Stream, n int) {
	t.Helper()
	for i := range n {
		f.append(t, batch(s, domain.Revision(i)-1, draft()))
	}
}

func (f *fixture) head(t tb) domain.Position {
	t.Helper()
	pos, err := f.store.Head(t.Context())
	if err != nil {
		t.Fatalf("head: %v", err)
	}
	return pos
}

// read returns the entries of a stream from a revision on.
func (f *fixture) read(t tb, s domain.Stream, from domain.Revision) []domain.Entry {
	t.Helper()
	var list []domain.Entry
	for e, err := range f.store.ReadStream(t.Context(), s, from) {
		if err != nil {
			t.Fatalf("read %s from %d: %v", s, from, err)
		}
		list = append(list, e)
	}
	return list
}

// holds fails the test unless a stream holds exactly these events.
func (f *fixture) holds(t tb, s domain.Stream, want ...uuid.UUID) []domain.Entry {
	t.Helper()
	list := f.read(t, s, 0)
	if got := idsOf(t, list); !slices.Equal(got, want) {
		t.Fatalf("%s holds %v, want %v", s, got, want)
	}
	for i, e := range list {
		r := envelope(t, e)
		if r.Stream != s || r.Revision != domain.Revision(i) {
			t.Fatalf("entry %d of %s says it is revision %d of %s", i, s, r.Revision, r.Stream)
		}
	}
	return list
}

// all returns the entries of these streams that ReadAll yields after a position.
func (f *fixture) all(t tb, after domain.Position, of ...domain.Stream) []domain.Entry {
	t.Helper()
	r := newReader(after, of...)
	for p, err := range f.store.ReadAll(t.Context(), after) {
		if err != nil {
			t.Fatalf("read all after %d: %v", after, err)
		}
		r.take(t, p)
	}
	return r.mine
}

// follow returns the first n entries of these streams that Follow yields.
func (f *fixture) follow(t tb, after domain.Position, n int, of ...domain.Stream) []domain.Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r := newReader(after, of...)
	for p, err := range f.store.Follow(ctx, after) {
		if err != nil {
			t.Errorf("follow after %d: %v", after, err)
			return r.mine
		}
		if r.take(t, p); len(r.mine) >= n {
			return r.mine
		}
	}
	t.Errorf("follow after %d showed %d entries, want %d", after, len(r.mine), n)
	return r.mine
}

// A reader checks the pages of ReadAll or Follow as they come, and keeps the
// entries of its own streams. It is used by one goroutine.
type reader struct {
	at   domain.Position
	of   []domain.Stream
	mine []domain.Entry
}

func newReader(after domain.Position, of ...domain.Stream) *reader { return &reader{at: after, of: of} }

// take may be called on any goroutine: it never stops the test at once.
func (r *reader) take(t tb, p domain.Page) {
	t.Helper()
	last := r.at
	for _, e := range p.Entries {
		if e.Position <= last {
			t.Errorf("entry at %d was yielded after %d", e.Position, last)
		}
		last = e.Position
		rec, err := e.Envelope()
		if err == nil && slices.Contains(r.of, rec.Stream) {
			r.mine = append(r.mine, e)
		}
	}
	if p.UpTo < last {
		t.Errorf("a page says it goes up to %d after the entry at %d", p.UpTo, last)
	}
	r.at = max(p.UpTo, last)
}

// envelope reads an entry but its event.
func envelope(t tb, e domain.Entry) domain.Record {
	t.Helper()
	r, err := e.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func idsOf(t tb, entries []domain.Entry) []uuid.UUID {
	t.Helper()
	out := make([]uuid.UUID, len(entries))
	for i, e := range entries {
		id, ok := domain.EntryID(e.Bytes)
		if !ok {
			t.Fatalf("the entry at %d has no id: %.80q", e.Position, e.Bytes)
		}
		out[i] = id
	}
	return out
}

// same fails the test unless both lists hold the same bytes at the same positions.
func same(t tb, what string, got, want []domain.Entry) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d entries, want %d", what, len(got), len(want))
	}
	for i := range want {
		if got[i].Position != want[i].Position || string(got[i].Bytes) != string(want[i].Bytes) {
			t.Fatalf("%s: entry %d is %d %s\nwant %d %s", what, i, got[i].Position, got[i].Bytes, want[i].Position, want[i].Bytes)
		}
	}
}

// conflicts fails the test unless err says a stream was elsewhere.
func conflicts(t tb, err error, want domain.ConflictError) {
	t.Helper()
	var got *domain.ConflictError
	if !errors.As(err, &got) {
		t.Fatalf("got error %v, want a conflict", err)
	}
	if *got != want {
		t.Errorf("got conflict %+v, want %+v", *got, want)
	}
	refused(t, err, domain.Stale)
}

// refused fails the test unless err is the error wanted and promises that
// nothing was stored.
func refused(t tb, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
	if !domain.IsDefinite(err) {
		t.Errorf("error %v leaves open what happened", err)
	}
}

// eventually fails the test unless ok holds before patience ends.
func eventually(t tb, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// done fails the test unless the channel is closed before patience ends.
func done(t tb, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("%s: not within %s", what, patience)
	}
}

// outlive keeps the test from ending before a goroutine of its own, whose context
// ends with the test.
func outlive(t testing.TB, ended <-chan struct{}) {
	t.Cleanup(func() {
		select {
		case <-ended:
		case <-time.After(patience):
		}
	})
}

// noLeak runs do and fails the test if goroutines are left over.
func noLeak(t tb, do func()) {
	t.Helper()
	do() // what is made once is made now
	before := runtime.NumGoroutine()
	do()
	eventually(t, "goroutines ended", func() bool { return runtime.NumGoroutine() <= before })
}
