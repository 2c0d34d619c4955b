package web

import (
	"errors"
	"slices"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// differenceParams are what the comparison of a roster can be asked for: the earlier
// of its two moments, beside the times of every question, which are the later one.
var differenceParams = []string{"before_effective_at", "before_known_at", "format", "purpose"}

// getRosterDifference tells what is otherwise in a roster at one moment than at
// another. Both moments have both times.
func getRosterDifference() action {
	return action{
		answer: typeOf[projections.RosterDifference](), query: append(slices.Clone(times), differenceParams...), tagged: true,
		media: mediaOf(rosterForms), statuses: []int{404, 406},
		do: func(c *call) error {
			form, err := c.formOf(rosterForms)
			if err != nil {
				return err
			}
			before, after, err := c.compared()
			if err != nil {
				return err
			}
			d := differenceOf(before, after)
			if form == jsonForm {
				c.tells(c.tavolo().Stream(), domain.AsPage)
				return c.reveal(d)
			}
			c.tells(c.tavolo().Stream(), domain.AsExport)
			if err := c.disclose(); err != nil {
				return err
			}
			paper := papers.RosterDifference(after.sheet, d, italianChange)
			paper.Plain = form == csvForm
			return c.file(form, paper)
		},
	}
}

// italianChange returns a change in Italian.
func italianChange(change projections.Change) (what, before, after string) {
	return ChangeInWords("it", change)
}

// A rosterThen is a whole roster at a moment.
type rosterThen struct {
	moment projections.RosterMoment
	sheet  papers.RosterSheet
}

// compared asks for the roster at both moments. Of a tavolo that was known at neither
// there is nothing to compare.
func (c *call) compared() (before, after rosterThen, err error) {
	q := c.query()
	later := q.moment()
	earlier := moment{later.atLeast, q.moments("before_effective_at", "before_known_at")}
	c.purpose = q.text("purpose")
	q.text("format")
	if err := q.unknown(c.route.query); err != nil {
		return before, after, err
	}
	if before, err = c.rosterAt(earlier); err != nil {
		return before, after, err
	}
	if after, err = c.rosterAt(later); err != nil {
		return before, after, err
	}
	if !before.moment.Known && !after.moment.Known {
		return before, after, domain.ErrNoTavolo
	}
	c.tell(after.sheet.Position)
	return before, after, nil
}

// rosterAt asks for all lines of the roster at a moment, without names where the
// caller sees none: then what differs in a name alone is no difference.
func (c *call) rosterAt(m moment) (r rosterThen, err error) {
	asked := projections.RosterQuery{Tavolo: c.tavolo(), State: projections.AllStates, Limit: projections.MaxLimit}
	r.moment = projections.RosterMoment{EffectiveAt: given(m.when.EffectiveAt), KnownAt: given(m.when.KnownAt), KnownPosition: m.when.KnownPosition}
	var at domain.Position
	r.sheet, at, err = askAs(c, m, thisTavolo, func(m *projections.Models) (papers.RosterSheet, error) { return allLines(m, asked) })
	r.sheet.Position = at
	if errors.Is(err, domain.ErrNoTavolo) {
		return r, nil
	}
	if !c.sees() {
		withoutNames(r.sheet.Lines)
	}
	r.moment.Known, r.moment.Lines, r.moment.Present = err == nil, len(r.sheet.Lines), r.sheet.Roster.Counts.Present.Total()
	return r, err
}

// differenceOf compares a roster at two moments. What the tavolo is called is told as
// of the later one at which it was known.
func differenceOf(before, after rosterThen) projections.RosterDifference {
	d := projections.CompareRosters(before.sheet.Lines, after.sheet.Lines)
	d.Before, d.After = before.moment, after.moment
	head := after.sheet.Roster
	if !after.moment.Known {
		head = before.sheet.Roster
	}
	d.Tavolo, d.Subject, d.Day = head.Tavolo, head.Subject, head.Day
	return d
}
