package bolt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"tavoli/adapters/bolt"
	"tavoli/domain"

	bbolt "go.etcd.io/bbolt"
)

// template is a small closed store that each run of a fuzz target copies.
type template struct {
	log, ckpt []byte
	entries   []domain.Entry
	block     []byte // the value of its only key
}

func newTemplate(f *testing.F) template {
	f.Helper()
	dir := f.TempDir()
	s := open(f, dir, bolt.Options{Reserve: -1})
	extend(f, s, 0, 1, streams(3)...)
	t := template{entries: mustAll(f, s)}
	size := s.Stats().LogBytes
	s.Close()
	for name, to := range map[string]*[]byte{"events.db": &t.log, "index.ckpt": &t.ckpt} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		*to = data[:min(size, int64(len(data)))]
	}
	edit(f, dir, func(log *bbolt.Bucket) error {
		_, t.block = blockOf(log, 1)
		return nil
	})
	return t
}

// write puts a copy of the template into a directory.
func (m template) write(t *testing.T, ckpt []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "events.db"), m.log, 0o600), os.WriteFile(filepath.Join(dir, "index.ckpt"), ckpt, 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// FuzzCheckpoint opens a store with any bytes for index.ckpt, under a checksum
// that is right: nothing but what is in the log is ever read.
func FuzzCheckpoint(f *testing.F) {
	m := newTemplate(f)
	f.Add(m.ckpt[:len(m.ckpt)-4])
	f.Add(m.ckpt[:72])
	f.Fuzz(func(t *testing.T, data []byte) {
		data = bytes.Clone(data)
		if len(data) >= 56 { // of this store
			copy(data[8:32], m.ckpt[8:32])
			copy(data[40:56], m.ckpt[40:56])
		}
		sum := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
		dir := m.write(t, binary.LittleEndian.AppendUint32(data, sum))
		s, err := bolt.Open(dir, bolt.Options{Reserve: -1, NoSync: true})
		if err != nil {
			if !errors.Is(err, domain.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		defer s.Close()
		if !equal(mustAll(t, s), m.entries) {
			t.Error("the entries differ")
		}
		for i, name := range streams(3) {
			list, err := stream(t, s, name)
			if err != nil && !errors.Is(err, domain.ErrCorrupt) || len(list) > 1 || len(list) == 1 && !equal(list, m.entries[i:i+1]) {
				t.Errorf("%s: %d entries, %v", name, len(list), err)
			}
		}
	})
}

// FuzzBlock opens a store with any bytes in the place of its records: what cannot
// have been written is not served.
func FuzzBlock(f *testing.F) {
	m := newTemplate(f)
	f.Add(m.block)
	f.Add(m.block[:40])
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := m.write(t, m.ckpt)
		edit(t, dir, func(log *bbolt.Bucket) error {
			key, _ := blockOf(log, 1)
			return log.Put(key, data)
		})
		found, err := bolt.Check(t.Context(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := bolt.Open(dir, bolt.Options{Reserve: -1, NoSync: true})
		var list []domain.Entry
		if err == nil {
			defer s.Close()
			list, err = all(t, s)
		}
		if err != nil && (!errors.Is(err, domain.ErrCorrupt) || len(found) == 0) {
			t.Errorf("got %v, found %v", err, found)
		}
		if len(found) == 0 && !equal(list, m.entries) { // a block of another store is found by its links
			t.Error("other entries are served than were written")
		}
	})
}
