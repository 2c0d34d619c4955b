package web

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// disclosureParams are what the reading log can be asked for.
var disclosureParams = []string{"account", "subject", "person", "from", "to", "limit", "cursor", "format"}

// readingLog tells who was shown whose data. It holds no personal value itself, so
// that reading it is no disclosure.
func readingLog() action {
	return action{
		answer: typeOf[projections.DisclosurePage](), query: append(slices.Clone(times), disclosureParams...), tagged: true,
		media:    map[string]string{"text/csv": "every line that matches, for a spreadsheet"},
		statuses: []int{404, 406},
		do: func(c *call) error {
			switch form, err := c.form406("application/json", "text/csv"); {
			case err != nil:
				return err
			case form == "text/csv":
				return c.disclosuresCSV()
			}
			a, err := answerOf(c, disclosureScope, func(_ *call, q *query) func(*projections.Models) (projections.DisclosurePage, error) {
				dq := q.disclosures()
				return func(m *projections.Models) (projections.DisclosurePage, error) { return m.Disclosures.List(dq) }
			})
			if err != nil {
				return err
			}
			return c.reveal(a)
		},
	}
}

// disclosures reads what is asked of the reading log.
func (q *query) disclosures() projections.DisclosureQuery {
	q.text("format")
	dq := projections.DisclosureQuery{
		Account: domain.AccountID(q.text("account")), Subject: q.text("subject"), From: q.day("from"), To: q.day("to"), Limit: q.limit(), Cursor: q.text("cursor"),
	}
	if text := q.text("person"); text != "" {
		id, err := uuid.Parse(text)
		q.that(err == nil, "person", "must be the id of a person")
		dq.Person = &id
	}
	return dq
}

// disclosureScope is what must be read to answer for another time: whom a tavolo
// concerned then, only everything tells.
func disclosureScope(c *call) projections.Scope {
	q := c.query()
	switch account := domain.AccountID(q.text("account")); {
	case q.text("person") != "":
		return projections.ScopeAll()
	case account != "" && account.Stream().Valid():
		return projections.ScopeStream(account.Stream())
	}
	return allAccounts(c)
}

// allAccounts is the scope of questions about accounts: those there are now, among
// which are those there were.
func allAccounts(c *call) projections.Scope {
	streams, _ := ask(c, 0, func(m *projections.Models) (list []domain.Stream, _ error) { // without models there is no answer, either
		for _, a := range m.Accounts.List() {
			list = append(list, a.Account.Stream())
		}
		return list, nil
	})
	return projections.ScopeStreams(streams...)
}

// disclosureHeads are the columns of the reading log.
var disclosureHeads = []string{"registrata", "avvenuta", "utenza", "nome dell'utenza", "oggetto", "che cosa", "forma", "finalità", "fino a", "tramite", "posizione"}

// disclosuresCSV answers with every line that matches.
func (c *call) disclosuresCSV() error {
	q := c.query()
	m := q.moment()
	dq := q.disclosures()
	q.that(q.text("limit") == "" && dq.Cursor == "", "limit", "a file holds every line: limit and cursor are for JSON")
	dq.Limit = projections.MaxLimit
	if err := q.unknown(c.route.query); err != nil {
		return err
	}
	s := papers.Section{Key: "disclosures"}
	for _, head := range disclosureHeads {
		s.Columns = append(s.Columns, papers.Column{Head: head, Kind: projections.TextCell})
	}
	for {
		page, at, err := askAs(c, m, disclosureScope, func(m *projections.Models) (projections.DisclosurePage, error) { return m.Disclosures.List(dq) })
		if err != nil {
			return err
		}
		for _, d := range page.Items {
			s.Rows = append(s.Rows, []string{clock(d.RecordedAt), clock(d.EffectiveAt), string(d.Account), d.Label, d.Subject, d.SubjectIt, InItalian(d.Form), d.Purpose, clock(d.Until), InItalian(string(d.Through)), positionText(d.Position)})
		}
		if dq.Cursor = page.NextCursor; dq.Cursor == "" {
			c.tell(at)
			break
		}
	}
	return c.file(csvForm, papers.Paper{Name: "consultazioni", Sections: []papers.Section{s}, Plain: true})
}

// clock returns a time as it is read in Italy.
func clock(t time.Time) string { return t.In(domain.Rome).Format("2006-01-02 15:04:05") }
