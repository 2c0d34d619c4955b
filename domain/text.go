package domain

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Longest texts of facts, in characters.
const (
	MaxID    = 80
	MaxLine  = 500   // a subject, a name of a body, a place
	MaxText  = 4_000 // a reason, a note
	MaxBlock = 8_000 // a funding paragraph
)

// ValidID reports whether text can name a tavolo, a programma, a group or an
// account: lower-case letters, digits and . _ -, beginning with a letter or digit.
func ValidID(text string) bool {
	if text == "" || len(text) > MaxID || strings.ContainsRune("._-", rune(text[0])) {
		return false
	}
	for _, c := range text {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

func (c *check) id(text, pointer string) {
	c.that(ValidID(text), pointer, "bad-id", "must be 1 to %d lower-case letters, digits, dots, dashes", MaxID)
}

// line checks an optional text on one line.
func (c *check) line(text, pointer string) {
	c.that(utf8.RuneCountInString(text) <= MaxLine, pointer, "too-long", "at most %d characters", MaxLine)
	c.that(printable(text), pointer, "bad-characters", "has characters that cannot be printed")
}

// required checks a text on one line that must be there.
func (c *check) required(text, pointer string) {
	c.that(strings.TrimSpace(text) != "", pointer, "required", "is required")
	c.line(text, pointer)
}

// text checks an optional text of several lines.
func (c *check) text(text, pointer string, most int) {
	c.that(utf8.RuneCountInString(text) <= most, pointer, "too-long", "at most %d characters", most)
	lines := strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(text)
	c.that(printable(lines), pointer, "bad-characters", "has characters that cannot be printed")
}

// reason checks a reason, which must be given.
func (c *check) reason(text string) {
	c.that(strings.TrimSpace(text) != "", "/reason", "required", "a reason is required")
	c.text(text, "/reason", MaxText)
}

// day checks a day; an empty one passes unless it is required.
func (c *check) day(d Day, pointer string, required bool) {
	c.that(d != "" || !required, pointer, "required", "a day is required")
	c.that(d == "" || d.Valid(), pointer, "bad-day", "%q is not a day there is", d)
}

// pointer returns the pointer to the nth thing of a list.
func pointer(list string, n int) string { return list + "/" + strconv.Itoa(n) }

// oneOf checks a word against those allowed.
func oneOf[T ~string](c *check, word T, pointer string, allowed ...T) {
	if slices.Contains(allowed, word) {
		return
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	c.that(false, pointer, "not-allowed", "must be one of %s", strings.Join(names, ", "))
}

// sha checks the hash of a file, in hexadecimal.
func (c *check) sha(text, pointer string) {
	raw, err := hex.DecodeString(text)
	c.that(err == nil && len(raw) == 32 && text == strings.ToLower(text), pointer, "bad-sha256", "must be a SHA-256 in 64 lower-case hexadecimal digits")
}

// url checks an optional address on the web.
func (c *check) url(text, pointer string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	c.that(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(text) <= 2_000, pointer, "bad-url", "must be an http or https address")
}
