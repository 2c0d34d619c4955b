package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tavoli/domain"
)

// Reactions call functions for events of one kind each, in order and at least
// once. Every reaction follows the log by itself from its own checkpoint, so that
// one that is slow or stuck holds up no other. An event whose reaction keeps
// failing is parked, and the ones behind it go on. Events of personal streams are
// shown to nobody. The fields are set, and [On] is called, before Run.
type Reactions struct {
	Log         domain.Log
	Identity    domain.Identity // of the store behind Log
	Checkpoints Checkpoints

	Begin     Policy        // of a reaction that is new; empty: FromHead, for it must not answer what is long past
	StartOver Policy        // with a checkpoint of another store or epoch; empty: Refuse
	Attempts  int           // before an event is parked; 0: 8
	MaxParked int           // events a reaction may have parked; the next one is tried for ever; 0: 1000
	Timeout   time.Duration // of one attempt; 0: 1 min
	Backoff   Backoff       // between attempts
	Logger    *slog.Logger  // nil: none

	mu      sync.Mutex // guards list
	list    []*reaction
	opening sync.Mutex
}

// A reaction is one function with its place in the log.
type reaction struct {
	of    *Reactions
	name  string
	event string // the name of the events it is for
	do    func(context.Context, domain.Record) error
	turn  sync.Mutex // held while do runs
	place atomic.Pointer[marker]
	gauge gauge
}

// On adds a reaction: do is called for every event of kind E. The name is that of
// its checkpoint and must never change. As do may be called again for the same
// event, whatever it causes carries ids that follow from the event: see [Cause].
//
// An error of do counts as an attempt, a panic too; an error marked with
// [Unavailable] does not. A name that is taken, or has other than lower-case
// letters, digits, - and _, is a mistake of the program and panics.
func On[E domain.Event](r *Reactions, name string, do func(context.Context, domain.Record, E) error) {
	var zero E
	r.add(&reaction{of: r, name: name, event: zero.Name(), do: func(ctx context.Context, rec domain.Record) error {
		event, ok := rec.Event.(E)
		if !ok {
			return fmt.Errorf("event %s is a %T", rec.Type, rec.Event)
		}
		return do(ctx, rec, event)
	}})
}

// Cause returns what is known of a command that an event brought about: its id
// follows from the event and from what is to be done, so that it is the same
// command however often it is given, and it belongs to the same correlation.
func Cause(rec domain.Record, what string, at time.Time) domain.Meta {
	return domain.Meta{
		At: at, Actor: domain.ActorSystem, Command: domain.DerivedID(rec.ID, what),
		Correlation: rec.Correlation, Causation: rec.ID,
	}
}

// unavailable marks an error that is no fault of the event.
type unavailable struct{ error }

func (u unavailable) Unwrap() error { return u.error }

// Unavailable marks an error of a reaction as no fault of the event: what it
// needs is down. The event is then tried until that is over, and not parked.
func Unavailable(err error) error {
	if err == nil {
		return nil
	}
	return unavailable{err}
}

func (r *Reactions) add(re *reaction) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !validName(re.name) || slices.ContainsFunc(r.list, func(o *reaction) bool { return o.name == re.name }) {
		panic("bus: a reaction cannot be named " + re.name)
	}
	r.list = append(r.list, re)
}

// Run runs all reactions until ctx is done, and returns nil then. It returns an
// error at once if a checkpoint cannot be used or the store is damaged or closed.
func (r *Reactions) Run(ctx context.Context) error {
	list, err := r.open(ctx)
	if err == nil {
		err = runAll(ctx, list)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// runAll runs reactions until ctx is done or one of them fails, and then ends all.
func runAll(ctx context.Context, list []*reaction) error {
	if len(list) == 0 {
		<-ctx.Done()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	results := make(chan error, len(list))
	for _, re := range list {
		go func() {
			results <- fmt.Errorf("reaction %s: %w", re.name, re.place.Load().attend(ctx, re.run))
		}()
	}
	var first error
	for range list {
		err := <-results
		first = orDefault(first, err)
		stop()
	}
	return first
}

// open finds the place of every reaction, once.
func (r *Reactions) open(ctx context.Context) ([]*reaction, error) {
	r.opening.Lock()
	defer r.opening.Unlock()
	list := r.reactions()
	for _, re := range list {
		if re.place.Load() != nil {
			continue
		}
		mark, err := newMarker(ctx, re.beginning(), 200*time.Millisecond)
		if err != nil {
			return nil, fmt.Errorf("reaction %s: %w", re.name, err)
		}
		at, _ := mark.checkpoint()
		re.gauge.at(at.Position)
		re.place.Store(mark)
	}
	return list, nil
}

func (r *Reactions) reactions() []*reaction {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// Stats says how each reaction is doing, in the order in which they were added.
func (r *Reactions) Stats() []Stats {
	list := r.reactions()
	all := make([]Stats, len(list))
	for i, re := range list {
		all[i] = re.gauge.read(r.Log)
		all[i].Name = re.name
		all[i].Parked = len(re.parked())
	}
	return all
}

func (re *reaction) run(ctx context.Context) error {
	mark := re.place.Load()
	at, _ := mark.checkpoint()
	re.of.logger().Info("reacting", "follower", re.name, "to", re.event, "after", at.Position)
	return follow(ctx, re.of.Log, at.Position, re.of.Backoff, re.watch(), func(page domain.Page) error {
		for _, entry := range page.Entries {
			if err := re.see(ctx, entry); err != nil {
				return err
			}
		}
		mark.move(page.UpTo)
		re.gauge.at(page.UpTo)
		return nil
	})
}

// see deals with an entry if it is of the right kind: when it returns without an
// error the event is handled, or parked, and that is saved.
func (re *reaction) see(ctx context.Context, entry domain.Entry) error {
	rec, err := entry.Envelope()
	if err != nil {
		return err
	}
	if rec.Type != re.event || rec.Stream.Personal() {
		return nil
	}
	re.gauge.busy(rec.RecordedAt)
	defer re.gauge.busy(time.Time{})
	parked, err := re.handle(ctx, entry, rec)
	if err != nil {
		return err
	}
	err = re.place.Load().commit(ctx, func(c *Checkpoint) {
		c.Position = entry.Position
		if parked != nil {
			c.Parked = append(c.Parked, *parked)
		}
	})
	if err == nil {
		re.gauge.at(entry.Position)
	}
	return err
}

// handle calls the function until it succeeds, or returns how the event is to be
// parked. It fails only if ctx is done.
func (re *reaction) handle(ctx context.Context, entry domain.Entry, rec domain.Record) (*Parked, error) {
	for attempts, failures := 0, 1; ; failures++ {
		err := re.try(ctx, entry)
		switch {
		case err == nil:
			re.watch().well(atHandler)
			re.gauge.done()
			return nil, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		if !errors.As(err, new(unavailable)) {
			attempts++
		}
		if re.hopeless(err, attempts) {
			re.watch().well(atHandler)
			return re.park(rec, attempts, err), nil
		}
		re.watch().failed(atHandler, Describe(err))
		if err := re.of.Backoff.wait(ctx, failures); err != nil {
			return nil, err
		}
	}
}

// hopeless reports whether an event is to be parked.
func (re *reaction) hopeless(err error, attempts int) bool {
	if len(re.parked()) >= orDefault(re.of.MaxParked, 1000) {
		return false
	}
	return attempts >= orDefault(re.of.Attempts, 8) || errors.As(err, new(undecodable))
}

func (re *reaction) park(rec domain.Record, attempts int, err error) *Parked {
	re.of.logger().Error("event parked", "follower", re.name, "position", rec.Position, "event", rec.ID.String(),
		"type", rec.Type, "attempts", attempts, "error", Describe(err))
	return &Parked{
		Reaction: re.name, Position: rec.Position, Event: rec.ID, Type: rec.Type, Stream: rec.Stream,
		Revision: rec.Revision, Attempts: attempts, Error: Describe(err), At: domain.Truncate(time.Now()),
	}
}

// undecodable marks an event this program cannot read. Trying again is useless.
type undecodable struct{ error }

// try calls the function once. A panic is an error.
func (re *reaction) try(ctx context.Context, entry domain.Entry) (err error) {
	rec, err := entry.Record()
	if err != nil {
		return undecodable{err}
	}
	re.turn.Lock()
	defer re.turn.Unlock()
	ctx, stop := context.WithTimeout(ctx, orDefault(re.of.Timeout, time.Minute))
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			re.of.logger().Error("a reaction panicked", "follower", re.name, "position", rec.Position,
				"value", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %w", panicked{p})
		}
	}()
	return re.do(ctx, rec)
}

func (re *reaction) beginning() beginning {
	return beginning{
		name: "reaction-" + re.name, log: re.of.Log, identity: re.of.Identity, keep: re.of.Checkpoints,
		first: re.of.Begin.or(FromHead), foreign: re.of.StartOver.or(Refuse), again: re.of.Backoff, watch: re.watch(),
	}
}

func (re *reaction) watch() watch { return watch{re.name, re.of.logger(), &re.gauge} }

func (r *Reactions) logger() *slog.Logger { return orDiscard(r.Logger) }
