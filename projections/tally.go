package projections

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tavoli/domain"
)

// A tally counts. Things that may come again are gathered, and counted at the end.
type tally struct {
	registrations, presences, minutes, guests int

	persons, attendees, enti, comuni, hereEnti, hereComuni []int32
}

func newTally() *tally { return new(tally) }

// taken is what one seat adds to a tally.
type taken struct {
	person  int32
	ente    int32
	minutes int
	comune  bool
	stands  bool
	here    bool
	again   bool // the same person was counted as present already
}

func (t *tally) add(one taken) {
	note := func(to *[]int32, n int32) {
		if n >= 0 {
			*to = append(*to, n)
		}
	}
	comune := int32(-1)
	if one.comune {
		comune = one.ente
	}
	if one.stands {
		t.registrations++
		note(&t.persons, one.person)
		note(&t.enti, one.ente)
		note(&t.comuni, comune)
	}
	if one.here {
		t.minutes += one.minutes
		if !one.again {
			t.presences++
		}
		note(&t.attendees, one.person)
		note(&t.hereEnti, one.ente)
		note(&t.hereComuni, comune)
	}
}

// distinct counts different numbers; it reorders them.
func distinct(numbers []int32) int {
	slices.Sort(numbers)
	return len(slices.Compact(numbers))
}

// groups are the rows of statistics in the making.
type groups struct {
	models *Models
	by     Grouping
	rows   []*groupRow
	index  map[string]*groupRow

	whole *groupRow           // of the tavolo, where it is all one row
	enti  map[int32]*groupRow // of the tavolo, or of all where it makes no difference
}

type groupRow struct {
	StatisticsRow
	tally
	order string
}

func newGroups(m *Models, by Grouping) *groups {
	return &groups{models: m, by: by, index: make(map[string]*groupRow), enti: make(map[int32]*groupRow)}
}

// tavolo turns to a tavolo, whose row is there whoever came.
func (g *groups) tavolo(t *tavolo) {
	switch g.by {
	case ByTavolo:
		g.whole = g.row(string(t.id), t.subject, string(t.schedule.Day)+string(t.id))
	case ByQuarter:
		key, label := quarter(t.schedule.Day)
		g.whole = g.row(key, label, key)
	case ByPartner:
		g.enti = make(map[int32]*groupRow)
		g.partners(t.programma)
	}
}

// of returns the tally to which somebody belongs who speaks for an ente; -1: for nobody.
func (g *groups) of(ente int32) *tally {
	if g.whole != nil {
		return &g.whole.tally
	}
	row, ok := g.enti[ente]
	if !ok {
		row = g.find(ente)
		g.enti[ente] = row
	}
	return &row.tally
}

// find returns the row to which an ente belongs.
func (g *groups) find(ente int32) *groupRow {
	if g.by == ByPartner {
		return g.none("Altri enti, o nessuno")
	}
	if ente < 0 {
		return g.none("Senza ente")
	}
	n := g.models.Enti.rows[ente]
	switch {
	case g.by == ByKind:
		return g.row(string(n.ref.Kind), said(kindWords, n.ref.Kind), fmt.Sprintf("%02d", slices.Index(domain.EnteKinds, n.ref.Kind)))
	case g.by == ByProvince && n.province == "":
		return g.none("Senza provincia")
	case g.by == ByProvince:
		return g.row(n.province, n.province, n.province)
	}
	return g.row(n.ref.String(), n.title(), Fold(n.title())+"\x00"+n.ref.String())
}

// partners makes the rows of the partners of a programme.
func (g *groups) partners(id domain.ProgrammaID) {
	p, ok := g.models.Programmi.by[id]
	if !ok {
		return
	}
	for _, w := range p.partners {
		if w.left {
			continue
		}
		name := g.models.Enti.nameOf(w.ente)
		row := g.row(string(id)+"/"+w.ente.String(), name.Name, string(id)+"\x00"+string(w.role)+"\x00"+Fold(name.Name)+w.ente.String())
		row.Role = string(w.role)
		if i, met := g.models.Enti.by[w.ente]; met {
			g.enti[i] = row
		}
	}
}

// none returns the row of those who belong to no other.
func (g *groups) none(label string) *groupRow { return g.row("none", label, "\xff") }

func (g *groups) row(key, label, order string) *groupRow {
	row, ok := g.index[key]
	if !ok {
		row = &groupRow{StatisticsRow: StatisticsRow{Key: key, Label: label}, order: order}
		g.index[key] = row
		g.rows = append(g.rows, row)
	}
	return row
}

// answer returns the rows in their order.
func (g *groups) answer() []StatisticsRow {
	slices.SortFunc(g.rows, func(a, b *groupRow) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Key, b.Key)) })
	rows := make([]StatisticsRow, len(g.rows))
	for i, row := range g.rows {
		rows[i] = row.StatisticsRow
		rows[i].Counts = row.counts()
	}
	return rows
}

// kindWords are the kinds of enti as people read them.
var kindWords = map[domain.EnteKind]string{
	domain.Comune: "Comuni", domain.LiberoConsorzio: "Liberi consorzi comunali", domain.CittaMetropolitana: "Città metropolitane",
	domain.AziendaSanitaria: "Aziende sanitarie", domain.Universita: "Università", domain.EnteGestore: "Enti gestori",
	domain.Associazione: "Associazioni", domain.Ministero: "Ministeri", domain.AltroEnte: "Altri enti",
}

// quarter returns the quarter of a day, as a key and as people read it.
func quarter(day domain.Day) (key, label string) {
	var year, month int
	if _, err := fmt.Sscanf(string(day), "%d-%d-", &year, &month); err != nil {
		return "none", "Senza data"
	}
	q := (month-1)/3 + 1
	return fmt.Sprintf("%04d-Q%d", year, q), fmt.Sprintf("%d° trimestre %d", q, year)
}

// Quarter returns the first and the last day of a quarter, given as "2022-Q2".
func Quarter(text string) (from, to domain.Day, err error) {
	year, q, ok := strings.Cut(text, "-Q")
	ends := map[string][2]string{"1": {"-01-01", "-03-31"}, "2": {"-04-01", "-06-30"}, "3": {"-07-01", "-09-30"}, "4": {"-10-01", "-12-31"}}[q]
	from, to = domain.Day(year+ends[0]), domain.Day(year+ends[1])
	if !ok || !from.Valid() || !to.Valid() {
		return "", "", badQuery("/quarter", "bad-quarter", "must be a quarter as in 2022-Q2")
	}
	return from, to, nil
}
