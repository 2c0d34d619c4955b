package projections

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"tavoli/domain"
)

// The numbers that models give to persons, enti and rosters follow from the order
// in which they were met. What is written does not depend on that: things are
// written in the order of their ids, and referred to by their place in it.

// An ordering is the numbers of things in the order in which they are written, and
// the place of each.
type ordering struct{ numbers, places []int32 }

// orderOf returns the ordering of n things.
func orderOf(n int, compare func(a, b int32) int) ordering {
	o := ordering{make([]int32, n), make([]int32, n)}
	for i := range o.numbers {
		o.numbers[i] = int32(i)
	}
	slices.SortFunc(o.numbers, compare)
	for place, number := range o.numbers {
		o.places[number] = int32(place)
	}
	return o
}

// place writes the place of a thing; -1: there is none.
func (o ordering) place(e *encoder, number int32) {
	if number < 0 {
		e.uint(0)
		return
	}
	e.uint(uint64(o.places[number]) + 1)
}

// place reads what [ordering.place] wrote.
func (d *decoder) place() int32 { return d.index(most) - 1 }

// ordering returns the ordering of all persons. There are many: comparing the first
// bytes of their random ids without looking the rows up takes a third of the time.
func (p *People) ordering() ordering {
	type key struct {
		first  uint64
		number int32
	}
	keys := make([]key, len(p.rows))
	for i := range p.rows {
		keys[i] = key{binary.BigEndian.Uint64(p.rows[i].id[:8]), int32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.first != b.first {
			return cmp.Compare(a.first, b.first)
		}
		return p.byID(a.number, b.number)
	})
	o := ordering{make([]int32, len(keys)), make([]int32, len(keys))}
	for place, k := range keys {
		o.numbers[place], o.places[k.number] = k.number, int32(place)
	}
	return o
}

// encode implements model.
func (p *People) encode(e *encoder) {
	order := p.ordering()
	e.count(len(order.numbers))
	for _, i := range order.numbers {
		p.encodeRow(e, i, order)
	}
}

func (p *People) encodeRow(e *encoder, i int32, order ordering) {
	row := &p.rows[i]
	e.uuid(row.id)
	e.bytes(p.held.bytes(row.held))
	e.int(row.since)
	list(e, p.older[i], func(v version) {
		e.text(v.packed)
		e.int(v.told)
	})
	e.bool(p.gone[i])
	rev, noted := p.records[i]
	e.bool(noted)
	if noted {
		e.revision(rev)
	}
	l, linked := p.links[i]
	e.bool(linked)
	if linked {
		order.place(e, l.as)
		e.text(l.reason)
		e.text(string(l.actor))
		e.int(l.at)
		e.position(l.position)
	}
}

// decode implements model.
func (p *People) decode(d *decoder) {
	n := d.count(22)
	p.rows = make([]person, 0, n)
	p.by = make(map[domain.PersonID]int32, n)
	for i := range int32(n) {
		p.decodeRow(d, i, int32(n))
		if i > 0 && d.err == nil && bytes.Compare(p.rows[i-1].id[:], p.rows[i].id[:]) >= 0 {
			d.fail("persons do not ascend")
		}
		if d.err != nil {
			return
		}
	}
}

func (p *People) decodeRow(d *decoder, i, n int32) {
	row := person{id: d.uuid(), held: p.held.put(d.text()), since: d.int()}
	if row.told() {
		v := unpack(p.held.text(row.held))
		row.fold = nameHash(&v)
	}
	if older := readList(d, 2, func() version { return version{d.text(), d.int()} }); older != nil {
		p.older[i] = older
	}
	if d.bool() {
		p.gone[i] = true
	}
	if d.bool() {
		p.records[i] = d.revision()
	}
	if d.bool() {
		l := link{d.place(), d.text(), word[domain.Actor](d), d.int(), d.position()}
		if l.as < 0 || l.as >= n {
			d.fail("a person is linked to nobody")
		}
		p.links[i] = l
	}
	p.rows = append(p.rows, row)
	p.by[row.id] = i
}
