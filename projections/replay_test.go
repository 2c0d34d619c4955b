package projections_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tavoli/domain"
	"tavoli/projections"
)

// TestSameLogSameDigests takes random histories four ways into models: followed
// while they were written, rebuilt beside them, replayed, and out of a snapshot.
func TestSameLogSameDigests(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &shelved{register: newRegister(t).found(3, 2), shelf: new(shelf)}
		v := s.view(s.options(new(warnings)))
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "n") }
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			s.step(draw)
		}
		head := s.head()
		want := digests(t, v, head)
		if _, err := v.Snapshot(t.Context()); err != nil {
			rt.Fatal(err)
		}
		report, err := v.Rebuild(t.Context(), nil)
		if err != nil || !report.Equal || report.Position != head || report.Entries != int(head) {
			rt.Fatalf("rebuilt: %+v, %v", report, err)
		}
		if got := digests(t, v, head); got != want {
			rt.Fatalf("rebuilt\n%snot\n%s", got, want)
		}
		_, replayed, err := projections.Replay(t.Context(), s.store, s.vault.Open, projections.Moments{}, projections.Options{}, nil)
		if got := lines(replayed.Digests); err != nil || got != want || replayed.Position != head {
			rt.Fatalf("replayed to %d, %v\n%snot\n%s", replayed.Position, err, got, want)
		}
		var w warnings
		loaded := projections.NewView(s.store, s.vault.Open, s.options(&w))
		if got := digests(t, loaded, head); got != want {
			rt.Fatalf("loaded\n%snot\n%s", got, want)
		}
	})
}

// TestReplayUpTo replays to every position and compares with what the models
// showed then.
func TestReplayUpTo(t *testing.T) {
	r := newRegister(t).found(3, 2)
	v := r.view(projections.Options{})
	for range 40 {
		r.step(rand.IntN)
		at := r.head()
		want := digests(t, v, at)
		_, report, err := projections.Replay(t.Context(), r.store, r.vault.Open, projections.Moments{KnownPosition: at}, projections.Options{}, nil)
		if err != nil || lines(report.Digests) != want || report.Position != at {
			t.Fatalf("at %d: %v\n%snot\n%s", at, err, lines(report.Digests), want)
		}
	}
}

func TestReplayTellsProgress(t *testing.T) {
	r := newRegister(t)
	r.fill(2_000)
	var last domain.Position
	_, report, err := projections.Replay(t.Context(), r.store, r.vault.Open, projections.Moments{}, projections.Options{}, func(at, head domain.Position) {
		if at <= last || head != 2_000 {
			t.Errorf("progress %d after %d of %d", at, last, head)
		}
		last = at
	})
	if err != nil || last != 2_000 || report.Entries != 2_000 {
		t.Errorf("%+v, last %d, %v", report, last, err)
	}
}

func TestReplayStops(t *testing.T) {
	r := newRegister(t)
	r.fill(1_000)
	ctx, cancel := context.WithCancel(t.Context())
	_, _, err := projections.Replay(ctx, r.store, r.vault.Open, projections.Moments{}, projections.Options{}, func(domain.Position, domain.Position) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	r.poison()
	_, _, err = projections.Replay(t.Context(), r.store, r.vault.Open, projections.Moments{}, projections.Options{}, nil)
	if err == nil || !strings.Contains(err.Error(), "SomethingElse") {
		t.Errorf("got %v", err)
	}
}

// TestRebuildWhileItGoesOn rebuilds again and again while writers write.
func TestRebuildWhileItGoesOn(t *testing.T) {
	r := newRegister(t).found(3, 2)
	v := r.view(projections.Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			r.step(rand.IntN)
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		report, err := v.Rebuild(t.Context(), nil)
		if err != nil || !report.Equal {
			t.Fatalf("%+v, %v", report, err)
		}
	}
	if got, want := digests(t, v, r.head()), digests(t, r.view(projections.Options{}), r.head()); got != want {
		t.Errorf("rebuilt models went on to\n%s\nnot\n%s", got, want)
	}
}

// TestRebuildFindsWhatIsWrong serves models to which values were told that the log
// does not hold, and lets a rebuild find out.
func TestRebuildFindsWhatIsWrong(t *testing.T) {
	r := newRegister(t).found(1, 1)
	r.register("coopera-1", domain.Online)
	wrong := true
	open := func(d domain.PersonDescribed) (domain.Values, error) {
		if wrong {
			return domain.Values{FamilyName: "Falso"}, nil
		}
		return r.vault.Open(d)
	}
	var w warnings
	v := projections.NewView(r.store, open, projections.Options{Warn: w.add})
	r.follow(v)
	r.seen(v)
	wrong = false
	report, err := v.Rebuild(t.Context(), nil)
	if err != nil || report.Equal || len(w.list) != 1 || !strings.Contains(w.list[0], "people") {
		t.Fatalf("%+v, %v, %q", report, err, w.list)
	}
	for _, c := range report.Models {
		if c.Equal != (c.Model != "people") {
			t.Errorf("%+v", c)
		}
	}
	if again, err := v.Rebuild(t.Context(), nil); err != nil || !again.Equal {
		t.Errorf("the fresh models are not served: %+v, %v", again, err)
	}
}

func TestRebuildStops(t *testing.T) {
	r := newRegister(t)
	r.fill(1_000)
	v := r.view(projections.Options{})
	r.seen(v)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := v.Rebuild(ctx, func(domain.Position, domain.Position) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_, err = v.Rebuild(t.Context(), func(domain.Position, domain.Position) {
		if _, err := v.Rebuild(t.Context(), nil); !errors.Is(err, projections.ErrRebuilding) {
			t.Errorf("a second rebuild: %v", err)
		}
	})
	if err != nil {
		t.Error(err)
	}
}
