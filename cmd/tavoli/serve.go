package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"tavoli/adapters/esdb"
	"tavoli/adapters/heap"
	"tavoli/adapters/pages"
	"tavoli/domain"
)

// A serving is how the register is to be served.
type serving struct {
	data    string
	listen  string
	demo    bool
	store   string
	keys    *keyPlace
	nats    string
	peers   string
	lease   time.Duration
	logJSON bool
	level   string
	least   slog.LevelVar
	shown   bool // progress
	owner   pages.Owner
	post    postal
	door    door
	oidc    vouching
}

func serveCommand() command {
	return command{"serve", "", "serve il registro via HTTP · serves the register over HTTP", func(fs *flag.FlagSet) action {
		s := &serving{}
		fs.StringVar(&s.data, "data", "./data", "la `cartella` dei dati; se non c'è viene creata · the data folder; it is made if there is none")
		fs.StringVar(&s.listen, "listen", "127.0.0.1:8080", "l'`indirizzo` su cui rispondere; la porta 0 ne sceglie una libera · the address to listen on; port 0 picks a free one")
		fs.BoolVar(&s.demo, "demo", false, "carica il programma reale e persone inventate in un registro vuoto · load the real programme and invented people into an empty register")
		fs.StringVar(&s.store, "store", inFile, "l'`archivio` degli eventi: bolt, nella cartella dei dati, o un EventStoreDB, esdb://nodo:2113 · the event store: bolt, in the data folder, or an EventStoreDB; see docs/eventstoredb.md")
		s.keys = bindKeys(fs)
		fs.StringVar(&s.nats, "nats", "", "pubblica ciò che accade su NATS JetStream a questo `indirizzo` · publish what happens to NATS JetStream at this address; see docs/bus.md")
		fs.StringVar(&s.peers, "peers", "", "gli altri `nodi` dello stesso registro, separati da virgole · the other nodes of the same register, separated by commas: http://node2:8080,http://node3:8080")
		fs.DurationVar(&s.lease, "nats-lease", esdb.DefaultTerm, "dopo quanto `tempo` di silenzio un altro nodo pubblica al posto di chi lo faceva · after how long a silence another node publishes instead of the one that did")
		fs.BoolVar(&s.logJSON, "log-json", false, "annota in JSON · log as JSON")
		fs.StringVar(&s.level, "log-level", "info", "il `livello` minimo che si annota · the least level that is logged: debug, info, warn, error")
		bindOwner(fs, &s.owner)
		bindPost(fs, &s.post)
		s.door.bind(fs)
		s.oidc.bind(fs)
		fs.BoolVar(&s.shown, "progress", false, "dice a che punto è il lavoro, anche fuori da un terminale · tell how far work is, even where nobody seems to watch")
		return s.run
	}}
}

// logger returns the structured log of the server, on standard error. Its level
// can be changed.
func (s *serving) logger(to io.Writer) (*slog.Logger, error) {
	level := &s.least
	if err := level.UnmarshalText([]byte(s.level)); err != nil {
		return nil, usageError("--log-level: %[1]q non è · is none of debug, info, warn, error", s.level)
	}
	options := &slog.HandlerOptions{Level: level}
	if s.logJSON {
		return slog.New(slog.NewJSONHandler(to, options)), nil
	}
	return slog.New(slog.NewTextHandler(to, options)), nil
}

// quietLog is the log of commands that open the register themselves: only what is wrong.
func (p *program) quietLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// run serves until ctx is done or something fails that it cannot serve without.
func (s *serving) run(ctx context.Context, p *program, _ []string) error {
	log, err := s.logger(p.err)
	if err != nil {
		return err
	}
	if err := checkStore(s.store); err != nil {
		return err
	}
	if s.lease < time.Second {
		return usageError("--nats-lease: almeno un secondo · at least a second")
	}
	others, err := readPeers(s.peers)
	if err != nil {
		return err
	}
	if err := s.door.check(); err != nil {
		return err
	}
	provider, err := s.oidc.provider(log, p.now)
	if err != nil {
		return err
	}
	r, err := openRegister(ctx, settings{dir: s.data, store: s.store, keys: *s.keys, peers: others, log: log, now: p.now})
	if err != nil {
		return err
	}
	if r.store.shared && !r.settings.keys.shared() {
		log.Warn("le chiavi stanno nella cartella di questo nodo: per più nodi serve un portachiavi condiviso, --keys · the keys lie in this node's folder: several nodes need a shared keyring, --keys")
	}
	if err := s.openPost(r); err != nil {
		return errors.Join(err, r.Close())
	}
	if provider != nil {
		r.web.Provider = provider
	}
	return errors.Join(s.serve(ctx, p, r), r.Close())
}

// serve prepares the register, answers requests and ends in good order.
func (s *serving) serve(ctx context.Context, p *program, r *register) error {
	open, err := s.door.open(s.listen, r.log)
	if err != nil {
		return err
	}
	defer open.Close()
	asked := ctx
	ctx, fail := context.WithCancelCause(asked)
	defer fail(nil)
	r.watch(ctx, fail)
	token, err := s.prepare(ctx, p, r)
	if err != nil {
		return errors.Join(err, fault(asked, ctx))
	}
	release, err := s.publish(ctx, r, fail)
	if err != nil {
		return err
	}
	defer release()
	posted, err := s.runPost(ctx, r, fail)
	if err != nil {
		return err
	}
	defer posted()
	server := r.web.HTTP()
	server.Handler = open.front.Handler(r.site(s.owner, s.oidc.name()))
	server.ErrorLog = slog.NewLogLogger(r.log.Handler(), slog.LevelWarn)
	open.serve(server, fail)
	go heap.Room(ctx, 10*time.Second)
	go r.keepSnapshots(ctx)
	go r.lapse(ctx)
	r.book.keep(ctx)
	r.accompany(ctx)
	if err := announce(ctx, p, r, open, token); err != nil {
		return errors.Join(err, fault(asked, ctx), end(server))
	}
	<-ctx.Done()
	r.log.Info("stopping", "cause", context.Cause(ctx))
	return errors.Join(fault(asked, ctx), end(server), r.console.remove(r.dir))
}

// watch ends the serving when the register cannot go on.
func (r *register) watch(ctx context.Context, fail context.CancelCauseFunc) {
	go func() {
		select {
		case <-r.store.Failed():
			fail(storeFault(fmt.Errorf("l'archivio degli eventi ha ceduto · the event store has failed: %w", r.store.Err())))
		case <-r.followed:
			fail(storeFault(fmt.Errorf("i modelli di lettura si sono fermati · the read models have stopped: %w", r.fault)))
		case <-r.book.failed:
			fail(storeFault(fmt.Errorf("il registro firmato si è fermato · the ledger has stopped: %w", r.book.fault)))
		case <-ctx.Done():
		}
	}()
}

// prepare loads the demonstration, makes the first account and introduces the first
// key of the ledger, if they are due.
func (s *serving) prepare(ctx context.Context, p *program, r *register) (token string, err error) {
	if s.demo {
		if err := s.demonstrate(ctx, p, r); err != nil {
			return "", fmt.Errorf("caricare la dimostrazione · load the demonstration: %w", err)
		}
	}
	set, _ := p.env("TAVOLI_ADMIN_TOKEN")
	token, err = r.firstAdmin(ctx, strings.TrimSpace(set))
	if err != nil {
		return "", fmt.Errorf("aprire la prima utenza · make the first account: %w", err)
	}
	if err := r.book.introduce(ctx); err != nil {
		return "", fmt.Errorf("introdurre la chiave che firma il registro · introduce the key that signs the register: %w", err)
	}
	return token, r.ready(ctx)
}

// demonstrate loads the demonstration, without a line in the log for each request
// unless it is being looked for.
func (s *serving) demonstrate(ctx context.Context, p *program, r *register) error {
	least := s.least.Level()
	if least > slog.LevelDebug {
		s.least.Set(max(least, slog.LevelWarn))
	}
	err := r.demonstrate(ctx, p.tells("demo", s.shown))
	s.least.Set(least)
	return err
}

// announce tells where the register is being served, and whether it is a
// demonstration: on standard output for people and scripts, in the data folder for
// the command line.
func announce(ctx context.Context, p *program, r *register, open *opened, token string) error {
	demo, err := r.hasEvents(ctx, domain.Demonstration.Stream())
	if err != nil {
		return err
	}
	r.console.Address = "http://" + reachable(open.inside.Addr())
	if err := r.console.write(r.dir); err != nil {
		return err
	}
	text := open.address() + "\n"
	if token != "" {
		text += fmt.Sprintf("Primo accesso / first sign-in: account %s, token %s\n", firstAccount, token)
	}
	if demo {
		text += demonstration + "\n"
	}
	if _, err := io.WriteString(p.out, text); err != nil {
		return err
	}
	r.log.Info("serving", "address", open.address(), "data", r.dir, "demonstration", demo, "store", r.store.Identity().String(), "position", uint64(r.view.Seen()), "version", version)
	return nil
}

// demonstration is what is said wherever a register is one.
const demonstration = "Dimostrazione: persone inventate, orologio simulato · Demonstration: invented people, simulated clock"

// reachable returns the address under which a listener can be reached from here.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// grace is how long requests under way may take when the server stops.
const grace = 15 * time.Second

// end takes no more requests and waits for those under way.
func end(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("stop: %w", errors.Join(err, server.Close()))
	}
	return nil
}

// fault returns why the serving ended, unless it was asked to.
func fault(asked, ctx context.Context) error {
	cause := context.Cause(ctx)
	if asked.Err() != nil || errors.Is(cause, context.Canceled) || errors.Is(cause, http.ErrServerClosed) {
		return nil
	}
	return cause
}
