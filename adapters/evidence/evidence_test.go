package evidence_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"tavoli/adapters/evidence"
	"tavoli/domain"
)

func open(t *testing.T, dir string) *evidence.Files {
	t.Helper()
	files, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// kept lists the files below a folder.
func kept(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestPutAndOpen(t *testing.T) {
	dir := t.TempDir()
	files := open(t, dir)
	for range 2 {
		sha, size, err := files.Put(t.Context(), strings.NewReader("foglio firme"))
		sum := sha256.Sum256([]byte("foglio firme"))
		if err != nil || size != 12 || sha != hex.EncodeToString(sum[:]) {
			t.Fatalf("put: %q, %d, %v", sha, size, err)
		}
		r, err := open(t, dir).Open(sha)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := io.ReadAll(r); err != nil || string(got) != "foglio firme" {
			t.Fatalf("read %q, %v", got, err)
		}
	}
	if names := kept(t, dir); len(names) != 1 {
		t.Errorf("the same file twice is kept as %v", names)
	}
}

func TestPutLeavesNothingOfWhatFails(t *testing.T) {
	broken := errors.New("the line broke")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		r    io.Reader
		want error
	}{
		{"too large", t.Context(), io.LimitReader(zeros{}, domain.MaxEvidence+1), evidence.ErrFileTooLarge},
		{"broken", t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), broken},
		{"given up", ended, strings.NewReader("x"), context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if _, _, err := open(t, dir).Put(c.ctx, c.r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if names := kept(t, dir); len(names) > 0 {
				t.Errorf("left behind: %v", names)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestPutTakesTheLargestFile(t *testing.T) {
	_, size, err := open(t, t.TempDir()).Put(t.Context(), io.LimitReader(zeros{}, domain.MaxEvidence))
	if err != nil || size != domain.MaxEvidence {
		t.Errorf("got %d, %v", size, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	files := open(t, dir)
	sha, _, err := files.Put(t.Context(), strings.NewReader("report"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../../etc/passwd", strings.Repeat("0", 64), strings.ToUpper(sha), sha[:62] + "/."} {
		if _, err := files.Open(name); !errors.Is(err, evidence.ErrNoFile) {
			t.Errorf("%q: got %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, sha[:2], sha), []byte("rep0rt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Open(sha); !errors.Is(err, evidence.ErrFileDamaged) {
		t.Errorf("a changed file: got %v", err)
	}
}

func TestOpenClearsWhatWasInterrupted(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "new", "123"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if names := kept(t, dir); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestPutTogether(t *testing.T) {
	dir := t.TempDir()
	files := open(t, dir)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, _, err := files.Put(t.Context(), bytes.NewReader([]byte("same"))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if names := kept(t, dir); len(names) != 1 {
		t.Errorf("kept %v", names)
	}
}

func TestKeepTakesOnlyWhatHasTheHash(t *testing.T) {
	dir := t.TempDir()
	files := open(t, dir)
	sum := sha256.Sum256([]byte("foglio firme"))
	sha := hex.EncodeToString(sum[:])
	for name, want := range map[string]error{sha: evidence.ErrOtherFile, "../../etc/passwd": evidence.ErrNoFile, strings.ToUpper(sha): evidence.ErrNoFile} {
		if err := files.Keep(t.Context(), name, strings.NewReader("foglio f1rme")); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	if err := files.Keep(t.Context(), sha, io.LimitReader(zeros{}, domain.MaxEvidence+1)); !errors.Is(err, evidence.ErrFileTooLarge) {
		t.Errorf("too large: got %v", err)
	}
	if names := kept(t, dir); len(names) > 0 || files.Has(sha) {
		t.Errorf("left behind: %v", names)
	}
	for range 2 {
		if err := files.Keep(t.Context(), sha, strings.NewReader("foglio firme")); err != nil || !files.Has(sha) || files.Has(sha[:10]) {
			t.Errorf("keep: %v, has %v", err, files.Has(sha))
		}
	}
	if err := os.WriteFile(filepath.Join(dir, sha[:2], sha), []byte("foglio f1rme"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := files.Keep(t.Context(), sha, strings.NewReader("foglio firme")); err != nil {
		t.Fatal(err)
	}
	r, err := files.Open(sha)
	if err != nil {
		t.Fatalf("a damaged file was not mended: %v", err)
	}
	r.Close()
}

func TestRemove(t *testing.T) {
	dir := t.TempDir()
	files := open(t, dir)
	sha, _, err := files.Put(t.Context(), strings.NewReader("foglio firme"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := files.Remove(sha); err != nil {
			t.Error(err)
		}
		if _, err := files.Open(sha); !errors.Is(err, evidence.ErrNoFile) || files.Has(sha) || len(kept(t, dir)) > 0 {
			t.Errorf("it is there still: %v, %v", err, kept(t, dir))
		}
	}
	if err := files.Remove("../keys"); !errors.Is(err, evidence.ErrNoFile) {
		t.Errorf("what is no hash: %v", err)
	}
	if _, _, err := files.Put(t.Context(), strings.NewReader("foglio firme")); err != nil || !files.Has(sha) {
		t.Errorf("put again: %v", err)
	}
}
