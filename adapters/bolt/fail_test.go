package bolt_test

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/domain"
)

// failingDir names the store that the child process of TestFailStop writes.
const failingDir = "TAVOLI_TEST_FAILING_DIR"

// TestFailStop makes writing fail in a way nobody can tell the outcome of.
func TestFailStop(t *testing.T) {
	if dir := os.Getenv(failingDir); dir != "" {
		failToWrite(t, dir)
		return
	}
	dir := t.TempDir()
	runFailing(t, dir)
	wantClean(t, dir)
	s := open(t, dir, bolt.Options{})
	list, err := stream(t, s, "tavolo-fails")
	if err != nil || len(list) == 0 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	extend(t, s, len(list), 1, "tavolo-fails")
}

func runFailing(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFailStop$", "-test.v")
	cmd.Env = append(os.Environ(), failingDir+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// failToWrite writes until the process may not make the file any larger.
func failToWrite(t *testing.T, dir string) {
	s := open(t, dir, bolt.Options{})
	extend(t, s, 0, 5, "tavolo-fails")
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 70_000, Max: 70_000}); err != nil {
		t.Skipf("file sizes cannot be limited here: %v", err)
	}
	var failed domain.Batch
	var err error
	for rev := domain.Revision(4); err == nil && rev < 10_000; rev++ {
		failed = batch("tavolo-fails", rev)
		_, err = s.Append(t.Context(), failed)
	}
	if !errors.Is(err, domain.Unknown) || domain.IsDefinite(err) {
		t.Fatalf("writing failed with %v, want an unknown outcome", err)
	}
	select {
	case <-s.Failed():
	default:
		t.Error("the store does not say that it failed")
	}
	if s.Err() == nil || !errors.Is(err, s.Err()) {
		t.Errorf("the cause is %v, the error %v", s.Err(), err)
	}
	if _, err := s.Append(t.Context(), failed); !errors.Is(err, domain.Unknown) {
		t.Errorf("repeating what may be stored: %v", err)
	}
	_, err = s.Append(t.Context(), batch("tavolo-other", domain.NoStream))
	wantCode(t, err, bolt.ErrFailed)
	if list, err := stream(t, s, "tavolo-fails"); err != nil || len(list) != int(failed.After)+1 {
		t.Errorf("reading a failed store: %d entries, %v", len(list), err)
	}
}

// TestNoGoroutineStays looks for goroutines that outlive a store in use.
func TestNoGoroutineStays(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, bolt.Options{CheckpointEvery: 1})
	done := make(chan error, 3)
	for range cap(done) {
		go func() {
			var last error
			for _, err := range s.Follow(t.Context(), 0) {
				last = err
			}
			done <- last
		}()
	}
	name := personae(1)[0]
	extend(t, s, 0, 10, name, "tavolo-a")
	if err := s.Forget(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	for range cap(done) {
		wantCode(t, <-done, domain.ErrStoreClosed)
	}
	_, err := s.Append(t.Context(), batch("tavolo-a", 9))
	wantCode(t, err, domain.ErrStoreClosed)
	if _, err := stream(t, s, "tavolo-a"); !errors.Is(err, domain.ErrStoreClosed) {
		t.Errorf("reading a closed store: %v", err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for stacks := ""; ; time.Sleep(time.Millisecond) {
		buf := make([]byte, 1<<20)
		if stacks = string(buf[:runtime.Stack(buf, true)]); !strings.Contains(stacks, "bolt.(*Store)") && !strings.Contains(stacks, "bolt.(*writer)") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("goroutines stay:\n%s", stacks)
		}
	}
}
