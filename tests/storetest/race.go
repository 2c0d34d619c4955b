package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"tavoli/domain"
)

// races are the promises about many writers at once.
var races = []test{
	{"of many writers at one revision one wins", raceOneWins},
	{"batches of many writers are not interleaved", raceContiguous},
	{"many writers extend one stream without a hole", raceOneStream},
	{"many who repeat one batch store it once", raceRepeat},
}

const writers = 8

func raceOneWins(t *testing.T, f *fixture) {
	s := fact()
	for round := range 10 {
		var mu sync.Mutex
		var won []uuid.UUID
		var all sync.WaitGroup
		for range writers {
			d := draft()
			all.Go(func() {
				_, err := f.store.Append(t.Context(), batch(s, domain.Revision(round)-1, d))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won = append(won, d.ID)
				case !errors.Is(err, domain.Stale):
					t.Errorf("append: %v", err)
				}
			})
		}
		all.Wait()
		got := idsOf(t, f.read(t, s, 0))
		if len(won) != 1 || len(got) != round+1 || got[round] != won[0] {
			t.Fatalf("round %d: %d writers won (%v) and the stream holds %v", round, len(won), won, got)
		}
	}
}

func raceContiguous(t *testing.T, f *fixture) {
	const rounds, size = 25, 5
	after := f.head(t)
	var all sync.WaitGroup
	var of []domain.Stream
	for range writers {
		s, p := fact(), persona()
		of = append(of, s, p)
		all.Go(func() {
			for i := range rounds {
				at := domain.Revision(size*i) - 1
				if _, err := f.store.Append(t.Context(), batch(p, at, drafts(size)...), batch(s, at, drafts(size)...)); err != nil {
					t.Errorf("append: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	got := f.all(t, after, of...)
	if want := writers * rounds * size * 2; len(got) != want {
		t.Fatalf("%d entries are there, want %d", len(got), want)
	}
	contiguous(t, got, size)
}

// contiguous fails the test unless the entries come in runs of size from one
// stream in the order of its revisions.
func contiguous(t *testing.T, list []domain.Entry, size int) {
	t.Helper()
	next := make(map[domain.Stream]domain.Revision)
	var run domain.Stream
	for i, e := range list {
		r := envelope(t, e)
		if i%size == 0 {
			run = r.Stream
		}
		if r.Stream != run || r.Revision != next[r.Stream] {
			t.Fatalf("entry %d is revision %d of %s in the middle of a batch for %s, which is at %d", i, r.Revision, r.Stream, run, next[run])
		}
		next[r.Stream]++
	}
}

func raceOneStream(t *testing.T, f *fixture) {
	const each = 15
	s := fact()
	var mu sync.Mutex
	var acknowledged []uuid.UUID
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			at := domain.NoStream
			for range each {
				d := drafts(2)
				var err error
				if at, err = f.insist(t, batch(s, at, d...)); err != nil {
					t.Errorf("append: %v", err)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, ids(d)...)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	got := idsOf(t, f.read(t, s, 0))
	if len(got) != len(acknowledged) || len(got) != writers*each*2 {
		t.Fatalf("%d events are there, %d were acknowledged, want %d", len(got), len(acknowledged), writers*each*2)
	}
	for _, id := range acknowledged {
		i := slices.Index(got, id)
		if i < 0 || slices.Contains(got[i+1:], id) {
			t.Errorf("event %s is not there once", id)
		}
	}
	contiguous(t, f.read(t, s, 0), 2)
}

// insist appends where the stream is and returns where it is then.
func (f *fixture) insist(t *testing.T, b domain.Batch) (domain.Revision, error) {
	for {
		_, err := f.store.Append(t.Context(), b)
		var moved *domain.ConflictError
		if !errors.As(err, &moved) {
			return b.After + domain.Revision(len(b.Events)), err
		}
		if moved.Actual <= b.After {
			return 0, fmt.Errorf("a conflict says that a stream that grows is not beyond: %w", err)
		}
		b.After = moved.Actual
	}
}

func raceRepeat(t *testing.T, f *fixture) {
	s, p := fact(), persona()
	for round := range 10 {
		at := domain.Revision(2*round) - 1
		both := []domain.Batch{batch(p, at, drafts(2)...), batch(s, at, drafts(2)...)}
		positions := make([]domain.Position, writers)
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				var err error
				if positions[i], err = f.store.Append(t.Context(), both...); err != nil {
					t.Errorf("append: %v", err)
				}
			})
		}
		all.Wait()
		if list := slices.Compact(positions); len(list) != 1 {
			t.Fatalf("the same batch is at %v", list)
		}
		for _, stream := range []domain.Stream{p, s} {
			if got := len(f.read(t, stream, 0)); got != 2*(round+1) {
				t.Fatalf("%s has %d events, want %d", stream, got, 2*(round+1))
			}
		}
	}
}
