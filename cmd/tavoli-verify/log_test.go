package main

import (
	"archive/zip"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestLogOfEverySize(t *testing.T) {
	s := newSigner(t, 1)
	for _, n := range []int{0, 1, 2, 3, 255, 256, 257, 511, 512, 1000, 10_001} {
		entries := facts(n)
		for name, path := range map[string]string{
			"zip": dossier(t, s, entries, n/3, n).zip(t, zip.Store), "packed": dossier(t, s, entries).zip(t, zip.Deflate),
			"folder": dossier(t, s, entries, n/2).folder(t), "export": export(t, s, entries).folder(t),
		} {
			if code, out := verify("log", path, "--key", s.vkey); code != exitOK {
				t.Errorf("%s of %d: exit %d\n%s", name, n, code, out)
			}
		}
	}
}

// TestTreeAgreesWithTheLibrary compares our own tree with x/mod's at every size.
func TestTreeAgreesWithTheLibrary(t *testing.T) {
	entries := facts(1000)
	reader := hashesOf(t, entries)
	var m merkle
	for i, e := range entries {
		want, err := tlog.TreeHash(int64(i), reader)
		if err != nil {
			t.Fatal(err)
		}
		if m.root() != want {
			t.Fatalf("at %d the root is %s, want %s", i, m.root(), want)
		}
		if err := m.add(tlog.RecordHash(e)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTilePaths(t *testing.T) {
	for _, c := range []tlog.Tile{{H: 8, L: 0, N: 0, W: 256}, {H: 8, L: 0, N: 999, W: 7}, {H: 8, L: 1, N: 1000, W: 256}, {H: 8, L: 2, N: 1_234_067, W: 1}, {H: 8, L: -1, N: 70_000, W: 3}} {
		want := strings.Replace(strings.Replace(c.Path(), "tile/8/", "tile/", 1), "/data/", "/entries/", 1)
		if got := tilePath(c.L, c.N, c.W); got != want {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
	}
}

// TestAttacks changes a dossier in every way somebody without the key can, telling
// the lists inside the new truth as far as that goes.
func TestAttacks(t *testing.T) {
	s := newSigner(t, 1)
	entries := facts(600)
	const sheet = "entries/0000000000.jsonl"
	relist := func(f files) { f.list(t, len(entries), rootOf(t, entries), "all") }
	for _, c := range []struct {
		name   string
		attack func(f files)
		failed string
	}{
		{"nothing", func(files) {}, ""},
		{"a byte of a fact", func(f files) { f[sheet][70]++ }, "consistency root tiles files"},
		{"a byte of a fact, listed", func(f files) { f[sheet][70]++; relist(f) }, "consistency root tiles"},
		{"a fact and its tiles", func(f files) {
			changed := slices.Clone(entries)
			changed[300] = bytes.Replace(changed[300], []byte("Alcamo 300"), []byte("Alcamo 999"), 1)
			f[sheet] = lines(changed)
			f.tile(t, changed)
			relist(f)
		}, "root"},
		{"the last fact removed", func(f files) { f[sheet] = lines(entries[:599]); relist(f) }, "root tiles"},
		{"the last fact removed, told so", func(f files) {
			keep := files{"keys": f["keys"], "checkpoint": f["checkpoint"], sheet: lines(entries[:599])}
			keep.tile(t, entries[:599])
			clear(f)
			maps.Copy(f, keep)
			f.list(t, 599, rootOf(t, entries[:599]), "all")
		}, "manifest root"},
		{"a fact in the middle removed", func(f files) { f[sheet] = lines(slices.Delete(slices.Clone(entries), 4, 5)); relist(f) }, "consistency root tiles"},
		{"two facts swapped", func(f files) {
			swapped := slices.Clone(entries)
			swapped[10], swapped[11] = swapped[11], swapped[10]
			f[sheet] = lines(swapped)
			relist(f)
		}, "consistency root tiles"},
		{"a back-dated fact", func(f files) {
			f[sheet] = lines(slices.Insert(slices.Clone(entries), 5, fact(5, "ente-comune_A176", 5, "AliasAdded", `{}`)))
			relist(f)
		}, "consistency root tiles"},
		{"a fact added at the end", func(f files) { f[sheet] = lines(append(slices.Clone(entries), facts(1)...)); relist(f) }, "root tiles"},
		{"a tile", func(f files) { f["tile/0/001"][40] ^= 1; relist(f) }, "tiles"},
		{"a tile removed", func(f files) { delete(f, "tile/1/000.p/2"); relist(f) }, "tiles"},
		{"a tile too many", func(f files) { f["tile/3/000.p/1"] = make([]byte, 32); relist(f) }, "tiles"},
		{"a checkpoint of another key", func(f files) {
			f["checkpoint"] = newSigner(t, 2).checkpoint(t, len(entries), rootOf(t, entries))
			relist(f)
		}, "signature"},
		{"an earlier checkpoint of another log", func(f files) {
			f["checkpoints/7"] = s.checkpoint(t, 7, rootOf(t, facts(8)))
			relist(f)
		}, "consistency"},
		{"an earlier checkpoint of another key", func(f files) {
			f["checkpoints/7"] = newSigner(t, 2).checkpoint(t, 7, rootOf(t, entries[:7]))
			relist(f)
		}, "earlier-signatures"},
		{"an earlier checkpoint under another name", func(f files) { f["checkpoints/8"] = f["checkpoints/200"]; relist(f) }, "earlier-signatures"},
		{"a file that is not listed", func(f files) { f["evidence/x"] = []byte("x") }, "files"},
		{"a file that is listed only", func(f files) { f["evidence/x"] = []byte("x"); relist(f); delete(f, "evidence/x") }, "files"},
		{"a register changed", func(f files) { f["registers/a.html"] = []byte("x"); relist(f); f["registers/a.html"] = []byte("y") }, "files"},
		{"another size in the manifest", func(f files) { f.list(t, 599, rootOf(t, entries), "all") }, "manifest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := dossier(t, s, entries, 200)
			f["keys"] = []byte(s.vkey + "\n")
			c.attack(f)
			for _, path := range []string{f.zip(t, zip.Store), f.folder(t)} {
				code, failed := checksOf(t, "log", path, "--key", s.vkey)
				if got := strings.Join(failed, " "); got != c.failed || code == exitOK != (c.failed == "") {
					t.Errorf("exit %d, failed %q, want %q", code, got, c.failed)
				}
			}
		})
	}
}

// TestRewrittenAndSignedAgain is the attack of whoever holds the key: log is
// satisfied, and only the checkpoint somebody kept tells.
func TestRewrittenAndSignedAgain(t *testing.T) {
	s := newSigner(t, 1)
	entries := facts(600)
	kept := save(t, "kept", s.checkpoint(t, 400, rootOf(t, entries[:400])))
	honest := dossier(t, s, entries, 400).zip(t, zip.Store)
	rewritten := slices.Clone(entries)
	rewritten[123] = bytes.Replace(rewritten[123], []byte("Alcamo 123"), []byte("Alcamo 321"), 1)
	forged := dossier(t, s, rewritten, 400).zip(t, zip.Store)
	shorter := dossier(t, s, entries[:399]).zip(t, zip.Store)
	for _, c := range []struct{ name, command, path, failed string }{
		{"honest log", "log", honest, ""}, {"honest", "consistency", honest, ""},
		{"forged log", "log", forged, ""}, {"forged", "consistency", forged, "consistency"},
		{"rolled back log", "log", shorter, ""}, {"rolled back", "consistency", shorter, "consistency"},
	} {
		args := []string{c.command, c.path, "--key", s.vkey}
		if c.command == "consistency" {
			args = []string{c.command, kept, c.path, "--key", s.vkey}
		}
		if _, failed := checksOf(t, args...); strings.Join(failed, " ") != c.failed {
			t.Errorf("%s: failed %v, want %q", c.name, failed, c.failed)
		}
	}
}

// TestACheckpointFromAfterTheDossier shows that nobody is accused of rewriting the
// log by a dossier that is only older than the checkpoint; nor is that found well.
func TestACheckpointFromAfterTheDossier(t *testing.T) {
	s := newSigner(t, 1)
	entries := facts(600)
	kept := save(t, "kept", s.checkpoint(t, 600, rootOf(t, entries)))
	older := save(t, "older", s.checkpoint(t, 400, rootOf(t, entries[:400])))
	empty := save(t, "hashes", nil)
	for _, args := range [][]string{
		{kept, dossier(t, s, entries[:400]).zip(t, zip.Store)}, {kept, older, "--proof", empty},
	} {
		code, out := verify(append(append([]string{"consistency"}, args...), "--key", s.vkey, "--lang", "en")...)
		if code != exitMismatch || strings.Contains(out, "rewritten") || !strings.Contains(out, "speaks of 600 facts, here are 400") {
			t.Errorf("exit %d\n%s", code, out)
		}
	}
}

func TestBytesOfAZipChangedInPlace(t *testing.T) {
	s := newSigner(t, 1)
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		path := dossier(t, s, facts(300)).zip(t, method)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(data); at += 97 {
			changed := bytes.Clone(data)
			changed[at] ^= 0x20
			if err := os.WriteFile(path, changed, 0o644); err != nil {
				t.Fatal(err)
			}
			if code, out := verify("log", path, "--key", s.vkey); code == exitUsage || code == exitOK && !harmless(t, data, changed) {
				t.Fatalf("byte %d: exit %d\n%s", at, code, out)
			}
		}
		for _, n := range []int{0, 1, 100, len(data) / 2, len(data) - 1} {
			if err := os.WriteFile(path, data[:n], 0o644); err != nil {
				t.Fatal(err)
			}
			if code, _ := verify("log", path, "--key", s.vkey); code != exitUnreadable {
				t.Errorf("cut at %d: exit %d, want %d", n, code, exitUnreadable)
			}
		}
	}
}

// harmless reports whether two zips hold the same files: some bytes of a zip, such
// as dates, say nothing about its content.
func harmless(t *testing.T, a, b []byte) bool {
	t.Helper()
	content := func(data []byte) string {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return err.Error()
		}
		var b strings.Builder
		for _, f := range z.File {
			b.WriteString(f.Name)
			r, err := f.Open()
			if err != nil {
				return err.Error()
			}
			var body bytes.Buffer
			if _, err := body.ReadFrom(r); err != nil {
				return err.Error()
			}
			b.Write(body.Bytes())
		}
		return b.String()
	}
	return content(a) == content(b)
}

func TestFoldersWithLinksAreRefused(t *testing.T) {
	s := newSigner(t, 1)
	dir := dossier(t, s, facts(3)).folder(t)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "evidence")); err != nil {
		t.Fatal(err)
	}
	if code, out := verify("log", dir); code != exitUnreadable {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestKeysThatComeAlongAreNoProof(t *testing.T) {
	s := newSigner(t, 1)
	path := dossier(t, s, facts(3)).zip(t, zip.Store)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"without a key", nil, exitOK, "trovata nel fascicolo stesso"},
		{"in English", []string{"--lang", "en"}, exitOK, "came with the dossier itself"},
		{"with the key", []string{"--key", s.vkey}, exitOK, "con la chiave indicata"},
		{"with the key in a file", []string{"--key", save(t, "key", []byte(s.vkey))}, exitOK, "con la chiave indicata"},
		{"with another key", []string{"--key", newSigner(t, 2).vkey}, exitMismatch, "NON è firmato"},
		{"with no key", []string{"--key", "/nowhere"}, exitUnreadable, "nowhere"},
	} {
		if code, out := verify(append([]string{"log", path}, c.args...)...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, want %d and %q\n%s", c.name, code, c.code, c.says, out)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"frobnicate"}, {"log"}, {"log", "a", "b"}, {"log", "a", "--frob"}, {"log", "a", "--lang", "fr"}, {"proof", "a", "--tavolo", "x"}} {
		if code, out := verify(args...); code != exitUsage {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
	if code, out := verify("help"); code != exitOK || !strings.Contains(out, "consistency") {
		t.Errorf("help: exit %d\n%s", code, out)
	}
	for _, path := range []string{"/nowhere", t.TempDir(), save(t, "a.zip", []byte("no zip"))} {
		if code, _ := verify("log", path); code != exitUnreadable {
			t.Errorf("%s: exit %d, want %d", path, code, exitUnreadable)
		}
	}
}
