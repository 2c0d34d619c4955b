package main

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A tavoloSeen is what replay found of one tavolo.
type tavoloSeen struct {
	Tavolo   string     `json:"tavolo"`
	Subject  string     `json:"subject"`
	Day      string     `json:"day"`
	StartsAt *time.Time `json:"starts_at"`
	EndsAt   *time.Time `json:"ends_at"`
	Rows     []row      `json:"rows"`
	present  int
	minutes  int
}

// replay carries out the command.
func (p *program) replay(args []string) (*report, error) {
	a, err := p.audit("replay", args[0])
	if err != nil {
		return nil, err
	}
	defer a.s.Close()
	x := newReenactment()
	open, err := a.openings()
	if err != nil {
		return a.r, a.r.take(err)
	}
	a.keep = func(raw []byte) bool { return matters(raw) }
	a.look = x.take
	a.alsoLook(open)
	if err := a.run(); err != nil {
		return a.r, a.r.take(err)
	}
	a.understood(x)
	open.conclude(a.r)
	for _, id := range a.tavoli(x) {
		if err := a.register(x.meetings[id], open); err != nil {
			return a.r, a.r.take(err)
		}
	}
	a.r.means("chi risulta iscritto e presente, e per quanti minuti, segue dai soli fatti del registro firmato; la regola: minuti interi entro l'orario dell'incontro, sovrapposizioni contate una volta, presenze annullate escluse, presenze ancora aperte non contate",
		"who was registered and present, and for how many minutes, follows from the facts of the signed log alone; the rule: whole minutes within the hours of the meeting, overlaps counted once, annulled presences left out, open ones not counted")
	a.conclude()
	return a.r, nil
}

// understood notes whether the facts could be followed without a gap.
func (a *audit) understood(x *reenactment) {
	slices.Sort(x.unknown)
	x.unknown = slices.Compact(x.unknown)
	a.r.check("streams", len(x.gaps) == 0, "le storie di %d tavoli e presenze sono senza lacune %s", "the histories of %d tavoli and presences have no gaps %s", len(x.revisions), few(x.gaps))
	a.r.check("understood", len(x.unknown) == 0 && len(x.broken) == 0, "tutti i fatti sono stati compresi %s", "all facts were understood %s", few(slices.Concat(x.unknown, x.broken)))
	a.documents(x)
	if a.p.tavolo != "" && x.meetings[a.p.tavolo] == nil {
		a.r.check("tavolo", false, "del tavolo %s non c'è alcun fatto", "there is no fact about tavolo %s", a.p.tavolo)
	}
}

// documents notes whether the facts speak of every document that came along.
func (a *audit) documents(x *reenactment) {
	names := a.s.below(evidenceDir)
	var strange []string
	for _, name := range names {
		known := false
		for _, m := range x.meetings {
			known = known || m.filed[strings.TrimPrefix(name, evidenceDir+"/")]
		}
		if !known {
			strange = append(strange, name)
		}
	}
	if len(names) > 0 {
		a.r.check("filed", len(strange) == 0, "documenti: %d, di ciascuno un fatto dice che fu depositato %s", "documents: %d, of each a fact says that it was filed %s", len(names), few(strange))
	}
}

// tavoli returns which tavoli are told of: those with a register, or all.
func (a *audit) tavoli(x *reenactment) (ids []string) {
	for id := range x.meetings {
		if a.p.tavolo == "" || a.p.tavolo == id {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// register tells of one tavolo and compares with what came along.
func (a *audit) register(m *meeting, open *openings) error {
	rows := m.rows()
	seen := tavoloSeen{m.id, m.subject, m.schedule.Day, m.schedule.StartsAt, m.schedule.EndsAt, rows, 0, 0}
	for i := range rows {
		rows[i].Name = open.name(rows[i].Participant)
		if len(rows[i].Presences) > 0 {
			seen.present++
		}
		if n := rows[i].Minutes; n != nil {
			seen.minutes += *n
		}
	}
	a.r.Tavoli = append(a.r.Tavoli, seen)
	name := "registers/" + m.id
	if !a.s.has(name+".json") || !a.s.has(name+".csv") {
		if a.m != nil && a.m.Scope.holds(m) {
			a.r.check("register", false, "il registro di %s manca", "the register of %s is missing", m.id)
		}
		return nil
	}
	fromJSON, err := a.readJSON(name + ".json")
	if err != nil {
		return err
	}
	fromCSV, names, err := a.readCSV(name + ".csv")
	if err != nil {
		return err
	}
	wrong := slices.Concat(differences("json", rows, fromJSON), differences("csv", rows, fromCSV), open.misnamed(names))
	if len(wrong) > 0 {
		a.r.check("register", false, "il registro di %s NON è quello che segue dai fatti: %s", "the register of %s is NOT what follows from the facts: %s", m.id, few(wrong))
		return nil
	}
	a.r.check("register", true, "il registro di %s (CSV e JSON) è quello che segue dai fatti: %d righe, %d presenti, %d minuti",
		"the register of %s (CSV and JSON) is what follows from the facts: %d rows, %d present, %d minutes", m.id, len(rows), seen.present, seen.minutes)
	return nil
}

// holds reports whether the register of a tavolo belongs into a dossier of the scope.
func (s scope) holds(m *meeting) bool {
	switch s.Kind {
	case "tavolo":
		return m.id == s.ID
	case "programma":
		return m.planned && m.programma == s.ID
	case "quarter":
		return m.planned && quarterOf(m.schedule.Day) == s.ID
	}
	return m.planned
}

// quarterOf returns the quarter of a day: "2022-Q2" of "2022-05-25".
func quarterOf(day string) string {
	if len(day) != len(time.DateOnly) {
		return ""
	}
	month, err := strconv.Atoi(day[5:7])
	if err != nil {
		return ""
	}
	return day[:5] + "Q" + strconv.Itoa((month+2)/3)
}

func (a *audit) readJSON(name string) ([]row, error) {
	data, err := a.s.read(name, maxManifest)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Rows []row `json:"rows"`
	}
	if err := unmarshal(data, &doc); err != nil {
		return nil, unreadable("%s è malformato: %v", "%s is malformed: %v", name, err)
	}
	return doc.Rows, nil
}

// differences says in what two registers differ.
func differences(form string, want, got []row) (list []string) {
	by := make(map[string]string, len(got))
	for _, r := range got {
		if _, twice := by[r.Participant]; twice {
			list = append(list, fmt.Sprintf("%s %s ×2", form, r.Participant))
		}
		by[r.Participant] = r.key()
	}
	for _, r := range want {
		if by[r.Participant] != r.key() {
			list = append(list, form+" "+r.Participant)
		}
		delete(by, r.Participant)
	}
	for id := range by {
		list = append(list, form+" "+id)
	}
	slices.Sort(list)
	return list
}

// key returns everything a row tells, the name apart.
func (r row) key() string {
	e := ente{}
	if r.Ente != nil {
		e = *r.Ente
	}
	cells := []string{e.Kind, e.Code, r.Capacity, r.Mode, r.State, optional(r.Minutes), yesNo(r.Validated)}
	for _, s := range r.Presences {
		cells = append(cells, s.String())
	}
	return strings.Join(cells, "|")
}

// String returns a stretch as the CSV has it.
func (s stretch) String() string {
	text := s.From.UTC().Format(time.RFC3339Nano) + "/"
	if s.To != nil {
		text += s.To.UTC().Format(time.RFC3339Nano)
	}
	return text
}

func optional(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "sì"
	}
	return "no"
}

// heads are the columns of a register.
const heads = "partecipante;cognome;nome;qualifica;tipo ente;codice ente;ente;in qualità di;modalità;stato;presenze;minuti;validata"

// words are what the CSV says in Italian.
var words = map[string]string{
	"referente": "referente", "delegato": "delegate", "ente gestore": "ente-gestore", "relatore": "speaker", "staff": "staff", "altro": "other",
	"in presenza": "in-presence", "online": "online",
	"iscritto": "registered", "in attesa": "waiting", "confermato": "confirmed", "ritirato": "withdrawn", "rifiutato": "refused", "da confermare": "pending", "scaduto": "lapsed",
}

// A named is what a row of the CSV says of a person.
type named struct{ participant, family, given, function string }

// readCSV reads a register as people have it.
func (a *audit) readCSV(name string) (rows []row, names []named, err error) {
	data, err := a.s.read(name, maxManifest)
	if err != nil {
		return nil, nil, err
	}
	return parseCSV(name, data)
}

func parseCSV(name string, data []byte) (rows []row, names []named, err error) {
	malformed := func(what any) error {
		return unreadable("%s è malformato: %v", "%s is malformed: %v", name, what)
	}
	text, ok := strings.CutPrefix(string(data), "\ufeff"+heads+"\r\n")
	if !ok || !utf8.ValidString(text) {
		return nil, nil, malformed("?")
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = ';', strings.Count(heads, ";")+1
	records, err := r.ReadAll()
	if err != nil {
		return nil, nil, malformed(err)
	}
	for _, cells := range records {
		for i := range cells {
			cells[i] = strings.TrimPrefix(cells[i], "'") // the guard against formulas
		}
		row, err := readRow(cells)
		if err != nil {
			return nil, nil, malformed(err)
		}
		rows, names = append(rows, row), append(names, named{cells[0], cells[1], cells[2], cells[3]})
	}
	return rows, names, nil
}

// readRow reads the cells of one participant.
func readRow(c []string) (r row, err error) {
	r = row{Participant: c[0], Capacity: words[c[7]], Mode: words[c[8]], State: words[c[9]]}
	if c[4] != "" {
		r.Ente = &ente{c[4], c[5]}
	}
	for text := range strings.FieldsSeq(c[10]) {
		from, to, _ := strings.Cut(text, "/")
		s := stretch{}
		if s.From, err = time.Parse(time.RFC3339Nano, from); err != nil {
			return r, err
		}
		if to != "" {
			end, err := time.Parse(time.RFC3339Nano, to)
			if err != nil {
				return r, err
			}
			s.To = &end
		}
		r.Presences = append(r.Presences, s)
	}
	if c[11] != "" {
		n, err := strconv.Atoi(c[11])
		if err != nil {
			return r, err
		}
		r.Minutes = &n
	}
	if c[12] != "" {
		yes := c[12] == "sì"
		r.Validated = &yes
	}
	return r, nil
}

// print shows a tavolo to people.
func (t *tavoloSeen) print(b *strings.Builder, p *program) {
	fmt.Fprintf(b, "\n%s · %s\n%s", printable(t.Tavolo), printable(t.Subject), printable(t.Day))
	if t.StartsAt != nil {
		fmt.Fprintf(b, " · %s", stretch{*t.StartsAt, t.EndsAt})
	}
	fmt.Fprintf(b, " · %s\n", p.text(say("%d iscrizioni, %d presenti, %d minuti in tutto", "%d registrations, %d present, %d minutes in all", len(t.Rows), t.present, t.minutes)))
	for _, r := range t.Rows {
		e := "–"
		if r.Ente != nil {
			e = r.Ente.Kind + "/" + r.Ente.Code
		}
		times := make([]string, len(r.Presences))
		for i, s := range r.Presences {
			times[i] = s.String()
		}
		line := fmt.Sprintf("  %s  %-30s %-18s %-13s %-11s %-10s", r.Participant, r.Name, e, r.Capacity, r.Mode, r.State)
		if len(times) > 0 {
			line += fmt.Sprintf("  %s min  %s", optional(r.Minutes), strings.Join(times, " "))
		}
		if r.Validated != nil {
			line += "  " + p.text(say("validata: %s", "validated: %s", yesNo(r.Validated)))
		}
		fmt.Fprintln(b, strings.TrimRight(printable(line), " "))
	}
}
