package projections

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"tavoli/domain"
)

// People answers: who is this person, by which name, and is it the same as another?
// It also numbers persons for the other models.
type People struct {
	by      map[domain.PersonID]int32
	rows    []person
	held    arena // the values of all
	last    int32 // the person of the record before: values come right before the fact
	links   map[int32]link
	older   map[int32][]version
	records map[int32]domain.Revision // of the facts about a person
	gone    map[int32]bool            // who was forgotten: nothing is taken in of them any more

	rosters  *Rosters
	calendar *Calendar
	enti     *Enti
}

// A person is what is held of one. There are as many as registrations, so it is small.
type person struct {
	id    domain.PersonID
	held  span   // the values, one after the other, in [People.held]; none: never told, or removed
	since int64  // when the register learned of the values
	fold  uint32 // hash of the folded name
	stay  int32  // the newest of the person's stays in rosters; 0: none
}

// told reports whether anything is held of the person.
func (row *person) told() bool { return row.held.size > 0 }

// A link is the decision that a person is the same as another.
type link struct {
	as       int32
	reason   string
	actor    domain.Actor
	at       int64
	position domain.Position
}

// A version is values that were superseded.
type version struct {
	packed string
	told   int64
}

func newPeople(enti *Enti, calendar *Calendar, rosters *Rosters) People {
	return People{
		by: make(map[domain.PersonID]int32), links: make(map[int32]link),
		older: make(map[int32][]version), records: make(map[int32]domain.Revision),
		gone: make(map[int32]bool), enti: enti, calendar: calendar, rosters: rosters,
	}
}

// apply implements model.
func (p *People) apply(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.PersonDescribed:
		p.describe(rec, e.Person)
	case domain.PersonRectified:
		p.noted(e.Person, rec)
	case domain.PersonsLinked:
		p.noted(e.Person, rec)
		p.links[p.index(e.Person)] = link{p.index(e.As), e.Reason, rec.Actor, micros(rec.EffectiveAt), rec.Position}
	case domain.PersonsUnlinked:
		p.noted(e.Person, rec)
		delete(p.links, p.index(e.Person))
	case domain.PersonForgotten:
		p.noted(e.Person, rec)
		p.wipe(p.index(e.Person))
	}
}

// wipe lets go of everything that was ever held of a person, for good: whether
// the sealed values are still in the log or not, the model comes to be the same.
func (p *People) wipe(i int32) {
	row := &p.rows[i]
	p.held.wipe(row.held)
	row.held, row.fold, row.since = span{}, 0, 0
	delete(p.older, i)
	p.gone[i] = true
	if p.held.wasteful() {
		p.compact()
	}
}

// noted keeps how far the facts about a person have come.
func (p *People) noted(id domain.PersonID, rec *domain.Record) {
	p.records[p.index(id)] = rec.Revision
}

// describe keeps the newest values of a person, and the older ones apart.
func (p *People) describe(rec *domain.Record, id domain.PersonID) {
	i := p.index(id)
	if p.gone[i] {
		return
	}
	row := &p.rows[i]
	if row.told() {
		p.older[i] = append(p.older[i], version{p.held.text(row.held), row.since})
		p.held.wipe(row.held)
	}
	row.held, row.fold, row.since = span{}, 0, 0
	if v := rec.Values; v == nil || v.Empty() { // nobody can open them any more
		delete(p.older, i)
	} else {
		row.held = p.held.put(v.GivenName, v.FamilyName, v.Email, v.Phone, v.Function, v.Answers)
		row.fold, row.since = nameHash(v), micros(rec.RecordedAt)
	}
	if p.held.wasteful() {
		p.compact()
	}
}

// compact moves the values that are held together.
func (p *People) compact() {
	var fresh arena
	for i := range p.rows {
		p.rows[i].held = fresh.put(p.held.text(p.rows[i].held))
	}
	p.held = fresh
}

// index returns the number of a person, giving one to a person not met before.
func (p *People) index(id domain.PersonID) int32 {
	if int(p.last) < len(p.rows) && p.rows[p.last].id == id {
		return p.last
	}
	i, ok := p.by[id]
	if !ok {
		i = int32(len(p.rows))
		p.rows = append(p.rows, person{id: id})
		p.by[id] = i
	}
	p.last = i
	return i
}

// unpack returns the values packed.
func unpack(packed string) (v domain.Values) {
	v.GivenName, packed, _ = strings.Cut(packed, "\x00")
	v.FamilyName, packed, _ = strings.Cut(packed, "\x00")
	v.Email, packed, _ = strings.Cut(packed, "\x00")
	v.Phone, packed, _ = strings.Cut(packed, "\x00")
	v.Function, v.Answers, _ = strings.Cut(packed, "\x00")
	return v
}

// nameHash returns what folded names are found by.
func nameHash(v *domain.Values) uint32 {
	var buf [128]byte
	folded := append(appendFold(buf[:0], v.FamilyName), ' ')
	h := uint32(2166136261) // FNV-1a
	for _, c := range appendFold(folded, v.GivenName) {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

// RemovedName is what stands for the name of a person whose values are gone.
func RemovedName(id domain.PersonID) string { return "persona rimossa " + domain.ShortID(id) }

// values returns what is held of a person. Where nothing is, the family name says so.
func (p *People) values(i int32) domain.Values {
	if p.rows[i].told() {
		return unpack(p.held.text(p.rows[i].held))
	}
	return domain.Values{FamilyName: RemovedName(p.rows[i].id)}
}

// Name returns the name of a person as people read it.
func (p *People) Name(id domain.PersonID) string {
	if i, ok := p.by[id]; ok {
		v := p.values(i)
		return v.Name()
	}
	return RemovedName(id)
}

// Values returns what is held of a person, and whether anything is.
func (p *People) Values(id domain.PersonID) (domain.Values, bool) {
	if i, ok := p.by[id]; ok && p.rows[i].told() {
		return p.values(i), true
	}
	return domain.Values{}, false
}

// Versions returns everything that was ever held of a person, oldest first. It is
// empty once the values are gone.
func (p *People) Versions(id domain.PersonID) []PersonVersion {
	i, ok := p.by[id]
	if !ok || !p.rows[i].told() {
		return nil
	}
	var list []PersonVersion
	for _, v := range append(slices.Clone(p.older[i]), version{p.held.text(p.rows[i].held), p.rows[i].since}) {
		list = append(list, PersonVersion{timeOf(v.told), unpack(v.packed)})
	}
	return list
}

// canonical returns the person who stands for this one after all links. Where
// links lead round in a circle, the smallest id of the circle stands for all.
func (p *People) canonical(i int32) int32 {
	if len(p.links) == 0 {
		return i
	}
	seen := []int32{i}
	for {
		next, ok := p.links[i]
		if !ok {
			return i
		}
		i = next.as
		if at := slices.Index(seen, i); at >= 0 {
			return slices.MinFunc(seen[at:], p.byID)
		}
		seen = append(seen, i)
	}
}

func (p *People) byID(a, b int32) int { return bytes.Compare(p.rows[a].id[:], p.rows[b].id[:]) }

// Known reports whether the register has met the person.
func (p *People) Known(id domain.PersonID) bool {
	_, ok := p.by[id]
	return ok
}

// Forgotten reports whether a person was forgotten.
func (p *People) Forgotten(id domain.PersonID) bool {
	i, ok := p.by[id]
	return ok && p.gone[i]
}

// Canonical returns who stands for a person after all links.
func (p *People) Canonical(id domain.PersonID) domain.PersonID {
	i, ok := p.by[id]
	if !ok {
		return id
	}
	return p.rows[p.canonical(i)].id
}

// sameName returns the persons of the same folded name who are not linked yet.
func (p *People) sameName(i int32) []PersonRef {
	list := []PersonRef{}
	row := &p.rows[i]
	if !row.told() {
		return list
	}
	mine, self := sortName(p.values(i)), p.canonical(i)
	for j := range p.rows {
		other := int32(j)
		if p.rows[j].fold != row.fold || !p.rows[j].told() || p.canonical(other) == self {
			continue
		}
		if v := p.values(other); sortName(v) == mine {
			list = append(list, PersonRef{p.rows[j].id, v.Name()})
		}
	}
	slices.SortFunc(list, func(a, b PersonRef) int { return compareIDs(a.Person, b.Person) })
	return list
}

// sortName is what names are ordered and compared by.
func sortName(v domain.Values) string { return Fold(v.FamilyName) + "\x00" + Fold(v.GivenName) }

// linkedTo returns the decisions that others are this person.
func (p *People) linkedTo(i int32) []PersonLink {
	links := []PersonLink{}
	for _, other := range slices.Sorted(maps.Keys(p.links)) {
		if l := p.links[other]; l.as == i {
			links = append(links, PersonLink{p.rows[other].id, p.nameAt(other), l.reason, l.actor, timeOf(l.at), l.position})
		}
	}
	slices.SortFunc(links, func(a, b PersonLink) int { return cmp.Compare(a.Position, b.Position) })
	return links
}

func (p *People) nameAt(i int32) string {
	v := p.values(i)
	return v.Name()
}
