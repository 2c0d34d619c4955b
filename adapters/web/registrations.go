package web

import (
	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// A registering is [domain.RegisterParticipant] with what only this door asks.
type registering struct {
	domain.RegisterParticipant
	Distinct bool `json:"distinct,omitempty" doc:"it is another person of the same name for the same ente"`
}

// Seated is what a registration is answered with.
type Seated struct {
	Written
	Participant domain.PersonID          `json:"participant"`
	State       domain.RegistrationState `json:"state"`
	PlaceInLine int                      `json:"place_in_line,omitempty" doc:"of whoever waits, from 1"`
}

// Substituted is what a substitution is answered with.
type Substituted struct {
	Written
	Participant domain.PersonID `json:"participant" doc:"who takes the seat"`
}

// Freed is what a change is answered with that may give a seat to whoever waits.
type Freed struct {
	Written
	Promoted []domain.PersonID `json:"promoted,omitempty" doc:"who got a seat by it"`
}

// register gives a person a seat, or a place in the waiting list.
func register() action {
	read := newForm(typeOf[registering](), typeOf[Beside]())
	a := action{body: []typ{typeOf[registering](), typeOf[Beside]()}, answer: typeOf[Seated](), created: true, hot: true}
	a.do = func(c *call) error {
		var cmd registering
		d := &doing{call: c, beside: new(Beside)}
		if err := d.read(read, &cmd, d.beside); err != nil {
			return err
		}
		if again, err := d.again(); again {
			return err
		}
		cmd.Tavolo = c.tavolo()
		if err := c.resolve(cmd.Ente); err != nil {
			return err
		}
		return d.register(&cmd)
	}
	return a
}

// register carries it out, unless somebody of the name is there already.
func (d *doing) register(cmd *registering) error {
	here, there, err := d.enter(cmd)
	switch {
	case err != nil:
		return err
	case there != nil:
		return d.twice(*there)
	}
	err = execute(d, &cmd.RegisterParticipant)
	d.settle(here, d.result.Position, err)
	if err != nil {
		return err
	}
	seated, err := d.seated(cmd)
	if err != nil {
		return err
	}
	return d.finish(func() (any, string) {
		return seated, apiPath + "/tavoli/" + string(cmd.Tavolo) + "/registrations/" + seated.Participant.String()
	})
}

// person returns whom a registration is of: named by id, or new.
func (d *doing) person(cmd *registering) (id domain.PersonID, known bool) {
	switch {
	case cmd.Participant != nil:
		return *cmd.Participant, true
	case cmd.ID != nil:
		return *cmd.ID, true
	}
	return domain.DerivedID(d.meta.Command, "person/of-the-command"), false
}

// enter looks whether somebody of the name is registered for the same ente.
func (d *doing) enter(cmd *registering) (visit, *domain.PersonID, error) {
	if !domain.ValidID(string(cmd.Tavolo)) {
		return visit{}, nil, domain.ErrNoTavolo
	}
	id, known := d.person(cmd)
	values := cmd.Trim()
	if known {
		var err error
		values, err = ask(d.call, 0, func(m *projections.Models) (domain.Values, error) {
			v, _ := m.People.Values(id)
			return v, nil
		})
		if err != nil {
			return visit{}, nil, err
		}
	}
	if values.Name() == "" {
		return visit{}, nil, nil
	}
	return d.arrive(cmd.Tavolo, id, values, cmd.Ente, cmd.Distinct || known)
}

// twice refuses a registration that is likely there already.
func (d *doing) twice(there domain.PersonID) error {
	r := errDuplicate
	r.participant = &there
	return &r
}

// seated says what became of the registration.
func (d *doing) seated(cmd *registering) (Seated, error) {
	id, _ := d.person(cmd)
	a := Seated{Written: d.written(), Participant: id}
	for _, e := range d.result.Events {
		if _, ok := e.(domain.ParticipantRegistered); ok {
			a.State = domain.Registered
			return a, nil
		}
	}
	err := domain.Peek(d.ctx, d.s.Exec, cmd.Tavolo.Stream(), func(t *domain.Tavolo) error {
		a.State, a.PlaceInLine, _ = t.Registration(id)
		return nil
	})
	return a, err
}

// promoted lists who got a seat by a change.
func (d *doing) promoted() (list []domain.PersonID) {
	for _, e := range d.result.Events {
		if p, ok := e.(domain.WaitlistPromoted); ok {
			list = append(list, p.Participant)
		}
	}
	return list
}

// freed answers a change that may have given a seat to whoever waits.
func freed[P any](d *doing, _ P) (any, string) { return Freed{d.written(), d.promoted()}, "" }

// substituted answers who comes in another's stead.
func substituted(d *doing, c *domain.SubstituteDelegate) (any, string) {
	by := d.introducedID(c.ID)
	d.s.state.arrivals.renamed(d.result.Position)
	return Substituted{d.written(), by}, apiPath + "/tavoli/" + string(c.Tavolo) + "/registrations/" + by.String()
}

// introducedID returns the id of the person whom a command names: the one given,
// or the one that follows from the command.
func (d *doing) introducedID(given *domain.PersonID) domain.PersonID {
	if given != nil {
		return *given
	}
	return domain.DerivedID(d.meta.Command, "person/of-the-command")
}

// resolve replaces the ISTAT code of a comune by its cadastral code, by which the
// register knows it. One that is not known may have been registered a moment ago.
func (c *call) resolve(ref *domain.EnteRef) error {
	if ref == nil || ref.Kind != domain.Comune || len(ref.Code) != 6 {
		return nil
	}
	given := *ref
	look := func(m *projections.Models) (domain.EnteRef, error) { return m.Enti.Resolve(given), nil }
	known, err := ask(c, 0, look)
	if err != nil || known != given {
		*ref = known
		return err
	}
	*ref, err = latest(c, look)
	return err
}

func refuseRegistration() action {
	return answering[Freed](command(ofParticipant(func(c *domain.RefuseRegistration, t domain.TavoloID, p domain.PersonID) {
		c.Tavolo, c.Participant = t, p
	}), freed))
}

func withdrawParticipant() action {
	return answering[Freed](command(ofParticipant(func(c *domain.WithdrawParticipant, t domain.TavoloID, p domain.PersonID) {
		c.Tavolo, c.Participant = t, p
	}), freed))
}

func changeMode() action {
	return answering[Freed](command(ofParticipant(func(c *domain.ChangeMode, t domain.TavoloID, p domain.PersonID) {
		c.Tavolo, c.Participant = t, p
	}), freed))
}

func substituteDelegate() action {
	return making[Substituted](command(ofParticipant(func(c *domain.SubstituteDelegate, t domain.TavoloID, p domain.PersonID) {
		c.Tavolo, c.Participant = t, p
	}), substituted))
}

// ofParticipant fills in the tavolo and the participant of the path.
func ofParticipant[P any](fill func(P, domain.TavoloID, domain.PersonID)) func(*doing, P) error {
	return func(d *doing, cmd P) error {
		id := d.uuid("participant")
		if id == uuid.Nil {
			return domain.ErrNoRegistration
		}
		fill(cmd, d.tavolo(), id)
		return nil
	}
}

// RegistrationPage is some registrations of a tavolo, in the order of names.
type RegistrationPage struct {
	Items      []projections.RosterLine `json:"items"`
	NextCursor string                   `json:"next_cursor,omitempty"`
}

func listRegistrations() action {
	return question(thisTavolo, []string{"state", "q", "ente", "kind", "mode", "sort", "contacts", "limit", "cursor", "purpose"}, func(c *call, q *query) func(*projections.Models) (RegistrationPage, error) {
		rq := c.rosterQuery(q)
		if rq.State == "" {
			rq.State = projections.AllStates
		}
		c.tells(c.tavolo().Stream(), domain.AsPage)
		return func(m *projections.Models) (RegistrationPage, error) {
			r, err := m.Rosters.Roster(rq)
			return RegistrationPage{r.Items, r.NextCursor}, err
		}
	})
}

func getRegistration() action {
	return question(thisTavolo, []string{"contacts", "purpose"}, func(c *call, q *query) func(*projections.Models) (projections.RosterLine, error) {
		id, contacts := c.uuid("participant"), q.yes("contacts")
		c.tells(c.tavolo().Stream(), domain.AsPage)
		return func(m *projections.Models) (projections.RosterLine, error) {
			return m.Rosters.Line(c.tavolo(), id, contacts != nil && *contacts)
		}
	}).also(404)
}
