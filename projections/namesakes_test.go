package projections_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tavoli/domain"
	"tavoli/projections"
)

// TestNamesakesAgreeWithTheRoster plays registrations of a few names and compares what
// the index says, asked in between, with who stands on the roster.
func TestNamesakesAgreeWithTheRoster(t *testing.T) {
	names := []domain.Values{{GivenName: "Anna", FamilyName: "D'Angelò"}, {GivenName: "ANNA", FamilyName: "d'angelo"}, {GivenName: "Anna", FamilyName: "Rossi"}}
	enti := []*domain.EnteRef{nil, {Kind: domain.Comune, Code: "G273"}, {Kind: domain.Comune, Code: "A176"}}
	rapid.Check(t, func(r *rapid.T) {
		tape, m := newTape(), projections.NewModels()
		played := 0
		play := func(events ...domain.Event) {
			tape.add(events...)
			for ; played < len(tape.records); played++ {
				m.Apply(&tape.records[played])
			}
		}
		play(domain.TavoloPlanned{Tavolo: "t", Subject: "T", Mode: domain.Online}, domain.EnteRegistered{Ente: *enti[1], Official: "Palermo"})
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			p := numbered("person", rapid.IntRange(0, 5).Draw(r, "who"))
			switch rapid.SampledFrom([]string{"describe", "register", "withdraw", "forget", "ask"}).Draw(r, "what") {
			case "describe":
				v := rapid.SampledFrom(names).Draw(r, "name")
				play(described{domain.PersonDescribed{Person: p}, &v})
			case "register":
				play(domain.ParticipantRegistered{Tavolo: "t", Participant: p, Ente: rapid.SampledFrom(enti).Draw(r, "ente"), Capacity: domain.AsOther, Mode: domain.Online})
			case "withdraw":
				play(domain.ParticipantWithdrawn{Tavolo: "t", Participant: p})
			case "forget":
				play(described{domain.PersonDescribed{Person: p}, nil})
			}
			sameAsRoster(r, m, rapid.SampledFrom(names).Draw(r, "asked"), rapid.SampledFrom(enti).Draw(r, "for"))
		}
	})
}

func sameAsRoster(r *rapid.T, m *projections.Models, v domain.Values, ente *domain.EnteRef) {
	var want []uuid.UUID
	page, err := m.Rosters.Roster(projections.RosterQuery{Tavolo: "t", Limit: projections.MaxLimit})
	if err != nil {
		r.Fatal(err)
	}
	for _, l := range page.Items {
		same := projections.Fold(l.FamilyName) == projections.Fold(v.FamilyName) && projections.Fold(l.GivenName) == projections.Fold(v.GivenName)
		meant := (l.Ente == nil) == (ente == nil) && (ente == nil || l.Ente.Kind == ente.Kind && l.Ente.Code == ente.Code)
		if same && meant && l.State.Active() {
			want = append(want, l.Participant)
		}
	}
	got := m.Rosters.Namesakes("t", v, ente)
	for _, list := range [][]uuid.UUID{got, want} {
		slices.SortFunc(list, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.Fatalf("%v for %v: %v, want %v", v, ente, got, want)
	}
}
