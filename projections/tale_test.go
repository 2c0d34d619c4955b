package projections_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tavoli/domain"
	"tavoli/projections"
)

// tale returns the positions of a tale and everything it says.
func tale(t *testing.T, tape *tape, strands []projections.Strand, when projections.Moments) (at []domain.Position, said string) {
	t.Helper()
	m := tape.models()
	for e, err := range projections.Tale(t.Context(), tape.log(), strands, when, projections.Names{Person: m.People.Name, Ente: m.Enti.Name}) {
		if err != nil {
			t.Fatal(err)
		}
		at, said = append(at, e.Position), said+e.Summary+"\n"
	}
	return at, said
}

// TestTaleOfEachPerson tells every person of the rich tape: each fact that names the
// person is told, at whatever tavolo and ente, and no other fact is.
func TestTaleOfEachPerson(t *testing.T) {
	tape := rich()
	m := tape.models()
	presences := make(map[string]string)      // whose each is
	letters := make(map[domain.Stream]string) // to whom each is
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 11, 12, 80, 81, 90, 91, 8} {
		id := person(n)
		var want []domain.Position
		for _, rec := range tape.records {
			text := asJSON(t, rec.Event)
			if e, ok := rec.Event.(domain.PresenceRecorded); ok {
				presences[e.Presence.String()] = e.Participant.String()
			}
			names := strings.Contains(text, id.String())
			if e, ok := rec.Event.(domain.LetterQueued); ok {
				letters[rec.Stream] = e.Person.String()
			}
			names = names || letters[rec.Stream] == id.String()
			switch e := rec.Event.(type) {
			case domain.PresenceEnded:
				names = presences[e.Presence.String()] == id.String()
			case domain.PresenceAnnulled:
				names = presences[e.Presence.String()] == id.String()
			case domain.PersonsLinked: // told where it was decided
				names = e.Person == id
			case domain.PersonsUnlinked:
				names = e.Person == id
			}
			if names && !rec.Stream.Personal() {
				want = append(want, rec.Position)
			}
		}
		strands, err := m.StrandsOfPerson(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, said := tale(t, tape, strands, projections.Moments{})
		if !slices.Equal(got, want) {
			t.Errorf("person %d: got %v, want %v:\n%s", n, got, want, said)
		}
		if half := want[len(want)/2]; len(want) > 1 {
			before, _ := tale(t, tape, strands, projections.Moments{KnownPosition: half})
			same(t, "as known then", before, want[:len(want)/2+1])
		}
	}
	if _, err := m.StrandsOfPerson(person(999), nil); !errors.Is(err, domain.ErrNoPerson) {
		t.Errorf("got %v", err)
	}
}

// TestTaleWithinReach leaves out what lies beyond a scope.
func TestTaleWithinReach(t *testing.T) {
	tape := rich().add(
		domain.TavoloPlanned{Tavolo: quarto, Programma: "4042", Subject: "s", Schedule: domain.Schedule{Day: "2022-07-01"}, Mode: domain.Online},
		domain.ParticipantRegistered{Tavolo: quarto, Participant: person(1), Capacity: domain.AsOther, Mode: domain.Online},
	)
	m := tape.models()
	for scope, want := range map[domain.TavoloID]bool{sesto: false, quarto: true} {
		strands, err := m.StrandsOfPerson(person(1), m.Calendar.Reach(domain.Scope{Tavoli: []domain.TavoloID{scope}}))
		if err != nil {
			t.Fatal(err)
		}
		if _, said := tale(t, tape, strands, projections.Moments{}); strings.Contains(said, "Registrata la presenza") == want {
			t.Errorf("within %s: got %s", scope, said)
		}
	}
	if _, err := m.StrandsOfPerson(person(2), m.Calendar.Reach(domain.Scope{Tavoli: []domain.TavoloID{quarto}})); !errors.Is(err, domain.ErrNoPerson) {
		t.Errorf("got %v", err)
	}
}

// TestReachKnowsSpeakers finds who has no seat at a tavolo and spoke there.
func TestReachKnowsSpeakers(t *testing.T) {
	m := rich().models()
	reach := m.Calendar.Reach(domain.Scope{Programmi: []domain.ProgrammaID{programma}})
	for n, want := range map[int]bool{1: true, 80: true, 81: true, 90: false, 999: false} {
		if got := m.People.Within(person(n), reach); got != want {
			t.Errorf("person %d: got %t", n, got)
		}
	}
	if reach.Programma("") || !reach.Programma(programma) || !reach.Tavolo("coopera-7") || reach.Tavolo("mai") {
		t.Error("the reach is another")
	}
}

func TestTaleOfEnte(t *testing.T) {
	tape := rich()
	strands, err := tape.models().StrandsOfEnte(passwork)
	if err != nil {
		t.Fatal(err)
	}
	_, said := tale(t, tape, strands, projections.Moments{})
	want := "Censito l'ente Cooperativa Passwork (ente-gestore/passwork)\nAffidata a Cooperativa Passwork la gestione del progetto PROG-12 dal 2021-01-01\n" +
		"Cessata la gestione del progetto PROG-12 di Cooperativa Passwork il 2022-12-31\nAdesione di Cooperativa Passwork come partner\nUscita del partner Cooperativa Passwork il 2022-01-01\n"
	if said != want {
		t.Errorf("got  %s\nwant %s", said, want)
	}
}

// TestTaleOfATavolo tells its seats and its presences in the order of the log.
func TestTaleOfATavolo(t *testing.T) {
	at, said := tale(t, rich(), projections.StrandsOfTavolo(sesto), projections.Moments{})
	if !slices.IsSorted(at) || !strings.Contains(said, "Registrata la presenza") || !strings.HasPrefix(said, "Pianificato il 6° tavolo") {
		t.Errorf("got %v %s", at, said)
	}
}

// TestNamesOfARoll finds the names of those whom a tale calls, as they were known.
func TestNamesOfARoll(t *testing.T) {
	r := newRegister(t).found(2, 1)
	r.register("coopera-1", domain.Online)
	v := r.view(projections.Options{})
	then := r.seen(v)
	r.rectify(r.persons[0], 1)
	r.seen(v)
	for when, want := range map[domain.Position]string{then: "Nome0 Cognome0", 0: "Altro Nome1"} {
		roll := projections.NewRoll()
		if roll.Names().Person(r.persons[0]) != "" {
			t.Error("a roll tells names")
		}
		names, err := v.NamesOf(t.Context(), projections.Moments{KnownPosition: when, KnownAt: r.tick()}, roll)
		if err != nil || names.Person(r.persons[0]) != want {
			t.Errorf("at %d: got %q, %v", when, names.Person(r.persons[0]), err)
		}
	}
}
