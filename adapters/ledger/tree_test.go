package ledger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"tavoli/adapters/ledger"
)

// TestAnotherImplementationAgrees holds roots and proofs of every size up to 1,000
// to a second implementation of RFC 6962.
func TestAnotherImplementationAgrees(t *testing.T) {
	const most = 1000
	log := grown(t, most)
	l := following(t, log)
	if size, _ := l.Size(); size != most {
		t.Fatalf("there are %d leaves, want %d", size, most)
	}
	hasher := rfc6962.DefaultHasher
	other := (&compact.RangeFactory{Hash: hasher.HashChildren}).NewEmptyRange(0)
	roots := make([][]byte, most+1)
	var leaves [][]byte
	for i, e := range entries(t, log) {
		leaves = append(leaves, hasher.HashLeaf(e))
		if err := other.Append(leaves[i], nil); err != nil {
			t.Fatal(err)
		}
		var err error
		if roots[i+1], err = other.GetRootHash(nil); err != nil {
			t.Fatal(err)
		}
	}
	for size := int64(1); size <= most; size++ {
		root, err := l.Root(size)
		if err != nil || !bytes.Equal(root[:], roots[size]) {
			t.Fatalf("root of %d: %x %v, want %x", size, root, err, roots[size])
		}
		index := (size * 7919) % size // spread out
		for _, index := range []int64{0, index, size / 2, size - 1} {
			hashes, err := l.ProveInclusion(index, size)
			if err == nil {
				err = proof.VerifyInclusion(hasher, uint64(index), uint64(size), leaves[index], plain(hashes), roots[size])
			}
			if err != nil {
				t.Fatalf("inclusion of %d in %d: %v", index, size, err)
			}
		}
		for _, from := range []int64{1, size/3 + 1, size} {
			hashes, err := l.ProveConsistency(from, size)
			if err == nil {
				err = proof.VerifyConsistency(hasher, uint64(from), uint64(size), plain(hashes), roots[from], roots[size])
			}
			if err != nil {
				t.Fatalf("consistency of %d and %d: %v", from, size, err)
			}
		}
	}
}

func plain(hashes []ledger.Hash) [][]byte {
	list := make([][]byte, len(hashes))
	for i := range hashes {
		list[i] = hashes[i][:]
	}
	return list
}

// TestPersonalValuesAreNoLeaves shows that what can be forgotten is in no leaf.
func TestPersonalValuesAreNoLeaves(t *testing.T) {
	log := grown(t, 20)
	l := following(t, log)
	before, err := l.Root(20)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for e, err := range l.Entries(t.Context(), 0, 20) {
		if err != nil || bytes.Contains(e.Bytes, []byte("persona-")) {
			t.Fatalf("%s %v", e.Bytes, err)
		}
		seen++
	}
	if seen != 20 {
		t.Fatalf("%d entries, want 20", seen)
	}
	for n := 0; n < 20; n += 3 {
		if err := log.Forget(t.Context(), described(n).Stream); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Verify(t.Context()); err != nil {
		t.Errorf("after forgetting: %v", err)
	}
	if after, err := following(t, log).Root(20); err != nil || after != before {
		t.Errorf("after forgetting the root is %x %v, want %x", after, err, before)
	}
}

// TestPositionsAndIndices leads from one to the other and back.
func TestPositionsAndIndices(t *testing.T) {
	log := grown(t, 30)
	l := following(t, log)
	for index := range int64(30) {
		at, err := l.Position(index)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := l.Index(at); err != nil || back != index {
			t.Errorf("the fact at %d is %d (%v), want %d", at, back, err, index)
		}
		if size := l.SizeAt(at); size != index+1 {
			t.Errorf("up to %d are %d facts, want %d", at, size, index+1)
		}
	}
	if _, err := l.Index(2); !errors.Is(err, ledger.ErrNoFact) { // a personal value
		t.Errorf("position 2: %v", err)
	}
	if _, err := l.Index(4000); !errors.Is(err, ledger.ErrNoFact) {
		t.Errorf("position 4000: %v", err)
	}
	for _, index := range []int64{-1, 30} {
		if _, err := l.Position(index); !errors.Is(err, ledger.ErrNoSize) {
			t.Errorf("leaf %d: %v", index, err)
		}
	}
}

// TestTilesHoldTheTree builds the root from tiles alone, as a reader of static files does.
func TestTilesHoldTheTree(t *testing.T) {
	const size = 256*3 + 7
	log := grown(t, size)
	l := following(t, log)
	want := entries(t, log)
	hasher := rfc6962.DefaultHasher
	leaf, upper := 0, []byte(nil)
	for _, id := range ledger.Tiles(size) {
		if back, ok := ledger.ParseTilePath(id.Path()); !ok || back != id {
			t.Errorf("%s reads as %+v", id.Path(), back)
		}
		content, err := l.File(t.Context(), id)
		if err != nil {
			t.Fatalf("%s: %v", id.Path(), err)
		}
		switch {
		case id.Entries:
			for i := range id.Width {
				n := int(binary.BigEndian.Uint16(content))
				if e := want[int(id.N)*256+i]; !bytes.Equal(content[2:2+n], e) {
					t.Fatalf("%s: entry %d is %s, want %s", id.Path(), i, content[2:2+n], e)
				}
				content = content[2+n:]
			}
			if len(content) > 0 {
				t.Errorf("%s: %d bytes too many", id.Path(), len(content))
			}
		case id.Level == 0:
			other := (&compact.RangeFactory{Hash: hasher.HashChildren}).NewEmptyRange(0)
			for i := range id.Width {
				if got := content[32*i : 32*i+32]; !bytes.Equal(got, hasher.HashLeaf(want[leaf])) {
					t.Fatalf("%s: hash %d is wrong", id.Path(), i)
				}
				if err := other.Append(content[32*i:32*i+32], nil); err != nil {
					t.Fatal(err)
				}
				leaf++
			}
			if root, err := other.GetRootHash(nil); err == nil && id.Width == 256 {
				upper = append(upper, root...)
			}
		case id.Level == 1:
			if !bytes.Equal(content, upper) {
				t.Errorf("%s is %x, want %x", id.Path(), content, upper)
			}
		}
	}
	if leaf != size {
		t.Errorf("the tiles hold %d leaves, want %d", leaf, size)
	}
}

// TestTilesThatAreNotThere are refused, whatever is asked for.
func TestTilesThatAreNotThere(t *testing.T) {
	l := following(t, grown(t, 300))
	for _, id := range []ledger.TileID{
		{N: 0, Width: 257}, {N: 0, Width: 0}, {N: -1, Width: 1}, {N: 1, Width: 45}, {N: 2, Width: 1}, {Level: 1, Width: 2}, {Level: 2, Width: 1},
		{Level: -1, Width: 1}, {Level: 64, Width: 1}, {N: 1 << 60, Width: 256}, {Entries: true, N: 1, Width: 45}, {Entries: true, N: -1, Width: 1}, {Entries: true, N: 1 << 60, Width: 1},
	} {
		if _, err := l.File(t.Context(), id); !errors.Is(err, ledger.ErrNoSize) {
			t.Errorf("%+v: %v", id, err)
		}
	}
	for _, size := range []int64{-1, 301} {
		if _, err := l.Root(size); !errors.Is(err, ledger.ErrNoSize) {
			t.Errorf("root of %d: %v", size, err)
		}
	}
	for _, pair := range [][2]int64{{0, 5}, {6, 5}, {5, 301}, {-1, 5}} {
		if _, err := l.ProveConsistency(pair[0], pair[1]); !errors.Is(err, ledger.ErrNoSize) {
			t.Errorf("consistency of %v: %v", pair, err)
		}
	}
	for _, pair := range [][2]int64{{-1, 5}, {5, 5}, {0, 301}} {
		if _, err := l.ProveInclusion(pair[0], pair[1]); !errors.Is(err, ledger.ErrNoSize) {
			t.Errorf("inclusion of %v: %v", pair, err)
		}
	}
}
