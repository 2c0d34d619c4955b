package tests_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// This file tests the program as a process: how it starts and ends, what it
// prints, and what it leaves in the data folder. story_test.go tells stories.

var firstSignIn = regexp.MustCompile(`^Primo accesso / first sign-in: account admin, token (tvl_[A-Za-z0-9_-]{43})$`)

func TestTheFirstStartTellsATokenOnce(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serveWith(t, data, nil)
	m := firstSignIn.FindStringSubmatch(s.line())
	if m == nil {
		t.Fatalf("the second line tells no token\n%s", s.log)
	}
	if got := signedIn(t, s.url, m[1]); got != http.StatusOK {
		t.Errorf("the token opens nothing: %d", got)
	}
	if strings.Contains(s.log.String(), m[1]) {
		t.Error("the token stands in the log")
	}
	s.stop()
	again := serveWith(t, data, nil)
	if got := signedIn(t, again.url, m[1]); got != http.StatusOK {
		t.Errorf("after a restart the token opens nothing: %d", got)
	}
	again.stop()
	for line := range again.lines {
		t.Errorf("the second start prints %q", line)
	}
}

func TestTheFirstTokenCanBeSet(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	if got := signedIn(t, s.url, adminToken); got != http.StatusOK {
		t.Errorf("the token that was set opens nothing: %d", got)
	}
	if got := signedIn(t, s.url, "tvl_another"); got != http.StatusUnauthorized {
		t.Errorf("another token: %d, want 401", got)
	}
	s.stop()
	for line := range s.lines {
		t.Errorf("it prints %q", line)
	}
}

// serveWith is serve with an environment of its own.
func serveWith(t *testing.T, data string, env []string, more ...string) *server {
	t.Helper()
	s := launchWith(t, data, environment(env...), more...)
	s.url = s.line()
	return s
}

// signedIn returns the status of asking who one is.
func signedIn(t *testing.T, url, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestTheDataFolderIsItsOwners(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "data")
	s := serve(t, data)
	for _, name := range []string{"console", "keys", "events.db"} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", name, info.Mode().Perm())
		}
	}
	s.stop()
	if _, err := os.Stat(filepath.Join(data, "console")); err == nil {
		t.Error("the console is still there after the stop")
	}
}

func TestASecondServerIsToldWhoHasTheFolder(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	second := launch(t, data)
	if code := second.wait(); code != 8 {
		t.Errorf("it ended with %d, want 8", code)
	}
	if !strings.Contains(second.log.String(), "aperto altrove") {
		t.Errorf("it says %q", second.log)
	}
	s.must(http.MethodGet, "/me", "", "")
}

func TestAKeyringOfAnotherInstallation(t *testing.T) {
	t.Parallel()
	mine, other := t.TempDir(), t.TempDir()
	for _, data := range []string{mine, other} {
		s := serve(t, data)
		s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","day":"2022-05-25","mode":"online"}`)
		s.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
		s.must(http.MethodPost, "/tavoli/prova/registrations", "anna", `{"given_name":"Anna","family_name":"Prova"}`)
		s.stop()
	}
	replace(t, filepath.Join(mine, "keys"), filepath.Join(other, "keys"))
	s := launch(t, mine)
	if code := s.wait(); code != 3 || !strings.Contains(s.log.String(), "di un'altra installazione") {
		t.Errorf("it ended with %d and says %q", code, s.log)
	}
	if r := run(t, "check", "--data", mine); r.code != 5 || !strings.Contains(r.out, "cannot be opened with the keyring") {
		t.Errorf("check ended with %d and says %q", r.code, r.out)
	}
	if err := os.Remove(filepath.Join(mine, "keys")); err != nil {
		t.Fatal(err)
	}
	s = launch(t, mine)
	if code := s.wait(); code != 3 || !strings.Contains(s.log.String(), "ma non il portachiavi") {
		t.Errorf("without keys it ended with %d and says %q", code, s.log)
	}
}

// replace puts a copy of one file into the place of another.
func replace(t *testing.T, name, by string) {
	t.Helper()
	content, err := os.ReadFile(by)
	if err == nil {
		err = os.WriteFile(name, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheDemonstration kills the first start half-way: the second goes on from there.
func TestTheDemonstration(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := launch(t, data, "--demo", "--progress")
	eventually(t, "some of it is loaded", func() bool { return strings.Contains(s.log.String(), "demo ") })
	s.kill()
	s = serve(t, data, "--demo")
	s.saysDemonstration()
	if strings.Contains(s.log.String(), "msg=request") {
		t.Errorf("the log has lines of what the demonstration asked for:\n%s", s.log)
	}
	first := runs(t, "audit", "events", "--limit", "1", "--data", data)
	if !strings.Contains(first, `"type":"AccountOpened"`) || !strings.Contains(first, "Dimostrazione: persone inventate, orologio simulato") {
		t.Errorf("the first fact is %s", first)
	}
	if status := s.must(http.MethodGet, "/status", "", ""); !strings.Contains(status, `"demonstration":true`) {
		t.Errorf("/status does not say that it is a demonstration: %s", status)
	}
	for path, want := range map[string]int{
		"/tavoli": 7, "/enti?kind=comune&limit=1000": 392, "/enti?kind=libero-consorzio": 6, "/enti?kind=citta-metropolitana": 3, "/enti?member=true": 26,
	} {
		if got := len(items(t, s.must(http.MethodGet, path, "", ""))); got != want {
			t.Errorf("%s has %d items, want %d", path, got, want)
		}
	}
	before := runs(t, "replay", "--data", data)
	if !regexp.MustCompile(`(?m)^posizione \d+, \d+ fatti e valori letti$`).MatchString(before) {
		t.Errorf("replay says %s", before)
	}
	if out := runs(t, "import", "demo", "--data", data, "--json"); !strings.Contains(out, `"recorded":0`) {
		t.Errorf("importing it again: %s", out)
	}
	if out := runs(t, "import", "coopera", "--data", data, "--json"); !strings.Contains(out, `"recorded":0`) {
		t.Errorf("importing the programme again: %s", out)
	}
	if after := runs(t, "replay", "--data", data); after != before {
		t.Errorf("importing it again changed\n%sinto\n%s", before, after)
	}
	s.stop()
	serve(t, data).saysDemonstration() // for ever after, and without being asked to be one
	if again := runs(t, "replay", "--data", data); again != before {
		t.Errorf("starting again changed\n%sinto\n%s", before, again)
	}
	wrong := runs(t, "roster", "coopera-6", "--known-at", "2022-04-21T12:00", "--data", data)
	right := runs(t, "roster", "coopera-6", "--known-at", "2022-04-22T12:00", "--data", data)
	if !strings.Contains(wrong, "lunedì 2022-04-25 15:00-17:00") || !strings.Contains(right, "mercoledì 2022-05-25 15:00-17:00") {
		t.Errorf("the 6° tavolo was announced as\n%sand then\n%s", wrong, right)
	}
}

// saysDemonstration expects the next line to say that the people are invented.
func (s *server) saysDemonstration() {
	s.t.Helper()
	if line := s.line(); !strings.HasPrefix(line, "Dimostrazione: persone inventate, orologio simulato · Demonstration: ") {
		s.t.Errorf("it does not say that it is a demonstration: %q", line)
	}
}

// items returns the items of a list.
func items(t *testing.T, answer string) []json.RawMessage {
	t.Helper()
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal([]byte(answer), &list); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	return list.Items
}

func TestTheDemonstrationLeavesARegisterAlone(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","day":"2022-05-25","mode":"online"}`)
	s.stop()
	s = serve(t, data, "--demo")
	if got := len(items(t, s.must(http.MethodGet, "/tavoli", "", ""))); got != 1 {
		t.Errorf("there are %d tavoli, want the one there was", got)
	}
}

func TestStopEndsAFollower(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	ended := make(chan ran, 1)
	go func() { ended <- run(t, "audit", "events", "--follow", "--data", data) }()
	eventually(t, "the follower is there", func() bool {
		return strings.Contains(s.must(http.MethodGet, "/status", "", ""), `"feeds":1`)
	})
	s.stop()
	select {
	case r := <-ended:
		if !strings.Contains(r.out, `"end":"stopping"`) {
			t.Errorf("the feed ends without saying so: %d %q %q", r.code, r.out, r.errors)
		}
	case <-time.After(patience):
		t.Error("the follower goes on")
	}
}

// eventually waits until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	data, none := t.TempDir(), t.TempDir()
	s := serve(t, data)
	bad := filepath.Join(none, "bad.jsonl")
	write(t, bad, "# a comment\n{\"key\":\"a\",\"request\":\"POST /programmi\",\"body\":{}}\n\n{\"key\":\"a\",\"request\":\"POST\"}\nnonsense\n")
	refused := filepath.Join(none, "refused.jsonl")
	write(t, refused, "\n{\"key\":\"a\",\"request\":\"POST /tavoli/none/opening\"}\n")
	for _, c := range []struct {
		name string
		code int
		says string
		args []string
	}{
		{"all is well", 0, "tavoli 0.", []string{"version"}},
		{"help", 0, "tavoli serve", []string{"help"}},
		{"help of a command", 0, "TAVOLI_KNOWN_AT", []string{"roster", "--help"}},
		{"no command", 2, "il comando \"sreve\" non esiste", []string{"sreve"}},
		{"half a command", 2, "deve seguire uno di · one of these must follow: trail, events", []string{"audit"}},
		{"no flag", 2, "opzione non valida · bad flag: ", []string{"roster", "x", "--nope"}},
		{"an argument is missing", 2, "TAVOLO", []string{"roster"}},
		{"an argument too many", 2, "senza argomenti · no arguments", []string{"version", "x"}},
		{"bad lines", 3, "bad.jsonl:4: key: \"a\" è già a " + bad + ":2", []string{"import", "programme", bad, "--data", data}},
		{"bad lines, all of them", 3, "bad.jsonl:5: non è un oggetto JSON", []string{"import", "programme", bad, "--data", data, "--dry-run"}},
		{"a line refused", 4, "refused.jsonl:2: POST /tavoli/none/opening", []string{"import", "programme", refused, "--data", data}},
		{"wrong input", 3, "/roles", []string{"account", "open", "x", "--label", "x", "--roles", "king", "--data", data}},
		{"no such tavolo", 4, "tavolo-not-found", []string{"roster", "none", "--data", data}},
		{"no such register", 4, "nessun registro in " + none, []string{"roster", "none", "--data", none}},
		{"no such file", 4, "no such file", []string{"import", "programme", "/nonexistent/file", "--data", data}},
		{"no token", 6, "", []string{"account", "list", "--url", s.url}},
		{"nobody there", 1, "refused", []string{"account", "list", "--url", "http://127.0.0.1:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, c.args...)
			if r.code != c.code {
				t.Errorf("it ended with %d, want %d\n%s%s", r.code, c.code, r.out, r.errors)
			}
			if !strings.Contains(r.out+r.errors, c.says) {
				t.Errorf("it says %q, want %q", r.out+r.errors, c.says)
			}
		})
	}
	s.stop()
	if r := run(t, "check", "--data", data); r.code != 0 {
		t.Errorf("check: %d %s", r.code, r.out)
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamageIsNamedAndNotServed(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Un soggetto che si riconosce","day":"2022-05-25","mode":"online"}`)
	s.stop()
	flip(t, filepath.Join(data, "events.db"), "soggetto che si")
	r := run(t, "check", "--data", data)
	if r.code != 5 || !regexp.MustCompile(`at position \d+: `).MatchString(r.out) {
		t.Errorf("check ended with %d and says %q %q", r.code, r.out, r.errors)
	}
	write(t, filepath.Join(data, "snapshot"), "not one")
	again := launch(t, data)
	if code := again.wait(); code != 5 {
		t.Errorf("it is served: %d\n%s", code, again.log)
	}
}

// flip changes a bit wherever a file has some text.
func flip(t *testing.T, name, text string) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), text) {
		t.Fatalf("%s has no %q", name, text)
	}
	wrong := string(text[0]^1) + text[1:]
	write(t, name, strings.ReplaceAll(string(content), text, wrong))
}

func TestEveryFlagHasATwin(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	if r := runWith(t, []string{"TAVOLI_DATA=" + data, "TAVOLI_JSON=true"}, "account", "list"); r.code != 0 || !strings.HasPrefix(r.out, "{") {
		t.Errorf("TAVOLI_DATA and TAVOLI_JSON: %d %s%s", r.code, r.out, r.errors)
	}
	if r := runWith(t, []string{"TAVOLI_URL=" + s.url, "TAVOLI_TOKEN=" + adminToken}, "account", "list"); r.code != 0 || !strings.Contains(r.out, "admin") {
		t.Errorf("TAVOLI_URL and TAVOLI_TOKEN: %d %s%s", r.code, r.out, r.errors)
	}
	if r := runWith(t, []string{"TAVOLI_JSON=perhaps"}, "account", "list"); r.code != 2 || !strings.Contains(r.errors, "TAVOLI_JSON") {
		t.Errorf("a wrong TAVOLI_JSON: %d %s", r.code, r.errors)
	}
}

func TestAccountsAndTokens(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	runs(t, "account", "open", "ministero", "--label", "rendicontazione", "--roles", "reporter", "--data", data)
	secret := strings.TrimSpace(runs(t, "token", "issue", "ministero", "--key", "k", "--data", data))
	if again := strings.TrimSpace(runs(t, "token", "issue", "ministero", "--key", "k", "--data", data)); again != secret {
		t.Errorf("repeated with its key it tells %q, not %q", again, secret)
	}
	if got := signedIn(t, s.url, secret); got != http.StatusOK {
		t.Errorf("the token opens nothing: %d", got)
	}
	var list struct {
		Items []struct {
			Account string
			Tokens  []struct{ Token string }
		}
	}
	if err := json.Unmarshal([]byte(runs(t, "account", "list", "--json", "--data", data)), &list); err != nil {
		t.Fatal(err)
	}
	for _, a := range list.Items {
		if a.Account == "ministero" {
			runs(t, "token", "revoke", "ministero", a.Tokens[0].Token, "--reason", "prova", "--data", data)
		}
	}
	if got := signedIn(t, s.url, secret); got != http.StatusUnauthorized {
		t.Errorf("revoked, it answers %d", got)
	}
	runs(t, "account", "grant", "ministero", "auditor", "--data", data)
	runs(t, "account", "revoke", "ministero", "auditor", "--data", data)
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	data, other, shelf := t.TempDir(), filepath.Join(t.TempDir(), "restored"), t.TempDir()
	s := serve(t, data)
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","day":"2022-05-25","mode":"online"}`)
	s.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	stop, stopped := make(chan struct{}), make(chan int)
	go func() { stopped <- s.load(stop) }()
	log, keys := filepath.Join(shelf, "log"), filepath.Join(shelf, "keys")
	eventually(t, "something happens", func() bool { return count(t, s) > 20 })
	runs(t, "backup", log, "--keys", keys, "--data", data)
	if r := run(t, "backup", log, "--data", data); r.code != 3 {
		t.Errorf("a backup over another ended with %d", r.code)
	}
	close(stop)
	<-stopped
	restored := runs(t, "restore", log, "--keys", keys, "--data", other, "--json")
	if !strings.Contains(restored, `"epoch":2`) {
		t.Errorf("restored: %s, want the next epoch", restored)
	}
	if r := run(t, "restore", log, "--data", other); r.code != 3 || !strings.Contains(r.errors, "non viene sovrascritto") {
		t.Errorf("a restore over another register ended with %d: %s", r.code, r.errors)
	}
	runs(t, "check", "--data", other)
	theirs := digests(t, "--data", other)
	if mine := digests(t, "--data", data, "--known-at", theirs.Position); !sameDigests(mine, theirs) {
		t.Errorf("the read models of the two registers differ at %s:\n%v\n%v", theirs.Position, mine.Digests, theirs.Digests)
	}
	runs(t, "roster", "prova", "--data", other)
	damage := filepath.Join(shelf, "damaged")
	replace(t, damage, log)
	flip(t, damage, "ParticipantRegistered")
	if r := run(t, "restore", damage, "--data", t.TempDir()); r.code != 3 {
		t.Errorf("a damaged backup ended with %d: %s", r.code, r.errors)
	}
}

// load registers people until it is told to stop, and returns how many there are.
func (s *server) load(stop chan struct{}) int {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return n
		default:
		}
		body := fmt.Sprintf(`{"given_name":"Anna","family_name":"Prova %d"}`, n)
		if status, _, err := s.ask(s.t.Context(), http.MethodPost, "/tavoli/prova/registrations", fmt.Sprintf("load-%d", n), body); err != nil || status != http.StatusCreated {
			return n
		}
	}
}

// count returns how many are registered.
func count(t *testing.T, s *server) int {
	t.Helper()
	var roster struct {
		Total int `json:"total"`
	}
	if err := json.Unmarshal([]byte(s.must(http.MethodGet, "/tavoli/prova/roster?limit=1", "", "")), &roster); err != nil {
		t.Fatal(err)
	}
	return roster.Total
}

// A replayed is what replay prints.
type replayed struct {
	Position string
	Digests  []struct{ Model, SHA256 string }
}

func digests(t *testing.T, args ...string) replayed {
	t.Helper()
	var r struct {
		Position json.Number
		Digests  []struct{ Model, SHA256 string }
	}
	if err := json.Unmarshal([]byte(runs(t, append([]string{"replay", "--json"}, args...)...)), &r); err != nil {
		t.Fatal(err)
	}
	return replayed{r.Position.String(), r.Digests}
}

func sameDigests(a, b replayed) bool {
	return len(a.Digests) > 0 && fmt.Sprint(a.Digests) == fmt.Sprint(b.Digests)
}

func TestCheckMissesAFiledDocument(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","day":"2022-05-25","mode":"online"}`)
	s.must(http.MethodPost, "/tavoli/prova/evidence?kind=statement&title=Dichiarazione", "file", `{"dichiarazione":"prova"}`)
	if r := run(t, "check", "--data", data); r.code != 0 {
		t.Errorf("check ended with %d: %s%s", r.code, r.out, r.errors)
	}
	files, err := filepath.Glob(filepath.Join(data, "evidence", "??", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the file is not there: %v %v", files, err)
	}
	write(t, files[0], "something else")
	for _, served := range []bool{true, false} {
		if !served {
			s.stop()
		}
		if r := run(t, "check", "--data", data, "--json"); r.code != 5 || !strings.Contains(r.out, filepath.Base(files[0])) {
			t.Errorf("served %v: check ended with %d: %s%s", served, r.code, r.out, r.errors)
		}
	}
}
