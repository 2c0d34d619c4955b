package bolt

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"tavoli/domain"

	"github.com/google/uuid"
	bbolt "go.etcd.io/bbolt"
)

// Errors of appending that other stores may not have.
var (
	ErrDiskFull = &domain.Error{Kind: domain.Refused, Code: "disk-full", Text: "the disk is full; nothing was stored"}
	ErrFailed   = &domain.Error{Kind: domain.Refused, Code: "store-failed", Text: "the event store has failed and takes no more events"}
)

// A writer is the one goroutine that changes the file.
type writer struct {
	s       *Store
	spare   *group      // to be filled next
	idle    *time.Timer // fires when nobody has asked for anything for a while
	reserve reserve
	paper   paper
}

// run writes until the store closes. What has been placed by then is committed.
func (w *writer) run() {
	defer close(w.s.stopped)
	defer w.idle.Stop()
	if w.s.options.Reserve <= 0 {
		w.idle.Stop() // who only reads needs no room
	}
	for {
		select {
		case <-w.s.tail.filled:
			w.carryOut()
			w.idle.Reset(reserveAfter)
		case <-w.idle.C:
			w.makeRoom()
		case order := <-w.s.orders:
			order(w)
		case <-w.s.closing:
			w.s.tail.close()
			for w.flush() {
			}
			return
		}
	}
}

// carryOut commits what is placed, group by group, until there is nothing left.
func (w *writer) carryOut() {
	for {
		w.gather()
		if !w.flush() {
			return
		}
		select {
		case order := <-w.s.orders:
			order(w)
		case <-w.s.closing:
			return
		default:
		}
	}
}

// gather lets the callers that the commit before has woken ask again, so that a
// group is all that can be had without waiting.
func (w *writer) gather() {
	for n := -1; n < w.s.tail.waiting(); {
		n = w.s.tail.waiting()
		runtime.Gosched()
	}
}

// flush commits the group and reports whether there was one.
func (w *writer) flush() bool {
	g := w.s.tail.takeOff(w.spare)
	w.spare = g
	if len(g.requests) == 0 {
		return false
	}
	var err error
	if len(g.records) > 0 {
		err = w.commit(g)
	}
	if err == nil {
		w.s.tail.landed()
	}
	answer(g, err)
	w.s.moved.raise() // after those who wrote: they have waited longer
	return true
}

// answer tells the callers of a group what became of it.
func answer(g *group, err error) {
	for _, r := range g.requests {
		if err != nil {
			r.position, r.err = 0, err
		}
		r.done <- struct{}{}
	}
}

// commit makes a group durable.
func (w *writer) commit(g *group) error {
	began := time.Now()
	err := w.transact(func(tx *bbolt.Tx) error { return fill(tx, g, &w.paper) })
	w.paper.leave()
	if err != nil {
		return w.notStored(g, err)
	}
	last := g.first + domain.Position(len(g.records)) - 1
	w.s.head.Store(uint64(last))
	w.s.meter.committed(len(g.records), time.Since(began))
	w.s.maybeCheckpoint(last, g.link)
	return nil
}

// errPanicked marks a commit that did not come back.
var errPanicked = errors.New("the file cannot be written")

// transact runs fn in a write transaction and commits it.
func (w *writer) transact(fn func(*bbolt.Tx) error) (err error) {
	tx, err := w.s.file.Load().Begin(true)
	if err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = errors.Join(fmt.Errorf("%w: %v", errPanicked, r), tx.Rollback())
		}
	}()
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// fill puts the records of a group into the log.
func fill(tx *bbolt.Tx, g *group, p *paper) error {
	if g.imported > 0 {
		if err := markImported(tx, g.imported); err != nil {
			return err
		}
	}
	b := newBlocks(tx, g.first, p)
	for _, rec := range g.records {
		if err := b.add(rec); err != nil {
			return err
		}
	}
	return b.end()
}

// notStored takes a group back in memory and says what its callers are told. It
// answers those whose events were placed after it: nothing of theirs was written.
func (w *writer) notStored(g *group, err error) error {
	before := w.s.file.Load().untouched(g.first - 1)
	full := diskFull(err) && before
	told := error(ErrDiskFull)
	if full {
		w.s.log.Warn("the disk is full", "error", err)
	} else {
		w.s.fail(err, inFlight(g))
		told = fmt.Errorf("%w (%w)", ErrFailed, err)
	}
	answer(w.s.tail.takeBack(g), told)
	if full {
		return ErrDiskFull
	}
	return unknown(err)
}

// inFlight returns the first event of each batch of a group.
func inFlight(g *group) map[uuid.UUID]bool {
	ids := make(map[uuid.UUID]bool)
	for _, r := range g.requests {
		for _, b := range r.batches {
			ids[b.Events[0].ID] = true
		}
	}
	return ids
}

func unknown(err error) error { return fmt.Errorf("%w (%w)", domain.ErrOutcome, err) }

// diskFull reports whether err comes from a disk or a quota that is exhausted.
// bbolt loses the cause of one such error and keeps its text.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || strings.Contains(err.Error(), syscall.ENOSPC.Error())
}

// untouched reports whether the newest commit in the file is the one with a head.
func (f *file) untouched(head domain.Position) bool {
	ok := false
	err := f.view(func(tx *bbolt.Tx) error {
		ok = tx.Bucket(bucketLog).Sequence() == uint64(head)
		return nil
	})
	return err == nil && ok
}

// makeRoom prepares the file for what will be written.
func (w *writer) makeRoom() {
	if w.s.options.NoSync || w.s.options.Reserve < 0 || w.s.Err() != nil {
		return
	}
	more, err := w.reserve.more(w.s.file.Load(), w.s.options.Reserve)
	w.s.meter.ready.Store(w.reserve.ready)
	if err != nil {
		w.s.log.Warn("no room can be made ready in the file", "error", err)
	}
	if more {
		w.idle.Reset(0)
	}
}
