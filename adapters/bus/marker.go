package bus

import (
	"context"
	"slices"
	"sync"
	"time"

	"tavoli/domain"
)

// A marker remembers how far a follower has come: in memory at once, in its
// checkpoint soon, or at once where it must be.
type marker struct {
	beginning
	every time.Duration // save at most this often, unless committed

	mu      sync.Mutex
	at      Checkpoint
	changes int // of at
	saved   int // how many of them are saved
	dirty   chan struct{}

	saving sync.Mutex // so that an older checkpoint never follows a newer one
}

// newMarker returns the marker of a follower at the place where it goes on.
func newMarker(ctx context.Context, b beginning, every time.Duration) (*marker, error) {
	at, err := b.find(ctx)
	if err != nil {
		return nil, err
	}
	return &marker{beginning: b, every: every, at: at, dirty: make(chan struct{}, 1)}, nil
}

// move notes that everything up to a position is done.
func (m *marker) move(p domain.Position) {
	m.change(func(c *Checkpoint) { c.Position = p })
	select {
	case m.dirty <- struct{}{}:
	default: // it is known already
	}
}

// commit changes the checkpoint and returns once it is saved, however often that
// has to be tried.
func (m *marker) commit(ctx context.Context, change func(*Checkpoint)) error {
	m.change(change)
	return m.persist(ctx)
}

func (m *marker) change(change func(*Checkpoint)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.at)
	m.changes++
}

// checkpoint returns a copy, and which change was the last in it.
func (m *marker) checkpoint() (Checkpoint, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.at
	c.Parked = slices.Clone(c.Parked)
	return c, m.changes
}

// persist saves the checkpoint, trying until it works or ctx is done.
func (m *marker) persist(ctx context.Context) error {
	for failures := 1; ; failures++ {
		err := m.save(ctx)
		if err == nil {
			m.watch.well(atCheckpoint)
			return nil
		}
		m.watch.failed(atCheckpoint, err.Error())
		if err := m.again.wait(ctx, failures); err != nil {
			return err
		}
	}
}

// save saves the checkpoint as it stands, if it is not saved already.
func (m *marker) save(ctx context.Context) error {
	m.saving.Lock()
	defer m.saving.Unlock()
	c, changes := m.checkpoint()
	if m.isSaved(changes) {
		return nil
	}
	if err := m.keep.Save(ctx, m.name, c); err != nil {
		return err
	}
	m.mu.Lock()
	m.saved = changes
	m.mu.Unlock()
	return nil
}

func (m *marker) isSaved(changes int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saved >= changes
}

// attend saves the checkpoint now and then while do runs, and once more when it
// has ended, also where ctx is done.
func (m *marker) attend(ctx context.Context, do func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	var saver sync.WaitGroup
	saver.Go(func() { m.run(ctx) })
	err := do(ctx)
	stop()
	saver.Wait()
	if err := m.save(context.WithoutCancel(ctx)); err != nil {
		m.watch.failed(atCheckpoint, err.Error())
	}
	return err
}

// run saves the checkpoint while it moves, until ctx is done.
func (m *marker) run(ctx context.Context) {
	for {
		select {
		case <-m.dirty:
		case <-ctx.Done():
			return
		}
		if m.persist(ctx) != nil || pause(ctx, m.every) != nil {
			return
		}
	}
}
