package keeper_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tavoli/adapters/keeper"
	"tavoli/adapters/keyring"
	"tavoli/domain"
)

// TestKilledAndRestarted has clients take keys while the keeper is killed again and
// again: no key is handed out twice and none is lost.
func TestKilledAndRestarted(t *testing.T) {
	p := newProcess(t)
	clients := []*keeper.Client{p.client(small), p.client(small)}
	var mu sync.Mutex
	had := make(map[domain.KeyID]domain.Key)
	var failed atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, c := range clients {
		for range 3 {
			all.Go(func() {
				for ctx.Err() == nil {
					id, key, err := c.Take(ctx)
					if err != nil {
						if !errors.Is(err, keeper.ErrUnreachable) && ctx.Err() == nil {
							t.Error(err)
						}
						failed.Add(1)
						continue
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
	for round := range 6 {
		eventually(t, "keys are taken", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(had) > 300*(round+1)
		})
		p.restart()
	}
	for _, c := range clients {
		eventually(t, "the client is well again", func() bool { return c.Err() == nil })
	}
	stop()
	all.Wait()
	p.restart()
	for id, want := range had {
		if got, err := p.ring.Key(id); err != nil || got != want {
			t.Fatalf("key %d was handed out and is not in the ring: %v", id, err)
		}
	}
	t.Logf("%d keys were taken, %d times none", len(had), failed.Load())
}

func small(o *keeper.Options) { o.Stock = 32 }

func TestAnOutageIsLivedThroughFromStock(t *testing.T) {
	p := newProcess(t)
	a, b := p.client(small), p.client()
	id, key := take(t, b)
	if _, err := a.Key(id); err != nil {
		t.Fatal(err)
	}
	p.kill()
	if got, err := a.Key(id); err != nil || got != key {
		t.Errorf("a key that is mirrored: %v", err)
	}
	taken := 0
	var err error
	for ; err == nil && taken < 1000; taken++ {
		_, _, err = a.Take(t.Context())
	}
	if taken < 16 || taken > 33 || !errors.Is(err, keeper.ErrUnreachable) || !errors.Is(err, domain.Unknown) {
		t.Errorf("%d keys could be taken, then %v", taken-1, err)
	}
	inTime(t, "a key with an empty stock", func() error { _, _, err := a.Take(t.Context()); return err })
	inTime(t, "a key nobody told of", func() error { _, err := a.Key(id + 100_000); return err })
	inTime(t, "destroying", func() error { return a.Destroy(t.Context(), id) })
	eventually(t, "the client knows of its trouble", func() bool { return a.Err() != nil })
	if _, err := a.Key(id); err != nil {
		t.Errorf("what could not be destroyed: %v", err)
	}
	p.start()
	eventually(t, "keys can be taken again", func() bool { _, _, err := a.Take(t.Context()); return err == nil })
	eventually(t, "the client is well again", func() bool { return a.Err() == nil })
	if err := a.Destroy(t.Context(), id); err != nil {
		t.Error(err)
	}
}

// soon is what is refused in time, on a machine that does much else.
const soon = 4 * time.Second

// inTime fails the test unless something is refused in time because the keeper cannot
// be reached.
func inTime(t *testing.T, what string, do func() error) {
	t.Helper()
	began := time.Now()
	if err := do(); !errors.Is(err, keeper.ErrUnreachable) {
		t.Errorf("%s: %v", what, err)
	}
	if took := time.Since(began); took > soon {
		t.Errorf("%s took %s", what, took)
	}
}

// A gate stands before a keeper and does to answers what a test wants.
type gate struct {
	mu sync.Mutex
	do func(w http.ResponseWriter, r *http.Request, keeper http.Handler)
}

// set changes what is done; nil: nothing.
func (g *gate) set(do func(http.ResponseWriter, *http.Request, http.Handler)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.do = do
}

func (g *gate) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		do := g.do
		g.mu.Unlock()
		if do == nil {
			next.ServeHTTP(w, r)
			return
		}
		do(w, r, next)
	})
}

// gated starts a keeper behind a gate.
func gated(t *testing.T) (*process, *gate) {
	t.Helper()
	p, g := newProcess(t), &gate{}
	p.wrap = g.wrap
	p.restart()
	return p, g
}

func TestASlowKeeper(t *testing.T) {
	p, g := gated(t)
	c := p.client(small, func(o *keeper.Options) { o.Timeout = 200 * time.Millisecond })
	id, _ := take(t, c)
	release := make(chan struct{})
	g.set(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	var err error
	for taken := 0; err == nil && taken < 100; taken++ {
		_, _, err = c.Take(t.Context())
	}
	if !errors.Is(err, keeper.ErrUnreachable) {
		t.Errorf("with an empty stock: %v", err)
	}
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			inTime(t, "a key with an empty stock", func() error { _, _, err := c.Take(t.Context()); return err })
			inTime(t, "a key nobody told of", func() error { _, err := c.Key(id + 100_000); return err })
		})
	}
	all.Wait()
	if _, err := c.Key(id); err != nil {
		t.Errorf("a key that is mirrored: %v", err)
	}
	g.set(nil)
	close(release)
	eventually(t, "keys can be taken again", func() bool { _, _, err := c.Take(t.Context()); return err == nil })
}

func TestTheCallersTimeIsKept(t *testing.T) {
	p := newProcess(t)
	c := p.client(small)
	p.kill()
	for range 40 {
		_, _, _ = c.Take(t.Context())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, _, err := c.Take(ctx); err == nil {
		t.Error("a key was taken")
	}
	if took := time.Since(began); took > time.Second { // the client's own time is twice as long
		t.Errorf("it took %s", took)
	}
}

// TestShortenedAnswers cuts each answer to the clients, at other places each time,
// in ways that HTTP does not notice.
func TestShortenedAnswers(t *testing.T) {
	p, g := gated(t)
	a, b := p.client(small), p.client(small)
	var cut atomic.Int64
	g.set(func(w http.ResponseWriter, r *http.Request, keeper http.Handler) {
		answer := httptest.NewRecorder()
		keeper.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		n := cut.Add(1)
		if keep := len(body) * int(n%7) / 7; n%5 < 3 {
			body = body[:keep]
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	})
	had := make(map[domain.KeyID]domain.Key)
	for len(had) < 200 {
		id, key, err := a.Take(t.Context())
		if err != nil && !errors.Is(err, keeper.ErrUnreachable) {
			t.Fatal(err)
		}
		if err == nil {
			had[id] = key
		}
	}
	g.set(nil)
	for id, want := range had {
		eventually(t, "the other client has the key", func() bool { _, err := b.Key(id); return err == nil })
		if got, _ := b.Key(id); got != want {
			t.Errorf("key %d is another", id)
		}
		if got, err := p.ring.Key(id); err != nil || got != want {
			t.Errorf("in the ring key %d is another: %v", id, err)
		}
	}
}

// TestALostAnswerWastesNothing loses the answers to a client that takes a block: when
// it asks again it gets the same one.
func TestALostAnswerWastesNothing(t *testing.T) {
	p, g := gated(t)
	c := p.client(small)
	before := p.ring.Len()
	lost := make(chan struct{}, 100)
	g.set(func(w http.ResponseWriter, r *http.Request, keeper http.Handler) {
		keeper.ServeHTTP(httptest.NewRecorder(), r)
		if strings.HasSuffix(r.URL.Path, "take") {
			lost <- struct{}{}
		}
		panic(http.ErrAbortHandler)
	})
	for range 20 {
		take(t, c)
	}
	for range 5 {
		<-lost
	}
	g.set(nil)
	eventually(t, "the client is well again", func() bool { return c.Err() == nil })
	for range 28 {
		take(t, c)
	}
	if n := p.ring.Len() - before; n > 48 { // 32 were in stock, 48 were taken, and 32 are in stock at most
		t.Errorf("%d keys were handed out for 48, with 32 in stock before", n)
	}
}

func TestAnotherRingIsNotUsed(t *testing.T) {
	p := newProcess(t)
	c := p.client(small)
	id, key := take(t, c)
	mine := p.path
	p.kill()
	p.path = filepath.Join(t.TempDir(), "other")
	p.start()
	other := p.ring
	eventually(t, "the client notices", func() bool { return errors.Is(c.Err(), keeper.ErrExchanged) })
	if _, _, err := c.Take(t.Context()); !errors.Is(err, keeper.ErrExchanged) {
		t.Errorf("take: %v", err)
	}
	if err := c.Destroy(t.Context(), id); !errors.Is(err, keeper.ErrExchanged) {
		t.Errorf("destroy: %v", err)
	}
	if got, err := c.Key(id); err != nil || got != key {
		t.Errorf("a key that is mirrored: %v", err)
	}
	if n := other.Len(); n != 0 {
		t.Errorf("the other ring gave %d keys", n)
	}
	p.kill()
	p.path = mine
	p.start()
	eventually(t, "the right ring is used again", func() bool { _, _, err := c.Take(t.Context()); return err == nil })
}

// TestAnOldCopyOfTheFile puts the file of a day before in its place: it would hand out
// the same keys again.
func TestAnOldCopyOfTheFile(t *testing.T) {
	p := newProcess(t)
	p.kill()
	old, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	p.start()
	c := p.client(small)
	take(t, c)
	p.kill()
	if err := os.WriteFile(p.path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	eventually(t, "the client notices", func() bool { return errors.Is(c.Err(), keeper.ErrBehind) })
	if _, _, err := c.Take(t.Context()); !errors.Is(err, keeper.ErrBehind) {
		t.Errorf("take: %v", err)
	}
	o := p.options()
	if _, err := keeper.Connect(t.Context(), o); !errors.Is(err, keeper.ErrBehind) {
		t.Errorf("a client that comes later: %v", err)
	}
	if n := p.ring.Len(); n != 0 {
		t.Errorf("%d keys were handed out", n)
	}
}

// TestARestoredCopy restores a copy: what was destroyed since is destroyed again by
// who knows it, and no id is given to two keys.
func TestARestoredCopy(t *testing.T) {
	p := newProcess(t)
	c := p.client(small)
	had := make(map[domain.KeyID]domain.Key)
	for range 40 {
		id, key := take(t, c)
		had[id] = key
	}
	gone, _ := take(t, c)
	var copied bytes.Buffer
	if err := p.ring.Copy(&copied); err != nil {
		t.Fatal(err)
	}
	if err := c.Destroy(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	p.kill()
	if err := os.Remove(p.path); err != nil {
		t.Fatal(err)
	}
	if err := keyring.Restore(p.path, &copied); err != nil {
		t.Fatal(err)
	}
	p.start()
	eventually(t, "the key is destroyed again", func() bool {
		_, err := p.ring.Key(gone)
		return errors.Is(err, domain.ErrKeyDestroyed)
	})
	eventually(t, "the client is well again", func() bool { return c.Err() == nil })
	for range 100 {
		id, key := take(t, c)
		if _, twice := had[id]; twice {
			t.Errorf("key %d was handed out twice", id)
		}
		had[id] = key
		if got, err := p.ring.Key(id); err != nil || got != key {
			t.Errorf("key %d is not in the ring: %v", id, err)
		}
	}
	for id, want := range had {
		if got, err := c.Key(id); err != nil || got != want {
			t.Errorf("key %d: %v", id, err)
		}
	}
}

func TestATokenThatIsChanged(t *testing.T) {
	p := newProcess(t)
	c := p.client(small)
	p.kill()
	p.token = "another-token-0123456789"
	p.start()
	eventually(t, "the client notices", func() bool { return errors.Is(c.Err(), keeper.ErrToken) })
	take(t, c)
	p.kill()
	p.token = token
	p.start()
	eventually(t, "the client is well again", func() bool { return c.Err() == nil })
}

func TestOutagesLeaveNoGoroutines(t *testing.T) {
	p := newProcess(t)
	c := p.client(small)
	take(t, c)
	before := runtime.NumGoroutine()
	for range 15 {
		p.restart()
		eventually(t, "the client is well", func() bool {
			_, _, err := c.Take(t.Context())
			return err == nil && c.Err() == nil
		})
	}
	eventually(t, "there are no more goroutines than before", func() bool { return runtime.NumGoroutine() <= before+4 })
}

// TestADamagedKey damages a key on the disk: it is said to be damaged, and can be
// destroyed all the same.
func TestADamagedKey(t *testing.T) {
	p := newProcess(t)
	first := p.client()
	id, _ := take(t, first)
	_ = first.Close()
	p.kill()
	data, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	data[4*4096+int(id-1)*72+5] ^= 1 // four pages, then 72 bytes for each key
	if err := os.WriteFile(p.path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	a, b := p.client(), p.client()
	for _, c := range []*keeper.Client{a, b} {
		if _, err := c.Key(id); !errors.Is(err, domain.ErrKeyMissing) || !errors.Is(err, keyring.ErrDamaged) {
			t.Errorf("a damaged key: %v", err)
		}
	}
	if err := a.Check(); !errors.Is(err, keyring.ErrDamaged) || errors.Is(err, keeper.ErrUnreachable) {
		t.Errorf("a check: %v", err)
	}
	if err := a.Destroy(t.Context(), id); err != nil {
		t.Error(err)
	}
	eventually(t, "the key is destroyed", func() bool {
		_, err1 := a.Key(id)
		_, err2 := b.Key(id)
		return errors.Is(err1, domain.ErrKeyDestroyed) && errors.Is(err2, domain.ErrKeyDestroyed) && b.Check() == nil
	})
}
