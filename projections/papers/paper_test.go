package papers_test

import (
	"testing"

	"tavoli/projections"
	"tavoli/projections/papers"
)

func TestShown(t *testing.T) {
	for _, c := range []struct {
		kind       projections.CellKind
		cell, want string
	}{
		{projections.DayCell, "2022-05-25", "25/05/2022"}, {projections.DayCell, "", ""}, {projections.DayCell, "x", "x"},
		{projections.TimeCell, "2022-05-25T13:00:00Z", "25/05/2022 15:00"}, {projections.TimeCell, "2022-01-25T13:00:00Z", "25/01/2022 14:00"}, {projections.TimeCell, "", ""},
		{projections.NumberCell, "9999", "9999"}, {projections.NumberCell, "10000", "10.000"}, {projections.NumberCell, "1234567", "1.234.567"}, {projections.NumberCell, "-123456", "-123.456"},
		{projections.NumberCell, "", ""}, {projections.TextCell, "10000", "10000"},
	} {
		if got := (papers.Column{Kind: c.kind}).Shown(c.cell); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.kind, c.cell, got, c.want)
		}
	}
}

func TestNarrow(t *testing.T) {
	s := papers.Section{Columns: []papers.Column{{Head: "a"}, {Head: "b", Aside: true}, {Head: "c"}}, Rows: [][]string{{"1", "2", "3"}}}
	n := s.Narrow()
	if len(n.Columns) != 2 || n.Rows[0][1] != "3" || len(s.Columns) != 3 || s.Rows[0][1] != "2" {
		t.Errorf("got %+v of %+v", n, s)
	}
}

func TestQuarterIsWholeWhateverIsMissing(t *testing.T) {
	p := papers.Quarter(projections.QuarterReport{Programma: "3031", Quarter: "2022-Q2"})
	if len(p.Sections) != len(papers.QuarterTables) {
		t.Fatalf("got %d tables", len(p.Sections))
	}
	for i, s := range p.Sections {
		if s.Key != papers.QuarterTables[i] || len(s.Columns) == 0 && s.Key != papers.Operators {
			t.Errorf("table %d is %+v", i, s)
		}
	}
	if _, ok := p.Only("none"); ok {
		t.Error("a table that there is not")
	}
	if one, ok := p.Only(papers.Network); !ok || len(one.Sections) != 1 || !one.Plain || len(p.Sections) == 1 {
		t.Errorf("got %+v", one)
	}
}
