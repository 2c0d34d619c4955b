package domain

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"strings"

	"github.com/google/uuid"
)

// This file is about enti that ask by themselves to join the coordinamento: the
// scheda names one or more referenti, and staff approve it or say no.

// Limits of schede.
const (
	MaxReferenti = 10  // named by a scheda
	MaxSchede    = 20  // of an ente that wait for an answer
	MaxUnlisted  = 100 // of enti that the register does not know, together
)

// Unlisted is where schede wait of enti that the register does not know. It is never
// registered itself: an ente is made known when staff accept its scheda, so that
// strangers cannot fill the register.
var Unlisted = EnteRef{AltroEnte, "non-in-elenco"}

// A ProposedEnte is an ente that the register does not know, as who speaks for it
// describes it.
type ProposedEnte struct {
	Kind     EnteKind `json:"kind"`
	Official string   `json:"name"`
	Province string   `json:"province,omitempty"`
}

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
	Note      string           `json:"note,omitempty"`     // of schede that came in before notes were sealed
	Proposed  *ProposedEnte    `json:"proposed,omitempty"` // of one that the register did not know
}

// AdesioneApproved records that staff accepted a scheda.
type AdesioneApproved struct {
	Ente     EnteRef   `json:"ente"`
	Adesione uuid.UUID `json:"adesione"`
	As       *EnteRef  `json:"as,omitempty"` // which ente it was, where the register did not know it
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

var adesioneEvents = []kind{
	lifted(1, adesioneRequested1.lift), version[AdesioneRequested](2), lifted(1, adesioneApproved1.lift), version[AdesioneApproved](2), of[AdesioneRefused](),
}

// adesioneRequested1 is a scheda as it was recorded while an ente had to be known.
type adesioneRequested1 struct {
	Ente      EnteRef          `json:"ente"`
	Adesione  uuid.UUID        `json:"adesione"`
	Referenti []NamedReferente `json:"referenti"`
	Notice    string           `json:"notice"`
	Note      string           `json:"note,omitempty"`
}

func (e adesioneRequested1) lift() AdesioneRequested {
	return AdesioneRequested{Ente: e.Ente, Adesione: e.Adesione, Referenti: e.Referenti, Notice: e.Notice, Note: e.Note}
}

// adesioneApproved1 is an approval as it was recorded then.
type adesioneApproved1 struct {
	Ente     EnteRef   `json:"ente"`
	Adesione uuid.UUID `json:"adesione"`
}

func (e adesioneApproved1) lift() AdesioneApproved {
	return AdesioneApproved{Ente: e.Ente, Adesione: e.Adesione}
}

// Refusals of schede.
var (
	ErrNoAdesione      = &Error{Kind: NotFound, Code: "adhesion-not-found", Text: "there is no such request to join"}
	ErrAdesioneDone    = &Error{Kind: Refused, Code: "adhesion-decided", Text: "the request to join was decided already, otherwise"}
	ErrTooManyAdesioni = &Error{Kind: Refused, Code: "too-many-adhesions", Text: "too many requests wait for an answer: try again later"}
)

// AdesioneSecret returns the secret with which whoever sent a scheda sees what became of
// it and prints it. It follows from the installation's key for this purpose.
func AdesioneSecret(key [32]byte, id uuid.UUID) string {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte("tavoli/adhesion/v1\x00"))
	mac.Write(id[:])
	return secretText(mac.Sum(nil))
}

// RequestAdesione asks for an ente to join the coordinamento, or to have more
// referenti in it. An ente that the register does not know is proposed. The note lies
// sealed with the first referente's values: nobody knows what strangers write into it.
type RequestAdesione struct {
	Ente      EnteRef         `json:"ente"`
	Proposed  *ProposedEnte   `json:"proposed"`
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
func (c *RequestAdesione) Stream() Stream { return c.ref().Stream() }

// ref is where the scheda is kept.
func (c *RequestAdesione) ref() EnteRef {
	if c.Proposed != nil {
		return Unlisted
	}
	return c.Ente
}

// noteID is under which question the note of a scheda lies sealed.
const noteID = "nota"

// NoteOf returns the note of a scheda among the answers of its first referente.
func NoteOf(answers string) string {
	for _, a := range ParseAnswers(answers) {
		if a.Question == noteID {
			return a.Answer
		}
	}
	return ""
}

// Introduce seals the values of the referenti.
func (c *RequestAdesione) Introduce(ctx context.Context, v Vault, meta Meta) error {
	people := make([]*Persona, len(c.Referenti))
	for i, r := range c.Referenti {
		values := r.values()
		if note := strings.TrimSpace(c.Note); i == 0 && note != "" {
			values.Answers = AnswersText([]Answer{{noteID, note}})
		}
		p, err := v.Introduce(ctx, meta, pointer("referente", i), values)
		if err != nil {
			return Below(pointer("/referenti", i), err)
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
	if c.Proposed == nil {
		c.Ente.check(&bad, "/ente")
	} else {
		bad.that(c.Ente.IsZero(), "/proposed", "not-allowed", "an ente is named or proposed, not both")
		c.Proposed.check(&bad)
	}
	bad.required(c.Notice, "/notice")
	bad.text(c.Note, "/note", MaxAnswer)
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

func (e ProposedEnte) check(c *check) {
	oneOf(c, e.Kind, "/proposed/kind", EnteKinds...)
	c.required(e.Official, "/proposed/name")
	c.that(e.Province == "" || sigla.MatchString(e.Province), "/proposed/province", "bad-province", "must be two capital letters")
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
	case c.Proposed != nil && open < MaxUnlisted:
		return nil
	case c.Proposed == nil && !n.exists():
		return invalid("/ente", "unknown-ente", "there is no such ente in the register: propose it")
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
	return []Event{AdesioneRequested{Ente: c.ref(), Adesione: DerivedID(meta.Command, "adesione"), Referenti: named, Notice: c.Notice, Proposed: c.proposal()}}, nil
}

// proposal returns the proposed ente as it is recorded.
func (c *RequestAdesione) proposal() *ProposedEnte {
	if c.Proposed == nil {
		return nil
	}
	p := *c.Proposed
	p.Official = strings.TrimSpace(p.Official)
	return &p
}
