package projections_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// A shelf keeps a snapshot in memory.
type shelf struct {
	data []byte
	full bool
}

func (s *shelf) Read() ([]byte, error) {
	if s.data == nil {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(s.data), nil
}

var errFull = errors.New("no space left")

func (s *shelf) Write(fill func(io.Writer) error) error {
	var buf bytes.Buffer
	if err := fill(&buf); err != nil {
		return err
	}
	if s.full {
		return errFull
	}
	s.data = buf.Bytes()
	return nil
}

// warnings gather what a view warns of.
type warnings struct{ list []string }

func (w *warnings) add(msg string, args ...any) {
	w.list = append(w.list, msg+" "+fmt.Sprint(args...))
}

// A case of snapshots: a register with a history, and a view that knows a shelf.
type shelved struct {
	*register
	shelf  *shelf
	secret [32]byte
}

func newShelved(t *testing.T) *shelved {
	s := &shelved{register: newRegister(t).found(4, 3), shelf: new(shelf), secret: [32]byte{1}}
	for range 100 {
		s.step(rand.IntN)
	}
	return s
}

func (s *shelved) options(w *warnings) projections.Options {
	return projections.Options{
		Warn:      w.add,
		Snapshots: &projections.Snapshots{Shelf: s.shelf, Secret: s.secret, Identity: s.store.Identity()},
	}
}

// write writes a snapshot of everything there is and returns its digests.
func (s *shelved) write() string {
	s.Helper()
	v := s.view(s.options(new(warnings)))
	want := digests(s, v, s.head())
	info, err := v.Snapshot(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	if info.Position != s.head() || info.Bytes != int64(len(s.shelf.data)) || lines(info.Digests) != want {
		s.Fatalf("told %+v", info)
	}
	return want
}

func TestSnapshotLoads(t *testing.T) {
	s := newShelved(t)
	want := s.write()
	var w warnings
	v := projections.NewView(s.store, s.vault.Open, s.options(&w))
	if v.Seen() != s.head() {
		t.Fatalf("loaded %d of %d: %v", v.Seen(), s.head(), w.list)
	}
	if got := digests(t, v, s.head()); got != want {
		t.Errorf("loaded\n%s\nnot\n%s", got, want)
	}
	for range 50 {
		s.step(rand.IntN)
	}
	s.follow(v)
	if got, want := digests(t, v, s.head()), digests(t, s.view(projections.Options{}), s.head()); got != want {
		t.Errorf("went on to\n%s\nnot\n%s", got, want)
	}
	if st := v.Stats(t.Context()); st.Snapshot == nil || !st.Snapshot.Loaded || len(w.list) > 0 {
		t.Errorf("stats %+v, warnings %v", st, w.list)
	}
}

func TestSnapshotHoldsNothingToRead(t *testing.T) {
	s := newShelved(t)
	s.write()
	for _, word := range []string{"Cognome", "example.it", "coopera-1", "Comune numero", "Palermo"} {
		if bytes.Contains(s.shelf.data, []byte(word)) {
			t.Errorf("%q can be read in it", word)
		}
	}
}

// TestSnapshotThrownAway offers snapshots that do not fit. Each is thrown away
// with its reason, and the log makes up for it.
func TestSnapshotThrownAway(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		spoil        func(s *shelved)
	}{
		{"another secret", "authentication failed", func(s *shelved) { s.secret[31]++ }},
		{"another store", "is of the store", func(s *shelved) { s.swap(func(i *domain.Identity) { i.ID = uuid.New() }) }},
		{"another epoch", "is of the store", func(s *shelved) { s.swap(func(i *domain.Identity) { i.Epoch++ }) }},
		{"empty", "begins otherwise", func(s *shelved) { s.shelf.data = []byte{} }},
		{"something else", "begins otherwise", func(s *shelved) { s.shelf.data = []byte("hello, world, this is no snapshot") }},
		{"a newer format", "its format is 9", func(s *shelved) { s.shelf.data[20] = 9 }},
		{"cut in the header", "cut off", func(s *shelved) { s.shelf.data = s.shelf.data[:30] }},
		{"cut by one", "cut off", func(s *shelved) { s.shelf.data = s.shelf.data[:len(s.shelf.data)-1] }},
		{"one byte too many", "too many", func(s *shelved) { s.shelf.data = append(s.shelf.data, 0) }},
		{"a huge header", "cut off", func(s *shelved) { s.shelf.data[16] = 0xff }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShelved(t)
			want := s.write()
			c.spoil(s)
			var w warnings
			v := projections.NewView(s.store, s.vault.Open, s.options(&w))
			if v.Seen() != 0 || len(w.list) != 1 || !strings.Contains(w.list[0], c.reason) {
				t.Errorf("seen %d, warnings %q", v.Seen(), w.list)
			}
			s.follow(v)
			if got := digests(t, v, s.head()); got != want {
				t.Errorf("the log gave\n%s\nnot\n%s", got, want)
			}
		})
	}
}

// swap writes the snapshot as if it were of another store.
func (s *shelved) swap(change func(*domain.Identity)) {
	o := s.options(new(warnings))
	change(&o.Snapshots.Identity)
	v := s.view(o)
	s.seen(v)
	if _, err := v.Snapshot(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// TestEveryByteCounts changes one byte after the other.
func TestEveryByteCounts(t *testing.T) {
	s := newShelved(t)
	s.write()
	whole := bytes.Clone(s.shelf.data)
	for i := 0; i < len(whole); i++ {
		if i > 300 { // behind the header, not quite each
			i += rand.IntN(1 + len(whole)/200)
		}
		if i >= len(whole) {
			break
		}
		s.shelf.data = bytes.Clone(whole)
		s.shelf.data[i] ^= 1 << rand.IntN(8)
		var w warnings
		if v := projections.NewView(s.store, s.vault.Open, s.options(&w)); v.Seen() != 0 || len(w.list) != 1 {
			t.Fatalf("byte %d of %d was changed, and the snapshot taken", i, len(whole))
		}
	}
}

// TestSnapshotOfAnotherLog offers a snapshot of the same store whose log is not the
// one it was made from, as after a copy of older files.
func TestSnapshotOfAnotherLog(t *testing.T) {
	for name, longer := range map[string]int{"shorter": 0, "longer": 500} {
		t.Run(name, func(t *testing.T) {
			s := newShelved(t)
			s.write()
			other := newRegister(t)
			other.fill(1 + longer)
			var w warnings
			v := projections.NewView(other.store, other.vault.Open, s.options(&w))
			other.follow(v)
			until(t, "ready", v.Ready)
			if got, want := digests(t, v, other.head()), digests(t, other.view(projections.Options{}), other.head()); got != want {
				t.Errorf("got\n%s\nnot\n%s", got, want)
			}
			if len(w.list) != 1 || !strings.Contains(w.list[0], "not of this log") {
				t.Errorf("warnings %q", w.list)
			}
		})
	}
}

func TestSnapshotFails(t *testing.T) {
	s := newShelved(t)
	v := s.view(s.options(new(warnings)))
	s.seen(v)
	s.shelf.full = true
	if _, err := v.Snapshot(t.Context()); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Snapshot(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if v.Stats(t.Context()).Snapshot != nil {
		t.Error("a snapshot is told that was not written")
	}
	none := s.view(projections.Options{})
	if _, err := none.Snapshot(t.Context()); !errors.Is(err, projections.ErrNoShelf) {
		t.Errorf("got %v", err)
	}
}

// TestSnapshotKeepsNoLoss loses the keys for a while: no snapshot may make that last.
func TestSnapshotKeepsNoLoss(t *testing.T) {
	s := newShelved(t)
	lost := func(domain.PersonDescribed) (domain.Values, error) { return domain.Values{}, domain.ErrKeyMissing }
	v := projections.NewView(s.store, lost, s.options(new(warnings)))
	s.follow(v)
	s.seen(v)
	if _, err := v.Snapshot(t.Context()); !errors.Is(err, projections.ErrUnopened) || s.shelf.data != nil {
		t.Errorf("got %v", err)
	}
}

// TestSnapshotWhileItGoesOn writes snapshots while writers write and readers ask;
// each is of one position.
func TestSnapshotWhileItGoesOn(t *testing.T) {
	s := newShelved(t)
	v := s.view(s.options(new(warnings)))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			s.step(rand.IntN)
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		info, err := v.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, report, err := projections.Replay(t.Context(), s.store, s.vault.Open, projections.Moments{KnownPosition: info.Position}, projections.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if info.Position > 0 && lines(report.Digests) != lines(info.Digests) {
			t.Fatalf("the snapshot at %d holds\n%s\nthe log says\n%s", info.Position, lines(info.Digests), lines(report.Digests))
		}
	}
}
