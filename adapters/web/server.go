package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A Server answers over HTTP for a register.
type Server struct {
	Store    domain.Store
	Exec     *domain.Executor
	Vault    domain.Vault
	View     *projections.View
	Dossiers Dossiers // what auditors take away; nil: none is made
	Files    Files    // evidence; nil: none is taken

	Credentials Credentials // passwords and codes; nil: accounts are opened by tokens only

	// Provider vouches for people who sign in; nil: nobody does.
	Provider Provider

	// Ledger is what the facts add up to; nil: nothing is told of it.
	Ledger Ledger

	Post Post // letters; nil: none are sent

	// Renderers write papers by the name of their form: csv, xlsx, html, pdf.
	// Forms that are missing are answered with 501.
	Renderers map[string]Renderer

	// Secret gives the installation's secret for a purpose. The same purpose
	// gives the same secret as long as the installation lives.
	Secret func(purpose string) [32]byte

	Now func() time.Time
	Log *slog.Logger

	// Console is the SHA-256 of the token of whoever started the server, who
	// may do everything as "account-console"; zero: there is none.
	Console [32]byte

	// Nodes is set where the register is served by several nodes.
	Nodes *Nodes

	Admin   Admin
	Limits  Limits
	Version string

	// Gauges are figures of the other parts, shown at /metrics under their names.
	Gauges map[string]func() float64

	once  sync.Once
	state *state
}

// Files keeps files by the SHA-256 of their content.
type Files interface {
	Put(ctx context.Context, r io.Reader) (sha string, size int64, err error)
	Open(sha string) (io.ReadSeekCloser, error)
}

// Admin is what an installation can do beside its daily work. What is nil is
// answered with 501.
type Admin struct {
	// Backup writes the log as it is at one moment, without the keys.
	Backup func(ctx context.Context, w io.Writer) error

	// Servers says that the log lies on servers that have tools of their own for
	// backups, so that who asks for one can be told.
	Servers bool

	// Check reads everything that is stored and says what is wrong where.
	Check func(ctx context.Context) (CheckReport, error)

	// Erase returns when keys and sealed values of everybody who was forgotten up
	// to a position are gone, and every copy that the installation keeps of them;
	// or why they are not yet. It is gone on with whatever it returns.
	Erase func(ctx context.Context, upTo domain.Position) error

	// Stats returns figures of the store for people to read.
	Stats func() any
}

// A CheckReport says what a check of the store has found.
type CheckReport struct {
	OK       bool     `json:"ok"`
	Records  int64    `json:"records"`
	Problems []string `json:"problems" doc:"what is wrong where; empty when all is well"`
}

// state is what a running server keeps.
type state struct {
	limits   Limits
	metrics  *metrics
	requests gate
	feeds    gate
	rates    rates
	answers  answers
	arrivals arrivals
	guesses  guesses
	idle     idle
	access   access
	tags     tags
	ids      requestIDs
	stopping chan struct{}
	stop     sync.Once
	started  time.Time
	forms    rates // of the public
	secrets  secrets
	store    []string // the store's identity, as it is told
	document []byte   // the OpenAPI document
	handler  http.Handler
}

// secrets are derived from the installation's for their purposes.
type secrets struct{ request, token, credentials, registration [32]byte }

// Handler returns what answers every request.
func (s *Server) Handler() http.Handler {
	s.once.Do(s.start)
	return s.state.handler
}

// Stop ends the feeds, each with a last line that says so, and refuses new ones.
// Requests under way are finished.
func (s *Server) Stop() {
	s.once.Do(s.start)
	s.state.stop.Do(func() { close(s.state.stopping) })
}

func (s *Server) start() {
	limits := s.Limits.or(DefaultLimits())
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.state = &state{
		limits: limits, requests: newGate(limits.Concurrent), feeds: newGate(limits.Feeds), rates: newRates(limits.Rate, limits.Burst), forms: newRates(limits.FormRate, limits.FormBurst),
		answers: newAnswers(maxAnswers), arrivals: newArrivals(), ids: newRequestIDs(), guesses: newGuesses(), stopping: make(chan struct{}), started: s.Now(),
	}
	s.state.metrics = s.newMetrics()
	s.state.secrets = secrets{s.Secret("request"), s.Secret("token"), s.Secret("credentials"), s.Secret("registration")}
	s.state.store = []string{s.Store.Identity().String()}
	s.state.document = document(table())
	s.state.handler = s.router(table())
}

// serve is what every request to a route goes through.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, rt *route, vars map[string]string) {
	began := time.Now()
	c := &call{s: s, w: w, r: r, ctx: r.Context(), route: rt, vars: vars}
	c.id = s.state.ids.of(r)
	c.header()
	defer func() { s.observe(c, time.Since(began)) }()
	defer c.recover()
	if err := c.handle(); err != nil && c.status == 0 {
		c.fail(err)
	}
}

// recover answers a mistake of the program as a fault, so that one request that
// goes wrong is told and logged as any other.
func (c *call) recover() {
	fault := recover()
	if fault == nil {
		return
	}
	if err, ok := fault.(error); c.status != 0 || ok && errors.Is(err, http.ErrAbortHandler) {
		panic(fault)
	}
	c.fail(fmt.Errorf("panic: %v\n%s", fault, debug.Stack()))
}

// handle lets the route answer, if the caller may ask and there is room.
func (c *call) handle() error {
	if !c.route.free && !c.s.state.requests.enter() {
		return &errCrowded
	}
	if !c.route.free {
		defer c.s.state.requests.leave()
	}
	if c.route.long {
		c.unhurried()
	} else {
		ctx, cancel := context.WithTimeout(c.ctx, c.s.state.limits.Handling)
		defer cancel()
		c.ctx = ctx
	}
	if err := c.admit(); err != nil {
		return err
	}
	return c.route.do(c)
}

// unhurried lifts the deadlines of the connection for what takes as long as it
// needs. A file that comes in has some minutes; who reads is watched while he does.
func (c *call) unhurried() {
	ctrl := http.NewResponseController(c.w)
	var until time.Time
	if c.route.upload || c.route.carried {
		until = time.Now().Add(uploadTime)
	}
	_ = ctrl.SetReadDeadline(until) // where deadlines cannot be set there are none
	_ = ctrl.SetWriteDeadline(time.Time{})
}

// uploadTime is how long a file may take to come in.
const uploadTime = 5 * time.Minute

// header sets what every answer has.
func (c *call) header() {
	h := c.w.Header()
	h["X-Request-Id"] = []string{c.id}
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = noReferrer
	h["Cache-Control"] = noStore
}

// Values of headers that never change.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	noStore    = []string{"no-store"}
	noCache    = []string{"no-cache"}
	asJSON     = []string{"application/json"}
)

// observe counts and logs an answered request.
func (s *Server) observe(c *call, took time.Duration) {
	s.state.metrics.observe(c, took)
	level := slog.LevelInfo
	if c.status >= 500 {
		level = slog.LevelWarn
	}
	ctx := c.ctx
	if !s.Log.Enabled(ctx, level) {
		return
	}
	s.Log.LogAttrs(ctx, level, "request",
		slog.String("request", c.id), slog.String("method", c.r.Method), slog.String("path", c.r.URL.Path),
		slog.String("route", c.route.name), slog.Int("status", c.status), slog.Int64("bytes", c.sent),
		slog.Duration("took", took), slog.String("actor", string(c.caller.actor)), slog.String("from", c.address()))
}
