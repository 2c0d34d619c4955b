package projections_test

import (
	"context"
	"iter"

	"tavoli/domain"
)

// log returns a store that holds the tape, for what reads entries.
func (t *tape) log() *tapeLog {
	l := &tapeLog{}
	for i := range t.records {
		l.add(&t.records[i])
	}
	return l
}

// A tapeLog is a log of what stands on a tape.
type tapeLog struct {
	entries []domain.Entry
	streams []domain.Stream
	reads   int // pages read
}

func (l *tapeLog) add(rec *domain.Record) {
	data, schema, err := domain.Encode(rec.Event)
	if err != nil {
		panic(err)
	}
	draft := domain.Draft{ID: rec.ID, Type: rec.Type, Schema: schema, EffectiveAt: rec.EffectiveAt, Actor: rec.Actor, Command: rec.Command, Data: data}
	l.entries = append(l.entries, domain.Entry{
		Position: rec.Position, Bytes: domain.AppendEntry(nil, rec.Stream, rec.Revision, rec.RecordedAt, &draft),
	})
	l.streams = append(l.streams, rec.Stream)
}

// ReadStream implements [domain.Log].
func (l *tapeLog) ReadStream(_ context.Context, s domain.Stream, from domain.Revision) iter.Seq2[domain.Entry, error] {
	return func(yield func(domain.Entry, error) bool) {
		rev := domain.Revision(0)
		for i, e := range l.entries {
			if l.streams[i] != s {
				continue
			}
			if rev >= from && !yield(e, nil) {
				return
			}
			rev++
		}
	}
}

// pageOf is how many entries a page of the tape has.
const pageOf = 10

// ReadAll implements [domain.Log].
func (l *tapeLog) ReadAll(_ context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		var page domain.Page
		for _, e := range l.entries {
			if e.Position <= after {
				continue
			}
			page.Entries, page.UpTo = append(page.Entries, e), e.Position
			if len(page.Entries) == pageOf {
				l.reads++
				if !yield(page, nil) {
					return
				}
				page = domain.Page{}
			}
		}
		if len(page.Entries) > 0 {
			l.reads++
			yield(page, nil)
		}
	}
}

// Follow implements [domain.Log].
func (l *tapeLog) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return l.ReadAll(ctx, after)
}

// Head implements [domain.Log].
func (l *tapeLog) Head(context.Context) (domain.Position, error) {
	return l.entries[len(l.entries)-1].Position, nil
}
