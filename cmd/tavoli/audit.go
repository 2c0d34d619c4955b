package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func auditTrailCommand() command {
	return command{"audit trail", "STREAM", "che cosa è accaduto a una cosa, prima e dopo · what happened to one thing, before and after", func(fs *flag.FlagSet) action {
		t, m := bindTarget(fs), bindMoment(fs)
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, args []string) error {
			q := m.query()
			q.Set("limit", strconv.Itoa(mostLines))
			return t.with(ctx, p, func(c *client) error {
				raw, err := allPages(ctx, c, "/audit/trail/"+url.PathEscape(args[0]), q)
				if err != nil || *asJSON {
					return orPrint(p, raw, err)
				}
				return printTrail(p, raw)
			})
		}
	}}
}

// A happening is what people are shown of one fact.
type happening struct {
	Position    string
	RecordedAt  string `json:"recorded_at"`
	EffectiveAt string `json:"effective_at"`
	Actor       string
	Summary     string `json:"summary_it"`
	Reason      string
	Changes     []struct {
		Path          string
		Before, After json.RawMessage
	}
}

// printTrail shows to people what happened.
func printTrail(p *program, raw []byte) error {
	var trail struct{ Items []happening }
	if err := json.Unmarshal(raw, &trail); err != nil {
		return err
	}
	for _, h := range trail.Items {
		if err := p.printf("%s", h); err != nil {
			return err
		}
	}
	return nil
}

// String returns the fact on some lines: when and by whom, why, and each change.
func (h happening) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6s  registrato %s  avvenuto %s  %s  %s\n", h.Position, inItaly(h.RecordedAt), inItaly(h.EffectiveAt), h.Actor, oneLine(h.Summary))
	if h.Reason != "" {
		fmt.Fprintf(&b, "        motivo: %s\n", oneLine(h.Reason))
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
