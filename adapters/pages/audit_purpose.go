package pages

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// purposeCookie holds why somebody looks, as long as the browser is open. It belongs
// to one session: whoever signs in next is asked anew.
const (
	purposeCookie = "tavoli_finalita"
	mostPurpose   = 200 // characters
)

// purpose returns why the visitor looks, as it was told in this session.
func (v *visit) purpose() string {
	mark, text, _ := strings.Cut(v.held(purposeCookie, "/"), ".")
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || v.token == "" || mark != v.sessionMark() || !utf8.Valid(plain) {
		return ""
	}
	return string(plain)
}

// sessionMark is by what a cookie knows to which session it belongs; it opens nothing.
func (v *visit) sessionMark() string {
	sum := sha256.Sum256([]byte("purpose of " + v.token))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// A purposePage asks why somebody looks.
type purposePage struct {
	auditPage
	Next   string
	Fault  string
	Before string // as it was entered
}

func showPurpose(v *visit) error {
	p, err := v.audit()
	if err != nil {
		return err
	}
	return v.show("audit-purpose", purposePage{auditPage: p, Next: here(v.r.URL.Query().Get("verso")), Before: p.Purpose})
}

// setPurpose remembers why somebody looks; without a text it is forgotten.
func setPurpose(v *visit) error {
	p, err := v.audit()
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	text := strings.Join(strings.Fields(form.Get("finalita")), " ")
	asked := purposePage{auditPage: p, Next: here(form.Get("verso")), Before: text}
	if utf8.RuneCountInString(text) > mostPurpose || !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) {
		v.status = http.StatusUnprocessableEntity
		asked.Fault = v.T("Al massimo 200 caratteri, su una riga.", "At most 200 characters, on one line.")
		return v.show("audit-purpose", asked)
	}
	if text == "" {
		v.give(purposeCookie, "/", "", -1)
	} else {
		v.give(purposeCookie, "/", v.sessionMark()+"."+base64.RawURLEncoding.EncodeToString([]byte(text)), 0)
	}
	if asked.Next == "/" {
		asked.Next = "/controllo"
	}
	v.redirect(asked.Next)
	return nil
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 }

// withPurpose adds why the visitor looks to a question that takes it.
func (p auditPage) withPurpose(q url.Values) url.Values {
	if p.Purpose != "" {
		q.Set("purpose", p.Purpose)
	}
	return q
}
