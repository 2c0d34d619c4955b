package main

import (
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A merkle is a Merkle tree (RFC 6962) that leaves are added to one after the
// other. It keeps one hash for each complete subtree at its right edge, so it takes
// no room to speak of, however many leaves there are.
type merkle struct {
	size  int64
	edge  []tlog.Hash // of complete subtrees, the largest first
	whole func(level int, h tlog.Hash) error
}

// add adds a leaf by its hash. Each hash that belongs into a tile, which are those
// of subtrees of 256^level leaves, is shown to whole.
func (m *merkle) add(leaf tlog.Hash) error {
	if m.whole != nil {
		if err := m.whole(0, leaf); err != nil {
			return err
		}
	}
	h := leaf
	height := bits.TrailingZeros64(uint64(m.size + 1)) // so many subtrees are completed
	for i := range height {
		last := len(m.edge) - 1
		h = tlog.NodeHash(m.edge[last], h)
		m.edge = m.edge[:last]
		if level := (i + 1) / tileHeight; m.whole != nil && (i+1)%tileHeight == 0 {
			if err := m.whole(level, h); err != nil {
				return err
			}
		}
	}
	m.edge = append(m.edge, h)
	m.size++
	return nil
}

// root returns the root of the leaves added so far.
func (m *merkle) root() tlog.Hash {
	if m.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // reads nothing
		return h
	}
	h := m.edge[len(m.edge)-1]
	for i := len(m.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(m.edge[i], h)
	}
	return h
}

// Tiles are 256 hashes wide (C2SP tlog-tiles).
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// tilePath returns where a tile lies: level -1 is that of the entries themselves.
func tilePath(level int, n int64, width int) string {
	where := "entries"
	if level >= 0 {
		where = strconv.Itoa(level)
	}
	name := pad(n % 1000)
	for n /= 1000; n > 0; n /= 1000 {
		name = "x" + pad(n%1000) + "/" + name
	}
	name = "tile/" + where + "/" + name
	if width < tileWidth {
		name += ".p/" + strconv.Itoa(width)
	}
	return name
}

func pad(n int64) string {
	s := strconv.FormatInt(n, 10)
	return strings.Repeat("0", 3-len(s)) + s
}

// A mosaic compares the tiles of a source with the tree as it grows.
type mosaic struct {
	s       *source
	rows    [][]tlog.Hash // of each level, the tile under way
	done    []int64       // of each level, tiles seen
	good    int           // tiles that agree
	missing []string
	wrong   []string
	first   int64 // the first leaf that a tile tells otherwise; -1: none
}

// whole takes in a hash of a level.
func (m *mosaic) whole(level int, h tlog.Hash) error {
	for len(m.rows) <= level {
		m.rows, m.done = append(m.rows, nil), append(m.done, 0)
	}
	if m.rows[level] = append(m.rows[level], h); len(m.rows[level]) < tileWidth {
		return nil
	}
	return m.compare(level)
}

// compare compares the tile under way with the one in the source.
func (m *mosaic) compare(level int) error {
	name := tilePath(level, m.done[level], len(m.rows[level]))
	hashes := m.rows[level]
	m.rows[level], m.done[level] = hashes[:0], m.done[level]+1
	if !m.s.has(name) {
		m.missing = append(m.missing, name)
		return nil
	}
	data, err := m.s.read(name, tileWidth*tlog.HashSize)
	if err != nil {
		return err
	}
	if at := differs(data, hashes); at < 0 {
		m.good++
	} else {
		m.wrong = append(m.wrong, name)
		if level == 0 && m.first < 0 {
			m.first = (m.done[0]-1)*tileWidth + int64(at)
		}
	}
	return nil
}

// end compares the tiles at the right edge.
func (m *mosaic) end() error {
	for level := range m.rows {
		if len(m.rows[level]) > 0 {
			if err := m.compare(level); err != nil {
				return err
			}
		}
	}
	return nil
}

// differs returns where a tile differs from the hashes it ought to hold; -1: nowhere.
func differs(tile []byte, hashes []tlog.Hash) int {
	for i, h := range hashes {
		if at := i * tlog.HashSize; len(tile) < at+tlog.HashSize || tlog.Hash(tile[at:at+tlog.HashSize]) != h {
			return i
		}
	}
	if len(tile) != len(hashes)*tlog.HashSize {
		return len(hashes)
	}
	return -1
}
