package bolt

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync"

	"tavoli/domain"
)

// An index knows which positions belong to which stream. It holds no pointers but
// those to its blocks, so that the garbage collector has nothing to do with it:
// streams are numbered, their names lie one after the other, and the positions of
// a stream lie in a chain of chunks as differences of a byte or three.
//
// Entries are noted before they are committed; readers see those up to the head
// only. What was noted last can be taken back with undo.
type index struct {
	mu     sync.RWMutex
	seed   maphash.Seed
	slots  []uint32 // number of the stream plus one, by hash; 0 is free
	blocks [][]stream
	count  uint32
	names  arena
	chunks arena
	events uint64
}

// A stream is one line of the index.
type stream struct {
	last    uint64 // the newest position
	name    uint32 // where the name lies
	hash    uint32
	length  uint32 // how many events
	first   uint32 // the first chunk; 0: there is at most one event
	tail    uint32 // the last chunk
	used    uint16 // bytes used of the last chunk
	nameLen uint8
	flags   uint8
}

// flagForgotten marks a stream that takes no more events.
const flagForgotten = 1

// Streams lie in blocks, so that growing moves none.
const (
	streamBits  = 10
	streamBlock = 1 << streamBits
)

// A chunk is: next chunk (4 bytes), events in it (2), its size (2), positions. The
// first position of a chunk is written in full.
const (
	chunkHeader = 8
	minChunk    = 16
	maxChunk    = 4096
)

// undo is what a stream was like before an event was noted.
type undo struct {
	id    uint32
	fresh bool
	tailN uint16
	old   stream
}

func newIndex() *index {
	x := &index{seed: maphash.MakeSeed(), slots: make([]uint32, 1024)}
	x.chunks.alloc(chunkHeader) // so that no chunk is number 0
	return x
}

func (x *index) at(id uint32) *stream { return &x.blocks[id>>streamBits][id&(streamBlock-1)] }

func (x *index) nameOf(s *stream) []byte { return x.names.at(s.name)[:s.nameLen] }

// find returns the number of a stream.
func (x *index) find(name []byte, hash uint32) (uint32, bool) { return find(x, name, hash) }

// find takes names as bytes, out of entries, and as text, out of requests.
func find[N []byte | domain.Stream](x *index, name N, hash uint32) (uint32, bool) {
	mask := uint32(len(x.slots) - 1)
	for i := hash & mask; x.slots[i] != 0; i = (i + 1) & mask {
		id := x.slots[i] - 1
		if s := x.at(id); s.hash == hash && string(x.nameOf(s)) == string(name) {
			return id, true
		}
	}
	return 0, false
}

func (x *index) hash(name []byte) uint32 { return uint32(maphash.Bytes(x.seed, name)) }

// lookup returns a stream as it is now, noted events included.
func (x *index) lookup(name []byte) (stream, bool) {
	id, ok := x.find(name, x.hash(name))
	if !ok {
		return stream{}, false
	}
	return *x.at(id), true
}

// A place is where a stream is, or would be, in the index.
type place struct {
	id    uint32
	hash  uint32
	known bool
}

// locate returns the place of a stream and the stream as it is now.
func (x *index) locate(name domain.Stream) (p place, s stream) {
	p.hash = uint32(maphash.String(x.seed, string(name)))
	if p.id, p.known = find(x, name, p.hash); p.known {
		s = *x.at(p.id)
	}
	return p, s
}

// add makes a stream that is not there yet.
func (x *index) add(name []byte, hash uint32) uint32 {
	if 4*(uint64(x.count)+1) > 3*uint64(len(x.slots)) {
		x.grow()
	}
	id := x.count
	if id>>streamBits == uint32(len(x.blocks)) {
		x.blocks = append(x.blocks, make([]stream, streamBlock))
	}
	ref := x.names.alloc(len(name))
	copy(x.names.at(ref), name)
	*x.at(id) = stream{name: ref, hash: hash, nameLen: uint8(len(name))}
	x.count++
	x.insert(id, hash)
	return id
}

// insert puts a stream into the slots.
func (x *index) insert(id, hash uint32) {
	mask := uint32(len(x.slots) - 1)
	i := hash & mask
	for x.slots[i] != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = id + 1
}

func (x *index) grow() {
	x.slots = make([]uint32, 2*len(x.slots))
	for id := range x.count {
		x.insert(id, x.at(id).hash)
	}
}

// remove takes back the stream added last.
func (x *index) remove(id uint32) {
	mask := uint32(len(x.slots) - 1)
	i := x.at(id).hash & mask
	for x.slots[i] != id+1 {
		i = (i + 1) & mask
	}
	x.slots[i] = 0
	x.count--
}

// push adds a position to a stream.
func (x *index) push(id uint32, pos uint64) {
	s := x.at(id)
	if s.length > 0 {
		if s.first == 0 {
			x.chunk(s, minChunk, s.last)
		}
		var buf [binary.MaxVarintLen64]byte
		n := binary.PutUvarint(buf[:], pos-s.last)
		c := x.chunks.at(s.tail)
		if size := chunkSize(c); int(s.used)+n > size {
			x.chunk(s, min(2*size, maxChunk), pos)
		} else {
			copy(c[s.used:], buf[:n])
			s.used += uint16(n)
			setChunkN(c, chunkN(c)+1)
		}
	}
	s.last = pos
	s.length++
	x.events++
}

// chunk adds a chunk to a stream, with one position in it.
func (x *index) chunk(s *stream, size int, pos uint64) {
	ref := x.chunks.alloc(size)
	c := x.chunks.at(ref)
	clear(c[:size])
	binary.LittleEndian.PutUint16(c[6:], uint16(size))
	setChunkN(c, 1)
	s.used = uint16(chunkHeader + binary.PutUvarint(c[chunkHeader:size], pos))
	if s.first == 0 {
		s.first = ref
	} else {
		binary.LittleEndian.PutUint32(x.chunks.at(s.tail), ref)
	}
	s.tail = ref
}

func chunkNext(c []byte) uint32    { return binary.LittleEndian.Uint32(c) }
func chunkN(c []byte) uint16       { return binary.LittleEndian.Uint16(c[4:]) }
func setChunkN(c []byte, n uint16) { binary.LittleEndian.PutUint16(c[4:], n) }
func chunkSize(c []byte) int       { return int(binary.LittleEndian.Uint16(c[6:])) }

// An undoing is what it takes to bring the index back to where it was.
type undoing struct {
	list          []undo
	names, chunks uint32 // the tops of the arenas
}

// mark begins an undoing.
func (x *index) mark(u *undoing) {
	u.list, u.names, u.chunks = u.list[:0], x.names.top, x.chunks.top
}

// note adds the position of the next event of a stream and remembers how things
// were. The stream is added if it is not known yet.
func (x *index) note(p *place, name domain.Stream, pos domain.Position, undos *undoing) {
	u := undo{fresh: !p.known}
	if !p.known {
		p.id, p.known = x.add([]byte(name), p.hash), true
	} else if u.old = *x.at(p.id); u.old.tail != 0 {
		u.tailN = chunkN(x.chunks.at(u.old.tail))
	}
	u.id = p.id
	undos.list = append(undos.list, u)
	x.push(p.id, uint64(pos))
}

// undo takes back everything noted since mark. Undoings are used in the reverse
// order of their marks.
func (x *index) undo(undos *undoing) {
	for _, u := range slices.Backward(undos.list) {
		x.events--
		if u.fresh {
			x.remove(u.id)
			continue
		}
		if *x.at(u.id) = u.old; u.old.tail != 0 {
			c := x.chunks.at(u.old.tail)
			setChunkN(c, u.tailN)
			binary.LittleEndian.PutUint32(c, 0)
			clear(c[u.old.used:chunkSize(c)])
		}
	}
	x.names.top, x.chunks.top = undos.names, undos.chunks
	undos.list = undos.list[:0]
}

// forget empties a stream for good and returns the positions it had.
func (x *index) forget(name []byte) []domain.Position {
	hash := x.hash(name)
	id, ok := x.find(name, hash)
	if !ok {
		id = x.add(name, hash)
	}
	s := x.at(id)
	held := make([]domain.Position, s.length)
	cur := cursor{id: id}
	x.read(&cur, held, domain.Position(s.last))
	x.events -= uint64(s.length)
	s.length, s.last, s.first, s.tail, s.used = 0, 0, 0, 0, 0
	s.flags |= flagForgotten
	return held
}

// A cursor is where a reader is in the positions of a stream.
type cursor struct {
	id    uint32
	chunk uint32 // 0: at the start
	next  int    // where in the chunk
	last  uint64
	done  bool // the reader has had all it is to have
}

// seek returns a cursor that stands at a revision.
func (x *index) seek(name []byte, rev domain.Revision) (cursor, bool) {
	id, ok := x.find(name, x.hash(name))
	if !ok {
		return cursor{}, false
	}
	s := x.at(id)
	if rev >= domain.Revision(s.length) {
		return cursor{}, false
	}
	cur := cursor{id: id}
	if s.first == 0 || rev == 0 {
		return cur, true
	}
	skip := uint32(rev)
	if c := x.chunks.at(s.tail); skip >= s.length-uint32(chunkN(c)) {
		cur.enter(s.tail)
		skip -= s.length - uint32(chunkN(c))
	} else {
		for cur.enter(s.first); skip >= uint32(chunkN(x.chunks.at(cur.chunk))); {
			skip -= uint32(chunkN(x.chunks.at(cur.chunk)))
			cur.enter(chunkNext(x.chunks.at(cur.chunk)))
		}
	}
	for range skip {
		x.step(&cur)
	}
	return cur, true
}

func (c *cursor) enter(ref uint32) { c.chunk, c.next, c.last = ref, chunkHeader, 0 }

// step reads the next position of the cursor's chunk.
func (x *index) step(cur *cursor) {
	c := x.chunks.at(cur.chunk)
	d, n := binary.Uvarint(c[cur.next:])
	cur.last += d
	cur.next += n
}

// read fills into with the next positions, none beyond the head, and returns how
// many there were. Fewer than asked for means that there are no more.
func (x *index) read(cur *cursor, into []domain.Position, head domain.Position) int {
	s := x.at(cur.id)
	if s.first == 0 {
		if s.length == 0 || len(into) == 0 || cur.last != 0 || domain.Position(s.last) > head {
			return 0
		}
		into[0], cur.last = domain.Position(s.last), s.last
		return 1
	}
	if cur.chunk == 0 {
		cur.enter(s.first)
	}
	for i := range into {
		if !x.advance(cur, s) || domain.Position(cur.last) > head {
			return i
		}
		into[i] = domain.Position(cur.last)
	}
	return len(into)
}

// advance moves the cursor to the next position, over the end of a chunk as well.
func (x *index) advance(cur *cursor, s *stream) bool {
	c := x.chunks.at(cur.chunk)
	end := chunkSize(c)
	if cur.chunk == s.tail {
		end = int(s.used)
	}
	if cur.next >= end || c[cur.next] == 0 {
		if cur.chunk == s.tail {
			return false
		}
		cur.enter(chunkNext(c))
	}
	x.step(cur)
	return true
}

// size returns the bytes the index takes.
func (x *index) size() int64 {
	blocks := int64(len(x.blocks)) * streamBlock * 32
	return blocks + 4*int64(len(x.slots)) + x.names.size() + x.chunks.size()
}

// An arena hands out room for bytes, which is never given back one by one.
type arena struct {
	blocks [][]byte
	top    uint32
}

const (
	arenaBits  = 16
	arenaBlock = 1 << arenaBits
)

// alloc returns where n bytes are free; they lie in one block.
func (a *arena) alloc(n int) uint32 {
	if in := a.top & (arenaBlock - 1); int(in)+n > arenaBlock {
		a.top += arenaBlock - in
	}
	ref := a.top
	for int(ref>>arenaBits) >= len(a.blocks) {
		a.blocks = append(a.blocks, make([]byte, arenaBlock))
	}
	a.top += uint32(n)
	return ref
}

// at returns the bytes from ref to the end of its block.
func (a *arena) at(ref uint32) []byte { return a.blocks[ref>>arenaBits][ref&(arenaBlock-1):] }

func (a *arena) size() int64 { return int64(len(a.blocks)) * arenaBlock }
