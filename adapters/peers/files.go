package peers

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tavoli/domain"
)

// A Shelf is where the documents of this node lie, each under its SHA-256.
type Shelf interface {
	// Put keeps what r yields and returns its hash and size.
	Put(ctx context.Context, r io.Reader) (sha string, size int64, err error)

	// Keep keeps what r yields if that has the hash, and nothing of it otherwise.
	Keep(ctx context.Context, sha string, r io.Reader) error

	// Open returns a file, which was verified.
	Open(sha string) (io.ReadSeekCloser, error)

	// Has reports whether a file is there, without reading it.
	Has(sha string) bool
}

// Files are the documents of all nodes. What is filed here is carried to another
// node before it is acknowledged, if one can be reached; what is missing here is
// fetched from the others: when it is asked for, and by [Files.Run].
type Files struct {
	Shelf
	Peers *Peers
	Log   *slog.Logger

	// Filed returns the hashes of all documents that the register speaks of.
	Filed func(ctx context.Context) ([]string, error)

	Look time.Duration // how often what is missing is looked for; 0: 5 seconds

	missing  atomic.Int64
	alone    atomic.Int64
	fetching sync.Mutex // guards underWay
	underWay map[string]*fetch
}

// A fetch is a document on its way here; whoever else wants it waits for it.
type fetch struct {
	done chan struct{}
	err  error
}

// Missing returns how many documents are filed and not here.
func (f *Files) Missing() int64 { return f.missing.Load() }

// Alone returns how many documents were acknowledged since the start though no other
// node had taken them.
func (f *Files) Alone() int64 { return f.alone.Load() }

// Put keeps a document here and, if any other node can be reached, there as well.
func (f *Files) Put(ctx context.Context, r io.Reader) (sha string, size int64, err error) {
	sha, size, err = f.Shelf.Put(ctx, r)
	if err != nil || f.carry(ctx, sha) {
		return sha, size, err
	}
	f.alone.Add(1)
	f.Log.Warn("a document is on this node alone until another can be reached", "sha256", sha)
	return sha, size, nil
}

// carry brings a document to one other node and reports whether one has it.
func (f *Files) carry(ctx context.Context, sha string) bool {
	for _, peer := range f.Peers.near() {
		if err := f.give(ctx, peer, sha); err == nil {
			return true
		} else if ctx.Err() == nil {
			f.Log.Debug("a document was not taken", "peer", peer, "error", err)
		}
	}
	return false
}

func (f *Files) give(ctx context.Context, peer, sha string) error {
	ctx, cancel := within(ctx)
	defer cancel()
	file, err := f.Shelf.Open(sha)
	if err != nil {
		return err
	}
	defer file.Close()
	resp, err := f.Peers.send(ctx, http.MethodPut, peer, "/nodes/evidence/"+sha, file)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// near returns the addresses of the peers that may be reached, those that answered
// last first. A node that holds another store is none of them.
func (p *Peers) near() []string {
	var list []string
	for _, group := range [][]State{{Agrees, Differs}, {Waiting}} {
		for _, o := range p.List() {
			if slices.Contains(group, o.State) {
				list = append(list, o.URL)
			}
		}
	}
	return list
}

// Open returns a document, which is fetched if it is not here, or is damaged.
func (f *Files) Open(sha string) (io.ReadSeekCloser, error) {
	file, err := f.Shelf.Open(sha)
	if err == nil || !errors.Is(err, domain.NotFound) && !errors.Is(err, domain.Refused) || !isHash(sha) {
		return file, err
	}
	ctx, cancel := within(context.Background())
	defer cancel()
	if f.fetch(ctx, sha) != nil {
		return nil, err
	}
	return f.Shelf.Open(sha)
}

func isHash(sha string) bool {
	raw, err := hex.DecodeString(sha)
	return err == nil && len(raw) == 32 && hex.EncodeToString(raw) == sha
}

// errNowhere says that no node that could be reached has a document.
var errNowhere = errors.New("no other node that can be reached has the document")

// fetch brings a document here from the first peer that has it. Whoever wants the
// same one meanwhile waits for it.
func (f *Files) fetch(ctx context.Context, sha string) error {
	f.fetching.Lock()
	if at, ok := f.underWay[sha]; ok {
		f.fetching.Unlock()
		select {
		case <-at.done:
			return at.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if f.underWay == nil {
		f.underWay = make(map[string]*fetch)
	}
	mine := &fetch{done: make(chan struct{}), err: errNowhere}
	f.underWay[sha] = mine
	f.fetching.Unlock()
	defer func() {
		f.fetching.Lock()
		delete(f.underWay, sha)
		f.fetching.Unlock()
		close(mine.done)
	}()
	for _, peer := range f.Peers.near() {
		if mine.err = f.take(ctx, peer, sha); mine.err == nil || ctx.Err() != nil {
			break
		}
	}
	return mine.err
}

func (f *Files) take(ctx context.Context, peer, sha string) error {
	ctx, cancel := within(ctx)
	defer cancel()
	resp, err := f.Peers.send(ctx, http.MethodGet, peer, "/nodes/evidence/"+sha, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	err = f.Keep(ctx, sha, resp.Body)
	if errors.Is(err, domain.Invalid) {
		f.Log.Error("another node sent something else than the document", "peer", peer, "sha256", sha)
	}
	return err
}
