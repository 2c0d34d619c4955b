package projections

import (
	"bytes"
	"cmp"
	"slices"

	"tavoli/domain"
)

// A reportMaking is a report under way: who came to which tavolo.
type reportMaking struct {
	models    *Models
	programma *programma
	from, to  domain.Day

	rank    []int32 // of each ente by name
	earlier []int32 // persons present before the quarter
	stands  int     // registrations
	guests  int
	tavoli  []ReportTavolo
	rows    []comer // of all tavoli of the quarter, those who did not come too
}

// A comer is a person who came to a tavolo, or was registered for it. Somebody
// who was found to be the same person as another counts once.
type comer struct {
	tavolo     *tavolo
	seat       *seat // the first by name of ente and id of person
	person     int32 // who stands for all who are the same
	ente       int32
	in, remote bool // came in presence, online
	first      int64
	last       int64 // noTime: there still
	minutes    int
	intervals  []domain.Interval // only where seats are to be joined
}

func (a *comer) here() bool { return a.in || a.remote }

// modeWord returns how a person took part, or was going to.
func (a *comer) modeWord() domain.Mode {
	switch {
	case a.in && a.remote:
		return domain.Mixed
	case a.in:
		return domain.InPresence
	case a.remote:
		return domain.Online
	}
	return wordOf(modes, a.seat.mode)
}

func newReporting(m *Models, row *programma, from, to domain.Day) *reportMaking {
	r := &reportMaking{models: m, programma: row, from: from, to: to, tavoli: []ReportTavolo{}}
	order := make([]int32, len(m.Enti.rows))
	keys := make([]string, len(order))
	for i, e := range m.Enti.rows {
		order[i], keys[i] = int32(i), Fold(e.title())
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(keys[a], keys[b]), compareEnti(m.Enti.rows[a].ref, m.Enti.rows[b].ref))
	})
	r.rank = make([]int32, len(order))
	for n, i := range order {
		r.rank[i] = int32(n)
	}
	return r
}

// rankOf returns where an ente stands by its name; nobody stands at the end.
func (r *reportMaking) rankOf(ente int32) int32 {
	if ente < 0 {
		return int32(len(r.rank))
	}
	return r.rank[ente]
}

// collect finds out who came, in the quarter and before it.
func (r *reportMaking) collect() {
	for _, t := range r.models.Calendar.ordered() {
		if t.programma != r.programma.id || t.state == domain.CalledOff || t.schedule.Day > r.to {
			continue
		}
		row := (*roster)(nil)
		if i, ok := r.models.Rosters.by[t.id]; ok {
			row = r.models.Rosters.rows[i]
		}
		switch {
		case t.schedule.Day >= r.from:
			r.take(t, row)
		case row != nil:
			for i := range row.seats {
				if row.seats[i].here() {
					r.earlier = append(r.earlier, r.models.People.canonical(row.seats[i].person))
				}
			}
		}
	}
}

// take takes in a tavolo of the quarter.
func (r *reportMaking) take(t *tavolo, row *roster) {
	told := ReportTavolo{Tavolo: t.id, Ordinal: t.ordinal, Subject: t.subject, Times: t.times(), Mode: t.mode, State: t.state}
	for _, g := range t.guests {
		told.Guests += g.Count
	}
	start := len(r.rows)
	if row != nil {
		told.Registrations = r.seats(t, row)
	}
	took := r.rows[start:]
	seen := r.places(took)
	for i := range took {
		a := &took[i]
		switch {
		case !a.here():
			continue
		case a.in && a.remote:
			told.Both++
		case a.in:
			told.InPresence++
		default:
			told.Online++
		}
		told.Presences++
		told.Minutes += a.minutes
	}
	told.Enti, told.Comuni, told.Province = seen.enti, seen.comuni, seen.province
	r.stands += told.Registrations
	r.guests += told.Guests
	r.tavoli = append(r.tavoli, told)
}

// seats adds the persons of a roster, and returns how many registrations stand.
func (r *reportMaking) seats(t *tavolo, row *roster) (stands int) {
	var some []*seat
	for i := range row.seats {
		s := &row.seats[i]
		active := wordOf(states, s.state).Active()
		if active {
			stands++
		}
		if active || s.here() {
			some = append(some, s)
		}
	}
	people := &r.models.People
	slices.SortFunc(some, func(a, b *seat) int {
		return cmp.Or(cmp.Compare(r.rankOf(a.ente), r.rankOf(b.ente)), bytes.Compare(people.rows[a.person].id[:], people.rows[b.person].id[:]))
	})
	start, met := len(r.rows), make(map[int32]int)
	for _, s := range some {
		a := r.attended(t, row, s)
		if len(people.links) == 0 {
			r.rows = append(r.rows, a)
			continue
		}
		at, again := met[a.person]
		if !again {
			met[a.person] = len(r.rows)
			r.rows = append(r.rows, a)
			continue
		}
		r.rows[at].join(a, t.window())
	}
	slices.SortStableFunc(r.rows[start:], func(a, b comer) int { return r.compare(&a, &b) })
	return stands
}

// compare orders the persons of a tavolo by name of the ente and id of the person:
// by nothing that can be forgotten.
func (r *reportMaking) compare(a, b *comer) int {
	people := r.models.People.rows
	return cmp.Or(cmp.Compare(r.rankOf(a.ente), r.rankOf(b.ente)), bytes.Compare(people[a.person].id[:], people[b.person].id[:]))
}

// attended reads a seat.
func (r *reportMaking) attended(t *tavolo, row *roster, s *seat) comer {
	a := comer{
		tavolo: t, seat: s, person: r.models.People.canonical(s.person), ente: s.ente, in: s.standing[0] > 0, remote: s.standing[1] > 0,
		first: noTime, last: noTime,
	}
	open := false
	for p := range row.stretches(s) {
		if a.first == noTime || p.from < a.first {
			a.first = p.from
		}
		if p.to == noTime {
			open = true
		} else if !open && p.to > a.last {
			a.last = p.to
		}
		if len(r.models.People.links) > 0 && p.to != noTime {
			a.intervals = append(a.intervals, domain.Interval{From: timeOf(p.from), To: timeOf(p.to)})
		}
	}
	if open {
		a.last = noTime
	}
	a.minutes, _ = row.minutesOf(s, t.window())
	return a
}

// join adds another seat of the same person. Somebody who came stands before
// somebody who was only registered.
func (a *comer) join(b comer, window domain.Interval) {
	if !a.here() && b.here() {
		*a, b = b, *a
	}
	a.in, a.remote = a.in || b.in, a.remote || b.remote
	if b.first != noTime {
		a.first = min(a.first, b.first)
		if a.last != noTime {
			a.last = max(a.last, b.last)
		}
		if b.last == noTime {
			a.last = noTime
		}
	}
	a.intervals = append(a.intervals, b.intervals...)
	a.minutes = domain.Minutes(a.intervals, window)
}

// seenPlaces counts where those who came are from.
type seenPlaces struct{ enti, comuni, province int }

func (r *reportMaking) places(rows []comer) (n seenPlaces) {
	var enti []int32
	for i := range rows {
		if rows[i].here() && rows[i].ente >= 0 {
			enti = append(enti, rows[i].ente)
		}
	}
	slices.Sort(enti)
	province := make(map[string]bool)
	for _, i := range slices.Compact(enti) {
		e := r.models.Enti.rows[i]
		n.enti++
		if e.ref.Kind == domain.Comune {
			n.comuni++
		}
		if e.province != "" {
			province[e.province] = true
		}
	}
	n.province = len(province)
	return n
}
