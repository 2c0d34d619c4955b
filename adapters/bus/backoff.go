package bus

import (
	"context"
	"math/rand/v2"
	"time"
)

// A Backoff says how long to wait before something is tried again: twice as long
// each time, with jitter, so that those who failed together do not return together.
type Backoff struct {
	Min time.Duration // before the second attempt; zero: 100 ms
	Max time.Duration // at most; zero: 30 s
}

// Delay returns how long to wait after the nth failure, counted from 1. It lies
// between half of the doubled time and all of it.
func (b Backoff) Delay(n int) time.Duration {
	delay, most := b.Min, b.Max
	if delay <= 0 {
		delay = 100 * time.Millisecond
	}
	if most <= 0 {
		most = 30 * time.Second
	}
	for ; n > 1 && delay < most; n-- {
		delay *= 2
	}
	delay = min(delay, most)
	return delay/2 + rand.N(delay/2+1)
}

// wait returns after the delay that follows the nth failure, or with the cause
// why ctx is done.
func (b Backoff) wait(ctx context.Context, n int) error {
	return pause(ctx, b.Delay(n))
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
