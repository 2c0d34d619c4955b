package bench_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/adapters/keyring"
	"tavoli/tests/storetest"
)

// BenchmarkForget forgets one person after another at a million events, unless
// TAVOLI_BENCH_EVENTS says otherwise, through the program itself, while others ask and
// register: how long it takes until nothing is left on the disk, and how long the
// longest answer took meanwhile, beside the longest with nobody being forgotten. Ten
// seconds are due.
func BenchmarkForget(b *testing.B) {
	events := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("TAVOLI_BENCH_EVENTS")); err == nil {
		events = n
	}
	dir := filledFolder(b, events)
	p := startProgram(b, dir)
	persons := p.persons(b, b.N)
	quiet := p.under(b, func() { time.Sleep(5 * time.Second) }) // the load alone: time is what is measured
	var took, longest time.Duration
	busy := p.under(b, func() {
		for i := range b.N {
			began := time.Now()
			answer := p.must(b, http.MethodPost, "/people/"+persons[i]+"/forgetting", `{"reason":"prova","legal_basis":"art. 17"}`)
			if !strings.Contains(answer, `"erased":true`) {
				b.Errorf("not erased: %s", answer)
			}
			took, longest = took+time.Since(began), max(longest, time.Since(began))
		}
	})
	b.Logf("%d events: a person is forgotten in %.2f s, %.2f s at most; the longest of %d answers meanwhile took %.0f ms, of %d without %.0f ms",
		events, took.Seconds()/float64(b.N), longest.Seconds(), busy.answers.Load(), busy.worst().Seconds()*1000, quiet.answers.Load(), quiet.worst().Seconds()*1000)
	b.ReportMetric(took.Seconds()/float64(b.N), "s/person")
	b.ReportMetric(busy.worst().Seconds()*1000, "ms/worst-answer")
	b.ReportMetric(quiet.worst().Seconds()*1000, "ms/worst-quiet")
}

// filledFolder returns a data folder with so many events.
func filledFolder(b *testing.B, events int) string {
	b.Helper()
	dir := benchDir(b)
	ring, err := keyring.Open(filepath.Join(dir, "keys"))
	if err != nil {
		b.Fatal(err)
	}
	store, err := bolt.Open(dir, bolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	_, _, err = storetest.Fill(b.Context(), store, ring, events)
	if err := errors.Join(err, store.Close(), ring.Close()); err != nil {
		b.Fatal(err)
	}
	return dir
}

// A running is the program, serving.
type running struct {
	url    string
	client *http.Client
}

// startProgram makes the program and lets it serve a folder until the benchmark ends.
func startProgram(b *testing.B, dir string) *running {
	b.Helper()
	path := filepath.Join(b.TempDir(), "tavoli")
	if out, err := exec.Command("go", "build", "-o", path, "tavoli/cmd/tavoli").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(path, "serve", "--data", dir, "--listen", "127.0.0.1:0", "--log-level", "warn")
	cmd.Env, cmd.Stderr = append(os.Environ(), "TAVOLI_ADMIN_TOKEN="+consoleToken), os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // it was measured already
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return &running{strings.TrimSpace(line), &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

func (p *running) ask(ctx context.Context, method, path, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.url+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+consoleToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

func (p *running) must(b *testing.B, method, path, body string) string {
	b.Helper()
	status, answer, err := p.ask(b.Context(), method, path, body)
	if err != nil || status >= 300 {
		b.Fatalf("%s %s: %d %s %v", method, path, status, answer, err)
	}
	return answer
}

var participantField = regexp.MustCompile(`"participant":"([0-9a-f-]{36})"`)

// persons returns some who are registered.
func (p *running) persons(b *testing.B, n int) (list []string) {
	b.Helper()
	for i := 0; len(list) < n; i++ {
		for _, m := range participantField.FindAllStringSubmatch(p.must(b, http.MethodGet, fmt.Sprintf("/tavoli/tavolo-%d/roster?limit=100", i), ""), -1) {
			list = append(list, m[1])
		}
	}
	return list
}

// A strain is what a load met.
type strain struct {
	answers atomic.Int64
	longest atomic.Int64
}

func (s *strain) worst() time.Duration { return time.Duration(s.longest.Load()) }

// under does something while eight callers ask and register as fast as one answer
// follows the other, a hundred times a second each at most.
func (p *running) under(b *testing.B, do func()) *strain {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	s := new(strain)
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				began := time.Now()
				status, answer, err := p.one(ctx, caller, n)
				if ctx.Err() != nil {
					return
				}
				if err != nil || status >= 300 {
					b.Errorf("%d %s %v", status, answer, err)
					return
				}
				took := time.Since(began)
				s.answers.Add(1)
				for was := s.longest.Load(); int64(took) > was && !s.longest.CompareAndSwap(was, int64(took)); was = s.longest.Load() {
				}
				time.Sleep(10*time.Millisecond - min(took, 10*time.Millisecond))
			}
		})
	}
	do()
	cancel()
	callers.Wait()
	return s
}

// one sends the nth request of a caller: every fourth registers somebody.
func (p *running) one(ctx context.Context, caller, n int) (int, string, error) {
	switch n % 4 {
	case 0:
		body := fmt.Sprintf(`{"given_name":"Nuova","family_name":"Persona %d","mode":"online"}`, people.Add(1))
		return p.ask(ctx, http.MethodPost, fmt.Sprintf("/tavoli/tavolo-%d/registrations", 20+caller), body)
	case 1:
		return p.ask(ctx, http.MethodGet, fmt.Sprintf("/tavoli/tavolo-%d", n%100), "")
	}
	return p.ask(ctx, http.MethodGet, fmt.Sprintf("/tavoli/tavolo-%d/roster?limit=50", (caller+n)%100), "")
}
