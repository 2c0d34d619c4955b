package esdb

import (
	"context"
	"errors"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// hold keeps a subscription open for as long as a generation lives, to the stream
// that says which store this is. A lost connection is made again below the client,
// so that whoever does not call meanwhile would not notice that there is another
// server behind the address; the subscription does, because it ends.
func (g *guard) hold(gen *generation) {
	defer gen.retire()
	for gen.life.Err() == nil {
		if !gen.enter() {
			return
		}
		ctx, cancel := gen.bind(gen.life)
		err := gen.visit(ctx, func(ctx context.Context) error { return g.heed(ctx, gen) })
		cancel()
		if final, ok := errors.AsType[*finalError](err); ok {
			g.abandon(final)
		}
		if codeOf(err) != client.ErrorAborted { // a server of 23.10 calls it slow after many events at once
			return
		}
		select {
		case <-time.After(jitter(firstWait)):
		case <-gen.life.Done():
		}
	}
}

// heed looks at the store when there is a subscription, and at each event it brings.
func (g *guard) heed(ctx context.Context, gen *generation) error {
	next, end, err := g.watch(ctx, gen.client)
	if err != nil {
		return err
	}
	defer end()
	it := item{}
	for ; it.err == nil; it = next() {
		if it.upTo > 0 { // a checkpoint, which says nothing here
			continue
		}
		check, cancel := context.WithTimeout(gen.life, *g.config.DefaultDeadline)
		err := g.check(check, gen)
		cancel()
		if err != nil {
			return err
		}
	}
	return it.err
}
