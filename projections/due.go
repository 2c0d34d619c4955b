package projections

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"tavoli/domain"
)

// This file finds what binds persons to the register, and who falls due.

// Ties answers what binds a person to the register. With everybody it is what binds
// the person and all who were found to be the same, together.
func (r *Retention) Ties(id domain.PersonID, everybody bool) (domain.Ties, error) {
	p, m := &r.models.People, r.models
	i, ok := p.by[id]
	if !ok {
		return domain.Ties{}, domain.ErrNoPerson
	}
	ties := domain.Ties{}
	for _, other := range p.circle(i) {
		if other != i && !p.gone[other] {
			ties.Linked = append(ties.Linked, p.rows[other].id)
		}
		if other == i || everybody {
			ties.Places = append(ties.Places, m.placesOf(other)...)
			ties.Enti = append(ties.Enti, m.Enti.spokenFor(p.rows[other].id)...)
		}
	}
	slices.SortFunc(ties.Linked, compareIDs)
	slices.SortFunc(ties.Places, func(a, b domain.Place) int { return cmp.Compare(a.Tavolo, b.Tavolo) })
	slices.SortFunc(ties.Enti, compareEnti)
	ties.Places, ties.Enti = slices.Compact(ties.Places), slices.Compact(ties.Enti)
	return ties, nil
}

// circle returns a person and everybody links lead to from there, either way.
func (p *People) circle(i int32) []int32 {
	found := []int32{i}
	for at := 0; at < len(found); at++ {
		for from, l := range p.links {
			for _, end := range [][2]int32{{from, l.as}, {l.as, from}} {
				if end[0] == found[at] && !slices.Contains(found, end[1]) {
					found = append(found, end[1])
				}
			}
		}
	}
	return found
}

// placesOf returns the tavoli in which a person took part.
func (m *Models) placesOf(i int32) []domain.Place {
	var found []domain.Place
	for row := range m.Rosters.of(i) {
		found = append(found, m.Calendar.place(row.id))
	}
	id := m.People.rows[i].id
	for _, t := range m.Calendar.by {
		if slices.Contains(t.workers(), id) {
			found = append(found, m.Calendar.place(t.id))
		}
	}
	return found
}

// place returns a tavolo with its programme.
func (c *Calendar) place(id domain.TavoloID) domain.Place {
	if t, ok := c.by[id]; ok {
		return domain.Place{Tavolo: id, Programma: t.programma}
	}
	return domain.Place{Tavolo: id}
}

// workers returns who speaks at a tavolo, works in its groups or wrote for it.
func (row *tavolo) workers() (list []domain.PersonID) {
	for _, s := range row.speakers {
		list = append(list, s.person)
	}
	for _, g := range row.groups {
		list = append(list, g.members...)
	}
	for _, m := range row.materials {
		list = append(list, m.Authors...)
	}
	return list
}

// spokenFor returns the enti for which a person was ever appointed to speak.
func (n *Enti) spokenFor(id domain.PersonID) (found []domain.EnteRef) {
	for _, row := range n.rows {
		if slices.ContainsFunc(row.referenti, func(r referente) bool { return r.person == id }) {
			found = append(found, row.ref)
		}
	}
	return found
}

// A DueQuery asks for the persons who fall due by a day.
type DueQuery struct {
	By        domain.Day
	Programma domain.ProgrammaID // empty: of any
	Unbound   bool               // those instead who have to do with no programme
	Names     bool
	Limit     int
	Cursor    string
}

// A DuePerson is somebody whom no duty binds any longer.
type DuePerson struct {
	PersonRef
	Short       string               `json:"short"`
	RetainUntil domain.Day           `json:"retain_until,omitempty"` // the last day of the longest duty
	Programmi   []domain.ProgrammaID `json:"programmi"`
}

// A ProgrammaRetention is the duty to keep what a programme rests on, and whom it binds.
type ProgrammaRetention struct {
	Programma domain.ProgrammaID `json:"programma"`
	Title     string             `json:"title"`
	Policy    *RetentionPolicy   `json:"policy"` // null: nobody has said; nothing can be forgotten
	Holds     []Hold             `json:"holds"`
	Persons   int                `json:"persons"` // who took part and were not forgotten
	Due       int                `json:"due"`     // of them, whom no duty binds any longer
}

// A RetentionReport is what has to be kept, and who falls due by a day.
type RetentionReport struct {
	By         domain.Day           `json:"by"`
	Programmi  []ProgrammaRetention `json:"programmi"`
	Due        []DuePerson          `json:"due"`
	Total      int                  `json:"total"`   // persons who fall due
	Unbound    int                  `json:"unbound"` // of whom something is held though they have to do with no programme and speak for no ente
	Forgotten  int                  `json:"forgotten"`
	NextCursor string               `json:"next_cursor,omitempty"`
}

// Report answers what has to be kept, and who falls due by a day: whose retention
// in every programme has ended before it, and whom nothing holds.
func (r *Retention) Report(q DueQuery) (RetentionReport, error) {
	size, err := pageSize(q.Limit)
	if err != nil {
		return RetentionReport{}, err
	}
	question := questionID("due", string(q.By), string(q.Programma), strconv.FormatBool(q.Unbound))
	after, err := readCursor(q.Cursor, question)
	if err != nil {
		return RetentionReport{}, err
	}
	a := RetentionReport{By: q.By, Programmi: []ProgrammaRetention{}, Due: []DuePerson{}, Forgotten: len(r.gone)}
	due := r.bound(q, &a)
	a.Total = len(due)
	from, _ := slices.BinarySearchFunc(due, after, func(p DuePerson, after string) int {
		if after == "" || p.key() > after {
			return 1
		}
		return -1
	})
	rest := due[from:]
	a.Due = append(a.Due, rest[:min(len(rest), size)]...)
	for i := range a.Due {
		if q.Names {
			a.Due[i].Name = r.models.People.Name(a.Due[i].Person)
		}
	}
	if size < len(rest) {
		a.NextCursor = newCursor(question, rest[size-1].key())
	}
	return a, nil
}

// key is what persons are ordered by who fall due.
func (p DuePerson) key() string { return string(p.RetainUntil) + " " + p.Person.String() }

// bound returns who falls due, and counts for each programme whom it binds.
func (r *Retention) bound(q DueQuery, a *RetentionReport) []DuePerson {
	m := r.models
	counts := make(map[domain.ProgrammaID]*ProgrammaRetention)
	for _, p := range m.Programmi.List() {
		if q.Programma == "" || q.Programma == p.Programma {
			a.Programmi = append(a.Programmi, r.ofProgramma(p))
		}
	}
	for i := range a.Programmi {
		counts[a.Programmi[i].Programma] = &a.Programmi[i]
	}
	list := []DuePerson{}
	every := m.everyPlace()
	for i, places := range every {
		one, falls := r.falls(i, places, q.By)
		mine := false
		for _, p := range one.Programmi {
			if c := counts[p]; c != nil {
				mine = true
				c.Persons++
				if falls {
					c.Due++
				}
			}
		}
		if falls && mine {
			list = append(list, one)
		}
	}
	unbound := r.unbound(every, q.By)
	if a.Unbound = len(unbound); q.Unbound {
		return unbound
	}
	slices.SortFunc(list, func(a, b DuePerson) int { return strings.Compare(a.key(), b.key()) })
	return list
}

// unbound returns the persons of whom something is held though they took part in no
// programme and speak for no ente by a day: nothing keeps them but that nobody looked.
func (r *Retention) unbound(every map[int32][]domain.Place, by domain.Day) []DuePerson {
	m, list := r.models, []DuePerson{}
	speaks := make(map[domain.PersonID]bool)
	for _, row := range m.Enti.rows {
		for _, one := range row.referenti {
			speaks[one.person] = speaks[one.person] || one.until == "" || one.until >= by
		}
	}
	for i := range m.People.rows {
		id, in := m.People.rows[i].id, func(at domain.Place) bool { return at.Programma != "" }
		if m.People.rows[i].told() && !speaks[id] && !slices.ContainsFunc(every[int32(i)], in) {
			list = append(list, DuePerson{PersonRef: PersonRef{Person: id}, Short: domain.ShortID(id), Programmi: []domain.ProgrammaID{}})
		}
	}
	slices.SortFunc(list, func(a, b DuePerson) int { return strings.Compare(a.key(), b.key()) })
	return list
}

func (r *Retention) ofProgramma(p Programma) ProgrammaRetention {
	a := ProgrammaRetention{Programma: p.Programma, Title: p.Title, Holds: []Hold{}}
	if d, ok := r.by[p.Programma]; ok {
		a.Policy, a.Holds = d.policy, append(a.Holds, d.holds...)
	}
	return a
}

// everyPlace returns the tavoli in which each person took part who was not forgotten.
func (m *Models) everyPlace() map[int32][]domain.Place {
	found := make(map[int32][]domain.Place)
	for _, row := range m.Rosters.rows {
		at := m.Calendar.place(row.id)
		for i := range row.seats {
			found[row.seats[i].person] = append(found[row.seats[i].person], at)
		}
	}
	for _, t := range m.Calendar.by {
		for _, id := range t.workers() {
			if i, ok := m.People.by[id]; ok {
				found[i] = append(found[i], m.Calendar.place(t.id))
			}
		}
	}
	maps.DeleteFunc(found, func(i int32, _ []domain.Place) bool { return m.People.gone[i] })
	return found
}

// falls returns a person with the duties that bind or bound it, and reports whether
// all of them have ended before a day.
func (r *Retention) falls(i int32, places []domain.Place, by domain.Day) (p DuePerson, due bool) {
	id := r.models.People.rows[i].id
	p = DuePerson{PersonRef: PersonRef{Person: id}, Short: domain.ShortID(id), Programmi: []domain.ProgrammaID{}}
	due = true
	for _, at := range places {
		if at.Programma == "" {
			continue
		}
		if !slices.Contains(p.Programmi, at.Programma) {
			p.Programmi = append(p.Programmi, at.Programma)
		}
		d, ok := r.by[at.Programma]
		if !ok || d.policy == nil {
			due = false
			continue
		}
		p.RetainUntil = max(p.RetainUntil, d.policy.RetainUntil)
		due = due && !d.holdsAt(at)
	}
	slices.Sort(p.Programmi)
	return p, due && p.RetainUntil < by
}

// A DueDocument is a filed document that nothing requires to be kept any longer.
type DueDocument struct {
	Tavolo      domain.TavoloID     `json:"tavolo"`
	Programma   domain.ProgrammaID  `json:"programma"`
	SHA256      string              `json:"sha256"`
	Title       string              `json:"title"`
	Kind        domain.EvidenceKind `json:"kind"`
	Size        int64               `json:"size"`
	RetainUntil domain.Day          `json:"retain_until"` // the last day of the duty
}

// DueDocumentPage is some documents that fall due, the longest due first.
type DueDocumentPage struct {
	By         domain.Day    `json:"by"`
	Items      []DueDocument `json:"items"`
	Total      int           `json:"total"`
	NextCursor string        `json:"next_cursor,omitempty"`
}

// Documents answers which documents fall due by a day: filed for a tavolo of a programme
// whose retention has ended before it, not held, and not destroyed.
func (r *Retention) Documents(q DueQuery) (DueDocumentPage, error) {
	size, err := pageSize(q.Limit)
	if err != nil {
		return DueDocumentPage{}, err
	}
	question := questionID("due documents", string(q.By), string(q.Programma))
	after, err := readCursor(q.Cursor, question)
	if err != nil {
		return DueDocumentPage{}, err
	}
	due := r.dueDocuments(q)
	page := DueDocumentPage{By: q.By, Items: []DueDocument{}, Total: len(due)}
	rest := due[sort.Search(len(due), func(i int) bool { return due[i].key() > after }):]
	page.Items = append(page.Items, rest[:min(len(rest), size)]...)
	if size < len(rest) {
		page.NextCursor = newCursor(question, rest[size-1].key())
	}
	return page, nil
}

// key is what documents are ordered by that fall due.
func (d DueDocument) key() string {
	return string(d.RetainUntil) + " " + string(d.Tavolo) + " " + d.SHA256
}

func (r *Retention) dueDocuments(q DueQuery) []DueDocument {
	list := []DueDocument{}
	for _, row := range r.models.Rosters.rows {
		at := r.models.Calendar.place(row.id)
		d, ok := r.by[at.Programma]
		if len(row.evidence) == 0 || !ok || q.Programma != "" && q.Programma != at.Programma || !d.over(at, q.By) {
			continue
		}
		for _, e := range row.evidence {
			if e.Destroyed == nil {
				list = append(list, DueDocument{row.id, at.Programma, e.SHA256, e.Title, e.Kind, e.Size, d.policy.RetainUntil})
			}
		}
	}
	slices.SortFunc(list, func(a, b DueDocument) int { return strings.Compare(a.key(), b.key()) })
	return list
}

// over reports whether a duty has ended before a day and nothing holds a place.
func (d *duty) over(at domain.Place, by domain.Day) bool {
	return d.policy != nil && d.policy.RetainUntil < by && !d.holdsAt(at)
}

// holdsAt reports whether a hold stands of a place.
func (d *duty) holdsAt(at domain.Place) bool {
	return slices.ContainsFunc(d.holds, func(h Hold) bool { return h.Tavolo == "" || h.Tavolo == at.Tavolo })
}
