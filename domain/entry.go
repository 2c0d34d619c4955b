package domain

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// An Actor is who did something: "account-<id>", "public", or "system".
type Actor string

// The actors that have no account.
const (
	ActorPublic Actor = "public" // somebody on the public pages
	ActorSystem Actor = "system" // Tavoli itself: a first start, a reaction
)

// A Record is an entry, read.
type Record struct {
	Position    Position
	Stream      Stream
	Revision    Revision
	ID          uuid.UUID
	Type        string
	Schema      int
	RecordedAt  time.Time // when the register learned of it; never goes back
	EffectiveAt time.Time // when it happened in the world
	Actor       Actor
	Command     uuid.UUID
	Correlation uuid.UUID
	Causation   uuid.UUID
	Request     string
	Data        []byte // the event as JSON; shares memory with the entry
	Event       Event  // the event; nil where only the envelope was read

	// Values are what a PersonDescribed says, where the reader holds the key.
	Values *Values
}

// timeLayout is RFC 3339 in UTC with microseconds: 27 bytes, so that text order is time order.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// envelopeRoom is more than an envelope takes, stream name apart.
const envelopeRoom = 500 + MaxStreamName

// Truncate returns t as an entry keeps it: in UTC, in whole microseconds.
func Truncate(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// AppendEntry appends the stored form of an event to dst: one JSON object with
// its fields in a fixed order and no white space, so that equal facts are equal bytes.
// The correlation is left out where it is the command, the causation and the
// request where there is none.
func AppendEntry(dst []byte, s Stream, r Revision, recorded time.Time, d *Draft) []byte {
	dst = append(dst, `{"id":"`...)
	dst = appendUUID(dst, d.ID)
	dst = append(dst, `","type":"`...)
	dst = append(dst, d.Type...)
	dst = append(dst, `","schema":`...)
	dst = strconv.AppendInt(dst, int64(d.Schema), 10)
	dst = append(dst, `,"stream":"`...)
	dst = append(dst, s...)
	dst = append(dst, `","revision":`...)
	dst = strconv.AppendInt(dst, int64(r), 10)
	dst = append(dst, `,"recorded_at":"`...)
	dst = appendTime(dst, recorded)
	dst = append(dst, `","effective_at":"`...)
	dst = appendTime(dst, d.EffectiveAt)
	dst = append(dst, `","actor":"`...)
	dst = append(dst, d.Actor...)
	dst = append(dst, `","command":"`...)
	dst = appendUUID(dst, d.Command)
	if d.Correlation != uuid.Nil && d.Correlation != d.Command {
		dst = append(dst, `","correlation":"`...)
		dst = appendUUID(dst, d.Correlation)
	}
	if d.Causation != uuid.Nil {
		dst = append(dst, `","causation":"`...)
		dst = appendUUID(dst, d.Causation)
	}
	if d.Request != "" {
		dst = append(dst, `","request":"`...)
		dst = append(dst, d.Request...)
	}
	dst = append(dst, `","data":`...)
	dst = append(dst, d.Data...)
	return append(dst, '}')
}

// entryIDAt is where the id of the event stands in an entry.
const entryIDAt = len(`{"id":"`)

// EntryID returns the id of the event in an entry without reading the rest, and
// false if the entry is none.
func EntryID(entry []byte) (uuid.UUID, bool) {
	if len(entry) < entryIDAt+36 {
		return uuid.Nil, false
	}
	id, err := uuid.ParseBytes(entry[entryIDAt : entryIDAt+36])
	return id, err == nil
}

// EntryKind returns the type of the event in an entry, and the stream it stands in,
// without reading the rest, and false if the entry is none. The stream shares
// memory with the entry.
func EntryKind(entry []byte) (name string, stream []byte, ok bool) {
	p := parser{rest: entry}
	p.expect(`{"id":"`)
	p.take(36)
	p.expect(`","type":"`)
	name = intern(p.text())
	p.expect(`","schema":`)
	p.number()
	p.expect(`,"stream":"`)
	stream = p.text()
	return name, stream, !p.failed
}

// Envelope reads everything of an entry but its event.
func (e Entry) Envelope() (Record, error) {
	p := parser{rest: e.Bytes}
	r := Record{Position: e.Position}
	p.expect(`{"id":"`)
	r.ID = p.uuid()
	p.expect(`","type":"`)
	r.Type = intern(p.text())
	p.expect(`","schema":`)
	r.Schema = int(p.number())
	p.expect(`,"stream":"`)
	r.Stream = Stream(p.text())
	p.expect(`","revision":`)
	r.Revision = Revision(p.number())
	p.expect(`,"recorded_at":"`)
	r.RecordedAt = p.time()
	p.expect(`","effective_at":"`)
	r.EffectiveAt = p.time()
	p.expect(`","actor":"`)
	r.Actor = Actor(p.text())
	p.expect(`","command":"`)
	r.Command = p.uuid()
	r.Correlation = r.Command
	if p.skip(`","correlation":"`) {
		r.Correlation = p.uuid()
	}
	if p.skip(`","causation":"`) {
		r.Causation = p.uuid()
	}
	if p.skip(`","request":"`) {
		r.Request = string(p.text())
	}
	p.expect(`","data":`)
	if n := len(p.rest); !p.failed && n > 2 && p.rest[0] == '{' && p.rest[n-1] == '}' {
		r.Data = p.rest[: n-1 : n-1]
		return r, nil
	}
	return Record{}, fmt.Errorf("entry at %d is not in the stored form, from %q", e.Position, clip(p.rest))
}

// Record reads an entry with its event.
func (e Entry) Record() (Record, error) {
	r, err := e.Envelope()
	if err != nil {
		return Record{}, err
	}
	if r.Event, err = Decode(r.Type, r.Schema, r.Data); err != nil {
		return Record{}, fmt.Errorf("entry at %d: %w", e.Position, err)
	}
	return r, nil
}

// Records yields the records of a stream in order, and ends with the first error.
func Records(ctx context.Context, log Log, s Stream) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for entry, err := range log.ReadStream(ctx, s, 0) {
			var rec Record
			if err == nil {
				rec, err = entry.Record()
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

func clip(b []byte) []byte { return b[:min(len(b), 40)] }

// intern returns the name of a known type without allocating.
func intern(name []byte) string {
	if n, ok := typeNames[string(name)]; ok {
		return n
	}
	return string(name)
}

// A parser reads the fixed form that AppendEntry writes and nothing else. After
// the first failure it reads nothing more.
type parser struct {
	rest   []byte
	failed bool
}

func (p *parser) skip(text string) bool {
	if p.failed || len(p.rest) < len(text) || string(p.rest[:len(text)]) != text {
		return false
	}
	p.rest = p.rest[len(text):]
	return true
}

func (p *parser) expect(text string) {
	if !p.skip(text) {
		p.failed = true
	}
}

// text takes everything up to the next quote; what AppendEntry writes there has no escapes.
func (p *parser) text() []byte {
	i := bytes.IndexByte(p.rest, '"')
	if p.failed || i < 0 {
		p.failed = true
		return nil
	}
	t := p.rest[:i]
	p.rest = p.rest[i:]
	return t
}

func (p *parser) number() int64 {
	i := 0
	for i < len(p.rest) && '0' <= p.rest[i] && p.rest[i] <= '9' {
		i++
	}
	n, err := strconv.ParseInt(string(p.rest[:i]), 10, 64)
	if p.failed || err != nil {
		p.failed = true
		return 0
	}
	p.rest = p.rest[i:]
	return n
}

func (p *parser) take(n int) []byte {
	if p.failed || len(p.rest) < n {
		p.failed = true
		return nil
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

func (p *parser) uuid() uuid.UUID {
	b := p.take(36)
	if p.failed {
		return uuid.Nil
	}
	id, err := uuid.ParseBytes(b)
	if err != nil {
		p.failed = true
	}
	return id
}

func (p *parser) time() time.Time {
	b := p.take(len(timeLayout))
	if p.failed {
		return time.Time{}
	}
	t, ok := parseTime(b)
	if !ok {
		p.failed = true
	}
	return t
}

// appendTime appends t in timeLayout.
func appendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, timeLayout)
}

// parseTime reads timeLayout exactly; time.Parse would take five times as long.
func parseTime(b []byte) (time.Time, bool) {
	if len(b) != len(timeLayout) || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' || b[19] != '.' || b[26] != 'Z' {
		return time.Time{}, false
	}
	ok := true
	num := func(from, to int) int {
		n := 0
		for _, c := range b[from:to] {
			if c < '0' || c > '9' {
				ok = false
			}
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := num(0, 4), num(5, 7), num(8, 10)
	hour, minute, second, micro := num(11, 13), num(14, 16), num(17, 19), num(20, 26)
	if !ok || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, micro*1000, time.UTC)
	return t, t.Day() == day
}

// appendUUID appends the 36 characters of id.
func appendUUID(dst []byte, id uuid.UUID) []byte {
	dst = hex.AppendEncode(dst, id[0:4])
	dst = append(dst, '-')
	dst = hex.AppendEncode(dst, id[4:6])
	dst = append(dst, '-')
	dst = hex.AppendEncode(dst, id[6:8])
	dst = append(dst, '-')
	dst = hex.AppendEncode(dst, id[8:10])
	dst = append(dst, '-')
	return hex.AppendEncode(dst, id[10:16])
}
