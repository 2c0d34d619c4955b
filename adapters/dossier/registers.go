package dossier

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A row is one participant, without a name: what tavoli-verify compares with the facts.
type row struct {
	Participant domain.PersonID          `json:"participant"`
	Ente        *domain.EnteRef          `json:"ente"`
	Capacity    domain.Capacity          `json:"capacity"`
	Mode        domain.Mode              `json:"mode"`
	State       domain.RegistrationState `json:"state"`
	Presences   []stretch                `json:"presences"`
	Minutes     *int                     `json:"minutes"`
	Validated   *bool                    `json:"validated"`
}

// A stretch is one presence; without an end the person was there still.
type stretch struct {
	From time.Time  `json:"from"`
	To   *time.Time `json:"to"`
}

func rowOf(l projections.RosterLine) row {
	r := row{l.Participant, nil, l.Capacity, l.Mode, l.State, []stretch{}, l.Minutes, nil}
	if l.Ente != nil {
		r.Ente = &domain.EnteRef{Kind: l.Ente.Kind, Code: l.Ente.Code}
	}
	if l.Validated != nil {
		r.Validated = &l.Validated.Attended
	}
	for _, p := range l.Presences {
		s := stretch{From: p.From.UTC()}
		if p.To != nil {
			to := p.To.UTC()
			s.To = &to
		}
		r.Presences = append(r.Presences, s)
	}
	slices.SortStableFunc(r.Presences, func(a, b stretch) int { return cmp.Or(a.From.Compare(b.From), a.end().Compare(b.end())) })
	return r
}

// end returns when a stretch ends; one without an end ends last.
func (s stretch) end() time.Time {
	if s.To == nil {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return *s.To
}

// registers adds the register of each tavolo in three forms.
func (w *work) registers() error {
	for _, t := range w.tavoli {
		name := "registers/" + string(t.ID)
		rows := make([]row, len(w.rows[t.ID]))
		for i, l := range w.rows[t.ID] {
			rows[i] = rowOf(l)
		}
		err := errors.Join(
			w.pack.text(name+".csv", w.sheet(w.rows[t.ID], rows)),
			w.pack.add(name+".json", func(out io.Writer) error { return encode(out, t.ID, rows) }),
			w.pack.add(name+".html", func(out io.Writer) error { return w.page(out, t, rows) }),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// encode writes a register as JSON, a participant a line.
func encode(out io.Writer, id domain.TavoloID, rows []row) error {
	var b strings.Builder
	b.WriteString(`{"tavolo":"` + string(id) + `","rows":[`)
	for i, r := range rows {
		data, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(data)
	}
	b.WriteString("\n]}\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// heads are the columns of a register.
var heads = []string{
	"partecipante", "cognome", "nome", "qualifica", "tipo ente", "codice ente", "ente",
	"in qualità di", "modalità", "stato", "presenze", "minuti", "validata",
}

// sheet returns a register for a spreadsheet.
func (w *work) sheet(lines []projections.RosterLine, rows []row) string {
	var b strings.Builder
	b.WriteString("\ufeff")
	line(&b, heads...)
	for i, r := range rows {
		family, given, function := w.named(lines[i])
		kind, code, name := "", "", ""
		if e := lines[i].Ente; e != nil {
			kind, code, name = string(e.Kind), e.Code, e.Name
		}
		times := make([]string, len(r.Presences))
		for j, s := range r.Presences {
			times[j] = s.String()
		}
		line(&b, r.Participant.String(), family, given, function, kind, code, name, italian(r.Capacity), italian(r.Mode), italian(r.State),
			strings.Join(times, " "), optional(r.Minutes), yesNo(r.Validated))
	}
	return b.String()
}

// line adds a line, with a guard before what a spreadsheet would take for a formula.
func line(b *strings.Builder, cells ...string) {
	for i, text := range cells {
		if i > 0 {
			b.WriteByte(';')
		}
		if text != "" && strings.ContainsRune("=+-@\t\r\n'", rune(text[0])) {
			text = "'" + text
		}
		if strings.ContainsAny(text, ";\"\r\n") || strings.TrimSpace(text) != text {
			text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		}
		b.WriteString(text)
	}
	b.WriteString("\r\n")
}

// String returns a stretch as "from/to".
func (s stretch) String() string {
	text := s.From.Format(time.RFC3339Nano) + "/"
	if s.To != nil {
		text += s.To.Format(time.RFC3339Nano)
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

// italian returns a word of the register as people read it.
func italian[T ~string](word T) string { return cmp.Or(words[string(word)], string(word)) }

var words = map[string]string{
	"referente": "referente", "delegate": "delegato", "ente-gestore": "ente gestore", "speaker": "relatore", "staff": "staff", "other": "altro",
	"in-presence": "in presenza", "online": "online", "mixed": "mista",
	"registered": "iscritto", "waiting": "in attesa", "confirmed": "confermato", "withdrawn": "ritirato", "refused": "rifiutato", "pending": "da confermare", "lapsed": "scaduto",
	"planned": "programmato", "announced": "annunciato", "convened": "convocato", "open": "in corso", "closed": "concluso", "called-off": "annullato",
}

// documents adds the documents on which presences rest. They have names on them, so
// they are left out where no names are shown.
func (w *work) documents() error {
	if w.Disclosures == domain.NoNames || w.Files == nil {
		return nil
	}
	have := make(map[string]bool)
	for _, t := range w.tavoli {
		list, err := w.models.Rosters.Evidence(t.ID)
		if err != nil {
			return err
		}
		for _, e := range list {
			if !have[e.SHA256] {
				have[e.SHA256] = true
				if err := w.document(e.SHA256); err != nil {
					return err
				}
			}
		}
	}
	slices.Sort(w.absent)
	return nil
}

// document adds one document; one that is no longer kept is told as absent.
func (w *work) document(sha string) error {
	f, err := w.Files.Open(sha)
	if errors.Is(err, domain.NotFound) {
		w.absent = append(w.absent, sha)
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return w.pack.add("evidence/"+sha, func(out io.Writer) error {
		_, err := io.Copy(out, f)
		return err
	})
}
