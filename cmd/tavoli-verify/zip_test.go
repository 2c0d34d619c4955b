package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io/fs"
	"strings"
	"testing"
)

// TestZipsThatAreRefused packs what no dossier ever is.
func TestZipsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(z *zip.Writer)
		says string
	}{
		{"a way up", put("../evil"), "non è ammesso"},
		{"a way up inside", put("a/../../evil"), "non è ammesso"},
		{"the root", put("/etc/passwd"), "non è ammesso"},
		{"a drive", put("C:evil"), "non è ammesso"},
		{"a backslash", put(`a\..\..\evil`), "non è ammesso"},
		{"nothing", put(""), "non è ammesso"},
		{"a dot", put("a/./b"), "non è ammesso"},
		{"two slashes", put("a//b"), "non è ammesso"},
		{"a long name", put(strings.Repeat("a", maxName+1)), "non è ammesso"},
		{"bytes that are no text", put("a\xff"), "non è ammesso"},
		{"a name twice", put("a", "a"), "due volte"},
		{"a name twice but for its case", put("checkpoint", "CHECKPOINT"), "maiuscole"},
		{"a link", func(z *zip.Writer) {
			h := &zip.FileHeader{Name: "checkpoint"}
			h.SetMode(fs.ModeSymlink | 0o777)
			write(z, h, []byte("/etc/passwd"))
		}, "non un file"},
		{"a bomb", func(z *zip.Writer) {
			write(z, &zip.FileHeader{Name: "entries/0000000000.jsonl", Method: zip.Deflate}, make([]byte, 8<<20))
		}, "cresce più di"},
		{"too many files", func(z *zip.Writer) {
			for i := range maxFiles + 1 {
				write(z, &zip.FileHeader{Name: "e/" + pad(int64(i/1000)) + "/" + pad(int64(i%1000))}, nil)
			}
		}, "più di 200000 file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			c.make(z)
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			code, out := verify("log", save(t, "a.zip", b.Bytes()))
			if code != exitUnreadable || !strings.Contains(out, c.says) {
				t.Errorf("exit %d, want %d and %q\n%s", code, exitUnreadable, c.says, out)
			}
		})
	}
}

func put(names ...string) func(z *zip.Writer) {
	return func(z *zip.Writer) {
		for _, name := range names {
			write(z, &zip.FileHeader{Name: name}, []byte("x"))
		}
	}
}

func write(z *zip.Writer, h *zip.FileHeader, data []byte) {
	w, err := z.CreateHeader(h)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(data); err != nil {
		panic(err)
	}
}

// TestZipsThatTellStories changes what a zip says of its files' sizes.
func TestZipsThatTellStories(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "checkpoint", Method: zip.Store, CompressedSize64: 4, UncompressedSize64: 4})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("abcd")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	central := bytes.Index(b.Bytes(), []byte("PK\x01\x02"))
	for name, change := range map[string]func(d []byte){
		"two sizes":   func(d []byte) { binary.LittleEndian.PutUint32(d[central+24:], 1<<20) },
		"a huge size": func(d []byte) { binary.LittleEndian.PutUint32(d[central+24:], 1<<31) },
		"beyond the zip": func(d []byte) {
			binary.LittleEndian.PutUint32(d[central+20:], 1<<30)
			binary.LittleEndian.PutUint32(d[central+24:], 1<<30)
		},
		"encrypted":      func(d []byte) { d[central+8] |= 1 },
		"another method": func(d []byte) { d[central+10] = 93 },
	} {
		data := bytes.Clone(b.Bytes())
		change(data)
		if code, out := verify("log", save(t, "a.zip", data)); code != exitUnreadable {
			t.Errorf("%s: exit %d\n%s", name, code, out)
		}
	}
}

// TestTotalsAreWeighed takes in sizes without any bytes.
func TestTotalsAreWeighed(t *testing.T) {
	s := &source{sizes: make(map[string]int64)}
	for i := range maxUnpacked/maxFile + 1 {
		if err := s.add("a/"+pad(int64(i)), maxFile); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.add("b", maxFile+1); err == nil {
		t.Error("a file is larger than the largest")
	}
	if err := s.weigh(); err == nil {
		t.Error("all together are larger than what is read")
	}
}

// TestLargeEntries shows the longest entry there is, and one that is longer.
func TestLargeEntries(t *testing.T) {
	s := newSigner(t, 1)
	entries := facts(3)
	long := fact(1, "tavolo-a", 1, "AgendaSet", `{"x":"`)
	entries[1] = append(append(long, bytes.Repeat([]byte("x"), maxEntry-len(long)-3)...), `"}}`...)
	if len(entries[1]) != maxEntry {
		t.Fatalf("%d bytes", len(entries[1]))
	}
	for _, path := range []string{dossier(t, s, entries).zip(t, zip.Store), export(t, s, entries).folder(t)} {
		if code, out := verify("log", path); code != exitOK {
			t.Errorf("exit %d\n%s", code, out)
		}
	}
	f := dossier(t, s, entries)
	entries[1] = append(entries[1], 'x')
	f["entries/0000000000.jsonl"] = lines(entries)
	f.list(t, 3, rootOf(t, entries), "all")
	if code, out := verify("log", f.zip(t, zip.Store)); code != exitUnreadable {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// TestLargeFiles shows that no file is read that is larger than it can honestly be.
func TestLargeFiles(t *testing.T) {
	s := newSigner(t, 1)
	entries := facts(10)
	for name, c := range map[string]struct {
		command string
		change  func(f files)
	}{
		"a checkpoint": {"log", func(f files) { f["checkpoint"] = make([]byte, maxNote+1) }},
		"the keys":     {"key", func(f files) { f["keys"] = bytes.Repeat([]byte("#\n"), maxNote/2+1) }},
		"the manifest": {"log", func(f files) { f[manifestFile] = append(f[manifestFile], bytes.Repeat([]byte(" "), maxManifest)...) }},
		"a line of values": {"disclosures", func(f files) {
			f[disclosuresFile] = append(bytes.Repeat([]byte(" "), maxJSONLine), disclosureLine(rossi)...)
		}},
		"entries in one file": {"log", func(f files) { f["entries/0000000000.jsonl"] = lines(facts(maxLines + 1)) }},
	} {
		f := dossier(t, s, entries)
		c.change(f)
		if code, out := verify(c.command, f.folder(t)); code != exitUnreadable {
			t.Errorf("%s: exit %d\n%s", name, code, out)
		}
	}
	src := &source{sizes: map[string]int64{disclosuresFile: maxShown + 1}}
	if _, err := (&audit{s: src}).openings(); err == nil {
		t.Error("disclosures without end are read")
	}
}
