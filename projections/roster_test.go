package projections_test

import (
	"testing"

	"tavoli/domain"
	"tavoli/projections"
)

const quarto = domain.TavoloID("coopera-4")

func seats(inPresence, online int) domain.Seats {
	return domain.Seats{InPresence: &inPresence, Online: &online}
}

// planned returns a tape with one mixed tavolo, convened, and two comuni.
func planned() *tape {
	return newTape().add(
		domain.EnteRegistered{Ente: comune("G273"), Official: "Palermo", Province: "PA", Istat: "082053"},
		domain.EnteRegistered{Ente: comune("C356"), Official: "Castroreale", Province: "ME", Istat: "083016"},
		domain.AliasAdded{Ente: comune("C356"), Alias: "Castoreale"},
		domain.TavoloPlanned{Tavolo: quarto, Ordinal: 4, Subject: "Co-programmazione", Schedule: hours("2022-03-24", "15:00", "17:00"), Mode: domain.Mixed, Seats: seats(2, 1)},
		domain.TavoloConvened{Tavolo: quarto, Protocol: &domain.Protocol{Text: "Prot. n. 0227/15/03/22", Number: "0227", Date: "2022-03-15"}, SentOn: "2022-03-15"},
	)
}

func registered(n int, ente string, mode domain.Mode) domain.Event {
	ref := comune(ente)
	return domain.ParticipantRegistered{Tavolo: quarto, Participant: person(n), Ente: &ref, Capacity: domain.AsDelegate, Mode: mode}
}

func waitlisted(n int, mode domain.Mode) domain.Event {
	return domain.ParticipantWaitlisted(registered(n, "G273", mode).(domain.ParticipantRegistered))
}

func names(lines []projections.RosterLine) (all []string) {
	for _, l := range lines {
		all = append(all, l.Name)
	}
	return all
}

func TestRosterOrder(t *testing.T) {
	tape := planned().add(
		describe(person(1), "Zoe", "Àvola"), registered(1, "G273", domain.Online),
		describe(person(2), "Anna", "D'Angelo"), registered(2, "C356", domain.InPresence),
		describe(person(3), "Bea", "Avola"), registered(3, "G273", domain.InPresence),
		describe(person(4), "Carlo", "dante"), waitlisted(4, domain.Online),
	)
	m := tape.models()
	for _, c := range []struct {
		name string
		ask  projections.RosterQuery
		want []string
	}{
		{"all that stand", projections.RosterQuery{}, []string{"Bea Avola", "Zoe Àvola", "Anna D'Angelo", "Carlo dante"}},
		{"an alias", projections.RosterQuery{Q: "castoreale"}, []string{"Anna D'Angelo"}},
		{"an ente by its ISTAT code", projections.RosterQuery{Ente: comune("083016")}, []string{"Anna D'Angelo"}},
		{"without accents", projections.RosterQuery{Q: "avola"}, []string{"Bea Avola", "Zoe Àvola"}},
		{"those who wait", projections.RosterQuery{State: "waiting"}, []string{"Carlo dante"}},
		{"a mode", projections.RosterQuery{Mode: domain.InPresence}, []string{"Bea Avola", "Anna D'Angelo"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.ask.Tavolo = quarto
			got, err := m.Rosters.Roster(c.ask)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "names", names(got.Items), c.want)
		})
	}
}
