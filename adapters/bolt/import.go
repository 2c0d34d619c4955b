package bolt

import (
	"context"

	"tavoli/domain"

	bbolt "go.etcd.io/bbolt"
)

var _ domain.Importer = (*Store)(nil)

// Import implements [domain.Importer]. All the entries of a call are one request, which
// is committed at once.
func (s *Store) Import(ctx context.Context, entries ...domain.Entry) (domain.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	transfers, bad := domain.Transfers(entries)
	if len(transfers) == 0 {
		if bad == nil {
			bad = domain.ErrEmptyBatch
		}
		return 0, bad
	}
	r, batches := s.request(), make([]domain.Batch, len(transfers))
	for i := range transfers {
		batches[i] = transfers[i].Batch
		r.imported = append(r.imported, transfers[i].Recorded)
	}
	err := r.encode(batches)
	if err == nil {
		if r.refusal == nil {
			r.refusal = bad
		}
		err = s.tail.place(r)
	}
	if err != nil {
		s.release(r)
		return 0, err
	}
	return s.await(ctx, r)
}

// markImported notes up to where entries were imported. Their times of recording are
// those of another store, where they may have gone back by a little from one stream to
// the next.
func markImported(tx *bbolt.Tx, at domain.Position) error {
	key := keyOf(at)
	return tx.Bucket(bucketMeta).Put(keyImported, key[:])
}

// importedIn returns up to where entries were imported, or 0.
func importedIn(tx *bbolt.Tx) domain.Position {
	at, _ := positionOf(tx.Bucket(bucketMeta).Get(keyImported))
	return at
}

// Forgotten implements [domain.Importer].
func (s *Store) Forgotten(context.Context) (names []domain.Stream, err error) {
	err = s.view(func(tx *bbolt.Tx, _ map[domain.Position]bool) error {
		return tx.Bucket(bucketForgotten).ForEach(func(name, _ []byte) error {
			names = append(names, domain.Stream(name))
			return nil
		})
	})
	return names, err
}
