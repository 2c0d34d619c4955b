package shelf_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"tavoli/adapters/shelf"
)

// text returns a filler that writes text in two pieces.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s[:len(s)/2])
		_, err2 := io.WriteString(w, s[len(s)/2:])
		return errors.Join(err, err2)
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snapshot")
	file := shelf.File(path)
	if _, err := file.Read(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing was written: %v", err)
	}
	for _, content := range []string{"the first one", "another"} {
		if err := file.Write(text(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := file.Read(); err != nil || string(got) != content {
			t.Errorf("%q, %v", got, err)
		}
	}
	broken := errors.New("broken off")
	err := file.Write(func(w io.Writer) error {
		_, err := io.WriteString(w, "half of")
		return errors.Join(err, broken)
	})
	if got, _ := file.Read(); !errors.Is(err, broken) || string(got) != "another" {
		t.Errorf("after a failure: %q, %v", got, err)
	}
	if list, err := os.ReadDir(filepath.Dir(path)); err != nil || len(list) != 1 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info, err)
	}
}

func TestNowhere(t *testing.T) {
	file := shelf.File(filepath.Join(t.TempDir(), "missing", "snapshot"))
	if err := file.Write(text("something")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
