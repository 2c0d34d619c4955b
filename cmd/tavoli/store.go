package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/bolt"
	"tavoli/adapters/esdb"
	"tavoli/domain"
)

// An eventStore is what a register needs of the store it lies in.
type eventStore interface {
	domain.Store
	io.Closer
	Failed() <-chan struct{} // closed when the store can go on no longer
	Err() error              // why
}

// A backend is an event store with what only some can do. What is nil is not offered.
type backend struct {
	eventStore
	backup func(ctx context.Context, to io.Writer) error
	check  func(ctx context.Context, progress func(done, total int64)) ([]bolt.Finding, error)
	stats  func() any
	gauges map[string]func() float64
	lease  func(name string, term time.Duration) *esdb.Lease // nil: nobody else can do what is to be done once
	shared bool                                              // others may write to it at the same time
}

// removeStreams removes personal streams, together where the store can.
func removeStreams(ctx context.Context, store domain.Store, names []domain.Stream) error {
	if many, ok := store.(interface {
		ForgetAll(ctx context.Context, names ...domain.Stream) error
	}); ok {
		return many.ForgetAll(ctx, names...)
	}
	for _, name := range names {
		if err := store.Forget(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Keys are what a register needs of the keys to personal values.
type keys interface {
	domain.Keys
	io.Closer
	Secret(purpose string) [32]byte // the same wherever these keys are
	Check() error                   // what is wrong with them
	Len() uint64                    // how many were handed out
}

// inFile is the name of the store in a file of the data folder.
const inFile = "bolt"

// onServers reports whether the name of a store is the address of servers.
func onServers(store string) bool {
	return strings.HasPrefix(store, "esdb://") || strings.HasPrefix(store, "esdb+discover://")
}

// checkStore refuses the name of a store that there is not. What is no address may
// still hold a password and is not repeated.
func checkStore(store string) error {
	if store == inFile || onServers(store) {
		return nil
	}
	return usageError("--store: è bolt, o l'indirizzo di un EventStoreDB, esdb://nodo:2113 · it is bolt, or the address of an EventStoreDB, esdb://node:2113")
}

// An opening is how a store is opened.
type opening struct {
	store string // bolt, or an address
	dir   string // of bolt
	now   func() time.Time
	log   *slog.Logger
}

// open opens the store.
func (o opening) open(ctx context.Context) (*backend, error) {
	if onServers(o.store) {
		return o.servers(ctx)
	}
	s, err := bolt.Open(o.dir, bolt.Options{Now: o.now, Log: o.log})
	if err != nil {
		return nil, inUse(err)
	}
	return &backend{
		eventStore: s, check: s.Check, stats: func() any { return s.Stats() }, gauges: boltGauges(s),
		backup: func(ctx context.Context, w io.Writer) error { return s.Backup(ctx, w, nil) },
	}, nil
}

// servers opens a store on EventStoreDB.
func (o opening) servers(ctx context.Context) (*backend, error) {
	s, err := esdb.Open(ctx, o.store, esdb.Options{Now: o.now, Log: o.log})
	if err != nil {
		return nil, storeFault(err)
	}
	stats := map[string]string{"servers": s.Where()}
	return &backend{eventStore: s, stats: func() any { return stats }, lease: s.Lease, shared: true}, nil
}

// storeFault says in a sentence, with an exit code of its own, why a store on
// servers cannot be had.
func storeFault(err error) error {
	switch {
	case errors.Is(err, esdb.ErrAddress):
		return &exit{exitUsage, errors.New("--store: l'indirizzo non è della forma esdb://utente:password@nodo:2113,nodo:2113?tlsCAFile=ca.crt · the address is not of the form esdb://user:password@node:2113,node:2113?tlsCAFile=ca.crt")}
	case errors.Is(err, esdb.ErrCredentials):
		return &exit{exitForbidden, fmt.Errorf("l'archivio degli eventi rifiuta queste credenziali · the event store refuses these credentials: %w", err)}
	case errors.Is(err, esdb.ErrOldServer):
		return &exit{exitOldServer, fmt.Errorf("il server dell'archivio degli eventi è troppo vecchio · the server of the event store is too old: %w", err)}
	case errors.Is(err, esdb.ErrExchanged):
		return &exit{exitExchanged, fmt.Errorf("l'archivio degli eventi è stato scambiato con un altro · the event store was exchanged for another: %w", err)}
	case errors.Is(err, esdb.ErrUnreachable), errors.Is(err, context.DeadlineExceeded):
		return &exit{exitUnreachable, fmt.Errorf("l'archivio degli eventi non risponde; riprovare quando è in servizio · the event store does not answer; try again when it is up: %w", err)}
	}
	return err
}

// storeFile is the file that says which store a data folder belongs to, where the
// log is not in the folder itself.
const storeFile = "store"

// belongs refuses a data folder that belongs to another store than the one that was
// opened, or to a later state of it. The first time the folder notes whose it is.
func (r *register) belongs(ctx context.Context) error {
	is := r.store.Identity()
	raw, err := os.ReadFile(r.path(storeFile))
	switch {
	case errors.Is(err, os.ErrNotExist) && r.store.shared:
		if err := r.leftBehind(ctx); err != nil {
			return err
		}
		return replaceFile(r.path(storeFile), []byte(is.String()+"\n"))
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	was, err := parseIdentity(strings.TrimSpace(string(raw)))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", r.path(storeFile), err)
	case was.ID != is.ID:
		return &exit{exitExchanged, fmt.Errorf("la cartella %[1]s appartiene all'archivio %[2]s, ma --store indica %[3]s; se è quello giusto, usare una cartella nuova con le stesse chiavi · the data folder belongs to the event store %[2]s, and --store names %[3]s; if that is the right one, use a new folder with the same keys", r.dir, was.ID, is.ID)}
	case is.Epoch < was.Epoch:
		return &exit{exitExchanged, fmt.Errorf("l'archivio %[1]s è stato ripristinato da una copia più vecchia di questa cartella: eseguire prima tavoli restored · the event store was restored from a backup older than this data folder: run tavoli restored first (%[2]d < %[3]d)", is.ID, is.Epoch, was.Epoch)}
	case is.Epoch > was.Epoch && r.store.shared:
		return replaceFile(r.path(storeFile), []byte(is.String()+"\n"))
	}
	return nil
}

// leftBehind refuses to begin on an empty store on servers in a folder that holds a
// register in a file: somebody forgot to copy it.
func (r *register) leftBehind(ctx context.Context) error {
	if _, err := os.Stat(r.path(logFile)); err != nil {
		return nil
	}
	if head, err := r.store.Head(ctx); head > 0 || err != nil {
		return err
	}
	return invalidInput("%[1]s contiene un registro e l'archivio indicato da --store è vuoto: portarvelo prima con tavoli copy, o usare un'altra cartella · the folder holds a register and the event store is empty: take it there first with tavoli copy, or use another folder", r.dir)
}

// parseIdentity reads what [domain.Identity.String] writes.
func parseIdentity(text string) (id domain.Identity, err error) {
	name, epoch, _ := strings.Cut(text, "/")
	if id.ID, err = uuid.Parse(name); err != nil {
		return domain.Identity{}, err
	}
	id.Epoch, err = strconv.ParseUint(epoch, 10, 64)
	return id, err
}
