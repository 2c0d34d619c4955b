package csv_test

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/csv"
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

func render(t *testing.T, p papers.Paper) string {
	t.Helper()
	body, err := csv.Renderer{}.Render(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestTheWholePaper(t *testing.T) {
	got := render(t, paper(2))
	want := "\ufeffRelazione trimestrale;Quarterly report\r\n\"Progetto co-finanziato\ndall'Unione Europea & altri <FAMI>\"\r\nProgramma;3031\r\n\r\n" +
		"Riepilogo;Summary\r\nRiga;Cognome\r\n12345;'=1+1\r\n;Àlvaro Ştefănescu Łukasz\r\n\r\nVuota;\r\nRiga;Cognome;Data;Inizio;Ente\r\n\r\n" +
		"Scheda operatori;Operators\r\nRiga;Cognome;Data;Inizio;Ente\r\n1;D'Angelò;2022-05-25;2022-05-25 15:00:00;Comune di Palermo\r\n2;D'Angelò;2022-05-25;2022-05-25 15:00:00;Comune di Palermo\r\n" +
		"\r\nposizione 482\r\nSHA-256 abc\r\n"
	if got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestOneTable(t *testing.T) {
	one, _ := paper(1).Only("operators")
	if got := render(t, one); !strings.HasPrefix(got, "\ufeffRiga;Cognome;") || strings.Count(got, "\r\n") != 2 {
		t.Errorf("got %q", got)
	}
}

func TestTheSameBytes(t *testing.T) {
	one := render(t, paper(5000))
	if two := render(t, paper(5000)); one != two || !bytes.Contains([]byte(one), []byte("\r\n5000;")) {
		t.Error("the same paper is other bytes")
	}
}

func TestTooManyRows(t *testing.T) {
	p := paper(0)
	p.Sections[2].Rows = make([][]string, csv.MaxRows-1)
	if _, err := (csv.Renderer{}).Render(p); !errors.Is(err, domain.ErrReportTooLarge) {
		t.Errorf("got %v", err)
	}
}
