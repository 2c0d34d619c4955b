package domain

import "slices"

// A registration is what decisions need of one.
type registration struct {
	ente     *EnteRef
	capacity Capacity
	mode     Mode
	state    RegistrationState
	notice   string
	asked    bool // for a seat, by an address that was never confirmed
}

// A desk keeps the registrations of a tavolo, who waits in which order, and how
// many seats are taken, so that no decision counts them.
type desk struct {
	by      map[PersonID]*registration
	queues  map[Mode][]PersonID
	taken   map[Mode]int
	held    map[Mode]int // seats that are offered
	offers  map[PersonID]OfferMade
	pending map[PersonID]RegistrationPending
	keys    keyBoard
}

func newDesk() desk {
	return desk{
		make(map[PersonID]*registration), make(map[Mode][]PersonID), make(map[Mode]int),
		make(map[Mode]int), make(map[PersonID]OfferMade), make(map[PersonID]RegistrationPending), newKeyBoard(),
	}
}

func (d *desk) apply(e Event) {
	switch e := e.(type) {
	case ParticipantRegistered:
		d.enter(e.Participant, registration{e.Ente, e.Capacity, e.Mode, Registered, "", false})
	case ParticipantWaitlisted:
		d.enter(e.Participant, registration{e.Ente, e.Capacity, e.Mode, Waiting, "", false})
	case WaitlistPromoted:
		d.become(e.Participant, Registered)
	case RegistrationConfirmed:
		d.become(e.Participant, Confirmed)
	case RegistrationRefused:
		d.become(e.Participant, Rejected)
	case ParticipantWithdrawn:
		d.become(e.Participant, Withdrawn)
	case ModeChanged:
		r := *d.by[e.Participant]
		d.become(e.Participant, Withdrawn)
		r.mode = e.Mode
		d.enter(e.Participant, r)
	case DelegateSubstituted:
		d.substitute(e.Participant, e.By)
	case NoticeAccepted:
		d.by[e.Participant].notice = e.Notice
	default:
		d.await(e)
	}
}

// await notes what is asked for, offered, or opened by a secret.
func (d *desk) await(e Event) {
	switch e := e.(type) {
	case RegistrationPending:
		d.enter(e.Participant, registration{e.Ente, e.Capacity, e.Mode, Pending, "", true})
		d.pending[e.Participant] = e
	case RegistrationLapsed:
		d.become(e.Participant, Lapsed)
	case OfferMade:
		d.offers[e.Participant] = e
		d.held[e.Mode]++
	case OfferLapsed:
		d.become(e.Participant, Withdrawn)
	default:
		d.keys.apply(e)
	}
}

// enter notes a registration that begins to stand.
func (d *desk) enter(p PersonID, r registration) {
	d.by[p] = &r
	delete(d.pending, p)
	switch {
	case r.state.Seated():
		d.taken[r.mode]++
	case r.state == Waiting:
		d.queues[r.mode] = append(d.queues[r.mode], p)
	}
}

// become gives a registration another state.
func (d *desk) become(p PersonID, state RegistrationState) {
	r := d.by[p]
	delete(d.pending, p)
	if o, ok := d.offers[p]; ok {
		d.held[o.Mode]--
		delete(d.offers, p)
	}
	switch {
	case r.state == Waiting:
		d.queues[r.mode] = slices.DeleteFunc(d.queues[r.mode], func(q PersonID) bool { return q == p })
	case r.state.Seated():
		d.taken[r.mode]--
	}
	if r.state = state; state.Seated() {
		d.taken[r.mode]++
	}
}

// substitute hands a registration with its place in the list to another person.
func (d *desk) substitute(p, by PersonID) {
	r := *d.by[p]
	r.notice = ""
	d.by[by] = &r
	old := r
	old.state = Withdrawn
	d.by[p] = &old
	d.keys.drop(p)
	if o, ok := d.offers[p]; ok {
		delete(d.offers, p)
		o.Participant = by
		d.offers[by] = o
	}
	for i, q := range d.queues[r.mode] {
		if q == p {
			d.queues[r.mode][i] = by
		}
	}
}

func (d *desk) active(p PersonID) bool {
	r, ok := d.by[p]
	return ok && r.state.Active()
}

// Registration returns what has become of a person's registration, if there is
// one, and which place in line it has while it waits, from 1.
func (t *Tavolo) Registration(p PersonID) (state RegistrationState, place int, ok bool) {
	r, ok := t.desk.by[p]
	if !ok {
		return "", 0, false
	}
	queue := t.desk.queues[r.mode]
	for i := len(queue) - 1; i >= 0 && r.state == Waiting; i-- {
		if queue[i] == p {
			return r.state, i + 1, true
		}
	}
	return r.state, 0, true
}

// free returns how many seats of a mode would be free under a limit.
func (t *Tavolo) free(m Mode, limits Seats) int { return t.room(m, limits, 0) }

// room returns how many seats of a mode would be free under a limit if so many more
// were given back.
func (t *Tavolo) room(m Mode, limits Seats, back int) int {
	seats, limited := limits.Of(m)
	if !limited {
		return MaxSeats
	}
	return max(0, seats-t.desk.taken[m]-t.desk.held[m]+back)
}

// upNext gives up to n seats of a mode to those who wait longest, some excepted, or
// offers them where the tavolo asks first.
func (t *Tavolo) upNext(m Mode, n int, cause PromotionCause, meta Meta, except ...PersonID) (events []Event) {
	until := t.offerUntil(meta.At)
	for _, p := range t.desk.queues[m] {
		if len(events) >= n {
			break
		}
		if _, offered := t.desk.offers[p]; offered || slices.Contains(except, p) {
			continue
		}
		if until.IsZero() {
			events = append(events, WaitlistPromoted{t.planned.Tavolo, p, m, cause})
		} else {
			events = append(events, OfferMade{t.planned.Tavolo, p, m, until, cause})
		}
	}
	return events
}

// freed returns who comes next to the seat that somebody is about to leave, or to
// the offer of one.
func (t *Tavolo) freed(p PersonID, cause PromotionCause, meta Meta) []Event {
	r := t.desk.by[p]
	if _, offered := t.desk.offers[p]; !offered && !r.state.Seated() {
		return nil
	}
	return t.upNext(r.mode, min(1, t.room(r.mode, t.seats, 1)), cause, meta, p)
}
