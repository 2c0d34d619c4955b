package web

import (
	"fmt"
	"strconv"

	"tavoli/domain"
	"tavoli/projections"
)

// A counting says what statistics are told by and which of the parameters narrow them.
type counting struct {
	params []string
	read   func(c *call, q *query, sq *projections.StatisticsQuery)
}

// The statistics there are.
var (
	byPartner = counting{params: []string{"programma", "from", "to"}, read: countingBy(projections.ByPartner)}
	byTavolo  = counting{params: []string{"programma", "tavolo", "from", "to"}, read: countingBy(projections.ByTavolo)}
	byEnte    = counting{params: []string{"by", "programma", "tavolo", "from", "to"}, read: func(_ *call, q *query, sq *projections.StatisticsQuery) {
		if sq.By = word(q, "by", projections.ByEnte, projections.ByKind, projections.ByProvince); sq.By == "" {
			sq.By = projections.ByEnte
		}
	}}
	byQuarter = counting{params: []string{"by", "programma"}, read: readQuarter}
	summary   = counting{params: []string{"programma", "from", "to"}, read: countingBy(projections.ByQuarter)}
)

func countingBy(by projections.Grouping) func(*call, *query, *projections.StatisticsQuery) {
	return func(_ *call, _ *query, sq *projections.StatisticsQuery) { sq.By = by }
}

// readQuarter reads "2022-Q2" of the path. A quarter is counted by tavolo unless
// something else is asked for.
func readQuarter(c *call, q *query, sq *projections.StatisticsQuery) {
	sq.By = word(q, "by", projections.Groupings...)
	if sq.By == "" {
		sq.By = projections.ByTavolo
	}
	var year, quarter int
	text := c.vars["quarter"]
	if len(text) == 7 && text[4:6] == "-Q" {
		year, _ = strconv.Atoi(text[:4])
		quarter, _ = strconv.Atoi(text[6:])
	}
	known := year >= 1990 && year < 2200 && quarter >= 1 && quarter <= 4
	if q.that(known, "quarter", "must be a quarter: 2022-Q2"); !known {
		return
	}
	last := []int{31, 30, 30, 31}[quarter-1]
	sq.From = domain.Day(fmt.Sprintf("%d-%02d-01", year, 3*quarter-2))
	sq.To = domain.Day(fmt.Sprintf("%d-%02d-%02d", year, 3*quarter, last))
}

// statistics returns an action that counts.
func statistics(n counting) action {
	return action{
		answer: typeOf[projections.Statistics](), query: append(append([]string{}, times...), n.params...), tagged: true,
		do: func(c *call) error {
			q := c.query()
			m := q.moment()
			sq := projections.StatisticsQuery{
				Programma: domain.ProgrammaID(q.text("programma")), Tavolo: domain.TavoloID(q.text("tavolo")), From: q.day("from"), To: q.day("to"),
				Reach:       c.reach,
				EffectiveAt: given(m.when.EffectiveAt), KnownAt: given(m.when.KnownAt),
			}
			n.read(c, q, &sq)
			if err := q.unknown(c.route.query); err != nil {
				return err
			}
			a, at, err := askAs(c, m, scopeOfCounts(sq), func(m *projections.Models) (projections.Statistics, error) { return m.Statistics(sq) })
			if err != nil {
				return err
			}
			a.Position = at
			c.tell(at)
			return c.reveal(a)
		},
	}
}

// scopeOfCounts is what must be read to count at another time: a tavolo alone, where
// one is asked for, with those of whom it speaks. Partners are of its programme.
func scopeOfCounts(sq projections.StatisticsQuery) func(*call) projections.Scope {
	if sq.Tavolo == "" || sq.By == projections.ByPartner {
		return everything
	}
	return func(*call) projections.Scope { return projections.ScopeTavolo(sq.Tavolo) }
}
