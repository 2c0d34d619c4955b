package web

import (
	"strings"
	"sync"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// rosterParams are what a roster can be asked for.
var rosterParams = []string{"ente", "kind", "mode", "state", "q", "sort", "contacts", "limit", "cursor", "format", "purpose"}

func getRoster() action {
	return action{
		answer: typeOf[projections.Roster](), query: append(append([]string{}, times...), rosterParams...), tagged: true, hot: true,
		media: mediaOf(rosterForms), statuses: []int{404, 406},
		do: func(c *call) error {
			switch form, err := c.formOf(rosterForms); {
			case err != nil:
				return err
			case form != jsonForm:
				return c.rosterFile(form)
			}
			if c.plainRoster() {
				return c.rosterPage()
			}
			return c.roster()
		},
	}
}

// plainRoster reports whether the question is the one whose answer is kept ready.
func (c *call) plainRoster() bool {
	raw := c.r.URL.RawQuery
	return c.sees() && (raw == "" || strings.HasPrefix(raw, "at_least=") && !strings.Contains(raw, "&"))
}

// rosterPage answers the plain question from what is kept ready.
func (c *call) rosterPage() error {
	q := c.query()
	m := q.moment()
	if err := q.err(); err != nil {
		return err
	}
	page, at, err := askAt(c, m.atLeast, func(m *projections.Models) ([]byte, error) { return m.Rosters.Page(c.tavolo()) })
	if err != nil {
		return err
	}
	c.tells(c.tavolo().Stream(), domain.AsPage)
	if err := c.disclose(); err != nil {
		return err
	}
	c.tell(at)
	return c.show(asJSON, c.s.state.tags.of(c.tavolo(), page), page)
}

// tags keeps the ETags of the pages that are kept ready.
type tags struct {
	mu sync.Mutex
	by map[domain.TavoloID]tagged
}

type tagged struct {
	page *byte
	tag  string
}

// of returns the tag of a page; the same page is the same memory.
func (t *tags) of(id domain.TavoloID, page []byte) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.by[id]; ok && known.page == &page[0] {
		return known.tag
	}
	if t.by == nil || len(t.by) > 1000 {
		t.by = make(map[domain.TavoloID]tagged)
	}
	tag := tagOf(-1, page)
	t.by[id] = tagged{&page[0], tag}
	return tag
}

// forget lets go of the pages.
func (t *tags) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.by)
}

// roster answers any other question for a roster.
func (c *call) roster() error {
	a, err := answerOf(c, thisTavolo, func(c *call, q *query) func(*projections.Models) (projections.Roster, error) {
		rq := c.rosterQuery(q)
		q.text("format")
		c.tells(c.tavolo().Stream(), domain.AsPage)
		return func(m *projections.Models) (projections.Roster, error) {
			r, err := m.Rosters.Roster(rq)
			return r, err
		}
	})
	if err != nil {
		return err
	}
	if !c.sees() {
		withoutNames(a.Items)
	}
	return c.reveal(a)
}

// withoutNames leaves out who the persons are.
func withoutNames(lines []projections.RosterLine) {
	for i := range lines {
		l := &lines[i]
		l.Name, l.GivenName, l.FamilyName, l.Function, l.Email, l.Phone, l.Answers = "", "", "", "", "", "", nil
		for j := range l.Presences {
			l.Presences[j].Note = ""
		}
	}
}

// rosterQuery reads what is asked of a roster. Whoever may not see names may not
// search for them either.
func (c *call) rosterQuery(q *query) projections.RosterQuery {
	contacts := q.yes("contacts")
	rq := projections.RosterQuery{
		Tavolo: c.tavolo(), Kind: word(q, "kind", domain.EnteKinds...), Mode: word(q, "mode", domain.InPresence, domain.Online),
		State: q.text("state"), Q: q.text("q"), Contacts: contacts != nil && *contacts, Limit: q.limit(), Cursor: q.text("cursor"),
		Sort: word(q, "sort", projections.OrderName, projections.OrderEnte, projections.OrderSince),
	}
	if !c.sees() {
		q.that(rq.Q == "", "q", "needs a role that may see names")
		q.that(!rq.Contacts, "contacts", "needs a role that may see names")
	}
	if ref := q.text("ente"); ref != "" {
		rq.Ente = enteParam(ref)
		q.that(rq.Ente.Kind != "" && rq.Ente.Code != "", "ente", "must be kind/code, or the ISTAT code of a comune")
	}
	m := q.moment()
	rq.EffectiveAt, rq.KnownAt = given(m.when.EffectiveAt), given(m.when.KnownAt)
	return rq
}

// enteParam reads "kind/code" or the six digits of a comune.
func enteParam(text string) domain.EnteRef {
	if len(text) == 6 && strings.Trim(text, "0123456789") == "" {
		return domain.EnteRef{Kind: domain.Comune, Code: text}
	}
	return domain.ParseEnteRef(text)
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
