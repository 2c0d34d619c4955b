package projections_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tavoli/domain"
	"tavoli/projections"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestRichIsComplete keeps the tape of the other tests complete.
func TestRichIsComplete(t *testing.T) {
	met := make(map[string]bool)
	for _, rec := range rich().records {
		met[rec.Type] = true
	}
	same(t, "kinds of events on the tape", slices.Sorted(maps.Keys(met)), domain.EventNames())
}

// given returns an answer that must be given.
func given[A any](t *testing.T) func(A, error) A {
	return func(answer A, err error) A {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// answers returns the answers to many questions, by a name.
func answers(t *testing.T, m *projections.Models) map[string]any {
	t.Helper()
	all := map[string]any{
		"calendar":   given[projections.CalendarPage](t)(m.Calendar.List(projections.CalendarQuery{})),
		"tavolo":     given[projections.TavoloDetail](t)(m.Calendar.Tavolo(sesto, true)),
		"called-off": given[projections.TavoloDetail](t)(m.Calendar.Tavolo("coopera-7", false)),
		"roster":     given[projections.Roster](t)(m.Rosters.Roster(projections.RosterQuery{Tavolo: sesto})),
		"everybody":  given[projections.Roster](t)(m.Rosters.Roster(projections.RosterQuery{Tavolo: sesto, State: projections.AllStates, Contacts: true})),
		"evidence":   given[[]projections.Evidence](t)(m.Rosters.Evidence(sesto)),
		"enti":       given[projections.EntiPage](t)(m.Enti.List(projections.EnteQuery{Names: true})),
		"programmi":  m.Programmi.List(),
		"accounts":   m.Accounts.List(),
		"person":     given[projections.Person](t)(m.People.Person(person(3))),
		"referente":  given[projections.Person](t)(m.People.Person(person(90))),
		"speaker":    given[projections.Person](t)(m.People.Person(person(80))),
		"people":     given[projections.PeoplePage](t)(m.People.List(projections.PeopleQuery{})),
		"forgotten":  given[projections.RemovalPage](t)(m.Retention.Forgotten(projections.RemovalQuery{})),
		"due":        given[projections.RetentionReport](t)(m.Retention.Report(projections.DueQuery{By: "2030-01-01", Names: true})),
		"gone":       given[projections.Person](t)(m.People.Person(person(8))),
		"versions":   m.People.Versions(person(1)),
		"actors":     m.Trail.Actors(),
		"reading":    given[projections.DisclosurePage](t)(m.Disclosures.List(projections.DisclosureQuery{Person: new(person(1))})),
		"adhesions":  m.Enti.Adesioni(""),
		"found":      m.Enti.Find("castoreale", 10),
		"day":        m.Trail.ByDay("2022-03-01", 0, 1000),
	}
	for _, by := range projections.Groupings {
		all["by-"+string(by)] = given[projections.Statistics](t)(m.Statistics(projections.StatisticsQuery{By: by}))
	}
	return all
}

// TestGolden compares answers about the rich tape with what they were.
func TestGolden(t *testing.T) {
	all := answers(t, rich().models())
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) { golden(t, name, all[name]) })
	}
}

// golden compares an answer with the file of its name.
func golden(t *testing.T, name string, answer any) {
	t.Helper()
	raw, err := projections.EncodeJSON(answer)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	file := filepath.Join("testdata", name+".golden.json")
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is otherwise; run with -update and look at the difference:\n%s", file, got.Bytes())
	}
}

// TestCodecKeepsAnswers writes models and reads them: the answers stay, the bytes
// stay, and what comes after is taken in alike.
func TestCodecKeepsAnswers(t *testing.T) {
	records := rich().records
	for n := 0; n <= len(records); n += 7 {
		m := fed(records[:n])
		forms := projections.Encoded(m)
		read := given[*projections.Models](t)(projections.Decoded(forms))
		compareForms(t, projections.Encoded(read), forms)
		for i := n; i < len(records); i++ {
			m.Apply(&records[i])
			read.Apply(&records[i])
		}
		compareForms(t, projections.Encoded(read), projections.Encoded(m))
		same(t, "answers", answers(t, read), answers(t, m))
	}
}

func compareForms(t *testing.T, got, want map[string][]byte) {
	t.Helper()
	for name := range want {
		if !bytes.Equal(got[name], want[name]) {
			t.Errorf("the form of %s is otherwise: %d bytes, not %d", name, len(got[name]), len(want[name]))
		}
	}
}

// TestCodecRefusesWhatIsCutOff reads every beginning of every form.
func TestCodecRefusesWhatIsCutOff(t *testing.T) {
	forms := projections.Encoded(rich().models())
	for name, form := range forms {
		for n := range form {
			cut := maps.Clone(forms)
			cut[name] = form[:n]
			if _, err := projections.Decoded(cut); err == nil {
				t.Fatalf("%s cut off at %d of %d was read", name, n, len(form))
			}
		}
	}
}
