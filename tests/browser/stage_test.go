// Package browser_test plays what people do with the pages, in a real browser:
// Chromium, over the real program with the demonstration in it.
//
// The program and the browser are started once (stage_test.go); each test is a
// visitor of its own, who shares no cookie with others and notices whatever the
// browser complains of (visitor_test.go). Pictures of what they saw lie in
// build/screenshots afterwards.
package browser_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"
)

// TestMain ends the browser and the program after the last test.
func TestMain(m *testing.M) {
	code := m.Run()
	play.end()
	os.Exit(code)
}

// adminToken opens everything.
const adminToken = "tvl_a-token-of-the-browser-0123456789"

// patience is how long the program and the browser may take for one thing.
const patience = 60 * time.Second

// play is what all tests share.
var play theater

// A theater is the browser, and a stage on which the demonstration is given.
type theater struct {
	once    sync.Once
	err     error
	dir     string
	browser context.Context // of Chromium; each visitor has a tab of its own
	demo    stage
	endings []func() // what is to be ended, the first last
}

// A stage is the program, serving.
type stage struct {
	url     string
	data    string // its folder
	log     bytes.Buffer
	program *exec.Cmd
}

// errNoBrowser is that there is nothing to test with.
var errNoBrowser = errors.New("no Chromium is installed, and TAVOLI_BROWSER names none")

// onStage returns the demonstration, begun with the browser at the first call.
func onStage(t testing.TB) *stage {
	t.Helper()
	play.once.Do(func() { play.err = play.begin() })
	switch {
	case errors.Is(play.err, errNoBrowser):
		t.Skip(play.err)
	case play.err != nil:
		t.Fatalf("%v\n%s", play.err, &play.demo.log)
	}
	return &play.demo
}

// newStage serves an empty register with some flags, for one test.
func newStage(t testing.TB, flags ...string) *stage {
	t.Helper()
	onStage(t) // for the browser
	s := &stage{data: t.TempDir()}
	s.begin(t, "", flags...)
	return s
}

// begin starts the program of a stage, which ends with the test.
func (s *stage) begin(t testing.TB, built string, flags ...string) {
	t.Helper()
	if err := s.start(cmp.Or(built, play.program()), flags...); err != nil {
		t.Fatalf("%v\n%s", err, &s.log)
	}
	t.Cleanup(s.stop)
}

// begin starts everything.
func (p *theater) begin() (err error) {
	chromium, err := findBrowser()
	if err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp("", "tavoli-browser-*"); err != nil {
		return err
	}
	p.endings = append(p.endings, func() { os.RemoveAll(p.dir) })
	if err := build(p.program()); err != nil {
		return err
	}
	p.demo.data = filepath.Join(p.dir, "data")
	p.endings = append(p.endings, p.demo.stop)
	if err := p.demo.start(p.program(), "--demo", "--owner", "ANCI Sicilia", "--owner-contact", "segreteria@example.it"); err != nil {
		return err
	}
	return p.startBrowser(chromium)
}

// program is where the program lies.
func (p *theater) program() string { return filepath.Join(p.dir, "tavoli") }

// end ends everything, in the opposite order.
func (p *theater) end() {
	for _, end := range slices.Backward(p.endings) {
		end()
	}
}

// findBrowser returns the path of Chromium: the one that TAVOLI_BROWSER names, or
// one that is installed.
func findBrowser() (string, error) {
	if name := os.Getenv("TAVOLI_BROWSER"); name != "" {
		return exec.LookPath(name)
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

// build builds the program, with more flags for the Go command.
func build(path string, flags ...string) error {
	args := append([]string{"build", "-o", path}, flags...)
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "tavoli/cmd/tavoli")...).CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return nil
}

// start serves the register of the stage.
func (s *stage) start(program string, flags ...string) error {
	s.program = exec.Command(program, append([]string{"serve", "--data", s.data, "--listen", "127.0.0.1:0"}, flags...)...)
	s.program.Env = environment("TAVOLI_ADMIN_TOKEN="+adminToken, "GORACE=atexit_sleep_ms=0")
	s.program.Stderr = &s.log
	out, err := s.program.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.program.Start(); err != nil {
		return err
	}
	return s.listen(out)
}

// environment is that of the tests without what would speak to the program.
func environment(more ...string) []string {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TAVOLI_") {
			env = append(env, pair)
		}
	}
	return append(env, more...)
}

// listen reads the address of the program from what it prints first.
func (s *stage) listen(out io.Reader) error {
	first := make(chan string, 1)
	go func() {
		defer close(first)
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			select {
			case first <- scan.Text():
			default: // only the first line is an address
			}
		}
	}()
	select {
	case s.url = <-first:
	case <-time.After(3 * patience):
	}
	if !strings.HasPrefix(s.url, "http://127.0.0.1:") {
		return fmt.Errorf("the program does not serve: it printed %q", s.url)
	}
	return nil
}

// stop ends the program.
func (s *stage) stop() {
	if s.program == nil || s.program.Process == nil {
		return // it never began
	}
	_ = s.program.Process.Signal(syscall.SIGTERM) // it may have ended already
	_ = s.program.Wait()                          // with what code is the matter of other tests
}

// startBrowser starts Chromium without a window. Root may not use its sandbox.
func (p *theater) startBrowser(path string) error {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.WSURLReadTimeout(patience), chromedp.WindowSize(wide, 900),
		chromedp.Flag("lang", "it"), chromedp.Flag("enable-blink-features", "LangAttributeAwareFormControlUI"), // dates as they are written in Italy
		chromedp.Flag("font-render-hinting", "none"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	p.endings = append(p.endings, release)
	browser, closeBrowser := chromedp.NewContext(allocator)
	p.endings = append(p.endings, closeBrowser)
	p.browser = browser
	return chromedp.Do(browser)
}

// tell lets the API do something in the name of the first account.
func (s *stage) tell(t testing.TB, path, body string, into any) {
	t.Helper()
	s.ask(t, http.MethodPost, path, body, into)
}

// ask sends a request to the API and reads its answer.
func (s *stage) ask(t testing.TB, method, path, body string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", uuid.NewString())
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, answer, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, answer)
	}
}
