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

// readTime reads one of the two times; what is none is noted and left out.
func (p *auditPage) readTime(query url.Values, name string) string {
	text := strings.TrimSpace(query.Get(name))
	if text == "" || (name == knownParam || name == wasKnownParam) && isPosition(text) {
		return text
	}
	if _, err := domain.ParseTime(text); err != nil {
		p.Wrong[name] = p.T("Scrivere giorno e ora: 2022-06-30T23:59. Le ore che il cambio dell'ora salta o ripete vogliono lo scarto.", "Write a day and an hour: 2022-06-30T23:59. Hours that the change of the clocks skips or repeats need an offset.")
		return ""
	}
	return text
}

func isPosition(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == "" && len(text) < 20 && text[0] != '0'
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
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// Kept lists the parameters of the page that changing the times leaves alone.
func (p auditPage) Kept() (kept [][2]string) {
	query := p.r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if name != happenedParam && name != knownParam && name != "dopo" {
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
	if len(q) == 0 {
		return p.Here
	}
	return p.Here + "?" + q.Encode()
}

// Banner says plainly from which times the register is looked at; empty: from now.
func (p auditPage) Banner() (list []string) {
	switch {
	case p.Known == "":
	case isPosition(p.Known):
		list = append(list, p.T("Come il registro lo sapeva alla posizione ", "As the register knew it at position ")+p.Known)
	default:
		list = append(list, p.T("Come il registro lo sapeva il ", "As the register knew it on ")+p.spoken(p.Known))
	}
	if p.Happened != "" {
		list = append(list, p.T("Per quanto era accaduto entro il ", "By what had happened until ")+p.spoken(p.Happened))
	}
	return list
}

// spoken returns a moment as it is read: "30 giugno 2022 alle 23:59".
func (p auditPage) spoken(text string) string {
	t, err := domain.ParseTime(text)
	if err != nil {
		return text
	}
	t = t.In(domain.Rome)
	clock := t.Format("15:04")
	if t.Second() != 0 {
		clock = t.Format("15:04:05")
	}
	if p.Lang == "en" {
		return t.Format("2 January 2006") + " at " + clock
	}
	return t.Format("2 ") + monthsIT[t.Month()-1] + t.Format(" 2006") + " alle " + clock
}

// FieldType returns which field a moment, or a position, stands in.
func (auditPage) FieldType(text string) string {
	if isPosition(text) {
		return "text"
	}
	return "datetime-local"
}

// Field returns a moment as a field for dates and times takes it.
func (p auditPage) Field(text string) string {
	if isPosition(text) {
		return text
	}
	t, err := domain.ParseTime(text)
	if err != nil {
		return ""
	}
	t = t.In(domain.Rome)
	if t.Second() != 0 {
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format("2006-01-02T15:04")
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
