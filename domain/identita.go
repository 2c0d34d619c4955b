package domain

// IdentitaStream is where facts about a person lie that hold no values.
func IdentitaStream(p PersonID) Stream { return Stream(CategoryIdentita + "-" + p.String()) }

// PersonRectified records that the values held of a person were put right.
type PersonRectified struct {
	Person      PersonID    `json:"person"`
	Commitments Commitments `json:"commitments,omitzero"`
	Reason      string      `json:"reason"`
}

// PersonsLinked records that somebody found two persons of the register to be one.
type PersonsLinked struct {
	Person PersonID `json:"person"`
	As     PersonID `json:"as"` // who stands for both from now on
	Reason string   `json:"reason"`
}

// PersonsUnlinked records that they are two after all.
type PersonsUnlinked struct {
	Person PersonID `json:"person"`
	As     PersonID `json:"as"`
	Reason string   `json:"reason"`
}

func (PersonRectified) Name() string { return "PersonRectified" }
func (PersonsLinked) Name() string   { return "PersonsLinked" }
func (PersonsUnlinked) Name() string { return "PersonsUnlinked" }

var identitaEvents = []kind{of[PersonRectified](), of[PersonsLinked](), of[PersonsUnlinked](), of[PersonForgotten]()}

// Identita is what decisions need of the facts about a person.
type Identita struct {
	as        PersonID
	forgotten bool
}

// Apply implements [State].
func (i *Identita) Apply(e Event) {
	switch e := e.(type) {
	case PersonsLinked:
		i.as = e.As
	case PersonsUnlinked:
		i.as = PersonID{}
	case PersonForgotten:
		i.forgotten = true
	}
}

// Refusals of commands on persons.
var (
	ErrLinked    = &Error{Kind: Refused, Code: "already-linked", Text: "the person is linked to another already"}
	ErrNotLinked = &Error{Kind: Refused, Code: "not-linked", Text: "the persons are not linked"}
	ErrNoPerson  = &Error{Kind: NotFound, Code: "person-not-found", Text: "there is no such person"}
)

// RectifyPerson puts right the values held of a person. The facts that speak of
// the person keep their commitments to the older values.
type RectifyPerson struct {
	Subject PersonID `json:"-"`
	Values
	Reason string `json:"reason"`

	persona *Persona
}

// Seal seals the new values, which must have been called before it is carried out.
func (c *RectifyPerson) Seal(p *Persona) { c.persona = p }

func (c *RectifyPerson) personae() []*Persona { return []*Persona{c.persona} }

// Stream implements [Command].
func (c *RectifyPerson) Stream() Stream { return IdentitaStream(c.Subject) }

// Decide implements [Command].
func (c *RectifyPerson) Decide(i *Identita, _ Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case i.forgotten:
		return nil, ErrForgotten
	case c.persona == nil:
		return nil, ErrNoPerson
	}
	return []Event{PersonRectified{c.Subject, c.persona.Commitments, c.Reason}}, nil
}

// LinkPersons declares that a person is the same as another. It is a decision of
// people, can be undone, and merges nothing that is stored. Doing it twice
// changes nothing.
type LinkPersons struct {
	Subject PersonID `json:"-"`
	As      PersonID `json:"as"`
	Reason  string   `json:"reason"`
}

// Stream implements [Command].
func (c LinkPersons) Stream() Stream { return IdentitaStream(c.Subject) }

// Decide implements [Command].
func (c LinkPersons) Decide(i *Identita, _ Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	bad.that(c.As != PersonID{} && c.As != c.Subject, "/as", "not-allowed", "must be another person")
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case i.forgotten:
		return nil, ErrForgotten
	case i.as == c.As:
		return nil, nil
	case i.as != PersonID{}:
		return nil, ErrLinked
	}
	return []Event{PersonsLinked{c.Subject, c.As, c.Reason}}, nil
}

// UnlinkPersons undoes it.
type UnlinkPersons struct {
	Subject PersonID `json:"-"`
	As      PersonID `json:"as"`
	Reason  string   `json:"reason"`
}

// Stream implements [Command].
func (c UnlinkPersons) Stream() Stream { return IdentitaStream(c.Subject) }

// Decide implements [Command].
func (c UnlinkPersons) Decide(i *Identita, _ Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case i.as == PersonID{} || i.as != c.As:
		return nil, ErrNotLinked
	}
	return []Event{PersonsUnlinked{c.Subject, c.As, c.Reason}}, nil
}
