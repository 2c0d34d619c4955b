package projections

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"tavoli/domain"
)

// A Shelf is where a snapshot lies: a file, usually.
type Shelf interface {
	// Read returns the snapshot, or [fs.ErrNotExist] if there is none.
	Read() ([]byte, error)

	// Write lets fill write a new snapshot in place of the old one. It is the
	// whole new one that is read afterwards, or the old one.
	Write(fill func(io.Writer) error) error
}

// A Snapshots is what a view needs to keep its models for the next start. They
// hold personal values, so a snapshot is sealed.
type Snapshots struct {
	Shelf    Shelf
	Secret   [32]byte        // of the installation; kept apart from the shelf
	Identity domain.Identity // of the store
}

// A SnapshotInfo tells of the newest snapshot.
type SnapshotInfo struct {
	Position domain.Position `json:"position,string"`
	At       time.Time       `json:"at,omitzero"` // when it was written, or loaded
	Bytes    int64           `json:"bytes"`
	Loaded   bool            `json:"loaded"`              // rather than written by this program
	Paused   time.Duration   `json:"paused_ns,omitempty"` // how long the models stood still for it
	Digests  []Digest        `json:"digests,omitempty"`
}

// Why no snapshot is written.
var (
	ErrNoShelf  = &domain.Error{Kind: domain.Refused, Code: "no-snapshots", Text: "no place for snapshots is set"}
	ErrUnopened = &domain.Error{Kind: domain.Refused, Code: "values-unopened", Text: "values of persons could not be opened; a snapshot would keep them from being opened later"}
)

// Snapshot writes the models to the shelf. They stand still while they are encoded
// into memory, and questions go on being answered.
func (v *View) Snapshot(ctx context.Context) (SnapshotInfo, error) {
	s := v.options.Snapshots
	if s == nil {
		return SnapshotInfo{}, ErrNoShelf
	}
	switch {
	case ctx.Err() != nil:
		return SnapshotInfo{}, ctx.Err()
	case v.reader.unopened.Load() > 0:
		return SnapshotInfo{}, ErrUnopened
	}
	image := v.image(s.Identity)
	info := SnapshotInfo{Position: image.header.position, Digests: image.digests(), Paused: image.paused}
	err := s.Shelf.Write(func(w io.Writer) (err error) {
		info.Bytes, err = image.write(ctx, w, s.Secret)
		return err
	})
	if err != nil {
		return SnapshotInfo{}, fmt.Errorf("write a snapshot at %d: %w", info.Position, err)
	}
	info.At = v.options.now()
	v.snapshot.Store(&info)
	return info, nil
}

// An image is models in their encoded form.
type image struct {
	header header
	parts  []blocks
	paused time.Duration
}

// blocks are bytes in pieces of blockSize, the last of which is shorter.
type blocks struct {
	list [][]byte
	size int
	sum  []byte // SHA-256
}

func (b *blocks) write(data []byte) {
	for b.size += len(data); len(data) > 0; {
		last := len(b.list) - 1
		if last < 0 || len(b.list[last]) == blockSize {
			b.list = append(b.list, make([]byte, 0, blockSize))
			last++
		}
		n := min(len(data), blockSize-len(b.list[last]))
		b.list[last] = append(b.list[last], data[:n]...)
		data = data[n:]
	}
}

// image encodes the models while they stand still.
func (v *View) image(id domain.Identity) *image {
	v.applying.Lock()
	began := v.options.now()
	m := v.models.image(header{identity: id, position: v.Seen()})
	m.paused = v.options.now().Sub(began)
	v.applying.Unlock()
	m.hash()
	return m
}

// image encodes the models, which the caller makes stand still.
func (m *Models) image(h header) *image {
	parts := m.models()
	i := &image{header: h, parts: make([]blocks, len(parts))}
	i.header.parts = make([]headerPart, len(parts))
	parallel(len(parts), func(n int) {
		e := encoder{sink: i.parts[n].write}
		parts[n].encode(&e)
		e.flush()
		i.header.parts[n] = headerPart{parts[n].name, parts[n].version, i.parts[n].size}
	})
	return i
}

// hash fills in the SHA-256 of each model.
func (m *image) hash() {
	parallel(len(m.parts), func(i int) {
		hash := sha256.New()
		for _, block := range m.parts[i].list {
			hash.Write(block)
		}
		m.parts[i].sum = hash.Sum(nil)
	})
}

func (m *image) digests() []Digest {
	list := make([]Digest, len(m.parts))
	for i, p := range m.header.parts {
		list[i] = Digest{p.name, p.version, hex.EncodeToString(m.parts[i].sum)}
	}
	return list
}

// write seals the image. It returns how many bytes were written.
func (m *image) write(ctx context.Context, w io.Writer, secret [32]byte) (int64, error) {
	head := m.header.encode()
	sums := make([][]byte, len(m.parts))
	for i := range m.parts {
		sums[i] = m.parts[i].sum
	}
	seal := makeSeal(secret, head, sums)
	s, err := newSealer(secret, head, seal)
	if err != nil {
		return 0, err
	}
	buf := append([]byte(snapshotMagic), binary.BigEndian.AppendUint32(nil, uint32(len(head)))...)
	buf = append(append(buf, head...), seal...)
	n, err := w.Write(buf)
	total := int64(n)
	for i := range m.parts {
		for j, block := range m.parts[i].list {
			if err = cmp.Or(err, ctx.Err()); err != nil {
				return total, err
			}
			buf = s.seal(buf[:0], i, j, block)
			n, err = w.Write(buf)
			total += int64(n)
		}
	}
	return total, err
}

// load takes the models from the shelf, if they fit. What does not fit is told to
// Warn and left alone: the log has everything.
func (v *View) load() {
	s := v.options.Snapshots
	if s == nil {
		return
	}
	data, err := s.Shelf.Read()
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	size := int64(len(data))
	var models *Models
	var at domain.Position
	if err == nil {
		models, at, err = openSnapshot(data, s.Identity, s.Secret)
	}
	if err != nil {
		v.reader.warn("the snapshot of the read models is of no use and is thrown away", "reason", err)
		return
	}
	v.models = models
	v.seen.Store(uint64(at))
	v.readings.at.Store(uint64(at))
	v.snapshot.Store(&SnapshotInfo{Position: at, At: v.options.now(), Bytes: size, Loaded: true})
}

// openSnapshot returns the models of a snapshot and the position they show. It
// opens the blocks where they lie in data.
func openSnapshot(data []byte, id domain.Identity, secret [32]byte) (*Models, domain.Position, error) {
	h, head, seal, rest, err := splitSnapshot(data)
	if err != nil {
		return nil, 0, err
	}
	models := NewModels()
	parts := models.models()
	if err := h.fits(id, parts); err != nil {
		return nil, 0, err
	}
	s, err := newSealer(secret, head, seal)
	if err != nil {
		return nil, 0, err
	}
	if err := s.openParts(h, parts, rest); err != nil {
		return nil, 0, err
	}
	if err := models.join(); err != nil {
		return nil, 0, err
	}
	return models, h.position, nil
}

// splitSnapshot takes a snapshot apart.
func splitSnapshot(data []byte) (h header, head, seal, rest []byte, err error) {
	lead := len(snapshotMagic) + 4
	if len(data) < lead || string(data[:len(snapshotMagic)]) != snapshotMagic {
		return h, nil, nil, nil, fmt.Errorf("%w: it begins otherwise", errSnapshot)
	}
	n := int64(binary.BigEndian.Uint32(data[len(snapshotMagic):lead]))
	if rest = data[lead:]; n > maxHeader || n+sealSize > int64(len(rest)) {
		return h, nil, nil, nil, fmt.Errorf("%w: it is cut off", errSnapshot)
	}
	head, seal, rest = rest[:n], rest[n:n+sealSize], rest[n+sealSize:]
	h, err = decodeHeader(head)
	return h, head, seal, rest, err
}

// fits returns why a snapshot is of no use here, if so.
func (h header) fits(id domain.Identity, parts []part) error {
	if h.identity != id {
		return fmt.Errorf("it is of the store %s, not of %s", h.identity, id)
	}
	if len(h.parts) != len(parts) {
		return fmt.Errorf("it holds %d models, not %d", len(h.parts), len(parts))
	}
	for i, p := range parts {
		if have := h.parts[i]; have.name != p.name || have.version != p.version {
			return fmt.Errorf("it holds %s in version %d, not %s in version %d", have.name, have.version, p.name, p.version)
		}
	}
	return nil
}

// openParts opens the parts and decodes them.
func (s *sealer) openParts(h header, parts []part, rest []byte) error {
	sealed := make([][]byte, len(parts))
	for i, p := range h.parts {
		size := sealedSize(p.size)
		if size > len(rest) {
			return fmt.Errorf("%w: %s is cut off", errSnapshot, p.name)
		}
		sealed[i], rest = rest[:size], rest[size:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: %d bytes too many", errSnapshot, len(rest))
	}
	faults := make([]error, len(parts))
	parallel(len(parts), func(i int) {
		var plain []byte
		if plain, faults[i] = s.openPart(i, sealed[i]); faults[i] == nil {
			faults[i] = decodePart(parts[i], plain)
		}
	})
	return errors.Join(faults...)
}

// openPart opens the blocks of a part and moves them together.
func (s *sealer) openPart(i int, sealed []byte) ([]byte, error) {
	whole := sealed[:0]
	for j := 0; len(sealed) > 0; j++ {
		n := min(len(sealed), blockSize+blockOverhead)
		plain, err := s.open(i, j, sealed[:n])
		if err != nil {
			return nil, err
		}
		whole = append(whole, plain...)
		sealed = sealed[n:]
	}
	return whole, nil
}

// decodePart decodes a model. A snapshot is not worth a crash at every start.
func decodePart(p part, plain []byte) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the model %s breaks: %v", p.name, fault)
		}
	}()
	d := newDecoder(plain)
	p.decode(d)
	if err := d.end(); err != nil {
		return fmt.Errorf("the model %s: %w", p.name, err)
	}
	return nil
}
