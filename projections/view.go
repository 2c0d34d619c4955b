package projections

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"tavoli/domain"
)

// Options of a [View]. The zero value will do.
type Options struct {
	// Workers is how many processors decode the log; 0: all there are.
	Workers int

	// Warn takes what is wrong without stopping anything, as the method Warn of
	// a structured logger does; nil: nobody hears of it.
	Warn func(msg string, args ...any)

	// Now is the clock by which reports and [Stats] tell times; nil: they do not.
	Now func() time.Time

	// Snapshots is where the models are kept for the next start; nil: nowhere.
	Snapshots *Snapshots

	// Readings is the length of the slots of time at whose ends the view takes
	// the digests of its models; 0, or no clock: it does so when asked only.
	Readings time.Duration
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Time{}
	}
	return o.Now()
}

// A View shows models to many readers while it follows a log. All models show
// the same position.
type View struct {
	log     domain.Log
	reader  *reader
	options Options
	line    line
	past    past

	readings readings

	// applying is held by whoever changes the models, and by those who need them
	// to stand still while questions go on being answered.
	applying sync.Mutex
	mu       sync.RWMutex // held by questions, and for each change
	models   *Models
	seen     atomic.Uint64

	goal     atomic.Uint64 // the head when the view began to follow
	ready    atomic.Bool
	applied  atomic.Int64
	snapshot atomic.Pointer[SnapshotInfo] // the newest written or loaded
	rebuild  sync.Mutex                   // held by the one rebuild there may be
}

// NewView returns a view that has seen nothing, or what its snapshot has. The
// opener opens the values of persons, nil: nobody's.
func NewView(log domain.Log, open Opener, o Options) *View {
	v := &View{
		log: log, reader: newReader(open, o), options: o, models: NewModels(),
		past: past{busy: make(chan struct{}, 1)},
	}
	if o.Now != nil {
		v.readings.every = o.Readings
	}
	v.load()
	return v
}

// Errors of questions to a view.
var (
	ErrBehind = &domain.Error{Kind: domain.Unknown, Code: "not-caught-up", Text: "the answer is not up to the position asked for yet; try again"}
	ErrBeyond = &domain.Error{Kind: domain.Invalid, Code: "position-beyond-head", Text: "the register does not go as far as the position asked for"}
)

// Follow brings the models up to date until ctx is done, and then returns nil. It
// returns an error when the log fails or an entry cannot be read, whose position
// the error names: the models stand right before it, and no later entry can be
// shown. Follow may be called again, but not twice at a time.
func (v *View) Follow(ctx context.Context) error {
	head, err := v.log.Head(ctx)
	if err != nil {
		return v.ended(ctx, err)
	}
	if err := v.check(ctx, head); err != nil {
		return v.ended(ctx, err)
	}
	v.goal.Store(uint64(head))
	v.progress()
	pages := func(ctx context.Context) iter.Seq2[domain.Page, error] { return v.log.Follow(ctx, v.Seen()) }
	return v.ended(ctx, v.reader.eachOf(ctx, pages, v.apply, v.small))
}

// small is up to how many entries are decoded where they are read. Once the view
// has caught up somebody waits for each, and handing them to others takes longer.
func (v *View) small() int {
	if v.Ready() {
		return livePage
	}
	return smallPage
}

// check makes the models begin anew if they were not made from this log: if they
// came out of a snapshot and the log was exchanged meanwhile.
func (v *View) check(ctx context.Context, head domain.Position) error {
	v.applying.Lock()
	defer v.applying.Unlock()
	same, err := v.models.Marks.of(ctx, v.log)
	if err != nil || same && v.Seen() <= head {
		return err
	}
	v.reader.warn("the snapshot of the read models is not of this log and is thrown away", "position", v.Seen(), "head", head)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.models = NewModels()
	v.seen.Store(0)
	v.snapshot.Store(nil)
	v.readings.last = time.Time{}
	v.readings.at.Store(0)
	v.readings.drop()
	return nil
}

// ended returns why following ended, unless it was meant to.
func (v *View) ended(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())):
		return nil
	case err == nil:
		return errors.New("the log ended by itself")
	}
	return fmt.Errorf("follow the log after %d: %w", v.Seen(), err)
}

// apply is the [applier] of the view.
func (v *View) apply(records []domain.Record, upTo domain.Position) error {
	if err := v.change(records, upTo); err != nil {
		return err
	}
	v.applied.Add(int64(len(records)))
	v.line.reach(upTo)
	v.progress()
	return nil
}

// change applies records, and takes a reading between them where one is due.
func (v *View) change(records []domain.Record, upTo domain.Position) error {
	v.applying.Lock()
	defer v.applying.Unlock()
	for {
		n := v.readings.until(records, v.options.now)
		if n == len(records) {
			return v.show(records, upTo)
		}
		if err := v.show(records[:n], max(v.Seen(), v.Newest())); err != nil {
			return err
		}
		v.line.reach(v.Seen())
		go v.read(v.Newest())() // encoded now, hashed while the models go on
		records = records[n:]
	}
}

// show applies records and moves on to a position.
func (v *View) show(records []domain.Record, upTo domain.Position) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.models.applyAll(records); err != nil {
		return err
	}
	v.seen.Store(uint64(upTo))
	return nil
}

// applyAll applies records in order. A model that breaks, which is a mistake of
// the program, names the entry it broke at.
func (m *Models) applyAll(records []domain.Record) (err error) {
	at := 0
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("entry at %d, a %s of %s, broke a read model: %v", records[at].Position, records[at].Type, records[at].Stream, fault)
		}
	}()
	for at = range records {
		m.Apply(&records[at])
	}
	return nil
}

// Seen returns the position the models show.
func (v *View) Seen() domain.Position { return domain.Position(v.seen.Load()) }

// Ready reports whether the models have passed the head there was when the view
// began to follow. Once true it stays so.
func (v *View) Ready() bool { return v.ready.Load() }

func (v *View) progress() {
	if !v.ready.Load() && v.seen.Load() >= v.goal.Load() {
		v.ready.Store(true)
	}
}

// Ask answers a question once the view has seen the entry at a position, so that
// callers can read what they wrote; 0 asks at once. A question keeps nothing of
// the models and returns copies; while it thinks, the models stand still.
func Ask[A any](ctx context.Context, v *View, atLeast domain.Position, question func(*Models) (A, error)) (A, error) {
	answer, _, err := AskAt(ctx, v, atLeast, question)
	return answer, err
}

// AskAt is [Ask] and returns the position at which the question was answered, too.
func AskAt[A any](ctx context.Context, v *View, atLeast domain.Position, question func(*Models) (A, error)) (A, domain.Position, error) {
	if err := v.Wait(ctx, atLeast); err != nil {
		var none A
		return none, v.Seen(), err
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	at := v.Seen()
	answer, err := question(v.models)
	return answer, at, err
}

// Stats says how a view is doing.
type Stats struct {
	Seen     domain.Position `json:"seen,string"`
	Head     domain.Position `json:"head,string"` // of the log; at least Seen
	Goal     domain.Position `json:"goal,string"` // what has to be seen to be ready
	Ready    bool            `json:"ready"`
	Applied  int64           `json:"applied"`  // entries, since the program started
	Unopened int64           `json:"unopened"` // descriptions of persons whose values could not be opened, forgotten persons apart
	Waiting  int             `json:"waiting"`  // questions that wait for a position
	Snapshot *SnapshotInfo   `json:"snapshot,omitempty"`
}

// Stats returns how the view is doing. Where the log does not tell its head, Seen
// is taken for it.
func (v *View) Stats(ctx context.Context) Stats {
	s := Stats{
		Goal: domain.Position(v.goal.Load()), Ready: v.Ready(), Applied: v.applied.Load(),
		Unopened: v.reader.unopened.Load(), Waiting: v.line.len(), Snapshot: v.snapshot.Load(),
	}
	head, err := v.log.Head(ctx)
	if s.Seen = v.Seen(); err != nil || head < s.Seen {
		head = s.Seen
	}
	s.Head = head
	return s
}
