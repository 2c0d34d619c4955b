package pages

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// auditRoles are whom the audit is for. What each may see is decided by the API.
var auditRoles = []domain.Role{domain.RoleAuditor, domain.RoleAdmin, domain.RoleStaff, domain.RoleDPO, domain.RoleInspector}

// Audits reports whether the visitor has to do with the audit.
func (v *visit) Audits() bool { return v.Is(auditRoles...) }

// Auditing reports whether the visitor is on a page of the audit.
func (v *visit) Auditing() bool { return strings.HasPrefix(v.r.URL.Path, "/controllo") }

// An auditPage is what every page of the audit has: the two times from which the
// register is asked, which stay while one goes from page to page.
type auditPage struct {
	*visit
	Happened string // what had happened by then, as it was entered; empty: now
	Known    string // as it was known then, a time or a position; empty: now
	Wrong    map[string]string
	Here     string // the page's path
	Purpose  string // why the visitor looks
}

// Names of the parameters that carry the two times.
const (
	happenedParam = "accaduto"
	knownParam    = "noto"
)

// momentParams are the parameters that changing the times replaces, with where a list
// had come to.
var momentParams = []string{happenedParam, knownParam, happenedParam + hourSuffix, knownParam + hourSuffix, "dopo"}

// audit lets in whom the audit is for, and reads from which times they look.
func (v *visit) audit() (auditPage, error) {
	p := auditPage{visit: v, Here: v.r.URL.Path, Wrong: make(map[string]string)}
	if err := v.know(); err != nil {
		return p, err
	}
	switch {
	case v.Who == nil:
		return p, &problem{Status: http.StatusUnauthorized, Title: v.T("Accesso richiesto", "Sign in first"), Detail: v.T("La sessione è finita.", "The session has ended.")}
	case !v.Audits():
		return p, &problem{Status: http.StatusForbidden, Title: v.T("Pagina riservata", "Not for this account"), Detail: v.T("Queste pagine sono per chi controlla.", "These pages are for auditors.")}
	}
	p.Purpose = v.purpose()
	query := v.r.URL.Query()
	p.Happened, p.Known = p.readTime(query, happenedParam), p.readTime(query, knownParam)
	if len(p.Wrong) > 0 {
		v.status = http.StatusBadRequest
	}
	return p, nil
}

// asking returns the parameters of a question from the two times.
func (p *auditPage) asking(pairs ...string) url.Values {
	q := make(url.Values)
	if p.Happened != "" {
		q.Set("effective_at", p.Happened)
	}
	if p.Known != "" {
		q.Set("known_at", p.Known)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

// To returns the address of a page of the audit, seen from the same two times.
func (p auditPage) To(path string, pairs ...string) string {
	q := make(url.Values)
	for i, name := range []string{happenedParam, knownParam} {
		if text := []string{p.Happened, p.Known}[i]; text != "" {
			q.Set(name, text)
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return withQuery(path, q)
}

// withQuery returns an address with parameters, if there are any.
func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// Kept lists the parameters of the page that changing the times leaves alone.
func (p auditPage) Kept() (kept [][2]string) {
	query := p.r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if p.Wrong[name] != "" {
			continue
		}
		if !slices.Contains(momentParams, name) {
			kept = append(kept, [2]string{name, query.Get(name)})
		}
	}
	return kept
}

// Now is the page as the register stands now.
func (p auditPage) Now() string {
	q := make(url.Values)
	for _, pair := range p.Kept() {
		q.Set(pair[0], pair[1])
	}
	return withQuery(p.Here, q)
}

// Short returns the beginning of a person's id, which stands where there is no name.
func (auditPage) Short(id domain.PersonID) string { return id.String()[:8] }

// A cell is a person in a table.
type cell struct {
	Page auditPage
	Line projections.RosterLine
}

// Cell returns a person for a table.
func (p auditPage) Cell(l projections.RosterLine) cell { return cell{p, l} }

// Position returns the position from which the register is looked at, where it is one.
func (p auditPage) Position() string {
	if isPosition(p.Known) {
		return p.Known
	}
	return ""
}

// InWords returns a change in the words of the visitor's language.
func (p auditPage) InWords(c projections.Change) changeInWords {
	if p.site.Change == nil {
		return changeInWords{What: c.Path}
	}
	what, before, after := p.site.Change(p.Lang, c)
	return changeInWords{what, before, after}
}

// A changeInWords is a change as people read it.
type changeInWords struct{ What, Before, After string }

// audited asks for the purpose of a look first where the API wants one.
func audited(shown page) page {
	return func(v *visit) error {
		err := shown(v)
		if p, ok := errors.AsType[*problem](err); ok && p.Code == "purpose-required" && v.r.Method == http.MethodGet {
			v.redirect("/controllo/finalita?" + url.Values{"verso": {v.r.URL.RequestURI()}}.Encode())
			return nil
		}
		return err
	}
}
