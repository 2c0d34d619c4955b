package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Values are what a person gave of himself. Facts never hold them: they lie sealed
// in the person's own stream and facts hold commitments to them.
type Values struct {
	GivenName  string `json:"given_name,omitempty"`
	FamilyName string `json:"family_name,omitempty"`
	Email      string `json:"email,omitempty"`
	Phone      string `json:"phone,omitempty"`
	Function   string `json:"function,omitempty"` // what the person is where it comes from: "Segretario Generale"
	Answers    string `json:"answers,omitempty"`  // to the questions of a tavolo, as [AnswersText] writes them
}

// Longest values, in characters.
const (
	MaxName     = 200
	MaxEmail    = 254
	MaxPhone    = 40
	MaxFunction = 300
	MaxAnswers  = 16_000
)

// Trim returns the values without white space at their ends.
func (v Values) Trim() Values {
	for _, s := range []*string{&v.GivenName, &v.FamilyName, &v.Email, &v.Phone, &v.Function, &v.Answers} {
		*s = strings.TrimSpace(*s)
	}
	return v
}

// Empty reports whether nothing is given.
func (v Values) Empty() bool { return v == Values{} }

// Name returns given name and family name as one reads them.
func (v Values) Name() string { return strings.TrimSpace(v.GivenName + " " + v.FamilyName) }

func (v Values) check(c *check) {
	c.that(v.FamilyName != "" || v.GivenName != "", "/family_name", "required", "a name is required")
	line := func(pointer, value string, most int) {
		c.that(utf8.RuneCountInString(value) <= most, pointer, "too-long", "at most %d characters", most)
		c.that(printable(value), pointer, "bad-characters", "has characters that cannot be printed")
	}
	line("/given_name", v.GivenName, MaxName)
	line("/family_name", v.FamilyName, MaxName)
	line("/email", v.Email, MaxEmail)
	line("/phone", v.Phone, MaxPhone)
	line("/function", v.Function, MaxFunction)
	line("/answers", v.Answers, MaxAnswers)
	c.that(v.Email == "" || emailShape(v.Email), "/email", "bad-email", "is not an e-mail address")
}

// printable reports whether text is valid UTF-8 on one line: no control
// characters, no line or paragraph separators. Letters of every alphabet and the
// marks that direct right-to-left text are fine.
func printable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return false
		}
	}
	return true
}

func emailShape(s string) bool {
	local, host, ok := strings.Cut(s, "@")
	return ok && local != "" && len(local) <= 64 && strings.Contains(host, ".") && !strings.ContainsAny(s, " \t<>,;:\"\\()[]") &&
		!strings.Contains(host, "@") && !strings.HasPrefix(host, ".") && !strings.HasSuffix(host, ".")
}
