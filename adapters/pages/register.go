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

// NoticeVersion is the version of the privacy notice that these pages show.
const NoticeVersion = "2026-11"

// A door is what registering for a tavolo takes, as the API tells it.
type door struct {
	Open         bool
	Why          string
	Modes        []domain.Mode
	Capacities   []domain.Capacity
	StaffOnly    bool `json:"staff_only"`
	ConfirmEmail bool `json:"confirm_email"`
	OfferHours   int  `json:"offer_hours"`
	Questions    []domain.Question
	MaxPeople    int `json:"max_people"`
}

// A registerPage is the form with which people register.
type registerPage struct {
	publicForm
	Tavolo  projections.TavoloDetail
	Door    door
	People  []attendee
	Invited bool // by an ente, with a code
	Mode    string
}

// A publicForm is what forms of the public have in common.
type publicForm struct {
	*visit
	Key     string
	Form    url.Values
	Problem *problem
	Wrong   []wrongField
	Enti    []projections.EnteName // among which one has to be chosen
}

// An attendee is the names of the fields of one person.
type attendee struct {
	N         int
	At        string // "p0."
	Questions []domain.Question
}

// Title counts the persons.
func (p attendee) Title() int { return p.N + 1 }

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

// door asks what registering takes.
func (v *visit) door(id string) (projections.TavoloDetail, door, error) {
	var t projections.TavoloDetail
	var d door
	at := "/tavoli/" + url.PathEscape(id)
	err := v.get(at, nil, &t)
	if err == nil {
		err = v.get(at+"/form", nil, &d)
	}
	return t, d, err
}

// showRegister shows the form.
func showRegister(v *visit) error {
	p := &registerPage{publicForm: publicForm{visit: v, Key: newKey(), Form: url.Values{}}}
	p.Invited = v.r.URL.Query().Get("invito") != ""
	var err error
	if p.Tavolo, p.Door, err = v.door(v.r.PathValue("id")); err != nil {
		return err
	}
	return p.show(1)
}

// show shows the form for so many persons.
func (p *registerPage) show(people int) error {
	for i := range min(max(people, 1), max(p.Door.MaxPeople, 1)) {
		p.People = append(p.People, attendee{i, "p" + strconv.Itoa(i) + ".", p.Door.Questions})
	}
	return p.visit.show("register", p)
}

// register registers people, or goes one step further in the form.
func register(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	people, _ := strconv.Atoi(form.Get("persone")) // what is no number is one
	p := &registerPage{publicForm: publicForm{visit: v, Key: form.Get("chiave"), Form: form}, Invited: form.Get("invitato") != ""}
	id := v.r.PathValue("id")
	if p.Tavolo, p.Door, err = v.door(id); err != nil {
		return err
	}
	people = min(max(people, 1), p.Door.MaxPeople)
	switch form.Get("azione") {
	case "cerca":
		p.search(form.Get("ente"))
		return p.show(people)
	case "aggiungi":
		return p.show(people + 1)
	case "togli":
		return p.show(people - 1)
	}
	body, err := p.body(people)
	var made partyMade
	if err == nil {
		err = v.post("/tavoli/"+url.PathEscape(id)+"/requests", p.Key, body, &made)
	}
	if err != nil {
		if err := p.refused(err); err != nil {
			return err
		}
		return p.show(people)
	}
	made.keep(v, id)
	v.redirect("/tavoli/" + url.PathEscape(id) + "/iscrizione/fatto")
	return nil
}

// partyMade is what became of everybody.
type partyMade struct {
	People []struct {
		State string `json:"state"`
		Place int    `json:"place_in_line"`
		Code  string `json:"code"`
	} `json:"people"`
}

// doneCookie keeps for some minutes what the page after registering tells. It holds
// codes and no personal value.
const doneCookie = "tavoli_iscritti"

func (m partyMade) keep(v *visit, id string) {
	text, err := json.Marshal(m)
	if err != nil {
		return // it can always be written
	}
	c := v.cookie(doneCookie, base64.RawURLEncoding.EncodeToString(text), doneTime)
	c.Path = "/tavoli/" + url.PathEscape(id) + "/iscrizione"
	http.SetCookie(v.w, c)
}

// body reads the form.
func (p *registerPage) body(people int) (map[string]any, error) {
	var bad []domain.Field
	fault := func(name, it, en string) { bad = append(bad, domain.Field{Pointer: "/" + name, Text: p.T(it, en)}) }
	if p.Form.Get("sito") != "" {
		fault("sito", "questo campo deve restare vuoto", "this field must stay empty")
	}
	if p.Form.Get("informativa") == "" {
		fault("informativa", "va letta e accettata", "must be read and accepted")
	}
	body := map[string]any{"notice": NoticeVersion}
	if code := strings.TrimSpace(p.Form.Get("invito")); code != "" {
		body["invitation"] = code
	} else if ref, wrong := p.ente("ente"); wrong != "" {
		bad = append(bad, domain.Field{Pointer: "/ente", Text: wrong})
	} else if ref != nil {
		body["ente"] = ref
	}
	list := make([]map[string]any, people)
	for i := range list {
		list[i] = p.person("p"+strconv.Itoa(i)+".", body["ente"] != nil)
	}
	body["people"] = list
	if bad != nil {
		return nil, p.invalid(bad)
	}
	return body, nil
}

func (p publicForm) invalid(bad []domain.Field) error {
	return &problem{Status: http.StatusUnprocessableEntity, Code: "invalid-input", Title: p.T("Dati non validi", "Invalid"), Detail: p.T("Alcuni campi non sono validi.", "Some fields are not valid."), Errors: bad}
}

// person reads one person.
func (p *registerPage) person(at string, ente bool) map[string]any {
	one := p.values(at)
	if mode := p.Form.Get("modo"); mode != "" {
		one["mode"] = mode
	}
	if capacity := p.Form.Get(at + "capacity"); capacity != "" && (ente || capacity == string(domain.AsOther)) {
		one["capacity"] = capacity
	}
	var answers []domain.Answer
	for _, q := range p.Door.Questions {
		if text := strings.TrimSpace(p.Form.Get(at + "q." + q.ID)); text != "" {
			answers = append(answers, domain.Answer{Question: q.ID, Answer: text})
		}
	}
	if answers != nil {
		one["answers"] = answers
	}
	return one
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
	var found struct{ Items []projections.EnteName }
	if q = strings.TrimSpace(q); q != "" && len(q) <= 1000 && p.get("/public/enti", url.Values{"q": {q}}, &found) == nil {
		p.Enti = found.Items
	}
	if len(p.Enti) == 0 {
		p.Wrong = append(p.Wrong, wrongField{"ente", p.T("Ente", "Ente"), p.T("nessun ente corrisponde: provare con una sola parola del nome", "no ente is found: try one word of the name")})
	}
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
		return nil, p.T("nessun ente corrisponde: provare con una sola parola del nome", "no ente is found: try one word of the name")
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
	for _, f := range problem.Errors {
		name := fieldOfForm(f.Pointer)
		p.Wrong = append(p.Wrong, wrongField{name, p.label(name), f.Text})
	}
	return nil
}

// fieldOfForm returns the field of the form that a pointer into the body means.
func fieldOfForm(pointer string) string {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if len(parts) < 3 || parts[0] != "people" && parts[0] != "referenti" {
		switch parts[0] {
		case "notice":
			return "informativa"
		case "invitation":
			return "invito"
		case "ente":
			return "ente"
		}
		return strings.Join(parts, ".")
	}
	if parts[2] == "mode" {
		return "modo"
	}
	if parts[2] == "answers" && len(parts) == 4 {
		return "p" + parts[1] + ".q." + parts[3]
	}
	return "p" + parts[1] + "." + parts[2]
}

// label returns what a field is called.
func (p publicForm) label(name string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	labels := map[string]text{
		"given_name": {"Nome", "Given name"}, "family_name": {"Cognome", "Family name"}, "email": {"E-mail", "E-mail"}, "phone": {"Telefono", "Telephone"},
		"function": {"Qualifica", "Function"}, "capacity": {"In qualità di", "As"}, "modo": {"Come partecipa", "How"}, "ente": {"Ente", "Ente"},
		"informativa": {"Informativa", "Privacy notice"}, "invito": {"Codice dell'invito", "Code of the invitation"}, "codice": {"Codice", "Code"}, "sito": {"Sito", "Site"},
		"from": {"Dal", "From"}, "until": {"Fino al", "Until"},
	}
	if l, ok := labels[last]; ok {
		return l.in(p.Lang)
	}
	return p.T("Risposta", "Answer")
}

// A donePage tells what became of everybody.
type donePage struct {
	*visit
	Tavolo projections.TavoloDetail
	Made   partyMade
}

// showRegistered tells what became of those who have just registered.
func showRegistered(v *visit) error {
	p := donePage{visit: v}
	if err := v.get("/tavoli/"+url.PathEscape(v.r.PathValue("id")), nil, &p.Tavolo); err != nil {
		return err
	}
	c, err := v.r.Cookie(doneCookie)
	if err == nil {
		text, _ := base64.RawURLEncoding.DecodeString(c.Value) // what is none tells nothing
		err = json.Unmarshal(text, &p.Made)
	}
	if err != nil || len(p.Made.People) == 0 {
		v.redirect("/tavoli/" + url.PathEscape(v.r.PathValue("id")))
		return nil
	}
	v.w.Header().Set("Cache-Control", "no-store")
	return v.show("registered", p)
}
