package keyring_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"tavoli/domain"
)

const golden = "testdata/ring1.golden"

var update = flag.Bool("update", false, "make the golden file anew")

// goldenKeys are the keys of the golden ring: 1 to 20, without 2 and 3.
func goldenKeys(t testing.TB) (whole []byte, had map[domain.KeyID]domain.Key) {
	t.Helper()
	whole, had = read(t, golden), make(map[domain.KeyID]domain.Key)
	r := open(t, write(t, whole))
	for id := domain.KeyID(1); id <= 20; id++ {
		if key, err := r.Key(id); err == nil {
			had[id] = key
		}
	}
	return whole, had
}

// TestGolden opens a ring as the first version wrote it: that must always work.
func TestGolden(t *testing.T) {
	if *update {
		data, _ := image(t, 20)
		if err := errors.Join(os.MkdirAll(filepath.Dir(golden), 0o755), os.WriteFile(golden, data[:offset(31)], 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	whole, had := goldenKeys(t)
	r := open(t, write(t, whole))
	hash := sha256.New()
	for id := domain.KeyID(1); id <= 20; id++ {
		key := had[id]
		hash.Write(key.Seal[:])
		hash.Write(key.Salt[:])
	}
	secret := r.Secret("golden")
	hash.Write(secret[:])
	const want = "ae729ebb1742476a0b0eccbda6d31c2b2a12c9f5f76f84fdff6b9da32661fce9"
	if got := hex.EncodeToString(hash.Sum(nil)); got != want || len(had) != 18 {
		t.Errorf("%d keys and a secret have the digest %s, want 18 with %s", len(had), got, want)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	had[2], had[3] = domain.Key{Salt: [32]byte{1}}, domain.Key{Seal: [32]byte{2}, Salt: [32]byte{3}}
	take(t, r, 5000, had)
}
