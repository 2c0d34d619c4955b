package web

import (
	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// AdesioneMade is what a request to join is answered with.
type AdesioneMade struct {
	Written
	Adesione uuid.UUID      `json:"adhesion"`
	Ente     domain.EnteRef `json:"ente"`
}

// requestAdesione takes in a scheda.
func requestAdesione() action {
	read := newForm(typeOf[domain.RequestAdesione]())
	return action{body: read.types, answer: typeOf[AdesioneMade](), created: true, secret: true, do: func(c *call) error {
		var cmd domain.RequestAdesione
		d := &doing{call: c, beside: new(Beside)}
		if err := d.read(read, &cmd); err != nil {
			return err
		}
		if err := c.resolve(&cmd.Ente); err != nil {
			return err
		}
		if err := cmd.Check(); err != nil { // an ente of no such kind has no stream
			return err
		}
		ready := func() error { return cmd.Ready(d.ctx, d.s.Exec) }
		if err := receive[*domain.Ente](d, cmd.Stream(), ready); err != nil {
			return err
		}
		if err := execute(d, &cmd); err != nil {
			return err
		}
		made := AdesioneMade{d.written(), domain.DerivedID(d.meta.Command, "adesione"), cmd.Ente}
		return d.finish(func() (any, string) {
			return made, apiPath + "/enti/" + cmd.Ente.String() + "/adhesions/" + made.Adesione.String()
		})
	}}
}

// AdesioneList is requests to join, the oldest first.
type AdesioneList struct {
	Items []projections.Adesione `json:"items"`
}

func listAdesioni() action {
	return question(everything, []string{"state", "purpose"}, func(c *call, q *query) func(*projections.Models) (AdesioneList, error) {
		state := word(q, "state", projections.AdesioneStates...)
		c.tells("enti", domain.AsPage)
		return func(m *projections.Models) (AdesioneList, error) { return AdesioneList{m.Enti.Adesioni(state)}, nil }
	})
}

var schedaForms = []fileForm{jsonForm, htmlForm, pdfForm}

// getAdesione tells a scheda, or prints it.
func getAdesione() action {
	a := question(thisEnte, []string{"purpose", "format"}, func(c *call, q *query) func(*projections.Models) (projections.Adesione, error) {
		q.text("format")
		id := c.uuid("adhesion")
		return func(m *projections.Models) (projections.Adesione, error) { return m.Enti.Adesione(c.ente(), id) }
	}).also(404, 406)
	a.media = mediaOf(schedaForms)
	read := a.do
	a.do = func(c *call) error {
		f, err := c.formOf(schedaForms)
		switch {
		case err != nil:
			return err
		case f == jsonForm:
			c.tells(c.ente().Stream(), domain.AsPage)
			return read(c)
		}
		return c.scheda(f)
	}
	return a
}

// scheda prints a request to join.
func (c *call) scheda(f fileForm) error {
	q := c.query()
	m := q.moment()
	c.purpose = q.text("purpose")
	q.text("format")
	if err := q.unknown(c.route.query); err != nil {
		return err
	}
	id := c.uuid("adhesion")
	sheet, at, err := askAs(c, m, thisEnte, func(m *projections.Models) (s papers.SchedaSheet, err error) {
		s.Adesione, err = m.Enti.Adesione(c.ente(), id)
		_, s.RecordedAt = m.Marks.Newest()
		for _, p := range m.Programmi.List() {
			if block, ok := p.BlockOn(domain.DayOf(s.RecordedAt)); ok && s.Funding == "" {
				s.Funding = block.Text
			}
		}
		return s, err
	})
	if err != nil {
		return err
	}
	sheet.Position = at
	c.tells(c.ente().Stream(), domain.AsExport)
	if err := c.disclose(); err != nil {
		return err
	}
	c.tell(at)
	return c.file(f, papers.Scheda(sheet))
}

// ofAdesione fills in the ente and the request of the path.
func ofAdesione[P any](fill func(P, domain.EnteRef, uuid.UUID)) func(*doing, P) error {
	return func(d *doing, cmd P) error {
		ref, err := d.known()
		fill(cmd, ref, d.uuid("adhesion"))
		return err
	}
}
