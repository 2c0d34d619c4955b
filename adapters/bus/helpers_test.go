package bus_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"tavoli/adapters/bus"
	"tavoli/adapters/memory"
	"tavoli/domain"
)

// A register is a store with somebody who writes to it.
type register struct {
	*memory.Store
	t    testing.TB
	next map[domain.Stream]domain.Revision
}

func newRegister(t testing.TB) *register {
	return &register{memory.New(time.Now), t, make(map[domain.Stream]domain.Revision)}
}

// add appends n events to a stream, each its own command, and returns the last position.
func (r *register) add(stream domain.Stream, n int) (at domain.Position) {
	r.t.Helper()
	for range n {
		at = r.append(stream, "ThingHappened", 1, `{"n":`+strconv.FormatInt(int64(r.next[stream]), 10)+`}`)
	}
	return at
}

func (r *register) append(stream domain.Stream, name string, schema int, data string) domain.Position {
	r.t.Helper()
	command := uuid.New()
	at, err := r.Append(context.Background(), domain.Batch{Stream: stream, After: r.next[stream] - 1, Events: []domain.Draft{{
		ID: domain.EventID(command, 0), Type: name, Schema: schema, EffectiveAt: time.Now(),
		Actor: domain.ActorSystem, Command: command, Data: []byte(data),
	}}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.next[stream]++
	return at
}

// entry returns an entry of a stream.
func (r *register) entry(stream domain.Stream, at domain.Revision) domain.Entry {
	r.t.Helper()
	for entry, err := range r.ReadStream(context.Background(), stream, at) {
		if err != nil {
			r.t.Fatal(err)
		}
		return entry
	}
	r.t.Fatalf("%s has no revision %d", stream, at)
	return domain.Entry{}
}

// spread appends n events to several streams of two categories in turn.
func (r *register) spread(n, streams int) {
	r.t.Helper()
	categories := []string{"tavolo", "presenze"}
	for i := range n {
		r.add(domain.Stream(fmt.Sprintf("%s-%d", categories[i%2], i%streams)), 1)
	}
}

// bridge returns a bridge of the register that retries quickly.
func (r *register) bridge(to message.Publisher, keep bus.Checkpoints) *bus.Bridge {
	return &bus.Bridge{
		Name: "test", Log: r, Identity: r.Identity(), Publisher: to, Checkpoints: keep,
		Backoff: bus.Backoff{Min: time.Millisecond, Max: 20 * time.Millisecond}, Every: time.Millisecond,
	}
}

// start runs something until the test ends or stop is called. It must end without
// an error then.
func start(t testing.TB, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// ends returns the error with which run ends by itself, soon.
func ends(t testing.TB, run func(context.Context) error) error {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	err := run(ctx)
	if ctx.Err() != nil {
		t.Error("it did not end by itself")
	}
	return err
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// An outlet is a publisher that notes what it is given, and may refuse it.
type outlet struct {
	refuse func(topic string, m *message.Message) error

	mu     sync.Mutex
	got    []*message.Message
	topics []string
}

func (o *outlet) Publish(topic string, messages ...*message.Message) error {
	for _, m := range messages {
		if o.refuse != nil {
			if err := o.refuse(topic, m); err != nil {
				return err
			}
		}
		o.mu.Lock()
		o.got = append(o.got, m)
		o.topics = append(o.topics, topic)
		o.mu.Unlock()
	}
	return nil
}

func (o *outlet) Close() error { return nil }

func (o *outlet) messages() []*message.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clip(o.got)
}

// A reading checks messages as they come: every stream begins at revision 0 and
// goes on one by one. Repetitions are counted where they are allowed: they begin
// again at a revision seen before and go on one by one from there.
type reading struct {
	last     map[string]int // revision seen last, by stream
	high     map[string]int // newest revision seen
	repeated int
	total    int // different events
}

func newReading() *reading {
	return &reading{last: make(map[string]int), high: make(map[string]int)}
}

func (r *reading) see(m *message.Message) error {
	stream := m.Metadata[bus.MetaStream]
	revision, err := strconv.Atoi(m.Metadata[bus.MetaRevision])
	if err != nil {
		return err
	}
	high, known := r.high[stream]
	switch {
	case !known && revision != 0:
		return fmt.Errorf("%s begins at %d", stream, revision)
	case known && revision > r.last[stream]+1:
		return fmt.Errorf("%s jumps from %d to %d", stream, r.last[stream], revision)
	}
	if known && revision <= high {
		r.repeated++
	} else {
		r.high[stream] = revision
		r.total++
	}
	r.last[stream] = revision
	return nil
}

// readAll checks messages and returns the reading.
func readAll(t testing.TB, messages []*message.Message) *reading {
	t.Helper()
	r := newReading()
	for _, m := range messages {
		if err := r.see(m); err != nil {
			t.Fatal(err)
		}
	}
	return r
}
