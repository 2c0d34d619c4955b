package storetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tavoli/domain"
)

// A DurableOpener opens the store in a directory, which may be empty, and returns
// what closes it. The suite opens a directory again once it is closed.
type DurableOpener func(t testing.TB, dir string, o Options) (store domain.Store, closeStore func() error)

// A durable test opens a store as often as it likes.
type durable struct {
	open  DurableOpener
	dir   string
	clock *clock
}

var durables = []struct {
	name string
	run  func(t *testing.T, d *durable)
}{
	{"an empty store can be opened again", reopenEmpty},
	{"everything is there after opening again, byte for byte", reopenBytes},
	{"positions and revisions go on after opening again", reopenGoesOn},
	{"a repetition is known after opening again", reopenRepeats},
	{"what was forgotten stays so after opening again", reopenForgotten},
	{"the time of recording does not go back after opening again", reopenClock},
	{"a follower resumes after opening again", reopenFollow},
	{"what was acknowledged survives a process that does not end well", killed},
}

// RunDurable checks what a store promises that outlives its process.
func RunDurable(t *testing.T, open DurableOpener) {
	for _, c := range durables {
		t.Run(c.name, func(t *testing.T) { c.run(t, &durable{open, t.TempDir(), &clock{}}) })
	}
}

// with opens the store in a directory, hands it to use and closes it.
func (d *durable) with(t *testing.T, dir string, use func(f *fixture)) {
	t.Helper()
	store, closeStore := d.open(t, dir, Options{Now: d.clock.Now})
	closed := false
	defer func() {
		if !closed {
			_ = closeStore() // the test has failed
		}
	}()
	use(&fixture{store: store, clock: d.clock, fresh: true})
	closed = true
	if err := closeStore(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

func reopenEmpty(t *testing.T, d *durable) {
	var id domain.Identity
	d.with(t, d.dir, func(f *fixture) { id = f.store.Identity() })
	for range 2 {
		d.with(t, d.dir, func(f *fixture) {
			if got := f.store.Identity(); got != id {
				t.Errorf("the identity was %s and is %s", id, got)
			}
			if got := f.head(t); got != 0 {
				t.Errorf("the head of an empty store is %d", got)
			}
		})
	}
	other := t.TempDir()
	d.with(t, other, func(f *fixture) {
		if got := f.store.Identity(); got.ID == id.ID {
			t.Errorf("two stores are both %s", got)
		}
	})
}

// Holdings are what a store held at a moment.
type holdings struct {
	of      []domain.Stream
	id      domain.Identity
	head    domain.Position
	all     []domain.Entry
	streams [][]domain.Entry
}

func (f *fixture) remember(t *testing.T, of []domain.Stream) holdings {
	t.Helper()
	m := holdings{of: of, id: f.store.Identity(), head: f.head(t), all: f.all(t, 0, of...)}
	for _, s := range of {
		m.streams = append(m.streams, f.read(t, s, 0))
	}
	return m
}

// still fails the test unless the store holds what it held.
func (f *fixture) still(t *testing.T, m holdings) {
	t.Helper()
	if id := f.store.Identity(); id != m.id {
		t.Errorf("the identity was %s and is %s", m.id, id)
	}
	if head := f.head(t); head < m.head {
		t.Errorf("the head was %d and is %d", m.head, head)
	}
	same(t, "everything", f.all(t, 0, m.of...), m.all)
	for i, s := range m.of {
		same(t, string(s), f.read(t, s, 0), m.streams[i])
	}
}

func reopenBytes(t *testing.T, d *durable) {
	var m holdings
	d.with(t, d.dir, func(f *fixture) {
		_, of, _ := f.spread(t, 30)
		s := fact()
		f.append(t, batch(s, domain.NoStream, varied()...))
		f.append(t, batch(s, 6, sized(domain.MaxData)))
		m = f.remember(t, append(of, s))
	})
	for range 3 {
		d.with(t, d.dir, func(f *fixture) { f.still(t, m) })
	}
}

func reopenGoesOn(t *testing.T, d *durable) {
	s, last := fact(), domain.Position(0)
	for round := range 5 {
		d.with(t, d.dir, func(f *fixture) {
			for i := range 4 {
				pos := f.append(t, batch(s, domain.Revision(4*round+i)-1, draft()))
				if pos <= last {
					t.Errorf("an entry was stored at %d after one at %d", pos, last)
				}
				last = pos
			}
			if got := len(f.all(t, 0, s)); got != 4*(round+1) {
				t.Errorf("%d entries are there, want %d", got, 4*(round+1))
			}
			_, err := f.store.Append(t.Context(), batch(s, domain.NoStream, draft()))
			conflicts(t, err, domain.ConflictError{Stream: s, Expected: domain.NoStream, Actual: domain.Revision(4*round + 3)})
		})
	}
}

func reopenRepeats(t *testing.T, d *durable) {
	p, s, e := persona(), fact(), drafts(3)
	both := []domain.Batch{batch(p, domain.NoStream, e[0]), batch(s, domain.NoStream, e[1], e[2])}
	var pos domain.Position
	d.with(t, d.dir, func(f *fixture) {
		pos = f.append(t, both...)
		f.fill(t, fact(), 3)
	})
	d.with(t, d.dir, func(f *fixture) {
		if again := f.append(t, both...); again != pos {
			t.Errorf("the repetition is at %d, but was stored at %d", again, pos)
		}
		f.holds(t, p, e[0].ID)
		f.holds(t, s, e[1].ID, e[2].ID)
	})
}

func reopenForgotten(t *testing.T, d *durable) {
	p, q, s := persona(), persona(), fact()
	var m holdings
	var last domain.Position
	d.with(t, d.dir, func(f *fixture) {
		f.fill(t, s, 2)
		f.append(t, batch(q, domain.NoStream, drafts(2)...))
		last = f.append(t, batch(p, domain.NoStream, drafts(2)...))
		f.forget(t, p)
		m = f.remember(t, []domain.Stream{p, q, s})
	})
	for range 2 {
		d.with(t, d.dir, func(f *fixture) {
			f.still(t, m)
			_, err := f.store.Append(t.Context(), batch(p, domain.NoStream, draft()))
			refused(t, err, domain.ErrStreamForgotten)
		})
	}
	d.with(t, d.dir, func(f *fixture) {
		if pos := f.append(t, batch(s, 1, draft())); pos <= last {
			t.Errorf("an entry was stored at %d after one at %d was forgotten", pos, last)
		}
	})
}

func reopenClock(t *testing.T, d *durable) {
	start := time.Now().Add(-time.Hour)
	s, last := fact(), time.Time{}
	for _, step := range []time.Duration{0, -time.Hour, time.Second, -time.Second} {
		d.with(t, d.dir, func(f *fixture) {
			d.clock.Set(start.Add(step))
			got := f.recorded(t, s)
			if want := later(last, domain.Truncate(start.Add(step))); !got.Equal(want) {
				t.Errorf("at %s an entry was recorded at %s, want %s", start.Add(step), got, want)
			}
			last = got
		})
	}
}

func reopenFollow(t *testing.T, d *durable) {
	var of []domain.Stream
	var all []domain.Entry
	d.with(t, d.dir, func(f *fixture) { _, of, all = f.spread(t, 12) })
	for i, e := range all[:len(all)-1] {
		d.with(t, d.dir, func(f *fixture) {
			same(t, "after a position", f.follow(t, e.Position, len(all)-i-1, of...), all[i+1:])
		})
	}
}

// killed copies the files of a store in use, which is what a process leaves that
// is killed: whatever it acknowledged must be there.
func killed(t *testing.T, d *durable) {
	dirs, remembered := []string{}, []holdings{}
	d.with(t, d.dir, func(f *fixture) {
		of := []domain.Stream{fact(), persona(), fact(), persona()}
		for i := range 8 {
			for _, s := range of[:3] {
				f.append(t, batch(s, domain.Revision(i)-1, draft()))
			}
			if i == 5 {
				f.append(t, batch(of[3], domain.NoStream, draft()))
				f.forget(t, of[3])
			}
			dir := filepath.Join(t.TempDir(), "copy")
			copyAll(t, dir, d.dir)
			dirs, remembered = append(dirs, dir), append(remembered, f.remember(t, of))
		}
	})
	for i, dir := range dirs {
		d.with(t, dir, func(f *fixture) {
			f.still(t, remembered[i])
			f.append(t, batch(remembered[i].of[0], domain.Revision(i), draft()))
		})
	}
}

// copyAll copies a directory while it may change.
func copyAll(t *testing.T, to, from string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
