package pages

import (
	"fmt"
	"net/http"
	"net/url"

	"tavoli/projections"
)

// A comparison is what is otherwise in the roster of a tavolo at one moment than at
// another. The later one is that of the page's two times.
type comparison struct {
	auditPage
	Tavolo     string
	Subject    string
	Before     auditPage // the two times of the earlier one
	Asked      bool
	Difference projections.RosterDifference
}

// Names of the parameters that carry the two times of the earlier moment.
const (
	wasHappenedParam = "prima_accaduto"
	wasKnownParam    = "prima_noto"
)

// showComparison compares the roster of a tavolo at two moments.
func showComparison(v *visit) error {
	p, err := v.comparison()
	if err != nil {
		return err
	}
	if !p.Asked || len(p.Wrong) > 0 {
		if p.Subject, err = p.subjectOf(p.Tavolo); err != nil {
			return err
		}
		return v.show("audit-comparison", p)
	}
	if err := v.get(rosterPath(v)+"/difference", p.between(), &p.Difference); err != nil {
		return err
	}
	p.Subject = p.Difference.Subject
	return v.show("audit-comparison", p)
}

// comparison reads which two moments are to be compared.
func (v *visit) comparison() (p comparison, err error) {
	page, err := v.audit()
	if err != nil {
		return p, err
	}
	query := v.r.URL.Query()
	p = comparison{auditPage: page, Tavolo: v.r.PathValue("id"), Before: page}
	p.Before.Happened, p.Before.Known = p.readTime(query, wasHappenedParam), p.readTime(query, wasKnownParam)
	p.Asked = query.Has(wasKnownParam) || query.Has(wasHappenedParam)
	if len(p.Wrong) > 0 {
		v.status = http.StatusBadRequest
	}
	return p, nil
}

// between returns the question for what is otherwise.
func (p comparison) between() url.Values {
	return p.withPurpose(p.asking("before_known_at", p.Before.Known, "before_effective_at", p.Before.Happened))
}

// Compare returns the address of the comparison of a tavolo: what is looked at now, if it
// is the past, with how it is known today.
func (p auditPage) Compare(tavolo string) string {
	q := make(url.Values)
	if p.Happened+p.Known != "" {
		q.Set(wasHappenedParam, p.Happened)
		q.Set(wasKnownParam, p.Known)
	}
	return withQuery("/controllo/tavoli/"+url.PathEscape(tavolo)+"/confronto", q)
}

// Since returns the address of what was recorded of the tavolo between the two moments.
func (p comparison) Since() string {
	return p.To("/controllo/tavoli/"+url.PathEscape(p.Tavolo), sinceParam, p.Before.Known)
}

// File returns the address of the comparison in a form.
func (p comparison) File(form string) string {
	return p.To(p.Here+"/file", "forma", form, wasHappenedParam, p.Before.Happened, wasKnownParam, p.Before.Known)
}

// handOutComparison hands out the comparison as a file.
func handOutComparison(v *visit) error {
	p, err := v.comparison()
	if err != nil {
		return err
	}
	if len(p.Wrong) > 0 {
		return errBadForm
	}
	q := p.between()
	q.Set("format", v.r.URL.Query().Get("forma"))
	return v.handOut(rosterPath(v)+"/difference", q)
}

// Lines says how many lines a roster had, and how many people came.
func (p comparison) Lines(m projections.RosterMoment) string {
	return fmt.Sprintf(p.T("%d righe, %d presenti", "%d lines, %d present"), m.Lines, m.Present)
}

// A lineList is some lines of a roster in a table.
type lineList struct {
	Page  auditPage
	Lines []projections.RosterLine
}

// Listed returns lines for a table. Those that are gone are looked at as they were.
func (c comparison) Listed(lines []projections.RosterLine, gone bool) lineList {
	if gone {
		return lineList{c.Before, lines}
	}
	return lineList{c.auditPage, lines}
}
