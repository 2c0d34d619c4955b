package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"tavoli/domain"
)

// A KeysOpener opens a ring without a key for one test. What needs an end is
// ended by t.Cleanup.
type KeysOpener func(t testing.TB) domain.Keys

var keyTests = []struct {
	name string
	run  func(t *testing.T, k domain.Keys)
}{
	{"no key is taken twice", keysDiffer},
	{"no key is taken twice by many at once", keysDifferAtOnce},
	{"a key taken can be had again", keysStay},
	{"a key nobody took is missing", keysMissing},
	{"a key destroyed is gone", keysDestroyed},
	{"destroying twice is destroying once", keysDestroyedTwice},
	{"destroying a missing key says so and destroys the others", keysDestroyMissing},
	{"nothing is taken or destroyed with a canceled context", keysCanceled},
	{"many read while others take and destroy", keysAtOnce},
}

// RunKeys checks the promises of [domain.Keys].
func RunKeys(t *testing.T, open KeysOpener) {
	for _, c := range keyTests {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// A taken key is a key with its id.
type taken struct {
	id  domain.KeyID
	key domain.Key
}

// take takes a key; it may be called on any goroutine.
func take(t *testing.T, k domain.Keys) taken {
	t.Helper()
	id, key, err := k.Take(t.Context())
	if err != nil {
		t.Errorf("take: %v", err)
	}
	return taken{id, key}
}

// is fails the test unless the key can be had as it was taken.
func (a taken) is(t *testing.T, k domain.Keys) {
	t.Helper()
	if got, err := k.Key(a.id); err != nil || got != a.key {
		t.Errorf("key %d is another or cannot be had: %v", a.id, err)
	}
}

// isnt fails the test unless the key cannot be had for this reason.
func (a taken) isnt(t *testing.T, k domain.Keys, why error) {
	t.Helper()
	got, err := k.Key(a.id)
	if !errors.Is(err, why) {
		t.Errorf("key %d: got error %v, want %v", a.id, err, why)
	}
	if got != (domain.Key{}) {
		t.Errorf("key %d came with the error %v", a.id, err)
	}
}

// differ fails the test if an id or a secret comes twice.
func differ(t *testing.T, list []taken) {
	t.Helper()
	ids, secrets := make(map[domain.KeyID]bool), make(map[[32]byte]bool)
	for _, a := range list {
		ids[a.id], secrets[a.key.Seal], secrets[a.key.Salt] = true, true, true
	}
	if len(ids) != len(list) || len(secrets) != 2*len(list) || secrets[[32]byte{}] {
		t.Errorf("%d keys have %d ids and %d secrets", len(list), len(ids), len(secrets))
	}
}

func keysDiffer(t *testing.T, k domain.Keys) {
	var list []taken
	for range 5000 {
		list = append(list, take(t, k))
	}
	differ(t, list)
}

func keysDifferAtOnce(t *testing.T, k domain.Keys) {
	lists := make([][]taken, writers)
	var all sync.WaitGroup
	for i := range lists {
		all.Go(func() {
			for range 1500 {
				lists[i] = append(lists[i], take(t, k))
			}
		})
	}
	all.Wait()
	var list []taken
	for _, l := range lists {
		list = append(list, l...)
	}
	differ(t, list)
	for _, a := range list {
		a.is(t, k)
	}
}

func keysStay(t *testing.T, k domain.Keys) {
	var list []taken
	for range 50 {
		list = append(list, take(t, k))
		for _, a := range list {
			a.is(t, k)
		}
	}
}

func keysMissing(t *testing.T, k domain.Keys) {
	last := take(t, k)
	for _, id := range []domain.KeyID{0, last.id + 1, last.id + 1_000_000, 1 << 62, ^domain.KeyID(0)} {
		taken{id: id}.isnt(t, k, domain.ErrKeyMissing)
	}
}

func keysDestroyed(t *testing.T, k domain.Keys) {
	var list []taken
	for range 20 {
		list = append(list, take(t, k))
	}
	if err := k.Destroy(t.Context()); err != nil {
		t.Errorf("destroy nothing: %v", err)
	}
	if err := k.Destroy(t.Context(), list[0].id, list[7].id, list[19].id); err != nil {
		t.Fatalf("destroy: %v", err)
	}
	for i, a := range list {
		if i == 0 || i == 7 || i == 19 {
			a.isnt(t, k, domain.ErrKeyDestroyed)
		} else {
			a.is(t, k)
		}
	}
	differ(t, append(list, take(t, k)))
}

func keysDestroyedTwice(t *testing.T, k domain.Keys) {
	a, b := take(t, k), take(t, k)
	for range 3 {
		if err := k.Destroy(t.Context(), a.id, a.id); err != nil {
			t.Fatalf("destroy: %v", err)
		}
		a.isnt(t, k, domain.ErrKeyDestroyed)
	}
	b.is(t, k)
}

func keysDestroyMissing(t *testing.T, k domain.Keys) {
	a, b := take(t, k), take(t, k)
	refused(t, k.Destroy(t.Context(), a.id, b.id+1, b.id), domain.ErrKeyMissing)
	a.isnt(t, k, domain.ErrKeyDestroyed)
	b.isnt(t, k, domain.ErrKeyDestroyed)
	next := take(t, k)
	next.is(t, k)
}

func keysCanceled(t *testing.T, k domain.Keys) {
	ctx, cancel := context.WithCancel(t.Context())
	a := take(t, k)
	cancel()
	_, _, err := k.Take(ctx)
	refused(t, err, context.Canceled)
	refused(t, k.Destroy(ctx, a.id), context.Canceled)
	a.is(t, k)
}

func keysAtOnce(t *testing.T, k domain.Keys) {
	kept := take(t, k)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 25 {
				a, b := take(t, k), take(t, k)
				a.is(t, k)
				if err := k.Destroy(t.Context(), a.id); err != nil {
					t.Errorf("destroy: %v", err)
				}
				a.isnt(t, k, domain.ErrKeyDestroyed)
				b.is(t, k)
			}
		})
		all.Go(func() {
			for range 2000 {
				kept.is(t, k)
			}
		})
	}
	all.Wait()
}
