package pages

import (
	"errors"
	"net/http"
	"strings"

	"tavoli/projections"
)

// An auditHome is where an audit begins: what there is to look at.
type auditHome struct {
	auditPage
	Tavoli    []projections.Tavolo
	Programmi []projections.Programma
	Accounts  []projections.Account // none where the visitor may not see them
	Enti      []projections.Ente
	Q         string // what enti are looked for
}

func showAudit(v *visit) (err error) {
	p := auditHome{Q: strings.TrimSpace(v.r.URL.Query().Get("ente"))}
	if p.auditPage, err = v.audit(); err != nil {
		return err
	}
	if p.Tavoli, err = v.tavoli(p.asking()); err != nil {
		return err
	}
	if p.Programmi, err = v.programmi(); err != nil {
		return err
	}
	if p.Accounts, err = p.accounts(); err != nil {
		return err
	}
	if p.Q != "" {
		var list projections.EntiPage
		if err := v.get("/enti", p.withPurpose(p.asking("q", p.Q, "limit", "50")), &list); err != nil {
			return err
		}
		p.Enti = list.Items
	}
	return v.show("audit", p)
}

// accounts asks for the accounts, which not everybody may see.
func (p *auditPage) accounts() ([]projections.Account, error) {
	var list struct {
		Items []projections.Account `json:"items"`
	}
	err := p.get("/accounts", p.asking(), &list)
	if statusOf(err) == http.StatusForbidden {
		return nil, nil
	}
	return list.Items, err
}

// A peopleFound is who is of a name.
type peopleFound struct {
	auditPage
	Q     string
	Items []projections.PersonFound
	More  bool
}

// findPeople looks for persons. It is a POST although it changes nothing, because a
// name must not stand in an address.
func findPeople(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	p := peopleFound{auditPage: page, Q: strings.TrimSpace(form.Get("persona"))}
	p.Happened, p.Known = p.readTime(form, happenedParam), p.readTime(form, knownParam)
	p.Here = "/controllo"
	var list projections.PeoplePage
	err = v.get("/people", p.withPurpose(p.asking("q", p.Q, "limit", "100")), &list)
	if asked, ok := errors.AsType[*problem](err); ok && asked.Code == "purpose-required" {
		v.redirect("/controllo/finalita?verso=%2Fcontrollo")
		return nil
	}
	if err != nil {
		return err
	}
	p.Items, p.More = list.Items, list.NextCursor != ""
	return v.show("audit-people", p)
}
