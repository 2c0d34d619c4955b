package esdb

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/metadata"

	"tavoli/domain"
)

// A generation is one client, with a writer beside it, and those who use them.
type generation struct {
	guard  *guard
	client *client.Client
	writer *writer
	life   context.Context // ends when the generation is retired
	end    context.CancelFunc

	mu       sync.Mutex
	users    int
	entering int           // users who have not been given a connection yet
	entered  chan struct{} // closed when entering becomes 0; nil: nobody waits for it
	retired  bool
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
		gen.close()
	}
}

// close closes the connections. Nobody uses them any longer.
func (gen *generation) close() {
	gen.client.Close() // never fails
	gen.writer.close()
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
		gen.close()
	}
}

// hear is what the client tells its log. It does so before it forgets a broken
// connection without closing it, to make another for the next who asks [5]. There
// is to be no next: the generation is retired here, and those who have entered are
// given the old connection first. So there is never a second one to leak.
//
// It tells as well where it is connected, which is where appends go.
func (gen *generation) hear(_ client.LogLevel, format string, args ...any) {
	if len(args) != 1 {
		return
	}
	switch format {
	case "unexpected exception: %v":
		if err, ok := args[0].(error); ok && codeOf(err) == client.ErrorUnavailable {
			gen.replaced()
		}
	case "retrieved supported features on node '%s' successfully", "successfully connected to leader node %s":
		gen.writer.move(fmt.Sprint(args[0]))
	}
}

// replaced retires a generation whose client is about to make another connection, once
// those who have entered were given the old one.
func (gen *generation) replaced() {
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
// after it was given a connection, which is how the guard learns of that; the writer
// does when it is connected.
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
func call[T any](ctx context.Context, g *guard, do func(context.Context, *generation) (T, error)) (T, error) {
	gen, err := g.acquire(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return callOn(ctx, gen, do)
}

// callOn makes a call on a generation that the caller has entered.
func callOn[T any](ctx context.Context, gen *generation, do func(context.Context, *generation) (T, error)) (T, error) {
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
			r.value, err = do(ctx, gen)
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
