package pages

import (
	"net/url"
	"strings"

	"tavoli/projections"
)

// An auditRoster is who had to do with a tavolo, from the two times.
type auditRoster struct {
	auditPage
	Roster projections.Roster
	State  string
	Next   string
}

// rosterStates are the lines that can be asked for.
var rosterStates = []string{"all", "registered", "waiting", "confirmed", "withdrawn", "refused", "present", "absent"}

// States lists which lines can be asked for.
func (auditRoster) States() []string { return rosterStates }

// showAuditRoster shows the roster of a tavolo as of the two times.
func showAuditRoster(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	p := auditRoster{auditPage: page, State: query.Get("stato")}
	if p.State == "" {
		p.State = projections.AllStates
	}
	q := p.withPurpose(p.asking("state", p.State, "limit", "200", "cursor", query.Get("dopo")))
	if err := v.get(rosterPath(v), q, &p.Roster); err != nil {
		return err
	}
	if next := p.Roster.NextCursor; next != "" {
		p.Next = p.To(p.Here, "stato", query.Get("stato"), "dopo", next)
	}
	return v.show("audit-roster", p)
}

func rosterPath(v *visit) string {
	return "/tavoli/" + url.PathEscape(v.r.PathValue("id")) + "/roster"
}

// Stretches returns when somebody was there.
func (auditPage) Stretches(l projections.RosterLine) string {
	var texts []string
	for _, s := range l.Presences {
		text := hourOf(s.From) + "–"
		if s.To != nil {
			text += hourOf(*s.To)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

// A comparison is what is otherwise in the roster of a tavolo at one moment than at
// another. The later one is that of the page's two times.
type comparison struct {
	auditPage
	Tavolo                    string
	Subject                   string
	Before                    auditPage // the two times of the earlier one
	Asked                     bool
	Difference                projections.RosterDifference
	CountBefore, CountAfter   int
	StrangeBefore, StrangeNow bool // the tavolo was not known at that moment
}

// Names of the parameters that carry the two times of the earlier moment.
const (
	wasHappenedParam = "prima_accaduto"
	wasKnownParam    = "prima_noto"
)

// showComparison compares the roster of a tavolo at two moments.
func showComparison(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	p := comparison{auditPage: page, Tavolo: v.r.PathValue("id"), Subject: v.r.PathValue("id"), Before: page}
	p.Before.Happened, p.Before.Known = p.readTime(query, wasHappenedParam), p.readTime(query, wasKnownParam)
	p.Asked = query.Has(wasKnownParam) || query.Has(wasHappenedParam)
	if len(p.Wrong) > 0 {
		v.status = 400
		return v.show("audit-comparison", p)
	}
	after, err := p.whole(&p.StrangeNow)
	if err != nil {
		return err
	}
	if p.Subject = after.Subject; p.Subject == "" {
		p.Subject = p.Tavolo
	}
	if p.Asked {
		before, err := p.Before.whole(&p.StrangeBefore)
		if err != nil {
			return err
		}
		p.Difference, p.CountBefore, p.CountAfter = projections.CompareRosters(before.Items, after.Items), len(before.Items), len(after.Items)
	}
	return v.show("audit-comparison", p)
}

// whole asks for all lines of the roster from the two times. A tavolo of which
// nothing was known yet had none.
func (p *auditPage) whole(strange *bool) (all projections.Roster, err error) {
	q := p.withPurpose(p.asking("state", projections.AllStates, "limit", "1000"))
	for {
		var part projections.Roster
		err := p.get(rosterPath(p.visit), q, &part)
		switch {
		case statusOf(err) == 404 && (p.Happened != "" || p.Known != ""):
			*strange = true
			return all, nil
		case err != nil:
			return all, err
		}
		part.Items = append(all.Items, part.Items...)
		if all = part; part.NextCursor == "" {
			return all, nil
		}
		q.Set("cursor", part.NextCursor)
	}
}

// Same reports whether nothing is otherwise.
func (c comparison) Same() bool {
	d := c.Difference
	return len(d.Added)+len(d.Removed)+len(d.Changed) == 0
}

// A lineList is some lines of a roster in a table.
type lineList struct {
	Page  auditPage
	Lines []projections.RosterLine
}

// Listed returns lines for a table.
func (c comparison) Listed(lines []projections.RosterLine) lineList {
	return lineList{c.auditPage, lines}
}
