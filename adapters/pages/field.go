package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// A fieldKind is how a field is entered.
type fieldKind int

// The kinds there are.
const (
	aLine fieldKind = iota
	anArea
	aDay
	anHour
	aMoment
	aNumber
	aChoice
	aCheck
	anEnte
	aMail
	aPhone
	someLines // a list, one a line
	someRows  // of fields, each a part of the body
	someChoices
	aHidden
	anAgenda
	anAddress
)

// A field is one thing that a form asks for. Its name is where it stands in the
// body: "reason", or "seats.online" for what stands inside of something.
type field struct {
	name  string
	label text
	kind  fieldKind
	hint  text
	must  bool
	most  int // characters
	also  string
	words []string                          // of a choice
	pick  func(*visit) ([]option, error)    // of a choice that depends on what there is
	read  func(string) (any, *domain.Field) // of what is entered in a way of its own

	rows  []field    // of which a row consists
	row   text       // what a row is called
	add   text       // what adding one is called
	fresh url.Values // what a new row begins with
}

// An option is what can be chosen.
type option struct {
	Value, Label string
	Chosen       bool
}

// A shownField is a field as the template shows it.
type shownField struct {
	Name, Label, Hint, Value, Wrong, Now, Type, Auto string

	Must    bool
	Plain   bool // no word of a language: neither corrected nor begun with a capital letter
	Begun   bool // this is where to go on
	Short   bool // of a row
	Most    int
	Rows    []shownRow
	Add     string // what adding a row is called
	Options []option
	Kind    fieldKind
}

// The template asks what a field is.
func (f shownField) Area() bool   { return f.Kind == anArea || f.Kind == someLines || f.Kind == anAgenda }
func (f shownField) Choice() bool { return f.Kind == aChoice }
func (f shownField) Check() bool  { return f.Kind == aCheck }
func (f shownField) Ente() bool   { return f.Kind == anEnte }
func (f shownField) Many() bool   { return f.Kind == someRows }
func (f shownField) Some() bool   { return f.Kind == someChoices }
func (f shownField) Hidden() bool { return f.Kind == aHidden }

// Height is how many lines of an area are shown.
func (f shownField) Height() int {
	switch {
	case f.Short:
		return 2
	case f.Most >= domain.MaxTemplate:
		return 18
	}
	return 4
}

// ID is the field's id on the page.
func (f shownField) ID() string { return "c-" + strings.ReplaceAll(f.Name, ".", "-") }

// Described lists what describes the field.
func (f shownField) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-aiuto")
	}
	if f.Wrong != "" {
		ids = append(ids, f.ID()+"-errore")
	}
	return strings.Join(ids, " ")
}

var fieldTypes = map[fieldKind]string{aDay: "date", anHour: "time", aMoment: "datetime-local", aNumber: "number", aMail: "email", aPhone: "tel", anAddress: "url"}

// shown returns a field with what was entered and what is wrong with it.
func (p *deedPage) shown(f field, form url.Values) shownField {
	s := shownField{Name: f.name, Label: f.label.in(p.Lang), Hint: f.hint.in(p.Lang), Value: form.Get(f.name), Must: f.must, Most: f.most, Kind: f.kind, Type: fieldTypes[f.kind], Auto: "off"}
	if s.Type == "" {
		s.Type = "text"
	}
	for _, w := range p.Wrong {
		if w.Name == f.name {
			s.Wrong = w.Text
		}
	}
	switch {
	case f.kind == someRows:
		s.Rows, s.Add = p.shownRows(f, form), f.add.in(p.Lang)
		return s
	case f.kind == anEnte:
		s.Options = p.candidates(f, form)
	case f.pick != nil:
		s.Options, _ = f.pick(p.visit) // what cannot be listed can be entered all the same
	default:
		for _, w := range f.words {
			s.Options = append(s.Options, option{Value: w, Label: p.site.word(p.Lang, w)})
		}
	}
	for i := range s.Options {
		if f.kind == anEnte {
			break // which one was picked is known
		}
		s.Options[i].Chosen = slices.Contains(form[f.name], s.Options[i].Value) && s.Options[i].Value != ""
	}
	return s
}

// body makes what is sent from what was entered.
func (p *deedPage) body(form url.Values) (map[string]any, error) {
	body := make(map[string]any)
	var bad []domain.Field
	for name, value := range p.Deed.fixed {
		if part, ok := value.(string); ok && strings.HasPrefix(part, "{") {
			value = p.r.PathValue(strings.Trim(part, "{}"))
		}
		body[name] = value
	}
	p.path = p.Deed.api
	for _, f := range p.Deed.fields {
		if part := "{" + f.name + "}"; strings.Contains(p.path, part) && p.r.PathValue(f.name) == "" {
			if form.Get(f.name) == "" {
				bad = append(bad, domain.Field{Pointer: "/" + f.name, Code: "required", Text: p.T("è obbligatorio", "is required")})
			}
			p.path = strings.ReplaceAll(p.path, part, url.PathEscape(form.Get(f.name)))
			continue
		}
		if f.kind == someRows {
			rows, wrong := p.rowsOf(f, form)
			body[f.name], bad = rows, append(bad, wrong...)
			continue
		}
		value, wrong := p.value(f, form)
		if wrong != nil {
			wrong.Pointer = "/" + strings.ReplaceAll(f.name, ".", "/")
			bad = append(bad, *wrong)
		}
		if value != nil {
			put(body, strings.Split(f.name, "."), value)
		}
	}
	if form.Get("distinct") != "" {
		body["distinct"] = true
	}
	if p.Deed.mend != nil {
		p.Deed.mend(form, body)
	}
	if bad != nil {
		bad = append(bad, p.missing(form)...)
		return nil, &problem{Status: http.StatusUnprocessableEntity, Code: "invalid-input", Title: p.T("Dati non validi", "Invalid"), Detail: p.T("Alcuni campi non sono validi.", "Some fields are not valid."), Errors: bad}
	}
	return body, nil
}

// missing lists what has to be filled in and is not, so that all is told at once.
func (p *deedPage) missing(form url.Values) (list []domain.Field) {
	for _, f := range p.Deed.fields {
		if f.must && f.kind != someRows && f.kind != anEnte && f.kind != aCheck && strings.TrimSpace(form.Get(f.name)) == "" && !strings.Contains(p.Deed.api, "{"+f.name+"}") {
			list = append(list, domain.Field{Pointer: "/" + strings.ReplaceAll(f.name, ".", "/"), Code: "required", Text: p.T("è obbligatorio", "is required")})
		}
	}
	return list
}

// put puts a value where its name says.
func put(body map[string]any, name []string, value any) {
	for ; len(name) > 1; name = name[1:] {
		inner, ok := body[name[0]].(map[string]any)
		if !ok {
			inner = make(map[string]any)
			body[name[0]] = inner
		}
		body = inner
	}
	body[name[0]] = value
}

// value reads one field; nil: it is absent.
func (p *deedPage) value(f field, form url.Values) (any, *domain.Field) {
	given := strings.TrimSpace(strings.ReplaceAll(form.Get(f.name), "\r\n", "\n"))
	switch {
	case f.kind == aCheck && given == "" && f.must:
		return nil, &domain.Field{Code: "required", Text: p.T("è obbligatorio", "is required")}
	case f.kind == aCheck && f.read == nil:
		return given != "", nil
	case f.kind == anEnte:
		return p.ente(f, form, given)
	case f.kind == someChoices:
		return slices.DeleteFunc(slices.Clone(form[f.name]), func(one string) bool { return one == "" }), nil
	case given == "":
		return nil, nil
	case f.read != nil:
		return f.read(given)
	case f.kind == aNumber:
		n, err := strconv.Atoi(given)
		if err != nil {
			return nil, &domain.Field{Code: "bad-number", Text: p.T("non è un numero intero", "is not a whole number")}
		}
		return n, nil
	case f.kind == someLines:
		return linesOf(given), nil
	case f.kind == anAgenda:
		return p.agenda(given)
	}
	return given, nil
}

// linesOf returns the lines of a text that are not empty.
func linesOf(text string) []string {
	list := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// agenda reads an order of the day, one item a line: "15:00 Saluti | Elio Tozzi".
func (p *deedPage) agenda(given string) (any, *domain.Field) {
	t, err := p.tavolo()
	if err != nil {
		return nil, &domain.Field{Code: "unknown-tavolo", Text: err.Error()}
	}
	list := []domain.AgendaItem{}
	for _, line := range linesOf(given) {
		line, name, _ := strings.Cut(line, "|")
		item := domain.AgendaItem{Title: strings.TrimSpace(line)}
		if at, title, _ := strings.Cut(line, " "); len(at) == 5 && at[2] == ':' && title != "" {
			item.At, item.Title = at, strings.TrimSpace(title)
		}
		if name = strings.TrimSpace(name); name != "" {
			i := slices.IndexFunc(t.Speakers, func(s projections.Speaker) bool { return strings.EqualFold(s.Name, name) })
			if i < 0 {
				return nil, &domain.Field{Code: "unknown-speaker", Text: name + ": " + p.T("non è un relatore del tavolo", "is no speaker of the tavolo")}
			}
			item.Speaker = &t.Speakers[i].Person
		}
		list = append(list, item)
	}
	return list, nil
}

// ente finds the ente that somebody typed, by name, code or as it was picked.
func (p *deedPage) ente(f field, form url.Values, given string) (any, *domain.Field) {
	if picked := form.Get(f.name + ".scelta"); picked != "" {
		given = picked
	}
	switch {
	case given == "" && f.must:
		return nil, &domain.Field{Code: "required", Text: p.T("è obbligatorio", "is required")}
	case given == "":
		return nil, nil
	}
	if ref := domain.ParseEnteRef(given); slices.Contains(domain.EnteKinds, ref.Kind) && ref.Code != "" {
		return ref, nil
	}
	found, err := p.enti(given)
	for _, e := range found {
		if strings.EqualFold(e.Name, given) || strings.EqualFold(e.Code, given) || e.Istat == given {
			found = []projections.Ente{e}
			break
		}
	}
	switch {
	case err != nil || len(found) == 0:
		return nil, &domain.Field{Code: "unknown-ente", Text: p.T("nessun ente corrisponde: cercarlo per nome o codice, o registrarlo prima", "no ente is found: search by name or code, or make it known first")}
	case len(found) > 1:
		return nil, &domain.Field{Code: "unknown-ente", Text: p.T("più enti corrispondono: sceglierne uno", "several enti are found: choose one")}
	}
	return domain.EnteRef{Kind: found[0].Kind, Code: found[0].Code}, nil
}

// enti asks for enti that are called something like that.
func (v *visit) enti(q string) ([]projections.Ente, error) {
	var page projections.EntiPage
	err := v.ask("/enti", url.Values{"q": {q}, "limit": {"12"}}, &page)
	return page.Items, err
}

// candidates lists the enti among which one has to be chosen.
func (p *deedPage) candidates(f field, form url.Values) (list []option) {
	given := strings.TrimSpace(form.Get(f.name))
	wrong := slices.ContainsFunc(p.Wrong, func(w wrongField) bool { return w.Name == f.name })
	if given == "" || !wrong && form.Get(f.name+".scelta") == "" {
		return nil
	}
	found, _ := p.enti(given) // where none is found there is nothing to choose
	for _, e := range found {
		ref := domain.EnteRef{Kind: e.Kind, Code: e.Code}.String()
		label := e.Name
		if e.Province != "" {
			label += " (" + e.Province + ")"
		}
		list = append(list, option{ref, label + ", " + p.site.word(p.Lang, string(e.Kind)), form.Get(f.name+".scelta") == ref})
	}
	return list
}

// chosen says in one line which of the options some values are.
func (f shownField) chosen(values []string) string {
	var texts []string
	for _, o := range f.Options {
		if slices.Contains(values, o.Value) {
			texts = append(texts, o.Label)
		}
	}
	return strings.Join(texts, " · ")
}
