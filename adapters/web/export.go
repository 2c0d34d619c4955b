package web

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"slices"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

//go:embed page/export.html
var exportPage string

// exportTemplate is the page on which a person reads what is held of them.
var exportTemplate = template.Must(template.New("export").Parse(exportPage))

// exportPerson answers with everything the register holds of a person, for the person.
func exportPerson() action {
	return action{
		answer: typeOf[projections.PersonExport](), query: []string{"at_least", "purpose", "format", "lang"}, tagged: true, statuses: []int{404, 406, 422},
		media: map[string]string{"text/html": "a page to print, in Italian or English"},
		do: func(c *call) error {
			form, err := c.form406("application/json", "text/html")
			if err != nil {
				return err
			}
			return c.export(c.uuid("person"), form == "text/html")
		},
	}
}

// export gathers what is held of a person and answers with it.
func (c *call) export(id domain.PersonID, page bool) error {
	q := c.query()
	atLeast := q.position("at_least")
	c.purpose = q.text("purpose")
	q.text("format")
	lang := word(q, "lang", "it", "en")
	if err := q.unknown(c.route.query); err != nil {
		return err
	}
	x, at, err := askAt(c, atLeast, func(m *projections.Models) (projections.Exporting, error) { return m.Export(id) })
	if err != nil {
		return err
	}
	ente := func(ref domain.EnteRef) string {
		return told(c, func(m *projections.Models) string { return m.Enti.Name(ref) })
	}
	if err := x.Tell(c.ctx, c.s.Store, ente); err != nil {
		return err
	}
	links, err := c.s.Vault.JoinLinks(c.ctx, id)
	if err != nil && !errors.Is(err, domain.ErrKeyDestroyed) {
		return err
	}
	x.Export.JoinLinks = append(x.Export.JoinLinks, links...)
	c.tell(at)
	c.tells(domain.IdentitaStream(id), domain.AsExport)
	if !page {
		c.w.Header()["Content-Disposition"] = []string{`attachment; filename="` + domain.ShortID(id) + `.json"`}
		return c.reveal(x.Export)
	}
	return c.printExport(x.Export, lang == "en" || lang == "" && c.english())
}

// An exported is an export as the page tells it.
type exported struct {
	projections.PersonExport
	printed
}

// printExport answers with an export as a page.
func (c *call) printExport(x projections.PersonExport, english bool) error {
	p := exported{x, printed{Lang: "it", Reader: string(c.caller.account), Purpose: c.purpose, Printed: minute(c.s.Now()), Store: c.s.state.store[0]}}
	if english {
		p.Lang = "en"
	}
	p.Title = p.Say("Dati personali di ", "Personal data of ") + x.Name
	if err := c.disclose(); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := exportTemplate.Execute(&b, p); err != nil {
		return err
	}
	h := c.w.Header()
	h["Content-Security-Policy"], h["Content-Language"], h["Vary"] = printPolicy, []string{p.Lang}, []string{"Accept, Accept-Language"}
	return c.show(asHTML, tagOf(-1, b.Bytes()), b.Bytes())
}

// Answered returns what the person answered to the questions of tavoli, now and before.
func (p exported) Answered() (list []domain.Answer) {
	for _, v := range p.Values {
		for _, a := range domain.ParseAnswers(v.Answers) {
			if !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list
}

// When returns a time as it is read in Italy.
func (exported) When(t time.Time) string { return minute(t) }

// Otherwise reports whether something was recorded later than it happened.
func (exported) Otherwise(f projections.PersonFact) bool {
	return f.RecordedAt.Sub(f.EffectiveAt).Abs() >= time.Minute
}

// Word returns a word of the register in the language of the page.
func (p exported) Word(text string) string { return p.Say(InItalian(text), text) }
