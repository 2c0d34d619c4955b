package tests_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tavoli/adapters/dossier"
	"tavoli/adapters/ledger"
	"tavoli/domain"
	"tavoli/projections"
)

// auditor is the second program, made when the first test needs it.
var auditor struct {
	once sync.Once
	path string
	err  error
}

// verifier returns the path of the auditor's program. It lies apart from the other.
func verifier(t testing.TB) string {
	t.Helper()
	tavoli(t) // its folder is cleared away at the end
	auditor.once.Do(func() {
		auditor.path = filepath.Join(built.dir, "tavoli-verify")
		out, err := exec.Command("go", "build", "-o", auditor.path, "tavoli/cmd/tavoli-verify").CombinedOutput()
		if err != nil {
			auditor.err = fmt.Errorf("build tavoli-verify: %w\n%s", err, out)
		}
	})
	if auditor.err != nil {
		t.Fatal(auditor.err)
	}
	return auditor.path
}

// A verdict is what tavoli-verify has found.
type verdict struct {
	code   int
	text   string
	failed string // the names of the checks that failed
	Checks []struct {
		Name string `json:"name"`
		OK   bool   `json:"ok"`
	} `json:"checks"`
	Tavoli []struct {
		Tavolo string `json:"tavolo"`
		Rows   []struct {
			Participant string `json:"participant"`
			Name        string `json:"name"`
			Minutes     *int   `json:"minutes"`
		} `json:"rows"`
	} `json:"tavoli"`
}

// verify runs tavoli-verify in an empty folder, with nothing in its environment.
func verify(t testing.TB, args ...string) (v verdict) {
	t.Helper()
	cmd := exec.Command(verifier(t), append(args, "--json")...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	v.code, v.text = cmd.ProcessState.ExitCode(), out.String()+errs.String()
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &v); err != nil {
			t.Fatalf("%v\n%s", err, v.text)
		}
	}
	var failed []string
	for _, c := range v.Checks {
		if !c.OK {
			failed = append(failed, c.Name)
		}
	}
	v.failed = strings.Join(failed, " ")
	return v
}

// is fails the test unless exactly these checks failed.
func (v verdict) is(t testing.TB, what, failed string) verdict {
	t.Helper()
	if v.failed != failed || v.code == 0 != (failed == "") || v.code > 1 {
		t.Errorf("%s: exit %d, failed %q, want %q\n%s", what, v.code, v.failed, failed, v.text)
	}
	return v
}

// opened is a dossier, unpacked in memory.
type opened map[string][]byte

func open(t testing.TB, path string) opened {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files := make(opened)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// relist makes dossier.json tell the truth about changed files.
func (o opened) relist(t testing.TB) {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(o["dossier.json"], &m); err != nil {
		t.Fatal(err)
	}
	var list []dossier.File
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if name != "dossier.json" {
			sum := sha256.Sum256(o[name])
			list = append(list, dossier.File{Path: name, Size: int64(len(o[name])), SHA256: hex.EncodeToString(sum[:])})
		}
	}
	m["files"] = list
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	o["dossier.json"] = data
}

// pack makes a dossier of files.
func (o opened) pack(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(o)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(o[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dossier.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// entries returns the entries of a dossier, a line each.
func (o opened) entries() (list [][]byte) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if strings.HasPrefix(name, "entries/") && name != "entries/index" {
			list = append(list, bytes.Split(bytes.TrimSuffix(o[name], []byte("\n")), []byte("\n"))...)
		}
	}
	return list
}

// put puts other entries into the first file of entries, telling the list so.
func (o opened) put(t testing.TB, entries [][]byte) {
	t.Helper()
	o["entries/0000000000.jsonl"] = append(bytes.Join(entries, []byte("\n")), '\n')
	o.relist(t)
}

// A frozen log holds entries and nothing happens to it.
type frozen struct {
	domain.Log
	entries []domain.Entry
}

// freeze returns a log of entries, and of the persons another log knows.
func freeze(persons domain.Log, entries [][]byte) *frozen {
	f := &frozen{Log: persons}
	for i, e := range entries {
		f.entries = append(f.entries, domain.Entry{Position: domain.Position(i + 1), Bytes: e})
	}
	return f
}

// ReadStream implements [domain.Log].
func (f *frozen) ReadStream(ctx context.Context, s domain.Stream, from domain.Revision) iter.Seq2[domain.Entry, error] {
	if s.Personal() && f.Log != nil {
		return f.Log.ReadStream(ctx, s, from)
	}
	return func(yield func(domain.Entry, error) bool) {
		for _, e := range f.entries {
			rec, err := e.Envelope()
			if err == nil && (rec.Stream != s || rec.Revision < from) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// ReadAll implements [domain.Log].
func (f *frozen) ReadAll(_ context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		yield(domain.Page{Entries: f.entries[after:], UpTo: domain.Position(len(f.entries))}, nil)
	}
}

// Follow implements [domain.Log].
func (f *frozen) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		for page, err := range f.ReadAll(ctx, after) {
			if !yield(page, err) {
				return
			}
		}
		<-ctx.Done()
	}
}

// Head implements [domain.Log].
func (f *frozen) Head(context.Context) (domain.Position, error) {
	return domain.Position(len(f.entries)), nil
}

// A stamp is a ledger that signs, as dossiers need it.
type stamp struct {
	*ledger.Ledger
	*ledger.Signer
}

// Wait, and the other methods that both have, are the ledger's.
func (s stamp) Wait(ctx context.Context, at domain.Position) error { return s.Ledger.Wait(ctx, at) }

// Signed implements [dossier.Ledger].
func (s stamp) Signed(ctx context.Context, size int64) ([]byte, error) {
	c, err := s.SignAt(ctx, size)
	return c.Text, err
}

// VKeys implements [dossier.Ledger].
func (s stamp) VKeys(size int64) (list []string) {
	for i, k := range s.Keys() {
		if i == 0 || k.Index < size {
			list = append(list, k.VKey)
		}
	}
	return list
}

// maker returns what makes dossiers of a log, signed with the keys of a secret.
func maker(t testing.TB, log domain.Log, keys domain.Keys, secret ledger.Secret) *dossier.Maker {
	t.Helper()
	l := ledger.New(log)
	signer, err := ledger.NewSigner(l, ledger.Options{Dir: t.TempDir(), Secret: secret, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Follow(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	vault := domain.Vault{Keys: keys, Log: log}
	view := projections.NewView(log, vault.Open, projections.Options{Now: time.Now})
	m, err := dossier.New(dossier.Maker{Ledger: stamp{l, signer}, Vault: vault, Dir: t.TempDir(), AsOf: view.AsOf})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// make makes a dossier of a log and returns its file.
func makeDossier(t testing.TB, m *dossier.Maker, r dossier.Request) string {
	t.Helper()
	r.Scope = cmp.Or(r.Scope, domain.DossierScope{Kind: domain.DossierOfRegister, ID: "tavoli"})
	r.Entries, r.Disclosures = cmp.Or(r.Entries, domain.AllEntries), cmp.Or(r.Disclosures, domain.NoNames)
	made, err := m.Make(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	if left, err := os.ReadDir(m.Dir); err != nil || len(left) > 0 { // somebody may be forgotten meanwhile
		t.Errorf("while it is handed out there lie %v, %v", left, err)
	}
	path := filepath.Join(t.TempDir(), "dossier.zip")
	data, err := io.ReadAll(made)
	if err != nil || int64(len(data)) != made.Length {
		t.Fatalf("%d bytes of %d: %v", len(data), made.Length, err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// absolute returns a path that holds in every folder.
func absolute(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
