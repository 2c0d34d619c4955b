package domain

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// A PersonID is random and says nothing about the person.
type PersonID = uuid.UUID

// PersonaStream is where a person's values lie.
func PersonaStream(p PersonID) Stream { return Stream(CategoryPersona + "-" + p.String()) }

// Values are what a person gave of himself. Facts never hold them: they lie sealed
// in the person's own stream and facts hold commitments to them.
type Values struct {
	GivenName  string `json:"given_name,omitempty"`
	FamilyName string `json:"family_name,omitempty"`
	Email      string `json:"email,omitempty"`
	Phone      string `json:"phone,omitempty"`
	Function   string `json:"function,omitempty"` // what the person is where it comes from: "Segretario Generale"
	Answers    string `json:"answers,omitempty"`  // to the questions of a tavolo, as [AnswersText] writes them
}

// Longest values, in characters.
const (
	MaxName     = 200
	MaxEmail    = 254
	MaxPhone    = 40
	MaxFunction = 300
	MaxAnswers  = 16_000
)

// Trim returns the values without white space at their ends.
func (v Values) Trim() Values {
	for _, s := range []*string{&v.GivenName, &v.FamilyName, &v.Email, &v.Phone, &v.Function, &v.Answers} {
		*s = strings.TrimSpace(*s)
	}
	return v
}

// Empty reports whether nothing is given.
func (v Values) Empty() bool { return v == Values{} }

// Name returns given name and family name as one reads them.
func (v Values) Name() string { return strings.TrimSpace(v.GivenName + " " + v.FamilyName) }

func (v Values) check(c *check) {
	c.that(v.FamilyName != "" || v.GivenName != "", "/family_name", "required", "a name is required")
	line := func(pointer, value string, most int) {
		c.that(utf8.RuneCountInString(value) <= most, pointer, "too-long", "at most %d characters", most)
		c.that(printable(value), pointer, "bad-characters", "has characters that cannot be printed")
	}
	line("/given_name", v.GivenName, MaxName)
	line("/family_name", v.FamilyName, MaxName)
	line("/email", v.Email, MaxEmail)
	line("/phone", v.Phone, MaxPhone)
	line("/function", v.Function, MaxFunction)
	line("/answers", v.Answers, MaxAnswers)
	c.that(v.Email == "" || emailShape(v.Email), "/email", "bad-email", "is not an e-mail address")
}

// printable reports whether text is valid UTF-8 on one line: no control
// characters, no line or paragraph separators. Letters of every alphabet and the
// marks that direct right-to-left text are fine.
func printable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return false
		}
	}
	return true
}

func emailShape(s string) bool {
	local, host, ok := strings.Cut(s, "@")
	return ok && local != "" && len(local) <= 64 && strings.Contains(host, ".") && !strings.ContainsAny(s, " \t<>,;:\"\\()[]") &&
		!strings.Contains(host, "@") && !strings.HasPrefix(host, ".") && !strings.HasSuffix(host, ".")
}

// The groups in which values are committed to, so that one can be shown without another.
const (
	GroupIdentity = "identity" // given_name, family_name
	GroupContact  = "contact"  // email, phone
	GroupFunction = "function" // function
	GroupAnswers  = "answers"  // answers
)

// A part is one group of values in canonical JSON (RFC 8785).
type part struct {
	group  string
	values []byte
}

// parts returns the groups that have a value, in the order of their names.
func (v Values) parts() []part {
	list := make([]part, 0, 4)
	if v.Answers != "" {
		list = append(list, part{GroupAnswers, canonical("answers", v.Answers)})
	}
	if v.Email != "" || v.Phone != "" {
		list = append(list, part{GroupContact, canonical("email", v.Email, "phone", v.Phone)})
	}
	if v.Function != "" {
		list = append(list, part{GroupFunction, canonical("function", v.Function)})
	}
	return append(list, part{GroupIdentity, canonical("family_name", v.FamilyName, "given_name", v.GivenName)})
}

// canonical returns the RFC 8785 JSON of names, which are in order, and texts, which
// are [printable]: nothing but quotes and backslashes needs an escape.
func canonical(pairs ...string) []byte {
	size := 2
	for _, text := range pairs {
		size += len(text) + 8
	}
	dst := make([]byte, 0, size)
	separator := byte('{')
	for i, text := range pairs {
		dst = append(dst, separator, '"')
		for j := range len(text) {
			if text[j] == '"' || text[j] == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, text[j])
		}
		dst = append(dst, '"')
		separator = ','
		if i%2 == 0 {
			separator = ':'
		}
	}
	return append(dst, '}')
}

// Commitments bind a fact to the values it speaks of without telling them: for
// each group that has values, HMAC-SHA-256 with the salt as key over the group's
// canonical JSON, in unpadded base64url.
type Commitments struct {
	Answers  string `json:"answers,omitempty"`
	Contact  string `json:"contact,omitempty"`
	Function string `json:"function,omitempty"`
	Identity string `json:"identity,omitempty"`
}

// Of returns the commitment to a group, or nothing.
func (c Commitments) Of(group string) string {
	if p := c.group(group); p != nil {
		return *p
	}
	return ""
}

func (c *Commitments) group(name string) *string {
	switch name {
	case GroupAnswers:
		return &c.Answers
	case GroupContact:
		return &c.Contact
	case GroupFunction:
		return &c.Function
	case GroupIdentity:
		return &c.Identity
	}
	return nil
}

// Commit returns the commitment to one group of values under a salt.
func Commit(salt, canonicalValues []byte) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write(canonicalValues)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// A Key is what seals a person's values. Destroying it makes every copy of them,
// and every salt, unreadable for good.
type Key struct {
	Seal [32]byte // for AES-256-GCM
	Salt [32]byte // from which the salts of the person's commitments follow
}

// A KeyID names a key. It says nothing about the person.
type KeyID uint64

// Keys holds the keys of persons, apart from the log and from its backups. It is
// safe for concurrent use.
type Keys interface {
	// Take returns a random key nobody had before, durable when it returns.
	Take(ctx context.Context) (KeyID, Key, error)

	// Key returns a key, [ErrKeyDestroyed] if it was destroyed on purpose, or
	// [ErrKeyMissing] if it ought to be there and is not.
	Key(id KeyID) (Key, error)

	// Destroy makes keys unreadable for good; when it returns no file holds them.
	Destroy(ctx context.Context, ids ...KeyID) error
}

// Errors of keys and sealed values.
var (
	ErrKeyDestroyed = &Error{Kind: Refused, Code: "person-forgotten", Text: "the person was forgotten"}
	ErrKeyMissing   = &Error{Kind: Refused, Code: "key-missing", Text: "the key to a person's values is missing"}
	ErrSealBroken   = &Error{Kind: Refused, Code: "seal-broken", Text: "a person's values cannot be opened with their key"}
)

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

var personaEvents = []kind{hot(readDescribed)}

// A salter derives the 256-bit salts of one context from a key. A salt is as good
// as random to whoever lacks the key, and telling one tells nothing of another.
type salter struct {
	mac     hash.Hash
	context uuid.UUID
}

func (k Key) salter(context uuid.UUID) salter {
	return salter{hmac.New(sha256.New, k.Salt[:]), context}
}

// salt returns the salt of one group.
func (s salter) salt(group string) []byte {
	s.mac.Reset()
	s.mac.Write([]byte("tavoli/salt/v1\x00" + group + "\x00"))
	s.mac.Write(s.context[:])
	return s.mac.Sum(nil)
}

// commitments returns the commitments to values in a context.
func (k Key) commitments(context uuid.UUID, v Values) (c Commitments) {
	salts := k.salter(context)
	for _, p := range v.parts() {
		*c.group(p.group) = Commit(salts.salt(p.group), p.values)
	}
	return c
}

func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.Seal[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// nonce follows from the context, which is used once with a key.
func nonce(person PersonID, context uuid.UUID) []byte {
	sum := sha256.Sum256(append(append([]byte("tavoli/nonce/v1"), person[:]...), context[:]...))
	return sum[:12]
}

func (k Key) seal(person PersonID, context uuid.UUID, v Values) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	plainText, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nonce(person, context), plainText, append(person[:], context[:]...)), nil
}

// Open returns the values of a description.
func (k Key) Open(d PersonDescribed) (Values, error) {
	aead, err := k.aead()
	if err != nil {
		return Values{}, err
	}
	plainText, err := aead.Open(nil, nonce(d.Person, d.Context), d.Sealed, append(d.Person[:], d.Context[:]...))
	if err != nil {
		return Values{}, ErrSealBroken
	}
	var v Values
	if err := json.Unmarshal(plainText, &v); err != nil {
		return Values{}, errors.Join(ErrSealBroken, err)
	}
	return v, nil
}

// A Disclosure is what opens one commitment: with Salt as key, HMAC-SHA-256 over
// Values must give Commitment.
type Disclosure struct {
	Group      string          `json:"group"`
	Values     json.RawMessage `json:"values"` // RFC 8785
	Salt       []byte          `json:"salt"`
	Commitment string          `json:"commitment"`
}

// Disclose returns what opens the commitments of a description.
func (k Key) Disclose(d PersonDescribed) ([]Disclosure, error) {
	v, err := k.Open(d)
	if err != nil {
		return nil, err
	}
	salts := k.salter(d.Context)
	var list []Disclosure
	for _, p := range v.parts() {
		list = append(list, Disclosure{p.group, p.values, salts.salt(p.group), d.Commitments.Of(p.group)})
	}
	return list, nil
}

// A Persona is a person about to be spoken of in a fact: the id, the commitments
// for the fact, and the values on their way into the person's stream.
type Persona struct {
	Person      PersonID
	Commitments Commitments
	batch       *Batch // nil: the values are stored already, or none are given
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
	return &Persona{p, event.Commitments, &Batch{PersonaStream(p), rev, []Draft{draft}}}, nil
}

// last returns the newest description of a person, or the one of this context.
func (v Vault) last(ctx context.Context, p PersonID, context uuid.UUID) (*PersonDescribed, Revision, error) {
	var last *PersonDescribed
	rev := NoStream
	for entry, err := range v.Log.ReadStream(ctx, PersonaStream(p), 0) {
		if err != nil {
			return nil, rev, err
		}
		rec, err := entry.Record()
		if err != nil {
			return nil, rev, err
		}
		d, ok := rec.Event.(PersonDescribed)
		if !ok {
			return nil, rev, fmt.Errorf("%s holds a %s", rec.Stream, rec.Type)
		}
		last, rev = &d, rec.Revision
		if d.Context == context {
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

// DescribePerson puts right what the register holds of a person. The facts that
// speak of the person keep their commitments to the older values, which stay
// openable until the person is forgotten.
type DescribePerson struct {
	Persona *Persona `json:"-"`
}

// Batch returns what is to be appended, or nothing if it is there already.
func (c DescribePerson) Batch() []Batch {
	if c.Persona == nil || c.Persona.batch == nil {
		return nil
	}
	return []Batch{*c.Persona.batch}
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
