package esdb

import (
	"context"
	"maps"
	"slices"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tavoli/domain"
)

var _ domain.Importer = (*Store)(nil)

// Import implements [domain.Importer]. The entries of one stream that follow one
// another are one append; each append has the time of a call.
func (s *Store) Import(ctx context.Context, entries ...domain.Entry) (pos domain.Position, err error) {
	transfers, bad := domain.Transfers(entries)
	if bad == nil && len(transfers) == 0 {
		bad = domain.ErrEmptyBatch
	}
	for _, t := range transfers {
		for _, part := range parts(t) {
			if pos, err = s.transfer(ctx, part); err != nil {
				return 0, err
			}
		}
	}
	return pos, bad
}

// parts cuts a transfer into what the server takes at once.
func parts(t domain.Transfer) (list []domain.Transfer) {
	from, size := 0, 0
	cut := func(to int) {
		list = append(list, domain.Transfer{
			Batch:    domain.Batch{Stream: t.Stream, After: t.After + domain.Revision(from), Events: t.Events[from:to]},
			Recorded: t.Recorded[from:to],
		})
		from, size = to, 0
	}
	for i := range t.Events {
		room := len(t.Events[i].Data) + 2*len(t.Events[i].Type) + 1000
		if size+room > maxAppend && i > from {
			cut(i)
		}
		size += room
	}
	cut(len(t.Events))
	return list
}

// transfer appends events as they were recorded elsewhere.
func (s *Store) transfer(ctx context.Context, t domain.Transfer) (domain.Position, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return s.appendBatch(ctx, t.Batch, func() ([]client.EventData, error) {
		list := make([]client.EventData, len(t.Events))
		for i := range t.Events {
			d := &t.Events[i]
			data := domain.AppendEntry(nil, t.Stream, t.After+1+domain.Revision(i), t.Recorded[i], d)
			s.clock.saw(data)
			list[i] = client.EventData{EventID: d.ID, EventType: d.Type, ContentType: client.ContentTypeJson, Data: data}
		}
		return list, nil
	})
}

// Forgotten implements [domain.Importer].
func (s *Store) Forgotten(ctx context.Context) ([]domain.Stream, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	s.gone.mu.RLock()
	defer s.gone.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.gone.set)), nil
}
