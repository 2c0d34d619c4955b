package web

import (
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
	after   domain.Position // the cursor: where the page before ended, or since when it is told
	since   bool            // only what was recorded since a moment is told
	limit   int
	actor   domain.Actor
	day     domain.Day
	about   about
	english bool
}

// trailParams are the parameters of trails.
var trailParams = append(slices.Clone(times), "since", "limit", "cursor", "purpose", "format", "lang")

// readTrail reads what a trail is asked for. A page to print is as long as can be.
func (c *call) readTrail(html bool) (t trailQuery, err error) {
	q := c.query()
	t.moment = q.moment()
	c.purpose = q.text("purpose")
	q.text("format")
	t.after, t.limit = q.position("cursor"), q.limit()
	if t.limit == 0 {
		t.limit = projections.DefaultLimit
		if html {
			t.limit = projections.MaxLimit
		}
	}
	t.actor, t.day, t.about = domain.Actor(q.text("actor")), q.day("day"), q.about()
	lang := word(q, "lang", "it", "en")
	t.english = lang == "en" || lang == "" && c.english()
	since := q.recorded("since")
	if err := q.unknown(c.route.query); err != nil || since.IsZero() {
		return t, err
	}
	at, err := c.s.View.Known(c.ctx, since)
	t.since, t.after = true, max(t.after, at)
	return t, err
}

// trailing returns an action that answers with a trail, as JSON or as a page to print.
func trailing(params []string, read func(*call, trailQuery) (TrailPage, error), statuses ...int) action {
	return action{
		answer: typeOf[TrailPage](), query: append(slices.Clone(trailParams), params...), tagged: true, statuses: append(statuses, 406),
		media: map[string]string{"text/html": "a page to print, in Italian or English"},
		do: func(c *call) error {
			form, err := c.form406("application/json", "text/html")
			if err != nil {
				return err
			}
			t, err := c.readTrail(form == "text/html")
			if err != nil {
				return err
			}
			page, err := read(c, t)
			switch {
			case err != nil:
				return err
			case form == "text/html":
				return c.printTrail(t, page)
			}
			return c.reveal(page)
		},
	}
}

// streamTrail tells what happened to one thing.
func streamTrail() action {
	return trailing(nil, func(c *call, t trailQuery) (TrailPage, error) {
		stream := domain.Stream(c.vars["stream"])
		if !stream.Valid() || stream.Personal() {
			return TrailPage{}, &errNoStream
		}
		c.tells(stream, domain.AsPage)
		return c.tale([]projections.Strand{{Stream: stream}}, t)
	}, 404)
}

// tale reads a page of what happened in some streams.
func (c *call) tale(strands []projections.Strand, t trailQuery) (TrailPage, error) {
	return c.named(t, func(names projections.Names) (TrailPage, error) {
		page := TrailPage{Items: []projections.TrailEntry{}}
		for e, err := range projections.Tale(c.ctx, c.s.Store, strands, t.when, names) {
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
		if len(page.Items) == 0 && t.after == 0 && !t.since {
			return page, &errNoStream
		}
		return page, nil
	})
}

func positionText(at domain.Position) string { return strconv.FormatUint(uint64(at), 10) }

// named reads with the names of persons and enti as they were known at the moment, as
// far as the caller may see them. For another time it is read twice: first to learn
// whose names are needed.
func (c *call) named(t trailQuery, read func(projections.Names) (TrailPage, error)) (TrailPage, error) {
	if err := c.wait(t.atLeast); err != nil {
		return TrailPage{}, err
	}
	if t.when.IsZero() {
		c.names = c.visible(c.namesNow())
		return read(c.names)
	}
	roll := projections.NewRoll()
	if page, err := read(roll.Names()); err != nil {
		return page, err
	}
	names, err := c.s.View.NamesOf(c.ctx, t.when, roll)
	if err != nil {
		return TrailPage{}, err
	}
	c.names = c.visible(names)
	return read(c.names)
}

// visible hides the names that the caller may not see.
func (c *call) visible(names projections.Names) projections.Names {
	switch tell := names.Person; {
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
	return names
}

// namesNow tells the names of persons and enti as they are now.
func (c *call) namesNow() projections.Names {
	return projections.Names{
		Person: func(id domain.PersonID) string {
			return told(c, func(m *projections.Models) string { return m.People.Name(id) })
		},
		Ente: func(ref domain.EnteRef) string {
			return told(c, func(m *projections.Models) string { return m.Enti.Name(ref) })
		},
	}
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

// auditTrail tells the story of a person, a tavolo, an ente, a programme or an account,
// or what somebody did, or what was recorded on a day.
func auditTrail() action {
	return trailing([]string{"person", "tavolo", "ente", "programma", "account", "actor", "day"}, func(c *call, t trailQuery) (TrailPage, error) {
		deeds := t.actor != "" || t.day != ""
		switch {
		case t.about.count > 1 || t.about.count == 1 && deeds:
			return TrailPage{}, errQuery.with(domain.Field{Pointer: t.about.name, Code: "given-twice", Text: "one thing is told at a time"})
		case t.about.count == 1:
			return c.storyOf(t)
		case !deeds:
			return TrailPage{}, errQuery.with(domain.Field{Pointer: "actor", Code: "required", Text: "an actor, a day, or what the story is about is required"})
		}
		c.tells("audit-trail", domain.AsPage)
		return c.deeds(t)
	}, 404)
}

// deeds reads a page of what an actor did or a day saw. One position more than the
// page needs says whether there is another.
func (c *call) deeds(t trailQuery) (TrailPage, error) {
	at, err := ask(c, t.atLeast, func(m *projections.Models) ([]domain.Position, error) { return t.positions(&m.Trail), nil })
	if err != nil {
		return TrailPage{}, err
	}
	cursor := ""
	if len(at) > t.limit {
		at = at[:t.limit]
		cursor = positionText(at[t.limit-1])
	}
	return c.named(t, func(names projections.Names) (TrailPage, error) {
		page := TrailPage{Items: []projections.TrailEntry{}, NextCursor: cursor}
		if len(at) > 0 {
			page.Items, err = projections.Entries(c.ctx, c.s.Store, at, t.when, names)
		}
		return page, err
	})
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
