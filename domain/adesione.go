package domain

import (
	"cmp"
	"context"

	"github.com/google/uuid"
)

// This file is about enti that ask by themselves to join the coordinamento: the
// scheda names one or more referenti, and staff approve it or say no.

// Limits of schede.
const (
	MaxReferenti = 10 // named by a scheda
	MaxSchede    = 20 // of an ente that wait for an answer
)

// A NamedReferente is a person whom a scheda names to speak for the ente.
type NamedReferente struct {
	Person      PersonID    `json:"person"`
	Commitments Commitments `json:"commitments,omitzero"`
	From        Day         `json:"from,omitempty"` // empty: as soon as it is approved
	Until       Day         `json:"until,omitempty"`
}

// AdesioneRequested records that a scheda came in.
type AdesioneRequested struct {
	Ente      EnteRef          `json:"ente"`
	Adesione  uuid.UUID        `json:"adesione"`
	Referenti []NamedReferente `json:"referenti"`
	Notice    string           `json:"notice"`
	Note      string           `json:"note,omitempty"`
}

// AdesioneApproved records that staff accepted a scheda.
type AdesioneApproved struct {
	Ente     EnteRef   `json:"ente"`
	Adesione uuid.UUID `json:"adesione"`
}

// AdesioneRefused records that staff did not.
type AdesioneRefused struct {
	Ente     EnteRef   `json:"ente"`
	Adesione uuid.UUID `json:"adesione"`
	Reason   string    `json:"reason"`
}

func (AdesioneRequested) Name() string { return "AdesioneRequested" }
func (AdesioneApproved) Name() string  { return "AdesioneApproved" }
func (AdesioneRefused) Name() string   { return "AdesioneRefused" }

var adesioneEvents = []kind{of[AdesioneRequested](), of[AdesioneApproved](), of[AdesioneRefused]()}

// Refusals of schede.
var (
	ErrNoAdesione      = &Error{Kind: NotFound, Code: "adhesion-not-found", Text: "there is no such request to join"}
	ErrAdesioneDone    = &Error{Kind: Refused, Code: "adhesion-decided", Text: "the request to join was decided already, otherwise"}
	ErrTooManyAdesioni = &Error{Kind: Refused, Code: "too-many-adhesions", Text: "too many requests of this ente wait for an answer"}
)

// RequestAdesione asks for an ente to join the coordinamento, or to have more
// referenti in it.
type RequestAdesione struct {
	Ente      EnteRef         `json:"ente"`
	Referenti []ReferenteForm `json:"referenti"`
	Notice    string          `json:"notice"`
	Note      string          `json:"note,omitempty"`

	people []*Persona
}

// A ReferenteForm is a referente as the scheda has it.
type ReferenteForm struct {
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Email      string `json:"email"`
	Phone      string `json:"phone,omitempty"`
	Function   string `json:"function,omitempty"`
	From       Day    `json:"from,omitempty"`
	Until      Day    `json:"until,omitempty"`
}

func (f ReferenteForm) values() Values {
	return Values{GivenName: f.GivenName, FamilyName: f.FamilyName, Email: f.Email, Phone: f.Phone, Function: f.Function}.Trim()
}

// Stream implements [Command].
func (c *RequestAdesione) Stream() Stream { return c.Ente.Stream() }

// Introduce seals the values of the referenti.
func (c *RequestAdesione) Introduce(ctx context.Context, v Vault, meta Meta) error {
	people := make([]*Persona, len(c.Referenti))
	for i, r := range c.Referenti {
		p, err := v.Introduce(ctx, meta, pointer("referente", i), r.values())
		if err != nil {
			return below(pointer("/referenti", i), err)
		}
		people[i] = p
	}
	c.people = people
	return nil
}

func (c *RequestAdesione) personae() []*Persona { return c.people }

// Check returns what is wrong with the scheda whatever the register holds.
func (c *RequestAdesione) Check() error {
	var bad check
	c.Ente.check(&bad, "/ente")
	bad.required(c.Notice, "/notice")
	bad.text(c.Note, "/note", MaxText)
	bad.that(len(c.Referenti) > 0, "/referenti", "required", "at least one referente is required")
	bad.that(len(c.Referenti) <= MaxReferenti, "/referenti", "too-many", "at most %d referenti", MaxReferenti)
	for i, r := range c.Referenti[:min(len(c.Referenti), MaxReferenti)] {
		var own check
		v := r.values()
		v.check(&own)
		own.that(v.Email != "", "/email", "required", "an address is required")
		own.day(r.From, "/from", false)
		own.day(r.Until, "/until", false)
		own.that(r.Until == "" || r.From == "" || r.Until >= r.From, "/until", "ends-before-start", "is before it begins")
		for _, f := range own.fields {
			bad.fields = append(bad.fields, Field{pointer("/referenti", i) + f.Pointer, f.Code, f.Text})
		}
	}
	return bad.err()
}

// Ready returns why the scheda cannot be taken as things stand.
func (c *RequestAdesione) Ready(ctx context.Context, x *Executor) error {
	if err := c.Check(); err != nil {
		return err
	}
	return Peek(ctx, x, c.Stream(), c.taken)
}

func (c *RequestAdesione) taken(n *Ente) error {
	open := 0
	for _, a := range n.adesioni {
		if a.state == "" {
			open++
		}
	}
	switch {
	case !n.exists():
		return invalid("/ente", "unknown-ente", "there is no such ente in the register")
	case open >= MaxSchede:
		return ErrTooManyAdesioni
	}
	return nil
}

// Decide implements [Command].
func (c *RequestAdesione) Decide(n *Ente, meta Meta) ([]Event, error) {
	if err := cmp.Or(c.Check(), c.taken(n)); err != nil {
		return nil, err
	}
	if len(c.people) != len(c.Referenti) {
		return nil, ErrNoPerson
	}
	named := make([]NamedReferente, len(c.Referenti))
	for i, r := range c.Referenti {
		named[i] = NamedReferente{c.people[i].Person, c.people[i].Commitments, r.From, r.Until}
	}
	return []Event{AdesioneRequested{c.Ente, DerivedID(meta.Command, "adesione"), named, c.Notice, c.Note}}, nil
}

// An adesione is what decisions need of a scheda.
type adesione struct {
	requested AdesioneRequested
	state     string // "", "approved" or "refused"
}

// ApproveAdesione accepts a scheda: the ente is a member from a day on, and whom the
// scheda names are its referenti. Doing it twice changes nothing.
type ApproveAdesione struct {
	Ente     EnteRef   `json:"-"`
	Adesione uuid.UUID `json:"-"`
	From     Day       `json:"from"`   // empty: the day it happened
	Scheda   string    `json:"scheda"` // its reference, as filed
}

// Stream implements [Command].
func (c ApproveAdesione) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c ApproveAdesione) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.From, "/from", false)
	bad.line(c.Scheda, "/scheda")
	a, ok := n.adesioni[c.Adesione]
	switch {
	case !ok:
		return nil, ErrNoAdesione
	case bad.err() != nil:
		return nil, bad.err()
	case a.state == "approved":
		return nil, nil
	case a.state != "":
		return nil, ErrAdesioneDone
	}
	from := cmp.Or(c.From, DayOf(meta.Effective()))
	events := []Event{AdesioneApproved{c.Ente, c.Adesione}}
	if !n.member {
		events = append(events, CoordinamentoJoined{c.Ente, from, c.Scheda})
	}
	for _, r := range a.requested.Referenti {
		events = append(events, ReferenteAppointed{c.Ente, r.Person, r.Commitments, max(cmp.Or(r.From, from), from), r.Until})
	}
	return events, nil
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
