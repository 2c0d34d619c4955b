package dossier

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// This file makes what people read: the index and the registers as pages. They need
// nothing from elsewhere, and can be printed.

//go:embed style.css
var style string

//go:embed index.html.tmpl
var indexText string

//go:embed register.html.tmpl
var registerText string

var (
	indexPage    = template.Must(template.New("index").Parse(indexText))
	registerPage = template.Must(template.New("register").Parse(registerText))
)

// A heading is what every page says of the dossier.
type heading struct {
	Style    template.CSS
	Origin   string
	Scope    string
	ScopeEn  string
	Position domain.Position
	Size     int64
	Root     string
	Short    string // the beginning of the root
	Until    string
	UntilEn  string
}

func (w *work) heading() heading {
	return heading{
		template.CSS(style), //nolint:gosec // our own file
		w.Ledger.Origin(), scopeIt(w.Scope), scopeEn(w.Scope), w.Position, w.size, w.root, w.root[:12],
		clock(w.until), w.until.In(domain.Rome).Format("2006-01-02 15:04:05"),
	}
}

func scopeIt(s domain.DossierScope) string {
	return map[domain.DossierKind]string{
		domain.DossierOfTavolo: "tavolo " + s.ID, domain.DossierOfQuarter: "trimestre " + s.ID,
		domain.DossierOfProgramma: "programma " + s.ID, domain.DossierOfRegister: "tutto il registro",
	}[s.Kind]
}

func scopeEn(s domain.DossierScope) string {
	return map[domain.DossierKind]string{
		domain.DossierOfTavolo: "tavolo " + s.ID, domain.DossierOfQuarter: "quarter " + s.ID,
		domain.DossierOfProgramma: "programme " + s.ID, domain.DossierOfRegister: "the whole register",
	}[s.Kind]
}

// clock returns a moment as it is read in Italy.
func clock(t time.Time) string { return t.In(domain.Rome).Format("02/01/2006 15:04:05") }

// A registerShown is a register as a page.
type registerShown struct {
	heading
	ID, Subject, When, Where, Protocol, Mode, State string
	Programme, Block                                string
	Names                                           bool
	Lines                                           []lineShown
	Present, Minutes                                int
}

type lineShown struct {
	Number                                                 int
	Person, Function, Ente, Capacity, Mode, State, Minutes string
	Presences                                              []string
	Validated                                              string
}

// page writes the register of a tavolo.
func (w *work) page(out io.Writer, t projections.Tavolo, rows []row) error {
	p := registerShown{
		heading: w.heading(), ID: string(t.ID), Subject: t.Subject, When: whenOf(t), Where: whereOf(t), Protocol: t.Protocol,
		Mode: italian(t.Mode), State: italian(t.State), Names: w.Disclosures != domain.NoNames, Present: w.present[t.ID],
	}
	if programme, err := w.models.Programmi.Programma(t.Programma); err == nil {
		p.Programme = strings.TrimSpace(programme.Title + " · " + string(programme.Programma))
		if b, ok := programme.BlockOn(t.Day); ok {
			p.Block = b.Text
		}
	}
	for i, r := range rows {
		l := w.rows[t.ID][i]
		p.Lines = append(p.Lines, w.shownAs(i+1, l, r))
		if r.Minutes != nil {
			p.Minutes += *r.Minutes
		}
	}
	return registerPage.Execute(out, p)
}

func (w *work) shownAs(n int, l projections.RosterLine, r row) lineShown {
	family, given, function := w.named(l)
	s := lineShown{
		Number: n, Person: strings.TrimSpace(family + " " + given), Function: function, Ente: "–", Capacity: italian(r.Capacity), Mode: italian(r.Mode),
		State: italian(r.State), Minutes: optional(r.Minutes), Validated: cmp.Or(yesNo(r.Validated), "–"),
	}
	if s.Person == "" {
		s.Person = r.Participant.String()
	}
	if l.Ente != nil {
		s.Ente = l.Ente.Name
	}
	for _, p := range r.Presences {
		text := p.From.In(domain.Rome).Format("02/01/2006 15:04")
		if p.To != nil {
			text += "–" + p.To.In(domain.Rome).Format("15:04")
		} else {
			text += "–…"
		}
		s.Presences = append(s.Presences, text)
	}
	return s
}

// whenOf returns day and hours as they are read in Italy.
func whenOf(t projections.Tavolo) string {
	day := t.StartsAt.In(domain.Rome)
	text := t.Weekday + " " + day.Format("02/01/2006")
	if t.HoursKnown {
		text += ", ore " + day.Format("15:04")
		if t.EndsAt != nil {
			text += "–" + t.EndsAt.In(domain.Rome).Format("15:04")
		}
	}
	return text
}

func whereOf(t projections.Tavolo) string {
	return strings.Join(strings.FieldsFunc(t.Place+"\n"+t.Platform, func(r rune) bool { return r == '\n' }), " · ")
}

// An indexShown is index.html.
type indexShown struct {
	heading
	All, Names, Documents bool
	NamesIt, NamesEn      string
	Purpose               string
	Keys                  []string
	Absent                []string
	Tavoli                []tavoloShown
}

type tavoloShown struct {
	ID, Subject, When string
	Rows, Present     int
}

// index adds the page that explains the rest.
func (w *work) index() error {
	p := indexShown{
		heading: w.heading(), All: w.Entries == domain.AllEntries, Names: w.Disclosures != domain.NoNames, Purpose: w.Purpose,
		Keys: w.Ledger.VKeys(w.size), Absent: w.absent,
		NamesIt: map[domain.DossierNames]string{domain.NoNames: "nessuno", domain.AllNames: "di tutte le persone di cui i fatti parlano", domain.TavoloNames: "di chi prende parte ai tavoli"}[w.Disclosures],
		NamesEn: map[domain.DossierNames]string{domain.NoNames: "nobody's", domain.AllNames: "of everybody the facts speak of", domain.TavoloNames: "of those who take part in the tavoli"}[w.Disclosures],
	}
	for _, m := range w.pack.members {
		p.Documents = p.Documents || strings.HasPrefix(m.Path, "evidence/")
	}
	for _, t := range w.tavoli {
		p.Tavoli = append(p.Tavoli, tavoloShown{string(t.ID), t.Subject, whenOf(t), len(w.rows[t.ID]), w.present[t.ID]})
	}
	return w.pack.add("index.html", func(out io.Writer) error {
		if err := indexPage.Execute(out, p); err != nil {
			return fmt.Errorf("the index: %w", err)
		}
		return nil
	})
}
