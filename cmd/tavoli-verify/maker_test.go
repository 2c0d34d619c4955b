package main

// These tests need the inside of the program: how it reads what came from
// outside, where nothing may go wrong. The dossiers are made by hand, without any
// code of the register.

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "tavoli.0123456789abcdef/registro"

// A signer signs checkpoints with a key that follows from a seed.
type signer struct {
	note.Signer
	vkey string
}

func newSigner(t testing.TB, seed byte) signer {
	t.Helper()
	skey, vkey, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 32)), origin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return signer{s, vkey}
}

func (s signer) checkpoint(t testing.TB, size int, root tlog.Hash) []byte {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)}, s)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// files is a dossier before it is packed.
type files map[string][]byte

// rootOf returns the root of entries, told by the library alone.
func rootOf(t testing.TB, entries [][]byte) tlog.Hash {
	t.Helper()
	hashes := hashesOf(t, entries)
	root, err := tlog.TreeHash(int64(len(entries)), hashes)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func hashesOf(t testing.TB, entries [][]byte) tlog.HashReaderFunc {
	t.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, err error) {
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	for i, e := range entries {
		more, err := tlog.StoredHashes(int64(i), e, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	return reader
}

// dossier makes one of all entries, with an earlier checkpoint of each size given.
func dossier(t testing.TB, s signer, entries [][]byte, earlier ...int) files {
	t.Helper()
	f := files{"keys": []byte(s.vkey + "\n"), "checkpoint": s.checkpoint(t, len(entries), rootOf(t, entries))}
	for _, n := range earlier {
		f[fmt.Sprintf("checkpoints/%d", n)] = s.checkpoint(t, n, rootOf(t, entries[:n]))
	}
	for first := 0; first < len(entries); first += maxLines {
		f[sheetName(int64(first))] = lines(entries[first:min(len(entries), first+maxLines)])
	}
	f.tile(t, entries)
	f.list(t, len(entries), rootOf(t, entries), "all")
	return f
}

func lines(entries [][]byte) []byte {
	var b bytes.Buffer
	for _, e := range entries {
		b.Write(e)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// tile adds the tiles of hashes.
func (f files) tile(t testing.TB, entries [][]byte) {
	t.Helper()
	reader := hashesOf(t, entries)
	for _, tile := range tlog.NewTiles(tileHeight, 0, int64(len(entries))) {
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			t.Fatal(err)
		}
		f[strings.Replace(tile.Path(), "tile/8/", "tile/", 1)] = data
	}
}

// list makes the manifest.
func (f files) list(t testing.TB, size int, root tlog.Hash, entries string) {
	t.Helper()
	m := manifest{Format: manifestFormat, Origin: origin, Size: int64(size), Root: root.String(), Entries: entries, Disclosures: "none", Scope: scope{"registro", "tavoli"}}
	delete(f, manifestFile)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		sum := sha256.Sum256(f[name])
		m.Files = append(m.Files, listedFile{name, int64(len(f[name])), hex.EncodeToString(sum[:])})
	}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	f[manifestFile] = data
}

// export makes an exported log: tiles and bundles of entries.
func export(t testing.TB, s signer, entries [][]byte) files {
	t.Helper()
	f := files{"keys": []byte(s.vkey + "\n"), "checkpoint": s.checkpoint(t, len(entries), rootOf(t, entries))}
	f.tile(t, entries)
	for first := 0; first < len(entries); first += tileWidth {
		part := entries[first:min(len(entries), first+tileWidth)]
		var b []byte
		for _, e := range part {
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(e))), e...)
		}
		f[tilePath(-1, int64(first/tileWidth), len(part))] = b
	}
	return f
}

// folder lays the files open.
func (f files) folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range f {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// zip packs the files.
func (f files) zip(t testing.TB, method uint16) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return save(t, "dossier.zip", b.Bytes())
}

func save(t testing.TB, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// somebody and others are who takes part.
const (
	somebody = "fc0fb7fe-ff3d-52f8-9f09-f5812c4f1f77"
	another  = "13025435-ade7-5d24-ab16-f19c1c849991"
)

// fact returns an entry as the register stores it.
func fact(index int, stream string, revision int, kind, data string) []byte {
	return fmt.Appendf(nil, `{"id":"%08d-0000-5000-8000-000000000000","type":"%s","schema":1,"stream":"%s","revision":%d,"recorded_at":"2022-05-25T15:00:%02d.000000Z","effective_at":"2022-05-25T15:00:00.000000Z","actor":"system","command":"%08d-0000-5000-8000-000000000001","data":%s}`,
		index, kind, stream, revision, index%60, index, data)
}

// facts returns n entries about nothing in particular.
func facts(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = fact(i, "ente-comune_A176", i, "AliasAdded", fmt.Sprintf(`{"ente":{"kind":"comune","code":"A176"},"alias":"Alcamo %d"}`, i))
	}
	return list
}

// verify runs a command line and returns its exit code and what it printed.
func verify(args ...string) (code int, out string) {
	var b, e bytes.Buffer
	code = run(args, &b, &e)
	return code, b.String() + e.String()
}

// checksOf runs a command with --json and returns which checks failed.
func checksOf(t testing.TB, args ...string) (code int, failed []string) {
	t.Helper()
	var b bytes.Buffer
	code = run(append(args, "--json"), &b, io.Discard)
	var r report
	if err := json.Unmarshal(b.Bytes(), &r); err != nil {
		t.Fatalf("exit %d: %v\n%s", code, err, b.String())
	}
	for _, c := range r.Checks {
		if !c.OK {
			failed = append(failed, c.Name)
		}
	}
	if r.OK != (len(failed) == 0) || r.OK != (code == exitOK) {
		t.Errorf("exit %d, ok %v, failed %v", code, r.OK, failed)
	}
	return code, failed
}

// proofOf makes a proof as C2SP has it.
func proofOf(t testing.TB, s signer, entries [][]byte, index int) []byte {
	t.Helper()
	hashes, err := tlog.ProveRecord(int64(len(entries)), int64(index), hashesOf(t, entries))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nindex %d\n", proofHead, index)
	for _, h := range hashes {
		fmt.Fprintln(&b, base64.StdEncoding.EncodeToString(h[:]))
	}
	b.WriteByte('\n')
	b.Write(s.checkpoint(t, len(entries), rootOf(t, entries)))
	return b.Bytes()
}

// Verifier returns what checks the signer's signatures.
func (s signer) Verifier(t testing.TB) note.Verifier {
	t.Helper()
	v, err := note.NewVerifier(s.vkey)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func tlogLeaf(entry []byte) tlog.Hash { return tlog.RecordHash(entry) }
