package storetest

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// An Altered log shows a text otherwise to whoever follows it.
type Altered struct {
	domain.Log
	Is, Shown string
}

// Follow implements [domain.Log].
func (l Altered) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		for page, err := range l.Log.Follow(ctx, after) {
			page.Entries = slices.Clone(page.Entries)
			for i := range page.Entries {
				page.Entries[i].Bytes = bytes.ReplaceAll(page.Entries[i].Bytes, []byte(l.Is), []byte(l.Shown))
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

// Fact returns the batch that records one event, always the same for a revision of a
// stream, without asking the domain whether it may.
func Fact(stream domain.Stream, after domain.Revision, e domain.Event) domain.Batch {
	data, schema, err := domain.Encode(e)
	if err != nil {
		panic(err)
	}
	command := uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "%s/%d", stream, after))
	return domain.Batch{Stream: stream, After: after, Events: []domain.Draft{{
		ID: domain.EventID(command, 0), Type: e.Name(), Schema: schema, Command: command, Actor: domain.ActorSystem,
		EffectiveAt: time.Date(2022, 5, 25, 13, 0, 0, 0, time.UTC), Data: data,
	}}}
}
