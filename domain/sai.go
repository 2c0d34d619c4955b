package domain

import "cmp"

// A SaiCategory is whom a SAI project takes in.
type SaiCategory string

// The categories of the SAI network.
const (
	SaiOrdinari SaiCategory = "ordinari"
	SaiMinori   SaiCategory = "minori"
	SaiDMDS     SaiCategory = "dm-ds" // mental distress or disability
)

// SaiProjectRecorded records a SAI project of an ente and its places.
type SaiProjectRecorded struct {
	Ente     EnteRef     `json:"ente"`
	Project  string      `json:"project"`
	Category SaiCategory `json:"category"`
	Places   int         `json:"places"`
	From     Day         `json:"from"`
	Until    Day         `json:"until,omitempty"`
}

func (SaiProjectRecorded) Name() string { return "SaiProjectRecorded" }

// RecordSaiProject records a SAI project and its places. Recording it again with
// the same figures changes nothing; with others it replaces them.
type RecordSaiProject struct {
	Ente     EnteRef     `json:"-"`
	Project  string      `json:"project"`
	Category SaiCategory `json:"category"`
	Places   int         `json:"places"`
	From     Day         `json:"from"`
	Until    Day         `json:"until"`
}

// Stream implements [Command].
func (c RecordSaiProject) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c RecordSaiProject) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.required(c.Project, "/project")
	oneOf(&bad, c.Category, "/category", SaiOrdinari, SaiMinori, SaiDMDS)
	bad.that(c.Places > 0 && c.Places <= 10_000, "/places", "out-of-range", "must be 1 to 10000")
	bad.day(c.From, "/from", false)
	bad.day(c.Until, "/until", false)
	c.From = cmp.Or(c.From, DayOf(meta.Effective()))
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case n.projects[c.Project] == SaiProjectRecorded(c):
		return nil, nil
	}
	return []Event{SaiProjectRecorded(c)}, nil
}
