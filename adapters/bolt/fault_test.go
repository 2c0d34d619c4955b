package bolt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/domain"

	bbolt "go.etcd.io/bbolt"
)

// TestDiskFull fills a small disk: what does not fit is refused, what was there
// stays, and when there is room again writing goes on.
func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=3m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(disk, "store")
	s := open(t, dir, bolt.Options{})
	rev := fillDisk(t, s)
	for range 20 {
		_, err := s.Append(t.Context(), bigBatch(rev))
		wantCode(t, err, bolt.ErrDiskFull)
	}
	if err := s.Err(); err != nil {
		t.Fatalf("a full disk made the store fail: %v", err)
	}
	if list, err := stream(t, s, "tavolo-full"); err != nil || len(list) != int(rev)+1 {
		t.Fatalf("%d entries of %d, %v", len(list), rev+1, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), bigBatch(rev), bigBatch(rev+1)); err != nil {
		t.Fatalf("there is room again: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantClean(t, dir)
	if got := len(mustAll(t, open(t, dir, bolt.Options{}))); got != int(rev)+3 {
		t.Fatalf("%d entries, want %d", got, rev+3)
	}
}

func bigBatch(after domain.Revision) domain.Batch {
	return domain.Batch{Stream: "tavolo-full", After: after, Events: []domain.Draft{draft(eventID("tavolo-full", after+1), 50_000)}}
}

// fillDisk appends until the disk is full and returns the last revision.
func fillDisk(t *testing.T, s *bolt.Store) domain.Revision {
	t.Helper()
	for rev := domain.NoStream; rev < 1000; rev++ {
		if _, err := s.Append(t.Context(), bigBatch(rev)); err != nil {
			wantCode(t, err, bolt.ErrDiskFull)
			return rev
		}
	}
	t.Fatal("the disk does not fill")
	return 0
}

// written makes a closed store with some streams in it and returns its entries.
func written(t *testing.T) (dir string, entries []domain.Entry) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, dir, bolt.Options{})
	extend(t, s, 0, 40, streams(10)...)
	entries = mustAll(t, s)
	size := s.Stats().LogBytes
	if err := errors.Join(s.Close(), os.Truncate(filepath.Join(dir, "events.db"), size)); err != nil {
		t.Fatal(err)
	}
	return dir, entries
}

// leaves returns the pages of the log that hold records or lead to them.
func leaves(t *testing.T, dir string) (ids []int) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, "events.db"), 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		for id := 0; ; id++ {
			info, err := tx.Page(id)
			if err != nil || info == nil {
				return err
			}
			if info.Type == "leaf" || info.Type == "branch" {
				ids = append(ids, id)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// pageSize is that of the store's file.
const pageSize = 16 << 10

// TestFlippedBits flips one bit of a page in use. Either it is found and what it
// damages is not served, or it lay where nothing is written.
func TestFlippedBits(t *testing.T) {
	dir, entries := written(t)
	pages := leaves(t, dir)
	clean, err := os.ReadFile(filepath.Join(dir, "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for range 150 {
		at := pages[rand.IntN(len(pages))]*pageSize + rand.IntN(pageSize)
		bit := byte(1) << rand.IntN(8)
		data := bytes.Clone(clean[:])
		data[at] ^= bit
		if flipped(t, dir, data, entries) {
			found++
		}
		if t.Failed() {
			t.Fatalf("bit %d of byte %d", bit, at)
		}
	}
	if found < 75 {
		t.Errorf("only %d of 150 flipped bits were found", found)
	}
}

// flipped reports whether the damage was found, and fails the test if something
// else is served than was written.
func flipped(t *testing.T, dir string, data []byte, entries []domain.Entry) bool {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "events.db"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	found, checkErr := bolt.Check(t.Context(), dir, nil)
	s, err := bolt.Open(dir, bolt.Options{})
	var list []domain.Entry
	if err == nil {
		list, err = all(t, s)
		s.Close()
	}
	if len(list) > len(entries) || !equal(list, entries[:len(list)]) {
		t.Errorf("other entries are served than were written: %d of %d", len(list), len(entries))
	}
	noticed := len(found) > 0 || checkErr != nil
	if err == nil && len(list) != len(entries) || err != nil && !noticed {
		t.Errorf("%d of %d entries, %v; findings %v, %v", len(list), len(entries), err, found, checkErr)
	}
	return noticed
}

// TestFlippedRecord flips a bit in the middle of one entry: position and stream
// are named by reading and by checking, open or closed.
func TestFlippedRecord(t *testing.T) {
	dir, entries := written(t)
	victim := entries[123]
	data, err := os.ReadFile(filepath.Join(dir, "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(data, victim.Bytes) // earlier ones are pages no longer used
	for i := range data[:at] {
		if bytes.HasPrefix(data[i:], victim.Bytes) {
			data[i+200] ^= 4
		}
	}
	data[at+200] ^= 4
	if err := os.WriteFile(filepath.Join(dir, "events.db"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	rec, err := victim.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	found, err := bolt.Check(t.Context(), dir, nil)
	wantFinding(t, found, err, victim.Position, rec.Stream)
	s := open(t, dir, bolt.Options{})
	found, err = s.Check(t.Context(), nil)
	wantFinding(t, found, err, victim.Position, rec.Stream)
	list, err := all(t, s)
	wantDamage(t, err, victim.Position, rec.Stream)
	if !equal(list, entries[:123]) {
		t.Errorf("%d entries come before the damage, want 123", len(list))
	}
	list, err = stream(t, s, rec.Stream)
	wantDamage(t, err, victim.Position, rec.Stream)
	if len(list) != int(rec.Revision) {
		t.Errorf("%d entries of the stream come before the damage, want %d", len(list), rec.Revision)
	}
	if got, err := stream(t, s, "tavolo-t0"); err != nil || len(got) != 40 {
		t.Errorf("another stream: %d entries, %v", len(got), err)
	}
}

func wantFinding(t *testing.T, found []bolt.Finding, err error, pos domain.Position, name domain.Stream) {
	t.Helper()
	if err != nil || len(found) != 1 || found[0].Position != pos || found[0].Stream != name {
		t.Errorf("found %v, %v; want position %d in %s", found, err, pos, name)
	}
}

func wantDamage(t *testing.T, err error, pos domain.Position, name domain.Stream) {
	t.Helper()
	var f *bolt.Finding
	if !errors.As(err, &f) || !errors.Is(err, domain.ErrCorrupt) || f.Position != pos || f.Stream != name {
		t.Errorf("got %v, want damage at %d in %s", err, pos, name)
	}
}

// edit changes the log of a closed store behind its back.
func edit(t testing.TB, dir string, change func(log *bbolt.Bucket) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, "events.db"), 0o600, nil)
	if err == nil {
		err = errors.Join(db.Update(func(tx *bbolt.Tx) error { return change(tx.Bucket([]byte("log"))) }), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// blockOf returns the key and the value that hold a position.
func blockOf(log *bbolt.Bucket, pos uint64) (key, value []byte) {
	key, value = log.Cursor().Seek(binary.BigEndian.AppendUint64(nil, pos))
	return bytes.Clone(key), bytes.Clone(value)
}

// TestTamperedLog removes and swaps whole records, or the blocks they lie in.
func TestTamperedLog(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(log *bbolt.Bucket) error
		want   []domain.Position
	}{
		{"removed", func(log *bbolt.Bucket) error {
			key, _ := blockOf(log, 77)
			return log.Delete(key)
		}, []domain.Position{77}},
		{"swapped", func(log *bbolt.Bucket) error {
			a, inA := blockOf(log, 51)
			b, inB := blockOf(log, 91)
			return errors.Join(log.Put(a, inB), log.Put(b, inA))
		}, []domain.Position{51, 91}},
		{"exchanged within a block", func(log *bbolt.Bucket) error {
			key, value := blockOf(log, 101)
			size := 28 + int(binary.BigEndian.Uint32(value[8:]))
			first := bytes.Clone(value[4 : 4+size])
			copy(value[4:], value[4+size:4+2*size])
			copy(value[4+size:], first)
			return log.Put(key, value)
		}, []domain.Position{101, 102}},
		{"cut off", func(log *bbolt.Bucket) error {
			key, _ := blockOf(log, 400)
			return log.Delete(key)
		}, []domain.Position{400}},
		{"lengthened", func(log *bbolt.Bucket) error {
			_, value := blockOf(log, 400)
			return log.Put(binary.BigEndian.AppendUint64(nil, 402), value)
		}, []domain.Position{401, 402}},
		{"counted wrong", func(log *bbolt.Bucket) error {
			key, value := blockOf(log, 200)
			value[3]++
			return log.Put(key, value)
		}, []domain.Position{200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, entries := written(t)
			edit(t, dir, c.change)
			found, err := bolt.Check(t.Context(), dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, pos := range c.want {
				if !slices.ContainsFunc(found, func(f bolt.Finding) bool { return f.Position <= pos && pos <= max(f.Position, f.Through) }) {
					t.Errorf("position %d is not among %v", pos, found)
				}
			}
			s, err := bolt.Open(dir, bolt.Options{})
			if err == nil {
				defer s.Close()
				var list []domain.Entry
				if list, err = all(t, s); !equal(list, entries[:len(list)]) {
					t.Error("other entries are served than were written")
				}
			}
			if !errors.Is(err, domain.ErrCorrupt) {
				t.Errorf("got %v, want %v", err, domain.ErrCorrupt)
			}
		})
	}
}

// TestTruncatedFile cuts the file off in many places.
func TestTruncatedFile(t *testing.T) {
	dir, entries := written(t)
	pages := leaves(t, dir)
	path := filepath.Join(dir, "events.db")
	clean, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 4096, 20_000, pages[len(pages)/2] * pageSize, pages[len(pages)-1]*pageSize + 100} {
		if err := os.WriteFile(path, clean[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		found, checkErr := bolt.Check(t.Context(), dir, nil)
		if len(found) == 0 && checkErr == nil {
			t.Errorf("cut off at %d: nothing found", size)
		}
		s, err := bolt.Open(dir, bolt.Options{})
		if err == nil {
			var list []domain.Entry
			if list, err = all(t, s); !equal(list, entries[:len(list)]) {
				t.Errorf("cut off at %d: other entries are served than were written", size)
			}
			s.Close()
		}
		if err == nil {
			t.Errorf("cut off at %d: everything can be read", size)
		}
	}
}

// TestClockGoesBack opens a store with a clock that is behind.
func TestClockGoesBack(t *testing.T) {
	dir := t.TempDir()
	for i, now := range []time.Time{day, day.Add(-time.Hour), day.Add(-48 * time.Hour)} {
		s := open(t, dir, bolt.Options{Now: func() time.Time { return now }})
		extend(t, s, i, 1, "tavolo-clock")
		if i == 1 { // a tombstone keeps the time as well
			name := domain.Stream("persona-clock")
			extend(t, s, 0, 1, name)
			if err := s.Forget(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
	}
	for _, e := range mustAll(t, open(t, dir, bolt.Options{})) {
		if rec, err := e.Envelope(); err != nil || !rec.RecordedAt.Equal(day) {
			t.Errorf("recorded at %v, %v; want %v", rec.RecordedAt, err, day)
		}
	}
}

// TestOpenRefuses names what keeps a store from being opened.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, bolt.Options{})
	_, err := bolt.Open(dir, bolt.Options{})
	wantCode(t, err, bolt.ErrLocked)
	_, err = bolt.Check(t.Context(), dir, nil)
	wantCode(t, err, bolt.ErrLocked)
	if _, err := s.Append(t.Context(), batch("tavolo-a", domain.NoStream)); err != nil {
		t.Errorf("the first store suffers from the second: %v", err)
	}
	s.Close()
	edit(t, dir, func(log *bbolt.Bucket) error {
		return log.Tx().Bucket([]byte("meta")).Put([]byte("format"), []byte{0, 0, 0, 9})
	})
	_, err = bolt.Open(dir, bolt.Options{})
	wantCode(t, err, bolt.ErrNewer)
	_, err = bolt.Check(t.Context(), t.TempDir(), nil)
	wantCode(t, err, bolt.ErrMissing)
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "events.db"), bytes.Repeat([]byte("not a store"), 9999), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = bolt.Open(foreign, bolt.Options{})
	wantCode(t, err, bolt.ErrForeign)
}
