package web

import (
	"bytes"
	_ "embed"
	"html/template"
	"slices"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

//go:embed page/calendar.html
var calendarPage string

//go:embed page/style.css
var pageStyle []byte

// calendar is the page of the calendar.
var calendar = template.Must(template.New("calendar").Funcs(template.FuncMap{
	"word": func(w any) string { return InItalian(toText(w)) },
	"day":  longDay, "hours": hours, "initial": initialUpper, "said": said,
}).Parse(calendarPage))

// toText returns a word of any of the domain's types of words.
func toText(w any) string {
	switch w := w.(type) {
	case domain.Mode:
		return string(w)
	case domain.TavoloState:
		return string(w)
	case domain.SpeakerRole:
		return string(w)
	case domain.MaterialKind:
		return string(w)
	}
	return ""
}

var months = []string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"}

// longDay returns a day as it is read in Italy: "mercoledì 25 maggio 2022".
func longDay(d domain.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return d.Weekday() + " " + t.Format("2") + " " + months[t.Month()-1] + t.Format(" 2006")
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

// said returns what was published as it is read in Italy, where it is a day that the
// register wrote: "mercoledì 25 maggio 2022, 15:00–17:00".
func said(text string) string {
	day, hours, _ := strings.Cut(text, " ")
	if !domain.Day(day).Valid() {
		return text
	}
	if hours == "" {
		return longDay(domain.Day(day))
	}
	return longDay(domain.Day(day)) + ", " + strings.ReplaceAll(hours, "-", "–")
}

func initialUpper(text string) string {
	if text == "" {
		return ""
	}
	return string(bytes.ToUpper([]byte(text[:1]))) + text[1:]
}

// A shown is what the page shows.
type shown struct {
	Programmi []projections.Programma
	Tavoli    []projections.TavoloDetail
	Position  string
	Demo      bool // a demonstration
}

func getPage() action {
	return action{media: map[string]string{"text/html": "the calendar"}, free: true, tagged: true, do: func(c *call) error {
		var at domain.Position
		page, at, err := askAt(c, 0, showCalendar)
		if err != nil {
			return err
		}
		page.Position = positionText(at)
		var b bytes.Buffer
		if err := calendar.Execute(&b, page); err != nil {
			return err
		}
		h := c.w.Header()
		h["Content-Security-Policy"], h["Cache-Control"] = pagePolicy, noCache
		return c.show(asHTML, tagOf(-1, b.Bytes()), b.Bytes())
	}}
}

// pagePolicy lets the page use what comes from here and nothing else.
var pagePolicy = []string{"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"}

var (
	asHTML = []string{"text/html; charset=utf-8"}
	asCSS  = []string{"text/css; charset=utf-8"}
)

// showCalendar reads the calendar with its details, the newest tavoli first.
func showCalendar(m *projections.Models) (shown, error) {
	page, err := m.Calendar.List(projections.CalendarQuery{Limit: projections.MaxLimit})
	if err != nil {
		return shown{}, err
	}
	s := shown{Programmi: m.Programmi.List()}
	if s.Demo, err = isDemonstration(m); err != nil {
		return shown{}, err
	}
	for _, t := range page.Items {
		d, err := m.Calendar.Tavolo(t.ID, false)
		if err != nil {
			return shown{}, err
		}
		s.Tavoli = append(s.Tavoli, d)
	}
	slices.Reverse(s.Tavoli)
	return s, nil
}

func getStyle() action {
	return action{media: map[string]string{"text/css": "how the page looks"}, free: true, tagged: true, do: func(c *call) error {
		c.w.Header()["Cache-Control"] = noCache
		return c.show(asCSS, tagOf(-1, pageStyle), pageStyle)
	}}
}
