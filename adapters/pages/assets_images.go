package pages

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// within is a picture that a style sheet carries in itself. The policy of the pages
// forbids them: what it lets in comes from an address of ours.
var within = regexp.MustCompile(`url\("data:image/svg\+xml([^"]*)"\)`)

// unfold makes files of the pictures within a style sheet, which then names their
// addresses.
func (a *assets) unfold(style string) string {
	return within.ReplaceAllStringFunc(style, func(found string) string {
		content, err := unpack(within.FindStringSubmatch(found)[1])
		if err != nil {
			panic("pages: a picture in the style sheet cannot be read: " + err.Error()) // it is in the program itself
		}
		name := "images/" + strconv.Itoa(len(a.names)) + ".svg"
		a.add(name, content)
		return `url("` + a.names[name] + `")`
	})
}

// escaped is a byte as an address spells it; a percent sign before anything else
// stands for itself.
var escaped = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// unpack returns what a data address carries, from after its media type.
func unpack(data string) ([]byte, error) {
	parameters, text, _ := strings.Cut(data, ",")
	if strings.HasSuffix(parameters, ";base64") {
		return base64.StdEncoding.DecodeString(text)
	}
	return escaped.ReplaceAllFunc([]byte(text), func(spelled []byte) []byte {
		b, _ := hex.DecodeString(string(spelled[1:])) // the expression lets nothing else through
		return b
	}), nil
}
