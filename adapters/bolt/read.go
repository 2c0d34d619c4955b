package bolt

import (
	"context"
	"errors"
	"iter"

	"tavoli/domain"

	bbolt "go.etcd.io/bbolt"
)

// A page is what is copied out of one read transaction.
const (
	pageEntries = 1000
	pageBytes   = 1 << 20
)

// ReadStream implements [domain.Log].
func (s *Store) ReadStream(ctx context.Context, name domain.Stream, from domain.Revision) iter.Seq2[domain.Entry, error] {
	return func(yield func(domain.Entry, error) bool) {
		r := streamReader{s: s, stream: name, revision: max(from, 0), head: domain.Position(s.head.Load())}
		for {
			page, more, err := r.page(ctx)
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(domain.Entry{}, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

// Most streams that are read hold a few entries or none, and are read to see
// whether there are any.
const (
	fewFound  = 8
	manyFound = 256
)

// A streamReader is how far the reading of a stream has come.
type streamReader struct {
	s        *Store
	stream   domain.Stream
	revision domain.Revision // the next
	head     domain.Position
	cursor   cursor
	started  bool
	ahead    []domain.Position // found and not read yet
	found    []domain.Position // room for what is found at a time
}

// page returns the next entries of the stream and whether there may be more.
func (r *streamReader) page(ctx context.Context) (list []domain.Entry, more bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if len(r.ahead) == 0 && !r.look() {
		if r.s.closed() {
			return nil, false, domain.ErrStoreClosed
		}
		return nil, false, nil
	}
	err = r.s.view(func(tx *bbolt.Tx, hidden map[domain.Position]bool) (err error) {
		list, err = r.copy(tx, hidden)
		return err
	})
	return list, err == nil, err
}

// look finds the next positions in the index.
func (r *streamReader) look() bool {
	x := r.s.index
	x.mu.RLock()
	defer x.mu.RUnlock()
	if !r.started {
		var ok bool
		if r.cursor, ok = x.seek([]byte(r.stream), r.revision); !ok {
			return false
		}
		r.started, r.found = true, make([]domain.Position, fewFound)
	} else if r.cursor.done {
		return false
	} else if len(r.found) < manyFound {
		r.found = make([]domain.Position, manyFound)
	}
	n := x.read(&r.cursor, r.found, r.head)
	r.cursor.done = n < len(r.found)
	r.ahead = r.found[:n]
	return n > 0
}

// copy reads what lies ahead, up to the size of a page.
func (r *streamReader) copy(tx *bbolt.Tx, hidden map[domain.Position]bool) ([]domain.Entry, error) {
	var out pageBuilder
	for len(r.ahead) > 0 && out.size < pageBytes {
		pos := r.ahead[0]
		rec, err := get(tx, pos)
		if err != nil {
			if f := new(Finding); errors.As(err, &f) {
				f.Stream = r.stream
			}
			return out.entries(), err
		}
		if rec.kind == kindTombstone || hidden[pos] {
			r.ahead, r.cursor.done = nil, true // forgotten while it was read
			break
		}
		if at, ok := locate(rec.body); !ok || string(at.stream) != string(r.stream) || at.revision != r.revision {
			f := damage(pos, "the record is not the one the index names")
			f.Stream = r.stream
			return out.entries(), f
		}
		out.add(pos, rec.body)
		r.ahead = r.ahead[1:]
		r.revision++
	}
	return out.entries(), nil
}

// A pageBuilder gathers entries that still lie in a transaction.
type pageBuilder struct {
	positions []domain.Position
	bodies    [][]byte
	size      int
}

func (p *pageBuilder) add(pos domain.Position, body []byte) {
	p.positions = append(p.positions, pos)
	p.bodies = append(p.bodies, body)
	p.size += len(body)
}

// entries copies what was gathered into one piece of memory.
func (p *pageBuilder) entries() []domain.Entry {
	if len(p.bodies) == 0 {
		return nil
	}
	buf := make([]byte, 0, p.size)
	list := make([]domain.Entry, len(p.bodies))
	for i, body := range p.bodies {
		from := len(buf)
		buf = append(buf, body...)
		list[i] = domain.Entry{Position: p.positions[i], Bytes: buf[from:len(buf):len(buf)]}
	}
	return list
}

// ReadAll implements [domain.Log].
func (s *Store) ReadAll(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		s.readTo(ctx, after, domain.Position(s.head.Load()), yield)
	}
}

// readTo yields the entries after one position up to another. It returns false
// when reading is over, because of an error or because yield said so.
func (s *Store) readTo(ctx context.Context, after, head domain.Position, yield func(domain.Page, error) bool) bool {
	for {
		err := ctx.Err()
		if err == nil && s.closed() {
			err = domain.ErrStoreClosed
		}
		var page domain.Page
		if err == nil && after < head {
			page, err = s.page(after, head)
		}
		if len(page.Entries) > 0 || page.UpTo > after {
			if !yield(page, nil) {
				return false
			}
			after = page.UpTo
		}
		if err != nil {
			yield(domain.Page{}, err)
			return false
		}
		if after >= head {
			return true
		}
	}
}

// page copies the next entries out of the log. With an error come the entries
// that are sound before it.
func (s *Store) page(after, head domain.Position) (page domain.Page, err error) {
	page.UpTo = after
	var out pageBuilder
	err = s.view(func(tx *bbolt.Tx, hidden map[domain.Position]bool) error {
		err := scan(tx, after, head, func(pos domain.Position, rec record) bool {
			if rec.kind == kindEntry && !hidden[pos] {
				out.add(pos, rec.body)
			}
			page.UpTo = pos
			return len(out.bodies) < pageEntries && out.size < pageBytes
		})
		page.Entries = out.entries()
		return err
	})
	if f := new(Finding); errors.As(err, &f) {
		err = s.name(f, page.UpTo+1)
	}
	return page, err
}

// name completes a finding with where it is.
func (s *Store) name(f *Finding, pos domain.Position) *Finding {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return &Finding{Position: pos, Stream: s.index.owners([]domain.Position{pos})[pos], What: f.What}
}

// Follow implements [domain.Log].
func (s *Store) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		for {
			moved := s.moved.wait()
			head := domain.Position(s.head.Load())
			if head > after && !s.readTo(ctx, after, head, untilDone(ctx, yield)) {
				return
			}
			after = max(after, head)
			select {
			case <-moved:
			case <-ctx.Done():
				return
			case <-s.closing:
				yield(domain.Page{}, domain.ErrStoreClosed)
				return
			}
		}
	}
}

// untilDone keeps the end of ctx from being an error.
func untilDone(ctx context.Context, yield func(domain.Page, error) bool) func(domain.Page, error) bool {
	return func(p domain.Page, err error) bool {
		if err != nil && ctx.Err() != nil {
			return false
		}
		return yield(p, err)
	}
}
