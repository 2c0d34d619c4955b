package web

import (
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// rosterFile answers with every line of a roster that matches, in a file.
func (c *call) rosterFile(f fileForm) error {
	q := c.query()
	m := q.moment()
	c.purpose = q.text("purpose")
	q.text("format")
	q.that(q.text("limit") == "" && q.text("cursor") == "", "limit", "a file holds every line: limit and cursor are for JSON")
	rq := c.rosterQuery(q)
	rq.Limit = projections.MaxLimit
	if err := q.unknown(c.route.query); err != nil {
		return err
	}
	sheet, at, err := askAs(c, m, thisTavolo, func(m *projections.Models) (papers.RosterSheet, error) { return allLines(m, rq) })
	if err != nil {
		return err
	}
	sheet.Position = at
	if !c.sees() {
		withoutNames(sheet.Lines)
	}
	c.tells(c.tavolo().Stream(), domain.AsExport)
	if err := c.disclose(); err != nil {
		return err
	}
	c.tell(at)
	paper := papers.Roster(sheet)
	paper.Plain = f == csvForm
	return c.file(f, paper)
}

// allLines turns the pages of a roster into one.
func allLines(m *projections.Models, q projections.RosterQuery) (s papers.RosterSheet, err error) {
	for {
		page, err := m.Rosters.Roster(q)
		if err != nil {
			return s, err
		}
		s.Lines = append(s.Lines, page.Items...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			s.Roster = page
			break
		}
	}
	_, s.RecordedAt = m.Marks.Newest()
	t, err := m.Calendar.Tavolo(q.Tavolo, false)
	if err != nil || t.Programma == "" {
		return s, err
	}
	if p, err := m.Programmi.Programma(t.Programma); err == nil { // a tavolo may come before its programme
		block, _ := p.BlockOn(domain.DayOf(s.RecordedAt))
		s.Programma, s.Funding = p.Programma, block.Text
	}
	return s, nil
}

// InItalian returns a word of the API as people read it: "in presenza" for in-presence.
func InItalian(word string) string { return projections.InItalian(word) }
