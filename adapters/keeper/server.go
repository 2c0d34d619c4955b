package keeper

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// A Ring is where the keys lie: adapters/keyring has it. It is wider than other
// interfaces here because a ring has one home and is shared as a whole.
type Ring interface {
	domain.Keys
	TakeN(ctx context.Context, n int) (first domain.KeyID, keys []domain.Key, err error)
	Each(after uint64, n int, tell func(domain.KeyID, domain.Key, error)) error
	ID() uuid.UUID
	Epoch() int
	Len() uint64
	Root() [32]byte
	Check() error
	Copy(w io.Writer) error
}

// A Server serves a ring to those who have the token. It is an [http.Handler].
type Server struct {
	ring   Ring
	run    uuid.UUID
	token  [32]byte // the hash of it
	log    *slog.Logger
	feed   *feed
	orders orders
	mux    *http.ServeMux
	behind atomic.Bool // a client has seen more of this ring than there is
	slow   sync.Mutex  // one check or copy at a time
	ending context.Context
	end    context.CancelFunc
}

// NewServer makes the server of a ring, reading once which keys were destroyed.
func NewServer(ring Ring, token string, log *slog.Logger) (*Server, error) {
	s := &Server{ring: ring, run: uuid.New(), token: sha256.Sum256([]byte(token)), log: log, feed: newFeed(), mux: http.NewServeMux()}
	s.ending, s.end = context.WithCancel(context.Background())
	if len(token) < 16 {
		return nil, errors.New("the token of the keeper has fewer than 16 characters")
	}
	if err := s.feed.load(ring); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("GET "+pathHealth, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	for pattern, answer := range map[string]http.HandlerFunc{
		"GET " + pathRing: s.greet, "POST " + pathTake: s.take, "GET " + pathKeys: s.keys, "GET " + pathChanges: s.changes,
		"POST " + pathDestroy: s.destroy, "GET " + pathCheck: s.check, "GET " + pathCopy: s.copy,
	} {
		s.mux.Handle(pattern, s.guarded(answer))
	}
	return s, nil
}

// Times of the HTTP server; those of one answer are longer than what may be waited for.
const (
	longestWait = 10 * time.Second
	answerTime  = 40 * time.Second
)

// HTTP returns an HTTP server for the keeper, with limits on all that comes in.
// Its Shutdown sends home who waits for news.
func (s *Server) HTTP() *http.Server {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: answerTime,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(s.end)
	return server
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// guarded lets only those in who have the token.
func (s *Server) guarded(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		sum := sha256.Sum256([]byte(token))
		if same := subtle.ConstantTimeCompare(sum[:], s.token[:]) == 1; !ok || !same {
			s.log.Warn("refused for its token", "path", r.URL.Path, "from", r.RemoteAddr)
			w.Header().Set("WWW-Authenticate", "Bearer")
			tell(w, http.StatusUnauthorized, trouble{ErrToken.Code, ErrToken.Text})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next(w, r)
	})
}

func (s *Server) status() status {
	return status{s.ring.ID(), s.run, s.ring.Epoch(), s.ring.Len(), s.feed.len()}
}

// greet tells which ring this is, and what its secrets follow from.
func (s *Server) greet(w http.ResponseWriter, _ *http.Request) {
	root := s.ring.Root()
	answer(w, greeting{s.status(), root[:]})
}

// take hands out a block of keys. An order that is repeated, because its answer was
// lost, gets the same block.
func (s *Server) take(w http.ResponseWriter, r *http.Request) {
	order, err := uuid.Parse(r.URL.Query().Get("order"))
	if err != nil {
		tell(w, http.StatusBadRequest, trouble{"bad-request", "the order has no id"})
		return
	}
	if !s.current(w, r) {
		return
	}
	keys, err := s.orders.fill(r.Context(), s.ring, order, int(number(r, "n", 1, maxTake)))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.feed.add() // others mirror them
	s.frame(w, &frame{s.ring.ID(), s.ring.Epoch(), s.ring.Len(), keys})
}

// keys tells of keys in the order in which they were handed out.
func (s *Server) keys(w http.ResponseWriter, r *http.Request) {
	if !s.current(w, r) {
		return
	}
	f := &frame{ring: s.ring.ID(), epoch: s.ring.Epoch(), handed: s.ring.Len()}
	n := number(r, "n", 1, maxPage)
	err := s.ring.Each(number(r, "after", 0, 1<<53), int(n), func(id domain.KeyID, key domain.Key, err error) {
		f.keys = append(f.keys, tellOf(id, key, err))
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.frame(w, f)
}

// changes tells what was destroyed, waiting a while for news.
func (s *Server) changes(w http.ResponseWriter, r *http.Request) {
	if !s.current(w, r) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), min(time.Duration(number(r, "wait", 0, 1<<32))*time.Millisecond, longestWait))
	defer cancel()
	defer context.AfterFunc(s.ending, cancel)()
	after, known, mine := int(number(r, "after", 0, 1<<53)), number(r, "mirrored", 0, 1<<53), r.URL.Query().Get("run") == s.run.String()
	if !mine {
		after = 0
	}
	enough := func() bool { return !mine || s.ring.Len() != known || ctx.Err() != nil }
	gone := s.feed.wait(ctx, after, enough)
	answer(w, changes{s.status(), after, gone})
}

// destroy destroys keys, all those that were handed out, even if who asked has gone.
func (s *Server) destroy(w http.ResponseWriter, r *http.Request) {
	var asked destruction
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || len(asked.Keys) > maxDestroy {
		tell(w, http.StatusBadRequest, trouble{"bad-request", "the body is no list of keys, or too long"})
		return
	}
	if !s.current(w, r) {
		return
	}
	var there, missing []domain.KeyID
	for _, id := range asked.Keys {
		if _, err := s.ring.Key(id); errors.Is(err, domain.ErrKeyMissing) && !errors.Is(err, ErrDamaged) {
			missing = append(missing, id)
		} else {
			there = append(there, id)
		}
	}
	err := s.ring.Destroy(context.WithoutCancel(r.Context()), there...)
	s.feed.add(slices.DeleteFunc(there, func(id domain.KeyID) bool {
		_, err := s.ring.Key(id)
		return !errors.Is(err, domain.ErrKeyDestroyed)
	})...)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.log.Info("keys destroyed", "keys", len(there), "missing", len(missing))
	answer(w, destruction{Missing: missing})
}

// check reads every key.
func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	s.slowly(w, func() {
		switch err := s.ring.Check(); {
		case errors.Is(err, ErrDamaged):
			tell(w, http.StatusConflict, trouble{ErrDamaged.Code, err.Error()})
		case err != nil:
			s.fail(w, r, err)
		default:
			answer(w, s.status())
		}
	})
}

// copy writes a copy of the ring. One that breaks off is refused by a restore.
func (s *Server) copy(w http.ResponseWriter, r *http.Request) {
	s.slowly(w, func() {
		w.Header().Set("Content-Type", "application/octet-stream")
		s.log.Info("the ring is copied", "from", r.RemoteAddr)
		if err := s.ring.Copy(patient{w, http.NewResponseController(w)}); err != nil {
			s.log.Error("copy the ring", "error", err)
			panic(http.ErrAbortHandler) // so that it is seen to be broken off
		}
	})
}

// A patient writer gives each piece its own time, not all of them one.
type patient struct {
	http.ResponseWriter
	*http.ResponseController
}

// Write implements [io.Writer].
func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(answerTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.ResponseWriter.Write(b)
}

// slowly does what takes long, unless it is being done.
func (s *Server) slowly(w http.ResponseWriter, do func()) {
	if !s.slow.TryLock() {
		tell(w, http.StatusServiceUnavailable, trouble{"busy", "another check or copy is under way"})
		return
	}
	defer s.slow.Unlock()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // where there is none it need not be lifted
	do()
}

// current refuses who means another ring, and who has seen more of this one than there
// is: it is an older copy that was put back, and would hand keys out twice. From then
// on nobody is served, whatever he has seen.
func (s *Server) current(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Query().Get("ring") != s.ring.ID().String() {
		tell(w, http.StatusConflict, trouble{ErrExchanged.Code, s.ring.ID().String()})
		return false
	}
	epoch, handed := int(number(r, "epoch", 0, 1<<32)), number(r, "handed", 0, 1<<53)
	if epoch > s.ring.Epoch() || epoch == s.ring.Epoch() && handed > s.ring.Len() {
		if !s.behind.Swap(true) {
			s.log.Error("the ring is older than a node has seen it; nothing is handed out", "ring", s.ring.ID(), "keys", s.ring.Len(), "seen", handed)
		}
	}
	if s.behind.Load() {
		tell(w, http.StatusConflict, trouble{ErrBehind.Code, ErrBehind.Text})
		return false
	}
	return true
}
