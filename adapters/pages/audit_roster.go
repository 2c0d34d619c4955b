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

// File returns the address of the roster in a form, whatever page is shown of it.
func (p auditRoster) File(form string) string {
	return p.To(p.Here+"/file", "forma", form, "stato", p.State)
}

// handOutRoster hands out every line of the roster as a file.
func handOutRoster(v *visit) error {
	p, err := v.audit()
	if err != nil {
		return err
	}
	if len(p.Wrong) > 0 {
		return errBadForm
	}
	query := v.r.URL.Query()
	return v.handOut(rosterPath(v), p.withPurpose(p.asking("state", query.Get("stato"), "format", query.Get("forma"))))
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
