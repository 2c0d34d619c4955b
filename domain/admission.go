package domain

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// This file says how people come to a seat by themselves: whether an address has to
// be confirmed first, whether whoever waits is asked before a seat is theirs, and what
// a tavolo asks of everybody.

// Limits of admission.
const (
	PendingTime   = 24 * time.Hour // within which an address has to be confirmed
	MaxOfferHours = 14 * 24        // for which a seat may be offered
	MaxQuestions  = 20             // that a tavolo asks
	MaxChoices    = 50             // of a question
)

// An Admission is how people come to a seat of a tavolo by themselves.
type Admission struct {
	StaffOnly    bool `json:"staff_only,omitempty"`    // nobody registers but by staff, or on invitation
	ConfirmEmail bool `json:"confirm_email,omitempty"` // a seat counts once the address is confirmed
	OfferHours   int  `json:"offer_hours,omitempty"`   // for how long a seat is offered to whoever waits; 0: it is theirs at once
}

// AdmissionSet records how people come to a seat; a later one replaces it.
type AdmissionSet struct {
	Tavolo TavoloID `json:"tavolo"`
	Admission
}

// A QuestionKind is how a question is answered.
type QuestionKind string

// The kinds there are.
const (
	TextQuestion   QuestionKind = "text"
	ChoiceQuestion QuestionKind = "choice"
	YesNoQuestion  QuestionKind = "yes-no"
)

// A Question is what a tavolo asks of everybody who registers.
type Question struct {
	ID       string       `json:"id"`
	Kind     QuestionKind `json:"kind"`
	Text     string       `json:"text"`
	English  string       `json:"english,omitempty"`
	Required bool         `json:"required,omitempty"`
	Choices  []string     `json:"choices,omitempty"`
}

// QuestionsSet records what a tavolo asks; later ones replace them.
type QuestionsSet struct {
	Tavolo    TavoloID   `json:"tavolo"`
	Questions []Question `json:"questions"`
}

// RegistrationPending records that a person asks for a seat, which counts once the
// address given is confirmed.
type RegistrationPending struct {
	Tavolo      TavoloID    `json:"tavolo"`
	Participant PersonID    `json:"participant"`
	Commitments Commitments `json:"commitments,omitzero"`
	Ente        *EnteRef    `json:"ente,omitempty"`
	Capacity    Capacity    `json:"capacity"`
	Mode        Mode        `json:"mode"`
	Until       time.Time   `json:"until"`
}

// RegistrationLapsed records that nobody confirmed an address in time.
type RegistrationLapsed struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
}

// OfferMade records that a seat is kept for a person who waits, until a moment.
// Taken up, it is a promotion.
type OfferMade struct {
	Tavolo      TavoloID       `json:"tavolo"`
	Participant PersonID       `json:"participant"`
	Mode        Mode           `json:"mode"`
	Until       time.Time      `json:"until"`
	Cause       PromotionCause `json:"cause"`
}

// OfferLapsed records that a person did not take up a seat that was offered. The
// person waits no longer.
type OfferLapsed struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
}

func (AdmissionSet) Name() string        { return "AdmissionSet" }
func (QuestionsSet) Name() string        { return "QuestionsSet" }
func (RegistrationPending) Name() string { return "RegistrationPending" }
func (RegistrationLapsed) Name() string  { return "RegistrationLapsed" }
func (OfferMade) Name() string           { return "OfferMade" }
func (OfferLapsed) Name() string         { return "OfferLapsed" }

var admissionEvents = []kind{
	of[AdmissionSet](), of[QuestionsSet](), of[RegistrationPending](), of[RegistrationLapsed](), of[OfferMade](), of[OfferLapsed](),
}

// States of a registration that holds no place yet, or never did.
const (
	Pending RegistrationState = "pending" // the address is to be confirmed
	Lapsed  RegistrationState = "lapsed"  // it was not
)

// Refusals of coming to a seat by oneself.
var (
	ErrStaffOnly  = &Error{Kind: Refused, Code: "by-staff-only", Text: "the tavolo takes registrations by the secretariat only, or on invitation"}
	ErrTavoloOver = &Error{Kind: Refused, Code: "tavolo-over", Text: "the tavolo is over: nobody registers any longer"}
	ErrLapsed     = &Error{Kind: Refused, Code: "registration-lapsed", Text: "the address was not confirmed in time: register again"}
	ErrNoOffer    = &Error{Kind: Refused, Code: "no-offer", Text: "no seat is offered, or the offer has lapsed"}
)

// SetAdmission says how people come to a seat. Saying it twice changes nothing.
type SetAdmission struct {
	Tavolo TavoloID `json:"-"`
	Admission
}

// Stream implements [Command].
func (c SetAdmission) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c SetAdmission) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.that(c.OfferHours >= 0 && c.OfferHours <= MaxOfferHours, "/offer_hours", "out-of-range", "must be 0 to %d", MaxOfferHours)
	switch {
	case t.running() != nil:
		return nil, t.running()
	case bad.err() != nil:
		return nil, bad.err()
	case t.admission == c.Admission:
		return nil, nil
	}
	return []Event{AdmissionSet(c)}, nil
}

// SetQuestions says what a tavolo asks of everybody who registers from now on.
type SetQuestions struct {
	Tavolo    TavoloID   `json:"-"`
	Questions []Question `json:"questions"`
}

// Stream implements [Command].
func (c SetQuestions) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c SetQuestions) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.that(len(c.Questions) <= MaxQuestions, "/questions", "too-many", "at most %d questions", MaxQuestions)
	seen := make(map[string]bool)
	for i, q := range c.Questions {
		at := pointer("/questions", i)
		q.check(&bad, at)
		bad.that(!seen[q.ID], at+"/id", "given-twice", "is the id of another question, too")
		seen[q.ID] = true
	}
	same := func(a, b Question) bool {
		return a.ID == b.ID && a.Kind == b.Kind && a.Text == b.Text && a.English == b.English && a.Required == b.Required && slices.Equal(a.Choices, b.Choices)
	}
	switch {
	case t.running() != nil:
		return nil, t.running()
	case bad.err() != nil:
		return nil, bad.err()
	case slices.EqualFunc(t.questions, c.Questions, same):
		return nil, nil
	}
	return []Event{QuestionsSet(c)}, nil
}

func (q Question) check(c *check, at string) {
	c.id(q.ID, at+"/id")
	oneOf(c, q.Kind, at+"/kind", TextQuestion, ChoiceQuestion, YesNoQuestion)
	c.required(q.Text, at+"/text")
	c.line(q.English, at+"/english")
	c.that((q.Kind == ChoiceQuestion) == (len(q.Choices) > 0), at+"/choices", "required", "a question of choice has choices, and no other")
	c.that(len(q.Choices) <= MaxChoices, at+"/choices", "too-many", "at most %d choices", MaxChoices)
	for i, choice := range q.Choices {
		c.required(choice, pointer(at+"/choices", i))
	}
}

// AcceptOffer takes up a seat that was offered. Doing it twice changes nothing.
type AcceptOffer struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"-"`
}

// Stream implements [Command].
func (c AcceptOffer) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c AcceptOffer) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	r, err := t.standing(c.Participant)
	o, offered := t.desk.offers[c.Participant]
	switch {
	case err != nil:
		return nil, err
	case r.state.Seated():
		return nil, nil
	case !offered || !meta.At.Before(o.Until):
		return nil, ErrNoOffer
	}
	return []Event{WaitlistPromoted{c.Tavolo, c.Participant, o.Mode, o.Cause}}, nil
}

// ConfirmAddress lets a registration count whose address was confirmed: there is a
// seat, or a place in the waiting list. Doing it twice changes nothing.
type ConfirmAddress struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"-"`
}

// Stream implements [Command].
func (c ConfirmAddress) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c ConfirmAddress) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	r, err := t.standing(c.Participant)
	pending, ok := t.desk.pending[c.Participant]
	switch {
	case err != nil:
		return nil, err
	case r.state == Lapsed, ok && !meta.At.Before(pending.Until):
		return nil, ErrLapsed
	case !ok:
		return nil, nil
	case t.over(meta.At):
		return nil, ErrTavoloOver
	case t.stopped:
		return nil, ErrRegistrationsClosed
	case !t.hosts(pending.Mode):
		return nil, ErrModeNotHeld
	}
	fact := ParticipantRegistered{c.Tavolo, c.Participant, pending.Commitments, pending.Ente, pending.Capacity, pending.Mode}
	if t.free(fact.Mode, t.seats) > 0 {
		return []Event{fact}, nil
	}
	return []Event{ParticipantWaitlisted(fact)}, nil
}

// LapseOverdue ends what was not confirmed or taken up in time; seats that come free
// go to whoever waits next.
type LapseOverdue struct{ Tavolo TavoloID }

// Stream implements [Command].
func (c LapseOverdue) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c LapseOverdue) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	if t.running() != nil {
		return nil, nil
	}
	pending, offers := t.overdue(meta.At)
	var events []Event
	for _, p := range pending[:min(len(pending), MaxPromotions)] {
		events = append(events, RegistrationLapsed{c.Tavolo, p.Participant})
	}
	offers = offers[:min(len(offers), MaxPromotions/2)]
	for _, o := range offers {
		events = append(events, OfferLapsed{c.Tavolo, o.Participant})
	}
	return append(events, t.handOn(offers, meta)...), nil
}

// handOn gives the seats of offers that lapse to whoever waits next.
func (t *Tavolo) handOn(lapsed []OfferMade, meta Meta) (events []Event) {
	for _, m := range []Mode{InPresence, Online} {
		n, cause, ended := 0, BySeats, make([]PersonID, len(lapsed))
		for i, o := range lapsed {
			if ended[i] = o.Participant; o.Mode == m {
				n, cause = n+1, o.Cause
			}
		}
		events = append(events, t.upNext(m, min(n, t.room(m, t.seats, n)), cause, meta, ended...)...)
	}
	return events
}

// Overdue reports whether something waits to lapse at a moment.
func (t *Tavolo) Overdue(at time.Time) bool {
	if !t.exists() || t.running() != nil {
		return false
	}
	pending, offers := t.overdue(at)
	return len(pending)+len(offers) > 0
}

// overdue returns what was not confirmed or taken up by a moment, oldest first.
func (t *Tavolo) overdue(at time.Time) (pending []RegistrationPending, offers []OfferMade) {
	for _, p := range t.desk.pending {
		if !at.Before(p.Until) {
			pending = append(pending, p)
		}
	}
	for _, o := range t.desk.offers {
		if !at.Before(o.Until) {
			offers = append(offers, o)
		}
	}
	slices.SortFunc(pending, func(a, b RegistrationPending) int {
		return cmp.Or(a.Until.Compare(b.Until), bytes.Compare(a.Participant[:], b.Participant[:]))
	})
	slices.SortFunc(offers, func(a, b OfferMade) int {
		return cmp.Or(a.Until.Compare(b.Until), bytes.Compare(a.Participant[:], b.Participant[:]))
	})
	return pending, offers
}

// offerUntil returns until when a seat that comes free is offered; zero: it is given
// at once, which it is where the tavolo begins before anybody could answer.
func (t *Tavolo) offerUntil(at time.Time) time.Time {
	if t.admission.OfferHours == 0 {
		return time.Time{}
	}
	until := at.Add(time.Duration(t.admission.OfferHours) * time.Hour)
	if begins := t.schedule.StartsAt; begins != nil && begins.Before(until) {
		until = *begins
	}
	if until.Before(at.Add(time.Hour)) {
		return time.Time{}
	}
	return Truncate(until)
}
