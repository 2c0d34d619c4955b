package web

import (
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A sheet is a table for a spreadsheet: UTF-8 with a byte order mark, semicolons,
// CRLF, as Excel in Italian reads it.
//
// No cell can be taken for a formula: one that begins with = + - @, a tab, a line
// break or an apostrophe gets an apostrophe before it. Whoever reads the file back
// takes one leading apostrophe away and has exactly what was written.
type sheet struct{ b strings.Builder }

// newSheet returns a sheet with its heads.
func newSheet(heads ...string) *sheet {
	s := new(sheet)
	s.b.WriteString("\ufeff")
	s.row(heads...)
	return s
}

// row adds a row.
func (s *sheet) row(cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			s.b.WriteByte(';')
		}
		s.cell(cell)
	}
	s.b.WriteString("\r\n")
}

func (s *sheet) cell(text string) {
	if text != "" && strings.ContainsRune("=+-@\t\r\n'", rune(text[0])) {
		text = "'" + text
	}
	if !strings.ContainsAny(text, ";\"\r\n") && strings.TrimSpace(text) == text {
		s.b.WriteString(text)
		return
	}
	s.b.WriteByte('"')
	s.b.WriteString(strings.ReplaceAll(text, `"`, `""`))
	s.b.WriteByte('"')
}

// rosterHeads are the columns of a roster.
var rosterHeads = []string{
	"cognome", "nome", "qualifica", "ente", "tipo ente", "codice ente", "provincia", "in qualità di", "modalità", "stato",
	"posto in lista", "dal", "presenza", "minuti", "validata", "e-mail", "telefono", "presenze", "partecipante",
}

// rosterCSV answers with every line of a roster that matches.
func (c *call) rosterCSV() error {
	q := c.query()
	m := q.moment()
	c.purpose = q.text("purpose")
	q.that(q.text("format") == "" || q.text("format") == "csv", "format", "must be json or csv")
	q.that(q.text("limit") == "" && q.text("cursor") == "", "limit", "a file holds every line: limit and cursor are for JSON")
	rq := c.rosterQuery(q)
	rq.Limit = projections.MaxLimit
	if err := q.unknown(c.route.query); err != nil {
		return err
	}
	lines, at, err := askAs(c, m, thisTavolo, func(m *projections.Models) ([]projections.RosterLine, error) { return allLines(m, rq) })
	if err != nil {
		return err
	}
	if !c.sees() {
		withoutNames(lines)
	}
	c.tells(c.tavolo().Stream(), domain.AsExport)
	if err := c.disclose(); err != nil {
		return err
	}
	body := rosterSheet(lines)
	c.tell(at)
	c.w.Header().Set("Content-Disposition", `attachment; filename="`+string(c.tavolo())+`.csv"`)
	return c.show(asCSV, tagOf(-1, body), body)
}

var asCSV = []string{"text/csv; charset=utf-8; header=present"}

// allLines turns the pages of a roster into one.
func allLines(m *projections.Models, q projections.RosterQuery) (lines []projections.RosterLine, err error) {
	for {
		page, err := m.Rosters.Roster(q)
		if err != nil {
			return nil, err
		}
		lines = append(lines, page.Items...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return lines, nil
		}
	}
}

func rosterSheet(lines []projections.RosterLine) []byte {
	s := newSheet(rosterHeads...)
	for _, l := range lines {
		ente := projections.EnteName{}
		if l.Ente != nil {
			ente = *l.Ente
		}
		s.row(
			l.FamilyName, l.GivenName, l.Function, ente.Name, string(ente.Kind), ente.Code, ente.Province,
			InItalian(string(l.Capacity)), InItalian(string(l.Mode)), InItalian(string(l.State)), number(l.PlaceInLine), clock(l.Since),
			InItalian(l.Attendance), optional(l.Minutes), judged(l.Validated), l.Email, l.Phone, stretches(l.Presences), l.Participant.String(),
		)
	}
	return []byte(s.b.String())
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func optional(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// clock returns a time as it is read in Italy.
func clock(t time.Time) string { return t.In(domain.Rome).Format("2006-01-02 15:04:05") }

func judged(v *projections.Validation) string {
	switch {
	case v == nil:
		return ""
	case v.Attended:
		return "sì"
	}
	return "no"
}

// stretches lists presences as "15:02-16:58 in presenza (banco)".
func stretches(list []projections.Presence) string {
	texts := make([]string, len(list))
	for i, p := range list {
		end := ""
		if p.To != nil {
			end = p.To.In(domain.Rome).Format("15:04")
		}
		texts[i] = p.From.In(domain.Rome).Format("2006-01-02 15:04") + "-" + end + " " + InItalian(string(p.Mode)) + " (" + InItalian(string(p.Source)) + ")"
	}
	return strings.Join(texts, ", ")
}

// InItalian returns a word of the API as people read it: "in presenza" for in-presence.
func InItalian(word string) string {
	if text, ok := italianWords[word]; ok {
		return text
	}
	return word
}

var italianWords = map[string]string{
	"referente": "referente", "delegate": "delegato", "ente-gestore": "ente gestore", "speaker": "relatore", "staff": "staff", "other": "altro",
	"in-presence": "in presenza", "online": "online", "mixed": "mista",
	"registered": "iscritto", "waiting": "in attesa", "confirmed": "confermato", "withdrawn": "ritirato", "refused": "rifiutato",
	"present": "presente", "absent": "assente", "unknown": "non noto",
	"desk": "banco", "sheet": "foglio firme", "platform": "piattaforma", "statement": "dichiarazione", "self": "conferma personale",
	"planned": "programmato", "announced": "annunciato", "convened": "convocato", "open": "in corso", "closed": "concluso", "called-off": "annullato",
	"page": "pagina", "export": "esportazione", "person": "persona", "tavolo": "tavolo", "ente": "ente", "list": "elenco",
	"coordinator": "coordina", "greeting": "saluti", "author": "autore",
	"programme": "programma", "invitation": "nota-invito", "slides": "slide", "video": "video", "note": "nota",
}
