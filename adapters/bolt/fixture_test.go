package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/domain"

	"github.com/google/uuid"
)

var day = time.Date(2022, 5, 25, 9, 0, 0, 0, time.UTC)

// draft returns the event with an id; equal ids give equal events.
func draft(id uuid.UUID, size int) domain.Draft {
	text := fmt.Appendf(nil, `{"mark":"%s","pad":"`, id)
	for len(text) < size-2 {
		text = append(text, 'x')
	}
	return domain.Draft{
		ID: id, Type: "SeatsCounted", Schema: 1, EffectiveAt: day, Actor: "account-anna", Command: id, Data: append(text, `"}`...),
	}
}

// batch returns the nth batch of one event for a stream.
func batch(s domain.Stream, after domain.Revision) domain.Batch {
	return domain.Batch{Stream: s, After: after, Events: []domain.Draft{draft(eventID(s, after+1), 120)}}
}

// eventID returns the id of the event the tests store at a place.
func eventID(s domain.Stream, rev domain.Revision) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s@%d", s, rev))
}

// extend appends n events to each stream, which must hold from events already.
func extend(t testing.TB, s *bolt.Store, from, n int, streams ...domain.Stream) {
	t.Helper()
	for i := range n {
		var list []domain.Batch
		for _, name := range streams {
			list = append(list, batch(name, domain.Revision(from+i-1)))
		}
		if _, err := s.Append(t.Context(), list...); err != nil {
			t.Fatalf("append: %v", err)
		}
	}
}

// streams returns the names of n streams of facts.
func streams(n int) (list []domain.Stream) {
	for i := range n {
		list = append(list, domain.Stream(fmt.Sprintf("tavolo-t%d", i)))
	}
	return list
}

// all returns every entry, or what came before an error.
func all(t testing.TB, s *bolt.Store) (list []domain.Entry, err error) {
	for page, err := range s.ReadAll(t.Context(), 0) {
		if err != nil {
			return list, err
		}
		list = append(list, page.Entries...)
	}
	return list, nil
}

func mustAll(t testing.TB, s *bolt.Store) []domain.Entry {
	t.Helper()
	list, err := all(t, s)
	if err != nil {
		t.Fatalf("read all: %v", err)
	}
	return list
}

// stream returns the entries of a stream.
func stream(t testing.TB, s *bolt.Store, name domain.Stream) (list []domain.Entry, err error) {
	for e, err := range s.ReadStream(t.Context(), name, 0) {
		if err != nil {
			return list, err
		}
		list = append(list, e)
	}
	return list, nil
}

func equal(a, b []domain.Entry) bool {
	return slices.EqualFunc(a, b, func(x, y domain.Entry) bool { return x.Position == y.Position && bytes.Equal(x.Bytes, y.Bytes) })
}

// wantClean fails the test if the store has findings.
func wantClean(t testing.TB, dir string) {
	t.Helper()
	found, err := bolt.Check(t.Context(), dir, nil)
	if err != nil || len(found) > 0 {
		t.Fatalf("check: %v, %v", found, err)
	}
}

// wantCode fails the test unless err has the code of want.
func wantCode(t testing.TB, err error, want *domain.Error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %q", err, want.Code)
	}
}

// copyStore copies a closed store and returns where it is.
func copyStore(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{"events.db", "index.ckpt"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// contains counts those of the texts that a file of a directory holds.
func contains(t testing.TB, dir string, texts ...string) (n int) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	for _, f := range files {
		one, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil && !errors.Is(err, os.ErrNotExist) { // renamed meanwhile
			t.Fatal(err)
		}
		data = append(data, bytes.TrimRight(one, "\x00")...)
	}
	for _, text := range texts {
		if bytes.Contains(data, []byte(text)) {
			n++
		}
	}
	return n
}
