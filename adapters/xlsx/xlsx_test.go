package xlsx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tavoli/adapters/xlsx"
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// paper is one with everything in it, and rows in its last table.
func paper(rows int) papers.Paper {
	columns := []papers.Column{
		{Head: "Riga", Kind: projections.NumberCell}, {Head: "Cognome", Kind: projections.TextCell}, {Head: "Data", Kind: projections.DayCell},
		{Head: "Inizio", Kind: projections.TimeCell}, {Head: "Ente", Kind: projections.TextCell},
	}
	p := papers.Paper{
		Name: "relazione", Title: "Relazione trimestrale", TitleEn: "Quarterly report", At: time.Date(2022, 7, 1, 9, 0, 0, 0, time.UTC),
		Funding: "Progetto co-finanziato\ndall'Unione Europea & altri <FAMI>", Foot: []string{"posizione 482", "SHA-256 abc"},
		Particulars: []papers.Particular{{Label: "Programma", En: "Programme", Value: "3031"}},
		Sections: []papers.Section{
			{Key: "figures", Name: "Riepilogo", Heading: "Riepilogo", HeadingEn: "Summary", Note: "nota", Columns: columns[:2], Rows: [][]string{{"12345", "=1+1"}, {"", "Àlvaro Ştefănescu Łukasz"}}},
			{Key: "empty", Name: "Vuota", Heading: "Vuota", Columns: columns},
			{Key: "operators", Name: "Scheda: operatori/1", Heading: "Scheda operatori", HeadingEn: "Operators", Columns: columns},
		},
	}
	for i := range rows {
		p.Sections[2].Rows = append(p.Sections[2].Rows, []string{strconv.Itoa(i + 1), "D'Angelò", "2022-05-25", "2022-05-25T13:00:00Z", "Comune di Palermo"})
	}
	return p
}

func render(t *testing.T, p papers.Paper) []byte {
	t.Helper()
	body, err := xlsx.Renderer{}.Render(p)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func open(t *testing.T, body []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // it was only read
	return f
}

func TestCells(t *testing.T) {
	f := open(t, render(t, paper(2)))
	if got := strings.Join(f.GetSheetList(), ","); got != "Frontespizio,Riepilogo,Vuota,Scheda- operatori-1" {
		t.Errorf("the sheets are %s", got)
	}
	for _, c := range []struct {
		sheet, cell, shown string
		kind               excelize.CellType
	}{
		{"Riepilogo", "A2", "12,345", excelize.CellTypeUnset}, {"Riepilogo", "B2", "=1+1", excelize.CellTypeInlineString}, {"Riepilogo", "B3", "Àlvaro Ştefănescu Łukasz", excelize.CellTypeInlineString},
		{"Scheda- operatori-1", "C2", "25/05/2022", excelize.CellTypeUnset}, {"Scheda- operatori-1", "D3", "25/05/2022 15:00", excelize.CellTypeUnset},
		{"Frontespizio", "B6", "Progetto co-finanziato\ndall'Unione Europea & altri <FAMI>", excelize.CellTypeInlineString},
	} {
		shown, err := f.GetCellValue(c.sheet, c.cell)
		kind, err2 := f.GetCellType(c.sheet, c.cell)
		formula, err3 := f.GetCellFormula(c.sheet, c.cell)
		if err := errors.Join(err, err2, err3); err != nil || shown != c.shown || kind != c.kind || formula != "" {
			t.Errorf("%s!%s: got %q of type %d, formula %q, %v", c.sheet, c.cell, shown, kind, formula, err)
		}
	}
	props, err := f.GetDocProps()
	if err != nil || props.Created != "2022-07-01T09:00:00Z" || props.Modified != props.Created || props.Language != "it-IT" {
		t.Errorf("got %+v, %v", props, err)
	}
}

func TestTheSameBytes(t *testing.T) {
	one := render(t, paper(500))
	if two := render(t, paper(500)); !bytes.Equal(one, two) {
		t.Error("the same paper is other bytes")
	}
}

func TestFiveThousandRows(t *testing.T) {
	body := render(t, paper(5000))
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := fs.ReadFile(z, "xl/worksheets/sheet4.xml")
	if n := bytes.Count(sheet, []byte("<row ")); err != nil || n != 5001 {
		t.Errorf("got %d rows, %v", n, err)
	}
}

func TestHugeNames(t *testing.T) {
	p := paper(1)
	p.Foot = []string{strings.Repeat("posizione & ", 100)}
	p.Sections[2].Rows[0][1] = strings.Repeat("Ñoño ", 800)
	if got, err := open(t, render(t, p)).GetCellValue("Scheda- operatori-1", "B2"); err != nil || got != p.Sections[2].Rows[0][1] {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestTooManyRows(t *testing.T) {
	p := paper(0)
	p.Sections[2].Rows = make([][]string, xlsx.MaxRows-1)
	if _, err := (xlsx.Renderer{}).Render(p); !errors.Is(err, domain.ErrReportTooLarge) {
		t.Errorf("got %v", err)
	}
}
