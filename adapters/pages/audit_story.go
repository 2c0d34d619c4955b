package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

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
	Since string // only what was recorded after this; empty: everything

	Accounts []projections.Account // none where the visitor may not see them
}

// sinceParam is the parameter that says after when something was recorded.
const sinceParam = "dopo_il"

// showStory returns the page that tells what happened to things of a kind.
func showStory(what, parameter string) page {
	return audited(func(v *visit) error {
		page, err := v.audit()
		if err != nil {
			return err
		}
		s := story{auditPage: page, What: what, ID: idOf(v.r)}
		s.readSince()
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
	if s.Accounts, err = s.accounts(); err != nil {
		return err
	}
	if s.readSince(); s.Actor != "" || s.Day != "" {
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

// readSince reads after when something has to be recorded to be told.
func (s *story) readSince() {
	if s.Since = s.readTime(s.r.URL.Query(), sinceParam); s.Wrong[sinceParam] != "" {
		s.status = http.StatusBadRequest
	}
}

// PickSince returns the fields in which it is chosen.
func (s story) PickSince() picked {
	return s.pick(sinceParam, s.Since, s.T("Solo ciò che fu registrato dopo", "Only what was recorded after"))
}

// Desk returns the address of the page on which the thing stands as it is now, for those
// whom that page is for.
func (s story) Desk() string {
	folder := map[string]string{"tavolo": "tavoli/", "persona": "persone/", "ente": "enti/", "programma": "programmi/", "utenza": "utenze/"}[s.What]
	if folder == "" || !s.Is(domain.RoleAdmin, domain.RoleStaff, domain.RoleAuditor) || s.What == "utenza" && !s.Is(domain.RoleAdmin, domain.RoleAuditor) {
		return ""
	}
	return "/segreteria/" + folder + s.ID
}

// SaidSince says after when.
func (s story) SaidSince() string {
	if isPosition(s.Since) {
		return s.T("la posizione ", "position ") + s.Since
	}
	return s.T("il ", "") + s.spoken(s.Since)
}

// read asks for a page of the trail. That nothing was known of a thing at another
// time is an answer, too.
func (s *story) read(q url.Values) error {
	if after := s.r.URL.Query().Get("dopo"); after != "" {
		q.Set("cursor", after)
	}
	if s.Since != "" {
		q.Set("since", s.Since)
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
		s.Next = s.To(s.Here, "dopo", trail.Next, sinceParam, s.Since, "autore", s.Actor, "giorno", s.Day)
	}
	return nil
}

// title learns by which name people know the thing, as far as the visitor may know.
func (s *story) title() (err error) {
	switch s.What {
	case "tavolo":
		s.Title, err = s.subjectOf(s.ID)
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

// subjectOf returns what a tavolo is called.
func (p *auditPage) subjectOf(tavolo string) (string, error) {
	var t projections.TavoloDetail
	err := p.get("/tavoli/"+url.PathEscape(tavolo), p.asking(), &t)
	if statusOf(err) == http.StatusNotFound && p.Happened+p.Known != "" {
		return tavolo, nil
	}
	return t.Subject, err
}

// Summary returns what happened, in the visitor's language.
func (s story) Summary(e projections.TrailEntry) string { return s.T(e.Summary, e.SummaryEn) }

// Later reports whether something was recorded at another time than it happened.
func (s story) Later(e projections.TrailEntry) bool {
	return e.RecordedAt.Sub(e.EffectiveAt).Abs() >= time.Minute
}

// Deeds returns the address of what an actor did.
func (s story) Deeds(a domain.Actor) string { return s.To("/controllo/atti", "autore", s.ActorName(a)) }

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
