package ledger

import (
	"context"
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"tavoli/domain"
)

// A reading reads facts out of the log again and holds each to its leaf.
type reading struct {
	tree tree
	next int64 // the leaf that is due
	end  int64
}

// run yields the facts of the leaves that are due. It returns an error unless yield
// ended the reading.
func (r *reading) run(ctx context.Context, log domain.Log, yield func(domain.Entry, error) bool) error {
	after := domain.Position(0)
	if r.next > 0 {
		after = r.tree.position(r.next - 1)
	}
	for page, err := range log.ReadAll(ctx, after) {
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			fact, err := r.check(e)
			switch {
			case err != nil:
				return err
			case fact && !yield(e, nil):
				return nil
			case r.next == r.end:
				return nil
			}
		}
	}
	return r.missing(ctx)
}

// all holds every fact up to a position to its leaf.
func (r *reading) all(ctx context.Context, log domain.Log, upTo domain.Position) error {
	for page, err := range log.ReadAll(ctx, 0) {
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if e.Position > upTo {
				return r.missing(ctx)
			}
			if _, err := r.check(e); err != nil {
				return err
			}
		}
	}
	return r.missing(ctx)
}

// missing returns an error if leaves are due and the log has ended.
func (r *reading) missing(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.next < r.end:
		return &Mismatch{r.next, r.tree.position(r.next), "it is no longer in the log"}
	}
	return nil
}

// check holds an entry to the leaf that is due, if it is a fact.
func (r *reading) check(e domain.Entry) (fact bool, err error) {
	fact, _, err = factOf(e)
	switch {
	case err != nil:
		return false, &Mismatch{r.next, e.Position, err.Error()}
	case !fact:
		return false, nil
	case r.next == r.end:
		return false, &Mismatch{r.next, e.Position, "it was put into the log afterwards"}
	case tlog.RecordHash(e.Bytes) != r.tree.hash(0, r.next):
		return false, &Mismatch{r.next, e.Position, "the log has other bytes than the tree was made of"}
	case e.Position != r.tree.position(r.next):
		return false, &Mismatch{r.next, e.Position, "it stands elsewhere in the log than before"}
	}
	r.next++
	return true, nil
}

// IsMismatch reports whether an error tells that the log was changed.
func IsMismatch(err error) bool { return errors.As(err, new(*Mismatch)) }
