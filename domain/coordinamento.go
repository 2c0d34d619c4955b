package domain

import "cmp"

// CoordinamentoJoined records that an ente is a member of the coordinamento from
// a day on.
type CoordinamentoJoined struct {
	Ente   EnteRef `json:"ente"`
	From   Day     `json:"from"`
	Scheda string  `json:"scheda,omitempty"` // reference of the form
}

// CoordinamentoLeft records that an ente is a member no longer.
type CoordinamentoLeft struct {
	Ente   EnteRef `json:"ente"`
	On     Day     `json:"on"`
	Reason string  `json:"reason"`
}

func (CoordinamentoJoined) Name() string { return "CoordinamentoJoined" }
func (CoordinamentoLeft) Name() string   { return "CoordinamentoLeft" }

// JoinCoordinamento makes an ente a member from a day on. Joining again on the
// same day changes nothing.
type JoinCoordinamento struct {
	Ente   EnteRef `json:"-"`
	From   Day     `json:"from"` // empty: the day it happened
	Scheda string  `json:"scheda"`
}

// Stream implements [Command].
func (c JoinCoordinamento) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c JoinCoordinamento) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.From, "/from", false)
	bad.line(c.Scheda, "/scheda")
	from := cmp.Or(c.From, DayOf(meta.Effective()))
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case n.member && n.since == from:
		return nil, nil
	case n.member:
		return nil, ErrMember
	}
	return []Event{CoordinamentoJoined{c.Ente, from, c.Scheda}}, nil
}

// LeaveCoordinamento ends a membership.
type LeaveCoordinamento struct {
	Ente   EnteRef `json:"-"`
	On     Day     `json:"on"`
	Reason string  `json:"reason"`
}

// Stream implements [Command].
func (c LeaveCoordinamento) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c LeaveCoordinamento) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.On, "/on", false)
	bad.reason(c.Reason)
	on := cmp.Or(c.On, DayOf(meta.Effective()))
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case !n.member:
		return nil, ErrNotMember
	case on < n.since:
		return nil, ErrBeforeJoined
	}
	return []Event{CoordinamentoLeft{c.Ente, on, c.Reason}}, nil
}
