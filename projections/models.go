package projections

import "tavoli/domain"

// Models is every read model. One log feeds them together, so their answers
// always agree with one another. The zero value has seen nothing.
type Models struct{}

// Apply brings every model up to date with one more record. It never fails and
// keeps nothing of rec.Data, which shares memory with a page of the log.
func (m *Models) Apply(rec *domain.Record) {
	for _, p := range m.models() {
		p.apply(rec)
	}
}

// A model is one read model, as the machinery sees it.
type model interface {
	apply(rec *domain.Record)
	encode(e *encoder)
	decode(d *decoder)
}

// A part is a model with its name and the version of its encoded form, which is
// raised whenever the form or the meaning of the model changes.
type part struct {
	name    string
	version int
	model
}

// models lists every model in the order in which records are applied.
func (m *Models) models() []part { return nil }
