package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"

	"tavoli/domain"

	"github.com/google/uuid"
)

// A record is what lies at one position of the log:
//
//	1 byte   format, 1
//	1 byte   kind: an entry or a tombstone
//	2 bytes  zero
//	4 bytes  length of the body
//	4 bytes  CRC-32C over the position, the rest of the header, and the body
//	16 bytes link of the chain
//	body     the entry's JSON, or what a tombstone tells
//
// The link is SHA-256 over the link before and the entry, cut to 128 bits. That is
// wide enough that no accident, and nobody without 2^128 tries, finds another
// entry for the same link; who can rewrite the whole file can rewrite the chain
// as well, whatever its width, and is held by the signed ledger, not by this.
// The CRC is there because every read can afford it; the position within it makes
// a record in the wrong place as wrong as a flipped bit.
const (
	recordFormat  = 1
	headerSize    = 28
	linkSize      = 16
	kindEntry     = 0
	kindTombstone = 1
)

// A link ties a record to all before it.
type link [linkSize]byte

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// firstLink is what the first record is tied to.
func firstLink(store uuid.UUID) link {
	sum := sha256.Sum256(append([]byte("tavoli/bolt/chain/v1"), store[:]...))
	return link(sum[:linkSize])
}

// A record, read. The slices share memory with what was read.
type record struct {
	kind byte
	link link
	body []byte
}

// seal fills the header in front of a body: rec is header and body together.
func seal(rec []byte, at domain.Position, kind byte, l link) {
	rec[0], rec[1], rec[2], rec[3] = recordFormat, kind, 0, 0
	binary.BigEndian.PutUint32(rec[4:], uint32(len(rec)-headerSize))
	copy(rec[12:headerSize], l[:])
	binary.BigEndian.PutUint32(rec[8:], checksum(rec, at))
}

// checksum covers everything but itself.
func checksum(rec []byte, at domain.Position) uint32 {
	key := keyOf(at)
	sum := crc32.Update(0, castagnoli, key[:])
	sum = crc32.Update(sum, castagnoli, rec[:8])
	return crc32.Update(sum, castagnoli, rec[12:])
}

// open reads a record and checks all of it but the chain.
func open(rec []byte, at domain.Position) (record, error) {
	switch {
	case len(rec) < headerSize:
		return record{}, damage(at, fmt.Sprintf("a record of %d bytes is too short", len(rec)))
	case binary.BigEndian.Uint32(rec[8:]) != checksum(rec, at):
		return record{}, damage(at, "the checksum does not match")
	case rec[0] != recordFormat || rec[1] > kindTombstone || rec[2] != 0 || rec[3] != 0:
		return record{}, damage(at, fmt.Sprintf("a record of unknown format %d/%d", rec[0], rec[1]))
	case int(binary.BigEndian.Uint32(rec[4:])) != len(rec)-headerSize:
		return record{}, damage(at, "the length does not match")
	}
	return record{rec[1], link(rec[12:headerSize]), rec[headerSize:]}, nil
}

// linkOf returns the link of an entry that follows prev. The scratch space saves
// an allocation per entry.
func linkOf(scratch []byte, prev link, entry []byte) (link, []byte) {
	scratch = append(append(scratch[:0], prev[:]...), entry...)
	sum := sha256.Sum256(scratch)
	return link(sum[:linkSize]), scratch
}

// keyOf returns the key of a position in the log.
func keyOf(p domain.Position) (key [8]byte) {
	binary.BigEndian.PutUint64(key[:], uint64(p))
	return key
}

// positionOf reads a key of the log.
func positionOf(key []byte) (domain.Position, bool) {
	if len(key) != 8 {
		return 0, false
	}
	return domain.Position(binary.BigEndian.Uint64(key)), true
}

// A tombstone is what remains of a forgotten entry: where it was and when it came,
// and nothing of what it said.
type tombstone struct {
	stream   []byte
	revision domain.Revision
	recorded []byte // as in the entry
}

// appendTombstone appends the body of a tombstone.
func appendTombstone(dst []byte, t tombstone) []byte {
	dst = append(dst, `{"forgotten":"`...)
	dst = append(dst, t.stream...)
	dst = append(dst, `","revision":`...)
	dst = strconv.AppendInt(dst, int64(t.revision), 10)
	dst = append(dst, `,"recorded_at":"`...)
	dst = append(dst, t.recorded...)
	return append(dst, `"}`...)
}

// readTombstone reads the body of a tombstone.
func readTombstone(body []byte) (tombstone, bool) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"forgotten":"`))
	if !ok {
		return tombstone{}, false
	}
	return locateFrom(rest)
}

// locate finds the stream, the revision and the time of recording in an entry
// without reading the rest.
func locate(entry []byte) (tombstone, bool) {
	const before = len(`{"id":"`) + 36 + len(`","type":"`)
	if len(entry) < before {
		return tombstone{}, false
	}
	_, rest, ok := bytes.Cut(entry[before:], []byte(`,"stream":"`))
	if !ok {
		return tombstone{}, false
	}
	return locateFrom(rest)
}

func locateFrom(rest []byte) (t tombstone, ok bool) {
	i := bytes.IndexByte(rest, '"')
	if i <= 0 || i > domain.MaxStreamName {
		return t, false
	}
	t.stream, rest = rest[:i], rest[i:]
	if rest, ok = bytes.CutPrefix(rest, []byte(`","revision":`)); !ok {
		return t, false
	}
	n := 0
	for n < len(rest) && n < 19 && '0' <= rest[n] && rest[n] <= '9' {
		t.revision = t.revision*10 + domain.Revision(rest[n]-'0')
		n++
	}
	rest, ok = bytes.CutPrefix(rest[n:], []byte(`,"recorded_at":"`))
	if n == 0 || t.revision < 0 || !ok || len(rest) <= timeLen || rest[timeLen] != '"' {
		return t, false
	}
	t.recorded = rest[:timeLen]
	return t, true
}

// How an entry writes the time of its recording.
const (
	timeLayout = "2006-01-02T15:04:05.000000Z"
	timeLen    = len(timeLayout)
)

// A Finding is something wrong with the store, and where. As an error it is
// [domain.ErrCorrupt].
type Finding struct {
	Position domain.Position `json:"position,omitempty"`
	Through  domain.Position `json:"through,omitempty"` // the last of several positions, where it goes for more than one
	Stream   domain.Stream   `json:"stream,omitempty"`
	What     string          `json:"what"`
}

func damage(at domain.Position, what string) *Finding {
	return &Finding{Position: at, What: what}
}

// Error implements error.
func (f *Finding) Error() string {
	text := domain.ErrCorrupt.Text
	if f.Position != 0 {
		text += fmt.Sprintf(" at position %d", f.Position)
	}
	if f.Through != 0 {
		text += fmt.Sprintf(" to %d", f.Through)
	}
	if f.Stream != "" {
		text += " in " + string(f.Stream)
	}
	return text + ": " + f.What
}

// Unwrap returns [domain.ErrCorrupt].
func (f *Finding) Unwrap() error { return domain.ErrCorrupt }
