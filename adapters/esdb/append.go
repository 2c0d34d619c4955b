package esdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"tavoli/domain"
)

// maxAppend is the most bytes that a server takes in one append unless it is told
// otherwise. It counts data, names of types and metadata, of which there are none.
const maxAppend = 1 << 20

// errTooMuch is the fault of a batch that fits the register but not the server.
var errTooMuch = fmt.Errorf("more than %d bytes in one append: %w", maxAppend, domain.ErrTooLarge)

// Append implements [domain.Store]. An outcome that is not known is pursued with
// the same ids until the time is up.
func (s *Store) Append(ctx context.Context, batches ...domain.Batch) (domain.Position, error) {
	if len(batches) == 0 {
		return 0, domain.ErrEmptyBatch
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	var pos domain.Position
	for _, b := range batches {
		var err error
		if pos, err = s.append(ctx, b); err != nil {
			return 0, err
		}
	}
	return pos, nil
}

func (s *Store) append(ctx context.Context, b domain.Batch) (domain.Position, error) {
	return s.appendBatch(ctx, b, func() ([]client.EventData, error) { return s.events(b) })
}

// appendBatch appends what a batch is written down as.
func (s *Store) appendBatch(ctx context.Context, b domain.Batch, written func() ([]client.EventData, error)) (domain.Position, error) {
	if err := b.Check(); err != nil {
		return 0, err
	}
	if s.gone.has(b.Stream) {
		return 0, s.forgotten(b.Stream)
	}
	var pos domain.Position
	err := s.pursue(ctx, func(ctx context.Context) error {
		events, err := written()
		if err != nil {
			return err
		}
		pos, err = s.write(ctx, s.name(b.Stream), b.After, events)
		return err
	})
	switch {
	case err == nil:
		return pos, nil
	case fateOf(err) == closed:
		s.gone.add(b.Stream)
		return 0, s.forgotten(b.Stream)
	case fateOf(err) == conflict:
		return s.conflict(ctx, b, written)
	}
	return 0, fmt.Errorf("%s: %w", b.Stream, err)
}

// forgotten returns the error of an append to a forgotten stream.
func (s *Store) forgotten(stream domain.Stream) error {
	if s.guard.stop.Err() != nil {
		return domain.ErrStoreClosed
	}
	return fmt.Errorf("%s: %w", stream, domain.ErrStreamForgotten)
}

// conflict reads where the stream is. It may just have come where the batch
// believed it to be; then the batch is tried again.
func (s *Store) conflict(ctx context.Context, b domain.Batch, written func() ([]client.EventData, error)) (domain.Position, error) {
	actual, err := s.lastRevision(ctx, s.name(b.Stream))
	switch {
	case err != nil && fateOf(err) == closed:
		return 0, s.forgotten(b.Stream)
	case errors.Is(err, context.DeadlineExceeded):
		return 0, fmt.Errorf("%s: %w", b.Stream, s.guard.unreachable(err))
	case err != nil:
		return 0, fmt.Errorf("%s: %w", b.Stream, err)
	case actual == b.After:
		return s.appendBatch(ctx, b, written)
	}
	return 0, &domain.ConflictError{Stream: b.Stream, Expected: b.After, Actual: actual}
}

// pursue makes a write until it is known what became of it, or the time is up.
func (s *Store) pursue(ctx context.Context, write func(context.Context) error) error {
	doubt := false
	for wait := firstWait; ; wait = min(2*wait, time.Second) {
		attempt, cancel := context.WithTimeout(ctx, s.options.Timeout/2)
		err := write(attempt)
		cancel()
		if err == nil {
			return nil
		}
		switch fateOf(err) {
		case conflict, closed:
			return err // whatever became of earlier attempts: they can no longer be done
		case refused:
			return doubtful(doubt, err)
		case open:
			if errors.Is(err, domain.ErrStoreClosed) || errors.Is(err, domain.Invalid) {
				return doubtful(doubt || errors.Is(err, errCutOff), err)
			}
			doubt = true
		}
		select {
		case <-time.After(jitter(wait)):
		case <-ctx.Done():
			return doubtful(true, err) // what was surely not done may be tried again as well
		}
	}
}

// doubtful marks an error as one that leaves open what happened, if it does.
func doubtful(doubt bool, err error) error {
	if !doubt || errors.Is(err, domain.Unknown) {
		return err
	}
	return fmt.Errorf("%w: %w", domain.ErrOutcome, err)
}

// events stamps the events of a batch and writes them as the server keeps them.
func (s *Store) events(b domain.Batch) ([]client.EventData, error) {
	recorded, size := s.clock.stamp(), 0
	list := make([]client.EventData, len(b.Events))
	for i := range b.Events {
		d := &b.Events[i]
		data := domain.AppendEntry(nil, b.Stream, b.After+1+domain.Revision(i), recorded, d)
		if len(data) > domain.MaxEntry {
			return nil, fmt.Errorf("an entry of %d bytes: %w", len(data), domain.ErrTooLarge)
		}
		if size += len(data) + 2*len(d.Type); size > maxAppend {
			return nil, errTooMuch
		}
		list[i] = client.EventData{EventID: d.ID, EventType: d.Type, ContentType: client.ContentTypeJson, Data: data}
	}
	return list, nil
}

// write appends events once and returns the position of the last.
func (s *Store) write(ctx context.Context, name string, after domain.Revision, events []client.EventData) (domain.Position, error) {
	pos, err := call(ctx, s.guard, appendTo(name, after, events))
	if err != nil || pos != 0 {
		return pos, err
	}
	return s.positionOf(ctx, name, after+domain.Revision(len(events))) // a repetition, of a server that does not tell
}

// appendTo is the call that appends events.
func appendTo(name string, after domain.Revision, events []client.EventData) func(context.Context, *generation) (domain.Position, error) {
	return func(ctx context.Context, gen *generation) (domain.Position, error) {
		return gen.writer.append(ctx, name, after, events)
	}
}

// note is an event of the store's own.
func note(id uuid.UUID, kind string, data []byte) client.EventData {
	if data == nil {
		data = []byte("{}")
	}
	return client.EventData{EventID: id, EventType: kind, ContentType: client.ContentTypeJson, Data: data}
}

// note appends an event to a stream of the store's own.
func (s *Store) note(ctx context.Context, stream string, after domain.Revision, event client.EventData) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return s.pursue(ctx, func(ctx context.Context) error {
		_, err := s.write(ctx, s.options.Prefix+stream, after, []client.EventData{event})
		return err
	})
}

// noteOn appends one on a connection that is not in use yet.
func (s *Store) noteOn(ctx context.Context, gen *generation, stream string, after domain.Revision, event client.EventData) error {
	if !gen.enter() {
		return ErrUnreachable
	}
	_, err := callOn(ctx, gen, appendTo(s.options.Prefix+stream, after, []client.EventData{event}))
	return err
}
