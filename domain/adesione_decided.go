package domain

import (
	"cmp"
	"context"

	"github.com/google/uuid"
)

// This file is about what staff decide on schede with which enti ask to join.

// An adesione is what decisions need of a scheda.
type adesione struct {
	requested AdesioneRequested
	state     string // "", "approved" or "refused"
	as        EnteRef
}

// ask notes what becomes of schede. Those of enti that are not registered wait at one
// that never is.
func (n *Ente) ask(e Event) {
	if n.adesioni == nil {
		n.adesioni = make(map[uuid.UUID]adesione)
	}
	switch e := e.(type) {
	case AdesioneRequested:
		n.adesioni[e.Adesione] = adesione{requested: e}
	case AdesioneApproved:
		a := n.adesioni[e.Adesione]
		if a.state = "approved"; e.As != nil {
			a.as = *e.As
		}
		n.adesioni[e.Adesione] = a
	case AdesioneRefused:
		a := n.adesioni[e.Adesione]
		a.state = "refused"
		n.adesioni[e.Adesione] = a
	}
}

// ApproveAdesione accepts a scheda: the ente is a member from a day on, and whom the
// scheda names are its referenti. Of an ente that the register did not know staff say
// which one it is; [EnrolEnte] makes it a member. Doing it twice changes nothing.
type ApproveAdesione struct {
	Ente     EnteRef       `json:"-"`
	Adesione uuid.UUID     `json:"-"`
	From     Day           `json:"from"`   // empty: the day it happened
	Scheda   string        `json:"scheda"` // its reference, as filed
	As       *RegisterEnte `json:"as"`     // which ente it is that the register did not know; it is registered unless it is by now
}

// Stream implements [Command].
func (c ApproveAdesione) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c ApproveAdesione) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.From, "/from", false)
	bad.line(c.Scheda, "/scheda")
	a, ok := n.adesioni[c.Adesione]
	proposed := a.requested.Proposed != nil
	bad.that(!proposed || c.As != nil, "/as", "required", "the register did not know the ente: say which one it is")
	bad.that(proposed || !ok || c.As == nil, "/as", "not-allowed", "the scheda names an ente of the register")
	if proposed && c.As != nil {
		c.As.ref().check(&bad, "/as")
	}
	switch {
	case !ok:
		return nil, ErrNoAdesione
	case bad.err() != nil:
		return nil, bad.err()
	case a.state == "approved" && (c.As == nil || a.as == c.As.ref()):
		return nil, nil
	case a.state != "":
		return nil, ErrAdesioneDone
	case a.requested.Proposed != nil:
		as := c.As.ref()
		return []Event{AdesioneApproved{c.Ente, c.Adesione, &as}}, nil
	}
	return append([]Event{AdesioneApproved{Ente: c.Ente, Adesione: c.Adesione}}, n.enrol(c.Ente, a.requested, c.From, c.Scheda, meta)...), nil
}

// enrol makes an ente a member unless it is one, and those whom a scheda names its
// referenti.
func (n *Ente) enrol(ref EnteRef, r AdesioneRequested, from Day, scheda string, meta Meta) (events []Event) {
	from = cmp.Or(from, DayOf(meta.Effective()))
	if !n.member {
		events = append(events, CoordinamentoJoined{ref, from, scheda})
	}
	for _, r := range r.Referenti {
		if _, appointed := n.referenti[r.Person]; !appointed {
			events = append(events, ReferenteAppointed{ref, r.Person, r.Commitments, max(cmp.Or(r.From, from), from), r.Until})
		}
	}
	return events
}

// OpenAdesione returns a scheda that waits for an answer, or was accepted.
func OpenAdesione(ctx context.Context, x *Executor, ref EnteRef, id uuid.UUID) (r AdesioneRequested, err error) {
	err = Peek(ctx, x, ref.Stream(), func(n *Ente) error {
		a, ok := n.adesioni[id]
		switch {
		case !ok:
			return ErrNoAdesione
		case a.state == "refused":
			return ErrAdesioneDone
		}
		r = a.requested
		return nil
	})
	return r, err
}

// EnrolEnte registers an ente that asked to join before the register knew it, unless it
// does by now, makes it a member, and those whom the scheda names its referenti. Doing
// it twice changes nothing.
type EnrolEnte struct {
	RegisterEnte
	Scheda    string
	From      Day
	Requested AdesioneRequested
}

// Decide implements [Command].
func (c EnrolEnte) Decide(n *Ente, meta Meta) (events []Event, err error) {
	if !n.exists() {
		if events, err = c.RegisterEnte.Decide(n, meta); err != nil {
			return nil, err
		}
	}
	return append(events, n.enrol(c.ref(), c.Requested, c.From, c.Scheda, meta)...), nil
}

// RefuseAdesione says no to a scheda. Doing it twice changes nothing.
type RefuseAdesione struct {
	Ente     EnteRef   `json:"-"`
	Adesione uuid.UUID `json:"-"`
	Reason   string    `json:"reason"`
}

// Stream implements [Command].
func (c RefuseAdesione) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c RefuseAdesione) Decide(n *Ente, _ Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	a, ok := n.adesioni[c.Adesione]
	switch {
	case !ok:
		return nil, ErrNoAdesione
	case bad.err() != nil:
		return nil, bad.err()
	case a.state == "refused":
		return nil, nil
	case a.state != "":
		return nil, ErrAdesioneDone
	}
	return []Event{AdesioneRefused(c)}, nil
}
