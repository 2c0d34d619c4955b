package domain

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// A PersonID is random and says nothing about the person.
type PersonID = uuid.UUID

// PersonaStream is where a person's values lie.
func PersonaStream(p PersonID) Stream { return Stream(CategoryPersona + "-" + p.String()) }

// PersonDescribed records, sealed, what a person gave of himself. It is no fact
// and can be forgotten. A later one supersedes an earlier one.
type PersonDescribed struct {
	Person      PersonID    `json:"person"`
	Key         KeyID       `json:"key"`
	Sealed      []byte      `json:"sealed"`      // AES-256-GCM of the values' JSON
	Context     uuid.UUID   `json:"context"`     // what the salts of the commitments follow from
	Commitments Commitments `json:"commitments"` // as in the facts that speak of these values
}

// Name implements [Event].
func (PersonDescribed) Name() string { return "PersonDescribed" }

var personaEvents = []kind{hot(readDescribed), of[JoinLinkSealed]()}

// A Persona is a person about to be spoken of in a fact: the id, the commitments
// for the fact, and the values on their way into the person's stream.
type Persona struct {
	Person      PersonID
	Commitments Commitments
	join        string // what binds to an address to join, where that is what is said of the person
	batch       *Batch // nil: the values are stored already, or none are given
}

// Batch returns what is to be appended before the fact, or nil where nobody is meant or
// nothing is to be.
func (p *Persona) Batch() *Batch {
	if p == nil {
		return nil
	}
	return p.batch
}

// A Vault seals values and opens them.
type Vault struct {
	Keys Keys
	Log  Log
}

// Introduce seals the values of a person the register does not know yet. The
// person's id follows from the command and from which, so that a repeated
// command speaks of the same person.
func (v Vault) Introduce(ctx context.Context, meta Meta, which string, values Values) (*Persona, error) {
	return v.describe(ctx, meta, DerivedID(meta.Command, "person/"+which), values)
}

// Known returns a person the register knows, with nothing new to say of it.
func Known(p PersonID) *Persona { return &Persona{Person: p} }

// Describe seals new values of a person, which supersede the old ones.
func (v Vault) Describe(ctx context.Context, meta Meta, p PersonID, values Values) (*Persona, error) {
	return v.describe(ctx, meta, p, values)
}

func (v Vault) describe(ctx context.Context, meta Meta, p PersonID, values Values) (*Persona, error) {
	values = values.Trim()
	var c check
	if values.check(&c); c.err() != nil {
		return nil, c.err()
	}
	context := DerivedID(meta.Command, "described/"+p.String())
	last, rev, err := v.last(ctx, p, context)
	switch {
	case err != nil:
		return nil, err
	case last != nil && last.Context == context: // the command is repeated
		return &Persona{Person: p, Commitments: last.Commitments}, nil
	}
	id, key, err := v.keyOf(ctx, last)
	if err != nil {
		return nil, err
	}
	sealed, err := key.seal(p, context, values)
	if err != nil {
		return nil, err
	}
	event := PersonDescribed{p, id, sealed, context, key.commitments(context, values)}
	data, schema, err := Encode(event)
	if err != nil {
		return nil, err
	}
	draft := Draft{ // the id tells it from one that another node seals with another key
		ID: DerivedID(context, fmt.Sprint("key/", id)), Type: event.Name(), Schema: schema, EffectiveAt: meta.Effective(), Actor: meta.Actor,
		Command: meta.Command, Correlation: meta.Correlation, Causation: meta.Causation, Data: data,
	}
	return &Persona{Person: p, Commitments: event.Commitments, batch: &Batch{PersonaStream(p), rev, []Draft{draft}}}, nil
}

// last returns the newest description of a person, or the one of this context.
func (v Vault) last(ctx context.Context, p PersonID, context uuid.UUID) (*PersonDescribed, Revision, error) {
	var last *PersonDescribed
	rev := NoStream
	for rec, err := range Records(ctx, v.Log, PersonaStream(p)) {
		if err != nil {
			return nil, rev, err
		}
		rev = rec.Revision
		d, ok := rec.Event.(PersonDescribed)
		if !ok { // something else that is sealed
			continue
		}
		if last = &d; d.Context == context {
			break
		}
	}
	return last, rev, nil
}

func (v Vault) keyOf(ctx context.Context, last *PersonDescribed) (KeyID, Key, error) {
	if last == nil {
		return v.Keys.Take(ctx)
	}
	key, err := v.Keys.Key(last.Key)
	return last.Key, key, err
}

// Open returns the values of a description.
func (v Vault) Open(d PersonDescribed) (Values, error) {
	key, err := v.Keys.Key(d.Key)
	if err != nil {
		return Values{}, err
	}
	return key.Open(d)
}

// Opens returns what keeps the values that an event holds sealed from being opened,
// and whether it holds any.
func (v Vault) Opens(e Event) (sealed bool, err error) {
	switch e := e.(type) {
	case PersonDescribed:
		_, err = v.Open(e)
	case JoinLinkSealed:
		_, err = v.openLink(e)
	default:
		return false, nil
	}
	return true, err
}

// A Person is how a command names somebody: by id, or by values that are new to
// the register. [Person.Introduce] must have been called before the command is
// carried out.
type Person struct {
	ID *PersonID `json:"person,omitempty"`
	Values
	persona *Persona
}

// ErrUnknownPerson says that a command names a person the register does not know.
var ErrUnknownPerson = invalid("/person", "unknown-person", "there is no such person in the register")

// Introduce finds the person in the vault or seals the values given.
func (p *Person) Introduce(ctx context.Context, v Vault, meta Meta) (err error) {
	if p.ID == nil {
		p.persona, err = v.Introduce(ctx, meta, "of-the-command", p.Values)
		return err
	}
	if !p.Empty() {
		return invalid("/person", "given-twice", "name the person by id or by values, not both")
	}
	last, _, err := v.last(ctx, *p.ID, uuid.Nil)
	gone := false
	if err == nil {
		gone, err = v.forgotten(ctx, *p.ID)
	}
	switch {
	case err != nil:
		return err
	case gone:
		return ErrForgotten
	case last == nil:
		return ErrUnknownPerson
	}
	p.persona = &Persona{Person: *p.ID, Commitments: last.Commitments}
	return nil
}

// Introduced names the person by a persona that is at hand.
func Introduced(p *Persona) Person { return Person{persona: p} }

func (p *Person) personae() []*Persona { return []*Persona{p.persona} }

func (p *Person) id() PersonID {
	if p.persona == nil {
		return uuid.Nil
	}
	return p.persona.Person
}

func (p *Person) commitments() Commitments {
	if p.persona == nil {
		return Commitments{}
	}
	return p.persona.Commitments
}
