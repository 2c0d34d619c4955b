package domain

import (
	"cmp"
	"context"
)

// GestoreEntrusted records that a third-sector body runs SAI projects for an ente.
type GestoreEntrusted struct {
	Ente    EnteRef `json:"ente"`
	Gestore EnteRef `json:"gestore"`
	Project string  `json:"project,omitempty"`
	From    Day     `json:"from"`
	Until   Day     `json:"until,omitempty"`
}

// GestoreReleased records the end of such a trust.
type GestoreReleased struct {
	Ente    EnteRef `json:"ente"`
	Gestore EnteRef `json:"gestore"`
	Project string  `json:"project,omitempty"`
	On      Day     `json:"on"`
	Reason  string  `json:"reason,omitempty"`
}

func (GestoreEntrusted) Name() string { return "GestoreEntrusted" }
func (GestoreReleased) Name() string  { return "GestoreReleased" }

// trust names what a gestore was entrusted with.
type trust struct {
	gestore EnteRef
	project string
}

// EntrustGestore records who runs a SAI project for an ente. Repeating it changes nothing.
type EntrustGestore struct {
	Ente    EnteRef `json:"-"`
	Gestore EnteRef `json:"gestore"`
	Project string  `json:"project"`
	From    Day     `json:"from"`
	Until   Day     `json:"until"`

	found bool
}

// Stream implements [Command].
func (c *EntrustGestore) Stream() Stream { return c.Ente.Stream() }

// Consult asks whether the gestore is registered.
func (c *EntrustGestore) Consult(ctx context.Context, x *Executor, _ *Ente) (err error) {
	if c.Gestore.Kind != EnteGestore || c.Ente.Kind == EnteGestore { // refused anyway; asking could lock two enti crosswise
		return nil
	}
	c.found, err = x.enteExists(ctx, c.Gestore)
	return err
}

// Decide implements [Command].
func (c *EntrustGestore) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	c.Gestore.check(&bad, "/gestore")
	bad.that(c.Gestore.Kind == EnteGestore || len(bad.fields) > 0, "/gestore/kind", "not-a-gestore", "must be an ente-gestore")
	bad.that(c.Ente.Kind != EnteGestore, "/gestore", "is-a-gestore", "an ente gestore entrusts nobody")
	bad.line(c.Project, "/project")
	bad.day(c.From, "/from", false)
	bad.day(c.Until, "/until", false)
	bad.known(c.found, "/gestore")
	from := cmp.Or(c.From, DayOf(meta.Effective()))
	bad.that(c.Until == "" || c.Until >= from, "/until", "ends-before-start", "is before it begins")
	_, entrusted := n.gestori[trust{c.Gestore, c.Project}]
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case entrusted:
		return nil, nil
	}
	return []Event{GestoreEntrusted{c.Ente, c.Gestore, c.Project, from, c.Until}}, nil
}

// ReleaseGestore ends such a trust.
type ReleaseGestore struct {
	Ente    EnteRef `json:"-"`
	Gestore EnteRef `json:"gestore"`
	Project string  `json:"project"`
	On      Day     `json:"on"`
	Reason  string  `json:"reason"`
}

// Stream implements [Command].
func (c ReleaseGestore) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c ReleaseGestore) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.On, "/on", false)
	bad.text(c.Reason, "/reason", MaxText)
	_, entrusted := n.gestori[trust{c.Gestore, c.Project}]
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case !entrusted:
		return nil, ErrNotGestore
	}
	return []Event{GestoreReleased{c.Ente, c.Gestore, c.Project, cmp.Or(c.On, DayOf(meta.Effective())), c.Reason}}, nil
}
