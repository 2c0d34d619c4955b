package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// TestWhatIsNotAnsweredInTimeEnds lets a request pass that nobody confirmed.
func TestWhatIsNotAnsweredInTimeEnds(t *testing.T) {
	now := time.Date(2022, 5, 1, 9, 0, 0, 0, time.UTC)
	r, err := openRegister(t.Context(), settings{dir: t.TempDir(), store: "bolt", log: slog.New(slog.DiscardHandler), now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	carryOut := func(cmd domain.Command[*domain.Tavolo]) []domain.Event {
		t.Helper()
		res, err := domain.Execute(context.Background(), r.exec, cmd, domain.Meta{At: now, Actor: domain.ActorSystem, Command: uuid.New()})
		if err != nil {
			t.Fatal(err)
		}
		return res.Events
	}
	carryOut(&domain.PlanTavolo{Tavolo: "t", Subject: "s", Mode: domain.Online, When: domain.When{Day: "2022-05-25"}})
	carryOut(domain.ConveneTavolo{Tavolo: "t"})
	carryOut(domain.SetAdmission{Tavolo: "t", Admission: domain.Admission{ConfirmEmail: true}})
	party := &domain.RegisterParty{Tavolo: "t", Notice: "1", People: []domain.Attendee{{FamilyName: "Rossi", Email: "rossi@example.org"}, {FamilyName: "Verdi", Email: "verdi@example.org"}}, Secret: func(uuid.UUID) string { return "x" }}
	if err := party.Introduce(t.Context(), r.vault, domain.Meta{At: now, Actor: domain.ActorPublic, Command: uuid.New()}); err != nil {
		t.Fatal(err)
	}
	var asked []domain.PersonID
	for _, e := range carryOut(party) {
		if e, ok := e.(domain.RegistrationPending); ok {
			asked = append(asked, e.Participant)
		}
	}
	carryOut(domain.ConfirmAddress{Tavolo: "t", Participant: asked[1]})
	head, err := r.store.Head(t.Context())
	if err == nil {
		err = r.view.Wait(t.Context(), head)
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it is ended once
		now = now.Add(domain.PendingTime)
		if err := r.lapseOverdue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if after, err := r.store.Head(t.Context()); err != nil || after != head+1 {
		t.Errorf("the head is %d after %d: %v", after, head, err)
	}
	held := func(p domain.PersonID) bool {
		t.Helper()
		if err := r.forgetUnconfirmed(t.Context()); err != nil {
			t.Fatal(err)
		}
		upTo, err := r.store.Head(t.Context())
		if err == nil {
			err = r.erased(t.Context(), upTo)
		}
		if err != nil {
			t.Fatal(err)
		}
		keys, err := r.vault.KeysOf(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return len(keys) > 0
	}
	if !held(asked[0]) {
		t.Error("the values are gone while the letter may be on its way")
	}
	now = now.Add(domain.UnconfirmedTime)
	carryOut(domain.WithdrawParticipant{Tavolo: "t", Participant: asked[1]})
	if held(asked[0]) || !held(asked[1]) {
		t.Error("who never confirmed is there still, or who did is gone")
	}
	if after, err := r.store.Head(t.Context()); err != nil || after != head+3 {
		t.Errorf("the head is %d after %d: %v", after, head, err)
	}
}
