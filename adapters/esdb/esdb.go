package esdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"tavoli/domain"
)

// oldestServer is the major version of the oldest server that will do.
const oldestServer = 22

// Options of a store. The zero value is what one wants.
type Options struct {
	Now func() time.Time // the clock; nil: time.Now
	Log *slog.Logger     // nil: none

	// Prefix stands before the name of every stream on the server, "tavoli."
	// unless given. Stores with different prefixes share a server.
	Prefix string

	// Timeout is how long a call may take altogether, where its context does
	// not end earlier; 0: 8 seconds. Reads may go on longer while they progress.
	Timeout time.Duration

	// Stall is after how long a follower that is told nothing asks whether there
	// is nothing; 0: 10 seconds.
	Stall time.Duration
}

// A Store keeps entries in EventStoreDB. It implements [domain.Store].
type Store struct {
	options  Options
	log      *slog.Logger
	guard    *guard
	identity domain.Identity
	origin   domain.Position // where the store begins in the server's log
	once     sync.Once       // to learn of the identity
	clock    *clock
	gone     *gone
	heads    *heads
}

var _ domain.Store = (*Store)(nil)

// Open opens the store on the servers of a connection string, such as
// "esdb://user:password@node1:2113,node2:2113,node3:2113?tlsCAFile=ca.crt", and
// makes it if there is none.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	o = o.withDefaults()
	config, where, err := configure(url, o)
	if err != nil {
		return nil, err
	}
	s := &Store{options: o, log: o.Log, clock: &clock{now: o.Now}, gone: &gone{set: make(map[domain.Stream]bool)}, heads: newHeads()}
	s.guard = newGuard(config, where, o.Log)
	s.guard.check = s.check
	s.guard.watch = following(o.Prefix+storeStream, client.End{})
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	if err := s.begin(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open the event store: %w", err)
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Prefix == "" {
		o.Prefix = "tavoli."
	}
	if o.Timeout <= 0 {
		o.Timeout = 8 * time.Second
	}
	if o.Stall <= 0 {
		o.Stall = 10 * time.Second
	}
	return o
}

// configure reads the connection string.
func configure(url string, o Options) (*client.Configuration, string, error) {
	if strings.HasPrefix(o.Prefix, "$") || strings.Contains(o.Prefix, "-") {
		return nil, "", fmt.Errorf("prefix %q: it begins with $ or has a dash", o.Prefix)
	}
	config, err := client.ParseConnectionString(url)
	if err != nil {
		return nil, "", ErrAddress // err may hold a password
	}
	where := config.Address
	if n := len(config.GossipSeeds); n > 0 {
		var list []string
		for _, seed := range config.GossipSeeds {
			list = append(list, seed.String())
		}
		where = strings.Join(list, ",")
	}
	if config.DisableTLS && config.Username != "" {
		o.Log.Warn("without TLS no credentials are sent to the event store", "servers", where)
	}
	config.DefaultDeadline = &o.Timeout // what the string says there is taken for 0 if it is wrong
	return config, where, nil
}

// begin connects and learns what has to be known before anything is done.
func (s *Store) begin(ctx context.Context) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	return s.newestStamp(ctx)
}

// Identity implements [domain.Store].
func (s *Store) Identity() domain.Identity { return s.identity }

// Where returns the servers of the store, as people may see them: without a password.
func (s *Store) Where() string { return s.guard.where }

// Failed returns a channel that is closed when the store can go on no longer:
// waiting would not help. It stays open where the store is closed in good order.
func (s *Store) Failed() <-chan struct{} { return s.guard.failed }

// Err returns why the store can go on no longer, or nil.
func (s *Store) Err() error {
	s.guard.mu.Lock()
	defer s.guard.mu.Unlock()
	if _, ok := errors.AsType[*finalError](s.guard.ended); ok {
		return s.guard.ended
	}
	return nil
}

// Close ends what is under way and closes the store.
func (s *Store) Close() error {
	s.guard.close()
	return nil
}

// bounded gives a context the time that a call may take.
func (s *Store) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.options.Timeout)
}

// Head implements [domain.Log].
func (s *Store) Head(ctx context.Context) (domain.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	var head domain.Position
	for it := range s.listen(ctx, lastOfAll) {
		if it.err != nil {
			return 0, it.err
		}
		head = domain.Position(it.event.Position.Commit)
	}
	s.heads.saw(head)
	if head <= s.origin {
		head = 0
	}
	return head, nil
}

// names of the store's own streams and events.
const (
	storeStream     = "store"
	forgottenStream = "forgotten"
	storeMade       = "StoreMade"
	storeRestored   = "StoreRestored"
	streamForgotten = "StreamForgotten"
)

// name returns what a stream is called on the server.
func (s *Store) name(stream domain.Stream) string { return s.options.Prefix + string(stream) }

// check compares the store behind a new connection with the one that was opened,
// or learns which it is.
func (s *Store) check(ctx context.Context, gen *generation) error {
	id, origin, err := s.identify(ctx, gen)
	if err != nil {
		return err
	}
	s.once.Do(func() { s.identity, s.origin = id, origin })
	if id != s.identity || origin != s.origin {
		return final("%s: %w: it was %s and is %s", s.guard.where, ErrExchanged, s.identity, id)
	}
	return nil
}

// identify reads which store this is, and makes it if there is none.
func (s *Store) identify(ctx context.Context, gen *generation) (domain.Identity, domain.Position, error) {
	for {
		list, err := s.readOn(ctx, gen, s.options.Prefix+storeStream)
		if err != nil {
			return domain.Identity{}, 0, err
		}
		if len(list) > 0 {
			first := list[0]
			return domain.Identity{ID: first.EventID, Epoch: uint64(len(list))}, domain.Position(first.Position.Commit), nil
		}
		made := note(uuid.New(), storeMade, nil)
		err = s.noteOn(ctx, gen, storeStream, domain.NoStream, made)
		if err != nil && fateOf(err) != conflict {
			return domain.Identity{}, 0, err
		}
	}
}

// RaiseEpoch says that the store was restored from a backup, so that nobody takes
// positions from before for positions in it. Nodes that are running end with an
// error when they connect again.
func RaiseEpoch(ctx context.Context, url string, o Options) (domain.Identity, error) {
	s, err := Open(ctx, url, o)
	if err != nil {
		return domain.Identity{}, err
	}
	defer s.Close()
	id := s.identity
	restored := note(domain.DerivedID(id.ID, fmt.Sprint("epoch/", id.Epoch+1)), storeRestored, nil)
	if err := s.note(ctx, storeStream, domain.Revision(id.Epoch)-1, restored); err != nil {
		return domain.Identity{}, fmt.Errorf("raise the epoch of the event store: %w", err)
	}
	id.Epoch++
	return id, nil
}
