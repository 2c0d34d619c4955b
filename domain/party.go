package domain

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// This file is about people who register by themselves, one or several at once,
// without an account.

// Limits of what is registered at once.
const (
	MaxParty  = 20    // persons
	MaxAnswer = 1_000 // characters of an answer
)

// An Answer is what somebody answers to a question of a tavolo.
type Answer struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// AnswersText writes answers as they lie sealed among a person's values.
func AnswersText(list []Answer) string {
	if len(list) == 0 {
		return ""
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "" // texts can always be written
	}
	return string(text)
}

// ParseAnswers reads what [AnswersText] writes; what is none is no answer.
func ParseAnswers(text string) (list []Answer) {
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}

// An Attendee is one of those who register together.
type Attendee struct {
	GivenName  string   `json:"given_name"`
	FamilyName string   `json:"family_name"`
	Email      string   `json:"email,omitempty"`
	Phone      string   `json:"phone,omitempty"`
	Function   string   `json:"function,omitempty"`
	Capacity   Capacity `json:"capacity,omitempty"` // empty: as in the request of the first, or as the rules have it
	Mode       Mode     `json:"mode,omitempty"`     // empty: as the tavolo is held
	Answers    []Answer `json:"answers,omitempty"`
}

func (a Attendee) values() Values {
	return Values{a.GivenName, a.FamilyName, a.Email, a.Phone, a.Function, AnswersText(given(a.Answers))}.Trim()
}

// given leaves out questions that were not answered.
func given(list []Answer) []Answer {
	return slices.DeleteFunc(slices.Clone(list), func(a Answer) bool { return strings.TrimSpace(a.Answer) == "" })
}

// RegisterParty registers people for a tavolo by themselves: all of them, or nobody.
// Whoever registers is taken at their word: that there is somebody of the same name
// already is told to staff, never to strangers.
type RegisterParty struct {
	Tavolo     TavoloID   `json:"-"`
	Ente       *EnteRef   `json:"ente"`
	People     []Attendee `json:"people"`
	Notice     string     `json:"notice"`     // the version of the privacy notice that was accepted
	Invitation string     `json:"invitation"` // the secret of an ente's invitation to its enti gestori

	// Secret makes the secret of one of them, which is issued with the registration.
	Secret func(issue uuid.UUID) string `json:"-"`

	found  bool
	people []*Persona
}

// Stream implements [Command].
func (c *RegisterParty) Stream() Stream { return c.Tavolo.Stream() }

// Consult asks whether there is such an ente.
func (c *RegisterParty) Consult(ctx context.Context, x *Executor, _ *Tavolo) (err error) {
	if c.Ente != nil {
		c.found, err = x.enteExists(ctx, *c.Ente)
	}
	return err
}

// Introduce seals the values of everybody.
func (c *RegisterParty) Introduce(ctx context.Context, v Vault, meta Meta) error {
	people := make([]*Persona, len(c.People))
	for i, a := range c.People {
		p, err := v.Introduce(ctx, meta, pointer("party", i), a.values())
		if err != nil {
			return Below(pointer("/people", i), err)
		}
		people[i] = p
	}
	c.people = people
	return nil
}

// Below returns the faults of a thing as those of a part.
func Below(at string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	other := *e
	other.Fields = slices.Clone(e.Fields)
	for i := range other.Fields {
		other.Fields[i].Pointer = at + other.Fields[i].Pointer
	}
	return &other
}

func (c *RegisterParty) personae() []*Persona { return c.people }

// Ready returns why the party cannot be registered as things stand, so that nobody's
// values are sealed in vain. It is asked before anybody is introduced.
func (c *RegisterParty) Ready(ctx context.Context, x *Executor, meta Meta) error {
	if err := c.Consult(ctx, x, nil); err != nil {
		return err
	}
	return Peek(ctx, x, c.Stream(), func(t *Tavolo) error {
		_, err := c.facts(t, meta)
		return err
	})
}

// Decide implements [Command].
func (c *RegisterParty) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	facts, err := c.facts(t, meta)
	switch {
	case err != nil:
		return nil, err
	case len(c.people) != len(facts):
		return nil, ErrNoPerson
	}
	var events []Event
	left := map[Mode]int{InPresence: t.free(InPresence, t.seats), Online: t.free(Online, t.seats)}
	invitation, invited := t.desk.keys.invitations[SecretHash(c.Invitation)]
	for i, fact := range facts {
		p, issue := c.people[i], DerivedID(meta.Command, pointer("secret", i))
		fact.Participant, fact.Commitments = p.Person, p.Commitments
		events = append(events, c.seat(t, fact, left, meta), NoticeAccepted{c.Tavolo, p.Person, c.Notice}, SecretIssued{c.Tavolo, p.Person, issue, SecretHash(c.Secret(issue)), false})
		if invited {
			events = append(events, InvitationFollowed{c.Tavolo, invitation.Invitation, p.Person})
		}
	}
	return events, nil
}

// seat gives one of the party a seat, a place in the waiting list, or a day to
// confirm the address.
func (c *RegisterParty) seat(t *Tavolo, fact ParticipantRegistered, left map[Mode]int, meta Meta) Event {
	left[fact.Mode]--
	switch {
	case t.admission.ConfirmEmail:
		return RegistrationPending{fact.Tavolo, fact.Participant, fact.Commitments, fact.Ente, fact.Capacity, fact.Mode, Truncate(meta.At.Add(PendingTime))}
	case left[fact.Mode] >= 0:
		return fact
	}
	return ParticipantWaitlisted(fact)
}

// facts reads the command into the facts it asks for, without the persons.
func (c *RegisterParty) facts(t *Tavolo, meta Meta) ([]ParticipantRegistered, error) {
	if err := t.welcomes(meta.At); err != nil {
		return nil, err
	}
	ente, err := c.behalf(t, meta)
	if err != nil {
		return nil, err
	}
	var bad check
	bad.required(c.Notice, "/notice")
	bad.that(len(c.People) > 0, "/people", "required", "somebody is required")
	bad.that(len(c.People) <= MaxParty, "/people", "too-many", "at most %d persons", MaxParty)
	if c.Ente != nil && c.Invitation == "" {
		c.Ente.check(&bad, "/ente")
		bad.known(c.found, "/ente")
	}
	if len(c.People) > MaxParty {
		return nil, bad.err()
	}
	facts := make([]ParticipantRegistered, len(c.People))
	for i, a := range c.People {
		facts[i] = c.fact(t, &bad, a, ente, pointer("/people", i))
	}
	return facts, bad.err()
}

// behalf returns for which ente the party comes.
func (c *RegisterParty) behalf(t *Tavolo, meta Meta) (*EnteRef, error) {
	if c.Invitation == "" {
		if t.admission.StaffOnly {
			return nil, ErrStaffOnly
		}
		return c.Ente, nil
	}
	i, err := t.Invitation(SecretHash(c.Invitation), meta.At)
	return &i.Ente, err
}

// fact reads one of the party.
func (c *RegisterParty) fact(t *Tavolo, bad *check, a Attendee, ente *EnteRef, at string) ParticipantRegistered {
	var own check
	v := a.values()
	v.check(&own)
	own.that(v.Email != "" || !t.admission.ConfirmEmail, "/email", "required", "an address is required: it is confirmed before the seat counts")
	capacity := cmp.Or(a.Capacity, AsOther)
	if ente != nil {
		capacity = cmp.Or(a.Capacity, AsDelegate)
	}
	if c.Invitation != "" {
		capacity = AsEnteGestore
	}
	oneOf(&own, capacity, "/capacity", AsReferente, AsDelegate, AsEnteGestore, AsOther)
	own.that(ente != nil || capacity == AsOther, "/capacity", "needs-ente", "a %s speaks for an ente: choose it", capacity)
	mode := a.Mode
	if mode == "" && t.mode != Mixed {
		mode = t.mode
	}
	own.that(mode != "", "/mode", "required", "the tavolo is mixed: choose in-presence or online")
	own.that(mode == "" || t.hosts(mode) && mode != Mixed, "/mode", "not-allowed", "the tavolo is not held in that mode")
	own.answers(t.questions, a.Answers)
	for _, f := range own.fields {
		bad.fields = append(bad.fields, Field{at + f.Pointer, f.Code, f.Text})
	}
	return ParticipantRegistered{Tavolo: c.Tavolo, Ente: ente, Capacity: capacity, Mode: mode}
}

// answers checks answers against what is asked.
func (c *check) answers(questions []Question, list []Answer) {
	by := make(map[string]string)
	for i, a := range list {
		at := pointer("/answers", i)
		n := slices.IndexFunc(questions, func(q Question) bool { return q.ID == a.Question })
		_, again := by[a.Question]
		c.that(n >= 0, at+"/question", "not-asked", "the tavolo does not ask this")
		c.that(!again, at+"/question", "given-twice", "is answered twice")
		by[a.Question] = strings.TrimSpace(a.Answer)
		if n >= 0 {
			questions[n].answered(c, by[a.Question], at+"/answer")
		}
	}
	for _, q := range questions {
		c.that(!q.Required || by[q.ID] != "", "/answers/"+q.ID, "required", "an answer is required")
	}
}

func (q Question) answered(c *check, text, at string) {
	c.that(utf8.RuneCountInString(text) <= MaxAnswer, at, "too-long", "at most %d characters", MaxAnswer)
	c.that(printable(text), at, "bad-characters", "has characters that cannot be printed")
	switch {
	case text == "":
	case q.Kind == ChoiceQuestion:
		c.that(slices.Contains(q.Choices, text), at, "not-allowed", "is none of the choices")
	case q.Kind == YesNoQuestion:
		c.that(text == "yes" || text == "no", at, "not-allowed", "must be yes or no")
	}
}

// A Doorway is what a tavolo asks of people who register by themselves.
type Doorway struct {
	Closed error // why nobody can register by themselves; nil: everybody can
	Over   bool  // the tavolo has ended, closed or not
	Mode   Mode
	Free   map[Mode]int // seats of the modes in which they are limited, but for those that are offered
	Admission
	Questions []Question
}

// Doorway answers what registering takes at a moment.
func (t *Tavolo) Doorway(at time.Time) (Doorway, error) {
	if !t.exists() {
		return Doorway{}, ErrNoTavolo
	}
	d := Doorway{t.welcomes(at), t.over(at), t.mode, make(map[Mode]int), t.admission, t.questions}
	for _, m := range []Mode{InPresence, Online} {
		if _, limited := t.seats.Of(m); limited && t.hosts(m) {
			d.Free[m] = t.free(m, t.seats)
		}
	}
	if d.Closed == nil && t.admission.StaffOnly {
		d.Closed = ErrStaffOnly
	}
	return d, nil
}

// welcomes returns why nobody can come by themselves at a moment, if so: what staff may
// still put down when the tavolo is over, the public may not.
func (t *Tavolo) welcomes(at time.Time) error {
	if err := t.admits(); err != nil {
		return err
	}
	if t.over(at) {
		return ErrTavoloOver
	}
	return nil
}

// over reports whether the tavolo has ended by a moment, or its day has where its hours
// are not known.
func (t *Tavolo) over(at time.Time) bool {
	if s := t.schedule.EndsAt; s != nil {
		return !at.Before(*s)
	}
	return DayOf(at) > t.schedule.Day
}

// Carried reports whether a command on a history was carried out before.
func Carried[S State[T], T any](ctx context.Context, x *Executor, s Stream, command uuid.UUID) (bool, error) {
	l, _, err := openLane[S](ctx, x, s)
	if err != nil {
		return false, err
	}
	defer l.mu.Unlock()
	_, ok := l.done[command]
	return ok, nil
}
