package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"tavoli/domain"

	"github.com/google/uuid"
	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Options of a store. The zero value is what one wants.
type Options struct {
	Now func() time.Time // the clock; nil: time.Now
	Log *slog.Logger     // nil: none

	// CheckpointEvery is after how many events at least index.ckpt is written;
	// 0: 100 000. A large store writes it less often, once per eighth of its size.
	CheckpointEvery int

	// Reserve is how many bytes of the file are made ready ahead of need, when
	// there is nothing else to do; 0: a quarter of what is used, between 1 and
	// 64 MiB; less: none.
	Reserve int64

	// NoSync leaves out what makes appends durable. It is for benchmarks.
	NoSync bool
}

// A Store keeps entries in a directory. It implements [domain.Store].
type Store struct {
	dir      string
	options  Options
	log      *slog.Logger
	identity domain.Identity

	file   atomic.Pointer[file]
	hidden atomic.Pointer[map[domain.Position]bool] // forgotten, but not erased yet
	head   atomic.Uint64                            // the newest committed position
	index  *index
	moved  signal

	pool     sync.Pool // of *request
	tail     *tail
	orders   chan func(*writer) // what the writer is to do between two commits
	closing  chan struct{}
	stopped  chan struct{} // closed when the writer has ended
	failed   chan struct{}
	failure  atomic.Pointer[failure]
	close    sync.Once
	closeErr error
	erasing  sync.Mutex     // held by the one compaction there may be
	others   sync.WaitGroup // goroutines beside the writer

	meter meter
	ckpt  checkpoints
}

var _ domain.Store = (*Store)(nil)

// Open opens the store in a directory, and makes one if there is none.
func Open(dir string, o Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, logFile)
	if err := create(path, domain.Identity{ID: uuid.New(), Epoch: 1}); err != nil {
		return nil, fmt.Errorf("make an event store in %s: %w", dir, err)
	}
	f, err := openFile(path, false, o.NoSync)
	if err != nil {
		return nil, err
	}
	s := newStore(dir, o)
	s.file.Store(f)
	w, pending, err := s.load(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s.sweep()
	go w.run()
	if pending {
		s.others.Go(s.finishErasure)
	}
	return s, nil
}

// sweep removes what interrupted work has left in the directory.
func (s *Store) sweep() {
	for _, pattern := range []string{compactFile, logFile + ".new-*", logFile + ".restore-*", indexFile + ".new"} {
		names, _ := filepath.Glob(filepath.Join(s.dir, pattern)) // the pattern is well formed
		for _, name := range names {
			os.Remove(name)
		}
	}
}

func newStore(dir string, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CheckpointEvery <= 0 {
		o.CheckpointEvery = 100_000
	}
	s := &Store{
		dir: dir, options: o, log: o.Log, index: newIndex(),
		orders:  make(chan func(*writer)),
		closing: make(chan struct{}), stopped: make(chan struct{}), failed: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// load reads what the store is and fills the index.
func (s *Store) load(f *file) (*writer, bool, error) {
	l := loading{index: s.index, path: filepath.Join(s.dir, indexFile), log: s.log}
	if err := f.view(l.read); err != nil {
		return nil, false, fmt.Errorf("%s: %w", f.path, err)
	}
	s.identity = l.identity
	s.head.Store(uint64(l.head))
	if len(l.hidden) > 0 {
		s.hidden.Store(&l.hidden)
	}
	s.ckpt.position, s.ckpt.link = l.from, l.link
	s.tail = newTail(s, &l)
	w := &writer{s: s, spare: new(group), idle: time.NewTimer(0)}
	return w, l.pending, nil
}

// Identity implements [domain.Store].
func (s *Store) Identity() domain.Identity { return s.identity }

// Head implements [domain.Store].
func (s *Store) Head(context.Context) (domain.Position, error) {
	if s.closed() {
		return 0, domain.ErrStoreClosed
	}
	return domain.Position(s.head.Load()), nil
}

func (s *Store) closed() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// Close writes the checkpoint of the index and closes the store. What is being
// appended is finished first; reads under way and followers end with
// [domain.ErrStoreClosed].
func (s *Store) Close() error {
	s.close.Do(func() {
		close(s.closing)
		<-s.stopped
		s.others.Wait()
		s.erasing.Lock()
		defer s.erasing.Unlock()
		if s.Err() == nil {
			s.checkpoint()
		}
		s.closeErr = s.file.Load().Close()
	})
	return s.closeErr
}

// view runs fn in a read transaction on the current file.
func (s *Store) view(fn func(tx *bbolt.Tx, hidden map[domain.Position]bool) error) error {
	for {
		if s.closed() {
			return domain.ErrStoreClosed
		}
		var hidden map[domain.Position]bool
		if h := s.hidden.Load(); h != nil { // before the file, which a compaction replaces first
			hidden = *h
		}
		f := s.file.Load()
		err := f.view(func(tx *bbolt.Tx) error { return fn(tx, hidden) })
		if !errors.Is(err, berrors.ErrDatabaseNotOpen) || f == s.file.Load() && !s.closed() {
			return err
		}
	}
}

// A failure is why the store takes no more events.
type failure struct {
	err      error
	inFlight map[uuid.UUID]bool // the first event of each batch whose outcome is not known
}

// Err returns what made the store fail, or nil. A failed store can be read; it has
// to be opened anew to be written.
func (s *Store) Err() error {
	if f := s.failure.Load(); f != nil {
		return f.err
	}
	return nil
}

// Failed returns a channel that is closed when the store has failed.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// fail makes the store read-only.
func (s *Store) fail(err error, inFlight map[uuid.UUID]bool) {
	if s.failure.CompareAndSwap(nil, &failure{err, inFlight}) {
		s.log.Error("the event store has failed and takes no more events", "error", err)
		close(s.failed)
	}
}

// A signal wakes those who wait for the head to move.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait returns a channel that is closed at the next move.
func (g *signal) wait() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ch == nil {
		g.ch = make(chan struct{})
	}
	return g.ch
}

func (g *signal) raise() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ch != nil {
		close(g.ch)
		g.ch = nil
	}
}
