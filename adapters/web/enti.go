package web

import (
	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// EnteMade is what registering an ente is answered with.
type EnteMade struct {
	Written
	Ente domain.EnteRef `json:"ente"`
}

// Introduced is what a command is answered with that names a person.
type Introduced struct {
	Written
	Person domain.PersonID `json:"person"`
}

func listEnti() action {
	return question(everything, []string{"kind", "province", "member", "q", "limit", "cursor", "purpose"}, func(c *call, q *query) func(*projections.Models) (projections.EntiPage, error) {
		eq := projections.EnteQuery{
			Kind: word(q, "kind", domain.EnteKinds...), Province: q.text("province"), Member: q.yes("member"),
			Q: q.text("q"), Limit: q.limit(), Cursor: q.text("cursor"), Names: c.sees(),
		}
		return func(m *projections.Models) (projections.EntiPage, error) {
			page, err := m.Enti.List(eq)
			for _, e := range page.Items {
				if len(e.Referenti) > 0 {
					c.tells("enti", domain.AsPage)
				}
			}
			return page, err
		}
	})
}

func getEnte() action {
	return question(thisEnte, []string{"purpose"}, func(c *call, _ *query) func(*projections.Models) (projections.Ente, error) {
		return func(m *projections.Models) (projections.Ente, error) {
			e, err := m.Enti.Ente(c.ente(), c.sees())
			if len(e.Referenti) > 0 {
				c.tells(domain.EnteRef{Kind: e.Kind, Code: e.Code}.Stream(), domain.AsPage)
			}
			return e, err
		}
	}).also(404)
}

func registerEnte() action {
	return making[EnteMade](command(
		func(*doing, *domain.RegisterEnte) error { return nil },
		func(d *doing, c *domain.RegisterEnte) (any, string) {
			ref := domain.EnteRef{Kind: c.Kind, Code: c.Code}
			return EnteMade{d.written(), ref}, apiPath + "/enti/" + ref.String()
		}))
}

// known returns the ente of the path, by the code the register knows it by.
func (d *doing) known() (domain.EnteRef, error) {
	ref := d.ente()
	err := d.resolve(&ref)
	return ref, err
}

// ofEnte fills in the ente of the path.
func ofEnte[P any](fill func(P, domain.EnteRef)) func(*doing, P) error {
	return func(d *doing, cmd P) error {
		ref, err := d.known()
		fill(cmd, ref)
		return err
	}
}

func appointReferente() action {
	return making[Introduced](command(
		ofEnte(func(c *domain.AppointReferente, r domain.EnteRef) { c.Ente = r }),
		func(d *doing, c *domain.AppointReferente) (any, string) {
			id := d.introducedID(c.ID)
			return Introduced{d.written(), id}, apiPath + "/people/" + id.String()
		}))
}

func relieveReferente(d *doing, c *domain.RelieveReferente) (err error) {
	if c.Person = d.uuid("person"); c.Person == uuid.Nil {
		return domain.ErrNoReferente
	}
	c.Ente, err = d.known()
	return err
}

func entrustGestore(d *doing, c *domain.EntrustGestore) (err error) {
	c.Ente, err = d.known()
	return err
}
