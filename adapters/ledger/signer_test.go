package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tavoli/adapters/ledger"
	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

// signerOf returns what signs a ledger, with the checkpoints of a folder.
func signerOf(t testing.TB, l *ledger.Ledger, dir string) *ledger.Signer {
	t.Helper()
	s, err := ledger.NewSigner(l, ledger.Options{Dir: dir, Secret: secret, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sign signs, which must not fail.
func sign(t testing.TB, s *ledger.Signer) ledger.Checkpoint {
	t.Helper()
	c, err := s.Sign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func vkey(t testing.TB, n int) string {
	t.Helper()
	text, err := ledger.Secret(secret).VKey(n)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestACheckpointIsSignedAndKept(t *testing.T) {
	log := memory.New(newClock().now)
	add(t, log, key(t, 1), opened(1), opened(2))
	l, dir := following(t, log), t.TempDir()
	s := signerOf(t, l, dir)
	if _, err := s.Latest(); !errors.Is(err, ledger.ErrUnsigned) {
		t.Errorf("before: %v", err)
	}
	c := sign(t, s)
	root, err := l.Root(3)
	if err != nil || c.Size != 3 || c.Root != root || c.Origin != s.Origin() {
		t.Fatalf("%+v %v", c, err)
	}
	if kept, err := os.ReadFile(filepath.Join(dir, "3")); err != nil || !bytes.Equal(kept, c.Text) {
		t.Errorf("kept %q %v, want %q", kept, err, c.Text)
	}
	opened, err := ledger.OpenCheckpoint(c.Text, vkey(t, 1))
	if err != nil || opened.Size != 3 || opened.Root != root {
		t.Errorf("opened %+v %v", opened, err)
	}
	if _, err := ledger.OpenCheckpoint(c.Text, vkey(t, 2)); err == nil {
		t.Error("another key opens it")
	}
	if !strings.HasPrefix(c.Origin, "tavoli.") || !strings.HasSuffix(c.Origin, "/registro") || len(c.Origin) != len("tavoli./registro")+16 {
		t.Errorf("origin %q", c.Origin)
	}
}

func TestNothingNewGivesTheSameCheckpoint(t *testing.T) {
	log := memory.New(newClock().now)
	add(t, log, key(t, 1))
	dir := t.TempDir()
	s := signerOf(t, following(t, log), dir)
	first := sign(t, s)
	if again := sign(t, s); !bytes.Equal(again.Text, first.Text) {
		t.Errorf("%q and %q", first.Text, again.Text)
	}
	add(t, log, opened(1))
	if next := sign(t, s); next.Size != 2 {
		t.Errorf("size %d after another fact", next.Size)
	}
	if sizes, err := s.Sizes(); err != nil || len(sizes) != 2 || sizes[0] != 1 || sizes[1] != 2 {
		t.Errorf("kept %v %v", sizes, err)
	}
	if old, err := s.SignAt(t.Context(), 1); err != nil || !bytes.Equal(old.Text, first.Text) {
		t.Errorf("an older size: %q %v", old.Text, err)
	}
	if latest, err := s.Latest(); err != nil || latest.Size != 2 {
		t.Errorf("the newest is %d %v", latest.Size, err)
	}
}

func TestAnEmptyRegisterAndOneWithoutKeysAreNotSigned(t *testing.T) {
	log := memory.New(newClock().now)
	s := signerOf(t, following(t, log), t.TempDir())
	if _, err := s.Sign(t.Context()); !errors.Is(err, ledger.ErrNoSize) {
		t.Errorf("empty: %v", err)
	}
	add(t, log, opened(1))
	if _, err := s.Sign(t.Context()); !errors.Is(err, ledger.ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
}

// TestNodesSignTheSameBytes has another node sign what the first did, later.
func TestNodesSignTheSameBytes(t *testing.T) {
	log := memory.New(newClock().now)
	add(t, log, opened(0), key(t, 1), opened(1))
	l := following(t, log)
	a := sign(t, signerOf(t, l, t.TempDir()))
	add(t, log, key(t, 2), opened(2))
	other := signerOf(t, following(t, log), t.TempDir())
	b, err := other.SignAt(t.Context(), a.Size)
	if err != nil || !bytes.Equal(a.Text, b.Text) {
		t.Errorf("%q\n%q %v", a.Text, b.Text, err)
	}
	if _, err := other.SignAt(t.Context(), 1); err != nil { // what was there before the first key
		t.Error(err)
	}
}

// TestRotation lets both keys sign for thirty days of the log, and then the new one.
func TestRotation(t *testing.T) {
	at := newClock()
	log := memory.New(at.now)
	add(t, log, key(t, 1))
	dir := t.TempDir()
	s := signerOf(t, following(t, log), dir)
	signed := func() (first, second, third bool) {
		t.Helper()
		c := sign(t, s)
		by := func(n int) bool { _, err := ledger.OpenCheckpoint(c.Text, vkey(t, n)); return err == nil }
		return by(1), by(2), by(3)
	}
	want := func(when string, f1, f2, f3 bool) {
		t.Helper()
		if g1, g2, g3 := signed(); g1 != f1 || g2 != f2 || g3 != f3 {
			t.Errorf("%s: signed by 1, 2, 3: %v %v %v, want %v %v %v", when, g1, g2, g3, f1, f2, f3)
		}
	}
	want("at first", true, false, false)
	add(t, log, key(t, 2))
	want("with the second key", true, true, false)
	at.at = at.at.Add(ledger.Overlap - time.Second)
	add(t, log, opened(1))
	want("just before the end", true, true, false)
	add(t, log, key(t, 3))
	want("with the third key", true, true, true)
	at.at = at.at.Add(time.Second)
	add(t, log, opened(2))
	want("after the first has ended", false, true, true)
	at.at = at.at.Add(ledger.Overlap)
	add(t, log, opened(3))
	want("after the second has ended", false, false, true)
}

// TestOtherKeys refuses to sign what another installation's key was introduced for.
func TestOtherKeys(t *testing.T) {
	log := memory.New(newClock().now)
	add(t, log, storetest.Fact(domain.LedgerStream, domain.NoStream, domain.LedgerKeyIntroduced{Number: 1, VKey: vkey(t, 2)}))
	s := signerOf(t, following(t, log), t.TempDir())
	if _, err := s.Sign(t.Context()); !errors.Is(err, domain.ErrLedgerKeyOther) {
		t.Errorf("got %v", err)
	}
	if err := ledger.Secret(secret).Own([]string{vkey(t, 1), vkey(t, 2)}); err != nil {
		t.Error(err)
	}
	if err := ledger.Secret(secret).Own([]string{vkey(t, 1), vkey(t, 3)}); !errors.Is(err, domain.ErrLedgerKeyOther) {
		t.Errorf("got %v", err)
	}
}

// TestAFullDiskHandsOutNothing cannot write what it signs.
func TestAFullDiskHandsOutNothing(t *testing.T) {
	log := memory.New(newClock().now)
	add(t, log, key(t, 1))
	dir := filepath.Join(t.TempDir(), "checkpoints")
	s := signerOf(t, following(t, log), dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Sign(t.Context()); err == nil {
		t.Errorf("handed out %q", c.Text)
	}
	if c, err := s.Latest(); !errors.Is(err, ledger.ErrUnsigned) {
		t.Errorf("the newest is %q", c.Text)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	sign(t, s)
}

// TestHalfAFileIsNoCheckpoint begins again after a crash while one was written.
func TestHalfAFileIsNoCheckpoint(t *testing.T) {
	log := memory.New(newClock().now)
	add(t, log, key(t, 1))
	dir := t.TempDir()
	half := filepath.Join(dir, ".new-1")
	if err := os.WriteFile(half, []byte("tavoli."), 0o600); err != nil {
		t.Fatal(err)
	}
	s := signerOf(t, following(t, log), dir)
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("it is left: %v", err)
	}
	sign(t, s)
}

// TestTheAlarm holds what was signed to a log that says something else: each case
// leaves a folder of checkpoints that the log does not agree with.
func TestTheAlarm(t *testing.T) {
	original := func() *memory.Store {
		log := memory.New(newClock().now)
		add(t, log, key(t, 1), opened(1), opened(2), opened(3))
		return log
	}
	cases := map[string]func(dir string) domain.Store{
		"the last fact is gone": func(string) domain.Store {
			log := memory.New(newClock().now)
			add(t, log, key(t, 1), opened(1), opened(2))
			return log
		},
		"two facts were swapped": func(string) domain.Store {
			log := memory.New(newClock().now)
			add(t, log, key(t, 1), opened(2), opened(1), opened(3))
			return log
		},
		"a fact was put in between": func(string) domain.Store {
			log := memory.New(newClock().now)
			add(t, log, key(t, 1), opened(1), opened(4), opened(2), opened(3))
			return log
		},
		"the checkpoint was changed": func(dir string) domain.Store {
			damage(t, filepath.Join(dir, "4"), func(b []byte) []byte { b[bytes.LastIndexByte(b, ' ')+20] ^= 1; return b })
			return original()
		},
		"the checkpoint cannot be read": func(dir string) domain.Store {
			damage(t, filepath.Join(dir, "4"), func([]byte) []byte { return nil })
			return original()
		},
		"the checkpoint has another name": func(dir string) domain.Store {
			if err := os.Rename(filepath.Join(dir, "4"), filepath.Join(dir, "3")); err != nil {
				t.Fatal(err)
			}
			return original()
		},
	}
	for name, attack := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			sign(t, signerOf(t, following(t, original()), dir))
			log := attack(dir)
			l := following(t, log)
			s := signerOf(t, l, dir)
			if _, err := s.Sign(t.Context()); !errors.Is(err, ledger.ErrInconsistent) || s.Fault() == nil {
				t.Errorf("it signs: %v", err)
			}
			add(t, log, opened(9))
			if _, err := s.Sign(t.Context()); !errors.Is(err, ledger.ErrInconsistent) {
				t.Errorf("it signs later: %v", err)
			}
			caughtUp(t, l, log)
			if size, _ := l.Size(); size < 3 {
				t.Error("reads do not go on")
			}
		})
	}
}

// damage changes a file.
func damage(t testing.TB, name string, change func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, change(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAClosingIsSignedByItself lets the signer run: keys and closings at once, the
// rest after a day.
func TestAClosingIsSignedByItself(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		log := memory.New(time.Now)
		l := ledger.New(log)
		s, err := ledger.NewSigner(l, ledger.Options{Dir: dir, Secret: secret, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{}, 2)
		go func() { _ = l.Follow(ctx); ended <- struct{}{} }()
		go func() { s.Run(ctx); ended <- struct{}{} }()
		defer func() { stop(); <-ended; <-ended }()
		want := func(when string, size int64) {
			t.Helper()
			synctest.Wait()
			if c, err := s.Latest(); size == 0 && err == nil || c.Size != size {
				t.Errorf("%s: %d facts are signed, want %d (%v)", when, c.Size, size, err)
			}
		}
		add(t, log, opened(1))
		want("without a key", 0)
		add(t, log, key(t, 1))
		want("with a key", 2)
		add(t, log, opened(2))
		want("a fact more", 2)
		add(t, log, closing("a"))
		want("a tavolo closed", 4)
		add(t, log, opened(3))
		time.Sleep(25 * time.Hour)
		want("a day later", 5)
		time.Sleep(25 * time.Hour)
		want("a day without facts", 5)
		add(t, log, key(t, 2))
		want("another key", 6)
	})
}

// TestALogThatIsReadLate waits for facts that were signed and are not there yet, and
// not for ever.
func TestALogThatIsReadLate(t *testing.T) {
	dir := t.TempDir()
	whole := memory.New(newClock().now)
	add(t, whole, key(t, 1), opened(1))
	sign(t, signerOf(t, following(t, whole), dir))
	for name, comes := range map[string]bool{"they come": true, "they do not": false} {
		synctest.Test(t, func(t *testing.T) {
			late := memory.New(newClock().now)
			add(t, late, key(t, 1))
			l := ledger.New(late)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { _ = l.Follow(ctx); close(ended) }()
			defer func() { stop(); <-ended }()
			s, err := ledger.NewSigner(l, ledger.Options{Dir: dir, Secret: secret, Now: time.Now, Lag: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			signed := make(chan error, 1)
			began := time.Now()
			go func() {
				c, err := s.Sign(t.Context())
				if err == nil && c.Size != 2 {
					err = fmt.Errorf("%d facts are signed", c.Size)
				}
				signed <- err
			}()
			if comes {
				time.Sleep(30 * time.Second)
				add(t, late, opened(1))
			}
			err = <-signed
			if took := time.Since(began); comes && (err != nil || took != 30*time.Second) || !comes && (!errors.Is(err, ledger.ErrInconsistent) || took != time.Minute) {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		})
	}
}

func TestConcurrentSignersAgree(t *testing.T) {
	log := memory.New(newClock().now)
	add(t, log, key(t, 1))
	s := signerOf(t, following(t, log), t.TempDir())
	results := make(chan error)
	for n := range 8 {
		go func() {
			_, err := log.Append(t.Context(), opened(n))
			if err == nil {
				_, err = s.Sign(t.Context())
			}
			results <- err
		}()
	}
	for range 8 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if c := sign(t, s); c.Size != 9 {
		t.Errorf("signed %s", strconv.FormatInt(c.Size, 10))
	}
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
