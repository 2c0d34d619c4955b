package storetest

import (
	"errors"
	"sync"
	"testing"

	"tavoli/domain"
)

// forgets are the promises about what is removed for good.
var forgets = []test{
	{"a forgotten stream reads as empty", forgetEmpties},
	{"a forgotten stream takes no more events", forgetCloses},
	{"a forgotten stream is left out of everything read", forgetHides},
	{"reading goes past what was forgotten", forgetMovesOn},
	{"a stream can be forgotten before it has events", forgetEarly},
	{"forgetting twice is forgetting once", forgetTwice},
	{"facts cannot be forgotten", forgetFacts},
	{"a fact is kept out when its personal batch was forgotten", forgetKeepsOut},
	{"forgetting leaves nothing however many write meanwhile", forgetWhileWriting},
}

func (f *fixture) forget(t tb, s domain.Stream) {
	t.Helper()
	if err := f.store.Forget(t.Context(), s); err != nil {
		t.Fatalf("forget %s: %v", s, err)
	}
}

func forgetEmpties(t *testing.T, f *fixture) {
	p, other := persona(), persona()
	f.fill(t, p, 3)
	f.fill(t, other, 2)
	want := f.read(t, other, 0)
	f.forget(t, p)
	f.holds(t, p)
	if got := f.read(t, p, 1); len(got) != 0 {
		t.Errorf("%d entries can be read from revision 1 on", len(got))
	}
	same(t, "another person", f.read(t, other, 0), want)
}

func forgetCloses(t *testing.T, f *fixture) {
	p, list := persona(), drafts(2)
	f.append(t, batch(p, domain.NoStream, list...))
	f.forget(t, p)
	for _, b := range []domain.Batch{batch(p, domain.NoStream, list...), batch(p, domain.NoStream, draft()), batch(p, 1, draft())} {
		_, err := f.store.Append(t.Context(), b)
		refused(t, err, domain.ErrStreamForgotten)
	}
	f.holds(t, p)
}

func forgetHides(t *testing.T, f *fixture) {
	p, q, s := persona(), persona(), fact()
	after := f.head(t)
	f.append(t, batch(p, domain.NoStream, drafts(2)...), batch(s, domain.NoStream, draft()), batch(q, domain.NoStream, draft()))
	f.append(t, batch(p, 1, draft()), batch(s, 0, draft()))
	want := f.all(t, after, q, s)
	f.forget(t, p)
	same(t, "ReadAll", f.all(t, after, p, q, s), want)
	same(t, "Follow", f.follow(t, after, len(want), p, q, s), want)
	if f.fresh {
		same(t, "Follow from the beginning", f.follow(t, 0, len(want), p, q, s), want)
	}
}

func forgetMovesOn(t *testing.T, f *fixture) {
	p, s := persona(), fact()
	after := f.head(t)
	f.fill(t, s, 2)
	pos := f.append(t, batch(p, domain.NoStream, drafts(3)...))
	f.forget(t, p)
	head := f.head(t)
	if head < pos {
		t.Errorf("head is %d, but an entry was stored at %d", head, pos)
	}
	r := newReader(after, p, s)
	for page, err := range f.store.ReadAll(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		r.take(t, page)
	}
	if r.at < head || len(r.mine) != 2 {
		t.Errorf("the reader came to %d with %d entries, want %d with 2", r.at, len(r.mine), head)
	}
	if next := f.append(t, batch(s, 1, draft())); next <= pos {
		t.Errorf("an entry was stored at %d after one at %d was forgotten", next, pos)
	}
}

func forgetEarly(t *testing.T, f *fixture) {
	p := persona()
	f.forget(t, p)
	_, err := f.store.Append(t.Context(), batch(p, domain.NoStream, draft()))
	refused(t, err, domain.ErrStreamForgotten)
	f.holds(t, p)
}

func forgetTwice(t *testing.T, f *fixture) {
	p, s := persona(), fact()
	f.append(t, batch(p, domain.NoStream, draft()), batch(s, domain.NoStream, draft()))
	for range 3 {
		f.forget(t, p)
		f.holds(t, p)
	}
	if got := f.read(t, s, 0); len(got) != 1 {
		t.Errorf("the fact beside it has %d entries", len(got))
	}
}

func forgetFacts(t *testing.T, f *fixture) {
	s := fact()
	f.fill(t, s, 2)
	want := f.read(t, s, 0)
	for _, name := range []domain.Stream{s, domain.Stream("identita-" + s.ID()), domain.Stream("personale-" + s.ID())} {
		if err := f.store.Forget(t.Context(), name); !errors.Is(err, domain.ErrNotPersonal) {
			t.Errorf("forget %s: got error %v, want %v", name, err, domain.ErrNotPersonal)
		}
	}
	same(t, "the fact", f.read(t, s, 0), want)
	f.append(t, batch(s, 1, draft()))
}

func forgetKeepsOut(t *testing.T, f *fixture) {
	p, s, one := persona(), fact(), draft()
	f.append(t, batch(p, domain.NoStream, one))
	f.forget(t, p)
	_, err := f.store.Append(t.Context(), batch(p, domain.NoStream, one), batch(s, domain.NoStream, draft()))
	refused(t, err, domain.ErrStreamForgotten)
	f.holds(t, s)
}

func forgetWhileWriting(t *testing.T, f *fixture) {
	p := persona()
	after := f.head(t)
	started := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for i := range 10_000 {
			switch _, err := f.store.Append(t.Context(), batch(p, domain.Revision(i)-1, draft())); {
			case errors.Is(err, domain.ErrStreamForgotten):
				return
			case err != nil:
				t.Errorf("append: %v", err)
				return
			case i == 5:
				close(started)
			}
		}
		t.Error("the stream was never forgotten")
	})
	done(t, "something was written", started)
	f.forget(t, p)
	all.Wait()
	f.holds(t, p)
	if got := f.all(t, after, p); len(got) != 0 {
		t.Errorf("%d entries are left", len(got))
	}
}
