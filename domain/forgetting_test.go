package domain_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/domain"
)

var (
	annaGone   = domain.PersonForgotten{Person: anna, Short: "P-FC0F", Reason: "richiesta", LegalBasis: "art. 17", Keys: []domain.KeyID{7}}
	atSix      = domain.Ties{Places: []domain.Place{{Tavolo: t6, Programma: "3031"}}}
	speaksFor  = domain.Ties{Enti: []domain.EnteRef{alcamo}}
	isEnte     = domain.EnteRegistered{Ente: alcamo, Official: "Alcamo", Province: "TP"}
	appointed  = domain.ReferenteAppointed{Ente: alcamo, Person: anna, From: "2021-12-07"}
	overSince  = domain.RetentionSet{Programma: "3031", ReferenceYear: 2016, Years: 5, Basis: "art. 82"}
	endsToday  = domain.ReferenteAppointed{Ente: alcamo, Person: anna, From: "2021-12-07", Until: "2022-05-20"}
	endedInMay = domain.ReferenteAppointed{Ente: alcamo, Person: anna, From: "2021-12-07", Until: "2022-05-19"}
)

// forget returns a command that was told what ties the person.
func forget(ties domain.Ties, change ...func(*domain.ForgetPerson)) func(*domain.Executor, domain.Meta) (domain.Result, error) {
	return do[*domain.Identita](func() *domain.ForgetPerson {
		c := &domain.ForgetPerson{Subject: anna, Reason: "richiesta", LegalBasis: "art. 17"}
		c.Find(ties, []domain.KeyID{7})
		for _, f := range change {
			f(c)
		}
		return c
	})
}

func TestForgetPerson(t *testing.T) {
	orders := func(c *domain.ForgetPerson) { c.Override = "provvedimento 12/2024" }
	together := func(c *domain.ForgetPerson) { c.Linked = true }
	byOrder := annaGone
	byOrder.Override = "provvedimento 12/2024"
	linked := domain.Ties{Linked: []domain.PersonID{bruno}}
	run(t, []scenario{
		{name: "in no tavolo", do: forget(domain.Ties{}), yield: given(annaGone)},
		{name: "twice", past: given(annaGone), do: forget(domain.Ties{})},
		{name: "without a reason", do: forget(domain.Ties{}, func(c *domain.ForgetPerson) { c.Reason = "" }), field: "/reason required"},
		{name: "without a legal basis", do: forget(domain.Ties{}, func(c *domain.ForgetPerson) { c.LegalBasis = "" }), field: "/legal_basis required"},
		{name: "nobody", do: is[*domain.Identita](&domain.ForgetPerson{Subject: anna, Reason: "x", LegalBasis: "y"}), err: domain.ErrNoPerson},
		{name: "no policy", past: given(opened3031), do: forget(atSix), err: domain.ErrNoPolicy},
		{name: "the retention stands", past: given(opened3031, fiveYears), do: forget(atSix), err: domain.ErrRetention},
		{name: "the retention is over", past: given(opened3031, overSince), do: forget(atSix), yield: given(annaGone)},
		{name: "a hold on all", past: given(opened3031, overSince, onAll), do: forget(atSix), err: domain.ErrHold},
		{name: "a hold on the tavolo", past: given(opened3031, overSince, onSix), do: forget(atSix), err: domain.ErrHold},
		{name: "a hold on another tavolo", past: given(opened3031, overSince, domain.HoldPlaced{Programma: "3031", Hold: holdID, Tavolo: "coopera-5", Reason: "x"}), do: forget(atSix), yield: given(annaGone)},
		{name: "a hold lifted", past: given(opened3031, overSince, onAll, lifted), do: forget(atSix), yield: given(annaGone)},
		{name: "an order goes before all", past: given(opened3031, fiveYears, onAll), do: forget(atSix, orders), yield: given(byOrder)},
		{name: "who only asked is bound by no retention", past: with(oneSeat, confirming, pending(anna), opened3031, fiveYears), do: forget(atSix), yield: given(annaGone)},
		{name: "nor by none that is missing", past: with(oneSeat, confirming, pending(anna), domain.RegistrationLapsed{Tavolo: t6, Participant: anna}, opened3031), do: forget(atSix), yield: given(annaGone)},
		{name: "nor after taking it back", past: with(oneSeat, confirming, pending(anna), withdrawn(anna), opened3031, fiveYears), do: forget(atSix), yield: given(annaGone)},
		{name: "but by a hold", past: with(oneSeat, confirming, pending(anna), opened3031, fiveYears, onSix), do: forget(atSix), err: domain.ErrHold},
		{name: "who confirmed is bound", past: with(oneSeat, confirming, pending(anna), registered(anna, domain.InPresence), withdrawn(anna), opened3031, fiveYears), do: forget(atSix), err: domain.ErrRetention},
		{name: "who speaks is bound", past: with(oneSeat, confirming, pending(anna), domain.SpeakerInvited{Tavolo: t6, Person: anna, Role: domain.Speaker}, opened3031, fiveYears), do: forget(atSix), err: domain.ErrRetention},
		{name: "who works in a group is bound", past: with(oneSeat, confirming, pending(anna), domain.GroupFormed{Tavolo: t6, Group: "g", Title: "G", Members: []domain.PersonID{anna}}, opened3031, fiveYears), do: forget(atSix), err: domain.ErrRetention},
		{name: "a tavolo of no programme", do: forget(domain.Ties{Places: []domain.Place{{Tavolo: t6}}}), yield: given(annaGone)},
		{name: "a referente", past: given(isEnte, appointed), do: forget(speaksFor), err: domain.ErrInOffice},
		{name: "a referente whatever is ordered", past: given(isEnte, appointed), do: forget(speaksFor, orders), err: domain.ErrInOffice},
		{name: "a referente until today", past: given(isEnte, endsToday), do: forget(speaksFor), err: domain.ErrInOffice},
		{name: "a referente until yesterday", past: given(isEnte, endedInMay), do: forget(speaksFor), yield: given(annaGone)},
		{name: "a referente relieved", past: given(isEnte, appointed, domain.ReferenteRelieved{Ente: alcamo, Person: anna, On: "2022-01-01"}), do: forget(speaksFor), yield: given(annaGone)},
		{name: "linked", do: forget(linked), err: domain.ErrLinkedOther},
		{name: "linked, together", do: forget(linked, together), yield: given(annaGone)},
		{name: "rectify the forgotten", past: given(annaGone), do: is[*domain.Identita](&domain.RectifyPerson{Subject: anna, Reason: "x"}), err: domain.ErrForgotten},
		{name: "link the forgotten", past: given(annaGone), do: is[*domain.Identita](domain.LinkPersons{Subject: anna, As: bruno, Reason: "x"}), err: domain.ErrForgotten},
	})
}

// TestTheRetentionEndsWithTheYear forgets in the last second of the duty, and in
// the next.
func TestTheRetentionEndsWithTheYear(t *testing.T) {
	for at, want := range map[string]error{"2028-12-31T22:59:59Z": domain.ErrRetention, "2028-12-31T23:00:00Z": nil} {
		store := memory.New(func() time.Time { return now })
		past(t, store, opened3031, fiveYears)
		_, err := forget(atSix)(&domain.Executor{Store: store}, domain.Meta{At: utc(at), Actor: "system", Command: uuid.New()})
		if !errors.Is(err, want) {
			t.Errorf("at %s: %v, want %v", at, err, want)
		}
	}
}

// TestARefusalNamesAllThatIsInTheWay reads the fields of a refusal.
func TestARefusalNamesAllThatIsInTheWay(t *testing.T) {
	store := memory.New(func() time.Time { return now })
	past(t, store, opened3031, fiveYears, onAll, domain.ProgrammaOpened{Programma: "4000", Title: "Seguito"}, isEnte, appointed)
	ties := domain.Ties{Places: []domain.Place{{Tavolo: t6, Programma: "3031"}, {Tavolo: "seguito-1", Programma: "4000"}}, Enti: speaksFor.Enti, Linked: []domain.PersonID{bruno}}
	_, err := forget(ties)(&domain.Executor{Store: store}, domain.Meta{At: now, Actor: "system", Command: uuid.New()})
	refusal, ok := errors.AsType[*domain.Error](err)
	if !ok || refusal.Code != "referente-in-office" {
		t.Fatalf("got %v", err)
	}
	want := []domain.Field{
		{Pointer: "/enti/comune/A176/referenti/" + anna.String(), Code: "referente-in-office", Text: "P-FC0F"},
		{Pointer: "/people/" + bruno.String(), Code: "linked-persons", Text: domain.ShortID(bruno)},
		{Pointer: "/programmi/3031/holds/" + holdID.String(), Code: "hold-stands", Text: "OLAF 12/2023"},
		{Pointer: "/programmi/3031/retention", Code: "retention-stands", Text: "2028-12-31"},
		{Pointer: "/programmi/4000/retention", Code: "no-retention-policy", Text: "4000"},
	}
	if !slices.Equal(refusal.Fields, want) {
		t.Errorf("in the way:\n%+v\nwant\n%+v", refusal.Fields, want)
	}
}

// TestTheForgottenTakeNoSeat names a forgotten person while the values are there
// still, and when they are gone.
func TestTheForgottenTakeNoSeat(t *testing.T) {
	store, keys := memory.New(func() time.Time { return now }), memory.NewKeys()
	vault := domain.Vault{Keys: keys, Log: store}
	meta := domain.Meta{At: now, Actor: "system", Command: uuid.New()}
	persona, err := vault.Introduce(t.Context(), meta, "x", domain.Values{FamilyName: "Rossi"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Append(t.Context(), *persona.Batch()); err != nil {
		t.Fatal(err)
	}
	past(t, store, domain.PersonForgotten{Person: persona.Person})
	for range 2 {
		who := domain.Person{ID: &persona.Person}
		if err := who.Introduce(t.Context(), vault, meta); !errors.Is(err, domain.ErrForgotten) {
			t.Errorf("got %v", err)
		}
		found, err := vault.KeysOf(t.Context(), persona.Person)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(keys.Destroy(t.Context(), found...), store.Forget(t.Context(), domain.PersonaStream(persona.Person))); err != nil {
			t.Fatal(err)
		}
	}
}
