package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
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

// A group is committed when it has grown to this, though more may wait.
const (
	groupRequests = 4096
	groupBytes    = 8 << 20
)

// A request is one call of Append on its way through the writer. The caller's
// goroutine encodes the events; the writer knows their places and the time.
type request struct {
	batches []domain.Batch
	records [][]piece // of each batch
	buffer  []byte
	refusal error // why the batches after those encoded are not tried

	state    atomic.Int32
	done     chan struct{}
	position domain.Position
	err      error
}

// What becomes of a request.
const (
	queued int32 = iota
	taken
	abandoned
)

// A piece is where one event lies in the buffer of its request: key, header, entry.
type piece struct {
	from, to int
	time     int // where the time of recording is to be written
}

const keySize = 8

// Append implements [domain.Store].
func (s *Store) Append(ctx context.Context, batches ...domain.Batch) (domain.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	r := s.request()
	if err := r.encode(batches); err != nil {
		s.release(r)
		return 0, err
	}
	if !s.queue.add(r) {
		s.release(r)
		return 0, domain.ErrStoreClosed
	}
	return s.await(ctx, r)
}

// A queue holds what the writer has not taken yet. It is as long as there are
// callers. A mutex costs them less than a channel.
type queue struct {
	mu     sync.Mutex
	list   []*request
	closed bool
	filled chan struct{} // has something in it when the list became non-empty
}

// add puts a request into the queue, unless the queue is closed.
func (q *queue) add(r *request) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	q.list = append(q.list, r)
	first := len(q.list) == 1
	q.mu.Unlock()
	if first {
		select {
		case q.filled <- struct{}{}:
		default:
		}
	}
	return true
}

// swap takes everything out of the queue and leaves it an empty list to use.
func (q *queue) swap(empty []*request) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list = empty
	return list
}

// close ends the queue and returns what nobody will take.
func (q *queue) close() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	return q.list
}

// await waits for the outcome of a request. A request that the writer has not
// taken yet can still be withdrawn, so that its outcome is known.
func (s *Store) await(ctx context.Context, r *request) (domain.Position, error) {
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(queued, abandoned) {
			return 0, ctx.Err()
		}
		return 0, fmt.Errorf("%w (%w)", domain.ErrOutcome, ctx.Err())
	}
	pos, err := r.position, r.err
	s.release(r)
	return pos, err
}

// request returns an empty request, used before or new.
func (s *Store) request() *request {
	if r, ok := s.pool.Get().(*request); ok {
		return r
	}
	return &request{done: make(chan struct{}, 1)}
}

// release gives a request back that nobody else holds.
func (s *Store) release(r *request) {
	clear(r.batches)
	r.batches, r.records, r.refusal, r.position, r.err = r.batches[:0], r.records[:0], nil, 0, nil
	if cap(r.buffer) > 64<<10 {
		r.buffer = nil
	}
	r.state.Store(queued)
	s.pool.Put(r)
}

// encode writes the events of all batches down, up to one that cannot be stored.
func (r *request) encode(batches []domain.Batch) error {
	if len(batches) == 0 {
		return domain.ErrEmptyBatch
	}
	r.buffer = r.buffer[:0]
	for i := range batches {
		if err := r.add(batches[i]); err != nil {
			r.refusal = err
			break
		}
	}
	if len(r.batches) == 0 {
		return r.refusal
	}
	return nil
}

func (r *request) add(b domain.Batch) error {
	if err := b.Check(); err != nil {
		return err
	}
	if cap(r.records) > len(r.records) {
		r.records = r.records[:len(r.records)+1]
	} else {
		r.records = append(r.records, nil)
	}
	pieces := r.records[len(r.records)-1][:0]
	for i := range b.Events {
		p, err := r.write(b.Stream, b.After+1+domain.Revision(i), &b.Events[i])
		if err != nil {
			r.records = r.records[:len(r.records)-1]
			return err
		}
		pieces = append(pieces, p)
	}
	r.records[len(r.records)-1] = pieces
	r.batches = append(r.batches, b)
	return nil
}

var room [keySize + headerSize]byte

func (r *request) write(s domain.Stream, rev domain.Revision, d *domain.Draft) (piece, error) {
	p := piece{from: len(r.buffer)}
	r.buffer = append(r.buffer, room[:]...)
	r.buffer = domain.AppendEntry(r.buffer, s, rev, time.Time{}, d)
	p.to = len(r.buffer)
	entry := r.buffer[p.from+len(room):]
	const label = `,"recorded_at":"`
	i := bytes.Index(entry, []byte(label))
	if len(entry) > domain.MaxEntry || i < 0 {
		return p, fmt.Errorf("%s: an entry of %d bytes: %w", s, len(entry), domain.ErrTooLarge)
	}
	p.time = p.from + len(room) + i + len(label)
	return p, nil
}

// A writer is the one goroutine that changes the store.
type writer struct {
	s       *Store
	next    domain.Position
	link    link
	last    time.Time // the newest time of recording
	stamp   []byte    // the same, written down
	scratch []byte

	waiting []*request // taken out of the queue, in no group yet
	spare   []*request // for the queue to use
	group   []*request // those of the commit under way
	puts    [][]byte   // their records, each after its key
	size    int
	undone  writerMark
	inGroup domain.Position // the first position of the group

	idle    *time.Timer // fires when nobody has asked for anything for a while
	reserve reserve
}

// A writerMark is what the writer goes back to when a group is not stored.
type writerMark struct {
	next domain.Position
	link link
	last time.Time
}

// run writes until the store closes.
func (w *writer) run() {
	defer close(w.s.stopped)
	if w.s.options.Reserve <= 0 {
		w.idle.Stop() // who only reads needs no room
	}
	defer w.idle.Stop()
	for {
		select {
		case <-w.s.queue.filled:
			w.carryOut()
			w.idle.Reset(reserveAfter)
		case <-w.idle.C:
			w.makeRoom()
		case order := <-w.s.orders:
			order(w)
		case <-w.s.closing:
			w.turnAway(w.waiting)
			w.turnAway(w.s.queue.close())
			return
		}
	}
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

// turnAway answers those who came too late.
func (w *writer) turnAway(list []*request) {
	for _, r := range list {
		if r.state.CompareAndSwap(queued, taken) {
			r.position, r.err = 0, domain.ErrStoreClosed
			r.done <- struct{}{}
		}
	}
}

// carryOut stores the requests that wait, together, until none does.
func (w *writer) carryOut() {
	for w.gather(); len(w.group) > 0; w.gather() {
		w.place()
		var err error
		if len(w.puts) > 0 {
			err = w.commit()
		}
		w.answer(err)
		select {
		case order := <-w.s.orders:
			order(w)
		case <-w.s.closing:
			return
		default:
		}
	}
}

// gather takes what waits in the queue, up to the size of a group. The callers
// that the commit before has woken get their turn to ask again, so that a group is
// all that can be had without waiting.
func (w *writer) gather() {
	w.group, w.size = w.group[:0], 0
	for n := -1; n < len(w.group); {
		n = len(w.group)
		if len(w.waiting) == 0 {
			w.waiting = w.s.queue.swap(w.spare[:0])
			w.spare = w.waiting
		}
		for len(w.waiting) > 0 && len(w.group) < groupRequests && w.size < groupBytes {
			w.take(w.waiting[0])
			w.waiting = w.waiting[1:]
		}
		if len(w.waiting) > 0 {
			return
		}
		runtime.Gosched()
	}
}

func (w *writer) take(r *request) {
	if r.state.CompareAndSwap(queued, taken) {
		w.group = append(w.group, r)
		w.size += len(r.buffer)
	}
}

// place gives every event of the group its position, time and link, in memory.
func (w *writer) place() {
	if f := w.s.failure.Load(); f != nil {
		w.refuse(f)
		return
	}
	w.undone = writerMark{w.next, w.link, w.last}
	w.inGroup, w.puts = w.next, w.puts[:0]
	if now := domain.Truncate(w.s.options.Now()); now.After(w.last) {
		w.last = now
	}
	w.stamp = w.last.AppendFormat(w.stamp[:0], timeLayout)
	x := w.s.index
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mark()
	for _, r := range w.group {
		w.placeRequest(r)
	}
}

// placeRequest places the batches of a request up to the first that is refused.
func (w *writer) placeRequest(r *request) {
	for i := range r.batches {
		if r.position, r.err = w.placeBatch(r, i); r.err != nil {
			return
		}
	}
	r.err = r.refusal
}

func (w *writer) placeBatch(r *request, i int) (domain.Position, error) {
	b := &r.batches[i]
	at, st := w.s.index.locate(b.Stream)
	head := domain.Revision(st.length) - 1
	switch {
	case st.flags&flagForgotten != 0:
		return 0, domain.ErrStreamForgotten
	case b.After < head:
		return w.repeated(b, head)
	case b.After > head:
		return 0, &domain.ConflictError{Stream: b.Stream, Expected: b.After, Actual: head}
	}
	for _, p := range r.records[i] {
		w.placeEvent(&at, b.Stream, r.buffer[p.from:p.to:p.to], p.time-p.from)
	}
	return w.next - 1, nil
}

// placeEvent completes a record: put is key, header and entry.
func (w *writer) placeEvent(at *place, name domain.Stream, put []byte, stamp int) {
	copy(put[stamp:], w.stamp)
	w.link, w.scratch = linkOf(w.scratch, w.link, put[keySize+headerSize:])
	key := keyOf(w.next)
	copy(put, key[:])
	seal(put[keySize:], w.next, kindEntry, w.link)
	w.s.index.noteUndoable(at, name, w.next)
	w.puts = append(w.puts, put)
	w.next++
}

// repeated returns the position of a batch that is stored already, or a conflict.
func (w *writer) repeated(b *domain.Batch, head domain.Revision) (domain.Position, error) {
	conflict := &domain.ConflictError{Stream: b.Stream, Expected: b.After, Actual: head}
	if head-b.After < domain.Revision(len(b.Events)) {
		return 0, conflict
	}
	cur, ok := w.s.index.seek([]byte(b.Stream), b.After+1)
	if !ok {
		return 0, conflict
	}
	held := make([]domain.Position, len(b.Events)+1)
	held = held[:w.s.index.read(&cur, held, w.next)]
	for i := range b.Events {
		if i >= len(held) {
			return 0, conflict
		}
		switch id, err := w.idAt(held[i]); {
		case err != nil:
			return 0, err
		case id != b.Events[i].ID:
			return 0, conflict
		}
	}
	return held[len(b.Events)-1], nil
}

// idAt returns the id of the event at a position, stored or in this group.
func (w *writer) idAt(pos domain.Position) (id uuid.UUID, err error) {
	if pos >= w.inGroup {
		id, _ = domain.EntryID(w.puts[pos-w.inGroup][keySize+headerSize:])
		return id, nil
	}
	err = w.s.file.Load().view(func(tx *bbolt.Tx) error {
		rec, err := get(tx, pos)
		if err != nil {
			return err
		}
		id, _ = domain.EntryID(rec.body)
		return nil
	})
	return id, err
}

// commit makes the group durable.
func (w *writer) commit() error {
	began := time.Now()
	err := w.transact(w.fill)
	if err != nil {
		w.takeBack()
		return w.classify(err)
	}
	w.s.head.Store(uint64(w.next - 1))
	w.s.meter.committed(len(w.puts), w.size, time.Since(began))
	w.s.moved.raise()
	w.s.maybeCheckpoint(w.next-1, w.link)
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
			tx.Rollback()
			err = fmt.Errorf("%w: %v", errPanicked, r)
		}
	}()
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (w *writer) fill(tx *bbolt.Tx) error {
	b := tx.Bucket(bucketLog)
	b.FillPercent = 1
	for _, put := range w.puts {
		if err := b.Put(put[:keySize:keySize], put[keySize:]); err != nil {
			return err
		}
	}
	return b.SetSequence(uint64(w.next - 1))
}

// takeBack forgets the group in memory.
func (w *writer) takeBack() {
	w.s.index.mu.Lock()
	defer w.s.index.mu.Unlock()
	w.s.index.undo()
	w.next, w.link, w.last = w.undone.next, w.undone.link, w.undone.last
}

// classify tells a full disk, after which nothing is stored and writing can go on,
// from everything else, after which nobody knows.
func (w *writer) classify(err error) error {
	if diskFull(err) && w.s.file.Load().untouched(w.undone.next-1) {
		w.s.log.Warn("the disk is full", "error", err)
		return ErrDiskFull
	}
	inFlight := make(map[uuid.UUID]bool)
	for _, r := range w.group {
		for _, b := range r.batches {
			inFlight[b.Events[0].ID] = true
		}
	}
	w.s.fail(err, inFlight)
	return unknown(err)
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

// refuse answers the group of a failed store. What was in flight when it failed
// may have been stored, and a repetition must not be told that it was not.
func (w *writer) refuse(f *failure) {
	w.puts = w.puts[:0]
	for _, r := range w.group {
		r.position, r.err = 0, fmt.Errorf("%w (%w)", ErrFailed, f.err)
		for _, b := range r.batches {
			if f.inFlight[b.Events[0].ID] {
				r.err = unknown(f.err)
			}
		}
	}
}

// answer tells the callers of the group what became of it.
func (w *writer) answer(err error) {
	for i, r := range w.group {
		if err != nil {
			r.position, r.err = 0, err
		}
		r.done <- struct{}{}
		w.group[i] = nil
	}
	w.group = w.group[:0]
}
