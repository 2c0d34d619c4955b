package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"tavoli/domain"
)

// A line is one request of an import file.
type line struct {
	Key         string          `json:"key"`
	Request     string          `json:"request"`
	EffectiveAt string          `json:"effective_at"`
	KnownAt     string          `json:"known_at"`
	Body        json.RawMessage `json:"body"`

	at place
}

// A place is where a line stands.
type place struct {
	file   string
	number int
}

// String returns the place as "file:line".
func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.number) }

// maxLine is the longest line of an import file, in bytes.
const maxLine = 1 << 20

// maxFaults is how many faults of a file are told at once.
const maxFaults = 20

// readLines reads an import file: one JSON object a line, with blank lines and
// lines that begin with # between them. All of it is checked, and every fault
// names its file and line.
func readLines(file string, r io.Reader) ([]line, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	check := checker{seen: make(map[string]place)}
	var list []line
	for number := 1; ; number++ {
		text, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s:%d: %w", file, number, err)
		}
		if number == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if text = bytes.TrimSpace(text); len(text) > 0 && text[0] != '#' {
			l := line{at: place{file, number}}
			if check.line(&l, text) {
				list = append(list, l)
			}
		}
		if err != nil || len(check.faults) >= maxFaults {
			return list, check.err()
		}
	}
}

// readLine returns the next line, and io.EOF with the last one.
func readLine(in *bufio.Reader) (text []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		text = append(text, part...)
		switch {
		case len(text) > maxLine:
			return nil, invalidInput("la riga supera %[1]d byte · the line is longer than %[1]d bytes", maxLine)
		case !errors.Is(err, bufio.ErrBufferFull):
			return text, err
		}
	}
}

// A checker gathers what is wrong with the lines of a file.
type checker struct {
	seen   map[string]place
	faults []error
}

func (c *checker) fault(at place, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

func (c *checker) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	return &exit{exitRefused, errors.Join(c.faults...)}
}

var (
	keyForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$`)
	requestForm = regexp.MustCompile(`^(POST|PUT|PATCH|DELETE) (/[^\s?#]*)$`)
	reference   = regexp.MustCompile(`\$\{([^{}]*)\}`)
)

// line reads one line and reports whether it is well.
func (c *checker) line(l *line, text []byte) bool {
	before := len(c.faults)
	if err := l.decode(text); err != nil {
		c.fault(l.at, "%v", err)
		return false
	}
	first, taken := c.seen[l.Key]
	switch {
	case !keyForm.MatchString(l.Key):
		c.fault(l.at, "key: da 1 a 200 lettere, cifre e . _ : - · must be 1 to 200 letters, digits and . _ : -")
	case taken:
		c.fault(l.at, "key: %[1]q è già a %[2]s · stands at %[2]s already", l.Key, first)
	}
	if !requestForm.MatchString(reference.ReplaceAllString(l.Request, "x")) {
		c.fault(l.at, "request: servono metodo e percorso · must be a method and a path, as in \"POST /tavoli\"")
	}
	for name, text := range map[string]string{"effective_at": l.EffectiveAt, "known_at": l.KnownAt} {
		if _, err := domain.ParseTime(text); text != "" && err != nil {
			c.fault(l.at, "%s: %v", name, err)
		}
	}
	c.references(l)
	c.seen[l.Key] = l.at
	return len(c.faults) == before
}

// references notes references to what no earlier line creates.
func (c *checker) references(l *line) {
	for _, m := range reference.FindAllStringSubmatch(l.Request+" "+string(l.Body), -1) {
		key, field := splitReference(m[1])
		if _, ok := c.seen[key]; !ok || field == "" {
			c.fault(l.at, "%[1]s: nessuna riga precedente ha la chiave · no earlier line has the key %[2]q", m[0], key)
		}
	}
}

// splitReference takes "key.field" apart; a key may have dots, a field has none.
func splitReference(text string) (key, field string) {
	if i := strings.LastIndexByte(text, '.'); i >= 0 {
		return text[:i], text[i+1:]
	}
	return text, ""
}

// decode reads the JSON of a line, with no field twice and none unknown.
func (l *line) decode(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("non è UTF-8 · is not UTF-8")
	}
	if err := uniqueFields(text); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(l); err != nil {
		return fmt.Errorf("non è il JSON atteso · is not JSON as it has to be: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if dec.More() {
		return errors.New("qualcosa segue l'oggetto · something follows the object")
	}
	if len(l.Body) > 0 && l.Body[0] != '{' {
		return errors.New("body: deve essere un oggetto · must be an object")
	}
	return nil
}

// uniqueFields refuses an object that names a field of its own twice.
func uniqueFields(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.New("non è un oggetto JSON · is not a JSON object")
	}
	seen := make(map[string]bool)
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return fmt.Errorf("non è il JSON atteso · is not JSON as it has to be: %w", err)
		}
		name, _ := t.(string)
		if seen[name] {
			return fmt.Errorf("%s: è indicato due volte · is given twice", name)
		}
		seen[name] = true
		if err := dec.Decode(new(json.RawMessage)); err != nil {
			return fmt.Errorf("non è il JSON atteso · is not JSON as it has to be: %w", err)
		}
	}
	return nil
}

// parts returns method and path of the request.
func (l *line) parts() (method, path string) {
	method, path, _ = strings.Cut(l.Request, " ")
	return method, path
}

// body returns the body with the time it speaks of.
func (l *line) body() []byte {
	body := bytes.TrimSpace(l.Body)
	if len(body) == 0 {
		body = []byte("{}")
	}
	if l.EffectiveAt == "" {
		return body
	}
	head := `{"effective_at":` + quote(l.EffectiveAt)
	if rest := bytes.TrimSpace(body[1:]); len(rest) > 0 && rest[0] != '}' {
		head += ","
	}
	return append([]byte(head), body[1:]...)
}

// quote returns text as a JSON string.
func quote(text string) string {
	raw, _ := json.Marshal(text) // a string can always be encoded
	return string(raw)
}

// learned returns when the register is to learn of the line: the later of its times.
func (l *line) learned() string { return max(instant(l.EffectiveAt), instant(l.KnownAt)) }
