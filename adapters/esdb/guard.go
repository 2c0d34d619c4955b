package esdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/metadata"

	"tavoli/domain"
)

// How long is waited between two attempts to connect.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 2 * time.Second
)

// redirections is how often a new connection may be sent to another leader.
const redirections = 3

// patience is how long a client that has worked may take to give out a connection.
const patience = time.Second

// A guard keeps a client that works, and stands between it and its callers.
//
// Version 4.2.0 of the client has faults that end a program which calls it as it is
// meant to be called. The guard knows each by its number in doc.go. What it does
// about most of them is to use a client as long as nothing is wrong, and another
// afterwards: a generation.
type guard struct {
	config client.Configuration
	where  string // the servers, for people
	log    *slog.Logger

	// check looks at the store behind a connection; watch opens a subscription
	// that brings what gives reason to look again.
	check func(context.Context, *generation) error
	watch opening

	stop context.Context // ends when the guard is closed
	end  context.CancelFunc

	mu         sync.Mutex
	current    *generation   // nil: there is none now
	changed    chan struct{} // closed when there is one again, or never will be
	connecting bool
	last       error // why there is none
	ended      error // why there will be none
}

// A generation is one client and those who use it.
type generation struct {
	guard  *guard
	client *client.Client
	life   context.Context // ends when the generation is retired
	end    context.CancelFunc

	mu       sync.Mutex
	users    int
	entering int           // users who have not been given a connection yet
	entered  chan struct{} // closed when entering becomes 0; nil: nobody waits for it
	retired  bool
}

func newGuard(config *client.Configuration, where string, log *slog.Logger) *guard {
	g := &guard{config: *config, where: where, log: log, changed: make(chan struct{})}
	g.stop, g.end = context.WithCancel(context.Background())
	return g
}

// close ends every call under way, and refuses those that come.
func (g *guard) close() {
	g.abandon(domain.ErrStoreClosed)
	g.end()
}

// abandon ends the guard for a reason.
func (g *guard) abandon(reason error) {
	g.mu.Lock()
	gen := g.current
	if g.ended == nil {
		g.ended = reason
		if g.current == nil {
			close(g.changed) // those who wait need not
		}
		g.current = nil
	}
	g.mu.Unlock()
	if gen != nil {
		gen.retire()
	}
}

// acquire returns the present generation, with one user more, and waits for one
// if need be.
func (g *guard) acquire(ctx context.Context) (*generation, error) {
	for {
		g.mu.Lock()
		if err := g.ended; err != nil {
			g.mu.Unlock()
			return nil, err
		}
		if gen := g.current; gen != nil {
			g.mu.Unlock()
			if gen.enter() {
				return gen, nil
			}
			g.lose(gen)
			continue
		}
		if !g.connecting {
			g.connecting = true
			go g.connect()
		}
		changed := g.changed
		g.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, g.unreachable(ctx.Err())
		}
	}
}

// unreachable returns the error of who waited for a connection in vain.
func (g *guard) unreachable(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last != nil {
		err = fmt.Errorf("%w (%w)", err, g.last)
	}
	return fmt.Errorf("%s: %w: %w", g.where, ErrUnreachable, err)
}

// lose takes a generation out of use.
func (g *guard) lose(gen *generation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current == gen {
		g.current = nil
		g.changed = make(chan struct{})
	}
}

// connect tries until there is a generation, or never will be.
func (g *guard) connect() {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		gen, err := g.dial()
		if g.connected(gen, err) {
			return
		}
		g.log.Warn("the event store cannot be reached", "servers", g.where, "error", err)
		select {
		case <-time.After(jitter(wait)):
		case <-g.stop.Done():
		}
	}
}

// connected notes what became of an attempt and reports whether it was the last.
func (g *guard) connected(gen *generation, err error) bool {
	var final *finalError
	if errors.As(err, &final) {
		g.abandon(final)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended != nil {
		g.connecting = false
		if gen != nil {
			go gen.retire()
		}
		return true
	}
	if g.last = err; err != nil {
		return false
	}
	g.current, g.connecting = gen, false
	close(g.changed)
	return true
}

// dial makes a generation that works now. It asks with a client to be thrown
// away first, which nobody else uses and which gives up after one attempt: a
// client that has given up is dead for ever and whoever calls it hangs [1] [2]. The
// client others use never gives up.
func (g *guard) dial() (*generation, error) {
	if err := g.probe(); err != nil {
		return nil, err
	}
	gen := &generation{guard: g}
	gen.life, gen.end = context.WithCancel(g.stop)
	config := g.config
	config.MaxDiscoverAttempts = math.MaxInt
	config.Logger = gen.hear
	var err error
	if gen.client, err = client.NewClient(&config); err != nil {
		gen.end()
		return nil, final("%s: %w", g.where, err)
	}
	ctx, cancel := context.WithTimeout(g.stop, *config.DefaultDeadline)
	defer cancel()
	err = g.check(ctx, gen)
	for range redirections {
		if codeOf(err) != client.ErrorCodeNotLeader {
			break
		}
		err = g.check(ctx, gen) // at the leader, where the client has been sent
	}
	if err != nil {
		gen.retire()
		return nil, err
	}
	go g.hold(gen)
	return gen, nil
}

func (g *guard) probe() error {
	config := g.config
	config.MaxDiscoverAttempts = 1
	config.Logger = client.NoopLogging()
	c, err := client.NewClient(&config)
	if err != nil {
		return final("%s: %w", g.where, err)
	}
	defer c.Close()
	version, err := c.GetServerVersion()
	switch {
	case err != nil:
		return err
	case version.Major < oldestServer:
		return final("%s runs version %d.%d.%d; version %d or newer is needed", g.where, version.Major, version.Minor, version.Patch, oldestServer)
	}
	return nil
}

// enter counts a user, unless the generation is retired.
func (gen *generation) enter() bool {
	gen.mu.Lock()
	defer gen.mu.Unlock()
	if gen.retired {
		return false
	}
	gen.users++
	gen.entering++
	return true
}

// given notes that a user was given a connection, or gives up waiting for one.
func (gen *generation) given() {
	gen.mu.Lock()
	defer gen.mu.Unlock()
	if gen.entering--; gen.entering == 0 && gen.entered != nil {
		close(gen.entered)
		gen.entered = nil
	}
}

// leave counts a user less. The client is closed after its last user has left:
// to close it earlier makes it panic [3].
func (gen *generation) leave() {
	gen.mu.Lock()
	gen.users--
	last := gen.retired && gen.users == 0
	gen.mu.Unlock()
	if last {
		gen.client.Close() // never fails
	}
}

// retire takes the generation out of use.
func (gen *generation) retire() {
	gen.guard.lose(gen)
	gen.mu.Lock()
	first := !gen.retired
	gen.retired = true
	gen.end()
	idle := gen.users == 0
	gen.mu.Unlock()
	if first && idle {
		gen.client.Close() // never fails
	}
}

// hear is what the client tells its log. It does so before it forgets a broken
// connection without closing it, to make another for the next who asks [5]. There
// is to be no next: the generation is retired here, and those who have entered are
// given the old connection first. So there is never a second one to leak.
func (gen *generation) hear(_ client.LogLevel, format string, args ...any) {
	if format != "unexpected exception: %v" || len(args) != 1 {
		return
	}
	if err, ok := args[0].(error); !ok || codeOf(err) != client.ErrorUnavailable {
		return
	}
	gen.retire()
	gen.mu.Lock()
	if gen.entering > 0 && gen.entered == nil {
		gen.entered = make(chan struct{})
	}
	entered := gen.entered
	gen.mu.Unlock()
	if entered != nil {
		<-entered
	}
}

// A visitor is the context of one call. The client asks for its deadline at once
// after it was given a connection, which is how the guard learns of that.
type visitor struct {
	context.Context
	given func()
}

// Deadline implements [context.Context].
func (v visitor) Deadline() (time.Time, bool) {
	v.given()
	return v.Context.Deadline()
}

// call makes one call of the client and returns when it has, or when ctx is done:
// the client does not heed ctx while it looks for a server [2].
func call[T any](ctx context.Context, g *guard, do func(context.Context, *client.Client) (T, error)) (T, error) {
	gen, err := g.acquire(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return callOn(ctx, gen, do)
}

// callOn makes a call on a generation that the caller has entered.
func callOn[T any](ctx context.Context, gen *generation, do func(context.Context, *client.Client) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := gen.bind(ctx)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		var r result
		r.err = gen.visit(ctx, func(ctx context.Context) (err error) {
			r.value, err = do(ctx, gen.client)
			return err
		})
		done <- r
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, gen.guard.interrupted(ctx)
	}
}

// errCutOff is the error of a call that was under way when the store was closed.
var errCutOff = fmt.Errorf("in the middle of a call: %w", domain.ErrStoreClosed)

// interrupted returns why a call under way was given up.
func (g *guard) interrupted(ctx context.Context) error {
	if g.stop.Err() != nil {
		return errCutOff
	}
	return ctx.Err()
}

// bind returns a context that ends with the guard too. It says that only the
// leader is to answer, which the client forgets [4].
func (gen *generation) bind(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(ctx, "requires-leader", "true"))
	stop := context.AfterFunc(gen.guard.stop, cancel)
	return ctx, func() { stop(); cancel() }
}

// visit makes a call for a user who has entered, and leaves.
func (gen *generation) visit(ctx context.Context, do func(context.Context) error) (err error) {
	began := time.Now()
	var has atomic.Bool
	given := sync.OnceFunc(func() { has.Store(true); gen.given() })
	stuck := context.AfterFunc(ctx, func() {
		if !has.Load() && time.Since(began) > patience {
			gen.retire() // it looks for a server that was there when it began
		}
	})
	defer func() {
		if p := recover(); p != nil { // such as "unreachable code" in its ReadStream [6]
			err = fmt.Errorf("the client of the event store panicked: %v", p)
		}
		stuck()
		given()
		if c := codeOf(err); c == client.ErrorUnavailable || c == client.ErrorCodeConnectionClosed {
			gen.retire()
		}
		gen.leave()
	}()
	return do(visitor{ctx, given})
}

// jitter returns about d.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d) }
