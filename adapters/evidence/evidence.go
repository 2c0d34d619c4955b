// Package evidence keeps the files on which claims of presence rest, each under
// the SHA-256 of its content. A file never changes and the same one is kept once.
package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tavoli/domain"
)

// Files keeps files below a folder: abcdef… lies in ab/abcdef….
type Files struct {
	dir  string
	most int64
}

// Errors of files.
var (
	ErrNoFile       = &domain.Error{Kind: domain.NotFound, Code: "evidence-not-found", Text: "there is no such file"}
	ErrFileTooLarge = &domain.Error{Kind: domain.Invalid, Code: "file-too-large", Text: "the file is larger than the register keeps"}
	ErrFileDamaged  = &domain.Error{Kind: domain.Refused, Code: "evidence-damaged", Text: "the file is not what was filed under its hash"}
	ErrOtherFile    = &domain.Error{Kind: domain.Invalid, Code: "evidence-mismatch", Text: "what was sent does not have the hash it was sent under"}
)

// Open returns the files below a folder, which it makes if there is none, and
// clears away what an interrupted writer left behind.
func Open(dir string) (*Files, error) {
	if err := os.MkdirAll(filepath.Join(dir, "new"), 0o700); err != nil {
		return nil, fmt.Errorf("open the evidence files: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "new", "*"))
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	if err != nil {
		return nil, fmt.Errorf("clear the evidence files: %w", err)
	}
	return &Files{dir, domain.MaxEvidence}, nil
}

// Put keeps what r yields and returns its hash and size. When it returns, the
// file is durable. What is too large, or ends in an error, leaves nothing behind.
func (f *Files) Put(ctx context.Context, r io.Reader) (sha string, size int64, err error) {
	return f.keep(ctx, r, "")
}

// Keep keeps what r yields if it has the hash. When it returns, the file is durable,
// also where a damaged one lay. Anything else leaves nothing behind.
func (f *Files) Keep(ctx context.Context, sha string, r io.Reader) error {
	if !isHash(sha) {
		return ErrNoFile
	}
	_, _, err := f.keep(ctx, r, sha)
	return err
}

// keep keeps what r yields, if it has the hash that is wanted or none is.
func (f *Files) keep(ctx context.Context, r io.Reader, want string) (sha string, size int64, err error) {
	file, err := os.CreateTemp(filepath.Join(f.dir, "new"), "*")
	if err != nil {
		return "", 0, fmt.Errorf("keep a file: %w", err)
	}
	defer func() { err = errors.Join(err, gone(os.Remove(file.Name()))) }()
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(file, sum), &limited{ctx, r, f.most})
	sha = hex.EncodeToString(sum.Sum(nil))
	switch {
	case err != nil:
	case want != "" && sha != want:
		err = ErrOtherFile
	default:
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", 0, fmt.Errorf("keep a file: %w", err)
	}
	return sha, size, f.settle(file.Name(), sha)
}

// Has reports whether a file lies under its hash. It is not read.
func (f *Files) Has(sha string) bool {
	if !isHash(sha) {
		return false
	}
	info, err := os.Stat(filepath.Join(f.dir, sha[:2], sha))
	return err == nil && info.Mode().IsRegular()
}

// Remove takes a file away for good. When it returns, its name is gone from the disk;
// one that is not there is gone already.
func (f *Files) Remove(sha string) error {
	if !isHash(sha) {
		return ErrNoFile
	}
	folder := filepath.Join(f.dir, sha[:2])
	err := os.Remove(filepath.Join(folder, sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", sha, err)
	}
	return syncDir(folder)
}

func isHash(sha string) bool {
	raw, err := hex.DecodeString(sha)
	return err == nil && len(raw) == sha256.Size && hex.EncodeToString(raw) == sha
}

// gone forgives that a file is not there.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// settle moves a written file to where its hash says.
func (f *Files) settle(name, sha string) error {
	folder := filepath.Join(f.dir, sha[:2])
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("keep %s: %w", sha, err)
	}
	if err := os.Rename(name, filepath.Join(folder, sha)); err != nil {
		return fmt.Errorf("keep %s: %w", sha, err)
	}
	return errors.Join(syncDir(folder), syncDir(f.dir))
}

// syncDir makes the names in a folder durable.
func syncDir(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("sync a folder: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// limited ends with an error when there is more than was allowed, or no time left.
type limited struct {
	ctx  context.Context
	r    io.Reader
	left int64
}

// Read implements [io.Reader].
func (l *limited) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, ErrFileTooLarge
	}
	return n, err
}

// Open returns a file. It is read to its end once before anything of it is shown,
// so that a damaged one is never served.
func (f *Files) Open(sha string) (io.ReadSeekCloser, error) {
	if !isHash(sha) {
		return nil, ErrNoFile
	}
	file, err := os.Open(filepath.Join(f.dir, sha[:2], sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoFile
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", sha, err)
	}
	if err := verify(file, sha256.New(), sha); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// verify reads the file to its end and goes back to its start.
func verify(file *os.File, sum hash.Hash, sha string) error {
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("read %s: %w", sha, err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != sha {
		return fmt.Errorf("%s: %w", sha, ErrFileDamaged)
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}
