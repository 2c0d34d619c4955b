package domain

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// A PresenceID names one recorded presence.
type PresenceID = uuid.UUID

// A Source is who or what says that somebody was present.
type Source string

// The sources there are.
const (
	FromDesk      Source = "desk"      // checked in by staff as the person came
	FromSheet     Source = "sheet"     // a signature sheet
	FromPlatform  Source = "platform"  // the report of a video platform
	FromStatement Source = "statement" // a statement of staff, afterwards
	FromSelf      Source = "self"      // the participant's own confirmation
)

// PresenceRecorded records that a person was there from one moment to another.
// Without an end the person is there still.
type PresenceRecorded struct {
	Tavolo      TavoloID   `json:"tavolo"`
	Presence    PresenceID `json:"presence"`
	Participant PersonID   `json:"participant"`
	Mode        Mode       `json:"mode"`
	From        time.Time  `json:"from"`
	To          *time.Time `json:"to,omitempty"` // not included
	Source      Source     `json:"source"`
	Evidence    []string   `json:"evidence,omitempty"` // SHA-256 of what was filed
	Note        string     `json:"note,omitempty"`
}

// PresenceEnded records when a person left.
type PresenceEnded struct {
	Tavolo   TavoloID   `json:"tavolo"`
	Presence PresenceID `json:"presence"`
	To       time.Time  `json:"to"`
}

// PresenceAnnulled records that a presence was recorded wrongly. The record stays.
type PresenceAnnulled struct {
	Tavolo   TavoloID   `json:"tavolo"`
	Presence PresenceID `json:"presence"`
	Reason   string     `json:"reason"`
}

func (PresenceRecorded) Name() string { return "PresenceRecorded" }
func (PresenceEnded) Name() string    { return "PresenceEnded" }
func (PresenceAnnulled) Name() string { return "PresenceAnnulled" }

var presenzeEvents = []kind{
	of[EvidenceFiled](), of[EvidenceDestroyed](), hot(readPresence), hot(readPresenceEnded), of[PresenceAnnulled](), of[GuestsCounted](), of[PresenceValidated](),
}

// A presence is what decisions need of one.
type presence struct {
	PresenceRecorded
	annulled bool
}

// Presenze is what decisions need of who came to a tavolo.
type Presenze struct {
	by        map[PresenceID]*presence
	of        map[PersonID][]*presence
	evidence  map[string]EvidenceFiled
	destroyed map[string]bool
	guests    map[Mode]GuestsCounted
	validated map[PersonID]PresenceValidated // as long as the presences stand as they were judged
}

// Apply implements [State].
func (p *Presenze) Apply(e Event) {
	if p.by == nil {
		p.by = make(map[PresenceID]*presence)
		p.of = make(map[PersonID][]*presence)
		p.evidence = make(map[string]EvidenceFiled)
		p.destroyed = make(map[string]bool)
		p.guests = make(map[Mode]GuestsCounted)
		p.validated = make(map[PersonID]PresenceValidated)
	}
	switch e := e.(type) {
	case EvidenceFiled:
		p.evidence[e.SHA256] = e
	case EvidenceDestroyed:
		p.destroyed[e.SHA256] = true
	case PresenceRecorded:
		r := &presence{PresenceRecorded: e}
		p.by[e.Presence] = r
		p.of[e.Participant] = append(p.of[e.Participant], r)
		delete(p.validated, e.Participant)
	case PresenceEnded:
		r := p.by[e.Presence]
		r.To = &e.To
		delete(p.validated, r.Participant)
	case PresenceAnnulled:
		r := p.by[e.Presence]
		r.annulled = true
		delete(p.validated, r.Participant)
	case GuestsCounted:
		p.guests[e.Mode] = e
	case PresenceValidated:
		p.validated[e.Participant] = e
	}
}

// same returns a presence that says what is to be recorded, if there is one.
func (p *Presenze) same(e PresenceRecorded) bool {
	return slices.ContainsFunc(p.of[e.Participant], func(o *presence) bool {
		ends := o.To == e.To || o.To != nil && e.To != nil && o.To.Equal(*e.To)
		return !o.annulled && o.Mode == e.Mode && o.Source == e.Source && o.From.Equal(e.From) && ends && slices.Equal(o.Evidence, e.Evidence)
	})
}

// here reports whether the person who comes in at the desk is there already, in the
// same mode: at a second desk, or by a second tap.
func (p *Presenze) here(e PresenceRecorded) bool {
	return e.Source == FromDesk && e.To == nil && slices.ContainsFunc(p.of[e.Participant], func(o *presence) bool {
		return !o.annulled && o.To == nil && o.Mode == e.Mode && !o.From.After(e.From)
	})
}

// standing returns a presence that was not annulled.
func (p *Presenze) standing(id PresenceID) (*presence, error) {
	r, ok := p.by[id]
	switch {
	case !ok:
		return nil, ErrNoPresence
	case r.annulled:
		return nil, ErrAnnulled
	}
	return r, nil
}

// Refusals of commands on presences.
var (
	ErrNoPresence      = &Error{Kind: NotFound, Code: "presence-not-found", Text: "there is no such presence"}
	ErrAnnulled        = &Error{Kind: Refused, Code: "presence-annulled", Text: "the presence was annulled"}
	ErrPresenceEnded   = &Error{Kind: Refused, Code: "presence-ended", Text: "the presence has an end already: annul it and record it anew"}
	ErrNotRegistered   = &Error{Kind: Refused, Code: "not-registered", Text: "the person is not registered for the tavolo"}
	ErrPresenceOpen    = &Error{Kind: Refused, Code: "presence-open", Text: "a presence of the person has no end yet"}
	ErrNothingToJudge  = &Error{Kind: Refused, Code: "no-presence", Text: "no presence of the person is recorded"}
	ErrNoRule          = &Error{Kind: Refused, Code: "no-attendance-rule", Text: "the tavolo has no attendance rule"}
	ErrNoHours         = &Error{Kind: Refused, Code: "no-hours", Text: "the tavolo's hours are not known, and its rule is a share of them"}
	ErrUnknownEvidence = &Error{Kind: Refused, Code: "evidence-not-filed", Text: "a document named as evidence was not filed for the tavolo"}
)

// A view is what presences need of their tavolo.
type view struct {
	exists    bool
	calledOff bool
	planned   bool // neither announced nor convened
	schedule  Schedule
	rule      AttendanceRule
	active    bool // the participant's registration stands
	mode      Mode // of the registration
	hosts     bool // the tavolo is held in the mode asked for
}

// look fills in what there is to know of the tavolo.
func (v *view) look(ctx context.Context, x *Executor, id TavoloID) error {
	return v.lookFor(ctx, x, id, uuid.Nil, "")
}

// lookFor looks at the registration of a participant too.
func (v *view) lookFor(ctx context.Context, x *Executor, id TavoloID, p PersonID, m Mode) error {
	return Peek(ctx, x, id.Stream(), func(t *Tavolo) error {
		*v = view{exists: t.exists(), calledOff: t.state == CalledOff, planned: t.state == Planned && !t.started, schedule: t.schedule, rule: t.rule}
		if r, ok := t.desk.by[p]; ok {
			v.active, v.mode = r.state.Active(), r.mode
		}
		if m != "" {
			v.mode = m
		}
		v.hosts = t.hosts(v.mode)
		return nil
	})
}

// takes returns why no presence can be recorded, if so.
func (v *view) takes() error {
	switch {
	case !v.exists:
		return ErrNoTavolo
	case v.calledOff:
		return ErrTavoloCalledOff
	case v.planned:
		return ErrTavoloNotConvened
	}
	return nil
}

// RecordPresence records that a participant was there. Recording the same twice
// counts once; whoever is there still does not come in at the desk once more.
type RecordPresence struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"participant"`
	Mode        Mode     `json:"mode"` // empty: as registered
	From        Moment   `json:"from"`
	To          Moment   `json:"to"` // empty: there still
	Source      Source   `json:"source"`
	Evidence    []string `json:"evidence"`
	Note        string   `json:"note"`

	tavolo view
}

// Stream implements [Command].
func (c *RecordPresence) Stream() Stream { return c.Tavolo.Presenze() }

// Consult looks at the tavolo and at the registration.
func (c *RecordPresence) Consult(ctx context.Context, x *Executor, _ *Presenze) error {
	return c.tavolo.lookFor(ctx, x, c.Tavolo, c.Participant, c.Mode)
}

// Decide implements [Command].
func (c *RecordPresence) Decide(p *Presenze, meta Meta) ([]Event, error) {
	if err := c.tavolo.takes(); err != nil {
		return nil, err
	}
	fact, err := c.fact(meta)
	if err != nil {
		return nil, err
	}
	for _, sha := range c.Evidence {
		if _, filed := p.evidence[sha]; !filed {
			return nil, ErrUnknownEvidence
		}
	}
	switch {
	case !c.tavolo.active:
		return nil, ErrNotRegistered
	case !c.tavolo.hosts:
		return nil, ErrModeNotHeld
	case p.same(fact), p.here(fact):
		return nil, nil
	}
	return []Event{fact}, nil
}

// fact reads the command into the fact it asks for.
func (c *RecordPresence) fact(meta Meta) (PresenceRecorded, error) {
	var bad check
	bad.that(c.Participant != uuid.Nil, "/participant", "required", "is required")
	bad.that(c.From != "", "/from", "required", "is required")
	fact := PresenceRecorded{
		Tavolo: c.Tavolo, Presence: DerivedID(meta.Command, "presence"), Participant: c.Participant,
		Mode: c.tavolo.mode, Source: c.Source, Evidence: c.Evidence, Note: c.Note,
	}
	if c.From != "" {
		fact.From = c.From.at(&bad, "/from")
	}
	if c.To != "" {
		to := c.To.at(&bad, "/to")
		fact.To = &to
		ends(&bad, fact.From, to)
	}
	if c.Mode != "" {
		oneOf(&bad, c.Mode, "/mode", InPresence, Online)
	}
	oneOf(&bad, c.Source, "/source", FromDesk, FromSheet, FromPlatform, FromStatement, FromSelf)
	bad.that(len(c.Evidence) <= 20, "/evidence", "too-many", "at most 20 documents")
	for i, sha := range c.Evidence {
		bad.sha(sha, "/evidence/"+strconv.Itoa(i))
	}
	bad.text(c.Note, "/note", MaxText)
	return fact, bad.err()
}

// ends checks an end. Times are told to the second, so that somebody may come and go at
// the same one: that is a presence of no length, which counts for no minute.
func ends(bad *check, from, to time.Time) {
	if from.IsZero() || to.IsZero() {
		return
	}
	bad.that(!to.Before(from), "/to", "ends-before-start", "ends before it begins")
	bad.that(to.Sub(from) <= MaxDuration, "/to", "too-long", "lasts more than 24 hours")
}

// EndPresence records when a participant left. The same end twice counts once.
type EndPresence struct {
	Tavolo   TavoloID   `json:"-"`
	Presence PresenceID `json:"-"`
	To       Moment     `json:"to"`
}

// Stream implements [Command].
func (c EndPresence) Stream() Stream { return c.Tavolo.Presenze() }

// Decide implements [Command].
func (c EndPresence) Decide(p *Presenze, _ Meta) ([]Event, error) {
	r, err := p.standing(c.Presence)
	if err != nil {
		return nil, err
	}
	var bad check
	to := c.To.at(&bad, "/to")
	ends(&bad, r.From, to)
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case r.To != nil && r.To.Equal(to):
		return nil, nil
	case r.To != nil:
		return nil, ErrPresenceEnded
	}
	return []Event{PresenceEnded{c.Tavolo, c.Presence, to}}, nil
}

// AnnulPresence declares a presence wrong; it stays on record. Doing it twice
// changes nothing.
type AnnulPresence struct {
	Tavolo   TavoloID   `json:"-"`
	Presence PresenceID `json:"-"`
	Reason   string     `json:"reason"`
}

// Stream implements [Command].
func (c AnnulPresence) Stream() Stream { return c.Tavolo.Presenze() }

// Decide implements [Command].
func (c AnnulPresence) Decide(p *Presenze, _ Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	r, ok := p.by[c.Presence]
	switch {
	case !ok:
		return nil, ErrNoPresence
	case bad.err() != nil:
		return nil, bad.err()
	case r.annulled:
		return nil, nil
	}
	return []Event{PresenceAnnulled(c)}, nil
}
