package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/bus"
	"tavoli/domain"
)

// open appends the opening of an account, which is what the reactions of these tests are for.
func (r *register) open(account string) domain.Position {
	r.t.Helper()
	stream := domain.AccountID(account).Stream()
	return r.append(stream, "AccountOpened", 1, fmt.Sprintf(`{"account":%q,"label":%q}`, account, account))
}

func (r *register) reactions(keep bus.Checkpoints) *bus.Reactions {
	return &bus.Reactions{
		Log: r, Identity: r.Identity(), Checkpoints: keep, Attempts: 3,
		Backoff: bus.Backoff{Min: time.Millisecond, Max: 10 * time.Millisecond},
	}
}

// A notebook notes for which accounts a reaction was called.
type notebook struct {
	mu    sync.Mutex
	lines []string
}

func (n *notebook) note(account domain.AccountID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, string(account))
}

func (n *notebook) read() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.lines)
}

// noting reacts by noting the account, unless do says otherwise.
func (n *notebook) noting(do func(domain.AccountOpened) error) func(context.Context, domain.Record, domain.AccountOpened) error {
	return func(_ context.Context, _ domain.Record, e domain.AccountOpened) error {
		if do != nil {
			if err := do(e); err != nil {
				return err
			}
		}
		n.note(e.Account)
		return nil
	}
}

func TestAReactionSeesItsEventsOnceAndInOrder(t *testing.T) {
	const events, rounds = 60, 3
	r, files := newRegister(t), bus.FileCheckpoints(t.TempDir())
	r.open("before") // a new reaction does not answer what is long past
	var notes notebook
	var want []string
	for round := range rounds {
		reactions := r.reactions(files)
		bus.On(reactions, "note", notes.noting(nil))
		stop := start(t, reactions.Run)
		eventually(t, "it runs", func() bool { return reactions.Stats()[0].Lag == 0 && reactions.Stats()[0].Position > 0 })
		for i := range events {
			want = append(want, fmt.Sprintf("a%d-%d", round, i))
			r.open(want[len(want)-1])
			r.add("tavolo-1", 1)
		}
		eventually(t, "all is handled", func() bool { return reactions.Stats()[0].Lag == 0 })
		stop()
		if s := reactions.Stats()[0]; s.Name != "note" || int(s.Done) != events+min(round, 1) || s.Retries != 0 {
			t.Errorf("stats: %+v", s)
		}
		want = append(want, fmt.Sprint("between", round)) // while nobody runs
		r.open(want[len(want)-1])
	}
	want = want[:len(want)-1]
	if got := notes.read(); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestAPoisonedEventIsParkedAndTheRestGoesOn(t *testing.T) {
	r, files := newRegister(t), bus.FileCheckpoints(t.TempDir())
	var notes notebook
	mended := false
	begin := func() (*bus.Reactions, func()) {
		reactions := r.reactions(files)
		reactions.Begin = bus.FromStart
		bus.On(reactions, "note", notes.noting(func(e domain.AccountOpened) error {
			if e.Account == "poison" && !mended {
				return errors.New("cannot take " + e.Label)
			}
			return nil
		}))
		return reactions, start(t, reactions.Run)
	}
	r.open("a")
	poison := r.open("poison")
	r.open("b")
	reactions, stop := begin()
	eventually(t, "the rest is handled", func() bool { s := reactions.Stats()[0]; return s.Position > 0 && s.Lag == 0 })
	if got := notes.read(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("handled %v", got)
	}
	check := func(reactions *bus.Reactions, attempts int) {
		t.Helper()
		list, err := reactions.Parked(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatalf("parked: %+v, %v", list, err)
		}
		p := list[0]
		if p.Position != poison || p.Attempts != attempts || p.Reaction != "note" || p.Type != "AccountOpened" ||
			p.Stream != "account-poison" || p.Error != "fault (*errors.errorString)" || p.At.IsZero() {
			t.Errorf("parked: %+v", p)
		}
	}
	check(reactions, 3)
	stop()

	reactions, _ = begin() // the list outlives the process
	check(reactions, 3)
	if err := reactions.Retry(t.Context(), "note", poison); err == nil || !strings.Contains(err.Error(), "cannot take") {
		t.Errorf("a retry that fails: %v", err)
	}
	check(reactions, 4)
	mended = true
	if err := reactions.Retry(t.Context(), "note", poison); err != nil {
		t.Error(err)
	}
	if got := notes.read(); !slices.Equal(got, []string{"a", "b", "poison"}) {
		t.Errorf("handled %v", got)
	}
	if list, err := reactions.Parked(t.Context()); len(list) != 0 || err != nil {
		t.Errorf("still parked: %v, %v", list, err)
	}
	for _, again := range []func(context.Context, string, domain.Position) error{reactions.Retry, reactions.Drop} {
		if err := again(t.Context(), "note", poison); !errors.Is(err, bus.ErrNotParked) {
			t.Errorf("not parked any more: %v", err)
		}
	}
	if c, _, _ := files.Load(t.Context(), "reaction-note"); len(c.Parked) != 0 {
		t.Errorf("the file still says: %+v", c)
	}
}

func TestWhatIsDownParksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegister(t)
		reactions := r.reactions(bus.FileCheckpoints(t.TempDir()))
		reactions.Begin, reactions.Backoff = bus.FromStart, bus.Backoff{Min: time.Second, Max: time.Minute}
		begun := time.Now()
		var notes notebook
		bus.On(reactions, "note", notes.noting(func(domain.AccountOpened) error {
			if time.Since(begun) < 24*time.Hour {
				return bus.Unavailable(syscall.ECONNREFUSED)
			}
			return nil
		}))
		bus.On(reactions, "other", notes.noting(nil)) // goes on meanwhile
		stop := start(t, reactions.Run)
		r.open("a")
		r.open("b")
		time.Sleep(23 * time.Hour)
		if s := reactions.Stats(); s[0].LastError != "connection refused" || s[0].Parked != 0 || s[0].Done != 0 || s[1].Done != 2 || s[0].Oldest.IsZero() {
			t.Errorf("while it is down: %+v", s)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if s := reactions.Stats()[0]; s.LastError != "" || s.Parked != 0 || s.Done != 2 || s.Lag != 0 {
			t.Errorf("afterwards: %+v", s)
		}
		stop()
	})
}

func TestWhatGoesWrongIsToldWithoutPersonalValues(t *testing.T) {
	const secret = "anna.rossi@example.org"
	var log syncBuffer
	r, files := newRegister(t), bus.FileCheckpoints(t.TempDir())
	reactions := r.reactions(files)
	reactions.Begin, reactions.Attempts = bus.FromStart, 1
	reactions.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	reactions.Timeout = 10 * time.Millisecond
	causes := map[string]func(context.Context) error{
		"fault (*errors.errorString)": func(context.Context) error { return fmt.Errorf("wrapped: %w", errors.New(secret)) },
		"tavolo-full": func(context.Context) error {
			return &domain.Error{Kind: domain.Refused, Code: "tavolo-full", Text: secret}
		},
		"panic (string)":                func(context.Context) error { panic(secret) },
		"reply 550":                     func(context.Context) error { return &textproto.Error{Code: 550, Msg: secret} },
		"timeout":                       func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"connection refused":            func(context.Context) error { return &net.OpError{Op: secret, Err: syscall.ECONNREFUSED} },
		"host name cannot be looked up": func(context.Context) error { return &net.DNSError{Name: secret} },
		"the letter was refused":        func(context.Context) error { return public(secret) },
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range causes {
			if !yield(name) {
				return
			}
		}
	})
	for i := range names {
		r.open(fmt.Sprint(i))
	}
	bus.On(reactions, "fail", func(ctx context.Context, rec domain.Record, _ domain.AccountOpened) error {
		return causes[names[rec.Position-1]](ctx)
	})
	start(t, reactions.Run)
	eventually(t, "all are parked", func() bool { return reactions.Stats()[0].Parked == len(names) })
	list, err := reactions.Parked(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range list {
		if p.Error != names[i] {
			t.Errorf("told %q, want %q", p.Error, names[i])
		}
	}
	if strings.Contains(fmt.Sprint(list, log.String()), secret) {
		t.Errorf("a personal value is told:\n%s", log.String())
	}
}

type public string

func (p public) Error() string { return string(p) }
func (public) Public() string  { return "the letter was refused" }

func TestWhatAnEventCausesHasTheSameIdsEachTime(t *testing.T) {
	r, files := newRegister(t), bus.FileCheckpoints(t.TempDir())
	keep := &crashing{Checkpoints: files}
	var mu sync.Mutex
	var caused []domain.Meta
	react := func() *bus.Reactions {
		reactions := r.reactions(keep)
		reactions.Begin = bus.FromStart
		bus.On(reactions, "cause", func(_ context.Context, rec domain.Record, _ domain.AccountOpened) error {
			mu.Lock()
			defer mu.Unlock()
			caused = append(caused, bus.Cause(rec, "letter", time.Unix(0, 0)))
			keep.dead.Store(true) // the letter is out, the checkpoint is not
			return nil
		})
		return reactions
	}
	times := func() int { mu.Lock(); defer mu.Unlock(); return len(caused) }
	first := start(t, react().Run)
	r.open("a")
	eventually(t, "it was handled", func() bool { return times() == 1 })
	first()
	keep.dead.Store(false)
	start(t, react().Run)
	eventually(t, "it was handled again", func() bool { return times() == 2 })
	if caused[0] != caused[1] || caused[0].Command == uuid.Nil || caused[0].Causation == uuid.Nil ||
		caused[0].Actor != domain.ActorSystem || caused[0].Command == caused[0].Causation || caused[0].Correlation == caused[0].Command {
		t.Errorf("%+v and then %+v", caused[0], caused[1])
	}
}

func TestAReactionThatPanicsOrCannotReadParksAtOnce(t *testing.T) {
	r := newRegister(t)
	r.append("account-x", "AccountOpened", 99, `{}`)
	r.append("account-y", "AccountOpened", 1, `{"account":7}`)
	r.append("persona-z", "AccountOpened", 1, `{"account":"z"}`) // shown to nobody
	reactions := r.reactions(bus.FileCheckpoints(t.TempDir()))
	reactions.Begin = bus.FromStart
	var notes notebook
	bus.On(reactions, "note", notes.noting(nil))
	start(t, reactions.Run)
	eventually(t, "all is passed", func() bool { return reactions.Stats()[0].Position == 3 })
	list, err := reactions.Parked(t.Context())
	if err != nil || len(list) != 2 || list[0].Attempts != 1 || list[1].Attempts != 1 || len(notes.read()) != 0 {
		t.Errorf("parked %+v, %v, noted %v", list, err, notes.read())
	}
	if err := reactions.Drop(t.Context(), "note", list[0].Position); err != nil {
		t.Error(err)
	}
	if left, _ := reactions.Parked(t.Context()); len(left) != 1 || left[0].Position != list[1].Position {
		t.Errorf("left: %+v", left)
	}
}

func TestAFullListOfParkedEventsStopsTheReactionAndLosesNothing(t *testing.T) {
	r := newRegister(t)
	reactions := r.reactions(bus.FileCheckpoints(t.TempDir()))
	reactions.Begin, reactions.MaxParked, reactions.Attempts = bus.FromStart, 2, 1
	var notes notebook
	var up sync.Map
	bus.On(reactions, "note", notes.noting(func(domain.AccountOpened) error {
		if _, ok := up.Load("up"); !ok {
			return errors.New("down")
		}
		return nil
	}))
	for i := range 5 {
		r.open(fmt.Sprint(i))
	}
	start(t, reactions.Run)
	eventually(t, "the third is tried on and on", func() bool { return reactions.Stats()[0].Retries > 10 })
	if s := reactions.Stats()[0]; s.Parked != 2 || s.Position != 2 {
		t.Errorf("stats: %+v", s)
	}
	up.Store("up", true)
	eventually(t, "the rest is handled", func() bool { return reactions.Stats()[0].Done == 3 })
}

func TestReactionsRefuseAForeignCheckpoint(t *testing.T) {
	old, files := newRegister(t), bus.FileCheckpoints(t.TempDir())
	first := old.reactions(files)
	bus.On(first, "note", new(notebook).noting(nil))
	stop := start(t, first.Run)
	eventually(t, "it has a checkpoint", func() bool { _, ok, _ := files.Load(t.Context(), "reaction-note"); return ok })
	stop()
	reactions := newRegister(t).reactions(files)
	bus.On(reactions, "fine", new(notebook).noting(nil))
	bus.On(reactions, "note", new(notebook).noting(nil))
	if err := ends(t, reactions.Run); !errors.Is(err, bus.ErrForeignCheckpoint) {
		t.Errorf("got %v", err)
	}
	if _, err := reactions.Parked(t.Context()); !errors.Is(err, bus.ErrForeignCheckpoint) {
		t.Errorf("got %v", err)
	}
}

func TestReactionsEndTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegister(t)
		reactions := r.reactions(bus.FileCheckpoints(t.TempDir()))
		for i := range 5 {
			bus.On(reactions, fmt.Sprint("r", i), new(notebook).noting(nil))
		}
		ended := make(chan error, 1)
		go func() { ended <- reactions.Run(t.Context()) }()
		r.open("a")
		synctest.Wait()
		r.Close()
		if err := <-ended; !errors.Is(err, domain.ErrStoreClosed) {
			t.Errorf("a closed store gives %v", err)
		}
		none := r.reactions(nil)
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		if err := none.Run(ctx); err != nil || ctx.Err() == nil {
			t.Errorf("no reactions end before they are told to: %v", err)
		}
	})
}

func TestTwoReactionsCannotHaveOneName(t *testing.T) {
	for _, name := range []string{"note", "", "No", "a b"} {
		func() {
			reactions := newRegister(t).reactions(nil)
			bus.On(reactions, "note", new(notebook).noting(nil))
			defer func() {
				if recover() == nil {
					t.Errorf("%q was taken", name)
				}
			}()
			bus.On(reactions, name, new(notebook).noting(nil))
		}()
	}
}

func TestAFullDiskHoldsReactionsUpAndLosesNothing(t *testing.T) {
	r := newRegister(t)
	keep := &crashing{Checkpoints: bus.FileCheckpoints(t.TempDir())}
	reactions := r.reactions(keep)
	reactions.Begin = bus.FromStart
	var notes notebook
	bus.On(reactions, "note", notes.noting(nil))
	r.open("a")
	start(t, reactions.Run)
	eventually(t, "the first is handled", func() bool { return reactions.Stats()[0].Position == 1 })
	keep.dead.Store(true)
	r.open("b")
	last := r.open("c")
	eventually(t, "the trouble shows", func() bool { return strings.Contains(reactions.Stats()[0].LastError, "dead") })
	if got := notes.read(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("went on without a checkpoint: %v", got)
	}
	keep.dead.Store(false)
	eventually(t, "the rest is handled", func() bool { return reactions.Stats()[0].Position == last })
	if got := notes.read(); !slices.Equal(got, []string{"a", "b", "c"}) || reactions.Stats()[0].LastError != "" {
		t.Errorf("handled %v, %+v", got, reactions.Stats()[0])
	}
}
