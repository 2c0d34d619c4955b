package projections_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"tavoli/domain"
	"tavoli/projections"
)

// reportOf asks for a report that there must be.
func reportOf(t *testing.T, m *projections.Models, quarter domain.Quarter, personal bool) projections.QuarterReport {
	t.Helper()
	r := given[projections.QuarterReport](t)(m.QuarterReport(projections.ReportQuery{Programma: programma, Quarter: quarter, Personal: personal}))
	return given[projections.QuarterReport](t)(r.At(7))
}

// figuresOf returns the figures of a report on a line.
func figuresOf(r projections.QuarterReport) string {
	parts := make([]string, len(r.Figures))
	for i, f := range r.Figures {
		parts[i] = fmt.Sprintf("%s %d", f.Key, f.Value)
	}
	return strings.Join(parts, ", ")
}

func groupsOf(list []projections.ReportGroup) string {
	parts := make([]string, len(list))
	for i, g := range list {
		parts[i] = fmt.Sprintf("%s %d %d %d %d", g.Key, g.Persons, g.Presences, g.Minutes, g.Enti)
	}
	return strings.Join(parts, ", ")
}

// TestReportOfTwoQuarters counts persons once per tavolo, once per quarter and once
// per programme: person 1 comes in both quarters.
func TestReportOfTwoQuarters(t *testing.T) {
	m := counted().models()
	first, second := reportOf(t, m, "2022-Q1", false), reportOf(t, m, "2022-Q2", false)
	same(t, "the first", figuresOf(first), "tavoli 1, registrations 3, presences 2, persons 2, persons_new 2, persons_to_date 2, minutes 90, enti 1, comuni 1, province 1, guests 0")
	same(t, "the second", figuresOf(second), "tavoli 1, registrations 3, presences 2, persons 2, persons_new 1, persons_to_date 3, minutes 30, enti 2, comuni 2, province 2, guests 3")
	same(t, "by kind", groupsOf(second.ByKind), "comune 2 2 30 2")
	same(t, "by mode", groupsOf(second.ByMode), "online 2 2 30 2")
	same(t, "by capacity", groupsOf(second.ByCapacity), "other 2 2 30 2")
	same(t, "by province", groupsOf(second.ByProvince), "ME 1 1 0 1, PA 1 1 30 1")
	same(t, "by ente", groupsOf(second.ByEnte), "comune/C356 1 1 0 1, comune/G273 1 1 30 1")
	if second.Operators.Rows[0].Person != person(4) || second.Operators.Rows[1].Person != person(1) || len(second.Operators.Rows) != 2 {
		t.Errorf("the rows are %+v", second.Operators.Rows)
	}
	for _, f := range second.Figures {
		if f.DefinitionIt == "" || f.DefinitionEn == "" || f.LabelIt == "" || f.LabelEn == "" {
			t.Errorf("%s is not defined", f.Key)
		}
	}
}

// TestReportSums holds the groups to the figures: nobody is lost between them.
func TestReportSums(t *testing.T) {
	r := reportOf(t, rich().add(linked(1, 3)).models(), "2022-Q2", false)
	presences, minutes := r.Figures[2].Value, r.Figures[6].Value
	for name, groups := range map[string][]projections.ReportGroup{"kind": r.ByKind, "mode": r.ByMode, "capacity": r.ByCapacity, "province": r.ByProvince, "ente": r.ByEnte} {
		p, m := 0, 0
		for _, g := range groups {
			p, m = p+g.Presences, m+g.Minutes
		}
		if p != presences || m != minutes || presences == 0 {
			t.Errorf("by %s: %d presences and %d minutes of %d and %d", name, p, m, presences, minutes)
		}
	}
	if len(r.Operators.Rows) != presences {
		t.Errorf("%d rows of %d presences", len(r.Operators.Rows), presences)
	}
}

func TestReportNetwork(t *testing.T) {
	m := rich().models()
	lines := func(q domain.Quarter) string {
		var b strings.Builder
		for _, n := range reportOf(t, m, q, false).Network {
			fmt.Fprintf(&b, "%s %s %s-%s;", n.Role, n.Name, n.Since, n.Until)
		}
		return b.String()
	}
	same(t, "in the first quarter", lines("2022-Q1"), "capofila Palermo 2021-10-01-;partner Azienda Sanitaria Provinciale di Siracusa 2021-10-01-;partner Cooperativa Passwork -2022-01-01;"+
		"coordinamento Castroreale 2021-12-07-2022-01-31;coordinamento Castroreale 2022-02-15-;ente-gestore Cooperativa Passwork 2021-01-01-2022-12-31;")
	same(t, "in 2023", lines("2023-Q1"), "capofila Palermo 2021-10-01-;partner Azienda Sanitaria Provinciale di Siracusa 2021-10-01-;coordinamento Castroreale 2022-02-15-;")
}

// TestReportMappingApplies lays the table out by a mapping and shows a person whose
// values are gone.
func TestReportMappingApplies(t *testing.T) {
	tape := counted().add(
		describe(person(4), "Nicolò", "Àlvaro"),
		domain.ReportMappingSet{Programma: programma, Title: "tracciato", Rows: domain.RowsRegistered, Columns: []domain.ReportColumn{
			{Name: "N.", Source: domain.SourceRow}, {Name: "Cognome", Source: domain.SourceFamilyName}, {Name: "Progetto", Constant: new("3031")},
			{Name: "Tipo", Source: domain.SourceEnteKind, Codes: []domain.CodeTranslation{{From: "comune", To: "01"}}}, {Name: "Inizio", Source: domain.SourceStartsAt},
			{Name: "Presenza", Source: domain.SourceAttendance}, {Name: "Da", Source: domain.SourcePresentFrom}, {Name: "A", Source: domain.SourcePresentTo}, {Name: "Modo", Source: domain.SourceMode},
		}},
	)
	rows := func(r projections.QuarterReport) (lines []string) {
		for _, row := range r.Operators.Rows {
			lines = append(lines, strings.Join(row.Cells, ";"))
		}
		return lines
	}
	r := reportOf(t, tape.models(), "2022-Q2", true)
	removed := projections.RemovedName(person(5))
	same(t, "the rows", rows(r), []string{
		"1;" + removed + ";3031;azienda sanitaria;2022-04-01T08:00:00Z;non noto;;;online",
		"2;Àlvaro;3031;01;2022-04-01T08:00:00Z;presente;2022-04-01T08:00:00Z;;online",
		"3;" + projections.RemovedName(person(1)) + ";3031;01;2022-04-01T08:00:00Z;presente;2022-04-01T09:30:00Z;2022-04-01T11:00:00Z;online",
	})
	bare := reportOf(t, tape.models(), "2022-Q2", false)
	if text := asJSON(t, bare); strings.Contains(text, "lvaro") || !r.Parameters.Personal || bare.Parameters.Personal {
		t.Errorf("a value of a person is told: %s", text)
	}
	told, _ := strings.CutSuffix(asJSON(t, bare), `,"digest":"`+bare.Digest+`"}`)
	if sum := sha256.Sum256([]byte(told + "}")); hex.EncodeToString(sum[:]) != bare.Digest {
		t.Error("the digest is not of what is told")
	}
	if r.Digest != bare.Digest || r.Operators.Mapping == 0 {
		t.Errorf("the digests are %s and %s", r.Digest, bare.Digest)
	}
	forgotten := reportOf(t, counted().add(tape.records[len(tape.records)-1].Event).models(), "2022-Q2", true)
	if !strings.Contains(asJSON(t, forgotten.Operators), projections.RemovedName(person(4))) {
		t.Error("who was forgotten is not told as removed")
	}
}

// TestAReportIsTheSameBytes asks models that came to be in other ways.
func TestAReportIsTheSameBytes(t *testing.T) {
	tape := rich()
	want := asJSON(t, reportOf(t, tape.models(), "2022-Q2", true))
	for range 3 {
		same(t, "again", asJSON(t, reportOf(t, fed(tape.records), "2022-Q2", true)), want)
	}
	from := given[*projections.Models](t)(projections.Decoded(projections.Encoded(tape.models())))
	same(t, "out of a snapshot", asJSON(t, reportOf(t, from, "2022-Q2", true)), want)
}

// TestQuarterBoundaries plans tavoli around midnight where the clocks have changed:
// the day in Italy decides.
func TestQuarterBoundaries(t *testing.T) {
	tape := newTape().add(richEnti()...)
	for id, start := range map[domain.TavoloID]string{"in-march": "2022-03-31T21:59:00Z", "in-april": "2022-03-31T22:00:00Z", "in-june": "2022-06-30T21:59:59Z", "in-july": "2022-06-30T22:00:00Z", "in-december": "2022-12-31T22:59:00Z", "in-january": "2022-12-31T23:00:00Z"} {
		starts := at(start)
		tape.add(domain.TavoloPlanned{Tavolo: id, Programma: programma, Subject: string(id), Schedule: domain.Schedule{Day: domain.DayOf(starts), StartsAt: &starts}, Mode: domain.Online})
	}
	m := tape.models()
	for quarter, want := range map[domain.Quarter]string{"2022-Q1": "in-march", "2022-Q2": "in-april in-june", "2022-Q3": "in-july", "2022-Q4": "in-december", "2023-Q1": "in-january"} {
		var ids []string
		for _, tavolo := range reportOf(t, m, quarter, false).Tavoli {
			ids = append(ids, string(tavolo.Tavolo))
		}
		same(t, string(quarter), strings.Join(ids, " "), want)
	}
}

func TestAnEmptyQuarter(t *testing.T) {
	r := reportOf(t, counted().models(), "2020-Q1", true)
	for _, f := range r.Figures {
		if f.Value != 0 {
			t.Errorf("%s is %d", f.Key, f.Value)
		}
	}
	if text := asJSON(t, r); strings.Contains(text, ":null") || len(r.Operators.Columns) != len(domain.BuiltInMapping().Columns) {
		t.Errorf("got %s", text)
	}
	for _, q := range []projections.ReportQuery{{Programma: programma, Quarter: "2022"}, {Programma: "9", Quarter: "2022-Q1"}} {
		if _, err := counted().models().QuarterReport(q); !errors.Is(err, domain.Invalid) && !errors.Is(err, domain.ErrNoProgramma) {
			t.Errorf("%+v: got %v", q, err)
		}
	}
}

// TestLinkedPersonsHaveOneRow joins two who were at the same tavolo.
func TestLinkedPersonsHaveOneRow(t *testing.T) {
	m := counted().add(linked(1, 2)).models()
	r := reportOf(t, m, "2022-Q1", false)
	same(t, "figures", figuresOf(r), "tavoli 1, registrations 3, presences 1, persons 1, persons_new 1, persons_to_date 1, minutes 60, enti 1, comuni 1, province 1, guests 0")
	if len(r.Operators.Rows) != 1 || r.Operators.Rows[0].Person != person(2) {
		t.Errorf("got %+v", r.Operators.Rows)
	}
}

func TestReportDifference(t *testing.T) {
	tape := counted()
	before := reportOf(t, tape.models(), "2022-Q2", false)
	same(t, "with itself", projections.Difference(before, before).Same, true)
	tape.add(domain.PresenceAnnulled{Tavolo: "t2", Presence: numbered("presence", 3), Reason: "scambio"}, cameTo("t2", 5, 9, domain.Online, "2022-04-01T10:00", "2022-04-01T10:20"),
		domain.PresenceEnded{Tavolo: "t2", Presence: numbered("presence", 4), To: at("2022-04-01T10:10")})
	d := projections.Difference(before, reportOf(t, tape.models(), "2022-Q2", false))
	figures := make(map[string]string)
	for _, f := range d.Figures {
		figures[f.Path] = fmt.Sprintf("%d %d", f.Before, f.After)
	}
	if figures["figures/minutes"] != "" || figures["figures/comuni"] != "2 1" || figures["by_ente/comune/G273/minutes"] != "30 0" || figures["tavoli/t2/comuni"] != "2 1" {
		t.Errorf("the figures are %v", figures)
	}
	same(t, "rows added", d.RowsAdded, []projections.OperatorKey{{Tavolo: "t2", Person: person(5)}})
	same(t, "rows removed", d.RowsRemoved, []projections.OperatorKey{{Tavolo: "t2", Person: person(1)}})
	same(t, "rows changed", d.RowsChanged, []projections.OperatorChange{{OperatorKey: projections.OperatorKey{Tavolo: "t2", Person: person(4)}, Cells: []projections.CellChange{{Column: "Minuti", Before: "0", After: "10"}}}})
	if d.Same || d.Layout {
		t.Errorf("got %+v", d)
	}
}

// TestNewPersonsAddUp adds up new persons over the quarters of a year of tavoli, to
// which many come again and again.
func TestNewPersonsAddUp(t *testing.T) {
	tape := newTape().add(richEnti()...)
	for i, day := range []domain.Day{"2021-11-10", "2021-12-10", "2022-01-10", "2022-02-10", "2022-05-10", "2022-06-10"} {
		id := domain.TavoloID(fmt.Sprintf("t%d", i))
		tape.add(domain.TavoloPlanned{Tavolo: id, Programma: programma, Subject: "Tavolo", Schedule: hours(day, "10:00", "12:00"), Mode: domain.Online})
		for n := 20 - 3*i; n < 30; n++ { // who is numbered first comes last
			tape.add(cameTo(id, n, 100*i+n, domain.Online, string(day)+"T10:00", string(day)+"T11:00"))
		}
	}
	m, sum := tape.models(), 0
	for _, c := range []struct {
		quarter domain.Quarter
		toDate  int
	}{{"2021-Q4", 13}, {"2022-Q1", 19}, {"2022-Q2", 25}} {
		r := reportOf(t, m, c.quarter, false)
		sum += r.Figures[4].Value
		if r.Figures[5].Value != c.toDate || sum != c.toDate {
			t.Errorf("%s: %d to date, %d added up, want %d", c.quarter, r.Figures[5].Value, sum, c.toDate)
		}
	}
}
