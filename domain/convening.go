package domain

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
)

// This file holds what staff do to a tavolo; registration.go holds what people do.

// PlanTavolo sets a tavolo on the calendar. Planning it again with the same words
// changes nothing. Without an id it gets one that follows from the command.
type PlanTavolo struct {
	Tavolo    TavoloID    `json:"id"`
	Programma ProgrammaID `json:"programma"`
	Ordinal   int         `json:"ordinal"`
	Subject   string      `json:"subject"`
	When
	Mode     Mode   `json:"mode"`
	Place    string `json:"place"`
	Platform string `json:"platform"`
	Seats    Seats  `json:"seats"`

	found bool
}

// Stream implements [Command].
func (c *PlanTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Consult asks whether there is such a programme.
func (c *PlanTavolo) Consult(ctx context.Context, x *Executor, _ *Tavolo) error {
	if !ValidID(string(c.Programma)) {
		return nil
	}
	return Peek(ctx, x, c.Programma.Stream(), func(p *Programma) error {
		c.found = p.exists()
		return nil
	})
}

// Decide implements [Command].
func (c *PlanTavolo) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.id(string(c.Tavolo), "/id")
	bad.that(c.Programma == "" || c.found, "/programma", "unknown-programma", "there is no such programma in the register")
	bad.that(c.Ordinal >= 0 && c.Ordinal <= 9_999, "/ordinal", "out-of-range", "must be 1 to 9999, or absent")
	bad.required(c.Subject, "/subject")
	oneOf(&bad, c.Mode, "/mode", InPresence, Online, Mixed)
	bad.line(c.Place, "/place")
	bad.line(c.Platform, "/platform")
	c.Seats.check(&bad, "/seats")
	schedule := c.schedule(&bad)
	if err := bad.err(); err != nil {
		return nil, err
	}
	fact := TavoloPlanned{c.Tavolo, c.Programma, c.Ordinal, strings.TrimSpace(c.Subject), schedule, c.Mode, c.Place, c.Platform, c.Seats}
	switch {
	case t.exists() && t.planned.same(fact):
		return nil, nil
	case t.exists():
		return nil, ErrTavoloExists
	}
	return []Event{fact}, nil
}

func (e TavoloPlanned) same(o TavoloPlanned) bool {
	equal := e.Schedule.Equal(o.Schedule) && e.Seats.Equal(o.Seats)
	e.Schedule, e.Seats = o.Schedule, o.Seats
	return equal && e == o
}

// AnnounceTavolo records that the tavolo was published. Several releases may
// announce it; the same one twice counts once.
type AnnounceTavolo struct {
	Tavolo     TavoloID `json:"-"`
	Title      string   `json:"title"`
	ReleasedOn Day      `json:"released_on"` // empty: the day it happened
	Document   string   `json:"document"`
}

// Stream implements [Command].
func (c AnnounceTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c AnnounceTavolo) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	var bad check
	bad.line(c.Title, "/title")
	bad.line(c.Document, "/document")
	bad.day(c.ReleasedOn, "/released_on", false)
	fact := TavoloAnnounced{c.Tavolo, c.Title, cmp.Or(c.ReleasedOn, DayOf(meta.Effective())), t.schedule, c.Document}
	switch {
	case t.running() != nil:
		return nil, t.running()
	case bad.err() != nil:
		return nil, bad.err()
	case t.announced != nil && t.announced.same(fact):
		return nil, nil
	}
	return []Event{fact}, nil
}

func (e TavoloAnnounced) same(o TavoloAnnounced) bool {
	equal := e.Schedule.Equal(o.Schedule)
	e.Schedule = o.Schedule
	return equal && e == o
}

// ConveneTavolo records that the convocazione went out. The same letter twice
// counts once.
type ConveneTavolo struct {
	Tavolo   TavoloID `json:"-"`
	Protocol string   `json:"protocol"` // as printed: "Prot. n. 0227/15/03/22"
	SentOn   Day      `json:"sent_on"`  // empty: the protocol's date, or the day it happened
	Document string   `json:"document"`
}

// Stream implements [Command].
func (c ConveneTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c ConveneTavolo) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	var bad check
	bad.line(c.Protocol, "/protocol")
	bad.line(c.Document, "/document")
	bad.day(c.SentOn, "/sent_on", false)
	var protocol *Protocol
	var dated Day
	if text := strings.TrimSpace(c.Protocol); text != "" {
		p := ParseProtocol(text)
		protocol, dated = &p, p.Date
	}
	fact := TavoloConvened{c.Tavolo, protocol, cmp.Or(c.SentOn, dated, DayOf(meta.Effective())), t.schedule, c.Document}
	switch {
	case t.running() != nil:
		return nil, t.running()
	case bad.err() != nil:
		return nil, bad.err()
	case t.convened != nil && t.convened.same(fact):
		return nil, nil
	case t.convened != nil:
		return nil, ErrTavoloConvened
	}
	return []Event{fact}, nil
}

func (e TavoloConvened) same(o TavoloConvened) bool {
	same := e.Protocol == o.Protocol || e.Protocol != nil && o.Protocol != nil && *e.Protocol == *o.Protocol
	return same && e.SentOn == o.SentOn && e.Document == o.Document
}

// RescheduleTavolo moves the meeting. Moving it to where it is changes nothing.
type RescheduleTavolo struct {
	Tavolo TavoloID `json:"-"`
	When
	Reason string `json:"reason"`
}

// Stream implements [Command].
func (c RescheduleTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c RescheduleTavolo) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	to := c.schedule(&bad)
	bad.reason(c.Reason)
	switch {
	case t.running() != nil:
		return nil, t.running()
	case bad.err() != nil:
		return nil, bad.err()
	case !t.before():
		return nil, ErrTavoloOpen
	case t.schedule.Equal(to):
		return nil, nil
	}
	return []Event{TavoloRescheduled{c.Tavolo, t.schedule, to, c.Reason}}, nil
}

// RectifyTavolo puts right what was published wrongly. It can be done at any time
// afterwards, and is not a change of the meeting: for that see [RescheduleTavolo].
type RectifyTavolo struct {
	Tavolo TavoloID       `json:"-"`
	Field  RectifiedField `json:"field"`
	Wrong  string         `json:"wrong"` // as printed; empty: what the register has
	Right  string         `json:"right"` // absent where the schedule is given
	When
	Document string `json:"document"`
	Reason   string `json:"reason"`
}

// Stream implements [Command].
func (c RectifyTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c RectifyTavolo) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	if !t.exists() {
		return nil, ErrNoTavolo
	}
	var bad check
	oneOf(&bad, c.Field, "/field", RectifySchedule, RectifySubject, RectifyPlace, RectifyPlatform, RectifyMode, RectifyProtocol, RectifyOrdinal)
	bad.line(c.Wrong, "/wrong")
	bad.line(c.Document, "/document")
	bad.reason(c.Reason)
	fact := TavoloRectified{c.Tavolo, c.Field, "", strings.TrimSpace(c.Right), nil, c.Document, c.Reason}
	has := t.published(c.Field)
	c.right(&bad, &fact)
	fact.Wrong = cmp.Or(strings.TrimSpace(c.Wrong), has)
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case t.announced == nil && t.convened == nil:
		return nil, ErrNotPublished
	case fact.Right == has:
		return nil, ErrNothingRectified
	}
	return []Event{fact}, nil
}

// right fills in what the rectification says is right.
func (c RectifyTavolo) right(bad *check, fact *TavoloRectified) {
	if c.Field == RectifySchedule {
		s := c.schedule(bad)
		fact.Schedule, fact.Right = &s, s.String()
		return
	}
	bad.that(c.When == When{}, "/day", "not-allowed", "only a rectified schedule has a day and hours")
	bad.required(c.Right, "/right")
	switch c.Field {
	case RectifyMode:
		oneOf(bad, Mode(fact.Right), "/right", InPresence, Online, Mixed)
	case RectifyOrdinal:
		bad.that(ordinal(fact.Right) > 0, "/right", "out-of-range", "must be a number from 1")
	}
}

// published returns what the register has of a field, as text.
func (t *Tavolo) published(f RectifiedField) string {
	switch f {
	case RectifySchedule:
		return t.schedule.String()
	case RectifySubject:
		return t.planned.Subject
	case RectifyPlace:
		return t.planned.Place
	case RectifyPlatform:
		return t.planned.Platform
	case RectifyMode:
		return string(t.mode)
	case RectifyOrdinal:
		return strconv.Itoa(t.planned.Ordinal)
	case RectifyProtocol:
		if t.convened != nil && t.convened.Protocol != nil {
			return t.convened.Protocol.Text
		}
	}
	return ""
}

// CallOffTavolo records that the tavolo is not held. Doing it twice changes nothing.
type CallOffTavolo struct {
	Tavolo TavoloID `json:"-"`
	Reason string   `json:"reason"`
}

// Stream implements [Command].
func (c CallOffTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c CallOffTavolo) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	switch {
	case t.state == CalledOff:
		return nil, nil
	case t.running() != nil:
		return nil, t.running()
	case bad.err() != nil:
		return nil, bad.err()
	}
	return []Event{TavoloCalledOff(c)}, nil
}

// MaxAgenda is the largest number of lines of an agenda.
const MaxAgenda = 100

// SetAgenda sets the order of the day. Setting the same one changes nothing.
type SetAgenda struct {
	Tavolo TavoloID     `json:"-"`
	Items  []AgendaItem `json:"items"`
}

// Stream implements [Command].
func (c SetAgenda) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c SetAgenda) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	if t.running() != nil {
		return nil, t.running()
	}
	var bad check
	bad.that(len(c.Items) > 0 && len(c.Items) <= MaxAgenda, "/items", "out-of-range", "must have 1 to %d lines", MaxAgenda)
	for i, item := range c.Items {
		at := "/items/" + strconv.Itoa(i)
		bad.required(item.Title, at+"/title")
		bad.that(item.At == "" || hourForm(item.At), at+"/at", "bad-hour", "must be an hour as in 15:00")
		if item.Speaker != nil {
			_, invited := t.speakers[*item.Speaker]
			bad.that(invited, at+"/speaker", "unknown-speaker", "is not a speaker of the tavolo")
		}
	}
	same := slices.EqualFunc(c.Items, t.agenda, func(a, b AgendaItem) bool {
		return a.At == b.At && a.Title == b.Title && (a.Speaker == b.Speaker || a.Speaker != nil && b.Speaker != nil && *a.Speaker == *b.Speaker)
	})
	if bad.err() != nil || same {
		return nil, bad.err()
	}
	return []Event{AgendaSet(c)}, nil
}

func hourForm(text string) bool {
	return len(text) == 5 && text[2] == ':' && text[:2] >= "00" && text[:2] <= "23" && text[3:] >= "00" && text[3:] <= "59" &&
		strings.Trim(text, "0123456789:") == ""
}

// InviteSpeaker names who is to speak, or whose material is published.
type InviteSpeaker struct {
	Tavolo TavoloID `json:"-"`
	Person
	Ente  *EnteRef    `json:"ente"`
	Role  SpeakerRole `json:"role"` // empty: speaker
	Topic string      `json:"topic"`

	found bool
}

// Stream implements [Command].
func (c *InviteSpeaker) Stream() Stream { return c.Tavolo.Stream() }

// Consult asks whether there is such an ente.
func (c *InviteSpeaker) Consult(ctx context.Context, x *Executor, _ *Tavolo) (err error) {
	if c.Ente != nil {
		c.found, err = x.enteExists(ctx, *c.Ente)
	}
	return err
}

// Decide implements [Command].
func (c *InviteSpeaker) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	role := cmp.Or(c.Role, Speaker)
	oneOf(&bad, role, "/role", Speaker, Coordinator, Greeting, Author)
	bad.line(c.Topic, "/topic")
	if c.Ente != nil {
		c.Ente.check(&bad, "/ente")
		bad.known(c.found, "/ente")
	}
	_, invited := t.speakers[c.id()]
	switch {
	case !t.exists():
		return nil, ErrNoTavolo
	case t.state == CalledOff:
		return nil, ErrTavoloCalledOff
	case bad.err() != nil:
		return nil, bad.err()
	case invited:
		return nil, ErrSpeaker
	}
	return []Event{SpeakerInvited{c.Tavolo, c.id(), c.commitments(), c.Ente, role, c.Topic}}, nil
}

// WithdrawSpeaker takes a speaker off the list.
type WithdrawSpeaker struct {
	Tavolo TavoloID `json:"-"`
	Person PersonID `json:"-"`
	Reason string   `json:"reason"`
}

// Stream implements [Command].
func (c WithdrawSpeaker) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c WithdrawSpeaker) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.text(c.Reason, "/reason", MaxText)
	_, invited := t.speakers[c.Person]
	switch {
	case !t.exists():
		return nil, ErrNoTavolo
	case bad.err() != nil:
		return nil, bad.err()
	case !invited:
		return nil, ErrNoSpeaker
	}
	return []Event{SpeakerWithdrawn(c)}, nil
}

// MaxPromotions is how many who wait can get seats by one command: what one command
// decides is stored together.
const MaxPromotions = 1_000

// SetSeats says how many may take part. Whoever waits is promoted into seats that
// become free; nobody loses a seat when there are fewer.
type SetSeats struct {
	Tavolo     TavoloID `json:"-"`
	InPresence *int     `json:"in_presence"`
	Online     *int     `json:"online"`
}

// Stream implements [Command].
func (c SetSeats) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c SetSeats) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	if t.running() != nil {
		return nil, t.running()
	}
	seats := Seats{c.InPresence, c.Online}
	var bad check
	seats.check(&bad, "")
	if bad.err() != nil || t.seats.Equal(seats) {
		return nil, bad.err()
	}
	events := []Event{SeatsSet{c.Tavolo, seats}}
	for _, mode := range []Mode{InPresence, Online} {
		events = append(events, t.upNext(mode, t.free(mode, seats), BySeats, meta)...)
	}
	if len(events)-1 > MaxPromotions {
		return nil, ErrTooManyPromotions
	}
	return events, nil
}

// SetAttendanceRule says when somebody who came counts as having attended. It
// stands once the tavolo is convened.
type SetAttendanceRule struct {
	Tavolo  TavoloID `json:"-"`
	Percent int      `json:"percent"`
	Minutes int      `json:"minutes"`
	Basis   string   `json:"basis"`
}

// Stream implements [Command].
func (c SetAttendanceRule) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c SetAttendanceRule) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.that(c.Percent >= 0 && c.Percent <= 100, "/percent", "out-of-range", "must be 0 to 100")
	bad.that(c.Minutes >= 0 && c.Minutes <= 1440, "/minutes", "out-of-range", "must be 0 to 1440")
	bad.that(c.Percent > 0 || c.Minutes > 0, "/percent", "required", "a share or a number of minutes is required")
	bad.line(c.Basis, "/basis")
	rule := AttendanceRule{c.Percent, c.Minutes, c.Basis}
	switch {
	case !t.exists():
		return nil, ErrNoTavolo
	case bad.err() != nil:
		return nil, bad.err()
	case t.rule == rule:
		return nil, nil
	case t.ruled():
		return nil, ErrRuleFrozen
	}
	return []Event{AttendanceRuleSet{c.Tavolo, rule}}, nil
}

// MaxGroup is the largest number of members of a working group.
const MaxGroup = 500

// FormGroup forms a working group, or changes who is in it.
type FormGroup struct {
	Tavolo  TavoloID   `json:"-"`
	Group   string     `json:"group"`
	Title   string     `json:"title"`
	Members []PersonID `json:"members"`
}

// Stream implements [Command].
func (c FormGroup) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c FormGroup) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.id(c.Group, "/group")
	bad.required(c.Title, "/title")
	bad.that(len(c.Members) <= MaxGroup, "/members", "too-many", "at most %d members", MaxGroup)
	for i, m := range c.Members {
		at := "/members/" + strconv.Itoa(i)
		bad.that(t.desk.active(m), at, "not-registered", "is not registered for the tavolo")
		bad.that(!slices.Contains(c.Members[:i], m), at, "given-twice", "is named twice")
	}
	was, formed := t.groups[c.Group]
	switch {
	case !t.exists():
		return nil, ErrNoTavolo
	case t.state == CalledOff:
		return nil, ErrTavoloCalledOff
	case bad.err() != nil:
		return nil, bad.err()
	case formed && was.Title == c.Title && slices.Equal(was.Members, c.Members):
		return nil, nil
	}
	return []Event{GroupFormed(c)}, nil
}

// OpenRegistrations lets people register, even before the letter goes out.
// Doing it twice changes nothing.
type OpenRegistrations struct {
	Tavolo TavoloID `json:"-"`
}

// Stream implements [Command].
func (c OpenRegistrations) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c OpenRegistrations) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	if t.running() != nil || t.started && !t.stopped {
		return nil, t.running()
	}
	return []Event{RegistrationsOpened(c)}, nil
}

// CloseRegistrations lets nobody register any longer. Doing it twice changes nothing.
type CloseRegistrations struct {
	Tavolo TavoloID `json:"-"`
	Reason string   `json:"reason"`
}

// Stream implements [Command].
func (c CloseRegistrations) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c CloseRegistrations) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.text(c.Reason, "/reason", MaxText)
	switch {
	case t.running() != nil:
		return nil, t.running()
	case bad.err() != nil:
		return nil, bad.err()
	case t.stopped:
		return nil, nil
	}
	return []Event{RegistrationsClosed(c)}, nil
}

// OpenTavolo records that the meeting begins. Doing it twice changes nothing.
type OpenTavolo struct {
	Tavolo TavoloID `json:"-"`
}

// Stream implements [Command].
func (c OpenTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c OpenTavolo) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	switch {
	case t.running() != nil:
		return nil, t.running()
	case t.state == Planned:
		return nil, ErrTavoloNotConvened
	case t.state == Open:
		return nil, nil
	}
	return []Event{TavoloOpened(c)}, nil
}

// CloseTavolo records that the meeting ended. Doing it twice changes nothing.
type CloseTavolo struct {
	Tavolo TavoloID `json:"-"`
}

// Stream implements [Command].
func (c CloseTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c CloseTavolo) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	switch {
	case t.state == Closed:
		return nil, nil
	case t.running() != nil:
		return nil, t.running()
	case t.state != Open:
		return nil, ErrTavoloNotOpen
	}
	return []Event{TavoloClosed(c)}, nil
}

// PublishMaterial adds a file or a page to a tavolo. The same one twice counts once.
type PublishMaterial struct {
	Tavolo  TavoloID     `json:"-"`
	Title   string       `json:"title"`
	Kind    MaterialKind `json:"kind"`
	URL     string       `json:"url"`
	SHA256  string       `json:"sha256"`
	Authors []PersonID   `json:"authors"` // of those invited
	On      Day          `json:"on"`
}

// Stream implements [Command].
func (c PublishMaterial) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c PublishMaterial) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	var bad check
	bad.required(c.Title, "/title")
	oneOf(&bad, c.Kind, "/kind", MaterialProgramme, MaterialInvitation, MaterialSlides, MaterialVideo, MaterialNote, MaterialOther)
	bad.url(c.URL, "/url")
	if c.SHA256 != "" {
		bad.sha(c.SHA256, "/sha256")
	}
	bad.day(c.On, "/on", false)
	for i, author := range c.Authors {
		_, invited := t.speakers[author]
		bad.that(invited, "/authors/"+strconv.Itoa(i), "unknown-speaker", "is not a speaker of the tavolo")
	}
	fact := MaterialPublished{c.Tavolo, DerivedID(meta.Command, "material"), c.Title, c.Kind, c.URL, c.SHA256, c.Authors, c.On}
	switch {
	case !t.exists():
		return nil, ErrNoTavolo
	case bad.err() != nil:
		return nil, bad.err()
	case t.hasMaterial(fact):
		return nil, nil
	}
	return []Event{fact}, nil
}

func ordinal(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n > 9_999 {
		return 0
	}
	return n
}
