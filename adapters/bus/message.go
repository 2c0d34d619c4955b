package bus

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"tavoli/domain"
)

// DefaultPrefix is what the topics begin with.
const DefaultPrefix = "tavoli"

// What the metadata of a message tells. The payload is the entry as it is stored
// and the message's UUID is the event's id, by which repetitions are known.
const (
	MetaPosition    = "position"     // of the event in the order of all, in decimal
	MetaStore       = "store"        // the identity of the store, "id/epoch", in which the position means something
	MetaStream      = "stream"       // the stream's name: order is kept within it
	MetaRevision    = "revision"     // of the event in its stream, from 0
	MetaType        = "type"         // the event's stored name
	MetaSchema      = "schema"       // the version of the event's shape
	MetaCommand     = "command"      // the id of the command that caused it
	MetaCorrelation = "correlation"  // what began it all
	MetaCausation   = "causation"    // the event that caused the command; left out if there is none
	MetaRecordedAt  = "recorded_at"  // RFC 3339, UTC, microseconds
	MetaEffectiveAt = "effective_at" // the same
)

const timeLayout = "2006-01-02T15:04:05.000000Z"

// Topic returns where the facts of a stream are published: the prefix, a dot and
// the stream's category, as in "tavoli.presenze".
func Topic(prefix string, s domain.Stream) string { return prefix + "." + s.Category() }

// newMessage returns the message that tells of an entry. It shares no memory with
// the entry, whose bytes belong to the store.
func newMessage(ctx context.Context, store domain.Identity, rec *domain.Record, entry []byte) *message.Message {
	m := message.NewMessageWithContext(ctx, rec.ID.String(), bytes.Clone(entry))
	m.Metadata = message.Metadata{
		MetaPosition:    strconv.FormatUint(uint64(rec.Position), 10),
		MetaStore:       store.String(),
		MetaStream:      string(rec.Stream),
		MetaRevision:    strconv.FormatInt(int64(rec.Revision), 10),
		MetaType:        rec.Type,
		MetaSchema:      strconv.Itoa(rec.Schema),
		MetaCommand:     rec.Command.String(),
		MetaCorrelation: rec.Correlation.String(),
		MetaRecordedAt:  stamp(rec.RecordedAt),
		MetaEffectiveAt: stamp(rec.EffectiveAt),
	}
	if rec.Causation != [16]byte{} {
		m.Metadata[MetaCausation] = rec.Causation.String()
	}
	return m
}

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// validPrefix returns what is wrong with a prefix of topics. Every broker we know
// takes these letters.
func validPrefix(prefix string) error {
	for i, c := range prefix {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
		if !letter && (c != '.' || i == 0 || i == len(prefix)-1 || prefix[i-1] == '.') {
			return fmt.Errorf("%w: %q", ErrBadPrefix, prefix)
		}
	}
	return nil
}

// ErrBadPrefix is what a prefix of topics gives that not every broker takes.
var ErrBadPrefix = &domain.Error{Kind: domain.Invalid, Code: "bad-topic-prefix", Text: "a prefix of topics has letters, digits, - and _, and single dots between them"}
