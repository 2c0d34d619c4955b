package projections

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// An encoder writes the deterministic form of a model: equal models are equal
// bytes. There is one way to write each value and the decoder takes no other, so
// what it accepts is encoded to the same bytes again.
type encoder struct {
	buf  []byte
	sink func([]byte) // takes what is full; nil: everything stays in buf
}

// encoderChunk is how much an encoder gathers before it hands it on.
const encoderChunk = 64 << 10

// flush hands on what was gathered.
func (e *encoder) flush() {
	if e.sink != nil {
		e.sink(e.buf)
		e.buf = e.buf[:0]
	}
}

// room hands on what was gathered if it is much.
func (e *encoder) room() {
	if e.sink != nil && len(e.buf) >= encoderChunk {
		e.flush()
	}
}

func (e *encoder) uint(n uint64) {
	e.room()
	e.buf = binary.AppendUvarint(e.buf, n)
}

func (e *encoder) int(n int64) {
	e.room()
	e.buf = binary.AppendVarint(e.buf, n)
}

// count writes a length, which [decoder.count] reads.
func (e *encoder) count(n int) { e.uint(uint64(n)) }

func (e *encoder) bool(b bool) {
	if b {
		e.uint(1)
	} else {
		e.uint(0)
	}
}

func (e *encoder) text(s string) {
	e.count(len(s))
	e.buf = append(e.buf, s...)
}

func (e *encoder) bytes(b []byte) {
	e.count(len(b))
	e.buf = append(e.buf, b...)
}

// fixed writes bytes whose number the reader knows.
func (e *encoder) fixed(b []byte) {
	e.room()
	e.buf = append(e.buf, b...)
}

func (e *encoder) uuid(id uuid.UUID) { e.fixed(id[:]) }

func (e *encoder) position(p domain.Position) { e.uint(uint64(p)) }

func (e *encoder) ente(r domain.EnteRef) {
	e.text(string(r.Kind))
	e.text(r.Code)
}

// time writes a moment in whole microseconds, as entries keep it. The zero time
// stays zero.
func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.int(0)
		return
	}
	n := t.UnixMicro()
	if n >= 0 { // 0 is the zero time
		n++
	}
	e.int(n)
}

// optional writes whether there is a value and, if so, the value.
func optional[T any](e *encoder, p *T, write func(T)) {
	e.bool(p != nil)
	if p != nil {
		write(*p)
	}
}

// list writes a slice in its order.
func list[T any](e *encoder, s []T, write func(T)) {
	e.count(len(s))
	for _, v := range s {
		write(v)
	}
}

// sorted writes a map in the order of its keys.
func sorted[K cmp.Ordered, V any](e *encoder, m map[K]V, write func(K, V)) {
	sortedBy(e, m, cmp.Compare[K], write)
}

// sortedIDs writes a map in the order of the ids.
func sortedIDs[V any](e *encoder, m map[uuid.UUID]V, write func(uuid.UUID, V)) {
	sortedBy(e, m, compareIDs, write)
}

// sortedEnti writes a map in the order of kind and code.
func sortedEnti[V any](e *encoder, m map[domain.EnteRef]V, write func(domain.EnteRef, V)) {
	sortedBy(e, m, compareEnti, write)
}

// sortedBy writes a map in an order of its keys, which must tell all of them apart.
func sortedBy[K comparable, V any](e *encoder, m map[K]V, order func(a, b K) int, write func(K, V)) {
	e.count(len(m))
	for _, k := range slices.SortedFunc(maps.Keys(m), order) {
		write(k, m[k])
	}
}

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

func compareEnti(a, b domain.EnteRef) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code))
}

// A decoder reads what an encoder wrote. After the first fault it reads nothing
// more: everything is zero, every list is empty, and err says what was wrong.
// Whatever the bytes, it neither panics nor takes more memory than a small
// multiple of them.
type decoder struct {
	rest  []byte
	err   error
	words map[string]string
}

var errCodec = errors.New("not in the form in which models are written")

func newDecoder(data []byte) *decoder {
	return &decoder{rest: data, words: make(map[string]string)}
}

// fail notes what is wrong with the bytes; the first fault counts.
func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: "+format, append([]any{errCodec}, args...)...)
		d.rest = nil
	}
}

// end notes a fault if something is left.
func (d *decoder) end() error {
	if len(d.rest) > 0 {
		d.fail("%d bytes too many", len(d.rest))
	}
	return d.err
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 || size > 1 && d.rest[size-1] == 0 { // too short, too long, or not the shortest form
		d.fail("a number is broken")
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) int() int64 {
	u := d.uint()
	n := int64(u >> 1)
	if u&1 != 0 {
		n = ^n
	}
	return n
}

// small reads what was written by int and fits into an int of any machine.
func (d *decoder) small() int {
	n := d.int()
	if int64(int32(n)) != n {
		d.fail("%d is too large", n)
		return 0
	}
	return int(n)
}

// count reads the length of what follows, of which each takes least bytes or more.
func (d *decoder) count(least int) int {
	n := d.uint()
	if n > uint64(len(d.rest)/max(least, 1)) {
		d.fail("%d things cannot lie in %d bytes", n, len(d.rest))
		return 0
	}
	return int(n)
}

func (d *decoder) bool() bool {
	n := d.uint()
	if n > 1 {
		d.fail("neither true nor false")
	}
	return n == 1
}

// raw returns the next n bytes, which share memory with the input, or nothing.
func (d *decoder) raw(n int) []byte {
	if n > len(d.rest) {
		d.fail("%d bytes are missing", n-len(d.rest))
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) text() string { return string(d.raw(d.count(1))) }

func (d *decoder) bytes() []byte { return bytes.Clone(d.raw(d.count(1))) }

// word reads a text that occurs often and keeps it once.
func (d *decoder) word() string {
	b := d.raw(d.count(1))
	if len(b) == 0 {
		return ""
	}
	if w, ok := d.words[string(b)]; ok {
		return w
	}
	w := string(b)
	d.words[w] = w
	return w
}

// word reads a [decoder.word] as a type of its own.
func word[T ~string](d *decoder) T { return T(d.word()) }

func (d *decoder) uuid() (id uuid.UUID) {
	copy(id[:], d.raw(len(id)))
	return id
}

func (d *decoder) position() domain.Position { return domain.Position(d.uint()) }

func (d *decoder) ente() domain.EnteRef {
	return domain.EnteRef{Kind: word[domain.EnteKind](d), Code: d.word()}
}

func (d *decoder) time() time.Time {
	n := d.int()
	if n == 0 {
		return time.Time{}
	}
	if n > 0 {
		n--
	}
	t := time.UnixMicro(n).UTC()
	if t.IsZero() || t.UnixMicro() != n {
		d.fail("a time is broken")
		return time.Time{}
	}
	return t
}

// readOptional reads what optional wrote.
func readOptional[T any](d *decoder, read func() T) *T {
	if !d.bool() {
		return nil
	}
	v := read()
	return &v
}

// readList reads what list wrote; each thing takes least bytes or more. An empty
// list is nil.
func readList[T any](d *decoder, least int, read func() T) []T {
	n := d.count(least)
	if n == 0 {
		return nil
	}
	s := make([]T, 0, n)
	for range n {
		v := read()
		if d.err != nil {
			return nil
		}
		s = append(s, v)
	}
	return s
}

// readSorted reads what sorted wrote; each entry takes least bytes or more. The
// map is never nil, so that a model can write to it.
func readSorted[K cmp.Ordered, V any](d *decoder, least int, key func() K, value func(K) V) map[K]V {
	return readSortedBy(d, least, cmp.Compare[K], key, value)
}

// readSortedIDs reads what sortedIDs wrote.
func readSortedIDs[V any](d *decoder, least int, value func(uuid.UUID) V) map[uuid.UUID]V {
	return readSortedBy(d, 16+least, compareIDs, d.uuid, value)
}

// readSortedEnti reads what sortedEnti wrote.
func readSortedEnti[V any](d *decoder, least int, value func(domain.EnteRef) V) map[domain.EnteRef]V {
	return readSortedBy(d, 2+least, compareEnti, d.ente, value)
}

// readSortedBy reads what sortedBy wrote; the keys must ascend.
func readSortedBy[K comparable, V any](d *decoder, least int, order func(a, b K) int, key func() K, value func(K) V) map[K]V {
	n := d.count(least)
	m := make(map[K]V, n)
	var last K
	for i := range n {
		k := key()
		if i > 0 && order(last, k) >= 0 {
			d.fail("keys do not ascend")
		}
		v := value(k)
		if d.err != nil {
			return make(map[K]V)
		}
		m[k], last = v, k
	}
	return m
}
