package bolt_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/domain"

	"github.com/google/uuid"
)

// killedDir names the store that the child process of TestKill writes.
const killedDir = "TAVOLI_TEST_KILLED_DIR"

const (
	killRounds  = 8
	killWriters = 24
)

// TestKill kills a process that appends and forgets, again and again, and looks
// whether all it acknowledged is there, once.
func TestKill(t *testing.T) {
	if dir := os.Getenv(killedDir); dir != "" {
		appendUntilKilled(t, dir)
	}
	dir := t.TempDir()
	acked := make(map[domain.Stream]domain.Revision)
	forgotten := make(map[domain.Stream]bool)
	for round := range killRounds {
		runAndKill(t, dir, acked, forgotten)
		s := open(t, dir, bolt.Options{})
		checkAcked(t, s, acked, forgotten)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	if len(acked) < killWriters || len(forgotten) == 0 {
		t.Fatalf("too little happened: %d streams, %d forgotten", len(acked), len(forgotten))
	}
	wantClean(t, dir)
	for name := range forgotten {
		if contains(t, dir, eventID(name, 0).String()) > 0 {
			t.Errorf("what was forgotten in %s is still on the disk", name)
		}
	}
}

// runAndKill lets a child write for a while and notes what it acknowledged.
func runAndKill(t *testing.T, dir string, acked map[domain.Stream]domain.Revision, forgotten map[domain.Stream]bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
	cmd.Env = append(os.Environ(), killedDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, enough := 0, 200+rand.IntN(3000)
	for scanner := bufio.NewScanner(out); scanner.Scan(); lines++ {
		if lines == enough {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
		var name domain.Stream
		var rev domain.Revision
		if n, _ := fmt.Sscanf(scanner.Text(), "ack %s %d\n", &name, &rev); n == 2 {
			acked[name] = rev
		} else if n, _ := fmt.Sscanf(scanner.Text(), "forgotten %s\n", &name); n == 1 {
			forgotten[name] = true
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the child was not killed")
	}
	if lines < enough {
		t.Fatalf("the child ended by itself after %d lines", lines)
	}
}

func checkAcked(t *testing.T, s *bolt.Store, acked map[domain.Stream]domain.Revision, forgotten map[domain.Stream]bool) {
	t.Helper()
	for name, rev := range acked {
		list, err := stream(t, s, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if forgotten[name] && len(list) != 0 {
			t.Errorf("%s was forgotten and has %d entries", name, len(list))
		}
		if !forgotten[name] && !name.Personal() && len(list) <= int(rev) {
			t.Errorf("%s: revision %d was acknowledged, the stream has %d entries", name, rev, len(list))
		}
		for i, e := range list {
			if id, _ := domain.EntryID(e.Bytes); id != eventID(name, domain.Revision(i)) {
				t.Errorf("%s: revision %d is another event", name, i)
			}
		}
	}
}

// appendUntilKilled is the child.
func appendUntilKilled(t *testing.T, dir string) {
	s, err := bolt.Open(dir, bolt.Options{CheckpointEvery: 500})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(os.Stdout, format+"\n", args...)
	}
	var wg sync.WaitGroup
	for i := range killWriters {
		wg.Go(func() { writeStream(t.Context(), s, domain.Stream(fmt.Sprintf("tavolo-k%d", i)), say) })
	}
	wg.Go(func() { forgetStreams(t.Context(), s, say) })
	wg.Wait()
	os.Exit(1)
}

func writeStream(ctx context.Context, s *bolt.Store, name domain.Stream, say func(string, ...any)) {
	rev := domain.NoStream
	for _, err := range s.ReadStream(ctx, name, 0) {
		if err != nil {
			say("error %v", err)
			return
		}
		rev++
	}
	for ; ; rev++ {
		if _, err := s.Append(ctx, batch(name, rev)); err != nil {
			say("error %v", err)
			return
		}
		say("ack %s %d", name, rev+1)
	}
}

func forgetStreams(ctx context.Context, s *bolt.Store, say func(string, ...any)) {
	for {
		name := domain.PersonaStream(uuid.New())
		if _, err := s.Append(ctx, batch(name, domain.NoStream)); err != nil {
			return
		}
		say("ack %s 0", name)
		if err := s.Forget(ctx, name); err != nil {
			say("error %v", err)
			return
		}
		say("forgotten %s", name)
		time.Sleep(10 * time.Millisecond)
	}
}
