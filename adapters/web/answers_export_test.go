package web

// This test needs the inside of a server: what it keeps of its answers.

import (
	"testing"

	"github.com/google/uuid"
)

func TestTenThousandAnswersAreKept(t *testing.T) {
	const most = 10_000
	kept := newAnswers(maxAnswers)
	ids := make([]uuid.UUID, most+1)
	for i := range ids[:most] {
		ids[i] = uuid.New()
		kept.put(&answer{command: ids[i]})
	}
	if _, ok := kept.get(ids[0]); !ok { // and it is the newest now
		t.Fatalf("of %d answers the first is gone", most)
	}
	ids[most] = uuid.New()
	kept.put(&answer{command: ids[most]})
	for i, want := range map[int]bool{0: true, 1: false, 2: true, most: true} {
		if _, ok := kept.get(ids[i]); ok != want {
			t.Errorf("answer %d is kept: %v, want %v", i, ok, want)
		}
	}
	if len(kept.by) != most || kept.order.Len() != most {
		t.Errorf("%d answers are kept in %d places, want %d", len(kept.by), kept.order.Len(), most)
	}
}
