package bolt

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tavoli/domain"

	bbolt "go.etcd.io/bbolt"
)

// Stats is what there is to measure about a store.
type Stats struct {
	Head       domain.Position
	Events     uint64 // that can be read
	Streams    uint64
	LogBytes   int64 // of the file that are in use
	FileBytes  int64
	Ready      int64 // up to where the file has room that was made ready
	IndexBytes int64 // of memory
	Commits    uint64
	Appended   uint64    // events since the store was opened; divided by Commits: the size of a group
	Commit     Histogram // how long commits took
}

// A Histogram counts durations. The nth count is of those up to the nth bound; the
// last has no bound.
type Histogram struct {
	Bounds []time.Duration
	Counts []uint64
	Sum    time.Duration
	Last   time.Duration
}

// commitBounds are the bounds of the histogram of commits.
func commitBounds() []time.Duration {
	return []time.Duration{
		250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
		10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, time.Second,
	}
}

// A meter counts what the writer does.
type meter struct {
	ready     atomic.Int64
	mu        sync.Mutex
	commits   uint64
	appended  uint64
	histogram Histogram
}

func (m *meter) committed(events int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	m.appended += uint64(events)
	h := &m.histogram
	if h.Counts == nil {
		h.Bounds = commitBounds()
		h.Counts = make([]uint64, len(h.Bounds)+1)
	}
	i := 0
	for i < len(h.Bounds) && took > h.Bounds[i] {
		i++
	}
	h.Counts[i]++
	h.Sum += took
	h.Last = took
}

// Stats returns what there is to measure at the moment.
func (s *Store) Stats() Stats {
	st := Stats{Head: domain.Position(s.head.Load()), Ready: s.meter.ready.Load()}
	s.index.mu.RLock()
	st.Events, st.Streams, st.IndexBytes = s.index.events, uint64(s.index.count), s.index.size()
	s.index.mu.RUnlock()
	s.meter.mu.Lock()
	st.Commits, st.Appended, st.Commit = s.meter.commits, s.meter.appended, s.meter.histogram
	st.Commit.Counts = slices.Clone(st.Commit.Counts)
	s.meter.mu.Unlock()
	if info, err := os.Stat(filepath.Join(s.dir, logFile)); err == nil {
		st.FileBytes = info.Size()
	}
	_ = s.view(func(tx *bbolt.Tx, _ map[domain.Position]bool) error { // a closed store has no size
		st.LogBytes = tx.Size()
		return nil
	})
	return st
}
