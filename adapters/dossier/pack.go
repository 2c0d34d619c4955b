package dossier

import (
	"archive/zip"
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"tavoli/domain"
)

// Format names the form of a dossier. It changes when an older verifier would read
// a dossier wrongly.
const Format = "tavoli-dossier/v1"

// A Manifest is dossier.json: what a dossier says of itself.
type Manifest struct {
	Format        string                `json:"format"`
	Origin        string                `json:"origin"`
	Scope         domain.DossierScope   `json:"scope"`
	Position      domain.Position       `json:"position,string"`
	Size          int64                 `json:"size"`
	Root          string                `json:"root"`
	RecordedUntil time.Time             `json:"recorded_until"`
	Entries       domain.DossierEntries `json:"entries"`
	Disclosures   domain.DossierNames   `json:"disclosures"`
	Purpose       string                `json:"purpose"`
	Absent        []string              `json:"absent_evidence,omitempty"` // SHA-256 of documents that are no longer kept
	Files         []File                `json:"files"`
}

// A File is one file of a dossier.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// A pack gathers files one after the other in a temporary file, and then puts them
// into a zip in the order of their paths.
type pack struct {
	dir     string
	spool   *os.File
	at      int64
	members []member
}

type member struct {
	File
	at  int64 // in the spool
	crc uint32
}

func newPack(dir string) (*pack, error) {
	spool, err := temporary(dir)
	if err != nil {
		return nil, err
	}
	return &pack{dir: dir, spool: spool}, nil
}

// temporary makes a file that nobody else finds: it has names in it, and must not lie
// in the folder when somebody is forgotten while it is being handed out. Where open
// files cannot be removed it goes when it is closed.
func temporary(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "*.part")
	if err != nil {
		return nil, fmt.Errorf("make a dossier: %w", err)
	}
	_ = os.Remove(f.Name()) // or later
	return f, nil
}

// Close removes what was gathered.
func (p *pack) Close() error { return discard(p.spool) }

func discard(f *os.File) error {
	err := f.Close()
	if gone := os.Remove(f.Name()); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// add adds a file whose content is written by a function.
func (p *pack) add(path string, write func(w io.Writer) error) error {
	sum, crc := sha256.New(), crc32.NewIEEE()
	out := bufio.NewWriterSize(p.spool, 256<<10)
	w := &tallied{w: io.MultiWriter(out, sum, crc)}
	if err := write(w); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	p.members = append(p.members, member{File{path, w.n, hex.EncodeToString(sum.Sum(nil))}, p.at, crc.Sum32()})
	p.at += w.n
	return nil
}

// text adds a file with a content.
func (p *pack) text(path, content string) error {
	return p.add(path, func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	})
}

// A tallied counts what is written.
type tallied struct {
	w io.Writer
	n int64
}

// Write implements [io.Writer].
func (t *tallied) Write(b []byte) (int, error) {
	n, err := t.w.Write(b)
	t.n += int64(n)
	return n, err
}

// finish adds the manifest and puts all files into a zip.
func (p *pack) finish(m Manifest, at time.Time) (_ *Made, err error) {
	slices.SortFunc(p.members, byPath)
	m.Files = make([]File, len(p.members))
	for i, f := range p.members {
		m.Files[i] = f.File
	}
	err = p.add("dossier.json", func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return enc.Encode(m)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(p.members, byPath)
	file, err := temporary(p.dir)
	if err != nil {
		return nil, err
	}
	made := &Made{File: file, Manifest: m}
	if made.Length, made.SHA256, err = p.write(file, at); err != nil {
		return nil, errors.Join(err, discard(file))
	}
	return made, nil
}

func byPath(a, b member) int { return cmp.Compare(a.Path, b.Path) }

// write writes the zip and returns its length and hash.
func (p *pack) write(file *os.File, at time.Time) (int64, string, error) {
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(file, sum), 256<<10)
	w := &tallied{w: out}
	z := zip.NewWriter(w)
	buf := make([]byte, 256<<10)
	for _, m := range p.members {
		part, err := z.CreateRaw(m.header(at))
		if err != nil {
			return 0, "", err
		}
		if _, err := io.CopyBuffer(part, io.NewSectionReader(p.spool, m.at, m.Size), buf); err != nil {
			return 0, "", err
		}
	}
	if err := errors.Join(z.Close(), out.Flush()); err != nil {
		return 0, "", err
	}
	_, err := file.Seek(0, io.SeekStart)
	return w.n, hex.EncodeToString(sum.Sum(nil)), err
}

// header returns what the zip says of a file: its time is that of the newest fact,
// in the form all zips know, which goes in steps of two seconds from 1980.
func (m member) header(at time.Time) *zip.FileHeader {
	h := &zip.FileHeader{Name: m.Path, Method: zip.Store, CRC32: m.crc, CompressedSize64: uint64(m.Size), UncompressedSize64: uint64(m.Size), ReaderVersion: 20}
	h.SetMode(fs.FileMode(0o644))
	at = at.UTC()
	h.ModifiedDate = uint16(at.Day() + int(at.Month())<<5 + max(0, at.Year()-1980)<<9) //nolint:staticcheck // Modified would add an extra field
	h.ModifiedTime = uint16(at.Second()/2 + at.Minute()<<5 + at.Hour()<<11)            //nolint:staticcheck // the same
	return h
}

// Close removes the dossier.
func (m *Made) Close() error { return discard(m.File) }
