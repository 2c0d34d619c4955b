// Package shelf keeps the snapshot of the read models in a file.
package shelf

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A File is where a snapshot lies. Only one program at a time may write it.
type File string

// Read returns what lies in the file; the error is [io/fs.ErrNotExist] if there is
// none.
func (f File) Read() ([]byte, error) { return os.ReadFile(string(f)) }

// Write lets fill write a new file, which takes the place of the old one when all
// of it is on the disk. If anything fails the old one stays.
func (f File) Write(fill func(io.Writer) error) (err error) {
	temp := string(f) + ".new"
	file, err := os.OpenFile(temp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp))
		}
	}()
	if err := errors.Join(write(file, fill), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, string(f)); err != nil {
		return err
	}
	return syncDir(filepath.Dir(string(f)))
}

func write(file *os.File, fill func(io.Writer) error) error {
	w := bufio.NewWriterSize(file, 1<<20)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Sync()
}

// syncDir makes a renaming durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
