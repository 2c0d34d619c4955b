package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"

	"tavoli/adapters/web"
	"tavoli/projections"
)

// bindEarlier binds the earlier of two moments at which a roster is compared.
func bindEarlier(fs *flag.FlagSet) *moment {
	m := &moment{}
	fs.StringVar(&m.effectiveAt, "before-effective-at", "", "che cosa è diverso da ciò che era accaduto a questo `momento` · what is otherwise than what had happened by then, a time or a day")
	fs.StringVar(&m.knownAt, "before-known-at", "", "che cosa è diverso da ciò che il registro sapeva a questo `momento`, alla fine di un giorno o a una posizione · what is otherwise than the register knew by then, a time, a day or a position")
	return m
}

// compare asks what is otherwise in a roster than at an earlier moment.
func (r *rostering) compare(ctx context.Context, p *program, path string, q url.Values) error {
	for _, name := range []string{"ente", "kind", "mode", "state", "q", "contacts"} {
		if q.Has(name) || name == "contacts" && r.more {
			return usageError("tavoli roster: un confronto è dell'elenco intero, senza --%s · a comparison is of the whole roster", name)
		}
	}
	set(q, "before_effective_at", r.before.effectiveAt)
	set(q, "before_known_at", r.before.knownAt)
	path += "/difference"
	return r.target.with(ctx, p, func(c *client) error {
		if r.format != "" {
			return copyAnswer(ctx, p, c, call{method: http.MethodGet, path: path, query: c.current(q), accept: reportFormats[r.format]})
		}
		raw, err := c.get(ctx, path, c.current(q))
		if err != nil {
			return err
		}
		if r.json {
			return p.printRaw(raw)
		}
		return printRosterDifference(p, raw)
	})
}

// printRosterDifference shows to people what is otherwise, a line for each thing.
func printRosterDifference(p *program, raw []byte) error {
	var d projections.RosterDifference
	if err := json.Unmarshal(raw, &d); err != nil {
		return err
	}
	head := fmt.Sprintf("%s · %s\nprima · before: %s\ndopo · after: %s\n\n", d.Tavolo, oneLine(d.Subject), heldThen(d.Before), heldThen(d.After))
	if err := p.printf("%s", head); err != nil {
		return err
	}
	if d.Same {
		return p.printf("nulla è diverso · nothing is otherwise\n")
	}
	var rows [][]string
	for _, l := range d.Added {
		rows = append(rows, []string{"aggiunta", l.Name, "stato", "", web.InItalian(string(l.State))})
	}
	for _, l := range d.Removed {
		rows = append(rows, []string{"tolta", l.Name, "stato", web.InItalian(string(l.State)), ""})
	}
	for _, changed := range d.Changed {
		for _, change := range changed.Changes {
			what, before, after := web.ChangeInWords("it", change)
			rows = append(rows, []string{"cambiata", changed.After.Name, what, before, after})
		}
	}
	return p.printTable("riga nome che_cosa prima dopo", rows)
}

// heldThen says what a roster held at a moment.
func heldThen(m projections.RosterMoment) string {
	if !m.Known {
		return "il tavolo non era noto · the tavolo was not known"
	}
	return fmt.Sprintf("%d righe · lines, %d presenti · present", m.Lines, m.Present)
}
