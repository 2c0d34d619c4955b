package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestProof(t *testing.T) {
	s := newSigner(t, 1)
	entries := facts(300)
	file := save(t, "a.tlog-proof", proofOf(t, s, entries, 123))
	whole := dossier(t, s, entries).zip(t, zip.Store)
	for _, c := range []struct {
		name  string
		entry []byte
		code  int
	}{
		{"the entry", entries[123], exitOK}, {"with a line end", append(bytes.Clone(entries[123]), '\n'), exitOK},
		{"another entry", entries[124], exitMismatch}, {"another byte", append(bytes.Clone(entries[123]), ' '), exitMismatch},
	} {
		if code, out := verify("proof", file, "--key", s.vkey, "--entry", save(t, "entry", c.entry)); code != c.code {
			t.Errorf("%s: exit %d, want %d\n%s", c.name, code, c.code, out)
		}
	}
	if code, out := verify("proof", file, "--entry", whole); code != exitOK {
		t.Errorf("the entry in its dossier: exit %d\n%s", code, out)
	}
	if code, out := verify("proof", file, "--entry", export(t, s, entries).folder(t)); code != exitOK {
		t.Errorf("the entry in an exported log: exit %d\n%s", code, out)
	}
	told, err := json.Marshal(map[string]any{"index": 123, "proof": string(proofOf(t, s, entries, 123)), "entry": json.RawMessage(entries[123])})
	if err != nil {
		t.Fatal(err)
	}
	if code, out := verify("proof", save(t, "proof.json", told), "--key", s.vkey); code != exitOK {
		t.Errorf("as the API tells it: exit %d\n%s", code, out)
	}
	if code, _ := verify("proof", save(t, "proof.json", bytes.Replace(told, []byte("Alcamo 123"), []byte("Alcamo 321"), 1)), "--key", s.vkey); code != exitMismatch {
		t.Errorf("as the API tells it, changed: exit %d, want %d", code, exitMismatch)
	}
	if code, _ := verify("proof", file, "--key", s.vkey); code != exitUsage {
		t.Errorf("without the entry: exit %d, want %d", code, exitUsage)
	}
	if code, _ := verify("proof", file, "--key", newSigner(t, 2).vkey, "--entry", save(t, "entry", entries[123])); code != exitMismatch {
		t.Errorf("with another key: exit %d, want %d", code, exitMismatch)
	}
}

// TestMutatedProofs changes every bit of every hash, and the proof in every other way.
func TestMutatedProofs(t *testing.T) {
	s := newSigner(t, 1)
	for _, size := range []int{1, 2, 3, 7, 8, 9, 300} {
		entries := facts(size)
		for _, index := range []int{0, size / 2, size - 1} {
			good, err := readProof(proofOf(t, s, entries, index))
			if err != nil {
				t.Fatal(err)
			}
			leaf := tlog.RecordHash(entries[index])
			if !good.includes(leaf) {
				t.Fatalf("%d of %d: the proof does not hold", index, size)
			}
			for name, bad := range mutations(good) {
				if bad.includes(leaf) {
					t.Errorf("%d of %d: %s: the proof holds", index, size, name)
				}
			}
		}
	}
}

// mutations returns a proof in every way in which it is wrong.
func mutations(good proof) map[string]proof {
	bad := make(map[string]proof)
	with := func(name string, hashes tlog.RecordProof, change func(p *proof)) {
		p := good
		p.hashes = hashes
		change(&p)
		bad[name] = p
	}
	same := func(*proof) {}
	for i := range good.hashes {
		for bit := range 256 {
			h := slices.Clone(good.hashes)
			h[i][bit/8] ^= 1 << (bit % 8)
			with(fmt.Sprintf("bit %d of hash %d", bit, i), h, same)
		}
		with(fmt.Sprintf("without hash %d", i), slices.Delete(slices.Clone(good.hashes), i, i+1), same)
		with(fmt.Sprintf("hash %d twice", i), slices.Insert(slices.Clone(good.hashes), i, good.hashes[i]), same)
		if i > 0 {
			h := slices.Clone(good.hashes)
			h[i], h[i-1] = h[i-1], h[i]
			with(fmt.Sprintf("hashes %d swapped", i), h, same)
		}
	}
	with("a hash too many", append(slices.Clone(good.hashes), tlog.Hash{}), same)
	for bit := range 256 {
		with(fmt.Sprintf("bit %d of the root", bit), good.hashes, func(p *proof) { p.checkpoint.root[bit/8] ^= 1 << (bit % 8) })
	}
	for _, d := range []int64{-1, 1, good.checkpoint.size} {
		with(fmt.Sprintf("index %+d", d), good.hashes, func(p *proof) { p.index += d })
	}
	with("no size", good.hashes, func(p *proof) { p.checkpoint.size = 0 })
	if len(good.hashes) > 0 { // a size that asks for as many hashes in the same order gives the same root: it is the signature that holds it
		with("half the size", good.hashes, func(p *proof) { p.checkpoint.size = (p.checkpoint.size - 1) / 2 })
		with("twice the size", good.hashes, func(p *proof) { p.checkpoint.size *= 2 })
	}
	return bad
}

func TestMalformedProofs(t *testing.T) {
	s := newSigner(t, 1)
	good := string(proofOf(t, s, facts(9), 4))
	if _, err := readProof([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"nothing": "", "another head": strings.Replace(good, "v1", "v2", 1), "no index": strings.Replace(good, "index 4\n", "", 1),
		"a signed index": strings.Replace(good, "index 4", "index +4", 1), "a padded index": strings.Replace(good, "index 4", "index 04", 1),
		"carriage returns": strings.ReplaceAll(good, "\n", "\r\n"), "a blank line": strings.Replace(good, "index 4\n", "index 4\n\n", 1),
		"no checkpoint": good[:strings.Index(good, "\n\n")+2], "half a hash": strings.Replace(good, "=\n", "\n", 1),
		"extra that is no base64": strings.Replace(good, "index", "extra !\nindex", 1), "a padded size": strings.Replace(good, "\n9\n", "\n09\n", 1),
		"hashes without end": strings.Replace(good, "\n\n", strings.Repeat("\n"+tlog.Hash{}.String(), maxProof+1)+"\n\n", 1),
		"a fourth line":      strings.Replace(good, "\n\n— ", "\nmore\n\n— ", 1),
	} {
		if _, err := readProof([]byte(bad)); err == nil {
			t.Errorf("%s: %q is read", name, bad)
		}
	}
}

// TestConsistencyByProof compares two checkpoints without the log.
func TestConsistencyByProof(t *testing.T) {
	s := newSigner(t, 1)
	entries := facts(300)
	checkpoint := func(n int) string { return save(t, "checkpoint", s.checkpoint(t, n, rootOf(t, entries[:n]))) }
	prove := func(from, to int) string {
		hashes, err := tlog.ProveTree(int64(to), int64(from), hashesOf(t, entries))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, h := range hashes {
			fmt.Fprintln(&b, base64.StdEncoding.EncodeToString(h[:]))
		}
		return save(t, "proof", []byte(b.String()))
	}
	other := save(t, "other", s.checkpoint(t, 100, rootOf(t, facts(101)[1:])))
	for _, c := range []struct {
		name string
		args []string
		code int
	}{
		{"grown", []string{checkpoint(100), checkpoint(300), "--proof", prove(100, 300)}, exitOK},
		{"the same", []string{checkpoint(100), checkpoint(100)}, exitOK},
		{"of the same size, another", []string{other, checkpoint(100)}, exitMismatch},
		{"another log", []string{other, checkpoint(300), "--proof", prove(100, 300)}, exitMismatch},
		{"another proof", []string{checkpoint(100), checkpoint(300), "--proof", prove(101, 300)}, exitMismatch},
		{"backwards", []string{checkpoint(300), checkpoint(100), "--proof", prove(100, 300)}, exitMismatch},
		{"without a proof", []string{checkpoint(100), checkpoint(300)}, exitUsage},
	} {
		if code, out := verify(append([]string{"consistency", "--key", s.vkey}, c.args...)...); code != c.code {
			t.Errorf("%s: exit %d, want %d\n%s", c.name, code, c.code, out)
		}
	}
}

// TestScope leaves most entries out: what is there must stand where it says.
func TestScope(t *testing.T) {
	s := newSigner(t, 1)
	entries := facts(600)
	part := append(slices.Clone(entries[10:20]), entries[599])
	make := func() files {
		f := dossier(t, s, entries, 100)
		f["entries/0000000000.jsonl"], f["entries/index"] = lines(part), []byte("10-19\n599-599\n")
		f["proofs/12.tlog-proof"] = proofOf(t, s, entries, 12)
		f.list(t, 600, rootOf(t, entries), "scope")
		return f
	}
	for _, c := range []struct {
		name   string
		attack func(f files)
		failed string
	}{
		{"honest", func(files) {}, ""},
		{"a byte", func(f files) { f["entries/0000000000.jsonl"][70]++ }, "entries"},
		{"other indices", func(f files) { f["entries/index"] = []byte("10-18\n20-20\n599-599\n") }, "entries"},
		{"one removed", func(f files) { f["entries/0000000000.jsonl"] = lines(part[:10]) }, "entries"},
		{"a tile", func(f files) { f["tile/0/001"][0] ^= 1 }, "root tiles"},
		{"another proof", func(f files) { f["proofs/12.tlog-proof"] = proofOf(t, s, entries, 13) }, "proofs"},
	} {
		f := make()
		c.attack(f)
		f.list(t, 600, rootOf(t, entries), "scope")
		if _, failed := checksOf(t, "log", f.zip(t, zip.Store), "--key", s.vkey); strings.Join(failed, " ") != c.failed {
			t.Errorf("%s: failed %v, want %q", c.name, failed, c.failed)
		}
	}
}
