package projections_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A picture is what the models showed at a position.
type picture struct {
	at       domain.Position
	recorded time.Time // of the entry there
	digests  string
	answers  map[domain.Stream]string
}

// sitting is a view of which pictures are taken while its register fills.
type sitting struct {
	*register
	view     *projections.View
	pictures []picture
}

func newSitting(t *testing.T, steps int) *sitting {
	r := newRegister(t).found(5, 3)
	s := &sitting{register: r, view: r.view(projections.Options{})}
	for range steps {
		r.step(rand.IntN)
		s.take()
	}
	return s
}

// take takes a picture of the models as they are.
func (s *sitting) take() {
	s.Helper()
	head := s.head()
	p := picture{at: head, digests: digests(s, s.view, head), answers: make(map[domain.Stream]string)}
	for page, err := range s.store.ReadAll(s.Context(), head-1) {
		if err != nil {
			s.Fatal(err)
		}
		rec, err := page.Entries[0].Record()
		if err != nil {
			s.Fatal(err)
		}
		p.recorded = rec.RecordedAt
	}
	for _, q := range s.questions() {
		answer, err := projections.Ask(s.Context(), s.view, head, q.ask)
		if err != nil {
			s.Fatal(err)
		}
		p.answers[q.about] = answer
	}
	s.pictures = append(s.pictures, p)
}

// A question about one thing, answered in JSON.
type question struct {
	about domain.Stream
	scope projections.Scope
	ask   func(*projections.Models) (string, error)
}

func (s *sitting) questions() (list []question) {
	for _, t := range s.tavoli {
		list = append(list, question{t.Stream(), projections.ScopeTavolo(t), tavoloAnswer(t)})
	}
	for _, e := range s.enti {
		list = append(list, question{e.Stream(), projections.ScopeEnte(e), enteAnswer(e)})
	}
	return list
}

func tavoloAnswer(t domain.TavoloID) func(*projections.Models) (string, error) {
	return func(m *projections.Models) (string, error) {
		detail, err := m.Calendar.Tavolo(t, true)
		if err != nil {
			return err.Error(), nil
		}
		roster, err := m.Rosters.Roster(projections.RosterQuery{Tavolo: t, State: projections.AllStates, Contacts: true, Limit: 1000})
		if err != nil {
			return err.Error(), nil
		}
		parts := []any{detail, roster}
		for _, by := range projections.Groupings {
			if by == projections.ByPartner { // partners are not the tavolo's
				continue
			}
			counts, err := m.Statistics(projections.StatisticsQuery{By: by, Tavolo: t})
			if err != nil {
				return "", err
			}
			parts = append(parts, counts)
		}
		return text(parts...), nil
	}
}

func enteAnswer(e domain.EnteRef) func(*projections.Models) (string, error) {
	return func(m *projections.Models) (string, error) {
		answer, err := m.Enti.Ente(e, true)
		if err != nil {
			return err.Error(), nil
		}
		return text(answer), nil
	}
}

func text(parts ...any) string {
	data, err := json.MarshalIndent(parts, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// TestAsOfIsWhatWasAnswered asks at the end what was answered all along, about
// everything and about each thing alone: by position and by time of recording.
func TestAsOfIsWhatWasAnswered(t *testing.T) {
	s := newSitting(t, 120)
	for i, p := range s.pictures {
		for _, when := range []projections.Moments{{KnownPosition: p.at}, {KnownAt: p.recorded}} {
			if i%8 == 0 {
				s.checkEverything(p, when)
			}
			s.checkEach(p, when)
		}
	}
}

func (s *sitting) checkEverything(p picture, when projections.Moments) {
	s.Helper()
	m, at, err := s.view.AsOf(s.Context(), when, projections.ScopeAll())
	if err != nil || at != p.at {
		s.Fatalf("everything at %d: %d, %v", p.at, at, err)
	}
	if got := lines(m.Digests()); got != p.digests {
		s.Fatalf("everything at %d:\n%s\nnot\n%s", p.at, got, p.digests)
	}
}

func (s *sitting) checkEach(p picture, when projections.Moments) {
	s.Helper()
	for _, q := range s.questions() {
		got, at, err := projections.AskAsOf(s.Context(), s.view, 0, when, q.scope, q.ask)
		if err != nil || at != p.at {
			s.Fatalf("%s at %d: %d, %v", q.about, p.at, at, err)
		}
		if got != p.answers[q.about] {
			s.Fatalf("%s at %d:\n%s\nnot\n%s", q.about, p.at, got, p.answers[q.about])
		}
	}
}

// TestAsOfBetweenRecordings asks about moments between two recordings, before the
// first and after the last.
func TestAsOfBetweenRecordings(t *testing.T) {
	s := newSitting(t, 5)
	last := s.pictures[len(s.pictures)-1]
	for _, c := range []struct {
		when projections.Moments
		want domain.Position
	}{
		{projections.Moments{KnownAt: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}, 0},
		{projections.Moments{KnownAt: last.recorded.Add(-time.Microsecond)}, last.at - 1},
		{projections.Moments{KnownAt: last.recorded}, last.at},
		{projections.Moments{KnownAt: last.recorded.AddDate(1, 0, 0)}, last.at},
		{projections.Moments{EffectiveAt: last.recorded.AddDate(1, 0, 0)}, last.at},
		{projections.Moments{KnownAt: last.recorded, KnownPosition: 3}, 3},
	} {
		if _, at, err := s.view.AsOf(t.Context(), c.when, projections.ScopeAll()); err != nil || at != c.want {
			t.Errorf("%+v: at %d, not %d, %v", c.when, at, c.want, err)
		}
	}
	behind := projections.NewView(s.store, s.vault.Open, projections.Options{})
	if m, at, err := behind.AsOf(t.Context(), projections.Moments{KnownAt: last.recorded}, projections.ScopeAll()); err != nil || at != last.at || lines(m.Digests()) != last.digests {
		t.Errorf("a view that has seen nothing yet: at %d, %v", at, err)
	}
	if _, _, err := s.view.AsOf(t.Context(), projections.Moments{KnownPosition: last.at + 1}, projections.ScopeAll()); !errors.Is(err, projections.ErrBeyond) {
		t.Errorf("got %v", err)
	}
}

// TestAsOfFindsItsPlace asks by time in a log of many pages.
func TestAsOfFindsItsPlace(t *testing.T) {
	r := newRegister(t)
	r.fill(3_000)
	v := r.view(projections.Options{})
	r.seen(v)
	var all []domain.Record
	for page, err := range r.store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			rec, err := e.Envelope()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, rec)
		}
	}
	stream := projections.ScopeStream("account-nobody")
	for i, rec := range all {
		if i%512 > 1 && i%97 > 0 { // around the places that are noted, and some others
			continue
		}
		if _, at, err := v.AsOf(t.Context(), projections.Moments{KnownAt: rec.RecordedAt.Add(time.Microsecond)}, stream); err != nil || at != rec.Position {
			t.Fatalf("at %d, not %d, %v", at, rec.Position, err)
		}
	}
}

// TestAsOfTwoTimes tells late what happened early: the two times are told apart.
func TestAsOfTwoTimes(t *testing.T) {
	r := newRegister(t).found(2, 1)
	v := r.view(projections.Options{})
	early, late := r.tick(), r.tick()
	r.register("coopera-1", domain.Online, effective(late))
	between := r.tick()
	r.register("coopera-1", domain.Online, effective(early))
	r.rectify(r.persons[0], 1)
	r.seen(v)
	for _, c := range []struct {
		name string
		when projections.Moments
		want []domain.PersonID
	}{
		{"now", projections.Moments{}, r.persons},
		{"known between", projections.Moments{KnownAt: between}, r.persons[:1]},
		{"happened early", projections.Moments{EffectiveAt: early}, r.persons[1:]},
		{"happened late", projections.Moments{EffectiveAt: late}, r.persons},
		{"happened early as known between", projections.Moments{EffectiveAt: early, KnownAt: between}, nil},
	} {
		// The tavolo was planned after what is said to have happened at it.
		for _, scope := range []projections.Scope{projections.ScopeTavolo("coopera-1"), projections.ScopeAll()} {
			got, _, err := projections.AskAsOf(t.Context(), v, 0, c.when, scope, onRoster(r.persons))
			if err != nil {
				t.Fatal(err)
			}
			if text(got) != text(want(c.want)) {
				t.Errorf("%s: %v, not %v", c.name, got, want(c.want))
			}
		}
	}
	name := func(when projections.Moments) string {
		name, _, err := projections.AskAsOf(t.Context(), v, 0, when, projections.ScopeTavolo("coopera-1"), func(m *projections.Models) (string, error) {
			return m.People.Name(r.persons[0]), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	if old := name(projections.Moments{KnownAt: between}); old != "Nome0 Cognome0" {
		t.Errorf("the name was %q", old)
	}
	for _, when := range []projections.Moments{{}, {EffectiveAt: late}} { // values have no effective time
		if now := name(when); now != "Altro Nome1" {
			t.Errorf("%+v: the name is %q", when, now)
		}
	}
}

// TestAsOfFollowsLinks links persons in a chain that leads out of the tavolo.
func TestAsOfFollowsLinks(t *testing.T) {
	r := newRegister(t).found(2, 2)
	r.register("coopera-1", domain.Online)
	for range 3 {
		r.register("coopera-2", domain.Online)
	}
	for i := range 3 {
		must(r, domain.LinkPersons{Subject: r.persons[i], As: r.persons[i+1], Reason: "stessa persona"})
	}
	v := r.view(projections.Options{})
	at := r.seen(v)
	got, _, err := projections.AskAsOf(t.Context(), v, 0, projections.Moments{KnownPosition: at}, projections.ScopeTavolo("coopera-1"), func(m *projections.Models) (domain.PersonID, error) {
		return m.People.Canonical(r.persons[0]), nil
	})
	if err != nil || got != r.persons[3] {
		t.Errorf("%v stands for the person, not %v, %v", got, r.persons[3], err)
	}
}

// onRoster returns a question for which of some persons are on the roster.
func onRoster(persons []domain.PersonID) func(*projections.Models) (map[domain.PersonID]bool, error) {
	return func(m *projections.Models) (map[domain.PersonID]bool, error) {
		found := make(map[domain.PersonID]bool)
		for _, p := range persons {
			if _, err := m.Rosters.Line("coopera-1", p, false); err == nil {
				found[p] = true
			}
		}
		return found, nil
	}
}

func want(persons []domain.PersonID) map[domain.PersonID]bool {
	set := make(map[domain.PersonID]bool)
	for _, p := range persons {
		set[p] = true
	}
	return set
}

// TestAsOfManyAtOnce asks the same and different things at the same time.
func TestAsOfManyAtOnce(t *testing.T) {
	s := newSitting(t, 40)
	var askers sync.WaitGroup
	for range 8 {
		askers.Go(func() {
			for range 10 {
				p := s.pictures[rand.IntN(len(s.pictures))]
				m, at, err := s.view.AsOf(t.Context(), projections.Moments{KnownPosition: p.at}, projections.ScopeAll())
				if err != nil || at != p.at || lines(m.Digests()) != p.digests {
					t.Errorf("at %d: %d, %v", p.at, at, err)
				}
			}
		})
	}
	askers.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.view.AsOf(ctx, projections.Moments{KnownPosition: 2}, projections.ScopeAll()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, _, err := s.view.AsOf(ctx, projections.Moments{KnownPosition: 2}, projections.ScopeTavolo("coopera-1")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
