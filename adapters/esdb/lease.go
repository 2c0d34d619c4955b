package esdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"tavoli/domain"
)

// ErrLeaseLost is the cause of the end of what was done under a lease that another
// node may have by now.
var ErrLeaseLost = errors.New("the lease was lost")

// DefaultTerm is the term of a [Lease] unless it is given: how long after the end of
// a node another takes over.
const DefaultTerm = 30 * time.Second

const (
	leaseStream = "lease." // without a dash: no stream of the register is called so
	leaseNoted  = "LeaseNoted"
)

// A Lease lets one of several nodes do what is to be done once. Its holder writes to a
// stream of the store's own at a third of the term; another node takes it over when
// it has seen nothing written for a whole term, by its own clock, which no other has
// to agree with. Whoever writes names the revision, so that only one can.
//
// The holder leaves a mark that goes with the lease, in the same events: only who holds
// it can move the mark, and the store grows by no more than a few events a minute.
type Lease struct {
	s      *Store
	name   string
	term   time.Duration
	holder uuid.UUID
}

// Lease returns a lease of this store by its name; no term is [DefaultTerm]. Nobody
// holds it yet.
func (s *Store) Lease(name string, term time.Duration) *Lease {
	if term <= 0 {
		term = DefaultTerm
	}
	return &Lease{s, name, term, uuid.New()}
}

// A leaseNote is what the stream of a lease holds; the newest counts.
type leaseNote struct {
	Holder   uuid.UUID `json:"holder"`
	Term     int64     `json:"term_ms"`
	Released bool      `json:"released,omitempty"`
	Mark     []byte    `json:"mark,omitempty"`
}

// Run waits for the lease and does something while it is held, as often as it is lost
// and had again, until ctx is done or doing it fails. What is done has to end soon
// when its context does: it does a sixth of the term before another may begin.
func (l *Lease) Run(ctx context.Context, do func(context.Context, *Holding) error) error {
	for {
		h, err := l.acquire(ctx)
		if err == nil {
			l.s.log.Info("the lease is held", "lease", l.name)
			err = h.keep(ctx, do)
			l.s.log.Info("the lease is held no longer", "lease", l.name, "error", err)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !errors.Is(err, ErrLeaseLost):
			return fmt.Errorf("lease %s: %w", l.name, err)
		}
	}
}

// acquire waits until nobody holds the lease, and takes it.
func (l *Lease) acquire(ctx context.Context) (*Holding, error) {
	seen, since := domain.NoStream-1, time.Time{}
	for {
		rev, last, err := l.newest(ctx)
		if err == nil && rev != seen {
			seen, since = rev, time.Now()
		}
		if err == nil && l.free(rev, last, since) {
			h := &Holding{lease: l, rev: rev, mark: last.Mark, news: make(chan struct{}), urgent: make(chan struct{}, 1), over: make(chan struct{})}
			if err = h.write(ctx, false); err == nil {
				return h, nil
			}
		}
		if err != nil && lasting(err) || ctx.Err() != nil || !l.s.pause(ctx, min(l.term/10, time.Second)) {
			return nil, errors.Join(err, ctx.Err(), l.s.guard.stop.Err())
		}
	}
}

// free reports whether the lease may be taken: nobody had it, it was given back, or
// the newest note has been so for the whole term of who wrote it.
func (l *Lease) free(rev domain.Revision, last leaseNote, since time.Time) bool {
	term := max(l.term, time.Duration(last.Term)*time.Millisecond)
	return rev == domain.NoStream || last.Released || last.Holder == l.holder || time.Since(since) >= term
}

// newest returns the newest note and its revision.
func (l *Lease) newest(ctx context.Context) (domain.Revision, leaseNote, error) {
	ctx, cancel := l.s.bounded(ctx)
	defer cancel()
	var last leaseNote
	for it := range l.s.listen(ctx, newest(l.s.options.Prefix+leaseStream+l.name)) {
		switch {
		case codeOf(it.err) == client.ErrorCodeResourceNotFound:
			return domain.NoStream, last, nil
		case it.err != nil:
			return 0, last, it.err
		}
		if err := json.Unmarshal(it.event.Data, &last); err != nil {
			return 0, last, fmt.Errorf("lease %s at revision %d: %w: %w", l.name, it.event.EventNumber, domain.ErrCorrupt, err)
		}
		return domain.Revision(it.event.EventNumber), last, nil
	}
	return domain.NoStream, last, nil
}

// A Holding is a lease while it is held.
type Holding struct {
	lease *Lease
	rev   domain.Revision // of the newest note; of who writes
	began time.Time       // when it was about to be written
	doubt *writing        // what became of it is not known

	mu     sync.Mutex
	mark   []byte
	wanted int           // how many marks were given
	noted  int           // how many of them are written
	news   chan struct{} // closed when something was written, and made anew
	urgent chan struct{} // told when writing cannot wait
	over   chan struct{} // closed when nothing more will be written
	ending <-chan struct{}
}

// Mark returns the mark that was left last, by this node or another.
func (h *Holding) Mark() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mark
}

// Save leaves a mark and returns when it is stored: at once for the first and at the
// end, in between with the next note, so that marks add no events of their own. A
// mark that tells of notes would otherwise cause the next.
func (h *Holding) Save(ctx context.Context, mark []byte) error {
	h.mu.Lock()
	h.mark = mark
	h.wanted++
	mine, ending := h.wanted, h.ending
	h.mu.Unlock()
	if mine == 1 {
		h.hurry()
	}
	for {
		h.mu.Lock()
		noted, news := h.noted, h.news
		h.mu.Unlock()
		if noted >= mine {
			return nil
		}
		select {
		case <-news:
		case <-ending:
			h.hurry()
			ending = nil
		case <-h.over:
			return ErrLeaseLost
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (h *Holding) hurry() {
	select {
	case h.urgent <- struct{}{}:
	default: // it is told already
	}
}

// keep does something and holds the lease meanwhile. Where that cannot be done in time
// it ends before another node may begin.
func (h *Holding) keep(ctx context.Context, do func(context.Context, *Holding) error) error {
	work, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	defer close(h.over)
	h.mu.Lock()
	h.ending = work.Done()
	h.mu.Unlock()
	expire := time.AfterFunc(h.left(), func() { lose(ErrLeaseLost) })
	defer expire.Stop()
	done := make(chan error, 1)
	go func() { done <- do(work, h) }()
	for wait := h.lease.term / 3; ; {
		select {
		case err := <-done:
			return errors.Join(err, h.release(ctx, work))
		case <-h.urgent:
		case <-time.After(wait):
		}
		wait = h.renew(ctx, work, lose, expire)
	}
}

// left is how long what is done under the lease may go on without another note.
func (h *Holding) left() time.Duration { return h.lease.term*5/6 - time.Since(h.began) }

// renew writes a note, and returns when the next is due.
func (h *Holding) renew(ctx, work context.Context, lose context.CancelCauseFunc, expire *time.Timer) time.Duration {
	third := h.lease.term / 3
	if errors.Is(context.Cause(work), ErrLeaseLost) {
		return third // what is done is about to end
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(h.left(), 0))
	defer cancel()
	err := h.write(within, false)
	switch {
	case err == nil:
		expire.Reset(h.left())
		return third
	case fateOf(err) == conflict:
		lose(ErrLeaseLost)
		return third
	}
	h.lease.s.log.Warn("the lease cannot be renewed", "lease", h.lease.name, "error", err)
	return third / 10
}

// release gives the lease back where it was not lost, so that another node need not wait.
func (h *Holding) release(ctx, work context.Context) error {
	if errors.Is(context.Cause(work), ErrLeaseLost) {
		return ErrLeaseLost
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(2*time.Second, max(h.left(), 0)))
	defer cancel()
	if err := h.write(within, true); err != nil {
		h.lease.s.log.Warn("the lease cannot be given back; another node waits for its term", "lease", h.lease.name, "error", err)
	}
	return nil
}

// A writing is a note on its way. Where nobody knows what became of it the same one is
// written again, before any other.
type writing struct {
	event  client.EventData
	began  time.Time // of the first attempt: others may have seen it since
	wanted int
}

// write appends a note with the newest mark.
func (h *Holding) write(ctx context.Context, released bool) error {
	if w := h.doubt; w != nil {
		if err := h.append(ctx, w); err != nil {
			return err
		}
	}
	h.mu.Lock()
	mark, wanted := h.mark, h.wanted
	h.mu.Unlock()
	data, err := json.Marshal(leaseNote{h.lease.holder, h.lease.term.Milliseconds(), released, mark})
	if err != nil {
		return err
	}
	return h.append(ctx, &writing{note(uuid.New(), leaseNoted, data), time.Now(), wanted})
}

// append appends a note and tells those who wait for it.
func (h *Holding) append(ctx context.Context, w *writing) error {
	h.doubt = nil
	if err := h.lease.s.note(ctx, leaseStream+h.lease.name, h.rev, w.event); err != nil {
		if fateOf(err) != conflict {
			h.doubt = w
		}
		return err
	}
	h.rev, h.began = h.rev+1, w.began
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noted = w.wanted
	close(h.news)
	h.news = make(chan struct{})
	return nil
}
