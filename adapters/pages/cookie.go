package pages

import (
	"net/http"
	"time"
)

// Names of cookies, as they are by plain HTTP. None of them holds a personal value.
const (
	sessionCookie  = "tavoli_sessione"
	languageCookie = "tavoli_lingua"
	deviceCookie   = "tavoli_dispositivo" // that somebody signed in here before
	sessionTime    = 12 * time.Hour
)

// cookieName returns what a cookie is called. By TLS its name begins with a word that
// browsers keep to: only this host has set it, by TLS, so that neither a neighbor
// under the same domain nor whoever sits on the wire can plant one.
func (v *visit) cookieName(name, path string) string {
	switch {
	case !v.secure():
		return name
	case path == "/":
		return "__Host-" + name
	}
	return "__Secure-" + name
}

// held returns the value of a cookie that the visitor's browser sent; empty: none.
func (v *visit) held(name, path string) string {
	c, err := v.r.Cookie(v.cookieName(name, path))
	if err != nil {
		return ""
	}
	return c.Value
}

// give gives the visitor's browser a cookie that scripts cannot read and other sites do
// not send, for pages below a path; for no time at all as long as the browser is open,
// for less than none not any longer.
func (v *visit) give(name, path, value string, age time.Duration) {
	c := &http.Cookie{Name: v.cookieName(name, path), Value: value, Path: path, HttpOnly: true, Secure: v.secure(), SameSite: http.SameSiteLaxMode, MaxAge: int(age.Seconds())}
	if age < 0 {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}
