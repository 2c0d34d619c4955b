package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"tavoli/domain"
)

// printf writes to standard output.
func (p *program) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(p.out, format, args...)
	return err
}

// printRaw writes an answer as the register gave it, on lines of its own.
func (p *program) printRaw(raw []byte) error {
	_, err := p.out.Write(append(bytes.TrimRight(raw, "\n"), '\n'))
	return err
}

// printJSON writes a value as JSON.
func (p *program) printJSON(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.printRaw(raw)
}

// printTable writes rows under headings, in columns.
func (p *program) printTable(headings string, rows [][]string) error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(headings, " ", "\t"))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// oneLine keeps a cell from breaking the table, or a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// inItaly returns a moment as a clock in Italy shows it; what is no time is shown as it is.
func inItaly(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return t.In(domain.Rome).Format("2006-01-02 15:04")
}
