package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// A reportDifference is what people are shown of two transmissions.
type reportDifference struct {
	Before, After struct{ Position string }
	Same          bool
	FundingBlock  bool `json:"funding_block"`
	Layout        bool
	Figures       []struct {
		Path, Label   string
		Before, After int
	}
	NetworkAdded   []struct{ Name, Role string }     `json:"network_added"`
	NetworkRemoved []struct{ Name, Role string }     `json:"network_removed"`
	RowsAdded      []struct{ Tavolo, Person string } `json:"rows_added"`
	RowsRemoved    []struct{ Tavolo, Person string } `json:"rows_removed"`
	RowsChanged    []struct {
		Tavolo, Person string
		Cells          []struct{ Column, Before, After string }
	} `json:"rows_changed"`
}

func reportDifferenceCommand() command {
	about := "che cosa è cambiato tra due trasmissioni · what is otherwise in another transmission"
	return command{"report difference", "", about, func(fs *flag.FlagSet) action {
		q, t := bindQuarter(fs), bindTarget(fs)
		number := fs.String("transmission", "", "il `numero` della trasmissione · the number of the transmission")
		with := fs.String("with", "", "con `quale` altra confrontarla, o now; vuoto: la precedente · with which other to compare it, or now; empty: the one before")
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			path, err := q.path("report difference", "/transmissions/"+url.PathEscape(*number)+"/difference")
			if err != nil {
				return err
			}
			if *number == "" {
				return usageError("tavoli report difference: serve --transmission · --transmission is required")
			}
			v := q.query()
			set(v, "with", *with)
			return t.with(ctx, p, func(c *client) error {
				raw, err := c.get(ctx, path, c.current(v))
				if err != nil || *asJSON {
					return orPrint(p, raw, err)
				}
				return printDifference(p, raw)
			})
		}
	}}
}

// printDifference shows to people what is otherwise, a line for each thing.
func printDifference(p *program, raw []byte) error {
	var d reportDifference
	if err := json.Unmarshal(raw, &d); err != nil {
		return err
	}
	lines := []string{fmt.Sprintf("posizione %s → %s", d.Before.Position, d.After.Position)}
	if d.Same {
		lines = append(lines, "nulla è cambiato · nothing is otherwise")
	}
	if d.FundingBlock {
		lines = append(lines, "il blocco di finanziamento è un altro · another funding paragraph")
	}
	if d.Layout {
		lines = append(lines, "il tracciato è un altro · another layout")
	}
	for _, f := range d.Figures {
		lines = append(lines, fmt.Sprintf("%s: %d → %d  (%s)", f.Path, f.Before, f.After, f.Label))
	}
	for _, m := range d.NetworkAdded {
		lines = append(lines, "rete, entra · network, in: "+m.Name+" ("+m.Role+")")
	}
	for _, m := range d.NetworkRemoved {
		lines = append(lines, "rete, esce · network, out: "+m.Name+" ("+m.Role+")")
	}
	for _, row := range d.RowsAdded {
		lines = append(lines, "riga nuova · row added: "+row.Tavolo+" "+row.Person)
	}
	for _, row := range d.RowsRemoved {
		lines = append(lines, "riga tolta · row removed: "+row.Tavolo+" "+row.Person)
	}
	for _, row := range d.RowsChanged {
		for _, cell := range row.Cells {
			lines = append(lines, fmt.Sprintf("%s %s: %s: %s → %s", row.Tavolo, row.Person, cell.Column, cell.Before, cell.After))
		}
	}
	for i := range lines {
		lines[i] = oneLine(lines[i])
	}
	return p.printf("%s\n", strings.Join(lines, "\n"))
}

func reportMappingCommand() command {
	about := "il tracciato della scheda operatori; con un FILE lo stabilisce · the layout of the table of persons; with a FILE, sets it"
	return command{"report mapping", "PROGRAMMA [FILE]", about, func(fs *flag.FlagSet) action {
		t, m := bindTelling(fs), bindMoment(fs)
		return func(ctx context.Context, p *program, args []string) error {
			path := "/programmi/" + url.PathEscape(args[0]) + "/report-mapping"
			if len(args) == 1 {
				return t.target.with(ctx, p, func(c *client) error {
					raw, err := c.get(ctx, path, c.current(m.query()))
					return orPrint(p, raw, err)
				})
			}
			raw, err := os.ReadFile(args[1])
			if err != nil {
				return missing(err)
			}
			body := make(map[string]any)
			if err := json.Unmarshal(bytes.TrimPrefix(raw, []byte("\ufeff")), &body); err != nil {
				return invalidInput("%s: non è un documento JSON · is no JSON document: %v", args[1], err)
			}
			for _, told := range []string{"programma", "position", "built_in", "revision"} { // as it was read
				delete(body, told)
			}
			return t.post(ctx, p, path, body, func(map[string]any) string {
				columns, _ := body["columns"].([]any)
				return fmt.Sprintf("tracciato stabilito · layout set: %d colonne · columns", len(columns))
			})
		}
	}}
}
