package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
)

// A reporting is which counts are asked for.
type reporting struct {
	target *target
	moment *moment
	narrow map[string]*string
	json   bool
}

func statisticsCommand() command {
	about := "quante persone, presenze, enti: per tavoli, enti, partners, summary, 2022-Q2 · counts by tavoli, enti, partners, summary, or of a quarter"
	return command{"report statistics", "BY", about, func(fs *flag.FlagSet) action {
		r := &reporting{target: bindTarget(fs), moment: bindMoment(fs), narrow: make(map[string]*string)}
		for name, usage := range map[string]string{
			"by": "con enti o un trimestre: le righe sono per `cosa` · the rows are by: ente, kind, province", "programma": "solo di un `programma` · only of one programma",
			"tavolo": "con tavoli o enti: solo di un `tavolo` · with tavoli or enti: only of one tavolo", "from": "solo i tavoli da questo `giorno` · only tavoli from this day on", "to": "solo i tavoli fino a questo `giorno` · only tavoli up to this day",
		} {
			r.narrow[name] = fs.String(name, "", usage)
		}
		fs.BoolVar(&r.json, "json", false, "risponde in JSON · answer in JSON")
		return r.run
	}}
}

var quarterForm = regexp.MustCompile(`^\d{4}-Q[1-4]$`)

func (r *reporting) run(ctx context.Context, p *program, args []string) error {
	path := "/statistics/" + url.PathEscape(args[0])
	switch {
	case slices.Contains([]string{"tavoli", "enti", "partners", "summary"}, args[0]):
	case quarterForm.MatchString(args[0]):
		path = "/statistics/quarters/" + args[0]
	default:
		return usageError("tavoli report statistics: tavoli, enti, partners, summary o un trimestre come 2022-Q2, non %[1]q · or a quarter, not %[1]q", args[0])
	}
	q := r.moment.query()
	for name, value := range r.narrow {
		set(q, name, *value)
	}
	return r.target.with(ctx, p, func(c *client) error {
		raw, err := c.get(ctx, path, c.current(q))
		if err != nil || r.json {
			return orPrint(p, raw, err)
		}
		return printStatistics(p, raw)
	})
}

// orPrint prints an answer unless there was none.
func orPrint(p *program, raw []byte, err error) error {
	if err != nil {
		return err
	}
	return p.printRaw(raw)
}

// counted are the columns of statistics: the field, and what stands above it.
var counted = [][2]string{
	{"registrations", "iscrizioni"}, {"persons", "persone"}, {"enti", "enti"}, {"comuni", "comuni"}, {"presences", "presenze"},
	{"attendees", "presenti"}, {"attending_enti", "enti-presenti"}, {"attending_comuni", "comuni-presenti"}, {"minutes", "minuti"}, {"guests", "ospiti"},
}

// printStatistics shows counts to people: a table, and what each column counts.
func printStatistics(p *program, raw []byte) error {
	var s struct {
		Rows   []map[string]json.RawMessage `json:"rows"`
		Totals map[string]json.RawMessage   `json:"totals"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	headings, definitions := "per", ""
	for _, column := range counted {
		headings += " " + column[1]
		definitions += fmt.Sprintf("%s: %s\n", column[1], countOf(s.Totals[column[0]]).Definition)
	}
	var table [][]string
	for _, row := range s.Rows {
		table = append(table, countsOf(clip(textOf(row["label"])), row))
	}
	if err := p.printTable(headings, append(table, countsOf("totale", s.Totals))); err != nil {
		return err
	}
	return p.printf("\n%s", definitions)
}

// clip shortens a label that would make the table too wide to read.
func clip(label string) string {
	if runes := []rune(label); len(runes) > 60 {
		return string(runes[:59]) + "…"
	}
	return label
}

// countsOf returns one line of the table.
func countsOf(label string, row map[string]json.RawMessage) []string {
	line := []string{label}
	for _, column := range counted {
		line = append(line, strconv.Itoa(countOf(row[column[0]]).Value))
	}
	return line
}

// A figure is a count with what it counts.
type figure struct {
	Value      int    `json:"value"`
	Definition string `json:"definition_it"`
}

func countOf(raw json.RawMessage) (f figure) {
	_ = json.Unmarshal(raw, &f) // what is no count counts nothing
	return f
}

func textOf(raw json.RawMessage) (text string) {
	_ = json.Unmarshal(raw, &text)
	return text
}
