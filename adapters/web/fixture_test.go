package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
)

// consoleToken opens everything in tests.
const consoleToken = "console-token-of-the-tests"

// A clock is a time that tests set. It moves on by itself, a little each time.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A register is a server over a register in memory.
type register struct {
	t       testing.TB
	clock   *clock
	store   *memory.Store
	exec    *domain.Executor
	server  *web.Server
	handler http.Handler
	view    *projections.View
	log     *logged
	tree    *tree
	zips    *zips
}

// logged is what was logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newRegister returns a register with nothing in it. The settings may change the
// server before it starts.
func newRegister(t testing.TB, settings ...func(*web.Server)) *register {
	t.Helper()
	r := &register{t: t, clock: &clock{now: time.Date(2022, 3, 1, 9, 0, 0, 0, time.UTC)}, log: new(logged)}
	r.store = memory.New(r.clock.Now)
	vault := domain.Vault{Keys: memory.NewKeys(), Log: r.store}
	r.exec = &domain.Executor{Store: r.store}
	r.tree = &tree{store: r.store, clock: r.clock}
	r.zips = new(zips)
	r.view = projections.NewView(r.store, vault.Open, projections.Options{Now: r.clock.Now})
	r.server = &web.Server{
		Store: r.store, Exec: r.exec, Vault: vault, View: r.view, Files: newFiles(), Ledger: r.tree, Dossiers: r.zips, Credentials: book{},
		Secret: func(purpose string) [32]byte { return sha256.Sum256([]byte(purpose)) },
		Now:    r.clock.Now, Log: slog.New(slog.NewJSONHandler(r.log, nil)), Console: sha256.Sum256([]byte(consoleToken)), Version: "1.0.0", Renderers: renderers(),
	}
	r.server.Post = office{r}
	for _, set := range settings {
		set(r.server)
	}
	r.follow()
	r.handler = r.server.Handler()
	return r
}

// follow lets the view follow the store until the test ends.
func (r *register) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.view.Follow(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	})
}

// A reply is an answer, read.
type reply struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// option changes a request before it is sent.
type option func(*http.Request)

func header(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }
func as(token string) option           { return header("Authorization", "Bearer "+token) }
func nobody(r *http.Request)           { r.Header.Del("Authorization") }
func key(k string) option              { return header("Idempotency-Key", k) }

// request returns a request of the console, with a body if there is one.
func request(method, path, body string, options ...option) *http.Request {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	if !strings.HasPrefix(path, "//") {
		path = "/api/v1" + path
	} else {
		path = path[1:]
	}
	req := httptest.NewRequest(method, path, reader)
	req.Header.Set("Authorization", "Bearer "+consoleToken)
	req.Header.Set("Accept-Language", "en")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, o := range options {
		o(req)
	}
	return req
}

// ask sends a request and returns the answer.
func (r *register) ask(method, path, body string, options ...option) reply {
	r.t.Helper()
	return r.send(request(method, path, body, options...))
}

func (r *register) send(req *http.Request) reply {
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	return reply{r.t, w.Code, w.Header(), w.Body.Bytes()}
}

// get asks a question once the read models have caught up.
func (r *register) get(path string, options ...option) reply {
	r.t.Helper()
	head, err := r.store.Head(context.Background())
	if err == nil {
		err = r.view.Wait(context.Background(), head)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return r.ask("GET", path, "", options...)
}

// post sends a command and fails the test unless it is carried out.
func (r *register) post(path, body string, options ...option) reply {
	r.t.Helper()
	a := r.ask("POST", path, body, options...)
	if a.Status != http.StatusOK && a.Status != http.StatusCreated {
		r.t.Fatalf("POST %s %s: %d %s", path, body, a.Status, a.Body)
	}
	return a
}

// field returns a field of the answer, as text.
func (a reply) field(names ...string) string {
	a.t.Helper()
	var v any
	if err := json.Unmarshal(a.Body, &v); err != nil {
		a.t.Fatalf("%v in %s", err, a.Body)
	}
	for _, name := range names {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			i := 0
			for _, c := range name {
				i = i*10 + int(c-'0')
			}
			if i >= len(at) {
				return ""
			}
			v = at[i]
		default:
			return ""
		}
	}
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	text, err := json.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(text)
}

// is fails the test unless the answer has a status and, if one is given, a code.
func (a reply) is(status int, code string) reply {
	a.t.Helper()
	if a.Status != status || code != "" && a.field("code") != code {
		a.t.Fatalf("got %d %s, want %d %s", a.Status, a.Body, status, code)
	}
	return a
}

// convened sets up a tavolo that takes registrations.
func (r *register) convened(id, more string) {
	r.t.Helper()
	r.post("/tavoli", `{"id":"`+id+`","subject":"Abitare","day":"2022-03-24","from":"15:00","to":"17:00","mode":"online"`+more+`}`)
	r.post("/tavoli/"+id+"/convocation", `{"protocol":"Prot. n. 0227/15/03/22"}`)
}

// token makes an account with roles and returns a secret that opens it.
func (r *register) token(account, roles string) string {
	r.t.Helper()
	r.post("/accounts", `{"account":"`+account+`","label":"`+account+`","roles":[`+roles+`]}`)
	return r.post("/accounts/"+account+"/tokens", `{"label":"prova"}`).field("secret")
}

// files keeps evidence in memory.
type files struct {
	mu sync.Mutex
	by map[string][]byte
}

func newFiles() *files { return &files{by: make(map[string][]byte)} }

// Put implements [web.Files].
func (f *files) Put(_ context.Context, r io.Reader) (string, int64, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return "", 0, err
	}
	sum := sha256.Sum256(data)
	f.mu.Lock()
	defer f.mu.Unlock()
	sha := hex.EncodeToString(sum[:])
	f.by[sha] = data
	return sha, int64(len(data)), nil
}

type readSeekCloser struct{ *bytes.Reader }

func (readSeekCloser) Close() error { return nil }

// Open implements [web.Files].
func (f *files) Open(sha string) (io.ReadSeekCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, ok := f.by[sha]
	if !ok {
		return nil, &domain.Error{Kind: domain.NotFound, Code: "evidence-not-found", Text: "there is no such file"}
	}
	return readSeekCloser{bytes.NewReader(data)}, nil
}

// nobodyKnown is an id that nothing has.
var nobodyKnown = uuid.MustParse("00000000-0000-4000-8000-000000000000").String()
