package html_test

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/html"
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

func TestPage(t *testing.T) {
	body, err := html.New().Render(paper(2))
	if err != nil {
		t.Fatal(err)
	}
	page := string(body)
	for _, want := range []string{
		`<html lang="it">`, "<title>Relazione trimestrale</title>", "dall&#39;Unione Europea &amp; altri &lt;FAMI&gt;", `<th scope="col" class="number">Riga`, `<td class="short">25/05/2022 15:00</td>`,
		`<td class="number">12.345</td>`, "SHA-256 abc", "Nessuna riga",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "http") {
		t.Error("the page does not stand alone")
	}
}

func TestTheSameBytes(t *testing.T) {
	r := html.New()
	one, err := r.Render(paper(5000))
	two, err2 := html.New().Render(paper(5000))
	if err := errors.Join(err, err2); err != nil || !bytes.Equal(one, two) {
		t.Errorf("the same paper is other bytes, %v", err)
	}
}

func TestTooManyRows(t *testing.T) {
	p := paper(0)
	p.Sections[2].Rows = make([][]string, html.MaxRows-1)
	if _, err := html.New().Render(p); !errors.Is(err, domain.ErrReportTooLarge) {
		t.Errorf("got %v", err)
	}
}
