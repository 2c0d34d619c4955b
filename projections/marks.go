package projections

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// markEvery is how many facts lie between two marks.
const markEvery = 512

// Marks answers: how far had the log come at a moment? It notes the time of every
// 512th fact, and which fact is the newest. Personal entries, which can vanish, are
// not counted.
type Marks struct {
	facts  uint64
	newest anchor
	places []mark
}

// An anchor is a fact by which models know the log they were made from.
type anchor struct {
	stream   domain.Stream
	revision domain.Revision
	position domain.Position
	id       uuid.UUID
	recorded int64 // in microseconds
}

// A mark is the position and the time of recording of a fact, in microseconds.
type mark struct {
	position domain.Position
	recorded int64
}

// apply implements model.
func (m *Marks) apply(rec *domain.Record) {
	if rec.Stream.Personal() {
		return
	}
	if m.facts%markEvery == 0 {
		m.places = append(m.places, mark{rec.Position, rec.RecordedAt.UnixMicro()})
	}
	m.facts++
	m.newest = anchor{rec.Stream, rec.Revision, rec.Position, rec.ID, micros(rec.RecordedAt)}
}

// of reports whether the log holds the newest fact where it was.
func (m *Marks) of(ctx context.Context, log domain.Log) (bool, error) {
	if m.facts == 0 {
		return true, nil
	}
	for entry, err := range log.ReadStream(ctx, m.newest.stream, m.newest.revision) {
		id, _ := domain.EntryID(entry.Bytes)
		return entry.Position == m.newest.position && id == m.newest.id, err
	}
	return false, ctx.Err()
}

// before returns the position of a fact recorded by a moment after which not many
// more were, or 0.
func (m *Marks) before(t time.Time) domain.Position {
	at := t.UnixMicro()
	i := sort.Search(len(m.places), func(i int) bool { return m.places[i].recorded > at })
	if i == 0 {
		return 0
	}
	return m.places[i-1].position
}

// Facts returns how many facts there are, personal entries apart.
func (m *Marks) Facts() uint64 { return m.facts }

// Newest returns the position of the newest fact and when it was recorded; 0 and
// the zero time: there is none.
func (m *Marks) Newest() (domain.Position, time.Time) {
	if m.facts == 0 {
		return 0, time.Time{}
	}
	return m.newest.position, timeOf(m.newest.recorded)
}

// encode implements model.
func (m *Marks) encode(e *encoder) {
	e.uint(m.facts)
	e.text(string(m.newest.stream))
	e.int(int64(m.newest.revision))
	e.position(m.newest.position)
	e.uuid(m.newest.id)
	e.int(m.newest.recorded)
	var last mark
	list(e, m.places, func(p mark) {
		e.position(p.position - last.position)
		e.int(p.recorded - last.recorded)
		last = p
	})
}

// decode implements model.
func (m *Marks) decode(d *decoder) {
	m.facts = d.uint()
	m.newest = anchor{domain.Stream(d.text()), domain.Revision(d.int()), d.position(), d.uuid(), d.int()}
	var last mark
	m.places = readList(d, 2, func() mark {
		last.position += d.position()
		last.recorded += d.int()
		return last
	})
}

// Known returns the position up to which the register knew the log at a moment.
func (v *View) Known(ctx context.Context, when Moments) (domain.Position, error) {
	return v.known(ctx, when)
}

// known returns the position of the newest entry a question at these moments may
// know of. It goes by the log, however far the view has come.
func (v *View) known(ctx context.Context, when Moments) (domain.Position, error) {
	known, err := v.log.Head(ctx)
	switch {
	case err != nil:
		return 0, err
	case when.KnownPosition > known:
		return 0, fmt.Errorf("position %d, head %d: %w", when.KnownPosition, known, ErrBeyond)
	case when.KnownPosition != 0:
		known = when.KnownPosition
	}
	if when.KnownAt.IsZero() {
		return known, nil
	}
	v.mu.RLock()
	from := v.models.Marks.before(when.KnownAt)
	v.mu.RUnlock()
	at, err := lastRecorded(ctx, v.log, from, known, when.KnownAt)
	return min(at, known), err
}

// lastRecorded returns the position of the last entry after from, up to another,
// that was recorded by a moment, or from.
func lastRecorded(ctx context.Context, log domain.Log, from, to domain.Position, t time.Time) (domain.Position, error) {
	for page, err := range log.ReadAll(ctx, from) {
		if err != nil {
			return 0, err
		}
		for _, e := range page.Entries {
			rec, err := e.Envelope()
			switch {
			case err != nil:
				return 0, err
			case e.Position > to:
				return to, nil
			case rec.RecordedAt.After(t):
				return from, nil
			}
			from = e.Position
		}
		if page.UpTo >= to {
			return to, nil
		}
	}
	return to, nil
}
