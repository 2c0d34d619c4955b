package projections_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// A tape records events as a store would: positions and times grow by one step,
// and each stream has its own revisions.
type tape struct {
	at        time.Time
	position  domain.Position
	revisions map[domain.Stream]domain.Revision
	actor     domain.Actor
	records   []domain.Record
}

func newTape() *tape {
	return &tape{
		at: time.Date(2022, 3, 1, 9, 0, 0, 0, time.UTC), revisions: make(map[domain.Stream]domain.Revision), actor: "account-segreteria",
	}
}

// add records events, all of them effective when recorded.
func (t *tape) add(events ...domain.Event) *tape {
	for _, e := range events {
		t.addAt(time.Time{}, e)
	}
	return t
}

// addAt records an event that happened in the world at a moment; zero: now.
func (t *tape) addAt(effective time.Time, e domain.Event) {
	t.at = t.at.Add(time.Minute)
	t.position += 2
	if effective.IsZero() {
		effective = t.at
	}
	s := streamOf(e)
	rev, ok := t.revisions[s]
	if ok {
		rev++
	}
	t.revisions[s] = rev
	rec := domain.Record{
		Position: t.position, Stream: s, Revision: rev, ID: numbered("event", int(t.position)), Type: e.Name(), Schema: 1,
		RecordedAt: t.at, EffectiveAt: effective, Actor: t.actor, Command: numbered("command", int(t.position)), Event: e,
	}
	rec.Correlation = rec.Command
	if d, ok := e.(described); ok {
		rec.Event, rec.Values = d.PersonDescribed, d.values
	}
	t.records = append(t.records, rec)
}

// models returns read models that have seen the tape.
func (t *tape) models() *projections.Models { return fed(t.records) }

func fed(records []domain.Record) *projections.Models {
	m := projections.NewModels()
	for i := range records {
		m.Apply(&records[i])
	}
	return m
}

// described is a PersonDescribed that the reader could open; without values it could not.
type described struct {
	domain.PersonDescribed
	values *domain.Values
}

// describe tells the values of a person.
func describe(p domain.PersonID, given, family string, more ...string) domain.Event {
	v := domain.Values{GivenName: given, FamilyName: family}
	for i, field := range []*string{&v.Function, &v.Email, &v.Phone} {
		if i < len(more) {
			*field = more[i]
		}
	}
	return described{domain.PersonDescribed{Person: p}, &v}
}

// numbered returns a made-up id.
func numbered(what string, n int) uuid.UUID {
	return uuid.NewSHA1(uuid.Nil, []byte(what+strconv.Itoa(n)))
}

func person(n int) domain.PersonID { return numbered("person", n) }

// at reads a time of Italy.
func at(text string) time.Time {
	t, err := domain.ParseTime(text)
	if err != nil {
		panic(err)
	}
	return t
}

func comune(code string) domain.EnteRef { return domain.EnteRef{Kind: domain.Comune, Code: code} }

// hours returns a schedule of a day.
func hours(day domain.Day, from, to string) domain.Schedule {
	starts, ends := at(string(day)+"T"+from), at(string(day)+"T"+to)
	return domain.Schedule{Day: day, StartsAt: &starts, EndsAt: &ends}
}

// same fails unless two answers are equal as JSON.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := asJSON(t, got), asJSON(t, want); g != w {
		t.Errorf("%s:\ngot  %s\nwant %s", what, g, w)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// streamOf returns where an event belongs.
func streamOf(e domain.Event) domain.Stream {
	var ids struct {
		Tavolo    domain.TavoloID    `json:"tavolo"`
		Programma domain.ProgrammaID `json:"programma"`
		Ente      domain.EnteRef     `json:"ente"`
		Account   domain.AccountID   `json:"account"`
		Person    domain.PersonID    `json:"person"`
		Delivery  domain.LetterID    `json:"delivery"`
	}
	if d, ok := e.(described); ok {
		e = d.PersonDescribed
	}
	data, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(data, &ids); err != nil {
		panic(err)
	}
	switch e.(type) {
	case domain.LedgerKeyIntroduced, domain.DossierMade:
		return domain.LedgerStream
	case domain.TemplateSet:
		return domain.TemplateStream
	case domain.LetterQueued, domain.LetterAttempted, domain.LetterSent, domain.LetterFailed, domain.LetterParked, domain.LetterResent, domain.LetterBounced, domain.LetterDelivered:
		return domain.LetterStream(ids.Delivery)
	case domain.PersonDescribed, domain.JoinLinkSealed:
		return domain.PersonaStream(ids.Person)
	case domain.PersonRectified, domain.PersonsLinked, domain.PersonsUnlinked, domain.PersonForgotten:
		return domain.IdentitaStream(ids.Person)
	case domain.HoldPlaced:
		return ids.Programma.Stream()
	case domain.EvidenceFiled, domain.EvidenceDestroyed, domain.PresenceRecorded, domain.PresenceEnded, domain.PresenceAnnulled, domain.GuestsCounted, domain.PresenceValidated:
		return ids.Tavolo.Presenze()
	}
	switch {
	case ids.Tavolo != "":
		return ids.Tavolo.Stream()
	case ids.Account != "":
		return ids.Account.Stream()
	case ids.Programma != "":
		return ids.Programma.Stream()
	}
	return ids.Ente.Stream()
}
