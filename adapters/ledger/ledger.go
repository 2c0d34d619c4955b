package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"tavoli/domain"
)

// A Ledger is the tree over the facts of a log, which it follows. What it is asked
// it answers for the leaves it has seen. It is safe for concurrent use.
type Ledger struct {
	log domain.Log

	mu      sync.RWMutex
	tree    tree
	upTo    domain.Position
	keys    []Key
	closing int64         // how many leaves there were with the newest closing of a tavolo
	changed chan struct{} // closed when anything above changes
}

// A Key is a public key that the log says signs the register.
type Key struct {
	Number     int
	VKey       string
	Index      int64     // of the leaf that introduced it
	RecordedAt time.Time // of that leaf
}

// New returns the ledger of a log. It is empty until it follows.
func New(log domain.Log) *Ledger { return &Ledger{log: log, changed: make(chan struct{})} }

// Follow adds the log's facts to the tree until ctx is done, and then returns nil.
// It returns an error when the log fails or holds what is no entry. It may be
// called again, but not twice at a time.
func (l *Ledger) Follow(ctx context.Context) error {
	_, after := l.Size()
	for page, err := range l.log.Follow(ctx, after) {
		if err == nil {
			err = l.add(page)
		}
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			_, at := l.Size()
			return fmt.Errorf("follow the log after %d: %w", at, err)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return errors.New("the log ended by itself")
}

// A leaf is what the ledger keeps of a fact.
type leaf struct {
	hash tlog.Hash
	at   domain.Position
}

// add makes the facts of a page the next leaves.
func (l *Ledger) add(page domain.Page) error {
	var room [64]leaf
	leaves, size := room[:0], l.tree.size // only this method changes the tree
	var keys []Key
	closing := int64(0)
	for _, e := range page.Entries {
		fact, name, err := factOf(e)
		if err != nil {
			return err
		}
		if !fact {
			continue
		}
		switch name {
		case closed:
			closing = size + int64(len(leaves)) + 1
		case introduced:
			k, err := keyOf(e, size+int64(len(leaves)))
			if err != nil {
				return err
			}
			keys = append(keys, k)
		}
		leaves = append(leaves, leaf{tlog.RecordHash(e.Bytes), e.Position})
	}
	l.publish(leaves, page.UpTo, keys, closing)
	return nil
}

// publish shows to all who ask what a page has added.
func (l *Ledger) publish(leaves []leaf, upTo domain.Position, keys []Key, closing int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, leaf := range leaves {
		l.tree.add(leaf.hash, leaf.at)
	}
	l.upTo = upTo
	l.keys = append(l.keys, keys...)
	l.closing = max(l.closing, closing)
	close(l.changed)
	l.changed = make(chan struct{})
}

// The events that the ledger takes note of.
var (
	closed     = domain.TavoloClosed{}.Name()
	introduced = domain.LedgerKeyIntroduced{}.Name()
)

// factOf reports whether an entry is a leaf, and tells the name of its event.
func factOf(e domain.Entry) (fact bool, name string, err error) {
	name, stream, ok := domain.EntryKind(e.Bytes)
	if !ok {
		return false, "", fmt.Errorf("entry at %d is not in the stored form", e.Position)
	}
	return !bytes.HasPrefix(stream, personal), name, nil
}

// personal begins the name of every personal stream.
var personal = []byte(domain.CategoryPersona + "-")

// keyOf reads the fact that introduces a key.
func keyOf(e domain.Entry, index int64) (Key, error) {
	rec, err := e.Record()
	if err != nil {
		return Key{}, err
	}
	k, ok := rec.Event.(domain.LedgerKeyIntroduced)
	if !ok {
		return Key{}, fmt.Errorf("entry at %d introduces no key", e.Position)
	}
	return Key{k.Number, k.VKey, index, rec.RecordedAt}, nil
}

// Wait returns when the ledger has seen the entry at a position, or ctx is done.
func (l *Ledger) Wait(ctx context.Context, at domain.Position) error {
	for {
		l.mu.RLock()
		upTo, changed := l.upTo, l.changed
		l.mu.RUnlock()
		if upTo >= at {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// view returns the tree as it is now.
func (l *Ledger) view() tree {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.tree.snapshot()
}

// sized returns the tree as it is now, which has at least so many leaves.
func (l *Ledger) sized(size int64) (tree, error) {
	t := l.view()
	if size < 0 || size > t.size {
		return t, fmt.Errorf("%w: %d of %d", ErrNoSize, size, t.size)
	}
	return t, nil
}

// Size returns how many leaves there are, and the position up to which the log was
// read for them.
func (l *Ledger) Size() (size int64, upTo domain.Position) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.tree.size, l.upTo
}

// SizeAt returns how many leaves stand up to a position, that one included.
func (l *Ledger) SizeAt(p domain.Position) int64 {
	t := l.view()
	return t.until(p)
}

// Keys returns the keys that the facts have introduced so far, the first one first.
func (l *Ledger) Keys() []Key {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.keys)
}

// Root returns what the first so many leaves add up to.
func (l *Ledger) Root(size int64) (Hash, error) {
	t, err := l.sized(size)
	if err != nil {
		return Hash{}, err
	}
	h, err := tlog.TreeHash(size, &t)
	return Hash(h), err
}

// Leaf returns the hash of a leaf.
func (l *Ledger) Leaf(index int64) (Hash, error) {
	t, err := l.sized(index + 1)
	if err != nil || index < 0 {
		return Hash{}, errors.Join(err, ErrNoSize)
	}
	return Hash(t.hash(0, index)), nil
}

// Position returns where a leaf stands in the log.
func (l *Ledger) Position(index int64) (domain.Position, error) {
	t, err := l.sized(index + 1)
	if err != nil || index < 0 {
		return 0, errors.Join(err, ErrNoSize)
	}
	return t.position(index), nil
}

// Index returns which leaf the fact at a position is, and [ErrNoFact] where none is.
func (l *Ledger) Index(p domain.Position) (int64, error) {
	t := l.view()
	index := t.until(p) - 1
	if index < 0 || t.position(index) != p {
		return 0, ErrNoFact
	}
	return index, nil
}

// ProveInclusion returns the hashes that lead from a leaf to the root of a size.
func (l *Ledger) ProveInclusion(index, size int64) ([]Hash, error) {
	t, err := l.sized(size)
	if err != nil || index < 0 || index >= size {
		return nil, errors.Join(err, ErrNoSize)
	}
	proof, err := tlog.ProveRecord(size, index, &t)
	return hashes(proof), err
}

// ProveConsistency returns the hashes that show that the tree of one size begins
// with that of a smaller one, which is not empty.
func (l *Ledger) ProveConsistency(from, to int64) ([]Hash, error) {
	t, err := l.sized(to)
	if err != nil || from < 1 || from > to {
		return nil, errors.Join(err, ErrNoSize)
	}
	proof, err := tlog.ProveTree(to, from, &t)
	return hashes(proof), err
}

// hashes returns hashes as they are told.
func hashes(list []tlog.Hash) []Hash {
	told := make([]Hash, len(list))
	for i, h := range list {
		told[i] = Hash(h)
	}
	return told
}

// Entries reads the facts from one leaf up to, and without, another out of the log,
// in order. Each has the bytes its leaf was made of, or the reading ends with a
// [Mismatch].
func (l *Ledger) Entries(ctx context.Context, from, to int64) iter.Seq2[domain.Entry, error] {
	return func(yield func(domain.Entry, error) bool) {
		t, err := l.sized(to)
		if err != nil || from < 0 || from > to {
			yield(domain.Entry{}, errors.Join(err, ErrNoSize))
			return
		}
		if from == to {
			return
		}
		r := reading{tree: t, next: from, end: to}
		if err := r.run(ctx, l.log, yield); err != nil {
			yield(domain.Entry{}, err)
		}
	}
}

// Entry reads one fact out of the log.
func (l *Ledger) Entry(ctx context.Context, index int64) (domain.Entry, error) {
	for e, err := range l.Entries(ctx, index, index+1) {
		return e, err
	}
	return domain.Entry{}, ErrNoSize
}

// Verify reads the whole log again and compares it with the tree, leaf by leaf. It
// returns a [Mismatch] if anything was changed, removed, added or moved.
func (l *Ledger) Verify(ctx context.Context) error {
	t, upTo := l.view(), domain.Position(0)
	if t.size > 0 {
		upTo = t.position(t.size - 1)
	}
	r := reading{tree: t, end: t.size}
	return r.all(ctx, l.log, upTo)
}
