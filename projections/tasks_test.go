package projections_test

import (
	"fmt"

	"strings"
	"testing"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// told lists tasks as texts: "convene coopera-6 1".
func told(tasks []projections.Task) (list []string) {
	for _, t := range tasks {
		list = append(list, strings.Join(strings.Fields(fmt.Sprintf("%s %s %d", t.Kind, t.Tavolo, t.Count)), " "))
	}
	return list
}

// TestTasks plays the life of a tavolo and asks at each step what is left to do.
func TestTasks(t *testing.T) {
	tape, m := newTape(), projections.NewModels()
	played := 0
	then := func(want string, events ...domain.Event) {
		t.Helper()
		for tape.add(events...); played < len(tape.records); played++ {
			m.Apply(&tape.records[played])
		}
		if got := strings.Join(told(m.Tasks("2022-05-20")), ", "); got != want {
			t.Errorf("after %T: got %q, want %q", events[len(events)-1], got, want)
		}
	}
	registered := func(n int, name string) []domain.Event {
		return []domain.Event{describe(person(n), "Anna", name), domain.ParticipantRegistered{Tavolo: "t", Participant: person(n), Capacity: domain.AsOther, Mode: domain.Online}}
	}
	presence := numbered("presence", 1)
	then("announce t 1", domain.TavoloPlanned{Tavolo: "t", Subject: "T", Mode: domain.Online, Schedule: hours("2022-05-25", "15:00", "17:00")})
	then("convene t 1", domain.TavoloAnnounced{Tavolo: "t"})
	then("", domain.TavoloConvened{Tavolo: "t"}, domain.AttendanceRuleSet{Tavolo: "t", Rule: domain.AttendanceRule{Percent: 50}})
	then("", registered(1, "Rossi")...)
	then("possible-duplicates t 1", registered(2, "rossi")...)
	then("", domain.ParticipantWithdrawn{Tavolo: "t", Participant: person(2)})
	waits := domain.ParticipantWaitlisted{Tavolo: "t", Participant: person(3), Capacity: domain.AsOther, Mode: domain.Online}
	then("waiting t 1", describe(person(3), "Ugo", "Neri"), waits)
	then("open-offers t 1", domain.OfferMade{Tavolo: "t", Participant: person(3), Mode: domain.Online, Until: at("2022-05-21T10:00")})
	deadline(t, m, 3, "", "2022-05-21T10:00")
	then("open-offers t 1", describe(person(4), "Ada", "Neri"), domain.DelegateSubstituted{Tavolo: "t", Participant: person(3), By: person(4)})
	deadline(t, m, 3, "", "")
	deadline(t, m, 4, "", "2022-05-21T10:00")
	then("", domain.OfferLapsed{Tavolo: "t", Participant: person(4)})
	then("waiting t 1", waits)
	deadline(t, m, 3, "", "")
	then("", domain.WaitlistPromoted{Tavolo: "t", Participant: person(3), Mode: domain.Online})
	pending := domain.RegistrationPending{Tavolo: "t", Participant: person(5), Capacity: domain.AsOther, Mode: domain.Online, Until: at("2022-05-22T10:00")}
	then("unconfirmed t 1", describe(person(5), "Eva", "Blu"), pending)
	deadline(t, m, 5, "2022-05-22T10:00", "")
	then("", domain.ParticipantRegistered{Tavolo: "t", Participant: person(5), Capacity: domain.AsOther, Mode: domain.Online})
	deadline(t, m, 5, "", "")
	then("close t 1", domain.TavoloRescheduled{Tavolo: "t", To: hours("2022-05-19", "15:00", "17:00")})
	then("record-presences t 1, publish-materials t 1", domain.TavoloClosed{Tavolo: "t"})
	then("record-presences t 1, unused-evidence t 1, publish-materials t 1", domain.EvidenceFiled{Tavolo: "t", SHA256: sheet, Size: 1, Kind: domain.EvidenceSheet, Title: "Firme"})
	then("record-presences t 1, unused-evidence t 1", domain.MaterialPublished{Tavolo: "t", Title: "Slide", Kind: domain.MaterialSlides})
	then("open-presences t 1, judge-attendance t 1", domain.PresenceRecorded{Tavolo: "t", Presence: presence, Participant: person(1), Mode: domain.Online, From: at("2022-05-19T15:00"), Source: domain.FromSheet, Evidence: []string{sheet}})
	then("judge-attendance t 1", domain.PresenceEnded{Tavolo: "t", Presence: presence, To: at("2022-05-19T17:00")})
	validated := domain.PresenceValidated{Tavolo: "t", Participant: person(1), Attended: true}
	then("", validated)
	wrong := domain.PresenceRecorded{Tavolo: "t", Presence: numbered("presence", 2), Participant: person(1), Mode: domain.Online, From: at("2022-05-19T15:00"), To: new(at("2022-05-19T16:00")), Source: domain.FromDesk}
	then("judge-attendance t 1", wrong)
	then("", validated)
	then("judge-attendance t 1", domain.PresenceAnnulled{Tavolo: "t", Presence: wrong.Presence, Reason: "scambio"})
	if l, err := m.Rosters.Line("t", person(1), false); err != nil || l.Validated == nil || !l.Validated.Outdated || !l.Validated.Attended {
		t.Errorf("a validation that rested on other presences is %v %v", l.Validated, err)
	}
	then("", validated)
	for n, moot := range []domain.LetterFault{domain.FaultNotDue, domain.FaultForgotten} { // nothing is left to do about these
		id := numbered("letter", 10+n)
		then("", domain.LetterQueued{Delivery: id, Kind: domain.LetterThanks, LetterAbout: domain.AtTavolo("t"), Person: person(1)}, domain.LetterParked{Delivery: id, Why: moot})
	}
	then("parked-letters 1", domain.LetterQueued{Delivery: numbered("letter", 1), Kind: domain.LetterThanks, LetterAbout: domain.AtTavolo("t"), Person: person(1)}, domain.LetterParked{Delivery: numbered("letter", 1), Why: domain.LetterFaults[0]})
	asks := domain.AdesioneRequested{Ente: comune("G273"), Adesione: numbered("adesione", 1)}
	then("parked-letters 1, open-adhesions 1", domain.EnteRegistered{Ente: comune("G273"), Official: "Palermo"}, asks)
	then("parked-letters 1", domain.AdesioneRefused{Ente: comune("G273"), Adesione: numbered("adesione", 1)})
	then("", domain.LetterResent{Delivery: numbered("letter", 1)})
	then("announce u 1", domain.TavoloPlanned{Tavolo: "u", Subject: "U", Mode: domain.Online, Schedule: hours("2022-06-25", "15:00", "17:00")})
	then("", domain.TavoloCalledOff{Tavolo: "u"})
}

// deadline looks until when an address can be confirmed and an offer taken up; empty: none.
func deadline(t *testing.T, m *projections.Models, n int, confirm, offered string) {
	t.Helper()
	l, err := m.Rosters.Line("t", person(n), false)
	if err != nil {
		t.Fatal(err)
	}
	for text, got := range map[*string]*time.Time{&confirm: l.ConfirmBy, &offered: l.OfferedUntil} {
		if (*text == "") != (got == nil) || got != nil && !got.Equal(at(*text)) {
			t.Errorf("person %d: got %v, want %q", n, got, *text)
		}
	}
}
