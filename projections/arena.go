package projections

// An arena keeps many short texts close together, so that they cost no more than
// their bytes and the garbage collector has nothing to look at.
type arena struct {
	chunks [][]byte
	used   int // bytes of all texts
	wiped  int // bytes of those that were wiped
}

// A span is where a text lies in an arena; of size 0: there is none.
type span struct {
	at   uint32 // the chunk's number and the place in it
	size uint16
}

const (
	chunkBits = 16
	chunkLen  = 1 << chunkBits
)

// room returns a chunk to which size bytes can be added.
func (a *arena) room(size int) *[]byte {
	if n := len(a.chunks); n > 0 && len(a.chunks[n-1])+size <= chunkLen {
		return &a.chunks[n-1]
	}
	first := chunkLen
	if len(a.chunks) == 0 { // models of one tavolo are small
		first = 1 << 10
	}
	a.chunks = append(a.chunks, make([]byte, 0, first))
	return &a.chunks[len(a.chunks)-1]
}

// put keeps the parts of a text with a zero between them. A text that is too long
// to be true is not kept.
func (a *arena) put(parts ...string) span {
	size := len(parts) - 1
	for _, p := range parts {
		size += len(p)
	}
	if size <= 0 || size >= chunkLen {
		return span{}
	}
	chunk := a.room(size)
	s := span{uint32((len(a.chunks)-1)<<chunkBits | len(*chunk)), uint16(size)}
	for i, p := range parts {
		if i > 0 {
			*chunk = append(*chunk, 0)
		}
		*chunk = append(*chunk, p...)
	}
	a.used += size
	return s
}

// bytes returns the bytes of a text where they lie.
func (a *arena) bytes(s span) []byte {
	if s.size == 0 {
		return nil
	}
	at := int(s.at & (chunkLen - 1))
	return a.chunks[s.at>>chunkBits][at : at+int(s.size)]
}

// text returns a copy of a text.
func (a *arena) text(s span) string { return string(a.bytes(s)) }

// wipe overwrites a text with zeros.
func (a *arena) wipe(s span) {
	clear(a.bytes(s))
	a.wiped += int(s.size)
}

// wasteful reports whether half of much is wiped.
func (a *arena) wasteful() bool { return a.wiped > 1<<20 && a.wiped > a.used/2 }
