package domain

import (
	"fmt"

	"github.com/google/uuid"
)

// A HoldID names a hold.
type HoldID = uuid.UUID

// RetentionSet records for how long what a programme rests on has to be kept: until
// the end of the year so many years after the reference year. A later one
// supersedes an earlier one.
type RetentionSet struct {
	Programma     ProgrammaID `json:"programma"`
	ReferenceYear int         `json:"reference_year"` // of the accounts, or of the last payment
	Years         int         `json:"years"`
	Basis         string      `json:"basis"` // the rule that says so
}

// RetainUntil returns the last day of the duty: a 31 December.
func (r RetentionSet) RetainUntil() Day {
	return Day(fmt.Sprintf("%04d-12-31", r.ReferenceYear+r.Years))
}

// HoldPlaced records that nothing of a programme, or of one of its tavoli, may be
// destroyed for the time being, whatever the retention says.
type HoldPlaced struct {
	Programma ProgrammaID `json:"programma"`
	Hold      HoldID      `json:"hold"`
	Tavolo    TavoloID    `json:"tavolo,omitempty"` // empty: of the whole programme
	Reason    string      `json:"reason"`
	Reference string      `json:"reference,omitempty"` // of the proceedings, as printed
}

// HoldLifted records that a hold holds no longer.
type HoldLifted struct {
	Programma ProgrammaID `json:"programma"`
	Hold      HoldID      `json:"hold"`
	Reason    string      `json:"reason"`
}

func (RetentionSet) Name() string { return "RetentionSet" }
func (HoldPlaced) Name() string   { return "HoldPlaced" }
func (HoldLifted) Name() string   { return "HoldLifted" }

var retentionEvents = []kind{of[RetentionSet](), of[HoldPlaced](), of[HoldLifted]()}

// holding is what decisions need of the duty to keep.
type holding struct {
	policy *RetentionSet
	holds  map[HoldID]HoldPlaced
}

func (h *holding) apply(e Event) {
	switch e := e.(type) {
	case RetentionSet:
		h.policy = &e
	case HoldPlaced:
		if h.holds == nil {
			h.holds = make(map[HoldID]HoldPlaced)
		}
		h.holds[e.Hold] = e
	case HoldLifted:
		delete(h.holds, e.Hold)
	}
}

// MaxRetention is for how many years something can have to be kept.
const MaxRetention = 50

// Between these years a reference year can be.
const (
	firstReferenceYear = 1990
	lastReferenceYear  = 2149
)

// ErrNoHold says that a programme has no such hold.
var ErrNoHold = &Error{Kind: NotFound, Code: "hold-not-found", Text: "the programma has no such hold"}

// SetRetention says for how long what a programme rests on has to be kept. There is
// no default: while nothing is said, nothing can be forgotten. Saying the same
// again changes nothing.
type SetRetention struct {
	Programma     ProgrammaID `json:"-"`
	ReferenceYear int         `json:"reference_year"`
	Years         *int        `json:"years"`
	Basis         string      `json:"basis"`
}

// Stream implements [Command].
func (c SetRetention) Stream() Stream { return c.Programma.Stream() }

// Decide implements [Command].
func (c SetRetention) Decide(p *Programma, _ Meta) ([]Event, error) {
	var bad check
	bad.that(c.ReferenceYear >= firstReferenceYear && c.ReferenceYear <= lastReferenceYear, "/reference_year", "out-of-range", "must be from %d to %d", firstReferenceYear, lastReferenceYear)
	bad.that(c.Years != nil, "/years", "required", "is required; there is no default")
	bad.that(c.Years == nil || *c.Years >= 0 && *c.Years <= MaxRetention, "/years", "out-of-range", "must be from 0 to %d", MaxRetention)
	bad.required(c.Basis, "/basis")
	switch {
	case !p.exists():
		return nil, ErrNoProgramma
	case bad.err() != nil:
		return nil, bad.err()
	}
	fact := RetentionSet{c.Programma, c.ReferenceYear, *c.Years, c.Basis}
	if p.keep.policy != nil && *p.keep.policy == fact {
		return nil, nil
	}
	return []Event{fact}, nil
}

// PlaceHold forbids to destroy anything of a programme, or of one tavolo, until the
// hold is lifted. The id follows from the command, so that repeating it places one.
type PlaceHold struct {
	Programma ProgrammaID `json:"-"`
	Tavolo    TavoloID    `json:"tavolo"` // empty: the whole programme
	Reason    string      `json:"reason"`
	Reference string      `json:"reference"`
}

// Stream implements [Command].
func (c PlaceHold) Stream() Stream { return c.Programma.Stream() }

// Decide implements [Command].
func (c PlaceHold) Decide(p *Programma, meta Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	bad.line(c.Reference, "/reference")
	bad.that(c.Tavolo == "" || ValidID(string(c.Tavolo)), "/tavolo", "bad-id", "must name a tavolo")
	switch {
	case !p.exists():
		return nil, ErrNoProgramma
	case bad.err() != nil:
		return nil, bad.err()
	}
	return []Event{HoldPlaced{c.Programma, DerivedID(meta.Command, "hold"), c.Tavolo, c.Reason, c.Reference}}, nil
}

// LiftHold ends a hold.
type LiftHold struct {
	Programma ProgrammaID `json:"-"`
	Hold      HoldID      `json:"-"`
	Reason    string      `json:"reason"`
}

// Stream implements [Command].
func (c LiftHold) Stream() Stream { return c.Programma.Stream() }

// Decide implements [Command].
func (c LiftHold) Decide(p *Programma, _ Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	_, stands := p.keep.holds[c.Hold]
	switch {
	case !p.exists():
		return nil, ErrNoProgramma
	case bad.err() != nil:
		return nil, bad.err()
	case !stands:
		return nil, ErrNoHold
	}
	return []Event{HoldLifted(c)}, nil
}
