package keyring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"tavoli/domain"
)

// newMark stands in the name of a file that is to become a ring's.
const newMark = ".new-"

// chunk is how many slots are read at once.
const chunk = 4096

// newFile makes a locked file beside path, has it filled and forces it to disk.
func newFile(path string, fill func(*os.File) error) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+newMark+"*")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(lock(f), fill(f), f.Sync()); err != nil {
		return nil, errors.Join(err, erase(f), f.Close(), os.Remove(f.Name()))
	}
	return f, nil
}

// publish makes the file of a ring at path, where there is none.
func publish(path string, fill func(*os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := newFile(path, fill)
	if err != nil {
		return err
	}
	err = os.Link(f.Name(), path) // unlike a renaming it replaces nothing
	if errors.Is(err, os.ErrExist) {
		err = errors.Join(ErrExists, erase(f))
	}
	return errors.Join(err, os.Remove(f.Name()), syncDir(path), f.Close())
}

// syncDir makes the names beside path durable.
func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// erase overwrites a file with zeros.
func erase(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, chunk*slotSize)
	for at := int64(0); at < info.Size(); at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), info.Size()-at)], at); err != nil {
			return err
		}
	}
	return f.Sync()
}

// sweep erases and removes what a process left beside path that did not end well.
func sweep(path string) error {
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, e := range list {
		if !strings.HasPrefix(e.Name(), filepath.Base(path)+newMark) {
			continue
		}
		name := filepath.Join(filepath.Dir(path), e.Name())
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = errors.Join(erase(f), f.Close(), os.Remove(name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeStart writes what comes before the slots.
func writeStart(f io.WriterAt, h header, r record) (record, error) {
	for n := range int64(2) {
		if _, err := f.WriteAt(h.page(), n*pageSize); err != nil {
			return r, err
		}
	}
	for range 2 {
		r.seq++
		if _, err := f.WriteAt(r.page(), r.place()); err != nil {
			return r, err
		}
	}
	return r, nil
}

// Destroy implements [domain.Keys]. It takes as long as writing the ring twice,
// however many keys it is given; reading and taking go on meanwhile.
func (r *Ring) Destroy(ctx context.Context, ids ...domain.KeyID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var slots []uint64
	var missing error
	for _, id := range ids {
		slot, err := r.slot(id)
		if err != nil {
			missing = errors.Join(missing, err)
			continue
		}
		slots = append(slots, slot)
	}
	if len(slots) == 0 {
		return missing
	}
	if err := r.write(func() error { return r.destroy(slots) }); err != nil {
		return fmt.Errorf("keyring %s: destroy %d keys: %w", r.path, len(slots), errors.Join(err, missing))
	}
	return missing
}

func (r *Ring) destroy(slots []uint64) error {
	if err := r.overwrite(slots); err != nil {
		return err
	}
	if err := r.sync(); err != nil {
		return err
	}
	f, written, err := r.rewrite()
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), r.path); err != nil {
		return errors.Join(err, erase(f), f.Close(), os.Remove(f.Name()))
	}
	old := r.file
	r.reading.Lock()
	r.file, r.record = f, written
	r.reading.Unlock()
	return errors.Join(syncDir(r.path), erase(old), old.Close())
}

// rewrite writes the ring into a new file.
func (r *Ring) rewrite() (f *os.File, written record, err error) {
	end, err := slotsIn(r.file)
	if err != nil {
		return nil, record{}, err
	}
	f, err = newFile(r.path, func(f *os.File) (err error) {
		if written, err = writeStart(f, r.head, r.record); err == nil {
			err = r.copySlots(io.NewOffsetWriter(f, offset(0)), end)
		}
		return err
	})
	return f, written, err
}

// overwrite puts zeros where keys are.
func (r *Ring) overwrite(slots []uint64) error {
	r.reading.Lock()
	defer r.reading.Unlock()
	for _, slot := range slots {
		if _, err := r.file.WriteAt(r.codec.append(nil, slot, destroyed, new([keySize]byte)), offset(slot)); err != nil {
			return err
		}
	}
	return nil
}

// copySlots writes the slots before end to w. It lets others go on in between.
func (r *Ring) copySlots(w io.Writer, end uint64) error {
	buf := make([]byte, chunk*slotSize)
	defer clear(buf)
	for from := uint64(0); from < end; from += chunk {
		part := buf[:min(chunk, end-from)*slotSize]
		if err := r.readChunk(part, from); err != nil {
			return err
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func (r *Ring) readChunk(buf []byte, from uint64) error {
	r.reading.RLock()
	defer r.reading.RUnlock()
	if r.file == nil {
		return ErrClosed
	}
	_, err := r.file.ReadAt(buf, offset(from))
	return err
}

// Check reads every key that was handed out, and the second copies of what tells
// where they are, and says what is damaged.
func (r *Ring) Check() error {
	r.writing.Lock() // nobody makes or destroys keys meanwhile
	defer r.writing.Unlock()
	if r.file == nil {
		return fmt.Errorf("keyring %s: %w", r.path, ErrClosed)
	}
	buf := make([]byte, start)
	if _, err := r.file.ReadAt(buf, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("keyring %s: %w", r.path, err)
	}
	var faults error
	for n := range start / pageSize {
		if _, ok := unseal(buf[n*pageSize:][:pageSize]); !ok {
			faults = errors.Join(faults, fmt.Errorf("page %d does not match its checksum: %w", n, ErrDamaged))
		}
	}
	if err := errors.Join(faults, r.codec.check(r.file, r.bounds, r.next.Load())); err != nil {
		return fmt.Errorf("keyring %s: %w", r.path, err)
	}
	return nil
}

// check reads the keys in the slots before end and says which are damaged.
func (c codec) check(f io.ReaderAt, bounds []uint64, end uint64) error {
	var first error
	faults := 0
	for slot, err := range c.faults(f, 0, end) {
		if err == nil || errors.Is(err, domain.ErrKeyDestroyed) {
			continue
		}
		if faults++; first == nil {
			first = fmt.Errorf("key %d: %w", idOf(slot, bounds), err)
		}
	}
	if faults > 1 {
		return fmt.Errorf("%d keys are damaged, the first: %w", faults, first)
	}
	return first
}

// whole returns where the slots that can be read end, before end, when looked at
// from one on. What follows was being made when a process did not end well.
func (c codec) whole(f io.ReaderAt, from, end uint64) uint64 {
	for slot, err := range c.faults(f, from, end) {
		if err != nil {
			return slot
		}
	}
	return end
}

// faults yields, slot by slot, what keeps its key from being read.
func (c codec) faults(f io.ReaderAt, from, end uint64) iter.Seq2[uint64, error] {
	return func(yield func(uint64, error) bool) {
		buf := make([]byte, chunk*slotSize)
		defer clear(buf)
		for ; from < end; from += chunk {
			part := buf[:min(chunk, end-from)*slotSize]
			_, failed := f.ReadAt(part, offset(from))
			for i := range uint64(len(part) / slotSize) {
				err := failed
				if err == nil {
					_, err = c.parse(part[i*slotSize:][:slotSize], from+i)
				}
				if !yield(from+i, err) {
					return
				}
			}
		}
	}
}
