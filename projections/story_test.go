package projections_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// story returns the whole story of a stream.
func story(t *testing.T, tape *tape, s domain.Stream, when projections.Moments, names projections.Names) []projections.TrailEntry {
	t.Helper()
	var told []projections.TrailEntry
	for entry, err := range projections.Story(t.Context(), tape.log(), s, when, names) {
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, entry)
	}
	return told
}

// TestEveryEventIsTold reads every stream of the rich tape: no event is told in the
// words for what nobody foresaw, and no summary names a person to whom names are
// not told.
func TestEveryEventIsTold(t *testing.T) {
	tape := rich()
	streams := make(map[domain.Stream]bool)
	for _, rec := range tape.records {
		streams[rec.Stream] = true
	}
	told := make(map[string]bool)
	for _, s := range slices.Sorted(maps.Keys(streams)) {
		for _, e := range story(t, tape, s, projections.Moments{}, projections.Names{}) {
			told[e.Type] = true
			if e.Summary == "" || strings.Contains(e.Summary, "fatto di tipo") || strings.Contains(e.Summary, "%!") {
				t.Errorf("%s is told as %q", e.Type, e.Summary)
			}
			if e.SummaryEn == "" || e.SummaryEn == e.Summary || strings.Contains(e.SummaryEn, "%!") {
				t.Errorf("%s is told in English as %q", e.Type, e.SummaryEn)
			}
			for word := range strings.FieldsSeq(e.SummaryEn) {
				if italianOnly[strings.Trim(word, "(),.:")] {
					t.Errorf("%s is told in English with %q: %q", e.Type, word, e.SummaryEn)
				}
			}
			if text := asJSON(t, e); strings.Contains(text, "Rossi") || strings.Contains(text, "Errore") {
				t.Errorf("%s tells a name: %s", e.Type, text)
			}
		}
	}
	same(t, "kinds of events told", slices.Sorted(maps.Keys(told)), domain.EventNames())
}

// italianOnly are words that stand in no English sentence.
var italianOnly = map[string]bool{
	"il": true, "del": true, "della": true, "dal": true, "alle": true, "dalle": true, "persona": true, "presenza": true, "minuti": true, "posti": true, "fino": true, "senza": true, "su": true,
}

func TestStoryGolden(t *testing.T) {
	tape := rich()
	m := tape.models()
	for name, s := range map[string]domain.Stream{
		"story-tavolo": sesto.Stream(), "story-presenze": sesto.Presenze(), "story-ente": comune("C356").Stream(),
		"story-programma": programma.Stream(), "story-account": domain.AccountID("segreteria").Stream(), "story-identita": domain.IdentitaStream(person(6)), "story-registro": domain.LedgerStream,
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, story(t, tape, s, projections.Moments{}, projections.Names{Person: m.People.Name, Ente: m.Enti.Name}))
		})
	}
}

func TestStoryOfARectification(t *testing.T) {
	var found *projections.TrailEntry
	for _, e := range story(t, rich(), sesto.Stream(), projections.Moments{}, projections.Names{}) {
		if e.Type == "TavoloRectified" {
			found = &e
		}
	}
	if found == nil {
		t.Fatal("the rectification is not told")
	}
	if want := "Rettificata la data: era scritto 2022-04-25 15:00-17:00, è 2022-05-25 15:00-17:00 (in: 002)"; found.Summary != want {
		t.Errorf("got %q, want %q", found.Summary, want)
	}
	same(t, "reason", found.Reason, "refuso nel titolo")
	same(t, "changes", found.Changes, []projections.Change{
		{Path: "/day", Before: "2022-04-25", After: "2022-05-25"},
		{Path: "/ends_at", Before: "2022-04-25T15:00:00Z", After: "2022-05-25T15:00:00Z"},
		{Path: "/starts_at", Before: "2022-04-25T13:00:00Z", After: "2022-05-25T13:00:00Z"},
	})
}

// TestStoryAtAnotherTime ends where the register knew no more, and leaves out what
// had not happened.
func TestStoryAtAnotherTime(t *testing.T) {
	tape := newTape().add(domain.AccountOpened{Account: "a", Label: "A"})
	known := tape.at
	tape.addAt(tape.at.Add(24*time.Hour), domain.RoleGranted{Account: "a", Role: domain.RoleStaff})
	tape.add(domain.RoleGranted{Account: "a", Role: domain.RoleAuditor})
	types := func(when projections.Moments) (all []string) {
		for _, e := range story(t, tape, "account-a", when, projections.Names{}) {
			all = append(all, e.Summary)
		}
		return all
	}
	opened, staff, auditor := "Aperta l'utenza a «A»", "Assegnato il ruolo staff (senza scadenza)", "Assegnato il ruolo auditor (senza scadenza)"
	same(t, "now", types(projections.Moments{}), []string{opened, staff, auditor})
	same(t, "as known", types(projections.Moments{KnownAt: known}), []string{opened})
	same(t, "by position", types(projections.Moments{KnownPosition: 4}), []string{opened, staff})
	same(t, "as had happened", types(projections.Moments{EffectiveAt: tape.at}), []string{opened, auditor})
}

// TestEntries tells entries of several streams, each with what was before it.
func TestEntries(t *testing.T) {
	tape := rich()
	log := tape.log()
	for _, limit := range []int{1, 5, 1000} {
		at := tape.models().Trail.ByActor("account-segreteria", 40, limit)
		told, err := projections.Entries(t.Context(), log, at, projections.Moments{}, projections.Names{})
		if err != nil {
			t.Fatal(err)
		}
		var got []domain.Position
		for _, e := range told {
			got = append(got, e.Position)
			if whole := story(t, tape, e.Stream, projections.Moments{}, projections.Names{}); asJSON(t, whole[e.Revision]) != asJSON(t, e) {
				t.Errorf("%d is told otherwise in its stream", e.Position)
			}
		}
		same(t, "positions", got, at)
	}
	if most := 3 + (len(tape.records)+pageOf-1)/pageOf; log.reads > most {
		t.Errorf("%d pages were read, at most %d were wanted", log.reads, most)
	}
	none, err := projections.Entries(t.Context(), log, []domain.Position{1, 3, 99_999}, projections.Moments{}, projections.Names{})
	if err != nil || len(none) != 0 {
		t.Errorf("positions at which nothing stands: got %v, %v", none, err)
	}
}

func TestTrailByActorAndDay(t *testing.T) {
	tape := newTape()
	tape.at = at("2022-03-27T23:58") // the day on which the clocks went forward
	tape.add(domain.AccountOpened{Account: "a", Label: "A"}, domain.AccountOpened{Account: "b", Label: "B"})
	tape.actor = domain.ActorPublic
	tape.add(domain.AccountOpened{Account: "c", Label: "C"}, describe(person(1), "Mario", "Rossi"))
	m := tape.models()
	same(t, "by actor", m.Trail.ByActor("account-segreteria", 0, 10), []domain.Position{2, 4})
	same(t, "after", m.Trail.ByActor("account-segreteria", 2, 10), []domain.Position{4})
	same(t, "the public, without personal values", m.Trail.ByActor(domain.ActorPublic, 0, 10), []domain.Position{6})
	same(t, "the day", m.Trail.ByDay("2022-03-27", 0, 10), []domain.Position{2})
	same(t, "the day after", m.Trail.ByDay("2022-03-28", 0, 10), []domain.Position{4, 6})
	same(t, "limited", m.Trail.ByDay("2022-03-28", 0, 1), []domain.Position{4})
	same(t, "no such day", m.Trail.ByDay("2022-03-29", 0, 10), []domain.Position{})
}
