package domain

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A LetterID names a letter to one person.
type LetterID = uuid.UUID

// LetterStream names the history of a letter.
func LetterStream(id LetterID) Stream { return Stream(CategoryDelivery + "-" + id.String()) }

// A LetterKind is what a letter is about.
type LetterKind string

// The kinds there are.
const (
	LetterConvocazione   LetterKind = "convocazione"
	LetterConfirmation   LetterKind = "confirmation"
	LetterWaiting        LetterKind = "waiting-list"
	LetterPromotion      LetterKind = "promotion"
	LetterOffer          LetterKind = "offer"
	LetterReminder       LetterKind = "reminder"
	LetterJoinLink       LetterKind = "join-link"
	LetterRescheduled    LetterKind = "change-of-date"
	LetterRectified      LetterKind = "rectification"
	LetterCalledOff      LetterKind = "calling-off"
	LetterThanks         LetterKind = "thanks"
	LetterConfirmAddress LetterKind = "confirm-address"
	LetterWithdrawal     LetterKind = "withdrawal"
	LetterRefusal        LetterKind = "refusal"
	LetterAddressLapsed  LetterKind = "address-lapsed"
	LetterOfferLapsed    LetterKind = "offer-lapsed"
	LetterNewCode        LetterKind = "new-code"
	LetterAdesioneTaken  LetterKind = "adhesion-approved"
	LetterAdesioneNot    LetterKind = "adhesion-refused"
)

// LetterKinds lists every kind, in the order in which they are shown.
var LetterKinds = []LetterKind{
	LetterConvocazione, LetterConfirmAddress, LetterAddressLapsed, LetterConfirmation, LetterNewCode, LetterWaiting, LetterPromotion, LetterOffer, LetterOfferLapsed,
	LetterWithdrawal, LetterRefusal, LetterReminder, LetterJoinLink, LetterRescheduled, LetterRectified, LetterCalledOff, LetterThanks, LetterAdesioneTaken, LetterAdesioneNot,
}

// OfAdesione reports whether letters of the kind are about a request to join the
// coordinamento, and not about a tavolo.
func (k LetterKind) OfAdesione() bool { return k == LetterAdesioneTaken || k == LetterAdesioneNot }

// A LetterAbout is what a letter is about: a tavolo, or an ente's request to join the
// coordinamento.
type LetterAbout struct {
	Tavolo   TavoloID  `json:"tavolo"`
	Ente     EnteRef   `json:"ente,omitzero"`
	Adesione uuid.UUID `json:"adesione,omitzero"`
}

// AtTavolo is about a tavolo.
func AtTavolo(t TavoloID) LetterAbout { return LetterAbout{Tavolo: t} }

func (a LetterAbout) check(kind LetterKind, bad *check) {
	if !kind.OfAdesione() {
		bad.id(string(a.Tavolo), "/tavolo")
		return
	}
	a.Ente.check(bad, "/ente")
	bad.that(a.Adesione != uuid.Nil && a.Tavolo == "", "/adesione", "required", "a request to join is required, and no tavolo")
}

// A LetterState is how far a letter has come.
type LetterState string

// The states of a letter.
const (
	LetterIsQueued  LetterState = "queued"
	LetterIsSending LetterState = "sending" // a dialogue with the relay is under way, or broke off with the program
	LetterIsFailed  LetterState = "failed"  // and is tried again by itself
	LetterIsSent    LetterState = "sent"
	LetterIsParked  LetterState = "parked" // nothing more happens by itself
)

// LetterStates lists every state, in their order.
var LetterStates = []LetterState{LetterIsQueued, LetterIsSending, LetterIsFailed, LetterIsSent, LetterIsParked}

// A LetterFault is why a letter was not sent.
type LetterFault string

// The faults there are.
const (
	FaultRelay       LetterFault = "relay"          // the relay said no for the time being, or went away before it took the letter
	FaultInterrupted LetterFault = "interrupted"    // the program ended before anything could have been sent
	FaultRefused     LetterFault = "refused"        // the relay will not take it, for this recipient at least
	FaultUncertain   LetterFault = "uncertain"      // nobody knows whether the relay has taken it
	FaultTooOften    LetterFault = "too-many-tries" // the relay said no too often
	FaultNoAddress   LetterFault = "no-address"
	FaultForgotten   LetterFault = "forgotten" // the person was forgotten
	FaultNotDue      LetterFault = "not-due"   // what it would say is no longer so
	FaultContent     LetterFault = "content"   // it cannot be written
	FaultBounced     LetterFault = "bounced"   // the relay took it, and it came back
)

// LetterFaults lists every fault.
var LetterFaults = []LetterFault{
	FaultRelay, FaultInterrupted, FaultRefused, FaultUncertain, FaultTooOften, FaultNoAddress, FaultForgotten, FaultNotDue, FaultContent, FaultBounced,
}

// LetterQueued records that a letter to a person is to be sent. It holds neither
// name nor address: both are looked up when it is sent.
type LetterQueued struct {
	Delivery LetterID   `json:"delivery"`
	Kind     LetterKind `json:"kind"`
	LetterAbout
	Person   PersonID  `json:"person"`
	Template int       `json:"template"` // the version of its words; 0: those the program has
	Cause    uuid.UUID `json:"cause"`    // the event, or the command, it was caused by
}

// LetterAttempted records that a dialogue with the relay begins. Where nothing
// follows it nobody knows whether the letter was sent.
type LetterAttempted struct {
	Delivery LetterID  `json:"delivery"`
	Attempt  int       `json:"attempt"` // from 1
	By       uuid.UUID `json:"by"`      // the run of the program that attempts it
}

// LetterSent records that the relay has taken the letter.
type LetterSent struct {
	Delivery LetterID `json:"delivery"`
	Attempt  int      `json:"attempt"`
	Answer   string   `json:"answer,omitempty"` // of the relay, without addresses
}

// LetterFailed records that the letter was not sent, for the time being.
type LetterFailed struct {
	Delivery LetterID    `json:"delivery"`
	Attempt  int         `json:"attempt"`
	Why      LetterFault `json:"why"`
	Answer   string      `json:"answer,omitempty"`
	RetryAt  time.Time   `json:"retry_at"`
}

// LetterParked records that the letter is not sent by itself any more.
type LetterParked struct {
	Delivery LetterID    `json:"delivery"`
	Attempt  int         `json:"attempt,omitempty"`
	Why      LetterFault `json:"why"`
	Answer   string      `json:"answer,omitempty"`
}

// LetterResent records that somebody wants the letter sent again.
type LetterResent struct {
	Delivery LetterID `json:"delivery"`
	Template int      `json:"template"`
	Reason   string   `json:"reason,omitempty"`
}

func (LetterQueued) Name() string    { return "LetterQueued" }
func (LetterAttempted) Name() string { return "LetterAttempted" }
func (LetterSent) Name() string      { return "LetterSent" }
func (LetterFailed) Name() string    { return "LetterFailed" }
func (LetterParked) Name() string    { return "LetterParked" }
func (LetterResent) Name() string    { return "LetterResent" }

var letterEvents = []kind{
	of[LetterQueued](), of[LetterAttempted](), of[LetterSent](), of[LetterFailed](), of[LetterParked](), of[LetterResent](), of[LetterBounced](), of[LetterDelivered](),
	of[TemplateSet](), of[JoinLinkSet](), of[OwnJoinLinkSet](),
}

// Letter is what decisions need of a letter's history.
type Letter struct {
	queued  LetterQueued
	state   LetterState
	why     LetterFault
	attempt int
	resent  int
	arrived bool
	by      uuid.UUID
}

// Apply implements [State].
func (l *Letter) Apply(e Event) {
	switch e := e.(type) {
	case LetterQueued:
		l.queued, l.state = e, LetterIsQueued
	case LetterAttempted:
		l.state, l.attempt, l.by = LetterIsSending, e.Attempt, e.By
	case LetterSent:
		l.state = LetterIsSent
	case LetterFailed:
		l.state = LetterIsFailed
	case LetterParked:
		l.state, l.why = LetterIsParked, e.Why
	case LetterResent:
		l.state, l.resent, l.arrived = LetterIsQueued, l.resent+1, false
	case LetterBounced:
		l.state, l.why = LetterIsParked, FaultBounced
	case LetterDelivered:
		l.state, l.arrived = LetterIsSent, true
	}
}

func (l *Letter) exists() bool { return l.queued.Kind != "" }

// Refusals of commands on letters.
var (
	ErrNoLetter        = &Error{Kind: NotFound, Code: "letter-not-found", Text: "there is no such letter"}
	ErrLetterUnderWay  = &Error{Kind: Refused, Code: "letter-under-way", Text: "the letter is being sent just now, or waits to be"}
	ErrLetterElsewhere = &Error{Kind: Refused, Code: "letter-elsewhere", Text: "somebody else attempted the letter meanwhile"}
)

// LetterFor returns the id of the letter of a kind that something caused to a
// person: the same however often it is asked for.
func LetterFor(cause uuid.UUID, kind LetterKind, person PersonID) LetterID {
	return DerivedID(cause, "letter/"+string(kind)+"/"+person.String())
}

// QueueLetter lets a letter be sent. Whatever the command's id, the same cause
// gives the same letter once.
type QueueLetter struct {
	Kind     LetterKind
	About    LetterAbout
	Person   PersonID
	Template int
	Cause    uuid.UUID
}

// Delivery returns the id of the letter.
func (c QueueLetter) Delivery() LetterID { return LetterFor(c.Cause, c.Kind, c.Person) }

// Stream implements [Command].
func (c QueueLetter) Stream() Stream { return LetterStream(c.Delivery()) }

// Decide implements [Command].
func (c QueueLetter) Decide(l *Letter, _ Meta) ([]Event, error) {
	var bad check
	bad.that(slices.Contains(LetterKinds, c.Kind), "/kind", "not-allowed", "is no kind of letter")
	bad.that(c.Person != uuid.Nil, "/person", "required", "a person is required")
	c.About.check(c.Kind, &bad)
	switch {
	case l.exists():
		return nil, nil
	case bad.err() != nil:
		return nil, bad.err()
	}
	return []Event{LetterQueued{c.Delivery(), c.Kind, c.About, c.Person, c.Template, c.Cause}}, nil
}

// AttemptLetter claims a letter for a dialogue with the relay. Of several nodes
// that try, one succeeds.
type AttemptLetter struct {
	Delivery LetterID
	By       uuid.UUID
}

// Stream implements [Command].
func (c AttemptLetter) Stream() Stream { return LetterStream(c.Delivery) }

// Decide implements [Command].
func (c AttemptLetter) Decide(l *Letter, _ Meta) ([]Event, error) {
	switch {
	case !l.exists():
		return nil, ErrNoLetter
	case l.state != LetterIsQueued && l.state != LetterIsFailed:
		return nil, ErrLetterElsewhere
	}
	return []Event{LetterAttempted{c.Delivery, l.attempt + 1, c.By}}, nil
}

// SettleLetter records what became of an attempt: sent where Why is empty, failed
// where RetryAt is set, parked otherwise. A letter that was never attempted can only
// be parked; it is Attempt 0 then.
type SettleLetter struct {
	Delivery LetterID
	Attempt  int
	Why      LetterFault
	Answer   string
	RetryAt  time.Time
}

// Stream implements [Command].
func (c SettleLetter) Stream() Stream { return LetterStream(c.Delivery) }

// Decide implements [Command].
func (c SettleLetter) Decide(l *Letter, _ Meta) ([]Event, error) {
	answer := relayAnswer(c.Answer)
	waiting := l.state == LetterIsQueued || l.state == LetterIsFailed
	switch {
	case !l.exists():
		return nil, ErrNoLetter
	case c.Attempt == 0 && c.Why != "" && waiting:
		return []Event{LetterParked{c.Delivery, 0, c.Why, answer}}, nil
	case l.state != LetterIsSending || c.Attempt != l.attempt:
		return nil, ErrLetterElsewhere
	case c.Why == "":
		return []Event{LetterSent{c.Delivery, c.Attempt, answer}}, nil
	case !c.RetryAt.IsZero():
		return []Event{LetterFailed{c.Delivery, c.Attempt, c.Why, answer, Truncate(c.RetryAt)}}, nil
	}
	return []Event{LetterParked{c.Delivery, c.Attempt, c.Why, answer}}, nil
}

// maxAnswer is how much of a relay's answer is kept, in characters.
const maxAnswer = 300

// relayAnswer returns what a relay said on one line and without addresses, which
// are personal values.
func relayAnswer(text string) string {
	words := strings.Fields(strings.ToValidUTF8(text, "�"))
	for i, w := range words {
		if strings.Contains(w, "@") {
			words[i] = "‹…›"
		}
	}
	clean := []rune(strings.Map(func(r rune) rune {
		if !printable(string(r)) {
			return -1
		}
		return r
	}, strings.Join(words, " ")))
	return string(clean[:min(len(clean), maxAnswer)])
}

// ResendLetter sends a letter again that was sent, parked or waits to be retried.
type ResendLetter struct {
	Delivery LetterID `json:"-"`
	Template int      `json:"-"`
	Reason   string   `json:"reason"`
}

// Stream implements [Command].
func (c ResendLetter) Stream() Stream { return LetterStream(c.Delivery) }

// Decide implements [Command].
func (c ResendLetter) Decide(l *Letter, _ Meta) ([]Event, error) {
	var bad check
	bad.text(c.Reason, "/reason", MaxText)
	switch {
	case !l.exists():
		return nil, ErrNoLetter
	case bad.err() != nil:
		return nil, bad.err()
	case l.state == LetterIsQueued || l.state == LetterIsSending:
		return nil, ErrLetterUnderWay
	}
	return []Event{LetterResent(c)}, nil
}
