package domain

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// PersonForgotten records that the values of a person were destroyed, and why they
// may be. Facts and counts stay. What it asks for, that keys and sealed values go,
// is done after it, and again whenever they turn up out of an older copy.
type PersonForgotten struct {
	Person     PersonID `json:"person"`
	Short      string   `json:"short"` // what stands for the name from now on: "P-7F3A"
	Reason     string   `json:"reason"`
	LegalBasis string   `json:"legal_basis"`
	Override   string   `json:"override,omitempty"` // the order that goes before the duty to keep
	Keys       []KeyID  `json:"keys,omitempty"`     // of the person's values
}

// Name implements [Event].
func (PersonForgotten) Name() string { return "PersonForgotten" }

// ShortID returns what stands for a person whose name is gone: "P-7F3A". It follows
// from the id, of which it is the beginning: two persons may have the same.
func ShortID(p PersonID) string { return "P-" + strings.ToUpper(p.String()[:4]) }

// Refusals of forgetting. Their fields say what exactly is in the way: all of it,
// whichever is the first.
var (
	ErrForgotten   = ErrKeyDestroyed
	ErrInOffice    = &Error{Kind: Refused, Code: "referente-in-office", Text: "the person speaks for an ente and has to be relieved first"}
	ErrLinkedOther = &Error{Kind: Refused, Code: "linked-persons", Text: "others were found to be the same person: forget them together, or unlink them"}
	ErrHold        = &Error{Kind: Refused, Code: "hold-stands", Text: "a hold forbids to destroy what the programma rests on"}
	ErrNoPolicy    = &Error{Kind: Refused, Code: "no-retention-policy", Text: "nobody has said for how long what the programma rests on has to be kept"}
	ErrRetention   = &Error{Kind: Refused, Code: "retention-stands", Text: "what the programma rests on has to be kept for longer"}
)

// Ties are what binds a person to the register, as its read models know it.
type Ties struct {
	Places []Place    // where the person registered, came, spoke or worked
	Enti   []EnteRef  // for which the person was ever appointed to speak
	Linked []PersonID // who was found to be the same person, and was not forgotten
}

// A Place is a tavolo with its programme, if it has one.
type Place struct {
	Tavolo    TavoloID
	Programma ProgrammaID
}

// ForgetPerson destroys what is held of a person. It is refused while the person
// speaks for an ente, and while the retention or a hold of any programme stands in
// whose tavoli the person took part, unless an order goes before that. Whoever is
// in no tavolo of a programme can be forgotten at once. Others who were found to
// be the same person are named by the refusal, or forgotten together. Forgetting
// somebody again changes nothing.
type ForgetPerson struct {
	Subject    PersonID `json:"-"`
	Reason     string   `json:"reason"`
	LegalBasis string   `json:"legal_basis"`
	Override   string   `json:"override"` // reference of an order that goes before the duty to keep
	Linked     bool     `json:"linked"`   // those who were found to be the same person, too

	found   bool
	ties    Ties
	keys    []KeyID
	naming  []string
	offices map[office]Day // until when, if that is known
	keeps   map[ProgrammaID]holding
	bound   []Place // of the ties, those that the retention binds
}

// An office is that somebody speaks for an ente.
type office struct {
	ente   EnteRef
	person PersonID
}

// Find tells the command what it cannot ask other histories for: what binds the
// person to the register, and the keys of the person's values. It must have been
// called before the command is carried out.
func (c *ForgetPerson) Find(ties Ties, keys []KeyID) { c.found, c.ties, c.keys = true, ties, keys }

// Naming tells the command which of its texts name who is to be forgotten. They would
// stay when the person is gone, and are refused.
func (c *ForgetPerson) Naming(pointers ...string) { c.naming = pointers }

// Others returns who is forgotten together with the person.
func (c *ForgetPerson) Others() []PersonID {
	if !c.Linked {
		return nil
	}
	return c.ties.Linked
}

// Stream implements [Command].
func (c *ForgetPerson) Stream() Stream { return IdentitaStream(c.Subject) }

// Consult looks at the enti for which the person speaks, and at the programmes.
func (c *ForgetPerson) Consult(ctx context.Context, x *Executor, _ *Identita) (err error) {
	c.offices, c.keeps = make(map[office]Day), make(map[ProgrammaID]holding)
	for _, ref := range c.ties.Enti {
		err := Peek(ctx, x, ref.Stream(), func(n *Ente) error {
			for _, p := range append(slices.Clone(c.ties.Linked), c.Subject) {
				if e, speaks := n.referenti[p]; speaks && (p == c.Subject || c.Linked) {
					c.offices[office{ref, p}] = e.Until
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, at := range c.ties.Places {
		if _, asked := c.keeps[at.Programma]; asked || at.Programma == "" {
			continue
		}
		err := Peek(ctx, x, at.Programma.Stream(), func(p *Programma) error {
			c.keeps[at.Programma] = p.keep.copy()
			return nil
		})
		if err != nil {
			return err
		}
	}
	c.bound, err = c.binding(ctx, x)
	return err
}

// copy returns what the lane may go on changing.
func (h *holding) copy() holding { return holding{h.policy, maps.Clone(h.holds)} }

// Decide implements [Command].
func (c *ForgetPerson) Decide(i *Identita, meta Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	bad.required(c.LegalBasis, "/legal_basis")
	bad.line(c.Override, "/override")
	for _, pointer := range c.naming {
		bad.that(false, pointer, "names-the-person", "names the person who is to be forgotten, and would stay")
	}
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case i.forgotten:
		return nil, nil
	case !c.found:
		return nil, ErrNoPerson
	}
	if err := c.obstacles(meta.At); err != nil {
		return nil, err
	}
	return []Event{PersonForgotten{c.Subject, ShortID(c.Subject), c.Reason, c.LegalBasis, c.Override, c.keys}}, nil
}

// obstacles returns why the person cannot be forgotten at a moment, with all that
// is in the way.
func (c *ForgetPerson) obstacles(at time.Time) error {
	var o obstacles
	c.inOffice(&o, DayOf(at))
	if !c.Linked {
		for _, p := range c.ties.Linked {
			o.add(ErrLinkedOther, "/people/"+p.String(), ShortID(p))
		}
	}
	if c.Override == "" {
		for _, p := range slices.Sorted(maps.Keys(c.keeps)) {
			keep := c.keeps[p]
			keep.duty(&o, p, c.ties.Places, c.bound, at)
		}
	}
	return o.err()
}

// inOffice notes the enti for which the person speaks still.
func (c *ForgetPerson) inOffice(o *obstacles, today Day) {
	order := func(a, b office) int {
		return cmp.Or(strings.Compare(a.ente.String(), b.ente.String()), strings.Compare(a.person.String(), b.person.String()))
	}
	for _, held := range slices.SortedFunc(maps.Keys(c.offices), order) {
		if until := c.offices[held]; until == "" || until >= today {
			o.add(ErrInOffice, "/enti/"+held.ente.String()+"/referenti/"+held.person.String(), ShortID(held.person))
		}
	}
}

// duty notes why what a programme rests on has to be kept, as far as places go: holds
// cover them all, the retention those to which it is bound.
func (h *holding) duty(o *obstacles, p ProgrammaID, places, bound []Place, at time.Time) {
	pointer := "/programmi/" + string(p)
	holds := slices.Collect(maps.Values(h.holds))
	slices.SortFunc(holds, func(a, b HoldPlaced) int { return strings.Compare(a.Hold.String(), b.Hold.String()) })
	for _, hold := range holds {
		if slices.ContainsFunc(places, hold.covers) {
			o.add(ErrHold, pointer+"/holds/"+hold.Hold.String(), cmp.Or(hold.Reference, hold.Reason))
		}
	}
	switch {
	case !slices.ContainsFunc(bound, func(at Place) bool { return at.Programma == p }):
	case h.policy == nil:
		o.add(ErrNoPolicy, pointer+"/retention", string(p))
	case at.Before(h.policy.RetainUntil().End()):
		o.add(ErrRetention, pointer+"/retention", string(h.policy.RetainUntil()))
	}
}

// covers reports whether the hold is of a place.
func (h HoldPlaced) covers(at Place) bool {
	return at.Programma == h.Programma && (h.Tavolo == "" || h.Tavolo == at.Tavolo)
}

// obstacles gathers what is in the way, by the refusals it causes.
type obstacles struct {
	refusals []*Error
	fields   []Field
}

func (o *obstacles) add(refusal *Error, pointer, detail string) {
	o.refusals = append(o.refusals, refusal)
	o.fields = append(o.fields, Field{pointer, refusal.Code, detail})
}

// err returns the refusal that comes first in the order in which one would go about
// them, with everything that is in the way, or nil.
func (o *obstacles) err() error {
	for _, first := range []*Error{ErrInOffice, ErrLinkedOther, ErrHold, ErrNoPolicy, ErrRetention} {
		if slices.Contains(o.refusals, first) {
			return &Error{Kind: first.Kind, Code: first.Code, Text: first.Text, Fields: o.fields}
		}
	}
	return nil
}

// forgotten reports whether a person was forgotten.
func (v Vault) forgotten(ctx context.Context, p PersonID) (bool, error) {
	var i Identita
	for rec, err := range Records(ctx, v.Log, IdentitaStream(p)) {
		if err != nil {
			return false, err
		}
		i.Apply(rec.Event)
	}
	return i.forgotten, nil
}

// KeysOf returns the keys under which the values of a person are sealed, without
// repetition. There are none once the values are gone.
func (v Vault) KeysOf(ctx context.Context, p PersonID) (keys []KeyID, err error) {
	for rec, err := range Records(ctx, v.Log, PersonaStream(p)) {
		if err != nil {
			return nil, err
		}
		var key KeyID
		switch e := rec.Event.(type) {
		case PersonDescribed:
			key = e.Key
		case JoinLinkSealed:
			key = e.Key
		default:
			return nil, fmt.Errorf("%s holds a %s", rec.Stream, rec.Type)
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}
