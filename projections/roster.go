package projections

import (
	"cmp"
	"slices"
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
	Duplicates  int                `json:"possible_duplicates,omitempty"` // names that stand more than once for the same ente
	Total       int                `json:"total"`                         // lines that match the question
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
	Participant  domain.PersonID          `json:"participant"`
	Name         string                   `json:"name"`
	GivenName    string                   `json:"given_name"`
	FamilyName   string                   `json:"family_name"`
	Function     string                   `json:"function,omitempty"`
	Email        string                   `json:"email,omitempty"`
	Phone        string                   `json:"phone,omitempty"`
	Ente         *EnteName                `json:"ente,omitempty"`
	Capacity     domain.Capacity          `json:"capacity"`
	Mode         domain.Mode              `json:"mode"`
	State        domain.RegistrationState `json:"state"`
	PlaceInLine  int                      `json:"place_in_line,omitempty"` // of those who wait, from 1
	Since        time.Time                `json:"since"`                   // when the state began
	ConfirmBy    *time.Time               `json:"confirm_by,omitempty"`    // by when the address is to be confirmed
	OfferedUntil *time.Time               `json:"offered_until,omitempty"` // until when a seat is kept for whoever waits
	Attendance   string                   `json:"attendance"`
	Minutes      *int                     `json:"minutes,omitempty"` // within the hours of the meeting
	Validated    *Validation              `json:"validated,omitempty"`
	Presences    []Presence               `json:"presences"`
	Answers      []domain.Answer          `json:"answers,omitempty"` // to the questions of the tavolo, with contacts
}

// A Validation is what staff found by the rule of the tavolo.
type Validation struct {
	Attended bool `json:"attended"`
	Minutes  int  `json:"minutes"`
	Required int  `json:"required"`
	Outdated bool `json:"outdated,omitempty" doc:"a presence of the person was recorded, ended or annulled since: to be judged again"`
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
	Sort     RosterOrder
	Limit    int
	Cursor   string

	EffectiveAt, KnownAt *time.Time // told in the answer; the models are fed accordingly
}

// A RosterOrder is the order of the lines of a roster.
type RosterOrder string

// The orders there are.
const (
	OrderName  RosterOrder = "name"  // of the person; empty is the same
	OrderEnte  RosterOrder = "ente"  // its name, then that of the person; those of nobody last
	OrderSince RosterOrder = "since" // when the state began
)

// AllStates asks for every line of a roster.
const AllStates = "all"

func (q RosterQuery) id() string {
	return questionID("roster", string(q.Tavolo), q.Ente.String(), string(q.Kind), string(q.Mode), q.State, Fold(q.Q), string(q.Sort))
}

// check returns what is wrong with the question.
func (q RosterQuery) check() error {
	known := q.State == "" || q.State == AllStates || q.State == Present || q.State == Absent ||
		slices.Contains(states, domain.RegistrationState(q.State))
	switch {
	case !known:
		return badQuery("/state", "not-allowed", "must be registered, waiting, confirmed, withdrawn, refused, pending, lapsed, present, absent or all")
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
	row, after := (*roster)(nil), int32(-1)
	if i, ok := r.by[q.Tavolo]; ok {
		if row = r.rows[i]; q.Cursor != "" {
			after, err = r.after(row, q)
		}
	}
	if err != nil {
		return Roster{}, err
	}
	a := Roster{
		Tavolo: tavolo.id, Subject: tavolo.subject, Times: tavolo.times(), Mode: tavolo.mode, State: tavolo.state,
		EffectiveAt: q.EffectiveAt, KnownAt: q.KnownAt, Items: []RosterLine{},
	}
	if row != nil {
		r.fill(&a, row, tavolo, q, after, size)
	}
	return a, nil
}
