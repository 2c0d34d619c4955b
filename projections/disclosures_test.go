package projections_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tavoli/domain"
	"tavoli/projections"
)

// disclosed returns that an account was shown something.
func disclosed(account domain.AccountID, subject, form string) domain.Event {
	return domain.PersonalDataDisclosed{Account: account, Subject: subject, Form: form, Purpose: "controllo", Until: at("2022-03-01T12:00")}
}

// listed returns every line of an answer, page after page, as subject and reason.
func listed(t interface{ Fatal(...any) }, m *projections.Models, q projections.DisclosureQuery) (all []projections.Disclosure) {
	for {
		page, err := m.Disclosures.List(q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return all
		}
	}
}

func subjects(list []projections.Disclosure) string {
	var texts []string
	for _, d := range list {
		texts = append(texts, strings.TrimSpace(string(d.Through)+" "+d.Subject))
	}
	return strings.Join(texts, "; ")
}

// TestWhoCouldHaveSeenMe asks for a person: what was about others, and what was looked
// at before the register knew the person, is left out.
func TestWhoCouldHaveSeenMe(t *testing.T) {
	tape := newTape().add(
		domain.AccountOpened{Account: "a", Label: "Segreteria"}, domain.EnteRegistered{Ente: comune("G273"), Official: "Palermo"},
		domain.TavoloPlanned{Tavolo: sesto, Programma: programma, Subject: "s", Schedule: domain.Schedule{Day: "2022-05-25"}, Mode: domain.Online},
		disclosed("a", "people", domain.AsPage), disclosed("a", "tavolo-coopera-6", domain.AsPage),
		describe(person(1), "Mario", "Rossi"), onSesto(1, comune("G273"), domain.AsOther, domain.Online),
		describe(person(2), "Ugo", "Neri"), domain.ReferenteAppointed{Ente: comune("G273"), Person: person(2), From: "2022-01-01"},
		describe(person(3), "Mario", "Rossi"), domain.PersonsLinked{Person: person(3), As: person(1), Reason: "stessa"},
	)
	for _, subject := range []string{
		"identita-" + person(1).String(), "tavolo-coopera-6", "presenze-coopera-6/evidence/9f86", "tavolo-coopera-4", "people", "enti", "ente-comune_G273",
		"programma-3031", "programma-4042", "account-a", "audit-trail", "report-2022-Q1", "identita-" + person(3).String(),
	} {
		tape.add(disclosed("a", subject, domain.AsExport))
	}
	m := tape.models()
	of := func(n int) string {
		return subjects(listed(t, m, projections.DisclosureQuery{Person: new(person(n)), Limit: 2}))
	}
	one := "person identita-" + person(3).String() + "; list report-2022-Q1; list audit-trail; programma programma-3031; list people; " +
		"tavolo presenze-coopera-6/evidence/9f86; tavolo tavolo-coopera-6; person identita-" + person(1).String()
	if got := of(1); got != one {
		t.Errorf("got  %s\nwant %s", got, one)
	}
	if got := of(3); got != one {
		t.Errorf("of the other record: got %s", got)
	}
	if got, want := of(2), "list report-2022-Q1; list audit-trail; ente ente-comune_G273; ente enti; list people"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := m.Disclosures.List(projections.DisclosureQuery{Person: new(person(9))}); !errors.Is(err, domain.ErrNoPerson) {
		t.Errorf("got %v", err)
	}
	if got, want := subjects(listed(t, m, projections.DisclosureQuery{Subject: "tavolo-coopera-6"})), "presenze-coopera-6/evidence/9f86; tavolo-coopera-6; tavolo-coopera-6"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := subjects(listed(t, m, projections.DisclosureQuery{Subject: "presenze-coopera-6"})); got != "presenze-coopera-6/evidence/9f86" {
		t.Errorf("got %s", got)
	}
}

// TestDisclosuresAreFound compares answers with what reading every line finds.
func TestDisclosuresAreFound(t *testing.T) {
	topics := []string{"people", "tavolo-a", "tavolo-b", "presenze-a", "presenze-a/evidence/x", "account-a", "identita-" + person(1).String()}
	rapid.Check(t, func(r *rapid.T) {
		tape := newTape()
		tape.at = time.Date(2022, 3, 1, 22, 50, 0, 0, time.UTC) // ten minutes before midnight in Italy
		for range rapid.IntRange(0, 40).Draw(r, "n") {
			account := rapid.SampledFrom([]domain.AccountID{"a", "b"}).Draw(r, "account")
			tape.add(disclosed(account, rapid.SampledFrom(topics).Draw(r, "subject"), rapid.SampledFrom([]string{domain.AsPage, domain.AsExport}).Draw(r, "form")))
		}
		q := projections.DisclosureQuery{
			Account: rapid.SampledFrom([]domain.AccountID{"", "a", "c"}).Draw(r, "asked account"), Subject: rapid.SampledFrom([]string{"", "tavolo-a", "presenze-a", "people", "x"}).Draw(r, "asked subject"),
			From: rapid.SampledFrom([]domain.Day{"", "2022-03-01", "2022-03-02"}).Draw(r, "from"), To: rapid.SampledFrom([]domain.Day{"", "2022-03-01", "2022-03-02"}).Draw(r, "to"),
			Limit: rapid.IntRange(1, 5).Draw(r, "limit"),
		}
		var want []string
		for _, rec := range slices.Backward(tape.records) {
			if e := rec.Event.(domain.PersonalDataDisclosed); asksFor(q, e, domain.DayOf(rec.RecordedAt)) {
				want = append(want, fmt.Sprint(rec.Position))
			}
		}
		var got []string
		for _, d := range listed(r, tape.models(), q) {
			got = append(got, fmt.Sprint(d.Position))
		}
		if !slices.Equal(got, want) {
			r.Errorf("%+v: got %v, want %v", q, got, want)
		}
	})
}

// asksFor says in words of its own what a question asks for.
func asksFor(q projections.DisclosureQuery, e domain.PersonalDataDisclosed, day domain.Day) bool {
	subject := q.Subject == "" || e.Subject == q.Subject || strings.HasPrefix(e.Subject, q.Subject+"/")
	if q.Subject == "tavolo-a" {
		subject = subject || strings.HasPrefix(e.Subject, "presenze-a")
	}
	return subject && (q.Account == "" || q.Account == e.Account) && (q.From == "" || day >= q.From) && (q.To == "" || day <= q.To)
}

// TestDisclosuresPagedWhileTheyGrow pages on while new ones come: none is told twice.
func TestDisclosuresPagedWhileTheyGrow(t *testing.T) {
	tape := newTape().add(disclosed("a", "people", domain.AsExport), disclosed("a", "enti", domain.AsExport))
	first, err := tape.models().Disclosures.List(projections.DisclosureQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	tape.add(disclosed("a", "tavolo-a", domain.AsExport))
	rest := listed(t, tape.models(), projections.DisclosureQuery{Limit: 1, Cursor: first.NextCursor})
	if got := subjects(append(first.Items, rest...)); got != "enti; people" {
		t.Errorf("got %s", got)
	}
	_, err = tape.models().Disclosures.List(projections.DisclosureQuery{Account: "a", Cursor: first.NextCursor})
	if err == nil {
		t.Error("a cursor of another question is taken")
	}
}
