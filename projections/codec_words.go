package projections

import (
	"time"

	"tavoli/domain"
)

// This file writes and reads what several models hold.

func (e *encoder) revision(r domain.Revision) { e.int(int64(r)) }

func (d *decoder) revision() domain.Revision { return domain.Revision(d.int()) }

func (e *encoder) optionalTime(t *time.Time) { optional(e, t, e.time) }

func (d *decoder) optionalTime() *time.Time { return readOptional(d, d.time) }

func (e *encoder) schedule(s domain.Schedule) {
	e.text(string(s.Day))
	e.optionalTime(s.StartsAt)
	e.optionalTime(s.EndsAt)
}

func (d *decoder) schedule() domain.Schedule {
	return domain.Schedule{Day: word[domain.Day](d), StartsAt: d.optionalTime(), EndsAt: d.optionalTime()}
}

func (e *encoder) trace(t Trace) {
	e.time(t.EffectiveAt)
	e.time(t.RecordedAt)
	e.text(string(t.Actor))
	e.position(t.Position)
}

func (d *decoder) trace() Trace {
	return Trace{d.time(), d.time(), word[domain.Actor](d), d.position()}
}

func (e *encoder) texts(all []string) { list(e, all, e.text) }

func (d *decoder) texts() []string { return readList(d, 1, d.text) }

func (e *encoder) number(n int) { e.int(int64(n)) }

func (e *encoder) code(n uint8) { e.uint(uint64(n)) }

// code reads the number of a word in a list of so many.
func (d *decoder) code(words int) uint8 {
	n := d.uint()
	if n >= uint64(words) {
		d.fail("%d is the number of no word", n)
		return 0
	}
	return uint8(n)
}

// index reads the place of a thing in a list of so many.
func (d *decoder) index(things int) int32 {
	n := d.uint()
	if n >= uint64(max(things, 0)) {
		d.fail("%d is the place of nothing", n)
		return 0
	}
	return int32(n)
}

// most is how many things a model can number.
const most = 1 << 31
