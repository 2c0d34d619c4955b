package browser_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// firstPassword and nextPassword are what the invited choose.
const (
	firstPassword = "cavallo batteria graffetta"
	nextPassword  = "altre quattro parole lunghe"
)

// invite opens an account and returns the secret with which a password is chosen.
func (s *stage) invite(t *testing.T, account, label, roles string) string {
	t.Helper()
	var made struct{ Secret string }
	s.tell(t, "/accounts", fmt.Sprintf(`{"account":%q,"label":%q,"roles":[%q]}`, account, label, roles), nil)
	s.tell(t, "/accounts/"+account+"/invitation", `{}`, &made)
	return made.Secret
}

// signsIn opens an account with a role and signs in with it.
func (v *visitor) signsIn(account, label, role string) {
	v.t.Helper()
	v.chooses(account, v.s.invite(v.t, account, label, role))
	v.fill("#utenza", account)
	v.fill("#password", firstPassword)
	v.click("main form button")
	v.sees(label)
}

// chooses chooses a password with an invitation.
func (v *visitor) chooses(account, secret string) {
	v.t.Helper()
	v.open("/invito")
	v.fill("#utenza", account)
	v.fill("input[name=invito]", secret)
	v.fill("input[name=password]", firstPassword)
	v.click("main form button")
	v.sees("Accesso")
}

// TestSignInByKeyboard plays the life of an account, from the invitation to the
// second factor, without a mouse.
func TestSignInByKeyboard(t *testing.T) {
	v := newVisitor(t)
	secret := v.s.invite(t, "segretaria", "Ufficio tavoli", "staff")
	v.open("/accesso")
	v.tabTo("Ho ricevuto un invito")
	v.enter()
	v.shoot("invito")
	v.types("Utenza", "segretaria")
	v.types("Codice dell'invito", secret)
	v.types("Nuova password", "breve")
	forbidShortChecks := `document.querySelectorAll('form').forEach(f => f.noValidate = true); true`
	evaluate[bool](v, forbidShortChecks) // the server, too, must say what is wrong
	v.enter()
	v.refused(422)
	v.sees("troppo breve")
	v.types("Codice dell'invito", secret)
	v.types("Nuova password", firstPassword)
	v.enter()
	v.signs(nextPassword, "")
	v.refused(403)
	v.sees("sbagliati")
	v.sound()
	v.shoot("accesso-rifiutato")
	v.signs(firstPassword, "")
	v.sees("Ufficio tavoli")
	v.tabTo("Ufficio tavoli")
	v.enter()
	v.types("Password attuale", firstPassword)
	v.types("Nuova password", nextPassword)
	v.enter()
	v.sees("La password è cambiata")
	key := v.setUpFactor()
	v.tabTo("Esci")
	v.enter()
	v.open("/utenza")
	v.signs(nextPassword, "")
	v.refused(403)
	v.sees("codice del momento")
	v.shoot("accesso-codice")
	v.signs(nextPassword, codeOf(t, key, time.Now().Add(30*time.Second))) // the one before confirmed the factor
	v.sees("Ufficio tavoli", "segreteria")
	v.shoot("utenza")
}

// setUpFactor sets up the second factor of who is signed in, and returns its secret.
func (v *visitor) setUpFactor() string {
	v.t.Helper()
	v.tabTo("Attiva il secondo fattore")
	v.enter()
	v.sound()
	v.shoot("secondo-fattore")
	if !evaluate[bool](v, `!!document.querySelector('.qr')`) {
		v.t.Error("there is nothing to scan")
	}
	key := evaluate[string](v, `document.querySelector('input[name=segreto]').value`)
	v.types("Password attuale", nextPassword)
	v.types("Codice mostrato", codeOf(v.t, key, time.Now()))
	v.enter()
	v.sees("serve anche il codice")
	return key
}

// signs fills in the sign-in of the secretary by keyboard and presses Enter.
func (v *visitor) signs(password, code string) {
	v.t.Helper()
	v.types("Utenza", "segretaria")
	v.types("Password", password)
	v.types("Codice dell'app", code)
	v.enter()
}

// types goes to a field with Tab and writes in the place of what stands there.
func (v *visitor) types(label, text string) {
	v.t.Helper()
	v.tabTo(label)
	v.do("select all", chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	v.key(text)
}

// codeOf returns the code of a moment, as an app computes it (RFC 6238, RFC 4226).
func codeOf(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30))) //nolint:gosec // after 1970
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}
