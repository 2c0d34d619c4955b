// Package xlsx writes papers as workbooks: a sheet for each table, numbers as
// numbers, days as days.
package xlsx

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// MaxRows is how many rows of tables a workbook holds.
const MaxRows = 100_000

// A Renderer writes papers as workbooks. The same paper is the same bytes.
type Renderer struct{}

// Render returns the workbook of a paper. No cell is a formula: texts are written as
// texts, whatever they begin with.
func (Renderer) Render(p papers.Paper) ([]byte, error) {
	if p.Rows() > MaxRows {
		return nil, domain.ErrReportTooLarge
	}
	b := &book{File: excelize.NewFile()}
	defer b.Close()
	if err := b.write(p); err != nil {
		return nil, err
	}
	raw, err := b.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return settled(raw.Bytes())
}

// A book is a workbook in the making.
type book struct {
	*excelize.File
	styles styles
}

// styles are the numbers of how cells look.
type styles struct{ title, strong, head, text, wrap, number, day, moment int }

func (b *book) write(p papers.Paper) (err error) {
	if err = b.makeStyles(); err != nil {
		return err
	}
	if err = b.front(p); err != nil {
		return err
	}
	for _, section := range p.Sections {
		if err = b.section(p, section); err != nil {
			return err
		}
	}
	b.SetActiveSheet(0)
	at := p.At.UTC().Format(time.RFC3339)
	err = b.SetDocProps(&excelize.DocProperties{Title: p.Title, Language: "it-IT", Creator: "Tavoli", LastModifiedBy: "Tavoli", Created: at, Modified: at, Identifier: p.Name})
	if err != nil {
		return err
	}
	return b.SetAppProps(&excelize.AppProperties{Application: "Tavoli", AppVersion: "1.0"})
}

// makeStyles makes known how cells look.
func (b *book) makeStyles() error {
	top := &excelize.Alignment{Vertical: "top"}
	wrapped := &excelize.Alignment{Vertical: "top", WrapText: true}
	for _, s := range []struct {
		to    *int
		style excelize.Style
	}{
		{&b.styles.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}}},
		{&b.styles.strong, excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: top}},
		{&b.styles.head, excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"00356B"}}, Alignment: wrapped}},
		{&b.styles.text, excelize.Style{Alignment: top}},
		{&b.styles.wrap, excelize.Style{Alignment: wrapped}},
		{&b.styles.number, excelize.Style{NumFmt: 3, Alignment: top}},
		{&b.styles.day, excelize.Style{CustomNumFmt: new("dd/mm/yyyy"), Alignment: top}},
		{&b.styles.moment, excelize.Style{CustomNumFmt: new("dd/mm/yyyy hh:mm"), Alignment: top}},
	} {
		n, err := b.NewStyle(&s.style)
		if err != nil {
			return err
		}
		*s.to = n
	}
	return nil
}

// frontSheet is the name of the sheet on which stands what is told beside the tables.
const frontSheet = "Frontespizio"

func (b *book) front(p papers.Paper) error {
	if err := b.SetSheetName("Sheet1", frontSheet); err != nil {
		return err
	}
	w, err := b.NewStreamWriter(frontSheet)
	if err != nil {
		return err
	}
	if err := w.SetColWidth(1, 1, 34); err != nil {
		return err
	}
	if err := w.SetColWidth(2, 2, 100); err != nil {
		return err
	}
	rows := [][]any{
		{excelize.Cell{StyleID: b.styles.title, Value: p.Title}},
		{excelize.Cell{StyleID: b.styles.text, Value: p.TitleEn}}, {},
	}
	for _, one := range p.Particulars {
		if one.Value == "" {
			continue
		}
		label := one.Label
		if one.En != "" && one.En != one.Label {
			label += " · " + one.En
		}
		rows = append(rows, []any{excelize.Cell{StyleID: b.styles.strong, Value: label}, excelize.Cell{StyleID: b.styles.wrap, Value: one.Value}})
	}
	if p.Funding != "" {
		rows = append(rows, []any{}, []any{nil, excelize.Cell{StyleID: b.styles.wrap, Value: p.Funding}})
	}
	return flush(w, rows)
}

func flush(w *excelize.StreamWriter, rows [][]any) error {
	for i, row := range rows {
		if err := w.SetRow("A"+strconv.Itoa(i+1), row); err != nil {
			return err
		}
	}
	return w.Flush()
}

// section writes a table on a sheet of its own.
func (b *book) section(p papers.Paper, s papers.Section) error {
	name := sheetName(s.Name)
	if _, err := b.NewSheet(name); err != nil {
		return err
	}
	if err := b.page(name, p, s); err != nil {
		return err
	}
	w, err := b.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i, c := range s.Columns {
		if err := w.SetColWidth(i+1, i+1, width(s, i, c)); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	heads := make([]any, len(s.Columns))
	for i, c := range s.Columns {
		heads[i] = excelize.Cell{StyleID: b.styles.head, Value: c.Head}
	}
	if err := w.SetRow("A1", heads); err != nil {
		return err
	}
	for n, row := range s.Rows {
		cells := make([]any, len(row))
		for i, cell := range row {
			cells[i] = b.cell(s.Columns[i], cell)
		}
		if err := w.SetRow("A"+strconv.Itoa(n+2), cells); err != nil {
			return err
		}
	}
	return w.Flush()
}

// page sets how a sheet is printed: the foot of the paper on every page.
func (b *book) page(name string, p papers.Paper, s papers.Section) error {
	orientation := "portrait"
	if len(s.Columns) > 6 {
		orientation = "landscape"
	}
	if err := b.SetPageLayout(name, &excelize.PageLayoutOptions{Size: new(9), Orientation: &orientation, FitToWidth: new(1), FitToHeight: new(0)}); err != nil {
		return err
	}
	foot := strings.Join(p.Foot, "\n")
	if foot = strings.ReplaceAll(foot, "&", "&&"); utf8.RuneCountInString(foot) > 220 {
		foot = string([]rune(foot)[:220])
	}
	return b.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddFooter: "&L&8" + foot + "&R&8&P / &N"})
}

// cell returns a cell as what it is: a number, a day, a moment, a text.
func (b *book) cell(c papers.Column, cell string) any {
	if cell == "" {
		return nil
	}
	switch c.Kind {
	case projections.NumberCell:
		if n, err := strconv.Atoi(cell); err == nil {
			return excelize.Cell{StyleID: b.styles.number, Value: n}
		}
	case projections.DayCell:
		if t, err := time.Parse(time.DateOnly, cell); err == nil {
			return excelize.Cell{StyleID: b.styles.day, Value: t}
		}
	case projections.TimeCell:
		if t, err := time.Parse(time.RFC3339, cell); err == nil {
			return excelize.Cell{StyleID: b.styles.moment, Value: wall(t.In(domain.Rome))}
		}
	}
	style := b.styles.text
	if utf8.RuneCountInString(cell) > 40 {
		style = b.styles.wrap
	}
	return excelize.Cell{StyleID: style, Value: cell}
}

// wall returns a moment whose clock shows in UTC what it shows in Italy: workbooks
// know no zones.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// width returns how wide a column is, in letters.
func width(s papers.Section, i int, c papers.Column) float64 {
	widest := max(utf8.RuneCountInString(c.Head), min(c.Width, 60), 6)
	for n, row := range s.Rows {
		if n == 500 { // enough to know
			break
		}
		widest = max(widest, utf8.RuneCountInString(c.Shown(row[i])))
	}
	return float64(min(widest, 60) + 2)
}

// sheetName returns a name as sheets may have it.
func sheetName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return '-'
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 31 {
		return string(runes[:31])
	}
	return name
}
