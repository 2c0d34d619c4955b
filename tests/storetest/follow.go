package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"tavoli/domain"
)

// follows are the promises about waiting for more.
var follows = []test{
	{"a follower is shown what is there and then what comes", followOn},
	{"a follower resumes after every position", followAfterEvery},
	{"a follower that starts at the head sees only what comes", followHead},
	{"followers see everything once and in order while others write", followWhileWriting},
	{"a slow follower holds up no writer and misses nothing", followSlowly},
	{"a follower may write and read as it follows", followAndWrite},
	{"cancel ends a follower without an error and without a leak", followCancel},
	{"cancel ends a follower that is behind", followCancelBehind},
	{"a follower with a canceled context ends", followCanceled},
}

func followOn(t *testing.T, f *fixture) {
	after, of, all := f.spread(t, 10)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r := newReader(after, of...)
	more := 0
	for p, err := range f.store.Follow(ctx, after) {
		if err != nil {
			t.Fatal(err)
		}
		if r.take(t, p); len(r.mine) == len(all)+more {
			if more == 5 {
				break
			}
			f.append(t, batch(of[2], domain.Revision(2+more), draft()))
			more++
		}
	}
	if len(r.mine) != len(all)+5 {
		t.Fatalf("the follower saw %d entries, want %d", len(r.mine), len(all)+5)
	}
	same(t, "what was there", r.mine[:len(all)], all)
	same(t, "everything", r.mine, f.all(t, after, of...))
}

func followAfterEvery(t *testing.T, f *fixture) {
	_, of, all := f.spread(t, 20)
	for i, e := range all[:len(all)-1] {
		same(t, "after a position", f.follow(t, e.Position, len(all)-i-1, of...), all[i+1:])
	}
}

func followHead(t *testing.T, f *fixture) {
	s := fact()
	f.fill(t, s, 5)
	head := f.head(t)
	go func() {
		if _, err := f.store.Append(t.Context(), batch(s, 4, draft())); err != nil {
			t.Error(err)
		}
	}()
	got := f.follow(t, head, 1, s)
	same(t, "what came", got, f.read(t, s, 5))
}

// write appends n batches of two events to a stream of its own.
func (f *fixture) write(t *testing.T, s domain.Stream, n int) {
	for i := range n {
		if _, err := f.store.Append(t.Context(), batch(s, domain.Revision(2*i)-1, drafts(2)...)); err != nil {
			t.Errorf("append to %s: %v", s, err)
			return
		}
	}
}

func followWhileWriting(t *testing.T, f *fixture) {
	const n = 40
	of := []domain.Stream{fact(), fact(), persona(), fact()}
	after := f.head(t)
	results := make([][]domain.Entry, 4)
	var all sync.WaitGroup
	for i, s := range of {
		all.Go(func() { f.write(t, s, n) })
		all.Go(func() {
			for range i { // starts at different moments
				if _, err := f.store.Head(t.Context()); err != nil {
					t.Error(err)
				}
			}
			results[i] = f.follow(t, after, 2*n*len(of), of...)
		})
	}
	all.Wait()
	want := f.all(t, after, of...)
	if len(want) != 2*n*len(of) {
		t.Fatalf("%d entries are there, want %d", len(want), 2*n*len(of))
	}
	for _, got := range results {
		same(t, "a follower", got, want)
	}
	contiguous(t, want, 2)
}

func followSlowly(t *testing.T, f *fixture) {
	const n = 300
	s := fact()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	after := f.head(t)
	started, release, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	r := newReader(after, s)
	outlive(t, ended)
	go func() {
		defer close(ended)
		first := sync.OnceFunc(func() { close(started); <-release })
		for p, err := range f.store.Follow(ctx, after) {
			if err != nil {
				t.Errorf("the slow follower got %v", err)
				return
			}
			if r.take(t, p); len(r.mine) > 0 {
				first()
			}
			if len(r.mine) >= 2*n+2 {
				return
			}
		}
	}()
	f.append(t, batch(s, domain.NoStream, drafts(2)...))
	done(t, "the follower saw something", started)
	done(t, "the writer is done while the follower sleeps", f.writeAside(ctx, t, s, n))
	close(release)
	done(t, "the follower saw everything", ended)
	same(t, "the slow follower", r.mine, f.read(t, s, 0))
}

// writeAside appends n batches of two to a stream that has one, and returns what is closed
// when it is done.
func (f *fixture) writeAside(ctx context.Context, t *testing.T, s domain.Stream, n int) <-chan struct{} {
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range n {
			if _, err := f.store.Append(ctx, batch(s, domain.Revision(2*i+1), drafts(2)...)); err != nil {
				t.Errorf("append: %v", err)
				return
			}
		}
	}()
	return written
}

func followAndWrite(t *testing.T, f *fixture) {
	s := fact()
	after := f.head(t)
	f.append(t, batch(s, domain.NoStream, draft()))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r := newReader(after, s)
	for p, err := range f.store.Follow(ctx, after) {
		if err != nil {
			t.Fatal(err)
		}
		before := len(r.mine)
		r.take(t, p)
		if got := f.read(t, s, 0); len(got) < len(r.mine) {
			t.Errorf("the follower saw %d entries, but the stream has %d", len(r.mine), len(got))
		}
		if len(r.mine) >= 10 {
			return
		}
		if len(r.mine) > before {
			f.append(t, batch(s, domain.Revision(len(r.mine))-1, draft()))
		}
	}
	t.Errorf("the follower saw %d entries of 10", len(r.mine))
}

func followCancel(t *testing.T, f *fixture) {
	s := fact()
	after := f.head(t)
	f.fill(t, s, 3)
	noLeak(t, func() {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended, caught := make(chan struct{}), make(chan struct{})
		outlive(t, ended)
		go func() {
			defer close(ended)
			r := newReader(after, s)
			for p, err := range f.store.Follow(ctx, after) {
				if err != nil {
					t.Errorf("the follower ended with %v", err)
					return
				}
				before := len(r.mine)
				if r.take(t, p); len(r.mine) >= 3 && before < 3 {
					close(caught)
				}
			}
		}()
		done(t, "the follower caught up", caught)
		cancel()
		done(t, "the follower ended", ended)
	})
}

func followCancelBehind(t *testing.T, f *fixture) {
	s := fact()
	after := f.head(t)
	f.append(t, batch(s, domain.NoStream, drafts(600)...))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, err := range f.store.Follow(ctx, after) {
		if err != nil {
			t.Fatalf("the follower ended with %v", err)
		}
		cancel()
	}
	if err := ctx.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("the follower went on until %v", err)
	}
}

func followCanceled(t *testing.T, f *fixture) {
	f.fill(t, fact(), 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ended := make(chan struct{})
	outlive(t, ended)
	go func() {
		defer close(ended)
		for _, err := range f.store.Follow(ctx, 0) {
			if err != nil {
				t.Errorf("the follower ended with %v", err)
			}
		}
	}()
	done(t, "the follower ended", ended)
}

// clocks are the promises about the time of recording.
var clocks = []test{
	{"an entry is stamped with the time of its recording", clockStamps},
	{"the time of recording never goes back though the clock does", clockGoesBack},
}

func (f *fixture) recorded(t *testing.T, s domain.Stream) time.Time {
	t.Helper()
	list := f.read(t, s, 0)
	f.append(t, batch(s, domain.Revision(len(list))-1, draft()))
	return envelope(t, f.read(t, s, domain.Revision(len(list)))[0]).RecordedAt
}

func clockStamps(t *testing.T, f *fixture) {
	now := time.Now().Add(-time.Hour).Truncate(time.Second).Add(123_456_789).In(time.FixedZone("", 7200))
	f.clock.Set(now)
	got, want := f.recorded(t, fact()), now.Truncate(time.Microsecond)
	if got.Before(want) || f.fresh && !got.Equal(want) {
		t.Errorf("recorded at %s, want %s", got, want)
	}
}

func clockGoesBack(t *testing.T, f *fixture) {
	start := time.Now().Add(-time.Hour)
	s, last := fact(), time.Time{}
	for i, step := range []time.Duration{0, time.Minute, -time.Hour, -time.Minute, time.Minute, time.Minute - time.Nanosecond, 2 * time.Minute} {
		f.clock.Set(start.Add(step))
		if i%2 == 1 {
			s = fact() // the promise holds for all streams together
		}
		got := f.recorded(t, s)
		if got.Before(last) || got.Before(domain.Truncate(start.Add(step))) {
			t.Errorf("at %s an entry was recorded at %s, after one at %s", start.Add(step), got, last)
		}
		if want := later(last, domain.Truncate(start.Add(step))); f.fresh && !got.Equal(want) {
			t.Errorf("recorded at %s, want %s", got, want)
		}
		last = got
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
