package domain

import (
	"context"
	"slices"
	"time"
)

// An AttendanceRule says when somebody who came counts as having attended.
type AttendanceRule struct {
	Percent int    `json:"percent,omitempty"` // of the meeting's hours
	Minutes int    `json:"minutes,omitempty"`
	Basis   string `json:"basis,omitempty"` // where the rule comes from
}

// AttendanceRuleSet records when somebody who came counts.
type AttendanceRuleSet struct {
	Tavolo TavoloID       `json:"tavolo"`
	Rule   AttendanceRule `json:"rule"`
}

func (AttendanceRuleSet) Name() string { return "AttendanceRuleSet" }

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

// PresenceValidated records that staff found a person to have attended, or not,
// by the rule of the tavolo. It holds until another presence of the person is
// recorded, ended or annulled: then the person is to be judged again.
type PresenceValidated struct {
	Tavolo      TavoloID       `json:"tavolo"`
	Participant PersonID       `json:"participant"`
	Minutes     int            `json:"minutes"`  // whole minutes present during the meeting's hours
	Required    int            `json:"required"` // minutes the rule asks for
	Attended    bool           `json:"attended"`
	Rule        AttendanceRule `json:"rule"`
	Presences   []PresenceID   `json:"presences"` // on which it rests
}

func (PresenceValidated) Name() string { return "PresenceValidated" }

// An Interval is a span of time without its end.
type Interval struct{ From, To time.Time }

// Minutes returns how many whole minutes lie within at least one of the
// intervals and, where it is not zero, within a window.
func Minutes(intervals []Interval, window Interval) int {
	clipped := make([]Interval, 0, len(intervals))
	for _, v := range intervals {
		if !window.From.IsZero() && v.From.Before(window.From) {
			v.From = window.From
		}
		if !window.To.IsZero() && v.To.After(window.To) {
			v.To = window.To
		}
		if v.From.Before(v.To) {
			clipped = append(clipped, v)
		}
	}
	slices.SortFunc(clipped, func(a, b Interval) int { return a.From.Compare(b.From) })
	var total time.Duration
	var end time.Time
	for _, v := range clipped {
		if v.From.Before(end) {
			v.From = end
		}
		if v.To.After(v.From) {
			total += v.To.Sub(v.From)
			end = v.To
		}
	}
	return int(total / time.Minute)
}

// ValidatePresence judges by the tavolo's rule whether a participant attended.
// Judging the same presences again changes nothing.
type ValidatePresence struct {
	Tavolo      TavoloID `json:"-"`
	Participant PersonID `json:"participant"`

	tavolo view
}

// Stream implements [Command].
func (c *ValidatePresence) Stream() Stream { return c.Tavolo.Presenze() }

// Consult looks at the tavolo.
func (c *ValidatePresence) Consult(ctx context.Context, x *Executor, _ *Presenze) error {
	return c.tavolo.lookFor(ctx, x, c.Tavolo, c.Participant, "")
}

// Decide implements [Command].
func (c *ValidatePresence) Decide(p *Presenze, _ Meta) ([]Event, error) {
	v := c.tavolo
	if err := v.takes(); err != nil {
		return nil, err
	}
	var ids []PresenceID
	var intervals []Interval
	for _, r := range p.of[c.Participant] {
		switch {
		case r.annulled:
			continue
		case r.To == nil:
			return nil, ErrPresenceOpen
		}
		ids = append(ids, r.Presence)
		intervals = append(intervals, Interval{r.From, *r.To})
	}
	switch {
	case len(ids) == 0:
		return nil, ErrNothingToJudge
	case v.rule.Percent == 0 && v.rule.Minutes == 0:
		return nil, ErrNoRule
	case v.rule.Percent > 0 && (v.schedule.StartsAt == nil || v.schedule.EndsAt == nil):
		return nil, ErrNoHours
	}
	minutes, required := Minutes(intervals, v.schedule.window()), v.required()
	fact := PresenceValidated{c.Tavolo, c.Participant, minutes, required, minutes >= required, v.rule, ids}
	if was, ok := p.validated[c.Participant]; ok && was.same(fact) {
		return nil, nil
	}
	return []Event{fact}, nil
}

func (e PresenceValidated) same(o PresenceValidated) bool {
	return e.Minutes == o.Minutes && e.Required == o.Required && e.Rule == o.Rule && slices.Equal(e.Presences, o.Presences)
}

// window returns the hours of the meeting, as far as they are known.
func (s Schedule) window() (w Interval) {
	if s.StartsAt != nil {
		w.From = *s.StartsAt
	}
	if s.EndsAt != nil {
		w.To = *s.EndsAt
	}
	return w
}

// required returns how many minutes the rule asks for: the larger of its share of
// the hours, rounded up, and its minutes.
func (v *view) required() int {
	minutes := v.rule.Minutes
	if v.rule.Percent > 0 {
		whole := int(v.schedule.EndsAt.Sub(*v.schedule.StartsAt) / time.Minute)
		minutes = max(minutes, (whole*v.rule.Percent+99)/100)
	}
	return minutes
}
