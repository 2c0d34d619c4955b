package web

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// This file is the door through which people without an account come: they find
// their ente, see what a tavolo asks, and register.

// FoundEnti are the enti that somebody may mean.
type FoundEnti struct {
	Items []projections.EnteName `json:"items"`
}

// findEnti tells how enti are called, and nothing else of them.
func findEnti() action {
	return question(nil, []string{"q", "limit"}, func(_ *call, q *query) func(*projections.Models) (FoundEnti, error) {
		text, limit := q.text("q"), q.number("limit", 1, projections.MaxFound)
		q.that(text != "", "q", "is required")
		if limit == 0 {
			limit = 10
		}
		return func(m *projections.Models) (FoundEnti, error) { return FoundEnti{m.Enti.Find(text, limit)}, nil }
	})
}

// A Door is what registering for a tavolo takes.
type Door struct {
	Tavolo       domain.TavoloID   `json:"tavolo"`
	Open         bool              `json:"open" doc:"people may register by themselves"`
	Why          string            `json:"why,omitempty" doc:"the code of the reason why not"`
	Over         bool              `json:"over" doc:"the tavolo has ended"`
	Modes        []domain.Mode     `json:"modes"`
	Free         FreeSeats         `json:"free" doc:"seats that are left; absent where they are not limited"`
	Capacities   []domain.Capacity `json:"capacities"`
	StaffOnly    bool              `json:"staff_only" doc:"nobody registers but by the secretariat, or on invitation"`
	ConfirmEmail bool              `json:"confirm_email" doc:"a seat counts once the address is confirmed"`
	OfferHours   int               `json:"offer_hours,omitempty" doc:"for how long a seat is offered to whoever waits; absent: it is theirs at once"`
	Questions    []domain.Question `json:"questions"`
	MaxPeople    int               `json:"max_people" doc:"who can register together"`
}

// FreeSeats are the seats left in each mode in which they are limited.
type FreeSeats struct {
	InPresence *int `json:"in_presence,omitempty"`
	Online     *int `json:"online,omitempty"`
}

// freeSeats returns the seats left as they are told.
func freeSeats(by map[domain.Mode]int) (f FreeSeats) {
	if n, limited := by[domain.InPresence]; limited {
		f.InPresence = &n
	}
	if n, limited := by[domain.Online]; limited {
		f.Online = &n
	}
	return f
}

// getDoor tells what registering takes.
func getDoor() action {
	return action{answer: typeOf[Door](), tagged: true, query: []string{}, do: func(c *call) error {
		if err := c.query().unknown(c.route.query); err != nil {
			return err
		}
		d, err := c.door()
		if err != nil {
			return err
		}
		return c.reveal(d)
	}}
}

// door asks what registering takes, as things are at this moment.
func (c *call) door() (Door, error) {
	id := c.tavolo()
	if !domain.ValidID(string(id)) {
		return Door{}, domain.ErrNoTavolo
	}
	d := Door{Tavolo: id, Questions: []domain.Question{}, MaxPeople: domain.MaxParty, Capacities: []domain.Capacity{domain.AsDelegate, domain.AsReferente, domain.AsEnteGestore, domain.AsOther}}
	err := domain.Peek(c.ctx, c.s.Exec, id.Stream(), func(t *domain.Tavolo) error {
		way, err := t.Doorway(c.s.Now())
		d.Open, d.Modes, d.StaffOnly, d.ConfirmEmail, d.OfferHours = way.Closed == nil, modesOf(way.Mode), way.StaffOnly, way.ConfirmEmail, way.OfferHours
		d.Over, d.Free = way.Over, freeSeats(way.Free)
		d.Questions = append(d.Questions, way.Questions...)
		if e, ok := errors.AsType[*domain.Error](way.Closed); ok {
			d.Why = e.Code
		}
		return err
	})
	return d, err
}

// modesOf lists how one can take part.
func modesOf(m domain.Mode) []domain.Mode {
	if m == domain.Mixed {
		return []domain.Mode{domain.InPresence, domain.Online}
	}
	return []domain.Mode{m}
}

// PartyMade is what people are answered with who registered together.
type PartyMade struct {
	Written
	People []PartySeat `json:"people" doc:"in the order of the request"`
}

// A PartySeat is what became of one of them.
type PartySeat struct {
	Participant domain.PersonID          `json:"participant"`
	State       domain.RegistrationState `json:"state"`
	PlaceInLine int                      `json:"place_in_line,omitempty" doc:"of whoever waits, from 1"`
	ConfirmBy   *time.Time               `json:"confirm_by,omitempty" doc:"by when the address is to be confirmed"`
	Code        string                   `json:"code,omitempty" doc:"opens the registration, at my-registration; where an address is to be confirmed it is sent there alone"`
}

// registerParty registers people by themselves.
func registerParty() action {
	read := newForm(typeOf[domain.RegisterParty]())
	return action{body: read.types, answer: typeOf[PartyMade](), created: true, secret: true, do: func(c *call) error {
		var cmd domain.RegisterParty
		d := &doing{call: c, beside: new(Beside)}
		if err := d.read(read, &cmd); err != nil {
			return err
		}
		if cmd.Tavolo = c.tavolo(); !domain.ValidID(string(cmd.Tavolo)) {
			return domain.ErrNoTavolo
		}
		if err := c.resolve(cmd.Ente); err != nil {
			return err
		}
		cmd.Secret = d.secretAt(cmd.Tavolo)
		ready := func() error { return cmd.Ready(d.ctx, d.s.Exec, d.meta) }
		if err := receive[*domain.Tavolo](d, cmd.Stream(), ready); err != nil {
			return err
		}
		if err := execute(d, &cmd); err != nil {
			return err
		}
		made, err := d.partyMade(cmd.Tavolo)
		if err != nil {
			return err
		}
		return d.finish(func() (any, string) { return made, apiPath + "/tavoli/" + string(cmd.Tavolo) + "/my-registration" })
	}}
}

// receive lets a request of the public on if there is no reason against it, and not
// too many come from one address. One that was carried out before is always let on.
func receive[S domain.State[T], T any](d *doing, s domain.Stream, ready func() error) error {
	if before, err := domain.Carried[S](d.ctx, d.s.Exec, s, d.meta.Command); err != nil || before {
		return err
	}
	if err := d.formPace(); err != nil {
		return err
	}
	return ready()
}

// secretAt returns what makes the secrets of a tavolo.
func (d *doing) secretAt(t domain.TavoloID) func(uuid.UUID) string {
	key := d.s.state.secrets.registration
	return func(issue uuid.UUID) string { return domain.RegistrationSecret(key, t, issue) }
}

// partyMade says what became of everybody.
func (d *doing) partyMade(id domain.TavoloID) (PartyMade, error) {
	made := PartyMade{Written: d.written(), People: []PartySeat{}}
	pending := make(map[domain.PersonID]bool)
	for _, e := range d.result.Events {
		switch e := e.(type) {
		case domain.RegistrationPending:
			pending[e.Participant] = true
		case domain.SecretIssued:
			seat := PartySeat{Participant: e.Participant}
			if !pending[e.Participant] {
				seat.Code = d.secretAt(id)(e.Issue)
			}
			made.People = append(made.People, seat)
		}
	}
	err := domain.Peek(d.ctx, d.s.Exec, id.Stream(), func(t *domain.Tavolo) error {
		for i := range made.People {
			p := &made.People[i]
			own, _ := t.Own(p.Participant)
			if p.State, p.PlaceInLine = own.State, own.PlaceInLine; own.State == domain.Pending {
				p.ConfirmBy = &own.Until
			}
		}
		return nil
	})
	return made, err
}

// Namesakes are registrations that may be of one person.
type Namesakes struct {
	Items []NamesakeGroup `json:"items"`
}

// A NamesakeGroup is who is registered under one name for one ente.
type NamesakeGroup struct {
	Name         string                `json:"name"`
	Ente         *projections.EnteName `json:"ente,omitempty"`
	Participants []domain.PersonID     `json:"participants"`

	Registrations []projections.RosterLine `json:"registrations" doc:"theirs, in the same order, with contacts by which to tell them apart"`
}

// listDuplicates tells staff who may be registered twice: the public is never asked.
func listDuplicates() action {
	return question(thisTavolo, []string{"purpose"}, func(c *call, _ *query) func(*projections.Models) (Namesakes, error) {
		id := c.tavolo()
		c.tells(id.Stream(), domain.AsPage)
		return func(m *projections.Models) (Namesakes, error) {
			list, err := m.Rosters.Duplicates(id)
			a := Namesakes{Items: []NamesakeGroup{}}
			for _, g := range list {
				a.Items = append(a.Items, NamesakeGroup{g.Name, g.Ente, g.Participants, g.Lines})
			}
			return a, err
		}
	}).also(404)
}
