package storetest

import (
	"errors"
	"io"
	"testing"

	"tavoli/domain"
)

// endings are the promises of a store that can be closed.
var endings = []test{
	{"a closed store takes and shows nothing", closedRefuses},
	{"closing ends followers with an error", closedFollowers},
	{"closing twice is closing once", closedTwice},
}

// close closes the store and reports whether it can be closed.
func (f *fixture) close(t *testing.T) bool {
	t.Helper()
	c, ok := f.store.(io.Closer)
	if !ok {
		t.Log("this store is never closed")
		return false
	}
	if err := c.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	return true
}

func closedRefuses(t *testing.T, f *fixture) {
	s, p := fact(), persona()
	f.fill(t, s, 2)
	f.fill(t, p, 2)
	if !f.close(t) {
		return
	}
	_, err := f.store.Append(t.Context(), batch(s, 1, draft()))
	refused(t, err, domain.ErrStoreClosed)
	refused(t, f.store.Forget(t.Context(), p), domain.ErrStoreClosed)
	_, err = f.store.Head(t.Context())
	refused(t, err, domain.ErrStoreClosed)
	err = nil
	for _, err = range f.store.ReadStream(t.Context(), s, 0) {
	}
	refused(t, err, domain.ErrStoreClosed)
	err = nil
	for _, err = range f.store.ReadAll(t.Context(), 0) {
	}
	refused(t, err, domain.ErrStoreClosed)
	err = nil
	for _, err = range f.store.Follow(t.Context(), 0) {
	}
	refused(t, err, domain.ErrStoreClosed)
}

func closedFollowers(t *testing.T, f *fixture) {
	s := fact()
	after := f.head(t)
	f.fill(t, s, 2)
	ended, caught := make(chan struct{}), make(chan struct{})
	outlive(t, ended)
	go func() {
		defer close(ended)
		r := newReader(after, s)
		var last error
		for p, err := range f.store.Follow(t.Context(), after) {
			if last = err; err != nil {
				continue
			}
			before := len(r.mine)
			if r.take(t, p); before < 2 && len(r.mine) >= 2 {
				close(caught)
			}
		}
		if !errors.Is(last, domain.ErrStoreClosed) {
			t.Errorf("the follower ended with %v, want %v", last, domain.ErrStoreClosed)
		}
	}()
	done(t, "the follower caught up", caught)
	if _, ok := f.store.(io.Closer); !ok {
		f.close(t)
		return // the test's own context ends the follower
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		if err := f.store.(io.Closer).Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	done(t, "closing", closed)
	done(t, "the follower ended", ended)
}

func closedTwice(t *testing.T, f *fixture) {
	if f.close(t) {
		f.close(t)
	}
}
