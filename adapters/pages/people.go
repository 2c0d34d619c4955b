package pages

import (
	"net/url"

	"tavoli/domain"
	"tavoli/projections"
)

// A peoplePage is who is of a name.
type peoplePage struct {
	*visit
	projections.PeoplePage
	Q string
}

// showPeople looks for persons.
func showPeople(v *visit) error {
	if err := v.enter(rReaders...); err != nil {
		return err
	}
	query := v.r.URL.Query()
	p := peoplePage{visit: v, Q: query.Get("q")}
	asked := url.Values{"limit": {"50"}}
	for from, to := range map[string]string{"q": "q", "da": "cursor", "scopo": "purpose"} {
		if value := query.Get(from); value != "" {
			asked.Set(to, value)
		}
	}
	if p.Q != "" {
		if err := v.ask("/people", asked, &p.PeoplePage); err != nil {
			return err
		}
	}
	return v.show("people", p)
}

// A personPage is what the register holds of somebody.
type personPage struct {
	*visit
	Person  projections.Person
	Letters projections.LetterPage // to the person, the newest first
}

// person asks for the person of the address.
func (v *visit) person() (p projections.Person, err error) {
	err = v.ask("/people/"+url.PathEscape(v.r.PathValue("person")), nil, &p)
	return p, err
}

// showPerson shows what the register holds of somebody.
func showPerson(v *visit) (err error) {
	if err := v.enter(rReaders...); err != nil {
		return err
	}
	p := personPage{visit: v}
	if p.Person, err = v.person(); err != nil {
		return err
	}
	if v.Is(letterRoles...) {
		if err := v.ask("/letters", url.Values{"person": {p.Person.Person.String()}, "limit": {"10"}}, &p.Letters); err != nil {
			return err
		}
	}
	return v.show("person", p)
}

// Actions lists what the visitor may do about the person.
func (p personPage) Actions() (list []deedLink) {
	for _, d := range p.Deeds("/segreteria/persone/{person}", p.Person.Person.String()) {
		if p.Person.Removed {
			continue
		}
		list = append(list, d)
	}
	return list
}

// passPerson hands out everything held of a person, as a page to print.
func passPerson(v *visit) error {
	return v.pass("/people/"+url.PathEscape(v.r.PathValue("person"))+"/export", url.Values{"format": {"html"}})
}

// fillPerson returns what is held of the person now.
func fillPerson(v *visit) (url.Values, domain.Revision, error) {
	p, err := v.person()
	form := url.Values{"given_name": {p.GivenName}, "family_name": {p.FamilyName}, "email": {p.Email}, "phone": {p.Phone}, "function": {p.Function}}
	return form, p.Revision, err
}

// pickSame lists others of the same name.
func pickSame(v *visit) (list []option, err error) {
	p, err := v.person()
	for _, s := range p.Suggestions {
		list = append(list, option{Value: s.Person.String(), Label: s.Name + " (" + s.Person.String()[:8] + ")"})
	}
	return list, err
}

// pickLinked lists whom a person is linked to.
func pickLinked(v *visit) (list []option, err error) {
	p, err := v.person()
	if p.LinkedAs != nil {
		list = append(list, option{Value: p.LinkedAs.String(), Label: p.LinkedAs.String()[:8]})
	}
	return list, err
}

// pickTavolo lists the tavoli, the last one first.
func pickTavolo(v *visit) (list []option, err error) {
	tavoli, err := v.tavoli(url.Values{})
	for i := range tavoli {
		t := tavoli[len(tavoli)-1-i]
		list = append(list, option{Value: string(t.ID), Label: v.named(t)})
	}
	return list, err
}

// pickSpeaker lists who speaks at the tavolo of the address.
func pickSpeaker(v *visit) (list []option, err error) {
	t, err := v.tavolo()
	for _, s := range t.Speakers {
		list = append(list, option{Value: s.Person.String(), Label: s.Name})
	}
	return list, err
}
