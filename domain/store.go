package domain

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A Stream names one history: a category, a dash and an identifier, as in
// "tavolo-coopera-4". A category has no dash and a name holds no personal data.
type Stream string

// The categories there are. See docs/architecture.md for what each holds.
const (
	CategoryProgramma = "programma"
	CategoryEnte      = "ente"
	CategoryTavolo    = "tavolo"
	CategoryPresenze  = "presenze"
	CategoryAccount   = "account"
	CategoryIdentita  = "identita" // facts about a person, without values
	CategoryRegistro  = "registro" // the register itself: the keys that sign it, the words of its letters
	CategoryDelivery  = "delivery" // what became of one letter to one person
	CategoryPersona   = "persona"  // personal values: sealed, and the only streams that can be forgotten
)

// Category returns what stands before the first dash.
func (s Stream) Category() string {
	category, _, _ := strings.Cut(string(s), "-")
	return category
}

// ID returns what stands after the first dash.
func (s Stream) ID() string {
	_, id, _ := strings.Cut(string(s), "-")
	return id
}

// Personal reports whether the stream holds personal values, which are no facts:
// they are left out of every proof, and can be forgotten.
func (s Stream) Personal() bool { return strings.HasPrefix(string(s), CategoryPersona+"-") }

// MaxStreamName is the longest name of a stream, in bytes.
const MaxStreamName = 200

// Valid reports whether the name can be stored: a category of lower-case letters,
// a dash, and an identifier of letters, digits and . _ - only.
func (s Stream) Valid() bool {
	category, id, ok := strings.Cut(string(s), "-")
	return ok && category != "" && id != "" && len(s) <= MaxStreamName &&
		strings.Trim(category, "abcdefghijklmnopqrstuvwxyz") == "" && plain(id) && !strings.ContainsAny(id, ":@/")
}

// plain reports whether text has only characters that need no escaping anywhere.
func plain(text string) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-', c == ':', c == '@', c == '/':
		default:
			return false
		}
	}
	return true
}

// A Revision is the place of an event in its stream; the first is 0.
type Revision int64

// NoStream is the revision of a stream that has no event yet.
const NoStream Revision = -1

// A Position is the place of an entry in the order of all entries of a store.
// Positions grow but need not be dense; 0 is before everything.
type Position uint64

// An Identity tells one store from another, and from itself before a restore.
// A position means something only together with the identity it came from.
type Identity struct {
	ID    uuid.UUID `json:"id"`    // made when the store is made
	Epoch uint64    `json:"epoch"` // raised by each restore
}

// String returns the identity as "id/epoch".
func (i Identity) String() string { return fmt.Sprintf("%s/%d", i.ID, i.Epoch) }

// A Draft is an event on its way into a store.
type Draft struct {
	ID          uuid.UUID // of the event: [EventID] of the command and the index
	Type        string    // the event's stored name
	Schema      int       // the version of the event's shape, from 1
	EffectiveAt time.Time // when it happened in the world
	Actor       Actor
	Command     uuid.UUID
	Correlation uuid.UUID // zero: the same as Command
	Causation   uuid.UUID // zero: caused by nothing recorded
	Request     string    // a keyed fingerprint of what was asked, or empty
	Data        []byte    // the event as JSON
}

// A Batch is what is to be added to one stream: all of it or nothing.
type Batch struct {
	Stream Stream
	After  Revision // the revision the stream is at, or NoStream; there is no "any"
	Events []Draft
}

// An Entry is an event as the store keeps it: one JSON document, which never
// changes. [Entry.Record] reads it.
type Entry struct {
	Position Position
	Bytes    []byte
}

// A Page is some entries in order, with the position a reader has reached when
// it has dealt with them. UpTo moves on even where no entry is shown.
type Page struct {
	Entries []Entry
	UpTo    Position
}

// Limits that every store keeps, so that what one accepts all accept.
const (
	MaxData  = 60_000    // bytes of one event's JSON
	MaxEntry = 65_535    // bytes of one entry (an entry of a C2SP tlog tile has a 16-bit length)
	MaxBatch = 1_000_000 // bytes of all entries of one batch together
)

// A Log is the reading side of a store. It is safe for concurrent use, and no
// reader, however slow, holds up a writer.
type Log interface {
	// ReadStream yields the entries of a stream from a revision on, oldest
	// first, up to where the stream ended when the reading began. A stream that
	// does not exist, or was forgotten, yields nothing.
	ReadStream(ctx context.Context, s Stream, from Revision) iter.Seq2[Entry, error]

	// ReadAll yields every entry after a position, oldest first, up to the head
	// at the time of the call.
	ReadAll(ctx context.Context, after Position) iter.Seq2[Page, error]

	// Follow yields what ReadAll yields and then waits for more. It ends when
	// ctx is done, without an error, or with the error that stopped it.
	Follow(ctx context.Context, after Position) iter.Seq2[Page, error]

	// Head returns the position of the newest entry, or 0.
	Head(ctx context.Context) (Position, error)
}

// A Store keeps entries and never changes one. Package storetest checks that an
// implementation keeps these promises.
type Store interface {
	Log

	// Append adds batches in the order given, each all or nothing; after one
	// fails the rest is not tried. It returns the position of the last event of
	// the last batch once all of it is durable. The store stamps each event with
	// the time of its recording, which never goes back.
	//
	// A batch whose event ids already stand at the revisions they would get is
	// a repetition: it is not stored again, and counts as done with the
	// position it has. Otherwise a stream that is not at After gives a
	// [ConflictError]. There are three outcomes of a batch: done, refused
	// (nothing written: [Stale], [Refused] or [Invalid], or a fault), and not
	// known ([Unknown]), after which the same batches are to be given again
	// until it is one of the other two.
	Append(ctx context.Context, batches ...Batch) (Position, error)

	// Forget removes a personal stream for good. Afterwards it reads as empty
	// and takes no more events. Facts cannot be forgotten.
	Forget(ctx context.Context, s Stream) error

	// Identity returns which store this is.
	Identity() Identity
}

// Errors every store gives.
var (
	ErrStreamForgotten = &Error{Kind: Refused, Code: "stream-forgotten", Text: "the stream was forgotten and takes no more events"}
	ErrNotPersonal     = &Error{Kind: Refused, Code: "not-personal", Text: "only personal streams can be forgotten"}
	ErrTooLarge        = &Error{Kind: Invalid, Code: "event-too-large", Text: "the event is larger than the register keeps"}
	ErrEmptyBatch      = &Error{Kind: Invalid, Code: "empty-batch", Text: "there is nothing to append"}
	ErrBadDraft        = &Error{Kind: Invalid, Code: "bad-draft", Text: "the event lacks an id, a name or a well-formed envelope"}
	ErrStoreClosed     = &Error{Kind: Refused, Code: "store-closed", Text: "the event store is closed"}
	ErrCorrupt         = &Error{Kind: Refused, Code: "store-corrupt", Text: "the event store is damaged"}
)

// Check returns what keeps the batch from being stored, whatever the store.
func (b Batch) Check() error {
	switch {
	case len(b.Events) == 0:
		return ErrEmptyBatch
	case !b.Stream.Valid() || b.After < NoStream:
		return fmt.Errorf("stream %q at %d: %w", b.Stream, b.After, ErrBadDraft)
	}
	total := 0
	for _, d := range b.Events {
		if err := d.check(); err != nil {
			return fmt.Errorf("%s: %w", b.Stream, err)
		}
		total += len(d.Data) + envelopeRoom
	}
	if total > MaxBatch {
		return fmt.Errorf("%s: %d bytes in one batch: %w", b.Stream, total, ErrTooLarge)
	}
	return nil
}

func (d Draft) check() error {
	switch {
	case d.ID == uuid.Nil || d.Command == uuid.Nil || d.Type == "" || d.Schema < 1 || d.EffectiveAt.IsZero():
		return fmt.Errorf("event %q: %w", d.Type, ErrBadDraft)
	case d.EffectiveAt.UTC().Year() < 0 || d.EffectiveAt.UTC().Year() > 9999: // it could not be read back
		return fmt.Errorf("event %q: %w", d.Type, ErrBadDraft)
	case !plain(d.Type) || !plain(string(d.Actor)) || d.Actor == "" || !plain(d.Request) || len(d.Actor) > 100 || len(d.Type) > 100 || len(d.Request) > 64:
		return fmt.Errorf("event %q: %w", d.Type, ErrBadDraft)
	case len(d.Data) < 2 || d.Data[0] != '{' || d.Data[len(d.Data)-1] != '}':
		return fmt.Errorf("event %q: not a JSON object: %w", d.Type, ErrBadDraft)
	case len(d.Data) > MaxData:
		return fmt.Errorf("event %q: %d bytes: %w", d.Type, len(d.Data), ErrTooLarge)
	}
	return nil
}
