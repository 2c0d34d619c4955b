package domain

import (
	"context"

	"github.com/google/uuid"
)

// GuestsCounted records how many people came who had not registered, without
// inventing persons. A later count of the same mode replaces it.
type GuestsCounted struct {
	Tavolo TavoloID `json:"tavolo"`
	Mode   Mode     `json:"mode"`
	Count  int      `json:"count"`
	Source Source   `json:"source"`
	Note   string   `json:"note,omitempty"`
}

func (GuestsCounted) Name() string { return "GuestsCounted" }

// CountGuests records how many came who had not registered. The same count twice
// changes nothing.
type CountGuests struct {
	Tavolo TavoloID `json:"-"`
	Mode   Mode     `json:"mode"`
	Count  int      `json:"count"`
	Source Source   `json:"source"`
	Note   string   `json:"note"`

	tavolo view
}

// Stream implements [Command].
func (c *CountGuests) Stream() Stream { return c.Tavolo.Presenze() }

// Consult looks at the tavolo.
func (c *CountGuests) Consult(ctx context.Context, x *Executor, _ *Presenze) error {
	return c.tavolo.lookFor(ctx, x, c.Tavolo, uuid.Nil, c.Mode)
}

// Decide implements [Command].
func (c *CountGuests) Decide(p *Presenze, _ Meta) ([]Event, error) {
	var bad check
	oneOf(&bad, c.Mode, "/mode", InPresence, Online)
	bad.that(c.Count >= 0 && c.Count <= MaxSeats, "/count", "out-of-range", "must be 0 to %d", MaxSeats)
	oneOf(&bad, c.Source, "/source", FromDesk, FromSheet, FromPlatform, FromStatement)
	bad.text(c.Note, "/note", MaxText)
	fact := GuestsCounted{c.Tavolo, c.Mode, c.Count, c.Source, c.Note}
	switch {
	case c.tavolo.takes() != nil:
		return nil, c.tavolo.takes()
	case bad.err() != nil:
		return nil, bad.err()
	case !c.tavolo.hosts:
		return nil, ErrModeNotHeld
	case p.guests[c.Mode] == fact:
		return nil, nil
	}
	return []Event{fact}, nil
}
