// Package keyring keeps the keys of persons in one file, apart from the log and
// from its backups.
//
// Keys are made ahead in blocks and forced to disk before any of them is handed
// out. How far they may have been handed out is recorded ahead as well, in smaller
// steps, so that a process that does not end well costs some unused keys and
// never hands one out twice. Keys are read from the file when they are asked for:
// a ring takes the same little memory however many it holds.
//
// # Limits
//
// Destroy overwrites a key where it lies, writes the whole ring into a new file
// and overwrites the old one. It does not reach copies that others made: backups,
// snapshots of volumes, the spare blocks of a flash disk, swap. Where such copies
// exist the disk ought to be encrypted and copies of a ring kept for a short time.
// A ring put back from a copy holds the keys destroyed since: destroy them again.
package keyring

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/google/uuid"

	"tavoli/domain"
)

// Errors of a ring, beside those of [domain.Keys].
var (
	ErrInUse   = &domain.Error{Kind: domain.Refused, Code: "keyring-in-use", Text: "the keyring is in use by another process"}
	ErrDamaged = &domain.Error{Kind: domain.Refused, Code: "keyring-damaged", Text: "the keyring is damaged"}
	ErrClosed  = &domain.Error{Kind: domain.Refused, Code: "keyring-closed", Text: "the keyring is closed"}
	ErrCopy    = &domain.Error{Kind: domain.Refused, Code: "keyring-copy", Text: "the file is a copy of a keyring; it has to be restored"}
	ErrExists  = &domain.Error{Kind: domain.Refused, Code: "keyring-exists", Text: "there is a keyring already"}
)

const (
	block = 4096 // keys made at once
	step  = 512  // keys whose handing out is recorded at once
)

// A Ring is a [domain.Keys] in a file. Locks are taken in the order in which
// they stand here.
type Ring struct {
	path   string
	head   header
	codec  codec
	bounds []uint64 // the first slot of each epoch

	taking sync.Mutex
	next   atomic.Uint64 // the first slot not handed out; written under taking
	ready  []domain.Key  // the keys from next on that may be handed out

	writing sync.Mutex // held by whoever writes to the file
	record  record     // as in the file
	broken  error      // why nothing can be written any more

	reading sync.RWMutex // held for writing by whoever changes what readers see
	file    *os.File     // nil: closed
}

// Open opens the ring in a file, or makes one.
func Open(path string) (*Ring, error) {
	r := &Ring{path: path}
	if err := r.open(); err != nil {
		if r.file != nil {
			_ = r.file.Close() // the first error says more
		}
		return nil, fmt.Errorf("keyring %s: %w", path, err)
	}
	return r, nil
}

func (r *Ring) open() (err error) {
	if _, err := os.Stat(r.path); errors.Is(err, os.ErrNotExist) {
		if err := create(r.path); err != nil && !errors.Is(err, ErrExists) {
			return err
		}
	}
	if r.file, err = openLocked(r.path); err != nil {
		return err
	}
	if err := r.file.Chmod(0o600); err != nil {
		return err
	}
	if err := sweep(r.path); err != nil {
		return err
	}
	if r.head, err = readHeader(r.file); err != nil {
		return err
	}
	end, err := slotsIn(r.file)
	if err != nil {
		return err
	}
	if r.record, err = readRecord(r.file, end); err != nil {
		return err
	}
	if r.record.copied {
		return ErrCopy
	}
	r.codec, r.bounds = r.head.codec(), r.record.bounds
	r.next.Store(r.record.mark)
	return nil
}

// create makes the file of an empty ring, unless there is one.
func create(path string) error {
	h := header{id: uuid.New()}
	_, _ = rand.Read(h.master[:]) // never fails
	return publish(path, func(f *os.File) error {
		_, err := writeStart(f, h, record{bounds: []uint64{0}})
		return err
	})
}

// openLocked opens the file at path and locks it. While it does so the file may
// be replaced by a newer one.
func openLocked(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			_ = f.Close()
			return nil, err
		}
		mine, err1 := f.Stat()
		there, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			return f, nil
		}
		_ = f.Close()
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
	}
}

// lock makes this process the only one that uses the file, until it is closed.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrInUse
	}
	return err
}

// ID returns which ring this is. It stays the same when the ring is restored.
func (r *Ring) ID() uuid.UUID { return r.head.id }

// Len returns how many keys were handed out, destroyed ones and those that a
// process lost that did not end well included.
func (r *Ring) Len() uint64 { return r.next.Load() }

// Secret returns a secret of this installation for one purpose. It follows from
// the ring's own secret, so that it is the same each time and after a restore.
func (r *Ring) Secret(purpose string) [32]byte {
	root := r.Root()
	key, err := hkdf.Expand(sha256.New, root[:], "tavoli/secret/v1/"+purpose, 32)
	if err != nil {
		panic("keyring: 32 bytes are more than HKDF gives: " + err.Error())
	}
	return [32]byte(key)
}

// Take implements [domain.Keys].
func (r *Ring) Take(ctx context.Context) (domain.KeyID, domain.Key, error) {
	if err := ctx.Err(); err != nil {
		return 0, domain.Key{}, err
	}
	r.taking.Lock()
	defer r.taking.Unlock()
	if len(r.ready) == 0 {
		if err := r.reserve(step); err != nil {
			return 0, domain.Key{}, fmt.Errorf("keyring %s: take a key: %w", r.path, err)
		}
	}
	slot, key := r.next.Load(), r.ready[0]
	r.ready[0] = domain.Key{}
	r.ready = r.ready[1:]
	r.next.Store(slot + 1)
	return idOf(slot, r.bounds), key, nil
}

// reserve records that up to n more keys may be handed out, makes them if need be,
// and has them ready. A key made ahead is never made anew, because a copy may hold it.
func (r *Ring) reserve(n int) error {
	return r.write(func() error {
		next := r.record
		keys, err := r.codec.ahead(r.file, next.mark, n)
		if err == nil && len(keys) == 0 { // none was made, or it is damaged and nobody had it
			if err = r.make(next.mark); err == nil {
				keys, err = r.codec.ahead(r.file, next.mark, n)
			}
		}
		if err != nil {
			return err
		}
		next.mark += uint64(len(keys))
		if err := r.mark(next); err != nil {
			return err
		}
		r.ready = append(r.ready, keys...)
		return nil
	})
}

// write does what writes to the file.
func (r *Ring) write(do func() error) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	switch {
	case r.file == nil:
		return ErrClosed
	case r.broken != nil:
		return fmt.Errorf("nothing is written after an earlier failure: %w", r.broken)
	}
	return do()
}

// make writes a block of new keys. Nobody had a key from that slot on.
func (r *Ring) make(from uint64) error {
	var secret [keySize]byte
	buf := make([]byte, 0, block*slotSize)
	for i := range uint64(block) {
		_, _ = rand.Read(secret[:]) // never fails
		buf = r.codec.append(buf, from+i, live, &secret)
	}
	defer clear(buf)
	if err := r.put(buf, from); err != nil {
		return err
	}
	return r.sync()
}

// put writes slots where nobody reads meanwhile.
func (r *Ring) put(buf []byte, from uint64) error {
	r.reading.Lock()
	defer r.reading.Unlock()
	_, err := r.file.WriteAt(buf, offset(from))
	return err
}

// mark makes a record durable.
func (r *Ring) mark(next record) error {
	next.seq++
	if _, err := r.file.WriteAt(next.page(), next.place()); err != nil {
		return err
	}
	if err := r.sync(); err != nil {
		return err
	}
	r.record = next
	return nil
}

// sync forces the file to disk. After a failure nobody knows what is there, so
// that nothing more is written.
func (r *Ring) sync() error {
	r.broken = r.file.Sync()
	return r.broken
}

// Key implements [domain.Keys]. The error of a key that was handed out and
// cannot be read is [ErrDamaged] as well as [domain.ErrKeyMissing].
func (r *Ring) Key(id domain.KeyID) (domain.Key, error) {
	slot, err := r.slot(id)
	if err != nil {
		return domain.Key{}, err
	}
	r.reading.RLock()
	defer r.reading.RUnlock()
	if r.file == nil {
		return domain.Key{}, fmt.Errorf("keyring %s: %w", r.path, ErrClosed)
	}
	key, err := r.codec.key(r.file, slot)
	if err != nil {
		return domain.Key{}, fmt.Errorf("keyring %s: key %d: %w", r.path, id, err)
	}
	return key, nil
}

// slot returns where a key is that was handed out.
func (r *Ring) slot(id domain.KeyID) (uint64, error) {
	slot, ok := slotOf(id, r.bounds, r.next.Load())
	if !ok {
		return 0, fmt.Errorf("keyring %s: key %d was never handed out: %w", r.path, id, domain.ErrKeyMissing)
	}
	return slot, nil
}

// Close ends the ring. What was recorded as handed out ahead is taken back.
func (r *Ring) Close() error {
	r.taking.Lock()
	defer r.taking.Unlock()
	clear(r.ready)
	r.ready = nil
	r.writing.Lock()
	defer r.writing.Unlock()
	if r.file == nil {
		return nil
	}
	var err error
	if next := r.record; r.broken == nil && next.mark != r.next.Load() {
		next.mark = r.next.Load()
		err = r.mark(next)
	}
	r.reading.Lock()
	defer r.reading.Unlock()
	err = errors.Join(err, r.file.Close())
	r.file = nil
	return err
}
