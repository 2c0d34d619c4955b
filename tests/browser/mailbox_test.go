package browser_test

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tavoli/tests/smtptest"
)

// A letter is one that the mail server took, as a mail program reads it.
type letter struct {
	to, subject string
	parts       map[string]string // by media type; the calendar's with its method
}

// text returns what the letter says, with the lines of the calendar unfolded.
func (l letter) text() string { return l.parts["text/plain"] }

// calendar returns the entry for the recipient's calendar, with its long lines whole.
func (l letter) calendar(method string) string {
	return strings.ReplaceAll(l.parts["text/calendar "+method], "\n ", "")
}

// value returns a property of the entry for the recipient's calendar.
func (l letter) value(name string) string {
	for line := range strings.SplitSeq(l.calendar("REQUEST"), "\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return value
		}
	}
	return ""
}

// sequence returns how often the entry has changed, for calendars.
func (l letter) sequence(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(l.value("SEQUENCE"))
	if err != nil {
		t.Fatalf("the letter %q has no sequence: %v", l.subject, err)
	}
	return n
}

// link returns the first address of the text that holds something.
func (l letter) link(t *testing.T, holds string) string {
	t.Helper()
	for word := range strings.FieldsSeq(l.text()) {
		if strings.HasPrefix(word, "http") && strings.Contains(word, holds) {
			return word
		}
	}
	t.Fatalf("the letter %q has no link %q:\n%s", l.subject, holds, l.text())
	return ""
}

// says expects texts in a letter's text, and in its HTML.
func (l letter) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(l.text(), text) {
			t.Errorf("the letter %q to %s does not say %q:\n%s", l.subject, l.to, text, l.text())
		}
	}
	if !strings.Contains(l.parts["text/html"], "<html") {
		t.Errorf("the letter %q has no HTML", l.subject)
	}
}

// enters expects lines in the entry for the recipient's calendar.
func (l letter) enters(t *testing.T, method string, lines ...string) {
	t.Helper()
	entry := l.calendar(method)
	for _, line := range append(lines, "METHOD:"+method) {
		if !slices.Contains(strings.Split(entry, "\n"), line) {
			t.Errorf("the calendar entry of %q to %s has no line %q:\n%s", l.subject, l.to, line, entry)
		}
	}
}

// arrives waits until a letter to an address has arrived whose subject, and whose text,
// say something.
func arrives(t *testing.T, server *smtptest.Server, to, subject string, texts ...string) letter {
	t.Helper()
	lacks := func(l letter) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(l.text(), text) })
	}
	for until := time.Now().Add(patience); ; {
		var all []string
		for _, m := range server.Messages() {
			l := read(t, m)
			if all = append(all, l.to+": "+l.subject); l.to == to && strings.Contains(l.subject, subject) && !lacks(l) {
				return l
			}
		}
		if time.Now().After(until) {
			t.Fatalf("no letter %q arrives at %s, but %q", subject, to, all)
		}
		time.Sleep(20 * time.Millisecond) // between two looks
	}
}

// read reads a letter.
func read(t *testing.T, m smtptest.Message) letter {
	t.Helper()
	raw, err := mail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(raw.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	l := letter{to: strings.Join(m.To, ","), subject: subject, parts: make(map[string]string)}
	l.open(t, raw.Header.Get("Content-Type"), raw.Header.Get("Content-Transfer-Encoding"), raw.Body)
	return l
}

// open reads a part of a letter, and those within.
func (l letter) open(t *testing.T, contentType, encoding string, body io.Reader) {
	t.Helper()
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("%q: %v", contentType, err)
	}
	if strings.HasPrefix(media, "multipart/") {
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			l.open(t, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	l.parts[strings.TrimSpace(media+" "+params["method"])] = strings.ReplaceAll(string(text), "\r\n", "\n")
}
