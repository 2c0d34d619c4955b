package web

import (
	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

func listPeople() action {
	return question(everything, []string{"q", "limit", "cursor", "purpose"}, func(c *call, q *query) func(*projections.Models) (projections.PeoplePage, error) {
		pq := projections.PeopleQuery{Q: q.text("q"), Limit: q.limit(), Cursor: q.text("cursor"), Reach: c.reach}
		c.tells("people", domain.AsPage)
		return func(m *projections.Models) (projections.PeoplePage, error) { return m.People.List(pq) }
	})
}

func getPerson() action {
	return question(everything, []string{"purpose"}, func(c *call, _ *query) func(*projections.Models) (projections.Person, error) {
		id := c.uuid("person")
		c.tells(domain.IdentitaStream(id), domain.AsPage)
		return func(m *projections.Models) (projections.Person, error) { return m.People.PersonWithin(id, c.reach) }
	}).also(404)
}

func rectifyPerson() action {
	return command(
		func(d *doing, c *domain.RectifyPerson) error {
			c.Subject = d.uuid("person")
			d.seal = func() error {
				if err := d.keepAnswers(c); err != nil {
					return err
				}
				return d.describe(c)
			}
			return d.knows(c.Subject, nil)
		}, renamed)
}

// keepAnswers leaves what a person answered as it is where nothing is said of it.
func (d *doing) keepAnswers(c *domain.RectifyPerson) error {
	if c.Answers != "" {
		return nil
	}
	held, err := latest(d.call, func(m *projections.Models) (domain.Values, error) {
		v, _ := m.People.Values(c.Subject)
		return v, nil
	})
	c.Answers = held.Answers
	return err
}

// renamed answers a change of somebody's name.
func renamed(d *doing, c *domain.RectifyPerson) (any, string) {
	d.s.state.arrivals.renamed(d.result.Position)
	return nothing(d, c)
}

// describe seals the new values of a person.
func (d *doing) describe(c *domain.RectifyPerson) error {
	persona, err := d.s.Vault.Describe(d.ctx, d.meta, c.Subject, c.Values)
	c.Seal(persona)
	return err
}

func linkPersons() action {
	return command(
		func(d *doing, c *domain.LinkPersons) error {
			c.Subject = d.uuid("person")
			return d.knows(c.Subject, &c.As)
		}, nothing)
}

func unlinkPersons() action {
	return command(
		func(d *doing, c *domain.UnlinkPersons) error {
			c.Subject = d.uuid("person")
			return d.knows(c.Subject, nil)
		}, nothing)
}

// knows returns what is wrong with the persons of a link.
func (d *doing) knows(subject domain.PersonID, as *domain.PersonID) error {
	_, err := latest(d.call, func(m *projections.Models) (bool, error) {
		switch {
		case !m.People.Known(subject):
			return false, domain.ErrNoPerson
		case as != nil && *as != uuid.Nil && !m.People.Known(*as):
			return false, invalid("/as", "unknown-person", "there is no such person in the register")
		case as != nil && m.People.Forgotten(*as):
			return false, domain.ErrForgotten
		}
		return true, nil
	})
	return err
}
