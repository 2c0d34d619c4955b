// Package papers composes what leaves the register on paper or in files: reports and
// rosters as tables with what must stand beside them. It knows what is said and in
// which order; adapters know how a file of each form is written.
package papers

import (
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A Paper is a document as it leaves the register. The same paper is the same bytes
// in every file of one form.
type Paper struct {
	Name        string // of the file, without its ending
	Title       string
	TitleEn     string
	At          time.Time // when what it says was last recorded: the date of the file
	Funding     string    // stands on every page, word for word
	Particulars []Particular
	Sections    []Section
	Foot        []string // stands at the foot of every page
	Plain       bool     // the first table and nothing else, where the form can do without the rest
}

// A Particular is something told at the beginning of a paper.
type Particular struct{ Label, En, Value string }

// A Section is a table with its heading.
type Section struct {
	Key       string // "operators"
	Name      string // of a sheet, at most 31 letters
	Heading   string
	HeadingEn string
	Note      string
	NoteEn    string
	Columns   []Column
	Rows      [][]string // a cell for each column, in the form of its kind
}

// A Column is a column of a table.
type Column struct {
	Head  string
	En    string
	Kind  projections.CellKind
	Width int  // in letters, as far as can be said beforehand; 0: by what stands in it
	Aside bool // left out where a page is too narrow for all
}

// Only returns the paper with one of its tables and nothing else; false: it has none
// of that key.
func (p Paper) Only(key string) (Paper, bool) {
	for _, s := range p.Sections {
		if s.Key == key {
			p.Sections, p.Plain, p.Name = []Section{s}, true, p.Name+"-"+s.Key
			return p, true
		}
	}
	return Paper{}, false
}

// Rows returns how many rows the tables of the paper have.
func (p Paper) Rows() (n int) {
	for _, s := range p.Sections {
		n += len(s.Rows)
	}
	return n
}

// Narrow returns the section without the columns that a page is too narrow for.
func (s Section) Narrow() Section {
	keep := make([]int, 0, len(s.Columns))
	for i, c := range s.Columns {
		if !c.Aside {
			keep = append(keep, i)
		}
	}
	if len(keep) == len(s.Columns) {
		return s
	}
	narrow := s
	narrow.Columns, narrow.Rows = make([]Column, len(keep)), make([][]string, len(s.Rows))
	for n, i := range keep {
		narrow.Columns[n] = s.Columns[i]
	}
	for r, row := range s.Rows {
		cells := make([]string, len(keep))
		for n, i := range keep {
			cells[n] = row[i]
		}
		narrow.Rows[r] = cells
	}
	return narrow
}

// Shown returns a cell as people in Italy read it: days and times are written out.
func (c Column) Shown(cell string) string {
	switch c.Kind {
	case projections.DayCell:
		return ShortDay(domain.Day(cell))
	case projections.TimeCell:
		if t, err := time.Parse(time.RFC3339, cell); err == nil {
			return t.In(domain.Rome).Format("02/01/2006 15:04")
		}
	case projections.NumberCell:
		return Thousands(cell)
	}
	return cell
}

// ShortDay returns a day as it is written in Italy: 25/05/2022.
func ShortDay(d domain.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("02/01/2006")
}

// Thousands returns a whole number as it is written in Italy: 12.345.
func Thousands(digits string) string {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 10_000 && n > -10_000 {
		return digits
	}
	sign, digits := "", digits
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(c)
	}
	return sign + b.String()
}
