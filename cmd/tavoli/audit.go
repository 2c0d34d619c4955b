package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A trailing is which story is asked for, and how it is told.
type trailing struct {
	target *target
	moment *moment
	about  map[string]*string
	lang   string
	html   bool
	json   bool
}

func auditTrailCommand() command {
	about := "che cosa è accaduto, con chi, quando, perché, prima e dopo · what happened, by whom, when, why, before and after"
	return command{"audit trail", "[STREAM]", about, func(fs *flag.FlagSet) action {
		t := &trailing{target: bindTarget(fs), moment: bindMoment(fs), about: make(map[string]*string)}
		for name, usage := range map[string]string{
			"person": "la storia di una `persona`, in tutti i tavoli · the story of a person, at all tavoli", "tavolo": "la storia di un `tavolo`, con le presenze · the story of a tavolo, with its presences",
			"ente": "la storia di un `ente`: comune/G273, o il codice ISTAT · the story of an ente", "programma": "la storia di un `programma` · the story of a programme",
			"account": "la storia di un'`utenza` · the story of an account", "actor": "ciò che ha fatto un `autore` · what somebody did: account-segreteria", "day": "ciò che è stato registrato in un `giorno` · what was recorded on a day",
			"purpose": "il `motivo` per cui si guardano dati personali; resta agli atti · why personal values are looked at; it is recorded",
			"since":   "solo ciò che è stato registrato dopo un `momento`, la fine di un giorno o una posizione · only what was recorded after a time, a day or a position",
		} {
			t.about[name] = fs.String(name, "", usage)
		}
		fs.StringVar(&t.lang, "lang", "it", "la `lingua`: it, en · the language")
		fs.BoolVar(&t.html, "html", false, "risponde con una pagina da stampare · answer with a page to print")
		fs.BoolVar(&t.json, "json", false, "risponde in JSON · answer in JSON")
		return t.run
	}}
}

func (t *trailing) run(ctx context.Context, p *program, args []string) error {
	path, q, err := t.question(args)
	if err != nil {
		return err
	}
	return t.target.with(ctx, p, func(c *client) error {
		if t.html {
			q.Set("lang", t.lang)
			return copyAnswer(ctx, p, c, call{method: http.MethodGet, path: path, query: c.current(q), accept: "text/html"})
		}
		q.Set("limit", strconv.Itoa(mostLines))
		raw, err := allPages(ctx, c, path, q)
		if err != nil || t.json {
			return orPrint(p, raw, err)
		}
		return printTrail(p, raw, t.lang)
	})
}

// question returns what is asked: a stream by its name, or a story.
func (t *trailing) question(args []string) (path string, q url.Values, err error) {
	q = t.moment.query()
	named := len(args)
	for name, value := range t.about {
		if set(q, name, *value); *value != "" && !slices.Contains([]string{"purpose", "since", "day"}, name) {
			named++
		}
	}
	switch {
	case t.lang != "it" && t.lang != "en":
		return "", nil, usageError("tavoli audit trail: --lang it oppure en · it or en")
	case t.html && t.json:
		return "", nil, usageError("tavoli audit trail: --html oppure --json · --html or --json")
	case named > 1 || len(args) > 0 && *t.about["day"] != "":
		return "", nil, usageError("tavoli audit trail: una storia alla volta · one story at a time")
	case len(args) == 1:
		return "/audit/trail/" + url.PathEscape(args[0]), q, nil
	case named == 0 && *t.about["day"] == "":
		return "", nil, usageError("tavoli audit trail: di che cosa? STREAM, --person, --tavolo, --ente, --programma, --account, --actor, --day · of what?")
	}
	return "/audit/trail", q, nil
}

// A happening is what people are shown of one fact.
type happening struct {
	Position    string
	RecordedAt  string `json:"recorded_at"`
	EffectiveAt string `json:"effective_at"`
	Actor       string
	Stream      string
	Summary     string `json:"summary_it"`
	SummaryEn   string `json:"summary_en"`
	Reason      string
	Changes     []struct {
		Path          string
		Before, After json.RawMessage
	}
}

// printTrail shows to people what happened.
func printTrail(p *program, raw []byte, lang string) error {
	var trail struct{ Items []happening }
	if err := json.Unmarshal(raw, &trail); err != nil {
		return err
	}
	for _, h := range trail.Items {
		if err := p.printf("%s", h.text(lang)); err != nil {
			return err
		}
	}
	return nil
}

// text returns the fact on some lines: when and by whom, why, and each change. When it
// happened is told where it was not told as it happened.
func (h happening) text(lang string) string {
	recorded, happened, why, summary := "registrato", "avvenuto", "motivo", h.Summary
	if lang == "en" {
		recorded, happened, why, summary = "recorded", "happened", "reason", h.SummaryEn
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%6s  %s %s", h.Position, recorded, inItaly(h.RecordedAt))
	if inItaly(h.EffectiveAt) != inItaly(h.RecordedAt) {
		fmt.Fprintf(&b, "  %s %s", happened, inItaly(h.EffectiveAt))
	}
	fmt.Fprintf(&b, "  %s  %s  %s\n", h.Actor, h.Stream, oneLine(summary))
	if h.Reason != "" {
		fmt.Fprintf(&b, "        %s: %s\n", why, oneLine(h.Reason))
	}
	for _, c := range h.Changes {
		fmt.Fprintf(&b, "        %s: %s → %s\n", c.Path, shown(c.Before), shown(c.After))
	}
	return b.String()
}

// shown returns a value of a change as people read it.
func shown(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return "–"
	}
	return oneLine(string(raw))
}

func auditEventsCommand() command {
	return command{"audit events", "", "che cosa è accaduto, in ordine (NDJSON) · what happened, in order", func(fs *flag.FlagSet) action {
		t, m := bindTarget(fs), bindMoment(fs)
		after := fs.String("after", "", "comincia dopo una `posizione` · begin after a position")
		follow := fs.Bool("follow", false, "attende ciò che accade dopo · wait for what happens next")
		q := make(map[string]*string)
		for name, usage := range map[string]string{"stream": "solo di un `flusso` · only of one stream", "actor": "solo di un `autore` · only of one actor", "type": "solo di un `tipo` · only of one type", "limit": "al massimo `quanti` · at most so many"} {
			q[name] = fs.String(name, "", usage)
		}
		fs.Bool("json", true, "risponde in JSON; non c'è altra forma · answer in JSON; there is no other form")
		return func(ctx context.Context, p *program, _ []string) error {
			query := m.query()
			set(query, "after", *after)
			for name, value := range q {
				set(query, name, *value)
			}
			if *follow {
				query.Set("follow", "true")
			}
			return t.with(ctx, p, func(c *client) error {
				err := copyAnswer(ctx, p, c, call{method: http.MethodGet, path: "/audit/events", query: query, accept: "application/x-ndjson"})
				if ctx.Err() != nil { // whoever follows ends it so
					return nil
				}
				return err
			})
		}
	}}
}

func replayCommand() command {
	return command{"replay", "", "rilegge il registro da capo: un'impronta per modello · reads the log from its beginning: a digest per model", func(fs *flag.FlagSet) action {
		t, m := bindTarget(fs), bindMoment(fs)
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			return t.with(ctx, p, func(c *client) error {
				raw, err := c.get(ctx, "/admin/replay", m.query())
				if err != nil || *asJSON {
					return orPrint(p, raw, err)
				}
				return printReplay(p, raw)
			})
		}
	}}
}

// printReplay shows digests to people.
func printReplay(p *program, raw []byte) error {
	var report struct {
		Position string
		Entries  int
		Digests  []struct {
			Model   string
			Version int
			SHA256  string
		}
	}
	if err := json.Unmarshal(raw, &report); err != nil {
		return err
	}
	var rows [][]string
	for _, d := range report.Digests {
		rows = append(rows, []string{d.Model, strconv.Itoa(d.Version), d.SHA256})
	}
	if err := p.printTable("modello versione impronta", rows); err != nil {
		return err
	}
	return p.printf("\nposizione %s, %d fatti e valori letti\n", report.Position, report.Entries)
}
