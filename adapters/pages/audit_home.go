package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
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
	Items []projections.PersonRef
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

// A story is what happened to one thing, or what somebody did.
type story struct {
	auditPage
	Title string
	What  string // "tavolo", "persona", "ente", "programma", "utenza", "atti"
	ID    string
	Items []projections.TrailEntry
	Next  string // the address of what follows
	Actor string
	Day   string
}

// showStory returns the page that tells what happened to things of a kind.
func showStory(what, parameter string) page {
	return audited(func(v *visit) error {
		page, err := v.audit()
		if err != nil {
			return err
		}
		s := story{auditPage: page, What: what, ID: idOf(v.r)}
		if err := s.read(page.asking(parameter, s.ID)); err != nil {
			return err
		}
		s.Title = s.ID
		return s.title()
	})
}

// idOf returns the id in a page's path: of an ente both of its parts.
func idOf(r *http.Request) string {
	if kind := r.PathValue("kind"); kind != "" {
		return kind + "/" + r.PathValue("code")
	}
	return r.PathValue("id")
}

// showDeeds tells what somebody did, or what was recorded on a day.
func showDeeds(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	s := story{auditPage: page, What: "atti", Actor: strings.TrimSpace(query.Get("autore")), Day: strings.TrimSpace(query.Get("giorno"))}
	if s.Actor != "" || s.Day != "" {
		if err := s.read(page.asking("actor", actorNamed(s.Actor), "day", s.Day)); err != nil {
			return err
		}
	}
	s.Title = strings.TrimSpace(s.Actor + " " + s.Day)
	return v.show("audit-story", s)
}

// actorNamed returns who acts under a name: an account, the public, or the register.
func actorNamed(name string) string {
	switch domain.Actor(name) {
	case "", domain.ActorPublic, domain.ActorSystem:
		return name
	}
	return string(domain.AccountID(strings.TrimPrefix(name, domain.CategoryAccount+"-")).Actor())
}

// read asks for a page of the trail. That nothing was known of a thing at another
// time is an answer, too.
func (s *story) read(q url.Values) error {
	if after := s.r.URL.Query().Get("dopo"); after != "" {
		q.Set("cursor", after)
	}
	var trail struct {
		Items []projections.TrailEntry `json:"items"`
		Next  string                   `json:"next_cursor"`
	}
	err := s.get("/audit/trail", s.withPurpose(q), &trail)
	if err != nil && (statusOf(err) != http.StatusNotFound || s.Happened == "" && s.Known == "") {
		return err
	}
	s.Items = trail.Items
	if trail.Next != "" {
		s.Next = s.To(s.Here, "dopo", trail.Next, "autore", s.Actor, "giorno", s.Day)
	}
	return nil
}

// title learns by which name people know the thing, as far as the visitor may know.
func (s *story) title() (err error) {
	switch s.What {
	case "tavolo":
		var t projections.TavoloDetail
		err = s.get("/tavoli/"+url.PathEscape(s.ID), s.asking(), &t)
		s.Title = t.Subject
	case "persona":
		var p projections.Person
		err = s.get("/people/"+url.PathEscape(s.ID), s.withPurpose(s.asking()), &p)
		s.Title = p.Name
	case "ente":
		var e projections.Ente
		kind, code, _ := strings.Cut(s.ID, "/")
		err = s.get("/enti/"+url.PathEscape(kind)+"/"+url.PathEscape(code), s.withPurpose(s.asking()), &e)
		s.Title = e.Name
	}
	if status := statusOf(err); err != nil && (status < 400 || status >= 500) {
		return err
	}
	if s.Title == "" {
		s.Title = s.ID
	}
	return s.show("audit-story", *s)
}

// Summary returns what happened, in the visitor's language.
func (s story) Summary(e projections.TrailEntry) string { return s.T(e.Summary, e.SummaryEn) }

// Later reports whether something was recorded at another time than it happened.
func (s story) Later(e projections.TrailEntry) bool {
	return e.RecordedAt.Sub(e.EffectiveAt).Abs() >= time.Minute
}

// ActorName returns who acted: an account by its name.
func (s story) ActorName(a domain.Actor) string {
	return strings.TrimPrefix(string(a), domain.CategoryAccount+"-")
}

// Heading says what the page is about.
func (s story) Heading() string {
	switch s.What {
	case "tavolo":
		return s.T("Storia del tavolo", "Story of the tavolo")
	case "persona":
		return s.T("Storia della persona", "Story of the person")
	case "ente":
		return s.T("Storia dell'ente", "Story of the ente")
	case "programma":
		return s.T("Storia del programma", "Story of the programme")
	case "utenza":
		return s.T("Storia dell'utenza", "Story of the account")
	}
	return s.T("Atti di un'utenza o di un giorno", "What an account did, or a day saw")
}

// After returns the address of the page as it was known right after a fact: of the
// page of a tavolo its roster, of others the same.
func (s story) After(e projections.TrailEntry) string {
	later := s.auditPage
	later.Known = strconv.FormatUint(uint64(e.Position), 10)
	if s.What == "tavolo" {
		return later.To(s.Here + "/elenco")
	}
	return later.To(s.Here, "autore", s.Actor, "giorno", s.Day)
}
