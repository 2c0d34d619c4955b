package pages

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"tavoli/domain"
)

// A text is what people read, in Italian and in English.
type text [2]string

// in returns the text in a language.
func (t text) in(lang string) string {
	if lang == "en" {
		return t[1]
	}
	return t[0]
}

// A deed is one command of the API that a form on a page of its own lets happen.
type deed struct {
	at     string // its address: "/segreteria/tavoli/{id}/annuncio"
	api    string // the path of the command: "/tavoli/{id}/announcement"
	title  text   // what it does
	hint   text
	roles  []domain.Role
	fields []field
	trial  string // where the form can be tried out, and nothing happens; empty: nowhere
	grave  bool   // it cannot be undone, or hurts
	then   string // where to go afterwards; empty: the page above
	made   string // the page of what was made, by what the API answers: "/segreteria/tavoli/{id}"; empty: there is none
	fixed  map[string]any
	see    string                                     // what is worth looking at before; empty: nothing
	seen   text                                       // what that is called
	mend   func(form url.Values, body map[string]any) // fills in what nobody has to enter; nil: nothing
	facts  func(*visit) ([]fact, error)               // worth knowing before; nil: none

	// fill returns what stands already and the revision of it, for If-Match; nil: nothing.
	fill func(*visit) (url.Values, domain.Revision, error)

	// told shows what is told once and never again; nil: the page afterwards is shown.
	told func(*visit, *deed, map[string]any) error
}

// What a form insists on, where it is no revision.
const (
	noRevision domain.Revision = -1 // there are no facts yet; what stands must stand still
	unbound    domain.Revision = -2 // nothing that stands is replaced
)

// A deedPage is the form of a deed.
type deedPage struct {
	*visit
	Deed     *deed
	Fields   []shownField
	Key      string // makes a repetition harmless
	Revision string // that is insisted on; empty: none
	Before   string // a mark of what stood when the form was shown first
	Problem  *problem
	Wrong    []wrongField
	Facts    []fact // worth knowing before
	Distinct bool   // somebody of the name is there already
	There    string // who that is

	path string // of the API
	row  string // of fields, with which to go on
}

// A fact is something worth knowing before, with the way to more of it.
type fact struct{ Text, At string }

// A wrongField is a line of the summary of what is wrong.
type wrongField struct{ Name, Label, Text string }

// ID is the id of the field on the page.
func (w wrongField) ID() string { return shownField{Name: w.Name}.ID() }

// Title, Hint and the like are what the template asks for.
func (p deedPage) Title() string { return p.Deed.title.in(p.Lang) }

// Hint says what is worth knowing before.
func (p deedPage) Hint() string { return p.Deed.hint.in(p.Lang) }

// See is what is worth looking at before.
func (p deedPage) See() string { return p.fillIn(p.Deed.see) }

// Trial is where the form can be tried out.
func (p deedPage) Trial() string { return p.fillIn(p.Deed.trial) }

// SeeLabel is what that is called.
func (p deedPage) SeeLabel() string { return p.Deed.seen.in(p.Lang) }

// Do is what the button of the form says.
func (p deedPage) Do() string {
	if p.Many() {
		return p.T("Salva", "Save")
	}
	return p.Title()
}

// Many reports whether rows can be added to the form.
func (p deedPage) Many() bool {
	return slices.ContainsFunc(p.Deed.fields, func(f field) bool { return f.kind == someRows })
}

// Grave reports whether it cannot be undone.
func (p deedPage) Grave() bool { return p.Deed.grave }

// Back is the page above.
func (p deedPage) Back() string { return p.above(p.Deed) }

// above returns the page to go to after a deed.
func (v *visit) above(d *deed) string {
	if d.then != "" {
		return v.fillIn(d.then)
	}
	at := v.fillIn(d.at)
	return at[:strings.LastIndexByte(at, '/')]
}

// after returns the page to go to when a deed is done: that of what was made, if
// something was.
func (v *visit) after(d *deed, answer map[string]any) string {
	if d.made == "" {
		return v.above(d)
	}
	parts := strings.Split(d.made, "/")
	for i, part := range parts {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		var told any = answer
		for name := range strings.SplitSeq(strings.Trim(part, "{}"), ".") {
			inner, _ := told.(map[string]any) // absent: what is told is no text
			told = inner[name]
		}
		text, ok := told.(string)
		if !ok {
			return v.above(d)
		}
		parts[i] = url.PathEscape(text)
	}
	return strings.Join(parts, "/")
}

// fillIn puts what the address says into a pattern.
func (v *visit) fillIn(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			parts[i] = url.PathEscape(v.r.PathValue(strings.TrimSuffix(name, "}")))
		}
	}
	return strings.Join(parts, "/")
}

// showDeed shows the form of a deed.
func showDeed(d *deed) page {
	return func(v *visit) error {
		if err := v.enter(d.roles...); err != nil {
			return err
		}
		p := deedPage{visit: v, Deed: d, Key: newKey()}
		form, err := p.filled()
		if err != nil {
			return err
		}
		return p.show(form, nil)
	}
}

// filled reads what stands already into the page.
func (p *deedPage) filled() (url.Values, error) {
	if p.Deed.fill == nil {
		return url.Values{}, nil
	}
	form, revision, err := p.Deed.fill(p.visit)
	if err != nil {
		return nil, err
	}
	if revision > noRevision {
		p.Revision = strconv.FormatInt(int64(revision), 10)
	}
	if revision > unbound {
		p.Before = p.Deed.mark(form)
	}
	return form, nil
}

// mark returns a mark of what stands in the fields of a form.
func (d *deed) mark(form url.Values) string {
	stands := url.Values{}
	for _, f := range d.fields {
		stands.Set(f.name, form.Get(f.name))
		switch f.kind {
		case someRows:
			f.put(stands, f.in(form))
		case someChoices:
			stands[f.name] = form[f.name]
		}
	}
	sum := sha256.Sum256([]byte(stands.Encode()))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// newKey returns an idempotency key.
func newKey() string { return uuid.NewString() }

// show shows the form with what was entered. What stands now is told beside a field
// where it is something else.
func (p *deedPage) show(form, now url.Values) (err error) {
	if p.Deed.facts != nil {
		if p.Facts, err = p.Deed.facts(p.visit); err != nil {
			return err
		}
	}
	for _, f := range p.Deed.fields {
		s := p.shown(f, form)
		if now != nil && now.Get(f.name) != form.Get(f.name) {
			s.Now = now.Get(f.name)
		}
		switch {
		case now == nil:
		case f.kind == someRows:
			s.Now = f.told(now)
		case f.kind == someChoices:
			s.Now = s.chosen(now[f.name])
		}
		p.Fields = append(p.Fields, s)
	}
	return p.visit.show("deed", p)
}

// doDeed lets a deed happen and goes on, or shows the form again with what is wrong.
func doDeed(d *deed) page {
	return func(v *visit) error {
		form, err := v.form()
		if err != nil {
			return err
		}
		if err := v.enter(d.roles...); err != nil {
			return err
		}
		p := &deedPage{visit: v, Deed: d, Key: form.Get("chiave"), Revision: form.Get("revisione"), Before: form.Get("prima")}
		if row, ok := d.arrange(form, form.Get("azione")); ok {
			p.row = row
			return p.show(form, nil)
		}
		d.tidy(form)
		body, err := p.body(form)
		if err != nil {
			return p.refused(err, form)
		}
		answer := make(map[string]any)
		if err := p.happen(body, &answer); err != nil {
			return p.refused(err, form)
		}
		if d.told != nil {
			return d.told(v, d, answer)
		}
		v.done(v.after(d, answer), d, answer["position"])
		return nil
	}
}

// happen asks the API. Where something else has changed meanwhile, and not what the
// form is about, it is asked again.
func (p *deedPage) happen(body map[string]any, answer *map[string]any) error {
	if err := p.still(); err != nil {
		return err
	}
	for range 4 {
		err := p.api().send(p.r.Context(), p.fillIn(p.path), p.Key, p.Revision, body, answer)
		if statusOf(err) != http.StatusPreconditionFailed || p.Deed.fill == nil {
			return err
		}
		now, revision, unknown := p.Deed.fill(p.visit)
		if unknown != nil || p.Deed.mark(now) != p.Before {
			return err
		}
		p.Revision = strconv.FormatInt(int64(revision), 10)
	}
	return p.api().send(p.r.Context(), p.fillIn(p.path), p.Key, p.Revision, body, answer)
}

// still looks whether what has no revision yet stands as it was shown.
func (p *deedPage) still() error {
	if p.Deed.fill == nil || p.Before == "" || p.Revision != "" {
		return nil
	}
	now, _, err := p.Deed.fill(p.visit)
	if err == nil && p.Deed.mark(now) != p.Before {
		err = &problem{Status: http.StatusPreconditionFailed, Code: "precondition-failed", Title: p.T("Cambiato nel frattempo", "Changed meanwhile"), Detail: p.T("è cambiato da quando è stato letto", "it has changed since it was read")}
	}
	return err
}

// refused shows the form again, unless it is no matter of the form.
func (p *deedPage) refused(err error, form url.Values) error {
	problem, ok := errors.AsType[*problem](err)
	if !ok || problem.Status >= http.StatusInternalServerError && problem.Status != http.StatusServiceUnavailable || problem.Status == http.StatusUnauthorized {
		return err
	}
	p.status, p.Problem = problem.Status, problem
	var now url.Values
	switch problem.Code {
	case "precondition-failed":
		if now, err = p.filled(); err != nil {
			return err
		}
	case "idempotency-key-reused":
		p.Key = newKey()
	case "possible-duplicate":
		p.Distinct = true
		if problem.Participant != nil {
			p.There = problem.Participant.String()
		}
	}
	for _, e := range problem.Errors {
		p.Wrong = append(p.Wrong, p.wrong(e))
	}
	return p.show(form, now)
}

// wrong says which field of the form a field of the body is.
func (p *deedPage) wrong(e domain.Field) wrongField {
	for _, f := range p.Deed.fields {
		if of, ok := f.cellOf(e.Pointer, p.Lang); ok {
			return wrongField{of.name, of.label.in(p.Lang), e.Text}
		}
	}
	if f, ok := p.Deed.fieldOf(e.Pointer); ok {
		return wrongField{f.name, f.label.in(p.Lang), e.Text}
	}
	return wrongField{"", strings.TrimPrefix(e.Pointer, "/"), e.Text}
}

// fieldOf returns the field that a pointer into the body is about.
func (d *deed) fieldOf(pointer string) (found field, ok bool) {
	for _, f := range d.fields {
		at := "/" + strings.ReplaceAll(f.name, ".", "/")
		if pointer == at || strings.HasPrefix(pointer, at+"/") {
			return f, true
		}
		if alias := "/" + f.also; f.also != "" && (pointer == alias || strings.HasPrefix(pointer, alias+"/")) {
			found, ok = f, true
		}
	}
	return found, ok
}

// done goes to a page that says what has been done and has seen it.
func (v *visit) done(to string, d *deed, position any) {
	query := url.Values{"fatto": {d.name()}}
	if at, ok := position.(string); ok {
		query.Set("visto", at)
	}
	v.redirect(to + "?" + query.Encode())
}

// name is what a deed is called in addresses: "tavoli-annuncio".
func (d *deed) name() string {
	parts := strings.Split(strings.TrimPrefix(d.at, "/segreteria/"), "/")
	parts = slices.DeleteFunc(parts, func(part string) bool { return strings.HasPrefix(part, "{") })
	return strings.Join(parts, "-")
}
