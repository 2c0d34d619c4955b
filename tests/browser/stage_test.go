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

// play is where all tests take place.
var play stage

// A stage is the program, serving the demonstration, and a browser.
type stage struct {
	once    sync.Once
	err     error
	dir     string
	url     string
	log     bytes.Buffer
	program *exec.Cmd
	browser context.Context // of Chromium; each visitor has a tab of its own
	endings []func()        // what is to be ended, the first last
}

// errNoBrowser is that there is nothing to test with.
var errNoBrowser = errors.New("no Chromium is installed, and TAVOLI_BROWSER names none")

// onStage returns the address of the program, started with the browser at the
// first call.
func onStage(t testing.TB) *stage {
	t.Helper()
	play.once.Do(func() { play.err = play.begin() })
	switch {
	case errors.Is(play.err, errNoBrowser):
		t.Skip(play.err)
	case play.err != nil:
		t.Fatalf("%v\n%s", play.err, &play.log)
	}
	return &play
}

// begin starts everything.
func (s *stage) begin() (err error) {
	chromium, err := findBrowser()
	if err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "tavoli-browser-*"); err != nil {
		return err
	}
	s.endings = append(s.endings, func() { os.RemoveAll(s.dir) })
	if err := s.startProgram(); err != nil {
		return err
	}
	return s.startBrowser(chromium)
}

// end ends everything, in the opposite order.
func (s *stage) end() {
	for _, end := range slices.Backward(s.endings) {
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

// startProgram builds the program and serves the demonstration with it.
func (s *stage) startProgram() error {
	path := filepath.Join(s.dir, "tavoli")
	args := []string{"build", "-o", path}
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "tavoli/cmd/tavoli")...).CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	s.program = exec.Command(path, "serve", "--demo", "--data", filepath.Join(s.dir, "data"), "--listen", "127.0.0.1:0", "--owner", "ANCI Sicilia", "--owner-contact", "segreteria@example.it")
	s.program.Env = environment("TAVOLI_ADMIN_TOKEN="+adminToken, "GORACE=atexit_sleep_ms=0")
	s.program.Stderr = &s.log
	out, err := s.program.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.program.Start(); err != nil {
		return err
	}
	s.endings = append(s.endings, s.stopProgram)
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

func (s *stage) stopProgram() {
	_ = s.program.Process.Signal(syscall.SIGTERM) // it may have ended already
	_ = s.program.Wait()                          // with what code is the matter of other tests
}

// startBrowser starts Chromium without a window. Root may not use its sandbox.
func (s *stage) startBrowser(path string) error {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.WSURLReadTimeout(patience), chromedp.WindowSize(wide, 900),
		chromedp.Flag("lang", "it"), chromedp.Flag("font-render-hinting", "none"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	s.endings = append(s.endings, release)
	browser, closeBrowser := chromedp.NewContext(allocator)
	s.endings = append(s.endings, closeBrowser)
	s.browser = browser
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
