package web

import (
	"strconv"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// reportParams are what a report can be asked for.
var reportParams = []string{"at_least", "effective_at", "known_at", "programma", "position", "format", "table", "purpose"}

// A reportQuestion is which report is asked for.
type reportQuestion struct {
	moment
	programma domain.ProgrammaID // empty: the only one there is
	quarter   domain.Quarter
	personal  bool
}

// reportQuestion reads which report is asked for.
func (c *call) reportQuestion(q *query) reportQuestion {
	rq := reportQuestion{moment: q.moment(), programma: domain.ProgrammaID(q.text("programma")), quarter: domain.Quarter(c.vars["quarter"]), personal: c.sees()}
	q.that(rq.quarter.Valid(), "quarter", "must be a quarter: 2022-Q2")
	if at := q.position("position"); at != 0 {
		q.that(rq.when.KnownPosition == 0 && rq.when.KnownAt.IsZero(), "position", "give position or known_at")
		rq.when.KnownPosition = at
	}
	return rq
}

// only returns a programme, or the only one there is.
func only(m *projections.Models, id domain.ProgrammaID) (domain.ProgrammaID, error) {
	if id != "" {
		return id, nil
	}
	list := m.Programmi.List()
	switch len(list) {
	case 0:
		return "", domain.ErrNoProgramma
	case 1:
		return list[0].Programma, nil
	}
	return "", invalid("/programma", "required", "there are several programmes: say which")
}

// report makes a report. At the position that the models show now they are asked as
// they are; for any other the log is read again up to there.
func (c *call) report(rq reportQuestion) (projections.QuarterReport, error) {
	question := func(m *projections.Models) (projections.QuarterReport, error) {
		id, err := only(m, rq.programma)
		if err != nil {
			return projections.QuarterReport{}, err
		}
		return m.QuarterReport(projections.ReportQuery{Programma: id, Quarter: rq.quarter, Personal: rq.personal, EffectiveAt: given(rq.when.EffectiveAt)})
	}
	if rq.when.KnownPosition != 0 && rq.when.KnownPosition == c.s.View.Seen() && rq.when.EffectiveAt.IsZero() {
		if r, at, err := askAt(c, rq.atLeast, question); err != nil || at == rq.when.KnownPosition {
			return sealed(r, at, err)
		}
	}
	return sealed(askAs(c, rq.moment, everything, question))
}

// sealed completes a report with its position and digest.
func sealed(r projections.QuarterReport, at domain.Position, err error) (projections.QuarterReport, error) {
	if err != nil {
		return r, err
	}
	return r.At(at)
}

func getReport() action {
	return action{
		answer: typeOf[projections.QuarterReport](), query: reportParams, tagged: true, media: mediaOf(reportForms), statuses: []int{404, 406},
		do: func(c *call) error {
			form, err := c.formOf(reportForms)
			if err != nil {
				return err
			}
			q := c.query()
			c.purpose = q.text("purpose")
			q.text("format")
			table := word(q, "table", papers.QuarterTables...)
			q.that(table == "" || form == csvForm, "table", "is for CSV: one table and nothing else")
			rq := c.reportQuestion(q)
			if err := q.unknown(c.route.query); err != nil {
				return err
			}
			r, err := c.report(rq)
			if err != nil {
				return err
			}
			return c.tellReport(r, form, table)
		},
	}
}

// tellReport answers with a report, after recording that values of persons are told
// if any are.
func (c *call) tellReport(r projections.QuarterReport, form fileForm, table string) error {
	if r.Parameters.Personal && (table == "" || table == papers.Operators) {
		c.tells(domain.Stream(string(r.Programma.Stream())+"/reports/"+string(r.Quarter)), domain.AsExport)
	}
	c.tell(r.Position)
	if form == jsonForm {
		return c.reveal(r)
	}
	if err := c.disclose(); err != nil {
		return err
	}
	paper := papers.Quarter(r)
	if table != "" {
		paper, _ = paper.Only(table)
	}
	return c.file(form, paper)
}

// TransmissionPage is what was sent of a quarter.
type TransmissionPage struct {
	Programma domain.ProgrammaID         `json:"programma"`
	Quarter   domain.Quarter             `json:"quarter"`
	Items     []projections.Transmission `json:"items"`
}

func listTransmissions() action {
	return question(everything, []string{"programma"}, func(c *call, q *query) func(*projections.Models) (TransmissionPage, error) {
		rq := c.reportQuestion(q)
		return func(m *projections.Models) (a TransmissionPage, err error) {
			if a.Programma, err = only(m, rq.programma); err != nil {
				return a, err
			}
			a.Quarter = rq.quarter
			a.Items, err = m.Programmi.Transmissions(a.Programma, a.Quarter)
			return a, err
		}
	}).also(404)
}

func getTransmission() action {
	return question(everything, []string{"programma"}, func(c *call, q *query) func(*projections.Models) (projections.Transmission, error) {
		rq := c.reportQuestion(q)
		return func(m *projections.Models) (t projections.Transmission, err error) {
			id, err := only(m, rq.programma)
			if err != nil {
				return t, err
			}
			return m.Programmi.Transmission(id, rq.quarter, c.transmission())
		}
	}).also(404)
}

// transmission reads the number of the path; what is none names nothing.
func (c *call) transmission() int {
	n, err := strconv.Atoi(c.vars["transmission"])
	if err != nil || strconv.Itoa(n) != c.vars["transmission"] {
		return 0
	}
	return n
}

// getDifference compares a transmission with the one before it, with another, or
// with what the register says now.
func getDifference() action {
	return action{
		answer: typeOf[projections.ReportDifference](), query: []string{"at_least", "programma", "with"}, tagged: true, statuses: []int{404},
		do: func(c *call) error {
			q := c.query()
			rq := c.reportQuestion(q)
			rq.personal = false
			with := q.text("with")
			other, err := strconv.Atoi(with)
			q.that(with == "" || with == "now" || err == nil && other > 0, "with", "must be the number of a transmission, or now")
			if err := q.unknown(c.route.query); err != nil {
				return err
			}
			number := c.transmission()
			switch with {
			case "now":
				return c.difference(rq, number, 0)
			case "":
				other = number - 1
			}
			return c.difference(rq, other, number)
		},
	}
}

// difference answers with what is otherwise after a transmission; 0: now.
func (c *call) difference(rq reportQuestion, before, after int) error {
	was, err := c.transmittedThen(rq, before)
	if err != nil {
		return err
	}
	var is projections.QuarterReport
	if after != 0 {
		is, err = c.transmittedThen(rq, after)
	} else {
		is, err = c.report(rq)
	}
	if err != nil {
		return err
	}
	d := projections.Difference(was, is)
	d.Before.Number, d.After.Number = before, after
	return c.reveal(d)
}

// transmittedThen makes a report that was transmitted anew.
func (c *call) transmittedThen(rq reportQuestion, number int) (projections.QuarterReport, error) {
	t, err := ask(c, rq.atLeast, func(m *projections.Models) (projections.Transmission, error) {
		id, err := only(m, rq.programma)
		if err != nil {
			return projections.Transmission{}, err
		}
		return m.Programmi.Transmission(id, rq.quarter, number)
	})
	if err != nil {
		return projections.QuarterReport{}, err
	}
	rq.when = projections.Moments{KnownPosition: t.Position}
	return c.report(rq)
}

func getReportMapping() action {
	return question(everything, nil, func(c *call, _ *query) func(*projections.Models) (projections.ReportMapping, error) {
		return func(m *projections.Models) (projections.ReportMapping, error) {
			return m.Programmi.Mapping(c.programma())
		}
	}).also(404)
}
