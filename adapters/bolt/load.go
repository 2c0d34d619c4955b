package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"tavoli/domain"

	bbolt "go.etcd.io/bbolt"
)

// A loading is the work of opening a store: it finds out what the store is, how
// far it goes, and which entries belong to which stream.
type loading struct {
	index *index
	path  string // of index.ckpt
	log   *slog.Logger

	identity domain.Identity
	head     domain.Position
	from     domain.Position // up to where index.ckpt was of use
	link     link
	last     time.Time
	hidden   map[domain.Position]bool
	pending  bool
}

// read does all of it in one read transaction.
func (l *loading) read(tx *bbolt.Tx) (err error) {
	if l.identity, err = readIdentity(tx); err != nil {
		return err
	}
	if err := l.findHead(tx); err != nil {
		return err
	}
	forgotten := l.forgotten(tx)
	if !l.pending { // else the positions of what is still to be erased are needed
		l.fromCheckpoint(tx)
	}
	for _, name := range forgotten {
		l.index.forget(name)
	}
	return l.fromLog(tx)
}

// findHead reads the last record.
func (l *loading) findHead(tx *bbolt.Tx) error {
	b := tx.Bucket(bucketLog)
	key, _ := b.Cursor().Last()
	if key == nil {
		l.link = firstLink(l.identity.ID)
		return ahead(b, 0)
	}
	pos, ok := positionOf(key)
	if !ok {
		return &Finding{What: fmt.Sprintf("the log has a key of %d bytes", len(key))}
	}
	rec, err := get(tx, pos)
	if err != nil {
		return err
	}
	at, ok := describe(rec)
	if !ok {
		return damage(pos, "the record is not in the stored form")
	}
	l.head, l.link = pos, rec.link
	if l.last, err = time.Parse(timeLayout, string(at.recorded)); err != nil {
		return damage(pos, "the time of recording cannot be read")
	}
	return ahead(b, pos)
}

// ahead reports entries that the log has lost from its end.
func ahead(log *bbolt.Bucket, head domain.Position) error {
	if seq := domain.Position(log.Sequence()); seq != head {
		return damage(max(head, seq), fmt.Sprintf("the log ends at %d and says it ends at %d", head, seq))
	}
	return nil
}

// describe returns what a record tells of its place, whichever kind it is.
func describe(rec record) (tombstone, bool) {
	if rec.kind == kindTombstone {
		return readTombstone(rec.body)
	}
	return locate(rec.body)
}

// forgotten lists the forgotten streams and notes whether one is not erased yet.
func (l *loading) forgotten(tx *bbolt.Tx) (names [][]byte) {
	c := tx.Bucket(bucketForgotten).Cursor()
	for name, state := c.First(); name != nil; name, state = c.Next() {
		names = append(names, name)
		l.pending = l.pending || bytes.Equal(state, erasurePending)
	}
	return names
}

// fromCheckpoint fills the index from index.ckpt, if that belongs to this log.
func (l *loading) fromCheckpoint(tx *bbolt.Tx) {
	data, err := os.ReadFile(l.path)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	var c checkpoint
	x := newIndex()
	if err == nil {
		c, err = decodeCheckpoint(data, x)
	}
	if err == nil {
		err = c.belongs(tx, l.identity, l.head)
	}
	if err != nil {
		l.log.Warn("index.ckpt is of no use; the log is read instead", "reason", err)
		return
	}
	*l.index = index{seed: x.seed, slots: x.slots, blocks: x.blocks, count: x.count, names: x.names, chunks: x.chunks, events: x.events}
	l.from = c.position
}

// belongs reports why a checkpoint is not one of this log.
func (c checkpoint) belongs(tx *bbolt.Tx, id domain.Identity, head domain.Position) error {
	switch {
	case c.identity != id:
		return fmt.Errorf("it belongs to the store %s, not to %s", c.identity, id)
	case c.position > head:
		return fmt.Errorf("it reaches to %d, the log to %d", c.position, head)
	case c.position == 0:
		return nil
	}
	rec, err := get(tx, c.position)
	if err == nil && rec.link != c.link {
		err = fmt.Errorf("position %d is not the record it was", c.position)
	}
	return err
}

// fromLog notes what stands in the log behind the checkpoint.
func (l *loading) fromLog(tx *bbolt.Tx) error {
	var bad error
	err := scan(tx, l.from, l.head, func(pos domain.Position, rec record) bool {
		if rec.kind == kindTombstone {
			return true
		}
		at, ok := locate(rec.body)
		if !ok {
			bad = damage(pos, "the record is not in the stored form")
			return false
		}
		bad = l.note(pos, at)
		return bad == nil
	})
	return errors.Join(bad, err)
}

func (l *loading) note(pos domain.Position, at tombstone) error {
	hash := l.index.hash(at.stream)
	id, ok := l.index.find(at.stream, hash)
	if !ok {
		id = l.index.add(at.stream, hash)
	}
	switch s := l.index.at(id); {
	case s.flags&flagForgotten != 0:
		if l.hidden == nil {
			l.hidden = make(map[domain.Position]bool)
		}
		l.hidden[pos] = true
	case domain.Revision(s.length) != at.revision:
		f := damage(pos, fmt.Sprintf("revision %d where %d is due", at.revision, s.length))
		f.Stream = domain.Stream(at.stream)
		return f
	default:
		l.index.push(id, uint64(pos))
	}
	return nil
}
