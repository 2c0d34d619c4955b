package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/web"
)

// A book is credentials that cost nothing: a hash is the password backwards, a code
// the last digits of the minute.
type book struct{}

func backwards(text string) string {
	var b strings.Builder
	for i := len(text) - 1; i >= 0; i-- {
		b.WriteByte(text[i])
	}
	return b.String()
}

func (book) Hash(password string) (string, error) { return backwards(password), nil }
func (book) Verify(hash, password string) (bool, error) {
	return hash != "" && hash == backwards(password), nil
}
func (book) NewCode(account string) (string, string, error) {
	return strings.Repeat("S", 32), "otpauth://totp/" + account, nil
}
func (book) CheckCode(_, code string, at time.Time) (int64, bool) {
	return at.Unix() / 60, code == codeAt(at)
}

func codeAt(at time.Time) string { return fmt.Sprintf("%06d", at.Unix()/60%1_000_000) }

const (
	goodPassword = "cavallo batteria graffetta"
	nextPassword = "un'altra lunga parola d'ordine"
)

// invited makes an account whose password was chosen by invitation.
func (r *register) invited(account string) {
	r.t.Helper()
	r.post("/accounts", `{"account":"`+account+`","label":"`+account+`","roles":["staff"]}`)
	secret := r.post("/accounts/"+account+"/invitation", "").field("secret")
	r.ask("POST", "/invitations/acceptance", `{"account":"`+account+`","secret":"`+secret+`","password":"`+goodPassword+`"}`, nobody).is(200, "")
}

// enter signs in and returns the answer.
func (r *register) enter(account, password, more string, opts ...option) reply {
	r.t.Helper()
	return r.ask("POST", "/sessions", `{"account":"`+account+`","password":"`+password+`"`+more+`}`, append(opts, nobody)...)
}

func TestSigningIn(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	session := r.enter("segreteria", goodPassword, "").is(201, "")
	me := r.get("/me", as(session.field("secret"))).is(200, "")
	if me.field("account") != "segreteria" || me.field("roles", "0", "role") != "staff" {
		t.Errorf("got %s", me.Body)
	}
	if log := r.log.String(); strings.Contains(log, goodPassword) || strings.Contains(log, session.field("secret")) {
		t.Error("a secret was logged")
	}
	for name, a := range map[string]reply{
		"a wrong password": r.enter("segreteria", nextPassword, ""), "nobody": r.enter("nessuno", goodPassword, ""), "no name of an account": r.enter("A B", goodPassword, ""),
		"an account without a password": r.enter("admin", "", ""),
	} {
		if a.Status != 403 || a.field("code") != "sign-in-refused" || a.field("detail") != r.enter("altro", "x", "").field("detail") {
			t.Errorf("%s: got %d %s", name, a.Status, a.Body)
		}
	}
	r.ask("POST", "/me/session-end", "", as(session.field("secret"))).is(200, "")
	r.get("/me", as(session.field("secret"))).is(401, "token-refused")
}

// TestASessionEndsByItself ends a session after twelve hours, however busy, and after one
// in which nobody did anything; a token is none.
func TestASessionEndsByItself(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	token := as(r.post("/accounts/segreteria/tokens", `{}`).field("secret"))
	secret := r.enter("segreteria", goodPassword, "").is(201, "").field("secret")
	for range 13 {
		r.clock.move(55 * time.Minute)
		r.get("/me", as(secret)).is(200, "")
	}
	r.clock.move(5 * time.Minute)
	r.get("/me", as(secret)).is(401, "token-refused")

	lazy, other := r.enter("segreteria", goodPassword, "").field("secret"), r.enter("segreteria", goodPassword, "").field("secret")
	r.get("/me", as(lazy)).is(200, "")
	for range 3 { // a page that renews itself is nobody
		r.clock.move(20 * time.Minute)
		r.get("/me", as(other)).is(200, "")
		if left := r.get("/me", as(lazy), header("Tavoli-Unattended", "1")); left.Status != 200 && left.field("code") != "session-idle" {
			t.Errorf("got %d %s", left.Status, left.Body)
		}
	}
	r.get("/me", as(lazy)).is(401, "token-refused") // it has ended, which is a fact
	r.get("/me", as(other)).is(200, "")
	if trail := r.get("/audit/trail?account=segreteria&since=1").is(200, ""); !strings.Contains(trail.field("items"), `"actor":"system"`) || strings.Count(trail.field("items"), `"SessionEnded"`) != 1 {
		t.Errorf("got %s", trail.Body)
	}
	r.get("/me", token).is(200, "")
	r.clock.move(6 * time.Hour)
	r.get("/me", token).is(200, "")
	r.get("/me", as(other)).is(401, "session-idle")
}

func TestAnInvitationIsTakenOnce(t *testing.T) {
	r := newRegister(t)
	r.post("/accounts", `{"account":"segreteria","label":"Segreteria","roles":["staff"]}`)
	first := r.post("/accounts/segreteria/invitation", "").field("secret")
	second := r.post("/accounts/segreteria/invitation", "").field("secret")
	take := func(account, secret, password string) reply {
		return r.ask("POST", "/invitations/acceptance", `{"account":"`+account+`","secret":"`+secret+`","password":"`+password+`"}`, nobody)
	}
	take("segreteria", first, goodPassword).is(403, "invitation-refused")
	take("altra", second, goodPassword).is(403, "invitation-refused")
	take("A B", second, goodPassword).is(403, "invitation-refused")
	for _, weak := range []string{"breve", "aaaaaaaaaaaaaaaa", "segreteria-12", strings.Repeat("lunghissima", 20)} {
		take("segreteria", second, weak).is(422, "invalid-input")
	}
	take("segreteria", second, goodPassword).is(200, "")
	take("segreteria", second, nextPassword).is(403, "invitation-refused")
	r.enter("segreteria", goodPassword, "").is(201, "")
}

func TestChangingOnesPassword(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	one, two := r.enter("segreteria", goodPassword, "").field("secret"), r.enter("segreteria", goodPassword, "").field("secret")
	change := func(current, password string) reply {
		return r.ask("POST", "/me/password", `{"current":"`+current+`","password":"`+password+`"}`, as(one))
	}
	change("", nextPassword).is(403, "sign-in-refused")
	change(goodPassword, "breve").is(422, "invalid-input")
	change(goodPassword, nextPassword).is(200, "")
	r.get("/me", as(one)).is(200, "")
	r.get("/me", as(two)).is(401, "token-refused")
	r.enter("segreteria", goodPassword, "").is(403, "sign-in-refused")
	r.enter("segreteria", nextPassword, "").is(201, "")
	r.ask("POST", "/me/password", `{"password":"`+nextPassword+`"}`).is(409, "no-account")
}

func TestSecondFactor(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	mine := as(r.enter("segreteria", goodPassword, "").field("secret"))
	offered := r.ask("POST", "/me/second-factor", "", mine).is(200, "")
	confirm := func(code string) reply {
		return r.ask("POST", "/me/second-factor/confirmation", `{"secret":"`+offered.field("secret")+`","code":"`+code+`","password":"`+goodPassword+`"}`, mine)
	}
	r.ask("POST", "/me/second-factor/confirmation", `{"secret":"`+offered.field("secret")+`","code":"`+codeAt(r.clock.Now())+`"}`, mine).is(403, "sign-in-refused") // who stole the session
	r.ask("POST", "/me/second-factor/confirmation", `{"secret":"x","code":"x"}`, mine).is(422, "invalid-input")
	confirm("000000").is(422, "invalid-input")
	confirm(codeAt(r.clock.Now())).is(200, "")
	confirm(codeAt(r.clock.Now())).is(409, "second-factor-present")

	r.enter("segreteria", goodPassword, `,"code":"`+codeAt(r.clock.Now())+`"`).is(403, "sign-in-refused") // it confirmed the factor
	r.clock.move(time.Minute)
	r.enter("segreteria", goodPassword, "").is(403, "code-required")
	r.enter("segreteria", nextPassword, `,"code":"`+codeAt(r.clock.Now())+`"`).is(403, "sign-in-refused")
	r.enter("segreteria", goodPassword, `,"code":"000000"`).is(403, "sign-in-refused")
	code := codeAt(r.clock.Now())
	mine = as(r.enter("segreteria", goodPassword, `,"code":"`+code+`"`).is(201, "").field("secret"))
	r.enter("segreteria", goodPassword, `,"code":"`+code+`"`).is(403, "sign-in-refused") // nobody uses it again
	r.clock.move(time.Minute)

	remove := func(password, code string) reply {
		return r.ask("POST", "/me/second-factor/removal", `{"password":"`+password+`","code":"`+code+`"}`, mine)
	}
	remove(nextPassword, codeAt(r.clock.Now())).is(403, "sign-in-refused")
	remove(goodPassword, "").is(403, "code-required")
	remove(goodPassword, codeAt(r.clock.Now())).is(200, "")
	r.get("/me", mine).is(401, "token-refused")
	mine = as(r.enter("segreteria", goodPassword, "").is(201, "").field("secret"))
	remove(goodPassword, "x").is(409, "no-second-factor")
	r.post("/accounts/segreteria/roles", `{"role":"operator"}`)
	r.ask("POST", "/accounts/segreteria/second-factor/removal", `{"reason":"telefono perso"}`).is(409, "no-second-factor")
}

// TestATokenOpensASession gives a browser a session instead of a token: it ends when
// somebody signs out, and with the token.
func TestATokenOpensASession(t *testing.T) {
	r := newRegister(t)
	r.post("/accounts", `{"account":"segreteria","label":"Segreteria","roles":["staff"]}`)
	issued := r.post("/accounts/segreteria/tokens", `{}`)
	token := as(issued.field("secret"))
	open := func() reply { return r.ask("POST", "/me/sessions", "", token).is(201, "") }
	one, two := open(), open()
	if one.field("secret") == two.field("secret") || one.field("account") != "segreteria" {
		t.Errorf("got %s", one.Body)
	}
	r.ask("POST", "/me/sessions", "", as(one.field("secret"))).is(409, "session-already") // it would never end
	r.ask("POST", "/me/sessions", "").is(409, "no-account")
	r.ask("POST", "/me/session-end", "", as(one.field("secret"))).is(200, "")
	r.get("/me", as(one.field("secret"))).is(401, "token-refused")
	r.get("/me", as(two.field("secret"))).is(200, "")
	r.get("/me", token).is(200, "")
	r.post("/accounts/segreteria/tokens/"+issued.field("token")+"/revocation", `{"reason":"perso"}`)
	r.get("/me", as(two.field("secret"))).is(401, "token-refused")

	short := r.post("/accounts/segreteria/tokens", `{"until":"`+r.clock.Now().Add(time.Hour).Format(time.RFC3339)+`"}`)
	session := r.ask("POST", "/me/sessions", "", as(short.field("secret"))).is(201, "")
	r.get("/me", as(session.field("secret"))).is(200, "")
	r.clock.move(61 * time.Minute)
	r.get("/me", as(session.field("secret"))).is(401, "token-refused")
}

func TestWithoutCredentialsThereAreTokensOnly(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Credentials = nil })
	r.enter("segreteria", goodPassword, "").is(501, "not-offered")
}
