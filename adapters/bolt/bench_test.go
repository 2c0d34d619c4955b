package bolt_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/domain"

	"github.com/google/uuid"
)

// How the benchmarks measure: both sides in turns, the median of the rounds.
const (
	benchRounds = 9
	benchEvents = 50_000
	benchCalls  = 256
)

// An appender is one side of a comparison.
type appender interface {
	Append(e *benchEvent) error
}

// A benchEvent is the next event of a stream.
type benchEvent struct {
	batch domain.Batch
	one   [1]domain.Draft
}

var benchData = func() []byte {
	data := []byte(`{"participant":"6f0e8d1a-2b3c-4d5e-8f90-123456789abc","pad":"`)
	for len(data) < 98 {
		data = append(data, 'x')
	}
	return append(data, `"}`...)
}()

// newBenchEvent returns the first event of a stream.
func newBenchEvent(s domain.Stream, after domain.Revision) *benchEvent {
	e := &benchEvent{batch: domain.Batch{Stream: s, After: after}}
	e.one[0] = domain.Draft{
		ID: uuid.New(), Type: "ParticipantRegistered", Schema: 1, EffectiveAt: day, Actor: "account-4f5e6d7c",
		Command: uuid.New(), Data: benchData,
	}
	e.batch.Events = e.one[:]
	return e
}

// next moves on to the next event of the stream.
func (e *benchEvent) next() {
	e.batch.After++
	binary.BigEndian.PutUint64(e.one[0].ID[:], uint64(e.batch.After)+1)
}

// drive appends n events with so many callers and returns events per second. Each
// caller has streams of its own.
func drive(b *testing.B, to appender, callers, n int, prefix string) float64 {
	b.Helper()
	const streamsEach = 8
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	began := time.Now()
	for c := range callers {
		wg.Go(func() {
			var events [streamsEach]*benchEvent
			for i := range events {
				events[i] = newBenchEvent(domain.Stream(fmt.Sprintf("tavolo-%s-%d-%d", prefix, c, i)), domain.NoStream)
			}
			for i := 0; left.Add(-1) >= 0; i++ {
				e := events[i%streamsEach]
				if err := to.Append(e); err != nil {
					b.Error(err)
					return
				}
				e.next()
			}
		})
	}
	wg.Wait()
	return float64(n) / time.Since(began).Seconds()
}

// boltSide appends to a store.
type boltSide struct {
	b *testing.B
	s *bolt.Store
}

func (s boltSide) Append(e *benchEvent) error {
	_, err := s.s.Append(s.b.Context(), e.batch)
	return err
}

// A segment is the baseline: a file of zeros, written from the start by one
// goroutine that gathers what callers want, with a length and a checksum before
// each entry, a map of revisions, and one fdatasync per group.
type segment struct {
	file     *os.File
	requests chan *segmentRequest
	pool     sync.Pool
}

type segmentRequest struct {
	event *benchEvent
	entry []byte
	done  chan error
}

func newSegment(b *testing.B, size int64) *segment {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "segment"))
	zeros := make([]byte, 1<<20)
	for at := int64(0); err == nil && at < size; at += int64(len(zeros)) {
		_, err = f.WriteAt(zeros, at)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		b.Fatal(err)
	}
	s := &segment{file: f, requests: make(chan *segmentRequest, 1024)}
	go s.run()
	b.Cleanup(func() {
		close(s.requests)
		f.Close()
	})
	return s
}

func (s *segment) Append(e *benchEvent) error {
	r, ok := s.pool.Get().(*segmentRequest)
	if !ok {
		r = &segmentRequest{done: make(chan error, 1)}
	}
	r.event = e
	r.entry = domain.AppendEntry(r.entry[:0], e.batch.Stream, e.batch.After+1, day, &e.one[0])
	s.requests <- r
	err := <-r.done
	s.pool.Put(r)
	return err
}

func (s *segment) run() {
	heads := make(map[domain.Stream]domain.Revision)
	var group []*segmentRequest
	var out []byte
	var at int64
	for r := range s.requests {
		group, out = group[:0], out[:0]
		for more := true; more; {
			head, ok := heads[r.event.batch.Stream]
			if !ok {
				head = domain.NoStream
			}
			if head != r.event.batch.After {
				panic("a conflict in the baseline")
			}
			heads[r.event.batch.Stream] = head + 1
			out = binary.BigEndian.AppendUint32(out, uint32(len(r.entry)))
			out = binary.BigEndian.AppendUint32(out, crc32.Checksum(r.entry, crc32.MakeTable(crc32.Castagnoli)))
			out = append(out, r.entry...)
			group = append(group, r)
			select {
			case r, more = <-s.requests:
			default:
				more = false
			}
		}
		_, err := s.file.WriteAt(out, at)
		if err == nil {
			err = syscall.Fdatasync(int(s.file.Fd()))
		}
		at += int64(len(out))
		for _, r := range group {
			r.done <- err
		}
	}
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// ready opens a store that has made room for so many bytes.
func ready(b *testing.B, dir string, bytes int64) *bolt.Store {
	b.Helper()
	s := open(b, dir, bolt.Options{Reserve: bytes})
	for s.Stats().Ready < s.Stats().LogBytes+bytes {
		time.Sleep(time.Millisecond)
	}
	return s
}

// BenchmarkAppend compares durable appends of 450-byte entries to spread streams
// with a raw preallocated segment file under the same group commit. Both files
// have their room ready; bolt/growing is the store without.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 16, 64, benchCalls, 1024} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			for b.Loop() {
				compareAppends(b, callers, min(benchEvents, 2000*callers))
			}
		})
	}
}

func compareAppends(b *testing.B, callers, n int) {
	var raw, stored, growing, ratio, ratioGrowing []float64
	var st bolt.Stats
	for round := range benchRounds {
		prefix := fmt.Sprint(round)
		seg := newSegment(b, int64(n)*600)
		s := ready(b, b.TempDir(), int64(n)*600)
		g := open(b, b.TempDir(), bolt.Options{Reserve: -1})
		r := drive(b, seg, callers, n, prefix)
		raw = append(raw, r)
		stored = append(stored, drive(b, boltSide{b, s}, callers, n, prefix))
		ratio = append(ratio, 100*stored[round]/r)
		growing = append(growing, drive(b, boltSide{b, g}, callers, n, prefix))
		ratioGrowing = append(ratioGrowing, 100*growing[round]/r)
		st = s.Stats()
		s.Close()
		g.Close()
	}
	b.Logf("raw segment %.0f events/s, bolt %.0f, bolt growing %.0f; %d events per commit, %v each", median(raw), median(stored), median(growing),
		st.Appended/st.Commits, st.Commit.Sum/time.Duration(st.Commits))
	b.ReportMetric(median(stored), "events/s")
	b.ReportMetric(median(ratio), "%ofRaw")
	b.ReportMetric(median(ratioGrowing), "growing%ofRaw")
}

// filled makes a store of n events in so many streams, without syncing.
func filled(b *testing.B, n, streams int) string {
	b.Helper()
	dir := b.TempDir()
	s := open(b, dir, bolt.Options{NoSync: true, CheckpointEvery: 1 << 40})
	const each = 500
	var list []domain.Batch
	for i := 0; i < n; {
		list = list[:0]
		for range each {
			e := newBenchEvent(domain.Stream(fmt.Sprintf("tavolo-%08d-2f6b-4c8e-9a51-0d2e4f6a8b1c", i%streams)), domain.Revision(i/streams-1))
			list = append(list, e.batch)
			i++
		}
		if _, err := s.Append(b.Context(), list...); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// BenchmarkAppendLarge compares appends to a store of two million events with
// appends to one of a hundred thousand.
func BenchmarkAppendLarge(b *testing.B) {
	const n = benchEvents / 2
	for b.Loop() {
		small := ready(b, filled(b, 100_000, 1000), 2*benchRounds*n*600)
		large := ready(b, filled(b, 2_000_000, 1000), 2*benchRounds*n*600)
		var atSmall, atLarge, ratio []float64
		for round := range benchRounds {
			atSmall = append(atSmall, drive(b, boltSide{b, small}, benchCalls, n, fmt.Sprint("round", round)))
			atLarge = append(atLarge, drive(b, boltSide{b, large}, benchCalls, n, fmt.Sprint("round", round)))
			ratio = append(ratio, 100*atLarge[round]/atSmall[round])
		}
		b.Logf("%.0f events/s at 100 thousand, %.0f at 2 million", median(atSmall), median(atLarge))
		b.ReportMetric(median(atLarge), "events/s")
		b.ReportMetric(median(ratio), "%of100k")
		small.Close()
		large.Close()
	}
}

// BenchmarkOpen opens a store of a million events with index.ckpt and without,
// and tells what the index takes.
func BenchmarkOpen(b *testing.B) {
	for _, streams := range []int{7, 250_000, 1_000_000} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			for b.Loop() {
				openBoth(b, filled(b, 1_000_000, streams))
			}
		})
	}
}

func openBoth(b *testing.B, dir string) {
	var with, without []float64
	var st bolt.Stats
	ckpt := filepath.Join(dir, "index.ckpt")
	info, err := os.Stat(ckpt)
	if err != nil {
		b.Fatal(err)
	}
	for range benchRounds {
		with = append(with, openTime(b, dir, &st))
		if err := os.Remove(ckpt); err != nil {
			b.Fatal(err)
		}
		without = append(without, openTime(b, dir, &st))
	}
	b.Logf("%.0f ms with index.ckpt, %.0f ms without; the index takes %d bytes, index.ckpt %d", median(with), median(without), st.IndexBytes, info.Size())
	b.ReportMetric(median(with), "ms/open")
	b.ReportMetric(median(without), "ms/rebuild")
	b.ReportMetric(float64(st.IndexBytes)/float64(st.Events), "indexB/event")
}

// openTime returns how many milliseconds it takes to open a store.
func openTime(b *testing.B, dir string, st *bolt.Stats) float64 {
	began := time.Now()
	s := open(b, dir, bolt.Options{})
	took := time.Since(began)
	*st = s.Stats()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return float64(took.Microseconds()) / 1000
}

// BenchmarkReadAll reads a million events.
func BenchmarkReadAll(b *testing.B) {
	s := open(b, filled(b, 1_000_000, 1000), bolt.Options{})
	for b.Loop() {
		began, n := time.Now(), 0
		for page, err := range s.ReadAll(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(page.Entries)
		}
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "events/s")
	}
}
