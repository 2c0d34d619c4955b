package projections_test

import (
	"errors"
	"fmt"
	"testing"

	"tavoli/domain"
	"tavoli/projections"
)

// counted is a tape with two tavoli in two quarters, and persons at both.
func counted() *tape {
	tape := newTape().add(richEnti()...)
	for id, day := range map[domain.TavoloID]domain.Day{"t1": "2022-03-31", "t2": "2022-04-01"} {
		tape.add(domain.TavoloPlanned{Tavolo: id, Programma: programma, Subject: "Tavolo " + string(id), Schedule: hours(day, "10:00", "12:00"), Mode: domain.Mixed})
	}
	sits := func(id domain.TavoloID, n int, ente *domain.EnteRef) {
		tape.add(domain.ParticipantRegistered{Tavolo: id, Participant: person(n), Ente: ente, Capacity: domain.AsOther, Mode: domain.Online})
	}
	palermo, castro := comune("G273"), comune("C356")
	sits("t1", 1, &palermo)
	sits("t1", 2, &palermo)
	sits("t1", 3, nil)
	sits("t2", 1, &palermo)
	sits("t2", 4, &castro)
	sits("t2", 5, &asp)
	sits("t2", 6, &castro)
	tape.add(
		domain.ParticipantWithdrawn{Tavolo: "t2", Participant: person(6)},
		cameTo("t1", 1, 1, domain.Online, "2022-03-31T10:00", "2022-03-31T11:00"),
		cameTo("t1", 2, 2, domain.Online, "2022-03-31T10:00", "2022-03-31T10:30"),
		cameTo("t2", 1, 3, domain.Online, "2022-04-01T11:30", "2022-04-01T13:00"),
		cameTo("t2", 4, 4, domain.Online, "2022-04-01T10:00", ""),
		domain.GuestsCounted{Tavolo: "t2", Mode: domain.Online, Count: 3, Source: domain.FromDesk},
	)
	return tape
}

// rowLine returns the counts of a row: registrations, persons, enti, comuni, then
// presences, attendees, their enti and comuni, minutes and guests.
func rowLine(c projections.Counts) string {
	return fmt.Sprintf("%d %d %d %d | %d %d %d %d | %d %d", c.Registrations.Value, c.Persons.Value, c.Enti.Value, c.Comuni.Value,
		c.Presences.Value, c.Attendees.Value, c.AttendingEnti.Value, c.AttendingComuni.Value, c.Minutes.Value, c.Guests.Value)
}

func rowLines(s projections.Statistics) map[string]string {
	all := map[string]string{"total": rowLine(s.Totals)}
	for _, r := range s.Rows {
		all[r.Key] = rowLine(r.Counts)
	}
	return all
}

func TestStatistics(t *testing.T) {
	m := counted().models()
	total := "6 5 3 2 | 4 3 2 2 | 120 3"
	for _, c := range []struct {
		ask  projections.StatisticsQuery
		want map[string]string
	}{
		{projections.StatisticsQuery{By: projections.ByTavolo}, map[string]string{
			"t1": "3 3 1 1 | 2 2 1 1 | 90 0", "t2": "3 3 3 2 | 2 2 2 2 | 30 3", "total": total,
		}},
		{projections.StatisticsQuery{By: projections.ByQuarter}, map[string]string{
			"2022-Q1": "3 3 1 1 | 2 2 1 1 | 90 0", "2022-Q2": "3 3 3 2 | 2 2 2 2 | 30 3", "total": total,
		}},
		{projections.StatisticsQuery{By: projections.ByEnte}, map[string]string{
			"comune/G273": "3 2 1 1 | 3 2 1 1 | 120 0", "comune/C356": "1 1 1 1 | 1 1 1 1 | 0 0",
			"azienda-sanitaria/asp-sr": "1 1 1 0 | 0 0 0 0 | 0 0", "none": "1 1 0 0 | 0 0 0 0 | 0 3", "total": total,
		}},
		{projections.StatisticsQuery{By: projections.ByKind}, map[string]string{
			"comune": "4 3 2 2 | 4 3 2 2 | 120 0", "azienda-sanitaria": "1 1 1 0 | 0 0 0 0 | 0 0", "none": "1 1 0 0 | 0 0 0 0 | 0 3", "total": total,
		}},
		{projections.StatisticsQuery{By: projections.ByProvince}, map[string]string{
			"PA": "3 2 1 1 | 3 2 1 1 | 120 0", "ME": "1 1 1 1 | 1 1 1 1 | 0 0", "SR": "1 1 1 0 | 0 0 0 0 | 0 0", "none": "1 1 0 0 | 0 0 0 0 | 0 3", "total": total,
		}},
		{projections.StatisticsQuery{By: projections.ByPartner}, map[string]string{
			"3031/comune/G273": "3 2 1 1 | 3 2 1 1 | 120 0", "3031/azienda-sanitaria/asp-sr": "1 1 1 0 | 0 0 0 0 | 0 0",
			"none": "2 2 1 1 | 1 1 1 1 | 0 3", "total": total,
		}},
		{projections.StatisticsQuery{By: projections.ByTavolo, From: "2022-04-01"}, map[string]string{"t2": "3 3 3 2 | 2 2 2 2 | 30 3", "total": "3 3 3 2 | 2 2 2 2 | 30 3"}},
		{projections.StatisticsQuery{By: projections.ByTavolo, Programma: "9"}, map[string]string{"total": "0 0 0 0 | 0 0 0 0 | 0 0"}},
	} {
		t.Run(fmt.Sprintf("%+v", c.ask), func(t *testing.T) {
			same(t, "counts", rowLines(given[projections.Statistics](t)(m.Statistics(c.ask))), c.want)
		})
	}
}

// TestLinkedPersonsCountOnce links two who were at the same tavolo, and undoes it.
func TestLinkedPersonsCountOnce(t *testing.T) {
	tape := counted()
	ask := func() string {
		s := given[projections.Statistics](t)(tape.models().Statistics(projections.StatisticsQuery{By: projections.ByTavolo}))
		return rowLines(s)["t1"] + " / " + rowLines(s)["total"]
	}
	before := ask()
	tape.add(linked(1, 2))
	same(t, "linked", ask(), "3 2 1 1 | 1 1 1 1 | 90 0 / 6 4 3 2 | 3 2 2 2 | 120 3")
	tape.add(domain.PersonsUnlinked{Person: person(1), As: person(2), Reason: "sono due"})
	same(t, "unlinked", ask(), before)
}

func TestStatisticsDigest(t *testing.T) {
	tape := counted()
	ask := func(q projections.StatisticsQuery) projections.Statistics {
		return given[projections.Statistics](t)(tape.models().Statistics(q))
	}
	one := ask(projections.StatisticsQuery{By: projections.ByEnte, Position: 7})
	other := ask(projections.StatisticsQuery{By: projections.ByEnte, Position: 9})
	if one.Digest != other.Digest || one.Position == other.Position {
		t.Errorf("the same counts have digests %s and %s", one.Digest, other.Digest)
	}
	tape.add(domain.ParticipantWithdrawn{Tavolo: "t1", Participant: person(1)})
	if changed := ask(projections.StatisticsQuery{By: projections.ByEnte}); changed.Digest == one.Digest {
		t.Error("other counts have the same digest")
	}
	if _, err := tape.models().Statistics(projections.StatisticsQuery{By: "color"}); !errors.Is(err, domain.Invalid) {
		t.Errorf("by something else: got %v", err)
	}
}

func TestQuarter(t *testing.T) {
	from, to, err := projections.Quarter("2022-Q2")
	if from != "2022-04-01" || to != "2022-06-30" || err != nil {
		t.Errorf("got %s to %s, %v", from, to, err)
	}
	for _, text := range []string{"", "2022", "2022-Q5", "22-Q1", "2022-Q", "x-Q1", "2022-Q1-Q1"} {
		if _, _, err := projections.Quarter(text); !errors.Is(err, domain.Invalid) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
