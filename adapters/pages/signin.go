package pages

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// A signInPage asks who wants to come in.
type signInPage struct {
	*visit
	To      string // where to go afterwards
	Account string // as it was entered the last time
	Wrong   string // what was wrong the last time
	Code    bool   // a code is asked for
}

func showSignIn(v *visit) error {
	return v.show("signin", signInPage{visit: v, To: here(v.r.URL.Query().Get("verso"))})
}

// signIn lets in who knows a password, or holds a token, which becomes the secret of
// the session.
func signIn(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p := signInPage{visit: v, To: here(form.Get("verso")), Account: strings.TrimSpace(form.Get("utenza"))}
	secret := strings.TrimSpace(form.Get("gettone"))
	before := v.token
	if secret != "" {
		secret, err = v.tryToken(secret)
	} else {
		secret, err = v.openSession(p.Account, form.Get("password"), strings.TrimSpace(form.Get("codice")))
	}
	problem, refused := errors.AsType[*problem](err)
	switch {
	case refused && problem.Status < http.StatusInternalServerError:
		v.token = ""
		v.status = http.StatusForbidden
		if problem.Status == http.StatusTooManyRequests {
			v.status = problem.Status
		}
		p.Wrong, p.Code = problem.Detail, problem.Code == "code-required"
		return v.show("signin", p)
	case err != nil:
		return err
	}
	if err := v.enters(before, secret); err != nil {
		return err
	}
	v.redirect(p.To)
	return nil
}

// enters gives the browser the secret of a session that was opened just now. The one that
// it had before ends: nobody has it any more who should.
func (v *visit) enters(before, secret string) error {
	if before != "" && before != secret {
		v.token = before
		if err := v.post("/me/session-end", "", nil, nil); err != nil && statusOf(err) >= http.StatusInternalServerError {
			return err
		}
	}
	v.token = secret
	v.give(sessionCookie, "/", secret, sessionTime)
	return nil
}

// tryToken opens a session by a token, which the browser is not given. What opens no
// session, as the console's token, is the secret itself.
func (v *visit) tryToken(token string) (string, error) {
	v.token = token
	var made struct {
		Secret string `json:"secret"`
	}
	err := v.post("/me/sessions", "", nil, &made)
	if status := statusOf(err); status == http.StatusConflict || status == http.StatusNotImplemented {
		return token, v.get("/me", nil, nil)
	}
	return made.Secret, err
}

// Where the mark of a device is sent, and for how long it is kept.
const (
	devicePath = "/accesso"
	deviceTime = 365 * 24 * time.Hour
)

// openSession signs in with a password and remembers the device.
func (v *visit) openSession(account, password, code string) (string, error) {
	v.token = ""
	body := map[string]string{"account": account, "password": password, "code": code}
	if device := v.held(deviceCookie, devicePath); device != "" {
		body["device"] = device
	}
	var made struct {
		Secret string `json:"secret"`
		Device string `json:"device"`
	}
	if err := v.post("/sessions", "", body, &made); err != nil {
		return "", err
	}
	v.give(deviceCookie, devicePath, made.Device, deviceTime)
	return made.Secret, nil
}

// signOut ends the session, if it is one: a token goes on to open its account elsewhere.
func signOut(v *visit) error {
	if err := v.post("/me/session-end", "", nil, nil); err != nil && statusOf(err) >= http.StatusInternalServerError {
		return err
	}
	v.forget()
	v.redirect("/")
	return nil
}

// chooseLanguage remembers the visitor's language and goes back.
func chooseLanguage(v *visit) error {
	lang := v.r.PathValue("lang")
	if lang != "it" && lang != "en" {
		return errNoPage
	}
	v.give(languageCookie, "/", lang, 365*24*time.Hour)
	v.redirect(v.r.URL.Query().Get("verso"))
	return nil
}

// An invitationPage lets somebody choose a password who was invited.
type invitationPage struct {
	*visit
	Account string
	Wrong   string
}

func showInvitation(v *visit) error {
	return v.show("invitation", invitationPage{visit: v, Account: v.r.URL.Query().Get("utenza")})
}

// acceptInvitation sets the password. The secret is typed in or pasted: it stands in
// no address.
func acceptInvitation(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p := invitationPage{visit: v, Account: strings.TrimSpace(form.Get("utenza"))}
	var chosen struct {
		Device string `json:"device"`
	}
	err = v.post("/invitations/acceptance", "", map[string]string{
		"account": p.Account, "secret": strings.TrimSpace(form.Get("invito")), "password": form.Get("password"),
	}, &chosen)
	problem, refused := errors.AsType[*problem](err)
	switch {
	case refused && problem.Status < http.StatusInternalServerError:
		v.status, p.Wrong = problem.Status, problem.why()
		return v.show("invitation", p)
	case err != nil:
		return err
	}
	v.give(deviceCookie, devicePath, chosen.Device, deviceTime)
	v.redirect("/accesso")
	return nil
}

// why says what is wrong in one sentence, with the first field that is.
func (p *problem) why() string {
	if len(p.Errors) > 0 {
		return initialUpper(strings.TrimPrefix(p.Errors[0].Pointer, "/")) + ": " + p.Errors[0].Text
	}
	return p.Detail
}
