package pages

import (
	"net/url"
	"strconv"
	"strings"

	"tavoli/domain"
)

// An adhesionPage is the scheda with which an ente asks to join the coordinamento.
type adhesionPage struct {
	publicForm
	People []attendee
	Done   bool
}

// mostReferenti is how many referenti the scheda names.
const mostReferenti = domain.MaxReferenti

func showAdhesion(v *visit) error {
	p := &adhesionPage{publicForm: publicForm{visit: v, Key: newKey(), Form: url.Values{}}, Done: v.r.URL.Query().Get("fatto") != ""}
	return p.show(1)
}

func (p *adhesionPage) show(people int) error {
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
		return p.show(n)
	case "aggiungi":
		return p.show(n + 1)
	case "togli":
		return p.show(n - 1)
	}
	body, err := p.body(n)
	if err == nil {
		err = v.post("/adhesions", p.Key, body, nil)
	}
	if err != nil {
		if err := p.refused(err); err != nil {
			return err
		}
		return p.show(n)
	}
	v.redirect("/adesione?fatto=1")
	return nil
}

// body reads the scheda.
func (p *adhesionPage) body(n int) (map[string]any, error) {
	var bad []domain.Field
	fault := func(name, it, en string) { bad = append(bad, domain.Field{Pointer: "/" + name, Text: p.T(it, en)}) }
	if p.Form.Get("sito") != "" {
		fault("sito", "questo campo deve restare vuoto", "this field must stay empty")
	}
	if p.Form.Get("informativa") == "" {
		fault("informativa", "va letta e accettata", "must be read and accepted")
	}
	ref, wrong := p.ente("ente")
	switch {
	case wrong != "":
		fault("ente", wrong, wrong)
	case ref == nil:
		fault("ente", "è obbligatorio", "is required")
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
	return map[string]any{"ente": ref, "referenti": list, "notice": NoticeVersion, "note": strings.TrimSpace(p.Form.Get("nota"))}, nil
}
