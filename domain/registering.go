package domain

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"
)

// admits returns why nobody can register, if so.
func (t *Tavolo) admits() error {
	switch {
	case t.running() != nil:
		return t.running()
	case t.stopped:
		return ErrRegistrationsClosed
	case t.state == Planned && !t.started:
		return ErrTavoloNotConvened
	}
	return nil
}

// standing returns the registration of a person, or why there is none to change.
func (t *Tavolo) standing(p PersonID) (*registration, error) {
	if err := t.running(); err != nil {
		return nil, err
	}
	r, ok := t.desk.by[p]
	if !ok {
		return nil, ErrNoRegistration
	}
	return r, nil
}

// Refusals of commands on registrations.
var (
	ErrRegistrationsClosed = &Error{Kind: Refused, Code: "registrations-closed", Text: "registrations are closed"}
	ErrNoRegistration      = &Error{Kind: NotFound, Code: "registration-not-found", Text: "the person is not registered for the tavolo"}
	ErrRegistered          = &Error{Kind: Refused, Code: "already-registered", Text: "the person is registered already, otherwise"}
	ErrNotActive           = &Error{Kind: Refused, Code: "registration-ended", Text: "the registration was withdrawn or refused"}
	ErrOnWaitingList       = &Error{Kind: Refused, Code: "registration-waiting", Text: "the person is waiting for a seat"}
	ErrModeFull            = &Error{Kind: Refused, Code: "mode-full", Text: "no seat is left in that mode"}
	ErrModeNotHeld         = &Error{Kind: Refused, Code: "mode-not-held", Text: "the tavolo is not held in that mode"}
)

// RegisterParticipant gives a person a seat, or a place in the waiting list where
// none is left. Registering twice is the same as registering once.
type RegisterParticipant struct {
	Tavolo      TavoloID  `json:"-"`
	Participant *PersonID `json:"participant"` // whom the register knows already
	Person
	Ente     *EnteRef `json:"ente"`
	Capacity Capacity `json:"capacity"` // empty: delegate of the ente, or other
	Mode     Mode     `json:"mode"`     // empty: as the tavolo is held
	Notice   string   `json:"notice"`   // the version of the privacy notice taken note of

	found bool
}

// Introduce implements the introduction of [Person] under both names of the field.
func (c *RegisterParticipant) Introduce(ctx context.Context, v Vault, meta Meta) error {
	if c.Participant != nil {
		c.ID = c.Participant
	}
	return c.Person.Introduce(ctx, v, meta)
}

// Stream implements [Command].
func (c *RegisterParticipant) Stream() Stream { return c.Tavolo.Stream() }

// Consult asks whether there is such an ente.
func (c *RegisterParticipant) Consult(ctx context.Context, x *Executor, _ *Tavolo) (err error) {
	if c.Ente != nil {
		c.found, err = x.enteExists(ctx, *c.Ente)
	}
	return err
}

// Decide implements [Command].
func (c *RegisterParticipant) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	if err := t.admits(); err != nil {
		return nil, err
	}
	fact, err := c.fact(t)
	if err != nil {
		return nil, err
	}
	if r, ok := t.desk.by[c.id()]; ok && r.state.Active() {
		if r.mode == fact.Mode {
			return nil, nil
		}
		return nil, ErrRegistered
	}
	var events []Event
	if t.free(fact.Mode, t.seats) > 0 {
		events = append(events, fact)
	} else {
		events = append(events, ParticipantWaitlisted(fact))
	}
	if c.Notice != "" {
		events = append(events, NoticeAccepted{c.Tavolo, c.id(), c.Notice})
	}
	return events, nil
}

// fact reads the command into the fact it asks for.
func (c *RegisterParticipant) fact(t *Tavolo) (ParticipantRegistered, error) {
	var bad check
	capacity := cmp.Or(c.Capacity, AsOther)
	if c.Ente != nil {
		capacity = cmp.Or(c.Capacity, AsDelegate)
		c.Ente.check(&bad, "/ente")
		bad.known(c.found, "/ente")
	}
	mode := c.Mode
	if mode == "" && t.mode != Mixed {
		mode = t.mode
	}
	bad.that(c.id() != uuid.Nil, "/participant", "required", "a person is required")
	oneOf(&bad, capacity, "/capacity", Capacities...)
	bad.that(c.Ente != nil || !slices.Contains([]Capacity{AsReferente, AsDelegate, AsEnteGestore}, capacity), "/ente", "required", "a %s speaks for an ente", capacity)
	bad.that(mode != "", "/mode", "required", "the tavolo is mixed: choose in-presence or online")
	if mode != "" {
		oneOf(&bad, mode, "/mode", InPresence, Online)
	}
	bad.line(c.Notice, "/notice")
	switch {
	case bad.err() != nil:
		return ParticipantRegistered{}, bad.err()
	case !t.hosts(mode):
		return ParticipantRegistered{}, ErrModeNotHeld
	}
	return ParticipantRegistered{c.Tavolo, c.id(), c.commitments(), c.Ente, capacity, mode}, nil
}

// ConfirmRegistration confirms a seat. Doing it twice changes nothing.
type ConfirmRegistration struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"-"`
}

// Stream implements [Command].
func (c ConfirmRegistration) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c ConfirmRegistration) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	r, err := t.standing(c.Participant)
	switch {
	case err != nil:
		return nil, err
	case r.state == Confirmed:
		return nil, nil
	case r.state == Waiting:
		return nil, ErrOnWaitingList
	case !r.state.Active():
		return nil, ErrNotActive
	}
	return []Event{RegistrationConfirmed(c)}, nil
}

// RefuseRegistration says no to a registration; whoever waits longest gets the
// seat. Doing it twice changes nothing.
type RefuseRegistration struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"-"`
	Reason      string   `json:"reason"`
}

// Stream implements [Command].
func (c RefuseRegistration) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c RefuseRegistration) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	r, err := t.standing(c.Participant)
	switch {
	case err != nil:
		return nil, err
	case bad.err() != nil:
		return nil, bad.err()
	case r.state == Rejected:
		return nil, nil
	case !r.state.Active():
		return nil, ErrNotActive
	}
	return append([]Event{RegistrationRefused(c)}, t.freed(c.Participant, ByRefusal, meta)...), nil
}

// WithdrawParticipant takes a registration back, or a request whose address is not
// confirmed yet; whoever waits longest gets the seat. Doing it twice changes nothing.
type WithdrawParticipant struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"-"`
	Reason      string   `json:"reason"`
}

// Stream implements [Command].
func (c WithdrawParticipant) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c WithdrawParticipant) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	var bad check
	bad.text(c.Reason, "/reason", MaxText)
	r, err := t.standing(c.Participant)
	switch {
	case err != nil:
		return nil, err
	case bad.err() != nil:
		return nil, bad.err()
	case r.state == Withdrawn:
		return nil, nil
	case !r.state.Active() && r.state != Pending:
		return nil, ErrNotActive
	}
	return append([]Event{ParticipantWithdrawn(c)}, t.freed(c.Participant, ByWithdrawal, meta)...), nil
}

// ChangeMode moves a person to the other mode of a mixed tavolo. Whoever has a
// seat keeps it where the other mode is full; whoever waits goes to the end of
// the other list. Doing it twice changes nothing.
type ChangeMode struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"-"`
	Mode        Mode     `json:"mode"`
}

// Stream implements [Command].
func (c ChangeMode) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c ChangeMode) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	var bad check
	oneOf(&bad, c.Mode, "/mode", InPresence, Online)
	r, err := t.standing(c.Participant)
	switch {
	case err != nil:
		return nil, err
	case bad.err() != nil:
		return nil, bad.err()
	case !r.state.Active():
		return nil, ErrNotActive
	case r.mode == c.Mode:
		return nil, nil
	case !t.hosts(c.Mode):
		return nil, ErrModeNotHeld
	}
	free := t.free(c.Mode, t.seats) > 0
	changed := ModeChanged{c.Tavolo, c.Participant, c.Mode, r.mode}
	switch {
	case r.state == Waiting && free:
		promoted := WaitlistPromoted{c.Tavolo, c.Participant, c.Mode, ByMode}
		return append([]Event{changed, promoted}, t.freed(c.Participant, ByMode, meta)...), nil
	case r.state == Waiting:
		return append([]Event{changed}, t.freed(c.Participant, ByMode, meta)...), nil
	case !free:
		return nil, ErrModeFull
	}
	return append([]Event{changed}, t.freed(c.Participant, ByMode, meta)...), nil
}

// SubstituteDelegate lets another person take somebody's seat, or place in the
// waiting list, for the same ente in the same capacity.
type SubstituteDelegate struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"-"`
	Person
	Reason string `json:"reason"`

	Issue  uuid.UUID `json:"-"` // of the secret that opens the registration from now on, if there is one
	SHA256 string    `json:"-"`
}

// Stream implements [Command].
func (c *SubstituteDelegate) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c *SubstituteDelegate) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.text(c.Reason, "/reason", MaxText)
	r, err := t.standing(c.Participant)
	switch {
	case err != nil:
		return nil, err
	case bad.err() != nil:
		return nil, bad.err()
	case !r.state.Active():
		return nil, ErrNotActive
	case t.desk.active(c.id()):
		return nil, ErrRegistered
	}
	events := []Event{DelegateSubstituted{c.Tavolo, c.Participant, c.id(), c.commitments(), c.Reason}}
	if c.SHA256 != "" {
		events = append(events, SecretIssued{c.Tavolo, c.id(), c.Issue, c.SHA256, false})
	}
	return events, nil
}

// AcceptNotice records that a person took note of how personal data are used.
// Doing it twice changes nothing.
type AcceptNotice struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"-"`
	Notice      string   `json:"notice"`
}

// Stream implements [Command].
func (c AcceptNotice) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c AcceptNotice) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.required(c.Notice, "/notice")
	r, err := t.standing(c.Participant)
	switch {
	case err != nil:
		return nil, err
	case bad.err() != nil:
		return nil, bad.err()
	case r.notice == c.Notice:
		return nil, nil
	}
	return []Event{NoticeAccepted(c)}, nil
}
