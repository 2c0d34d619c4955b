package domain

import (
	"cmp"
	"context"
	"strings"
)

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
