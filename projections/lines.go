package projections

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tavoli/domain"
)

// This file finds the lines of a roster and puts them in order.

// fill adds the counts and the lines of one page, which begins after a seat; -1: at
// the first.
func (r *Rosters) fill(a *Roster, row *roster, tavolo *tavolo, q RosterQuery, after int32, size int) {
	a.Position, a.Counts, a.Duplicates = row.position, row.rosterCounts(), len(r.twice(row))
	places := row.places()
	keep := r.filter(tavolo, q)
	begun := after < 0
	var last *seat
	for _, i := range r.ordered(row, q.Sort) {
		s := &row.seats[i]
		if keep(s) {
			a.Total++
			switch {
			case !begun:
			case len(a.Items) < size:
				a.Items, last = append(a.Items, r.line(row, s, tavolo, places[i], q.Contacts)), s
			case a.NextCursor == "":
				id := r.people.rows[last.person].id
				a.NextCursor = newCursor(q.id(), string(id[:]))
			}
		}
		begun = begun || i == after
	}
}

// after returns the seat after which a page begins; -1: none. Seats never leave a
// roster, so it is there whatever became of the person meanwhile.
func (r *Rosters) after(row *roster, q RosterQuery) (int32, error) {
	key, err := readCursor(q.Cursor, q.id())
	if err != nil || key == "" {
		return -1, err
	}
	id, _ := uuid.FromBytes([]byte(key))
	if p, ok := r.people.by[id]; ok {
		if i, ok := row.by[p]; ok && row.seats[i].state != 0 {
			return i, nil
		}
	}
	return -1, errCursorLost
}

func (row *roster) rosterCounts() RosterCounts {
	of := func(state uint8) ModeCount {
		return ModeCount{int(row.counts[state][inPresence]), int(row.counts[state][online])}
	}
	return RosterCounts{
		of(isRegistered), of(isConfirmed), of(isWaiting), of(isWithdrawn), of(isRefused),
		ModeCount{int(row.present[inPresence]), int(row.present[online])},
	}
}

// maxUnkept is the largest roster that is put in order anew for each question.
const maxUnkept = 100

// sorted returns the seats with a registration in the order of names. The order of
// a large roster is kept until something touches it.
func (r *Rosters) sorted(row *roster) []int32 {
	if order := row.order.Load(); order != nil {
		return *order
	}
	order := r.sort(row)
	if len(order) > maxUnkept {
		row.order.Store(&order)
	}
	return order
}

// ordered returns the seats with a registration in an order. Whoever is equal in it
// stands in the order of names.
func (r *Rosters) ordered(row *roster, order RosterOrder) []int32 {
	switch order {
	case OrderEnte:
		list := slices.Clone(r.sorted(row))
		titles := make(map[int32]string)
		for _, i := range list {
			if ente := row.seats[i].ente; ente >= 0 && titles[ente] == "" {
				titles[ente] = Fold(r.enti.rows[ente].title())
			}
		}
		slices.SortStableFunc(list, func(a, b int32) int {
			x, y := row.seats[a].ente, row.seats[b].ente
			return cmp.Or(-cmp.Compare(min(x, 0), min(y, 0)), cmp.Compare(titles[x], titles[y]))
		})
		return list
	case OrderSince:
		list := slices.Clone(r.sorted(row))
		slices.SortStableFunc(list, func(a, b int32) int { return cmp.Compare(row.seats[a].since, row.seats[b].since) })
		return list
	}
	return r.sorted(row)
}

func (r *Rosters) sort(row *roster) []int32 {
	keys := make([]namedRow, 0, len(row.seats))
	for i := range row.seats {
		if row.seats[i].state != 0 {
			keys = append(keys, namedRow{sortName(r.people.values(row.seats[i].person)), int32(i)})
		}
	}
	slices.SortFunc(keys, func(a, b namedRow) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		return r.people.byID(row.seats[a.row].person, row.seats[b.row].person)
	})
	order := make([]int32, len(keys))
	for i, k := range keys {
		order[i] = k.row
	}
	return order
}

// places returns who waits in which place, from 1, by seat.
func (row *roster) places() map[int32]int {
	if row.count(isWaiting) == 0 {
		return nil
	}
	waiting := make([]int32, 0, row.count(isWaiting))
	for i := range row.seats {
		if row.seats[i].state == isWaiting {
			waiting = append(waiting, int32(i))
		}
	}
	slices.SortFunc(waiting, func(a, b int32) int { return cmp.Compare(row.seats[a].ticket, row.seats[b].ticket) })
	places := make(map[int32]int, len(waiting))
	var inMode [modeCount]int
	for _, i := range waiting {
		inMode[row.seats[i].mode]++
		places[i] = inMode[row.seats[i].mode]
	}
	return places
}

// place returns in which place one seat waits, from 1; 0: it does not.
func (row *roster) place(s *seat) int {
	if s.state != isWaiting {
		return 0
	}
	place := 0
	for i := range row.seats {
		if o := &row.seats[i]; o.state == isWaiting && o.mode == s.mode && o.ticket <= s.ticket {
			place++
		}
	}
	return place
}

// filter returns whether a line is asked for.
func (r *Rosters) filter(tavolo *tavolo, q RosterQuery) func(*seat) bool {
	ref := r.enti.Resolve(q.Ente)
	words := newNeedle(q.Q)
	return func(s *seat) bool {
		switch {
		case !asksState(q.State, s, tavolo):
			return false
		case q.Mode != "" && wordOf(modes, s.mode) != q.Mode:
			return false
		case q.Kind != "" && (s.ente < 0 || r.enti.rows[s.ente].ref.Kind != q.Kind):
			return false
		case !q.Ente.IsZero() && (s.ente < 0 || r.enti.rows[s.ente].ref != ref):
			return false
		}
		return r.mentions(s, words)
	}
}

// asksState reports whether a line is in the state asked for.
func asksState(state string, s *seat, tavolo *tavolo) bool {
	stands := wordOf(states, s.state).Active()
	switch state {
	case "":
		return stands
	case AllStates:
		return true
	case Present:
		return s.here()
	case Absent:
		return stands && attendance(s, tavolo) == Absent
	}
	return string(wordOf(states, s.state)) == state
}

// mentions reports whether every word is found in the names of a line.
func (r *Rosters) mentions(s *seat, words needle) bool {
	if len(words) == 0 {
		return true
	}
	v := r.people.values(s.person)
	texts := []string{v.GivenName, v.FamilyName}
	if s.ente >= 0 {
		ente := r.enti.rows[s.ente]
		texts = append(append(texts, ente.title()), ente.aliases...)
	}
	return words.in(texts...)
}

// attendance returns whether somebody came, as far as it is known.
func attendance(s *seat, tavolo *tavolo) string {
	switch {
	case s.here():
		return Present
	case tavolo.state == domain.Closed:
		return Absent
	}
	return Unknown
}

// line returns a person of the roster as it is told.
func (r *Rosters) line(row *roster, s *seat, tavolo *tavolo, place int, contacts bool) RosterLine {
	v := r.people.values(s.person)
	l := RosterLine{
		Participant: r.people.rows[s.person].id, Name: v.Name(), GivenName: v.GivenName, FamilyName: v.FamilyName, Function: v.Function,
		Ente: r.enti.named(s.ente), Capacity: wordOf(capacities, s.capacity), Mode: wordOf(modes, s.mode), State: wordOf(states, s.state),
		PlaceInLine: place, Since: timeOf(s.since), Attendance: attendance(s, tavolo), Presences: []Presence{},
	}
	if contacts {
		l.Email, l.Phone, l.Answers = v.Email, v.Phone, domain.ParseAnswers(v.Answers)
	}
	l.ConfirmBy, l.OfferedUntil = row.lapses(row.by[s.person])
	if minutes, any := row.minutesOf(s, tavolo.window()); any {
		l.Minutes = &minutes
	}
	if s.validated > 0 {
		found := s.validated
		if !s.judged() {
			found -= outdated
		}
		l.Validated = &Validation{found == attended, int(s.minutes), int(s.required), !s.judged()}
	}
	for p := range row.stretches(s) {
		l.Presences = append(l.Presences, row.presence(p))
	}
	return l
}

// Line answers what a roster holds of one person, whatever the state.
func (r *Rosters) Line(id domain.TavoloID, person domain.PersonID, contacts bool) (RosterLine, error) {
	tavolo, ok := r.calendar.known(id)
	if !ok {
		return RosterLine{}, domain.ErrNoTavolo
	}
	i, ok := r.by[id]
	p, met := r.people.by[person]
	if !ok || !met {
		return RosterLine{}, domain.ErrNoRegistration
	}
	row := r.rows[i]
	at, ok := row.by[p]
	if !ok || row.seats[at].state == 0 {
		return RosterLine{}, domain.ErrNoRegistration
	}
	return r.line(row, &row.seats[at], tavolo, row.place(&row.seats[at]), contacts), nil
}

// registrationsOf returns a person's places at tavoli, by day.
func (r *Rosters) registrationsOf(p int32) []PersonRegistration {
	found := []PersonRegistration{}
	var tavoli []*tavolo
	for row := range r.of(p) {
		if tavolo, ok := r.calendar.known(row.id); ok {
			tavoli = append(tavoli, tavolo)
		}
	}
	slices.SortFunc(tavoli, compareTavoli)
	for _, t := range tavoli {
		row := r.rows[r.by[t.id]]
		if s := &row.seats[row.by[p]]; s.state != 0 {
			found = append(found, PersonRegistration{
				t.id, t.subject, t.schedule.Day, r.enti.named(s.ente), wordOf(capacities, s.capacity),
				wordOf(modes, s.mode), wordOf(states, s.state), attendance(s, t),
			})
		}
	}
	return found
}
