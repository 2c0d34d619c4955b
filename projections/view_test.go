package projections_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// facts asks how many facts the models have seen.
func facts(m *projections.Models) (uint64, error) { return m.Marks.Facts(), nil }

func TestEverybodyReadsTheirWrites(t *testing.T) {
	r := newRegister(t).found(3, 4)
	v := r.view(projections.Options{})
	var writers sync.WaitGroup
	for n := range 16 {
		writers.Go(func() {
			for i := range 20 {
				id := domain.AccountID(fmt.Sprintf("conto-%d-%d", n, i))
				res, err := domain.Execute(t.Context(), r.x, domain.OpenAccount{Account: id, Label: "prova"}, r.meta())
				if err != nil {
					t.Error(err)
					return
				}
				seen, at, err := projections.AskAt(t.Context(), v, res.Position, facts)
				if err != nil || at < res.Position || domain.Position(seen) != at {
					t.Errorf("asked at %d, answered %d at %d, %v", res.Position, seen, at, err)
				}
			}
		})
	}
	writers.Wait()
}

func TestAskWaits(t *testing.T) {
	r := newRegister(t).found(1, 1)
	v := projections.NewView(r.store, r.vault.Open, projections.Options{})
	head := r.head()
	answered := make(chan domain.Position, 1)
	go func() {
		_, at, err := projections.AskAt(t.Context(), v, head, facts)
		if err != nil {
			t.Error(err)
		}
		answered <- at
	}()
	until(t, "the question waits", func() bool { return v.Stats(t.Context()).Waiting == 1 })
	r.follow(v)
	if at := <-answered; at < head {
		t.Errorf("answered at %d, asked at %d", at, head)
	}
	if n := v.Stats(t.Context()).Waiting; n != 0 {
		t.Errorf("%d wait still", n)
	}
}

func TestAskGivesUp(t *testing.T) {
	r := newRegister(t).found(1, 1)
	v := projections.NewView(r.store, r.vault.Open, projections.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := projections.Ask(ctx, v, 1, facts)
	if !errors.Is(err, projections.ErrBehind) || !errors.Is(err, domain.Unknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if n := v.Stats(t.Context()).Waiting; n != 0 {
		t.Errorf("%d wait still", n)
	}
	_, err = projections.Ask(t.Context(), v, 1_000_000, facts)
	if !errors.Is(err, projections.ErrBeyond) || !errors.Is(err, domain.Invalid) {
		t.Errorf("got %v", err)
	}
}

func TestReady(t *testing.T) {
	r := newRegister(t).found(2, 2)
	v := projections.NewView(r.store, r.vault.Open, projections.Options{})
	if v.Ready() {
		t.Error("ready before it follows")
	}
	r.follow(v)
	until(t, "ready", v.Ready)
	head := r.head()
	s := v.Stats(t.Context())
	if s.Goal != head || s.Seen != head || s.Head != head || s.Applied != int64(head) || !s.Ready {
		t.Errorf("head %d, stats %+v", head, s)
	}
}

func TestEmptyLogIsReadyAtOnce(t *testing.T) {
	v := newRegister(t).view(projections.Options{})
	until(t, "ready", v.Ready)
}

// TestSlowQuestion holds up the models with a question, but only as long as it
// takes, and writers never.
func TestSlowQuestion(t *testing.T) {
	r := newRegister(t).found(1, 1)
	v := r.view(projections.Options{})
	r.seen(v)
	asked, release := make(chan struct{}), make(chan struct{})
	go func() {
		_, err := projections.Ask(t.Context(), v, 0, func(*projections.Models) (int, error) {
			close(asked)
			<-release
			return 0, nil
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-asked
	var last domain.Position
	for range 50 {
		last = r.register("coopera-1", domain.Online)
	}
	if v.Seen() >= last {
		t.Error("the models changed while a question was being answered")
	}
	close(release)
	if err := v.Wait(t.Context(), last); err != nil {
		t.Error(err)
	}
}

func TestBrokenQuestionHoldsNothingUp(t *testing.T) {
	r := newRegister(t).found(1, 1)
	v := r.view(projections.Options{})
	r.seen(v)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the fault was swallowed")
			}
		}()
		_, _ = projections.Ask(t.Context(), v, 0, func(*projections.Models) (int, error) { panic("broken") })
	}()
	if err := v.Wait(t.Context(), r.register("coopera-1", domain.Online)); err != nil {
		t.Error(err)
	}
}

func TestFollowStopsWithoutTraces(t *testing.T) {
	r := newRegister(t).found(3, 3)
	before := runtime.NumGoroutine()
	for range 20 {
		v := projections.NewView(r.store, r.vault.Open, projections.Options{Workers: 4})
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			for v.Seen() == 0 {
				runtime.Gosched()
			}
			stop()
		}()
		if err := v.Follow(ctx); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "all goroutines have ended", func() bool { return runtime.NumGoroutine() <= before })
}

func TestFollowTellsThatTheStoreFailed(t *testing.T) {
	r := newRegister(t).found(1, 1)
	v := projections.NewView(r.store, r.vault.Open, projections.Options{})
	ended := make(chan error, 1)
	go func() { ended <- v.Follow(t.Context()) }()
	r.seen(v)
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, domain.ErrStoreClosed) {
		t.Errorf("got %v", err)
	}
}

func TestFollowNamesThePoisonedEntry(t *testing.T) {
	for _, many := range []int{0, 50, 2_000} {
		t.Run(fmt.Sprint(many), func(t *testing.T) {
			r := newRegister(t)
			r.fill(many)
			last := r.poison()
			r.fill(many)
			v := projections.NewView(r.store, r.vault.Open, projections.Options{})
			err := v.Follow(t.Context())
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("entry at %d:", last)) || !strings.Contains(err.Error(), "SomethingElse") {
				t.Errorf("got %v", err)
			}
			if v.Seen() != last-1 {
				t.Errorf("the view has seen %d, not everything before %d", v.Seen(), last)
			}
		})
	}
}

// fill appends accounts.
func (r *register) fill(n int) {
	r.Helper()
	for range n {
		meta := r.meta()
		must(r, domain.OpenAccount{Account: domain.AccountID("a" + meta.Command.String()), Label: "prova"})
	}
}

// poison appends an event nobody knows and returns its position.
func (r *register) poison() domain.Position {
	r.Helper()
	draft := domain.Draft{
		ID: uuid.New(), Type: "SomethingElse", Schema: 1, EffectiveAt: r.tick(), Actor: domain.ActorSystem,
		Command: uuid.New(), Data: []byte(`{}`),
	}
	at, err := r.store.Append(r.Context(), domain.Batch{Stream: "altro-1", After: domain.NoStream, Events: []domain.Draft{draft}})
	if err != nil {
		r.Fatal(err)
	}
	return at
}

// A ragged log shows what another holds in pages of any size.
type ragged struct {
	domain.Log
	most int
}

func (l ragged) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		for page, err := range l.Log.Follow(ctx, after) {
			for err == nil && len(page.Entries) > 0 {
				n := min(len(page.Entries), rand.IntN(l.most)+1)
				part := domain.Page{Entries: page.Entries[:n], UpTo: page.Entries[n-1].Position}
				if page.Entries = page.Entries[n:]; len(page.Entries) == 0 {
					part.UpTo = page.UpTo
				}
				if !yield(part, nil) {
					return
				}
			}
			if err != nil && !yield(page, err) {
				return
			}
		}
	}
}

// TestPagesOfAnySize shows that neither the size of pages nor the number of
// workers changes the order in which entries are applied.
func TestPagesOfAnySize(t *testing.T) {
	r := newRegister(t).found(5, 3)
	for range 300 {
		r.step(rand.IntN)
	}
	want := digests(t, r.view(projections.Options{Workers: 1}), r.head())
	for _, most := range []int{1, 17, 40, 300} {
		for _, workers := range []int{1, 2, 5} {
			v := projections.NewView(ragged{r.store, most}, r.vault.Open, projections.Options{Workers: workers})
			r.follow(v)
			if got := digests(t, v, r.head()); got != want {
				t.Errorf("pages up to %d, %d workers:\n%s\nnot\n%s", most, workers, got, want)
			}
		}
	}
}

// A wide log shows everything another holds in one page.
type wide struct{ domain.Log }

func (l wide) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		var whole domain.Page
		for page, err := range l.ReadAll(ctx, after) {
			if err != nil {
				yield(domain.Page{}, err)
				return
			}
			whole.Entries, whole.UpTo = append(whole.Entries, page.Entries...), page.UpTo
		}
		if yield(whole, nil) {
			<-ctx.Done()
		}
	}
}

// TestAnswersAreOfOnePosition asks while a great page is being applied: whoever is
// told a position is told what stands up to there, no more and no less.
func TestAnswersAreOfOnePosition(t *testing.T) {
	r := newRegister(t)
	r.fill(5_000)
	v := projections.NewView(wide{r.store}, r.vault.Open, projections.Options{Workers: 3})
	r.follow(v)
	for at := domain.Position(0); at < 5_000; {
		var seen uint64
		var err error
		if seen, at, err = projections.AskAt(t.Context(), v, min(at+1, 5_000), facts); err != nil || domain.Position(seen) != at {
			t.Fatalf("%d facts at %d, %v", seen, at, err)
		}
	}
}

// digests returns the digests of a view as text, once it has seen a position.
func digests(t testing.TB, v *projections.View, at domain.Position) string {
	t.Helper()
	if err := v.Wait(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	list, seen := v.Digests()
	if seen != at {
		t.Fatalf("the digests are of %d, not of %d", seen, at)
	}
	return lines(list)
}

func lines(list []projections.Digest) string {
	var text strings.Builder
	for _, d := range list {
		fmt.Fprintf(&text, "%s/%d %s\n", d.Model, d.Version, d.SHA256)
	}
	return text.String()
}

// TestKeys shows that values nobody can open stop nothing: those of a forgotten
// person are missing in silence, those whose key was lost are told.
func TestKeys(t *testing.T) {
	r := newRegister(t).found(1, 1)
	r.register("coopera-1", domain.Online)
	lost := fmt.Errorf("lost: %w", domain.ErrKeyMissing)
	for _, c := range []struct {
		err  error
		told int64
	}{{domain.ErrKeyDestroyed, 0}, {lost, 1}, {nil, 0}} {
		var told int64
		open := func(domain.PersonDescribed) (domain.Values, error) { return domain.Values{FamilyName: "Rossi"}, c.err }
		v := projections.NewView(r.store, open, projections.Options{Warn: func(string, ...any) { told++ }})
		r.follow(v)
		r.seen(v)
		if s := v.Stats(t.Context()); s.Unopened != c.told || told != c.told {
			t.Errorf("%v: %d noted, %d told", c.err, s.Unopened, told)
		}
	}
}

// until waits for a condition.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come about that %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
