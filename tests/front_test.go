package tests_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/front"
	"tavoli/adapters/pages"
	"tavoli/tests/certtest"
	"tavoli/tests/oidctest"
)

// everyAddress lists what can be asked of the register and its pages, as "GET /path".
func everyAddress(t *testing.T) (list []string) {
	t.Helper()
	raw, err := os.ReadFile("../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method := range methods {
			if method = strings.ToUpper(method); method == "GET" || method == "POST" {
				list = append(list, method+" "+path)
			}
		}
	}
	variable := regexp.MustCompile(`\{[^}]*\}`)
	list = append(list, new(pages.Site).Patterns()...)
	for i := range list {
		list[i] = variable.ReplaceAllString(strings.ReplaceAll(list[i], "{$}", ""), "x")
	}
	if len(list) < 100 {
		t.Fatalf("only %d addresses", len(list))
	}
	return append(list, "GET /altrove", "GET /api/v1/altrove", "DELETE /api/v1/tavoli", "OPTIONS /api/v1/tavoli")
}

// TestEveryAnswerTellsBrowsers asks everything of everybody and looks at what every
// answer has to say, whatever else it says.
func TestEveryAnswerTellsBrowsers(t *testing.T) {
	s := newSite(t, firstOfMay)
	proxies, err := front.ReadProxies("192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	handler := (&front.Front{Trusted: proxies}).Handler(s.server.Config.Handler)
	for _, address := range everyAddress(t) {
		method, path, _ := strings.Cut(address, " ")
		for _, token := range []string{"", siteToken} {
			r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(`{}`))
			r.RemoteAddr = "192.0.2.1:9"
			r.Header.Set("X-Forwarded-Proto", "https")
			r.Header.Set("Content-Type", "application/json")
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			h := w.Header()
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000", "X-Frame-Options": "DENY",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
			} {
				if got := h.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s (%d): %s is %q", address, w.Code, name, got)
				}
			}
			policy := h.Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "default-src 'none'") && !strings.HasPrefix(policy, "default-src 'self'") && policy != "sandbox" || strings.Contains(policy, "script-src") {
				t.Errorf("%s (%d): the policy is %q", address, w.Code, policy)
			}
			if referrer := h.Get("Referrer-Policy"); referrer != "same-origin" && referrer != "no-referrer" {
				t.Errorf("%s (%d): the referrer is %q", address, w.Code, referrer)
			}
			if w.Code >= 500 && w.Code != http.StatusNotImplemented {
				t.Errorf("%s: %d %.200s", address, w.Code, w.Body)
			}
			for _, c := range w.Result().Cookies() {
				if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
					t.Errorf("%s: the cookie %s", address, c)
				}
			}
		}
	}
}

// overTLS asks without a kept connection, so that each time a certificate is shown.
func overTLS(t *testing.T, method, address string) *http.Response {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp
}

// TestServeByTLS starts the program with a certificate, changes it, and speaks to it
// from the command line, too.
func TestServeByTLS(t *testing.T) {
	t.Parallel()
	data, dir := t.TempDir(), t.TempDir()
	cert, key := certtest.Files(t, dir, 1)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	inTheClear := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	s := launch(t, data, "--tls-cert", cert, "--tls-key", key, "--http-redirect", inTheClear)
	address := s.line()
	if !strings.HasPrefix(address, "https://127.0.0.1:") {
		t.Fatalf("the first line is %q\n%s", address, s.log)
	}
	first := overTLS(t, http.MethodGet, address+"/")
	if first.StatusCode != 200 || first.ProtoMajor != 2 || first.Header.Get("Strict-Transport-Security") == "" || first.TLS.PeerCertificates[0].SerialNumber.Int64() != 1 {
		t.Errorf("got %d by %s, %v", first.StatusCode, first.Proto, first.Header)
	}
	if sent := overTLS(t, http.MethodGet, "http://"+inTheClear+"/tavoli/x?y=z"); sent.StatusCode != http.StatusPermanentRedirect || sent.Header.Get("Location") != address+"/tavoli/x?y=z" || sent.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("got %d to %s", sent.StatusCode, sent.Header.Get("Location"))
	}
	if sent := overTLS(t, http.MethodPost, "http://"+inTheClear+"/api/v1/sessions"); sent.StatusCode != http.StatusForbidden {
		t.Errorf("in the clear: %d", sent.StatusCode)
	}
	if r := run(t, "account", "list", "--data", data); r.code != 0 || !strings.Contains(r.out, "admin") {
		t.Errorf("the command line: %d %s", r.code, r.out)
	}
	certtest.Files(t, dir, 2)
	for until := time.Now().Add(patience); overTLS(t, http.MethodGet, address+"/healthz").TLS.PeerCertificates[0].SerialNumber.Int64() != 2; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("the new certificate is not shown\n%s", s.log)
		}
	}
	s.stop()
}

// TestWhatIsWrongWithTheDoor starts the program with flags that make no sense.
func TestWhatIsWrongWithTheDoor(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none")
	rules := filepath.Join(t.TempDir(), "rules.json")
	if err := os.WriteFile(rules, []byte(`[{"claim":"g","value":"v","role":"god"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags []string
		code  int
		says  string
	}{
		{[]string{"--tls-cert", none}, 2, "--tls-key"}, {[]string{"--tls-cert", none, "--tls-key", none}, 3, "none"}, {[]string{"--http-redirect", "127.0.0.1:0"}, 2, "--tls-cert"},
		{[]string{"--trusted-proxies", "proxy.example"}, 2, "proxy.example"}, {[]string{"--oidc-issuer", "https://login.example"}, 2, "--oidc-client-id"},
		{[]string{"--oidc-issuer", "https://login.example", "--oidc-client-id", "x", "--oidc-roles", rules}, 3, `no role "god"`},
	} {
		s := launch(t, t.TempDir(), c.flags...)
		if code := s.wait(); code != c.code || !strings.Contains(s.log.String(), c.says) {
			t.Errorf("%v: ended with %d and says %q, want %d and %q", c.flags, code, s.log, c.code, c.says)
		}
	}
}

// TestServeByAProvider signs in at a provider of its own process, through the program.
func TestServeByAProvider(t *testing.T) {
	t.Parallel()
	there := oidctest.New(t, time.Now)
	there.Is(map[string]any{"sub": "42", "name": "Ada Rossi", "groups": []string{"controllo"}}, oidctest.Lie{})
	dir := t.TempDir()
	secret, rules := filepath.Join(dir, "secret"), filepath.Join(dir, "rules.json")
	for name, text := range map[string]string{secret: there.Secret + "\n", rules: `[{"claim":"groups","value":"controllo","role":"auditor","label":"Controllo di primo livello"}]`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := serve(t, t.TempDir(), "--oidc-issuer", there.URL, "--oidc-client-id", there.ClientID, "--oidc-client-secret-file", secret, "--oidc-roles", rules, "--oidc-name", "il Comune")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t, &httptest.Server{URL: program.url}, &http.Client{Jar: jar}}
	lacks(t, s.get("/accesso", 200), "Accedi con il Comune")
	lacks(t, s.get("/accesso/fornitore?verso="+url.QueryEscape("/controllo"), 200), "Controllo di primo livello", "Come il registro lo sa ora")
	has(t, program.log.String(), "Rossi", there.Secret, "code=")
	if resp, _ := s.send("/uscita", nil); resp.StatusCode != 200 {
		t.Errorf("got %d", resp.StatusCode)
	}
	there.Is(map[string]any{"sub": "42", "groups": []string{"controllo"}}, oidctest.Lie{Stranger: true})
	s.get("/accesso/fornitore", 403)
	program.stop()
}
