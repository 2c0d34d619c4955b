package main

import (
	"context"
	"encoding/json"
	"flag"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A reporting is which counts are asked for.
type reporting struct {
	target *target
	moment *moment
	by     string
	json   bool
}

func reportCommand() command {
	return command{"report statistics", "BY", "quante persone, presenze, enti: per tavoli, enti, partners, summary, 2022-Q2 · counts by tavoli, enti, partners, summary, or of a quarter", func(fs *flag.FlagSet) action {
		r := &reporting{target: bindTarget(fs), moment: bindMoment(fs)}
		fs.StringVar(&r.by, "by", "", "with enti: by ente, kind or province, as the `word` says")
		fs.BoolVar(&r.json, "json", false, "answer in JSON")
		return r.run
	}}
}

func (r *reporting) run(ctx context.Context, p *program, args []string) error {
	path := "/statistics/" + url.PathEscape(args[0])
	switch {
	case slices.Contains([]string{"tavoli", "enti", "partners", "summary"}, args[0]):
	case strings.Contains(args[0], "-Q"):
		path = "/statistics/quarters/" + url.PathEscape(args[0])
	default:
		return usageError("tavoli report statistics: one of tavoli, enti, partners, summary, or a quarter as 2022-Q2, not %q", args[0])
	}
	q := r.moment.query()
	set(q, "by", r.by)
	return r.target.with(ctx, p, func(c *client) error {
		raw, err := c.get(ctx, path, q)
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

// A count is a figure with what it counts.
type count struct {
	Key          string `json:"key"`
	Value        int    `json:"value"`
	DefinitionIT string `json:"definition_it"`
	DefinitionEN string `json:"definition_en"`
}

// printStatistics shows counts to people: a table, and what each column counts.
func printStatistics(p *program, raw []byte) error {
	var s struct {
		Items       []map[string]json.RawMessage `json:"items"`
		Definitions []count                      `json:"definitions"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	var table [][]string
	var columns []string
	for _, item := range s.Items {
		row := make(map[string]string)
		for name, value := range item {
			if text, ok := cellOf(value); ok {
				row[name] = text
			}
		}
		if columns == nil {
			columns = slices.Sorted(maps.Keys(row))
		}
		cells := make([]string, len(columns))
		for i, name := range columns {
			cells[i] = row[name]
		}
		table = append(table, cells)
	}
	return p.printTable(strings.Join(columns, " "), table)
}

// cellOf returns a value, or a count, as the cell of a table.
func cellOf(raw json.RawMessage) (string, bool) {
	var c struct{ Value *int }
	var text string
	var n int
	switch {
	case json.Unmarshal(raw, &text) == nil:
		return text, true
	case json.Unmarshal(raw, &n) == nil:
		return strconv.Itoa(n), true
	case json.Unmarshal(raw, &c) == nil && c.Value != nil:
		return strconv.Itoa(*c.Value), true
	}
	return "", false
}
