package projections_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/tests/storetest"
)

// reading returns options of a view that reads its digests every so often, by a
// clock that stands still: what it thinks it takes does not depend on the machine.
func (r *register) reading(every time.Duration) projections.Options {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock
	return projections.Options{Readings: every, Now: func() time.Time { return now }}
}

// readings returns what a view has read once it has seen everything.
func (r *register) readings(v *projections.View, least int) []projections.Reading {
	r.Helper()
	r.seen(v)
	until(r, "the readings are made", func() bool { return len(v.Readings()) >= least })
	return v.Readings()
}

// TestReadingsAgree lets views with pages of other sizes, views that began later
// and views out of a snapshot read the digests of one log: wherever two of them
// read, they read the same, and it is what the log gives when it is read anew.
func TestReadingsAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &shelved{register: newRegister(t).found(3, 2), shelf: new(shelf)}
		every := time.Duration(rapid.IntRange(20, 200).Draw(rt, "slot")) * time.Second
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "n") }
		steps := func() {
			for range rapid.IntRange(10, 30).Draw(rt, "steps") {
				s.step(draw)
			}
		}
		options := s.options(new(warnings))
		options.Readings, options.Now = every, s.reading(every).Now
		views := []*projections.View{s.view(options)}
		for _, most := range []int{1, 7, 400} {
			v := projections.NewView(ragged{s.store, most}, s.vault.Open, s.reading(every))
			s.follow(v)
			views = append(views, v)
		}
		steps()
		s.seen(views[0])
		if _, err := views[0].Snapshot(t.Context()); err != nil {
			rt.Fatal(err)
		}
		views = append(views, s.view(options), s.view(s.reading(every)))
		steps()
		s.agree(rt, views)
	})
}

// agree fails unless the readings of views are those of the log.
func (r *register) agree(rt *rapid.T, views []*projections.View) {
	read := make(map[domain.Position]string)
	for _, v := range views {
		for _, reading := range r.readings(v, 0) {
			got := lines(reading.Digests)
			if want, ok := read[reading.Position]; ok && got != want {
				rt.Fatalf("at %d one read\n%sanother\n%s", reading.Position, want, got)
			}
			read[reading.Position] = got
		}
	}
	for at, got := range read {
		_, report, err := projections.Replay(r.Context(), r.store, r.vault.Open, projections.Moments{KnownPosition: at}, projections.Options{}, nil)
		if err != nil || lines(report.Digests) != got {
			rt.Fatalf("at %d it was read\n%sand the log gives\n%s%v", at, got, lines(report.Digests), err)
		}
	}
}

// TestReadingsAreTakenWhereSlotsEnd compares where a view reads with where the
// recorded times say.
func TestReadingsAreTakenWhereSlotsEnd(t *testing.T) {
	const every = time.Minute
	r := newRegister(t).found(3, 2)
	v := r.view(r.reading(every))
	r.seen(v)
	var last domain.Record
	var want []domain.Position
	for range 120 {
		r.step(rand.IntN)
		r.seen(v)
	}
	for page, err := range r.store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			rec, err := e.Envelope()
			if err != nil {
				t.Fatal(err)
			}
			if last.Position > 0 && rec.RecordedAt.Truncate(every).After(last.RecordedAt.Truncate(every)) {
				want = append(want, last.Position)
			}
			last = rec
		}
	}
	if len(want) < 2 || len(want) > 16 {
		t.Fatalf("slots end at %v: the test shows nothing", want)
	}
	var got []domain.Position
	for _, reading := range r.readings(v, len(want)) {
		got = append(got, reading.Position)
	}
	if !slices.Equal(got, want) {
		t.Errorf("read at %v, slots end at %v", got, want)
	}
}

// TestOldHistoryIsNotRead lets views follow what was recorded longer than an hour
// ago, without a clock, and without slots.
func TestOldHistoryIsNotRead(t *testing.T) {
	r := newRegister(t).found(3, 2)
	for range 50 {
		r.step(rand.IntN)
	}
	late := r.reading(10 * time.Second)
	now := late.Now().Add(2 * time.Hour)
	late.Now = func() time.Time { return now }
	for name, o := range map[string]projections.Options{"old": late, "no clock": {Readings: 10 * time.Second}, "no slots": {Now: late.Now}} {
		v := r.view(o)
		if list := r.readings(v, 0); len(list) > 0 {
			t.Errorf("%s: read %v", name, list)
		}
		at := v.Newest()
		reading, ok := v.ReadingAt(at)
		if again, still := v.ReadingAt(at); at != r.head() || !ok || !still || lines(reading.Digests) != digests(t, v, at) || lines(again.Digests) != lines(reading.Digests) {
			t.Errorf("%s: asked for %d it read %+v", name, at, reading)
		}
		if _, ok := v.ReadingAt(at + 1); ok {
			t.Errorf("%s: it read what is still to come", name)
		}
	}
}

func TestSixteenReadingsAreKept(t *testing.T) {
	r := newRegister(t).found(3, 2)
	v := r.view(r.reading(time.Second))
	for range 60 {
		r.step(rand.IntN)
		r.seen(v)
	}
	list := r.readings(v, 16)
	if len(list) != 16 || list[15].Position <= list[0].Position {
		t.Errorf("kept %d readings", len(list))
	}
}

// TestReadingsDiffer shows an entry otherwise to one of two views: the readings
// after it name the models that have it otherwise, and those before it agree.
func TestReadingsDiffer(t *testing.T) {
	r := newRegister(t).found(3, 2)
	good := r.view(r.reading(0))
	bad := projections.NewView(storetest.Altered{Log: r.store, Is: "Un altro luogo", Shown: "Un' altro luogo"}, r.vault.Open, r.reading(0))
	r.follow(bad)
	before := r.head()
	compare := func(want ...string) {
		t.Helper()
		at := r.seen(good)
		r.seen(bad)
		mine, ok := good.ReadingAt(at)
		theirs, also := bad.ReadingAt(at)
		if got := mine.Differs(theirs); !ok || !also || !slices.Equal(got, want) {
			t.Errorf("at %d these differ: %v", at, got)
		}
	}
	compare()
	must(r, &domain.PlanTavolo{Tavolo: "coopera-9", Subject: "Un tavolo", Mode: domain.InPresence, Place: "Un altro luogo", When: domain.When{Day: "2022-06-25", From: "15:00", To: "17:00"}})
	compare("calendar")
	if mine, ok := good.ReadingAt(before); !ok || mine.Differs(mine) != nil {
		t.Errorf("what was read before is no more: %+v", mine)
	}
}

func TestOtherVersionsAreNotCompared(t *testing.T) {
	one := projections.Reading{Digests: []projections.Digest{{Model: "enti", Version: 1, SHA256: "a"}, {Model: "people", Version: 1, SHA256: "b"}}}
	two := projections.Reading{Digests: []projections.Digest{{Model: "enti", Version: 2, SHA256: "c"}, {Model: "rosters", Version: 1, SHA256: "d"}}}
	if got := one.Differs(two); got != nil {
		t.Errorf("these differ: %v", got)
	}
}

// TestSlowReadingsAreTakenLessOften lets each reading take three seconds by the clock
// of the view: it reads where longer slots end, of which all are ends of short ones.
func TestSlowReadingsAreTakenLessOften(t *testing.T) {
	const every = time.Minute
	r := newRegister(t).found(3, 2)
	start := r.reading(every).Now()
	var mu sync.Mutex
	now := start.Add(-time.Hour)
	v := r.view(projections.Options{Readings: every, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(3 * time.Second)
		return now
	}})
	quick := r.view(r.reading(every))
	for range 150 {
		r.step(rand.IntN)
		r.seen(v)
		r.seen(quick)
	}
	often, seldom := r.readings(quick, 3), r.readings(v, 1)
	if len(seldom) > len(often)/2 {
		t.Errorf("slow readings were taken %d times, quick ones %d times", len(seldom), len(often))
	}
	for _, s := range seldom {
		if !slices.ContainsFunc(often, func(o projections.Reading) bool { return o.Position == s.Position && o.Differs(s) == nil }) {
			t.Errorf("nobody else read at %d", s.Position)
		}
	}
}

// TestForgettingDropsReadings forgets somebody: what was read before can no more be
// read by those who begin anew, so it is no more compared.
func TestForgettingDropsReadings(t *testing.T) {
	r := newRegister(t).found(3, 2)
	v := r.view(r.reading(0))
	r.register(r.tavoli[0], domain.Online)
	if _, ok := v.ReadingAt(r.seen(v)); !ok || len(v.Readings()) != 1 {
		t.Fatalf("it read %+v", v.Readings())
	}
	e := domain.PersonForgotten{Person: r.persons[0], Short: domain.ShortID(r.persons[0]), Reason: "richiesta", LegalBasis: "art. 17"}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	batch := domain.Batch{Stream: domain.IdentitaStream(e.Person), After: domain.NoStream, Events: []domain.Draft{{
		ID: numbered("event", 1), Type: e.Name(), Schema: 1, EffectiveAt: r.tick(), Actor: "account-admin", Command: numbered("command", 1), Data: data,
	}}}
	if _, err := r.store.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	at := r.seen(v)
	if list := v.Readings(); len(list) > 0 {
		t.Errorf("it kept %+v", list)
	}
	if _, ok := v.ReadingAt(at); !ok {
		t.Error("it reads no more")
	}
}
