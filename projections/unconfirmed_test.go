package projections_test

import (
	"testing"
	"time"

	"tavoli/domain"
)

// TestWhoNeverConfirmed finds who only asked for a seat, whatever became of that.
func TestWhoNeverConfirmed(t *testing.T) {
	until := time.Date(2022, 5, 2, 9, 0, 0, 0, time.UTC)
	asks := func(n int, until time.Time) domain.RegistrationPending {
		return domain.RegistrationPending{Tavolo: "t", Participant: person(n), Capacity: domain.AsOther, Mode: domain.Online, Until: until}
	}
	sits := func(n int) domain.ParticipantRegistered {
		return domain.ParticipantRegistered{Tavolo: "t", Participant: person(n), Capacity: domain.AsOther, Mode: domain.Online}
	}
	m := newTape().add(
		domain.TavoloPlanned{Tavolo: "t", Subject: "s", Schedule: domain.Schedule{Day: "2022-05-25"}, Mode: domain.Online},
		asks(1, until), domain.RegistrationLapsed{Tavolo: "t", Participant: person(1)},
		asks(2, until), sits(2), domain.ParticipantWithdrawn{Tavolo: "t", Participant: person(2)},
		asks(3, until), domain.ParticipantWithdrawn{Tavolo: "t", Participant: person(3)},
		asks(4, until.Add(time.Second)),
		asks(5, until), // nobody ends what is asked at a tavolo called off
		asks(6, until), domain.ParticipantWaitlisted{Tavolo: "t", Participant: person(6), Capacity: domain.AsOther, Mode: domain.Online},
		domain.OfferMade{Tavolo: "t", Participant: person(6), Mode: domain.Online, Until: until}, domain.OfferLapsed{Tavolo: "t", Participant: person(6)},
		asks(7, until), domain.RegistrationLapsed{Tavolo: "t", Participant: person(7)}, domain.PersonForgotten{Person: person(7), Short: "P-1"},
		domain.TavoloCalledOff{Tavolo: "t", Reason: "x"},
	).models()
	var got []domain.PersonID
	for _, u := range m.Rosters.Unconfirmed(until) {
		got = append(got, u.Person)
	}
	same(t, "who never confirmed", got, []domain.PersonID{person(1), person(3), person(5)})
}
