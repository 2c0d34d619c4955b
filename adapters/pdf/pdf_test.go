package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/pdf"
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

func render(t testing.TB, p papers.Paper) []byte {
	t.Helper()
	body, err := pdf.New().Render(p)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// pages counts the pages of a file.
func pages(body []byte) int { return bytes.Count(body, []byte("/Type /Page\n")) }

func TestTheSameBytes(t *testing.T) {
	r := pdf.New()
	one, err := r.Render(paper(1000))
	two, err2 := r.Render(paper(1000))
	if err := errors.Join(err, err2); err != nil || !bytes.Equal(one, two) {
		t.Errorf("the same paper is other bytes, %v", err)
	}
	if three := render(t, paper(1000)); !bytes.Equal(one, three) {
		t.Error("another renderer writes other bytes")
	}
	for _, want := range []string{"/Lang (it-IT)", "/CreationDate (D:20220701090000", "/ModDate (D:20220701090000", "/FontFile2"} {
		if !bytes.Contains(one, []byte(want)) {
			t.Errorf("the file lacks %s", want)
		}
	}
}

// TestFiveThousandRows also says how a page comes to hold rows.
func TestFiveThousandRows(t *testing.T) {
	body := render(t, paper(5000))
	if n := pages(body); n < 70 || n > 200 {
		t.Errorf("got %d pages", n)
	}
}

// TestHugeNames writes what does not fit: no text is lost silently or breaks the file.
func TestHugeNames(t *testing.T) {
	for name, change := range map[string]func(p *papers.Paper){
		"a name as long as a page":       func(p *papers.Paper) { p.Sections[2].Rows[1][1] = strings.Repeat("Wojciechowska ", 400) },
		"without spaces":                 func(p *papers.Paper) { p.Sections[2].Rows[1][1] = strings.Repeat("W", 500) },
		"letters of no font":             func(p *papers.Paper) { p.Sections[2].Rows[1][1] = "𝔄nna 👩‍👩‍👧 漢字 \u0000\u202e" },
		"a funding paragraph of a page":  func(p *papers.Paper) { p.Funding = strings.Repeat("Fondo Asilo, Migrazione e Integrazione ", 205) },
		"one of lines":                   func(p *papers.Paper) { p.Funding = strings.Repeat("riga\n", 1600) },
		"a title of lines":               func(p *papers.Paper) { p.Title = strings.Repeat("Relazione ", 50) },
		"a foot too long":                func(p *papers.Paper) { p.Foot[0] = strings.Repeat("posizione ", 60) },
		"a particular longer than pages": func(p *papers.Paper) { p.Particulars[0].Value = strings.Repeat("programma ", 50) },
		"nothing":                        func(p *papers.Paper) { *p = papers.Paper{} },
		"a hundred columns":              wide,
	} {
		t.Run(name, func(t *testing.T) {
			p := paper(3)
			change(&p)
			body := render(t, p)
			if n := pages(body); n < 1 || n > 60 || !bytes.HasSuffix(body, []byte("%%EOF\n")) {
				t.Errorf("got %d pages, %d bytes", n, len(body))
			}
		})
	}
}

// wide gives the last table a hundred columns.
func wide(p *papers.Paper) {
	s := &p.Sections[2]
	s.Columns = nil
	for i := range s.Rows {
		s.Rows[i] = nil
		for n := range 100 {
			s.Rows[i] = append(s.Rows[i], fmt.Sprintf("valore %d", n))
		}
	}
	for n := range 100 {
		s.Columns = append(s.Columns, papers.Column{Head: fmt.Sprintf("Colonna %d", n), Kind: projections.TextCell})
	}
}

func TestTooManyRows(t *testing.T) {
	p := paper(0)
	p.Sections[2].Rows = make([][]string, pdf.MaxRows-1)
	if _, err := pdf.New().Render(p); !errors.Is(err, domain.ErrReportTooLarge) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkRows(b *testing.B) {
	r, p := pdf.New(), paper(1000)
	for b.Loop() {
		if _, err := r.Render(p); err != nil {
			b.Fatal(err)
		}
	}
}
