package domain

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

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
			if b := persona.Batch(); b != nil {
				f.personae = append(f.personae, *b)
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
