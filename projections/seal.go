package projections

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"tavoli/domain"
)

// The file of a snapshot is a magic text, the length of the header in four bytes,
// the header, the seal, and the parts one after the other in blocks, each sealed
// with AES-256-GCM. The key follows from the secret of the installation and from
// the seal, which follows from the secret, the header and the digests of the
// parts: other content has another key, so that a block's number is nonce enough.
// Each block is bound to header and seal.
const (
	snapshotMagic  = "tavoli-snapshot\n"
	snapshotFormat = 1
	sealSize       = sha256.Size
	blockSize      = 256 << 10 // of plain bytes; the last block of a part is shorter
	blockOverhead  = 16
	maxHeader      = 64 << 10
)

// errSnapshot is what is wrong with the form of a snapshot.
var errSnapshot = errors.New("not a snapshot this program can read")

// A header says what a snapshot is of.
type header struct {
	identity domain.Identity
	position domain.Position
	parts    []headerPart
}

// A headerPart is one model in a snapshot.
type headerPart struct {
	name    string
	version int
	size    int // of its encoded form
}

func (h header) encode() []byte {
	var e encoder
	e.uint(snapshotFormat)
	e.uuid(h.identity.ID)
	e.uint(h.identity.Epoch)
	e.position(h.position)
	list(&e, h.parts, func(p headerPart) {
		e.text(p.name)
		e.count(p.version)
		e.count(p.size)
	})
	return e.buf
}

func decodeHeader(data []byte) (h header, err error) {
	d := newDecoder(data)
	if format := d.uint(); d.err == nil && format != snapshotFormat {
		return h, fmt.Errorf("%w: its format is %d, not %d", errSnapshot, format, snapshotFormat)
	}
	h.identity = domain.Identity{ID: d.uuid(), Epoch: d.uint()}
	h.position = d.position()
	h.parts = readList(d, 3, func() headerPart { return headerPart{d.text(), d.length(), d.length()} })
	return h, d.end()
}

// length reads the length of something that lies elsewhere.
func (d *decoder) length() int {
	n := d.uint()
	if n > 1<<40 {
		d.fail("%d is too long", n)
		return 0
	}
	return int(n)
}

// sealedSize returns how many bytes a part of that size takes sealed.
func sealedSize(plain int) int {
	return plain + (plain+blockSize-1)/blockSize*blockOverhead
}

// makeSeal returns the seal over a header and the digests of its parts.
func makeSeal(secret [32]byte, header []byte, digests [][]byte) []byte {
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte("tavoli/snapshot/seal/v1\x00"))
	sum := sha256.Sum256(header)
	mac.Write(sum[:])
	for _, digest := range digests {
		mac.Write(digest)
	}
	return mac.Sum(nil)
}

// A sealer seals and opens the blocks of one snapshot.
type sealer struct {
	aead  cipher.AEAD
	bound []byte // header and seal, which every block is bound to
}

func newSealer(secret [32]byte, header, seal []byte) (*sealer, error) {
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte("tavoli/snapshot/key/v1\x00"))
	mac.Write(seal)
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	hash.Write(header)
	hash.Write(seal)
	return &sealer{aead, hash.Sum(nil)}, nil
}

// nonce returns the nonce of a block of a part.
func (s *sealer) nonce(part, block int) []byte {
	nonce := binary.BigEndian.AppendUint32(make([]byte, 0, 12), uint32(part))
	return binary.BigEndian.AppendUint64(nonce, uint64(block))
}

func (s *sealer) seal(dst []byte, part, block int, plain []byte) []byte {
	return s.aead.Seal(dst, s.nonce(part, block), plain, s.bound)
}

// open opens a sealed block where it lies.
func (s *sealer) open(part, block int, sealed []byte) ([]byte, error) {
	plain, err := s.aead.Open(sealed[:0], s.nonce(part, block), sealed, s.bound)
	if err != nil {
		return nil, fmt.Errorf("block %d of part %d: %w", block, part, err)
	}
	return plain, nil
}
