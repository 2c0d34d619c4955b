package csv_test

import (
	"strings"
	"testing"

	"tavoli/adapters/csv"
	"tavoli/projections/papers"
	"tavoli/tests/paperstest"
)

func TestPapers(t *testing.T) {
	paperstest.Run(t, func() paperstest.Renderer { return csv.Renderer{} }, csv.MaxRows)
}

func render(t *testing.T, p papers.Paper) string {
	t.Helper()
	return string(paperstest.Render(t, csv.Renderer{}, p))
}

func TestTheWholePaper(t *testing.T) {
	got := render(t, paperstest.Paper(2))
	want := "\ufeffRelazione trimestrale;Quarterly report\r\n\"Progetto co-finanziato\ndall'Unione Europea & altri <FAMI>\"\r\nProgramma;3031\r\n\r\n" +
		"Riepilogo;Summary\r\nRiga;Cognome\r\n12345;'=1+1\r\n;Àlvaro Ştefănescu Łukasz\r\n\r\nVuota;\r\nRiga;Cognome;Data;Inizio;Ente\r\n\r\n" +
		"Scheda operatori;Operators\r\nRiga;Cognome;Data;Inizio;Ente\r\n1;D'Angelò;2022-05-25;2022-05-25 15:00:00;Comune di Palermo\r\n2;D'Angelò;2022-05-25;2022-05-25 15:00:00;Comune di Palermo\r\n" +
		"\r\nposizione 482\r\nSHA-256 abc\r\n"
	if got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestOneTable(t *testing.T) {
	one, _ := paperstest.Paper(1).Only("operators")
	if got := render(t, one); !strings.HasPrefix(got, "\ufeffRiga;Cognome;") || strings.Count(got, "\r\n") != 2 {
		t.Errorf("got %q", got)
	}
}
