package tests_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"testing"
	"time"

	"tavoli/adapters/oidc"
	"tavoli/adapters/pages"
	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/tests/oidctest"
)

// officeRules say which claims of the provider give which role.
var officeRules = []oidc.Rule{
	{Claim: "groups", Value: "tavoli-segreteria", Role: domain.RoleStaff, Label: "Segreteria"},
	{Claim: "realm_access.roles", Value: "controllo", Role: domain.RoleAuditor},
	{Claim: "capo", Value: "true", Role: domain.RoleAdmin},
}

// vouching returns a provider of the test, and ours that asks it.
func vouching(t *testing.T) (*oidctest.Provider, *oidc.Provider) {
	t.Helper()
	clock := func() time.Time { return firstOfMay }
	there := oidctest.New(t, clock)
	here, err := oidc.New(oidc.Options{Issuer: there.URL, ClientID: there.ClientID, Secret: there.Secret, Rules: officeRules, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	return there, here
}

// comeBack sends somebody to the provider and returns the code with which they come back.
func comeBack(t *testing.T, p *oidc.Provider, verifier string) string {
	t.Helper()
	address, err := p.Begin(t.Context(), "https://tavoli.example/ritorno", "stato", "una-volta", verifier)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil || back.Query().Get("state") != "stato" {
		t.Fatalf("got to %v (%v)", back, err)
	}
	return back.Query().Get("code")
}

// TestTheProvidersWord takes the word of a provider as far as it can be trusted.
func TestTheProvidersWord(t *testing.T) {
	there, here := vouching(t)
	verifier := rand.Text() + rand.Text()
	who := map[string]any{"sub": "42", "name": "Ada Rossi", "groups": []string{"altro", "tavoli-segreteria"}, "capo": true, "realm_access": map[string]any{"roles": []string{"controllo"}}}
	there.Is(who, oidctest.Lie{})
	in, err := here.Identify(t.Context(), comeBack(t, here, verifier), "https://tavoli.example/ritorno", "una-volta", verifier)
	if err != nil || len(in.Roles) != 3 || in.Label != "Segreteria, auditor, admin" || in.Account != oidc.AccountOf(there.URL, "42") || !domain.ValidID(string(in.Account)) {
		t.Fatalf("got %+v, %v", in, err)
	}
	if oidc.AccountOf(there.URL, "42") == oidc.AccountOf(there.URL, "43") || oidc.AccountOf("a", "b") == oidc.AccountOf("ab", "") {
		t.Error("two people are one account")
	}
	later, yet := firstOfMay.Add(-time.Hour).Unix(), firstOfMay.Add(time.Hour).Unix()
	for name, c := range map[string]struct {
		lie                       oidctest.Lie
		code, nonce, check, where string
	}{
		"another nonce": {nonce: "altra"}, "no nonce": {lie: oidctest.Lie{Claims: map[string]any{"nonce": nil}}}, "an empty nonce": {lie: oidctest.Lie{Claims: map[string]any{"nonce": ""}}, nonce: "-"},
		"another issuer":   {lie: oidctest.Lie{Claims: map[string]any{"iss": "https://altrove.example"}}},
		"another audience": {lie: oidctest.Lie{Claims: map[string]any{"aud": "altro"}}},
		"another party":    {lie: oidctest.Lie{Claims: map[string]any{"aud": []string{"tavoli", "altro"}, "azp": "altro"}}},
		"expired":          {lie: oidctest.Lie{Claims: map[string]any{"exp": later}}}, "not yet": {lie: oidctest.Lie{Claims: map[string]any{"nbf": yet}}},
		"alg none": {lie: oidctest.Lie{Alg: "none"}}, "alg HS256": {lie: oidctest.Lie{Alg: "HS256"}}, "a stranger's key": {lie: oidctest.Lie{Stranger: true}},
		"another access token": {lie: oidctest.Lie{Claims: map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}}, "no id token": {lie: oidctest.Lie{NoToken: true}}, "no subject": {lie: oidctest.Lie{Claims: map[string]any{"sub": ""}}},
		"another code": {code: "boh"}, "another verifier": {check: rand.Text() + rand.Text()}, "another address": {where: "https://altrove.example/"},
	} {
		t.Run(name, func(t *testing.T) {
			there.Is(who, c.lie)
			or := func(text, otherwise string) string {
				switch text {
				case "":
					return otherwise
				case "-":
					return ""
				}
				return text
			}
			code := comeBack(t, here, verifier)
			in, err := here.Identify(t.Context(), or(c.code, code), or(c.where, "https://tavoli.example/ritorno"), or(c.nonce, "una-volta"), or(c.check, verifier))
			if !errors.Is(err, domain.ErrProvider) || in.Account != "" {
				t.Errorf("got %+v, %v", in, err)
			}
		})
	}
	there.Is(who, oidctest.Lie{})
	code := comeBack(t, here, verifier)
	for i, want := range []error{nil, domain.ErrProvider} {
		if _, err := here.Identify(t.Context(), code, "https://tavoli.example/ritorno", "una-volta", verifier); !errors.Is(err, want) {
			t.Errorf("code used %d times: got %v, want %v", i+1, err, want)
		}
	}
}

// TestAProviderThatIsAway keeps nobody from being told so.
func TestAProviderThatIsAway(t *testing.T) {
	p, err := oidc.New(oidc.Options{Issuer: "http://127.0.0.1:1", ClientID: "x", Rules: officeRules})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Begin(t.Context(), "https://tavoli.example/", "s", "n", "v"); !errors.Is(err, domain.ErrProviderMissing) {
		t.Errorf("got %v", err)
	}
}

// TestSignInByTheProvider plays it on the pages, from the button to the session.
func TestSignInByTheProvider(t *testing.T) {
	there, here := vouching(t)
	s := newSiteWith(t, firstOfMay, vouchedBy(here))
	there.Is(map[string]any{"sub": "42", "name": "Ada Rossi", "groups": []string{"tavoli-segreteria"}}, oidctest.Lie{})
	lacks(t, s.get("/accesso?verso=/utenza", 200), "Accedi con il Comune", `href="/accesso/fornitore?verso=%2futenza"`)
	s.get("/accesso/fornitore?verso=/utenza", 200)
	page := s.get("/utenza", 200)
	lacks(t, page, "oidc-", "segreteria", "Segreteria")
	has(t, page, "Rossi")
	s.send("/uscita", nil)
	has(t, s.get("/", 200), "Esci")

	there.Is(map[string]any{"sub": "42", "groups": []string{"niente"}}, oidctest.Lie{})
	lacks(t, s.get("/accesso/fornitore", 403), "nulla di ciò che dice", `name="password"`)
	there.Is(map[string]any{"sub": "42", "groups": []string{"tavoli-segreteria"}}, oidctest.Lie{Alg: "none"})
	lacks(t, s.get("/accesso/fornitore", 403), "ricominciare")
	lacks(t, s.get("/accesso/fornitore/ritorno?code=x&state=y", 403), "ricominciare") // nothing was begun here
	lacks(t, s.get("/accesso/fornitore/ritorno?error=access_denied&state=y", 403), "ricominciare")
	has(t, s.get("/", 200), "Esci")

	there.Is(map[string]any{"sub": "42", "groups": []string{"tavoli-segreteria"}}, oidctest.Lie{})
	lacks(t, s.get("/accesso/fornitore?verso=//altrove.example/", 200), "Nessun tavolo", "Esci") // the calendar
	plain := newSite(t, firstOfMay)
	has(t, plain.get("/accesso", 200), "fornitore")
	plain.get("/accesso/fornitore", 501)
}

// TestAnotherState is what somebody meets who was sent a link that another began.
func TestAnotherState(t *testing.T) {
	there, here := vouching(t)
	s := newSiteWith(t, firstOfMay, vouchedBy(here))
	there.Is(map[string]any{"sub": "42", "groups": []string{"tavoli-segreteria"}}, oidctest.Lie{})
	stop := http.ErrUseLastResponse
	s.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error { return stop }
	step := func(address string) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, _ := s.do(req)
		return resp
	}
	begin := func() string {
		return step(step(s.server.URL + "/accesso/fornitore").Header.Get("Location")).Header.Get("Location")
	}
	first, second := begin(), begin() // the second is what the browser knows of
	if resp := step(first); resp.StatusCode != http.StatusForbidden {
		t.Errorf("with the state of another: %d", resp.StatusCode)
	}
	if resp := step(second); resp.StatusCode != http.StatusForbidden {
		t.Errorf("what was begun can be used after it failed: %d", resp.StatusCode)
	}
	third := begin()
	if resp := step(third); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/" {
		t.Errorf("got %d", resp.StatusCode)
	}
	if resp := step(third); resp.StatusCode != http.StatusForbidden {
		t.Errorf("it can be used twice: %d", resp.StatusCode)
	}
}

// vouchedBy lets people sign in by a provider.
func vouchedBy(p *oidc.Provider) func(*web.Server, *pages.Site) {
	return func(api *web.Server, shown *pages.Site) { api.Provider, shown.Provider = p, "il Comune" }
}
