// Package csv writes papers for spreadsheets as Excel in Italian reads them.
package csv

import (
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// MaxRows is how many rows of tables a file holds.
const MaxRows = 1_000_000

// A Renderer writes papers as text: UTF-8 with a byte order mark, semicolons, CRLF.
// A paper that is plain is its first table and nothing else.
type Renderer struct{}

// Render returns the file of a paper.
func (Renderer) Render(p papers.Paper) ([]byte, error) {
	if p.Rows() > MaxRows {
		return nil, domain.ErrReportTooLarge
	}
	s := new(sheet)
	s.b.WriteString("\ufeff")
	if p.Plain && len(p.Sections) > 0 {
		s.table(p.Sections[0])
		return []byte(s.b.String()), nil
	}
	s.head(p)
	for _, section := range p.Sections {
		s.row()
		s.row(section.Heading, section.HeadingEn)
		s.table(section)
	}
	s.row()
	for _, line := range p.Foot {
		s.row(line)
	}
	return []byte(s.b.String()), nil
}

// A sheet is a table for a spreadsheet.
//
// No cell can be taken for a formula: one that begins with = + - @, a tab, a line
// break or an apostrophe gets an apostrophe before it. Whoever reads the file back
// takes one leading apostrophe away and has exactly what was written.
type sheet struct{ b strings.Builder }

// head writes what stands before the tables.
func (s *sheet) head(p papers.Paper) {
	s.row(p.Title, p.TitleEn)
	if p.Funding != "" {
		s.row(p.Funding)
	}
	for _, one := range p.Particulars {
		if one.Value != "" {
			s.row(one.Label, one.Value)
		}
	}
}

func (s *sheet) table(section papers.Section) {
	heads := make([]string, len(section.Columns))
	for i, c := range section.Columns {
		heads[i] = c.Head
	}
	s.row(heads...)
	cells := make([]string, len(section.Columns))
	for _, row := range section.Rows {
		for i, c := range section.Columns {
			cells[i] = shown(c, row[i])
		}
		s.row(cells...)
	}
}

// shown returns a cell as programs and people read it: days as they are, moments in
// the time of Italy.
func shown(c papers.Column, cell string) string {
	if c.Kind != projections.TimeCell {
		return cell
	}
	t, err := time.Parse(time.RFC3339, cell)
	if err != nil {
		return cell
	}
	return t.In(domain.Rome).Format("2006-01-02 15:04:05")
}

// row adds a row.
func (s *sheet) row(cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			s.b.WriteByte(';')
		}
		s.cell(cell)
	}
	s.b.WriteString("\r\n")
}

func (s *sheet) cell(text string) {
	if text != "" && strings.ContainsRune("=+-@\t\r\n'", rune(text[0])) {
		text = "'" + text
	}
	if !strings.ContainsAny(text, ";\"\r\n") && strings.TrimSpace(text) == text {
		s.b.WriteString(text)
		return
	}
	s.b.WriteByte('"')
	s.b.WriteString(strings.ReplaceAll(text, `"`, `""`))
	s.b.WriteByte('"')
}
