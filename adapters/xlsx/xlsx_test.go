package xlsx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tavoli/adapters/xlsx"
	"tavoli/tests/paperstest"
)

func TestPapers(t *testing.T) {
	paperstest.Run(t, func() paperstest.Renderer { return xlsx.Renderer{} }, xlsx.MaxRows)
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
	f := open(t, paperstest.Render(t, xlsx.Renderer{}, paperstest.Paper(2)))
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

func TestFiveThousandRows(t *testing.T) {
	body := paperstest.Render(t, xlsx.Renderer{}, paperstest.Paper(5000))
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
	p := paperstest.Paper(1)
	p.Foot = []string{strings.Repeat("posizione & ", 100)}
	p.Sections[2].Rows[0][1] = strings.Repeat("Ñoño ", 800)
	if got, err := open(t, paperstest.Render(t, xlsx.Renderer{}, p)).GetCellValue("Scheda- operatori-1", "B2"); err != nil || got != p.Sections[2].Rows[0][1] {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}
