package bus

import (
	"context"
	"errors"

	"tavoli/domain"
)

// errEnded is what a log did that stopped without an error though nobody asked it to.
var errEnded = errors.New("the log ended")

// follow hands every page after a position to do, in order and for ever. Where
// reading fails it is taken up again at the same place. It ends with the first
// error of do, with an error of the log that repeating does not mend, or with
// ctx's.
func follow(ctx context.Context, log domain.Log, after domain.Position, b Backoff, w watch, do func(domain.Page) error) error {
	for failures := 0; ; {
		trouble := errEnded
		for page, err := range log.Follow(ctx, after) {
			if err != nil {
				trouble = err
				break
			}
			if err := do(page); err != nil {
				return err
			}
			after, failures = page.UpTo, 0
			w.well(atLog)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case lasting(trouble):
			return trouble
		}
		w.failed(atLog, trouble.Error())
		failures++
		if err := b.wait(ctx, failures); err != nil {
			return err
		}
	}
}

// lasting reports whether repeating what gave err is useless: the domain foresees
// it, as a store that is closed or damaged.
func lasting(err error) bool {
	return errors.Is(err, domain.Refused) || errors.Is(err, domain.Invalid)
}
