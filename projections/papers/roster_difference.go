package papers

import (
	"fmt"
	"strconv"
	"strings"

	"tavoli/projections"
)

// differenceColumns are the columns of a comparison: a row for each thing that is otherwise.
var differenceColumns = []Column{
	{Head: "riga", Kind: projections.TextCell, Width: 10}, {Head: "cognome", Kind: projections.TextCell, Width: 20}, {Head: "nome", Kind: projections.TextCell, Width: 16},
	{Head: "ente", Kind: projections.TextCell, Width: 28}, {Head: "che cosa", Kind: projections.TextCell, Width: 16}, {Head: "prima", Kind: projections.TextCell, Width: 24},
	{Head: "dopo", Kind: projections.TextCell, Width: 24}, {Head: "partecipante", Kind: projections.TextCell, Aside: true},
}

// RosterDifference returns the comparison of a roster at two moments as a paper. The
// sheet is of the later moment; words says a change in Italian.
func RosterDifference(sheet RosterSheet, d projections.RosterDifference, words func(projections.Change) (what, before, after string)) Paper {
	s := Section{Key: "difference", Name: "Confronto", Heading: "Che cosa è diverso", HeadingEn: "What is otherwise", Columns: differenceColumns}
	for _, l := range d.Added {
		s.Rows = append(s.Rows, differenceRow("aggiunta", l, "stato", "", standing(l)))
	}
	for _, l := range d.Removed {
		s.Rows = append(s.Rows, differenceRow("tolta", l, "stato", standing(l), ""))
	}
	for _, changed := range d.Changed {
		for _, change := range changed.Changes {
			what, before, after := words(change)
			s.Rows = append(s.Rows, differenceRow("cambiata", changed.After, what, before, after))
		}
	}
	return Paper{
		Name: string(d.Tavolo) + "-confronto", Title: "Confronto di due momenti · " + d.Subject, TitleEn: "The roster at two moments", At: sheet.RecordedAt, Funding: sheet.Funding,
		Particulars: differenceParticulars(sheet, d), Sections: []Section{s},
		Foot: []string{fmt.Sprintf("Tavolo %s · posizione %d · registrato fino al %s", d.Tavolo, sheet.Position, Clock(sheet.RecordedAt))},
	}
}

func differenceRow(kind string, l projections.RosterLine, what, before, after string) []string {
	ente := ""
	if l.Ente != nil {
		ente = l.Ente.Name
	}
	return []string{kind, l.FamilyName, l.GivenName, ente, what, before, after, l.Participant.String()}
}

// standing says in which state a line is, and whether the person came.
func standing(l projections.RosterLine) string {
	texts := []string{projections.InItalian(string(l.State))}
	if l.Attendance != projections.Unknown {
		texts = append(texts, projections.InItalian(l.Attendance))
	}
	return strings.Join(texts, ", ")
}

func differenceParticulars(sheet RosterSheet, d projections.RosterDifference) []Particular {
	return []Particular{
		{"Tavolo", "Tavolo", string(d.Tavolo)},
		{"Data", "Day", ShortDay(d.Day)},
		{"Prima", "Before", momentText(d.Before)},
		{"Dopo", "After", momentText(d.After)},
		{"Righe aggiunte", "Lines added", strconv.Itoa(len(d.Added))},
		{"Righe tolte", "Lines removed", strconv.Itoa(len(d.Removed))},
		{"Righe cambiate", "Lines changed", strconv.Itoa(len(d.Changed))},
		{"Posizione nel registro", "Position", strconv.FormatUint(uint64(sheet.Position), 10)},
	}
}

// momentText says from which two times a roster was looked at, and what it held.
func momentText(m projections.RosterMoment) string {
	known, held := "com'è noto ora", ""
	switch {
	case m.KnownAt != nil:
		known = "come era noto il " + Clock(*m.KnownAt)
	case m.KnownPosition > 0:
		known = "come era noto alla posizione " + strconv.FormatUint(uint64(m.KnownPosition), 10)
	}
	if m.EffectiveAt != nil {
		held = ", accaduto entro il " + Clock(*m.EffectiveAt)
	}
	if !m.Known {
		return known + held + ": il tavolo non era noto"
	}
	return fmt.Sprintf("%s%s: righe %d, presenti %d", known, held, m.Lines, m.Present)
}
