package bolt_test

import (
	"testing"

	"tavoli/adapters/bolt"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB, o storetest.Options) domain.Store {
		s, err := bolt.Open(t.TempDir(), bolt.Options{Now: o.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	})
}
