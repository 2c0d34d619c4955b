package projections

import (
	"tavoli/domain"
)

// Trail answers: what did somebody do, and what was recorded on a day?
type Trail struct {
	actors map[domain.Actor]*postings
	days   map[domain.Day]*postings
}

type postings struct{}

func newTrail() Trail {
	return Trail{make(map[domain.Actor]*postings), make(map[domain.Day]*postings)}
}

// apply implements model.
func (t *Trail) apply(rec *domain.Record) {}

func (t *Trail) encode(e *encoder) {}
func (t *Trail) decode(d *decoder) {}
