package tests_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tavoli/tests/esdbtest"
)

// This file tests the program on EventStoreDB as a process: how it starts there, and
// what it says when it cannot. cluster_test.go tells the story of three nodes.

// eventServer starts a test server of EventStoreDB on a log in memory.
func eventServer(t *testing.T, o esdbtest.Options) *esdbtest.Server {
	t.Helper()
	log, err := esdbtest.NewLog("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := esdbtest.Start(log, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

const (
	plannedTavolo = `{"id":"prova","subject":"Prova","day":"2022-05-25","mode":"online"}`
	annaRegisters = `{"given_name":"Anna","family_name":"Prova"}`
)

func TestARegisterOnEventStoreDB(t *testing.T) {
	t.Parallel()
	data, events := t.TempDir(), eventServer(t, esdbtest.Options{})
	s := serve(t, data, "--store", events.URL())
	s.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	s.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	s.must(http.MethodPost, "/tavoli/prova/registrations", "anna", annaRegisters)
	if got := runs(t, "roster", "prova", "--data", data); !strings.Contains(got, "Anna") {
		t.Errorf("the roster of the running server is %q", got)
	}
	if status, answer, err := s.ask(t.Context(), http.MethodGet, "/admin/backup", "", ""); err != nil || status != 501 || !strings.Contains(answer, "gli strumenti del server") {
		t.Errorf("a backup: %d %s %v", status, answer, err)
	}
	if answer := s.must(http.MethodGet, "/admin/check", "", ""); !strings.Contains(answer, `"ok":true`) || strings.Contains(answer, `"records":0`) {
		t.Errorf("a check: %s", answer)
	}
	s.stop()
	if r := run(t, "roster", "prova", "--data", data); r.code != 4 || !strings.Contains(r.errors, "indicarlo con --store") {
		t.Errorf("without --store: %d %s", r.code, r.errors)
	}
	store := []string{"--data", data, "--store", events.URL()}
	if got := runs(t, append([]string{"roster", "prova"}, store...)...); !strings.Contains(got, "Anna") {
		t.Errorf("the roster without a server is %q", got)
	}
	if got := runs(t, append([]string{"check"}, store...)...); !strings.Contains(got, "tutto a posto") {
		t.Errorf("check says %q", got)
	}
	again := serve(t, data, "--store", events.URL())
	if answer := again.must(http.MethodGet, "/tavoli/prova/roster", "", ""); !strings.Contains(answer, "Anna") {
		t.Errorf("after a restart the roster is %s", answer)
	}
	again.stop()
}

// TestWhatIsWrongWithTheStore starts the program on stores it cannot have. Each has
// a sentence and an exit code, and none shows the password.
func TestWhatIsWrongWithTheStore(t *testing.T) {
	t.Parallel()
	authority := filepath.Join(t.TempDir(), "ca.crt")
	certificate, err := esdbtest.NewCertificate(authority)
	if err != nil {
		t.Fatal(err)
	}
	closed := eventServer(t, esdbtest.Options{Certificate: certificate, User: "tavoli", Password: "segretissima"})
	old := eventServer(t, esdbtest.Options{Version: "21.10.8"})
	gone := eventServer(t, esdbtest.Options{})
	gone.Stop()
	withPassword := func(s *esdbtest.Server) string { return s.URLAs("tavoli", "segretissima", "") }
	for name, c := range map[string]struct {
		url  string
		code int
		says string
	}{
		"another kind of store": {"postgres://tavoli:segretissima@localhost/x", 2, "--store: è bolt, o l'indirizzo"},
		"no address":            {"esdb://tavoli:segretissima@[::1", 2, "--store: l'indirizzo non è della forma"},
		"wrong password":        {closed.URLAs("tavoli", "segretissima1", authority), 6, "rifiuta queste credenziali · the event store refuses these credentials"},
		"no credentials":        {strings.Replace(closed.URLAs("tavoli", "segretissima", authority), "tavoli:segretissima@", "", 1), 6, "rifiuta queste credenziali"},
		"unknown authority":     {strings.Split(withPassword(closed), "?")[0], 9, "l'archivio degli eventi non risponde"},
		"old server":            {withPassword(old), 10, "troppo vecchio · the server of the event store is too old"},
		"nobody there":          {withPassword(gone), 9, "l'archivio degli eventi non risponde; riprovare quando è in servizio · the event store does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := launchWith(t, t.TempDir(), environment("TAVOLI_STORE="+c.url, "TAVOLI_ADMIN_TOKEN="+adminToken))
			code := s.wait()
			last := strings.Split(strings.TrimSpace(s.log.String()), "\n")
			if said := last[len(last)-1]; code != c.code || !strings.HasPrefix(said, "tavoli: ") || !strings.Contains(said, c.says) {
				t.Errorf("it ended with %d, want %d, and says\n%s", code, c.code, s.log)
			}
			if strings.Contains(s.log.String(), "segretissima") {
				t.Errorf("it tells the password:\n%s", s.log)
			}
		})
	}
	right := serve(t, t.TempDir(), "--store", closed.URLAs("tavoli", "segretissima", authority), "--log-level", "debug")
	right.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	right.stop()
	if strings.Contains(right.log.String(), "segretissima") {
		t.Errorf("it tells the password:\n%s", right.log)
	}
}

// TestAnotherStore puts another store behind the address, while nobody looks and
// while somebody does.
func TestAnotherStore(t *testing.T) {
	t.Parallel()
	data, first := t.TempDir(), eventServer(t, esdbtest.Options{})
	s := serve(t, data, "--store", first.URL())
	s.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	first.Stop()
	other := eventServer(t, esdbtest.Options{Addr: first.Addr()})
	serve(t, t.TempDir(), "--store", other.URL()).stop() // makes a store there
	if code := s.wait(); code != 11 || !strings.Contains(s.log.String(), "scambiato con un altro · the event store was exchanged for another") {
		t.Errorf("the running server ended with %d and says %s", code, s.log)
	}
	if again := launch(t, data, "--store", other.URL()); again.wait() != 11 || !strings.Contains(again.log.String(), "appartiene all'archivio") {
		t.Errorf("the next start ends with %d and says %s", again.wait(), again.log)
	}
	if again := launch(t, data); again.wait() != 11 || !strings.Contains(again.log.String(), "appartiene all'archivio") {
		t.Errorf("without --store it ends with %d and says %s", again.wait(), again.log)
	}
	if _, err := os.Stat(filepath.Join(data, "events.db")); err == nil {
		t.Error("a log was left in a folder that belongs elsewhere")
	}
}
