package projections

import (
	"crypto/sha256"
	"encoding/hex"
	"runtime"
	"sync"

	"tavoli/domain"
)

// A Digest is the SHA-256 of a model's deterministic form. The same log gives the
// same digest, however the model came to be: by following, by replaying, by
// rebuilding, or out of a snapshot.
type Digest struct {
	Model   string `json:"model"`
	Version int    `json:"version"` // of the form
	SHA256  string `json:"sha256"`
}

// Digests returns the digest of every model, in their order.
func (m *Models) Digests() []Digest {
	parts := m.models()
	digests := make([]Digest, len(parts))
	parallel(len(parts), func(i int) {
		hash := sha256.New()
		e := encoder{sink: func(b []byte) { hash.Write(b) }}
		parts[i].encode(&e)
		e.flush()
		digests[i] = Digest{parts[i].name, parts[i].version, hex.EncodeToString(hash.Sum(nil))}
	})
	return digests
}

// Digests returns the digest of every model and the position they all show. The
// models stand still meanwhile, and questions go on being answered.
func (v *View) Digests() ([]Digest, domain.Position) {
	v.applying.Lock()
	defer v.applying.Unlock()
	return v.models.Digests(), v.Seen()
}

// parallel calls do for 0 to n-1, on all processors, and returns when it is done.
func parallel(n int, do func(i int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}
