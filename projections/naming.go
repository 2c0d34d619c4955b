package projections

import (
	"strings"
	"unicode"

	"tavoli/domain"
)

// Shortest values that are looked for in texts: a single letter says nothing, and
// a few digits may be those of anything.
const (
	leastLetters = 2
	leastDigits  = 6
)

// Named reports whether a text holds a name, an address or a number that is or was
// held of a person.
func (p *People) Named(id domain.PersonID, text string) bool {
	words := " " + Fold(text) + " "
	apart := " " + Fold(apostrophes.Replace(text)) + " "
	figures := digits(text)
	for _, version := range p.Versions(id) {
		v := version.Values
		for _, value := range []string{v.GivenName, v.FamilyName, v.Email} {
			value = Fold(value)
			if len(value) >= leastLetters && (strings.Contains(words, " "+value+" ") || strings.Contains(apart, " "+value+" ")) {
				return true
			}
		}
		if number := strings.TrimPrefix(digits(v.Phone), "39"); len(number) >= leastDigits && strings.Contains(figures, number) {
			return true
		}
	}
	return false
}

// apostrophes sets apart what follows an article: "dell'Anna".
var apostrophes = strings.NewReplacer("'", " ", "’", " ")

// digits returns the digits of a text.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}
