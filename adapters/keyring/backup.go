package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Copy writes a copy of the ring for [Restore], while the ring is used. It holds
// the keys as they are: keep it where the log's backups are not, and no longer
// than needed, for it still holds the keys destroyed after it was made.
func (r *Ring) Copy(w io.Writer) error {
	var start record
	err := r.write(func() error {
		start = r.record
		end, err := slotsIn(r.file)
		start.mark = r.codec.whole(r.file, start.mark, end)
		return err
	})
	if err == nil {
		err = writeCopyStart(w, r.head, start)
	}
	if err == nil {
		err = r.copySlots(w, start.mark)
	}
	if err != nil {
		return fmt.Errorf("keyring %s: copy: %w", r.path, err)
	}
	return nil
}

// CopyFile does what [Ring.Copy] does with the ring at path, which another process
// may use meanwhile. A ring with a damaged key is not copied.
func CopyFile(path string, w io.Writer) error {
	for tries := 1; ; tries++ {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		h, start, err := inspect(data)
		if err == nil {
			if err = writeCopyStart(w, h, start); err == nil {
				_, err = w.Write(data[offset(0):offset(start.mark)])
			}
			return err
		}
		if tries == readings {
			return fmt.Errorf("keyring %s: copy: %w", path, err)
		}
	}
}

// readings is how often a ring is read that looks damaged: it may have been
// changed while it was read.
const readings = 5

// inspect checks a ring read at once and returns what its copy begins with.
func inspect(data []byte) (header, record, error) {
	f, end := bytes.NewReader(data), slotsOf(int64(len(data)))
	h, err := readHeader(f)
	if err != nil {
		return h, record{}, err
	}
	r, err := readRecord(f, end)
	if err != nil {
		return h, r, err
	}
	if err := h.codec().check(f, r.bounds, r.mark); err != nil {
		return h, r, err
	}
	r.mark = h.codec().whole(f, r.mark, end)
	return h, r, nil
}

// writeCopyStart writes what comes before the slots of a copy.
func writeCopyStart(w io.Writer, h header, r record) error {
	r.copied = true
	head := &pages{}
	_, _ = writeStart(head, h, r) // it is memory
	_, err := w.Write(head[:])
	return err
}

// pages are what comes before the slots, in memory.
type pages [start]byte

// WriteAt implements [io.WriterAt].
func (p *pages) WriteAt(b []byte, at int64) (int, error) { return copy(p[at:], b), nil }

// Restore makes a ring at path, where there is none, from what [Ring.Copy]
// wrote. A damaged copy is refused. Keys handed out after the copy was made are
// missing from the new ring, and it gives their ids to no other key; keys
// destroyed after the copy was made are there again, and have to be destroyed again.
func Restore(path string, from io.Reader) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("keyring %s: %w", path, ErrExists)
	}
	err := publish(path, func(f *os.File) error {
		if _, err := io.Copy(f, from); err != nil {
			return err
		}
		return adopt(f)
	})
	if err != nil {
		return fmt.Errorf("restore keyring %s: %w", path, err)
	}
	return nil
}

// adopt makes a ring of a copy.
func adopt(f *os.File) error {
	h, err := readHeader(f)
	if err != nil {
		return err
	}
	end, err := slotsIn(f)
	if err != nil {
		return err
	}
	r, err := readRecord(f, end)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err != nil || info.Size() != offset(end) || r.copied && end != r.mark {
		return errors.Join(err, fmt.Errorf("it does not end where it ought to: %w", ErrDamaged))
	}
	if err := h.codec().check(f, r.bounds, end); err != nil {
		return err
	}
	if len(r.bounds) == maxEpochs {
		return fmt.Errorf("it was restored %d times, which is as often as a ring can be", maxEpochs-1)
	}
	_, err = writeStart(f, h, record{seq: r.seq, mark: end, bounds: append(r.bounds, end)})
	return err
}
