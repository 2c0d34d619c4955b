package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // Europe/Rome must be known on every machine
)

// Rome is where the tavoli are held: times without an offset are read in it.
var Rome = rome()

func rome() *time.Location {
	loc, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		panic("domain: the embedded time zones lack Europe/Rome: " + err.Error())
	}
	return loc
}

// A Day is a calendar day in Italy, as in "2022-05-25".
type Day string

// DayOf returns the day it is in Italy at t.
func DayOf(t time.Time) Day { return Day(t.In(Rome).Format(time.DateOnly)) }

// Valid reports whether the day exists, between 1990 and 2199.
func (d Day) Valid() bool {
	t, err := time.Parse(time.DateOnly, string(d))
	return err == nil && t.Year() >= 1990 && t.Year() < 2200
}

// Start returns the first moment of the day in Italy, or zero if there is no such day.
func (d Day) Start() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), Rome)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// End returns the first moment after the day in Italy, or zero if there is no such day.
func (d Day) End() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), Rome)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1).UTC()
}

// weekdays are the names of the days in Italian and English, from Sunday.
var weekdays = [][]string{
	{"domenica", "sunday"},
	{"lunedì", "lunedi", "lunedi'", "monday"},
	{"martedì", "martedi", "martedi'", "tuesday"},
	{"mercoledì", "mercoledi", "mercoledi'", "wednesday"},
	{"giovedì", "giovedi", "giovedi'", "thursday"},
	{"venerdì", "venerdi", "venerdi'", "friday"},
	{"sabato", "saturday"},
}

// Weekday returns the day's name in Italian.
func (d Day) Weekday() string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return weekdays[t.Weekday()][0]
}

// falls reports whether the day is the weekday of that name.
func (d Day) falls(name string) bool {
	t, err := time.Parse(time.DateOnly, string(d))
	return err == nil && slices.Contains(weekdays[t.Weekday()], strings.ToLower(strings.TrimSpace(name)))
}

// ParseTime reads a moment as people and programs write it: RFC 3339 with an
// offset, or a local time of Italy as in "2022-05-25T15:00". A local time that
// the change of the clocks skips or repeats is refused.
func ParseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return within(t, text)
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		t, err := time.ParseInLocation(layout, text, Rome)
		if err != nil {
			continue
		}
		if t.Format(layout) != text {
			return time.Time{}, fmt.Errorf("%s does not exist in Italy: the clocks went forward", text)
		}
		for _, other := range []time.Time{t.Add(time.Hour), t.Add(-time.Hour)} {
			if other.Format(layout) == text {
				return time.Time{}, fmt.Errorf("%s happened twice in Italy: the clocks went back; give an offset", text)
			}
		}
		return within(t, text)
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write 2022-05-25T15:00 or 2022-05-25T15:00:00+02:00", clip([]byte(text)))
}

func within(t time.Time, text string) (time.Time, error) {
	if t = Truncate(t); t.Year() < 1990 || t.Year() > 2199 {
		return time.Time{}, fmt.Errorf("%s is not between 1990 and 2199", text)
	}
	return t, nil
}

// A Moment is a time in a command, written as [ParseTime] reads it.
type Moment string

// at reads the moment, noting at pointer what is wrong with it.
func (m Moment) at(c *check, pointer string) time.Time {
	t, err := ParseTime(string(m))
	if err != nil {
		c.that(false, pointer, "bad-time", "%v", err)
	}
	return t
}

// A Schedule is when a tavolo is held: a day and, where they are known, its hours.
type Schedule struct {
	Day      Day        `json:"day"`
	StartsAt *time.Time `json:"starts_at,omitempty"`
	EndsAt   *time.Time `json:"ends_at,omitempty"`
}

// Equal reports whether two schedules say the same.
func (s Schedule) Equal(o Schedule) bool {
	same := func(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }
	return s.Day == o.Day && same(s.StartsAt, o.StartsAt) && same(s.EndsAt, o.EndsAt)
}

// String returns the schedule as people read it: "2022-05-25 15:00-17:00".
func (s Schedule) String() string {
	text := string(s.Day)
	if s.StartsAt != nil {
		text += " " + s.StartsAt.In(Rome).Format("15:04")
	}
	if s.EndsAt != nil {
		text += "-" + s.EndsAt.In(Rome).Format("15:04")
	}
	return text
}

// MaxDuration is how long a tavolo may last.
const MaxDuration = 24 * time.Hour

// When is how a command tells a [Schedule]: by starts_at and ends_at, or by day
// and hours of Italy. Whatever is given twice must agree, the weekday too.
type When struct {
	Day      Day    `json:"day,omitempty"`
	From     string `json:"from,omitempty"` // "15:00" in Italy
	To       string `json:"to,omitempty"`
	Weekday  string `json:"weekday,omitempty"` // "mercoledì", as the letter has it
	StartsAt Moment `json:"starts_at,omitempty"`
	EndsAt   Moment `json:"ends_at,omitempty"`
}

// schedule reads what is given, noting what is wrong with it.
func (w When) schedule(c *check) Schedule {
	s := Schedule{Day: w.Day}
	if w.Day != "" {
		c.that(w.Day.Valid(), "/day", "bad-day", "%q is not a day there is", w.Day)
	}
	s.StartsAt = w.moment(c, w.StartsAt, w.From, "/starts_at", "/from")
	s.EndsAt = w.moment(c, w.EndsAt, w.To, "/ends_at", "/to")
	if s.StartsAt != nil {
		day := DayOf(*s.StartsAt)
		c.that(s.Day == "" || s.Day == day, "/day", "day-mismatch", "%s is not the day of starts_at, %s", s.Day, day)
		s.Day = day
	}
	c.that(s.Day != "", "/day", "required", "a day or starts_at is required")
	c.that(s.EndsAt == nil || s.StartsAt != nil, "/ends_at", "start-missing", "an end needs a start")
	if s.EndsAt != nil && s.StartsAt != nil {
		c.that(s.EndsAt.After(*s.StartsAt), "/ends_at", "ends-before-start", "ends before it starts")
		c.that(s.EndsAt.Sub(*s.StartsAt) <= MaxDuration, "/ends_at", "too-long", "lasts more than 24 hours")
	}
	if w.Weekday != "" && s.Day.Valid() {
		c.that(s.Day.falls(w.Weekday), "/weekday", "weekday-mismatch", "%s is a %s, not %s", s.Day, s.Day.Weekday(), w.Weekday)
	}
	return s
}

// moment reads one end of the schedule from either of its two forms.
func (w When) moment(c *check, m Moment, hour, pointer, hourPointer string) *time.Time {
	var t time.Time
	switch {
	case m != "" && hour != "":
		c.that(false, hourPointer, "given-twice", "give %s or %s", pointer, hourPointer)
		return nil
	case m != "":
		t = m.at(c, pointer)
	case hour != "":
		c.that(w.Day != "", "/day", "required", "hours need a day")
		if !w.Day.Valid() {
			return nil
		}
		t = Moment(string(w.Day)+"T"+strings.ReplaceAll(hour, ".", ":")).at(c, hourPointer)
	}
	if t.IsZero() {
		return nil
	}
	return &t
}
