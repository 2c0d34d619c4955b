package pages

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// This file is about what the forms of the public have in common.

// A publicForm is what forms of the public have in common.
type publicForm struct {
	*visit
	Key     string
	Form    url.Values
	Problem *problem
	Wrong   []wrongField
	Enti    []projections.EnteName // among which one has to be chosen
	Missed  bool                   // an ente was looked for, and none is called like that

	lost     bool                               // the search failed
	answered func(person, answer string) string // which question an answer is to; nil: nothing is asked
}

// EnteLabel is what the field of the ente is called.
func (p publicForm) EnteLabel() string { return p.T("Per quale ente", "For which ente") }

// Value returns what was entered in a field.
func (p publicForm) Value(name string) string { return p.Form.Get(name) }

// Fault returns what is wrong with a field.
func (p publicForm) Fault(name string) string {
	for _, w := range p.Wrong {
		if w.Name == name {
			return w.Text
		}
	}
	return ""
}

// IDOf returns the id of a field without what all begin with.
func (p publicForm) IDOf(name string) string { return strings.ReplaceAll(name, ".", "-") }

// In is a field of the form as the template shows it.
func (p publicForm) In(name, label, kind, auto string, must bool, most int) shownField {
	return shownField{Name: name, Label: label, Value: p.Form.Get(name), Wrong: p.Fault(name), Type: kind, Auto: auto, Must: must, Most: most}
}

// keep keeps something below a path for the page that comes next.
func (v *visit) keep(name, path string, what any) {
	text, err := json.Marshal(what)
	if err != nil {
		return // it can always be written
	}
	v.give(name, path, base64.RawURLEncoding.EncodeToString(text), doneTime)
}

// kept reads what was kept below a path, and reports whether there is anything.
func (v *visit) kept(name, path string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(v.held(name, path))
	return err == nil && json.Unmarshal(text, into) == nil
}

func (p publicForm) invalid(bad []domain.Field) error {
	return &problem{Status: http.StatusUnprocessableEntity, Code: "invalid-input", Title: p.T("Dati non validi", "Invalid"), Detail: p.T("Alcuni campi non sono validi.", "Some fields are not valid."), Errors: bad}
}

// values reads what somebody gives of himself.
func (p publicForm) values(at string) map[string]any {
	one := make(map[string]any)
	for _, name := range []string{"given_name", "family_name", "email", "phone", "function"} {
		one[name] = strings.TrimSpace(p.Form.Get(at + name))
	}
	return one
}

// search finds the enti that somebody may mean.
func (p *publicForm) search(q string) {
	p.Enti = p.find(q)
	if p.Missed = len(p.Enti) == 0; p.Missed {
		p.Wrong = append(p.Wrong, wrongField{"ente", p.T("Ente", "Ente"), p.unknown()})
	}
}

// find asks which enti are called something like that.
func (p *publicForm) find(q string) []projections.EnteName {
	var found struct{ Items []projections.EnteName }
	if q = strings.TrimSpace(q); q == "" || len(q) > 1000 {
		return nil // nothing that can be meant
	}
	p.lost = p.get("/public/enti", url.Values{"q": {q}}, &found) != nil
	return found.Items
}

// recall shows again among which enti one was chosen, or is to be.
func (p *publicForm) recall() {
	if p.Enti != nil || p.Missed {
		return
	}
	list, picked := p.find(p.Form.Get("ente")), p.Form.Get("ente.scelta")
	if picked == "" || slices.ContainsFunc(list, func(e projections.EnteName) bool { return string(e.Kind)+"/"+e.Code == picked }) {
		p.Enti = list
	}
}

// unknown says that no ente is called as was typed.
func (p *publicForm) unknown() string {
	if p.lost {
		return p.T("la ricerca non è riuscita: riprovare tra un momento", "the search failed: try again in a moment")
	}
	return p.T("nessun ente del registro si chiama così: provare con una sola parola del nome", "no ente of the register is called like that: try one word of the name")
}

// ente reads which ente was chosen, or finds the only one that can be meant.
func (p *publicForm) ente(name string) (*domain.EnteRef, string) {
	given := strings.TrimSpace(p.Form.Get(name))
	if picked := p.Form.Get(name + ".scelta"); picked != "" {
		ref := domain.ParseEnteRef(picked)
		return &ref, ""
	}
	if given == "" {
		return nil, ""
	}
	p.search(given)
	same := func(e projections.EnteName) bool { return projections.Fold(e.Name) == projections.Fold(given) }
	switch i := slices.IndexFunc(p.Enti, same); {
	case len(p.Enti) == 1:
		return &domain.EnteRef{Kind: p.Enti[0].Kind, Code: p.Enti[0].Code}, ""
	case i >= 0 && !slices.ContainsFunc(p.Enti[i+1:], same):
		return &domain.EnteRef{Kind: p.Enti[i].Kind, Code: p.Enti[i].Code}, ""
	case len(p.Enti) == 0:
		p.Wrong = nil
		return nil, p.unknown()
	}
	return nil, p.T("scegliere l'ente dall'elenco", "choose the ente from the list")
}

// refused notes what is wrong, unless it is no matter of the form.
func (p *publicForm) refused(err error) error {
	problem, ok := errors.AsType[*problem](err)
	if !ok || problem.Status >= http.StatusInternalServerError && problem.Status != http.StatusServiceUnavailable {
		return err
	}
	p.status, p.Problem = problem.Status, problem
	if problem.Code == "idempotency-key-reused" { // who went back to the form has changed it since
		p.Key = newKey()
		problem.Detail = p.T("questo modulo è già stato inviato con altri dati: se serve ancora, inviarlo di nuovo", "this form was sent already with other data: send it again if it is still wanted")
	}
	for _, f := range problem.Errors {
		name := p.fieldOf(f.Pointer)
		if strings.HasSuffix(name, ".modo") && p.Form.Get(name) == "" {
			continue // as of the first person, of whom it is said already
		}
		p.Wrong = append(p.Wrong, wrongField{name, p.label(name), f.Text})
	}
	return nil
}

// fieldOf returns the field of the form that a pointer into the body means.
func (p publicForm) fieldOf(pointer string) string {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if len(parts) < 3 || parts[0] != "people" && parts[0] != "referenti" {
		switch parts[0] {
		case "notice":
			return "informativa"
		case "invitation":
			return "invito"
		case "ente":
			return "ente"
		case "proposed":
			return "proposto." + parts[len(parts)-1]
		case "note":
			return "nota"
		}
		return strings.Join(parts, ".")
	}
	if parts[2] == "mode" && parts[1] == "0" {
		return "modo"
	} else if parts[2] == "mode" {
		return "p" + parts[1] + ".modo"
	}
	if parts[2] == "answers" && len(parts) == 4 {
		return "p" + parts[1] + ".q." + parts[3]
	} else if parts[2] == "answers" && len(parts) == 5 && p.answered != nil {
		return "p" + parts[1] + ".q." + p.answered(parts[1], parts[3])
	}
	return "p" + parts[1] + "." + parts[2]
}

// label returns what a field is called.
func (p publicForm) label(name string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	labels := map[string]text{
		"given_name": {"Nome", "Given name"}, "family_name": {"Cognome", "Family name"}, "email": {"E-mail", "E-mail"}, "phone": {"Telefono", "Telephone"},
		"function": {"Qualifica", "Function"}, "capacity": {"In qualità di", "As"}, "modo": {"Come partecipa", "How"}, "ente": {"Ente", "Ente"},
		"tavolo": {"Tavolo", "Tavolo"}, "informativa": {"Informativa", "Privacy notice"}, "invito": {"Codice dell'invito", "Code of the invitation"}, "codice": {"Codice", "Code"}, "sito": {"Sito", "Site"},
		"from": {"Dal", "From"}, "until": {"Fino al", "Until"}, "name": {"Denominazione", "Name"}, "kind": {"Tipo di ente", "Kind"}, "province": {"Provincia", "Province"}, "nota": {"Nota", "Note"},
	}
	if l, ok := labels[last]; ok {
		return l.in(p.Lang)
	}
	return p.T("Risposta", "Answer")
}

// accepted returns what is wrong with what every form of the public asks for.
func (p publicForm) accepted() (bad []domain.Field) {
	if p.Form.Get("sito") != "" {
		bad = append(bad, domain.Field{Pointer: "/sito", Text: p.T("questo campo deve restare vuoto", "this field must stay empty")})
	}
	if p.Form.Get("informativa") == "" {
		bad = append(bad, domain.Field{Pointer: "/informativa", Text: p.T("va letta e accettata", "must be read and accepted")})
	}
	return bad
}

// Address is where the form is, without what follows the question mark.
func (p publicForm) Address() string { return p.r.URL.Path }

// removal reports which person is to be taken out of the form, if one is.
func (p publicForm) removal() (int, bool) {
	n, ok := strings.CutPrefix(p.Form.Get("azione"), "togli.")
	i, err := strconv.Atoi(n)
	return i, ok && err == nil && i >= 0
}

// remove takes a person out of the form: who comes after moves up.
func (p publicForm) remove(i, people int) {
	for name := range p.Form {
		n, rest, ok := strings.Cut(strings.TrimPrefix(name, "p"), ".")
		if k, err := strconv.Atoi(n); !ok || err != nil || k != people-1 {
			continue
		}
		for at := i; at < people-1; at++ {
			p.Form.Set("p"+strconv.Itoa(at)+"."+rest, p.Form.Get("p"+strconv.Itoa(at+1)+"."+rest))
		}
		p.Form.Del(name)
	}
}
