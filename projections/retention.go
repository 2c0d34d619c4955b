package projections

import (
	"slices"

	"tavoli/domain"
)

// Retention answers: for how long must be kept what a programme rests on, what
// holds it beyond that, who falls due, and who was forgotten why?
type Retention struct {
	by   map[domain.ProgrammaID]*duty
	gone []removal // in the order in which they were forgotten

	papers uint64 // documents that were destroyed

	models *Models
}

// A duty is what was said of keeping what a programme rests on.
type duty struct {
	policy *RetentionPolicy
	holds  []Hold // that stand
}

// A removal is that a person was forgotten.
type removal struct {
	person domain.PersonID
	keys   []domain.KeyID
	reason string
	basis  string
	order  string
	trace  Trace
}

func newRetention(m *Models) Retention {
	return Retention{by: make(map[domain.ProgrammaID]*duty), models: m}
}

// apply implements model.
func (r *Retention) apply(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.RetentionSet:
		r.at(e.Programma).policy = &RetentionPolicy{e.ReferenceYear, e.Years, e.Basis, e.RetainUntil(), trace(rec)}
	case domain.HoldPlaced:
		d := r.at(e.Programma)
		d.holds = append(d.holds, Hold{e.Hold, e.Tavolo, e.Reason, e.Reference, trace(rec)})
	case domain.HoldLifted:
		d := r.at(e.Programma)
		d.holds = slices.DeleteFunc(d.holds, func(h Hold) bool { return h.Hold == e.Hold })
	case domain.EvidenceDestroyed:
		r.papers++
	case domain.PersonForgotten:
		r.gone = append(r.gone, removal{e.Person, slices.Clone(e.Keys), e.Reason, e.LegalBasis, e.Override, trace(rec)})
	}
}

func (r *Retention) at(id domain.ProgrammaID) *duty {
	d, ok := r.by[id]
	if !ok {
		d = new(duty)
		r.by[id] = d
	}
	return d
}

// A RetentionPolicy says for how long what a programme rests on has to be kept.
type RetentionPolicy struct {
	ReferenceYear int        `json:"reference_year"`
	Years         int        `json:"years"`
	Basis         string     `json:"basis"`
	RetainUntil   domain.Day `json:"retain_until"` // the last day
	Trace
}

// A Hold forbids to destroy what a programme, or one tavolo, rests on.
type Hold struct {
	Hold      domain.HoldID   `json:"hold"`
	Tavolo    domain.TavoloID `json:"tavolo,omitempty"` // absent: the whole programme
	Reason    string          `json:"reason"`
	Reference string          `json:"reference,omitempty"`
	Trace
}

// A Removal is a person who was forgotten.
type Removal struct {
	Person     domain.PersonID `json:"person"`
	Short      string          `json:"short"`
	Reason     string          `json:"reason"`
	LegalBasis string          `json:"legal_basis"`
	Override   string          `json:"override,omitempty"`
	Trace
}

// An Erasure is what has to be gone of a person who was forgotten.
type Erasure struct {
	Person   domain.PersonID
	Keys     []domain.KeyID
	Position domain.Position // of the fact
}

// Erasures answers what has to be gone by the facts after a position.
func (r *Retention) Erasures(after domain.Position) []Erasure {
	var list []Erasure
	for _, g := range slices.Backward(r.gone) {
		if g.trace.Position <= after {
			break
		}
		list = append(list, Erasure{g.person, slices.Clone(g.keys), g.trace.Position})
	}
	slices.Reverse(list)
	return list
}

// Papers answers how many documents were destroyed.
func (r *Retention) Papers() uint64 { return r.papers }

// NewestBy answers where the newest fact stands, up to a position, that somebody was
// forgotten; 0: nobody was.
func (r *Retention) NewestBy(upTo domain.Position) domain.Position {
	for _, g := range slices.Backward(r.gone) {
		if g.trace.Position <= upTo {
			return g.trace.Position
		}
	}
	return 0
}

// A RemovalQuery asks who was forgotten.
type RemovalQuery struct {
	Limit  int
	Cursor string
}

// RemovalPage is some persons who were forgotten, in the order in which they were.
type RemovalPage struct {
	Items      []Removal `json:"items"`
	Total      int       `json:"total"`
	NextCursor string    `json:"next_cursor,omitempty"`
}

// Forgotten answers who was forgotten, when and why.
func (r *Retention) Forgotten(q RemovalQuery) (RemovalPage, error) {
	size, err := pageSize(q.Limit)
	if err != nil {
		return RemovalPage{}, err
	}
	question := questionID("forgotten")
	after, err := readCursor(q.Cursor, question)
	if err != nil {
		return RemovalPage{}, err
	}
	from := 0
	if after != "" {
		from = 1 + slices.IndexFunc(r.gone, func(g removal) bool { return string(g.person[:]) == after })
	}
	page := RemovalPage{Items: []Removal{}, Total: len(r.gone)}
	rest := r.gone[from:]
	for _, g := range rest[:min(len(rest), size)] {
		page.Items = append(page.Items, Removal{g.person, domain.ShortID(g.person), g.reason, g.basis, g.order, g.trace})
	}
	if size < len(rest) {
		last := rest[size-1].person
		page.NextCursor = newCursor(question, string(last[:]))
	}
	return page, nil
}

// encode implements model.
func (r *Retention) encode(e *encoder) {
	e.uint(r.papers)
	sorted(e, r.by, func(id domain.ProgrammaID, d *duty) {
		e.text(string(id))
		optional(e, d.policy, func(p RetentionPolicy) {
			e.number(p.ReferenceYear)
			e.number(p.Years)
			e.text(p.Basis)
			e.trace(p.Trace)
		})
		list(e, d.holds, func(h Hold) {
			e.uuid(h.Hold)
			e.text(string(h.Tavolo))
			e.text(h.Reason)
			e.text(h.Reference)
			e.trace(h.Trace)
		})
	})
	list(e, r.gone, func(g removal) {
		e.uuid(g.person)
		list(e, g.keys, func(k domain.KeyID) { e.uint(uint64(k)) })
		e.text(g.reason)
		e.text(g.basis)
		e.text(g.order)
		e.trace(g.trace)
	})
}

// decode implements model.
func (r *Retention) decode(d *decoder) {
	r.papers = d.uint()
	r.by = readSorted(d, 3, func() domain.ProgrammaID { return domain.ProgrammaID(d.text()) }, func(domain.ProgrammaID) *duty {
		return &duty{policy: readOptional(d, d.policy), holds: readList(d, 22, d.hold)}
	})
	r.gone = readList(d, 23, func() removal {
		id := d.uuid()
		keys := readList(d, 1, func() domain.KeyID { return domain.KeyID(d.uint()) })
		return removal{id, keys, d.text(), d.text(), d.text(), d.trace()}
	})
}

func (d *decoder) policy() RetentionPolicy {
	fact := domain.RetentionSet{ReferenceYear: d.small(), Years: d.small(), Basis: d.text()}
	return RetentionPolicy{fact.ReferenceYear, fact.Years, fact.Basis, fact.RetainUntil(), d.trace()}
}

func (d *decoder) hold() Hold {
	return Hold{d.uuid(), domain.TavoloID(d.text()), d.text(), d.text(), d.trace()}
}
