package tests_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain takes the program away that the stories were told with.
func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// built is the program, made when the first story needs it.
var built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

// tavoli returns the path of the program, with the race detector where the tests
// have it.
func tavoli(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		built.dir, built.err = os.MkdirTemp("", "tavoli-stories-*") //nolint:usetesting // it outlives the test that needs it first
		if built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "tavoli")
		args := []string{"build", "-o", built.path}
		if raceDetector {
			args = append(args, "-race")
		}
		out, err := exec.Command("go", append(args, "tavoli/cmd/tavoli")...).CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build the program: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// patience is how long a story waits for what must come.
const patience = 60 * time.Second

// A server is the program, serving a data folder.
type server struct {
	t     testing.TB
	data  string
	cmd   *exec.Cmd
	url   string // the first line it printed
	lines chan string
	log   *lockedBuffer
	done  chan struct{}
	err   error // once done
}

// A lockedBuffer takes what a process writes, and shows it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements [io.Writer].
func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts the program on a data folder and returns when it is serving.
func serve(t testing.TB, data string, more ...string) *server {
	t.Helper()
	s := launch(t, data, more...)
	s.url = s.line()
	if !strings.HasPrefix(s.url, "http://127.0.0.1:") {
		t.Fatalf("the first line is %q, not an address\n%s", s.url, s.log)
	}
	return s
}

// adminToken is what the stories sign in with.
const adminToken = "tvl_a-token-of-the-stories-0123456789"

// launch starts the program without waiting for it.
func launch(t testing.TB, data string, more ...string) *server {
	t.Helper()
	return launchWith(t, data, environment("TAVOLI_ADMIN_TOKEN="+adminToken), more...)
}

// launchWith is launch with an environment.
func launchWith(t testing.TB, data string, env []string, more ...string) *server {
	t.Helper()
	return begin(t, data, env, append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, more...)...)
}

// begin starts the program with arguments, for as long as it runs.
func begin(t testing.TB, data string, env []string, args ...string) *server {
	t.Helper()
	s := &server{t: t, data: data, lines: make(chan string, 100), log: &lockedBuffer{}, done: make(chan struct{})}
	s.cmd = exec.Command(tavoli(t), args...)
	s.cmd.Env = env
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.follow(out)
	t.Cleanup(func() { s.kill() })
	return s
}

// follow hands on what the program prints and waits for its end.
func (s *server) follow(out io.Reader) {
	scan := bufio.NewScanner(out)
	for scan.Scan() {
		s.lines <- scan.Text()
	}
	close(s.lines)
	s.err = s.cmd.Wait()
	close(s.done)
}

// environment is that of the tests without what would speak to the program.
func environment(more ...string) []string {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TAVOLI_") {
			env = append(env, pair)
		}
	}
	return append(append(env, noSleep), more...)
}

// noSleep keeps the race detector from waiting a second at the end of each process.
const noSleep = "GORACE=atexit_sleep_ms=0"

// line returns the next line the program prints, or nothing when it has ended.
func (s *server) line() string {
	s.t.Helper()
	select {
	case line := <-s.lines:
		return line
	case <-time.After(patience):
		s.t.Fatalf("the program printed nothing\n%s", s.log)
		return ""
	}
}

// wait returns the exit code of the program when it has ended.
func (s *server) wait() int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatalf("the program does not end\n%s", s.log)
	}
	return s.cmd.ProcessState.ExitCode()
}

// stop asks the program to end and expects that it does so in good order.
func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if code := s.wait(); code != 0 && (code != raced || !racesOfTheClient(s.log.String())) {
		s.t.Errorf("the program ended with %d\n%s", code, s.log)
	}
}

// raced is how a program ends in which the race detector found something.
const raced = 66

// racesOfTheClient reports whether all that the race detector found is the race within
// the client of EventStoreDB when a leader moves, number 12 in package esdb.
func racesOfTheClient(log string) bool {
	found := strings.Split(log, "WARNING: DATA RACE")[1:]
	for _, report := range found {
		report, _, _ = strings.Cut(report, "==================")
		if !strings.Contains(report, "esdb.(*Client).AppendToStream()") || !strings.Contains(report, "erCallOption.after()") {
			return false
		}
	}
	return len(found) > 0
}

// TestRacesOfTheClient holds apart what is the client's and what is ours.
func TestRacesOfTheClient(t *testing.T) {
	const theirs = "==================\nWARNING: DATA RACE\nWrite at 0x1 by goroutine 2:\n  google.golang.org/grpc.HeaderCallOption.after()\n" +
		"Previous read at 0x1 by goroutine 3:\n  github.com/EventStore/EventStore-Client-Go/v4/esdb.(*Client).AppendToStream()\n==================\n"
	const ours = "==================\nWARNING: DATA RACE\nWrite at 0x1 by goroutine 2:\n  tavoli/adapters/esdb.(*Store).Append()\n==================\n"
	for log, want := range map[string]bool{"": false, theirs: true, theirs + theirs: true, ours: false, theirs + ours: false} {
		if got := racesOfTheClient("level=INFO\n" + log); got != want {
			t.Errorf("%t, want %t, of\n%s", got, want, log)
		}
	}
}

// kill ends the program as a loss of power would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may have ended already
	<-s.done
}

// ask sends a request to the server and returns status and answer.
func (s *server) ask(ctx context.Context, method, path, key, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

// must asks and expects success.
func (s *server) must(method, path, key, body string) string {
	s.t.Helper()
	status, answer, err := s.ask(s.t.Context(), method, path, key, body)
	if err != nil || status >= 300 {
		s.t.Fatalf("%s %s: %d %s %v\n%s", method, path, status, answer, err, s.log)
	}
	return answer
}

// A ran is what became of a command line.
type ran struct {
	code        int
	out, errors string
}

// run runs the program with arguments.
func run(t testing.TB, args ...string) ran {
	t.Helper()
	return runWith(t, nil, args...)
}

// runWith runs the program with an environment.
func runWith(t testing.TB, env []string, args ...string) ran {
	t.Helper()
	cmd := exec.Command(tavoli(t), args...)
	cmd.Env = environment(env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// runs expects success and returns what was printed.
func runs(t testing.TB, args ...string) string {
	t.Helper()
	r := run(t, args...)
	if r.code != 0 {
		t.Fatalf("tavoli %s: %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.errors)
	}
	return r.out
}
