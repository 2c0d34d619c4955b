package esdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"

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
	opened     bool  // there was one before
	ended      error // why there will be none

	failed chan struct{} // closed when there will be none because of a fault
}

func newGuard(config *client.Configuration, where string, log *slog.Logger) *guard {
	g := &guard{config: *config, where: where, log: log, changed: make(chan struct{}), failed: make(chan struct{})}
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
		if _, fault := errors.AsType[*finalError](reason); fault {
			close(g.failed)
		}
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
		err = fmt.Errorf("%w (%w)", err, briefError{g.last})
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
	said := ""
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		gen, err := g.dial()
		if g.connected(gen, err) {
			return
		}
		if text := (briefError{err}).Error(); text != said { // once for as long as it is the same
			g.log.Warn("the event store cannot be reached", "servers", g.where, "error", text)
			said = text
		}
		select {
		case <-time.After(jitter(wait)):
		case <-g.stop.Done():
		}
	}
}

// connected notes what became of an attempt and reports whether it was the last.
func (g *guard) connected(gen *generation, err error) bool {
	if final, ok := errors.AsType[*finalError](err); ok {
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
	g.current, g.connecting, g.opened = gen, false, true
	close(g.changed)
	return true
}

// dial makes a generation that works now. It asks with a client to be thrown
// away first, which nobody else uses and which gives up after one attempt: a
// client that has given up is dead for ever and whoever calls it hangs [1] [2]. The
// client others use never gives up.
func (g *guard) dial() (*generation, error) {
	if err := g.probe(); err != nil {
		return nil, g.blame(err)
	}
	gen := &generation{guard: g, writer: newWriter(g.config)}
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
		return nil, g.blame(err)
	}
	go g.hold(gen)
	return gen, nil
}

// blame says plainly what keeps a store from being opened. Later the same may pass,
// as when a node starts.
func (g *guard) blame(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := codeOf(err); !g.opened && (c == client.ErrorCodeAccessDenied || c == client.ErrorCodeUnauthenticated) {
		return final("%s: %w", g.where, ErrCredentials)
	}
	return err
}

// probe asks a server for its version.
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
		return final("%s: %w: it runs version %d.%d.%d; version %d or newer is needed", g.where, ErrOldServer, version.Major, version.Minor, version.Patch, oldestServer)
	}
	return nil
}

// jitter returns about d.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d) }
