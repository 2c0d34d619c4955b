package web

import (
	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// TavoloMade is what planning a tavolo is answered with.
type TavoloMade struct {
	Written
	ID domain.TavoloID `json:"id"`
}

// MaterialMade is what publishing material is answered with.
type MaterialMade struct {
	Written
	Material uuid.UUID `json:"material"`
}

func listTavoli() action {
	return question(everything, []string{"programma", "from", "to", "state", "q", "limit", "cursor"}, func(_ *call, q *query) func(*projections.Models) (projections.CalendarPage, error) {
		cq := projections.CalendarQuery{
			Programma: domain.ProgrammaID(q.text("programma")), From: q.day("from"), To: q.day("to"),
			State: word(q, "state", domain.Planned, domain.Announced, domain.Convened, domain.Open, domain.Closed, domain.CalledOff),
			Q:     q.text("q"), Limit: q.limit(), Cursor: q.text("cursor"),
		}
		return func(m *projections.Models) (projections.CalendarPage, error) { return m.Calendar.List(cq) }
	})
}

// TaskList is what is left to do, in the order in which to look at it.
type TaskList struct {
	Items []projections.Task `json:"items"`
}

// listTasks tells what is left to do today.
func listTasks() action {
	return question(nil, nil, func(c *call, _ *query) func(*projections.Models) (TaskList, error) {
		today := domain.DayOf(c.s.Now())
		return func(m *projections.Models) (TaskList, error) { return TaskList{m.Tasks(today)}, nil }
	})
}

// day returns a day; absent: empty.
func (q *query) day(name string) domain.Day {
	d := domain.Day(q.text(name))
	q.that(d == "" || d.Valid(), name, "is not a day there is: write 2022-05-25")
	return d
}

// getTavolo tells everybody what was published, and who did what to whoever has a role.
func getTavolo() action {
	return question(thisTavolo, []string{"purpose"}, func(c *call, _ *query) func(*projections.Models) (projections.TavoloDetail, error) {
		return func(m *projections.Models) (projections.TavoloDetail, error) {
			d, err := m.Calendar.Tavolo(c.tavolo(), c.sees())
			if c.caller.roles == 0 {
				withoutActors(&d)
			}
			for _, g := range d.Groups {
				if len(g.Members) > 0 {
					c.tells(c.tavolo().Stream(), domain.AsPage)
				}
			}
			return d, err
		}
	}).also(404)
}

// withoutActors leaves out which account recorded what, who is in a group, and
// what staff noted for themselves.
func withoutActors(d *projections.TavoloDetail) {
	for i := range d.Rectifications {
		d.Rectifications[i].Actor = ""
	}
	for i := range d.Reschedulings {
		d.Reschedulings[i].Actor = ""
	}
	if d.CalledOff != nil {
		d.CalledOff.Actor = ""
	}
	for i := range d.Groups {
		d.Groups[i].Members = []projections.PersonRef{}
	}
	for i := range d.Guests {
		d.Guests[i].Note = ""
	}
}

func planTavolo() action {
	return making[TavoloMade](command(
		func(d *doing, c *domain.PlanTavolo) error {
			if c.Tavolo == "" {
				c.Tavolo = domain.TavoloID(domain.DerivedID(d.meta.Command, "tavolo").String())
			}
			return nil
		},
		func(d *doing, c *domain.PlanTavolo) (any, string) {
			return TavoloMade{d.written(), c.Tavolo}, apiPath + "/tavoli/" + string(c.Tavolo)
		}))
}

// atTavolo fills in the tavolo of the path.
func atTavolo[P any](fill func(P, domain.TavoloID)) func(*doing, P) error {
	return func(d *doing, cmd P) error {
		fill(cmd, d.tavolo())
		return nil
	}
}

func inviteSpeaker() action {
	return making[Introduced](command(
		func(d *doing, c *domain.InviteSpeaker) error {
			c.Tavolo = d.tavolo()
			return d.resolve(c.Ente)
		},
		func(d *doing, c *domain.InviteSpeaker) (any, string) {
			return Introduced{d.written(), d.introducedID(c.ID)}, apiPath + "/tavoli/" + string(c.Tavolo)
		}))
}

func withdrawSpeaker(d *doing, c *domain.WithdrawSpeaker) error {
	c.Tavolo, c.Person = d.tavolo(), d.uuid("person")
	return nil
}

func setSeats() action {
	return answering[Freed](command(atTavolo(func(c *domain.SetSeats, t domain.TavoloID) { c.Tavolo = t }), freed))
}

func publishMaterial() action {
	return making[MaterialMade](command(
		atTavolo(func(c *domain.PublishMaterial, t domain.TavoloID) { c.Tavolo = t }),
		func(d *doing, c *domain.PublishMaterial) (any, string) {
			return MaterialMade{d.written(), d.material(c)}, apiPath + "/tavoli/" + string(c.Tavolo)
		}))
}

// material returns the id of what was published, or of what was there already.
func (d *doing) material(c *domain.PublishMaterial) uuid.UUID {
	id := domain.DerivedID(d.meta.Command, "material")
	if len(d.result.Events) > 0 {
		return id
	}
	t, err := ask(d.call, d.result.Position, func(m *projections.Models) (projections.TavoloDetail, error) {
		return m.Calendar.Tavolo(c.Tavolo, false)
	})
	for _, m := range t.Materials {
		if err == nil && m.Title == c.Title && m.Kind == c.Kind && m.URL == c.URL && m.SHA256 == c.SHA256 {
			id = m.ID
		}
	}
	return id
}
