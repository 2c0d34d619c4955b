package papers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// Keys of the tables of a report.
const (
	Figures    = "figures"
	ByKind     = "by-kind"
	ByMode     = "by-mode"
	ByCapacity = "by-capacity"
	ByProvince = "by-province"
	ByEnte     = "by-ente"
	Tavoli     = "tavoli"
	Network    = "network"
	Operators  = "operators"
)

// QuarterTables lists the tables of a report in their order.
var QuarterTables = []string{Figures, ByKind, ByMode, ByCapacity, ByProvince, ByEnte, Tavoli, Network, Operators}

// Quarter returns the report of a quarter as a paper.
func Quarter(r projections.QuarterReport) Paper {
	name := string(r.Programma)
	if r.Acronym != "" {
		name = r.Acronym + " " + name
	}
	return Paper{
		Name:        fmt.Sprintf("relazione-%s-%s", r.Programma, r.Quarter),
		Title:       fmt.Sprintf("Relazione trimestrale · %s · %s", name, inWords(r.Quarter)),
		TitleEn:     fmt.Sprintf("Quarterly report · %s · %s", name, r.Quarter),
		At:          r.RecordedAt,
		Funding:     r.FundingBlock,
		Particulars: particulars(r),
		Sections: []Section{
			figures(r),
			groups(ByKind, "Per tipo di ente", "By kind of ente", "Tipo di ente", "Kind of ente", r.ByKind, true),
			groups(ByMode, "Per modalità", "By mode", "Modalità", "Mode", r.ByMode, true),
			groups(ByCapacity, "Per qualifica di partecipazione", "By capacity", "In qualità di", "Capacity", r.ByCapacity, true),
			groups(ByProvince, "Per provincia", "By province", "Provincia", "Province", r.ByProvince, true),
			groups(ByEnte, "Per ente", "By ente", "Ente", "Ente", r.ByEnte, false),
			tavoli(r), network(r), operators(r),
		},
		Foot: []string{
			fmt.Sprintf("Programma %s · %s · posizione %d · registrato fino al %s · dati personali: %s · forma %d", r.Programma, r.Quarter, r.Position, Clock(r.RecordedAt), yes(r.Parameters.Personal), r.Parameters.Form),
			"SHA-256 " + r.Digest,
		},
	}
}

// inWords returns a quarter as people read it.
func inWords(q domain.Quarter) string { return fmt.Sprintf("%c° trimestre %s", q[6], q[:4]) }

// Clock returns a moment as it is written in Italy.
func Clock(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(domain.Rome).Format("02/01/2006 15:04:05")
}

func yes(b bool) string {
	if b {
		return "sì"
	}
	return "no"
}

// particulars are what a report was made from.
func particulars(r projections.QuarterReport) []Particular {
	layout := "di serie · built in"
	if r.Operators.Mapping != 0 {
		layout = fmt.Sprintf("stabilito alla posizione %d", r.Operators.Mapping)
		if r.Operators.Title != "" {
			layout = fmt.Sprintf("%s, %s", r.Operators.Title, layout)
		}
	}
	block := "come approvato · as approved"
	if r.FundingBlock == "" {
		block = "nessuno approvato a questa data · none approved on this day"
	}
	happened := ""
	if r.EffectiveAt != nil {
		happened = Clock(*r.EffectiveAt)
	}
	return []Particular{
		{"Programma", "Programme", fmt.Sprintf("%s · %s", r.Programma, r.Title)},
		{"Fondo", "Fund", r.Fund},
		{"Trimestre", "Quarter", fmt.Sprintf("%s, dal %s al %s", r.Quarter, ShortDay(r.From), ShortDay(r.To))},
		{"Posizione nel registro", "Position", strconv.FormatUint(uint64(r.Position), 10)},
		{"Registrato fino al", "Recorded up to", Clock(r.RecordedAt)},
		{"Accaduto fino al", "Happened by", happened},
		{"Blocco di finanziamento", "Funding paragraph", block},
		{"Tracciato operatori", "Layout of operators", layout},
		{"Dati personali", "Personal values", yes(r.Parameters.Personal)},
		{"Forma della relazione", "Form of the report", strconv.Itoa(r.Parameters.Form)},
		{"Impronta SHA-256", "Digest", r.Digest},
	}
}

func text(head, en string, width int) Column {
	return Column{head, en, projections.TextCell, width, false}
}
func number(head, en string) Column { return Column{head, en, projections.NumberCell, 9, false} }

func figures(r projections.QuarterReport) Section {
	s := Section{
		Key: Figures, Name: "Riepilogo", Heading: "Riepilogo", HeadingEn: "Summary",
		Columns: []Column{text("Dato", "Figure", 18), number("Valore", "Value"), text("Che cosa conta", "Definition in Italian", 60), text("What it counts", "", 60)},
	}
	for _, f := range r.Figures {
		s.Rows = append(s.Rows, []string{f.LabelIt, strconv.Itoa(f.Value), f.DefinitionIt, f.LabelEn + ": " + f.DefinitionEn})
	}
	return s
}

func tavoli(r projections.QuarterReport) Section {
	s := Section{
		Key: Tavoli, Name: "Tavoli", Heading: "Tavoli del trimestre", HeadingEn: "Tavoli of the quarter",
		Note: "Chi è venuto conta una volta per tavolo.", NoteEn: "Whoever came counts once for each tavolo.",
		Columns: []Column{
			text("N.", "No.", 4), text("Oggetto", "Subject", 34), {"Data", "Day", projections.DayCell, 11, false}, text("Ore", "Hours", 12), text("Modalità", "Mode", 11), number("Iscrizioni", "Registr."), number("Presenze", "Presences"),
			number("In presenza", "In presence"), number("Online", "Online"), number("Entrambi i modi", "Both"), number("Minuti", "Minutes"), number("Enti", "Enti"), number("Comuni", "Comuni"), number("Province", "Province"), number("Ospiti", "Guests"),
			{Head: "Identificativo", En: "Id", Kind: projections.TextCell, Aside: true}, {Head: "Stato", En: "State", Kind: projections.TextCell, Aside: true},
		},
	}
	for _, t := range r.Tavoli {
		row := []string{ordinal(t.Ordinal), t.Subject, string(t.Day), Hours(t.Times), projections.InItalian(string(t.Mode))}
		for _, n := range []int{t.Registrations, t.Presences, t.InPresence, t.Online, t.Both, t.Minutes, t.Enti, t.Comuni, t.Province, t.Guests} {
			row = append(row, strconv.Itoa(n))
		}
		s.Rows = append(s.Rows, append(row, string(t.Tavolo), projections.InItalian(string(t.State))))
	}
	return s
}

func ordinal(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n) + "°"
}

// Hours returns when a tavolo is held on its day: "15:00–17:00", or nothing.
func Hours(t projections.Times) string {
	if !t.HoursKnown {
		return ""
	}
	text := t.StartsAt.In(domain.Rome).Format("15:04")
	if t.EndsAt != nil {
		text += "–" + t.EndsAt.In(domain.Rome).Format("15:04")
	}
	return text
}

// groups is a table of those who have something in common.
func groups(key, heading, headingEn, head, headEn string, list []projections.ReportGroup, enti bool) Section {
	s := Section{
		Key: key, Name: heading, Heading: heading, HeadingEn: headingEn,
		Columns: []Column{text(head, headEn, 40), number("Persone", "Persons"), number("Presenze", "Presences"), number("Minuti", "Minutes")},
	}
	if enti {
		s.Columns = append(s.Columns, number("Enti", "Enti"))
	} else {
		s.Columns = append(s.Columns, text("Codice", "Key", 24))
	}
	for _, g := range list {
		row := []string{g.Label, strconv.Itoa(g.Persons), strconv.Itoa(g.Presences), strconv.Itoa(g.Minutes)}
		if enti {
			row = append(row, strconv.Itoa(g.Enti))
		} else {
			row = append(row, strings.TrimPrefix(g.Key, "none"))
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func network(r projections.QuarterReport) Section {
	day := func(head, en string) Column { return Column{head, en, projections.DayCell, 11, false} }
	s := Section{
		Key: Network, Name: "Rete", Heading: "Soggetti coinvolti nella rete", HeadingEn: "Bodies of the network",
		Note:   "Partner del programma, enti aderenti al coordinamento e loro enti gestori, in un giorno almeno del trimestre. Un soggetto con più ruoli sta in più righe.",
		NoteEn: "Partners of the programme, members of the coordinamento and the bodies that run their projects, on one day of the quarter at least. A body of several roles stands in several rows.",
		Columns: []Column{
			text("Ruolo", "Role", 16), text("Soggetto", "Body", 40), text("Tipo", "Kind", 18), text("Codice", "Code", 16), text("Prov.", "Prov.", 6),
			text("Per conto di", "On behalf of", 24), day("Dal", "Since"), day("Al", "Until"), number("Presenze", "Presences"),
		},
	}
	for _, m := range r.Network {
		of := ""
		if m.Of != nil {
			of = m.Of.Name
		}
		if m.Project != "" {
			of += " (" + m.Project + ")"
		}
		s.Rows = append(s.Rows, []string{
			projections.InItalian(string(m.Role)), m.Name, projections.InItalian(string(m.Kind)), m.Code, m.Province, of, string(m.Since), string(m.Until), strconv.Itoa(m.Presences),
		})
	}
	return s
}

func operators(r projections.QuarterReport) Section {
	o := r.Operators
	s := Section{
		Key: Operators, Name: "Scheda operatori", Heading: "Scheda operatori", HeadingEn: "Operators",
		Note: "Una riga per persona presente e tavolo.", NoteEn: "A row for each person present and tavolo.",
	}
	if o.Included == domain.RowsRegistered {
		s.Note, s.NoteEn = "Una riga per persona presente o iscritta e tavolo.", "A row for each person present or registered and tavolo."
	}
	if !r.Parameters.Personal && hasPersonal(o.Columns) {
		s.Note += " Le colonne di dati personali sono vuote: non sono mostrate a chi ha chiesto la relazione."
		s.NoteEn += " Columns of personal values are empty: they are not shown to whoever asked."
	}
	for _, c := range o.Columns {
		s.Columns = append(s.Columns, Column{Head: c.Name, Kind: c.Kind})
	}
	for _, row := range o.Rows {
		s.Rows = append(s.Rows, row.Cells)
	}
	return s
}

func hasPersonal(columns []projections.OperatorColumn) bool {
	for _, c := range columns {
		if c.Personal {
			return true
		}
	}
	return false
}
