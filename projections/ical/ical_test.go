package ical_test

import (
	"strings"
	"testing"

	"tavoli/projections/ical"
)

func TestLines(t *testing.T) {
	for name, c := range map[string]struct{ property, value, want string }{
		"plain":      {"SUMMARY", "Abitare", "SUMMARY:Abitare\r\n"},
		"nothing":    {"SUMMARY", "", ""},
		"signs":      {"LOCATION", "Sala, piano 1; \\ a\nb\r\nc", "LOCATION:Sala\\, piano 1\\; \\\\ a\\nb\\nc\r\n"},
		"75 bytes":   {"X", strings.Repeat("a", 73), "X:" + strings.Repeat("a", 73) + "\r\n"},
		"76 bytes":   {"X", strings.Repeat("a", 74), "X:" + strings.Repeat("a", 73) + "\r\n a\r\n"},
		"two folds":  {"X", strings.Repeat("a", 73+74+1), "X:" + strings.Repeat("a", 73) + "\r\n " + strings.Repeat("a", 74) + "\r\n a\r\n"},
		"not within": {"X", strings.Repeat("a", 72) + "àb", "X:" + strings.Repeat("a", 72) + "\r\n àb\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var w ical.Writer
			w.Text(c.property, c.value)
			if got := w.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
