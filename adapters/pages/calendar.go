package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A calendarPage is the calendar: what is to come first, then what was.
type calendarPage struct {
	*visit
	Programmi []projections.Programma
	Coming    []projections.Tavolo // the next one first
	Past      []projections.Tavolo // the last one first
	Month     *month               // nil: the list
	Q         string
	View      string
}

// programmi asks which programmes there are.
func (v *visit) programmi() ([]projections.Programma, error) {
	var list struct {
		Items []projections.Programma `json:"items"`
	}
	err := v.ask("/programmi", nil, &list)
	return list.Items, err
}

// tavoli asks for the tavoli of the calendar, all of them.
func (v *visit) tavoli(query url.Values) ([]projections.Tavolo, error) {
	var list []projections.Tavolo
	for query.Set("limit", "1000"); ; {
		var page struct {
			Items []projections.Tavolo `json:"items"`
			Next  string               `json:"next_cursor"`
		}
		if err := v.ask("/tavoli", query, &page); err != nil {
			return nil, err
		}
		list = append(list, page.Items...)
		if page.Next == "" {
			return list, nil
		}
		query.Set("cursor", page.Next)
	}
}

// tavoloOptions lists all tavoli to choose from, the newest first.
func (v *visit) tavoloOptions(chosen string) (options []option, err error) {
	list, err := v.tavoli(make(url.Values))
	for _, t := range slices.Backward(list) {
		label := shortDay(t.Day) + " · "
		if t.Ordinal > 0 {
			label += strconv.Itoa(t.Ordinal) + "° · "
		}
		options = append(options, option{string(t.ID), label + t.Subject, string(t.ID) == chosen})
	}
	return options, err
}

// showCalendar shows the calendar as a list or by the month.
func showCalendar(v *visit) (err error) {
	query := v.r.URL.Query()
	p := calendarPage{visit: v, Q: strings.TrimSpace(query.Get("q")), View: query.Get("vista")}
	if p.Programmi, err = v.programmi(); err != nil {
		return err
	}
	asked := url.Values{}
	if p.Q != "" {
		asked.Set("q", p.Q)
	}
	list, err := v.tavoli(asked)
	if err != nil {
		return err
	}
	if p.View == "mese" {
		p.Month = monthOf(v, query.Get("mese"), list)
	}
	p.divide(domain.DayOf(v.site.Now()), list)
	return v.show("calendar", p)
}

// divide puts the tavoli into those to come and those past.
func (p *calendarPage) divide(today domain.Day, list []projections.Tavolo) {
	for _, t := range list {
		if t.Day >= today {
			p.Coming = append(p.Coming, t)
		} else {
			p.Past = append(p.Past, t)
		}
	}
	slices.Reverse(p.Past)
}

// A month is a page of a wall calendar.
type month struct {
	Title          string
	Previous, Next string // as in the address: "2022-05"
	Weeks          [][]date
}

// A date is a field of a wall calendar.
type date struct {
	Day    domain.Day
	Number int
	Within bool // of the month
	Today  bool
	Tavoli []projections.Tavolo
}

// Any reports whether a tavolo is held in the month.
func (m *month) Any() bool {
	return slices.ContainsFunc(m.Weeks, func(week []date) bool {
		return slices.ContainsFunc(week, func(d date) bool { return d.Within && len(d.Tavoli) > 0 })
	})
}

// Weekday returns which day of the week it is, in short.
func (d date) Weekday(lang string) string {
	name := d.Day.Weekday()
	if t, err := time.Parse(time.DateOnly, string(d.Day)); err == nil && lang == "en" {
		name = t.Format("Mon")
	}
	return string([]rune(name)[:3])
}

// monthOf returns the month that is asked for, that of the next tavolo, or that of
// the last one.
func monthOf(v *visit, asked string, list []projections.Tavolo) *month {
	today := v.site.Now().In(domain.Rome)
	first, err := time.Parse("2006-01", asked)
	if err != nil {
		first = today
		for _, t := range list {
			if first = t.StartsAt.In(domain.Rome); !first.Before(today) {
				break
			}
		}
	}
	first = time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, time.UTC)
	m := &month{
		Title: monthsIT[first.Month()-1] + first.Format(" 2006"), Previous: first.AddDate(0, -1, 0).Format("2006-01"), Next: first.AddDate(0, 1, 0).Format("2006-01"),
	}
	if v.Lang == "en" {
		m.Title = first.Format("January 2006")
	}
	day := first.AddDate(0, 0, -(int(first.Weekday())+6)%7) // a week begins on Monday
	for day.Before(first.AddDate(0, 1, 0)) {
		var week []date
		for range 7 {
			week = append(week, dateOf(day, first, domain.DayOf(today), list))
			day = day.AddDate(0, 0, 1)
		}
		m.Weeks = append(m.Weeks, week)
	}
	return m
}

func dateOf(day, first time.Time, today domain.Day, list []projections.Tavolo) date {
	d := date{Day: domain.Day(day.Format(time.DateOnly)), Number: day.Day(), Within: day.Month() == first.Month()}
	d.Today = d.Day == today
	for _, t := range list {
		if t.Day == d.Day {
			d.Tavoli = append(d.Tavoli, t)
		}
	}
	return d
}

// passCalendar hands out the calendar for other calendars to subscribe to.
func passCalendar(v *visit) error { return v.relay(http.MethodGet, "/calendar", nil) }

// passTavoloCalendar hands out one tavolo for a calendar.
func passTavoloCalendar(v *visit) error {
	return v.relay(http.MethodGet, "/tavoli/"+url.PathEscape(v.r.PathValue("id"))+"/calendar", nil)
}
