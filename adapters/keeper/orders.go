package keeper

import (
	"context"
	"errors"
	"sync"

	"github.com/google/uuid"

	"tavoli/domain"
)

// Orders remember which blocks were handed out last, so that an answer that was lost
// costs no keys.
type orders struct {
	mu   sync.Mutex
	last [keptOrders]block
	next int
}

// keptOrders is how many blocks are remembered; a client repeats its last order at once.
const keptOrders = 256

// A block is what an order got.
type block struct {
	order uuid.UUID
	first domain.KeyID
	n     int
}

// fill hands out n keys, or those that the order got before.
func (o *orders) fill(ctx context.Context, ring Ring, order uuid.UUID, n int) ([]told, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.last {
		if b.order == order && b.n > 0 {
			return b.again(ring), nil
		}
	}
	first, keys, err := ring.TakeN(ctx, n)
	if err != nil {
		return nil, err
	}
	defer clear(keys)
	o.last[o.next%keptOrders] = block{order, first, n}
	o.next++
	list := make([]told, n)
	for i, key := range keys {
		list[i] = told{first + domain.KeyID(i), live, key}
	}
	return list, nil
}

// again reads the keys of a block.
func (b block) again(ring Ring) []told {
	list := make([]told, b.n)
	for i := range list {
		id := b.first + domain.KeyID(i)
		key, err := ring.Key(id)
		list[i] = tellOf(id, key, err)
	}
	return list
}

// tellOf returns what is to be told of a key that was read.
func tellOf(id domain.KeyID, key domain.Key, err error) told {
	switch {
	case errors.Is(err, domain.ErrKeyDestroyed):
		return told{id: id, state: destroyed}
	case err != nil:
		return told{id: id, state: damaged}
	}
	return told{id, live, key}
}
