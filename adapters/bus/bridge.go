package bus

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"tavoli/domain"
)

// A Bridge publishes the facts of a log: each at least once, those of one stream
// in order. An event counts as published when the publisher says so, and only
// then does the checkpoint move past it. What cannot be published is tried again
// for ever, with back-off; the store's writers never wait for it. Personal
// streams are never published. The fields are set before Run and left alone then.
type Bridge struct {
	Name        string // of the bridge and its checkpoint: lower-case letters, digits, - and _
	Log         domain.Log
	Identity    domain.Identity // of the store behind Log
	Publisher   message.Publisher
	Checkpoints Checkpoints

	Prefix    string   // of the topics; empty: DefaultPrefix
	Skip      []string // categories that are not published, beside the personal one
	Lanes     int      // how many streams are published side by side; 0: 1, which keeps the order of all events
	Begin     Policy   // without a checkpoint; empty: FromStart
	StartOver Policy   // with a checkpoint of another store or epoch; empty: Refuse
	Backoff   Backoff
	Every     time.Duration // how often a moving checkpoint is saved; 0: 200 ms
	Logger    *slog.Logger  // nil: none

	gauge gauge
	ran   atomic.Bool
}

// grace is how long a stop waits for what is being published.
const grace = time.Second

// errRanBefore tells a developer that a bridge was to run twice: the publisher
// may still hold a message of the first time, which would spoil the order.
var errRanBefore = errors.New("bus: a bridge runs once; make a new one")

// Run publishes until ctx is done, and returns nil then. It returns an error at
// once if the checkpoint cannot be used or the store is damaged or closed. A
// publisher that does not return within a second of the end is left behind;
// closing it sets it free.
func (b *Bridge) Run(ctx context.Context) error {
	if b.ran.Swap(true) {
		return errRanBefore
	}
	if err := validPrefix(b.prefix()); err != nil {
		return err
	}
	mark, err := newMarker(ctx, b.beginning(), orDefault(b.Every, 200*time.Millisecond))
	if err == nil {
		err = mark.attend(ctx, func(ctx context.Context) error { return b.run(ctx, mark) })
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("bridge %s: %w", b.Name, err)
}

// Stats says how the bridge is doing. It may be asked at any time.
func (b *Bridge) Stats() Stats {
	s := b.gauge.read(b.Log)
	s.Name = b.Name
	return s
}

func (b *Bridge) run(ctx context.Context, mark *marker) error {
	at, _ := mark.checkpoint()
	b.gauge.at(at.Position)
	orDiscard(b.Logger).Info("publishing", "follower", b.Name, "after", at.Position)
	seed := maphash.MakeSeed()
	return follow(ctx, b.Log, at.Position, b.Backoff, b.watch(), func(page domain.Page) error {
		p := &progress{page: page, mark: mark, gauge: &b.gauge, done: make([]bool, len(page.Entries))}
		lanes, err := b.lanes(p, seed)
		if err != nil {
			return err
		}
		defer b.gauge.busy(time.Time{})
		return b.publish(ctx, p, lanes)
	})
}

// An item is one entry to be published.
type item struct {
	index int // in its page
	rec   domain.Record
	bytes []byte
}

// lanes deals the entries of a page out so that a stream stays in one lane.
func (b *Bridge) lanes(p *progress, seed maphash.Seed) ([][]item, error) {
	lanes := make([][]item, max(b.Lanes, 1))
	for i, entry := range p.page.Entries {
		rec, err := entry.Envelope()
		if err != nil {
			return nil, err // nobody can say whose it is, so it is not published
		}
		if i == 0 {
			b.gauge.busy(rec.RecordedAt)
		}
		if rec.Stream.Personal() || slices.Contains(b.Skip, rec.Stream.Category()) {
			p.skip(i)
			continue
		}
		lane := maphash.String(seed, string(rec.Stream)) % uint64(len(lanes))
		lanes[lane] = append(lanes[lane], item{i, rec, entry.Bytes})
	}
	return lanes, nil
}

// publish returns when all lanes are empty, or when ctx is done and what is under
// way has been acknowledged or has used up its grace.
func (b *Bridge) publish(ctx context.Context, p *progress, lanes [][]item) error {
	results := make(chan error, len(lanes))
	for n, lane := range lanes {
		go func() { results <- b.publishLane(ctx, p, "lane "+strconv.Itoa(n), lane) }()
	}
	over := make(chan struct{})
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, func() { close(over) }) })()
	var first error
	for range lanes {
		select {
		case err := <-results:
			first = orDefault(first, err)
		case <-over:
			return ctx.Err()
		}
	}
	if first == nil {
		p.finish()
	}
	return first
}

// publishLane publishes items one after the other. It fails only if ctx is done.
func (b *Bridge) publishLane(ctx context.Context, p *progress, name string, lane []item) error {
	for _, it := range lane {
		if err := b.publishItem(ctx, name, it); err != nil {
			return err
		}
		b.gauge.done()
		p.acknowledge(it.index)
	}
	return nil
}

// publishItem publishes one event, however often it has to be tried.
func (b *Bridge) publishItem(ctx context.Context, lane string, it item) error {
	topic, w := Topic(b.prefix(), it.rec.Stream), b.watch()
	for failures := 1; ctx.Err() == nil; failures++ {
		err := b.Publisher.Publish(topic, newMessage(ctx, b.Identity, &it.rec, it.bytes))
		if err == nil {
			w.well(lane)
			return nil
		}
		w.failed(lane, err.Error())
		if err := b.Backoff.wait(ctx, failures); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (b *Bridge) beginning() beginning {
	return beginning{
		name: "bridge-" + b.Name, log: b.Log, identity: b.Identity, keep: b.Checkpoints,
		first: b.Begin.or(FromStart), foreign: b.StartOver.or(Refuse), again: b.Backoff, watch: b.watch(),
	}
}

func (b *Bridge) prefix() string { return orDefault(b.Prefix, DefaultPrefix) }

func (b *Bridge) watch() watch { return watch{b.Name, orDiscard(b.Logger), &b.gauge} }

func orDefault[T comparable](value, other T) T {
	var zero T
	if value == zero {
		return other
	}
	return value
}

func orDiscard(l *slog.Logger) *slog.Logger {
	return orDefault(l, slog.New(slog.DiscardHandler))
}

// progress is how far the publishing of a page has come. The position moves to
// the last entry before the first that is not acknowledged.
type progress struct {
	page  domain.Page
	mark  *marker
	gauge *gauge

	mu   sync.Mutex
	done []bool
	next int // the first entry that is not done
}

// skip notes an entry that is not to be published. It is called before any acknowledge.
func (p *progress) skip(i int) { p.done[i] = true }

// acknowledge notes an entry that is published.
func (p *progress) acknowledge(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done[i] = true
	before := p.next
	for p.next < len(p.done) && p.done[p.next] {
		p.next++
	}
	if p.next > before {
		p.moved(p.page.Entries[p.next-1].Position)
	}
}

// finish notes that the whole page is done.
func (p *progress) finish() { p.moved(p.page.UpTo) }

func (p *progress) moved(to domain.Position) {
	p.mark.move(to)
	p.gauge.at(to)
}
