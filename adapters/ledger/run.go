package ledger

import (
	"context"
	"fmt"
	"time"
)

// retry is how long a signer waits after something went wrong.
const retry = time.Minute

// Run signs when a tavolo was closed or a key introduced since the newest
// checkpoint, and what has grown after a day, which is when it also reads the whole
// log again. It begins by holding the log to what was signed before. It ends when
// ctx is done, or after an alarm; anything else that goes wrong is logged and tried
// again.
func (s *Signer) Run(ctx context.Context) {
	err := s.begin(ctx)
	for ctx.Err() == nil && s.Fault() == nil {
		if err != nil {
			s.o.Log.Warn("the ledger could not be signed; it is tried again", "error", err)
			sleep(ctx, retry, nil)
		}
		due, changed := s.due()
		switch wait := s.tomorrow(); {
		case due:
			_, err = s.Sign(ctx)
		case wait <= 0:
			err = s.daily(ctx)
		default:
			err = nil
			sleep(ctx, wait, changed)
		}
	}
}

// sleep waits for a time to pass, for a change or for the end.
func sleep(ctx context.Context, wait time.Duration, changed <-chan struct{}) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
	}
}

// begin holds what the log says at the start to what was signed before.
func (s *Signer) begin(ctx context.Context) error {
	if _, err := s.catchUp(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.extends(ctx)
}

// due reports whether something happened that is to be signed at once, and returns
// what tells of the next change.
func (s *Signer) due() (due bool, changed <-chan struct{}) {
	signed := int64(0)
	if c := s.newest.Load(); c != nil {
		signed = c.Size
	}
	l := s.ledger
	l.mu.RLock()
	defer l.mu.RUnlock()
	n := len(l.keys)
	return n > 0 && (l.closing > signed || l.keys[n-1].Index >= signed), l.changed
}

// tomorrow returns how long it is until everything is read and signed again.
func (s *Signer) tomorrow() time.Duration {
	c := s.newest.Load()
	if c == nil { // nothing is signed before there is a key, which is due at once
		return s.o.Every
	}
	last := c.SignedAt
	if audit := s.audit.Load(); audit != nil && audit.After(last) {
		last = *audit
	}
	return last.Add(s.o.Every).Sub(s.o.Now())
}

// daily reads everything again and signs what has grown.
func (s *Signer) daily(ctx context.Context) error {
	if err := s.Verify(ctx); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	_, err := s.Sign(ctx)
	if err == nil {
		now := s.o.Now()
		s.audit.Store(&now)
	}
	return err
}
