package esdb

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tavoli/domain"
)

// pageSize is how many entries are shown at once.
const pageSize = 256

// ours returns which stream an event belongs to, and whether it is one of this
// store. Streams of the store's own have no valid name.
func (s *Store) ours(e *client.RecordedEvent) (domain.Stream, bool) {
	name, ok := strings.CutPrefix(e.StreamID, s.options.Prefix)
	return domain.Stream(name), ok
}

// entry returns the entry an event holds, and false if it holds none to be shown.
func (s *Store) entry(e *client.RecordedEvent) (domain.Entry, bool, error) {
	stream, ok := s.ours(e)
	switch {
	case !ok:
		return domain.Entry{}, false, nil
	case stream == forgottenStream:
		return domain.Entry{}, false, s.gone.learn(e)
	case !stream.Valid() || e.EventType == "$streamDeleted" || s.gone.has(stream):
		return domain.Entry{}, false, nil
	}
	if id, ok := domain.EntryID(e.Data); !ok || id != e.EventID {
		return domain.Entry{}, false, fmt.Errorf("%s at %d is not an entry: %w", e.StreamID, e.Position.Commit, domain.ErrCorrupt)
	}
	s.clock.saw(e.Data)
	return domain.Entry{Position: domain.Position(e.Position.Commit), Bytes: slices.Clip(e.Data)}, true, nil
}

// ReadStream implements [domain.Log].
func (s *Store) ReadStream(ctx context.Context, stream domain.Stream, from domain.Revision) iter.Seq2[domain.Entry, error] {
	return func(yield func(domain.Entry, error) bool) {
		err := s.readStream(ctx, stream, from, func(e domain.Entry) bool { return yield(e, nil) })
		if err != nil && !missing(err) {
			yield(domain.Entry{}, fmt.Errorf("read %s: %w", stream, err))
		}
	}
}

// missing reports whether an error says that a stream does not exist, or no more.
func missing(err error) bool {
	c := codeOf(err)
	return c == client.ErrorCodeResourceNotFound || c == client.ErrorCodeStreamDeleted
}

// readStream shows a stream up to where it ends now. The server would read on
// while it grows, so where the first page is not all, it is asked for the end.
func (s *Store) readStream(ctx context.Context, stream domain.Stream, from domain.Revision, show func(domain.Entry) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var first []domain.Entry
	end, paged := domain.Revision(math.MaxInt64), false
	for it := range s.listenOn(ctx, streamFrom(s.name(stream), from)) {
		if it.err != nil {
			return it.err
		}
		e, ok, err := s.entry(it.event)
		switch {
		case err != nil:
			return err
		case domain.Revision(it.event.EventNumber) > end:
			return nil
		case !ok:
			continue
		case paged:
			if !show(e) {
				return nil
			}
			continue
		}
		if first = append(first, e); len(first) < pageSize {
			continue
		}
		if end, err = s.lastRevision(ctx, s.name(stream)); err != nil {
			return err
		}
		paged = true
		if !showAll(first, show) {
			return nil
		}
	}
	if !paged {
		showAll(first, show)
	}
	return nil
}

func showAll(list []domain.Entry, show func(domain.Entry) bool) bool {
	for _, e := range list {
		if !show(e) {
			return false
		}
	}
	return true
}

// lastRevision returns where a stream is [9].
func (s *Store) lastRevision(ctx context.Context, name string) (domain.Revision, error) {
	for it := range s.listen(ctx, newest(name)) {
		switch {
		case codeOf(it.err) == client.ErrorCodeResourceNotFound:
			return domain.NoStream, nil
		case it.err != nil:
			return 0, it.err
		}
		return domain.Revision(it.event.EventNumber), nil
	}
	return domain.NoStream, nil
}

// positionOf returns where an event of a stream lies.
func (s *Store) positionOf(ctx context.Context, name string, at domain.Revision) (domain.Position, error) {
	for it := range s.listen(ctx, forwards(name, at, 1)) {
		if it.err != nil {
			return 0, it.err
		}
		return it.position(), nil
	}
	return 0, fmt.Errorf("%s has no revision %d: %w", name, at, domain.ErrCorrupt)
}

// readOn reads a whole stream on a connection that is not in use yet.
func (s *Store) readOn(ctx context.Context, gen *generation, name string) ([]*client.RecordedEvent, error) {
	if !gen.enter() {
		return nil, ErrUnreachable
	}
	return callOn(ctx, gen, func(ctx context.Context, gen *generation) ([]*client.RecordedEvent, error) {
		next, end, err := forwards(name, 0, math.MaxInt64)(ctx, gen.client)
		if err != nil {
			return nil, err
		}
		defer end()
		var list []*client.RecordedEvent
		for {
			it := next()
			switch {
			case it.ended() || missing(it.err):
				return list, nil
			case it.err != nil:
				return nil, it.err
			}
			list = append(list, it.event)
		}
	})
}

// ReadAll implements [domain.Log].
func (s *Store) ReadAll(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	head, err := s.Head(ctx)
	return func(yield func(domain.Page, error) bool) {
		if err == nil && after >= head {
			return
		}
		failure := err
		if failure == nil {
			failure = s.readAll(ctx, after, head, func(p domain.Page) bool { return yield(p, nil) })
		}
		if failure != nil {
			yield(domain.Page{}, fmt.Errorf("read everything after %d: %w", after, failure))
		}
	}
}

// readAll shows what lies between two positions, the last included.
func (s *Store) readAll(ctx context.Context, after, head domain.Position, show func(domain.Page) bool) error {
	if err := s.refresh(ctx); err != nil { // another node may have forgotten a stream
		return err
	}
	p := paging{page: domain.Page{UpTo: after}}
	for it := range s.listenOn(ctx, all(max(after, s.origin))) {
		if it.err != nil {
			return it.err
		}
		at := it.position()
		if at > head {
			break
		}
		if at <= p.page.UpTo { // the position itself is shown too
			continue
		}
		if err := p.add(s, it); err != nil {
			return err
		}
		if at == head {
			break
		}
		if p.full() && !show(p.take()) {
			return nil
		}
	}
	p.page.UpTo = head
	show(p.page)
	return nil
}

// A paging is a page that is being filled.
type paging struct {
	page domain.Page
	seen int
}

// add takes note of an item.
func (p *paging) add(s *Store, it item) error {
	p.seen++
	p.page.UpTo = max(p.page.UpTo, it.position())
	if it.event == nil {
		return nil
	}
	e, ok, err := s.entry(it.event)
	if ok {
		p.page.Entries = append(p.page.Entries, e)
	}
	return err
}

func (p *paging) full() bool { return p.seen >= pageSize }

// take returns the page and begins another.
func (p *paging) take() domain.Page {
	page := p.page
	*p = paging{page: domain.Page{UpTo: page.UpTo}}
	return page
}
