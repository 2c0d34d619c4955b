package projections

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns text as it is compared and searched: in lower case, without
// accents and apostrophes, every run of other signs as one blank. It makes
// "D'Àngelo", "d’angelo" and "DANGELO" equal, and "Niccolò" and "Niccolo'".
func Fold(text string) string {
	var buf [128]byte
	return string(appendFold(buf[:0], text))
}

// appendFold appends the folded text to dst.
func appendFold(dst []byte, text string) []byte {
	begin := len(dst)
	gap := false
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		i += size
		plain := foldRune(r)
		switch {
		case plain == "" && r < utf8.RuneSelf && isLetter(byte(r)):
			dst = space(dst, begin, &gap)
			dst = append(dst, byte(r)|lower(byte(r)))
		case plain != "":
			dst = space(dst, begin, &gap)
			dst = append(dst, plain...)
		case silent(r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			dst = space(dst, begin, &gap)
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		default:
			gap = true
		}
	}
	return dst
}

// space appends the blank that stands for the signs passed over, inside of the text only.
func space(dst []byte, begin int, gap *bool) []byte {
	if *gap && len(dst) > begin {
		dst = append(dst, ' ')
	}
	*gap = false
	return dst
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// lower returns the bit that makes a capital letter small.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return 0x20
	}
	return 0
}

// silent reports whether a sign joins what stands around it: apostrophes and
// marks that combine with the letter before.
func silent(r rune) bool {
	switch r {
	case '\'', '’', '‘', '`', '´', 'ʼ', '\u00ad':
		return true
	}
	return unicode.Is(unicode.Mn, r)
}

// plainLetters are the letters of European alphabets without their marks.
const plainLetters = "aàáâãäåāăąǎ|cçćĉċč|dďđð|eèéêëēĕėęěẽ|gĝğġģ|hĥħ|iìíîïĩīĭįıǐ|jĵ|kķ|lĺļľŀł|nñńņňŉ|oòóôõöøōŏőǒ|rŕŗř|sśŝşšș|tţťŧț|uùúûüũūŭůűųǔ|wŵ|yýÿŷ|zźżž|ssß|aeæ|oeœ|thþ"

// plainOf is what each marked letter is compared as.
var plainOf = func() map[rune]string {
	of := make(map[rune]string)
	for group := range strings.SplitSeq(plainLetters, "|") {
		plain := strings.TrimRightFunc(group, func(r rune) bool { return r >= utf8.RuneSelf })
		for _, r := range group[len(plain):] {
			of[r] = plain
		}
	}
	return of
}()

func foldRune(r rune) string {
	if r < utf8.RuneSelf {
		return ""
	}
	return plainOf[unicode.ToLower(r)]
}

// A needle is what is searched for: every word of it must be found.
type needle []string

// newNeedle returns the folded words of a search.
func newNeedle(q string) needle { return strings.Fields(Fold(q)) }

// in reports whether every word is found in at least one of the texts, which are
// folded here.
func (n needle) in(texts ...string) bool {
	if len(n) == 0 {
		return true
	}
	var buf [512]byte
	hay := buf[:0]
	for _, t := range texts {
		hay = append(appendFold(hay, t), '\n')
	}
	folded := string(hay)
	for _, word := range n {
		if !strings.Contains(folded, word) {
			return false
		}
	}
	return true
}
