package domain

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
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

// A lane is one history in memory. Lanes are locked in the order in which
// categories consult one another: attestati, presenze, tavolo, ente.
type lane struct {
	stream Stream

	known atomic.Int64 // how many events the store is known to hold

	mu       sync.Mutex
	loaded   bool
	dead     bool     // no longer in the executor's map
	state    any      // after revision
	revision Revision // of the newest decision, stored or not
	position Position // of the newest event stored
	done     map[uuid.UUID]carried
	waiting  []*flight // not stored yet, in order; the first may be under way
	flying   bool
}

// carried is where a command's events stand in its stream.
type carried struct {
	first   Revision
	events  int
	request string
	flight  *flight // nil when stored
}

// A flight is some decisions on one history that are stored together.
type flight struct {
	personae []Batch
	facts    Batch
	commands []uuid.UUID
	size     int
	done     chan struct{} // closed when position and err are set
	position Position
	err      error
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
	drafts, err := drafts(events, meta)
	if err == nil {
		err = Batch{l.stream, l.revision, drafts}.Check()
	}
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
		if persona != nil && persona.batch != nil && persona.batch.Stream == conflict.Stream {
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

func drafts(events []Event, meta Meta) ([]Draft, error) {
	list := make([]Draft, len(events))
	for i, e := range events {
		d, err := meta.draft(e, i)
		if err != nil {
			return nil, err
		}
		list[i] = d
	}
	return list, nil
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

// board puts decided events on the next flight and moves the lane forward.
func (l *lane) board(cmd any, drafts []Draft, meta Meta) *flight {
	size := 0
	for _, d := range drafts {
		size += len(d.Data) + envelopeRoom
	}
	var f *flight
	if n := len(l.waiting); n > 1 || n == 1 && !l.flying {
		f = l.waiting[n-1]
	}
	if f == nil || len(f.commands) >= maxFlight || f.size+size > MaxBatch {
		f = &flight{facts: Batch{Stream: l.stream, After: l.revision}, done: make(chan struct{})}
		l.waiting = append(l.waiting, f)
	}
	if p, ok := cmd.(personal); ok {
		for _, persona := range p.personae() {
			if persona != nil && persona.batch != nil {
				f.personae = append(f.personae, *persona.batch)
			}
		}
	}
	l.done[meta.Command] = carried{l.revision + 1, len(drafts), meta.Request, f}
	l.revision += Revision(len(drafts))
	f.facts.Events = append(f.facts.Events, drafts...)
	f.commands = append(f.commands, meta.Command)
	f.size += size
	return f
}

// fly stores the lane's flights in order. The caller's own is stored on its own
// time; what gathered meanwhile is left to a goroutine of its own.
func (x *Executor) fly(l *lane, own *flight) {
	x.launch(l, own)
	l.mu.Lock()
	more := len(l.waiting) > 0
	l.flying = more
	l.mu.Unlock()
	if more {
		go func() {
			for x.next(l) {
			}
		}()
	}
}

// next stores the lane's first flight and reports whether there are more.
func (x *Executor) next(l *lane) bool {
	l.mu.Lock()
	if len(l.waiting) == 0 {
		l.flying = false
		l.mu.Unlock()
		return false
	}
	f := l.waiting[0]
	l.mu.Unlock()
	x.launch(l, f)
	return true
}

// launch stores the first flight of the lane and tells those who wait.
func (x *Executor) launch(l *lane, f *flight) {
	pos, err := x.append(f)
	l.mu.Lock()
	defer l.mu.Unlock()
	f.position, f.err = pos, err
	l.waiting = l.waiting[1:]
	close(f.done)
	if err == nil {
		l.position = pos
		for _, id := range f.commands {
			c := l.done[id]
			c.flight = nil
			l.done[id] = c
		}
		return
	}
	x.drop(l)
	for _, g := range l.waiting {
		g.err = errLaneAbandoned
		close(g.done)
	}
	l.waiting = nil
}

// append pursues the outcome of a flight until it is known or time is up.
func (x *Executor) append(f *flight) (Position, error) {
	ctx, cancel := context.WithTimeout(context.Background(), appendTimeout)
	defer cancel()
	pause := 10 * time.Millisecond
	for {
		pos, err := x.Store.Append(ctx, append(f.personae, f.facts)...)
		if err == nil || IsDefinite(err) {
			return pos, err
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%w (%w)", ErrOutcome, err)
		case <-time.After(pause):
			pause = min(2*pause, time.Second)
		}
	}
}

func (f *flight) wait(ctx context.Context) (Position, error) {
	select {
	case <-f.done:
		return f.position, f.err
	default:
	}
	select {
	case <-f.done:
		return f.position, f.err
	case <-ctx.Done():
		return 0, fmt.Errorf("%w (%w)", ErrOutcome, ctx.Err())
	}
}

// openLane returns the lane of a stream, loaded and locked, and whether it was loaded
// just now.
func openLane[S State[T], T any](ctx context.Context, x *Executor, s Stream) (_ *lane, fresh bool, _ error) {
	for {
		l := x.lane(s)
		l.mu.Lock()
		if l.outrun() {
			x.drop(l)
		}
		if l.dead {
			l.mu.Unlock()
			continue
		}
		if l.loaded {
			return l, false, nil
		}
		err := load[S](ctx, x.Store, l)
		if err == nil {
			return l, true, nil
		}
		x.drop(l)
		l.mu.Unlock()
		return nil, false, err
	}
}

func load[S State[T], T any](ctx context.Context, log Log, l *lane) error {
	state := S(new(T))
	l.revision, l.done = NoStream, make(map[uuid.UUID]carried)
	for entry, err := range log.ReadStream(ctx, l.stream, 0) {
		if err != nil {
			return err
		}
		rec, err := entry.Record()
		if err != nil {
			return err
		}
		state.Apply(rec.Event)
		l.revision, l.position = rec.Revision, rec.Position
		c, ok := l.done[rec.Command]
		if !ok {
			c = carried{first: rec.Revision, request: rec.Request}
		}
		c.events++
		l.done[rec.Command] = c
	}
	l.state, l.loaded = state, true
	return nil
}

func (x *Executor) lane(s Stream) *lane {
	x.mu.Lock()
	defer x.mu.Unlock()
	l, ok := x.lanes[s]
	if !ok {
		if x.lanes == nil {
			x.lanes = make(map[Stream]*lane)
		}
		if len(x.lanes) >= maxLanes {
			x.evict()
		}
		l = &lane{stream: s}
		x.lanes[s] = l
	}
	return l
}

// evict forgets an eighth of the lanes nobody uses at the moment.
func (x *Executor) evict() {
	room := maxLanes / 8
	for s, l := range x.lanes {
		if room == 0 {
			return
		}
		if l.mu.TryLock() {
			if !l.flying && len(l.waiting) == 0 {
				l.dead = true
				delete(x.lanes, s)
				room--
			}
			l.mu.Unlock()
		}
	}
}

// drop forgets a lane, which is locked by the caller.
func (x *Executor) drop(l *lane) {
	l.dead = true
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.lanes[l.stream] == l {
		delete(x.lanes, l.stream)
	}
}

// Reset forgets every history in memory, so that the next command reads its own
// from the store: after a restore, say, or where another node writes too.
func (x *Executor) Reset() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for s, l := range x.lanes {
		if l.mu.TryLock() {
			l.dead = true
			delete(x.lanes, s)
			l.mu.Unlock()
		}
	}
}
