package tests_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestLettersOnTheCommandLine sends letters, looks at them, notes that one came back and
// sends it again, as the secretariat does without pages.
func TestLettersOnTheCommandLine(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	day := time.Now().AddDate(0, 0, 20).Format(time.DateOnly)
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","day":"`+day+`","from":"15:00","to":"17:00","mode":"online"}`)
	s.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	s.must(http.MethodPost, "/tavoli/prova/registrations", "a", `{"given_name":"Anna","family_name":"Prova","email":"anna@example.it"}`)
	s.must(http.MethodPost, "/tavoli/prova/registrations", "b", `{"given_name":"Bruno","family_name":"Prova"}`)
	on := func(args ...string) string {
		return runs(t, append([]string{"letters"}, append(args, "--data", data)...)...)
	}
	if out := on("send", "prova", "reminder"); !strings.Contains(out, "queued: 1; senza indirizzo · without an address: 1") {
		t.Errorf("it says %q", out)
	}
	row := regexp.MustCompile(`(?m)^([0-9a-f-]{36}) +promemoria +Anna Prova +prova +spedita +20`)
	var found []string
	sent := func() bool {
		found = row.FindStringSubmatch(on("list", "--kind", "reminder"))
		return found != nil
	}
	eventually(t, "the reminder is sent", sent)
	id := found[1]
	message := on("message", id)
	if !strings.Contains(message, "To: ") || !strings.Contains(message, "anna@example.it") {
		t.Errorf("the message is %s", message)
	}
	if out := on("return", id, "--reason", "casella <anna@example.it> piena", "--status", "4.2.2"); !strings.Contains(out, "put aside: "+id) {
		t.Errorf("it says %q", out)
	}
	if out := on("show", id); !strings.Contains(out, "è tornata indietro") || !strings.Contains(out, "4.2.2 casella ‹…› piena") {
		t.Errorf("it says %q", out)
	}
	if out := on("list", "--state", "parked", "--json"); !strings.Contains(out, `"why":"bounced"`) {
		t.Errorf("it says %q", out)
	}
	on("resend", id, "--reason", "casella svuotata")
	eventually(t, "it is sent again", sent)
	file := filepath.Join(t.TempDir(), "consegna.eml")
	again := regexp.MustCompile(`(?mi)^message-id: (\S+)\r?$`).FindStringSubmatch(on("message", id))
	if again == nil {
		t.Fatal("it has no Message-ID")
	}
	write(t, file, "X-Ricevuta: avvenuta-consegna\r\nX-Riferimento-Message-ID: "+again[1]+"\r\n\r\n")
	if out := on("notice", file); out != id+": arrived\n" {
		t.Errorf("it says %q", out)
	}
	if out := on("show", id); !strings.Contains(out, "arrivata") {
		t.Errorf("it says %q", out)
	}
	write(t, file, "Gentile {nome},\n\nricordiamo il tavolo.\n")
	if out := on("template", "set", "reminder", file, "--subject", "Promemoria {tavolo}"); !strings.Contains(out, "version: 1") {
		t.Errorf("it says %q", out)
	}
	if out := on("template", "reminder"); !strings.Contains(out, "Oggetto: Promemoria {tavolo}\n\nGentile {nome},") {
		t.Errorf("it says %q", out)
	}
	if out := on("template"); !regexp.MustCompile(`(?m)^reminder +1 +Promemoria`).MatchString(out) {
		t.Errorf("it says %q", out)
	}
	if r := run(t, "letters", "show", "7f3a0000-0000-4000-8000-000000000000", "--data", data); r.code != 4 {
		t.Errorf("of no letter it ended with %d: %s", r.code, r.errors)
	}
	s.stop()
	if r := run(t, "letters", "resend", id, "--data", data); r.code != 3 || !strings.Contains(r.errors, "letters-off") {
		t.Errorf("without a server it ended with %d: %s", r.code, r.errors)
	}
	if out := on("list"); !row.MatchString(out) {
		t.Errorf("without a server it says %q", out)
	}
}
