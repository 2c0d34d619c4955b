package keeper_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tavoli/adapters/keeper"
	"tavoli/adapters/keyring"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

const token = "a-token-of-the-tests-0123456789"

// A process is a keeper that can be killed and started again at its address.
type process struct {
	t       testing.TB
	path    string // of the ring
	address string
	token   string
	wrap    func(http.Handler) http.Handler
	ring    *keyring.Ring
	server  *http.Server
	socket  net.Listener
	tls     *tls.Config
}

// newProcess starts a keeper with an empty ring.
func newProcess(t testing.TB) *process {
	t.Helper()
	p := &process{t: t, path: filepath.Join(t.TempDir(), "keys"), address: "127.0.0.1:0", token: token}
	p.start()
	t.Cleanup(p.kill)
	return p
}

func (p *process) url() string {
	if p.tls != nil {
		return "https://" + p.address
	}
	return "http://" + p.address
}

// start starts the keeper where it was.
func (p *process) start() {
	p.t.Helper()
	var err error
	if p.ring, err = keyring.Open(p.path); err != nil {
		p.t.Fatal(err)
	}
	s, err := keeper.NewServer(p.ring, p.token, quiet())
	if err != nil {
		p.t.Fatal(err)
	}
	p.server = s.HTTP()
	if p.wrap != nil {
		p.server.Handler = p.wrap(p.server.Handler)
	}
	socket, err := net.Listen("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.socket, p.address = socket, socket.Addr().String()
	if p.tls != nil {
		socket = tls.NewListener(socket, p.tls)
	}
	server := p.server
	go func() { _ = server.Serve(socket) }()
}

// kill ends the keeper in the middle of whatever it does.
func (p *process) kill() {
	_ = p.socket.Close()
	_ = p.server.Close()
	_ = p.ring.Close()
}

// restart kills the keeper and starts it again.
func (p *process) restart() {
	p.t.Helper()
	p.kill()
	p.start()
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// options are those of most tests: calls that take long fail soon.
func (p *process) options() keeper.Options {
	return keeper.Options{URL: p.url(), Token: token, Timeout: time.Second, Patience: 10 * time.Second, Log: quiet()}
}

// client connects to the keeper.
func (p *process) client(change ...func(*keeper.Options)) *keeper.Client {
	p.t.Helper()
	o := p.options()
	for _, f := range change {
		f(&o)
	}
	c, err := keeper.Connect(p.t.Context(), o)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	return c
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// eventually fails the test unless something comes true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// take takes a key, which must be had at once.
func take(t testing.TB, k domain.Keys) (domain.KeyID, domain.Key) {
	t.Helper()
	id, key, err := k.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id, key
}

func TestKeys(t *testing.T) {
	storetest.RunKeys(t, func(t testing.TB) domain.Keys { return newProcess(t).client() })
}

func TestKeysWithASmallStock(t *testing.T) {
	storetest.RunKeys(t, func(t testing.TB) domain.Keys {
		return newProcess(t).client(func(o *keeper.Options) { o.Stock = 20 })
	})
}

func TestClientsShareOneRing(t *testing.T) {
	p := newProcess(t)
	clients := []*keeper.Client{p.client(), p.client(), p.client()}
	had := make(map[domain.KeyID]domain.Key)
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, c := range clients {
		for range 4 {
			all.Go(func() {
				for range 700 {
					id, key, err := c.Take(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if _, twice := had[id]; twice {
						t.Errorf("key %d was handed out twice", id)
					}
					had[id] = key
					mu.Unlock()
				}
			})
		}
	}
	all.Wait()
	for i, c := range append(clients, p.client()) {
		for id, want := range had {
			if got, err := c.Key(id); err != nil || got != want {
				t.Fatalf("client %d: key %d is another, or %v", i, id, err)
			}
		}
	}
	for id, want := range had {
		if got, err := p.ring.Key(id); err != nil || got != want {
			t.Fatalf("in the ring key %d is another, or %v", id, err)
		}
	}
}

func TestSecretsAreTheRings(t *testing.T) {
	p := newProcess(t)
	c := p.client()
	for _, purpose := range []string{"request", "token", "snapshot", ""} {
		if c.Secret(purpose) != p.ring.Secret(purpose) {
			t.Errorf("the secret for %q is another", purpose)
		}
	}
	if c.ID() != p.ring.ID() || c.Len() != p.ring.Len() {
		t.Errorf("it is ring %s with %d keys, want %s with %d", c.ID(), c.Len(), p.ring.ID(), p.ring.Len())
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

func TestDestroyedOnOneClientGoneOnAll(t *testing.T) {
	p := newProcess(t)
	a, b := p.client(), p.client()
	ids := make([]domain.KeyID, 50)
	for i := range ids {
		var key domain.Key
		ids[i], key = take(t, a)
		if got, err := b.Key(ids[i]); err != nil || got != key {
			t.Fatalf("key %d on the other client: %v", ids[i], err)
		}
	}
	if err := a.Destroy(t.Context(), ids[10], ids[20]); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	eventually(t, "the other client drops the keys", func() bool {
		_, err1 := b.Key(ids[10])
		_, err2 := b.Key(ids[20])
		return errors.Is(err1, domain.ErrKeyDestroyed) && errors.Is(err2, domain.ErrKeyDestroyed)
	})
	if took := time.Since(began); took > 3*time.Second { // it is told; whoever is not asks after five
		t.Errorf("it took %s", took)
	}
	if _, err := b.Key(ids[11]); err != nil {
		t.Errorf("a key that was not destroyed: %v", err)
	}
	late := p.client()
	if _, err := late.Key(ids[10]); !errors.Is(err, domain.ErrKeyDestroyed) {
		t.Errorf("on a client that came later: %v", err)
	}
}

// TestNothingComesBack lets a client mirror keys while they are being destroyed.
func TestNothingComesBack(t *testing.T) {
	p := newProcess(t)
	a := p.client()
	b := p.client(func(o *keeper.Options) { o.Stock = 8 })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 40 {
				id, _, err := b.Take(t.Context())
				if err == nil {
					_, err = a.Key(id)
				}
				if err == nil {
					err = b.Destroy(t.Context(), id)
				}
				if err != nil {
					t.Error(err)
					return
				}
				eventually(t, "the key is gone", func() bool {
					_, err := a.Key(id)
					return errors.Is(err, domain.ErrKeyDestroyed)
				})
			}
		})
	}
	all.Wait()
	for id := range domain.KeyID(p.ring.Len()) {
		_, mine := p.ring.Key(id + 1)
		if _, err := a.Key(id + 1); errors.Is(mine, domain.ErrKeyDestroyed) && !errors.Is(err, domain.ErrKeyDestroyed) {
			t.Errorf("key %d came back: %v", id+1, err)
		}
	}
}

func TestWhatIsNoKeeper(t *testing.T) {
	p := newProcess(t)
	other := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = other.Serve(socket) }()
	t.Cleanup(func() { _ = other.Close() })
	for name, c := range map[string]struct {
		change func(*keeper.Options)
		want   error
	}{
		"wrong token":   {func(o *keeper.Options) { o.Token = "another-token-0123456789" }, keeper.ErrToken},
		"no token":      {func(o *keeper.Options) { o.Token = "" }, keeper.ErrToken},
		"another page":  {func(o *keeper.Options) { o.URL = "http://" + socket.Addr().String() }, keeper.ErrNoKeeper},
		"another path":  {func(o *keeper.Options) { o.URL += "/tavoli" }, keeper.ErrNoKeeper},
		"no address":    {func(o *keeper.Options) { o.URL = "keys" }, keeper.ErrNoKeeper},
		"with password": {func(o *keeper.Options) { o.URL = "http://me:secret@" + p.address }, keeper.ErrNoKeeper},
		"nobody there":  {func(o *keeper.Options) { o.URL, o.Patience = "http://127.0.0.1:1", 50*time.Millisecond }, keeper.ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			o := p.options()
			c.change(&o)
			began := time.Now()
			_, err := keeper.Connect(t.Context(), o)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), token)) {
				t.Errorf("the error tells a secret: %v", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	if n := p.ring.Len(); n != 0 {
		t.Errorf("%d keys were handed out", n)
	}
}

func TestWithoutATokenNothingIsTold(t *testing.T) {
	p := newProcess(t)
	id, _ := take(t, p.client())
	for _, path := range []string{"/v1/ring", "/v1/take?n=1", "/v1/keys?n=10", "/v1/changes", "/v1/destroy", "/v1/check", "/v1/copy"} {
		for _, header := range []string{"", "Bearer ", "Bearer " + token + "x", token} {
			method := http.MethodGet
			if strings.HasPrefix(path, "/v1/take") || path == "/v1/destroy" {
				method = http.MethodPost
			}
			req, err := http.NewRequestWithContext(t.Context(), method, p.url()+path, strings.NewReader(`{"keys":[1]}`))
			if err != nil {
				t.Fatal(err)
			}
			if header != "" {
				req.Header.Set("Authorization", header)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s with %q: %s", path, header, resp.Status)
			}
		}
	}
	if _, err := p.ring.Key(id); err != nil {
		t.Error(err)
	}
	if _, err := keeper.NewServer(p.ring, "short", quiet()); err == nil {
		t.Error("a short token is taken")
	}
}

func TestAClosedClientGivesNothing(t *testing.T) {
	p := newProcess(t)
	c := p.client()
	id, _ := take(t, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if key, err := c.Key(id); err == nil || key != (domain.Key{}) {
		t.Errorf("after the end key %d can be had: %v", id, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, _, err := c.Take(ctx); err == nil {
		t.Error("after the end a key can be taken")
	}
}
