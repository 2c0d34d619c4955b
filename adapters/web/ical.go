package web

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tavoli/domain"
	"tavoli/projections"
)

// This file tells the calendar as other calendars read it (RFC 5545). It holds what is
// published, and nobody's address to join.

var icalForm = fileForm{"ics", "text/calendar", "for a calendar, RFC 5545"}

// getCalendar tells the whole calendar, or that of a programme, to subscribe to.
func getCalendar() action {
	return icalendar(everything, []string{"programma"}, func(_ *call, q *query) func(*projections.Models) ([]projections.Tavolo, error) {
		cq := projections.CalendarQuery{Programma: domain.ProgrammaID(q.text("programma")), Limit: projections.MaxLimit}
		return func(m *projections.Models) (list []projections.Tavolo, err error) {
			for {
				page, err := m.Calendar.List(cq)
				if list = append(list, page.Items...); err != nil || page.NextCursor == "" {
					return list, err
				}
				cq.Cursor = page.NextCursor
			}
		}
	})
}

// getTavoloCalendar tells one tavolo.
func getTavoloCalendar() action {
	return icalendar(thisTavolo, nil, func(c *call, _ *query) func(*projections.Models) ([]projections.Tavolo, error) {
		return func(m *projections.Models) ([]projections.Tavolo, error) {
			t, err := m.Calendar.Tavolo(c.tavolo(), false)
			return []projections.Tavolo{t.Tavolo}, err
		}
	}).also(404)
}

// icalendar returns an action that answers with tavoli as a calendar.
func icalendar(scope func(*call) projections.Scope, params []string, read func(*call, *query) func(*projections.Models) ([]projections.Tavolo, error)) action {
	a := action{media: mediaOf([]fileForm{icalForm}), query: append(slices.Clone(times), params...), tagged: true}
	a.do = func(c *call) error {
		q := c.query()
		when := q.moment()
		question := read(c, q)
		if err := q.unknown(c.route.query); err != nil {
			return err
		}
		var stamp time.Time
		list, at, err := askAs(c, when, scope, func(m *projections.Models) ([]projections.Tavolo, error) {
			_, stamp = m.Marks.Newest()
			return question(m)
		})
		if err != nil {
			return err
		}
		c.tell(at)
		body := c.calendarOf(list, stamp)
		c.w.Header().Set("Content-Disposition", `inline; filename="tavoli.ics"`)
		return c.show([]string{icalForm.media + "; charset=utf-8"}, tagOf(-1, body), body)
	}
	return a
}

// calendarOf writes tavoli as a calendar.
func (c *call) calendarOf(list []projections.Tavolo, stamp time.Time) []byte {
	var w icalWriter
	for _, line := range []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tavoli//Registro dei tavoli//IT", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", "NAME:Tavoli", "X-WR-CALNAME:Tavoli"} {
		w.line(line)
	}
	for _, t := range list {
		w.event(t, stamp, c.site()+"/tavoli/"+string(t.ID))
	}
	w.line("END:VCALENDAR")
	return []byte(w.String())
}

// site is the address under which the caller knows the register.
func (c *call) site() string {
	if c.r.TLS != nil || strings.EqualFold(c.r.Header.Get("X-Forwarded-Proto"), "https") {
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

// An icalWriter writes lines of at most 75 bytes.
type icalWriter struct{ strings.Builder }

// line writes a property; its value is as it stands in the file.
func (w *icalWriter) line(text string) {
	for most := 75; len(text) > most; most = 74 { // a blank begins each line but the first
		cut := most
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		w.WriteString(text[:cut] + "\r\n ")
		text = text[cut:]
	}
	w.WriteString(text + "\r\n")
}

// text writes a property whose value people read, if there is one.
func (w *icalWriter) text(name, value string) {
	if value != "" {
		w.line(name + ":" + strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(value))
	}
}

// event writes a tavolo. Its id stays the same and its revision rises, so that
// calendars move what was moved instead of showing it twice.
func (w *icalWriter) event(t projections.Tavolo, stamp time.Time, address string) {
	const utc = "20060102T150405Z"
	w.line("BEGIN:VEVENT")
	w.line("UID:tavolo-" + string(t.ID) + "@tavoli")
	w.line("DTSTAMP:" + stamp.UTC().Format(utc))
	w.line("SEQUENCE:" + strconv.FormatInt(int64(t.Revision), 10))
	if t.HoursKnown {
		w.line("DTSTART:" + t.StartsAt.UTC().Format(utc))
		if t.EndsAt != nil {
			w.line("DTEND:" + t.EndsAt.UTC().Format(utc))
		}
	} else {
		w.line("DTSTART;VALUE=DATE:" + strings.ReplaceAll(string(t.Day), "-", ""))
	}
	summary := t.Subject
	if t.Ordinal > 0 {
		summary = strconv.Itoa(t.Ordinal) + "° tavolo: " + summary
	}
	w.text("SUMMARY", summary)
	w.text("LOCATION", t.Place)
	w.text("DESCRIPTION", address)
	w.line("URL:" + address)
	if t.State == domain.CalledOff {
		w.line("STATUS:CANCELLED")
	} else {
		w.line("STATUS:CONFIRMED")
	}
	w.line("END:VEVENT")
}
