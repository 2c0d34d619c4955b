package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"tavoli/adapters/keyring"
	"tavoli/domain"
)

// takeN takes n keys at once and adds them to those taken before.
func takeN(t testing.TB, r *keyring.Ring, n int, had map[domain.KeyID]domain.Key) {
	t.Helper()
	first, keys, err := r.TakeN(t.Context(), n)
	if err != nil || len(keys) != n {
		t.Fatalf("take %d: %d keys and %v", n, len(keys), err)
	}
	for i, key := range keys {
		id := first + domain.KeyID(i)
		if _, twice := had[id]; twice || key == (domain.Key{}) {
			t.Fatalf("key %d was handed out twice, or is none", id)
		}
		had[id] = key
	}
}

func TestManyKeysAtOnce(t *testing.T) {
	r, path := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	for _, n := range []int{1, 511, 3, 512, 4096, 5, keyring.MaxTake, 700} {
		take(t, r, 2, had)
		takeN(t, r, n, had)
		if r.Len() != uint64(len(had)) {
			t.Fatalf("after %d keys the length is %d", len(had), r.Len())
		}
	}
	holds(t, r, had)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = open(t, path)
	takeN(t, r, 100, had)
	holds(t, r, had)
}

func TestManyKeysByManyAtOnce(t *testing.T) {
	r, _ := newRing(t)
	lists := make([]map[domain.KeyID]domain.Key, 8)
	var all sync.WaitGroup
	for i := range lists {
		lists[i] = make(map[domain.KeyID]domain.Key)
		all.Go(func() {
			for n := range 40 {
				first, keys, err := r.TakeN(t.Context(), 1+n*7)
				if err != nil {
					t.Error(err)
				}
				for j, key := range keys {
					lists[i][first+domain.KeyID(j)] = key
				}
			}
		})
	}
	all.Wait()
	had := make(map[domain.KeyID]domain.Key)
	total := 0
	for _, list := range lists {
		for id, key := range list {
			had[id], total = key, total+1
		}
	}
	if len(had) != total {
		t.Errorf("of %d keys %d were handed out twice", total, total-len(had))
	}
	holds(t, r, had)
}

func TestManyKeysThatCannotBeTaken(t *testing.T) {
	r, _ := newRing(t)
	for _, n := range []int{-1, 0, keyring.MaxTake + 1} {
		if _, keys, err := r.TakeN(t.Context(), n); err == nil || keys != nil {
			t.Errorf("take %d: %d keys and %v", n, len(keys), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := r.TakeN(ctx, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("with a canceled context: %v", err)
	}
	if r.Len() != 0 {
		t.Errorf("%d keys were handed out", r.Len())
	}
	_ = r.Close()
	if _, _, err := r.TakeN(t.Context(), 5); !errors.Is(err, keyring.ErrClosed) {
		t.Errorf("of a closed ring: %v", err)
	}
	if err := r.Each(0, 5, func(domain.KeyID, domain.Key, error) { t.Error("a key") }); err != nil {
		t.Errorf("each of no keys: %v", err)
	}
}

// all returns what Each tells, read in steps of n.
func all(t *testing.T, r *keyring.Ring, n int) (live map[domain.KeyID]domain.Key, gone []domain.KeyID) {
	t.Helper()
	live = make(map[domain.KeyID]domain.Key)
	var last domain.KeyID
	for from := uint64(0); from < r.Len(); from += uint64(n) {
		err := r.Each(from, n, func(id domain.KeyID, key domain.Key, err error) {
			if id <= last {
				t.Errorf("key %d comes after %d", id, last)
			}
			last = id
			switch {
			case err == nil:
				live[id] = key
			case errors.Is(err, domain.ErrKeyDestroyed):
				gone = append(gone, id)
			default:
				t.Errorf("key %d: %v", id, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return live, gone
}

func TestEachKey(t *testing.T) {
	r, _ := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	takeN(t, r, 5000, had)
	for _, id := range []domain.KeyID{1, 700, 5000} {
		delete(had, id)
		if err := r.Destroy(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{1000, 4096, 1_000_000} {
		live, gone := all(t, r, n)
		if len(live) != len(had) || len(gone) != 3 {
			t.Errorf("in steps of %d it tells of %d keys, %d of them destroyed", n, len(live)+len(gone), len(gone))
		}
		for id, key := range live {
			if had[id] != key {
				t.Errorf("in steps of %d key %d is another", n, id)
			}
		}
	}
}

func TestEachKeyOfARestoredRing(t *testing.T) {
	r, _ := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	takeN(t, r, 600, had)
	var copied bytes.Buffer
	if err := r.Copy(&copied); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ring")
	if err := keyring.Restore(path, &copied); err != nil {
		t.Fatal(err)
	}
	again := open(t, path)
	if again.Epoch() != r.Epoch()+1 || again.Root() != r.Root() || again.Secret("a") != r.Secret("a") {
		t.Errorf("epoch %d and %d, or another root", r.Epoch(), again.Epoch())
	}
	takeN(t, again, 300, had)
	if live, _ := all(t, again, 128); uint64(len(live)) != again.Len() || len(live) < 900 {
		t.Errorf("it tells of %d keys, %d were handed out", len(live), again.Len())
	}
	holds(t, again, had)
}
