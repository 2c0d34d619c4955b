package keeper

import (
	"fmt"

	"tavoli/domain"
)

// A mirror is what a client knows of keys. Ids follow one another almost without
// gaps, so that a key takes 65 bytes and the garbage collector has nothing to look at.
type mirror map[domain.KeyID]*chunk

// chunkKeys is how many ids, one after the other, share a chunk.
const chunkKeys = 512

type chunk struct {
	state [chunkKeys]uint8
	keys  [chunkKeys]domain.Key
}

// at returns the chunk of an id, and where the id is in it.
func (m mirror) at(id domain.KeyID) (*chunk, int) { return m[id/chunkKeys], int(id % chunkKeys) }

// state returns the condition of a key.
func (m mirror) state(id domain.KeyID) uint8 {
	c, i := m.at(id)
	if c == nil {
		return unknown
	}
	return c.state[i]
}

// set gives a key its condition.
func (m mirror) set(id domain.KeyID, state uint8, key *domain.Key) {
	c, i := m.at(id)
	if c == nil {
		c = &chunk{}
		m[id/chunkKeys] = c
	}
	c.state[i], c.keys[i] = state, *key
}

// tell notes what the keeper told of a key. What was destroyed stays destroyed,
// though the answer was under way since before; what lies in stock stays there.
func (m mirror) tell(k *told) {
	switch now := m.state(k.id); {
	case now == destroyed, now == held && k.state == live:
	case k.state == live, k.state == destroyed, k.state == damaged:
		m.set(k.id, k.state, &k.key)
	}
}

// destroy forgets a key for good.
func (m mirror) destroy(id domain.KeyID) { m.set(id, destroyed, &domain.Key{}) }

// key returns a key and whether all is known of it that can be.
func (m mirror) key(id domain.KeyID) (key domain.Key, known bool, err error) {
	c, i := m.at(id)
	if c == nil {
		return key, false, nil
	}
	switch c.state[i] {
	case live:
		return c.keys[i], true, nil
	case destroyed:
		return key, true, domain.ErrKeyDestroyed
	case held:
		return key, true, fmt.Errorf("key %d was never handed out: %w", id, domain.ErrKeyMissing)
	case damaged:
		return key, true, fmt.Errorf("key %d in the shared keyring: %w: %w", id, ErrDamaged, domain.ErrKeyMissing)
	}
	return key, false, nil
}

// destroyed returns the keys that are known to be.
func (m mirror) destroyed() (ids []domain.KeyID) {
	for first, c := range m {
		for i, state := range c.state {
			if state == destroyed {
				ids = append(ids, first*chunkKeys+domain.KeyID(i))
			}
		}
	}
	return ids
}

// wipe overwrites all keys.
func (m mirror) wipe() {
	for _, c := range m {
		*c = chunk{}
	}
	clear(m)
}
