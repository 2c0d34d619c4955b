package pages

import (
	"net/url"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// doneTime is for how long the page after registering can be seen again.
const doneTime = 15 * time.Minute

// A minePage is one's own registration, opened by its code. The code stands in the
// bodies of forms alone.
type minePage struct {
	publicForm
	Tavoli []projections.Tavolo
	ID     string // of the tavolo
	Code   string
	Mine   *mine  // nil: not opened
	New    string // a code that was made
	What   string // what the new code is for
	Link   string // that carries the new code; empty: none
}

// CodeField asks for the code.
func (p *minePage) CodeField() shownField {
	f := p.In("codice", p.T("Codice dell'iscrizione", "Code of the registration"), "text", "off", true, 60)
	f.Plain = true
	return f
}

// mine is one's own registration as the API tells it.
type mine struct {
	State     domain.RegistrationState
	Place     int        `json:"place_in_line"`
	OfferedBy *time.Time `json:"offered_until"`
	ConfirmBy *time.Time `json:"confirm_by"`
	Mode      domain.Mode
	Modes     []domain.Mode
	Capacity  domain.Capacity
	Ente      *projections.EnteName
	Changes   bool `json:"changeable"`
	Invites   bool
	Person    map[string]string
	Subject   string

	Day          domain.Day
	Hours, Where string
	Late         bool // the time to confirm, or to take the seat, has passed
}

// showMine asks for the code.
func showMine(v *visit) error {
	p := &minePage{publicForm: publicForm{visit: v, Form: url.Values{}}, ID: v.r.URL.Query().Get("tavolo")}
	return p.ask()
}

// ask shows the form for the code, with the tavoli to which it may belong.
func (p *minePage) ask() error {
	list, err := p.tavoli(url.Values{})
	if err != nil {
		return err
	}
	today := domain.DayOf(p.site.Now())
	for _, t := range list {
		if t.Day >= today || string(t.ID) == p.ID {
			p.Tavoli = append(p.Tavoli, t)
		}
	}
	if p.ID == "" && len(p.Tavoli) == 1 {
		p.ID = string(p.Tavoli[0].ID)
	}
	return p.show("mine", p)
}

// minePaths are what can be done with one's own registration.
var minePaths = map[string]string{
	"conferma": "/confirmation", "accetta": "/offer-acceptance", "ritira": "/withdrawal", "modo": "/mode", "sostituisci": "/substitution", "correggi": "/rectification", "invita": "/invitation",
}

// doMine opens a registration, or changes it. Nothing is spent by looking.
func doMine(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p := &minePage{publicForm: publicForm{visit: v, Form: form}, ID: form.Get("tavolo"), Code: strings.TrimSpace(form.Get("codice"))}
	if p.ID == "" {
		if err := p.refused(p.invalid([]domain.Field{{Pointer: "/tavolo", Text: p.T("scegliere a quale tavolo ci si è iscritti", "choose for which tavolo one registered")}})); err != nil {
			return err
		}
		return p.ask()
	}
	if path, ok := minePaths[form.Get("azione")]; ok {
		if err := p.change(path); err != nil {
			return err
		}
	}
	return p.open()
}

// change lets something happen.
func (p *minePage) change(path string) error {
	var made struct{ Code string }
	err := p.post("/tavoli/"+url.PathEscape(p.ID)+"/my-registration"+path, p.Form.Get("chiave"), p.asked(path), &made)
	if err != nil {
		if err := p.refused(err); err != nil {
			return err
		}
		if path == "/substitution" {
			for i := range p.Wrong {
				p.Wrong[i].Name = "al." + p.Wrong[i].Name
			}
		}
		return nil
	}
	p.Form = url.Values{}
	switch path {
	case "/substitution":
		p.New, p.What, p.Code = made.Code, p.T("Il posto è passato. Il codice di prima non apre più nulla: questo è quello di chi partecipa ora.", "The seat was handed on. The earlier code opens nothing any longer: this is the one of who takes part now."), made.Code
	case "/invitation":
		p.Link = p.home() + "/tavoli/" + url.PathEscape(p.ID) + "/iscrizione?invito=1#" + made.Code
		p.New, p.What = made.Code, p.T("Dare questo codice agli enti gestori: con esso si iscrivono per il proprio ente.", "Give this code to the enti gestori: with it they register for your ente.")
	default:
		p.Note = p.T("Fatto: il registro è aggiornato.", "Done: the register is up to date.")
	}
	return nil
}

// asked reads what a change takes.
func (p *minePage) asked(path string) map[string]any {
	body := map[string]any{"code": p.Code}
	switch path {
	case "/substitution":
		body = p.values("al.")
		body["code"] = p.Code
	case "/rectification":
		body = p.values("")
		body["code"] = p.Code
	}
	if path == "/mode" {
		body["mode"] = p.Form.Get("modo")
	}
	if reason := strings.TrimSpace(p.Form.Get("motivo")); reason != "" && (path == "/withdrawal" || path == "/substitution") {
		body["reason"] = reason
	}
	return body
}

// home is the address of the site as the visitor sees it.
func (v *visit) home() string {
	if v.secure() {
		return "https://" + v.r.Host
	}
	return "http://" + v.r.Host
}

// open shows the registration that the code opens.
func (p *minePage) open() error {
	p.Key = newKey()
	var m mine
	err := p.post("/tavoli/"+url.PathEscape(p.ID)+"/my-registration", "", map[string]string{"code": p.Code}, &m)
	if err != nil {
		p.Wrong = nil
		if err := p.refused(err); err != nil {
			return err
		}
		if len(p.Wrong) == 0 {
			p.Wrong = []wrongField{{"codice", p.label("codice"), p.Problem.Detail}}
		}
		return p.ask()
	}
	var t projections.TavoloDetail
	if err := p.get("/tavoli/"+url.PathEscape(p.ID), nil, &t); err != nil {
		return err
	}
	m.Subject, m.Day, m.Hours, p.Mine = t.Subject, t.Day, hours(t.Times), &m
	for _, until := range []*time.Time{m.ConfirmBy, m.OfferedBy} {
		m.Late = m.Late || until != nil && !p.site.Now().Before(*until)
	}
	if m.Where = t.Place; m.Mode == domain.Online {
		m.Where = t.Platform
	}
	if p.Form.Get("azione") != "correggi" { // what was entered wrongly stays to be put right
		for name, value := range m.Person {
			p.Form.Set(name, value)
		}
	}
	p.w.Header().Set("Cache-Control", "no-store")
	return p.show("mine", p)
}
