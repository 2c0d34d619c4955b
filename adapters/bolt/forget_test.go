package bolt_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/domain"

	"github.com/google/uuid"
)

// personae returns the names of n personal streams.
func personae(n int) (list []domain.Stream) {
	for range n {
		list = append(list, domain.PersonaStream(uuid.New()))
	}
	return list
}

// TestForgetErases looks for the bytes of what was forgotten in every file of the
// store, while it is open, after it is closed and after it is opened again.
func TestForgetErases(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, bolt.Options{CheckpointEvery: 10})
	people, facts := personae(6), streams(5)
	for i := range 30 {
		extend(t, s, i, 1, append(people, facts...)...)
	}
	before := mustAll(t, s)
	var ids []string
	for _, name := range people[:3] {
		for rev := range domain.Revision(30) {
			ids = append(ids, eventID(name, rev).String())
		}
	}
	if contains(t, dir, ids...) < len(ids) {
		t.Fatal("the values are not in the files to begin with")
	}
	if err := s.ForgetAll(t.Context(), people[:3]...); err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"open", "closed", "open again"} {
		if n := contains(t, dir, ids...); n > 0 {
			t.Errorf("%s: %d values are still in the files", state, n)
		}
		switch state {
		case "open":
			wantForgotten(t, s, before, people)
			s.Close()
			wantClean(t, dir)
		case "closed":
			s = open(t, dir, bolt.Options{})
			wantForgotten(t, s, before, people)
		}
	}
	if found, err := s.Check(t.Context(), nil); err != nil || len(found) > 0 {
		t.Errorf("check: %v, %v", found, err)
	}
	_, err := s.Append(t.Context(), batch(people[0], 29))
	wantCode(t, err, domain.ErrStreamForgotten)
	extend(t, s, 30, 1, append(people[3:], facts...)...)
}

// wantForgotten checks that the entries are those of before without the streams.
func wantForgotten(t *testing.T, s *bolt.Store, before []domain.Entry, people []domain.Stream) {
	t.Helper()
	gone := map[domain.Stream]bool{people[0]: true, people[1]: true, people[2]: true}
	var want []domain.Entry
	for _, e := range before {
		if rec, err := e.Envelope(); err != nil {
			t.Fatal(err)
		} else if !gone[rec.Stream] {
			want = append(want, e)
		}
	}
	if !equal(mustAll(t, s), want) {
		t.Error("the entries are not those that were not forgotten")
	}
	for name := range gone {
		if list, err := stream(t, s, name); err != nil || len(list) > 0 {
			t.Errorf("%s: %d entries, %v", name, len(list), err)
		}
	}
	for page, err := range s.ReadAll(t.Context(), domain.Position(len(before)-1)) {
		if err != nil || page.UpTo != domain.Position(len(before)) {
			t.Errorf("the last page reaches to %d, %v; want %d", page.UpTo, err, len(before))
		}
	}
}

// TestForgetWhileServing forgets again and again while others write, follow and
// read: nobody misses an entry or sees one twice.
func TestForgetWhileServing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, bolt.Options{})
	const writers, rounds, each = 4, 5, 120
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var readers, wg sync.WaitGroup
	for range 2 {
		readers.Go(func() { followAll(t, ctx, s, writers*each) })
	}
	for _, name := range streams(writers) {
		wg.Go(func() {
			for rev := domain.NoStream; rev < each-1; rev++ {
				if _, err := s.Append(ctx, batch(name, rev)); err != nil {
					t.Errorf("append: %v", err)
					return
				}
			}
		})
	}
	for range rounds {
		people := personae(3)
		extend(t, s, 0, 3, people...)
		if err := s.ForgetAll(ctx, people...); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	readers.Wait()
	s.Close()
	wantClean(t, dir)
}

// followAll follows until it has seen n facts, each after the one before in its stream.
func followAll(t *testing.T, ctx context.Context, s *bolt.Store, n int) {
	next := make(map[domain.Stream]domain.Revision)
	var seen domain.Position
	for page, err := range s.Follow(ctx, 0) {
		if err != nil {
			t.Errorf("follow: %v", err)
			return
		}
		for _, e := range page.Entries {
			rec, err := e.Envelope()
			if err != nil || rec.Position <= seen || rec.Revision != next[rec.Stream] {
				t.Errorf("%d after %d: revision %d of %s, want %d, %v", rec.Position, seen, rec.Revision, rec.Stream, next[rec.Stream], err)
				return
			}
			seen, next[rec.Stream] = rec.Position, rec.Revision+1
			if !rec.Stream.Personal() {
				n--
			}
		}
		if n == 0 {
			return
		}
	}
	t.Errorf("%d facts were not followed", n)
}

// TestForgetInterrupted cancels the erasure. The stream is forgotten at once, and
// its entries are erased by the next start.
func TestForgetInterrupted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, bolt.Options{})
	name := personae(1)[0]
	extend(t, s, 0, 3, name, "tavolo-stays")
	for i := range 20 { // more than is copied at once
		b := domain.Batch{Stream: "tavolo-many", After: domain.Revision(i*1000 - 1)}
		for n := range 1000 {
			b.Events = append(b.Events, draft(eventID("tavolo-many", domain.Revision(i*1000+n)), 60))
		}
		if _, err := s.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	release := holdBackup(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.Forget(ctx, name); err == nil {
		t.Error("forgetting ended although a reader held the old file")
	}
	if list, err := stream(t, s, name); err != nil || len(list) > 0 {
		t.Errorf("%d entries, %v", len(list), err)
	}
	release()
	s.Close()
	s = open(t, dir, bolt.Options{})
	deadline := time.Now().Add(20 * time.Second)
	for contains(t, dir, eventID(name, 0).String()) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("the values are still there")
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.Close()
	wantClean(t, dir)
}

// holdBackup begins a backup and holds it half-way until release is called.
func holdBackup(t *testing.T, s *bolt.Store) (release func()) {
	t.Helper()
	g := &gate{begun: make(chan struct{}), open: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- s.Backup(context.Background(), g, nil) }()
	<-g.begun
	var once sync.Once
	release = func() {
		once.Do(func() {
			close(g.open)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(release)
	return release
}

// A gate takes nothing until it is opened.
type gate struct {
	once        sync.Once
	begun, open chan struct{}
}

func (g *gate) Write(p []byte) (int, error) {
	g.once.Do(func() { close(g.begun) })
	<-g.open
	return len(p), nil
}

// TestForgetRefused names what cannot be forgotten.
func TestForgetRefused(t *testing.T) {
	s := open(t, t.TempDir(), bolt.Options{})
	wantCode(t, s.Forget(t.Context(), "tavolo-a"), domain.ErrNotPersonal)
	unknown := personae(1)[0]
	if err := s.Forget(t.Context(), unknown); err != nil {
		t.Fatal(err)
	}
	_, err := s.Append(t.Context(), batch(unknown, domain.NoStream))
	wantCode(t, err, domain.ErrStreamForgotten)
	s.Close()
	wantCode(t, s.Forget(t.Context(), unknown), domain.ErrStoreClosed)
}
