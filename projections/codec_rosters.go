package projections

import (
	"cmp"
	"errors"
	"math"

	"tavoli/domain"
)

// encode implements model. What follows from the rest is not written: counts,
// chains, and who is found where.
func (r *Rosters) encode(e *encoder) {
	order := orderOf(len(r.rows), func(a, b int32) int { return cmp.Compare(r.rows[a].id, r.rows[b].id) })
	persons, enti := r.people.ordering(), r.enti.ordering()
	e.count(len(order.numbers))
	for _, i := range order.numbers {
		r.rows[i].encode(e, persons, enti)
	}
}

func (row *roster) encode(e *encoder, persons, enti ordering) {
	e.text(string(row.id))
	e.position(row.position)
	e.revision(row.presenze)
	e.uint(uint64(row.tickets))
	list(e, row.evidence, func(v Evidence) {
		e.text(v.SHA256)
		e.int(v.Size)
		e.text(v.MediaType)
		e.text(string(v.Kind))
		e.text(v.Title)
		e.trace(v.Trace)
		optional(e, v.Destroyed, func(d Destruction) {
			e.text(d.Reason)
			e.text(d.LegalBasis)
			e.text(d.Override)
			e.trace(d.Trace)
		})
	})
	e.texts(row.proofs.texts)
	e.texts(row.notes.texts)
	e.count(len(row.seats))
	for i := range row.seats {
		row.seats[i].encode(e, persons, enti)
	}
	row.until.encode(e)
	e.count(len(row.presences))
	for i := range row.presences {
		row.presences[i].encode(e)
	}
}

func (s *seat) encode(e *encoder, persons, enti ordering) {
	persons.place(e, s.person)
	enti.place(e, s.ente)
	e.int(s.since)
	e.uint(uint64(s.ticket))
	e.int(int64(s.minutes))
	e.int(int64(s.required))
	e.fixed([]byte{s.state, s.mode, s.capacity, s.validated})
}

func (p *presence) encode(e *encoder) {
	e.uuid(p.id)
	e.int(p.from)
	e.bool(p.to != noTime)
	if p.to != noTime {
		e.int(p.to)
	}
	e.uint(uint64(p.seat))
	e.uint(uint64(p.proof))
	e.uint(uint64(p.note))
	e.code(p.mode)
	e.code(p.source)
	e.bool(p.annulled)
}

// decode implements model.
func (r *Rosters) decode(d *decoder) {
	n := d.count(10)
	for i := range int32(n) {
		row := decodeRoster(d, i)
		if i > 0 && d.err == nil && r.rows[i-1].id >= row.id {
			d.fail("rosters do not ascend")
		}
		if d.err != nil {
			return
		}
		r.rows = append(r.rows, row)
		r.by[row.id] = i
	}
}

func decodeRoster(d *decoder, number int32) *roster {
	row := newRoster(domain.TavoloID(d.text()), number)
	row.position, row.presenze, row.tickets = d.position(), d.revision(), uint32(d.index(math.MaxUint32))
	row.evidence = readList(d, 10, func() Evidence {
		return Evidence{
			d.text(), d.int(), d.word(), word[domain.EvidenceKind](d), d.text(), d.trace(),
			readOptional(d, func() Destruction { return Destruction{d.text(), d.text(), d.text(), d.trace()} }),
		}
	})
	row.proofs.fill(d.texts())
	row.notes.fill(d.texts())
	seats := d.count(10)
	row.seats = make([]seat, 0, seats)
	row.by = make(map[int32]int32, seats)
	for range seats {
		row.seats = append(row.seats, d.seat())
		row.by[row.seats[len(row.seats)-1].person] = int32(len(row.seats)) - 1
	}
	d.deadlines(row)
	d.presences(row)
	for i := range row.seats {
		row.counts[row.seats[i].state][row.seats[i].mode]++
	}
	row.counts[0] = [modeCount]int32{}
	return row
}

func (d *decoder) seat() seat {
	s := seat{person: d.place(), ente: d.place(), since: d.int(), ticket: uint32(d.index(math.MaxUint32)), first: -1}
	s.minutes, s.required = int32(d.small()), int32(d.small())
	if b := d.raw(4); b != nil {
		s.state, s.mode, s.capacity, s.validated = b[0], b[1], b[2], b[3]
	}
	if s.person < 0 || int(s.state) >= stateCount || int(s.mode) >= modeCount {
		d.fail("a seat is broken")
		return seat{first: -1}
	}
	return s
}

// presences reads the presences of a roster and chains them.
func (d *decoder) presences(row *roster) {
	n := d.count(23)
	row.presences = make([]presence, 0, n)
	row.byPresence = make(map[domain.PresenceID]int32, n)
	for at := range int32(n) {
		p := presence{id: d.uuid(), from: d.int(), to: noTime, next: -1}
		if d.bool() {
			p.to = d.int()
		}
		p.seat = d.index(len(row.seats))
		p.proof, p.note = uint32(d.index(len(row.proofs.texts)+1)), uint32(d.index(len(row.notes.texts)+1))
		p.mode, p.source, p.annulled = d.code(len(modes)), d.code(len(sources)), d.bool()
		if d.err != nil {
			return
		}
		row.presences = append(row.presences, p)
		row.byPresence[p.id] = at
		row.chain(p.seat, at)
		if !p.annulled {
			row.stand(p.seat, p.mode, 1)
		}
	}
}

func (t *table) fill(texts []string) {
	for _, text := range texts {
		t.add(text)
	}
}

// join brings models together that were decoded each by itself, and reports whether
// what refers to others refers to something that is there.
func (m *Models) join() error {
	for i := range m.Letters.rows {
		if int(m.Letters.rows[i].person) >= len(m.People.rows) {
			return errors.New("a letter is to somebody who is not there")
		}
	}
	for _, row := range m.Rosters.rows {
		for i := range row.seats {
			s := &row.seats[i]
			if int(s.person) >= len(m.People.rows) || int(s.ente) >= len(m.Enti.rows) {
				return errors.New("a seat is of somebody who is not there")
			}
			m.Rosters.stay(row, s.person)
		}
	}
	return nil
}
