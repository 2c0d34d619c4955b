package projections_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tavoli/domain"
	"tavoli/projections"
)

func linked(n, as int) domain.Event {
	return domain.PersonsLinked{Person: person(n), As: person(as), Reason: "stessa persona"}
}

func TestLinks(t *testing.T) {
	tape := newTape().add(describe(person(1), "Mario", "Rossi"), describe(person(2), "mario", "ROSSI"), describe(person(3), "Màrio", "Rossi"), describe(person(4), "Rossi", "Mario"))
	one := func(n int) projections.Person {
		return given[projections.Person](t)(tape.models().People.Person(person(n)))
	}
	suggested := func(n int) int { return len(one(n).Suggestions) }
	same(t, "suggestions", []int{suggested(1), suggested(2), suggested(3), suggested(4)}, []int{2, 2, 2, 0})
	tape.add(linked(1, 2))
	same(t, "after a link", []int{suggested(1), suggested(2), suggested(3)}, []int{1, 1, 2})
	if p := one(1); p.LinkedAs == nil || *p.LinkedAs != person(2) || p.Revision != 0 {
		t.Errorf("the linked person: got %s", asJSON(t, p))
	}
	if p := one(2); len(p.Links) != 1 || p.Links[0].Person != person(1) || p.Links[0].Reason != "stessa persona" || p.Revision != domain.NoStream {
		t.Errorf("who stands for both: got %s", asJSON(t, p))
	}
	tape.add(linked(2, 3))
	same(t, "a chain", tape.models().People.Canonical(person(1)), person(3))
	tape.add(linked(3, 1))
	m := tape.models()
	round := m.People.Canonical(person(1))
	same(t, "a circle", []domain.PersonID{m.People.Canonical(person(2)), m.People.Canonical(person(3))}, []domain.PersonID{round, round})
	tape.add(domain.PersonsUnlinked{Person: person(1), As: person(2), Reason: "sono due"})
	m = tape.models()
	same(t, "undone", []domain.PersonID{m.People.Canonical(person(1)), m.People.Canonical(person(2))}, []domain.PersonID{person(1), person(1)})
	if p := one(1); p.LinkedAs != nil || p.Revision != 1 {
		t.Errorf("after the undoing: got %s", asJSON(t, p))
	}
}

func TestPeopleAreFound(t *testing.T) {
	tape := newTape().add(describe(person(1), "Niccolò", "D'Amico"), describe(person(2), "Anna", "Bianchi"), describe(person(3), "Niccolo", "Bianchi"))
	m := tape.models()
	find := func(q projections.PeopleQuery) (all []string) {
		page := given[projections.PeoplePage](t)(m.People.List(q))
		for _, p := range page.Items {
			all = append(all, p.Name)
		}
		return append(all, page.NextCursor)
	}
	same(t, "by a part", find(projections.PeopleQuery{Q: "NICCOLO"}), []string{"Niccolo Bianchi", "Niccolò D'Amico", ""})
	same(t, "by two words", find(projections.PeopleQuery{Q: "damico nicc"}), []string{"Niccolò D'Amico", ""})
	first := find(projections.PeopleQuery{Limit: 2})
	same(t, "the first page", first[:2], []string{"Anna Bianchi", "Niccolo Bianchi"})
	same(t, "the next page", find(projections.PeopleQuery{Limit: 2, Cursor: first[2]}), []string{"Niccolò D'Amico", ""})
	if _, err := m.People.Person(person(9)); !errors.Is(err, domain.ErrNoPerson) {
		t.Errorf("a person there is not: got %v", err)
	}
}

func TestAccess(t *testing.T) {
	m := rich().models()
	access, ok := m.Accounts.Open(sheet)
	if !ok || access.Account != "segreteria" || access.Token != numbered("token", 1) {
		t.Fatalf("got %+v, %t", access, ok)
	}
	before, after := at("2022-12-31T23:59"), at("2023-01-01T00:00")
	same(t, "valid", []bool{access.Valid(before), access.Valid(after)}, []bool{true, false})
	same(t, "staff", []bool{access.Has(domain.RoleStaff, before), access.Has(domain.RoleStaff, after)}, []bool{true, false})
	same(t, "admin, revoked", access.Has(domain.RoleAdmin, before), false)
	if _, ok := m.Accounts.Open("ab" + sheet[2:]); ok {
		t.Error("a revoked token opens the account")
	}
	if _, err := m.Accounts.Account("none"); !errors.Is(err, domain.ErrNoAccount) {
		t.Errorf("an account there is not: got %v", err)
	}
	orphan := newTape().add(domain.TokenIssued{Account: "a", Token: numbered("token", 1), SHA256: sheet}).models()
	if _, ok := orphan.Accounts.Open(sheet); ok {
		t.Error("a token opens an account that was not opened")
	}
}

func TestEntiAreFound(t *testing.T) {
	m := rich().models()
	yes, no := true, false
	for _, c := range []struct {
		name string
		ask  projections.EnteQuery
		want []string
	}{
		{"all, by name", projections.EnteQuery{}, []string{"asp-sr", "C356", "passwork", "G273"}},
		{"an alias", projections.EnteQuery{Q: "castoreale"}, []string{"C356"}},
		{"an old name", projections.EnteQuery{Q: "asp di sira"}, []string{"asp-sr"}},
		{"an ISTAT code", projections.EnteQuery{Q: "083016"}, []string{"C356"}},
		{"a kind", projections.EnteQuery{Kind: domain.Comune}, []string{"C356", "G273"}},
		{"a province", projections.EnteQuery{Province: "sr"}, []string{"asp-sr", "passwork"}},
		{"members", projections.EnteQuery{Member: &yes}, []string{"C356"}},
		{"others", projections.EnteQuery{Member: &no, Kind: domain.Comune}, []string{"G273"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			c.ask.Limit = 1
			for {
				page := given[projections.EntiPage](t)(m.Enti.List(c.ask))
				for _, e := range page.Items {
					got = append(got, e.Code)
				}
				if c.ask.Cursor = page.NextCursor; c.ask.Cursor == "" {
					break
				}
			}
			same(t, "codes", got, c.want)
		})
	}
}

func TestEnteIsNamed(t *testing.T) {
	m := rich().models()
	same(t, "by ISTAT", m.Enti.Resolve(comune("082053")), comune("G273"))
	same(t, "unknown", m.Enti.Resolve(comune("999999")), comune("999999"))
	same(t, "no name known", m.Enti.Name(comune("A001")), "comune/A001")
	e := given[projections.Ente](t)(m.Enti.Ente(comune("083016"), false))
	if e.Code != "C356" || e.Referenti[0].Name != "" || e.Referenti[0].Function != "" {
		t.Errorf("names of persons are told unasked: %s", asJSON(t, e.Referenti))
	}
	same(t, "with names", given[projections.Ente](t)(m.Enti.Ente(comune("C356"), true)).Referenti[0].Name, "Rita Referente")
	if _, err := m.Enti.Ente(comune("A001"), false); !errors.Is(err, domain.ErrNoEnte) {
		t.Errorf("an ente there is not: got %v", err)
	}
	ahead := planned().add(domain.ParticipantRegistered{Tavolo: quarto, Participant: person(1), Ente: &domain.EnteRef{Kind: domain.Comune, Code: "A001"}, Mode: domain.Online}).models()
	if _, err := ahead.Enti.Ente(comune("A001"), false); !errors.Is(err, domain.ErrNoEnte) {
		t.Errorf("an ente only spoken of: got %v", err)
	}
	same(t, "in a roster", roster(t, ahead).Items[0].Ente.Name, "comune/A001")
}

// TestListsGoOn pages on after the last item seen left the list.
func TestListsGoOn(t *testing.T) {
	tape := newTape()
	for _, code := range []string{"A001", "B002", "C003"} {
		tape.add(domain.EnteRegistered{Ente: comune(code), Official: code, Province: "PA"}, domain.CoordinamentoJoined{Ente: comune(code), From: "2022-01-01"})
	}
	member := true
	ask := projections.EnteQuery{Member: &member, Limit: 1}
	first := given[projections.EntiPage](t)(tape.models().Enti.List(ask))
	tape.add(domain.CoordinamentoLeft{Ente: comune("A001"), On: "2022-02-01"})
	ask.Cursor = first.NextCursor
	same(t, "the next ente", given[projections.EntiPage](t)(tape.models().Enti.List(ask)).Items[0].Code, "B002")
	if _, err := newTape().models().Enti.List(ask); !errors.Is(err, domain.Invalid) {
		t.Errorf("where the last ente is not known: got %v", err)
	}

	tape = newTape()
	for n, day := range []domain.Day{"2022-01-01", "2022-01-02", "2022-01-03"} {
		tape.add(domain.TavoloPlanned{Tavolo: domain.TavoloID(rune('a' + n)), Subject: "x", Schedule: domain.Schedule{Day: day}, Mode: domain.Online})
	}
	days := projections.CalendarQuery{State: domain.Planned, Limit: 1}
	page := given[projections.CalendarPage](t)(tape.models().Calendar.List(days))
	tape.add(domain.TavoloCalledOff{Tavolo: "a", Reason: "x"})
	days.Cursor = page.NextCursor
	same(t, "the next tavolo", given[projections.CalendarPage](t)(tape.models().Calendar.List(days)).Items[0].ID, "b")
	if _, err := newTape().models().Calendar.List(days); !errors.Is(err, domain.Invalid) {
		t.Errorf("where the last tavolo is not known: got %v", err)
	}
}

// TestValuesAreReplaced tells the values of persons again and again, until what was
// superseded is cleared away, and forgets one in three.
func TestValuesAreReplaced(t *testing.T) {
	const persons, rounds = 300, 12
	tape := newTape()
	for round := range rounds {
		for n := range persons {
			tape.add(describe(person(n), "Nome", fmt.Sprint("Cognome", n, "-", round), strings.Repeat("x", 900)))
		}
	}
	for n := 0; n < persons; n += 3 {
		tape.add(described{domain.PersonDescribed{Person: person(n)}, nil})
	}
	m := tape.models()
	for n := range persons {
		want, versions := fmt.Sprint("Nome Cognome", n, "-", rounds-1), rounds
		if n%3 == 0 {
			want, versions = projections.RemovedName(person(n)), 0
		}
		if got := m.People.Name(person(n)); got != want || len(m.People.Versions(person(n))) != versions {
			t.Fatalf("person %d: got %q and %d versions, want %q and %d", n, got, len(m.People.Versions(person(n))), want, versions)
		}
	}
	compareForms(t, projections.Encoded(given[*projections.Models](t)(projections.Decoded(projections.Encoded(m)))), projections.Encoded(m))
}
