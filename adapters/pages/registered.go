package pages

import (
	"net/http"
	"net/url"
	"strings"

	"tavoli/projections"
)

// partyMade is what became of everybody.
type partyMade struct {
	People []seatMade `json:"people"`
}

// seatMade is what became of one of them.
type seatMade struct {
	State string `json:"state"`
	Place int    `json:"place_in_line,omitempty"`
	Code  string `json:"code,omitempty"`
	Name  string `json:"-"`
}

// doneCookie keeps for some minutes what the page after registering tells. It holds
// codes and no personal value.
const doneCookie = "tavoli_iscritti"

// A donePage tells what became of everybody.
type donePage struct {
	*visit
	Tavolo projections.TavoloDetail
	Made   partyMade
}

// Pending reports whether addresses are to be confirmed.
func (p donePage) Pending() bool { return p.Made.People[0].State == "pending" }

// showRegistered tells what became of those who have just registered.
func showRegistered(v *visit) error {
	p := donePage{visit: v}
	id := url.PathEscape(v.r.PathValue("id"))
	if err := v.get("/tavoli/"+id, nil, &p.Tavolo); err != nil {
		return err
	}
	if !v.kept(doneCookie, "/tavoli/"+id+"/iscrizione", &p.Made) || len(p.Made.People) == 0 {
		v.redirect("/tavoli/" + id)
		return nil
	}
	for i := range p.Made.People {
		if err := p.Made.People[i].learn(v, id); err != nil {
			return err
		}
	}
	return v.show("registered", p)
}

// learn asks whose the registration is and how it stands now. Of one that its code
// opens no longer, nothing is known but what was told.
func (s *seatMade) learn(v *visit, tavolo string) error {
	if s.Code == "" {
		return nil
	}
	var m mine
	err := v.post("/tavoli/"+tavolo+"/my-registration", "", map[string]string{"code": s.Code}, &m)
	switch status := statusOf(err); {
	case status == http.StatusNotFound || status == http.StatusTooManyRequests:
		s.Code = ""
		return nil
	case err != nil:
		return err
	}
	s.Name, s.State, s.Place = strings.TrimSpace(m.Person["given_name"]+" "+m.Person["family_name"]), string(m.State), m.Place
	return nil
}
