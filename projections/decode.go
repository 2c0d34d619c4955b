package projections

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"tavoli/domain"
)

const (
	chunkSize = 256 // how many entries are decoded, and applied, at once
	smallPage = 16  // up to how many entries are decoded where they are read
	livePage  = 512 // the same for a reader that has caught up: somebody waits
)

// An Opener opens the values of a person, as [domain.Vault.Open] does.
type Opener = func(domain.PersonDescribed) (domain.Values, error)

// A reader turns pages of a log into records with the values of persons.
type reader struct {
	open     Opener
	workers  int
	warn     func(msg string, args ...any)
	unopened atomic.Int64 // descriptions that could not be opened, forgotten persons apart
}

func newReader(open Opener, o Options) *reader {
	r := &reader{open: open, workers: o.Workers, warn: o.Warn}
	if r.workers <= 0 {
		r.workers = runtime.GOMAXPROCS(0)
	}
	if r.warn == nil {
		r.warn = func(string, ...any) {}
	}
	return r
}

// maxWarnings is how many values that cannot be opened are told one by one.
const maxWarnings = 20

// record reads an entry with its event and, for the description of a person, the
// values. Values whose key is gone are left out: a forgotten person has none.
func (r *reader) record(e domain.Entry) (domain.Record, error) {
	rec, err := e.Record()
	if err != nil {
		return rec, err
	}
	if d, ok := rec.Event.(domain.PersonDescribed); ok {
		rec.Values = r.values(&rec, d)
	}
	return rec, nil
}

func (r *reader) values(rec *domain.Record, d domain.PersonDescribed) *domain.Values {
	if r.open == nil {
		return nil
	}
	values, err := r.open(d)
	switch {
	case err == nil:
		return &values
	case errors.Is(err, domain.ErrKeyDestroyed):
	default:
		if n := r.unopened.Add(1); n <= maxWarnings {
			r.warn("a person's values cannot be opened", "position", rec.Position, "person", d.Person, "error", err)
		}
	}
	return nil
}

// A chunk is some entries on their way into the models.
type chunk struct {
	entries []domain.Entry
	upTo    domain.Position // what a reader has reached after it
	records []domain.Record
	err     error
	done    chan struct{} // closed when records and err are set
}

// decode reads the entries up to the first that cannot be read.
func (r *reader) decode(c *chunk) {
	if cap(c.records) < len(c.entries) {
		c.records = make([]domain.Record, 0, max(len(c.entries), chunkSize))
	}
	c.records = c.records[:0]
	for _, e := range c.entries {
		rec, err := r.record(e)
		if err != nil {
			c.err = err
			return
		}
		c.records = append(c.records, rec)
	}
}

// pages returns the pages of a log that are to be read.
type pages = func(context.Context) iter.Seq2[domain.Page, error]

// An applier takes records in order, and the position reached with them. It keeps
// none of them.
type applier func(records []domain.Record, upTo domain.Position) error

// A pipe decodes pages on several processors and applies them in order.
type pipe struct {
	reader *reader
	apply  applier
	stop   context.CancelFunc
	jobs   chan *chunk
	queue  chan *chunk // the same chunks, in order
	ahead  atomic.Int64
	spare  sync.Pool
	small  func() int // up to how many entries are decoded where they are read
	spot   chunk      // for those

	mu  sync.Mutex
	err error
}

// each reads pages to their end, or until ctx is done or something fails, and
// returns what failed. When it returns nothing of it runs any more.
func (r *reader) each(ctx context.Context, pages pages, apply applier) error {
	return r.eachOf(ctx, pages, apply, func() int { return smallPage })
}

func (r *reader) eachOf(ctx context.Context, pages pages, apply applier, small func() int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := &pipe{
		reader: r, apply: apply, stop: stop, small: small,
		jobs: make(chan *chunk, r.workers), queue: make(chan *chunk, 4*r.workers),
	}
	var workers sync.WaitGroup
	for range r.workers {
		workers.Go(p.work)
	}
	workers.Go(p.deliver)
	p.read(ctx, pages)
	close(p.jobs)
	close(p.queue)
	workers.Wait()
	return p.err
}

// fail notes why the pipe ends; the first reason counts.
func (p *pipe) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	p.stop()
}

func (p *pipe) failed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err != nil
}

func (p *pipe) read(ctx context.Context, pages pages) {
	for page, err := range pages(ctx) {
		switch {
		case err != nil && ctx.Err() == nil:
			p.fail(err)
			return
		case ctx.Err() != nil:
			return
		case len(page.Entries) <= p.small() && p.ahead.Load() == 0:
			p.now(page)
		default:
			p.submit(ctx, page)
		}
	}
}

// now deals with a page at once: nothing is ahead of it, and handing it to others
// would take longer than reading it.
func (p *pipe) now(page domain.Page) {
	p.spot.entries, p.spot.upTo = page.Entries, page.UpTo
	p.reader.decode(&p.spot)
	p.finish(&p.spot)
	clear(p.spot.records)
	p.spot.entries = nil
}

// submit hands a page to the workers in chunks.
func (p *pipe) submit(ctx context.Context, page domain.Page) {
	for rest := page.Entries; ; {
		c, _ := p.spare.Get().(*chunk)
		if c == nil {
			c = new(chunk)
		}
		n := min(len(rest), chunkSize)
		c.entries, c.err, c.done = rest[:n], nil, make(chan struct{})
		rest = rest[n:]
		if c.upTo = page.UpTo; len(rest) > 0 {
			c.upTo = c.entries[n-1].Position
		}
		p.ahead.Add(1)
		p.jobs <- c // workers always take it
		select {
		case p.queue <- c:
		case <-ctx.Done():
			return
		}
		if len(rest) == 0 {
			return
		}
	}
}

func (p *pipe) work() {
	for c := range p.jobs {
		p.reader.decode(c)
		close(c.done)
	}
}

// deliver applies chunks in order.
func (p *pipe) deliver() {
	for c := range p.queue {
		<-c.done
		if !p.failed() {
			p.finish(c)
		}
		clear(c.records)
		c.entries = nil
		p.spare.Put(c)
		p.ahead.Add(-1)
	}
}

// finish applies what could be read of a chunk.
func (p *pipe) finish(c *chunk) {
	upTo := c.upTo
	if c.err != nil {
		if len(c.records) == 0 {
			p.fail(c.err)
			return
		}
		upTo = c.records[len(c.records)-1].Position
	}
	if err := p.apply(c.records, upTo); err != nil {
		p.fail(err)
		return
	}
	if c.err != nil {
		p.fail(c.err)
	}
}
