package pages

import (
	"cmp"
	"net/url"
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
	Over         bool
	Why          string
	Modes        []domain.Mode
	Capacities   []domain.Capacity
	StaffOnly    bool `json:"staff_only"`
	ConfirmEmail bool `json:"confirm_email"`
	OfferHours   int  `json:"offer_hours"`
	Questions    []domain.Question
	MaxPeople    int `json:"max_people"`
	Free         struct {
		InPresence *int `json:"in_presence"`
		Online     *int
	}
}

// Left returns how many seats of a mode are left, -1 where they are not limited.
func (d door) Left(m domain.Mode) int {
	left := d.Free.Online
	if m == domain.InPresence {
		left = d.Free.InPresence
	}
	if left == nil {
		return -1
	}
	return *left
}

// A registerPage is the form with which people register.
type registerPage struct {
	publicForm
	Tavolo  projections.TavoloDetail
	Door    door
	People  []attendee
	Invited bool // by an ente, with a code
}

// MayRegister reports whether the form is open to the visitor.
func (p *registerPage) MayRegister() bool {
	return p.Door.Open || p.Invited && p.Door.Why == "by-staff-only"
}

// EmailField asks where letters go, and says what becomes of who gives no address.
func (p *registerPage) EmailField(name, auto string) shownField {
	f := p.In(name, "E-mail", "email", auto, p.Door.ConfirmEmail, 254)
	f.Hint = p.T("Qui arrivano la conferma e ogni cambiamento.", "Where the confirmation goes, and word of any change.")
	return f
}

// InviteField asks for the code of an invitation.
func (p *registerPage) InviteField() shownField {
	f := p.In("invito", p.T("Codice dell'invito", "Code of the invitation"), "text", "off", true, 60)
	f.Plain = true
	return f
}

// An attendee is the names of the fields of one person.
type attendee struct {
	N         int
	At        string // "p0."
	Questions []domain.Question
}

// Title counts the persons.
func (p attendee) Title() int { return p.N + 1 }

// Auto returns what the browser may fill in: what it knows is of the first person alone.
func (p attendee) Auto(what string) string {
	if p.N == 0 {
		return what
	}
	return "off"
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
	p.recall()
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
	people, p.answered = min(max(people, 1), p.Door.MaxPeople), p.question
	switch form.Get("azione") {
	case "cerca":
		p.search(form.Get("ente"))
		return p.show(people)
	case "aggiungi":
		return p.show(people + 1)
	}
	if i, ok := p.removal(); ok {
		p.remove(i, people)
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
		if p.Problem.Code == "gestori-invitation-refused" {
			p.Wrong = []wrongField{{"invito", p.label("invito"), p.Problem.Detail}}
		}
		return p.show(people)
	}
	v.keep(doneCookie, "/tavoli/"+url.PathEscape(id)+"/iscrizione", made)
	v.redirect("/tavoli/" + url.PathEscape(id) + "/iscrizione/fatto")
	return nil
}

// body reads the form.
func (p *registerPage) body(people int) (map[string]any, error) {
	bad := p.accepted()
	body := map[string]any{"notice": NoticeVersion}
	if code := strings.TrimSpace(p.Form.Get("invito")); code != "" {
		body["invitation"] = code
	} else if ref, wrong := p.ente("ente"); wrong != "" {
		bad = append(bad, domain.Field{Pointer: "/ente", Text: wrong})
	} else if ref != nil {
		body["ente"] = ref
	} else if p.speaks(people) {
		bad = append(bad, domain.Field{Pointer: "/ente", Text: p.T("scegliere l'ente per cui si viene; chi non viene per un ente indica «altro» alla voce «In qualità di»", "choose the ente for which you come; who comes for none says “other” under “As”")})
	}
	list := make([]map[string]any, people)
	for i := range list {
		list[i] = p.person("p" + strconv.Itoa(i) + ".")
		if bad != nil { // all that is missing is told at once
			bad = append(bad, p.missing(i, list[i])...)
		}
	}
	body["people"] = list
	if bad != nil {
		return nil, p.invalid(bad)
	}
	return body, nil
}

// speaks reports whether somebody says to speak for an ente.
func (p *registerPage) speaks(people int) bool {
	for i := range people {
		if as := p.Form.Get("p" + strconv.Itoa(i) + ".capacity"); as != "" && as != string(domain.AsOther) && !p.Invited {
			return true
		}
	}
	return false
}

// missing lists what has to be said of a person and is not.
func (p *registerPage) missing(i int, one map[string]any) (bad []domain.Field) {
	at := "/people/" + strconv.Itoa(i)
	need := func(missing bool, field string) {
		if missing {
			bad = append(bad, domain.Field{Pointer: at + field, Text: p.T("è obbligatorio", "is required")})
		}
	}
	need(one["given_name"] == "" && one["family_name"] == "", "/family_name")
	need(one["email"] == "" && p.Door.ConfirmEmail, "/email")
	need(i == 0 && one["mode"] == nil && len(p.Door.Modes) > 1, "/mode")
	for _, q := range p.Door.Questions {
		need(q.Required && strings.TrimSpace(p.Form.Get("p"+strconv.Itoa(i)+".q."+q.ID)) == "", "/answers/"+q.ID)
	}
	return bad
}

// person reads one person.
func (p *registerPage) person(at string) map[string]any {
	one := p.values(at)
	if mode := cmp.Or(p.Form.Get(at+"modo"), p.Form.Get("modo")); mode != "" {
		one["mode"] = mode
	}
	if capacity := p.Form.Get(at + "capacity"); capacity != "" {
		one["capacity"] = capacity
	}
	if answers := p.answers(at); answers != nil {
		one["answers"] = answers
	}
	return one
}

// answers reads what one person answers.
func (p *registerPage) answers(at string) (list []domain.Answer) {
	for _, q := range p.Door.Questions {
		if text := strings.TrimSpace(p.Form.Get(at + "q." + q.ID)); text != "" {
			list = append(list, domain.Answer{Question: q.ID, Answer: text})
		}
	}
	return list
}

// question returns to which question an answer of a person was.
func (p *registerPage) question(person, answer string) string {
	list := p.answers("p" + person + ".")
	if i, err := strconv.Atoi(answer); err == nil && i < len(list) {
		return list[i].Question
	}
	return answer
}
