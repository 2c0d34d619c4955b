package tests_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// copyReport is what tavoli copy answers in JSON.
type copyReport struct {
	Entries, Copied, Forgotten int
	SHA256                     string
	Digests                    []struct{ Model, SHA256 string }
}

// copies runs tavoli copy to its end.
func copies(t *testing.T, from, to string) (r copyReport) {
	t.Helper()
	if err := json.Unmarshal([]byte(runs(t, "copy", "--from", from, "--to", to, "--json")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// held returns the entries of a register in a folder, and the streams forgotten there.
func held(t *testing.T, dir string) (list []string, forgotten []domain.Stream) {
	t.Helper()
	s, err := bolt.Open(dir, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for page, err := range s.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			list = append(list, string(e.Bytes))
		}
	}
	forgotten, err = s.Forgotten(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list, forgotten
}

// forgetSomebody forgets the first person of a register in a folder.
func forgetSomebody(t *testing.T, dir string) {
	t.Helper()
	s, err := bolt.Open(dir, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for page, err := range s.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			if rec, err := e.Envelope(); err == nil && rec.Stream.Personal() {
				if err := s.Forget(t.Context(), rec.Stream); err != nil {
					t.Fatal(err)
				}
				return
			}
		}
	}
	t.Fatal("nobody is there")
}

// TestARegisterMovesToServersAndBack copies a demonstration to EventStoreDB and back to
// a file, killed in the middle both times.
func TestARegisterMovesToServersAndBack(t *testing.T) {
	t.Parallel()
	data, back := t.TempDir(), filepath.Join(t.TempDir(), "back")
	serve(t, data, "--demo").stop()
	forgetSomebody(t, data)
	want, forgotten := held(t, data)
	events := eventServer(t, esdbtest.Options{})

	events.Delay(time.Millisecond) // so that there is a middle
	for _, n := range []int{20, 300} {
		there := events.Appends()
		c := begin(t, data, environment(), "copy", "--from", "bolt://"+data, "--to", events.URL())
		eventually(t, "some of it is there", func() bool { return events.Appends() > there+n })
		c.kill()
	}
	events.Delay(0)
	there := copies(t, "bolt://"+data, events.URL())
	if there.Entries != len(want) || there.Copied == 0 || there.Copied > len(want)-300 || there.Forgotten != 1 {
		t.Errorf("it copied %+v of %d", there, len(want))
	}
	if again := copies(t, "bolt://"+data, events.URL()); again.Copied != 0 || again.SHA256 != there.SHA256 {
		t.Errorf("again it copied %+v", again)
	}

	for killed := range 3 {
		c := begin(t, back, environment(), "copy", "--from", events.URL(), "--to", "bolt://"+back)
		eventually(t, "the log is there", func() bool {
			_, err := os.Stat(filepath.Join(back, "events.db"))
			return err == nil
		})
		time.Sleep(time.Duration(killed*20) * time.Millisecond) // anywhere
		c.kill()
	}
	here := copies(t, events.URL(), "bolt://"+back)
	got, gone := held(t, back)
	if !slices.Equal(got, want) || !slices.Equal(gone, forgotten) {
		t.Errorf("%d entries came back, want %d; forgotten are %v, want %v", len(got), len(want), gone, forgotten)
	}
	if here.SHA256 != there.SHA256 || !slices.Equal(here.Digests, there.Digests) || len(here.Digests) == 0 {
		t.Errorf("there it is %+v, here %+v", there, here)
	}
	servedAlike(t, data, back, events)
}

// servedAlike serves the three copies with the same keys, which show the same.
func servedAlike(t *testing.T, data, back string, events *esdbtest.Server) {
	t.Helper()
	keys, err := os.ReadFile(filepath.Join(data, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	node := t.TempDir()
	for _, dir := range []string{back, node} {
		if err := os.WriteFile(filepath.Join(dir, "keys"), keys, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := run(t, "check", "--data", back); !strings.Contains(got.out, "tutto a posto") && strings.Count(got.out, "evidence") == 0 {
		t.Errorf("check of the copy says %d %s%s", got.code, got.out, got.errors)
	}
	var answers []string
	for _, flags := range [][]string{{"--data", data}, {"--data", back}, {"--data", node, "--store", events.URL()}} {
		answers = append(answers, runs(t, append([]string{"roster", "coopera-4"}, flags...)...))
	}
	if answers[0] != answers[1] || answers[0] != answers[2] || !strings.Contains(answers[0], "persona rimossa") && len(answers[0]) < 100 {
		t.Errorf("the rosters differ:\n%s\n%s\n%s", answers[0], answers[1], answers[2])
	}
}

// TestCopyRefuses tries what must not be done.
func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	one, two, events := t.TempDir(), t.TempDir(), eventServer(t, esdbtest.Options{})
	for _, dir := range []string{one, two} {
		s := serve(t, dir)
		s.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
		s.stop()
	}
	if s := launch(t, one, "--store", events.URL()); s.wait() != 3 || !strings.Contains(s.log.String(), "portarvelo prima con tavoli copy") {
		t.Errorf("begun anew beside a register in a file, it ends with %d: %s", s.wait(), s.log)
	}
	copies(t, "bolt://"+one, events.URL())
	serve(t, one, "--store", events.URL()).stop()
	if s := launch(t, one); s.wait() != 11 {
		t.Errorf("on the file that was left behind it ends with %d: %s", s.wait(), s.log)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"something else there": {[]string{"--from", "bolt://" + two, "--to", events.URL()}, 3, "contiene altro"},
		"more there":           {[]string{"--from", "bolt://" + two, "--to", "bolt://" + one}, 3, "contiene altro"},
		"the same":             {[]string{"--from", events.URL(), "--to", events.URL()}, 3, "lo stesso archivio"},
		"nothing to copy":      {[]string{"--from", "bolt://" + filepath.Join(one, "no"), "--to", events.URL()}, 4, "no such file"},
		"no address":           {[]string{"--from", one, "--to", events.URL()}, 2, "bolt://CARTELLA"},
		"half":                 {[]string{"--from", "bolt://" + one}, 2, "servono --from e --to"},
		"nobody there":         {[]string{"--from", "bolt://" + one, "--to", "esdb://a:segreta@127.0.0.1:1"}, 9, "non risponde"},
	} {
		got := run(t, append([]string{"copy"}, c.args...)...)
		if got.code != c.code || !strings.Contains(got.errors, c.says) || strings.Contains(got.errors, "segreta") {
			t.Errorf("%s: %d, want %d: %s", name, got.code, c.code, got.errors)
		}
	}
}

// TestAStoreIsRestored tells a store that it was restored: a node that was running
// ends, and begins again.
func TestAStoreIsRestored(t *testing.T) {
	t.Parallel()
	data, events := t.TempDir(), eventServer(t, esdbtest.Options{})
	s := serve(t, data, "--store", events.URL())
	s.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	if got := runs(t, "restored", "--store", events.URL(), "--json"); !strings.Contains(got, `"epoch": 2`) && !strings.Contains(got, `"epoch":2`) {
		t.Errorf("it says %s", got)
	}
	if code := s.wait(); code != 11 {
		t.Errorf("the node ended with %d\n%s", code, s.log)
	}
	again := serve(t, data, "--store", events.URL())
	again.must(http.MethodGet, "/tavoli/prova", "", "")
	again.stop()
	if r := run(t, "restored", "--store", "bolt"); r.code != 2 {
		t.Errorf("of a file: %d %s", r.code, r.errors)
	}
}
