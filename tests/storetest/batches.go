package storetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tavoli/domain"
)

// batches are the promises about several batches in one append.
var batches = []test{
	{"several batches are stored in the order given", batchesInOrder},
	{"several batches may continue one stream", batchesOneStream},
	{"a batch that conflicts keeps later ones out and earlier ones in", batchesConflict},
	{"a batch that is bad keeps later ones out", batchesBad},
	{"repeating persona batch and fact stores nothing twice", batchesRepeat},
	{"a repetition that was cut short stores the rest", batchesRest},
}

func batchesInOrder(t *testing.T, f *fixture) {
	p, s, e := persona(), fact(), drafts(4)
	after := f.head(t)
	pos := f.append(t, batch(p, domain.NoStream, e[0]), batch(s, domain.NoStream, e[1], e[2]), batch(p, 0, e[3]))
	got := f.all(t, after, p, s)
	if len(got) != 4 || got[3].Position != pos {
		t.Fatalf("ReadAll shows %d entries; append returned %d", len(got), pos)
	}
	for i, id := range idsOf(t, got) {
		if id != e[i].ID {
			t.Errorf("entry %d is event %s, want %s", i, id, e[i].ID)
		}
	}
	f.holds(t, p, e[0].ID, e[3].ID)
	f.holds(t, s, e[1].ID, e[2].ID)
}

func batchesOneStream(t *testing.T, f *fixture) {
	s, e := fact(), drafts(3)
	f.append(t, batch(s, domain.NoStream, e[0]), batch(s, 0, e[1]), batch(s, 1, e[2]))
	f.holds(t, s, ids(e)...)
}

func batchesConflict(t *testing.T, f *fixture) {
	p, s, later, e := persona(), fact(), fact(), drafts(4)
	f.append(t, batch(s, domain.NoStream, e[0]))
	_, err := f.store.Append(t.Context(), batch(p, domain.NoStream, e[1]), batch(s, domain.NoStream, e[2]), batch(later, domain.NoStream, e[3]))
	conflicts(t, err, domain.ConflictError{Stream: s, Expected: domain.NoStream, Actual: 0})
	f.holds(t, p, e[1].ID)
	f.holds(t, s, e[0].ID)
	f.holds(t, later)
	// Decided again, the personal batch is a repetition.
	f.append(t, batch(p, domain.NoStream, e[1]), batch(s, 0, e[2]))
	f.holds(t, p, e[1].ID)
	f.holds(t, s, e[0].ID, e[2].ID)
}

func batchesBad(t *testing.T, f *fixture) {
	s, later := fact(), fact()
	_, err := f.store.Append(t.Context(), batch(s, domain.NoStream), batch(later, domain.NoStream, draft()))
	refused(t, err, domain.ErrEmptyBatch)
	f.holds(t, later)
	_, err = f.store.Append(t.Context(), batch(s, domain.NoStream, domain.Draft{}), batch(later, domain.NoStream, draft()))
	refused(t, err, domain.ErrBadDraft)
	f.holds(t, s)
	f.holds(t, later)
}

func batchesRepeat(t *testing.T, f *fixture) {
	p, s, e := persona(), fact(), drafts(3)
	both := []domain.Batch{batch(p, domain.NoStream, e[0]), batch(s, domain.NoStream, e[1], e[2])}
	pos := f.append(t, both...)
	f.fill(t, fact(), 2)
	for range 3 {
		if again := f.append(t, both...); again != pos {
			t.Errorf("the repetition is at %d, but was stored at %d", again, pos)
		}
	}
	f.holds(t, p, e[0].ID)
	f.holds(t, s, e[1].ID, e[2].ID)
}

func batchesRest(t *testing.T, f *fixture) {
	p, s, e := persona(), fact(), drafts(2)
	f.append(t, batch(p, domain.NoStream, e[0]))
	pos := f.append(t, batch(p, domain.NoStream, e[0]), batch(s, domain.NoStream, e[1]))
	f.holds(t, p, e[0].ID)
	if got := f.holds(t, s, e[1].ID); got[0].Position != pos {
		t.Errorf("append returned %d, but the fact is at %d", pos, got[0].Position)
	}
}

// limits are the promises about size and names: what one store accepts all accept.
var limits = []test{
	{"an event of the largest size is stored, one byte more is refused", largestEvent},
	{"a batch of the largest size is stored, one byte more is refused", largestBatch},
	{"the longest envelope with the largest event is stored", longestEnvelope},
	{"a stream with the longest name is stored, one letter more is refused", longestName},
	{"a stream with a bad name is refused", badNames},
}

func long(n int) string { return strings.Repeat("x", n) }

// sized returns an event whose data are n bytes.
func sized(n int) domain.Draft {
	d := draft()
	d.Data = []byte(`{"x":"` + long(n-len(`{"x":""}`)) + `"}`)
	return d
}

func (f *fixture) fits(t *testing.T, b, over domain.Batch, want error) {
	t.Helper()
	_, err := f.store.Append(t.Context(), over)
	refused(t, err, want)
	f.holds(t, over.Stream)
	before := f.head(t)
	f.append(t, b)
	got := f.holds(t, b.Stream, ids(b.Events)...)
	for i, e := range got {
		if data := envelope(t, e).Data; string(data) != string(b.Events[i].Data) {
			t.Errorf("event %d has %d bytes of other data", i, len(data))
		}
	}
	same(t, "ReadAll", f.all(t, before, b.Stream), got)
}

func largestEvent(t *testing.T, f *fixture) {
	s := fact()
	f.fits(t, batch(s, domain.NoStream, sized(domain.MaxData)), batch(s, domain.NoStream, sized(domain.MaxData+1)), domain.ErrTooLarge)
}

func largestBatch(t *testing.T, f *fixture) {
	s := fact()
	full := batch(s, domain.NoStream)
	for full.Check() == nil || len(full.Events) == 0 {
		full.Events = append(full.Events, sized(domain.MaxData))
	}
	last := len(full.Events) - 1
	full.Events[last] = draft()
	least := len(full.Events[last].Data)
	most := domain.MaxData
	for least < most { // how much still goes in
		middle := (least + most + 1) / 2
		if full.Events[last] = sized(middle); full.Check() == nil {
			least = middle
		} else {
			most = middle - 1
		}
	}
	over := batch(s, domain.NoStream, append([]domain.Draft{sized(least + 1)}, full.Events[:last]...)...)
	full.Events[last] = sized(least)
	f.fits(t, full, over, domain.ErrTooLarge)
}

func longestEnvelope(t *testing.T, f *fixture) {
	d := sized(domain.MaxData)
	d.Type, d.Actor, d.Request, d.Schema = long(100), domain.Actor(long(100)), long(64), 1<<31-1
	d.Correlation, d.Causation = uuid.New(), uuid.New()
	name := fact()
	s := name + domain.Stream(long(domain.MaxStreamName-len(name)))
	f.append(t, batch(s, domain.NoStream, d))
	got := f.holds(t, s, d.ID)
	if len(got[0].Bytes) > domain.MaxEntry {
		t.Errorf("the store keeps an entry of %d bytes", len(got[0].Bytes))
	}
}

func longestName(t *testing.T, f *fixture) {
	name := fact()
	s := name + domain.Stream(long(domain.MaxStreamName-len(name)))
	f.fits(t, batch(s, domain.NoStream, draft()), batch(s+"x", domain.NoStream, draft()), domain.ErrBadDraft)
}

func badNames(t *testing.T, f *fixture) {
	id := uuid.NewString()
	for _, name := range []string{"", "tavolo", "tavolo-", "-" + id, "-", "tavolo-" + id + " ", "tavolo-è" + id, "tavolo-\"" + id, "$tavolo-" + id, "tavolo-\x00" + id} {
		if _, err := f.store.Append(t.Context(), batch(domain.Stream(name), domain.NoStream, draft())); !errors.Is(err, domain.Invalid) {
			t.Errorf("stream %q: got error %v, want it to be invalid", name, err)
		}
	}
	_, err := f.store.Append(t.Context(), batch(fact(), domain.NoStream-1, draft()))
	refused(t, err, domain.ErrBadDraft)
}
