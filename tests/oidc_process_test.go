package tests_test

import (
	"bufio"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSignInAtAProviderOfOthers signs in through the program at an OpenID Connect
// provider that others wrote, in a process of its own: by its login page, with discovery,
// PKCE and the signature of its key.
func TestSignInAtAProviderOfOthers(t *testing.T) {
	t.Parallel()
	issuer := providerOfOthers(t)
	rules := filepath.Join(t.TempDir(), "rules.json")
	if err := os.WriteFile(rules, []byte(`[{"claim":"sub","value":"id2","role":"auditor","label":"Controllo di primo livello"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	program := serve(t, t.TempDir(), "--oidc-issuer", issuer, "--oidc-client-id", "tavoli", "--oidc-roles", rules, "--oidc-name", "il Comune")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t, &httptest.Server{URL: program.url}, &http.Client{Jar: jar}}
	begin := "/accesso/fornitore?verso=" + url.QueryEscape("/controllo")
	enter := func(password string) string {
		t.Helper()
		form := loginForm.FindStringSubmatch(s.get(begin, 200))
		if form == nil {
			t.Fatal("the provider shows no form")
		}
		filled := url.Values{"id": {form[1]}, "username": {"test-user2"}, "password": {password}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, issuer+"/login/username", strings.NewReader(filled.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, page := s.do(req)
		return page
	}
	if page := enter("wrong"); strings.Contains(page, "Controllo") || !strings.Contains(page, "password") {
		t.Errorf("a wrong password leads to %s", page)
	}
	lacks(t, enter("verysecure"), "Controllo di primo livello", "Come il registro lo sa ora")
	has(t, s.get("/segreteria", 200), "Programma un tavolo") // an auditor looks and does nothing
	has(t, program.log.String(), "code=", "test-user2")
	program.stop()
}

var loginForm = regexp.MustCompile(`name="id" value="([^"]+)"`)

// providerOfOthers starts the provider, which ends with the test, and returns its
// address.
func providerOfOthers(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "oidcserver")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "tavoli/tests/oidcserver").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), path, "tavoli", "http://127.0.0.1/accesso/fornitore/ritorno") // killed when the test ends
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it was killed
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the provider says nothing")
	}
	return lines.Text()
}
