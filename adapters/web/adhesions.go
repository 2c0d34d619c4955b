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
	Ente     domain.EnteRef `json:"ente" doc:"where the request is kept; altro/non-in-elenco: of an ente that the register does not know"`
	Code     string         `json:"code" doc:"with which whoever sent the request sees what became of it, and prints it"`
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
		made := AdesioneMade{Written: d.written(), Adesione: domain.DerivedID(d.meta.Command, "adesione"), Ente: cmd.Ente}
		if cmd.Proposed != nil {
			made.Ente = domain.Unlisted
		}
		made.Code = domain.AdesioneSecret(d.s.state.secrets.registration, made.Adesione)
		return d.finish(func() (any, string) {
			return made, apiPath + "/enti/" + made.Ente.String() + "/adhesions/" + made.Adesione.String()
		})
	}}
}

// showOwnAdesione shows a scheda to whoever sent it, or prints it.
func showOwnAdesione() action {
	read := newForm(typeOf[OwnCode]())
	a := action{body: read.types, answer: typeOf[projections.Adesione](), media: mediaOf(schedaForms), query: []string{"format"}, secret: true, unkeyed: true}
	a.do = func(c *call) error {
		var body OwnCode
		d := &doing{call: c, beside: new(Beside)}
		if err := d.read(read, &body); err != nil {
			return err
		}
		if body.Code == "" {
			return invalid("/code", "required", "is required")
		}
		f, err := c.formOf(schedaForms)
		if err != nil {
			return err
		}
		id := c.uuid("adhesion")
		if err := d.unlock(func() error { return opensAdesione(d.s.state.secrets.registration, id, body.Code) }); err != nil {
			return err
		}
		sheet, err := latest(c, func(m *projections.Models) (papers.SchedaSheet, error) { return schedaSheet(m, id) })
		if err != nil {
			return err
		}
		c.tell(sheet.Position)
		if f == jsonForm {
			return c.reveal(sheet.Adesione)
		}
		return c.file(f, papers.Scheda(sheet))
	}
	return a.also(404, 406, 422, 429)
}

// opensAdesione reports a code that does not open a scheda.
func opensAdesione(key [32]byte, id uuid.UUID, code string) error {
	if id == uuid.Nil || domain.SecretHash(code) != domain.SecretHash(domain.AdesioneSecret(key, id)) {
		return domain.ErrNoSecret
	}
	return nil
}

// schedaSheet makes the paper of a scheda.
func schedaSheet(m *projections.Models, id uuid.UUID) (s papers.SchedaSheet, err error) {
	s.Adesione, err = m.Enti.AdesioneByID(id)
	s.Position, s.RecordedAt = m.Marks.Newest()
	for _, p := range m.Programmi.List() {
		if block, ok := p.BlockOn(domain.DayOf(s.RecordedAt)); ok && s.Funding == "" {
			s.Funding = block.Text
		}
	}
	return s, err
}

// approveAdesione makes known first an ente that the register did not know, and a member.
func approveAdesione() action {
	return command(func(d *doing, c *domain.ApproveAdesione) (err error) {
		if c.Ente, err = d.known(); err != nil {
			return err
		}
		if c.Adesione = d.uuid("adhesion"); c.Ente != domain.Unlisted || c.As == nil {
			return nil
		}
		requested, err := domain.OpenAdesione(d.ctx, d.s.Exec, c.Ente, c.Adesione)
		if err != nil {
			return err
		}
		if c.As.Official == "" {
			c.As.Official = requested.Proposed.Official
		}
		meta := d.meta
		meta.Command, meta.Correlation, meta.IfRevision = domain.DerivedID(d.meta.Command, "enrol"), d.meta.Command, nil
		enrol := domain.EnrolEnte{RegisterEnte: *c.As, Scheda: c.Scheda, From: c.From, Requested: requested}
		_, err = domain.Execute[*domain.Ente](d.ctx, d.s.Exec, enrol, meta)
		return domain.Below("/as", err)
	}, nothing)
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
	sheet, at, err := askAs(c, m, thisEnte, func(m *projections.Models) (papers.SchedaSheet, error) {
		if _, err := m.Enti.Adesione(c.ente(), id); err != nil {
			return papers.SchedaSheet{}, err
		}
		return schedaSheet(m, id)
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
