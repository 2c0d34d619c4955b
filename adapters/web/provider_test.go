package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/web"
	"tavoli/domain"
)

// A voucher vouches for whoever brings a code that is the name of a role.
type voucher struct{}

// Begin implements [web.Provider].
func (voucher) Begin(_ context.Context, redirect, state, nonce, verifier string) (string, error) {
	if strings.Contains(redirect, "lontano") {
		return "", domain.ErrProviderMissing
	}
	return "https://login.example/?" + url.Values{"state": {state}, "nonce": {nonce}, "challenge": {verifier}}.Encode(), nil
}

// Identify implements [web.Provider].
func (voucher) Identify(_ context.Context, code, redirect, nonce, verifier string) (in domain.EnterByProvider, err error) {
	in = domain.EnterByProvider{Account: "oidc-1", Label: "Segreteria"}
	switch code {
	case "away":
		return in, domain.ErrProviderMissing
	case "nothing":
		return in, nil
	case "staff", "auditor":
		if len(nonce) < 40 || len(verifier) < 43 || !strings.HasPrefix(redirect, "https://tavoli.example/") {
			return in, domain.ErrProvider
		}
		in.Roles = []domain.Role{domain.Role(code)}
		return in, nil
	}
	return in, domain.ErrProvider
}

func vouched(s *web.Server) { s.Provider = voucher{} }

// begin begins a sign-in and returns the state that the provider is given, and what
// the browser keeps.
func (r *register) begin() (state, pending string) {
	r.t.Helper()
	a := r.ask("POST", "/sessions/provider", `{"redirect":"https://tavoli.example/ritorno"}`, nobody).is(200, "")
	address, err := url.Parse(a.field("address"))
	if err != nil {
		r.t.Fatal(err)
	}
	return address.Query().Get("state"), a.field("pending")
}

func (r *register) complete(code, state, pending string) reply {
	r.t.Helper()
	return r.ask("POST", "/sessions/provider/completion", `{"code":"`+code+`","state":"`+state+`","pending":"`+pending+`"}`, nobody)
}

func TestAProviderVouches(t *testing.T) {
	r := newRegister(t, vouched)
	state, pending := r.begin()
	if strings.Contains(pending, state) || len(state) < 43 {
		t.Errorf("the state is %q in %q", state, pending)
	}
	session := r.complete("staff", state, pending).is(201, "")
	mine := as(session.field("secret"))
	if me := r.get("/me", mine).is(200, ""); me.field("account") != "oidc-1" || !strings.Contains(string(me.Body), `"role":"staff","until"`) {
		t.Errorf("got %s", me.Body)
	}
	r.ask("POST", "/programmi", `{"programma":"p","title":"P"}`, mine).is(201, "")
	listed := r.get("/accounts").is(200, "")
	if !strings.Contains(string(listed.Body), session.field("session")) || !strings.Contains(string(listed.Body), `"method":"oidc"`) {
		t.Errorf("the session is not listed: %s", listed.Body)
	}
	another, later := r.begin()
	r.complete("auditor", another, later).is(201, "")
	r.ask("POST", "/programmi", `{"programma":"q","title":"Q"}`, mine).is(403, "role-required")
	r.clock.move(domain.SessionTime + time.Minute)
	r.get("/me", mine).is(401, "")
}

func TestAProviderDoesNotVouch(t *testing.T) {
	r := newRegister(t, vouched)
	state, pending := r.begin()
	other, _ := r.begin()
	r.complete("staff", other, pending).is(403, "provider-refused")
	r.complete("staff", "", pending).is(403, "provider-refused")
	r.complete("", state, pending).is(403, "provider-refused")
	r.complete("staff", state, "").is(403, "provider-refused")
	r.complete("staff", state, pending[:len(pending)-4]+"AAAA").is(403, "provider-refused")
	r.complete("boh", state, pending).is(403, "provider-refused")
	r.complete("nothing", state, pending).is(403, "provider-no-role")
	r.complete("away", state, pending).is(503, "provider-unavailable")
	r.clock.move(11 * time.Minute)
	r.complete("staff", state, pending).is(403, "provider-refused")
	r.ask("POST", "/sessions/provider", `{"redirect":"https://lontano.example/"}`, nobody).is(503, "provider-unavailable")
	for _, redirect := range []string{"", "/ritorno", "javascript:alert(1)", "https://a@b/", "https://b/#x"} {
		r.ask("POST", "/sessions/provider", `{"redirect":"`+redirect+`"}`, nobody).is(422, "")
	}
	bare := newRegister(t)
	bare.ask("POST", "/sessions/provider", `{"redirect":"https://tavoli.example/"}`, nobody).is(501, "not-offered")
	bare.complete("staff", "x", "y").is(501, "not-offered")
}
