package main

// This test needs the inside of a register: the store fails while it is served.

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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

func TestRequestsUnderWayHaveTimeToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })}
		go func() { _ = server.Serve(&oneConnection{there, make(chan struct{})}) }() // it ends with the server
		if _, err := io.WriteString(here, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the request is under way
		began := time.Now()
		if err := end(server); err == nil {
			t.Error("a request that does not end is no fault")
		}
		if took := time.Since(began); took < grace || took > grace+time.Second {
			t.Errorf("it ended after %v, want %v", took, grace)
		}
	})
}

// A oneConnection is a listener that hands out one connection.
type oneConnection struct {
	net.Conn
	closed chan struct{}
}

// Accept implements [net.Listener].
func (l *oneConnection) Accept() (net.Conn, error) {
	if conn := l.Conn; conn != nil {
		l.Conn = nil
		return conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

// Close implements [net.Listener].
func (l *oneConnection) Close() error {
	close(l.closed)
	return nil
}

// Addr implements [net.Listener].
func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{} }
