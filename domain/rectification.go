package domain

import (
	"cmp"
	"strconv"
	"strings"
)

// A RectifiedField is what was published wrongly.
type RectifiedField string

// What can be rectified.
const (
	RectifySchedule RectifiedField = "schedule"
	RectifySubject  RectifiedField = "subject"
	RectifyPlace    RectifiedField = "place"
	RectifyPlatform RectifiedField = "platform"
	RectifyMode     RectifiedField = "mode"
	RectifyProtocol RectifiedField = "protocol"
	RectifyOrdinal  RectifiedField = "ordinal"
)

// TavoloRectified records that what was published of a tavolo was wrong. The
// meeting did not move: it was never meant otherwise.
type TavoloRectified struct {
	Tavolo   TavoloID       `json:"tavolo"`
	Field    RectifiedField `json:"field"`
	Wrong    string         `json:"wrong"`
	Right    string         `json:"right"`
	Schedule *Schedule      `json:"schedule,omitempty"` // the right one, if it was the schedule
	Document string         `json:"document,omitempty"` // where it stood wrong
	Reason   string         `json:"reason"`
}

func (TavoloRectified) Name() string { return "TavoloRectified" }

func (t *Tavolo) rectify(e TavoloRectified) {
	switch e.Field {
	case RectifySchedule:
		t.schedule = *e.Schedule
	case RectifyMode:
		t.mode = Mode(e.Right)
	case RectifySubject:
		t.planned.Subject = e.Right
	case RectifyPlace:
		t.planned.Place = e.Right
	case RectifyPlatform:
		t.planned.Platform = e.Right
	case RectifyProtocol:
		if t.convened != nil {
			convened, protocol := *t.convened, ParseProtocol(e.Right)
			convened.Protocol = &protocol
			t.convened = &convened
		}
	case RectifyOrdinal:
		t.planned.Ordinal = ordinal(e.Right)
	}
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

func ordinal(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n > 9_999 {
		return 0
	}
	return n
}
