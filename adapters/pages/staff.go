package pages

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tavoli/domain"
)

// Who may see and do what on the pages of the secretariat. The API has the last word.
var (
	rAdmins   = []domain.Role{domain.RoleAdmin}
	rStaff    = []domain.Role{domain.RoleAdmin, domain.RoleStaff}
	rDesks    = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleOperator}
	rReaders  = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleOperator, domain.RoleAuditor}
	rCounters = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleOperator, domain.RoleAuditor, domain.RoleReporter}
	rAuditors = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleAuditor}
	rAccounts = []domain.Role{domain.RoleAdmin, domain.RoleAuditor, domain.RoleDPO}
	rOversee  = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleAuditor, domain.RoleDPO}
	rMembers  = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleOperator, domain.RoleAuditor, domain.RoleReporter, domain.RoleDPO}
)

// A navLink is a way to a part of the site that only some see.
type navLink struct {
	At    string
	label text
	roles []domain.Role
}

// navLinks are the ways there are, in their order.
var navLinks = []navLink{
	{"/segreteria", text{"Da fare", "To do"}, rMembers},
	{"/segreteria/tavoli", text{"Tavoli", "Tavoli"}, rCounters},
	{"/segreteria/persone", text{"Persone", "People"}, rReaders},
	{"/segreteria/enti", text{"Enti", "Enti"}, rCounters},
	{"/segreteria/adesioni", text{"Adesioni", "Adhesions"}, rAuditors},
	{"/segreteria/lettere", text{"Lettere", "Letters"}, letterRoles},
	{"/segreteria/statistiche", text{"Statistiche", "Statistics"}, rCounters},
	{"/segreteria/relazioni", text{"Relazioni", "Reports"}, rCounters},
	{"/segreteria/programmi", text{"Programmi", "Programmes"}, rStaff},
	{"/segreteria/conservazione", text{"Conservazione", "Retention"}, rOversee},
	{"/segreteria/utenze", text{"Utenze", "Accounts"}, rAccounts},
}

// A navItem is a way as the template shows it.
type navItem struct {
	At, Label string
	Here      bool
}

// Staff reports whether the pages of the secretariat are open to the visitor.
func (v *visit) Staff() bool { return v.Is(rMembers...) }

// Reads reports whether the visitor may read who took part, and why that is known.
func (v *visit) Reads() bool { return v.Is(rReaders...) }

// Working reports whether the visitor is on one of them.
func (v *visit) Working() bool {
	return v.Staff() && (v.r.URL.Path == "/segreteria" || strings.HasPrefix(v.r.URL.Path, "/segreteria/"))
}

// Nav lists the ways that are open to the visitor.
func (v *visit) Nav() (list []navItem) {
	here := ""
	for _, l := range navLinks {
		if path := v.r.URL.Path; (path == l.At || strings.HasPrefix(path, l.At+"/")) && len(l.At) > len(here) {
			here = l.At
		}
	}
	for _, l := range navLinks {
		if v.Is(l.roles...) {
			list = append(list, navItem{l.At, l.label.in(v.Lang), l.At == here})
		}
	}
	return list
}

// enter lets in who has one of some roles, and tells what has just been done.
func (v *visit) enter(roles ...domain.Role) error {
	if err := v.know(); err != nil {
		return err
	}
	switch {
	case v.Who == nil:
		return &problem{Status: http.StatusUnauthorized, Code: "token-missing", Title: v.T("Accesso richiesto", "Sign in first"), Detail: v.T("La sessione è finita: accedere di nuovo.", "The session has ended: sign in again.")}
	case !v.Is(roles...):
		return &problem{Status: http.StatusForbidden, Code: "role-required", Title: v.T("Non consentito", "Not allowed"), Detail: v.T("L'utenza non ha un ruolo che lo consenta.", "The account has no role that may do this.")}
	}
	v.Note = v.noted(v.r.URL.Query().Get("fatto"))
	return nil
}

// noted says what has just been done.
func (v *visit) noted(name string) string {
	if name == "" {
		return ""
	}
	if said, ok := quickDeeds[name]; ok {
		return said.in(v.Lang)
	}
	for _, d := range v.site.deeds {
		if d.name() == name {
			return v.T("Fatto: ", "Done: ") + d.title.in(v.Lang)
		}
	}
	return ""
}

// May reports whether the visitor may do one of the deeds at an address.
func (v *visit) May(at string) bool {
	for _, d := range v.site.deeds {
		if d.at == at {
			return v.Is(d.roles...)
		}
	}
	return false
}

// A deedLink is a way to the form of a deed.
type deedLink struct {
	At, Label string
	Grave     bool
}

// name is what the deed is called in its address: "annuncio".
func (d deedLink) name() string { return d.At[strings.LastIndexByte(d.At, '/')+1:] }

// Deeds lists the deeds that the visitor may do below an address, whose parts in
// braces are as given.
func (v *visit) Deeds(below string, given ...string) (list []deedLink) {
	for _, d := range v.site.deeds {
		if rest, ok := strings.CutPrefix(d.at, below+"/"); !ok || strings.Contains(rest, "/") || !v.Is(d.roles...) {
			continue
		}
		at, left := d.at, given
		for strings.Contains(at, "{") && len(left) > 0 {
			from, to := strings.IndexByte(at, '{'), strings.IndexByte(at, '}')
			at, left = at[:from]+url.PathEscape(left[0])+at[to+1:], left[1:]
		}
		list = append(list, deedLink{at, d.title.in(v.Lang), d.grave})
	}
	return list
}

// ask asks the API for something that has seen what was just done.
func (v *visit) ask(path string, query url.Values, into any) error {
	seen := v.r.URL.Query().Get("visto")
	if seen != "" && len(seen) < 20 && strings.Trim(seen, "0123456789") == "" {
		query = cloneValues(query)
		query.Set("at_least", seen)
	}
	return v.get(path, query, into)
}

func cloneValues(v url.Values) url.Values {
	c := make(url.Values, len(v)+1)
	for name, list := range v {
		c[name] = slices.Clone(list)
	}
	return c
}

// send asks for something to happen; a revision is insisted on, unless it is empty.
func (a api) send(ctx context.Context, path, key, revision string, body, into any) error {
	header := http.Header{"Content-Type": {"application/json"}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	if revision != "" {
		header.Set("If-Match", `"`+revision+`"`)
	}
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return a.do(ctx, http.MethodPost, path, header, sent, into)
}

// pass hands the visitor a file of the API.
func (v *visit) pass(path string, query url.Values) error {
	if err := v.enter(rMembers...); err != nil {
		return err
	}
	return v.relay(http.MethodGet, path+"?"+query.Encode(), nil)
}

// relay hands the visitor what the API answers, as it is.
func (v *visit) relay(method, path string, body any) error {
	sent := []byte(nil)
	if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := v.api().request(v.r.Context(), method, path, bytes.NewReader(sent))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	w := &answer{header: make(http.Header)}
	v.site.API.ServeHTTP(w, req)
	if w.status >= 400 {
		return readProblem(w)
	}
	h := v.w.Header()
	h.Set("Content-Type", cmp.Or(w.header.Get("Content-Type"), "application/octet-stream"))
	h.Set("Cache-Control", "no-store")
	if disposition := w.header.Get("Content-Disposition"); disposition != "" {
		h.Set("Content-Disposition", disposition)
	}
	if policy := w.header.Get("Content-Security-Policy"); policy != "" {
		h.Set("Content-Security-Policy", policy)
	}
	return v.send(w.body.Bytes())
}
