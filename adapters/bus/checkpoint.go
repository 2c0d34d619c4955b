package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// A Checkpoint is how far a follower has come: it is done with every entry up to
// the position, except for those that are parked.
type Checkpoint struct {
	Store    domain.Identity // the store the position means something in
	Position domain.Position
	Parked   []Parked
}

// A Parked event is one a reaction gave up on. It stays here until it succeeds.
type Parked struct {
	Reaction string          `json:"reaction"`
	Position domain.Position `json:"position"`
	Event    uuid.UUID       `json:"event"`
	Type     string          `json:"type"`
	Stream   domain.Stream   `json:"stream"`
	Revision domain.Revision `json:"revision"`
	Attempts int             `json:"attempts"`
	Error    string          `json:"error"` // without personal values, see [Describe]
	At       time.Time       `json:"at"`    // of the last attempt
}

// Checkpoints remember how far followers have come. Implementations are safe for
// concurrent use with different names.
type Checkpoints interface {
	// Load returns the checkpoint saved last under a name, and false if there is none.
	Load(ctx context.Context, name string) (Checkpoint, bool, error)

	// Save replaces the checkpoint of a name. It is durable when Save returns;
	// after a crash there is the old one or the new one.
	Save(ctx context.Context, name string, c Checkpoint) error
}

// Errors of checkpoints.
var (
	ErrForeignCheckpoint = &domain.Error{Kind: domain.Refused, Code: "checkpoint-foreign", Text: "the checkpoint belongs to another store, or to this one before it was restored"}
	ErrCheckpointAhead   = &domain.Error{Kind: domain.Refused, Code: "checkpoint-ahead", Text: "the checkpoint is ahead of the store, which has lost entries"}
	ErrCheckpointDamaged = &domain.Error{Kind: domain.Refused, Code: "checkpoint-damaged", Text: "the checkpoint cannot be read"}
	ErrBadName           = &domain.Error{Kind: domain.Invalid, Code: "bad-follower-name", Text: "a follower's name has lower-case letters, digits, - and _ only"}
)

// FileCheckpoints keep each checkpoint in a file of its own in a directory, which
// is made when it is needed: bridge-NAME.checkpoint, reaction-NAME.checkpoint. A
// file is two lines: a JSON document and its checksum. To make a follower forget
// its place, stop it and remove the file.
type FileCheckpoints string

const checkpointVersion = 1

// storedCheckpoint is the first line of a file.
type storedCheckpoint struct {
	Version  int             `json:"version"`
	Follower string          `json:"follower"`
	Store    uuid.UUID       `json:"store"`
	Epoch    uint64          `json:"epoch"`
	Position domain.Position `json:"position"`
	Parked   []Parked        `json:"parked,omitempty"`
}

// EncodeCheckpoint returns what a file of [FileCheckpoints] holds.
func EncodeCheckpoint(name string, c Checkpoint) ([]byte, error) {
	line, err := json.Marshal(storedCheckpoint{checkpointVersion, name, c.Store.ID, c.Store.Epoch, c.Position, c.Parked})
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(line, "\ncrc32c %08x\n", crc32.Checksum(line, castagnoli())), nil
}

// DecodeCheckpoint reads what EncodeCheckpoint returned for the same name, and
// nothing else.
func DecodeCheckpoint(name string, data []byte) (Checkpoint, error) {
	line, sum, ok := bytes.Cut(data, []byte("\n"))
	if !ok || string(sum) != fmt.Sprintf("crc32c %08x\n", crc32.Checksum(line, castagnoli())) {
		return Checkpoint{}, fmt.Errorf("%w: its checksum is wrong", ErrCheckpointDamaged)
	}
	var s storedCheckpoint
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	err := dec.Decode(&s)
	if _, end := dec.Token(); err != nil || !errors.Is(end, io.EOF) {
		return Checkpoint{}, fmt.Errorf("%w: it is not in the stored form", ErrCheckpointDamaged)
	}
	if s.Version != checkpointVersion || s.Follower != name {
		return Checkpoint{}, fmt.Errorf("%w: it is version %d of follower %q", ErrCheckpointDamaged, s.Version, s.Follower)
	}
	return Checkpoint{domain.Identity{ID: s.Store, Epoch: s.Epoch}, s.Position, s.Parked}, nil
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// Load implements [Checkpoints].
func (dir FileCheckpoints) Load(_ context.Context, name string) (Checkpoint, bool, error) {
	path, err := dir.path(name)
	if err != nil {
		return Checkpoint{}, false, err
	}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Checkpoint{}, false, nil
	case err != nil:
		return Checkpoint{}, false, fmt.Errorf("read checkpoint: %w", err)
	}
	c, err := DecodeCheckpoint(name, data)
	if err != nil {
		return Checkpoint{}, false, fmt.Errorf("%s: %w; remove the file to begin anew", path, err)
	}
	return c, true, nil
}

// Save implements [Checkpoints].
func (dir FileCheckpoints) Save(_ context.Context, name string, c Checkpoint) error {
	path, err := dir.path(name)
	if err != nil {
		return err
	}
	data, err := EncodeCheckpoint(name, c)
	if err != nil {
		return fmt.Errorf("encode checkpoint %s: %w", name, err)
	}
	if err := makeDir(string(dir)); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	if err := replaceFile(path, data); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	return nil
}

// makeDir makes a directory that outlives a crash, unless it is there.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func (dir FileCheckpoints) path(name string) (string, error) {
	if !validName(name) {
		return "", fmt.Errorf("%w, not %q", ErrBadName, name)
	}
	return filepath.Join(string(dir), name+".checkpoint"), nil
}

func validName(name string) bool {
	return name != "" && len(name) <= 100 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// replaceFile puts data in the place of a file so that a crash leaves the old or
// the new content, never a mixture, and the new one once it has returned.
func replaceFile(path string, data []byte) error {
	if err := writeFile(path+".new", data); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeFile writes a file and returns when it is on the disk.
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

// syncDir makes a rename in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
