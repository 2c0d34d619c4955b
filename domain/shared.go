package domain

import (
	"context"
	"time"
)

// This file is about several executors on one store: nodes of a cluster. An event is
// only stored at the exact revision it was decided at, so that what is stored is right
// whoever else writes. What is not stored has to be looked at twice: a refusal, or
// the finding that nothing is left to do, may rest on a history that another node has
// long since carried on.

// How often and how fast a command is taken again where others write to the store
// too, and win.
const (
	sharedAttempts = 64
	firstPause     = time.Millisecond
	longestPause   = 64 * time.Millisecond
)

// A glance is a history as a decision saw it.
type glance struct {
	lane     *lane
	revision Revision
}

// glances are the histories that a command consulted. What was read from the store for
// the very decision is not among them.
type glances struct {
	list  []glance
	fresh bool // the command's own history was read just now
}

type glancesKey struct{}

// watched returns a context in which the histories consulted are noted, where others
// write to the store too.
func (x *Executor) watched(ctx context.Context, fresh bool) (context.Context, *glances) {
	if !x.Shared {
		return ctx, nil
	}
	g := &glances{fresh: fresh}
	return context.WithValue(ctx, glancesKey{}, g), g
}

// note notes a history that is consulted; its lane is locked.
func note(ctx context.Context, l *lane) {
	if g, ok := ctx.Value(glancesKey{}).(*glances); ok {
		g.list = append(g.list, glance{l, l.revision})
	}
}

// confirm returns an error that asks to decide again unless the store knows nothing
// newer of what a decision saw.
func (x *Executor) confirm(ctx context.Context, seen []glance) error {
	for _, g := range seen {
		for entry, err := range x.Store.ReadStream(ctx, g.lane.stream, g.revision+1) {
			if err != nil {
				return err
			}
			rec, err := entry.Envelope()
			if err != nil {
				return err
			}
			if x.foreign(g.lane, rec) {
				return errLaneAbandoned
			}
			break // written here, after the decision
		}
	}
	return nil
}

// foreign reports whether an entry was written elsewhere than by a lane, which then
// is forgotten.
func (x *Executor) foreign(l *lane, rec Record) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ours := l.done[rec.Command]; ours && !l.dead {
		return false
	}
	x.drop(l)
	return true
}

// Saw tells the executor of an entry that stands in the store, whoever wrote it. A
// history in memory that lacks it is read again when it is needed next, so that what
// commands consult is no older than what was seen.
func (x *Executor) Saw(e Entry) {
	x.mu.Lock()
	idle := len(x.lanes) == 0 // as at the start, while the log is read
	x.mu.Unlock()
	if idle {
		return
	}
	rec, err := e.Envelope()
	if err != nil {
		return // whoever follows the log will say so
	}
	x.mu.Lock()
	l := x.lanes[rec.Stream]
	x.mu.Unlock()
	if l == nil {
		return
	}
	events := int64(rec.Revision) + 1
	for known := l.known.Load(); known < events; known = l.known.Load() {
		if l.known.CompareAndSwap(known, events) {
			return
		}
	}
}

// outrun reports whether the store is known to hold more than the lane, which is
// locked.
func (l *lane) outrun() bool { return l.loaded && l.known.Load() > int64(l.revision)+1 }

// rest waits before a command is taken again, the longer the oftener: about so long,
// and not as long as others.
func (x *Executor) rest(ctx context.Context, meta Meta, attempt int) {
	if !x.Shared {
		return
	}
	wait := min(firstPause<<min(attempt, 10), longestPause)
	wait = wait/2 + wait*time.Duration(meta.Command[attempt%len(meta.Command)])/256
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}
