package keeper

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// A health is whether something goes well, and since when not.
type health struct {
	err   error
	since time.Time
}

// longer reports whether it has been going wrong for longer than that.
func (h *health) longer(d time.Duration) bool { return h.err != nil && time.Since(h.since) > d }

// note takes down how it goes and tells when that changes.
func (h *health) note(err error, what string, log *slog.Logger) {
	switch {
	case err != nil && h.err == nil:
		h.since = time.Now()
		log.Warn(what+": trouble with the shared keyring", "error", err)
	case err == nil && h.err != nil:
		log.Info(what+": the shared keyring is there again", "after", time.Since(h.since).Round(time.Millisecond).String())
	case err != nil && errors.Is(err, ErrUnreachable) != errors.Is(h.err, ErrUnreachable):
		log.Warn(what+": trouble with the shared keyring", "error", err)
	}
	h.err = err
}

// A pause grows from one failure to the next.
type pause struct{ next time.Duration }

const (
	firstPause   = 20 * time.Millisecond
	longestPause = 500 * time.Millisecond // so that what was destroyed is known within a second
)

func newPause() *pause { return &pause{firstPause} }

// wait waits, or until ctx is done.
func (p *pause) wait(ctx context.Context) {
	t := time.NewTimer(p.next/2 + rand.N(p.next/2))
	defer t.Stop()
	p.next = min(2*p.next, longestPause)
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// pollWait is how long the keeper may hold a question for news.
const pollWait = 5 * time.Second

// follow learns what others do to the ring until ctx is done.
func (c *Client) follow(ctx context.Context) {
	p := newPause()
	for ctx.Err() == nil {
		answer, err := c.poll(ctx, pollWait)
		if err == nil {
			err = c.apply(ctx, answer)
		}
		if ctx.Err() != nil {
			return
		}
		c.mu.Lock()
		c.away.note(err, "news of keys", c.Log)
		c.mu.Unlock()
		if err != nil {
			p.wait(ctx)
			continue
		}
		p = newPause()
	}
}

// learn asks the keeper once about what no news have told of yet. Those who want to
// know at the same time share one answer, or one failure.
func (c *Client) learn(id domain.KeyID) error {
	asked := time.Now()
	c.mu.RLock()
	err, gone := c.away.err, c.away.longer(c.Timeout)
	c.mu.RUnlock()
	if gone {
		return err
	}
	c.fetching.Lock()
	defer c.fetching.Unlock()
	if _, known, _ := c.lookup(id); known {
		return nil
	}
	if c.failed.at.After(asked) {
		return c.failed.err
	}
	err = c.readNews(c.life)
	if err != nil {
		c.failed = failure{time.Now(), err}
	}
	return err
}

// catchUp reads all news there are.
func (c *Client) catchUp(ctx context.Context) error {
	c.fetching.Lock()
	defer c.fetching.Unlock()
	return c.readNews(ctx)
}

// readNews reads news until there are none; fetching is held.
func (c *Client) readNews(ctx context.Context) error {
	for {
		answer, err := c.poll(ctx, 0)
		if err == nil {
			err = c.absorb(ctx, &answer)
		}
		if err != nil || !answer.more() {
			return err
		}
	}
}

// apply learns from an answer.
func (c *Client) apply(ctx context.Context, answer changes) error {
	c.fetching.Lock()
	defer c.fetching.Unlock()
	return c.absorb(ctx, &answer)
}

// absorb notes what an answer says was destroyed, then reads the keys that were handed
// out meanwhile; fetching is held.
func (c *Client) absorb(ctx context.Context, answer *changes) error {
	restored := c.note(answer)
	for {
		after, behind := c.unread()
		if !behind {
			break
		}
		f, err := c.page(ctx, after)
		if err != nil {
			return err
		}
		if !c.mirror(f, after) {
			break
		}
	}
	if restored && !answer.more() {
		return c.forgetAgain(ctx)
	}
	return nil
}

// note takes down what an answer says and reports whether the ring was restored.
func (c *Client) note(answer *changes) (restored bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer.Epoch < c.epoch {
		return false // it was under way since before
	}
	for _, id := range answer.Gone {
		c.keys.destroy(id)
	}
	if answer.Run != c.run || answer.Since+len(answer.Gone) > c.after {
		c.run, c.after = answer.Run, answer.Since+len(answer.Gone)
	}
	if answer.Epoch != c.epoch {
		c.restored(answer.Epoch)
		restored = true
	}
	if answer.Epoch != c.seen.Epoch || answer.Handed > c.seen.Handed {
		c.seen = answer.status
	}
	return restored
}

// restored begins anew with a ring that was put back from a copy: the keys in stock
// may not be in it, and those handed out since the copy was made are nowhere else
// than with the nodes.
func (c *Client) restored(epoch int) {
	c.Log.Error("the shared keyring was restored from a copy: keys handed out after the copy was made are lost when the nodes end; persons described since then have to be described again",
		"ring", c.ring, "epoch", epoch, "keys seen", c.seen.Handed)
	for _, id := range c.stock {
		if c.keys.state(id) == held {
			c.keys.set(id, unknown, &domain.Key{})
		}
	}
	c.stock, c.mirrored, c.epoch = nil, 0, epoch
	c.ask4more()
}

// forgetAgain destroys what a copy of the ring has brought back.
func (c *Client) forgetAgain(ctx context.Context) error {
	c.mu.RLock()
	ids := c.keys.destroyed()
	c.mu.RUnlock()
	if len(ids) == 0 {
		return nil
	}
	c.Log.Warn("keys that a copy of the ring may have brought back are destroyed again", "keys", len(ids))
	if err := c.Destroy(ctx, ids...); err != nil && !errors.Is(err, domain.ErrKeyMissing) {
		return err
	}
	return nil
}

// unread returns how many keys are mirrored, and whether there are more.
func (c *Client) unread() (after uint64, more bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.mirrored, c.mirrored < c.seen.Handed
}

// mirror takes in a page of keys and reports whether it brought any.
func (c *Client) mirror(f *frame, after uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer clear(f.keys)
	if f.epoch != c.epoch {
		return false // the next news say so
	}
	for i := range f.keys {
		c.keys.tell(&f.keys[i])
	}
	c.mirrored = max(c.mirrored, after+uint64(len(f.keys)))
	c.seen.Handed = max(c.seen.Handed, f.handed)
	return len(f.keys) > 0
}

// replenish fills the stock whenever half of it is gone, until ctx is done.
func (c *Client) replenish(ctx context.Context) {
	p := newPause()
	for {
		select {
		case <-c.wanted:
		case <-ctx.Done():
			return
		}
		for ctx.Err() == nil {
			err := c.fill(ctx)
			c.mu.Lock()
			c.dry.note(err, "stock of keys", c.Log)
			c.mu.Unlock()
			if err == nil {
				p = newPause()
				break
			}
			p.wait(ctx)
		}
	}
}

// fill takes keys into stock until it is full.
func (c *Client) fill(ctx context.Context) error {
	c.mu.RLock()
	n := c.Stock - len(c.stock)
	c.mu.RUnlock()
	if n <= 0 {
		return nil
	}
	if c.order == uuid.Nil {
		c.order = uuid.New()
	}
	f, err := c.block(ctx, c.order, n)
	if err != nil {
		return err
	}
	c.order = uuid.Nil
	c.mu.Lock()
	defer c.mu.Unlock()
	defer clear(f.keys)
	if f.epoch != c.epoch {
		return nil // of another epoch than the news; they are wasted
	}
	for i := range f.keys {
		if k := &f.keys[i]; k.state == live && c.keys.state(k.id) != destroyed {
			c.keys.set(k.id, held, &k.key)
			c.stock = append(c.stock, k.id)
		}
	}
	c.seen.Handed = max(c.seen.Handed, f.handed)
	close(c.filled)
	c.filled = make(chan struct{})
	return nil
}
