package main

// This test needs the inside of a register: the store fails while it is served.

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tavoli/domain"
)

func TestAFailingStoreEndsTheServing(t *testing.T) {
	out := &lockedText{written: make(chan struct{}, 10)}
	p := &program{out: out, err: &bytes.Buffer{}, env: func(string) (string, bool) { return "", false }, now: time.Now}
	r, err := openRegister(t.Context(), settings{dir: t.TempDir(), log: slog.New(slog.DiscardHandler), now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- (&serving{listen: "127.0.0.1:0"}).serve(t.Context(), p, r) }()
	<-out.written
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), domain.ErrStoreClosed.Text) || exitCode(err) == exitOK {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it goes on without a store")
	}
	if c, err := readConsole(r.dir); err != nil || c.Address != "" {
		t.Errorf("the console is left behind: %v %v", c.Address, err)
	}
	_ = r.Close() // the store is closed already
}

// A lockedText takes what is printed and tells of it.
type lockedText struct {
	mu      sync.Mutex
	text    strings.Builder
	written chan struct{}
}

// Write implements [io.Writer].
func (l *lockedText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written <- struct{}{}
	return l.text.Write(b)
}

func TestLocalAnswersAsAServerDoes(t *testing.T) {
	var asked sync.WaitGroup
	asked.Add(1)
	c := &http.Client{Transport: local{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/streams":
			_, _ = w.Write([]byte("a"))
			<-r.Context().Done()
			asked.Done()
		case "/panics":
			_, _ = w.Write([]byte("half"))
			panic(http.ErrAbortHandler)
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		}
	})}}
	get := func(path string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://tavoli.local"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	nothing := get("/nothing")
	nothing.Body.Close()
	if nothing.StatusCode != http.StatusNoContent {
		t.Errorf("nothing: %d", nothing.StatusCode)
	}
	streams := get("/streams")
	if n, err := streams.Body.Read(make([]byte, 10)); n != 1 || err != nil {
		t.Errorf("it does not stream: %d %v", n, err)
	}
	streams.Body.Close() // ends the handler
	asked.Wait()
	panics := get("/panics")
	defer panics.Body.Close()
	if _, err := new(bytes.Buffer).ReadFrom(panics.Body); err == nil {
		t.Error("an answer that broke off looks whole")
	}
}

func TestAServingThatIsAskedToStopIsNoFault(t *testing.T) {
	asked, stop := context.WithCancel(t.Context())
	ctx, fail := context.WithCancelCause(asked)
	defer fail(nil)
	stop()
	if err := fault(asked, ctx); err != nil {
		t.Errorf("got %v", err)
	}
}
