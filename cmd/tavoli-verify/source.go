package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// What a dossier or an export may hold at most. docs/limits.md lists them; beyond
// one nothing is checked and the exit code is 3.
const (
	maxFiles    = 200_000   // files in a dossier
	maxUnpacked = 64 << 30  // bytes of all files together
	maxFile     = 8 << 30   // bytes of one file
	maxRatio    = 200       // how many times larger than packed a file of a zip may be
	smallEnough = 1 << 20   // bytes up to which the ratio does not matter
	maxName     = 500       // bytes of a path
	maxNote     = 64 << 10  // bytes of a checkpoint, a proof or the keys
	maxManifest = 64 << 20  // bytes of dossier.json or of a register
	maxEntry    = 65_535    // bytes of one entry
	maxLines    = 10_000    // entries in one file below entries/
	maxJSONLine = 1 << 20   // bytes of a line of disclosures.jsonl
	maxShown    = 512 << 20 // bytes of disclosures.jsonl
)

// A tree of files: a zip or a folder.
type tree interface {
	open(name string) (io.ReadCloser, error)
	io.Closer
}

// A source is a dossier or an export, opened. What was read of a file to its end
// leaves the file's hash behind, so that nothing is read twice.
type source struct {
	tree
	path   string
	sizes  map[string]int64
	names  []string // in order
	listed bool     // a list says which hash each file has

	mu   sync.Mutex
	sums map[string]string // SHA-256 in hex, of what was read to its end
}

// openSource opens a zip or a folder, refusing whatever is not a plain tree of files.
func openSource(name string) (*source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, unreadable("%v", "%v", err)
	}
	s := &source{path: name, sizes: make(map[string]int64), sums: make(map[string]string)}
	if info.IsDir() {
		err = s.openFolder(name)
	} else {
		err = s.openZip(name)
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(s.names)
	return s, nil
}

// add takes in one file after looking at its name and its size.
func (s *source) add(name string, size int64) error {
	if !fs.ValidPath(name) || name == "." || len(name) > maxName || strings.ContainsAny(name, "\\:\x00") {
		return unreadable("il percorso %q non è ammesso", "the path %q is not allowed", clip(name))
	}
	if _, twice := s.sizes[name]; twice {
		return unreadable("%q compare due volte", "%q is there twice", name)
	}
	s.sizes[name], s.names = size, append(s.names, name)
	if len(s.names) > maxFiles {
		return unreadable("più di %d file", "more than %d files", maxFiles)
	}
	if size < 0 || size > maxFile {
		return unreadable("%q è troppo grande: %d byte", "%q is too large: %d bytes", name, size)
	}
	return nil
}

// weigh refuses a tree that is too large as a whole, or in which two names differ
// only in their case, so that one would hide the other on some machines.
func (s *source) weigh() error {
	var total int64
	folded := make(map[string]string, len(s.names))
	for _, name := range s.names {
		if total += s.sizes[name]; total > maxUnpacked {
			return unreadable("più di %d byte in tutto", "more than %d bytes in all", int64(maxUnpacked))
		}
		low := strings.ToLower(name)
		if other, taken := folded[low]; taken {
			return unreadable("%q e %q si distinguono solo per le maiuscole", "%q and %q differ only in their case", other, name)
		}
		folded[low] = name
	}
	return nil
}

func (s *source) has(name string) bool { _, ok := s.sizes[name]; return ok }

// below returns the names below a folder, in order.
func (s *source) below(dir string) []string {
	from, _ := slices.BinarySearch(s.names, dir+"/")
	to := from
	for to < len(s.names) && strings.HasPrefix(s.names[to], dir+"/") {
		to++
	}
	return s.names[from:to]
}

// read returns a whole file that must not be larger than most.
func (s *source) read(name string, most int64) ([]byte, error) {
	size, ok := s.sizes[name]
	switch {
	case !ok:
		return nil, unreadable("manca %s", "%s is missing", name)
	case size > most:
		return nil, unreadable("%s è troppo grande: %d byte", "%s is too large: %d bytes", name, size)
	}
	f, err := s.open(name)
	if err != nil {
		return nil, s.strange(name, err)
	}
	defer f.Close()
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, s.strange(name, err)
	}
	if n, err := f.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) { // its end shows whether its sum is right
		return nil, s.strange(name, cmpErr(err, errLonger))
	}
	if s.listed {
		sum := sha256.Sum256(data)
		s.seen(name, sum[:])
	}
	return data, nil
}

var errLonger = errors.New("longer than it says")

func cmpErr(err, otherwise error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return otherwise
	}
	return err
}

// seen notes the hash of a file.
func (s *source) seen(name string, sum []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sums[name] = hex.EncodeToString(sum)
}

// An alteredError says that a file is not what its packing says: its bytes were
// changed on the way.
type alteredError struct {
	name string
	err  error
}

// Error implements error.
func (e *alteredError) Error() string { return fmt.Sprintf("%s: %v", e.name, e.err) }

// strange tells bytes that were changed from files that cannot be read.
func (s *source) strange(name string, err error) error {
	if altered(err) {
		return &alteredError{name, err}
	}
	return unreadable("%s non si legge: %v", "%s cannot be read: %v", name, err)
}

// sum returns the SHA-256 of a file, reading it if nobody did.
func (s *source) sum(name string) (string, error) {
	s.mu.Lock()
	have, ok := s.sums[name]
	s.mu.Unlock()
	if ok {
		return have, nil
	}
	f, err := s.open(name)
	if err != nil {
		return "", s.strange(name, err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.CopyBuffer(h, f, make([]byte, 256<<10))
	if err == nil && n != s.sizes[name] {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", s.strange(name, err)
	}
	s.seen(name, h.Sum(nil))
	return hex.EncodeToString(h.Sum(nil)), nil
}

func clip(s string) string { return s[:min(len(s), 80)] }
