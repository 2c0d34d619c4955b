package keyring

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"tavoli/domain"
)

// MaxTake is how many keys [Ring.TakeN] gives at once.
const MaxTake = 2 * block

// TakeN takes n keys at once, all or none, for somebody who hands them out in turn.
// Their ids follow one another from first on. It forces the file to disk as often as
// taking one key does.
func (r *Ring) TakeN(ctx context.Context, n int) (first domain.KeyID, keys []domain.Key, err error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	if n < 1 || n > MaxTake {
		return 0, nil, fmt.Errorf("keyring %s: take %d keys: from 1 to %d can be taken at once", r.path, n, MaxTake)
	}
	r.taking.Lock()
	defer r.taking.Unlock()
	for len(r.ready) < n {
		if err := r.reserve(max(step, n-len(r.ready))); err != nil {
			return 0, nil, fmt.Errorf("keyring %s: take %d keys: %w", r.path, n, err)
		}
	}
	slot := r.next.Load()
	keys = append(keys, r.ready[:n]...)
	clear(r.ready[:n])
	r.ready = r.ready[n:]
	r.next.Store(slot + uint64(n))
	return idOf(slot, r.bounds), keys, nil
}

// Each tells of the keys that were handed out, n of them at most, in the order in
// which they were, passing over so many. An error stands for a key that cannot be
// had, as [Ring.Key] gives it. It reads the file once for thousands of keys.
func (r *Ring) Each(after uint64, n int, tell func(domain.KeyID, domain.Key, error)) error {
	end := r.next.Load()
	if after >= end || n <= 0 {
		return nil
	}
	end = min(end, after+uint64(n))
	buf := make([]byte, chunk*slotSize)
	defer clear(buf)
	for from := after; from < end; from += chunk {
		part := buf[:min(chunk, end-from)*slotSize]
		if err := r.readChunk(part, from); err != nil {
			return fmt.Errorf("keyring %s: read %d keys: %w", r.path, n, err)
		}
		for i := range uint64(len(part) / slotSize) {
			key, err := r.codec.parse(part[i*slotSize:][:slotSize], from+i)
			tell(idOf(from+i, r.bounds), key, err)
		}
	}
	return nil
}

// Epoch returns how often the ring was restored. Each epoch has ids of its own.
func (r *Ring) Epoch() int { return len(r.bounds) - 1 }

// Root returns what every [Ring.Secret] follows from, for those who share the ring:
// a secret is HKDF-Expand with SHA-256 of the root and "tavoli/secret/v1/" with the
// purpose.
func (r *Ring) Root() [32]byte {
	root, err := hkdf.Extract(sha256.New, r.head.master[:], r.head.id[:])
	if err != nil {
		panic("keyring: SHA-256 is there: " + err.Error())
	}
	return [32]byte(root)
}
