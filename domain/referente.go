package domain

import "cmp"

// ReferenteAppointed records that a person speaks for an ente.
type ReferenteAppointed struct {
	Ente        EnteRef     `json:"ente"`
	Person      PersonID    `json:"person"`
	Commitments Commitments `json:"commitments,omitzero"`
	From        Day         `json:"from"`
	Until       Day         `json:"until,omitempty"`
}

// ReferenteRelieved records that a person speaks for an ente no longer.
type ReferenteRelieved struct {
	Ente   EnteRef  `json:"ente"`
	Person PersonID `json:"person"`
	On     Day      `json:"on"`
	Reason string   `json:"reason,omitempty"`
}

func (ReferenteAppointed) Name() string { return "ReferenteAppointed" }
func (ReferenteRelieved) Name() string  { return "ReferenteRelieved" }

// AppointReferente names a person who speaks for an ente. There may be several.
type AppointReferente struct {
	Ente EnteRef `json:"-"`
	Person
	From  Day `json:"from"`
	Until Day `json:"until"`
}

// Stream implements [Command].
func (c *AppointReferente) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c *AppointReferente) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.From, "/from", false)
	bad.day(c.Until, "/until", false)
	from := cmp.Or(c.From, DayOf(meta.Effective()))
	bad.that(c.Until == "" || c.Until >= from, "/until", "ends-before-start", "is before it begins")
	_, appointed := n.referenti[c.id()]
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case appointed:
		return nil, ErrReferente
	}
	return []Event{ReferenteAppointed{c.Ente, c.id(), c.commitments(), from, c.Until}}, nil
}

// RelieveReferente ends an appointment.
type RelieveReferente struct {
	Ente   EnteRef  `json:"-"`
	Person PersonID `json:"-"`
	On     Day      `json:"on"`
	Reason string   `json:"reason"`
}

// Stream implements [Command].
func (c RelieveReferente) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c RelieveReferente) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.On, "/on", false)
	bad.text(c.Reason, "/reason", MaxText)
	on := cmp.Or(c.On, DayOf(meta.Effective()))
	appointed, ok := n.referenti[c.Person]
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case !ok:
		return nil, ErrNoReferente
	case on < appointed.From:
		return nil, ErrBeforeJoined
	}
	return []Event{ReferenteRelieved{c.Ente, c.Person, on, c.Reason}}, nil
}
