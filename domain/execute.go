package domain

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Meta is what is known of a command beside what it asks for.
type Meta struct {
	At          time.Time // when it came in, by the server's clock
	EffectiveAt time.Time // when it happened in the world; zero: At
	Actor       Actor
	Command     uuid.UUID // the same for every repetition of the same command
	Correlation uuid.UUID // zero: Command
	Causation   uuid.UUID
	Request     string    // a keyed fingerprint of what is asked, or empty
	IfRevision  *Revision // the revision the caller has read, if it insists on it
}

// Effective returns when what the command tells of happened in the world.
func (m Meta) Effective() time.Time {
	if m.EffectiveAt.IsZero() {
		return Truncate(m.At)
	}
	return Truncate(m.EffectiveAt)
}

// EventID returns the id of the nth event of a command. It is the same however
// often the command is repeated.
func EventID(command uuid.UUID, n int) uuid.UUID {
	return uuid.NewSHA1(command, []byte("event/"+strconv.Itoa(n)))
}

// eventID returns the id of the nth event of the command. Another request under the
// same command id has other events: a store that takes events for a repetition by
// their ids, as it does when two nodes are asked at once, does not take one for the other.
func (m Meta) eventID(n int) uuid.UUID {
	id := EventID(m.Command, n)
	if m.Request == "" {
		return id
	}
	return DerivedID(id, "request/"+m.Request)
}

// DerivedID returns an id that follows from the command, for what it creates.
func DerivedID(command uuid.UUID, what string) uuid.UUID {
	return uuid.NewSHA1(command, []byte(what))
}

// A Command asks for something to happen to the thing whose state is S.
type Command[S any] interface {
	// Stream names the history the command is about.
	Stream() Stream

	// Decide answers the command with the events it causes, or with the reason
	// it is refused. No events and no error: there is nothing left to do.
	// Decide reads only its arguments and changes nothing.
	Decide(state S, meta Meta) ([]Event, error)
}

// A State is rebuilt by applying the events of one stream in order.
type State[T any] interface {
	*T
	Apply(Event)
}

// A consulting command asks other histories before it decides. What it learns is
// true when asked; it may have changed by the time the decision is stored.
type consulting[S any] interface {
	Consult(ctx context.Context, x *Executor, state S) error
}

// A personal command brings values of persons, to be stored sealed before the
// facts that speak of them.
type personal interface {
	personae() []*Persona
}

// A Result is what became of a command.
type Result struct {
	Position Position // what a reader must have seen to know the outcome
	Revision Revision // of the stream, after the command
	Events   []Event  // what happened; none if there was nothing left to do
	Repeated bool     // the command had been carried out before
}

// Errors of carrying out, whatever the command.
var (
	ErrBusy          = &Error{Kind: Stale, Code: "busy", Text: "others keep changing this; try again"}
	ErrChanged       = &Error{Kind: Stale, Code: "precondition-failed", Text: "it was changed since it was read"}
	ErrKeyReused     = &Error{Kind: Refused, Code: "idempotency-key-reused", Text: "the idempotency key was used for another request"}
	ErrOutcome       = &Error{Kind: Unknown, Code: "outcome-unknown", Text: "it is not known whether it was stored; repeat it with the same idempotency key"}
	errLaneAbandoned = errors.New("an earlier decision on the same stream was not stored")
)

const (
	attempts      = 8                // how often Execute decides again when others write meanwhile
	maxLanes      = 8192             // how many histories are kept in memory
	maxFlight     = 256              // how many commands are stored together
	appendTimeout = 20 * time.Second // how long an unknown outcome is pursued
)

// An Executor carries out commands. It keeps the states of recent histories in
// memory: a decision is taken on the newest state, stored or about to be, and
// decisions on one history that arrive while an earlier one is being stored are
// stored together, in order. The exact revisions of the store keep this honest:
// when one decision is not stored, those that built on it are taken again.
// It is safe for concurrent use.
type Executor struct {
	Store Store

	// Shared says that other processes write to the store, too. Set it before use.
	Shared bool

	mu    sync.Mutex
	lanes map[Stream]*lane
}

// Execute carries out a command and returns when what it decided is durable.
// Repeating a command with the same id gives the same result and changes nothing.
func Execute[S State[T], T any](ctx context.Context, x *Executor, cmd Command[S], meta Meta) (Result, error) {
	var err error
	most := attempts
	if x.Shared {
		most = sharedAttempts
	}
	for n := range most {
		var res Result
		res, err = attempt(ctx, x, cmd, meta)
		switch {
		case errors.Is(err, errLaneAbandoned):
		case errors.As(err, new(*ConflictError)):
		default:
			return res, err
		}
		x.rest(ctx, meta, n)
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
	}
	return Result{}, fmt.Errorf("%w (%w)", ErrBusy, err)
}

// Peek shows a question the newest state of a history. The question must keep
// nothing of the state.
func Peek[S State[T], T any](ctx context.Context, x *Executor, s Stream, question func(S) error) error {
	l, fresh, err := openLane[S](ctx, x, s)
	if err != nil {
		return err
	}
	defer l.mu.Unlock()
	if !fresh {
		note(ctx, l)
	}
	return question(l.state.(S))
}

func attempt[S State[T], T any](ctx context.Context, x *Executor, cmd Command[S], meta Meta) (Result, error) {
	l, fresh, err := openLane[S](ctx, x, cmd.Stream())
	if err != nil {
		return Result{}, err
	}
	if c, ok := l.done[meta.Command]; ok {
		l.mu.Unlock()
		return repeated(ctx, x, l, c, meta)
	}
	state := l.state.(S)
	watched, consulted := x.watched(ctx, fresh)
	events, err := decide(watched, x, l, cmd, state, meta)
	if err != nil || len(events) == 0 {
		return x.idle(ctx, l, consulted, err)
	}
	drafts, err := l.drafts(events, meta)
	if err != nil {
		l.mu.Unlock()
		return Result{}, err
	}
	for _, e := range events {
		state.Apply(e)
	}
	f := l.board(cmd, drafts, meta)
	rev := l.revision
	lead := !l.flying
	l.flying = true
	l.mu.Unlock()
	switch {
	case lead && x.Shared: // it may take long; the caller need not
		go x.fly(l, f)
	case lead:
		x.fly(l, f)
	}
	pos, err := f.wait(ctx)
	if outdated(cmd, err) {
		return Result{}, ErrBusy
	}
	return Result{Position: pos, Revision: rev, Events: events}, err
}

// outdated reports whether a flight failed because of the values this command
// brought: deciding again would bring the same ones.
func outdated(cmd any, err error) bool {
	var conflict *ConflictError
	p, ok := cmd.(personal)
	if !ok || !errors.As(err, &conflict) {
		return false
	}
	for _, persona := range p.personae() {
		if b := persona.Batch(); b != nil && b.Stream == conflict.Stream {
			return true
		}
	}
	return false
}

// decide asks the command; the lane is locked and stays so.
func decide[S State[T], T any](ctx context.Context, x *Executor, l *lane, cmd Command[S], state S, meta Meta) ([]Event, error) {
	if meta.IfRevision != nil && *meta.IfRevision != l.revision {
		return nil, ErrChanged
	}
	if c, ok := cmd.(consulting[S]); ok {
		if err := c.Consult(ctx, x, state); err != nil {
			return nil, err
		}
	}
	return cmd.Decide(state, meta)
}

// idle ends an attempt that stores nothing. Where the decision rests on others
// that are not stored yet, it waits for them: it is void if they fail. Where others
// write to the store too, it is void if they did.
func (x *Executor) idle(ctx context.Context, l *lane, consulted *glances, refusal error) (Result, error) {
	pos, rev := l.position, l.revision
	var last *flight
	if n := len(l.waiting); n > 0 {
		last = l.waiting[n-1]
	}
	l.mu.Unlock()
	if last != nil {
		var err error
		if pos, err = last.wait(ctx); err != nil {
			if IsDefinite(err) && ctx.Err() == nil {
				return Result{}, errLaneAbandoned
			}
			return Result{}, err
		}
	}
	if consulted != nil {
		seen := consulted.list
		if last == nil && !consulted.fresh {
			seen = append(seen, glance{l, rev})
		}
		if err := x.confirm(ctx, seen); err != nil {
			return Result{}, err
		}
	}
	return Result{Position: pos, Revision: rev}, refusal
}

// repeated answers a command that was carried out before.
func repeated(ctx context.Context, x *Executor, l *lane, c carried, meta Meta) (Result, error) {
	if c.request != meta.Request {
		return Result{}, ErrKeyReused
	}
	if c.flight != nil {
		if _, err := c.flight.wait(ctx); err != nil {
			return Result{}, err
		}
	}
	res := Result{Revision: c.first + Revision(c.events) - 1, Repeated: true}
	for entry, err := range x.Store.ReadStream(ctx, l.stream, c.first) {
		if err != nil {
			return Result{}, err
		}
		rec, err := entry.Record()
		if err != nil {
			return Result{}, err
		}
		res.Position = rec.Position
		if res.Events = append(res.Events, rec.Event); len(res.Events) == c.events {
			break
		}
	}
	return res, nil
}

// drafts returns the events of a decision as they go into the store.
func (l *lane) drafts(events []Event, meta Meta) ([]Draft, error) {
	list := make([]Draft, len(events))
	for i, e := range events {
		d, err := meta.draft(e, i)
		if err != nil {
			return nil, err
		}
		list[i] = d
	}
	return list, Batch{l.stream, l.revision, list}.Check()
}

// draft returns the nth event of the command as it goes into the store.
func (m Meta) draft(e Event, n int) (Draft, error) {
	data, schema, err := Encode(e)
	if err != nil {
		return Draft{}, err
	}
	return Draft{
		ID: m.eventID(n), Type: e.Name(), Schema: schema,
		EffectiveAt: m.Effective(), Actor: m.Actor,
		Command: m.Command, Correlation: m.Correlation, Causation: m.Causation,
		Request: m.Request, Data: data,
	}, nil
}
