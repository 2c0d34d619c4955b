package projections

import (
	"sync/atomic"

	"tavoli/domain"
)

// Rosters answers: who is registered for a tavolo, who waits in which place, and
// who came, from when to when?
type Rosters struct {
	by    map[domain.TavoloID]int32
	rows  []*roster
	stays []stay  // a chain for each person
	last  *roster // of the record before: records of a tavolo often come together

	people   *People
	enti     *Enti
	calendar *Calendar
	pages    pageCache
}

// A stay says that a person has a seat in a roster; a person's stays are a chain,
// in which 0 is the end and n the stay before n.
type stay struct{ roster, next int32 }

// A roster is who has to do with a tavolo. There are as many seats as
// registrations, so they are small.
type roster struct {
	id         domain.TavoloID
	number     int32
	seats      []seat
	by         map[int32]int32 // the seat of a person
	presences  []presence
	byPresence map[domain.PresenceID]int32
	counts     [stateCount][modeCount]int32
	present    [modeCount]int32 // persons with a standing presence in the mode
	tickets    uint32           // given to those who wait
	evidence   []Evidence
	proofs     table           // the sets of evidence on which presences rest
	notes      table           // the notes of presences
	position   domain.Position // of the newest record that touched the roster
	presenze   domain.Revision // of the stream of presences
	until      deadlines

	page  atomic.Pointer[[]byte]  // the encoded plain first page, while nothing touches it
	order atomic.Pointer[[]int32] // the seats by name, likewise
	names atomic.Pointer[namesakes]
}

// A seat is a person's registration, if there is one, and the head of the chain
// of the person's presences.
type seat struct {
	person    int32
	ente      int32 // -1: on behalf of nobody
	since     int64 // when the state began
	ticket    uint32
	first     int32 // presence; -1: none
	minutes   int32 // of the validation
	required  int32
	standing  [2]uint16 // presences in presence and online
	state     uint8     // 0: the registration was not seen
	mode      uint8
	capacity  uint8
	validated uint8 // 0: no
}

// What validations found. One that is outdated has so much more.
const (
	notAttended = 1 + iota
	attended
	outdated
)

// A presence is one stretch of time.
type presence struct {
	id       domain.PresenceID
	from, to int64 // to is noTime while the person is there
	next     int32 // of the same person; -1: none
	seat     int32
	proof    uint32 // evidence, in roster.proofs
	note     uint32
	mode     uint8
	source   uint8
	annulled bool
}

func (r *Rosters) init(people *People, enti *Enti, calendar *Calendar) {
	r.by = make(map[domain.TavoloID]int32)
	r.people, r.enti, r.calendar = people, enti, calendar
}

// apply implements model.
func (r *Rosters) apply(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.ParticipantRegistered:
		r.at(e.Tavolo, rec).enter(r.seatOf(e.Tavolo, e.Participant), r.enti.indexOf(e.Ente), e.Capacity, e.Mode, isRegistered, rec)
	case domain.PresenceRecorded:
		r.recorded(e, rec)
	case domain.PersonDescribed:
		r.described(e.Person)
	case domain.ParticipantWaitlisted:
		r.at(e.Tavolo, rec).enter(r.seatOf(e.Tavolo, e.Participant), r.enti.indexOf(e.Ente), e.Capacity, e.Mode, isWaiting, rec)
	case domain.PresenceEnded, domain.PresenceAnnulled, domain.PresenceValidated, domain.EvidenceFiled, domain.EvidenceDestroyed, domain.GuestsCounted:
		r.judged(rec)
	case domain.PersonRectified:
		r.rectified(e.Person, rec)
	case domain.PersonForgotten:
		r.rectified(e.Person, rec)
	case domain.EnteRegistered:
		r.enteChanged(e.Ente, rec)
	case domain.EnteRenamed:
		r.enteChanged(e.Ente, rec)
	case domain.AliasAdded, domain.CoordinamentoJoined, domain.CoordinamentoLeft:
		// nothing that a roster shows
	default:
		r.moved(rec)
	}
}

// moved takes in what became of a registration, or of the tavolo.
func (r *Rosters) moved(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.WaitlistPromoted:
		r.become(e.Tavolo, e.Participant, isRegistered, rec)
	case domain.RegistrationConfirmed:
		r.become(e.Tavolo, e.Participant, isConfirmed, rec)
	case domain.RegistrationRefused:
		r.become(e.Tavolo, e.Participant, isRefused, rec)
	case domain.ParticipantWithdrawn:
		r.become(e.Tavolo, e.Participant, isWithdrawn, rec)
	case domain.ModeChanged:
		if row, s := r.standing(e.Tavolo, e.Participant, rec); s != nil {
			row.change(s, number(modes, e.Mode), rec)
		}
	case domain.DelegateSubstituted:
		r.substituted(e, rec)
	case domain.RegistrationPending:
		r.pending(e, rec)
	case domain.OfferMade:
		r.offered(e, rec)
	case domain.RegistrationLapsed:
		r.become(e.Tavolo, e.Participant, isLapsed, rec)
	case domain.OfferLapsed:
		r.become(e.Tavolo, e.Participant, isWithdrawn, rec)
	default:
		if id, ok := tavoloOf(rec); ok {
			r.at(id, rec)
		}
	}
}

// at returns the roster of a tavolo, touched by a record.
func (r *Rosters) at(id domain.TavoloID, rec *domain.Record) *roster {
	row := r.row(id)
	r.touch(row, rec)
	return row
}

// row returns the roster of a tavolo, making one for a tavolo not met before.
func (r *Rosters) row(id domain.TavoloID) *roster {
	if r.last != nil && r.last.id == id {
		return r.last
	}
	i, ok := r.by[id]
	if !ok {
		i = int32(len(r.rows))
		r.rows = append(r.rows, newRoster(id, i))
		r.by[id] = i
	}
	r.last = r.rows[i]
	return r.last
}

func newRoster(id domain.TavoloID, number int32) *roster {
	return &roster{
		id: id, number: number, by: make(map[int32]int32),
		byPresence: make(map[domain.PresenceID]int32), presenze: domain.NoStream,
	}
}

// touch notes that what was said of a roster is no longer all there is to say.
func (r *Rosters) touch(row *roster, rec *domain.Record) {
	row.position = rec.Position
	r.pages.touched(row)
}

// seatOf returns the number of a person's seat in a roster, giving one to a person
// who has none.
func (r *Rosters) seatOf(id domain.TavoloID, person domain.PersonID) int32 {
	row, p := r.row(id), r.people.index(person)
	if i, ok := row.by[p]; ok {
		return i
	}
	i := int32(len(row.seats))
	row.seats = append(row.seats, seat{person: p, ente: -1, first: -1})
	row.by[p] = i
	row.seated(r.people, p, i)
	r.stay(row, p)
	return i
}

// stay adds a roster to a person's chain.
func (r *Rosters) stay(row *roster, p int32) {
	r.stays = append(r.stays, stay{row.number, r.people.rows[p].stay})
	r.people.rows[p].stay = int32(len(r.stays))
}

// standing returns a registration that was seen, and touches its roster.
func (r *Rosters) standing(id domain.TavoloID, person domain.PersonID, rec *domain.Record) (*roster, *seat) {
	row := r.at(id, rec)
	p, ok := r.people.by[person]
	if !ok {
		return row, nil
	}
	if i, ok := row.by[p]; ok && row.seats[i].state != 0 {
		return row, &row.seats[i]
	}
	return row, nil
}

// become gives a registration another state. One that was not seen stays unseen.
func (r *Rosters) become(id domain.TavoloID, person domain.PersonID, state uint8, rec *domain.Record) {
	if row, s := r.standing(id, person, rec); s != nil {
		row.counts[s.state][s.mode]--
		if s.state != isPending || state != isLapsed && state != isWithdrawn { // else it tells who never confirmed an address
			delete(row.until, row.by[s.person])
		}
		s.state, s.since = state, micros(rec.EffectiveAt)
		row.counts[s.state][s.mode]++
	}
}

// enter notes a registration that begins to stand, instead of what was there.
func (row *roster) enter(i, ente int32, capacity domain.Capacity, mode domain.Mode, state uint8, rec *domain.Record) {
	s := &row.seats[i]
	if s.state != 0 {
		row.counts[s.state][s.mode]--
	}
	delete(row.until, i)
	s.ente, s.capacity, s.mode, s.state, s.since = ente, number(capacities, capacity), number(modes, mode), state, micros(rec.EffectiveAt)
	row.counts[s.state][s.mode]++
	if state == isWaiting {
		row.queue(s)
	}
}

// queue sends a seat to the end of its waiting list.
func (row *roster) queue(s *seat) {
	row.tickets++
	s.ticket = row.tickets
}

// change moves a registration to another mode; whoever waits goes to the end there.
func (row *roster) change(s *seat, mode uint8, rec *domain.Record) {
	row.counts[s.state][s.mode]--
	s.mode = mode
	row.counts[s.state][s.mode]++
	delete(row.until, row.by[s.person])
	if s.state == isWaiting {
		s.since = micros(rec.EffectiveAt)
		row.queue(s)
	}
}

// substituted hands a registration with its place in the list to another person.
func (r *Rosters) substituted(e domain.DelegateSubstituted, rec *domain.Record) {
	row, old := r.standing(e.Tavolo, e.Participant, rec)
	if old == nil {
		return
	}
	from := *old
	until, lapses := row.until[row.by[old.person]]
	r.become(e.Tavolo, e.Participant, isWithdrawn, rec)
	i := r.seatOf(e.Tavolo, e.By)
	s := &row.seats[i]
	if s.state != 0 {
		row.counts[s.state][s.mode]--
	}
	s.ente, s.capacity, s.mode, s.state, s.ticket = from.ente, from.capacity, from.mode, from.state, from.ticket
	s.since = micros(rec.EffectiveAt)
	row.counts[s.state][s.mode]++
	if lapses {
		row.due(i, timeOf(until))
	}
}

// of yields the rosters in which a person has a seat.
func (r *Rosters) of(p int32) func(yield func(*roster) bool) {
	return func(yield func(*roster) bool) {
		for n := r.people.rows[p].stay; n > 0; n = r.stays[n-1].next {
			if !yield(r.rows[r.stays[n-1].roster]) {
				return
			}
		}
	}
}

// described lets go of the pages that show a person. The values themselves are no
// facts and move no roster's position: the fact that comes with them does.
func (r *Rosters) described(person domain.PersonID) {
	if p, ok := r.people.by[person]; ok {
		for row := range r.of(p) {
			r.pages.touched(row)
			row.names.Store(nil)
		}
	}
}

// rectified touches the rosters in which a person has a seat who is shown otherwise now.
func (r *Rosters) rectified(person domain.PersonID, rec *domain.Record) {
	if p, ok := r.people.by[person]; ok {
		for row := range r.of(p) {
			r.touch(row, rec)
			row.names.Store(nil)
		}
	}
}

// enteChanged touches the rosters in which somebody speaks for an ente.
func (r *Rosters) enteChanged(ref domain.EnteRef, rec *domain.Record) {
	ente := r.enti.index(ref)
	for _, row := range r.rows {
		for i := range row.seats {
			if row.seats[i].ente == ente {
				r.touch(row, rec)
				break
			}
		}
	}
}

// counts returns how many have a seat at a tavolo, and how many came; nil: nobody.
func (r *Rosters) counts(id domain.TavoloID) (c RegistrationCounts, present *ModeCount) {
	i, ok := r.by[id]
	if !ok {
		return c, nil
	}
	row := r.rows[i]
	seated := func(m uint8) int { return int(row.counts[isRegistered][m] + row.counts[isConfirmed][m]) }
	c.Seated = ModeCount{seated(inPresence), seated(online)}
	c.Waiting = row.count(isWaiting)
	c.Withdrawn = row.count(isWithdrawn)
	c.Refused = row.count(isRefused)
	if row.present[inPresence]+row.present[online] > 0 {
		present = &ModeCount{int(row.present[inPresence]), int(row.present[online])}
	}
	return c, present
}

// count returns how many registrations are in a state.
func (row *roster) count(state uint8) (n int) {
	for _, c := range row.counts[state] {
		n += int(c)
	}
	return n
}

// unvalidated returns how many came whom nobody judged by the rule of the tavolo.
func (r *Rosters) unvalidated(id domain.TavoloID) (n int) {
	i, ok := r.by[id]
	if !ok {
		return 0
	}
	for k := range r.rows[i].seats {
		if s := &r.rows[i].seats[k]; s.here() && !s.judged() {
			n++
		}
	}
	return n
}

// touchedAt returns the position of the newest event that touched a roster, or 0.
func (r *Rosters) touchedAt(id domain.TavoloID) domain.Position {
	if i, ok := r.by[id]; ok {
		return r.rows[i].position
	}
	return 0
}
