package bolt

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"tavoli/domain"

	"github.com/google/uuid"
	bbolt "go.etcd.io/bbolt"
)

// A backup is one stream of bytes:
//
//	8 bytes  "TAVOLIB1"
//	24 bytes id and epoch of the store
//	8 bytes  the head
//	8 bytes  the size of what follows
//	file     events.db as it was at one moment
//	32 bytes SHA-256 over all of it
const (
	backupMagic  = "TAVOLIB1"
	backupHeader = 8 + 24 + 8 + 8
)

// Errors of backups.
var (
	ErrBackupDamaged = &domain.Error{Kind: domain.Invalid, Code: "backup-damaged", Text: "the backup is damaged or incomplete"}
	ErrStoreExists   = &domain.Error{Kind: domain.Refused, Code: "store-exists", Text: "there is an event store already; it is not overwritten"}
)

// Backup writes the store as it is at this moment, while it goes on being used.
// It reads in one long transaction: pages that are replaced meanwhile cannot be
// used again before it ends, so that the file grows by a few pages per commit.
// Forgetting waits for it to end, too. The keys of persons are not part of it.
func (s *Store) Backup(ctx context.Context, w io.Writer, progress func(done, total int64)) error {
	return s.view(func(tx *bbolt.Tx, _ map[domain.Position]bool) error {
		out := &backupWriter{ctx: ctx, to: w, sum: sha256.New(), total: tx.Size() + backupHeader, progress: progress, store: s}
		header := append([]byte(backupMagic), s.identity.ID[:]...)
		header = binary.BigEndian.AppendUint64(header, s.identity.Epoch)
		header = binary.BigEndian.AppendUint64(header, tx.Bucket(bucketLog).Sequence())
		header = binary.BigEndian.AppendUint64(header, uint64(tx.Size()))
		if _, err := out.Write(header); err != nil {
			return err
		}
		buffered := bufio.NewWriterSize(out, 1<<20)
		if _, err := tx.WriteTo(buffered); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		if err := buffered.Flush(); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		_, err := w.Write(out.sum.Sum(nil))
		return err
	})
}

// A backupWriter counts and sums what passes through it.
type backupWriter struct {
	ctx         context.Context
	to          io.Writer
	sum         hash.Hash
	done, total int64
	progress    func(done, total int64)
	store       *Store
}

// Write implements [io.Writer].
func (b *backupWriter) Write(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.store.closed() {
		return 0, domain.ErrStoreClosed
	}
	n, err := b.to.Write(p)
	b.sum.Write(p[:n])
	b.done += int64(n)
	if b.progress != nil {
		b.progress(b.done, b.total)
	}
	return n, err
}

// Restore makes a store in a directory out of a backup. The backup is verified as
// a whole and record by record before anything appears under the store's name,
// and a store that is there already is not touched. The restored store has the
// identity of the old one with the next epoch, so that whoever has read further
// than the backup reaches notices.
func Restore(ctx context.Context, r io.Reader, dir string) (domain.Identity, error) {
	path := filepath.Join(dir, logFile)
	if _, err := os.Lstat(path); err == nil {
		return domain.Identity{}, fmt.Errorf("%s: %w", path, ErrStoreExists)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return domain.Identity{}, err
	}
	temp, err := os.CreateTemp(dir, logFile+".restore-*")
	if err != nil {
		return domain.Identity{}, err
	}
	defer os.Remove(temp.Name())
	id, err := unpack(ctx, r, temp)
	if err := errors.Join(err, temp.Close()); err != nil {
		return domain.Identity{}, err
	}
	if id, err = adopt(ctx, temp.Name(), id); err != nil {
		return domain.Identity{}, err
	}
	os.Remove(filepath.Join(dir, indexFile))
	if err := os.Link(temp.Name(), path); errors.Is(err, os.ErrExist) {
		return domain.Identity{}, fmt.Errorf("%s: %w", path, ErrStoreExists)
	} else if err != nil {
		return domain.Identity{}, err
	}
	return id, syncDir(dir)
}

// unpack copies the file out of a backup and verifies the sum over all of it.
func unpack(ctx context.Context, r io.Reader, to io.Writer) (domain.Identity, error) {
	sum := sha256.New()
	header := make([]byte, backupHeader)
	in := io.TeeReader(&patientReader{ctx, r}, sum)
	if _, err := io.ReadFull(in, header); err != nil || string(header[:8]) != backupMagic {
		return domain.Identity{}, cut(err)
	}
	id := domain.Identity{ID: uuid.UUID(header[8:24]), Epoch: binary.BigEndian.Uint64(header[24:])}
	if size := binary.BigEndian.Uint64(header[40:]); size > 1<<62 {
		return domain.Identity{}, ErrBackupDamaged
	} else if _, err := io.CopyN(to, in, int64(size)); err != nil {
		return domain.Identity{}, cut(err)
	}
	want := sum.Sum(nil)
	trailer := make([]byte, sha256.Size+1)
	switch n, err := io.ReadFull(r, trailer); {
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF):
		return domain.Identity{}, err
	case n != sha256.Size || !bytes.Equal(trailer[:n], want):
		return domain.Identity{}, ErrBackupDamaged
	}
	return id, nil
}

// cut says that a backup which ends early is damaged.
func cut(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends early or is none", ErrBackupDamaged)
	}
	return err
}

// A patientReader reads until its context ends.
type patientReader struct {
	ctx context.Context
	r   io.Reader
}

// Read implements [io.Reader].
func (p *patientReader) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

// adopt verifies the restored file and raises its epoch.
func adopt(ctx context.Context, path string, id domain.Identity) (domain.Identity, error) {
	f, err := openFile(path, false, false)
	if err != nil {
		return id, err
	}
	defer f.Close()
	c := newChecker(ctx, f.view, nil)
	if err := c.run(); err != nil {
		return id, err
	}
	if len(c.findings) > 0 {
		return id, fmt.Errorf("%w: %w", ErrBackupDamaged, &c.findings[0])
	}
	if c.identity != id {
		return id, fmt.Errorf("%w: it holds the store %s under the name of %s", ErrBackupDamaged, c.identity, id)
	}
	id.Epoch++
	return id, f.Update(func(tx *bbolt.Tx) error { return writeIdentity(tx, id) })
}
