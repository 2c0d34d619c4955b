package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// files is a folder of checkpoints, each in a file named by its size.
type files string

// unfinished begins the name of a file that was not written to its end.
const unfinished = ".new-"

// open makes the folder, if need be, takes away what was not written to its end,
// and returns the sizes there are.
func (f files) open() ([]int64, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, err
	}
	left, err := filepath.Glob(filepath.Join(string(f), unfinished+"*"))
	if err != nil {
		return nil, err
	}
	for _, name := range left {
		if err := os.Remove(name); err != nil {
			return nil, err
		}
	}
	return f.sizes()
}

// sizes returns which checkpoints there are, in order.
func (f files) sizes() ([]int64, error) {
	list, err := os.ReadDir(string(f))
	if err != nil {
		return nil, err
	}
	var sizes []int64
	for _, entry := range list {
		size, err := strconv.ParseInt(entry.Name(), 10, 64)
		if err == nil && strconv.FormatInt(size, 10) == entry.Name() {
			sizes = append(sizes, size)
		}
	}
	slices.Sort(sizes)
	return sizes, nil
}

func (f files) path(size int64) string {
	return filepath.Join(string(f), strconv.FormatInt(size, 10))
}

// read returns a checkpoint that was kept, and [ErrUnsigned] where none was.
func (f files) read(size int64) (Checkpoint, error) {
	text, err := os.ReadFile(f.path(size))
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, ErrUnsigned
	}
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := ParseCheckpoint(text)
	if err == nil && c.Size != size {
		err = fmt.Errorf("%w: it is of size %d", errMalformed, c.Size)
	}
	if err != nil {
		return c, fmt.Errorf("checkpoint %s: %w", f.path(size), err)
	}
	info, err := os.Stat(f.path(size))
	if err == nil {
		c.SignedAt = info.ModTime()
	}
	return c, err
}

// write keeps a checkpoint: when it returns without an error the whole of it is on
// disk under its name, and until then nothing is.
func (f files) write(c Checkpoint) (err error) {
	name := filepath.Join(string(f), unfinished+strconv.FormatInt(c.Size, 10))
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("keep the checkpoint of %d: %w", c.Size, err), gone(os.Remove(name)))
		}
	}()
	if err := writeSynced(name, c.Text); err != nil {
		return err
	}
	if err := os.Rename(name, f.path(c.Size)); err != nil {
		return err
	}
	return syncDir(string(f))
}

// gone lets a file that is not there be as good as removed.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// writeSynced writes a file and forces it to disk.
func writeSynced(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func syncDir(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
