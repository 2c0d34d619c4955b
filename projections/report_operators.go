package projections

import (
	"slices"
	"strconv"
	"time"

	"tavoli/domain"
)

// operators lays out the table of persons. Values of persons are left empty unless
// they are asked for.
func (r *reportMaking) operators(layout ReportMapping, quarter domain.Quarter, personal bool) Operators {
	o := Operators{Mapping: layout.Position, Title: layout.Title, Included: layout.Rows, Columns: make([]OperatorColumn, len(layout.Columns)), Rows: []OperatorRow{}}
	codes := make([]map[string]string, len(layout.Columns))
	for i, c := range layout.Columns {
		o.Columns[i] = OperatorColumn{c.Name, c.Source, kindOf(c), c.Source.Personal()}
		if len(c.Codes) > 0 {
			codes[i] = make(map[string]string)
			for _, t := range c.Codes {
				codes[i][t.From] = t.To
			}
		}
	}
	for i := range r.rows {
		a := &r.rows[i]
		if !a.here() && layout.Rows != domain.RowsRegistered {
			continue
		}
		line := operatorLine{r, a, r.models.People.values(a.person), len(o.Rows) + 1, quarter, personal}
		row := OperatorRow{a.tavolo.id, r.models.People.rows[a.person].id, make([]string, len(layout.Columns))}
		for n, c := range layout.Columns {
			row.Cells[n] = line.cell(c, codes[n])
		}
		o.Rows = append(o.Rows, row)
	}
	return o
}

// kindOf says how the cells of a column are read. A translated one is text.
func kindOf(c domain.ReportColumn) CellKind {
	switch {
	case len(c.Codes) > 0:
		return TextCell
	case slices.Contains([]domain.ReportSource{domain.SourceRow, domain.SourceOrdinal, domain.SourceMinutes}, c.Source):
		return NumberCell
	case c.Source == domain.SourceDay:
		return DayCell
	case slices.Contains([]domain.ReportSource{domain.SourceStartsAt, domain.SourceEndsAt, domain.SourcePresentFrom, domain.SourcePresentTo}, c.Source):
		return TimeCell
	}
	return TextCell
}

// An operatorLine is what the cells of a row are taken from.
type operatorLine struct {
	*reportMaking
	*comer
	values   domain.Values
	number   int
	quarter  domain.Quarter
	personal bool
}

// cell returns what stands in a column. Words of fixed lists that no code stands for
// are told in Italian.
func (l operatorLine) cell(c domain.ReportColumn, codes map[string]string) string {
	switch {
	case c.Constant != nil:
		return *c.Constant
	case c.Source.Personal():
		return l.person(c.Source)
	}
	text := l.text(c.Source)
	if code, ok := codes[text]; ok {
		return code
	}
	if c.Source.Words() != nil {
		return InItalian(text)
	}
	return text
}

// person returns a value of the person. Whoever was removed has a name that says so.
func (l operatorLine) person(source domain.ReportSource) string {
	if !l.personal {
		return ""
	}
	switch source {
	case domain.SourceGivenName:
		return l.values.GivenName
	case domain.SourceFamilyName:
		return l.values.FamilyName
	case domain.SourceFunction:
		return l.values.Function
	case domain.SourceEmail:
		return l.values.Email
	case domain.SourcePhone:
		return l.values.Phone
	}
	return ""
}

// text returns what a source says, in our words.
func (l operatorLine) text(source domain.ReportSource) string {
	switch source {
	case domain.SourceRow:
		return strconv.Itoa(l.number)
	case domain.SourceProgramma:
		return string(l.programma.id)
	case domain.SourceQuarter:
		return string(l.quarter)
	case domain.SourcePerson:
		return l.models.People.rows[l.comer.person].id.String()
	case domain.SourceCapacity:
		return string(wordOf(capacities, l.seat.capacity))
	case domain.SourceMode:
		return string(l.modeWord())
	case domain.SourceState:
		return string(wordOf(states, l.seat.state))
	case domain.SourceAttendance:
		return l.came()
	case domain.SourcePresentFrom:
		return moment3339(knownTime(l.first))
	case domain.SourcePresentTo:
		return moment3339(knownTime(l.last))
	case domain.SourceMinutes:
		return l.stay()
	case domain.SourceValidated:
		return [...]string{"", "no", "yes", "", ""}[l.seat.validated]
	}
	return l.ofTavolo(source)
}

// came returns whether the person came, as rosters tell it.
func (l operatorLine) came() string {
	switch {
	case l.here():
		return Present
	case l.tavolo.state == domain.Closed:
		return Absent
	}
	return Unknown
}

// stay returns the minutes of somebody who came.
func (l operatorLine) stay() string {
	if !l.here() {
		return ""
	}
	return strconv.Itoa(l.minutes)
}

// ofTavolo returns what a source says of the tavolo, or of the ente.
func (l operatorLine) ofTavolo(source domain.ReportSource) string {
	switch t := l.tavolo; source {
	case domain.SourceTavolo:
		return string(t.id)
	case domain.SourceOrdinal:
		if t.ordinal > 0 {
			return strconv.Itoa(t.ordinal)
		}
		return ""
	case domain.SourceSubject:
		return t.subject
	case domain.SourceTavoloMode:
		return string(t.mode)
	case domain.SourceDay:
		return string(t.schedule.Day)
	case domain.SourceStartsAt:
		return moment3339(t.schedule.StartsAt)
	case domain.SourceEndsAt:
		return moment3339(t.schedule.EndsAt)
	}
	if l.ente < 0 {
		return ""
	}
	switch e := l.models.Enti.rows[l.ente]; source {
	case domain.SourceEnteKind:
		return string(e.ref.Kind)
	case domain.SourceEnteCode:
		return e.ref.Code
	case domain.SourceEnteName:
		return e.title()
	case domain.SourceProvince:
		return e.province
	case domain.SourceIstat:
		return e.istat
	case domain.SourceIpa:
		return e.ipa
	}
	return ""
}

// moment3339 returns a moment in UTC, or nothing.
func moment3339(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
