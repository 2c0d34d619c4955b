package pages

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// pendingCookie holds a sign-in that the identity provider is to vouch for, sealed, and
// where the visitor wanted to go.
const (
	pendingCookie = "tavoli_attesa"
	pendingTime   = 10 * time.Minute
	providerPath  = "/accesso/fornitore"
)

// beginAtProvider sends the visitor to the identity provider. It is a link, not a form,
// because the policy lets no form lead to another site.
func beginAtProvider(v *visit) error {
	var begun struct {
		Address string `json:"address"`
		Pending string `json:"pending"`
	}
	if err := v.post("/sessions/provider", "", map[string]string{"redirect": v.origin() + providerPath + "/ritorno"}, &begun); err != nil {
		return err
	}
	to := base64.RawURLEncoding.EncodeToString([]byte(here(v.r.URL.Query().Get("verso"))))
	v.give(pendingCookie, providerPath, begun.Pending+"."+to, pendingTime)
	http.Redirect(v.w, v.r, begun.Address, http.StatusSeeOther)
	return nil
}

// origin is under which address the visitor came.
func (v *visit) origin() string {
	if v.secure() {
		return "https://" + v.r.Host
	}
	return "http://" + v.r.Host
}

// comeFromProvider lets in for whom the provider vouches. What was begun is used once:
// its cookie goes, whatever becomes of it.
func comeFromProvider(v *visit) error {
	pending, to, _ := strings.Cut(v.held(pendingCookie, providerPath), ".")
	v.give(pendingCookie, providerPath, "", -1)
	before := v.token
	v.token = ""
	query := v.r.URL.Query()
	var made struct {
		Secret string `json:"secret"`
	}
	err := v.post("/sessions/provider/completion", "", map[string]string{"pending": pending, "state": query.Get("state"), "code": query.Get("code")}, &made)
	if refused, ok := asRefusal(err); ok {
		v.status = http.StatusForbidden
		return v.show("signin", signInPage{visit: v, To: "/", Wrong: refused.Detail})
	}
	if err != nil {
		return err
	}
	if err := v.enters(before, made.Secret); err != nil {
		return err
	}
	plain, err := base64.RawURLEncoding.DecodeString(to)
	if err != nil {
		plain = nil
	}
	v.redirect(string(plain))
	return nil
}

// Provider is how the identity provider is called, if there is one.
func (v *visit) Provider() string { return v.site.Provider }
