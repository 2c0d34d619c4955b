package web

import (
	"tavoli/domain"
	"tavoli/projections"
)

// A JoinLink is where a tavolo is joined online, and by whom.
type JoinLink struct {
	Tavolo domain.TavoloID         `json:"tavolo"`
	URL    string                  `json:"url,omitempty" doc:"everybody's; absent: there is none"`
	Own    []projections.PersonRef `json:"own" doc:"who has an address of their own, which is theirs to know"`
	Told   int                     `json:"told" doc:"how many have a seat online: they are told, and nobody else"`
}

// getJoinLink tells where a tavolo is joined online, as things are at this moment.
func getJoinLink() action {
	return question(nil, []string{"purpose"}, func(c *call, _ *query) func(*projections.Models) (JoinLink, error) {
		all, own, err := domain.Joining(c.ctx, c.s.Exec, c.tavolo())
		a := JoinLink{Tavolo: c.tavolo(), URL: all, Own: []projections.PersonRef{}}
		return func(m *projections.Models) (JoinLink, error) {
			if err != nil {
				return a, err
			}
			t, err := m.Calendar.Tavolo(a.Tavolo, false)
			a.Told = t.Registrations.Seated.Online
			for _, p := range own {
				a.Own = append(a.Own, projections.PersonRef{Person: p, Name: m.People.Name(p)})
			}
			if len(own) > 0 {
				c.tells(a.Tavolo.Stream(), domain.AsPage)
			}
			return a, err
		}
	}).also(404)
}
