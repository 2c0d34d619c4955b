package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tavoli/adapters/keyring"
	"tavoli/domain"
)

func TestCopyRestore(t *testing.T) {
	r, path := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	take(t, r, 700, had)
	if err := r.Destroy(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	delete(had, 5)
	var file bytes.Buffer
	if err := r.Copy(&file); err != nil {
		t.Fatal(err)
	}
	later := make(map[domain.KeyID]domain.Key)
	take(t, r, 10_000, later)

	if _, err := keyring.Open(write(t, file.Bytes())); !errors.Is(err, keyring.ErrCopy) {
		t.Errorf("open a copy: got error %v, want %v", err, keyring.ErrCopy)
	}
	if err := keyring.Restore(path, bytes.NewReader(file.Bytes())); !errors.Is(err, keyring.ErrExists) {
		t.Errorf("restore over a ring: got error %v, want %v", err, keyring.ErrExists)
	}
	restored := filepath.Join(t.TempDir(), "new", "ring")
	if err := keyring.Restore(restored, bytes.NewReader(file.Bytes())); err != nil {
		t.Fatal(err)
	}
	r2 := open(t, restored)
	if r2.ID() != r.ID() || r2.Secret("x") != r.Secret("x") {
		t.Error("the restored ring is another")
	}
	holds(t, r2, had)
	if _, err := r2.Key(5); !errors.Is(err, domain.ErrKeyDestroyed) {
		t.Errorf("key 5: got error %v, want %v", err, domain.ErrKeyDestroyed)
	}
	var lost []domain.KeyID
	for id, key := range later { // the same or missing, never another
		switch got, err := r2.Key(id); {
		case errors.Is(err, domain.ErrKeyMissing) && !errors.Is(err, keyring.ErrDamaged):
			lost = append(lost, id)
		case err != nil || got != key:
			t.Fatalf("key %d is another: %v", id, err)
		}
		had[id] = key
	}
	if len(lost) < 10_000-4096 {
		t.Errorf("%d keys were lost", len(lost))
	}
	take(t, r2, 7000, had) // no id that was given before
	for _, id := range lost {
		if _, err := r2.Key(id); !errors.Is(err, domain.ErrKeyMissing) {
			t.Fatalf("key %d was lost and is there: %v", id, err)
		}
	}
	if err := r2.Destroy(t.Context(), lost[:10]...); !errors.Is(err, domain.ErrKeyMissing) {
		t.Errorf("destroy lost keys: got error %v, want %v", err, domain.ErrKeyMissing)
	}
	if err := r2.Check(); err != nil {
		t.Error(err)
	}
}

func TestRestoreOften(t *testing.T) {
	r, _ := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	for range 5 {
		take(t, r, 3, had)
		var file bytes.Buffer
		if err := r.Copy(&file); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "ring")
		if err := keyring.Restore(path, &file); err != nil {
			t.Fatal(err)
		}
		closeRing(t, r)
		r = open(t, path)
		holds(t, r, had)
	}
	for id := range had {
		if id >= 1<<53 {
			t.Errorf("id %d is too large for readers of JSON", id)
		}
	}
	if err := r.Destroy(t.Context(), 1, 2, 3); err != nil {
		t.Error(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	r, _ := newRing(t)
	take(t, r, 50, map[domain.KeyID]domain.Key{})
	var file bytes.Buffer
	if err := r.Copy(&file); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	flipped := bytes.Clone(whole)
	flipped[offset(17)+5] ^= 2
	for name, data := range map[string][]byte{
		"empty":            {},
		"cut in start":     whole[:1000],
		"cut at a key":     whole[:offset(33)],
		"cut in a key":     whole[:len(whole)-1],
		"longer by a byte": append(bytes.Clone(whole), 0),
		"longer by a key":  append(bytes.Clone(whole), whole[offset(3):offset(4)]...),
		"flipped":          flipped,
	} {
		path := filepath.Join(t.TempDir(), "ring")
		err := keyring.Restore(path, bytes.NewReader(data))
		if !errors.Is(err, keyring.ErrDamaged) {
			t.Errorf("%s: got error %v, want %v", name, err, keyring.ErrDamaged)
		}
		if name == "flipped" && !strings.Contains(err.Error(), "key 17:") {
			t.Errorf("error %q does not name the key", err)
		}
		if list, _ := os.ReadDir(filepath.Dir(path)); len(list) != 0 {
			t.Errorf("%s: %s is left", name, list[0].Name())
		}
	}
}

// copies are the ways to copy a ring that is used.
var copies = map[string]func(r *keyring.Ring, path string, w io.Writer) error{
	"Copy":     func(r *keyring.Ring, _ string, w io.Writer) error { return r.Copy(w) },
	"CopyFile": func(_ *keyring.Ring, path string, w io.Writer) error { return keyring.CopyFile(path, w) },
}

// A copy made while the ring is used holds what was there when it began.
func TestCopyWhileUsed(t *testing.T) {
	for name, copyRing := range copies {
		t.Run(name, func(t *testing.T) {
			r, path := newRing(t)
			had := make(map[domain.KeyID]domain.Key)
			take(t, r, 300, had)
			stop := use(t, r)
			for id := domain.KeyID(1); id <= 20; id++ {
				delete(had, id)
			}
			for range 5 {
				var file bytes.Buffer
				if err := copyRing(r, path, &file); err != nil {
					t.Fatal(err)
				}
				r2 := restore(t, file.Bytes())
				holds(t, r2, had)
				closeRing(t, r2)
			}
			stop()
			if err := r.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// use takes keys and destroys the first 20 until it is stopped.
func use(t *testing.T, r *keyring.Ring) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		for ctx.Err() == nil {
			if _, _, err := r.Take(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	all.Go(func() {
		for id := domain.KeyID(1); id <= 20; id++ {
			if err := r.Destroy(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
	})
	stop = func() { cancel(); all.Wait() }
	t.Cleanup(stop)
	return stop
}

func restore(t testing.TB, data []byte) *keyring.Ring {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ring")
	if err := keyring.Restore(path, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

// A key in a copy that was handed out after the copy was made is that key and no
// other, however often the ring was opened in between.
func TestCopyOfKeysAhead(t *testing.T) {
	for name, copyRing := range copies {
		t.Run(name, func(t *testing.T) {
			r, path := newRing(t)
			had := make(map[domain.KeyID]domain.Key)
			take(t, r, 100, had)
			closeRing(t, r)
			r = open(t, path)
			var file bytes.Buffer
			if err := copyRing(r, path, &file); err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{700, 3000, 2000} {
				take(t, r, n, had)
				closeRing(t, r)
				r = open(t, path)
			}
			holds(t, r, had)
			r2 := restore(t, file.Bytes())
			for id, key := range had {
				got, err := r2.Key(id)
				if id <= 4096 && (err != nil || got != key) || id > 4096 && !errors.Is(err, domain.ErrKeyMissing) {
					t.Fatalf("key %d is another: %v", id, err)
				}
			}
		})
	}
}

// What was being made when a process did not end well keeps no copy from being restored.
func TestCopyOfUnfinished(t *testing.T) {
	whole, had := image(t, 20)
	whole = append(whole[:offset(700)], make([]byte, 5000)...)
	for name, copyRing := range copies {
		path := write(t, whole)
		r := open(t, path)
		var file bytes.Buffer
		if err := copyRing(r, path, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		holds(t, restore(t, file.Bytes()), had)
	}
}

func TestCopyFileRefuses(t *testing.T) {
	whole, _ := image(t, 20)
	whole[offset(7)+9] ^= 1
	var file bytes.Buffer
	err := keyring.CopyFile(write(t, whole), &file)
	if !errors.Is(err, keyring.ErrDamaged) || !strings.Contains(err.Error(), "key 7:") || file.Len() != 0 {
		t.Errorf("got error %v and %d bytes, want that key 7 is damaged and none", err, file.Len())
	}
	if err := keyring.CopyFile(filepath.Join(t.TempDir(), "none"), &file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v, want %v", err, os.ErrNotExist)
	}
}
