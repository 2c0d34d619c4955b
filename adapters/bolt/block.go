package bolt

import (
	"encoding/binary"

	"tavoli/domain"

	bbolt "go.etcd.io/bbolt"
)

// A block is some records that were written together, as one value of the log: a
// count of 4 bytes, and the records one after the other. Its key is the position
// of the last, so that seeking a position finds the block it is in. A lone record
// is a block as well. Blocks spare bbolt most of its work per record.
const (
	blockCount = 4
	blockBytes = 3900 // four of them fit into a page
)

// blocks writes records into the log.
type blocks struct {
	log   *bbolt.Bucket
	paper *paper
	next  domain.Position
	value []byte
	count uint32
}

// newBlocks begins to write at a position behind all there are, on paper that is
// left alone until the transaction has ended.
func newBlocks(tx *bbolt.Tx, next domain.Position, p *paper) *blocks {
	log := tx.Bucket(bucketLog)
	log.FillPercent = 1
	return &blocks{log: log, paper: p, next: next}
}

// A paper is memory for blocks, used by one transaction after the other.
type paper struct {
	all  [][]byte
	used int
}

// maxPaper is how many blocks a paper keeps between transactions.
const maxPaper = 512

// take returns memory for a block of at least size bytes.
func (p *paper) take(size int) []byte {
	if size > blockBytes {
		return make([]byte, blockCount, size)
	}
	if p.used == len(p.all) {
		p.all = append(p.all, make([]byte, blockBytes))
	}
	p.used++
	return p.all[p.used-1][:blockCount]
}

// leave gives back what a transaction that has ended took.
func (p *paper) leave() {
	p.all, p.used = p.all[:min(len(p.all), maxPaper)], 0
}

// add writes the next record.
func (b *blocks) add(rec []byte) error {
	if b.count > 0 && len(b.value)+len(rec) > blockBytes {
		if err := b.put(); err != nil {
			return err
		}
	}
	if b.count == 0 {
		b.value = b.paper.take(blockCount + len(rec))
	}
	b.value = append(b.value, rec...)
	b.count++
	b.next++
	return nil
}

// put ends a block.
func (b *blocks) put() error {
	binary.BigEndian.PutUint32(b.value, b.count)
	key := keyOf(b.next - 1)
	b.count = 0
	return b.log.Put(key[:], b.value)
}

// end ends the last block and notes how far the log goes.
func (b *blocks) end() error {
	if b.count > 0 {
		if err := b.put(); err != nil {
			return err
		}
	}
	return b.log.SetSequence(uint64(b.next - 1))
}

// A block, being read.
type block struct {
	first, last domain.Position
	rest        []byte
}

// readBlock returns the block of a key and a value, and false if it is none.
func readBlock(key, value []byte) (b block, ok bool) {
	if b.last, ok = positionOf(key); !ok || len(value) < blockCount {
		return b, false
	}
	n := domain.Position(binary.BigEndian.Uint32(value))
	b.first, b.rest = b.last-n+1, value[blockCount:]
	return b, n > 0 && n <= b.last
}

// next returns the next record of the block, header and body.
func (b *block) next() ([]byte, bool) {
	if len(b.rest) < headerSize {
		return nil, false
	}
	n := headerSize + int(binary.BigEndian.Uint32(b.rest[4:]))
	if n > len(b.rest) {
		return nil, false
	}
	rec := b.rest[:n:n]
	b.rest = b.rest[n:]
	return rec, true
}

// scan gives fn every record after one position up to another, until fn says
// stop. A record that is missing or damaged is an error.
func scan(tx *bbolt.Tx, after, head domain.Position, fn func(domain.Position, record) bool) error {
	c := tx.Bucket(bucketLog).Cursor()
	want := after + 1
	from := keyOf(want)
	for key, value := c.Seek(from[:]); want <= head; key, value = c.Next() {
		b, ok := readBlock(key, value)
		if key == nil || ok && b.first > want || b.last < want {
			return damage(want, "the record is missing")
		}
		if !ok {
			return damage(want, "its block is not in the stored form")
		}
		for pos := b.first; pos <= b.last && want <= head; pos++ {
			rec, ok := b.next()
			if !ok {
				return damage(want, "its block is not in the stored form")
			}
			if pos < want {
				continue
			}
			r, err := open(rec, pos)
			if err != nil {
				return err
			}
			if want++; !fn(pos, r) {
				return nil
			}
		}
	}
	return nil
}

// get returns the record at a position.
func get(tx *bbolt.Tx, pos domain.Position) (rec record, err error) {
	err = scan(tx, pos-1, pos, func(_ domain.Position, r record) bool {
		rec = r
		return false
	})
	return rec, err
}
