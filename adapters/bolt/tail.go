package bolt

import (
	"fmt"
	"sync"
	"time"

	"tavoli/domain"

	"github.com/google/uuid"
	bbolt "go.etcd.io/bbolt"
)

// A group takes no more when it has grown to this; what is left waits for the next.
const (
	groupRequests = 4096
	groupBytes    = 8 << 20
)

// A tail is the end of the log, where events get their places in memory while the
// writer commits those placed before. Callers queue their requests; one of them,
// or the writer, places what is in the queue. Nobody waits for the lock to do so:
// whoever finds it taken leaves the work to the writer, because callers that queue
// for a lock one after the other would spend their time on being woken.
//
// The lock of the index guards all but the queue.
type tail struct {
	s       *Store
	next    domain.Position
	link    link
	last    time.Time // the newest time of recording
	stamp   []byte    // the same, written down
	scratch []byte
	queue   queue

	group  *group        // takes what is placed
	flying *group        // is being committed, or nil
	filled chan struct{} // has something in it when there is something to do for the writer
}

// A queue holds the requests that are not placed yet.
type queue struct {
	mu     sync.Mutex
	list   []*request
	closed bool
}

// A group is what is committed together.
type group struct {
	requests []*request
	records  [][]byte
	size     int
	first    domain.Position
	before   tailMark        // how the tail was before
	link     link            // of the last record
	imported domain.Position // the last record that was imported; 0: none
	undos    undoing
}

// A tailMark is what the tail goes back to when a group is not stored.
type tailMark struct {
	next domain.Position
	link link
	last time.Time
}

func newTail(s *Store, l *loading) *tail {
	t := &tail{s: s, next: l.head + 1, link: l.link, last: l.last, filled: make(chan struct{}, 1)}
	t.stamp = t.last.AppendFormat(nil, timeLayout)
	t.open(new(group))
	return t
}

// open makes an empty group the one that takes what is placed.
func (t *tail) open(g *group) {
	clear(g.requests)
	clear(g.records)
	g.requests, g.records, g.size = g.requests[:0], g.records[:0], 0
	g.imported = 0
	g.first, g.before, g.link = t.next, tailMark{t.next, t.link, t.last}, t.link
	t.s.index.mark(&g.undos)
	t.group = g
}

func (g *group) full() bool { return len(g.requests) >= groupRequests || g.size >= groupBytes }

// place queues a request to be placed.
func (t *tail) place(r *request) error {
	first, ok := t.queue.add(r)
	if !ok {
		return domain.ErrStoreClosed
	}
	if first {
		select {
		case t.filled <- struct{}{}:
		default:
		}
	}
	if x := t.s.index; x.mu.TryLock() {
		t.placeAll()
		x.mu.Unlock()
	}
	return nil
}

// add appends a request and reports whether it is the first, and whether the queue
// still takes any.
func (q *queue) add(r *request) (first, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false, false
	}
	q.list = append(q.list, r)
	return len(q.list) == 1, true
}

// take moves up to n requests from the queue to a list.
func (q *queue) take(to []*request, n int) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	n = min(n, len(q.list))
	to = append(to, q.list[:n]...)
	rest := copy(q.list, q.list[n:])
	clear(q.list[rest:])
	q.list = q.list[:rest]
	return to
}

// placeAll places what is in the queue, as far as the group takes it.
func (t *tail) placeAll() {
	if g := t.group; !g.full() {
		from := len(g.requests)
		g.requests = t.queue.take(g.requests, groupRequests-from)
		for _, r := range g.requests[from:] {
			if f := t.s.failure.Load(); f != nil {
				r.position, r.err = 0, f.refuse(r)
				continue
			}
			t.tick()
			t.placeRequest(r)
			g.link = t.link
			g.size += len(r.buffer)
		}
	}
}

// tick moves the time of recording on. It goes in steps of a millisecond, so that
// it need not be written down for every event.
func (t *tail) tick() {
	now := domain.Truncate(t.s.options.Now())
	if d := now.Sub(t.last); d >= time.Millisecond || d > 0 && len(t.group.records) == 0 {
		t.last = now
		t.stamp = now.AppendFormat(t.stamp[:0], timeLayout)
	}
}

// placeRequest places the batches of a request up to the first that is refused.
func (t *tail) placeRequest(r *request) {
	for i := range r.batches {
		if r.position, r.err = t.placeBatch(r, i); r.err != nil {
			return
		}
	}
	r.err = r.refusal
}

func (t *tail) placeBatch(r *request, i int) (domain.Position, error) {
	b := &r.batches[i]
	at, st := t.s.index.locate(b.Stream)
	head := domain.Revision(st.length) - 1
	switch {
	case st.flags&flagForgotten != 0:
		return 0, domain.ErrStreamForgotten
	case b.After < head:
		return t.repeated(b, head)
	case b.After > head:
		return 0, &domain.ConflictError{Stream: b.Stream, Expected: b.After, Actual: head}
	}
	for j, p := range r.records[i] {
		if r.imported != nil {
			copy(r.buffer[p.time:], t.remember(r.imported[i][j]))
			t.group.imported = t.next
		} else {
			copy(r.buffer[p.time:], t.stamp)
		}
		t.placeRecord(r.buffer[p.from:p.to:p.to])
		t.s.index.note(&at, b.Stream, t.next, &t.group.undos)
		t.next++
	}
	return t.next - 1, nil
}

// remember writes down when an event was recorded elsewhere. Nothing is stamped earlier
// than that from then on.
func (t *tail) remember(recorded time.Time) []byte {
	text := recorded.AppendFormat(nil, timeLayout)
	if recorded.After(t.last) {
		t.last, t.stamp = recorded, append(t.stamp[:0], text...)
	}
	return text
}

// placeRecord completes the header of a record and adds it to the group.
func (t *tail) placeRecord(rec []byte) {
	t.link, t.scratch = linkOf(t.scratch, t.link, rec[headerSize:])
	seal(rec, t.next, kindEntry, t.link)
	t.group.records = append(t.group.records, rec)
}

// repeated returns the position of a batch that is stored already, or a conflict.
func (t *tail) repeated(b *domain.Batch, head domain.Revision) (domain.Position, error) {
	conflict := &domain.ConflictError{Stream: b.Stream, Expected: b.After, Actual: head}
	if head-b.After < domain.Revision(len(b.Events)) {
		return 0, conflict
	}
	cur, ok := t.s.index.seek([]byte(b.Stream), b.After+1)
	if !ok {
		return 0, conflict
	}
	held := make([]domain.Position, len(b.Events)+1)
	held = held[:t.s.index.read(&cur, held, t.next)]
	for i := range b.Events {
		if i >= len(held) {
			return 0, conflict
		}
		switch id, err := t.idAt(held[i]); {
		case err != nil:
			return 0, err
		case id != b.Events[i].ID:
			return 0, conflict
		}
	}
	return held[len(b.Events)-1], nil
}

// idAt returns the id of the event at a position, committed or not.
func (t *tail) idAt(pos domain.Position) (id uuid.UUID, err error) {
	for _, g := range []*group{t.group, t.flying} {
		if g != nil && pos >= g.first && pos < g.first+domain.Position(len(g.records)) {
			id, _ = domain.EntryID(g.records[pos-g.first][headerSize:])
			return id, nil
		}
	}
	err = t.s.view(func(tx *bbolt.Tx, _ map[domain.Position]bool) error {
		rec, err := get(tx, pos)
		if err != nil {
			return err
		}
		id, _ = domain.EntryID(rec.body)
		return nil
	})
	return id, err
}

// waiting returns how many requests there are that the writer has not taken.
func (t *tail) waiting() int {
	t.s.index.mu.RLock()
	n := len(t.group.requests)
	t.s.index.mu.RUnlock()
	t.queue.mu.Lock()
	defer t.queue.mu.Unlock()
	return n + len(t.queue.list)
}

// takeOff hands the group to the writer and opens an empty one.
func (t *tail) takeOff(empty *group) *group {
	t.s.index.mu.Lock()
	defer t.s.index.mu.Unlock()
	t.placeAll()
	g := t.group
	t.open(empty)
	t.flying = g
	return g
}

// landed says that the flying group is committed.
func (t *tail) landed() {
	t.s.index.mu.Lock()
	defer t.s.index.mu.Unlock()
	t.flying = nil
}

// takeBack forgets the flying group, and the one placed on top of it, which is
// returned: what is in it is not stored either.
func (t *tail) takeBack(flying *group) *group {
	x := t.s.index
	x.mu.Lock()
	defer x.mu.Unlock()
	top := t.group
	x.undo(&top.undos)
	x.undo(&flying.undos)
	t.next, t.link, t.last = flying.before.next, flying.before.link, flying.before.last
	t.stamp = t.last.AppendFormat(t.stamp[:0], timeLayout)
	t.flying = nil
	t.open(new(group))
	return top
}

// close has the tail take no more.
func (t *tail) close() {
	t.queue.mu.Lock()
	defer t.queue.mu.Unlock()
	t.queue.closed = true
}

// refuse answers a request to a failed store. What was in flight when it failed
// may have been stored, and a repetition must not be told that it was not.
func (f *failure) refuse(r *request) error {
	for _, b := range r.batches {
		if f.inFlight[b.Events[0].ID] {
			return unknown(f.err)
		}
	}
	return fmt.Errorf("%w (%w)", ErrFailed, f.err)
}
