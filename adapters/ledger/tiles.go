package ledger

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"tavoli/domain"
)

// Tile returns a tile: the hashes of a level, counted in steps of eight, from the
// leaf 256n of it on, as many as its width says, from 1 to 256.
func (l *Ledger) Tile(level int, n int64, width int) ([]byte, error) {
	t := l.view()
	if level < 0 || level > 7 || n < 0 || width < 1 || width > tileWidth || n > t.size || (n*tileWidth+int64(width)) > t.size>>(tileHeight*level) {
		return nil, ErrNoSize
	}
	return tlog.ReadTileData(tlog.Tile{H: tileHeight, L: level, N: n, W: width}, &t)
}

// EntryBundle returns the facts of the leaves from 256n on, as many as the width
// says, each after its length in two bytes. They are read out of the log.
func (l *Ledger) EntryBundle(ctx context.Context, n int64, width int) ([]byte, error) {
	size, _ := l.Size()
	if n < 0 || n > size || width < 1 || width > tileWidth || n*tileWidth+int64(width) > size {
		return nil, ErrNoSize
	}
	var bundle []byte
	for e, err := range l.Entries(ctx, n*tileWidth, n*tileWidth+int64(width)) {
		if err != nil {
			return nil, err
		}
		if len(e.Bytes) > domain.MaxEntry {
			return nil, fmt.Errorf("entry at %d has %d bytes: %w", e.Position, len(e.Bytes), domain.ErrTooLarge)
		}
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(e.Bytes)))
		bundle = append(bundle, e.Bytes...)
	}
	return bundle, nil
}

// A TileID names a tile or a bundle of entries.
type TileID struct {
	Entries bool
	Level   int // of hashes
	N       int64
	Width   int
}

// Path returns where the file lies: "tile/0/x001/067.p/12", "tile/entries/000".
func (t TileID) Path() string {
	level := "entries"
	if !t.Entries {
		level = strconv.Itoa(t.Level)
	}
	name := fmt.Sprintf("%03d", t.N%1000)
	for n := t.N / 1000; n > 0; n /= 1000 {
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	path := "tile/" + level + "/" + name
	if t.Width < tileWidth {
		path += ".p/" + strconv.Itoa(t.Width)
	}
	return path
}

// ParseTilePath reads a path as Path writes it, and no other.
func ParseTilePath(path string) (t TileID, ok bool) {
	rest, ok := strings.CutPrefix(path, "tile/")
	level, rest, more := strings.Cut(rest, "/")
	if !ok || !more || len(path) > 60 {
		return t, false
	}
	if t.Entries = level == "entries"; !t.Entries {
		n, err := strconv.ParseUint(level, 10, 3)
		if err != nil {
			return t, false
		}
		t.Level = int(n)
	}
	name, width, part := strings.Cut(rest, ".p/")
	t.Width = tileWidth
	if part {
		n, err := strconv.ParseUint(width, 10, 8)
		if err != nil || n == 0 {
			return t, false
		}
		t.Width = int(n)
	}
	n, err := strconv.ParseUint(strings.NewReplacer("x", "", "/", "").Replace(name), 10, 48)
	if err != nil {
		return t, false
	}
	t.N = int64(n)
	return t, t.Path() == path
}

// Tiles returns the tiles and bundles that hold the tree of a size: whole ones, and
// the partial one at the end of each level.
func Tiles(size int64) []TileID {
	var list []TileID
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		width := size >> (tileHeight * level)
		for n := int64(0); n*tileWidth < width; n++ {
			list = append(list, TileID{Level: level, N: n, Width: int(min(width-n*tileWidth, tileWidth))})
		}
	}
	for n := int64(0); n*tileWidth < size; n++ {
		list = append(list, TileID{Entries: true, N: n, Width: int(min(size-n*tileWidth, tileWidth))})
	}
	return list
}

// File returns the content of a tile or a bundle.
func (l *Ledger) File(ctx context.Context, t TileID) ([]byte, error) {
	if t.Entries {
		return l.EntryBundle(ctx, t.N, t.Width)
	}
	return l.Tile(t.Level, t.N, t.Width)
}
