package pages

import (
	"net/http"
	"strings"
)

// A signInPage asks who wants to come in.
type signInPage struct {
	*visit
	To    string // where to go afterwards
	Wrong string // what was wrong the last time
}

func showSignIn(v *visit) error {
	return v.show("signin", signInPage{visit: v, To: here(v.r.URL.Query().Get("verso"))})
}

// signIn lets in who holds a token, which becomes the secret of the session.
func signIn(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return errBadForm
	}
	p := signInPage{visit: v, To: here(v.r.PostForm.Get("verso"))}
	token := strings.TrimSpace(v.r.PostForm.Get("gettone"))
	v.token = token
	err := v.get("/me", nil, nil)
	switch status := statusOf(err); {
	case token == "" || status == http.StatusUnauthorized || status == http.StatusForbidden:
		v.forget()
		v.status = http.StatusForbidden
		p.Wrong = v.T("Il gettone non è valido, è scaduto o è stato revocato.", "The token is unknown, expired or revoked.")
		return v.show("signin", p)
	case err != nil:
		return err
	}
	http.SetCookie(v.w, v.cookie(sessionCookie, token, sessionTime))
	v.redirect(p.To)
	return nil
}

func signOut(v *visit) error {
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
	http.SetCookie(v.w, v.cookie(languageCookie, lang, 365*24*sessionTime*2))
	v.redirect(v.r.URL.Query().Get("verso"))
	return nil
}
