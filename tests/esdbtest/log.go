package esdbtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/google/uuid"
)

// tombstoneRevision is the revision of a tombstone, as the real server gives it.
const tombstoneRevision = math.MaxInt64

// noStream is the revision of a stream without events.
const noStream = -1

// A record is an event in the log.
type record struct {
	ID       uuid.UUID `json:"id"`
	Stream   string    `json:"stream"`
	Revision int64     `json:"revision"`
	Position uint64    `json:"position"`
	Created  int64     `json:"created"` // in ticks of 100 ns
	Type     string    `json:"type"`
	JSON     bool      `json:"json"`
	Data     []byte    `json:"data"`
	Meta     []byte    `json:"meta,omitempty"`
}

// A Log is what servers serve: several that serve one log are a cluster.
type Log struct {
	file *os.File // nil: in memory

	mu        sync.RWMutex
	records   []*record
	streams   map[string][]*record
	deleted   map[string]bool
	end       uint64
	scavenged bool
	changed   chan struct{} // closed when the log grows
}

// NewLog returns the log kept in a file, or one in memory if the file has no name.
func NewLog(file string) (*Log, error) {
	l := &Log{
		streams: make(map[string][]*record), deleted: make(map[string]bool),
		changed: make(chan struct{}), end: 1024,
	}
	if file == "" {
		return l, nil
	}
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if l.file, err = os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	size, err := l.load(data)
	if err == nil {
		_, err = l.file.Seek(size, 0)
	}
	return l, err
}

// load reads whole lines, each one write, and returns where they end.
func (l *Log) load(data []byte) (int64, error) {
	whole := bytes.LastIndexByte(data, '\n') + 1
	lines := bufio.NewScanner(bytes.NewReader(data[:whole]))
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var list []*record
		if err := json.Unmarshal(lines.Bytes(), &list); err != nil {
			return 0, err
		}
		for _, r := range list {
			l.add(r)
		}
	}
	return int64(whole), lines.Err()
}

// Close closes the file of the log, if it has one.
func (l *Log) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

func (l *Log) add(r *record) {
	l.records = append(l.records, r)
	l.end = r.Position + room(r)
	if r.Revision == tombstoneRevision {
		l.deleted[r.Stream] = true
		return
	}
	l.streams[r.Stream] = append(l.streams[r.Stream], r)
}

// room is how far the next record lies behind.
func room(r *record) uint64 { return uint64(100 + len(r.Stream) + len(r.Data) + len(r.Meta)) }

// write stores records that have their streams and revisions; the log is locked.
func (l *Log) write(list []*record) error {
	at, now := l.end, time.Now().UnixNano()/100
	for _, r := range list {
		r.Position, r.Created = at, now
		at += room(r)
	}
	if l.file != nil {
		line, err := json.Marshal(list)
		if err != nil {
			return err
		}
		if _, err := l.file.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	for _, r := range list {
		l.add(r)
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

// A verdict is what became of a write.
type verdict int

const (
	written verdict = iota
	wrongVersion
	streamDeleted
)

// append checks the expected revision as the real server does and writes. The
// revision it returns is that of the last event, stored now or before, or where
// the stream is if the revision was wrong.
func (l *Log) append(stream string, expected int64, list []*record) (verdict, int64, uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	have := l.streams[stream]
	at := int64(len(have)) - 1
	switch {
	case l.deleted[stream]:
		return streamDeleted, 0, 0, nil
	case expected > at:
		return wrongVersion, at, 0, nil
	case expected < at:
		if last := repeats(have[expected+1:], list); last != nil {
			return written, last.Revision, last.Position, nil
		}
		return wrongVersion, at, 0, nil
	}
	for i, r := range list {
		r.Stream, r.Revision = stream, at+1+int64(i)
	}
	if err := l.write(list); err != nil {
		return written, 0, 0, err
	}
	last := list[len(list)-1]
	return written, last.Revision, last.Position, nil
}

// repeats returns the last of the events that follow, if they are those of the
// list, or nil.
func repeats(following, list []*record) *record {
	if len(following) < len(list) || len(list) == 0 {
		return nil
	}
	for i, r := range list {
		if following[i].ID != r.ID {
			return nil
		}
	}
	return following[len(list)-1]
}

// tombstone deletes a stream for good.
func (l *Log) tombstone(stream string) (verdict, uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deleted[stream] {
		return streamDeleted, 0, nil
	}
	r := &record{ID: uuid.New(), Stream: stream, Revision: tombstoneRevision, Type: "$streamDeleted"}
	err := l.write([]*record{r})
	return written, r.Position, err
}

// stream returns the events of a stream and whether it was deleted.
func (l *Log) stream(name string) ([]*record, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.streams[name], l.deleted[name]
}

// all returns the log from the first record at or after a position, what is
// closed when there is more, and whether a record lies exactly there.
func (l *Log) all(from uint64) (list []*record, changed <-chan struct{}, exact bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	i := sort.Search(len(l.records), func(i int) bool { return l.records[i].Position >= from })
	list = l.records[i:]
	return list, l.changed, from == 0 || from == l.end || len(list) > 0 && list[0].Position == from
}

// Scavenge removes the events of deleted streams from the log.
func (l *Log) Scavenge() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = slices.DeleteFunc(slices.Clone(l.records), func(r *record) bool {
		return l.deleted[r.Stream] && r.Revision != tombstoneRevision
	})
	l.scavenged = true
	for name := range l.deleted {
		delete(l.streams, name)
	}
}

// Len returns how many events the log holds.
func (l *Log) Len() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.records)
}
