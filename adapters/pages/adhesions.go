package pages

import (
	"net/url"

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
func (p adhesionsPage) States() []option { return p.options(p.State, projections.AdesioneStates...) }

// Waits reports whether a request is still to be decided.
func (p adhesionsPage) Waits(a projections.Adesione) bool {
	return a.State == projections.AdesioneStates[0]
}

// passAdhesion hands out the scheda of a request, as a page to print.
func passAdhesion(v *visit) error {
	at := "/enti/" + url.PathEscape(v.r.PathValue("kind")) + "/" + url.PathEscape(v.r.PathValue("code")) + "/adhesions/" + url.PathEscape(v.r.PathValue("adhesion"))
	return v.pass(at, url.Values{"format": {"html"}})
}

// adhesionDeeds are what can be done about a request.
func adhesionDeeds() []*deed {
	const at, api = "/segreteria/adesioni/{kind}/{code}/{adhesion}/", "/enti/{kind}/{code}/adhesions/{adhesion}/"
	return []*deed{
		{
			at: at + "approvazione", api: api + "approval", title: text{"Approva l'adesione", "Approve the request"}, roles: rStaff, then: "/segreteria/adesioni",
			hint:   text{"L'ente entra nel coordinamento e le persone indicate ne diventano referenti.", "The ente joins the coordinamento, and those named become its referenti."},
			fields: []field{fromField, {name: "scheda", label: text{"Riferimento della scheda", "Reference of the form"}}},
		},
		{at: at + "diniego", api: api + "refusal", title: text{"Non accogliere l'adesione", "Refuse the request"}, roles: rStaff, grave: true, then: "/segreteria/adesioni", fields: []field{reasonField}},
	}
}
