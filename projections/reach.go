package projections

import (
	"slices"

	"tavoli/domain"
)

// A Reach is the tavoli that an inspector may look into at the time of a request,
// with the programmes they belong to. The nil Reach goes everywhere.
type Reach struct {
	tavoli    map[domain.TavoloID]bool
	programmi map[domain.ProgrammaID]bool
	named     map[domain.PersonID]bool // in the histories of the tavoli, participants apart
}

// Reach answers which tavoli lie within a scope.
func (c *Calendar) Reach(scope domain.Scope) *Reach {
	r := &Reach{make(map[domain.TavoloID]bool), make(map[domain.ProgrammaID]bool), make(map[domain.PersonID]bool)}
	for _, id := range scope.Programmi {
		r.programmi[id] = true
	}
	for id, row := range c.by {
		if row.planned && scope.Has(id, row.programma) {
			r.tavoli[id] = true
			r.programmi[row.programma] = true
			for _, p := range row.met {
				r.named[p] = true
			}
		}
	}
	delete(r.programmi, "")
	return r
}

// Tavolo reports whether the reach goes to a tavolo.
func (r *Reach) Tavolo(id domain.TavoloID) bool { return r == nil || r.tavoli[id] }

// Programma reports whether the reach goes to a programme, or to some of its tavoli.
func (r *Reach) Programma(id domain.ProgrammaID) bool { return r == nil || r.programmi[id] }

// Within reports whether a person has, or had, to do with a tavolo that the reach
// goes to: by a registration or a presence, whatever became of it, as a speaker, or as
// one whom its groups or materials name.
func (p *People) Within(id domain.PersonID, r *Reach) bool {
	i, ok := p.by[id]
	return r == nil || ok && p.within(i, r)
}

func (p *People) within(i int32, r *Reach) bool {
	if r == nil {
		return true
	}
	for row := range p.rosters.of(i) {
		if r.tavoli[row.id] {
			return true
		}
	}
	return r.named[p.rows[i].id]
}

// PersonWithin answers what the register holds of a person, as far as the reach
// goes. Whether somebody beyond it exists is not told.
func (p *People) PersonWithin(id domain.PersonID, r *Reach) (Person, error) {
	if !p.Within(id, r) {
		return Person{}, domain.ErrNoPerson
	}
	a, err := p.Person(id)
	if err != nil || r == nil {
		return a, err
	}
	a.Registrations = slices.DeleteFunc(a.Registrations, func(p PersonRegistration) bool { return !r.Tavolo(p.Tavolo) })
	a.Links = slices.DeleteFunc(a.Links, func(l PersonLink) bool { return !p.Within(l.Person, r) })
	a.Suggestions = slices.DeleteFunc(a.Suggestions, func(s PersonRef) bool { return !p.Within(s.Person, r) })
	if a.LinkedAs != nil && !p.Within(*a.LinkedAs, r) {
		a.LinkedAs = nil
	}
	return a, nil
}
