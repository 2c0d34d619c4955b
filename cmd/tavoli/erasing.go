package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"tavoli/adapters/keyring"
	"tavoli/domain"
	"tavoli/projections"
)

// How often it is looked whether somebody was forgotten, here or on another node, and
// how long is waited after a failure.
const (
	eraseLook  = time.Second
	eraseAgain = 10 * time.Second
	eraseAll   = time.Hour // between two looks at everybody who was ever forgotten
)

// An erasing does what the facts ask for that persons were forgotten: first the keys
// are destroyed, then the sealed values removed, then what was made of them dropped.
// Each step can be done again, and all are looked at when the register opens, so
// that a process that ended half-way, and a copy that was put back, are finished.
type erasing struct {
	kick  chan struct{} // somebody waits
	ended chan struct{} // closed when nothing is erased any more

	mu      sync.Mutex
	looked  bool            // at everybody who was ever forgotten
	whole   time.Time       // when
	done    domain.Position // up to where all is gone
	papers  uint64          // documents destroyed, whose files are gone
	fault   error           // of the last try
	changed chan struct{}   // closed when done or fault are others
}

func newErasing() *erasing {
	return &erasing{kick: make(chan struct{}, 1), ended: make(chan struct{}), changed: make(chan struct{})}
}

// A mark is how far erasing has come, or has to come.
type mark struct {
	done   domain.Position // the newest fact that somebody was forgotten
	papers uint64          // how many documents were destroyed
}

// state returns how far it has come, what is closed when it has come further, and why
// the last try failed.
func (e *erasing) state() (at mark, changed <-chan struct{}, fault error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return mark{e.done, e.papers}, e.changed, e.fault
}

// reached reports whether all is gone up to a mark.
func (e *erasing) reached(want mark) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.looked && e.done >= want.done && e.papers >= want.papers
}

// due reports whether it is time to look at everybody.
func (e *erasing) due() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.looked || time.Since(e.whole) > eraseAll
}

// tried notes what came of a try.
func (e *erasing) tried(at mark, whole bool, fault error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fault = fault; fault == nil {
		e.done, e.papers, e.looked = at.done, at.papers, true
	}
	if fault == nil && whole {
		e.whole = time.Now()
	}
	close(e.changed)
	e.changed = make(chan struct{})
}

// erase erases until ctx is done.
func (r *register) erase(ctx context.Context) {
	defer close(r.erasing.ended)
	if r.ready(ctx) != nil {
		return
	}
	tick := time.NewTicker(eraseLook)
	defer tick.Stop()
	for {
		err := r.eraseNow(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Error("a forgotten person's values are not erased yet; it is tried again", "error", err)
			tick.Reset(eraseAgain)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.erasing.kick:
		case <-tick.C:
		}
		tick.Reset(eraseLook)
	}
}

// A due is what the facts ask for that is not known to be done.
type due struct {
	list   []projections.Erasure
	papers uint64
	files  []string
}

// eraseNow erases what the facts ask for that the read models show: the new ones and,
// from time to time, all there are.
func (r *register) eraseNow(ctx context.Context) error {
	at, _, _ := r.erasing.state()
	whole := r.erasing.due()
	if whole {
		at = mark{}
	}
	todo, err := projections.Ask(ctx, r.view, 0, func(m *projections.Models) (d due, _ error) {
		if d.list, d.papers = m.Retention.Erasures(at.done), m.Retention.Papers(); d.papers > at.papers {
			d.files = m.Rosters.Destroyed()
		}
		return d, nil
	})
	if err != nil || !whole && len(todo.list) == 0 && todo.papers == at.papers {
		return err
	}
	if len(todo.list) > 0 {
		err = r.eraseThem(ctx, todo.list, whole)
		at.done = todo.list[len(todo.list)-1].Position
	}
	err = errors.Join(err, r.removeFiles(todo.files))
	r.erasing.tried(mark{at.done, todo.papers}, whole, err)
	return err
}

// removeFiles removes documents that were destroyed.
func (r *register) removeFiles(list []string) error {
	var faults error
	for _, sha := range list {
		if r.files.Has(sha) {
			faults = errors.Join(faults, r.files.Remove(sha))
			r.log.Info("document destroyed", "sha256", sha)
		}
	}
	return faults
}

// eraseThem goes through the steps. The order matters: once the keys are gone nothing
// can be read any more, and the keys are found by the values.
func (r *register) eraseThem(ctx context.Context, list []projections.Erasure, again bool) error {
	keys, err := r.destroyKeys(ctx, list)
	if err != nil {
		return fmt.Errorf("destroy the keys: %w", err)
	}
	r.view.Forget()
	r.web.Forget()
	streams, err := r.removeValues(ctx, list, again)
	if err != nil {
		return fmt.Errorf("remove the sealed values: %w", err)
	}
	if err := r.emptyOutbox(ctx, list); err != nil {
		return fmt.Errorf("remove letters from the outbox: %w", err)
	}
	newest := list[len(list)-1].Position
	renewed, err := r.renewSnapshot(ctx, newest)
	if err != nil {
		return fmt.Errorf("drop the snapshot: %w", err)
	}
	if !again || keys+streams > 0 || renewed {
		r.log.Info("erased", "persons", len(list), "keys", keys, "streams", streams, "position", uint64(newest), "again", again)
	}
	return nil
}

// destroyKeys destroys the keys that are there still: those the facts name, and any
// under which values were sealed since.
func (r *register) destroyKeys(ctx context.Context, list []projections.Erasure) (int, error) {
	var live []domain.KeyID
	for _, e := range list {
		more, err := r.vault.KeysOf(ctx, e.Person)
		if err != nil {
			return 0, err
		}
		for _, id := range append(e.Keys, more...) {
			_, err := r.keys.Key(id)
			gone := errors.Is(err, domain.ErrKeyDestroyed) || errors.Is(err, domain.ErrKeyMissing)
			if !gone || errors.Is(err, keyring.ErrDamaged) {
				live = append(live, id)
			}
		}
	}
	if len(live) == 0 {
		return 0, nil
	}
	return len(live), r.keys.Destroy(ctx, live...)
}

// removeValues removes the personal streams. When the register opens only those are
// looked at that hold something still: a store in a file finishes by itself what it
// began, one on servers has to be asked for every one again.
func (r *register) removeValues(ctx context.Context, list []projections.Erasure, again bool) (int, error) {
	var names []domain.Stream
	for _, e := range list {
		name := domain.PersonaStream(e.Person)
		there := true
		if again && !r.store.shared {
			var err error
			if there, err = r.hasEvents(ctx, name); err != nil {
				return 0, err
			}
		}
		if there {
			names = append(names, name)
		}
	}
	return len(names), removeStreams(ctx, r.store.eventStore, names)
}

// renewSnapshot takes a new snapshot in the place of one that was taken before a
// position, or at least takes that away. It reports whether there was anything to do.
func (r *register) renewSnapshot(ctx context.Context, at domain.Position) (bool, error) {
	r.snapshots.Lock()
	defer r.snapshots.Unlock()
	if newest := r.newestSnapshot(); newest != nil && newest.Position >= at {
		return false, nil
	}
	info, err := r.view.Snapshot(ctx)
	if err == nil {
		r.log.Info("snapshot", "position", uint64(info.Position), "bytes", info.Bytes)
		return true, nil
	}
	r.log.Warn("no snapshot of the read models was taken; the next start reads the log", "error", err)
	for _, name := range []string{snapshotFile, snapshotFile + ".new"} {
		if err := os.Remove(r.path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return true, err
		}
	}
	return true, nil
}

// erased waits until what the facts up to a position ask for is gone, or a try fails.
func (r *register) erased(ctx context.Context, upTo domain.Position) error {
	if err := r.view.Wait(ctx, upTo); err != nil {
		return err
	}
	want, err := projections.Ask(ctx, r.view, upTo, func(m *projections.Models) (mark, error) {
		return mark{m.Retention.NewestBy(upTo), m.Retention.Papers()}, nil
	})
	if err != nil {
		return err
	}
	for {
		_, changed, _ := r.erasing.state()
		if r.erasing.reached(want) {
			return nil
		}
		select {
		case r.erasing.kick <- struct{}{}:
		default: // it is told already
		}
		select {
		case <-changed:
		case <-r.erasing.ended:
			return domain.ErrStoreClosed
		case <-ctx.Done():
			return ctx.Err()
		}
		if _, _, fault := r.erasing.state(); fault != nil {
			return fault
		}
	}
}

// erasuresPending returns how many forgotten persons are not erased yet.
func (r *register) erasuresPending() float64 {
	at, _, _ := r.erasing.state()
	list, err := projections.Ask(context.Background(), r.view, 0, func(m *projections.Models) ([]projections.Erasure, error) {
		return m.Retention.Erasures(at.done), nil
	})
	if err != nil {
		return 0
	}
	return float64(len(list))
}
