package storetest

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"tavoli/domain"
)

// An operation is one call on one stream as the linearizability checker sees it.
type operation struct {
	stream domain.Stream
	read   bool
	after  domain.Revision
	ids    []uuid.UUID // to append
}

// An answer is what the call gave.
type answer struct {
	outcome outcome
	ids     []uuid.UUID // read
}

type outcome int

const (
	appended outcome = iota
	conflicted
	unknown
)

// linear is a stream as a string of ids, which every call meets whole.
var linear = porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byStream := make(map[domain.Stream][]porcupine.Operation)
		for _, op := range history {
			s := op.Input.(operation).stream
			byStream[s] = append(byStream[s], op)
		}
		var parts [][]porcupine.Operation
		for _, p := range byStream {
			parts = append(parts, p)
		}
		return parts
	},
	Init: func() []any { return []any{""} },
	Step: func(state, input, output any) []any {
		have, op, got := state.(string), input.(operation), output.(answer)
		if op.read {
			return when(have == join(got.ids), have)
		}
		next, ok := step(have, op)
		switch got.outcome {
		case appended:
			return when(ok, next)
		case conflicted:
			return when(!ok, have)
		}
		return []any{have, next} // next is have where it is refused
	},
	Equal: func(a, b any) bool { return a == b },
}

func when(ok bool, state string) []any {
	if ok {
		return []any{state}
	}
	return nil
}

func join(list []uuid.UUID) string {
	var b strings.Builder
	for _, id := range list {
		b.Write(id[:])
	}
	return b.String()
}

// step appends to a stream written as a string of ids, and reports whether that
// is done, by storing it or because it is there.
func step(have string, op operation) (string, bool) {
	at, added := int(op.after+1)*len(uuid.Nil), join(op.ids)
	switch {
	case at == len(have):
		return have + added, true
	case at < len(have):
		return have, strings.HasPrefix(have[at:], added)
	}
	return have, false
}

// checkLinear lets clients append, repeat and read on few streams and looks for
// an order of the calls that explains every answer.
func checkLinear(t *testing.T, f *fixture) {
	const clients, calls = 6, 60
	streams := []domain.Stream{fact(), fact(), fact()}
	h := &history{start: time.Now()}
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(c), 7))
			known := make(map[domain.Stream]domain.Revision)
			for _, s := range streams {
				known[s] = domain.NoStream
			}
			for range calls {
				h.call(t, f, c, h.choose(rnd, streams[rnd.IntN(len(streams))], known), known)
			}
		})
	}
	all.Wait()
	result, info := porcupine.CheckOperationsVerbose(linear.ToModel(), h.list, time.Minute)
	if result != porcupine.Ok {
		path := t.ArtifactDir() + "/history.html"
		if err := porcupine.VisualizePath(linear.ToModel(), info, path); err != nil {
			t.Log(err)
		}
		t.Fatalf("%d calls: %s, drawn in %s (kept with -artifacts)", len(h.list), result, path)
	}
	t.Logf("%d calls: %d stored or repeated, %d conflicts", len(h.list), h.count(appended), h.count(conflicted))
	if h.count(appended) < calls || h.count(conflicted) == 0 {
		t.Error("the clients hardly met one another")
	}
}

// A history is what the clients asked and were answered.
type history struct {
	start time.Time

	mu   sync.Mutex
	list []porcupine.Operation
	past []operation // appends tried
}

// choose returns what a client does next: mostly an append where it believes the
// stream to be, sometimes elsewhere, sometimes what was tried before, or a read.
func (h *history) choose(rnd *rand.Rand, s domain.Stream, known map[domain.Stream]domain.Revision) operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	op := operation{stream: s, after: known[s]}
	switch n := rnd.IntN(10); {
	case n < 2:
		op.read = true
		return op
	case n < 4 && len(h.past) > 0:
		return h.past[max(0, len(h.past)-1-rnd.IntN(10))]
	case n < 5:
		op.after = max(op.after+domain.Revision(rnd.IntN(5)-2), domain.NoStream)
	}
	op.ids = ids(drafts(1 + rnd.IntN(3)))
	h.past = append(h.past, op)
	return op
}

// call carries out an operation and notes it.
func (h *history) call(t *testing.T, f *fixture, client int, op operation, known map[domain.Stream]domain.Revision) {
	from := time.Since(h.start)
	var got answer
	if op.read {
		got.ids = h.read(t, f, op.stream)
		known[op.stream] = domain.Revision(len(got.ids)) - 1
	} else {
		got.outcome = h.append(t, f, op, known)
	}
	to := int64(time.Since(h.start))
	if got.outcome == unknown {
		to = math.MaxInt64 // it may happen later still
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, porcupine.Operation{ClientId: client, Input: op, Call: int64(from), Output: got, Return: to})
}

func (h *history) append(t *testing.T, f *fixture, op operation, known map[domain.Stream]domain.Revision) outcome {
	b := batch(op.stream, op.after)
	for _, id := range op.ids {
		b.Events = append(b.Events, draftOf(id))
	}
	_, err := f.store.Append(t.Context(), b)
	var moved *domain.ConflictError
	switch {
	case err == nil:
		known[op.stream] = max(known[op.stream], op.after+domain.Revision(len(op.ids)))
		return appended
	case errors.As(err, &moved):
		known[op.stream] = moved.Actual
		return conflicted
	case domain.IsDefinite(err):
		t.Errorf("append: %v", err)
	}
	return unknown
}

func (h *history) read(t *testing.T, f *fixture, s domain.Stream) []uuid.UUID {
	var list []uuid.UUID
	for e, err := range f.store.ReadStream(t.Context(), s, 0) {
		if err != nil {
			t.Errorf("read: %v", err)
			return list
		}
		id, _ := domain.EntryID(e.Bytes)
		list = append(list, id)
	}
	return list
}

func (h *history) count(what outcome) int {
	n := 0
	for _, op := range h.list {
		if !op.Input.(operation).read && op.Output.(answer).outcome == what {
			n++
		}
	}
	return n
}
