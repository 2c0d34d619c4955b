package projections

import (
	"cmp"
	"slices"

	"tavoli/domain"
)

// network tells which bodies were in the network during the quarter, in which role
// and since when: the partners of the programme, the members of the coordinamento,
// and who runs projects for any of them.
func (r *reportMaking) network() []NetworkMember {
	came := make(map[int32]int)
	for i := range r.rows {
		if r.rows[i].here() {
			came[r.rows[i].ente]++
		}
	}
	list := []NetworkMember{}
	inside := make(map[int32]bool)
	for _, w := range r.programma.partners {
		if i, known := r.models.Enti.by[w.ente]; known && r.during(w.from, w.until) {
			inside[i] = true
			list = append(list, NetworkMember{EnteName: *r.models.Enti.named(i), Role: NetworkRole(w.role), Since: w.from, Until: w.until, Presences: came[i]})
		}
	}
	for n, row := range r.models.Enti.rows {
		i := int32(n)
		for _, h := range row.history {
			if r.during(h.From, h.Until) {
				inside[i] = true
				list = append(list, NetworkMember{EnteName: *r.models.Enti.named(i), Role: NetworkMembers, Since: h.From, Until: h.Until, Presences: came[i]})
			}
		}
	}
	list = append(list, r.gestori(inside, came)...)
	slices.SortFunc(list, compareMembers)
	return list
}

// gestori tells who runs projects for the bodies of the network.
func (r *reportMaking) gestori(inside map[int32]bool, came map[int32]int) (list []NetworkMember) {
	for i := range inside {
		for _, g := range r.models.Enti.rows[i].gestori {
			if !r.during(g.from, g.until) {
				continue
			}
			member := NetworkMember{
				EnteName: r.models.Enti.nameOf(g.ente), Role: NetworkGestore, Of: r.models.Enti.named(i), Project: g.project, Since: g.from, Until: g.until,
			}
			if n, known := r.models.Enti.by[g.ente]; known {
				member.Presences = came[n]
			}
			list = append(list, member)
		}
	}
	return list
}

// during reports whether a time of days has one in common with the quarter.
func (r *reportMaking) during(from, until domain.Day) bool {
	return from <= r.to && (until == "" || until >= r.from)
}

func compareMembers(a, b NetworkMember) int {
	of := func(m NetworkMember) domain.EnteRef {
		if m.Of == nil {
			return domain.EnteRef{}
		}
		return m.Of.ref()
	}
	return cmp.Or(
		cmp.Compare(slices.Index(networkRoles, a.Role), slices.Index(networkRoles, b.Role)), cmp.Compare(Fold(a.Name), Fold(b.Name)),
		compareEnti(a.ref(), b.ref()), compareEnti(of(a), of(b)), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Since, b.Since),
		cmp.Compare(a.Until, b.Until),
	)
}
