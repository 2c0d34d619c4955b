package projections

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"tavoli/domain"
)

// A ReportDifference says what is otherwise in a report than in an earlier one of the
// same quarter.
type ReportDifference struct {
	Programma      domain.ProgrammaID `json:"programma"`
	Quarter        domain.Quarter     `json:"quarter"`
	Before         ReportSide         `json:"before"`
	After          ReportSide         `json:"after"`
	Same           bool               `json:"same"`            // nothing else is otherwise
	FundingBlock   bool               `json:"funding_block"`   // the paragraph is another
	Layout         bool               `json:"layout"`          // the table of persons is laid out otherwise
	Figures        []FigureChange     `json:"figures"`         // by path
	NetworkAdded   []NetworkMember    `json:"network_added"`   // those who were not told before
	NetworkRemoved []NetworkMember    `json:"network_removed"` // those who are told no longer
	RowsAdded      []OperatorKey      `json:"rows_added"`
	RowsRemoved    []OperatorKey      `json:"rows_removed"`
	RowsChanged    []OperatorChange   `json:"rows_changed"` // where the layout is the same
}

// A ReportSide is one of two reports that are compared.
type ReportSide struct {
	Number     int             `json:"number,omitempty"` // of the transmission
	Position   domain.Position `json:"position,string"`
	RecordedAt time.Time       `json:"recorded_at"`
	Digest     string          `json:"digest"`
}

// A FigureChange is a number that is another one; what is not there is 0.
type FigureChange struct {
	Path   string `json:"path"` // "figures/persons", "tavoli/coopera-6/minutes", "by_kind/comune/persons"
	Label  string `json:"label"`
	Before int    `json:"before"`
	After  int    `json:"after"`
}

// An OperatorKey names a row of the table of persons.
type OperatorKey struct {
	Tavolo domain.TavoloID `json:"tavolo"`
	Person domain.PersonID `json:"person"`
}

// An OperatorChange is a row in which something is otherwise.
type OperatorChange struct {
	OperatorKey
	Cells []CellChange `json:"cells"`
}

// A CellChange is a cell that is another one.
type CellChange struct {
	Column string `json:"column"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Difference tells what is otherwise in a report than in an earlier one. Values of
// persons are not compared.
func Difference(before, after QuarterReport) ReportDifference {
	side := func(r QuarterReport) ReportSide {
		return ReportSide{Position: r.Position, RecordedAt: r.RecordedAt, Digest: r.Digest}
	}
	d := ReportDifference{
		Programma: after.Programma, Quarter: after.Quarter, Before: side(before), After: side(after),
		FundingBlock: before.FundingBlock != after.FundingBlock,
		Layout:       !slices.Equal(before.Operators.Columns, after.Operators.Columns) || before.Operators.Included != after.Operators.Included,
		Figures:      figureChanges(before, after),
	}
	d.NetworkAdded, d.NetworkRemoved = missing(after.Network, before.Network), missing(before.Network, after.Network)
	d.rows(before.Operators, after.Operators)
	d.Same = !d.FundingBlock && !d.Layout && len(d.Figures)+len(d.NetworkAdded)+len(d.NetworkRemoved)+len(d.RowsAdded)+len(d.RowsRemoved)+len(d.RowsChanged) == 0
	return d
}

// missing returns those of a network that another has not.
func missing(of, in []NetworkMember) []NetworkMember {
	there := make(map[memberKey]bool)
	for _, m := range in {
		there[m.key()] = true
	}
	list := []NetworkMember{}
	for _, m := range of {
		if !there[m.key()] {
			list = append(list, m)
		}
	}
	return list
}

// A memberKey is all that is told of a member of the network but how many came.
type memberKey struct {
	ente, of     EnteName
	role         NetworkRole
	project      string
	since, until domain.Day
}

func (m NetworkMember) key() memberKey {
	k := memberKey{ente: m.EnteName, role: m.Role, project: m.Project, since: m.Since, until: m.Until}
	if m.Of != nil {
		k.of = *m.Of
	}
	return k
}

// A namedFigure is a number with what it is called.
type namedFigure struct {
	label string
	value int
}

func figureChanges(before, after QuarterReport) []FigureChange {
	was, is := before.numbers(), after.numbers()
	paths := maps.Clone(was)
	maps.Copy(paths, is)
	list := []FigureChange{}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if was[path].value != is[path].value {
			list = append(list, FigureChange{path, cmp.Or(is[path].label, was[path].label), was[path].value, is[path].value})
		}
	}
	return list
}

// numbers returns every number of a report by its path.
func (a QuarterReport) numbers() map[string]namedFigure {
	all, words := make(map[string]namedFigure), figureWords()
	put := func(path, label string, values map[string]int) {
		for key, value := range values {
			all[path+key] = namedFigure{label + " · " + words[key], value}
		}
	}
	for _, f := range a.Figures {
		all["figures/"+f.Key] = namedFigure{f.LabelIt, f.Value}
	}
	for _, t := range a.Tavoli {
		put("tavoli/"+string(t.Tavolo)+"/", t.Subject, map[string]int{
			FigureRegistrations: t.Registrations, FigurePresences: t.Presences, "in_presence": t.InPresence, "online": t.Online, "both": t.Both,
			FigureMinutes: t.Minutes, FigureEnti: t.Enti, FigureComuni: t.Comuni, FigureProvince: t.Province, FigureGuests: t.Guests,
		})
	}
	for name, groups := range map[string][]ReportGroup{"by_kind": a.ByKind, "by_mode": a.ByMode, "by_capacity": a.ByCapacity, "by_province": a.ByProvince, "by_ente": a.ByEnte} {
		for _, g := range groups {
			put(name+"/"+g.Key+"/", g.Label, map[string]int{FigurePersons: g.Persons, FigurePresences: g.Presences, FigureMinutes: g.Minutes, FigureEnti: g.Enti})
		}
	}
	return all
}

// figureWords says what the numbers of a part of a report are called.
func figureWords() map[string]string {
	words := map[string]string{"in_presence": "In presenza", "online": "Online", "both": "In presenza e online"}
	for _, f := range figureDefinitions() {
		words[f.Key] = f.LabelIt
	}
	return words
}

// rows compares the tables of persons.
func (d *ReportDifference) rows(before, after Operators) {
	was := make(map[OperatorKey]OperatorRow, len(before.Rows))
	for _, row := range before.Rows {
		was[OperatorKey{row.Tavolo, row.Person}] = row
	}
	d.RowsAdded, d.RowsRemoved, d.RowsChanged = []OperatorKey{}, []OperatorKey{}, []OperatorChange{}
	for _, row := range after.Rows {
		key := OperatorKey{row.Tavolo, row.Person}
		old, there := was[key]
		delete(was, key)
		if !there {
			d.RowsAdded = append(d.RowsAdded, key)
		} else if cells := cellChanges(after.Columns, old.Cells, row.Cells); !d.Layout && len(cells) > 0 {
			d.RowsChanged = append(d.RowsChanged, OperatorChange{key, cells})
		}
	}
	for _, row := range before.Rows {
		key := OperatorKey{row.Tavolo, row.Person}
		if _, left := was[key]; left {
			d.RowsRemoved = append(d.RowsRemoved, key)
		}
	}
}

// cellChanges compares two rows, but for the number of the row.
func cellChanges(columns []OperatorColumn, before, after []string) (list []CellChange) {
	for i, c := range columns {
		if i < len(before) && i < len(after) && before[i] != after[i] && !c.Personal && c.Source != domain.SourceRow {
			list = append(list, CellChange{c.Name, before[i], after[i]})
		}
	}
	return list
}
