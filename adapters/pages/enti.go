package pages

import (
	"net/url"
	"slices"

	"tavoli/domain"
	"tavoli/projections"
)

// An entiPage is the enti that are asked for.
type entiPage struct {
	*visit
	projections.EntiPage
	Asked url.Values
}

// showEnti lists the enti.
func showEnti(v *visit) error {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	p := entiPage{visit: v, Asked: v.r.URL.Query()}
	asked := url.Values{"limit": {"100"}}
	for from, to := range map[string]string{"q": "q", "tipo": "kind", "provincia": "province", "coordinamento": "member", "da": "cursor", "scopo": "purpose"} {
		if value := p.Asked.Get(from); value != "" {
			asked.Set(to, value)
		}
	}
	if err := v.ask("/enti", asked, &p.EntiPage); err != nil {
		return err
	}
	return v.show("enti", p)
}

// Given returns what was asked for.
func (p entiPage) Given(name string) string { return p.Asked.Get(name) }

// Kinds lists the kinds of enti.
func (p entiPage) Kinds() []option { return p.options(p.Given("tipo"), words(domain.EnteKinds)...) }

// Next is the address of the next page.
func (p entiPage) Next() string {
	query := cloneValues(p.Asked)
	query.Set("da", p.NextCursor)
	query.Del("visto")
	query.Del("fatto")
	return "?" + query.Encode()
}

// An entePage is what the register holds of an ente.
type entePage struct {
	*visit
	Ente projections.Ente
}

// ente asks for the ente of the address.
func (v *visit) ente() (e projections.Ente, err error) {
	err = v.ask("/enti/"+url.PathEscape(v.r.PathValue("kind"))+"/"+url.PathEscape(v.r.PathValue("code")), nil, &e)
	return e, err
}

// showEnte shows an ente.
func showEnte(v *visit) (err error) {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	p := entePage{visit: v}
	if p.Ente, err = v.ente(); err != nil {
		return err
	}
	return v.show("ente", p)
}

// Actions lists what the visitor may do about it.
func (p entePage) Actions() (list []deedLink) {
	for _, d := range p.Deeds("/segreteria/enti/{kind}/{code}", string(p.Ente.Kind), p.Ente.Code) {
		here := p.Ente.Coordinamento.Member
		switch at := d.At[len(d.At)-6:]; {
		case at == "esione" && here, at == "uscita" && !here:
			continue
		}
		list = append(list, d)
	}
	return list
}

// fillRelease begins with the trust that was chosen on the ente's page.
func fillRelease(v *visit) (url.Values, domain.Revision, error) {
	query, form := v.r.URL.Query(), url.Values{}
	if ref := domain.ParseEnteRef(query.Get("gestore")); slices.Contains(domain.EnteKinds, ref.Kind) {
		var e projections.Ente
		if err := v.ask("/enti/"+url.PathEscape(string(ref.Kind))+"/"+url.PathEscape(ref.Code), nil, &e); err != nil {
			return nil, unbound, err
		}
		form.Set("gestore", e.Name)
		form.Set("gestore.scelta", ref.String())
		form.Set("project", query.Get("progetto"))
	}
	return form, unbound, nil
}

// fillEnte returns what an ente is called now.
func fillEnte(v *visit) (url.Values, domain.Revision, error) {
	e, err := v.ente()
	return url.Values{"name": {e.Name}}, e.Revision, err
}

// A programmiPage is the programmes there are.
type programmiPage struct {
	*visit
	Items []projections.Programma
}

// showProgrammi lists the programmes.
func showProgrammi(v *visit) (err error) {
	if err := v.enter(rMembers...); err != nil {
		return err
	}
	p := programmiPage{visit: v}
	var list struct {
		Items []projections.Programma `json:"items"`
	}
	if err := v.ask("/programmi", nil, &list); err != nil {
		return err
	}
	p.Items = list.Items
	return v.show("programmi", p)
}

// A programmaPage is one programme.
type programmaPage struct {
	*visit
	Programma projections.Programma
}

// programma asks for the programme of the address.
func (v *visit) programma() (p projections.Programma, err error) {
	err = v.ask("/programmi/"+url.PathEscape(v.r.PathValue("programma")), nil, &p)
	return p, err
}

// showProgramma shows a programme.
func showProgramma(v *visit) (err error) {
	if err := v.enter(rMembers...); err != nil {
		return err
	}
	p := programmaPage{visit: v}
	if p.Programma, err = v.programma(); err != nil {
		return err
	}
	return v.show("programma", p)
}

// Actions lists what the visitor may do about it.
func (p programmaPage) Actions() []deedLink {
	return p.Deeds("/segreteria/programmi/{programma}", string(p.Programma.Programma))
}

// fillProgramma returns the newest funding paragraph.
func fillProgramma(v *visit) (url.Values, domain.Revision, error) {
	p, err := v.programma()
	form := url.Values{}
	if n := len(p.FundingBlocks); n > 0 {
		form.Set("text", p.FundingBlocks[n-1].Text)
	}
	return form, p.Revision, err
}
