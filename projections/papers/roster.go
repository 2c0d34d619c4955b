package papers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A RosterSheet is what the paper of a roster is made from.
type RosterSheet struct {
	Roster     projections.Roster // its head; the lines are in Lines
	Lines      []projections.RosterLine
	Programma  domain.ProgrammaID
	Funding    string
	Position   domain.Position // at which it was asked
	RecordedAt time.Time       // of the newest fact up to there
}

// rosterColumns are the columns of a roster. Those aside have no room on a page.
var rosterColumns = []Column{
	{Head: "cognome", Kind: projections.TextCell, Width: 20}, {Head: "nome", Kind: projections.TextCell, Width: 16}, {Head: "qualifica", Kind: projections.TextCell, Aside: true},
	{Head: "ente", Kind: projections.TextCell, Width: 30}, {Head: "tipo ente", Kind: projections.TextCell, Aside: true}, {Head: "codice ente", Kind: projections.TextCell, Aside: true},
	{Head: "provincia", Kind: projections.TextCell, Width: 9}, {Head: "in qualità di", Kind: projections.TextCell, Width: 12}, {Head: "modalità", Kind: projections.TextCell, Width: 11},
	{Head: "stato", Kind: projections.TextCell, Width: 11}, {Head: "posto in lista", Kind: projections.NumberCell, Aside: true}, {Head: "dal", Kind: projections.TimeCell, Aside: true},
	{Head: "presenza", Kind: projections.TextCell, Width: 9}, {Head: "minuti", Kind: projections.NumberCell, Width: 7}, {Head: "validata", Kind: projections.TextCell, Width: 8},
	{Head: "e-mail", Kind: projections.TextCell, Aside: true}, {Head: "telefono", Kind: projections.TextCell, Aside: true}, {Head: "presenze", Kind: projections.TextCell, Aside: true},
	{Head: "partecipante", Kind: projections.TextCell, Aside: true},
}

// Roster returns a roster as a paper.
func Roster(r RosterSheet) Paper {
	s := Section{Key: "roster", Name: "Elenco", Heading: "Elenco dei partecipanti", HeadingEn: "Participants", Columns: rosterColumns}
	for _, l := range r.Lines {
		s.Rows = append(s.Rows, rosterRow(l))
	}
	return Paper{
		Name: string(r.Roster.Tavolo), Title: "Registro · " + r.Roster.Subject, TitleEn: "Roster", At: r.RecordedAt, Funding: r.Funding,
		Particulars: rosterParticulars(r), Sections: []Section{s},
		Foot: []string{fmt.Sprintf("Tavolo %s · posizione %d · registrato fino al %s", r.Roster.Tavolo, r.Position, Clock(r.RecordedAt))},
	}
}

func rosterParticulars(r RosterSheet) []Particular {
	list := []Particular{
		{"Tavolo", "Tavolo", string(r.Roster.Tavolo)},
		{"Data", "Day", strings.TrimSpace(r.Roster.Weekday + " " + ShortDay(r.Roster.Day) + " " + Hours(r.Roster.Times))},
		{"Modalità", "Mode", projections.InItalian(string(r.Roster.Mode))},
		{"Stato", "State", projections.InItalian(string(r.Roster.State))},
		{"Righe", "Lines", strconv.Itoa(len(r.Lines))},
		{"Presenti", "Present", strconv.Itoa(r.Roster.Counts.Present.Total())},
		{"Posizione nel registro", "Position", strconv.FormatUint(uint64(r.Position), 10)},
		{"Registrato fino al", "Recorded up to", Clock(r.RecordedAt)},
	}
	if r.Roster.EffectiveAt != nil {
		list = append(list, Particular{"Accaduto fino al", "Happened by", Clock(*r.Roster.EffectiveAt)})
	}
	if r.Roster.KnownAt != nil {
		list = append(list, Particular{"Noto fino al", "Known by", Clock(*r.Roster.KnownAt)})
	}
	return list
}

func rosterRow(l projections.RosterLine) []string {
	ente := projections.EnteName{}
	if l.Ente != nil {
		ente = *l.Ente
	}
	place, minutes := "", ""
	if l.PlaceInLine > 0 {
		place = strconv.Itoa(l.PlaceInLine)
	}
	if l.Minutes != nil {
		minutes = strconv.Itoa(*l.Minutes)
	}
	word := projections.InItalian
	return []string{
		l.FamilyName, l.GivenName, l.Function, ente.Name, string(ente.Kind), ente.Code, ente.Province,
		word(string(l.Capacity)), word(string(l.Mode)), word(string(l.State)), place, l.Since.UTC().Format(time.RFC3339),
		word(l.Attendance), minutes, judged(l.Validated), l.Email, l.Phone, stretches(l.Presences), l.Participant.String(),
	}
}

func judged(v *projections.Validation) string {
	switch {
	case v == nil:
		return ""
	case v.Outdated:
		return "superata"
	}
	return yes(v.Attended)
}

// stretches lists presences as "15:02-16:58 in presenza (banco)".
func stretches(list []projections.Presence) string {
	texts := make([]string, len(list))
	for i, p := range list {
		end := ""
		if p.To != nil {
			end = p.To.In(domain.Rome).Format("15:04")
		}
		texts[i] = p.From.In(domain.Rome).Format("2006-01-02 15:04") + "-" + end + " " + projections.InItalian(string(p.Mode)) + " (" + projections.InItalian(string(p.Source)) + ")"
	}
	return strings.Join(texts, ", ")
}
