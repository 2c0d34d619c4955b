package web

import (
	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// PresenceMade is what recording a presence is answered with.
type PresenceMade struct {
	Written
	Presence domain.PresenceID `json:"presence"`
}

// Validated is what judging a presence is answered with.
type Validated struct {
	Written
	Participant domain.PersonID         `json:"participant"`
	Validated   *projections.Validation `json:"validated,omitempty" doc:"what was found; absent where nothing is new"`
}

// PresencePage is who came to a tavolo, in the order of names.
type PresencePage struct {
	Items      []PresenceLine `json:"items"`
	NextCursor string         `json:"next_cursor,omitempty"`

	presenze domain.Revision
}

func (p PresencePage) revision() domain.Revision { return p.presenze }

// A PresenceLine is one person who came.
type PresenceLine struct {
	Participant domain.PersonID         `json:"participant"`
	Name        string                  `json:"name"`
	Ente        *projections.EnteName   `json:"ente,omitempty"`
	Minutes     *int                    `json:"minutes,omitempty" doc:"within the hours of the meeting"`
	Validated   *projections.Validation `json:"validated,omitempty"`
	Presences   []projections.Presence  `json:"presences"`
}

func listPresences() action {
	return question(thisTavolo, []string{"q", "ente", "kind", "mode", "sort", "limit", "cursor", "purpose"}, func(c *call, q *query) func(*projections.Models) (PresencePage, error) {
		rq := c.rosterQuery(q)
		rq.State = projections.Present
		c.tells(c.tavolo().Presenze(), domain.AsPage)
		return func(m *projections.Models) (PresencePage, error) {
			r, err := m.Rosters.Roster(rq)
			page := PresencePage{[]PresenceLine{}, r.NextCursor, m.Rosters.PresenzeRevision(rq.Tavolo)}
			for _, l := range r.Items {
				page.Items = append(page.Items, PresenceLine{l.Participant, l.Name, l.Ente, l.Minutes, l.Validated, l.Presences})
			}
			return page, err
		}
	}).also(404)
}

func recordPresence() action {
	return making[PresenceMade](command(
		atTavolo(func(c *domain.RecordPresence, t domain.TavoloID) { c.Tavolo = t }),
		func(d *doing, c *domain.RecordPresence) (any, string) {
			return PresenceMade{d.written(), d.presence(c)}, apiPath + "/tavoli/" + string(c.Tavolo) + "/presences"
		}))
}

// presence returns the id of the presence that was recorded, or of the one that
// says so already.
func (d *doing) presence(c *domain.RecordPresence) domain.PresenceID {
	id := domain.DerivedID(d.meta.Command, "presence")
	if len(d.result.Events) > 0 {
		return id
	}
	l, err := ask(d.call, d.result.Position, func(m *projections.Models) (projections.RosterLine, error) {
		return m.Rosters.Line(c.Tavolo, c.Participant, false)
	})
	from, err2 := domain.ParseTime(string(c.From))
	for _, p := range l.Presences {
		ends := c.To == "" && p.To == nil
		if to, err := domain.ParseTime(string(c.To)); err == nil && p.To != nil {
			ends = to.Equal(*p.To)
		}
		same := p.From.Equal(from) && p.Source == c.Source || c.Source == domain.FromDesk && c.To == ""
		if err == nil && err2 == nil && ends && same {
			id = p.ID
		}
	}
	return id
}

func validatePresence() action {
	return answering[Validated](command(
		atTavolo(func(c *domain.ValidatePresence, t domain.TavoloID) { c.Tavolo = t }),
		func(d *doing, c *domain.ValidatePresence) (any, string) {
			a := Validated{Written: d.written(), Participant: c.Participant}
			for _, e := range d.result.Events {
				if v, ok := e.(domain.PresenceValidated); ok {
					a.Validated = &projections.Validation{Attended: v.Attended, Minutes: v.Minutes, Required: v.Required}
				}
			}
			return a, ""
		}))
}

// ofPresence fills in the tavolo and the presence of the path.
func ofPresence[P any](fill func(P, domain.TavoloID, domain.PresenceID)) func(*doing, P) error {
	return func(d *doing, cmd P) error {
		id := d.uuid("presence")
		if id == uuid.Nil {
			return domain.ErrNoPresence
		}
		fill(cmd, d.tavolo(), id)
		return nil
	}
}

func countGuests(d *doing, c *domain.CountGuests) error {
	c.Tavolo = d.tavolo()
	return nil
}

// GuestsPage is how many came who had not registered.
type GuestsPage struct {
	Items []projections.Guests `json:"items"`
}

func listGuests() action {
	return question(thisTavolo, nil, func(c *call, _ *query) func(*projections.Models) (GuestsPage, error) {
		return func(m *projections.Models) (GuestsPage, error) {
			d, err := m.Calendar.Tavolo(c.tavolo(), false)
			return GuestsPage{append([]projections.Guests{}, d.Guests...)}, err
		}
	}).also(404)
}
