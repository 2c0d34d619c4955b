package domain

import (
	"slices"
	"strconv"
)

// GroupFormed records a working group of a tavolo; a later one of the same id replaces it.
type GroupFormed struct {
	Tavolo  TavoloID   `json:"tavolo"`
	Group   string     `json:"group"`
	Title   string     `json:"title"`
	Members []PersonID `json:"members,omitempty"`
}

func (GroupFormed) Name() string { return "GroupFormed" }

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
