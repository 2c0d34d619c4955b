package keyring_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tavoli/adapters/keyring"
	"tavoli/domain"
)

// image returns the file of a closed ring with so many keys, of which 2 and 3
// are destroyed, and the keys it has.
func image(t testing.TB, n int) ([]byte, map[domain.KeyID]domain.Key) {
	t.Helper()
	r, path := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	take(t, r, n, had)
	if err := r.Destroy(t.Context(), 2, 3); err != nil {
		t.Fatal(err)
	}
	closeRing(t, r)
	delete(had, 2)
	delete(had, 3)
	return read(t, path), had
}

func write(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ring")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenRefuses(t *testing.T) {
	whole, _ := image(t, 600)
	spoil := func(at ...int) []byte {
		data := bytes.Clone(whole)
		for _, i := range at {
			data[i] ^= 0x10
		}
		return data
	}
	for name, data := range map[string][]byte{
		"empty":                 {},
		"text":                  []byte("not a keyring\n"),
		"zeros":                 make([]byte, 100_000),
		"magic":                 spoil(0, pageSize),
		"both headers":          spoil(20, pageSize+20),
		"both records":          spoil(2*pageSize+20, 3*pageSize+20),
		"cut in header":         whole[:100],
		"cut after header":      whole[:pageSize],
		"cut after records":     whole[:4*pageSize],
		"cut in the first key":  whole[:offset(1)+10],
		"cut in the last key":   whole[:offset(601)-1],
		"cut before a few keys": whole[:offset(500)],
	} {
		path := write(t, data)
		_, err := keyring.Open(path)
		if !errors.Is(err, keyring.ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got error %v, want that %s is damaged", name, err, path)
		}
		if !bytes.Equal(read(t, path), data) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := keyring.Open(t.TempDir()); err == nil {
		t.Error("a directory was opened")
	}
}

// One damaged key is found and named, and no other key suffers.
func TestDamagedKey(t *testing.T) {
	whole, had := image(t, 20)
	whole = whole[:offset(21)] // what is made ahead does not matter here
	for bit := range slotSize * 8 {
		for _, id := range []domain.KeyID{2, 7} {
			data := bytes.Clone(whole)
			data[offset(id)+bit/8] ^= 1 << (bit % 8)
			r, err := keyring.Open(write(t, data))
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Key(id)
			if !errors.Is(err, keyring.ErrDamaged) || !errors.Is(err, domain.ErrKeyMissing) || errors.Is(err, domain.ErrKeyDestroyed) {
				t.Errorf("bit %d of key %d: got error %v", bit, id, err)
			}
			if !strings.Contains(err.Error(), fmt.Sprintf("key %d", id)) {
				t.Errorf("error %q does not name the key", err)
			}
			if err := r.Check(); !errors.Is(err, keyring.ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprintf("key %d:", id)) {
				t.Errorf("bit %d of key %d: check says %v", bit, id, err)
			}
			closeRing(t, r)
		}
	}
	delete(had, 7)
	data := bytes.Clone(whole)
	data[offset(7)] ^= 1
	r := open(t, write(t, data))
	holds(t, r, had)
	if err := r.Destroy(t.Context(), 7); err != nil {
		t.Errorf("destroy a damaged key: %v", err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

// No key passes for another one, even if its bytes are whole.
func TestExchangedKeys(t *testing.T) {
	data, _ := image(t, 20)
	five, six := data[offset(5):offset(6)], data[offset(6):offset(7)]
	for i := range five {
		five[i], six[i] = six[i], five[i]
	}
	r := open(t, write(t, data))
	for _, id := range []domain.KeyID{5, 6} {
		if _, err := r.Key(id); !errors.Is(err, keyring.ErrDamaged) {
			t.Errorf("key %d: got error %v, want %v", id, err, keyring.ErrDamaged)
		}
	}
}

// One damaged page of those that come first costs nothing but some unused keys.
func TestDamagedStart(t *testing.T) {
	whole, had := image(t, 40)
	whole = whole[:offset(600)]
	good := open(t, write(t, whole))
	for at := range 4 * pageSize {
		if inPage := at % pageSize; inPage > 80 && inPage%1000 != 0 && inPage < pageSize-5 {
			continue // zeros that mean nothing
		}
		data := bytes.Clone(whole)
		data[at] ^= 1 << (at % 8)
		r := open(t, write(t, data))
		if r.ID() != good.ID() || r.Secret("x") != good.Secret("x") {
			t.Fatalf("byte %d: the ring is another", at)
		}
		if err := r.Check(); !errors.Is(err, keyring.ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprintf("page %d", at/pageSize)) {
			t.Fatalf("byte %d: check says %v", at, err)
		}
		holds(t, r, had)
		if at < 2*pageSize || at%7 != 0 {
			closeRing(t, r)
			continue
		}
		after := maps.Clone(had)
		after[2], after[3] = domain.Key{Salt: [32]byte{1}}, domain.Key{Seal: [32]byte{2}, Salt: [32]byte{3}}
		take(t, r, 3, after)
		closeRing(t, r)
	}
}

// Where the newer record is damaged the older one tells too little: no key that
// might have been handed out is handed out again.
func TestDamagedRecord(t *testing.T) {
	r, path := newRing(t)
	had := make(map[domain.KeyID]domain.Key)
	for range 4 {
		take(t, r, 512, had)
		for _, page := range []int{2, 3} {
			data := read(t, path)
			data[page*pageSize+20] ^= 8
			next := open(t, write(t, data))
			holds(t, next, had)
			take(t, next, 600, maps.Clone(had))
			closeRing(t, next)
		}
	}
}

// Keys made ahead that were damaged before anybody had them are made anew.
func TestDamagedAhead(t *testing.T) {
	data, had := image(t, 20)
	for id := domain.KeyID(21); id < 1000; id += 50 {
		data[offset(id)+3] ^= 4
	}
	r := open(t, write(t, data))
	had[2], had[3] = domain.Key{Salt: [32]byte{1}}, domain.Key{Seal: [32]byte{2}, Salt: [32]byte{3}}
	take(t, r, 5000, had)
	delete(had, 2)
	delete(had, 3)
	holds(t, r, had)
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

// FuzzOpen changes the file of a ring. Whatever is read is right or an error.
func FuzzOpen(f *testing.F) {
	whole, had := goldenKeys(f)
	f.Add(0, []byte("tavoli"), 0)
	f.Add(2*pageSize+16, []byte{9, 0, 0, 0, 0, 0, 0, 0, 255}, 0)
	f.Add(offset(4), bytes.Repeat([]byte{0}, slotSize), 0)
	f.Add(offset(4), whole[offset(5):offset(6)], 0)
	f.Add(0, []byte{}, offset(12))
	f.Fuzz(func(t *testing.T, at int, with []byte, cut int) {
		data := bytes.Clone(whole)
		copy(data[min(max(at, 0), len(data)):], with)
		data = data[:len(data)-min(max(cut, 0), len(data))]
		r, err := keyring.Open(write(t, data))
		if err != nil {
			return
		}
		defer r.Close()
		_ = r.Check()
		for id, key := range had {
			if got, err := r.Key(id); err == nil && got != key {
				t.Errorf("key %d is another", id)
			}
		}
		for _, id := range []domain.KeyID{0, 2, 3, 21, 1 << 40, 1<<40 + 1} {
			if _, err := r.Key(id); err == nil && id != 21 {
				t.Errorf("key %d can be had", id)
			}
		}
	})
}
