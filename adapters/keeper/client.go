package keeper

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// longCall is how long the keeper may take to write or read the whole ring.
const longCall = 30 * time.Second

// Options say where a keeper is and how it is used.
type Options struct {
	URL      string         // "https://keys.example:8090"
	Token    string         // of the keeper
	CA       *x509.CertPool // who signed its certificate; nil: somebody the system knows
	Timeout  time.Duration  // of one call; 0: two seconds
	Patience time.Duration  // of Connect with a keeper that is not there yet; 0: ten seconds
	Stock    int            // how many keys are kept to be taken; 0: 1024
	Log      *slog.Logger
}

func (o *Options) complete() error {
	o.URL = strings.TrimSuffix(strings.TrimSpace(o.URL), "/")
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return fmt.Errorf("%q: %w", redacted(u), ErrNoKeeper)
	}
	o.Timeout = orElse(o.Timeout, 2*time.Second)
	o.Patience = orElse(o.Patience, 10*time.Second)
	o.Stock = min(orElse(o.Stock, 1024), maxTake)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

func redacted(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Redacted()
}

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

// A Client is a [domain.Keys] whose keys lie with a keeper.
type Client struct {
	Options
	http *http.Client
	ring uuid.UUID
	root [32]byte
	life context.Context // of the client
	stop context.CancelFunc
	done sync.WaitGroup

	order uuid.UUID // of the block that is being taken

	fetching sync.Mutex // held by whoever reads pages; taken before mu
	failed   failure    // of the last who did

	mu       sync.RWMutex
	keys     mirror
	stock    []domain.KeyID // held, in the order in which they are handed out
	filled   chan struct{}  // closed when the stock has grown, and made anew
	wanted   chan struct{}  // told when the stock is low
	seen     status         // the newest of the keeper
	run      uuid.UUID      // whose list of destroyed keys is being read
	after    int            // how far
	mirrored uint64         // how many keys, in the order in which they were handed out
	epoch    int            // in which they were mirrored
	away     health         // whether the keeper can be asked
	dry      health         // whether it gives keys
}

// A failure is when something last went wrong, and what.
type failure struct {
	at  time.Time
	err error
}

// Connect finds the keeper, waiting a while for one that is not there yet, mirrors its
// keys and takes a stock of new ones.
func Connect(ctx context.Context, o Options) (*Client, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	c := &Client{Options: o, keys: make(mirror), filled: make(chan struct{}), wanted: make(chan struct{}, 1)}
	c.http = &http.Client{Transport: o.transport(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if err := c.begin(ctx); err != nil {
		c.http.CloseIdleConnections()
		c.keys.wipe()
		return nil, fmt.Errorf("keeper %s: %w", o.URL, plain(err))
	}
	c.life, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	c.done.Go(func() { c.follow(c.life) })
	c.done.Go(func() { c.replenish(c.life) })
	return c, nil
}

// plain returns what is to be done about a keeper that is there and of no use.
func plain(err error) error {
	for _, why := range []error{ErrToken, ErrNoKeeper} {
		if errors.Is(err, why) {
			return why
		}
	}
	return err
}

// begin does all that a client needs before it can be used.
func (c *Client) begin(ctx context.Context) error {
	g, err := c.greeted(ctx)
	if err != nil {
		return err
	}
	c.ring, c.root, c.seen, c.epoch = g.Ring, [32]byte(g.Root), g.status, g.Epoch
	if err := c.catchUp(ctx); err != nil {
		return err
	}
	return c.fill(ctx)
}

// greeted says hello until somebody answers.
func (c *Client) greeted(ctx context.Context) (greeting, error) {
	began, told := time.Now(), false
	for pause := newPause(); ; {
		g, err := c.hello(ctx)
		if err == nil || useless(err) || ctx.Err() != nil || time.Since(began) > c.Patience {
			return g, err
		}
		if !told && time.Since(began) > time.Second {
			c.Log.Warn("waiting for the shared keyring", "address", c.URL, "error", err)
			told = true
		}
		pause.wait(ctx)
	}
}

// useless reports whether waiting does not help.
func useless(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	return errors.Is(err, ErrToken) || errors.Is(err, ErrNoKeeper) || errors.Is(err, http.ErrSchemeMismatch) || certificate || plain
}

// ID returns which ring the keeper has.
func (c *Client) ID() uuid.UUID { return c.ring }

// Len returns how many keys were handed out to all clients, as far as is known.
func (c *Client) Len() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.seen.Handed
}

// Secret returns a secret of the installation for one purpose, the same that the ring
// itself gives.
func (c *Client) Secret(purpose string) [32]byte {
	key, err := hkdf.Expand(sha256.New, c.root[:], "tavoli/secret/v1/"+purpose, 32)
	if err != nil {
		panic("keeper: 32 bytes are more than HKDF gives: " + err.Error())
	}
	return [32]byte(key)
}

// Err returns what keeps the keeper from being used, or nil.
func (c *Client) Err() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return errors.Join(c.away.err, c.dry.err)
}

// Check lets the keeper read every key and says what is damaged.
func (c *Client) Check() error {
	var s status
	err := c.ask(c.life, call{method: http.MethodGet, path: pathCheck, within: longCall, most: maxBody}, &s)
	if err != nil {
		return fmt.Errorf("keeper %s: check: %w", c.URL, err)
	}
	return c.same(s)
}

// Key implements [domain.Keys]. It asks the keeper only about keys that no news have
// told of yet; if it cannot, the error is [ErrUnreachable].
func (c *Client) Key(id domain.KeyID) (domain.Key, error) {
	if key, known, err := c.lookup(id); known {
		return key, err
	}
	if err := c.learn(id); err != nil {
		return domain.Key{}, fmt.Errorf("keeper %s: key %d: %w", c.URL, id, err)
	}
	key, known, err := c.lookup(id)
	if !known {
		err = fmt.Errorf("keeper %s: key %d was never handed out: %w", c.URL, id, domain.ErrKeyMissing)
	}
	return key, err
}

func (c *Client) lookup(id domain.KeyID) (domain.Key, bool, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.keys.key(id)
}

// Take implements [domain.Keys]. With an empty stock it waits for the keeper no longer
// than one call may take.
func (c *Client) Take(ctx context.Context) (domain.KeyID, domain.Key, error) {
	until := time.NewTimer(c.Timeout)
	defer until.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return 0, domain.Key{}, err
		}
		id, key, filled, err := c.pop()
		if filled == nil || err != nil {
			return id, key, err
		}
		select {
		case <-filled:
		case <-ctx.Done():
		case <-until.C:
			return 0, domain.Key{}, fmt.Errorf("keeper %s: no key is in stock: %w", c.URL, orElse(c.trouble(), error(ErrUnreachable)))
		}
	}
}

// pop takes a key from the stock, or returns what tells when there are more. Keys of a
// ring that may not be used are not handed out.
func (c *Client) pop() (id domain.KeyID, key domain.Key, filled <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if why := c.unfit(); why != nil {
		return 0, key, nil, fmt.Errorf("keeper %s: take a key: %w", c.URL, why)
	}
	defer c.ask4more()
	for len(c.stock) > 0 {
		id, c.stock = c.stock[0], c.stock[1:]
		if chunk, i := c.keys.at(id); chunk != nil && chunk.state[i] == held {
			chunk.state[i] = live
			return id, chunk.keys[i], nil, nil
		}
	}
	if c.dry.longer(c.Timeout) {
		return 0, key, nil, fmt.Errorf("keeper %s: no key is in stock: %w", c.URL, c.dry.err)
	}
	return 0, key, c.filled, nil
}

// ask4more has the stock filled when half of it is gone.
func (c *Client) ask4more() {
	if len(c.stock) <= c.Stock/2 {
		select {
		case c.wanted <- struct{}{}:
		default: // it is being filled
		}
	}
}

// unfit returns why the keeper's ring may not be used, or nil.
func (c *Client) unfit() error {
	for _, err := range []error{c.away.err, c.dry.err} {
		if errors.Is(err, ErrExchanged) || errors.Is(err, ErrBehind) {
			return err
		}
	}
	return nil
}

// trouble returns why the stock is not being filled.
func (c *Client) trouble() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.dry.err
}

// Destroy implements [domain.Keys]. Other clients drop the keys within a second.
func (c *Client) Destroy(ctx context.Context, ids ...domain.KeyID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var missing error
	never := func(id domain.KeyID) bool {
		c.mu.RLock()
		defer c.mu.RUnlock()
		if c.keys.state(id) != held {
			return false
		}
		missing = errors.Join(missing, neverHandedOut(id))
		return true
	}
	for part := range slices.Chunk(slices.DeleteFunc(slices.Clone(ids), never), maxDestroy) {
		gone, err := c.destroy(ctx, part)
		if err != nil {
			return fmt.Errorf("keeper %s: destroy %d keys: %w", c.URL, len(ids), errors.Join(err, missing))
		}
		for _, id := range gone {
			missing = errors.Join(missing, neverHandedOut(id))
		}
	}
	return missing
}

func neverHandedOut(id domain.KeyID) error {
	return fmt.Errorf("key %d was never handed out: %w", id, domain.ErrKeyMissing)
}

// destroy has keys destroyed and returns those that never were.
func (c *Client) destroy(ctx context.Context, ids []domain.KeyID) (missing []domain.KeyID, err error) {
	if err := c.stopped(); err != nil {
		return nil, err
	}
	var done destruction
	if err := c.ask(ctx, call{http.MethodPost, pathDestroy, c.query(), destruction{Keys: ids}, longCall, maxBody}, &done); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if !slices.Contains(done.Missing, id) {
			c.keys.destroy(id)
		}
	}
	return done.Missing, nil
}

// stopped returns why the keeper's ring may not be used, or nil.
func (c *Client) stopped() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.unfit()
}

// Close ends the client and overwrites what it had in memory. Keys in stock are lost.
func (c *Client) Close() error {
	c.stop()
	c.done.Wait()
	c.http.CloseIdleConnections()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys.wipe()
	c.stock = nil
	return nil
}
