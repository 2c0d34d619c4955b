package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/ical"
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
	var w ical.Writer
	for _, line := range []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tavoli//Registro dei tavoli//IT", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", "NAME:Tavoli", "X-WR-CALNAME:Tavoli"} {
		w.Line(line)
	}
	for _, t := range list {
		writeTavolo(&w, t, stamp, c.site()+"/tavoli/"+string(t.ID))
	}
	w.Line("END:VCALENDAR")
	return []byte(w.String())
}

// site is the address under which the caller knows the register.
func (c *call) site() string {
	if c.r.TLS != nil || strings.EqualFold(c.r.Header.Get("X-Forwarded-Proto"), "https") {
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

// writeTavolo writes a tavolo. Its id stays the same and its revision rises, so that
// calendars move what was moved instead of showing it twice.
func writeTavolo(w *ical.Writer, t projections.Tavolo, stamp time.Time, address string) {
	const utc = "20060102T150405Z"
	w.Line("BEGIN:VEVENT")
	w.Line("UID:tavolo-" + string(t.ID) + "@tavoli")
	w.Line("DTSTAMP:" + stamp.UTC().Format(utc))
	w.Line("SEQUENCE:" + strconv.FormatInt(int64(t.Revision), 10))
	if t.HoursKnown {
		w.Line("DTSTART:" + t.StartsAt.UTC().Format(utc))
		if t.EndsAt != nil {
			w.Line("DTEND:" + t.EndsAt.UTC().Format(utc))
		}
	} else {
		w.Line("DTSTART;VALUE=DATE:" + strings.ReplaceAll(string(t.Day), "-", ""))
	}
	summary := t.Subject
	if t.Ordinal > 0 {
		summary = strconv.Itoa(t.Ordinal) + "° tavolo: " + summary
	}
	w.Text("SUMMARY", summary)
	w.Text("LOCATION", t.Place)
	w.Text("DESCRIPTION", address)
	w.Line("URL:" + address)
	if t.State == domain.CalledOff {
		w.Line("STATUS:CANCELLED")
	} else {
		w.Line("STATUS:CONFIRMED")
	}
	w.Line("END:VEVENT")
}
