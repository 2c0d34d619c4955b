package storetest

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// appends are the promises about one batch.
var appends = []test{
	{"append returns the position of the last event", appendPosition},
	{"append continues a stream", appendContinues},
	{"append with a wrong revision conflicts and writes nothing", appendConflicts},
	{"append of several events is all or nothing", appendAtomic},
	{"an entry is what AppendEntry writes", entryBytes},
	{"an entry does not change when the writer reuses its buffer", writerReuses},
	{"an entry does not change when readers append to another", readerReuses},
	{"append with a canceled context writes nothing", appendCanceled},
	{"append of nothing is refused", appendNothing},
	{"append of a bad draft is refused", appendBad},
	{"the same id in two streams is two events", sameIDElsewhere},
	{"a repetition returns the position it has", repetitionPosition},
	{"a repetition is known by its ids alone", repetitionByID},
	{"identity tells which store it is", identity},
}

func appendPosition(t *testing.T, f *fixture) {
	s := fact()
	list := drafts(3)
	before := f.head(t)
	pos := f.append(t, batch(s, domain.NoStream, list...))
	got := f.holds(t, s, ids(list)...)
	if last := got[2].Position; pos != last {
		t.Errorf("append returned %d, but the last event is at %d", pos, last)
	}
	if got[0].Position <= before {
		t.Errorf("the first event is at %d, but the head was at %d before", got[0].Position, before)
	}
	if head := f.head(t); head < pos {
		t.Errorf("head is %d after an append at %d", head, pos)
	}
}

func appendContinues(t *testing.T, f *fixture) {
	s, first, second := fact(), drafts(2), drafts(3)
	p1 := f.append(t, batch(s, domain.NoStream, first...))
	p2 := f.append(t, batch(s, 1, second...))
	if p2 <= p1 {
		t.Errorf("positions %d, then %d", p1, p2)
	}
	got := f.holds(t, s, append(ids(first), ids(second)...)...)
	for i := 1; i < len(got); i++ {
		if got[i].Position <= got[i-1].Position {
			t.Errorf("revision %d is at %d, the next at %d", i-1, got[i-1].Position, got[i].Position)
		}
	}
}

func appendConflicts(t *testing.T, f *fixture) {
	s, list := fact(), drafts(3)
	for _, after := range []domain.Revision{0, 7} {
		_, err := f.store.Append(t.Context(), batch(s, after, draft()))
		conflicts(t, err, domain.ConflictError{Stream: s, Expected: after, Actual: domain.NoStream})
	}
	f.holds(t, s)
	f.append(t, batch(s, domain.NoStream, list...))
	for _, after := range []domain.Revision{domain.NoStream, 0, 1, 3, 1 << 40} {
		_, err := f.store.Append(t.Context(), batch(s, after, draft()))
		conflicts(t, err, domain.ConflictError{Stream: s, Expected: after, Actual: 2})
	}
	f.holds(t, s, ids(list)...)
}

func appendAtomic(t *testing.T, f *fixture) {
	s, list := fact(), drafts(3)
	list[2].Type = ""
	_, err := f.store.Append(t.Context(), batch(s, domain.NoStream, list...))
	refused(t, err, domain.ErrBadDraft)
	f.holds(t, s)
	list[2].Type = "SeatsCounted"
	f.append(t, batch(s, domain.NoStream, list...))
	f.holds(t, s, ids(list)...)
}

// varied returns drafts that use every part of the envelope.
func varied() []domain.Draft {
	list := drafts(7)
	list[0].Correlation = uuid.New()
	list[1].Correlation = list[1].Command
	list[2].Causation = uuid.New()
	list[3].Request, list[3].Schema = "kQ_-0aZ", 12
	list[4].EffectiveAt = time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("", 5400))
	list[4].Data = []byte(`{}`)
	list[5].Actor = domain.ActorPublic
	list[5].Data = []byte("{ \"a\" : [1, 2.50, null, {\"<b>\": \"\\u00e0 \u00e8 \U0001F3DB & \\\"'\\n\"}],\n\t\"a\": -0e0 }")
	list[6].Data = []byte(`{"n":` + string(bytes.Repeat([]byte{'9'}, 5000)) + `}`)
	return list
}

func entryBytes(t *testing.T, f *fixture) {
	s, list, before := fact(), varied(), f.head(t)
	f.append(t, batch(s, domain.NoStream, list...))
	got := f.holds(t, s, ids(list)...)
	for i, e := range got {
		r := envelope(t, e)
		if want := domain.AppendEntry(nil, s, domain.Revision(i), r.RecordedAt, &list[i]); !bytes.Equal(e.Bytes, want) {
			t.Errorf("entry is  %s\nwant      %s", e.Bytes, want)
		}
	}
	same(t, "ReadAll", f.all(t, before, s), got)
}

func writerReuses(t *testing.T, f *fixture) {
	s, list := fact(), drafts(2)
	list[1].Data = slices.Clone(list[1].Data)
	f.append(t, batch(s, domain.NoStream, list...))
	want := f.holds(t, s, ids(list)...)
	before := []domain.Entry{{Position: want[1].Position, Bytes: bytes.Clone(want[1].Bytes)}}
	for i := range list[1].Data {
		list[1].Data[i] = 'X'
	}
	list[0] = draft()
	same(t, "after the writer reused its buffer", f.read(t, s, 1), before)
	same(t, "the entry read before", want[1:], before)
}

func readerReuses(t *testing.T, f *fixture) {
	s, list := fact(), drafts(20)
	after := f.head(t)
	f.append(t, batch(s, domain.NoStream, list...))
	var want []domain.Entry
	for _, e := range f.read(t, s, 0) {
		want = append(want, domain.Entry{Position: e.Position, Bytes: bytes.Clone(e.Bytes)})
	}
	for name, got := range map[string][]domain.Entry{"ReadStream": f.read(t, s, 0), "ReadAll": f.all(t, after, s)} {
		for _, e := range got {
			_ = append(e.Bytes, "\n what a reader adds to its own copy"...)
		}
		same(t, name, got, want)
	}
	same(t, "read again", f.read(t, s, 0), want)
}

func appendCanceled(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := fact()
	_, err := f.store.Append(ctx, batch(s, domain.NoStream, draft()))
	refused(t, err, context.Canceled)
	f.holds(t, s)
}

func appendNothing(t *testing.T, f *fixture) {
	s := fact()
	_, err := f.store.Append(t.Context())
	refused(t, err, domain.ErrEmptyBatch)
	_, err = f.store.Append(t.Context(), batch(s, domain.NoStream))
	refused(t, err, domain.ErrEmptyBatch)
	one := draft()
	f.append(t, batch(s, domain.NoStream, one))
	for _, after := range []domain.Revision{domain.NoStream, 0} {
		_, err = f.store.Append(t.Context(), batch(s, after))
		refused(t, err, domain.ErrEmptyBatch)
	}
	f.holds(t, s, one.ID)
}

func appendBad(t *testing.T, f *fixture) {
	s := fact()
	for name, spoil := range map[string]func(*domain.Draft){
		"no id":                func(d *domain.Draft) { d.ID = uuid.Nil },
		"no command":           func(d *domain.Draft) { d.Command = uuid.Nil },
		"no type":              func(d *domain.Draft) { d.Type = "" },
		"type with a quote":    func(d *domain.Draft) { d.Type = `a"b` },
		"long type":            func(d *domain.Draft) { d.Type = long(101) },
		"no schema":            func(d *domain.Draft) { d.Schema = 0 },
		"no effective time":    func(d *domain.Draft) { d.EffectiveAt = time.Time{} },
		"no actor":             func(d *domain.Draft) { d.Actor = "" },
		"actor with a quote":   func(d *domain.Draft) { d.Actor = `x","data":{}` },
		"long actor":           func(d *domain.Draft) { d.Actor = domain.Actor(long(101)) },
		"request with a break": func(d *domain.Draft) { d.Request = "a\nb" },
		"long request":         func(d *domain.Draft) { d.Request = long(65) },
		"no data":              func(d *domain.Draft) { d.Data = nil },
		"data is no object":    func(d *domain.Draft) { d.Data = []byte(`[1]`) },
		"data is cut off":      func(d *domain.Draft) { d.Data = []byte(`{"a":1`) },
	} {
		d := draft()
		spoil(&d)
		if _, err := f.store.Append(t.Context(), batch(s, domain.NoStream, draft(), d)); err == nil {
			t.Errorf("%s: it was stored", name)
		} else {
			refused(t, err, domain.Invalid)
		}
	}
	f.holds(t, s)
	good := draft()
	f.append(t, batch(s, domain.NoStream, good))
	f.holds(t, s, good.ID)
}

func sameIDElsewhere(t *testing.T, f *fixture) {
	s1, s2, d := fact(), fact(), draft()
	p1 := f.append(t, batch(s1, domain.NoStream, d))
	p2 := f.append(t, batch(s2, domain.NoStream, d))
	if p1 == p2 {
		t.Errorf("two streams hold the event at the same position %d", p1)
	}
	f.holds(t, s1, d.ID)
	f.holds(t, s2, d.ID)
}

func repetitionPosition(t *testing.T, f *fixture) {
	s, list := fact(), drafts(4)
	first := batch(s, domain.NoStream, list[:2]...)
	p := f.append(t, first)
	f.append(t, batch(s, 1, list[2:]...))
	f.fill(t, fact(), 3)
	if again := f.append(t, first); again != p {
		t.Errorf("the repetition is at %d, but was stored at %d", again, p)
	}
	want := f.holds(t, s, ids(list)...)
	if got := f.append(t, batch(s, domain.NoStream, list[0])); got != want[0].Position {
		t.Errorf("the repetition of the first event alone is at %d, want %d", got, want[0].Position)
	}
}

func repetitionByID(t *testing.T, f *fixture) {
	s, d := fact(), draft()
	f.append(t, batch(s, domain.NoStream, d))
	want := f.read(t, s, 0)
	d.Data, d.Type = []byte(`{"other":1}`), "Other"
	f.append(t, batch(s, domain.NoStream, d))
	same(t, "after a repetition with other data", f.read(t, s, 0), want)
}

func identity(t *testing.T, f *fixture) {
	id := f.store.Identity()
	if id.ID == uuid.Nil {
		t.Error("the store has no id")
	}
	f.fill(t, fact(), 1)
	if now := f.store.Identity(); now != id {
		t.Errorf("the identity was %s and is %s", id, now)
	}
}
