package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"tavoli/domain"

	bbolt "go.etcd.io/bbolt"
)

// Forget implements [domain.Store]. See [Store.ForgetAll].
func (s *Store) Forget(ctx context.Context, name domain.Stream) error {
	return s.ForgetAll(ctx, name)
}

// ForgetAll removes personal streams for good. They read as empty as soon as that
// is on disk; then everything else is copied into a new file, which takes the
// place of the old one, because bbolt never wipes what is deleted. Reading goes on
// all the while, and so does writing but for the last moment.
//
// When ForgetAll returns without an error no file of the store holds the entries.
// When it is interrupted, or there is no room for the copy, the streams stay
// forgotten, and what is missing is done by the next call or at the next start.
func (s *Store) ForgetAll(ctx context.Context, names ...domain.Stream) error {
	for _, name := range names {
		if !name.Valid() || !name.Personal() {
			return fmt.Errorf("%s: %w", name, domain.ErrNotPersonal)
		}
	}
	if len(names) == 0 {
		return nil
	}
	s.erasing.Lock()
	defer s.erasing.Unlock()
	if err := s.order(ctx, func(w *writer) error { return w.forget(names) }); err != nil {
		return err
	}
	return s.erase(ctx)
}

// finishErasure does what an interrupted ForgetAll left to do.
func (s *Store) finishErasure() {
	s.erasing.Lock()
	defer s.erasing.Unlock()
	if err := s.erase(context.Background()); err != nil && !s.closed() {
		s.log.Error("forgotten entries are still on the disk", "error", err)
	}
}

// order has the writer do something between two commits and returns what came of it.
func (s *Store) order(ctx context.Context, do func(*writer) error) error {
	done := make(chan error, 1)
	select {
	case s.orders <- func(w *writer) { done <- do(w) }:
		return <-done
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return domain.ErrStoreClosed
	}
}

// forget notes that streams are forgotten, on disk and in memory. What is placed
// already is committed before, and nobody places anything meanwhile.
func (w *writer) forget(names []domain.Stream) error {
	x := w.s.index
	for w.flush() {
	}
	x.mu.Lock()
	for len(w.s.tail.group.requests) > 0 { // placed just now
		x.mu.Unlock()
		w.flush()
		x.mu.Lock()
	}
	defer x.mu.Unlock()
	if f := w.s.failure.Load(); f != nil {
		return fmt.Errorf("%w (%w)", ErrFailed, f.err)
	}
	if err := w.transact(func(tx *bbolt.Tx) error { return markForgotten(tx, names) }); err != nil {
		if diskFull(err) {
			return ErrDiskFull
		}
		w.s.fail(err, nil)
		return unknown(err)
	}
	w.s.hide(names)
	w.s.index.mark(&w.s.tail.group.undos)
	return nil
}

// hide empties streams in memory. The index is locked.
func (s *Store) hide(names []domain.Stream) {
	hidden := make(map[domain.Position]bool)
	if h := s.hidden.Load(); h != nil {
		maps.Copy(hidden, *h)
	}
	for _, name := range names {
		for _, pos := range s.index.forget([]byte(name)) {
			hidden[pos] = true
		}
	}
	s.hidden.Store(&hidden)
}

// markForgotten notes streams as forgotten, though not erased yet.
func markForgotten(tx *bbolt.Tx, names []domain.Stream) error {
	b := tx.Bucket(bucketForgotten)
	for _, name := range names {
		if bytes.Equal(b.Get([]byte(name)), erasureDone) {
			continue
		}
		if err := b.Put([]byte(name), erasurePending); err != nil {
			return err
		}
	}
	return nil
}

// pending reports whether something forgotten is still in the file.
func (s *Store) pending() (pending bool, err error) {
	err = s.view(func(tx *bbolt.Tx, _ map[domain.Position]bool) error {
		return tx.Bucket(bucketForgotten).ForEach(func(_, state []byte) error {
			pending = pending || bytes.Equal(state, erasurePending)
			return nil
		})
	})
	return pending, err
}

// A compaction copies the log into a new file without what is forgotten.
type compaction struct {
	s      *Store
	to     *file
	copied domain.Position
}

// How a compaction goes about it.
const (
	copyRecords = 4000 // at a time
	lastRecords = 4000 // are copied while nobody can write
)

// erase replaces the file by one without what is forgotten.
func (s *Store) erase(ctx context.Context) error {
	if pending, err := s.pending(); err != nil || !pending {
		return err
	}
	c := compaction{s: s}
	path := filepath.Join(s.dir, compactFile)
	old := s.file.Load()
	err := c.prepare(ctx, path)
	if err == nil {
		err = s.order(ctx, c.finish)
	}
	if err != nil && s.file.Load() == old {
		if c.to != nil {
			c.to.Close()
		}
		os.Remove(path)
		if diskFull(err) {
			return fmt.Errorf("%w (%w)", ErrNotErased, err)
		}
		return err
	}
	return errors.Join(err, old.retire(ctx))
}

// ErrNotErased says that forgotten entries are unreadable but still on the disk.
var ErrNotErased = &domain.Error{
	Kind: domain.Refused, Code: "disk-full-erasing",
	Text: "the stream is forgotten, but the disk has no room for erasing its entries; repeat it when there is room",
}

// retire closes a file when its last reader is done. The file has lost its name
// already, so that its contents go with it.
func (f *file) retire(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- f.Close() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("forgotten entries stay on the disk until a reading under way ends: %w", ctx.Err())
	}
}

// prepare copies all but the newest records while others write.
func (c *compaction) prepare(ctx context.Context, path string) (err error) {
	os.Remove(path)
	if err := create(path, c.s.identity); err != nil {
		return err
	}
	if c.to, err = openFile(path, false, true); err != nil {
		return err
	}
	for c.copied+lastRecords < domain.Position(c.s.head.Load()) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.s.closed() {
			return domain.ErrStoreClosed
		}
		if err := c.copy(); err != nil {
			return err
		}
	}
	return c.to.Sync() // so that there is little left to do in finish
}

// copy copies the next records.
func (c *compaction) copy() error {
	head := domain.Position(c.s.head.Load())
	upTo := min(head, c.copied+copyRecords)
	err := c.s.view(func(from *bbolt.Tx, hidden map[domain.Position]bool) error {
		return c.to.Update(func(to *bbolt.Tx) error { return copyLog(from, to, c.copied, upTo, hidden) })
	})
	if err == nil {
		c.copied = upTo
	}
	return err
}

// copyLog copies records from one file into another, and tombstones in the place
// of those that are hidden.
func copyLog(from, to *bbolt.Tx, after, upTo domain.Position, hidden map[domain.Position]bool) error {
	b := newBlocks(to, after+1, new(paper))
	var failed error
	err := scan(from, after, upTo, func(pos domain.Position, rec record) bool {
		kind, body := rec.kind, rec.body
		if hidden[pos] && kind == kindEntry {
			at, ok := locate(body)
			if !ok {
				failed = damage(pos, "the record is not in the stored form")
				return false
			}
			kind, body = kindTombstone, appendTombstone(nil, at)
		}
		value := append(make([]byte, headerSize, headerSize+len(body)), body...)
		seal(value, pos, kind, rec.link)
		failed = b.add(value)
		return failed == nil
	})
	return errors.Join(err, failed, b.end())
}

// finish copies the rest and puts the new file in the place of the old one. The
// writer does it, so that nobody writes meanwhile.
func (c *compaction) finish(w *writer) error {
	if f := w.s.failure.Load(); f != nil {
		return fmt.Errorf("%w (%w)", ErrFailed, f.err)
	}
	for c.copied < domain.Position(w.s.head.Load()) {
		if err := c.copy(); err != nil {
			return err
		}
	}
	old := w.s.file.Load()
	if err := old.view(func(from *bbolt.Tx) error {
		return c.to.Update(func(to *bbolt.Tx) error { return copyForgotten(from, to) })
	}); err != nil {
		return err
	}
	if err := c.to.Sync(); err != nil {
		return err
	}
	c.to.NoSync = w.s.options.NoSync
	if err := os.Rename(c.to.path, old.path); err != nil {
		return err
	}
	c.to.path = old.path
	w.s.file.Store(c.to)
	w.s.hidden.Store(nil)
	if err := syncDir(w.s.dir); err != nil {
		w.s.fail(err, nil)
		return err
	}
	return nil
}

// copyForgotten copies the list of forgotten streams, all of them erased now, and what
// else is known of the log.
func copyForgotten(from, to *bbolt.Tx) error {
	b := to.Bucket(bucketForgotten)
	if at := importedIn(from); at > 0 {
		if err := markImported(to, at); err != nil {
			return err
		}
	}
	return from.Bucket(bucketForgotten).ForEach(func(name, _ []byte) error {
		return b.Put(bytes.Clone(name), erasureDone)
	})
}
