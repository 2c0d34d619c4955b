package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func FuzzCheckpoint(f *testing.F) {
	s := newSigner(f, 1)
	f.Add(s.checkpoint(f, 3, rootOf(f, facts(3))))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := readCheckpoint(data)
		if err != nil {
			return
		}
		if k, ok := c.signer([]key{{s.vkey, s.Verifier(t)}}); ok && (c.origin != origin || k.vkey != s.vkey) {
			t.Errorf("%+v is signed", c)
		}
	})
}

func FuzzProof(f *testing.F) {
	s := newSigner(f, 1)
	f.Add(proofOf(f, s, facts(9), 4))
	f.Add(proofOf(f, s, facts(1), 0))
	leaf := tlogLeaf(facts(9)[5])
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := readProof(data)
		if err == nil && p.includes(leaf) && p.checkpoint.root == rootOf(t, facts(9)) && p.index != 5 {
			t.Errorf("%q proves what is not so", data)
		}
	})
}

func FuzzEntryLine(f *testing.F) {
	for _, e := range meetingOfTwo().entries {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		x := newReenactment()
		if err := x.take(0, data); err != nil {
			t.Error(err)
		}
		for _, m := range x.meetings {
			m.rows()
		}
		if e, err := readEntry(data); err == nil && streamOf(data) != e.Stream {
			t.Errorf("%q is of %q and of %q", data, e.Stream, streamOf(data))
		}
	})
}

func FuzzDisclosure(f *testing.F) {
	f.Add([]byte(disclosureLine(rossi)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if d, err := readDisclosure(data); err == nil && d.opens() && d.Commitment == commitment(rossi) && string(d.Values) != rossi {
			t.Errorf("%q opens", data)
		}
	})
}

func FuzzRegister(f *testing.F) {
	f.Add([]byte(registerCSV))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, names, err := parseCSV("a.csv", data)
		if err == nil && len(rows) != len(names) {
			t.Errorf("%d rows, %d names", len(rows), len(names))
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte("10-19\n599-599\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := readSpans(data)
		if err != nil {
			return
		}
		last, w := int64(-1), walk{spans: list}
		for range 1000 {
			index, ok := w.next()
			if !ok {
				break
			}
			if index <= last {
				t.Fatalf("%q: %d after %d", data, index, last)
			}
			last = index
		}
	})
}

// FuzzSheet reads files of entries, as lines and as bundles, and compares the
// hashes with those of a plain reading.
func FuzzSheet(f *testing.F) {
	f.Add(lines(facts(3)), true)
	f.Add([]byte("\x00\x02ab\x00\x00\x00\x01c"), false)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte, asLines bool) {
		name := "tile/entries/000"
		if asLines {
			name = "entries/0000000000.jsonl"
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := openSource(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		sh := s.sheet(name, func([]byte) bool { return true })
		if sh.err != nil {
			return
		}
		if asLines && strings.Count(string(data), "\n") != len(sh.hashes) {
			t.Errorf("%d entries of %q", len(sh.hashes), data)
		}
		for _, k := range sh.kept {
			if tlogLeaf(k.entry) != sh.hashes[k.at] {
				t.Errorf("%q has another hash", k.entry)
			}
		}
	})
}

// FuzzTile changes a tile: whatever it holds, the tree is the one of the entries.
func FuzzTile(f *testing.F) {
	s := newSigner(f, 1)
	entries := facts(3)
	good := dossier(f, s, entries)
	const tile = "tile/0/000.p/3"
	f.Add(good[tile])
	f.Fuzz(func(t *testing.T, data []byte) {
		f := dossier(t, s, entries)
		f[tile] = data
		f.list(t, 3, rootOf(t, entries), "all")
		code, out := verify("log", f.folder(t))
		if want := bytes.Equal(data, good[tile]); code == exitOK != want || code == exitUsage {
			t.Errorf("%x: exit %d\n%s", data, code, out)
		}
	})
}

// FuzzZip reads any bytes as a dossier. What is refused is refused in peace.
func FuzzZip(f *testing.F) {
	s := newSigner(f, 1)
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		data, err := os.ReadFile(dossier(f, s, facts(3), 2).zip(f, method))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &source{sizes: make(map[string]int64), sums: make(map[string]string)}
		if s.readZip(bytes.NewReader(data), int64(len(data))) != nil {
			return
		}
		for name, size := range s.sizes {
			if size < 1<<20 {
				_, _ = s.read(name, 1<<20) // it may not be readable
			}
		}
	})
}
