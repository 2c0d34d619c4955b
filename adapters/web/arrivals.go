package web

import (
	"errors"
	"hash/maphash"
	"sync"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// arrivals notices that somebody registers who is likely registered already: the
// same name for the same ente at the same tavolo. It finds candidates by hash and
// asks the roster about each, so that it need not be told what becomes of them.
type arrivals struct {
	mu   *sync.Mutex
	seed maphash.Seed
	by   map[domain.TavoloID]*desk
	held *int
}

// A desk is who arrived at one tavolo.
type desk struct {
	loading sync.Mutex
	loaded  bool
	by      map[uint64][]arrival
}

// An arrival is somebody who registers or did.
type arrival struct {
	participant domain.PersonID
	position    domain.Position // 0: under way
}

// maxArrivals is how many arrivals are kept before tavoli are let go of.
const maxArrivals = 500_000

func newArrivals() arrivals {
	return arrivals{new(sync.Mutex), maphash.MakeSeed(), make(map[domain.TavoloID]*desk), new(int)}
}

func (a *arrivals) key(v domain.Values, ente *domain.EnteRef) uint64 {
	text := projections.Fold(v.FamilyName) + "\x00" + projections.Fold(v.GivenName) + "\x00"
	if ente != nil {
		text += ente.String()
	}
	return maphash.String(a.seed, text)
}

// desk returns who arrived at a tavolo, as far as is known.
func (a *arrivals) desk(id domain.TavoloID) *desk {
	a.mu.Lock()
	defer a.mu.Unlock()
	if *a.held > maxArrivals {
		clear(a.by)
		*a.held = 0
	}
	d, ok := a.by[id]
	if !ok {
		d = &desk{by: make(map[uint64][]arrival)}
		a.by[id] = d
	}
	return d
}

// forget lets go of everything, because names have changed.
func (a *arrivals) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.by)
	*a.held = 0
}

// find returns those of a key but one.
func (a *arrivals) find(d *desk, key uint64, but domain.PersonID) (list []arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range d.by[key] {
		if one.participant != but {
			list = append(list, one)
		}
	}
	return list
}

// note keeps that somebody arrived, or is about to unless there is somebody else
// of the key; it reports whether it did.
func (a *arrivals) note(d *desk, key uint64, one arrival, alone bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, o := range d.by[key] {
		if o.participant == one.participant {
			d.by[key][i] = one
			return true
		}
		if alone {
			return false
		}
	}
	d.by[key] = append(d.by[key], one)
	*a.held++
	return true
}

// drop takes somebody back.
func (a *arrivals) drop(d *desk, key uint64, p domain.PersonID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, o := range d.by[key] {
		if o.participant == p {
			d.by[key] = append(d.by[key][:i:i], d.by[key][i+1:]...)
			*a.held--
			return
		}
	}
}

// load fills a desk with everybody who is on the roster.
func (a *arrivals) load(c *call, id domain.TavoloID) (*desk, error) {
	d := a.desk(id)
	d.loading.Lock()
	defer d.loading.Unlock()
	if d.loaded {
		return d, nil
	}
	at, err := c.s.Store.Head(c.ctx)
	if err != nil {
		return nil, err
	}
	for q := (projections.RosterQuery{Tavolo: id, Limit: projections.MaxLimit}); ; {
		page, err := ask(c, at, func(m *projections.Models) (projections.Roster, error) { return m.Rosters.Roster(q) })
		if err != nil {
			return nil, err
		}
		for _, l := range page.Items {
			a.note(d, a.key(domain.Values{GivenName: l.GivenName, FamilyName: l.FamilyName}, enteOf(l)), arrival{l.Participant, at}, false)
		}
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			break
		}
	}
	d.loaded = true
	return d, nil
}

func enteOf(l projections.RosterLine) *domain.EnteRef {
	if l.Ente == nil {
		return nil
	}
	return &domain.EnteRef{Kind: l.Ente.Kind, Code: l.Ente.Code}
}

// A visit is somebody on the way to registering.
type visit struct {
	desk *desk
	key  uint64
	self domain.PersonID
}

// arrive lets somebody go on to register, or returns who is there already.
func (c *call) arrive(id domain.TavoloID, self domain.PersonID, v domain.Values, ente *domain.EnteRef, distinct bool) (visit, *domain.PersonID, error) {
	a := &c.s.state.arrivals
	d, err := a.load(c, id)
	if err != nil {
		return visit{}, nil, err
	}
	here := visit{d, a.key(v, ente), self}
	for !distinct {
		for _, one := range a.find(d, here.key, self) {
			there, err := c.stands(id, one, v, ente)
			switch {
			case err != nil:
				return visit{}, nil, err
			case there:
				return visit{}, &one.participant, nil
			}
			a.drop(d, here.key, one.participant)
		}
		if a.note(d, here.key, arrival{participant: self}, true) {
			return here, nil, nil
		}
	}
	a.note(d, here.key, arrival{participant: self}, false)
	return here, nil, nil
}

// stands reports whether somebody who arrived is registered still, under that name
// for that ente. Who is under way counts as there.
func (c *call) stands(id domain.TavoloID, one arrival, v domain.Values, ente *domain.EnteRef) (bool, error) {
	if one.position == 0 {
		return true, nil
	}
	l, err := latest(c, func(m *projections.Models) (projections.RosterLine, error) {
		return m.Rosters.Line(id, one.participant, false)
	})
	if errors.Is(err, domain.NotFound) {
		return false, nil
	}
	same := projections.Fold(l.FamilyName) == projections.Fold(v.FamilyName) && projections.Fold(l.GivenName) == projections.Fold(v.GivenName)
	has := enteOf(l)
	return err == nil && same && l.State.Active() && (has == nil && ente == nil || has != nil && ente != nil && *has == *ente), err
}

// settle notes what became of a visit.
func (c *call) settle(v visit, at domain.Position, err error) {
	if v.self == uuid.Nil {
		return
	}
	if err != nil {
		at = 1 // whoever finds this one asks the roster
	}
	c.s.state.arrivals.note(v.desk, v.key, arrival{v.self, at}, false)
}
