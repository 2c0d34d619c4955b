package domain

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
)

// An AgendaItem is one line of the order of the day.
type AgendaItem struct {
	At      string    `json:"at,omitempty"` // "15:00" in Italy
	Title   string    `json:"title"`
	Speaker *PersonID `json:"speaker,omitempty"` // of those invited
}

// AgendaSet records the order of the day; a later one replaces it.
type AgendaSet struct {
	Tavolo TavoloID     `json:"tavolo"`
	Items  []AgendaItem `json:"items"`
}

// A SpeakerRole is what a speaker does.
type SpeakerRole string

// The roles there are.
const (
	Speaker     SpeakerRole = "speaker"
	Coordinator SpeakerRole = "coordinator"
	Greeting    SpeakerRole = "greeting"
	Author      SpeakerRole = "author" // of published material
)

// SpeakerInvited records who is to speak. The names of speakers are published.
type SpeakerInvited struct {
	Tavolo      TavoloID    `json:"tavolo"`
	Person      PersonID    `json:"person"`
	Commitments Commitments `json:"commitments,omitzero"`
	Ente        *EnteRef    `json:"ente,omitempty"`
	Role        SpeakerRole `json:"role"`
	Topic       string      `json:"topic,omitempty"`
}

// SpeakerWithdrawn records who does not speak after all.
type SpeakerWithdrawn struct {
	Tavolo TavoloID `json:"tavolo"`
	Person PersonID `json:"person"`
	Reason string   `json:"reason,omitempty"`
}

func (AgendaSet) Name() string        { return "AgendaSet" }
func (SpeakerInvited) Name() string   { return "SpeakerInvited" }
func (SpeakerWithdrawn) Name() string { return "SpeakerWithdrawn" }

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
