package storetest

import (
	"context"
	"testing"

	"tavoli/domain"
)

// reads are the promises about reading what is there.
var reads = []test{
	{"a stream is read from every revision", readFromEvery},
	{"a stream that does not exist is empty", readMissing},
	{"a stream is read up to where it ended when the reading began", readStreamEnds},
	{"everything is read up to where it ended when the reading began", readAllEnds},
	{"everything is read after every position", readAfterEvery},
	{"everything is read in pages that can be resumed", readPages},
	{"reading everything reaches the head", readReachesHead},
	{"nothing follows the head", readAfterHead},
	{"a reader may stop at any time", readBreak},
	{"reading with a canceled context does not pass for reading nothing", readCanceled},
	{"many readers read while others write", readWhileWriting},
}

func readFromEvery(t *testing.T, f *fixture) {
	s := fact()
	f.fill(t, s, 6)
	f.append(t, batch(s, 5, drafts(4)...))
	f.fill(t, fact(), 2)
	all := f.read(t, s, 0)
	for from := range len(all) + 3 {
		same(t, "from a revision on", f.read(t, s, domain.Revision(from)), all[min(from, len(all)):])
	}
}

func readMissing(t *testing.T, f *fixture) {
	for _, s := range []domain.Stream{fact(), persona()} {
		for _, from := range []domain.Revision{0, 5} {
			if got := f.read(t, s, from); len(got) != 0 {
				t.Errorf("%s from %d has %d entries", s, from, len(got))
			}
		}
	}
}

// many is more entries than a store reads at once.
const many = 1200

func readStreamEnds(t *testing.T, f *fixture) {
	s := fact()
	f.append(t, batch(s, domain.NoStream, drafts(many)...))
	seen := 0
	for _, err := range f.store.ReadStream(t.Context(), s, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if seen < 20 {
			f.append(t, batch(s, domain.Revision(many+seen-1), draft()))
		}
		if seen++; seen > many {
			break
		}
	}
	if seen != many {
		t.Errorf("the reader saw %d entries of %d", seen, many)
	}
	if got := len(f.read(t, s, 0)); got != many+20 {
		t.Errorf("the next reader saw %d entries of %d", got, many+20)
	}
}

func readAllEnds(t *testing.T, f *fixture) {
	s := fact()
	after := f.head(t)
	f.append(t, batch(s, domain.NoStream, drafts(many)...))
	head, at := f.head(t), domain.Revision(many-1)
	r := newReader(after, s)
	for p, err := range f.store.ReadAll(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		if r.take(t, p); len(r.mine) > many {
			break
		}
		f.append(t, batch(s, at, draft()))
		at++
	}
	if len(r.mine) != many {
		t.Errorf("the reader saw %d entries of %d", len(r.mine), many)
	}
	if f.fresh && r.at != head {
		t.Errorf("the reader came to %d, but the head was at %d", r.at, head)
	}
}

// spread stores events in three streams and returns them in order.
func (f *fixture) spread(t *testing.T, n int) (after domain.Position, of []domain.Stream, all []domain.Entry) {
	t.Helper()
	after, of = f.head(t), []domain.Stream{fact(), persona(), fact()}
	for i := range n {
		f.append(t, batch(of[i%3], domain.Revision(i/3)-1, draft()))
	}
	f.append(t, batch(fact(), domain.NoStream, drafts(3)...))
	for i, s := range of {
		if got, want := len(f.read(t, s, 0)), (n+2-i)/3; got != want {
			t.Fatalf("%s has %d entries, want %d", s, got, want)
		}
	}
	if all = f.all(t, after, of...); len(all) != n {
		t.Fatalf("ReadAll shows %d entries of %d", len(all), n)
	}
	return after, of, all
}

func readAfterEvery(t *testing.T, f *fixture) {
	_, of, all := f.spread(t, 25)
	for i, e := range all {
		same(t, "after a position", f.all(t, e.Position, of...), all[i+1:])
	}
	if f.fresh {
		same(t, "from the beginning", f.all(t, 0, of...), all)
	}
}

func readPages(t *testing.T, f *fixture) {
	after, of, all := f.spread(t, 60)
	r := newReader(after, of...)
	for range 1000 {
		before := r.at
		for p, err := range f.store.ReadAll(t.Context(), r.at) {
			if err != nil {
				t.Fatal(err)
			}
			r.take(t, p)
			break
		}
		if r.at == before {
			break
		}
	}
	same(t, "page by page", r.mine, all)
}

func readReachesHead(t *testing.T, f *fixture) {
	after := f.head(t)
	f.fill(t, fact(), 3)
	head := f.head(t)
	r := newReader(after)
	for p, err := range f.store.ReadAll(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		r.take(t, p)
	}
	if r.at < head {
		t.Errorf("the reader came to %d, but the head was at %d", r.at, head)
	}
}

func readAfterHead(t *testing.T, f *fixture) {
	s := fact()
	f.fill(t, s, 3)
	if got := f.all(t, f.head(t), s); len(got) != 0 {
		t.Errorf("%d entries follow the head", len(got))
	}
}

func readBreak(t *testing.T, f *fixture) {
	s := fact()
	after := f.head(t)
	f.fill(t, s, 10)
	noLeak(t, func() {
		for _, err := range f.store.ReadStream(t.Context(), s, 0) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		for _, err := range f.store.ReadAll(t.Context(), after) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		for _, err := range f.store.Follow(t.Context(), after) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	})
	f.append(t, batch(s, 9, draft()))
	if got := len(f.read(t, s, 0)); got != 11 {
		t.Errorf("%s has %d entries, want 11", s, got)
	}
}

func readCanceled(t *testing.T, f *fixture) {
	s := fact()
	after := f.head(t)
	f.fill(t, s, 5)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	seen, failed := 0, false
	for _, err := range f.store.ReadStream(ctx, s, 0) {
		if failed = err != nil; failed {
			break
		}
		seen++
	}
	if !failed && seen != 5 {
		t.Errorf("ReadStream showed %d entries of 5 and no error", seen)
	}
	r := newReader(after, s)
	failed = false
	for p, err := range f.store.ReadAll(ctx, after) {
		if failed = err != nil; failed {
			break
		}
		r.take(t, p)
	}
	if !failed && len(r.mine) != 5 {
		t.Errorf("ReadAll showed %d entries of 5 and no error", len(r.mine))
	}
}

func readWhileWriting(t *testing.T, f *fixture) {
	s := fact()
	const n = 60
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range n {
			if _, err := f.store.Append(t.Context(), batch(s, domain.Revision(i)-1, draft())); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	ended := make(chan struct{})
	for range 3 {
		go func() {
			defer func() { ended <- struct{}{} }()
			f.readUntil(t, s, n, written)
		}()
	}
	for range 3 {
		<-ended
	}
	<-written
}

// readUntil reads a stream again and again until it has n entries; each time it
// must be longer or equal, and without a hole.
func (f *fixture) readUntil(t *testing.T, s domain.Stream, n int, written <-chan struct{}) {
	for seen := 0; seen < n; {
		last := false
		select {
		case <-written:
			last = true
		default:
		}
		count := 0
		for e, err := range f.store.ReadStream(t.Context(), s, 0) {
			if err != nil {
				t.Error(err)
				return
			}
			if r, err := e.Envelope(); err != nil || r.Revision != domain.Revision(count) {
				t.Errorf("entry %d is revision %d (%v)", count, r.Revision, err)
				return
			}
			count++
		}
		if count < seen || last && count < n {
			t.Errorf("the stream had %d entries, then %d; all written: %t", seen, count, last)
			return
		}
		seen = count
	}
}
