package projections

import (
	"fmt"
	"maps"
	"slices"

	"tavoli/domain"
)

// Namesakes are the seats of a roster by the hash of the person's folded name. They
// are gathered when they are first asked for, and kept from then on.
type namesakes map[uint32][]int32

// Namesakes answers: who is registered for a tavolo under the same name for the same
// ente already? Whoever is returned may still be another person.
func (r *Rosters) Namesakes(id domain.TavoloID, v domain.Values, ente *domain.EnteRef) (list []domain.PersonID) {
	i, ok := r.by[id]
	if !ok {
		return nil
	}
	row, name := r.rows[i], sortName(v)
	for _, at := range r.namesakes(row)[nameHash(&v)] {
		s := &row.seats[at]
		if !wordOf(states, s.state).Active() || !r.speaksFor(s, ente) {
			continue
		}
		if p := &r.people.rows[s.person]; p.told() && sortName(r.people.values(s.person)) == name {
			list = append(list, p.id)
		}
	}
	return list
}

// speaksFor reports whether a seat is for an ente, or for nobody as asked.
func (r *Rosters) speaksFor(s *seat, ente *domain.EnteRef) bool {
	if ente == nil {
		return s.ente < 0
	}
	i, ok := r.enti.by[*ente]
	return ok && i == s.ente
}

// namesakes returns the index of a roster. Several may ask, and gather, at once; only
// the writer changes one, while nobody asks.
func (r *Rosters) namesakes(row *roster) namesakes {
	if known := row.names.Load(); known != nil {
		return *known
	}
	fresh := make(namesakes, len(row.seats))
	for i := range row.seats {
		fresh.add(r.people, row.seats[i].person, int32(i))
	}
	row.names.Store(&fresh)
	return fresh
}

func (n namesakes) add(people *People, person, seat int32) {
	if row := &people.rows[person]; row.told() {
		n[row.fold] = append(n[row.fold], seat)
	}
}

// seated adds a new seat to the index, if there is one.
func (row *roster) seated(people *People, person, seat int32) {
	if known := row.names.Load(); known != nil {
		known.add(people, person, seat)
	}
}

// A Duplicate is who is registered under one name for one ente.
type Duplicate struct {
	Name         string
	Ente         *EnteName
	Participants []domain.PersonID
	Lines        []RosterLine // with contacts, by which people tell them apart
}

// Duplicates answers: who may be registered more than once? Whether they are one,
// people decide.
func (r *Rosters) Duplicates(id domain.TavoloID) ([]Duplicate, error) {
	tavolo, ok := r.calendar.known(id)
	if !ok {
		return nil, domain.ErrNoTavolo
	}
	i, ok := r.by[id]
	if !ok {
		return nil, nil
	}
	var list []Duplicate
	for _, seats := range r.twice(r.rows[i]) {
		list = append(list, r.duplicate(r.rows[i], tavolo, seats))
	}
	return list, nil
}

// twice returns the seats that stand under one name for one ente, in the order of
// names: two or more of each. Only those whose names have the same hash are looked at.
func (r *Rosters) twice(row *roster) (list [][]int32) {
	groups := make(map[string][]int32)
	for _, seats := range r.namesakes(row) {
		if len(seats) < 2 {
			continue
		}
		for _, at := range seats {
			if s := &row.seats[at]; wordOf(states, s.state).Active() && r.people.rows[s.person].told() {
				key := fmt.Sprint(sortName(r.people.values(s.person)), "\x00", s.ente)
				groups[key] = append(groups[key], at)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		if seats := slices.Compact(groups[key]); len(seats) > 1 {
			list = append(list, seats)
		}
	}
	return list
}

func (r *Rosters) duplicate(row *roster, tavolo *tavolo, seats []int32) Duplicate {
	first := &row.seats[seats[0]]
	v := r.people.values(first.person)
	d := Duplicate{Name: v.Name(), Ente: r.enti.named(first.ente)}
	for _, at := range seats {
		s := &row.seats[at]
		d.Participants = append(d.Participants, r.people.rows[s.person].id)
		d.Lines = append(d.Lines, r.line(row, s, tavolo, row.place(s), true))
	}
	return d
}
