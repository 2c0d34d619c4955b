package bolt_test

import (
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB, o storetest.Options) domain.Store {
		s := open(t, t.TempDir(), bolt.Options{Now: o.Now})
		return s
	})
}

func TestImport(t *testing.T) {
	storetest.RunImport(t, func(t testing.TB, o storetest.Options) domain.Store {
		return open(t, t.TempDir(), bolt.Options{Now: o.Now})
	})
}

func TestDurable(t *testing.T) {
	storetest.RunDurable(t, func(t testing.TB, dir string, o storetest.Options) (domain.Store, func() error) {
		s := open(t, dir, bolt.Options{Now: o.Now})
		return s, s.Close
	})
}

// open opens a store that is closed at the end of the test, if not before.
func open(t testing.TB, dir string, o bolt.Options) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestFarFuture gives a time that an entry cannot hold.
func TestFarFuture(t *testing.T) {
	s := open(t, t.TempDir(), bolt.Options{})
	b := batch("tavolo-far", domain.NoStream)
	b.Events[0].EffectiveAt = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := s.Append(t.Context(), b)
	wantCode(t, err, domain.ErrBadDraft)
}

// TestImportedTimesMayGoBack imports what two nodes of a cluster stamped in one order
// and stored in the other. A check finds nothing wrong with it, nor after forgetting.
func TestImportedTimesMayGoBack(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, bolt.Options{})
	var list []domain.Entry
	for i, name := range []domain.Stream{"tavolo-a", "tavolo-b"} {
		b := batch(name, domain.NoStream)
		at := time.Date(2022, 5, 25, 9, 0, 0, -i*1000_000, time.UTC)
		list = append(list, domain.Entry{Bytes: domain.AppendEntry(nil, name, 0, at, &b.Events[0])})
	}
	if _, err := s.Import(t.Context(), list...); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(t.Context(), domain.PersonaStream(batch("tavolo-c", domain.NoStream).Events[0].ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), batch("tavolo-c", domain.NoStream)); err != nil {
		t.Fatal(err)
	}
	found, err := s.Check(t.Context(), nil)
	if err != nil || len(found) > 0 {
		t.Errorf("check finds %v: %v", found, err)
	}
}
