package pdf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"tavoli/adapters/pdf"
	"tavoli/projections"
	"tavoli/projections/papers"
	"tavoli/tests/paperstest"
)

func TestPapers(t *testing.T) {
	paperstest.Run(t, func() paperstest.Renderer { return pdf.New() }, pdf.MaxRows)
}

// pages counts the pages of a file.
func pages(body []byte) int { return bytes.Count(body, []byte("/Type /Page\n")) }

func TestMarks(t *testing.T) {
	body := paperstest.Render(t, pdf.New(), paperstest.Paper(3))
	for _, want := range []string{"/Lang (it-IT)", "/CreationDate (D:20220701090000", "/ModDate (D:20220701090000", "/FontFile2"} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("the file lacks %s", want)
		}
	}
}

// TestFiveThousandRows also says how a page comes to hold rows.
func TestFiveThousandRows(t *testing.T) {
	body := paperstest.Render(t, pdf.New(), paperstest.Paper(5000))
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
			p := paperstest.Paper(3)
			change(&p)
			body := paperstest.Render(t, pdf.New(), p)
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

func BenchmarkRows(b *testing.B) {
	r, p := pdf.New(), paperstest.Paper(1000)
	for b.Loop() {
		if _, err := r.Render(p); err != nil {
			b.Fatal(err)
		}
	}
}
