package domain

import (
	"context"
	"slices"
	"time"
)

// This file is about people of whom the register knows nothing but that somebody gave
// their name and an address that was never confirmed. No duty to keep binds what they
// gave: nothing rests on it, and it may have been given by somebody else.

// UnconfirmedTime is for how long the values of such a person stay after the time to
// confirm the address, so that the letter about it can leave and staff can help.
const UnconfirmedTime = 7 * 24 * time.Hour

// OnlyAsked reports whether all that a person ever did at a tavolo is to ask for a seat,
// by an address that nobody confirmed.
func (t *Tavolo) OnlyAsked(p PersonID) bool {
	if _, speaks := t.speakers[p]; speaks {
		return false
	}
	for _, g := range t.groups {
		if slices.Contains(g.Members, p) {
			return false
		}
	}
	r, ok := t.desk.by[p]
	return ok && r.asked
}

// OnlyAsked reports whether all that a person ever did at some tavoli is to ask for
// seats, by addresses that nobody confirmed.
func OnlyAsked(ctx context.Context, x *Executor, p PersonID, places []Place) (only bool, err error) {
	only = len(places) > 0
	for _, at := range places {
		err := Peek(ctx, x, at.Tavolo.Stream(), func(t *Tavolo) error {
			only = only && t.exists() && t.OnlyAsked(p)
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return only, nil
}

// binding leaves out the places at which those who are to be forgotten only asked: a hold
// covers them, the retention does not.
func (c *ForgetPerson) binding(ctx context.Context, x *Executor) (list []Place, err error) {
	for _, at := range c.ties.Places {
		only := true
		for _, p := range append(slices.Clone(c.Others()), c.Subject) {
			asked, err := OnlyAsked(ctx, x, p, []Place{at})
			if err != nil {
				return nil, err
			}
			only = only && asked
		}
		if !only {
			list = append(list, at)
		}
	}
	return list, nil
}
