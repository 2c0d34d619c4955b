package projections

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tavoli/domain"
)

// A Roster is who has to do with a tavolo, as asked.
type Roster struct {
	Tavolo  domain.TavoloID `json:"tavolo"`
	Subject string          `json:"subject"`
	Times
	Mode        domain.Mode        `json:"mode"`
	State       domain.TavoloState `json:"state"`
	Position    domain.Position    `json:"position,string"` // of the newest event that touched the roster
	EffectiveAt *time.Time         `json:"effective_at,omitempty"`
	KnownAt     *time.Time         `json:"known_at,omitempty"`
	Counts      RosterCounts       `json:"counts"`
	Total       int                `json:"total"` // lines that match the question
	Items       []RosterLine       `json:"items"`
	NextCursor  string             `json:"next_cursor,omitempty"`
}

// RosterCounts counts the registrations of a tavolo by state and mode, whatever
// lines are asked for, and the persons with a standing presence by its mode.
type RosterCounts struct {
	Registered ModeCount `json:"registered"`
	Confirmed  ModeCount `json:"confirmed"`
	Waiting    ModeCount `json:"waiting"`
	Withdrawn  ModeCount `json:"withdrawn"`
	Refused    ModeCount `json:"refused"`
	Present    ModeCount `json:"present"`
}

// What is known of whether somebody came.
const (
	Present = "present" // a presence stands
	Absent  = "absent"  // the tavolo is closed, and none does
	Unknown = "unknown"
)

// A RosterLine is one person of a roster.
type RosterLine struct {
	Participant domain.PersonID          `json:"participant"`
	Name        string                   `json:"name"`
	GivenName   string                   `json:"given_name"`
	FamilyName  string                   `json:"family_name"`
	Function    string                   `json:"function,omitempty"`
	Email       string                   `json:"email,omitempty"`
	Phone       string                   `json:"phone,omitempty"`
	Ente        *EnteName                `json:"ente,omitempty"`
	Capacity    domain.Capacity          `json:"capacity"`
	Mode        domain.Mode              `json:"mode"`
	State       domain.RegistrationState `json:"state"`
	PlaceInLine int                      `json:"place_in_line,omitempty"` // of those who wait, from 1
	Since       time.Time                `json:"since"`                   // when the state began
	Attendance  string                   `json:"attendance"`
	Minutes     *int                     `json:"minutes,omitempty"` // within the hours of the meeting
	Validated   *Validation              `json:"validated,omitempty"`
	Presences   []Presence               `json:"presences"`
}

// A Validation is what staff found by the rule of the tavolo.
type Validation struct {
	Attended bool `json:"attended"`
	Minutes  int  `json:"minutes"`
	Required int  `json:"required"`
}

// A RosterQuery asks for lines of a roster. Without a state it asks for the
// registrations that stand. A state may also be "present" or "absent", or "all".
type RosterQuery struct {
	Tavolo   domain.TavoloID
	Ente     domain.EnteRef // a comune also by its ISTAT code
	Kind     domain.EnteKind
	Mode     domain.Mode
	State    string
	Q        string // in names of persons, names and aliases of enti
	Contacts bool   // e-mail and telephone too
	Limit    int
	Cursor   string

	EffectiveAt, KnownAt *time.Time // told in the answer; the models are fed accordingly
}

// AllStates asks for every line of a roster.
const AllStates = "all"

// plain reports whether the question is the one whose answer is kept.
func (q RosterQuery) plain() bool {
	q.Tavolo = ""
	return q == RosterQuery{}
}

func (q RosterQuery) id() string {
	return questionID("roster", string(q.Tavolo), q.Ente.String(), string(q.Kind), string(q.Mode), q.State, Fold(q.Q))
}

// check returns what is wrong with the question.
func (q RosterQuery) check() error {
	known := q.State == "" || q.State == AllStates || q.State == Present || q.State == Absent ||
		slices.Contains(states, domain.RegistrationState(q.State))
	switch {
	case !known:
		return badQuery("/state", "not-allowed", "must be registered, waiting, confirmed, withdrawn, refused, present, absent or all")
	case q.Mode != "" && q.Mode != domain.InPresence && q.Mode != domain.Online:
		return badQuery("/mode", "not-allowed", "must be in-presence or online")
	case q.Kind != "" && !slices.Contains(domain.EnteKinds, q.Kind):
		return badQuery("/kind", "not-allowed", "is not a kind of ente")
	}
	return nil
}

// Roster answers who has to do with a tavolo, by family name and given name.
func (r *Rosters) Roster(q RosterQuery) (Roster, error) {
	tavolo, ok := r.calendar.known(q.Tavolo)
	if !ok {
		return Roster{}, domain.ErrNoTavolo
	}
	size, err := pageSize(q.Limit)
	if err := cmp.Or(err, q.check()); err != nil {
		return Roster{}, err
	}
	after, err := readCursor(q.Cursor, q.id())
	if err != nil {
		return Roster{}, err
	}
	a := Roster{
		Tavolo: tavolo.id, Subject: tavolo.subject, Times: tavolo.times(), Mode: tavolo.mode, State: tavolo.state,
		EffectiveAt: q.EffectiveAt, KnownAt: q.KnownAt, Items: []RosterLine{},
	}
	if i, ok := r.by[q.Tavolo]; ok {
		r.fill(&a, r.rows[i], tavolo, q, after, size)
	}
	return a, nil
}

// fill adds the counts and the lines of one page.
func (r *Rosters) fill(a *Roster, row *roster, tavolo *tavolo, q RosterQuery, after string, size int) {
	a.Position, a.Counts = row.position, row.rosterCounts()
	all := r.sorted(row)
	places := row.places()
	keep := r.filter(row, tavolo, q)
	begun := after == ""
	last := ""
	for _, i := range all {
		s := &row.seats[i]
		if keep(s) {
			a.Total++
			switch {
			case !begun:
			case len(a.Items) < size:
				a.Items = append(a.Items, r.line(row, s, tavolo, places[i], q.Contacts))
				last = r.personKey(s)
			default:
				a.NextCursor = newCursor(q.id(), last)
			}
		}
		begun = begun || r.personKey(s) == after
	}
}

func (r *Rosters) personKey(s *seat) string { return string(r.people.rows[s.person].id[:]) }

func (row *roster) rosterCounts() RosterCounts {
	of := func(state uint8) ModeCount {
		return ModeCount{int(row.counts[state][inPresence]), int(row.counts[state][online])}
	}
	return RosterCounts{
		of(isRegistered), of(isConfirmed), of(isWaiting), of(isWithdrawn), of(isRefused),
		ModeCount{int(row.present[inPresence]), int(row.present[online])},
	}
}

// sorted returns the seats with a registration in the order of names.
func (r *Rosters) sorted(row *roster) []int32 {
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

// filter returns whether a line is asked for.
func (r *Rosters) filter(row *roster, tavolo *tavolo, q RosterQuery) func(*seat) bool {
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
		l.Email, l.Phone = v.Email, v.Phone
	}
	if minutes, any := row.minutesOf(s, tavolo.window()); any {
		l.Minutes = &minutes
	}
	if s.validated > 0 {
		l.Validated = &Validation{s.validated == 2, int(s.minutes), int(s.required)}
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
	return r.line(row, &row.seats[at], tavolo, row.places()[at], contacts), nil
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
