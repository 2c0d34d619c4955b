package bolt

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"tavoli/domain"
)

// A request is one call of Append. It is written down and given its place by the
// caller's own goroutine; then it waits for the writer to commit it.
type request struct {
	batches []domain.Batch
	records [][]piece // of each batch
	buffer  []byte
	refusal error // why the batches after those encoded are not tried

	imported [][]time.Time // when the events of each batch were recorded, elsewhere; nil: they are recorded now

	done     chan struct{}
	position domain.Position
	err      error
}

// A piece is where one event lies in the buffer of its request: header and entry.
type piece struct {
	from, to int
	time     int // where the time of recording is to be written
}

// Append implements [domain.Store].
func (s *Store) Append(ctx context.Context, batches ...domain.Batch) (domain.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	r := s.request()
	err := r.encode(batches)
	if err == nil {
		err = s.tail.place(r)
	}
	if err != nil {
		s.release(r)
		return 0, err
	}
	return s.await(ctx, r)
}

// await waits for the outcome of a request.
func (s *Store) await(ctx context.Context, r *request) (domain.Position, error) {
	select {
	case <-r.done:
	case <-ctx.Done():
		select {
		case <-r.done:
		default:
			return 0, unknown(ctx.Err())
		}
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
	r.imported = nil
	if cap(r.buffer) > 64<<10 {
		r.buffer = nil
	}
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

var room [headerSize]byte

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
