package projections_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tavoli/domain"
	"tavoli/projections"
)

// wild draws events about a few tavoli, persons and presences, in no order that
// makes sense.
func wild(r *rapid.T) []domain.Event {
	tavoli := []domain.TavoloID{quarto, sesto}
	return rapid.SliceOfN(rapid.Custom(func(r *rapid.T) domain.Event {
		id := rapid.SampledFrom(tavoli).Draw(r, "tavolo")
		n := rapid.IntRange(1, 5).Draw(r, "person")
		mode := rapid.SampledFrom([]domain.Mode{domain.InPresence, domain.Online, "", "by-post"}).Draw(r, "mode")
		ref := rapid.SampledFrom([]*domain.EnteRef{nil, {Kind: domain.Comune, Code: "G273"}, &passwork, {}}).Draw(r, "ente")
		fact := domain.ParticipantRegistered{Tavolo: id, Participant: person(n), Ente: ref, Capacity: domain.AsOther, Mode: mode}
		return rapid.SampledFrom([]domain.Event{
			fact, domain.ParticipantWaitlisted(fact), describe(person(n), "Nome", fmt.Sprint("Cognome", n)),
			domain.WaitlistPromoted{Tavolo: id, Participant: person(n), Mode: mode}, domain.RegistrationConfirmed{Tavolo: id, Participant: person(n)},
			domain.RegistrationRefused{Tavolo: id, Participant: person(n)}, domain.ParticipantWithdrawn{Tavolo: id, Participant: person(n)},
			domain.ModeChanged{Tavolo: id, Participant: person(n), Mode: mode}, domain.DelegateSubstituted{Tavolo: id, Participant: person(n), By: person(n%5 + 1)},
			domain.DelegateSubstituted{Tavolo: id, Participant: person(n), By: person(n)},
			cameTo(id, n, n, mode, "2022-05-25T15:00", ""), cameTo(id, n, n+5, mode, "2022-05-25T15:00", "2022-05-25T16:00"),
			domain.PresenceEnded{Tavolo: id, Presence: numbered("presence", n), To: at("2022-05-25T14:00")},
			domain.PresenceAnnulled{Tavolo: id, Presence: numbered("presence", n)},
			domain.PresenceValidated{Tavolo: id, Participant: person(n), Minutes: 5, Required: 5, Attended: true},
			linked(n, n%5+1), domain.PersonForgotten{Person: person(n)}, domain.PersonsUnlinked{Person: person(n), As: person(1)},
			domain.TavoloRectified{Tavolo: id, Field: domain.RectifySchedule}, domain.TavoloRectified{Tavolo: id, Field: domain.RectifyOrdinal, Right: "x"},
		}).Draw(r, "event")
	}), 0, 40).Draw(r, "events")
}

// TestAnySubsetInAnyOrder feeds what makes no sense: models neither break, nor
// count below nothing, nor lose what they are written as.
func TestAnySubsetInAnyOrder(t *testing.T) {
	whole := rich().records
	rapid.Check(t, func(r *rapid.T) {
		order := rapid.Permutation(indices(len(whole))).Draw(r, "order")
		keep := rapid.SliceOfN(rapid.Bool(), len(whole), len(whole)).Draw(r, "keep")
		var records []domain.Record
		for _, i := range order {
			if keep[i] {
				records = append(records, whole[i])
			}
		}
		records = append(records, newTape().add(wild(r)...).records...)
		m := fed(records)
		askAll(r, m)
		forms := projections.Encoded(m)
		read, err := projections.Decoded(forms)
		if err != nil {
			r.Fatal(err)
		}
		for name, form := range projections.Encoded(read) {
			if string(form) != string(forms[name]) {
				r.Errorf("%s is written otherwise after it was read", name)
			}
		}
	})
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// askAll asks whatever can be asked, and checks what holds of every answer.
func askAll(r *rapid.T, m *projections.Models) {
	for _, id := range []domain.TavoloID{quarto, sesto, "coopera-7"} {
		if d, err := m.Calendar.Tavolo(id, true); err == nil {
			c := d.Registrations
			if min(c.Seated.InPresence, c.Seated.Online, c.Waiting, c.Withdrawn, c.Refused) < 0 {
				r.Errorf("%s counts below nothing: %+v", id, c)
			}
		}
		all, err := m.Rosters.Roster(projections.RosterQuery{Tavolo: id, State: projections.AllStates})
		if err != nil {
			continue
		}
		checkCounts(r, all)
		if _, err := m.Rosters.Page(id); err != nil {
			r.Error(err)
		}
	}
	for n := range 6 {
		_, _ = m.People.Person(person(n))
	}
	for _, by := range projections.Groupings {
		if s, err := m.Statistics(projections.StatisticsQuery{By: by}); err != nil || s.Totals.Persons.Value > s.Totals.Registrations.Value {
			r.Errorf("by %s: got %+v, %v", by, s.Totals, err)
		}
	}
	if _, err := m.Enti.List(projections.EnteQuery{Names: true}); err != nil {
		r.Error(err)
	}
}

// checkCounts compares the counts of a roster with its lines.
func checkCounts(r *rapid.T, all projections.Roster) {
	counted := make(map[domain.RegistrationState]int)
	present := 0
	for _, l := range all.Items {
		if l.Mode == domain.InPresence || l.Mode == domain.Online {
			counted[l.State]++
		}
		if l.Attendance == projections.Present {
			present++
		}
	}
	c := all.Counts
	got := []int{c.Registered.Total(), c.Confirmed.Total(), c.Waiting.Total(), c.Withdrawn.Total(), c.Refused.Total()}
	want := []int{counted[domain.Registered], counted[domain.Confirmed], counted[domain.Waiting], counted[domain.Withdrawn], counted[domain.Rejected]}
	if !slices.Equal(got, want) {
		r.Errorf("counts %v, but lines %v", got, want)
	}
}

// TestStreamsAreIndependent feeds the streams of the rich tape in two different
// interleavings: what is asked is answered alike, positions apart.
func TestStreamsAreIndependent(t *testing.T) {
	byStream := make(map[domain.Stream][]domain.Record)
	for _, rec := range append(rich().records, counted().records...) {
		rec.Position = 0
		byStream[rec.Stream] = append(byStream[rec.Stream], rec)
	}
	streams := slices.Sorted(maps.Keys(byStream))
	want := answered(t, merged(byStream, streams, func(n int) int { return 0 }))
	rapid.Check(t, func(r *rapid.T) {
		order := merged(byStream, streams, func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "stream") })
		if got := answered(t, order); got != want {
			r.Errorf("another order is answered otherwise:\ngot  %s\nwant %s", got, want)
		}
	})
}

// merged returns the records of all streams, each next one of the stream chosen.
func merged(byStream map[domain.Stream][]domain.Record, streams []domain.Stream, choose func(n int) int) (order []domain.Record) {
	rest := maps.Clone(byStream)
	left := slices.Clone(streams)
	for len(left) > 0 {
		i := choose(len(left))
		s := left[i]
		order, rest[s] = append(order, rest[s][0]), rest[s][1:]
		if len(rest[s]) == 0 {
			left = slices.Delete(left, i, i+1)
		}
	}
	return order
}

func answered(t *testing.T, records []domain.Record) string {
	t.Helper()
	all := answers(t, fed(records))
	delete(all, "day")
	return asJSON(t, all)
}
