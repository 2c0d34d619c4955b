package projections

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// DecodeOnly reads a log as a view does and applies nothing.
func DecodeOnly(ctx context.Context, log domain.Log, open Opener) error {
	return newReader(open, Options{}).each(ctx, all(log, 0), func([]domain.Record, domain.Position) error { return nil })
}

// Sizes returns the size of each model in its encoded form.
func Sizes(m *Models) map[string]int {
	sizes := make(map[string]int)
	for _, p := range m.models() {
		size := 0
		e := encoder{sink: func(b []byte) { size += len(b) }}
		p.encode(&e)
		e.flush()
		sizes[p.name] = size
	}
	return sizes
}

// OpenSnapshot opens a snapshot as a view does.
func OpenSnapshot(data []byte, id domain.Identity, secret [32]byte) (*Models, domain.Position, error) {
	return openSnapshot(data, id, secret)
}

// EncodePart returns the encoded form of the model of that number, of how many.
func EncodePart(m *Models, i int) ([]byte, int) {
	parts := m.models()
	var e encoder
	parts[i%len(parts)].encode(&e)
	return e.buf, len(parts)
}

// DecodePart decodes the model of that number without a net.
func DecodePart(m *Models, i int, data []byte) error {
	parts := m.models()
	d := newDecoder(data)
	parts[i%len(parts)].decode(d)
	return d.end()
}

// A Sample has a value of every sort that is encoded.
type Sample struct {
	Count uint64
	Whole int64
	Yes   bool
	Text  string
	Raw   []byte
	At    time.Time
	Until *time.Time
	ID    uuid.UUID
	Ente  domain.EnteRef
	List  []string
	Map   map[string]int64
	IDs   map[uuid.UUID]string
	Enti  map[domain.EnteRef]bool
}

// Encode returns the encoded form.
func (s Sample) Encode() []byte {
	var e encoder
	e.uint(s.Count)
	e.int(s.Whole)
	e.bool(s.Yes)
	e.text(s.Text)
	e.bytes(s.Raw)
	e.time(s.At)
	optional(&e, s.Until, e.time)
	e.uuid(s.ID)
	e.ente(s.Ente)
	list(&e, s.List, e.text)
	sorted(&e, s.Map, func(k string, n int64) { e.text(k); e.int(n) })
	sortedIDs(&e, s.IDs, func(id uuid.UUID, v string) { e.uuid(id); e.text(v) })
	sortedEnti(&e, s.Enti, func(r domain.EnteRef, v bool) { e.ente(r); e.bool(v) })
	return e.buf
}

// DecodeSample reads it.
func DecodeSample(data []byte) (s Sample, err error) {
	d := newDecoder(data)
	s.Count, s.Whole, s.Yes, s.Text, s.Raw = d.uint(), d.int(), d.bool(), d.text(), d.bytes()
	s.At, s.Until, s.ID, s.Ente = d.time(), readOptional(d, d.time), d.uuid(), d.ente()
	s.List = readList(d, 1, d.word)
	s.Map = readSorted(d, 2, d.text, func(string) int64 { return d.int() })
	s.IDs = readSortedIDs(d, 1, func(uuid.UUID) string { return d.text() })
	s.Enti = readSortedEnti(d, 1, func(domain.EnteRef) bool { return d.bool() })
	return s, d.end()
}

// Encoded returns the form in which each model is written.
func Encoded(m *Models) map[string][]byte {
	forms := make(map[string][]byte)
	for _, p := range m.models() {
		var e encoder
		p.encode(&e)
		forms[p.name] = e.buf
	}
	return forms
}

// Decoded returns the models written in forms.
func Decoded(forms map[string][]byte) (*Models, error) {
	m := NewModels()
	for _, p := range m.models() {
		d := newDecoder(forms[p.name])
		p.decode(d)
		if err := d.end(); err != nil {
			return nil, err
		}
	}
	return m, m.join()
}

// MaxPages is how many bytes of encoded pages are kept.
const MaxPages = maxPages

// KeptPages returns how many bytes of encoded pages are kept now.
func (m *Models) KeptPages() int64 { return m.Rosters.pages.size.Load() }
