package web

import (
	"hash/maphash"
	"sync"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// arrivals notices that somebody registers who is likely registered already: the
// same name for the same ente at the same tavolo. Who is registered, here or on
// another node, the rosters know as soon as they have seen it; here is kept who is on
// the way, and what the rosters must have seen before they are asked.
type arrivals struct {
	mu    *sync.Mutex
	seed  maphash.Seed
	by    map[uint64]*desk
	left  []departure     // desks that somebody left, oldest first
	named domain.Position // of the newest change of names made here
}

// A desk is who registers at one tavolo under one name for one ente.
type desk struct {
	here map[domain.PersonID]int // who is on the way, with how many requests
	last domain.Position         // of the newest registration
}

// A departure is a desk that is of no use once the rosters have seen a position.
type departure struct {
	key  uint64
	last domain.Position
}

func newArrivals() arrivals {
	return arrivals{mu: new(sync.Mutex), seed: maphash.MakeSeed(), by: make(map[uint64]*desk)}
}

func (a *arrivals) key(id domain.TavoloID, v domain.Values, ente *domain.EnteRef) uint64 {
	text := string(id) + "\x00" + projections.Fold(v.FamilyName) + "\x00" + projections.Fold(v.GivenName) + "\x00"
	if ente != nil {
		text += ente.String()
	}
	return maphash.String(a.seed, text)
}

// renamed notes that names have changed.
func (a *arrivals) renamed(at domain.Position) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.named = max(a.named, at)
}

// forget lets go of everybody who is not on the way.
func (a *arrivals) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, d := range a.by {
		a.named = max(a.named, d.last)
		if len(d.here) == 0 {
			delete(a.by, key)
		}
	}
	a.left = nil
}

// enter lets somebody go on to register, unless another is on the way and they ask
// to be alone. It returns that other, and what the rosters must have seen.
func (a *arrivals) enter(key uint64, self domain.PersonID, alone bool) (other *domain.PersonID, at domain.Position) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d, ok := a.by[key]
	if !ok {
		d = &desk{here: make(map[domain.PersonID]int)}
		a.by[key] = d
	}
	for p := range d.here {
		if alone && p != self {
			return &p, 0
		}
	}
	d.here[self]++
	return nil, max(d.last, a.named)
}

// leave notes that somebody is on the way no more, and what became of it.
func (a *arrivals) leave(key uint64, self domain.PersonID, at, seen domain.Position) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.by[key]
	if d.here[self]--; d.here[self] == 0 {
		delete(d.here, self)
	}
	d.last = max(d.last, at)
	a.left = append(a.left, departure{key, d.last})
	n := 0
	for ; n < len(a.left) && a.left[n].last <= seen; n++ {
		if d, ok := a.by[a.left[n].key]; ok && len(d.here) == 0 && d.last <= seen {
			delete(a.by, a.left[n].key)
		}
	}
	a.left = a.left[n:]
}

// A visit is somebody on the way to registering.
type visit struct {
	key  uint64
	self domain.PersonID
}

// arrive lets somebody go on to register, or returns who is there already.
func (c *call) arrive(id domain.TavoloID, self domain.PersonID, v domain.Values, ente *domain.EnteRef, distinct bool) (visit, *domain.PersonID, error) {
	a := &c.s.state.arrivals
	here := visit{a.key(id, v, ente), self}
	other, at := a.enter(here.key, self, !distinct)
	switch {
	case other != nil:
		return visit{}, other, nil
	case distinct:
		return here, nil, nil
	}
	namesake := func(m *projections.Models) (*domain.PersonID, error) {
		for _, p := range m.Rosters.Namesakes(id, v, ente) {
			if p != self {
				return &p, nil
			}
		}
		return nil, nil
	}
	other, err := ask(c, at, namesake)
	if other != nil { // who may have left a moment ago
		other, err = latest(c, namesake)
	}
	if err != nil || other != nil {
		a.leave(here.key, self, 0, c.s.View.Seen())
		return visit{}, other, err
	}
	return here, nil, nil
}

// settle notes what became of a visit.
func (c *call) settle(v visit, at domain.Position, err error) {
	if v.self == uuid.Nil {
		return
	}
	if err != nil {
		at = 0 // if it was stored all the same, the rosters will know
	}
	c.s.state.arrivals.leave(v.key, v.self, at, c.s.View.Seen())
}
