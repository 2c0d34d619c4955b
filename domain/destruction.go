package domain

import "context"

// EvidenceDestroyed records that the file of a document was destroyed, and why it may
// be. That it was filed, under which hash, and what rests on it stays.
type EvidenceDestroyed struct {
	Tavolo     TavoloID `json:"tavolo"`
	SHA256     string   `json:"sha256"`
	Reason     string   `json:"reason"`
	LegalBasis string   `json:"legal_basis"`
	Override   string   `json:"override,omitempty"` // the order that went before the duty to keep
}

// Name implements [Event].
func (EvidenceDestroyed) Name() string { return "EvidenceDestroyed" }

// ErrEvidenceGone says that a document was destroyed.
var ErrEvidenceGone = &Error{Kind: Refused, Code: "evidence-destroyed", Text: "the document was destroyed; its hash stays"}

// DestroyEvidence destroys the file of a document that was filed for a tavolo. It is
// refused while the retention or a hold of the tavolo's programme stands, unless an
// order goes before that. The file goes when no tavolo needs it any longer. Destroying
// it again changes nothing.
type DestroyEvidence struct {
	Tavolo     TavoloID `json:"-"`
	SHA256     string   `json:"-"`
	Reason     string   `json:"reason"`
	LegalBasis string   `json:"legal_basis"`
	Override   string   `json:"override"` // reference of an order that goes before the duty to keep

	exists bool
	place  Place
	keep   holding
}

// Stream implements [Command].
func (c *DestroyEvidence) Stream() Stream { return c.Tavolo.Presenze() }

// Consult looks at the tavolo and at its programme.
func (c *DestroyEvidence) Consult(ctx context.Context, x *Executor, _ *Presenze) error {
	err := Peek(ctx, x, c.Tavolo.Stream(), func(t *Tavolo) error {
		c.exists, c.place = t.exists(), Place{c.Tavolo, t.planned.Programma}
		return nil
	})
	if err != nil || c.place.Programma == "" {
		return err
	}
	return Peek(ctx, x, c.place.Programma.Stream(), func(p *Programma) error {
		c.keep = p.keep.copy()
		return nil
	})
}

// Decide implements [Command].
func (c *DestroyEvidence) Decide(p *Presenze, meta Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	bad.required(c.LegalBasis, "/legal_basis")
	bad.line(c.Override, "/override")
	_, filed := p.evidence[c.SHA256]
	switch {
	case !c.exists:
		return nil, ErrNoTavolo
	case bad.err() != nil:
		return nil, bad.err()
	case !filed:
		return nil, ErrUnknownEvidence
	case p.destroyed[c.SHA256]:
		return nil, nil
	}
	var o obstacles
	if c.place.Programma != "" && c.Override == "" {
		c.keep.duty(&o, c.place.Programma, []Place{c.place}, []Place{c.place}, meta.At)
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return []Event{EvidenceDestroyed{c.Tavolo, c.SHA256, c.Reason, c.LegalBasis, c.Override}}, nil
}
