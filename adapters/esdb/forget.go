package esdb

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"tavoli/domain"
)

// gone is the memory of forgotten streams. The server shows their events to who
// reads everything, until it is scavenged, so that they have to be left out here.
type gone struct {
	mu   sync.RWMutex
	set  map[domain.Stream]bool
	next domain.Revision // of the stream that holds their names
}

func (g *gone) has(stream domain.Stream) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.set[stream]
}

// add notes a stream whose name was found by a tombstone.
func (g *gone) add(stream domain.Stream) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set[stream] = true
}

// A forgetting is what the stream of forgotten streams holds.
type forgetting struct {
	Stream domain.Stream `json:"stream"`
}

// learn notes what an event of that stream says.
func (g *gone) learn(e *client.RecordedEvent) error {
	var f forgetting
	if err := json.Unmarshal(e.Data, &f); err != nil || !f.Stream.Personal() {
		return fmt.Errorf("%s at %d names no stream: %w", e.StreamID, e.Position.Commit, domain.ErrCorrupt)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set[f.Stream] = true
	if rev := domain.Revision(e.EventNumber); rev == g.next {
		g.next++
	}
	return nil
}

func (g *gone) unread() domain.Revision {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.next
}

// refresh learns which streams were forgotten meanwhile, here or on other nodes.
func (s *Store) refresh(ctx context.Context) error {
	for it := range s.listen(ctx, forwards(s.options.Prefix+forgottenStream, s.gone.unread(), 1<<62)) {
		if missing(it.err) {
			return nil
		}
		if it.err != nil {
			return it.err
		}
		if err := s.gone.learn(it.event); err != nil {
			return err
		}
	}
	return nil
}

// Forget implements [domain.Store]. The name goes into the memory first: from then
// on the stream is out of sight, whatever becomes of the tombstone. The tombstone
// lets nobody write to it again, and lets the next scavenge take its events
// off the disks.
func (s *Store) Forget(ctx context.Context, stream domain.Stream) error {
	if !stream.Personal() {
		return fmt.Errorf("%s: %w", stream, domain.ErrNotPersonal)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err := s.remember(ctx, stream)
	if err == nil {
		err = s.pursue(ctx, func(ctx context.Context) error { return s.tombstone(ctx, stream) })
	}
	if err != nil && fateOf(err) != closed {
		return fmt.Errorf("forget %s: %w", stream, err)
	}
	return nil
}

// remember writes a name into the memory, unless it is there.
func (s *Store) remember(ctx context.Context, stream domain.Stream) error {
	data, err := json.Marshal(forgetting{stream})
	if err != nil {
		return err
	}
	event := note(uuid.NewSHA1(s.identity.ID, data), streamForgotten, data)
	for {
		if err := s.refresh(ctx); err != nil || s.gone.has(stream) {
			return err
		}
		err := s.note(ctx, forgottenStream, s.gone.unread()-1, event)
		if err != nil && fateOf(err) == conflict {
			continue
		}
		if err == nil {
			s.gone.add(stream)
		}
		return err
	}
}

func (s *Store) tombstone(ctx context.Context, stream domain.Stream) error {
	_, err := call(ctx, s.guard, func(ctx context.Context, gen *generation) (*client.DeleteResult, error) {
		return gen.client.TombstoneStream(ctx, s.name(stream), client.TombstoneStreamOptions{ExpectedRevision: client.Any{}})
	})
	return err
}
