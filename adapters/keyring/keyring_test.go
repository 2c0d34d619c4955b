package keyring_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tavoli/adapters/keyring"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

// Where things lie in a file: four pages, then slots of 72 bytes.
const (
	pageSize = 4096
	slotSize = 72
)

// offset returns where a key of the first epoch lies.
func offset(id domain.KeyID) int { return 4*pageSize + int(id-1)*slotSize }

func open(t testing.TB, path string) *keyring.Ring {
	t.Helper()
	r, err := keyring.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func newRing(t testing.TB) (*keyring.Ring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys", "ring")
	return open(t, path), path
}

func TestKeys(t *testing.T) {
	storetest.RunKeys(t, func(t testing.TB) domain.Keys {
		r, _ := newRing(t)
		return r
	})
}

// take takes n keys and adds them to those taken before. It fails the test if an
// id or a key comes twice.
func take(t testing.TB, r *keyring.Ring, n int, had map[domain.KeyID]domain.Key) {
	t.Helper()
	secrets := make(map[[32]byte]bool)
	for _, k := range had {
		secrets[k.Seal], secrets[k.Salt] = true, true
	}
	for range n {
		id, key, err := r.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := had[id]; twice {
			t.Fatalf("key %d was handed out twice", id)
		}
		if secrets[key.Seal] || secrets[key.Salt] || key.Seal == key.Salt {
			t.Fatalf("the secret of key %d was handed out twice", id)
		}
		had[id] = key
	}
}

// holds fails the test unless the ring holds these keys.
func holds(t testing.TB, r *keyring.Ring, want map[domain.KeyID]domain.Key) {
	t.Helper()
	for id, key := range want {
		if got, err := r.Key(id); err != nil || got != key {
			t.Fatalf("key %d is another or cannot be had: %v", id, err)
		}
	}
}

func closeRing(t testing.TB, r *keyring.Ring) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReopen(t *testing.T) {
	r, path := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	id, secret := r.ID(), r.Secret("tokens")
	for _, n := range []int{0, 1, 510, 2, 5000, 512} {
		take(t, r, n, had)
		closeRing(t, r)
		r = open(t, path)
		holds(t, r, had)
		if got := r.Len(); got != uint64(len(had)) {
			t.Errorf("%d keys count as handed out, want %d", got, len(had))
		}
	}
	if r.ID() != id || r.Secret("tokens") != secret {
		t.Error("the ring is another after opening it again")
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

// A process that is killed leaves the file as it is: no key may be handed out
// again, whatever the moment.
func TestKilled(t *testing.T) {
	r, path := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	for i, n := range []int{0, 1, 510, 1, 1, 3583, 1, 100} {
		take(t, r, n, had)
		left := filepath.Join(t.TempDir(), "ring")
		copyFile(t, left, path)
		next := open(t, left)
		holds(t, next, had)
		after := maps.Clone(had)
		take(t, next, 600, after)
		holds(t, next, after)
		if wasted := next.Len() - uint64(len(after)); wasted > 512 {
			t.Errorf("round %d: %d keys were wasted", i, wasted)
		}
		if err := next.Check(); err != nil {
			t.Error(err)
		}
	}
}

func copyFile(t testing.TB, to, from string) {
	t.Helper()
	if err := os.WriteFile(to, read(t, from), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestOneOpener(t *testing.T) {
	r, path := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	take(t, r, 3, had)
	refuse := func() {
		t.Helper()
		if _, err := keyring.Open(path); !errors.Is(err, keyring.ErrInUse) || !strings.Contains(err.Error(), path) {
			t.Fatalf("got error %v, want that %s is in use", err, path)
		}
	}
	refuse()
	if err := r.Destroy(t.Context(), 2); err != nil { // which replaces the file
		t.Fatal(err)
	}
	refuse()
	closeRing(t, r)
	open(t, path)
	refuse()
}

func TestModes(t *testing.T) {
	r, path := newRing(t)
	mode := func(path string) os.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	take(t, r, 1, map[domain.KeyID]domain.Key{})
	if got := mode(filepath.Dir(path)); got != 0o700 {
		t.Errorf("the directory has mode %o", got)
	}
	if err := r.Destroy(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if got := mode(path); got != 0o600 {
		t.Errorf("the file has mode %o", got)
	}
	closeRing(t, r)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if got := mode(path); got != 0o600 {
		t.Errorf("the file has mode %o after opening it", got)
	}
}

func TestClosed(t *testing.T) {
	r, _ := newRing(t)
	take(t, r, 1, map[domain.KeyID]domain.Key{})
	closeRing(t, r)
	closeRing(t, r)
	_, _, err := r.Take(t.Context())
	_, err2 := r.Key(1)
	for i, err := range []error{err, err2, r.Destroy(t.Context(), 1), r.Copy(io.Discard), r.Check()} {
		if !errors.Is(err, keyring.ErrClosed) {
			t.Errorf("call %d: got error %v, want %v", i, err, keyring.ErrClosed)
		}
	}
}

func TestSecret(t *testing.T) {
	r, path := newRing(t)
	other, _ := newRing(t)
	seen := map[[32]byte]string{}
	for _, ring := range []*keyring.Ring{r, other} {
		for _, purpose := range []string{"", "tokens", "requests", "tokens "} {
			s := ring.Secret(purpose)
			if was, twice := seen[s]; twice || s == [32]byte{} {
				t.Errorf("the secret for %q is the one for %q", purpose, was)
			}
			seen[s] = purpose
			if bytes.Contains(read(t, path), s[:]) {
				t.Errorf("the secret for %q lies in the file", purpose)
			}
		}
	}
	if first, second := r.Secret("tokens"), r.Secret("tokens"); first != second {
		t.Error("a secret changes")
	}
}

// What is destroyed is in no file: not in the new one, not in the old one, which
// others may still have open, and not in one that lies beside.
func TestDestroyLeavesNothing(t *testing.T) {
	r, path := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	take(t, r, 5000, had)
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	doomed := []domain.KeyID{1, 2, 512, 513, 4096, 4097, 5000}
	if err := r.Destroy(t.Context(), doomed...); err != nil {
		t.Fatal(err)
	}
	left, err := io.ReadAll(old)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) == 0 || len(bytes.Trim(left, "\x00")) != 0 {
		t.Errorf("the old file has %d bytes of which some are left", len(left))
	}
	for _, id := range doomed {
		gone(t, filepath.Dir(path), had[id])
		delete(had, id)
	}
	holds(t, r, had)
	take(t, r, 5000, had)
	closeRing(t, r)
	r = open(t, path)
	holds(t, r, had)
	for _, id := range doomed {
		if _, err := r.Key(id); !errors.Is(err, domain.ErrKeyDestroyed) {
			t.Errorf("key %d: got error %v, want %v", id, err, domain.ErrKeyDestroyed)
		}
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

// gone fails the test if a file in the directory holds a part of a key.
func gone(t testing.TB, dir string, key domain.Key) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d files are there, want 1 (%v)", len(list), err)
	}
	data := read(t, filepath.Join(dir, list[0].Name()))
	for _, secret := range [][32]byte{key.Seal, key.Salt} {
		for i := 0; i+8 <= len(secret); i += 8 {
			if bytes.Contains(data, secret[i:i+8]) {
				t.Errorf("%s holds a part of a destroyed key", list[0].Name())
			}
		}
	}
}

// A process may end while it writes a new file. What it left is erased.
func TestLeftovers(t *testing.T) {
	r, path := newRing(t)
	take(t, r, 1, map[domain.KeyID]domain.Key{})
	closeRing(t, r)
	left := path + ".new-12345"
	copyFile(t, left, path)
	f, err := os.Open(left)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	open(t, path)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there (%v)", left, err)
	}
	if data, err := io.ReadAll(f); err != nil || len(data) == 0 || len(bytes.Trim(data, "\x00")) != 0 {
		t.Errorf("what was left is not erased (%v)", err)
	}
}

// A disk that is full keeps keys from being made, and nothing else.
func TestFullDisk(t *testing.T) {
	r, path := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	take(t, r, 10, had)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := func(n uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: before.Max}); err != nil {
			t.Fatal(err)
		}
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	defer limit(before.Cur)
	limit(uint64(info.Size()) + 10*1024) // a part of a block
	take(t, r, 4086, had)
	failed := 0
	for failed < 4 {
		switch id, key, err := r.Take(t.Context()); {
		case err != nil:
			failed++
		case len(had) > 4096+10*1024/slotSize || had[id] != domain.Key{}:
			t.Fatalf("key %d was taken though the disk is full", id)
		default: // a part of the block could be made
			had[id] = key
		}
	}
	holds(t, r, had)
	limit(before.Cur)
	take(t, r, 5000, had)
	holds(t, r, had)
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}
