package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"tavoli/domain"

	"github.com/google/uuid"
	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Names of the files in a store's directory.
const (
	logFile     = "events.db"
	indexFile   = "index.ckpt"
	compactFile = "events.db.compact" // a compaction under way, or its remains
)

// storeFormat is the version of the layout of events.db.
const storeFormat = 1

// Buckets and keys of events.db.
var (
	bucketLog       = []byte("log")       // position -> record; its sequence is the head
	bucketMeta      = []byte("meta")      // what the store is
	bucketForgotten = []byte("forgotten") // stream -> whether it is erased yet
	keyFormat       = []byte("format")
	keyID           = []byte("id")
	keyEpoch        = []byte("epoch")
	keyImported     = []byte("imported") // up to where entries were imported; absent: none were
	erasurePending  = []byte{0}
	erasureDone     = []byte{1}
)

// Why a store cannot be opened.
var (
	ErrLocked  = &domain.Error{Kind: domain.Refused, Code: "store-locked", Text: "the event store is open in another process"}
	ErrForeign = &domain.Error{Kind: domain.Refused, Code: "store-foreign", Text: "the file is not an event store of Tavoli"}
	ErrNewer   = &domain.Error{Kind: domain.Refused, Code: "store-newer", Text: "the event store was written by a newer version of Tavoli"}
	ErrMissing = &domain.Error{Kind: domain.NotFound, Code: "store-missing", Text: "there is no event store"}
)

const (
	lockTimeout = time.Second
	mapSize     = 64 << 30 // of address space, so that the file is never mapped anew while somebody reads it
	growStep    = 16 << 20 // by how much the file grows at a time
	pageSize    = 16 << 10 // a commit of many events writes fewer pages, one of one event hardly more
)

// A file is an open events.db.
type file struct {
	*bbolt.DB
	path string
	os   *os.File // the same file, for what bbolt does not offer
}

// openFile opens an existing events.db; nothing else may have it open for writing.
func openFile(path string, readOnly, noSync bool) (f *file, err error) {
	for deadline := time.Now().Add(lockTimeout); ; {
		if f, err = tryOpen(path, readOnly, noSync); err != nil {
			return nil, err
		}
		if f.current() {
			return f, nil
		}
		f.Close() // it was replaced by a compaction before it could be locked
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%s: %w", path, ErrLocked)
		}
	}
}

func tryOpen(path string, readOnly, noSync bool) (f *file, err error) {
	f = &file{path: path}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			f.os.Close()
			f, err = nil, &Finding{What: fmt.Sprintf("the file cannot be read: %v", r)}
		}
	}()
	f.DB, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockTimeout, ReadOnly: readOnly, NoSync: noSync, NoStatistics: true, PreLoadFreelist: true,
		FreelistType: bbolt.FreelistMapType, InitialMmapSize: mapSize,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			handle, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
			f.os = handle
			return handle, err
		},
	})
	if err != nil {
		return nil, explain(path, err)
	}
	f.AllocSize = growStep
	return f, nil
}

// current reports whether the file still is the one under its name.
func (f *file) current() bool {
	mine, err1 := f.os.Stat()
	named, err2 := os.Stat(f.path)
	return err1 == nil && err2 == nil && os.SameFile(mine, named)
}

// explain says in one sentence why a file cannot be opened.
func explain(path string, err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%s: %w", path, ErrLocked)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch):
		return fmt.Errorf("%s: %w", path, ErrForeign)
	case errors.Is(err, berrors.ErrChecksum):
		return fmt.Errorf("%s: %w", path, &Finding{What: "the first pages of the file are damaged"})
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: %w", path, ErrMissing)
	}
	return fmt.Errorf("open %s: %w", path, err)
}

// create makes a new, empty store, unless there is one. It appears under its name
// complete or not at all.
func create(path string, id domain.Identity) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	temp, err := os.CreateTemp(filepath.Dir(path), logFile+".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	temp.Close()
	db, err := bbolt.Open(temp.Name(), 0o600, &bbolt.Options{PageSize: pageSize})
	if err != nil {
		return err
	}
	err = errors.Join(db.Update(func(tx *bbolt.Tx) error { return initialize(tx, id) }), db.Close())
	if err == nil {
		err = os.Link(temp.Name(), path)
	}
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return errors.Join(err, syncDir(filepath.Dir(path)))
}

// initialize makes the buckets of a new store.
func initialize(tx *bbolt.Tx, id domain.Identity) error {
	for _, name := range [][]byte{bucketLog, bucketMeta, bucketForgotten} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return writeIdentity(tx, id)
}

func writeIdentity(tx *bbolt.Tx, id domain.Identity) error {
	b := tx.Bucket(bucketMeta)
	return errors.Join(
		b.Put(keyFormat, binary.BigEndian.AppendUint32(nil, storeFormat)),
		b.Put(keyID, id.ID[:]),
		b.Put(keyEpoch, binary.BigEndian.AppendUint64(nil, id.Epoch)))
}

// readIdentity returns which store this is, or why it is none.
func readIdentity(tx *bbolt.Tx) (domain.Identity, error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return domain.Identity{}, ErrForeign
	}
	format, id, epoch := meta.Get(keyFormat), meta.Get(keyID), meta.Get(keyEpoch)
	switch {
	case len(format) == 4 && binary.BigEndian.Uint32(format) > storeFormat:
		return domain.Identity{}, fmt.Errorf("format %d, known up to %d: %w", binary.BigEndian.Uint32(format), storeFormat, ErrNewer)
	case len(format) != 4 || len(id) != 16 || len(epoch) != 8 || tx.Bucket(bucketLog) == nil || tx.Bucket(bucketForgotten) == nil:
		return domain.Identity{}, ErrForeign
	}
	return domain.Identity{ID: uuid.UUID(id), Epoch: binary.BigEndian.Uint64(epoch)}, nil
}

// view runs fn in a read transaction. What goes wrong while reading damaged pages,
// a fault in the mapped memory included, comes back as an error.
func (f *file) view(fn func(tx *bbolt.Tx) error) (err error) {
	tx, err := f.Begin(false)
	if err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &Finding{What: fmt.Sprintf("a page of the file cannot be read: %v", r)}
		}
		tx.Rollback()
	}()
	return fn(tx)
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
