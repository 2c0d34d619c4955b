package main

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// A folder is a tree that lies open.
type folder struct{ *os.Root }

// openFolder takes in a folder. Links and devices are refused: what they lead to
// is no part of it.
func (s *source) openFolder(name string) error {
	root, err := os.OpenRoot(name)
	if err != nil {
		return unreadable("%v", "%v", err)
	}
	s.tree = folder{root}
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return unreadable("%v", "%v", err)
		case entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			return unreadable("%q è un collegamento o un dispositivo, non un file", "%q is a link or a device, not a file", name)
		}
		info, err := entry.Info()
		if err != nil {
			return unreadable("%v", "%v", err)
		}
		return s.add(name, info.Size())
	})
	return errors.Join(err, s.weigh())
}

func (f folder) open(name string) (io.ReadCloser, error) { return f.Open(name) }

// A packed is a tree in a zip.
type packed struct {
	*os.File
	by map[string]*zip.File
}

// openZip takes in a zip. It is looked through before anything is unpacked: a
// name that leads elsewhere, a file there twice, a link, an encrypted file or one
// that grows without measure is refused with the whole.
func (s *source) openZip(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return unreadable("%v", "%v", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(unreadable("%v", "%v", err), file.Close())
	}
	if err := s.readZip(file, info.Size()); err != nil {
		return errors.Join(err, file.Close())
	}
	s.tree.(*packed).File = file
	return nil
}

// readZip reads the list of a zip's files.
func (s *source) readZip(r io.ReaderAt, size int64) error {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // paths are looked at below
		return unreadable("non è uno zip, o è tronco: %v", "not a zip, or cut off: %v", err)
	}
	t := &packed{by: make(map[string]*zip.File)}
	s.tree = t
	var inside uint64
	for _, f := range z.File {
		if inside += f.CompressedSize64; inside > uint64(size) { // two files would share their bytes
			return unreadable("nello zip %q si sovrappone ad altri", "in the zip %q overlaps with others", clip(f.Name))
		}
		if f.FileInfo().IsDir() && f.UncompressedSize64 == 0 && strings.HasSuffix(f.Name, "/") && fs.ValidPath(strings.TrimSuffix(f.Name, "/")) {
			continue
		}
		if err := s.addPacked(f); err != nil {
			return err
		}
		t.by[f.Name] = f
	}
	return s.weigh()
}

// addPacked takes in one file of a zip.
func (s *source) addPacked(f *zip.File) error {
	switch {
	case !f.Mode().IsRegular():
		return unreadable("%q è un collegamento o una cartella, non un file", "%q is a link or a folder, not a file", clip(f.Name))
	case f.Flags&1 != 0:
		return unreadable("%q è cifrato", "%q is encrypted", clip(f.Name))
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return unreadable("%q è compresso in un modo ignoto", "%q is packed in an unknown way", clip(f.Name))
	case f.UncompressedSize64 > maxFile:
		return unreadable("%q è troppo grande: %d byte", "%q is too large: %d bytes", clip(f.Name), f.UncompressedSize64)
	case f.UncompressedSize64 > smallEnough && f.UncompressedSize64/maxRatio > f.CompressedSize64:
		return unreadable("%q cresce più di %d volte", "%q grows more than %d times", clip(f.Name), maxRatio)
	case f.Method == zip.Store && f.UncompressedSize64 != f.CompressedSize64:
		return unreadable("%q dice due grandezze", "%q tells two sizes", clip(f.Name))
	}
	return s.add(f.Name, int64(f.UncompressedSize64))
}

func (p *packed) open(name string) (io.ReadCloser, error) {
	f, ok := p.by[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return f.Open()
}

// Close implements [io.Closer].
func (p *packed) Close() error {
	if p.File == nil {
		return nil
	}
	return p.File.Close()
}

// altered reports whether an error says that packed bytes were changed.
func altered(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, zip.ErrChecksum) || errors.As(err, &corrupt)
}
