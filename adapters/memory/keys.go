package memory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"tavoli/domain"
)

// Keys is a [domain.Keys] in memory.
type Keys struct {
	mu        sync.RWMutex
	keys      []domain.Key // the key with id n is keys[n-1]
	destroyed map[domain.KeyID]bool
}

// NewKeys returns a ring without a key.
func NewKeys() *Keys { return &Keys{destroyed: make(map[domain.KeyID]bool)} }

// Take implements [domain.Keys].
func (k *Keys) Take(ctx context.Context) (domain.KeyID, domain.Key, error) {
	if err := ctx.Err(); err != nil {
		return 0, domain.Key{}, err
	}
	var key domain.Key
	_, _ = rand.Read(key.Seal[:]) // never fails
	_, _ = rand.Read(key.Salt[:])
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = append(k.keys, key)
	return domain.KeyID(len(k.keys)), key, nil
}

// Key implements [domain.Keys].
func (k *Keys) Key(id domain.KeyID) (domain.Key, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	switch {
	case !k.has(id):
		return domain.Key{}, fmt.Errorf("key %d: %w", id, domain.ErrKeyMissing)
	case k.destroyed[id]:
		return domain.Key{}, fmt.Errorf("key %d: %w", id, domain.ErrKeyDestroyed)
	}
	return k.keys[id-1], nil
}

// Destroy implements [domain.Keys].
func (k *Keys) Destroy(ctx context.Context, ids ...domain.KeyID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var missing error
	for _, id := range ids {
		if !k.has(id) {
			missing = errors.Join(missing, fmt.Errorf("key %d: %w", id, domain.ErrKeyMissing))
			continue
		}
		k.keys[id-1] = domain.Key{}
		k.destroyed[id] = true
	}
	return missing
}

func (k *Keys) has(id domain.KeyID) bool { return id >= 1 && id <= domain.KeyID(len(k.keys)) }
