package web_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
)

func TestStatus(t *testing.T) {
	r := newRegister(t, func(s *web.Server) {
		s.Admin.Stats = func() any { return map[string]int{"records": 7} }
		s.Gauges = map[string]func() float64{"tavoli_store_bytes": func() float64 { return 42 }}
	})
	r.convened("t", "")
	for _, path := range []string{"//status", "/status"} {
		a := r.get(path, nobody).is(200, "")
		if a.field("status") != "ok" || a.field("version") != "1.0.0" || a.field("store", "id") == "" || a.field("view", "ready") != "true" || a.field("details") != "" {
			t.Errorf("got %s", a.Body)
		}
	}
	if a := r.get("/status"); a.field("details", "records") != "7" {
		t.Errorf("got %s", a.Body)
	}
	if a := r.get("//status", nobody); strings.Contains(string(a.Body), "demonstration") {
		t.Errorf("it is no demonstration: %s", a.Body)
	}
	r.get("//healthz", nobody).is(200, "")
	r.get("//readyz", nobody).is(200, "")
	metrics := string(r.get("//metrics", nobody).Body)
	for _, want := range []string{`tavoli_http_requests_total{route="plan-tavolo",status="201"} 1`, "tavoli_store_position 2", "tavoli_view_position", "tavoli_store_bytes 42", "go_goroutines"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the figures lack %q", want)
		}
	}
}

func TestAdministration(t *testing.T) {
	r := newRegister(t, func(s *web.Server) {
		s.Admin.Backup = func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "the log")
			return err
		}
		s.Admin.Check = func(context.Context) (web.CheckReport, error) { return web.CheckReport{OK: true, Records: 2}, nil }
	})
	r.convened("t", "")
	if a := r.get("/admin/backup"); string(a.Body) != "the log" || a.Header.Get("Tavoli-Store") == "" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	if a := r.get("/admin/check"); a.field("ok") != "true" || a.field("problems") != "[]" {
		t.Errorf("got %s", a.Body)
	}
	if a := r.get("/admin/replay"); a.field("entries") != "2" || a.field("digests", "0", "sha256") == "" {
		t.Errorf("got %s", a.Body)
	}
	if a := r.ask("POST", "/admin/rebuild", ""); a.Status != 200 || a.field("equal") != "true" {
		t.Errorf("got %s", a.Body)
	}
	bare := newRegister(t)
	for _, path := range []string{"/admin/backup", "/admin/check"} {
		bare.get(path).is(501, "not-offered")
	}
}

func TestABackupThatBreaksOffIsCut(t *testing.T) {
	r := newRegister(t, func(s *web.Server) {
		s.Admin.Backup = func(_ context.Context, w io.Writer) error {
			_, err := w.Write(make([]byte, 4<<20))
			return errors.Join(err, errors.New("the disk broke"))
		}
	})
	req, err := http.NewRequest("GET", r.serving()+"/api/v1/admin/backup", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+consoleToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err == nil {
		t.Error("a part was taken for the whole")
	}
}

func TestRates(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Limits.Rate, s.Limits.Burst = 0.001, 3 })
	for i := range 3 {
		a := r.get("/tavoli", nobody).is(200, "")
		if left := a.Header["X-Ratelimit-Remaining"]; len(left) != 1 || left[0] != fmt.Sprint(2-i) {
			t.Errorf("got %v", a.Header)
		}
	}
	a := r.get("/tavoli", nobody).is(429, "too-many-requests")
	if a.Header.Get("Retry-After") == "" {
		t.Errorf("got %v", a.Header)
	}
	r.get("/tavoli").is(200, "") // another caller has a rate of its own
	r.get("//healthz", nobody).is(200, "")
}

func TestConcurrentRequests(t *testing.T) {
	block, entered := make(chan struct{}), make(chan struct{})
	r := newRegister(t, func(s *web.Server) {
		s.Limits.Concurrent = 1
		s.Admin.Check = func(context.Context) (web.CheckReport, error) {
			close(entered)
			<-block
			return web.CheckReport{OK: true}, nil
		}
	})
	var wg sync.WaitGroup
	wg.Go(func() { r.ask("GET", "/admin/check", "") })
	<-entered
	r.ask("GET", "/tavoli", "").is(503, "too-busy")
	r.ask("GET", "//healthz", "").is(200, "")
	close(block)
	wg.Wait()
	r.get("/tavoli").is(200, "")
}

// listening returns the address of the server as cmd runs it, with its limits.
func (r *register) listening() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	srv := r.server.HTTP()
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	r.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			r.t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			r.t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestLargeHeader(t *testing.T) {
	r := newRegister(t)
	conn, err := net.Dial("tcp", r.listening())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", strings.Repeat("x", 64<<10))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d", res.StatusCode)
	}
}

func TestGracefulStop(t *testing.T) {
	entered, block := make(chan struct{}), make(chan struct{})
	r := newRegister(t, func(s *web.Server) {
		s.Admin.Check = func(context.Context) (web.CheckReport, error) {
			close(entered)
			<-block
			return web.CheckReport{OK: true}, nil
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := r.server.HTTP()
	served, stopped := make(chan error, 1), make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	base := "http://" + l.Addr().String()
	feed := r.followFeed(t.Context(), base, "")
	r.post("/tavoli", `{"id":"t","subject":"Abitare","day":"2022-03-24","mode":"online"}`)
	if l := r.nextLine(feed); len(l.Entry) == 0 {
		t.Errorf("got %+v", l)
	}
	status := make(chan int, 1)
	go func() { status <- r.over(base + "/api/v1/admin/check") }()
	<-entered
	go func() { stopped <- srv.Shutdown(context.Background()) }()
	if l := r.nextLine(feed); l.End != "stopping" {
		t.Errorf("got %+v", l)
	}
	close(block)
	if got := <-status; got != 200 {
		t.Errorf("a request under way was answered %d", got)
	}
	if err := errors.Join(<-stopped, <-served); !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// over asks over the network and returns the status, or -1.
func (r *register) over(url string) int {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return -1
	}
	req.Header.Set("Authorization", "Bearer "+consoleToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return -1
	}
	defer res.Body.Close()
	return res.StatusCode
}

// TestFeedOutlivesTheLimitsOfRequests follows a feed for longer than any request may take.
func TestFeedOutlivesTheLimitsOfRequests(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Limits.Handling, s.Limits.Heartbeat = 50*time.Millisecond, 20*time.Millisecond })
	feed := r.followFeed(t.Context(), "http://"+r.listening(), "")
	for range 10 {
		if l := r.nextLine(feed); l.Position == "" || l.End != "" {
			t.Fatalf("got %+v", l)
		}
	}
}

func TestADemonstrationSaysSo(t *testing.T) {
	r := newRegister(t)
	if a := r.get("/status", nobody); a.field("demonstration") != "" {
		t.Errorf("it is no demonstration: %s", a.Body)
	}
	r.post("/accounts", `{"account":"dimostrazione","label":"Dimostrazione: persone inventate, orologio simulato"}`)
	for _, path := range []string{"//status", "/status"} {
		if a := r.get(path, nobody); a.field("demonstration") != "true" {
			t.Errorf("%s does not say it: %s", path, a.Body)
		}
	}
}

func TestWhatIsLogged(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	r.get("/people?q=Segreto&purpose=ricerca").is(200, "")
	r.get("/tavoli/t/roster?q=Segreto", header("X-Request-Id", "abc-1")).is(200, "")
	r.get("/tavoli/t/roster", header("X-Request-Id", "no id\n")).is(200, "")
	log := r.log.String()
	if strings.Contains(log, "Segreto") || strings.Contains(log, "ricerca") || strings.Contains(log, consoleToken) || strings.Contains(log, "no id") {
		t.Errorf("logged %s", log)
	}
	if !strings.Contains(log, `"request":"abc-1"`) || !strings.Contains(log, `"actor":"account-console"`) {
		t.Errorf("logged %s", log)
	}
}

func TestAFaultIsNotTold(t *testing.T) {
	r := newRegister(t, func(s *web.Server) {
		s.Admin.Check = func(context.Context) (web.CheckReport, error) { return web.CheckReport{}, errors.New("secret cause") }
	})
	if a := r.get("/admin/check").is(500, "fault"); strings.Contains(string(a.Body), "secret cause") || !strings.Contains(r.log.String(), "secret cause") {
		t.Errorf("told %s, logged %s", a.Body, r.log)
	}
}

func TestAMistakeIsAFault(t *testing.T) {
	r := newRegister(t, func(s *web.Server) {
		s.Admin.Check = func(context.Context) (web.CheckReport, error) { panic("a mistake") }
	})
	r.get("/admin/check").is(500, "fault")
	if log := r.log.String(); !strings.Contains(log, "a mistake") || !strings.Contains(log, `"status":500`) {
		t.Errorf("logged %s", log)
	}
	r.get("/tavoli").is(200, "")
}

func TestReadModelsThatLagBehind(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	fresh := &web.Server{
		Store: r.store, Exec: r.exec, Vault: r.server.Vault, View: projections.NewView(r.store, nil, projections.Options{}), Secret: r.server.Secret,
		Now: r.server.Now, Console: r.server.Console, Limits: web.Limits{Wait: 20 * time.Millisecond},
	}
	r.handler = fresh.Handler()
	a := r.ask("GET", "/tavoli?at_least=1", "").is(503, "not-caught-up")
	if a.Header.Get("Retry-After") == "" {
		t.Errorf("got %v", a.Header)
	}
	r.ask("GET", "//readyz", "").is(503, "not-ready")
	if a := r.ask("GET", "//status", "").is(200, ""); a.field("status") != "starting" {
		t.Errorf("got %s", a.Body)
	}
	r.ask("GET", "/me", "", as("tvl_unknown")).is(503, "not-caught-up") // whether the token is known cannot be said
	r.post("/tavoli/t/opening", "")
}

func TestAStoreThatIsClosed(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	closed := closedStore{r.store}
	fresh := &web.Server{Store: closed, Exec: &domain.Executor{Store: closed}, Vault: r.server.Vault, View: r.view, Secret: r.server.Secret, Now: r.server.Now, Console: r.server.Console}
	r.handler = fresh.Handler()
	a := r.ask("POST", "/tavoli/t/registrations", `{"family_name":"Rossi"}`).is(503, "store-closed")
	if a.Header.Get("Retry-After") == "" {
		t.Errorf("got %v", a.Header)
	}
}

// closedStore is a store that was closed.
type closedStore struct{ domain.Store }

// Append implements [domain.Store].
func (closedStore) Append(context.Context, ...domain.Batch) (domain.Position, error) {
	return 0, domain.ErrStoreClosed
}

// Head implements [domain.Log].
func (closedStore) Head(context.Context) (domain.Position, error) { return 0, domain.ErrStoreClosed }
