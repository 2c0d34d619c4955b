package domain_test

import (
	"strings"
	"testing"

	"tavoli/domain"
)

func TestQuarters(t *testing.T) {
	for _, c := range []struct{ quarter, from, to domain.Day }{
		{"2022-Q1", "2022-01-01", "2022-03-31"}, {"2022-Q2", "2022-04-01", "2022-06-30"},
		{"2024-Q3", "2024-07-01", "2024-09-30"}, {"1990-Q4", "1990-10-01", "1990-12-31"}, {"2022-Q5", "", ""}, {"1989-Q4", "", ""}, {"", "", ""},
	} {
		if from, to := domain.Quarter(c.quarter).Days(); from != c.from || to != c.to {
			t.Errorf("%s: got %s to %s", c.quarter, from, to)
		}
		if c.from != "" && (domain.QuarterOf(c.from) != domain.Quarter(c.quarter) || domain.QuarterOf(c.to) != domain.Quarter(c.quarter)) {
			t.Errorf("%s: its days lie in %s and %s", c.quarter, domain.QuarterOf(c.from), domain.QuarterOf(c.to))
		}
	}
	if q := domain.QuarterOf("2022-02-30"); q != "" {
		t.Errorf("a day there is not lies in %s", q)
	}
}

// sentAs is a first transmission of a quarter.
func sentAs(number int, at domain.Position, reason string) domain.ReportTransmitted {
	return domain.ReportTransmitted{
		Programma: "3031", Quarter: "2022-Q2", Number: number, Position: at, Parameters: domain.ReportParameters{Form: 1}, Digest: sheet,
		Files: []domain.ReportFile{{Name: "2022-Q2.pdf", Format: "pdf", SHA256: sheet, Size: 10}}, Reference: "Prot. n. 0500/10/07/22", Reason: reason,
	}
}

// sending is the command that leads to a transmission.
func sending(e domain.ReportTransmitted) domain.TransmitReport {
	return domain.TransmitReport{
		Programma: e.Programma, Quarter: e.Quarter, Position: e.Position, Parameters: e.Parameters, Mapping: e.Mapping, Digest: e.Digest,
		Files: e.Files, Reference: e.Reference, Reason: e.Reason,
	}
}

func TestTransmissions(t *testing.T) {
	opened := domain.ProgrammaOpened{Programma: "3031", Title: "COOPERA"}
	first, second := sentAs(1, 100, ""), sentAs(2, 120, "una presenza annullata")
	reopened := domain.QuarterReopened{Programma: "3031", Quarter: "2022-Q2", Transmission: 1, Reason: "errata corrige"}
	reopen := is[*domain.Programma](domain.ReopenQuarter{Programma: "3031", Quarter: "2022-Q2", Reason: "errata corrige"})
	send := func(e domain.ReportTransmitted) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Programma](sending(e))
	}
	elsewhere := first
	elsewhere.Quarter = "2022-Q1"
	earlier := second
	earlier.Position = 99
	run(t, []scenario{
		{name: "sent", past: given(opened), do: send(first), yield: given(first)},
		{name: "the same again", past: given(opened, first), do: send(first)},
		{name: "another without reopening", past: given(opened, first), do: send(second), err: domain.ErrQuarterTransmitted},
		{name: "another quarter", past: given(opened, first), do: send(elsewhere), yield: given(elsewhere)},
		{name: "no programme", do: send(first), err: domain.ErrNoProgramma},
		{name: "no quarter", past: given(opened), do: send(domain.ReportTransmitted{Programma: "3031", Quarter: "2022"}), field: "/quarter bad-quarter"},
		{name: "reopened", past: given(opened, first), do: reopen, yield: given(reopened)},
		{name: "reopened twice", past: given(opened, first, reopened), do: reopen},
		{name: "reopened though never sent", past: given(opened, elsewhere), do: reopen, err: domain.ErrQuarterNotTransmitted},
		{name: "reopened without reason", past: given(opened, first), do: is[*domain.Programma](domain.ReopenQuarter{Programma: "3031", Quarter: "2022-Q2"}), field: "/reason required"},
		{name: "sent once more", past: given(opened, first, reopened), do: send(second), yield: given(second)},
		{name: "sent once more without reason", past: given(opened, first, reopened), do: send(sentAs(2, 120, "")), field: "/reason required"},
		{name: "sent as it was before", past: given(opened, first, reopened), do: send(earlier), field: "/position out-of-range"},
		{name: "a third without reopening", past: given(opened, first, reopened, second), do: send(sentAs(3, 130, "ancora")), err: domain.ErrQuarterTransmitted},
	})
}

func TestReportMapping(t *testing.T) {
	opened := domain.ProgrammaOpened{Programma: "3031", Title: "COOPERA"}
	columns := []domain.ReportColumn{
		{Name: "Cognome", Source: domain.SourceFamilyName},
		{Name: "Tipologia", Source: domain.SourceEnteKind, Codes: []domain.CodeTranslation{{From: "comune", To: "01"}, {From: "", To: "99"}}},
		{Name: "Codice progetto", Constant: new("PROG-3031")},
	}
	fact := domain.ReportMappingSet{Programma: "3031", Title: "tracciato 2021", Rows: domain.RowsPresent, Columns: columns}
	other := domain.ReportMappingSet{Programma: "3031", Rows: domain.RowsRegistered, Columns: []domain.ReportColumn{}}
	with := func(list ...domain.ReportColumn) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Programma](domain.SetReportMapping{Programma: "3031", Columns: list})
	}
	set := is[*domain.Programma](domain.SetReportMapping{Programma: "3031", Title: "tracciato 2021", Columns: columns})
	name := domain.ReportColumn{Name: "Cognome", Source: domain.SourceFamilyName}
	coded := func(source domain.ReportSource, from ...string) domain.ReportColumn {
		c := domain.ReportColumn{Name: "x", Source: source}
		for _, f := range from {
			c.Codes = append(c.Codes, domain.CodeTranslation{From: f, To: "1"})
		}
		return c
	}
	states := coded(domain.SourceState, "registered", "waiting", "confirmed", "withdrawn", "refused", "pending", "lapsed")
	run(t, []scenario{
		{name: "set", past: given(opened), do: set, yield: given(fact)},
		{name: "set twice", past: given(opened, fact), do: set},
		{name: "the built-in one at first", past: given(opened), do: with()},
		{name: "the built-in one again", past: given(opened, fact), do: with(), yield: given(domain.ReportMappingSet{Programma: "3031", Rows: domain.RowsPresent, Columns: []domain.ReportColumn{}})},
		{name: "registered ones", past: given(opened), do: is[*domain.Programma](domain.SetReportMapping{Programma: "3031", Rows: domain.RowsRegistered}), yield: given(other)},
		{name: "no programme", do: set, err: domain.ErrNoProgramma},
		{name: "rows there are not", past: given(opened), do: is[*domain.Programma](domain.SetReportMapping{Programma: "3031", Rows: "x"}), field: "/rows not-allowed"},
		{name: "no name", past: given(opened), do: with(domain.ReportColumn{Source: domain.SourceDay}), field: "/columns/0/name required"},
		{name: "a name twice", past: given(opened), do: with(name, domain.ReportColumn{Name: "COGNOME ", Source: domain.SourceDay}), field: "/columns/1/name given-twice"},
		{name: "no source", past: given(opened), do: with(name, domain.ReportColumn{Name: "x"}), field: "/columns/1/source required"},
		{name: "a source there is not", past: given(opened), do: with(domain.ReportColumn{Name: "x", Source: "cognome"}), field: "/columns/0/source unknown-source"},
		{name: "a source and a constant", past: given(opened), do: with(domain.ReportColumn{Name: "x", Source: domain.SourceDay, Constant: new("")}), field: "/columns/0/constant given-twice"},
		{name: "a constant translated", past: given(opened), do: with(domain.ReportColumn{Name: "x", Constant: new("1"), Codes: []domain.CodeTranslation{{From: "1", To: "2"}}}), field: "/columns/0/codes not-allowed"},
		{name: "a word translated twice", past: given(opened), do: with(coded(domain.SourceEnteKind, "comune", "comune")), field: "/columns/0/codes/1/from given-twice"},
		{name: "a word there is not", past: given(opened), do: with(coded(domain.SourceEnteKind, "comuni")), field: "/columns/0/codes/0/from not-allowed"},
		{name: "a person translated", past: given(opened), do: with(coded(domain.SourceEmail, "a")), field: "/columns/0/codes not-allowed"},
		{name: "a place translated", past: given(opened), do: with(coded(domain.SourceProvince, "PA")), yield: given(domain.ReportMappingSet{Programma: "3031", Rows: domain.RowsPresent, Columns: []domain.ReportColumn{coded(domain.SourceProvince, "PA")}})},
		{name: "every state translated", past: given(opened), do: with(states), yield: given(domain.ReportMappingSet{Programma: "3031", Rows: domain.RowsPresent, Columns: []domain.ReportColumn{states}})},
		{name: "too many codes", past: given(opened), do: with(coded(domain.SourceDay, strings.Split(strings.Repeat("x", domain.MaxReportCodes+1), "")...)), field: "/columns/0/codes too-many"},
		{name: "too many columns", past: given(opened), do: with(make([]domain.ReportColumn, domain.MaxReportColumns+1)...), field: "/columns too-many"},
	})
}

// TestAFaultyMappingNamesTheColumn looks at what is told.
func TestAFaultyMappingNamesTheColumn(t *testing.T) {
	c := domain.SetReportMapping{Programma: "3031", Columns: []domain.ReportColumn{{Name: "Cognome", Source: "surname"}, {Source: "x"}}}
	p := new(domain.Programma)
	p.Apply(domain.ProgrammaOpened{Programma: "3031"})
	_, err := c.Decide(p, domain.Meta{})
	if err == nil || !strings.Contains(err.Error(), `column "Cognome": there is no source "surname"`) || !strings.Contains(err.Error(), `column 2: there is no source "x"`) {
		t.Errorf("got %v", err)
	}
}

func TestTheBuiltInMappingIsOneThatCouldBeSet(t *testing.T) {
	p := new(domain.Programma)
	p.Apply(domain.ProgrammaOpened{Programma: "3031"})
	if _, err := (domain.SetReportMapping{Programma: "3031", Columns: domain.BuiltInMapping().Columns}).Decide(p, domain.Meta{}); err != nil || domain.BuiltInMapping().Personal() {
		t.Errorf("got %v", err)
	}
}
