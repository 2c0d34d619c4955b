package pdf

import (
	"fmt"
	"slices"

	"tavoli/projections"
	"tavoli/projections/papers"
)

// Widths of columns, in millimeters.
const (
	leastColumn = 8.0
	mostColumn  = 95.0
	readable    = 13.0 // narrower than this a column of long texts cannot be read
)

// A table is a section laid out for a page: which columns, how wide.
type table struct {
	papers.Section
	widths []float64
	heads  [][]string
}

// section writes a table with its heading, in parts where it is too wide for a page.
func (d *document) section(s papers.Section) {
	orientation := "P"
	if d.crowded(s, 210-2*margin) {
		orientation = "L"
	}
	avail := map[string]float64{"P": 210 - 2*margin, "L": 297 - 2*margin}[orientation]
	parts := d.parts(s, avail)
	for i, part := range parts {
		note := ""
		if len(parts) > 1 {
			note = fmt.Sprintf(" (parte %d di %d)", i+1, len(parts))
		}
		d.part(d.layOut(part, avail), orientation, note)
	}
}

// crowded reports whether a page of a width is too narrow to read the table well.
func (d *document) crowded(s papers.Section, avail float64) bool {
	sum := 0.0
	for _, w := range d.natural(s) {
		sum += min(w, 42)
	}
	return sum > avail
}

// parts splits the columns of a table into as many tables as pages of a width need.
func (d *document) parts(s papers.Section, avail float64) (parts []papers.Section) {
	sum, start := 0.0, 0
	for i, w := range d.natural(s) {
		least := min(w, readable)
		if sum+least > avail && i > start {
			parts = append(parts, columns(s, start, i))
			sum, start = 0, i
		}
		sum += least
	}
	return append(parts, columns(s, start, len(s.Columns)))
}

// columns returns a table with some of its columns.
func columns(s papers.Section, from, to int) papers.Section {
	if from == 0 && to == len(s.Columns) {
		return s
	}
	part := s
	part.Columns = s.Columns[from:to]
	part.Rows = make([][]string, len(s.Rows))
	for i, row := range s.Rows {
		part.Rows[i] = row[from:to]
	}
	return part
}

// natural returns how wide each column would be if there were room.
func (d *document) natural(s papers.Section) []float64 {
	widths := make([]float64, len(s.Columns))
	for i, c := range s.Columns {
		d.SetFont(family, "B", tableSize)
		widths[i] = d.GetStringWidth(longestWord(printable(c.Head)))
		d.SetFont(family, "", tableSize)
		for n, row := range s.Rows {
			if n == 400 { // enough to know
				break
			}
			widths[i] = max(widths[i], d.GetStringWidth(printable(c.Shown(row[i]))))
		}
		widths[i] = min(max(widths[i]+2*cellMargin+1, leastColumn), mostColumn)
	}
	return widths
}

func longestWord(text string) (longest string) {
	start := 0
	for i, r := range text + " " {
		if r != ' ' {
			continue
		}
		if word := text[start:i]; len(word) > len(longest) {
			longest = word
		}
		start = i + 1
	}
	return longest
}

// layOut gives each column its width: what it needs where there is room, and less
// of the widest where there is not.
func (d *document) layOut(s papers.Section, avail float64) table {
	t := table{Section: s, widths: d.natural(s)}
	sum := 0.0
	for _, w := range t.widths {
		sum += w
	}
	switch {
	case sum <= avail:
		t.spread(avail - sum)
	default:
		limit := limitOf(t.widths, avail)
		for i := range t.widths {
			t.widths[i] = min(t.widths[i], limit)
		}
	}
	for i, c := range s.Columns {
		d.SetFont(family, "B", tableSize)
		t.heads = append(t.heads, d.lines(printable(c.Head), t.widths[i]))
	}
	return t
}

// spread gives what room is left to the columns of texts, by how wide they are.
func (t table) spread(room float64) {
	texts := 0.0
	for i, c := range t.Columns {
		if c.Kind == projections.TextCell {
			texts += t.widths[i]
		}
	}
	for i, c := range t.Columns {
		if c.Kind == projections.TextCell {
			t.widths[i] += room * t.widths[i] / texts
		}
	}
}

// limitOf returns how wide the widest columns may be for all to have room.
func limitOf(widths []float64, avail float64) float64 {
	ordered := slices.Sorted(slices.Values(widths))
	for i, w := range ordered {
		share := avail / float64(len(ordered)-i)
		if w >= share {
			return share
		}
		avail -= w
	}
	return avail
}

// part writes a table that fits the width of a page.
func (d *document) part(t table, orientation, note string) {
	_, h := d.GetPageSize()
	landscape := h < 250
	if landscape != (orientation == "L") || d.GetY()+34 > d.bottom() {
		d.page(orientation)
	}
	d.Bookmark(printable(t.Heading+note), 0, -1)
	d.SetFont(family, "B", headSize)
	d.ink()
	d.paragraph(t.Heading+note, headSize)
	d.SetFont(family, "", footSize)
	d.soft()
	d.paragraph(t.HeadingEn, footSize)
	d.SetFont(family, "", tableSize)
	d.paragraph(t.Note, tableSize)
	d.SetFont(family, "", footSize)
	d.paragraph(t.NoteEn, footSize)
	d.SetY(d.GetY() + 1.2)
	d.heading(t)
	if len(t.Rows) == 0 {
		d.SetX(margin)
		d.SetFont(family, "", tableSize)
		d.soft()
		d.CellFormat(d.width(), 6, "Nessuna riga · No rows", "", 1, "L", false, 0, "")
	}
	for n, row := range t.Rows {
		d.row(t, n, row, orientation)
	}
	d.SetY(d.GetY() + 5)
}

// heading writes what stands above the columns.
func (d *document) heading(t table) {
	most := 1
	for _, lines := range t.heads {
		most = max(most, len(lines))
	}
	english := slices.ContainsFunc(t.Columns, func(c papers.Column) bool { return c.En != "" })
	height := float64(most)*lineHeight(tableSize) + 1.2
	if english {
		height += lineHeight(5)
	}
	x, y := margin, d.GetY()
	d.SetFillColor(0, 53, 107)
	for i, c := range t.Columns {
		d.Rect(x, y, t.widths[i], height, "F")
		d.SetTextColor(255, 255, 255)
		d.SetFont(family, "B", tableSize)
		for n, line := range t.heads[i] {
			d.SetXY(x, y+0.6+float64(n)*lineHeight(tableSize))
			d.CellFormat(t.widths[i], lineHeight(tableSize), line, "", 0, align(c), false, 0, "")
		}
		if c.En != "" && c.En != c.Head {
			d.SetFont(family, "", 5)
			d.SetTextColor(203, 216, 230)
			d.SetXY(x, y+0.6+float64(len(t.heads[i]))*lineHeight(tableSize))
			d.CellFormat(t.widths[i], lineHeight(5), d.cut(c.En, t.widths[i]), "", 0, align(c), false, 0, "")
		}
		x += t.widths[i]
	}
	d.SetXY(margin, y+height)
}

func align(c papers.Column) string {
	if c.Kind == projections.NumberCell {
		return "R"
	}
	return "L"
}

// row writes a row. One that is longer than a page goes on on the next.
func (d *document) row(t table, n int, row []string, orientation string) {
	d.SetFont(family, "", tableSize)
	cells, most := make([][]string, len(row)), 1
	for i, cell := range row {
		cells[i] = d.lines(printable(t.Columns[i].Shown(cell)), t.widths[i])
		most = max(most, len(cells[i]))
	}
	height := lineHeight(tableSize)
	for from := 0; from < most; {
		room := int((d.bottom() - d.GetY() - 1) / height)
		if room < min(most-from, 6) {
			d.page(orientation)
			d.heading(t)
			room = max(int((d.bottom()-d.GetY()-1)/height), 1)
		}
		to := min(most, from+room)
		d.stretch(t, n, cells, from, to)
		from = to
	}
}

// stretch writes some lines of a row.
func (d *document) stretch(t table, n int, cells [][]string, from, to int) {
	x, y := margin, d.GetY()
	height := float64(to-from)*lineHeight(tableSize) + 1
	sum := 0.0
	for _, w := range t.widths {
		sum += w
	}
	if n%2 == 1 {
		d.SetFillColor(240, 244, 248)
		d.Rect(margin, y, sum, height, "F")
	}
	d.SetDrawColor(214, 222, 230)
	d.SetLineWidth(0.1)
	d.Line(margin, y+height, margin+sum, y+height)
	d.SetFont(family, "", tableSize)
	d.ink()
	for i, lines := range cells {
		for k := from; k < min(to, len(lines)); k++ {
			if lines[k] == "" {
				continue
			}
			d.SetXY(x, y+0.5+float64(k-from)*lineHeight(tableSize))
			d.CellFormat(t.widths[i], lineHeight(tableSize), lines[k], "", 0, align(t.Columns[i]), false, 0, "")
		}
		x += t.widths[i]
	}
	d.SetXY(margin, y+height)
}
