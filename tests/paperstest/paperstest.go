// Package paperstest is what every form of papers must do: CSV, HTML, PDF and XLSX.
package paperstest

import (
	"bytes"
	"errors"
	"strconv"
	"testing"
	"time"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// A Renderer writes papers in one form.
type Renderer interface {
	Render(papers.Paper) ([]byte, error)
}

// Run holds a form to what all have in common; most is how many rows a paper of it has
// at the most.
func Run(t *testing.T, fresh func() Renderer, most int) {
	t.Run("the same bytes", func(t *testing.T) { sameBytes(t, fresh) })
	t.Run("too many rows", func(t *testing.T) { tooManyRows(t, fresh(), most) })
}

// sameBytes renders one paper twice, and once more with another renderer.
func sameBytes(t *testing.T, fresh func() Renderer) {
	first := fresh()
	one := Render(t, first, Paper(1000))
	for _, r := range []Renderer{first, fresh()} {
		if !bytes.Equal(Render(t, r, Paper(1000)), one) {
			t.Error("the same paper is other bytes")
		}
	}
	if bytes.Equal(Render(t, first, Paper(1001)), one) {
		t.Error("another paper is the same bytes")
	}
}

func tooManyRows(t *testing.T, r Renderer, most int) {
	p := Paper(0)
	p.Sections[2].Rows = make([][]string, most-1) // the other tables have two
	if _, err := r.Render(p); !errors.Is(err, domain.ErrReportTooLarge) {
		t.Errorf("got %v", err)
	}
}

// Render renders a paper, which must go well.
func Render(t testing.TB, r Renderer, p papers.Paper) []byte {
	t.Helper()
	body, err := r.Render(p)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// Paper returns a paper with everything in it, and so many rows in its last table.
func Paper(rows int) papers.Paper {
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
