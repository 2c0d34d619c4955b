package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/adapters/heap"
	"tavoli/adapters/keyring"
	"tavoli/adapters/ledger"
	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
)

// A switched store can be switched off: then it acknowledges at once what it does
// not keep, so that what is left of a request is everything but the store.
type switched struct {
	domain.Store
	off  atomic.Bool
	last atomic.Uint64
}

func (s *switched) Append(ctx context.Context, batches ...domain.Batch) (domain.Position, error) {
	if !s.off.Load() {
		return s.Store.Append(ctx, batches...)
	}
	for _, b := range batches {
		if err := b.Check(); err != nil {
			return 0, err
		}
	}
	return domain.Position(s.last.Add(uint64(len(batches)))), nil
}

const consoleToken = "tvl_benchmark-console-token-0123456789abcdef"

// A register is all of the service on a disk, behind a socket on loopback.
type register struct {
	store   *switched
	address string
	handler http.Handler
}

// startRegister puts the parts together as the program does.
func startRegister(b *testing.B) *register { return start(b, true) }

// start is startRegister, with or without the ledger that follows the log.
func start(b *testing.B, signed bool) *register {
	b.Helper()
	dir := benchDir(b)
	ring, err := keyring.Open(filepath.Join(dir, "keys"))
	if err != nil {
		b.Fatal(err)
	}
	inner, err := bolt.Open(dir, bolt.Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	store := &switched{Store: inner}
	vault := domain.Vault{Keys: ring, Log: store}
	view := projections.NewView(store, vault.Open, projections.Options{})
	ctx, stop := context.WithCancel(context.Background())
	followed := make(chan error, 2)
	go func() { followed <- view.Follow(ctx) }()
	tree := func(context.Context) error { return nil }
	if signed {
		tree = ledger.New(store).Follow
	}
	go func() { followed <- tree(ctx) }()
	go heap.Room(ctx, 10*time.Second)
	server := &web.Server{Store: store, Exec: &domain.Executor{Store: store}, Vault: vault, View: view, Secret: ring.Secret, Now: time.Now, Console: sha256.Sum256([]byte(consoleToken))}
	srv := server.HTTP()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = srv.Serve(listener) }()
	b.Cleanup(func() {
		_ = srv.Close()
		stop()
		for range cap(followed) {
			if err := <-followed; err != nil {
				b.Error(err)
			}
		}
		if err := inner.Close(); err != nil {
			b.Error(err)
		}
		_ = ring.Close()
	})
	return &register{store, listener.Addr().String(), server.Handler()}
}

// request returns the bytes of a request as they go over the wire.
func (r *register) request(method, path, body string) []byte {
	return fmt.Appendf(nil, "%s /api/v1%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, path, r.address, consoleToken, len(body), body)
}

// must sends one request that has to be done.
func (r *register) must(b *testing.B, method, path, body string) {
	b.Helper()
	c, err := dial(r.address)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := c.ask(r.request(method, path, body)); err != nil {
		b.Fatalf("%s %s: %v", method, path, err)
	}
}

// comuni are those for which people register.
var comuni = []string{"A089", "A176", "B202", "B428", "B602", "C351", "E974", "F158", "G273", "H163", "I754", "L331"}

// convene makes tavoli that take anybody online.
func (r *register) convene(b *testing.B, prefix string, n int) {
	b.Helper()
	for _, code := range comuni {
		r.must(b, "POST", "/enti", `{"kind":"comune","code":"`+code+`","name":"Comune `+code+`","province":"PA"}`)
	}
	for i := range n {
		id := prefix + strconv.Itoa(i)
		r.must(b, "POST", "/tavoli", `{"id":"`+id+`","subject":"Tavolo","day":"2022-05-25","from":"15:00","to":"17:00","mode":"online"}`)
		r.must(b, "POST", "/tavoli/"+id+"/convocation", `{}`)
	}
}

// people makes names nobody had before.
var people atomic.Int64

// registration returns a request that registers somebody new.
func (r *register) registration(tavolo string) []byte {
	n := people.Add(1)
	name := strconv.FormatInt(n, 36)
	return r.request("POST", "/tavoli/"+tavolo+"/registrations", `{"given_name":"Anna `+name+`","family_name":"Esempio","email":"anna.`+name+
		`@example.org","function":"Assistente sociale","ente":{"kind":"comune","code":"`+comuni[int(n)%len(comuni)]+`"}}`)
}

// A conn is a connection that is kept, with as little around it as can be, because
// it runs on the cores of what it measures.
type conn struct {
	net.Conn
	in *bufio.Reader
}

func dial(address string) (*conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

// ask sends a request and reads the answer, which must be a good one.
func (c *conn) ask(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	status, err := c.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	good := bytes.HasPrefix(status, []byte("HTTP/1.1 20"))
	line, length := strings.TrimSpace(string(status)), -1
	for {
		header, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(header) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(header, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("%s: an answer without a length", line)
	}
	if good {
		_, err = c.in.Discard(length)
		return err
	}
	body, _ := c.in.Peek(min(length, 500))
	return fmt.Errorf("%s: %s", line, body)
}

// load measures requests a second over a number of connections.
func load(connections int, during time.Duration, address string, request func(worker, n int) []byte) (float64, error) {
	conns := make([]*conn, connections)
	for i := range conns {
		c, err := dial(address)
		if err != nil {
			return 0, err
		}
		defer c.Close()
		conns[i] = c
	}
	return rate(connections, during, func(worker, n int) error {
		return conns[worker].ask(request(worker, n))
	})
}
