package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync/atomic"

	"tavoli/domain"

	"github.com/google/uuid"
)

// A checkpoint is the index up to a position, as index.ckpt keeps it:
//
//	8 bytes  "TAVOLIX1"
//	24 bytes id and epoch of the store
//	8 bytes  position
//	16 bytes link of the record at the position
//	8 bytes  number of streams
//	8 bytes  number of events
//	streams  each: length of the name, name, flags, number of events, positions
//	4 bytes  CRC-32C over all of it
//
// Numbers within streams are varints, positions the difference to the one before.
type checkpoint struct {
	identity domain.Identity
	position domain.Position
	link     link
}

const (
	checkpointMagic  = "TAVOLIX1"
	checkpointHeader = 8 + 24 + 8 + linkSize + 8 + 8
)

// checkpoints is what the store knows of its index.ckpt.
type checkpoints struct {
	busy     atomic.Bool
	position domain.Position // of the newest; the writer's, then Close's
	link     link
}

// maybeCheckpoint begins a checkpoint if enough was written since the last.
func (s *Store) maybeCheckpoint(pos domain.Position, l link) {
	every := domain.Position(max(uint64(s.options.CheckpointEvery), uint64(pos)/8))
	s.ckpt.link = l
	if pos-s.ckpt.position < every || !s.ckpt.busy.CompareAndSwap(false, true) {
		return
	}
	s.ckpt.position = pos
	s.others.Go(func() {
		defer s.ckpt.busy.Store(false)
		s.writeCheckpoint(checkpoint{s.identity, pos, l})
	})
}

// checkpoint writes the last checkpoint, when nobody else writes.
func (s *Store) checkpoint() {
	head := domain.Position(s.head.Load())
	if head == s.ckpt.position {
		return
	}
	s.writeCheckpoint(checkpoint{s.identity, head, s.ckpt.link})
}

// writeCheckpoint replaces index.ckpt. Nothing depends on it, so it is not made
// durable and its failure is no failure of the store.
func (s *Store) writeCheckpoint(c checkpoint) {
	path := filepath.Join(s.dir, indexFile)
	temp := path + ".new"
	err := os.WriteFile(temp, c.encode(s.index), 0o600)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
		s.log.Warn("index.ckpt cannot be written", "error", err)
	}
}

// encode writes the index down as it was at the checkpoint's position. The index
// goes on changing meanwhile: it is locked for some streams at a time, and what
// came after the position is left out.
func (c checkpoint) encode(x *index) []byte {
	out := make([]byte, checkpointHeader, checkpointHeader+1<<16)
	copy(out, checkpointMagic)
	copy(out[8:], c.identity.ID[:])
	binary.LittleEndian.PutUint64(out[24:], c.identity.Epoch)
	binary.LittleEndian.PutUint64(out[32:], uint64(c.position))
	copy(out[40:], c.link[:])
	var streams, events uint64
	var buf [256]domain.Position
	for id := uint32(0); ; {
		x.mu.RLock()
		for end := id + streamBlock; id < end && id < x.count; id++ {
			var n uint64
			if out, n = x.encodeStream(out, id, c.position, buf[:]); n > 0 {
				streams++
				events += n - 1
			}
		}
		more := id < x.count
		x.mu.RUnlock()
		if !more {
			break
		}
	}
	binary.LittleEndian.PutUint64(out[56:], streams)
	binary.LittleEndian.PutUint64(out[64:], events)
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
}

// encodeStream appends one stream and returns one more than the events it has, or
// 0 where it has nothing to keep.
func (x *index) encodeStream(out []byte, id uint32, upTo domain.Position, buf []domain.Position) ([]byte, uint64) {
	s := x.at(id)
	count := x.lengthAt(id, upTo, buf)
	if count == 0 && s.flags == 0 {
		return out, 0
	}
	out = append(out, s.nameLen)
	out = append(out, x.nameOf(s)...)
	out = append(out, s.flags)
	out = binary.AppendUvarint(out, count)
	cur, last := cursor{id: id}, domain.Position(0)
	for n := len(buf); n == len(buf); {
		n = x.read(&cur, buf, upTo)
		for _, pos := range buf[:n] {
			out = binary.AppendUvarint(out, uint64(pos-last))
			last = pos
		}
	}
	return out, count + 1
}

// lengthAt returns how many events a stream had at a position.
func (x *index) lengthAt(id uint32, upTo domain.Position, buf []domain.Position) (count uint64) {
	if s := x.at(id); domain.Position(s.last) <= upTo {
		return uint64(s.length)
	}
	cur := cursor{id: id}
	for n := len(buf); n == len(buf); {
		n = x.read(&cur, buf, upTo)
		count += uint64(n)
	}
	return count
}

var errCheckpoint = errors.New("it is damaged")

// decodeCheckpoint reads index.ckpt into an empty index.
func decodeCheckpoint(data []byte, x *index) (checkpoint, error) {
	if len(data) < checkpointHeader+4 || string(data[:8]) != checkpointMagic {
		return checkpoint{}, fmt.Errorf("%w: it is no checkpoint of this version", errCheckpoint)
	}
	body, sum := data[:len(data)-4], binary.LittleEndian.Uint32(data[len(data)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return checkpoint{}, fmt.Errorf("%w: the checksum does not match", errCheckpoint)
	}
	c := checkpoint{
		identity: domain.Identity{ID: uuid.UUID(body[8:24]), Epoch: binary.LittleEndian.Uint64(body[24:])},
		position: domain.Position(binary.LittleEndian.Uint64(body[32:])),
		link:     link(body[40:56]),
	}
	streams, events := binary.LittleEndian.Uint64(body[56:]), binary.LittleEndian.Uint64(body[64:])
	d := decoder{rest: body[checkpointHeader:], most: uint64(c.position), x: x}
	for range streams {
		if !d.stream() {
			return checkpoint{}, fmt.Errorf("%w: stream %d cannot be read", errCheckpoint, x.count)
		}
	}
	if len(d.rest) != 0 || x.events != events || events > uint64(c.position) {
		return checkpoint{}, fmt.Errorf("%w: it holds %d events and not %d", errCheckpoint, x.events, events)
	}
	return c, nil
}

// A decoder reads the streams of a checkpoint.
type decoder struct {
	rest []byte
	most uint64 // no position is beyond it
	x    *index
}

// stream reads one stream and reports whether it made sense.
func (d *decoder) stream() bool {
	if len(d.rest) < 1 || len(d.rest) < int(d.rest[0])+2 {
		return false
	}
	name, flags := d.rest[1:1+d.rest[0]], d.rest[1+d.rest[0]]
	d.rest = d.rest[2+d.rest[0]:]
	count, ok := d.number()
	hash := d.x.hash(name)
	if _, known := d.x.find(name, hash); known || !ok || len(name) == 0 || flags > flagForgotten {
		return false
	}
	id := d.x.add(name, hash)
	d.x.at(id).flags = flags
	pos := uint64(0)
	for range count {
		n, ok := d.number()
		if !ok || n == 0 || n > d.most-pos {
			return false
		}
		pos += n
		d.x.push(id, pos)
	}
	return count == 0 || flags == 0
}

func (d *decoder) number() (uint64, bool) {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		return 0, false
	}
	d.rest = d.rest[n:]
	return v, true
}
