package bus

import (
	"context"
	"fmt"

	"tavoli/domain"
)

// A Policy says where a follower begins that has no checkpoint it can use.
type Policy string

// The policies there are.
const (
	Refuse    Policy = "refuse" // it does not: an operator decides
	FromStart Policy = "start"  // at the first entry of the store: everything is told again
	FromHead  Policy = "head"   // with what is stored from now on: what was not told yet never is
)

// Valid reports whether the policy is one of those there are.
func (p Policy) Valid() bool { return p == Refuse || p == FromStart || p == FromHead }

// or returns the policy, or another if none is set.
func (p Policy) or(other Policy) Policy {
	if p == "" {
		return other
	}
	return p
}

// A beginning finds the place where a follower goes on.
type beginning struct {
	name     string
	log      domain.Log
	identity domain.Identity
	keep     Checkpoints
	first    Policy // without a checkpoint
	foreign  Policy // with one of another store or epoch, or ahead of the store
	again    Backoff
	watch    watch
}

// find returns the checkpoint to go on from. A new one is saved before it is
// used, so that a crash before the first event does not move the beginning.
func (b beginning) find(ctx context.Context) (Checkpoint, error) {
	head, err := b.head(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	c, ok, err := b.keep.Load(ctx, b.name)
	switch {
	case err != nil:
		return Checkpoint{}, err
	case !ok:
		return b.anew(ctx, b.first, head, Checkpoint{}, fmt.Errorf("follower %s has no checkpoint", b.name))
	case c.Store != b.identity:
		return b.anew(ctx, b.foreign, head, c, fmt.Errorf("follower %s was at %d of store %s, and this is store %s: %w",
			b.name, c.Position, c.Store, b.identity, ErrForeignCheckpoint))
	case c.Position > head:
		return b.anew(ctx, b.foreign, head, c, fmt.Errorf("follower %s was at %d and the store ends at %d: %w",
			b.name, c.Position, head, ErrCheckpointAhead))
	}
	return c, nil
}

// head asks the log for its head until it answers.
func (b beginning) head(ctx context.Context) (domain.Position, error) {
	for failures := 1; ; failures++ {
		head, err := b.log.Head(ctx)
		if err == nil || lasting(err) {
			b.watch.well(atLog)
			return head, err
		}
		b.watch.failed(atLog, err.Error())
		if err := b.again.wait(ctx, failures); err != nil {
			return 0, err
		}
	}
}

func (b beginning) anew(ctx context.Context, p Policy, head domain.Position, old Checkpoint, why error) (Checkpoint, error) {
	c := Checkpoint{Store: b.identity}
	switch p {
	case FromStart:
	case FromHead:
		c.Position, c.Parked = head, old.Parked
	default:
		return Checkpoint{}, fmt.Errorf("%w; let it start over from the %q, which repeats everything, or from the %q, which leaves out what was not told yet",
			why, FromStart, FromHead)
	}
	return c, b.keep.Save(ctx, b.name, c)
}
