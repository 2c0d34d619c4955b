package keeper

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/google/uuid"

	"tavoli/domain"
)

// What can be asked, each with the token and, where the answer has keys, with what
// the client has seen of the ring: epoch and handed.
const (
	pathHealth  = "/healthz"    // GET, without a token: is it alive?
	pathRing    = "/v1/ring"    // GET: status and root
	pathTake    = "/v1/take"    // POST, n: a block of keys
	pathKeys    = "/v1/keys"    // GET, after and n: keys in the order in which they were handed out
	pathChanges = "/v1/changes" // GET, run, after and wait: what was destroyed
	pathDestroy = "/v1/destroy" // POST, a list of ids
	pathCheck   = "/v1/check"   // GET: is every key as it was?
	pathCopy    = "/v1/copy"    // GET: a copy of the ring for a restore
)

// The most that is said at once.
const (
	maxTake    = 4096
	maxPage    = 8192
	maxChanges = 50_000
	maxDestroy = 10_000
	maxBody    = 1 << 20
)

// A status says which ring a keeper has and how far it is.
type status struct {
	Ring      uuid.UUID `json:"ring"`
	Run       uuid.UUID `json:"run"`       // of the keeper's process; what was destroyed is counted anew in each
	Epoch     int       `json:"epoch"`     // how often the ring was restored
	Handed    uint64    `json:"handed"`    // how many keys were handed out
	Destroyed int       `json:"destroyed"` // how many of them were destroyed
}

// A greeting is what a client needs to begin.
type greeting struct {
	status
	Root []byte `json:"root"` // what the secrets of the installation follow from
}

// Changes are keys that were destroyed: some of the keeper's list, from one on.
type changes struct {
	status
	Since int            `json:"since"`
	Gone  []domain.KeyID `json:"gone"`
}

// More reports whether the keeper's list goes on.
func (c *changes) more() bool { return c.Since+len(c.Gone) < c.Destroyed }

// A destruction asks for keys to be destroyed; the answer names those that never were.
type destruction struct {
	Keys    []domain.KeyID `json:"keys,omitempty"`
	Missing []domain.KeyID `json:"missing,omitempty"`
}

// A trouble is the body of an answer that is none.
type trouble struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// The conditions of a key.
const (
	unknown   uint8 = iota // the client was not told of it
	live                   // it can be had
	destroyed              // it was destroyed on purpose
	damaged                // it ought to be there and cannot be read
	held                   // it lies in the client's stock
)

// A told key is a key as the keeper tells it.
type told struct {
	id    domain.KeyID
	state uint8 // live, destroyed or damaged
	key   domain.Key
}

// A frame is some keys on their way: a head, the keys, and the CRC-32C of both, so
// that no shortened answer passes for a whole one.
//
//	4 bytes   "TKF1"
//	16 bytes  the ring
//	4, 8, 4   epoch, keys handed out, keys that follow; little endian
//	73 bytes  each: id, state, key
//	4 bytes   CRC-32C
type frame struct {
	ring   uuid.UUID
	epoch  int
	handed uint64
	keys   []told
}

const (
	frameMagic = "TKF1"
	frameHead  = 4 + 16 + 4 + 8 + 4
	frameKey   = 8 + 1 + 64
)

// errFrame says that an answer is no frame, or not all of one.
var errFrame = errors.New("the answer is not whole")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (f *frame) bytes() []byte {
	b := make([]byte, 0, frameHead+len(f.keys)*frameKey+4)
	b = append(b, frameMagic...)
	b = append(b, f.ring[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(f.epoch))
	b = binary.LittleEndian.AppendUint64(b, f.handed)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.keys)))
	for i := range f.keys {
		k := &f.keys[i]
		b = binary.LittleEndian.AppendUint64(b, uint64(k.id))
		b = append(b, k.state)
		b = append(b, k.key.Seal[:]...)
		b = append(b, k.key.Salt[:]...)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func parseFrame(b []byte) (*frame, error) {
	if len(b) < frameHead+4 || !bytes.HasPrefix(b, []byte(frameMagic)) {
		return nil, fmt.Errorf("%d bytes: %w", len(b), errFrame)
	}
	body := b[:len(b)-4]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[len(b)-4:]) {
		return nil, fmt.Errorf("%d bytes do not match their checksum: %w", len(b), errFrame)
	}
	f := &frame{ring: uuid.UUID(b[4:20]), epoch: int(binary.LittleEndian.Uint32(b[20:])), handed: binary.LittleEndian.Uint64(b[24:])}
	count := int(binary.LittleEndian.Uint32(b[32:]))
	if rest := body[frameHead:]; count*frameKey == len(rest) {
		f.keys = make([]told, count)
		for i := range f.keys {
			f.keys[i].parse(rest[i*frameKey:][:frameKey])
		}
		return f, nil
	}
	return nil, fmt.Errorf("%d keys in %d bytes: %w", count, len(b), errFrame)
}

func (k *told) parse(b []byte) {
	k.id, k.state = domain.KeyID(binary.LittleEndian.Uint64(b)), b[8]
	copy(k.key.Seal[:], b[9:41])
	copy(k.key.Salt[:], b[41:73])
}
