package domain_test

import (
	"testing"
	"time"

	"tavoli/domain"
)

func TestParseTime(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"2022-05-25T15:00:00+02:00", "2022-05-25T13:00:00Z"},
		{"2022-05-25T13:00:00.123456789Z", "2022-05-25T13:00:00.123456Z"},
		{"2022-05-25T15:00", "2022-05-25T13:00:00Z"},
		{"2022-01-25T15:00:30", "2022-01-25T14:00:30Z"},
		{"2022-05-25 15:00", "2022-05-25T13:00:00Z"},
		{"2022-03-27T01:59", "2022-03-27T00:59:00Z"},
		{"2022-03-27T03:00", "2022-03-27T01:00:00Z"},
		{"2022-03-27T02:30", ""}, // skipped
		{"2022-10-30T02:30", ""}, // twice
		{"2022-10-30T02:30:00+02:00", "2022-10-30T00:30:00Z"},
		{"2022-10-30T02:30:00+01:00", "2022-10-30T01:30:00Z"},
		{"2022-10-30T01:59", "2022-10-29T23:59:00Z"},
		{"2022-10-30T03:00", "2022-10-30T02:00:00Z"},
		{"2022-02-29T10:00", ""},
		{"1989-12-31T23:59", ""},
		{"1990-01-01T12:00", "1990-01-01T11:00:00Z"},
		{"2199-12-31T12:00", "2199-12-31T11:00:00Z"},
		{"2200-01-01T10:00", ""},
		{"25/05/2022 15:00", ""},
		{"", ""},
	} {
		got, err := domain.ParseTime(c.text)
		if (err != nil) != (c.want == "") || err == nil && got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q was read as %v, %v; want %q", c.text, got, err, c.want)
		}
	}
}

func TestDay(t *testing.T) {
	for day, want := range map[domain.Day]string{"2022-05-25": "mercoledì", "2022-04-25": "lunedì", "2022-03-24": "giovedì", "2022-02-29": "", "x": ""} {
		if got := day.Weekday(); got != want {
			t.Errorf("%s is a %q, want %q", day, got, want)
		}
	}
	if got := domain.Day("2022-05-25").Start(); got != utc("2022-05-24T22:00:00Z") {
		t.Errorf("the day begins at %v", got)
	}
	if got := domain.DayOf(utc("2022-05-24T22:00:00Z")); got != "2022-05-25" {
		t.Errorf("it is %s", got)
	}
}

func TestParseProtocol(t *testing.T) {
	for text, want := range map[string]domain.Protocol{
		"Prot. n. 0227/15/03/22":            {Number: "0227", Date: "2022-03-15"},
		"0227/15/03/2022":                   {Number: "0227", Date: "2022-03-15"},
		"Protocollo n. 12 del 1.4.2022":     {Number: "12", Date: "2022-04-01"},
		"prot. 12/31/02/22":                 {}, // no such day
		"n. 12":                             {},
		"Prot. n. 0227/15/03/22 e allegati": {},
	} {
		want.Text = text
		if got := domain.ParseProtocol(text); got != want {
			t.Errorf("%q was read as %+v, want %+v", text, got, want)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2022-05-25T15:00", "2022-03-27T02:30", "2022-05-25T15:00:00+02:00", "2022-05-25 15:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := domain.ParseTime(text)
		if err == nil && (got.Location() != time.UTC || got.Year() < 1990 || got.Year() > 2199 || got != domain.Truncate(got)) {
			t.Errorf("%q was read as %v", text, got)
		}
	})
}
