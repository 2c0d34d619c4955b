// Package oidctest is a small OpenID Connect provider for tests, as strict as a real one
// in what it takes, and able to be wrong in what it says.
package oidctest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Provider lets everybody in as the one who is described by Claims.
type Provider struct {
	URL      string // the issuer
	ClientID string
	Secret   string
	Now      func() time.Time

	mu     sync.Mutex
	claims map[string]any
	lie    Lie
	codes  map[string]grant
	key    *rsa.PrivateKey
	other  *rsa.PrivateKey
}

// A Lie is how a provider is wrong.
type Lie struct {
	Claims   map[string]any // said instead of the truth; nil values are left out
	Alg      string         // "none", or "HS256" with the public key as the secret
	Stranger bool           // signed by a key that is not the provider's
	NoToken  bool           // there is no id token
}

// grant is what a code stands for.
type grant struct{ redirect, challenge, nonce string }

// New starts a provider, which ends with the test.
func New(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	p := &Provider{ClientID: "tavoli", Secret: "segreto-del-client", Now: now, codes: make(map[string]grant), claims: map[string]any{"sub": "1"}}
	for _, key := range []**rsa.PrivateKey{&p.key, &p.other} {
		made, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		*key = made
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.configuration)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Is says who comes in from now on, and how the provider lies about it.
func (p *Provider) Is(claims map[string]any, lie Lie) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims, p.lie = claims, lie
}

func (p *Provider) configuration(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "code_challenge_methods_supported": []string{"S256"},
		// A provider may name what nobody should take.
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": text(p.key.N.Bytes()), "e": text(big.NewInt(int64(p.key.E)).Bytes()),
	}}})
}

// authorize sends the visitor back with a code, as if somebody had signed in.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case err != nil || back.Host == "" || q.Get("client_id") != p.ClientID || q.Get("response_type") != "code":
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	case !strings.Contains(" "+q.Get("scope")+" ", " openid ") || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || q.Get("state") == "" || q.Get("nonce") == "":
		http.Error(w, "invalid_scope, or no PKCE, state or nonce", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = grant{q.Get("redirect_uri"), q.Get("code_challenge"), q.Get("nonce")}
	p.mu.Unlock()
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// token gives the tokens for a code, once, to the client that it was made for.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != p.ClientID || subtle.ConstantTimeCompare([]byte(secret), []byte(p.Secret)) != 1 {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || r.PostFormValue("grant_type") != "authorization_code" || g.redirect != r.PostFormValue("redirect_uri") || g.challenge != text(sum[:]) {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	access := rand.Text()
	said := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": p.say(g, access)}
	if p.lie.NoToken {
		delete(said, "id_token")
	}
	answer(w, http.StatusOK, said)
}

// say returns the id token.
func (p *Provider) say(g grant, access string) string {
	now := p.Now()
	half := sha256.Sum256([]byte(access))
	claims := map[string]any{"iss": p.URL, "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": g.nonce, "at_hash": text(half[:16])}
	for _, more := range []map[string]any{p.claims, p.lie.Claims} {
		for name, value := range more {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}
	}
	alg := p.lie.Alg
	if alg == "" {
		alg = "RS256"
	}
	head, _ := json.Marshal(map[string]any{"alg": alg, "kid": "1", "typ": "JWT"}) // maps of texts
	body, _ := json.Marshal(claims)
	signed := text(head) + "." + text(body)
	return signed + "." + text(p.sign(alg, signed))
}

func (p *Provider) sign(alg, signed string) []byte {
	sum := sha256.Sum256([]byte(signed))
	key := p.key
	switch {
	case alg == "none":
		return nil
	case alg == "HS256":
		mac := hmac.New(sha256.New, p.key.N.Bytes())
		mac.Write([]byte(signed))
		return mac.Sum(nil)
	case p.lie.Stranger:
		key = p.other
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return signature
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that has gone cannot be told
}
