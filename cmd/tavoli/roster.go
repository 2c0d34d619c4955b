package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// A moment is the two times of a question, as they are asked for.
type moment struct {
	effectiveAt string
	knownAt     string
}

func bindMoment(fs *flag.FlagSet) *moment {
	m := &moment{}
	fs.StringVar(&m.effectiveAt, "effective-at", "", "ciò che era accaduto a questo `momento`, come 2022-05-25T15:00, o alla fine di un giorno; vuoto: ora · what had happened by then, a time or a day; empty: now")
	fs.StringVar(&m.knownAt, "known-at", "", "ciò che il registro sapeva a questo `momento`, alla fine di un giorno o a una posizione; vuoto: ora · what the register knew by then, a time, a day or a position; empty: now")
	return m
}

// query returns the parameters of the question.
func (m *moment) query() url.Values {
	q := make(url.Values)
	set(q, "effective_at", m.effectiveAt)
	set(q, "known_at", m.knownAt)
	return q
}

// set sets a parameter that is given.
func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// A rostering is what is asked of a roster.
type rostering struct {
	target *target
	moment *moment
	before *moment // of the roster with which this one is compared, if it is
	filter map[string]*string
	more   bool
	csv    bool
	format string
	json   bool
}

func rosterCommand() command {
	return command{"roster", "TAVOLO", "chi è iscritto, attende, era presente · who is registered, waits, was present", func(fs *flag.FlagSet) action {
		r := &rostering{target: bindTarget(fs), moment: bindMoment(fs), before: bindEarlier(fs), filter: make(map[string]*string)}
		for name, usage := range map[string]string{
			"ente": "solo chi viene per un `ente`: comune/G273, o il codice ISTAT di un comune · only those of an ente", "kind": "solo chi viene per enti di un `tipo` · only those of enti of a kind",
			"mode": "solo in una `modalità` · only those of a mode: in-presence, online", "state": "solo in uno `stato` · only those in a state: registered, waiting, confirmed, withdrawn, refused, present, absent, all",
			"q":       "solo chi ha le `parole` nel nome suo o dell'ente · only those with the words in the name of the person or of the ente",
			"purpose": "il `motivo` per cui si guardano dati personali; resta agli atti · why personal values are looked at; it is recorded",
		} {
			r.filter[name] = fs.String(name, "", usage)
		}
		fs.BoolVar(&r.more, "contacts", false, "anche indirizzi e-mail e telefoni · e-mail addresses and telephone numbers, too")
		fs.StringVar(&r.format, "format", "", "risponde con un file di questa `forma`, un'esportazione che resta agli atti: csv, xlsx, pdf · answer with a file of this form, an export that is recorded as such")
		fs.BoolVar(&r.csv, "csv", false, "risponde in CSV, un'esportazione che resta agli atti · answer as CSV, an export that is recorded as such")
		fs.BoolVar(&r.json, "json", false, "risponde in JSON · answer in JSON")
		return r.run
	}}
}

// mostLines is how many lines of a list are asked for at once.
const mostLines = 1000

func (r *rostering) run(ctx context.Context, p *program, args []string) error {
	if r.csv && r.format == "" {
		r.format = "csv"
	}
	_, known := reportFormats[r.format]
	switch {
	case r.format != "" && r.json:
		return usageError("tavoli roster: un file oppure --json · a file or --json")
	case r.format != "" && !known:
		return usageError("tavoli roster: --format è csv, xlsx o pdf · is one of these")
	}
	q := r.moment.query()
	for name, value := range r.filter {
		set(q, name, *value)
	}
	path := "/tavoli/" + url.PathEscape(args[0]) + "/roster"
	if *r.before != (moment{}) {
		return r.compare(ctx, p, path, q)
	}
	if r.more {
		q.Set("contacts", "true")
	}
	return r.target.with(ctx, p, func(c *client) error {
		if r.format != "" {
			return copyAnswer(ctx, p, c, call{method: http.MethodGet, path: path, query: c.current(q), accept: reportFormats[r.format]})
		}
		q.Set("limit", strconv.Itoa(mostLines))
		raw, err := allPages(ctx, c, path, q)
		if err != nil {
			return err
		}
		if r.json {
			return p.printRaw(raw)
		}
		return printRoster(p, raw)
	})
}

// copyAnswer writes an answer to standard output as it comes.
func copyAnswer(ctx context.Context, p *program, c *client, call call) error {
	resp, err := c.send(ctx, call)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(p.out, resp.Body)
	return err
}

// allPages asks for a list until its end. A list of one page is returned as it was
// answered; of several, the first is returned with the lines of all.
func allPages(ctx context.Context, c *client, path string, q url.Values) ([]byte, error) {
	first, err := c.get(ctx, path, c.current(q))
	if err != nil {
		return nil, err
	}
	page, err := readPage(first)
	if err != nil || page.NextCursor == "" {
		return first, err
	}
	items := page.Items
	for page.NextCursor != "" {
		q.Set("cursor", page.NextCursor)
		raw, err := c.get(ctx, path, q)
		if err != nil {
			return nil, err
		}
		if page, err = readPage(raw); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
	}
	return withItems(first, items)
}

// A page is a part of a list.
type page struct {
	Items      []json.RawMessage `json:"items"`
	NextCursor string            `json:"next_cursor"`
}

func readPage(raw []byte) (p page, err error) {
	err = json.Unmarshal(raw, &p)
	return p, err
}

// withItems returns an answer with other items and no cursor, its fields in the
// order they had.
func withItems(answer []byte, items []json.RawMessage) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(answer))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteByte('{')
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		switch name {
		case "next_cursor":
			continue
		case "items":
			if value, err = json.Marshal(items); err != nil {
				return nil, err
			}
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%q:%s", name, value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
