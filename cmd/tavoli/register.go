package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/adapters/bus"
	"tavoli/adapters/credentials"
	"tavoli/adapters/csv"
	"tavoli/adapters/evidence"
	"tavoli/adapters/html"
	"tavoli/adapters/keyring"
	"tavoli/adapters/mail"
	"tavoli/adapters/pdf"
	"tavoli/adapters/shelf"
	"tavoli/adapters/web"
	"tavoli/adapters/xlsx"
	"tavoli/domain"
	"tavoli/projections"
)

// What lies in a data folder, beside the console and what adapters keep.
const (
	logFile      = "events.db"
	keysFile     = "keys"
	snapshotFile = "snapshot"
	evidenceDir  = "evidence"

	checkpointDir = "ledger/checkpoints"
)

// settings say which register to open, and how.
type settings struct {
	dir   string
	store string // bolt, or the address of servers
	keys  keyPlace
	peers []string
	log   *slog.Logger
	now   func() time.Time
}

// A register is a data folder, opened: the log, the keys, the read models and what
// answers for them. What depends on what is written in openRegister.
type register struct {
	settings
	clock   *clock // of the log
	keys    keys
	store   *backend
	vault   domain.Vault
	exec    *domain.Executor
	view    *projections.View
	book    *book
	web     *web.Server
	console console
	bridge  atomic.Pointer[bus.Bridge] // nil: none
	company *company                   // the other nodes; nil: it is alone
	erasing *erasing
	office  *mail.Office // letters; nil: none are sent
	files   *evidence.Files

	snapshots sync.Mutex // held by the one who takes a snapshot: an older one never replaces a newer

	life     context.Context // until it is closed
	stop     context.CancelFunc
	followed chan struct{} // closed when the view follows no longer
	fault    error         // why, once it is closed
}

// openRegister opens a data folder, making it if there is none, and lets the read
// models follow the log.
func openRegister(ctx context.Context, s settings) (_ *register, err error) {
	r := &register{settings: s, clock: &clock{now: s.now}, console: newConsole(), erasing: newErasing(), followed: make(chan struct{})}
	if err := r.complete(); err != nil {
		return nil, err
	}
	if err := r.openParts(ctx); err != nil {
		return nil, err
	}
	r.vault = domain.Vault{Keys: r.keys, Log: r.store}
	r.exec = &domain.Executor{Store: r.store, Shared: r.store.shared}
	files, err := evidence.Open(r.path(evidenceDir))
	if err = errors.Join(err, r.belongs(ctx)); err == nil {
		err = r.matches(ctx)
	}
	if err == nil {
		r.book, err = r.openBook(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, r.store.Close(), r.keys.Close())
	}
	r.life, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.view = projections.NewView(r.history(), r.open, r.viewOptions())
	r.web, r.files = r.server(files), files
	made, err := r.dossiers(files)
	if err != nil {
		return nil, errors.Join(err, r.store.Close(), r.keys.Close())
	}
	r.web.Dossiers = made
	r.join(files)
	r.follow()
	return r, nil
}

// openParts opens the keys and the log. Those in the folder one process at a time can
// have.
func (r *register) openParts(ctx context.Context) (err error) {
	if r.keys, err = r.openKeys(ctx); err != nil {
		return err
	}
	if r.store, err = (opening{r.settings.store, r.dir, r.clock.Now, r.log}).open(ctx); err != nil {
		return errors.Join(err, r.keys.Close())
	}
	return nil
}

func (r *register) path(name string) string { return filepath.Join(r.dir, name) }

// complete refuses a folder that has a log but not its keys: new keys would let a
// register begin that can open nothing. It also refuses to begin a log in the folder of
// a register that lies on servers.
func (r *register) complete() error {
	_, noLog := os.Stat(r.path(logFile))
	_, noKeys := os.Stat(r.path(keysFile))
	if noLog == nil && errors.Is(noKeys, fs.ErrNotExist) && !r.settings.keys.shared() {
		return invalidInput("%[1]s ha un registro ma non il portachiavi: rimettere prima la copia di %[2]s · a register but no keyring: put the copy back first", r.dir, r.path(keysFile))
	}
	if _, elsewhere := os.Stat(r.path(storeFile)); noLog != nil && elsewhere == nil && !onServers(r.settings.store) {
		return &exit{exitExchanged, fmt.Errorf("la cartella %[1]s appartiene all'archivio che --store nominava: indicarlo di nuovo · the data folder belongs to the event store that --store named: name it again", r.dir)}
	}
	return os.MkdirAll(r.dir, 0o700)
}

// inUse tells that a data folder belongs to another process.
func inUse(err error) error {
	if errors.Is(err, keyring.ErrInUse) || errors.Is(err, bolt.ErrLocked) {
		return &exit{exitInUse, fmt.Errorf("il registro è aperto altrove, da un altro processo · the register is open elsewhere, in another process: %w", err)}
	}
	return err
}

func (r *register) viewOptions() projections.Options {
	return projections.Options{
		Warn: r.log.Warn, Now: r.now, Readings: r.readings(),
		Snapshots: &projections.Snapshots{
			Shelf: shelf.File(r.path(snapshotFile)), Secret: r.keys.Secret("snapshot"), Identity: r.store.Identity(),
		},
	}
}

func (r *register) server(files *evidence.Files) *web.Server {
	return &web.Server{
		Store: r.store, Exec: r.exec, Vault: r.vault, View: r.view, Files: files, Ledger: r.book, Credentials: credentials.New("Tavoli"),
		Secret: r.keys.Secret, Now: r.now, Log: r.log, Console: r.console.hash(),
		Admin: r.admin(), Gauges: r.gauges(), Version: version,
		Renderers: map[string]web.Renderer{"csv": csv.Renderer{}, "xlsx": xlsx.Renderer{}, "html": html.New(), "pdf": pdf.New()},
	}
}

// history returns the log for the read models to follow. Where others write to it too, the
// executor is told what they have seen.
func (r *register) history() domain.Log {
	if !r.store.shared {
		return r.store
	}
	return seeing{r.store, r.exec}
}

// A seeing is a log whose entries an executor sees before those who follow it.
type seeing struct {
	domain.Log
	exec *domain.Executor
}

// Follow implements [domain.Log].
func (s seeing) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		for page, err := range s.Log.Follow(ctx, after) {
			for _, e := range page.Entries {
				s.exec.Saw(e)
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

// follow lets the read models follow the log until the register is closed, and what
// is forgotten be erased.
func (r *register) follow() {
	go func() {
		r.fault = r.view.Follow(r.life)
		close(r.followed)
	}()
	go r.erase(r.life)
}

// ready waits until the read models show all that was in the log at the start.
func (r *register) ready(ctx context.Context) error {
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	for !r.view.Ready() {
		select {
		case <-r.followed:
			return r.fault
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
	}
	return nil
}

// Close lets go of the data folder, leaving a snapshot for the next start.
func (r *register) Close() error {
	r.stop()
	<-r.followed
	r.book.Close()
	<-r.erasing.ended
	r.keepSnapshot(context.Background())
	return errors.Join(r.store.Close(), r.keys.Close())
}

// A clock is the time of recording. It can be set for a demonstration, which is
// recorded as if the register had been there in 2021 and 2022.
type clock struct {
	now func() time.Time

	mu  sync.Mutex
	set time.Time // zero: it goes
}

// Now returns the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set.IsZero() {
		return c.now()
	}
	return c.set
}

// Set stops the clock at a moment; a zero one lets it go again.
func (c *clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = at
}
