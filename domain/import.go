package domain

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// An Importer is a store that takes over what another holds, byte for byte, so that
// whatever was proven there stays proven. Package storetest checks these promises.
type Importer interface {
	// Import appends entries of another store with the bytes they have there, the
	// time of their recording included, in the order given. Their positions there
	// mean nothing here. It returns the position of the last.
	//
	// Each is stored or it is not, and those before one that is not are; an entry
	// that is not in the stored form is refused as [ErrCorrupt]. An entry whose event
	// already stands at its revision is a repetition and not stored again. One
	// that does not follow its stream gives a [ConflictError], one of a forgotten
	// stream [ErrStreamForgotten]; outcomes are those of Append. What is appended
	// afterwards is stamped no earlier than what was imported.
	Import(ctx context.Context, entries ...Entry) (Position, error)

	// Forgotten returns the names of the streams that were forgotten.
	Forgotten(ctx context.Context) ([]Stream, error)
}

// A Transfer is some entries of one stream on their way into another store: what
// is to be appended, and when the register learned of each.
type Transfer struct {
	Batch
	Recorded []time.Time
}

// Transfers turns entries into what [Store.Append] would be given to store them again.
// Those of one stream that follow one another come together, as far as a batch goes.
func Transfers(entries []Entry) ([]Transfer, error) {
	var list []Transfer
	size := 0
	for _, e := range entries {
		stream, rev, recorded, draft, err := e.draft()
		if err != nil {
			return list, err
		}
		n := len(list) - 1
		size += len(draft.Data) + envelopeRoom
		if n < 0 || list[n].Stream != stream || list[n].After+Revision(len(list[n].Events))+1 != rev || size > MaxBatch {
			list = append(list, Transfer{Batch: Batch{Stream: stream, After: rev - 1}})
			n, size = n+1, len(draft.Data)+envelopeRoom
		}
		list[n].Events = append(list[n].Events, draft)
		list[n].Recorded = append(list[n].Recorded, recorded)
	}
	return list, nil
}

// draft reads an entry as what it was stored from. Writing that down again gives the
// same bytes, or the entry is refused.
func (e Entry) draft() (Stream, Revision, time.Time, Draft, error) {
	r, err := e.Envelope()
	if err != nil {
		return "", 0, time.Time{}, Draft{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	d := Draft{
		ID: r.ID, Type: r.Type, Schema: r.Schema, EffectiveAt: r.EffectiveAt, Actor: r.Actor,
		Command: r.Command, Correlation: r.Correlation, Causation: r.Causation, Request: r.Request, Data: r.Data,
	}
	if !bytes.Equal(AppendEntry(nil, r.Stream, r.Revision, r.RecordedAt, &d), e.Bytes) {
		return "", 0, time.Time{}, Draft{}, fmt.Errorf("the entry at %d is not written as entries are: %w", e.Position, ErrCorrupt)
	}
	return r.Stream, r.Revision, r.RecordedAt, d, nil
}
