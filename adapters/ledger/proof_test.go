package ledger_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"tavoli/adapters/ledger"
	"tavoli/adapters/memory"
)

// proven returns a register of some facts with a signed checkpoint.
func proven(t testing.TB, facts int) (*memory.Store, *ledger.Ledger, *ledger.Signer, ledger.Checkpoint) {
	t.Helper()
	log := memory.New(newClock().now)
	add(t, log, key(t, 1))
	for n := range facts - 1 {
		add(t, log, opened(n))
	}
	l := following(t, log)
	s := signerOf(t, l, t.TempDir())
	return log, l, s, sign(t, s)
}

// TestProofsHold makes and checks the proof of every fact of some sizes.
func TestProofsHold(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 64, 100} {
		log, _, s, c := proven(t, size)
		for i, entry := range entries(t, log) {
			p, err := s.Proof(int64(i))
			if err != nil {
				t.Fatal(err)
			}
			again, err := ledger.ParseProof(p.Text())
			if err != nil || again.Index != p.Index || !slices.Equal(again.Hashes, p.Hashes) {
				t.Fatalf("%q reads as %+v (%v)", p.Text(), again, err)
			}
			if of, err := again.Check(entry, vkey(t, 1)); err != nil || of.Size != c.Size {
				t.Fatalf("fact %d of %d: %v", i, size, err)
			}
		}
	}
}

// TestMutatedProofsAreRefused changes a proof in every way there is: each bit of
// each hash, hashes left out, doubled and swapped, another index, another size,
// another entry.
func TestMutatedProofsAreRefused(t *testing.T) {
	for size, indexes := range map[int][]int64{2: {0, 1}, 3: {0, 2}, 7: {0, 3, 6}, 33: {17}} {
		log, _, s, newest := proven(t, size)
		list := entries(t, log)
		smaller, err := s.SignAt(t.Context(), int64(size)-1)
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range indexes {
			p, err := s.Proof(index)
			if err != nil {
				t.Fatal(err)
			}
			m := mutating{t, p, newest, list, index}
			m.hashes()
			m.indexes()
			m.entries()
			if _, err := (ledger.Proof{Index: index, Hashes: p.Hashes, Checkpoint: smaller.Text}).Check(list[index], vkey(t, 1)); err == nil {
				t.Errorf("fact %d of %d: the proof holds with another size", index, size)
			}
		}
	}
}

// A mutating is a proof that holds, for one of some entries, about to be changed.
type mutating struct {
	t     *testing.T
	proof ledger.Proof
	of    ledger.Checkpoint
	list  [][]byte
	index int64
}

// refused fails the test if a changed proof holds.
func (m mutating) refused(what string, p ledger.Proof, entry []byte) {
	m.t.Helper()
	if p.Holds(m.of, entry) == nil {
		m.t.Errorf("fact %d of %d: the proof holds with %s", m.index, len(m.list), what)
	}
}

func (m mutating) hashes() {
	eachMutation(m.proof.Hashes, func(what string, hashes []ledger.Hash) {
		m.refused(what, ledger.Proof{Index: m.index, Hashes: hashes, Checkpoint: m.proof.Checkpoint}, m.list[m.index])
	})
}

func (m mutating) indexes() {
	for other := int64(-1); other <= int64(len(m.list)); other++ {
		if other != m.index {
			m.refused(fmt.Sprintf("index %d", other), ledger.Proof{Index: other, Hashes: m.proof.Hashes, Checkpoint: m.proof.Checkpoint}, m.list[m.index])
		}
	}
}

func (m mutating) entries() {
	for i, entry := range m.list {
		if int64(i) != m.index {
			m.refused("another entry", m.proof, entry)
		}
	}
	for at := range m.list[m.index] {
		entry := bytes.Clone(m.list[m.index])
		entry[at] ^= 1 << (at % 8)
		m.refused(fmt.Sprintf("a bit of byte %d of the entry changed", at), m.proof, entry)
	}
}

// eachMutation calls try with every simple change of some hashes.
func eachMutation(hashes []ledger.Hash, try func(what string, hashes []ledger.Hash)) {
	for i := range hashes {
		for bit := range 256 {
			changed := slices.Clone(hashes)
			changed[i][bit/8] ^= 1 << (bit % 8)
			try(fmt.Sprintf("bit %d of hash %d changed", bit, i), changed)
		}
		try(fmt.Sprintf("hash %d left out", i), slices.Delete(slices.Clone(hashes), i, i+1))
		try(fmt.Sprintf("hash %d twice", i), slices.Insert(slices.Clone(hashes), i, hashes[i]))
		for j := range i {
			swapped := slices.Clone(hashes)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			try(fmt.Sprintf("hashes %d and %d swapped", i, j), swapped)
		}
	}
	try("a hash too many", append(slices.Clone(hashes), ledger.Hash{}))
}

// TestMutatedConsistencyIsRefused does the same to proofs that one tree begins with
// another.
func TestMutatedConsistencyIsRefused(t *testing.T) {
	const size = 33
	_, l, s, newest := proven(t, size)
	for _, from := range []int64{1, 2, 7, 16, 32, 33} {
		old, err := s.SignAt(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		hashes, err := l.ProveConsistency(from, size)
		if err != nil || ledger.CheckConsistency(old, newest, hashes) != nil {
			t.Fatalf("from %d: %v", from, err)
		}
		refused := func(what string, old, newest ledger.Checkpoint, hashes []ledger.Hash) {
			t.Helper()
			if ledger.CheckConsistency(old, newest, hashes) == nil {
				t.Errorf("from %d: the proof holds with %s", from, what)
			}
		}
		eachMutation(hashes, func(what string, hashes []ledger.Hash) { refused(what, old, newest, hashes) })
		for bit := range 256 {
			a, b := old, newest
			a.Root[bit/8] ^= 1 << (bit % 8)
			b.Root[bit/8] ^= 1 << (bit % 8)
			refused("another old root", a, newest, hashes)
			refused("another new root", old, b, hashes)
		}
		if from < size {
			refused("roots swapped", ledger.Checkpoint{Origin: old.Origin, Size: from, Root: newest.Root}, ledger.Checkpoint{Origin: old.Origin, Size: size, Root: old.Root}, hashes)
			refused("sizes swapped", newest, old, hashes)
			if from > 1 {
				refused("no hashes", old, newest, nil)
			}
		}
		empty := old
		empty.Size = 0
		refused("an empty old tree", empty, newest, hashes)
		other := old
		other.Origin = "tavoli.other/registro"
		refused("another register's", other, newest, hashes)
	}
}

// TestCheckpointsThatAreNone are refused, whoever signed them.
func TestCheckpointsThatAreNone(t *testing.T) {
	_, _, s, c := proven(t, 5)
	text := string(c.Text)
	body, signature := text[:bytes.Index(c.Text, []byte("\n\n"))], text[bytes.Index(c.Text, []byte("\n\n")):]
	for name, wrong := range map[string]string{
		"empty": "", "no signature": body + "\n", "no body": signature, "a line more": body + "\nx" + signature, "no size": s.Origin() + "\n\n" + signature,
		"size with a zero before": s.Origin() + "\n05\nAAAA" + signature, "negative": s.Origin() + "\n-5\nAAAA" + signature, "short root": s.Origin() + "\n5\nAAAA" + signature,
		"cut off": text[:len(text)-2], "carriage returns": body + "\r" + signature,
	} {
		if got, err := ledger.ParseCheckpoint([]byte(wrong)); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
		if got, err := ledger.OpenCheckpoint([]byte(wrong), vkey(t, 1)); err == nil {
			t.Errorf("%s: opened as %+v", name, got)
		}
	}
	own := vkey(t, 1)
	for bit := range 8 * len(c.Text) {
		changed := bytes.Clone(c.Text)
		changed[bit/8] ^= 1 << (bit % 8)
		if got, err := ledger.OpenCheckpoint(changed, own); err == nil && (got.Size != c.Size || got.Root != c.Root || got.Origin != c.Origin) {
			t.Errorf("bit %d changed: opened as %+v", bit, got)
		}
	}
	if _, err := ledger.OpenCheckpoint(c.Text, "no key"); err == nil {
		t.Error("opened with a key that is none")
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	_, _, _, c := proven(f, 3)
	f.Add(c.Text)
	f.Add([]byte("a\n1\nAAAA\n\n— a AAAA\n"))
	own := vkey(f, 1)
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := ledger.ParseCheckpoint(text)
		if err == nil && (parsed.Size < 0 || parsed.Origin == "" || !bytes.Equal(parsed.Text, text)) {
			t.Errorf("%q reads as %+v", text, parsed)
		}
		if opened, err := ledger.OpenCheckpoint(text, own); err == nil && opened.Root != c.Root {
			t.Errorf("%q was signed by nobody and opens as %+v", text, opened)
		}
	})
}

func FuzzParseProof(f *testing.F) {
	log, _, s, _ := proven(f, 5)
	p, err := s.Proof(3)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Text())
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\n"))
	entry, own := entries(f, log)[3], vkey(f, 1)
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := ledger.ParseProof(text)
		if err != nil {
			return
		}
		if !bytes.Equal(got.Text(), text) {
			t.Errorf("%q is written again as %q", text, got.Text())
		}
		if _, err := got.Check(entry, own); err == nil && (got.Index != p.Index || !slices.Equal(got.Hashes, p.Hashes)) {
			t.Errorf("%q holds", text)
		}
	})
}

func FuzzParseTilePath(f *testing.F) {
	for _, id := range ledger.Tiles(70_000) {
		if id.N%91 == 0 {
			f.Add(id.Path())
		}
	}
	f.Add("tile/0/x999/x999/x999/x999/999.p/255")
	f.Add("tile/entries/../000")
	_, l, _, _ := proven(f, 5)
	f.Fuzz(func(t *testing.T, path string) {
		id, ok := ledger.ParseTilePath(path)
		if !ok {
			return
		}
		if id.Path() != path || id.Width < 1 || id.Width > 256 || id.N < 0 || id.Level < 0 {
			t.Errorf("%q reads as %+v, which is %q", path, id, id.Path())
		}
		if data, err := l.File(t.Context(), id); err == nil && len(data) == 0 {
			t.Errorf("%q is empty", path)
		}
	})
}
