package projections

import (
	"maps"
	"slices"
	"time"

	"tavoli/domain"
)

// deadlines say by seat until when an offer can be taken up, or an address confirmed, or
// could have been: which of them, the state of the seat says.
type deadlines map[int32]int64

// due notes until when something that lapses stands.
func (row *roster) due(i int32, until time.Time) {
	if row.until == nil {
		row.until = make(deadlines)
	}
	row.until[i] = micros(until)
}

// offered notes that a seat is kept for a person who waits.
func (r *Rosters) offered(e domain.OfferMade, rec *domain.Record) {
	if row, s := r.standing(e.Tavolo, e.Participant, rec); s != nil && s.state == isWaiting {
		row.due(row.by[s.person], e.Until)
	}
}

// pending notes that a person asks for a seat, which counts once the address is confirmed.
func (r *Rosters) pending(e domain.RegistrationPending, rec *domain.Record) {
	row, i := r.at(e.Tavolo, rec), r.seatOf(e.Tavolo, e.Participant)
	row.enter(i, r.enti.indexOf(e.Ente), e.Capacity, e.Mode, isPending, rec)
	row.due(i, e.Until)
}

// lapses returns until when an address can be confirmed, or an offer taken up.
func (row *roster) lapses(i int32) (confirm, offered *time.Time) {
	at, ok := row.until[i]
	switch state := row.seats[i].state; {
	case !ok:
	case state == isPending:
		confirm = knownTime(at)
	case state == isWaiting:
		offered = knownTime(at)
	}
	return confirm, offered
}

// offers counts the offers that nobody has taken up yet.
func (row *roster) offers() (n int) {
	for i := range row.until {
		if row.seats[i].state == isWaiting {
			n++
		}
	}
	return n
}

func (d deadlines) encode(e *encoder) {
	e.count(len(d))
	for _, i := range slices.Sorted(maps.Keys(d)) {
		e.uint(uint64(i))
		e.int(d[i])
	}
}

func (d *decoder) deadlines(row *roster) {
	for range d.count(2) {
		i, at := d.index(len(row.seats)), d.int()
		if d.err != nil {
			return
		}
		row.due(i, timeOf(at))
	}
}

// An Unconfirmed is somebody who asked for a seat by an address that was not confirmed,
// by a moment.
type Unconfirmed struct {
	Person domain.PersonID
	Until  time.Time // by when it could have been
}

// Unconfirmed answers who asked for a seat somewhere and did not confirm the address,
// though it could have been until a moment. Whoever was forgotten is left out.
func (r *Rosters) Unconfirmed(by time.Time) (list []Unconfirmed) {
	for _, row := range r.rows {
		for _, i := range slices.Sorted(maps.Keys(row.until)) {
			s := &row.seats[i]
			asked := s.state == isPending || s.state == isLapsed || s.state == isWithdrawn
			if asked && row.until[i] <= micros(by) && !r.people.gone[s.person] {
				list = append(list, Unconfirmed{r.people.rows[s.person].id, timeOf(row.until[i])})
			}
		}
	}
	return list
}
