package ledger

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"tavoli/domain"
)

// A Hash is the hash of a leaf, of a part of the tree or of all of it.
type Hash = [32]byte

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	chunkSize  = 16 * tileWidth // leaves in a chunk
)

// A chunk holds some leaves: their hashes and where they stand in the log. A place
// that was filled never changes.
type chunk struct {
	hashes    [chunkSize]tlog.Hash
	positions [chunkSize]domain.Position
}

// A tree holds the hashes of level 0 and of each eighth level above it; what lies
// between follows from them. A copy of a tree goes on showing what it showed when
// it was copied, whatever is added to the original.
type tree struct {
	chunks []*chunk
	upper  [][]tlog.Hash // upper[i] are the hashes of level 8(i+1), of whole subtrees
	size   int64
}

// add makes a hash the next leaf.
func (t *tree) add(h tlog.Hash, at domain.Position) {
	in := int(t.size % chunkSize)
	if in == 0 {
		t.chunks = append(t.chunks, new(chunk))
	}
	c := t.chunks[len(t.chunks)-1]
	c.hashes[in], c.positions[in] = h, at
	t.size++
	for level, n := 0, t.size; n%tileWidth == 0; level++ {
		n /= tileWidth
		if level == len(t.upper) {
			t.upper = append(t.upper, nil)
		}
		t.upper[level] = append(t.upper[level], t.node(tileHeight*(level+1)-1, 2*(n-1), 2*(n-1)+1))
	}
}

// snapshot returns the tree as it is now.
func (t *tree) snapshot() tree {
	s := *t
	s.upper = make([][]tlog.Hash, len(t.upper))
	copy(s.upper, t.upper)
	return s
}

// hash returns the hash of the nth whole subtree of a level.
func (t *tree) hash(level int, n int64) tlog.Hash {
	switch {
	case level == 0:
		return t.chunks[n/chunkSize].hashes[n%chunkSize]
	case level%tileHeight == 0 && level/tileHeight <= len(t.upper) && n < int64(len(t.upper[level/tileHeight-1])):
		return t.upper[level/tileHeight-1][n]
	}
	return t.node(level-1, 2*n, 2*n+1)
}

// node returns the hash over two subtrees of a level.
func (t *tree) node(level int, left, right int64) tlog.Hash {
	return tlog.NodeHash(t.hash(level, left), t.hash(level, right))
}

// ReadHashes implements [tlog.HashReader].
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		if (n+1)<<level > t.size {
			return nil, fmt.Errorf("there is no hash %d of level %d in a tree of %d", n, level, t.size)
		}
		list[i] = t.hash(level, n)
	}
	return list, nil
}

// position returns where a leaf stands in the log.
func (t *tree) position(index int64) domain.Position {
	return t.chunks[index/chunkSize].positions[index%chunkSize]
}

// until returns how many leaves stand up to a position, that one included.
func (t *tree) until(p domain.Position) int64 {
	low, high := int64(0), t.size
	for low < high {
		if middle := (low + high) / 2; t.position(middle) <= p {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}
