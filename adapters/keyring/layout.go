package keyring

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/google/uuid"

	"tavoli/domain"
)

// A file of a ring is
//
//	page 0  the header
//	page 1  the header again
//	page 2  the record of an even number
//	page 3  the record of an odd number; the newer one holds
//	…       slots of 72 bytes, one key each
//
// Numbers are little endian; every part ends in its CRC-32C.
const (
	pageSize  = 4096
	start     = 4 * pageSize // of the slots
	keySize   = 64
	slotSize  = keySize + 8
	magic     = "tavoli keyring 1"
	recording = "tavoli keys had "
)

// The states of a slot, unlike one another in many bits.
const (
	live      uint32 = 0x9e3779b1
	destroyed uint32 = 0x61c8d64e
)

// An id is the epoch of the ring, which each restore raises, and the number of
// the slot, from 1. Ids stay below 2^53, which every reader of JSON takes.
const (
	slotBits  = 40
	maxEpochs = 400
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func seal(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// unseal returns b without its checksum, and false if that is wrong.
func unseal(b []byte) ([]byte, bool) {
	body := b[:len(b)-4]
	return body, crc32.Checksum(body, castagnoli) == binary.LittleEndian.Uint32(b[len(b)-4:])
}

// page returns a page that holds body and ends in its checksum.
func page(body []byte) []byte {
	return seal(append(body, make([]byte, pageSize-4-len(body))...))
}

// A header says which ring it is.
type header struct {
	id     uuid.UUID
	master [32]byte // from which the secrets of the installation follow
}

// codec returns what reads and writes the slots of the ring.
func (h header) codec() codec { return codec(crc32.Checksum(h.id[:], castagnoli)) }

func (h header) page() []byte {
	body := append(make([]byte, 0, pageSize), magic...)
	body = append(body, h.id[:]...)
	return page(append(body, h.master[:]...))
}

// readHeader reads the header, or the second one if the first is damaged.
func readHeader(f io.ReaderAt) (header, error) {
	known := false
	for n := range int64(2) {
		buf := make([]byte, pageSize)
		if _, err := f.ReadAt(buf, n*pageSize); err != nil && !errors.Is(err, io.EOF) {
			return header{}, err
		}
		body, ok := unseal(buf)
		switch rest, magical := bytes.CutPrefix(body, []byte(magic)); {
		case ok && magical:
			return header{uuid.UUID(rest[:16]), [32]byte(rest[16:48])}, nil
		case magical:
			known = true
		}
	}
	if known {
		return header{}, fmt.Errorf("its header does not match its checksum: %w", ErrDamaged)
	}
	return header{}, fmt.Errorf("it is no keyring: %w", ErrDamaged)
}

// A record says how far keys may have been handed out.
type record struct {
	seq    uint64
	mark   uint64   // nobody had a key from this slot on
	copied bool     // the file is a copy, which must not hand out keys
	bounds []uint64 // the first slot of each epoch
}

func (r record) place() int64 { return int64(2+r.seq%2) * pageSize }

func (r record) page() []byte {
	body := append(make([]byte, 0, pageSize), recording...)
	copied := uint64(0)
	if r.copied {
		copied = 1
	}
	for _, n := range append([]uint64{r.seq, r.mark, copied, uint64(len(r.bounds))}, r.bounds...) {
		body = binary.LittleEndian.AppendUint64(body, n)
	}
	return page(body)
}

func parseRecord(buf []byte) (record, bool) {
	body, ok := unseal(buf)
	body, known := bytes.CutPrefix(body, []byte(recording))
	if !ok || !known {
		return record{}, false
	}
	number := func(i int) uint64 { return binary.LittleEndian.Uint64(body[8*i:]) }
	r := record{seq: number(0), mark: number(1), copied: number(2) != 0}
	if number(3) < 1 || number(3) > maxEpochs || r.mark >= 1<<slotBits {
		return record{}, false
	}
	for i := range int(number(3)) {
		r.bounds = append(r.bounds, number(4+i))
	}
	return r, true
}

// readRecord reads the newer record of a file with so many slots. Where one cannot be read it might have been
// the newer one: then every key in the file counts as handed out.
func readRecord(f io.ReaderAt, slots uint64) (record, error) {
	buf := make([]byte, 2*pageSize)
	if _, err := f.ReadAt(buf, 2*pageSize); err != nil && !errors.Is(err, io.EOF) {
		return record{}, err
	}
	even, ok1 := parseRecord(buf[:pageSize])
	odd, ok2 := parseRecord(buf[pageSize:])
	r := even
	switch {
	case !ok1 && !ok2:
		return record{}, fmt.Errorf("it does not say how far keys were handed out: %w", ErrDamaged)
	case !ok1 || ok2 && odd.seq > even.seq:
		r = odd
	}
	if slots < r.mark {
		return record{}, fmt.Errorf("%d keys ought to be there, but it ends after %d: %w", r.mark, slots, ErrDamaged)
	}
	if !ok1 || !ok2 {
		r.mark = slots
	}
	return r, nil
}

// slotsIn returns how many whole slots a file has.
func slotsIn(f *os.File) (uint64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return slotsOf(info.Size()), nil
}

func slotsOf(size int64) uint64 { return uint64(max(size-start, 0) / slotSize) }

// idOf returns the id of the key in a slot.
func idOf(slot uint64, bounds []uint64) domain.KeyID {
	epoch := len(bounds) - 1
	for slot < bounds[epoch] {
		epoch--
	}
	return domain.KeyID(uint64(epoch)<<slotBits | (slot + 1))
}

// slotOf returns where the key of an id is, and false if it was never handed out.
func slotOf(id domain.KeyID, bounds []uint64, next uint64) (uint64, bool) {
	epoch, number := uint64(id)>>slotBits, uint64(id)&(1<<slotBits-1)
	if epoch >= uint64(len(bounds)) || number == 0 {
		return 0, false
	}
	slot, end := number-1, next
	if epoch+1 < uint64(len(bounds)) {
		end = bounds[epoch+1]
	}
	return slot, bounds[epoch] <= slot && slot < end
}

func offset(slot uint64) int64 { return start + int64(slot)*slotSize }

// A codec reads and writes the slots of one ring. Their checksums begin with what
// it says, and cover the number of the slot, so that no slot passes for another.
type codec uint32

func (c codec) append(dst []byte, slot uint64, state uint32, secret *[keySize]byte) []byte {
	n := len(dst)
	dst = append(dst, secret[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, state)
	return binary.LittleEndian.AppendUint32(dst, c.checksum(slot, dst[n:]))
}

func (c codec) checksum(slot uint64, body []byte) uint32 {
	return crc32.Update(uint32(c)^uint32(slot)^uint32(slot>>32), castagnoli, body)
}

// parse reads the key in a slot.
func (c codec) parse(b []byte, slot uint64) (domain.Key, error) {
	if c.checksum(slot, b[:slotSize-4]) != binary.LittleEndian.Uint32(b[slotSize-4:]) {
		return domain.Key{}, fmt.Errorf("the %d bytes at %d do not match their checksum: %w: %w", slotSize, offset(slot), ErrDamaged, domain.ErrKeyMissing)
	}
	switch binary.LittleEndian.Uint32(b[keySize:]) {
	case live:
		return domain.Key{Seal: [32]byte(b[:32]), Salt: [32]byte(b[32:keySize])}, nil
	case destroyed:
		return domain.Key{}, domain.ErrKeyDestroyed
	}
	return domain.Key{}, fmt.Errorf("the state at %d is none: %w: %w", offset(slot)+keySize, ErrDamaged, domain.ErrKeyMissing)
}

// key reads the key in a slot of a file.
func (c codec) key(f *os.File, slot uint64) (domain.Key, error) {
	var buf [slotSize]byte
	if _, err := f.ReadAt(buf[:], offset(slot)); errors.Is(err, io.EOF) {
		return domain.Key{}, fmt.Errorf("the file ends before byte %d: %w: %w", offset(slot+1), ErrDamaged, domain.ErrKeyMissing)
	} else if err != nil {
		return domain.Key{}, err
	}
	return c.parse(buf[:], slot)
}

// ahead reads the keys from a slot on that can be handed out, n at most.
func (c codec) ahead(f io.ReaderAt, from uint64, n int) ([]domain.Key, error) {
	buf := make([]byte, n*slotSize)
	defer clear(buf)
	got, err := f.ReadAt(buf, offset(from))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var keys []domain.Key
	for i := range got / slotSize {
		key, err := c.parse(buf[i*slotSize:][:slotSize], from+uint64(i))
		if err != nil {
			break
		}
		keys = append(keys, key)
	}
	return keys, nil
}
