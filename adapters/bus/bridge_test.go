package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"tavoli/adapters/bus"
	"tavoli/domain"
)

func TestInProcessKeepsTheOrderOfEachStream(t *testing.T) {
	for _, lanes := range []int{1, 4} {
		t.Run(fmt.Sprint(lanes, " lanes"), func(t *testing.T) {
			const events, subscribers = 3000, 3
			r := newRegister(t)
			pub, sub := bus.InProcess()
			defer pub.Close()
			readers := make([]*reader, subscribers)
			for i := range readers {
				readers[i] = newReader(t, sub, "tavoli.tavolo", "tavoli.presenze")
			}
			r.spread(events/2, 20)
			b := r.bridge(pub, bus.FileCheckpoints(t.TempDir()))
			b.Lanes = lanes
			start(t, b.Run)
			r.spread(events/2, 20)
			for i, reader := range readers {
				eventually(t, fmt.Sprintf("subscriber %d has all", i), func() bool { return reader.total() == events })
			}
		})
	}
}

// A reader subscribes to topics and checks what comes.
type reader struct {
	mu sync.Mutex
	by map[string]*reading
}

func newReader(t testing.TB, sub message.Subscriber, topics ...string) *reader {
	r := &reader{by: make(map[string]*reading)}
	for _, topic := range topics {
		messages, err := sub.Subscribe(context.Background(), topic)
		if err != nil {
			t.Fatal(err)
		}
		reading := newReading()
		r.by[topic] = reading
		go func() {
			for m := range messages {
				r.mu.Lock()
				if err := reading.see(m); err != nil {
					t.Error(err)
				}
				r.mu.Unlock()
				m.Ack()
			}
		}()
	}
	return r
}

func (r *reader) total() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, reading := range r.by {
		n += reading.total
	}
	return n
}

func TestAMessageTellsWhatTheEntryTells(t *testing.T) {
	r, out := newRegister(t), &outlet{}
	r.add("ente-comune_G273", 1)
	b := r.bridge(out, bus.FileCheckpoints(t.TempDir()))
	b.Prefix = "sicilia.tavoli"
	start(t, b.Run)
	eventually(t, "it is published", func() bool { return len(out.messages()) == 1 })

	entry := r.entry("ente-comune_G273", 0)
	rec, err := entry.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	m := out.messages()[0]
	if !bytes.Equal(m.Payload, entry.Bytes) || m.UUID != rec.ID.String() || out.topics[0] != "sicilia.tavoli.ente" {
		t.Errorf("message %s on %s: %s", m.UUID, out.topics[0], m.Payload)
	}
	const layout = "2006-01-02T15:04:05.000000Z"
	want := map[string]string{
		"position": "1", "store": r.Identity().String(), "stream": "ente-comune_G273", "revision": "0",
		"type": "ThingHappened", "schema": "1", "command": rec.Command.String(), "correlation": rec.Command.String(),
		"recorded_at": rec.RecordedAt.Format(layout), "effective_at": rec.EffectiveAt.Format(layout),
	}
	for key, value := range want {
		if m.Metadata[key] != value {
			t.Errorf("%s is %q, want %q", key, m.Metadata[key], value)
		}
	}
	if len(m.Metadata) != len(want) {
		t.Errorf("more metadata than wanted: %v", m.Metadata)
	}
	m.Payload[0] = 'X'
	if entry.Bytes[0] != '{' {
		t.Error("a subscriber can change what the store holds")
	}
}

func TestPersonalStreamsAreNeverPublished(t *testing.T) {
	r, out := newRegister(t), &outlet{}
	for i := range 50 {
		r.add(domain.Stream(fmt.Sprintf("persona-%d", i%7)), 1)
		r.add("tavolo-1", 1)
		r.add("account-1", 1)
	}
	last := r.add("persona-9", 1)
	b := r.bridge(out, bus.FileCheckpoints(t.TempDir()))
	b.Skip, b.Lanes = []string{"account"}, 3
	start(t, b.Run)
	eventually(t, "the bridge has passed everything", func() bool { return b.Stats().Position == last })
	if got := readAll(t, out.messages()); got.total != 50 || got.high["tavolo-1"] != 49 {
		t.Errorf("published %d events: %v", got.total, got.high)
	}
	if s := b.Stats(); s.Done != 50 || s.Lag != 0 || s.Head != last {
		t.Errorf("stats: %+v", s)
	}
}

// crashing saves checkpoints until it is told that the machine is dead.
type crashing struct {
	bus.Checkpoints
	dead atomic.Bool
}

func (c *crashing) Save(ctx context.Context, name string, at bus.Checkpoint) error {
	if c.dead.Load() {
		return errors.New("the machine is dead")
	}
	return c.Checkpoints.Save(ctx, name, at)
}

func TestACrashBetweenPublishingAndCheckpointRepeatsAndLosesNothing(t *testing.T) {
	for _, lanes := range []int{1, 8} {
		t.Run(fmt.Sprint(lanes, " lanes"), func(t *testing.T) { crashOnce(t, lanes) })
	}
}

// crashOnce ends a bridge whose checkpoint was lost on the way and goes on with another.
func crashOnce(t *testing.T, lanes int) {
	const events = 1000
	r, out := newRegister(t), &outlet{}
	files := bus.FileCheckpoints(t.TempDir())
	r.spread(events, 30)

	keep := &crashing{Checkpoints: files}
	out.refuse = func(string, *message.Message) error {
		if len(out.messages()) >= events/3 {
			keep.dead.Store(true)
		}
		if lanes > 1 && rand.N(10) == 0 { // so that some lanes are ahead of others
			return errors.New("a passing trouble")
		}
		return nil
	}
	b := r.bridge(out, keep)
	b.Lanes = lanes
	stop := start(t, b.Run)
	eventually(t, "the first bridge has published two thirds", func() bool { return len(out.messages()) > events*2/3 })
	stop()

	second := r.bridge(out, files)
	second.Lanes = lanes
	start(t, second.Run)
	eventually(t, "the second bridge has caught up", func() bool { return second.Stats().Position == events })
	if got := readAll(t, out.messages()); got.total != events || got.repeated == 0 {
		t.Errorf("%d of %d events, %d repeated", got.total, events, got.repeated)
	}
}

func TestAStopRepeatsNothing(t *testing.T) {
	const rounds, each = 6, 100
	r, out := newRegister(t), &outlet{}
	files := bus.FileCheckpoints(t.TempDir())
	r.spread(rounds*each, 10)
	var allowed atomic.Int64
	out.refuse = func(string, *message.Message) error {
		if int64(len(out.messages())) >= allowed.Load() {
			return errors.New("enough for now")
		}
		return nil
	}
	for range rounds {
		allowed.Add(each)
		b := r.bridge(out, files)
		b.Every = time.Hour // so that only the stop saves the checkpoint
		stop := start(t, b.Run)
		eventually(t, "its share is published", func() bool { return int64(len(out.messages())) == allowed.Load() })
		stop()
	}
	if got := readAll(t, out.messages()); got.total != rounds*each || got.repeated != 0 {
		t.Errorf("%d events, %d repeated", got.total, got.repeated)
	}
}

func TestACheckpointOfAnotherStoreIsNoticed(t *testing.T) {
	old, files := newRegister(t), bus.FileCheckpoints(t.TempDir())
	old.add("tavolo-1", 5)
	first := old.bridge(&outlet{}, files)
	stop := start(t, first.Run)
	eventually(t, "the old store is published", func() bool { return first.Stats().Position == 5 })
	stop()

	tests := []struct {
		policy bus.Policy
		store  func(*register) domain.Identity
		want   error
		told   int
	}{
		{"", (*register).other, bus.ErrForeignCheckpoint, 0},
		{bus.Refuse, (*register).restored, bus.ErrForeignCheckpoint, 0},
		{bus.Refuse, (*register).same, bus.ErrCheckpointAhead, 0},
		{bus.FromStart, (*register).restored, nil, 4},
		{bus.FromHead, (*register).restored, nil, 1},
		{bus.FromHead, (*register).same, nil, 1},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.policy, test.want), func(t *testing.T) {
			saved, _, err := files.Load(t.Context(), "bridge-test")
			if err != nil {
				t.Fatal(err)
			}
			keep := bus.FileCheckpoints(t.TempDir())
			if err := keep.Save(t.Context(), "bridge-test", saved); err != nil {
				t.Fatal(err)
			}
			r, out := newRegister(t), &outlet{}
			r.add("tavolo-1", 3)
			b := r.bridge(out, keep)
			b.StartOver, b.Identity = test.policy, test.store(old)
			if test.want != nil {
				if err := ends(t, b.Run); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if now, _, _ := keep.Load(t.Context(), "bridge-test"); now.Position != saved.Position || len(out.messages()) > 0 {
					t.Errorf("a refused bridge went on: %+v, %d messages", now, len(out.messages()))
				}
				return
			}
			start(t, b.Run)
			eventually(t, "it has begun anew", func() bool {
				c, _, err := keep.Load(t.Context(), "bridge-test")
				return err == nil && c.Position != saved.Position
			})
			r.add("tavolo-2", 1)
			eventually(t, "it has caught up", func() bool { return b.Stats().Position == 4 })
			if got := len(out.messages()); got != test.told {
				t.Errorf("%d messages, want %d", got, test.told)
			}
		})
	}
}

func (r *register) same() domain.Identity     { return r.Identity() }
func (r *register) other() domain.Identity    { return newRegister(r.t).Identity() }
func (r *register) restored() domain.Identity { i := r.Identity(); i.Epoch++; return i }

func TestWhatCannotBePublishedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r, out, failures := newRegister(t), &outlet{}, 0
		var at []time.Time
		out.refuse = func(string, *message.Message) error {
			if at = append(at, time.Now()); failures < 12 {
				failures++
				return errors.New("no broker")
			}
			return nil
		}
		b := r.bridge(out, bus.FileCheckpoints(t.TempDir()))
		b.Backoff = bus.Backoff{Min: time.Second, Max: time.Minute}
		b.Logger = slog.New(slog.NewTextHandler(&log, nil))
		stop := start(t, b.Run)
		r.add("tavolo-1", 3)

		time.Sleep(time.Minute)
		synctest.Wait()
		if s := b.Stats(); s.LastError != "no broker" || s.Retries == 0 || s.Position != 0 || s.Lag != 3 || s.Oldest.IsZero() {
			t.Errorf("stats while it fails: %+v", s)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := b.Stats(); s.LastError != "" || s.Retries != 12 || s.Position != 3 || s.Lag != 0 || !s.Oldest.IsZero() {
			t.Errorf("stats afterwards: %+v", s)
		}
		for i := 1; i <= 12; i++ {
			full := min(time.Second<<(i-1), time.Minute)
			if d := at[i].Sub(at[i-1]); d < full/2 || d > full {
				t.Errorf("waited %s after failure %d, want between %s and %s", d, i, full/2, full)
			}
		}
		stop()
		if got := readAll(t, out.messages()).total; got != 3 {
			t.Errorf("%d messages", got)
		}
		if n := bytes.Count(log.Bytes(), []byte("level=WARN")); n != 1 {
			t.Errorf("%d warnings for one trouble:\n%s", n, log.Bytes())
		}
	})
}

func TestLanesPublishSideBySideAndKeepStreamsInOrder(t *testing.T) {
	const events = 2000
	r, out := newRegister(t), &outlet{}
	var under, most atomic.Int32
	out.refuse = func(string, *message.Message) error {
		n := under.Add(1)
		defer under.Add(-1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		runtime.Gosched()
		if rand.N(20) == 0 {
			return errors.New("a passing trouble")
		}
		return nil
	}
	r.spread(events, 30)
	b := r.bridge(out, bus.FileCheckpoints(t.TempDir()))
	b.Lanes, b.Backoff = 8, bus.Backoff{Min: time.Microsecond, Max: time.Millisecond}
	start(t, b.Run)
	eventually(t, "all is published", func() bool { return b.Stats().Lag == 0 && b.Stats().Position > 0 })
	if got := readAll(t, out.messages()); got.total != events || got.repeated != 0 {
		t.Errorf("%d events, %d repeated", got.total, got.repeated)
	}
	if most.Load() < 2 {
		t.Error("the lanes never ran side by side")
	}
}

func TestASlowSubscriberDoesNotStopTheWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegister(t)
		pub, sub := bus.InProcess()
		messages, err := sub.Subscribe(t.Context(), "tavoli.tavolo")
		if err != nil {
			t.Fatal(err)
		}
		b := r.bridge(pub, bus.FileCheckpoints(t.TempDir()))
		stop := start(t, b.Run)
		last := r.add("tavolo-1", 5000)
		held := <-messages // and never acknowledged
		synctest.Wait()
		if s := b.Stats(); s.Position != 0 || s.Lag != uint64(last) {
			t.Errorf("the bridge went on without an acknowledgement of %s: %+v", held.UUID, s)
		}
		stop()                              // although the publisher has not returned
		if err := pub.Close(); err != nil { // now it has; a goroutine that is left fails the test
			t.Error(err)
		}
	})
}

func TestABridgeLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegister(t)
		r.spread(500, 5)
		for i := range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
			b := r.bridge(&outlet{}, bus.FileCheckpoints(t.TempDir()))
			b.Lanes = i
			if err := b.Run(ctx); err != nil {
				t.Error(err)
			}
			if err := b.Run(ctx); err == nil {
				t.Error("a bridge ran twice")
			}
			cancel()
		}
	})
}

// A fickle log fails now and then, before and within a page.
type fickle struct {
	domain.Log
	calls atomic.Int64
}

func (f *fickle) Head(ctx context.Context) (domain.Position, error) {
	if f.calls.Add(1)%3 != 0 {
		return 0, errors.New("no connection")
	}
	return f.Log.Head(ctx)
}

func (f *fickle) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		left := 2
		for page, err := range f.Log.Follow(ctx, after) {
			if left--; left < 0 {
				if f.calls.Add(1)%2 == 0 {
					yield(domain.Page{}, errors.New("the connection broke"))
				}
				return
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func TestALogThatFailsIsReadAgain(t *testing.T) {
	const events = 3000
	r, out := newRegister(t), &outlet{}
	r.spread(events, 10)
	b := r.bridge(out, bus.FileCheckpoints(t.TempDir()))
	b.Log = &fickle{Log: r}
	start(t, b.Run)
	eventually(t, "all is published", func() bool { return b.Stats().Position == domain.Position(events) })
	if got := readAll(t, out.messages()); got.total != events || got.repeated != 0 {
		t.Errorf("%d events, %d repeated", got.total, got.repeated)
	}
}

// A wrong log yields something that is no entry.
type wrong struct{ domain.Log }

func (wrong) Follow(context.Context, domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		yield(domain.Page{Entries: []domain.Entry{{Position: 1, Bytes: []byte(`{"id":"?"}`)}}, UpTo: 1}, nil)
	}
}

func TestWhatNobodyCanReadIsNotPublished(t *testing.T) {
	r, out := newRegister(t), &outlet{}
	r.add("tavolo-1", 1)
	b := r.bridge(out, bus.FileCheckpoints(t.TempDir()))
	b.Log = wrong{r}
	if err := ends(t, b.Run); err == nil || len(out.messages()) != 0 {
		t.Errorf("%v, %d messages", err, len(out.messages()))
	}
	closed := r.bridge(out, bus.FileCheckpoints(t.TempDir()))
	r.Close()
	if err := ends(t, closed.Run); !errors.Is(err, domain.ErrStoreClosed) {
		t.Errorf("a closed store gives %v", err)
	}
	prefix := r.bridge(out, bus.FileCheckpoints(t.TempDir()))
	prefix.Prefix = "tavoli.>"
	if err := ends(t, prefix.Run); !errors.Is(err, bus.ErrBadPrefix) {
		t.Errorf("a wrong prefix gives %v", err)
	}
}
