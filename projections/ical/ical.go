// Package ical writes the lines of calendars (RFC 5545). What a calendar says is for
// whoever writes it.
package ical

import (
	"strings"
	"unicode/utf8"
)

// A Writer gathers lines of at most 75 bytes. The zero value is empty.
type Writer struct{ text strings.Builder }

// String returns what was written.
func (w *Writer) String() string { return w.text.String() }

// Line writes a property; its value is as it stands in the file.
func (w *Writer) Line(text string) {
	for most := 75; len(text) > most; most = 74 { // a blank begins each line but the first
		cut := most
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		w.text.WriteString(text[:cut] + "\r\n ")
		text = text[cut:]
	}
	w.text.WriteString(text + "\r\n")
}

// escape is how text stands in a value.
var escape = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// Text writes a property whose value people read, if there is one.
func (w *Writer) Text(name, value string) {
	if value != "" {
		w.Line(name + ":" + escape.Replace(value))
	}
}
