// Package memory keeps a register in memory. It is the fake for tests and the
// shortest way to read what a store does; nothing outlives the process.
package memory

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// pageSize is how many places of the log a reader looks at under one lock.
const pageSize = 256

// A Store is a [domain.Store] in memory.
type Store struct {
	now func() time.Time
	id  domain.Identity

	mu        sync.RWMutex
	log       []domain.Entry                   // the entry at position p is log[p-1]; no bytes: forgotten
	streams   map[domain.Stream][]domain.Entry // by revision
	forgotten map[domain.Stream]bool
	last      time.Time     // of recording; never goes back
	changed   chan struct{} // closed when the log grows or is closed
	closed    bool
}

// New returns an empty store that takes the time of recording from now.
func New(now func() time.Time) *Store {
	return &Store{
		now:       now,
		id:        domain.Identity{ID: uuid.New(), Epoch: 1},
		streams:   make(map[domain.Stream][]domain.Entry),
		forgotten: make(map[domain.Stream]bool),
		changed:   make(chan struct{}),
	}
}

// Identity implements [domain.Store].
func (s *Store) Identity() domain.Identity { return s.id }

// Append implements [domain.Store].
func (s *Store) Append(ctx context.Context, batches ...domain.Batch) (domain.Position, error) {
	if len(batches) == 0 {
		return 0, domain.ErrEmptyBatch
	}
	var pos domain.Position
	for _, b := range batches {
		var err error
		if pos, err = s.append(ctx, b, nil); err != nil {
			return 0, err
		}
	}
	return pos, nil
}

func (s *Store) append(ctx context.Context, b domain.Batch, then []time.Time) (domain.Position, error) {
	if err := b.Check(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	have := s.streams[b.Stream]
	at := domain.Revision(len(have)) - 1
	switch {
	case s.forgotten[b.Stream]:
		return 0, fmt.Errorf("%s: %w", b.Stream, domain.ErrStreamForgotten)
	case b.After == at:
		return s.add(b, then)
	case b.After < at && repeats(b, have[b.After+1:]):
		return have[int(b.After)+len(b.Events)].Position, nil
	}
	return 0, &domain.ConflictError{Stream: b.Stream, Expected: b.After, Actual: at}
}

// Import implements [domain.Importer].
func (s *Store) Import(ctx context.Context, entries ...domain.Entry) (pos domain.Position, err error) {
	transfers, bad := domain.Transfers(entries)
	for _, t := range transfers {
		if pos, err = s.append(ctx, t.Batch, t.Recorded); err != nil {
			return 0, err
		}
	}
	if bad == nil && len(transfers) == 0 {
		bad = domain.ErrEmptyBatch
	}
	return pos, bad
}

// Forgotten implements [domain.Importer].
func (s *Store) Forgotten(ctx context.Context) ([]domain.Stream, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.forgotten)), s.usable(ctx)
}

// repeats reports whether the events of the batch are those that follow.
func repeats(b domain.Batch, following []domain.Entry) bool {
	if len(following) < len(b.Events) {
		return false
	}
	for i, d := range b.Events {
		if id, ok := domain.EntryID(following[i].Bytes); !ok || id != d.ID {
			return false
		}
	}
	return true
}

// add stores the batch, whose stream is where it should be, as recorded then, or now.
func (s *Store) add(b domain.Batch, then []time.Time) (domain.Position, error) {
	recorded := domain.Truncate(s.now())
	if recorded.Before(s.last) {
		recorded = s.last
	}
	entries := make([]domain.Entry, len(b.Events))
	for i := range b.Events {
		if then != nil {
			recorded = then[i]
		}
		data := domain.AppendEntry(nil, b.Stream, b.After+1+domain.Revision(i), recorded, &b.Events[i])
		if len(data) > domain.MaxEntry {
			return 0, fmt.Errorf("%s: an entry of %d bytes: %w", b.Stream, len(data), domain.ErrTooLarge)
		}
		entries[i] = domain.Entry{Position: domain.Position(len(s.log) + 1 + i), Bytes: slices.Clip(data)}
	}
	if recorded.After(s.last) {
		s.last = recorded
	}
	s.log = append(s.log, entries...)
	s.streams[b.Stream] = append(s.streams[b.Stream], entries...)
	s.wake()
	return domain.Position(len(s.log)), nil
}

// wake tells those who wait for a change that there is one.
func (s *Store) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// usable returns why nothing can be done; the store is locked.
func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return domain.ErrStoreClosed
	}
	return ctx.Err()
}

// Forget implements [domain.Store].
func (s *Store) Forget(ctx context.Context, stream domain.Stream) error {
	if !stream.Personal() {
		return fmt.Errorf("%s: %w", stream, domain.ErrNotPersonal)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	for _, e := range s.streams[stream] {
		s.log[e.Position-1].Bytes = nil
	}
	delete(s.streams, stream)
	s.forgotten[stream] = true
	return nil
}

// Head implements [domain.Log].
func (s *Store) Head(ctx context.Context) (domain.Position, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return domain.Position(len(s.log)), s.usable(ctx)
}

// ReadStream implements [domain.Log].
func (s *Store) ReadStream(ctx context.Context, stream domain.Stream, from domain.Revision) iter.Seq2[domain.Entry, error] {
	return func(yield func(domain.Entry, error) bool) {
		s.mu.RLock()
		entries, err := s.streams[stream], s.usable(ctx) // only ever grows, elsewhere
		s.mu.RUnlock()
		if err != nil {
			yield(domain.Entry{}, err)
			return
		}
		for _, e := range entries[min(max(int(from), 0), len(entries)):] {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// ReadAll implements [domain.Log].
func (s *Store) ReadAll(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	head, err := s.Head(ctx)
	return func(yield func(domain.Page, error) bool) {
		for at := after; err == nil && at < head; {
			var page domain.Page
			if page, _, err = s.page(ctx, at, head); err == nil && !yield(page, nil) {
				return
			}
			at = page.UpTo
		}
		if err != nil {
			yield(domain.Page{}, err)
		}
	}
}

// Follow implements [domain.Log].
func (s *Store) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		for at := after; ; {
			page, changed, err := s.page(ctx, at, ^domain.Position(0))
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				yield(domain.Page{}, err)
				return
			case page.UpTo > at:
				if !yield(page, nil) {
					return
				}
				at = page.UpTo
				continue
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}
}

// page returns what follows a position, at most to another, and what is closed
// when there is more.
func (s *Store) page(ctx context.Context, after, to domain.Position) (domain.Page, <-chan struct{}, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return domain.Page{}, nil, err
	}
	to = min(to, domain.Position(len(s.log)))
	if to <= after {
		return domain.Page{UpTo: after}, s.changed, nil
	}
	to = min(to, after+pageSize)
	page := domain.Page{UpTo: to}
	for _, e := range s.log[after:to] {
		if e.Bytes != nil {
			page.Entries = append(page.Entries, e)
		}
	}
	return page, s.changed, nil
}

// Close ends the store: whoever follows it is told, and nothing works any more.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.wake()
	}
	return nil
}
