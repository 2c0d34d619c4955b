package mail

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"tavoli/domain"
)

// An Outbox is a folder in which letters lie as .eml files, where there is no relay.
// A file is named by its letter and readable by its owner only.
type Outbox string

// Open implements [Carrier].
func (dir Outbox) Open(context.Context) (Session, error) {
	if err := os.MkdirAll(string(dir), 0o700); err != nil {
		return nil, err
	}
	return tray{dir}, nil
}

// Repeatable implements [Carrier].
func (Outbox) Repeatable() bool { return true }

// String implements [Carrier].
func (Outbox) String() string { return "outbox" }

func (dir Outbox) path(id domain.LetterID) string {
	return filepath.Join(string(dir), id.String()+".eml")
}

// Read returns a letter that lies in the folder, or fs.ErrNotExist.
func (dir Outbox) Read(id domain.LetterID) ([]byte, error) { return os.ReadFile(dir.path(id)) }

// Remove takes letters out of the folder: those to somebody who was forgotten.
func (dir Outbox) Remove(ids ...domain.LetterID) error {
	var all error
	for _, id := range ids {
		for _, name := range []string{dir.path(id), dir.path(id) + ".new"} {
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				all = errors.Join(all, err)
			}
		}
	}
	return all
}

// A tray puts letters into the folder.
type tray struct{ dir Outbox }

// Send implements [Session].
func (t tray) Send(m Message) Outcome {
	data, err := m.Bytes()
	if err != nil {
		return Outcome{Fault: domain.FaultContent}
	}
	path := t.dir.path(m.ID)
	if err := writeFile(path+".new", data); err == nil {
		err = os.Rename(path+".new", path)
		if err == nil {
			return Outcome{Answer: "outbox"}
		}
	}
	return Outcome{Fault: domain.FaultRelay, Again: true, Broken: true, Answer: "the folder cannot be written to"}
}

// Close implements [Session].
func (tray) Close() {}

func writeFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
