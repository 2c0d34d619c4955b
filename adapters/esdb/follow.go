package esdb

import (
	"context"
	"errors"
	"iter"
	"time"

	"tavoli/domain"
)

// lastBackOff is the longest wait before a follower begins again.
const lastBackOff = 5 * time.Second

// A follower shows everything after a position, and what comes then. It reads up
// to the head, subscribes from there, and begins again from where it is whenever
// the subscription ends or falls silent [10].
type follower struct {
	s       *Store
	at      domain.Position
	show    func(domain.Page) bool
	failing int // attempts that brought nothing
}

// errStopped is the end of a follower that is shown no more.
var errStopped = errors.New("stopped")

// Follow implements [domain.Log].
func (s *Store) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		f := &follower{s: s, at: after}
		f.show = func(p domain.Page) bool {
			f.failing = 0
			f.at = max(f.at, p.UpTo)
			return yield(p, nil)
		}
		err := f.run(ctx)
		if ctx.Err() == nil && !errors.Is(err, errStopped) {
			yield(domain.Page{}, err)
		}
	}
}

// run goes on until nobody looks, or what went wrong will not pass.
func (f *follower) run(ctx context.Context) error {
	for {
		err := f.catchUp(ctx)
		if err == nil {
			err = f.subscribe(ctx)
		}
		switch {
		case errors.Is(err, errStopped) || ctx.Err() != nil || lasting(err):
			return err
		case err != nil:
			f.s.log.Warn("a follower of the event store begins again", "after", f.at, "error", err)
			if err := f.backOff(ctx); err != nil {
				return err
			}
		}
	}
}

// backOff waits the longer the more attempts have failed.
func (f *follower) backOff(ctx context.Context) error {
	wait := lastBackOff
	if f.failing < 6 {
		wait = min(wait, firstWait<<f.failing)
	}
	f.failing++
	select {
	case <-time.After(jitter(wait)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-f.s.guard.stop.Done():
		return domain.ErrStoreClosed
	}
}

// catchUp shows what is there.
func (f *follower) catchUp(ctx context.Context) error {
	for page, err := range f.s.ReadAll(ctx, f.at) {
		if err != nil {
			return err
		}
		if !f.show(page) {
			return errStopped
		}
	}
	return nil
}

// subscribe shows what comes, until the subscription ends. It ends without an
// error where there is something that it should have brought.
func (f *follower) subscribe(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	items, err := f.s.open(ctx, following(f.s.options.Prefix, positionOf(max(f.at, f.s.origin))))
	if err != nil {
		return err
	}
	silence := time.NewTimer(f.s.options.Stall)
	defer silence.Stop()
	for behind := false; ; {
		newest, moved := f.s.heads.after()
		if newest > f.at && !behind {
			behind = true
			silence.Reset(min(grace, f.s.options.Stall))
		}
		select {
		case <-moved:
		case it := <-items:
			if err := f.take(it, items); err != nil {
				return err
			}
			behind = false
			silence.Reset(f.s.options.Stall)
		case <-silence.C:
			head, err := f.s.Head(ctx)
			if err != nil || head > f.at {
				return err
			}
			behind = false
			silence.Reset(f.s.options.Stall)
		case <-ctx.Done():
			return ctx.Err()
		case <-f.s.guard.stop.Done():
			return domain.ErrStoreClosed
		}
	}
}

// take shows an item with those that have come behind it.
func (f *follower) take(it item, items <-chan item) error {
	p := paging{page: domain.Page{UpTo: f.at}}
	failure := it.err
	for more := true; more && failure == nil; {
		if it.position() > f.at {
			failure = p.add(f.s, it)
		}
		if p.full() {
			break
		}
		select {
		case it = <-items:
			failure = errors.Join(failure, it.err)
		default:
			more = false
		}
	}
	if p.page.UpTo > f.at && !f.show(p.page) {
		return errStopped
	}
	return failure
}
