package domain

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"
)

// A Capacity is as what a person takes part.
type Capacity string

// The capacities there are.
const (
	AsReferente   Capacity = "referente"
	AsDelegate    Capacity = "delegate"
	AsEnteGestore Capacity = "ente-gestore"
	AsSpeaker     Capacity = "speaker"
	AsStaff       Capacity = "staff"
	AsOther       Capacity = "other"
)

// Capacities lists every capacity, in the order in which they are shown.
var Capacities = []Capacity{AsReferente, AsDelegate, AsEnteGestore, AsSpeaker, AsStaff, AsOther}

// A RegistrationState is what has become of a seat asked for.
type RegistrationState string

// The states of a registration.
const (
	Registered RegistrationState = "registered"
	Waiting    RegistrationState = "waiting"
	Confirmed  RegistrationState = "confirmed"
	Withdrawn  RegistrationState = "withdrawn"
	Rejected   RegistrationState = "refused"
)

// Active reports whether the registration still stands.
func (s RegistrationState) Active() bool {
	return s == Registered || s == Waiting || s == Confirmed
}

// Seated reports whether the registration holds a seat.
func (s RegistrationState) Seated() bool { return s == Registered || s == Confirmed }

// ParticipantRegistered records that a person has a seat.
type ParticipantRegistered struct {
	Tavolo      TavoloID    `json:"tavolo"`
	Participant PersonID    `json:"participant"`
	Commitments Commitments `json:"commitments,omitzero"`
	Ente        *EnteRef    `json:"ente,omitempty"`
	Capacity    Capacity    `json:"capacity"`
	Mode        Mode        `json:"mode"`
}

// ParticipantWaitlisted records that a person waits for a seat, after all who
// wait already.
type ParticipantWaitlisted struct {
	Tavolo      TavoloID    `json:"tavolo"`
	Participant PersonID    `json:"participant"`
	Commitments Commitments `json:"commitments,omitzero"`
	Ente        *EnteRef    `json:"ente,omitempty"`
	Capacity    Capacity    `json:"capacity"`
	Mode        Mode        `json:"mode"`
}

// A PromotionCause is what freed a seat.
type PromotionCause string

// The causes there are.
const (
	ByWithdrawal PromotionCause = "withdrawal"
	ByRefusal    PromotionCause = "refusal"
	ByMode       PromotionCause = "mode-change"
	BySeats      PromotionCause = "more-seats"
)

// WaitlistPromoted records that a person who waited has a seat.
type WaitlistPromoted struct {
	Tavolo      TavoloID       `json:"tavolo"`
	Participant PersonID       `json:"participant"`
	Mode        Mode           `json:"mode"`
	Cause       PromotionCause `json:"cause"`
}

// RegistrationConfirmed records that a seat was confirmed.
type RegistrationConfirmed struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
}

// RegistrationRefused records that staff did not accept a registration.
type RegistrationRefused struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
	Reason      string   `json:"reason"`
}

// ParticipantWithdrawn records that a person does not come after all.
type ParticipantWithdrawn struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
	Reason      string   `json:"reason,omitempty"`
}

// ModeChanged records that a person takes part otherwise. Whoever waits goes to
// the end of the other mode's list unless there is a seat.
type ModeChanged struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
	Mode        Mode     `json:"mode"`
	Was         Mode     `json:"was"`
}

// DelegateSubstituted records that another person takes a seat in somebody's stead.
type DelegateSubstituted struct {
	Tavolo      TavoloID    `json:"tavolo"`
	Participant PersonID    `json:"participant"`
	By          PersonID    `json:"by"`
	Commitments Commitments `json:"commitments,omitzero"`
	Reason      string      `json:"reason,omitempty"`
}

// NoticeAccepted records that a person took note of how personal data are used.
type NoticeAccepted struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
	Notice      string   `json:"notice"` // which version
}

func (ParticipantRegistered) Name() string { return "ParticipantRegistered" }
func (ParticipantWaitlisted) Name() string { return "ParticipantWaitlisted" }
func (WaitlistPromoted) Name() string      { return "WaitlistPromoted" }
func (RegistrationConfirmed) Name() string { return "RegistrationConfirmed" }
func (RegistrationRefused) Name() string   { return "RegistrationRefused" }
func (ParticipantWithdrawn) Name() string  { return "ParticipantWithdrawn" }
func (ModeChanged) Name() string           { return "ModeChanged" }
func (DelegateSubstituted) Name() string   { return "DelegateSubstituted" }
func (NoticeAccepted) Name() string        { return "NoticeAccepted" }

var registrationEvents = []kind{
	hot(readRegistered), hot(readWaitlisted), hot(readPromoted), hot(readConfirmed),
	of[RegistrationRefused](), hot(readWithdrawn), of[ModeChanged](), of[DelegateSubstituted](), hot(readNotice),
}

// A registration is what decisions need of one.
type registration struct {
	ente     *EnteRef
	capacity Capacity
	mode     Mode
	state    RegistrationState
	notice   string
}

// A desk keeps the registrations of a tavolo, who waits in which order, and how
// many seats are taken, so that no decision counts them.
type desk struct {
	by      map[PersonID]*registration
	queues  map[Mode][]PersonID
	taken   map[Mode]int
	held    map[Mode]int // seats that are offered
	offers  map[PersonID]OfferMade
	pending map[PersonID]RegistrationPending
	keys    keyBoard
}

func newDesk() desk {
	return desk{
		make(map[PersonID]*registration), make(map[Mode][]PersonID), make(map[Mode]int),
		make(map[Mode]int), make(map[PersonID]OfferMade), make(map[PersonID]RegistrationPending), newKeyBoard(),
	}
}

func (d *desk) apply(e Event) {
	switch e := e.(type) {
	case ParticipantRegistered:
		d.enter(e.Participant, registration{e.Ente, e.Capacity, e.Mode, Registered, ""})
	case ParticipantWaitlisted:
		d.enter(e.Participant, registration{e.Ente, e.Capacity, e.Mode, Waiting, ""})
	case WaitlistPromoted:
		d.become(e.Participant, Registered)
	case RegistrationConfirmed:
		d.become(e.Participant, Confirmed)
	case RegistrationRefused:
		d.become(e.Participant, Rejected)
	case ParticipantWithdrawn:
		d.become(e.Participant, Withdrawn)
	case ModeChanged:
		r := *d.by[e.Participant]
		d.become(e.Participant, Withdrawn)
		r.mode = e.Mode
		d.enter(e.Participant, r)
	case DelegateSubstituted:
		d.substitute(e.Participant, e.By)
	case NoticeAccepted:
		d.by[e.Participant].notice = e.Notice
	default:
		d.await(e)
	}
}

// await notes what is asked for, offered, or opened by a secret.
func (d *desk) await(e Event) {
	switch e := e.(type) {
	case RegistrationPending:
		d.enter(e.Participant, registration{e.Ente, e.Capacity, e.Mode, Pending, ""})
		d.pending[e.Participant] = e
	case RegistrationLapsed:
		d.become(e.Participant, Lapsed)
	case OfferMade:
		d.offers[e.Participant] = e
		d.held[e.Mode]++
	case OfferLapsed:
		d.become(e.Participant, Withdrawn)
	default:
		d.keys.apply(e)
	}
}

// enter notes a registration that begins to stand.
func (d *desk) enter(p PersonID, r registration) {
	d.by[p] = &r
	delete(d.pending, p)
	switch {
	case r.state.Seated():
		d.taken[r.mode]++
	case r.state == Waiting:
		d.queues[r.mode] = append(d.queues[r.mode], p)
	}
}

// become gives a registration another state.
func (d *desk) become(p PersonID, state RegistrationState) {
	r := d.by[p]
	delete(d.pending, p)
	if o, ok := d.offers[p]; ok {
		d.held[o.Mode]--
		delete(d.offers, p)
	}
	switch {
	case r.state == Waiting:
		d.queues[r.mode] = slices.DeleteFunc(d.queues[r.mode], func(q PersonID) bool { return q == p })
	case r.state.Seated():
		d.taken[r.mode]--
	}
	if r.state = state; state.Seated() {
		d.taken[r.mode]++
	}
}

// substitute hands a registration with its place in the list to another person.
func (d *desk) substitute(p, by PersonID) {
	r := *d.by[p]
	r.notice = ""
	d.by[by] = &r
	old := r
	old.state = Withdrawn
	d.by[p] = &old
	d.keys.drop(p)
	if o, ok := d.offers[p]; ok {
		delete(d.offers, p)
		o.Participant = by
		d.offers[by] = o
	}
	for i, q := range d.queues[r.mode] {
		if q == p {
			d.queues[r.mode][i] = by
		}
	}
}

func (d *desk) active(p PersonID) bool {
	r, ok := d.by[p]
	return ok && r.state.Active()
}

// Registration returns what has become of a person's registration, if there is
// one, and which place in line it has while it waits, from 1.
func (t *Tavolo) Registration(p PersonID) (state RegistrationState, place int, ok bool) {
	r, ok := t.desk.by[p]
	if !ok {
		return "", 0, false
	}
	queue := t.desk.queues[r.mode]
	for i := len(queue) - 1; i >= 0 && r.state == Waiting; i-- {
		if queue[i] == p {
			return r.state, i + 1, true
		}
	}
	return r.state, 0, true
}

// free returns how many seats of a mode would be free under a limit.
func (t *Tavolo) free(m Mode, limits Seats) int { return t.room(m, limits, 0) }

// room returns how many seats of a mode would be free under a limit if so many more
// were given back.
func (t *Tavolo) room(m Mode, limits Seats, back int) int {
	seats, limited := limits.Of(m)
	if !limited {
		return MaxSeats
	}
	return max(0, seats-t.desk.taken[m]-t.desk.held[m]+back)
}

// upNext gives up to n seats of a mode to those who wait longest, some excepted, or
// offers them where the tavolo asks first.
func (t *Tavolo) upNext(m Mode, n int, cause PromotionCause, meta Meta, except ...PersonID) (events []Event) {
	until := t.offerUntil(meta.At)
	for _, p := range t.desk.queues[m] {
		if len(events) >= n {
			break
		}
		if _, offered := t.desk.offers[p]; offered || slices.Contains(except, p) {
			continue
		}
		if until.IsZero() {
			events = append(events, WaitlistPromoted{t.planned.Tavolo, p, m, cause})
		} else {
			events = append(events, OfferMade{t.planned.Tavolo, p, m, until, cause})
		}
	}
	return events
}

// freed returns who comes next to the seat that somebody is about to leave, or to
// the offer of one.
func (t *Tavolo) freed(p PersonID, cause PromotionCause, meta Meta) []Event {
	r := t.desk.by[p]
	if _, offered := t.desk.offers[p]; !offered && !r.state.Seated() {
		return nil
	}
	return t.upNext(r.mode, min(1, t.room(r.mode, t.seats, 1)), cause, meta, p)
}

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

// WithdrawParticipant takes a registration back; whoever waits longest gets the
// seat. Doing it twice changes nothing.
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
	case !r.state.Active():
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
		events = append(events, SecretIssued{c.Tavolo, c.id(), c.Issue, c.SHA256})
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
