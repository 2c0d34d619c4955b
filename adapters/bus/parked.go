package bus

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tavoli/domain"
)

// ErrNotParked is what Retry gives for an event that is not parked, or not any more.
var ErrNotParked = &domain.Error{Kind: domain.NotFound, Code: "not-parked", Text: "no such event is parked"}

// Parked returns the events that were given up on, oldest first, reaction by
// reaction in the order in which they were added.
func (r *Reactions) Parked(ctx context.Context) ([]Parked, error) {
	list, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	var all []Parked
	for _, re := range list {
		all = append(all, re.parked()...)
	}
	return all, nil
}

// Retry tries a parked event once more, now, beside whatever the reaction is
// doing. If it succeeds the event is parked no longer; otherwise the error is
// returned and the attempt counted. Later events of its stream have been dealt
// with meanwhile.
func (r *Reactions) Retry(ctx context.Context, name string, p domain.Position) error {
	re, parked, err := r.find(ctx, name, p)
	if err != nil {
		return err
	}
	entry, err := re.entry(ctx, parked)
	if err == nil {
		err = re.try(ctx, entry)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	saved := re.place.Load().commit(ctx, func(c *Checkpoint) { retried(c, p, err) })
	if err != nil {
		return fmt.Errorf("reaction %s at %d: %w", name, p, err)
	}
	return saved
}

// Drop takes a parked event off the list without trying it again.
func (r *Reactions) Drop(ctx context.Context, name string, p domain.Position) error {
	re, _, err := r.find(ctx, name, p)
	if err != nil {
		return err
	}
	return re.place.Load().commit(ctx, func(c *Checkpoint) { retried(c, p, nil) })
}

// retried notes the outcome of a retry.
func retried(c *Checkpoint, p domain.Position, err error) {
	i := slices.IndexFunc(c.Parked, func(k Parked) bool { return k.Position == p })
	if i < 0 {
		return // somebody else was quicker
	}
	list := slices.Clone(c.Parked)
	if err == nil {
		c.Parked = slices.Delete(list, i, i+1)
		return
	}
	list[i].Attempts++
	list[i].Error, list[i].At = Describe(err), domain.Truncate(time.Now())
	c.Parked = list
}

func (r *Reactions) find(ctx context.Context, name string, p domain.Position) (*reaction, Parked, error) {
	list, err := r.open(ctx)
	if err != nil {
		return nil, Parked{}, err
	}
	for _, re := range list {
		for _, k := range re.parked() {
			if re.name == name && k.Position == p {
				return re, k, nil
			}
		}
	}
	return nil, Parked{}, fmt.Errorf("reaction %s at %d: %w", name, p, ErrNotParked)
}

// entry reads a parked event again, by its stream: not every store can be asked
// for what stands at a position.
func (re *reaction) entry(ctx context.Context, k Parked) (domain.Entry, error) {
	for entry, err := range re.of.Log.ReadStream(ctx, k.Stream, k.Revision) {
		if err != nil {
			return domain.Entry{}, err
		}
		if id, ok := domain.EntryID(entry.Bytes); ok && id == k.Event {
			return entry, nil
		}
		break
	}
	return domain.Entry{}, fmt.Errorf("event %s is not in the store: %w", k.Event, ErrNotParked)
}

func (re *reaction) parked() []Parked {
	mark := re.place.Load()
	if mark == nil {
		return nil
	}
	c, _ := mark.checkpoint()
	return c.Parked
}
