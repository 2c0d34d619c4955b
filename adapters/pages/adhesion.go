package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// An adhesionPage is the scheda with which an ente asks to join the coordinamento.
type adhesionPage struct {
	publicForm
	People []attendee
}

// EnteLabel is what the field of the ente is called.
func (p *adhesionPage) EnteLabel() string { return p.T("Ente che aderisce", "Ente that joins") }

// Kinds lists what sort of ente one may be that is not listed.
func (p *adhesionPage) Kinds() []option {
	return p.options(p.Form.Get("proposto.kind"), words(domain.EnteKinds)...)
}

// Unlisted reports whether the visitor says that the ente is not listed.
func (p *adhesionPage) Unlisted() bool {
	return p.Form.Get("proposto.name") != "" || p.Fault("proposto.name")+p.Fault("proposto.kind")+p.Fault("proposto.province") != "" || p.Missed
}

// mostReferenti is how many referenti the scheda names.
const mostReferenti = domain.MaxReferenti

func showAdhesion(v *visit) error {
	p := &adhesionPage{publicForm: publicForm{visit: v, Key: newKey(), Form: url.Values{}}}
	return p.show(1)
}

func (p *adhesionPage) show(people int) error {
	p.recall()
	for i := range min(max(people, 1), mostReferenti) {
		p.People = append(p.People, attendee{N: i, At: "p" + strconv.Itoa(i) + "."})
	}
	return p.visit.show("adhesion", p)
}

// requestAdhesion sends the scheda, or goes one step further in it.
func requestAdhesion(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(form.Get("persone")) // what is no number is one
	n = min(max(n, 1), mostReferenti)
	p := &adhesionPage{publicForm: publicForm{visit: v, Key: form.Get("chiave"), Form: form}}
	switch form.Get("azione") {
	case "cerca":
		p.search(form.Get("ente"))
		if p.Missed && form.Get("proposto.name") == "" {
			form.Set("proposto.name", form.Get("ente"))
		}
		return p.show(n)
	case "aggiungi":
		return p.show(n + 1)
	}
	if i, ok := p.removal(); ok {
		p.remove(i, n)
		return p.show(n - 1)
	}
	body, err := p.body(n)
	var made adhesionMade
	if err == nil {
		err = v.post("/adhesions", p.Key, body, &made)
	}
	if err != nil {
		if err := p.refused(err); err != nil {
			return err
		}
		return p.show(n)
	}
	v.keep(adhesionCookie, "/adesione", made)
	v.redirect("/adesione/fatto")
	return nil
}

// adhesionMade is a scheda that was sent, with the code that shows it to who sent it.
type adhesionMade struct{ Adhesion, Code string }

// adhesionCookie keeps for some minutes which scheda was sent.
const adhesionCookie = "tavoli_adesione"

// An adhesionSentPage tells what comes next.
type adhesionSentPage struct {
	*visit
	Made   adhesionMade
	Scheda projections.Adesione
}

// Number is how the scheda is called.
func (p adhesionSentPage) Number() string { return p.Scheda.Adesione.String()[:8] }

// showAdhesionSent tells who has just sent a scheda what comes next.
func showAdhesionSent(v *visit) error {
	p := adhesionSentPage{visit: v}
	if !v.kept(adhesionCookie, "/adesione", &p.Made) {
		v.redirect("/adesione")
		return nil
	}
	if err := v.post(p.Made.path(), "", map[string]string{"code": p.Made.Code}, &p.Scheda); err != nil {
		return err
	}
	return v.show("adhesionsent", p)
}

func (m adhesionMade) path() string { return "/adhesions/" + url.PathEscape(m.Adhesion) + "/own" }

// printAdhesion hands out the scheda to who sent it, to be signed.
func printAdhesion(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	made := adhesionMade{form.Get("scheda"), form.Get("codice")}
	format := "html"
	if form.Get("formato") == "pdf" {
		format = "pdf"
	}
	return v.relay(http.MethodPost, made.path()+"?format="+format, map[string]string{"code": made.Code})
}

// body reads the scheda.
func (p *adhesionPage) body(n int) (map[string]any, error) {
	bad := p.accepted()
	fault := func(name, text string) { bad = append(bad, domain.Field{Pointer: "/" + name, Text: text}) }
	body := map[string]any{"notice": NoticeVersion, "note": strings.TrimSpace(p.Form.Get("nota"))}
	if wrong := p.which(body); wrong != "" {
		fault("ente", wrong)
	}
	if bad != nil {
		return nil, p.invalid(bad)
	}
	list := make([]map[string]any, n)
	for i := range list {
		at := "p" + strconv.Itoa(i) + "."
		list[i] = p.values(at)
		for _, name := range []string{"from", "until"} {
			if day := strings.TrimSpace(p.Form.Get(at + name)); day != "" {
				list[i][name] = day
			}
		}
	}
	body["referenti"] = list
	return body, nil
}

// which puts into the scheda which ente joins: one of the register, or one that is
// proposed. It returns what is wrong.
func (p *adhesionPage) which(body map[string]any) string {
	typed, name := strings.TrimSpace(p.Form.Get("ente")), strings.TrimSpace(p.Form.Get("proposto.name"))
	ref, wrong := p.ente("ente")
	picked := p.Form.Get("ente.scelta") != "" || ref != nil && typed == name
	switch {
	case name != "" && !picked:
		proposed := map[string]string{"kind": p.Form.Get("proposto.kind"), "name": name}
		if sign := strings.TrimSpace(p.Form.Get("proposto.province")); sign != "" {
			proposed["province"] = strings.ToUpper(sign)
		}
		body["proposed"] = proposed
		return ""
	case ref == nil && wrong == "":
		wrong = p.T("è obbligatorio: cercarlo, oppure indicare sotto quello che non è in elenco", "is required: search for it, or name below one that is not listed")
	}
	body["ente"] = ref
	return wrong
}
