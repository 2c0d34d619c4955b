package esdb_test

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"tavoli/adapters/esdb"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
	"tavoli/tests/storetest"
)

// TestStore holds the store to the contract on the test server as of 23.10, whose
// subscriptions drop whoever is slow; TAVOLI_ESDB_VERSION names another.
func TestStore(t *testing.T) {
	o := esdbtest.Options{Version: os.Getenv("TAVOLI_ESDB_VERSION"), Strict: true}
	storetest.Run(t, func(t testing.TB, opts storetest.Options) domain.Store {
		return open(t, serve(t, o).URL(), esdb.Options{Now: opts.Now})
	})
}

func TestImport(t *testing.T) {
	storetest.RunImport(t, func(t testing.TB, opts storetest.Options) domain.Store {
		return open(t, serve(t, esdbtest.Options{Strict: true}).URL(), esdb.Options{Now: opts.Now})
	})
}

// TestDurable restarts server and store between the steps, the server as of 24.10.
func TestDurable(t *testing.T) {
	storetest.RunDurable(t, func(t testing.TB, dir string, o storetest.Options) (domain.Store, func() error) {
		log := logIn(t, filepath.Join(dir, "log"))
		server, err := esdbtest.Start(log, esdbtest.Options{Version: "24.10.4"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Stop)
		store := open(t, server.URL(), esdb.Options{Now: o.Now})
		return store, func() error {
			err := store.Close()
			server.Stop()
			return errors.Join(err, log.Close())
		}
	})
}

// TestRealServer holds the store to the contract on a server that others may use
// too, with streams of its own.
func TestRealServer(t *testing.T) {
	url := os.Getenv("TAVOLI_ESDB_URL")
	if url == "" {
		t.Skip("TAVOLI_ESDB_URL names no server, as in esdb://localhost:2113?tls=false")
	}
	run := uuid.New()
	fresh := func(t testing.TB, o storetest.Options) domain.Store {
		each := uuid.New()
		prefix := "tavolitest" + hex.EncodeToString(run[:4]) + "." + hex.EncodeToString(each[:6]) + "."
		return open(t, url, esdb.Options{Now: o.Now, Prefix: prefix})
	}
	storetest.Run(t, fresh)
	storetest.RunImport(t, fresh)
}

// open opens a store that is closed at the end of the test, if not before.
func open(t testing.TB, url string, o esdb.Options) *esdb.Store {
	t.Helper()
	s, err := esdb.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// serve starts a test server of one node with a log in memory.
func serve(t testing.TB, o esdbtest.Options) *esdbtest.Server {
	t.Helper()
	s, err := esdbtest.Start(logIn(t, ""), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func logIn(t testing.TB, file string) *esdbtest.Log {
	t.Helper()
	log, err := esdbtest.NewLog(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() }) // a second time, maybe
	return log
}
