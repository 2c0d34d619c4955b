package web

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"tavoli/domain"
	"tavoli/projections"
)

// TrailPage is some entries of a trail, in the order of the log.
type TrailPage struct {
	Items      []projections.TrailEntry `json:"items"`
	NextCursor string                   `json:"next_cursor,omitempty"`
}

// A trailQuery is what a trail is asked for.
type trailQuery struct {
	moment
	after domain.Position // the cursor: where the page before ended
	limit int
	actor domain.Actor
	day   domain.Day
}

// trailParams are the parameters of trails.
var trailParams = append(slices.Clone(times), "limit", "cursor", "purpose")

// readTrail reads what a trail is asked for.
func (c *call) readTrail() (t trailQuery, err error) {
	q := c.query()
	t.moment = q.moment()
	c.purpose = q.text("purpose")
	t.after, t.limit = q.position("cursor"), cmp.Or(q.limit(), projections.DefaultLimit)
	t.actor, t.day = domain.Actor(q.text("actor")), q.day("day")
	return t, q.unknown(c.route.query)
}

// streamTrail tells what happened to one thing.
func streamTrail() action {
	return action{
		answer: typeOf[TrailPage](), query: trailParams, tagged: true, statuses: []int{404},
		do: func(c *call) error {
			stream := domain.Stream(c.vars["stream"])
			t, err := c.readTrail()
			if err != nil {
				return err
			}
			if !stream.Valid() || stream.Personal() {
				return &errNoStream
			}
			names, err := c.names(t, projections.ScopeStream(stream))
			if err != nil {
				return err
			}
			page, err := c.story(stream, t, names)
			if err != nil {
				return err
			}
			c.tells(stream, domain.AsPage)
			return c.reveal(page)
		},
	}
}

// story reads a page of a stream's history.
func (c *call) story(stream domain.Stream, t trailQuery, names projections.Names) (TrailPage, error) {
	page := TrailPage{Items: []projections.TrailEntry{}}
	for e, err := range projections.Story(c.ctx, c.s.Store, stream, t.when, names) {
		switch {
		case err != nil:
			return page, err
		case e.Position <= t.after:
		case len(page.Items) == t.limit:
			page.NextCursor = positionText(page.Items[t.limit-1].Position)
			return page, nil
		default:
			page.Items = append(page.Items, e)
		}
	}
	if len(page.Items) == 0 && t.after == 0 {
		return page, &errNoStream
	}
	return page, nil
}

func positionText(at domain.Position) string { return strconv.FormatUint(uint64(at), 10) }

// names returns who tells the names of persons and enti, as they were known at the
// moment, as far as the caller may see them.
func (c *call) names(t trailQuery, scope projections.Scope) (projections.Names, error) {
	names, err := c.allNames(t, scope)
	switch tell := names.Person; {
	case err != nil:
	case !c.sees():
		names.Person = nil
	case c.reach != nil:
		names.Person = func(id domain.PersonID) string {
			if within, _ := ask(c, 0, func(m *projections.Models) (bool, error) { return m.People.Within(id, c.reach), nil }); !within {
				return ""
			}
			return tell(id)
		}
	}
	return names, err
}

func (c *call) allNames(t trailQuery, scope projections.Scope) (none projections.Names, err error) {
	if t.when.IsZero() {
		if err := c.wait(t.atLeast); err != nil {
			return none, err
		}
		return projections.Names{
			Person: func(id domain.PersonID) string {
				return told(c, func(m *projections.Models) string { return m.People.Name(id) })
			},
			Ente: func(ref domain.EnteRef) string {
				return told(c, func(m *projections.Models) string { return m.Enti.Name(ref) })
			},
		}, nil
	}
	m, _, err := c.s.View.AsOf(c.ctx, t.when, scope)
	if err != nil {
		return none, err
	}
	return projections.Names{Person: m.People.Name, Ente: m.Enti.Name}, nil
}

// told asks for a text that is always there.
func told(c *call, question func(*projections.Models) string) string {
	text, _ := ask(c, 0, func(m *projections.Models) (string, error) { return question(m), nil })
	return text
}

// wait returns when the models have seen a position.
func (c *call) wait(at domain.Position) error {
	_, err := ask(c, at, func(*projections.Models) (bool, error) { return true, nil })
	return err
}

// auditTrail tells what an account did, or what was recorded on a day.
func auditTrail() action {
	return action{
		answer: typeOf[TrailPage](), query: append(slices.Clone(trailParams), "actor", "day"), tagged: true,
		do: func(c *call) error {
			t, err := c.readTrail()
			if err != nil {
				return err
			}
			if t.actor == "" && t.day == "" {
				return errQuery.with(domain.Field{Pointer: "actor", Code: "required", Text: "an actor or a day is required"})
			}
			page, err := c.deeds(t)
			if err != nil {
				return err
			}
			c.tells("audit-trail", domain.AsPage)
			return c.reveal(page)
		},
	}
}

// deeds reads a page of what an actor did or a day saw. One position more than the
// page needs says whether there is another.
func (c *call) deeds(t trailQuery) (TrailPage, error) {
	at, err := ask(c, t.atLeast, func(m *projections.Models) ([]domain.Position, error) { return t.positions(&m.Trail), nil })
	if err != nil {
		return TrailPage{}, err
	}
	names, err := c.names(t, projections.ScopeAll())
	if err != nil {
		return TrailPage{}, err
	}
	page := TrailPage{Items: []projections.TrailEntry{}}
	if len(at) > t.limit {
		at = at[:t.limit]
		page.NextCursor = positionText(at[t.limit-1])
	}
	if len(at) > 0 {
		page.Items, err = projections.Entries(c.ctx, c.s.Store, at, t.when, names)
	}
	return page, err
}

// positions returns where the entries are, and one more.
func (t trailQuery) positions(trail *projections.Trail) []domain.Position {
	switch {
	case t.day == "":
		return trail.ByActor(t.actor, t.after, t.limit+1)
	case t.actor == "":
		return trail.ByDay(t.day, t.after, t.limit+1)
	}
	theirs := trail.ByActor(t.actor, t.after, math.MaxInt)
	both := slices.DeleteFunc(trail.ByDay(t.day, t.after, math.MaxInt), func(at domain.Position) bool {
		_, found := slices.BinarySearch(theirs, at)
		return !found
	})
	return both[:min(len(both), t.limit+1)]
}
