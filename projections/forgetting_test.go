package projections_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tavoli/domain"
	"tavoli/projections"
)

// forgotten returns who is forgotten in the records.
func forgotten(records []domain.Record) map[domain.PersonID]bool {
	gone := make(map[domain.PersonID]bool)
	for _, rec := range records {
		if e, ok := rec.Event.(domain.PersonForgotten); ok {
			gone[e.Person] = true
		}
	}
	return gone
}

// without returns the records as a log holds them from which the personal streams
// of the forgotten have gone; keys: only the keys have.
func without(records []domain.Record, keys bool) (left []domain.Record) {
	gone := forgotten(records)
	for _, rec := range records {
		d, ok := rec.Event.(domain.PersonDescribed)
		switch {
		case !ok || !gone[d.Person]:
			left = append(left, rec)
		case keys:
			rec.Values = nil
			left = append(left, rec)
		}
	}
	return left
}

// TestForgettingIsTheSameHoweverItIsRead feeds models live, from a log whose keys
// are gone, from one whose streams are gone, and out of a snapshot from midway:
// they come to be the same bytes, in which nothing of the forgotten is left.
func TestForgettingIsTheSameHoweverItIsRead(t *testing.T) {
	rich := rich().records
	rapid.Check(t, func(r *rapid.T) {
		records := append(slices.Clip(rich), newTape().add(wild(r)...).records...)
		live := fed(records)
		want := projections.Encoded(live)
		midway := rapid.IntRange(0, len(records)).Draw(r, "midway")
		read, err := projections.Decoded(projections.Encoded(fed(records[:midway])))
		if err != nil {
			r.Fatal(err)
		}
		for i := range records[midway:] {
			read.Apply(&records[midway+i])
		}
		for name, m := range map[string]*projections.Models{
			"from a snapshot": read, "without keys": fed(without(records, true)), "without streams": fed(without(records, false)),
		} {
			for model, form := range projections.Encoded(m) {
				if !bytes.Equal(form, want[model]) {
					r.Errorf("%s, %s is otherwise than live", name, model)
				}
			}
		}
		for id := range forgotten(records) {
			checkGone(r, live, id)
		}
	})
}

// checkGone asks for somebody who must be nobody.
func checkGone(r *rapid.T, m *projections.Models, id domain.PersonID) {
	if v, told := m.People.Values(id); told || m.People.Versions(id) != nil {
		r.Errorf("%s is known as %+v", id, v)
	}
	if got := m.People.Name(id); got != "persona rimossa "+domain.ShortID(id) {
		r.Errorf("%s is called %q", id, got)
	}
	found, err := m.People.List(projections.PeopleQuery{})
	if err != nil {
		r.Fatal(err)
	}
	if slices.ContainsFunc(found.Items, func(p projections.PersonFound) bool { return p.Person == id }) {
		r.Errorf("%s is found", id)
	}
}

// TestForgettingLeavesCounts forgets everybody: names go, and nothing else.
func TestForgettingLeavesCounts(t *testing.T) {
	tape := rich()
	before := tape.models()
	for n := range 91 {
		tape.add(domain.PersonForgotten{Person: person(n), Short: domain.ShortID(person(n)), Reason: "x", LegalBasis: "y"})
	}
	after := tape.models()
	for name, form := range projections.Encoded(after) {
		for _, value := range []string{"Rossi", "Mario Maria", "rossi@example.it", "+39 091 1", "Assessore", "Bianchi", "Dimenticato", "Referente\x00"} {
			if bytes.Contains(form, []byte(value)) {
				t.Errorf("%s holds %q", name, value)
			}
		}
	}
	for _, by := range projections.Groupings {
		q := projections.StatisticsQuery{By: by}
		same(t, "by "+string(by), given[projections.Statistics](t)(after.Statistics(q)), given[projections.Statistics](t)(before.Statistics(q)))
	}
	q := projections.RosterQuery{Tavolo: sesto, State: projections.AllStates, Contacts: true}
	was, is := given[projections.Roster](t)(before.Rosters.Roster(q)), given[projections.Roster](t)(after.Rosters.Roster(q))
	same(t, "counts", is.Counts, was.Counts)
	for _, l := range is.Items {
		if !strings.HasPrefix(l.Name, "persona rimossa P-") || l.Email+l.Phone+l.Function != "" {
			t.Errorf("the roster shows %+v", l)
		}
	}
	q.Q = "rossi"
	if found := given[projections.Roster](t)(after.Rosters.Roster(q)); found.Total != 0 {
		t.Errorf("%d lines are found by a name that is gone", found.Total)
	}
}

// TestTheForgottenStayForgotten describes somebody after the fact, as a command
// that was under way may.
func TestTheForgottenStayForgotten(t *testing.T) {
	tape := newTape().add(describe(person(1), "Mario", "Rossi"), domain.PersonForgotten{Person: person(1)}, describe(person(1), "Mario", "Rossi"))
	if got := tape.models().People.Name(person(1)); strings.Contains(got, "Rossi") {
		t.Errorf("the name is back: %q", got)
	}
}

// TestThePastForgetsToo asks for a roster as it was known before somebody was
// forgotten: while the sealed values are there, when they are gone, and of models
// of the past that are kept.
func TestThePastForgetsToo(t *testing.T) {
	r := newRegister(t).found(1, 1)
	known := r.register(r.tavoli[0], domain.Online)
	v := r.view(projections.Options{})
	when := projections.Moments{KnownPosition: known}
	name := func() string {
		roster, _, err := projections.AskAsOf(r.Context(), v, r.head(), when, projections.ScopeTavolo(r.tavoli[0]), func(m *projections.Models) (projections.Roster, error) {
			return m.Rosters.Roster(projections.RosterQuery{Tavolo: r.tavoli[0]})
		})
		if err != nil {
			t.Fatal(err)
		}
		return roster.Items[0].Name
	}
	if got := name(); got != "Nome0 Cognome0" {
		t.Fatalf("before it shows %q", got)
	}
	id := r.persons[0]
	keys, err := r.vault.KeysOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	forget := &domain.ForgetPerson{Subject: id, Reason: "richiesta", LegalBasis: "art. 17", Override: "ordine"}
	forget.Find(domain.Ties{}, keys)
	must(r, forget)
	if err := r.keys.Destroy(t.Context(), keys...); err != nil {
		t.Fatal(err)
	}
	v.Forget()
	if got := name(); got != "persona rimossa "+domain.ShortID(id) {
		t.Errorf("without the key the past shows %q", got)
	}
	if err := r.store.Forget(t.Context(), domain.PersonaStream(id)); err != nil {
		t.Fatal(err)
	}
	v.Forget()
	if got := name(); got != "persona rimossa "+domain.ShortID(id) {
		t.Errorf("without the stream the past shows %q", got)
	}
	report, err := v.Rebuild(t.Context(), nil)
	if err != nil || !report.Equal {
		t.Errorf("rebuilt: %+v, %v", report, err)
	}
}

// duties returns a tape of two programmes, each with a tavolo.
func duties() *tape {
	return newTape().add(
		domain.ProgrammaOpened{Programma: "a", Title: "A"}, domain.ProgrammaOpened{Programma: "b", Title: "B"},
		domain.TavoloPlanned{Tavolo: "a-1", Programma: "a", Subject: "A 1", Schedule: domain.Schedule{Day: "2022-03-01"}, Mode: domain.Online},
		domain.TavoloPlanned{Tavolo: "b-1", Programma: "b", Subject: "B 1", Schedule: domain.Schedule{Day: "2022-03-01"}, Mode: domain.Online},
		domain.TavoloPlanned{Tavolo: "c-1", Subject: "C 1", Schedule: domain.Schedule{Day: "2022-03-01"}, Mode: domain.Online},
		sits("a-1", 1), sits("a-1", 2), sits("b-1", 2), sits("b-1", 3), sits("c-1", 4),
		domain.SpeakerInvited{Tavolo: "a-1", Person: person(5), Role: domain.Speaker},
		domain.RetentionSet{Programma: "a", ReferenceYear: 2023, Years: 2, Basis: "x"},
		describe(person(1), "Mario", "Rossi"),
	)
}

func sits(id domain.TavoloID, n int) domain.Event {
	return domain.ParticipantRegistered{Tavolo: id, Participant: person(n), Capacity: domain.AsOther, Mode: domain.Online}
}

// due returns who falls due by a day, by number, in order of the day.
func due(t *testing.T, m *projections.Models, by domain.Day) (numbers []int) {
	t.Helper()
	for q := (projections.DueQuery{By: by, Limit: 1}); ; {
		report := given[projections.RetentionReport](t)(m.Retention.Report(q))
		for _, p := range report.Due {
			for n := range 9 {
				if person(n) == p.Person {
					numbers = append(numbers, n)
				}
			}
		}
		if q.Cursor = report.NextCursor; q.Cursor == "" {
			if len(numbers) != report.Total {
				t.Errorf("%d of %d are listed", len(numbers), report.Total)
			}
			return numbers
		}
	}
}

func TestWhoFallsDue(t *testing.T) {
	tape := duties()
	expect := func(what string, by domain.Day, want ...int) {
		t.Helper()
		got := due(t, tape.models(), by)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s, by %s: %v, want %v", what, by, got, want)
		}
	}
	expect("on the last day", "2025-12-31")
	expect("on the day after", "2026-01-01", 1, 5)
	tape.add(domain.RetentionSet{Programma: "b", ReferenceYear: 2023, Years: 5, Basis: "x"})
	expect("the other programme binds for longer", "2028-12-31", 1, 5)
	expect("nothing binds", "2029-01-01", 1, 2, 3, 5)
	tape.add(domain.HoldPlaced{Programma: "a", Hold: numbered("hold", 1), Tavolo: "a-1", Reason: "x"})
	expect("held", "2029-01-01", 3)
	tape.add(domain.HoldLifted{Programma: "a", Hold: numbered("hold", 1)}, domain.HoldPlaced{Programma: "b", Hold: numbered("hold", 2), Reason: "x"})
	expect("held, the other", "2029-01-01", 1, 5)
	tape.add(domain.PersonForgotten{Person: person(5)})
	expect("one was forgotten", "2029-01-01", 1)
}

// TestWhoIsBoundByNothing lists those whom no programme and no office keeps.
func TestWhoIsBoundByNothing(t *testing.T) {
	m := duties().add(describe(person(4), "Anna", "Libera"), describe(person(6), "Rita", "Referente"), domain.ReferenteAppointed{Ente: passwork, Person: person(6), From: "2022-01-01"}, describe(person(7), "Nessuno", "Mai")).models()
	report := given[projections.RetentionReport](t)(m.Retention.Report(projections.DueQuery{By: "2022-06-01", Unbound: true, Names: true}))
	var names []string
	for _, p := range report.Due {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"Anna Libera", "Nessuno Mai"}) || report.Unbound != 2 {
		t.Errorf("got %v of %d", names, report.Unbound)
	}
}

func TestRetentionReport(t *testing.T) {
	m := duties().models()
	report := given[projections.RetentionReport](t)(m.Retention.Report(projections.DueQuery{By: "2026-01-01", Programma: "a", Names: true}))
	if len(report.Programmi) != 1 || report.Programmi[0].Persons != 3 || report.Programmi[0].Due != 2 || report.Programmi[0].Policy.RetainUntil != "2025-12-31" {
		t.Errorf("got %+v", report.Programmi)
	}
	if !slices.ContainsFunc(report.Due, func(p projections.DuePerson) bool { return p.Name == "Mario Rossi" && p.RetainUntil == "2025-12-31" }) {
		t.Errorf("due: %+v", report.Due)
	}
	other := given[projections.RetentionReport](t)(m.Retention.Report(projections.DueQuery{By: "2026-01-01", Programma: "b"}))
	if other.Programmi[0].Policy != nil || other.Total != 0 {
		t.Errorf("got %+v", other)
	}
	if _, err := m.Retention.Report(projections.DueQuery{By: "2026-01-02", Cursor: report.NextCursor + "x"}); !errors.Is(err, domain.Invalid) {
		t.Errorf("a cursor of nothing: %v", err)
	}
}

func TestTies(t *testing.T) {
	tape := duties().add(
		domain.ReferenteAppointed{Ente: passwork, Person: person(2), From: "2022-01-01"},
		linked(2, 1), linked(3, 2),
	)
	alone := given[domain.Ties](t)(tape.models().Retention.Ties(person(1), false))
	same(t, "alone", alone.Places, []domain.Place{{Tavolo: "a-1", Programma: "a"}})
	if len(alone.Linked) != 2 || len(alone.Enti) != 0 {
		t.Errorf("alone: %+v", alone)
	}
	all := given[domain.Ties](t)(tape.models().Retention.Ties(person(1), true))
	same(t, "together", all.Places, []domain.Place{{Tavolo: "a-1", Programma: "a"}, {Tavolo: "b-1", Programma: "b"}})
	same(t, "enti", all.Enti, []domain.EnteRef{passwork})
	tape.add(domain.PersonForgotten{Person: person(2)})
	left := given[domain.Ties](t)(tape.models().Retention.Ties(person(1), false))
	same(t, "who is left", left.Linked, []domain.PersonID{person(3)})
	if _, err := tape.models().Retention.Ties(person(99), false); !errors.Is(err, domain.ErrNoPerson) {
		t.Errorf("nobody: %v", err)
	}
}
