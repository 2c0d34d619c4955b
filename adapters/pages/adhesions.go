package pages

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// An adhesionsPage is the requests to join the coordinamento.
type adhesionsPage struct {
	*visit
	Items []projections.Adesione
	State string
}

// showAdhesions lists the requests to join.
func showAdhesions(v *visit) error {
	if err := v.enter(rAuditors...); err != nil {
		return err
	}
	p := adhesionsPage{visit: v, State: v.r.URL.Query().Get("stato")}
	asked := url.Values{}
	if p.State != "" {
		asked.Set("state", p.State)
	}
	var list struct {
		Items []projections.Adesione `json:"items"`
	}
	if err := v.ask("/adhesions", asked, &list); err != nil {
		return err
	}
	p.Items = list.Items
	return v.show("adhesions", p)
}

// States lists the states of a request.
func (p adhesionsPage) States() (list []option) {
	for _, state := range projections.AdesioneStates {
		list = append(list, option{state, p.site.feminine(p.Lang, state), state == p.State})
	}
	return list
}

// Waits reports whether a request is still to be decided.
func (p adhesionsPage) Waits(a projections.Adesione) bool {
	return a.State == projections.AdesioneStates[0]
}

// passAdhesion hands out the scheda of a request, as a page to print.
func passAdhesion(v *visit) error {
	return v.pass(v.adhesionAt(), url.Values{"format": {cmp.Or(v.r.URL.Query().Get("formato"), "html")}})
}

// adhesion asks for the request of the address.
func (v *visit) adhesion() (a projections.Adesione, err error) {
	err = v.ask(v.adhesionAt(), nil, &a)
	return a, err
}

// adhesionAt is where the API has the request of the address. Where the address names no
// ente, the ente is not listed.
func (v *visit) adhesionAt() string {
	ente := domain.Unlisted
	if kind := v.r.PathValue("kind"); kind != "" {
		ente = domain.EnteRef{Kind: domain.EnteKind(kind), Code: v.r.PathValue("code")}
	}
	return "/enti/" + url.PathEscape(string(ente.Kind)) + "/" + url.PathEscape(ente.Code) + "/adhesions/" + url.PathEscape(v.r.PathValue("adhesion"))
}

// whatIsAsked tells a request where it is decided about, with the scheda to print.
func whatIsAsked(v *visit) ([]fact, error) {
	a, err := v.adhesion()
	if err != nil {
		return nil, err
	}
	name := a.Ente.Name
	if a.Ente.Province != "" {
		name += " (" + a.Ente.Province + ")"
	}
	ente, kind := "/segreteria/enti/"+url.PathEscape(string(a.Ente.Kind))+"/"+url.PathEscape(a.Ente.Code), a.Ente.Kind
	if a.Proposed != nil {
		ente, kind = "", a.Proposed.Kind
	}
	list := []fact{{name + ", " + v.site.word(v.Lang, string(kind)) + ": " + v.T("richiesta del ", "asked on ") + moment(a.RequestedAt), ente}}
	for _, r := range a.Referenti {
		parts := []string{r.Name, r.Function, r.Email, r.Phone}
		if r.From != "" {
			parts = append(parts, v.T("dal ", "from ")+longDay(v.Lang, r.From))
		}
		if r.Until != "" {
			parts = append(parts, v.T("fino al ", "until ")+longDay(v.Lang, r.Until))
		}
		list = append(list, fact{Text: "Referente: " + strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")})
	}
	if a.Note != "" {
		list = append(list, fact{Text: v.T("Nota: ", "Note: ") + a.Note})
	}
	at := "/segreteria/adesioni/" + url.PathEscape(string(a.Ente.Kind)) + "/" + url.PathEscape(a.Ente.Code) + "/" + a.Adesione.String() + "/scheda"
	return append(list, fact{v.T("Scheda da stampare", "Form to print"), at}, fact{v.T("Scheda in PDF", "Form as PDF"), at + "?formato=pdf"}), nil
}

// fillUnlisted fills in how an ente that is not listed describes itself.
func fillUnlisted(v *visit) (url.Values, domain.Revision, error) {
	a, err := v.adhesion()
	if err != nil {
		return nil, unbound, err
	}
	form := url.Values{}
	if p := a.Proposed; p != nil {
		form.Set("as.name", p.Official)
		form.Set("as.kind", string(p.Kind))
		form.Set("as.province", p.Province)
	}
	return form, unbound, nil
}

// adhesionDeeds are what can be done about a request.
func adhesionDeeds() []*deed {
	const unlisted, unlistedAPI = "/segreteria/adesioni/altro/non-in-elenco/{adhesion}/", "/enti/altro/non-in-elenco/adhesions/{adhesion}/"
	const at, api = "/segreteria/adesioni/{kind}/{code}/{adhesion}/", "/enti/{kind}/{code}/adhesions/{adhesion}/"
	return []*deed{
		{
			at: at + "approvazione", api: api + "approval", title: text{"Approva l'adesione", "Approve the request"}, roles: rStaff, then: "/segreteria/adesioni", facts: whatIsAsked,
			hint:   text{"L'ente entra nel coordinamento e le persone indicate ne diventano referenti.", "The ente joins the coordinamento, and those named become its referenti."},
			fields: []field{fromField, {name: "scheda", label: text{"Riferimento della scheda", "Reference of the form"}}},
		},
		{
			at: unlisted + "registrazione", api: unlistedAPI + "approval", title: text{"Registra l'ente e approva", "Register the ente and approve"}, roles: rStaff, then: "/segreteria/adesioni", fill: fillUnlisted, facts: whatIsAsked,
			hint: text{"L'ente non è in elenco: viene registrato con questi dati, entra nel coordinamento e le persone indicate ne diventano referenti. Se nel frattempo è stato registrato, contano solo tipo e codice.",
				"The ente is not listed: it is registered with these data, joins the coordinamento, and those named become its referenti. If it was registered meanwhile, only kind and code count."},
			fields: []field{
				{name: "as.name", label: text{"Denominazione", "Name"}, must: true, most: domain.MaxLine}, {name: "as.kind", label: text{"Tipo", "Kind"}, kind: aChoice, must: true, words: words(domain.EnteKinds)},
				{name: "as.code", label: text{"Codice", "Code"}, must: true, hint: text{"Di un comune quello catastale, come G273; per gli altri il codice IPA o uno scelto qui.", "Of a comune the cadastral one, as in G273; of others the IPA code, or one chosen here."}},
				{name: "as.province", label: text{"Sigla della provincia", "Sign of the province"}, most: 2}, {name: "as.istat", label: text{"Codice ISTAT", "ISTAT code"}, most: 6}, {name: "as.ipa", label: text{"Codice IPA", "IPA code"}},
				fromField, {name: "scheda", label: text{"Riferimento della scheda", "Reference of the form"}},
			},
		},
		{at: unlisted + "diniego", api: unlistedAPI + "refusal", title: text{"Non accogliere l'adesione", "Refuse the request"}, roles: rStaff, grave: true, then: "/segreteria/adesioni", facts: whatIsAsked, fields: []field{reasonField}},
		{at: at + "diniego", api: api + "refusal", title: text{"Non accogliere l'adesione", "Refuse the request"}, roles: rStaff, grave: true, then: "/segreteria/adesioni", facts: whatIsAsked, fields: []field{reasonField}},
	}
}
