package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tavoli/domain"
)

// A model is a store as simple as can be: a map of lists, and everything in order.
type model struct {
	t     *rapid.T
	f     *fixture
	ctx   context.Context
	start domain.Position
	names []domain.Stream

	streams   map[domain.Stream][]uuid.UUID
	forgotten map[domain.Stream]bool
	order     []modelEntry
	tried     []domain.Batch
}

type modelEntry struct {
	stream   domain.Stream
	id       uuid.UUID
	position domain.Position // 0: not known
}

// checkModel compares the store with the model under any sequence of calls.
func checkModel(t *testing.T, f *fixture) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{
			t: rt, f: f, ctx: t.Context(), start: f.head(t), names: []domain.Stream{fact(), fact(), persona(), persona()},
			streams: make(map[domain.Stream][]uuid.UUID), forgotten: make(map[domain.Stream]bool),
		}
		rt.Repeat(map[string]func(*rapid.T){
			"append":       m.append,
			"append two":   m.appendTwo,
			"repeat":       m.repeat,
			"wrong place":  m.wrongPlace,
			"forget":       m.forget,
			"read stream":  m.readStream,
			"read all":     m.readAll,
			"follow":       m.follow,
			"read between": m.readBetween,
		})
		m.readAll(rt)
		for _, s := range m.names {
			m.check(rt, s, 0)
		}
	})
}

func (m *model) name(t *rapid.T) domain.Stream { return rapid.SampledFrom(m.names).Draw(t, "stream") }

func (m *model) at(s domain.Stream) domain.Revision { return domain.Revision(len(m.streams[s])) - 1 }

func (m *model) fresh(t *rapid.T) domain.Batch {
	s := m.name(t)
	b := batch(s, m.at(s), drafts(rapid.IntRange(1, 4).Draw(t, "events"))...)
	m.tried = append(m.tried, b)
	return b
}

func (m *model) append(t *rapid.T) { m.try(t, m.fresh(t)) }

func (m *model) appendTwo(t *rapid.T) { m.try(t, m.fresh(t), m.fresh(t)) }

func (m *model) repeat(t *rapid.T) {
	if len(m.tried) == 0 {
		t.Skip("nothing to repeat")
	}
	b := rapid.SampledFrom(m.tried).Draw(t, "batch")
	from := rapid.IntRange(0, len(b.Events)-1).Draw(t, "from")
	to := rapid.IntRange(from+1, len(b.Events)).Draw(t, "to")
	m.try(t, batch(b.Stream, b.After+domain.Revision(from), b.Events[from:to]...))
}

func (m *model) wrongPlace(t *rapid.T) {
	b := m.fresh(t)
	b.After = domain.Revision(rapid.IntRange(-1, len(m.streams[b.Stream])+2).Draw(t, "after"))
	m.try(t, b)
}

// try appends to both and compares.
func (m *model) try(t *rapid.T, list ...domain.Batch) {
	pos, err := m.f.store.Append(m.ctx, list...)
	for _, b := range list {
		if want := m.store(b); want != nil {
			if !errors.Is(err, want) {
				t.Fatalf("append to %s at %d after %d: got %v, want %v", b.Stream, m.at(b.Stream), b.After, err, want)
			}
			return
		}
	}
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	last := list[len(list)-1]
	end := int(last.After) + len(last.Events)
	for e, err := range m.f.store.ReadStream(m.ctx, last.Stream, domain.Revision(end)) {
		if err != nil || e.Position != pos {
			t.Fatalf("append returned %d, but the event is at %d (%v)", pos, e.Position, err)
		}
		break
	}
}

// store adds a batch to the model, or returns why not.
func (m *model) store(b domain.Batch) error {
	have := m.streams[b.Stream]
	at, added := int(b.After)+1, ids(b.Events)
	switch {
	case m.forgotten[b.Stream]:
		return domain.ErrStreamForgotten
	case at == len(have):
		m.streams[b.Stream] = append(have, added...)
		for _, id := range added {
			m.order = append(m.order, modelEntry{stream: b.Stream, id: id})
		}
		return nil
	case at < len(have) && at+len(added) <= len(have) && slices.Equal(have[at:at+len(added)], added):
		return nil
	}
	return domain.Stale
}

func (m *model) forget(t *rapid.T) {
	s := m.name(t)
	err := m.f.store.Forget(m.ctx, s)
	if !s.Personal() {
		if !errors.Is(err, domain.ErrNotPersonal) {
			t.Fatalf("forget %s: %v", s, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("forget %s: %v", s, err)
	}
	delete(m.streams, s)
	m.forgotten[s] = true
	m.order = slices.DeleteFunc(m.order, func(e modelEntry) bool { return e.stream == s })
}

func (m *model) readStream(t *rapid.T) {
	s := m.name(t)
	m.check(t, s, rapid.IntRange(0, len(m.streams[s])+1).Draw(t, "from"))
}

func (m *model) check(t *rapid.T, s domain.Stream, from int) {
	var got []uuid.UUID
	for e, err := range m.f.store.ReadStream(m.ctx, s, domain.Revision(from)) {
		if err != nil {
			t.Fatalf("read %s: %v", s, err)
		}
		id, _ := domain.EntryID(e.Bytes)
		got = append(got, id)
	}
	want := m.streams[s][min(from, len(m.streams[s])):]
	if !slices.Equal(got, want) {
		t.Fatalf("%s from %d holds %v, want %v", s, from, got, want)
	}
}

func (m *model) readAll(t *rapid.T) {
	m.compare(t, m.f.all(t, m.start, m.names...), 0)
}

func (m *model) follow(t *rapid.T) {
	if len(m.order) > 0 {
		m.compare(t, m.followed(t), 0)
	}
}

func (m *model) followed(t *rapid.T) []domain.Entry {
	ctx, cancel := context.WithTimeout(m.ctx, patience)
	defer cancel()
	r := newReader(m.start, m.names...)
	for p, err := range m.f.store.Follow(ctx, m.start) {
		if err != nil {
			t.Fatalf("follow: %v", err)
		}
		if r.take(t, p); len(r.mine) >= len(m.order) {
			break
		}
	}
	return r.mine
}

// readBetween reads everything after a position met before.
func (m *model) readBetween(t *rapid.T) {
	known := slices.Collect(maps.Keys(m.positions()))
	if len(known) == 0 {
		t.Skip("no position is known")
	}
	slices.Sort(known)
	i := m.positions()[rapid.SampledFrom(known).Draw(t, "after")]
	m.compare(t, m.f.all(t, m.order[i].position, m.names...), i+1)
}

// positions returns where entries known by position stand in the order.
func (m *model) positions() map[domain.Position]int {
	list := make(map[domain.Position]int)
	for i, e := range m.order {
		if e.position != 0 {
			list[e.position] = i
		}
	}
	return list
}

// compare compares entries with the order from a place on.
func (m *model) compare(t *rapid.T, got []domain.Entry, from int) {
	want := m.order[from:]
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
	for i, e := range got {
		id, _ := domain.EntryID(e.Bytes)
		if id != want[i].id || want[i].position != 0 && want[i].position != e.Position {
			t.Fatalf("entry %d is %s at %d, want %s at %d", i, id, e.Position, want[i].id, want[i].position)
		}
		want[i].position = e.Position
	}
}
