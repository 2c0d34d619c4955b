package esdb

import (
	"bytes"
	"context"
	"sync"
	"time"

	"tavoli/domain"
)

// stampLayout is how an entry writes the time of its recording.
const stampLayout = "2006-01-02T15:04:05.000000Z"

// stampKey stands before it. No field before it can hold a quote.
var stampKey = []byte(`,"recorded_at":"`)

// A clock stamps entries. It never goes back behind a stamp it gave or saw.
type clock struct {
	now func() time.Time

	mu   sync.Mutex
	last time.Time
	text []byte // last, in stampLayout: the order of texts is that of times
}

// stamp returns the time of recording of what is written now.
func (c *clock) stamp() time.Time {
	now := domain.Truncate(c.now())
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.After(c.last) {
		c.set(now)
	}
	return c.last
}

func (c *clock) set(t time.Time) {
	c.last = t
	c.text = t.AppendFormat(c.text[:0], stampLayout)
}

// saw takes note of an entry that somebody stamped.
func (c *clock) saw(entry []byte) {
	i := bytes.Index(entry, stampKey)
	if i < 0 || len(entry) < i+len(stampKey)+len(stampLayout) {
		return
	}
	text := entry[i+len(stampKey):][:len(stampLayout)]
	c.mu.Lock()
	defer c.mu.Unlock()
	if bytes.Compare(text, c.text) <= 0 {
		return
	}
	if t, err := time.Parse(stampLayout, string(text)); err == nil {
		c.set(t)
	}
}

// searched is how many events of others newestStamp looks past.
const searched = 10_000

// newestStamp lets the clock see the newest entry there is, so that a node whose
// clock is behind does not stamp what it writes first with the past.
func (s *Store) newestStamp(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := 0
	for it := range s.listen(ctx, backwards) {
		switch {
		case it.err != nil:
			return it.err
		case domain.Position(it.event.Position.Commit) <= s.origin:
			return nil
		}
		stream, ours := s.ours(it.event)
		if n++; ours && stream.Valid() {
			s.clock.saw(it.event.Data)
			return nil
		}
		if n == searched {
			s.log.Warn("the newest entry of the event store was not found; the clock of this node has to be right", "searched", n)
			return nil
		}
	}
	return nil
}
