package esdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tavoli/domain"
)

// An item is what a reader or a follower is sent: an event, a position up to
// which there is none, or the error that ends it.
type item struct {
	event *client.RecordedEvent
	upTo  domain.Position
	err   error
}

// position returns how far a reader has come with the item.
func (it item) position() domain.Position {
	if it.event != nil {
		return domain.Position(it.event.Position.Commit)
	}
	return it.upTo
}

// ended reports whether what is read ends here.
func (it item) ended() bool { return errors.Is(it.err, io.EOF) }

// An opening starts a read or a subscription.
type opening func(context.Context, *client.Client) (next func() item, end func(), err error)

// buffered is how many items are fetched ahead of who reads them.
const buffered = 256

// open starts a read and returns what it receives. The channel is closed where
// what is read ends; whoever does not read so far cancels ctx.
func (s *Store) open(ctx context.Context, start opening) (<-chan item, error) {
	limited, done := s.bounded(ctx)
	gen, err := s.guard.acquire(limited)
	done()
	if err != nil {
		return nil, err
	}
	items := make(chan item, buffered)
	ctx, cancel := gen.bind(ctx)
	go func() {
		defer cancel()
		err := gen.visit(ctx, func(ctx context.Context) error { return pump(ctx, gen.client, start, items) })
		if err == nil {
			close(items)
			return
		}
		select {
		case items <- item{err: err}:
		case <-ctx.Done():
		}
	}()
	return items, nil
}

// pump hands on what is received until there is no more.
func pump(ctx context.Context, c *client.Client, start opening, items chan<- item) error {
	next, end, err := start(ctx, c)
	if err != nil {
		return err
	}
	defer end()
	for {
		it := next()
		switch {
		case it.ended() && ctx.Err() == nil:
			return nil
		case it.err != nil:
			return it.err
		}
		select {
		case items <- it:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// listen yields what a read receives. A read that fails before it was sent anything
// is begun again as long as there is time; later the error ends it.
func (s *Store) listen(ctx context.Context, start opening) iter.Seq[item] {
	return s.listenOn(ctx, func(last item) opening {
		if last.event != nil {
			return nil
		}
		return start
	})
}

// listenOn is listen for a read that can be begun again behind the last item it was
// sent, too. It has time anew whenever it has come further.
func (s *Store) listenOn(ctx context.Context, from func(last item) opening) iter.Seq[item] {
	return func(yield func(item) bool) {
		limit, wait := time.Now().Add(s.options.Timeout), firstWait
		var last item
		for start := from(last); ; wait = min(2*wait, time.Second) {
			begun, err := s.listenOnce(ctx, start, func(it item) bool {
				last = it
				return yield(it)
			})
			if err == nil {
				return
			}
			if begun {
				limit, wait = time.Now().Add(s.options.Timeout), firstWait
			}
			if start = from(last); start != nil && passing(err) && time.Now().Add(wait).Before(limit) && s.pause(ctx, wait) {
				continue
			}
			if passing(err) {
				err = fmt.Errorf("%s: %w: %w", s.guard.where, ErrUnreachable, err)
			}
			yield(item{err: err})
			return
		}
	}
}

// pause waits about so long and reports whether there is a reason to go on.
func (s *Store) pause(ctx context.Context, wait time.Duration) bool {
	select {
	case <-time.After(jitter(wait)):
		return true
	case <-ctx.Done():
	case <-s.guard.stop.Done():
	}
	return false
}

// listenOnce yields what one read receives, and returns the error that ended it
// and whether it had begun. A read that is sent nothing while somebody waits for it
// ends with an error.
func (s *Store) listenOnce(ctx context.Context, start opening, yield func(item) bool) (begun bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	items, err := s.open(ctx, start)
	if err != nil {
		return false, err
	}
	silence := time.NewTimer(s.options.Timeout)
	defer silence.Stop()
	for ; ; begun = true {
		it, ok := s.await(ctx, items, silence)
		if !ok || it.err != nil {
			return begun, it.err
		}
		if !yield(it) {
			return begun, nil
		}
		silence.Reset(s.options.Timeout)
	}
}

// await returns the next item, and false where there is none.
func (s *Store) await(ctx context.Context, items <-chan item, silence *time.Timer) (item, bool) {
	select {
	case it, ok := <-items:
		return it, ok
	case <-ctx.Done():
		return item{err: s.guard.interrupted(ctx)}, true
	case <-s.guard.stop.Done():
		return item{err: errCutOff}, true
	case <-silence.C:
		return item{err: fmt.Errorf("%s: nothing came for %s: %w", s.guard.where, s.options.Timeout, ErrUnreachable)}, true
	}
}

// reading turns a read of the client into an opening.
func reading(open func(context.Context, *client.Client) (*client.ReadStream, error)) opening {
	return func(ctx context.Context, c *client.Client) (func() item, func(), error) {
		r, err := open(ctx, c)
		if err != nil {
			return nil, nil, err
		}
		return func() item {
			e, err := r.Recv()
			if err != nil {
				return item{err: err}
			}
			return eventItem(e)
		}, r.Close, nil
	}
}

// eventItem takes an event as it comes. Positions are one number here, which they
// are for everything that was ever written over this protocol.
func eventItem(e *client.ResolvedEvent) item {
	event := e.OriginalEvent()
	if event.Position.Commit != event.Position.Prepare {
		return item{err: fmt.Errorf("an event at commit position %d and prepare position %d: %w",
			event.Position.Commit, event.Position.Prepare, domain.ErrCorrupt)}
	}
	return item{event: event}
}

// forwards reads a stream from a revision on.
func forwards(name string, from domain.Revision, count uint64) opening {
	return reading(func(ctx context.Context, c *client.Client) (*client.ReadStream, error) {
		o := client.ReadStreamOptions{Direction: client.Forwards, From: client.Revision(uint64(max(from, 0)))}
		return c.ReadStream(ctx, name, o, count)
	})
}

// newest reads the last event of a stream.
func newest(name string) opening {
	return reading(func(ctx context.Context, c *client.Client) (*client.ReadStream, error) {
		return c.ReadStream(ctx, name, client.ReadStreamOptions{Direction: client.Backwards, From: client.End{}}, 1)
	})
}

// streamFrom reads a stream from a revision on, and on behind what it has read.
func streamFrom(name string, from domain.Revision) func(last item) opening {
	return func(last item) opening {
		if last.event != nil {
			from = domain.Revision(last.event.EventNumber) + 1
		}
		return forwards(name, from, math.MaxInt64)
	}
}

// all reads everything from a position on, which is shown too, and on from what it
// has read.
func all(at domain.Position) func(last item) opening {
	return func(last item) opening { return allFrom(max(at, last.position())) }
}

// allFrom reads everything from a position on, which is shown too.
func allFrom(at domain.Position) opening {
	return reading(func(ctx context.Context, c *client.Client) (*client.ReadStream, error) {
		return c.ReadAll(ctx, client.ReadAllOptions{Direction: client.Forwards, From: positionOf(at)}, math.MaxInt64)
	})
}

// backwards reads everything, newest first, and lastOfAll the newest only.
var (
	backwards = allBackwards(math.MaxInt64)
	lastOfAll = allBackwards(1)
)

func allBackwards(count uint64) opening {
	return reading(func(ctx context.Context, c *client.Client) (*client.ReadStream, error) {
		return c.ReadAll(ctx, client.ReadAllOptions{Direction: client.Backwards, From: client.End{}}, count)
	})
}

// following subscribes to the streams with a prefix after a position.
func following(prefix string, after client.AllPosition) opening {
	return func(ctx context.Context, c *client.Client) (func() item, func(), error) {
		sub, err := c.SubscribeToAll(ctx, client.SubscribeToAllOptions{
			From:            after,
			MaxSearchWindow: 1024, CheckpointInterval: 1,
			Filter: &client.SubscriptionFilter{Type: client.StreamFilterType, Prefixes: []string{prefix}},
		})
		if err != nil {
			return nil, nil, err
		}
		return func() item { return nextOf(sub) }, func() { sub.Close() }, nil // Close never fails
	}
}

// nextOf waits for what a subscription brings that means something here.
func nextOf(sub *client.Subscription) item {
	for {
		switch e := sub.Recv(); {
		case e.SubscriptionDropped != nil:
			return item{err: fmt.Errorf("the subscription was dropped: %w", e.SubscriptionDropped.Error)}
		case e.EventAppeared != nil:
			return eventItem(e.EventAppeared)
		case e.CheckPointReached != nil:
			return item{upTo: domain.Position(e.CheckPointReached.Commit)}
		}
	}
}

func positionOf(at domain.Position) client.Position {
	return client.Position{Commit: uint64(at), Prepare: uint64(at)}
}
