package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// An entry is a fact as it is stored: an envelope, and in it what happened.
type entry struct {
	ID         string
	Type       string
	Schema     int64
	Stream     string
	Revision   int64
	RecordedAt string
	Data       []byte
}

var errNoEntry = errors.New("not an entry in the stored form")

// readEntry reads an entry. It has only one form: the fields of the envelope in
// their order, then what happened. Whatever is written otherwise is no entry, so
// that nobody can read two things in one.
func readEntry(raw []byte) (e entry, err error) {
	f := form{rest: raw}
	e.ID = f.word(`{"id":"`)
	e.Type = f.word(`","type":"`)
	e.Schema = f.number(`","schema":`)
	e.Stream = f.word(`,"stream":"`)
	e.Revision = f.number(`","revision":`)
	e.RecordedAt = f.word(`,"recorded_at":"`)
	f.word(`","effective_at":"`)
	f.word(`","actor":"`)
	f.word(`","command":"`)
	for _, name := range []string{`","correlation":"`, `","causation":"`, `","request":"`} {
		if bytes.HasPrefix(f.rest, []byte(name)) {
			f.word(name)
		}
	}
	f.take(`","data":`)
	n := len(f.rest)
	if f.failed || e.Schema < 1 || n < 3 || f.rest[0] != '{' || f.rest[n-1] != '}' || !json.Valid(f.rest[:n-1]) {
		return entry{}, errNoEntry
	}
	e.Data = f.rest[:n-1]
	return e, nil
}

// A form is text that must read exactly so.
type form struct {
	rest   []byte
	failed bool
}

// take takes what must come next.
func (f *form) take(text string) {
	if f.failed = f.failed || !bytes.HasPrefix(f.rest, []byte(text)); !f.failed {
		f.rest = f.rest[len(text):]
	}
}

// word takes what must come next, and after it a word of plain characters up to a quote.
func (f *form) word(before string) string {
	f.take(before)
	i := 0
	for i < len(f.rest) && plain(f.rest[i]) {
		i++
	}
	if f.failed = f.failed || i == 0 || i == len(f.rest) || f.rest[i] != '"'; f.failed {
		return ""
	}
	w := string(f.rest[:i])
	f.rest = f.rest[i:]
	return w
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-' || c == ':' || c == '@' || c == '/'
}

// number takes what must come next, and after it a number.
func (f *form) number(before string) int64 {
	f.take(before)
	i := 0
	for i < len(f.rest) && '0' <= f.rest[i] && f.rest[i] <= '9' {
		i++
	}
	n, err := strconv.ParseInt(string(f.rest[:i]), 10, 64)
	if f.failed = f.failed || err != nil || i > 1 && f.rest[0] == '0'; f.failed {
		return 0
	}
	f.rest = f.rest[i:]
	return n
}

// streamOf returns the stream of an entry without reading the rest.
func streamOf(raw []byte) string {
	_, rest, _ := bytes.Cut(raw, []byte(`"stream":"`))
	name, _, _ := bytes.Cut(rest, []byte{'"'})
	return string(name)
}
