package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

//go:embed templates
var templates embed.FS

// looks are the templates of the pages, each within the frame that all share.
type looks map[string]*template.Template

// newLooks reads every template. One that cannot be read is a mistake of the
// program, which no visitor should be the first to see.
func newLooks(s *Site) looks {
	frame := template.Must(template.New("frame.html").Funcs(s.functions()).ParseFS(templates, "templates/frame.html", "templates/parts.html", "templates/audit.html", "templates/public.html"))
	names, err := fs.Glob(templates, "templates/page_*.html")
	if err != nil {
		panic(err)
	}
	list := make(looks)
	for _, name := range names {
		page := strings.TrimSuffix(strings.TrimPrefix(path.Base(name), "page_"), ".html")
		list[page] = template.Must(template.Must(frame.Clone()).ParseFS(templates, name))
	}
	return list
}

// functions are what templates may call.
func (s *Site) functions() template.FuncMap {
	return template.FuncMap{
		"asset": s.assets.address, "fonts": s.assets.fonts, "word": s.wordOf,
		"feminine": s.feminine,
		"day":      longDay, "date": shortDay, "hours": hours, "initial": initialUpper, "said": said, "moment": moment, "clock": clockOf, "lines": lines,
		"icon": s.icon, "qr": drawQR, "line": func(lang string, t projections.Tavolo) tavoloLine { return tavoloLine{lang, t} },
		"left":    func(lang string, n int) seatsLeft { return seatsLeft{lang, n} },
		"fieldOf": func(lang string, f shownField) fieldLine { return fieldLine{lang, f} },
	}
}

// feminine returns a word as it is said of a letter or a request.
func (s *Site) feminine(lang string, w any) string {
	if word := fmt.Sprint(w); lang == "en" || word != "refused" {
		return s.word(lang, word)
	}
	return "rifiutata"
}

// wordOf returns a word of the API in a language. What letters are called is no matter
// of documents: a confirmation is of a registration.
func (s *Site) wordOf(lang string, w any) string {
	if w == domain.LetterConfirmation && lang != "en" {
		return "conferma d'iscrizione"
	}
	return s.word(lang, fmt.Sprint(w))
}

// A tavoloLine is a tavolo in a list.
type tavoloLine struct {
	Lang string
	T    projections.Tavolo
}

// seatsLeft are the seats that are left in a mode.
type seatsLeft struct {
	Lang string
	N    int // -1: they are not limited
}

// Limited reports whether there is a limit.
func (s seatsLeft) Limited() bool { return s.N >= 0 }

// A fieldLine is a field of a form.
type fieldLine struct {
	Lang string
	F    shownField
}

// word returns a word of the API in the visitor's language.
func (s *Site) word(lang, word string) string {
	if lang == "en" {
		return strings.ReplaceAll(word, "-", " ")
	}
	if said, ok := wordsIT[word]; ok {
		return said
	}
	return s.Word(word)
}

// wordsIT are words that only the pages use.
var wordsIT = map[string]string{
	"schedule": "data e ora", "subject": "oggetto", "place": "sede", "mode": "modalità", "protocol": "protocollo", "ordinal": "numero d'ordine",
	"admin": "amministrazione", "operator": "accoglienza", "auditor": "controllo", "reporter": "rendicontazione", "inspector": "ispezione", "dpo": "protezione dei dati",
	"signature-sheet": "foglio firme", "scan": "scansione", "platform-report": "report della piattaforma", "confirmation": "conferma del partecipante",
	"ordinari": "ordinari", "minori": "minori non accompagnati", "dm-ds": "disagio mentale o disabilità sanitaria",
	"choice": "una scelta", "yes-no": "sì o no", "text": "una riga di testo",
	"ente": "ente", "kind": "tipo di ente", "province": "provincia", "quarter": "trimestre", "password": "password", "code": "password e codice",
}

// icon returns an icon, which says nothing that the text beside it does not.
func (s *Site) icon(name string) template.HTML {
	return template.HTML(`<svg class="icon icon-sm" aria-hidden="true" focusable="false"><use href="` + s.assets.address("icons.svg") + `#it-` + template.HTMLEscapeString(name) + `"></use></svg>`) //nolint:gosec // both parts are ours
}

// usualPage is about how large a page is, in bytes.
const usualPage = 32 << 10

// show answers with a page.
func (v *visit) show(name string, data any) error {
	look, ok := v.site.looks[name]
	if !ok {
		return fmt.Errorf("there is no template %q", name)
	}
	if v.At == "" {
		if err := v.know(); err != nil && v.status < 500 {
			return err
		}
	}
	b := bytes.NewBuffer(make([]byte, 0, usualPage))
	if err := look.ExecuteTemplate(b, "frame.html", data); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	h.Set("Cache-Control", "no-store")
	if v.Who == nil && v.status == 0 && v.r.Method != http.MethodPost && slices.Contains(openPages, name) {
		h.Set("Cache-Control", "no-cache")
	}
	return v.send(b.Bytes())
}

// openPages are those that show everybody the same and nobody in particular, as long as
// nobody is signed in: browsers may keep them.
var openPages = []string{"calendar", "tavolo", "register", "adhesion", "privacy", "accessibility", "developers"}

// send answers with bytes, compressed if the visitor takes that.
func (v *visit) send(body []byte) error {
	h := v.w.Header()
	h.Add("Vary", "Accept-Encoding, Cookie")
	if zipped(v.r) {
		h.Set("Content-Encoding", "gzip")
		body = v.site.press.compress(body)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	v.w.WriteHeader(max(v.status, http.StatusOK))
	_, _ = v.w.Write(body) // a visitor who has gone cannot be told
	return nil
}

var (
	monthsIT = []string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"}
)

// longDay returns a day as it is read: "mercoledì 25 maggio 2022".
func longDay(lang string, d domain.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	switch {
	case err != nil:
		return string(d)
	case lang == "en":
		return t.Format("Monday 2 January 2006")
	}
	return d.Weekday() + " " + t.Format("2") + " " + monthsIT[t.Month()-1] + t.Format(" 2006")
}

// shortDay returns a day as it is read in a table: "25/05/2022".
func shortDay(d domain.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("02/01/2006")
}

// hours returns when a tavolo is held on its day: "15:00–17:00", or nothing.
func hours(t projections.Times) string {
	if !t.HoursKnown {
		return ""
	}
	text := t.StartsAt.In(domain.Rome).Format("15:04")
	if t.EndsAt != nil {
		text += "–" + t.EndsAt.In(domain.Rome).Format("15:04")
	}
	return text
}

// hourOf returns the time of the day in Rome.
func hourOf(t time.Time) string { return t.In(domain.Rome).Format("15:04") }

// moment returns an instant as a clock in Rome shows it.
func moment(t time.Time) string { return t.In(domain.Rome).Format("02/01/2006 15:04:05") }

// clockOf returns an instant as people say it: "mercoledì 25 maggio 2022, ore 15:00".
func clockOf(lang string, t time.Time) string {
	at := ", ore "
	if lang == "en" {
		at = ", "
	}
	return longDay(lang, domain.DayOf(t)) + at + hourOf(t)
}

// said returns what was published as it is read, where it is a day that the
// register wrote: "mercoledì 25 maggio 2022, 15:00–17:00".
func said(lang, text string) string {
	day, hours, _ := strings.Cut(text, " ")
	if !domain.Day(day).Valid() {
		return text
	}
	if hours == "" {
		return longDay(lang, domain.Day(day))
	}
	return longDay(lang, domain.Day(day)) + ", " + strings.ReplaceAll(hours, "-", "–")
}

func initialUpper(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// lines returns the lines of a text.
func lines(text string) []string { return strings.Split(text, "\n") }

// ordinalOf returns what a tavolo of a number is called.
func ordinalOf(n int) string { return strconv.Itoa(n) + "° tavolo" }
