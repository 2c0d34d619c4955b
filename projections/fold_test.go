package projections_test

import (
	"testing"
	"unicode/utf8"

	"tavoli/projections"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"Rossi":                   "rossi",
		"D'Àngelo":                "dangelo",
		"d’Angelo":                "dangelo",
		"Niccolò":                 "niccolo",
		"NICCOLO'":                "niccolo",
		"Nicolo\u0300":            "nicolo",
		"  De  Luca-Rossi ":       "de luca rossi",
		"S. Margherita di Belìce": "s margherita di belice",
		"Straße Œuvre Æthel":      "strasse oeuvre aethel",
		"Ñandú Çelik Łódź Škoda":  "nandu celik lodz skoda",
		"İstanbul ISTANBUL ıi":    "istanbul istanbul ii",
		"Μαρία ПЁТР":              "μαρία пётр",
		"Comune 12/bis":           "comune 12 bis",
		"\xff broken \xc3":        "broken",
		"Rodì Mìlici (ME)":        "rodi milici me",
	} {
		if got := projections.Fold(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// FuzzFold folds whatever there is: folding twice is folding once, and nothing breaks.
func FuzzFold(f *testing.F) {
	f.Add("D'Àngelo")
	f.Add("ẞ ǅ İ")
	f.Fuzz(func(t *testing.T, text string) {
		once := projections.Fold(text)
		if !utf8.ValidString(once) {
			t.Fatalf("%q folds to %q", text, once)
		}
		if twice := projections.Fold(once); twice != once {
			t.Errorf("%q folds to %q and then to %q", text, once, twice)
		}
	})
}
