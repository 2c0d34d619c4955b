package projections

import (
	"encoding/binary"
	"time"

	"tavoli/domain"
)

// Trail answers: where in the log is what somebody did, and what was recorded on a
// day? It keeps positions only; [Story] and [Entries] tell what stands there.
// Personal values are no facts and leave no trail.
type Trail struct {
	actors map[domain.Actor]*postings
	days   map[domain.Day]*postings

	today      domain.Day // the day of the record before, with its ends
	begin, end int64
}

// postings are positions in their order, each written as the step from the one before.
type postings struct {
	steps []byte
	last  domain.Position
	count int
}

func newTrail() Trail {
	return Trail{actors: make(map[domain.Actor]*postings), days: make(map[domain.Day]*postings)}
}

// apply implements model.
func (t *Trail) apply(rec *domain.Record) {
	if rec.Stream.Personal() {
		return
	}
	post(t.actors, rec.Actor, rec.Position)
	post(t.days, t.day(rec.RecordedAt), rec.Position)
}

// day returns the day of a moment; telling it anew for each record takes long.
func (t *Trail) day(at time.Time) domain.Day {
	n := micros(at)
	if t.today == "" || n < t.begin || n >= t.end {
		t.today = domain.DayOf(at)
		start := t.today.Start()
		year, month, day := start.In(domain.Rome).Date()
		t.begin, t.end = micros(start), micros(time.Date(year, month, day+1, 0, 0, 0, 0, domain.Rome))
	}
	return t.today
}

// post adds a position under a key.
func post[K comparable](to map[K]*postings, key K, at domain.Position) {
	p, ok := to[key]
	if !ok {
		p = new(postings)
		to[key] = p
	}
	p.add(at)
}

func (p *postings) add(at domain.Position) {
	p.steps = binary.AppendUvarint(p.steps, uint64(at-p.last))
	p.last = at
	p.count++
}

// after returns up to limit positions after one, in their order.
func (p *postings) after(after domain.Position, limit int) []domain.Position {
	found := []domain.Position{}
	if p == nil {
		return found
	}
	at := domain.Position(0)
	for rest := p.steps; len(rest) > 0 && len(found) < limit; {
		step, n := binary.Uvarint(rest)
		rest = rest[n:]
		if at += domain.Position(step); at > after {
			found = append(found, at)
		}
	}
	return found
}

// ByActor answers where the next things are that somebody did after a position.
func (t *Trail) ByActor(actor domain.Actor, after domain.Position, limit int) []domain.Position {
	return t.actors[actor].after(after, limit)
}

// ByDay answers where the next things are that were recorded on a day of Italy.
func (t *Trail) ByDay(day domain.Day, after domain.Position, limit int) []domain.Position {
	return t.days[day].after(after, limit)
}

// Actors answers who did how many things.
func (t *Trail) Actors() map[domain.Actor]int {
	counts := make(map[domain.Actor]int, len(t.actors))
	for actor, p := range t.actors {
		counts[actor] = p.count
	}
	return counts
}

// encode implements model.
func (t *Trail) encode(e *encoder) {
	sorted(e, t.actors, func(actor domain.Actor, p *postings) {
		e.text(string(actor))
		e.bytes(p.steps)
	})
	sorted(e, t.days, func(day domain.Day, p *postings) {
		e.text(string(day))
		e.bytes(p.steps)
	})
}

// decode implements model.
func (t *Trail) decode(d *decoder) {
	t.actors = readSorted(d, 2, func() domain.Actor { return domain.Actor(d.text()) }, func(domain.Actor) *postings { return d.postings() })
	t.days = readSorted(d, 2, func() domain.Day { return domain.Day(d.text()) }, func(domain.Day) *postings { return d.postings() })
	t.today = ""
}

func (d *decoder) postings() *postings {
	p := &postings{steps: d.bytes()}
	for rest := p.steps; len(rest) > 0; p.count++ {
		step, n := binary.Uvarint(rest)
		if n <= 0 || n > 1 && rest[n-1] == 0 {
			d.fail("a position is broken")
			return p
		}
		p.last += domain.Position(step)
		rest = rest[n:]
	}
	return p
}
