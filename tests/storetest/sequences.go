package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tavoli/domain"
)

// What may become of the last write of a sequence.
const (
	idempotent = "idempotent" // it is a repetition: nothing is added
	stored     = "stored"     // it is new
	conflict   = "conflict"   // it is refused
)

// A sequence is some writes to one new stream, of which all but the last are
// done. In KurrentDB's notation 3e2 is event 3 after revision 2, 0em1 is event 0
// after none, and S … E holds the events of one batch.
type sequence struct{ writes, outcome string }

var sequences = []sequence{
	{"0em1 0em1", idempotent},
	{"0em1 0em1 0em1 0em1", idempotent},
	{"0em1 1e0 2e1 3e2 4e3 5e4 0em1", idempotent},
	{"0em1 1e0 2e1 3e2 4e3 5e4 3e2", idempotent},
	{"0em1 1e0 2e1 3e2 4e3 5e4 5e4", idempotent},
	{"0em1 1e0 1e0 2e1 1e0", idempotent},
	{"S 0em1 1em1 E S 0em1 1em1 E", idempotent},
	{"S 0em1 1em1 E S 0em1 E", idempotent},
	{"S 0em1 1em1 E S 1e0 E", idempotent},
	{"S 0em1 1em1 2em1 E S 1e0 2e0 E", idempotent},
	{"S 0em1 1em1 2em1 E S 1e0 E", idempotent},
	{"0em1 1e0 S 0em1 1em1 E", idempotent},
	{"0em1 1e0 2e1 S 1e0 2e0 E", idempotent},
	{"0em1 S 1e0 2e0 E S 3e2 4e2 E S 2e1 3e1 E", idempotent},

	{"0em1", stored},
	{"0em1 1e0", stored},
	{"0em1 0e0", stored},
	{"0em1 1e0 2e1 3e2 4e3 5e4 0e5", stored},
	{"S 0em1 1em1 E S 2e1 3e1 E", stored},
	{"S 0em1 1em1 E S 0e1 1e1 E", stored},

	{"0e0", conflict},
	{"0em1 1e1", conflict},
	{"0em1 1em1", conflict},
	{"0em1 0e1", conflict},
	{"0em1 1e0 2e1 3e2 4e3 5e4 0e6", conflict},
	{"0em1 1e0 2e1 3e2 4e3 5e4 0e4", conflict},
	{"0em1 1e0 2e1 1em1", conflict},
	{"0em1 1e0 2e1 2e0", conflict},
	{"0em1 1e0 2e1 0e0", conflict},
	{"0em1 1e0 2e1 3e0", conflict},
	{"S 0em1 1em1 E S 1em1 0em1 E", conflict},
	{"S 0em1 1em1 E S 1em1 E", conflict},
	{"S 0em1 1em1 E S 2em1 E", conflict},
	{"S 0em1 1em1 E S 0em1 2em1 E", conflict},
	{"S 0em1 1em1 E S 2em1 1em1 E", conflict},
	{"S 0em1 1em1 E S 0em1 1em1 2em1 E", conflict},
	{"S 0em1 1em1 E S 1e0 2e0 E", conflict},
	{"0em1 1e0 S 1e0 2e0 E", conflict},
	{"0em1 1e0 2e1 S 0em1 2em1 E", conflict},
	{"0em1 1e0 2e1 S 1e0 2e0 3e0 E", conflict},
	{"0em1 1e0 2e1 S 0em1 1em1 2em1 3em1 E", conflict},
	{"0em1 1e0 2e1 S 3e1 1e1 E", conflict},
}

func (s sequence) run(t *testing.T, f *fixture) {
	stream := fact()
	writes := s.batches(t, stream)
	last := writes[len(writes)-1]
	for _, b := range writes[:len(writes)-1] {
		f.append(t, b)
	}
	before := f.read(t, stream, 0)
	pos, err := f.store.Append(t.Context(), last)
	after := f.read(t, stream, 0)

	if s.outcome == conflict {
		conflicts(t, err, domain.ConflictError{Stream: stream, Expected: last.After, Actual: domain.Revision(len(before) - 1)})
		same(t, "after a conflict", after, before)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want := idsOf(t, before)
	if s.outcome == stored {
		want = append(want, ids(last.Events)...)
	}
	if got := idsOf(t, after); !slices.Equal(got, want) {
		t.Fatalf("the stream holds %v, want %v", got, want)
	}
	same(t, "what was there", after[:len(before)], before)
	if at := after[int(last.After)+len(last.Events)].Position; pos != at {
		t.Errorf("append returned %d, but the last event of the batch is at %d", pos, at)
	}
}

// batches reads the notation.
func (s sequence) batches(t *testing.T, stream domain.Stream) []domain.Batch {
	run := uuid.New()
	var list []domain.Batch
	open := false
	for word := range strings.FieldsSeq(s.writes) {
		switch word {
		case "S":
			open = true
			list = append(list, domain.Batch{Stream: stream})
			continue
		case "E":
			open = false
			continue
		}
		event, after := write(t, word)
		if !open {
			list = append(list, domain.Batch{Stream: stream})
		}
		b := &list[len(list)-1]
		b.After = after
		b.Events = append(b.Events, draftOf(uuid.NewSHA1(run, fmt.Append(nil, event))))
	}
	return list
}

// write reads one word such as 3e2 or 0em1.
func write(t *testing.T, word string) (event int, after domain.Revision) {
	left, right, _ := strings.Cut(word, "e")
	event, err1 := strconv.Atoi(left)
	n, err2 := strconv.Atoi(strings.Replace(right, "m", "-", 1))
	if err1 != nil || err2 != nil {
		t.Fatalf("%q is not a write", word)
	}
	return event, domain.Revision(n)
}
