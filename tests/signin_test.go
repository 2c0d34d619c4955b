package tests_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tavoli/adapters/front"
	"tavoli/adapters/pages"
)

const (
	officePassword = "cavallo batteria graffetta"
	otherPassword  = "altre quattro parole lunghe"
)

// employs makes the account of the secretary, which is opened by a password.
func (s *site) employs(role string) {
	s.t.Helper()
	const account = "segreteria"
	s.tell("/accounts", `{"account":"`+account+`","label":"`+account+`","roles":["`+role+`"]}`)
	invitation := secretOf(s.t, s.tell("/accounts/"+account+"/invitation", `{}`))
	if resp, body := s.send("/invito", url.Values{"utenza": {account}, "invito": {invitation}, "password": {officePassword}}); resp.StatusCode != 200 {
		s.t.Fatalf("got %d %s", resp.StatusCode, body)
	}
}

// straight sends a request straight to the pages and the API, and keeps no cookies.
func (s *site) straight(method, address, body string, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	(&front.Front{}).Handler(s.server.Config.Handler).ServeHTTP(w, r)
	return w
}

// cookieOf returns a cookie that an answer sets.
func cookieOf(t *testing.T, w *httptest.ResponseRecorder, name string) *http.Cookie {
	t.Helper()
	for _, c := range w.Result().Cookies() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("%d sets %v, no %s", w.Code, w.Header()["Set-Cookie"], name)
	return nil
}

// entering is the form with which the secretary signs in.
var entering = url.Values{"utenza": {"segreteria"}, "password": {officePassword}}.Encode()

// TestTheSessionsCookie looks at how a browser has to keep the secret of a session, by
// TLS and on the machine itself, and plants a cookie as a neighbor could.
func TestTheSessionsCookie(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.employs("staff")
	for scheme, c := range map[string]struct{ session, device string }{
		"https": {"__Host-tavoli_sessione", "__Secure-tavoli_dispositivo"}, "http": {"tavoli_sessione", "tavoli_dispositivo"},
	} {
		in := s.straight("POST", scheme+"://tavoli.example/accesso", entering)
		session, device := cookieOf(t, in, c.session), cookieOf(t, in, c.device)
		if !session.HttpOnly || session.SameSite != http.SameSiteLaxMode || session.Secure != (scheme == "https") || session.Path != "/" || session.Domain != "" || session.MaxAge != 12*3600 {
			t.Errorf("%s: got %s", scheme, session)
		}
		if !device.HttpOnly || device.Secure != (scheme == "https") || device.Path != "/accesso" || device.Domain != "" {
			t.Errorf("%s: got %s", scheme, device)
		}
		signedIn := func(name string) bool {
			w := s.straight("GET", scheme+"://tavoli.example/", "", "Cookie", name+"="+session.Value)
			return strings.Contains(w.Body.String(), "Esci")
		}
		if !signedIn(c.session) {
			t.Errorf("%s: the session's cookie opens nothing", scheme)
		}
		for _, planted := range []string{"tavoli_sessione", "__Secure-tavoli_sessione", "__Host-tavoli_sessione"} {
			if planted != c.session && signedIn(planted) {
				t.Errorf("%s: a cookie %s is taken", scheme, planted)
			}
		}
		if w := s.straight("GET", scheme+"://tavoli.example/api/v1/me", "", "Cookie", c.session+"="+session.Value); w.Code != 401 {
			t.Errorf("%s: a cookie opens the API, which other sites could make use of: %d", scheme, w.Code)
		}
	}
}

// TestEverySignInIsAnotherSession signs in with whatever the browser held before, and
// steals what it is given.
func TestEverySignInIsAnotherSession(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.employs("staff")
	token := secretOf(t, s.tell("/accounts/segreteria/tokens", `{}`))
	opens := func(secret string) bool {
		return s.straight("GET", "/api/v1/me", "", "Authorization", "Bearer "+secret).Code == 200
	}
	enter := func(form, before string) string {
		t.Helper()
		header := []string{}
		if before != "" {
			header = []string{"Cookie", "tavoli_sessione=" + before}
		}
		return cookieOf(t, s.straight("POST", "/accesso", form, header...), "tavoli_sessione").Value
	}
	fixed := enter(entering, "scelto-da-altri")
	if fixed == "scelto-da-altri" || !opens(fixed) {
		t.Fatal("the session is the one that somebody else chose")
	}
	next := enter(entering, fixed)
	if next == fixed || opens(fixed) || !opens(next) {
		t.Error("the session before goes on")
	}
	byToken := enter(url.Values{"gettone": {token}}.Encode(), next)
	if byToken == token || opens(next) || !opens(byToken) {
		t.Error("the browser is given the token itself, or the session before goes on")
	}
	stolen := byToken
	if w := s.straight("POST", "/uscita", "", "Cookie", "tavoli_sessione="+byToken); w.Code != http.StatusSeeOther || cookieOf(t, w, "tavoli_sessione").MaxAge >= 0 {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
	if opens(stolen) || !opens(token) {
		t.Error("who stole the cookie goes on after its owner has signed out, or the token went with it")
	}
	one, two := enter(entering, ""), enter(entering, "")
	change := url.Values{"attuale": {officePassword}, "nuova": {otherPassword}}.Encode()
	if w := s.straight("POST", "/utenza/password", change, "Cookie", "tavoli_sessione="+one); w.Code != http.StatusSeeOther || opens(two) || !opens(one) {
		t.Errorf("got %d: a new password ends all sessions but the one that set it", w.Code)
	}
	wrong := s.straight("POST", "/accesso", url.Values{"utenza": {"segreteria"}, "password": {"x"}}.Encode(), "Cookie", "tavoli_sessione="+one)
	if wrong.Code != 403 || len(wrong.Result().Cookies()) != 0 || !opens(one) {
		t.Errorf("got %d %v: whoever mistypes stays who they are", wrong.Code, wrong.Header())
	}
}

// TestFormsOfOtherSites sends every form as another site would have a browser send it.
func TestFormsOfOtherSites(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.employs("admin")
	session := cookieOf(t, s.straight("POST", "/accesso", entering), "tavoli_sessione").Value
	s.tell("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`) // the view has seen everything
	before := s.straight("GET", "/api/v1/status", "").Body.String()
	sent := 0
	for _, pattern := range new(pages.Site).Patterns() {
		path, posted := strings.CutPrefix(pattern, "POST ")
		if !posted {
			continue
		}
		path = strings.NewReplacer("{", "", "}", "").Replace(path)
		for _, from := range [][]string{{"Origin", "https://altrove.example"}, {"Origin", "null"}, {"Origin", "http://example.com:8080"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
			sent++
			if w := s.straight("POST", path, "x=1", append(from, "Cookie", "tavoli_sessione="+session)...); w.Code != http.StatusForbidden || len(w.Result().Cookies()) != 0 {
				t.Errorf("%s %v: got %d", path, from, w.Code)
			}
		}
	}
	if sent < 100 {
		t.Errorf("only %d forms were sent", sent)
	}
	if after := s.straight("GET", "/api/v1/status", "").Body.String(); position(after) != position(before) {
		t.Error("something was written")
	}
	if w := s.straight("POST", "/accesso", entering, "Origin", "http://example.com", "Sec-Fetch-Site", "same-origin"); w.Code != http.StatusSeeOther {
		t.Errorf("the site's own form: got %d", w.Code)
	}
}

// position returns how far the register is by its status.
func position(status string) string {
	_, rest, _ := strings.Cut(status, `"seen":"`)
	at, _, _ := strings.Cut(rest, `"`)
	return at
}

// TestNobodyIsSentElsewhere signs in with the ways back that attackers put into links.
func TestNobodyIsSentElsewhere(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.employs("staff")
	for _, way := range []string{
		"https://altrove.example", "//altrove.example", "///altrove.example", `/\altrove.example`, `\/altrove.example`, "/\t/altrove.example", "/\n/altrove.example", "https:altrove.example",
		"javascript:alert(1)", "http://tavoli.example@altrove.example", "/..//altrove.example", "/./\\altrove.example", " //altrove.example", "",
	} {
		for name, location := range map[string]string{
			"sign-in":  s.straight("POST", "/accesso", entering+"&"+url.Values{"verso": {way}}.Encode()).Header().Get("Location"),
			"language": s.straight("GET", "/lingua/en?"+url.Values{"verso": {way}}.Encode(), "").Header().Get("Location"),
		} {
			to, err := url.Parse(location)
			if err != nil || to.IsAbs() || to.Host != "" || !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.ContainsAny(location, "\\\t\n") {
				t.Errorf("%s: %q leads to %q", name, way, location)
			}
		}
	}
	if to := s.straight("POST", "/accesso", entering+"&verso=%2Fsegreteria%3Fa%3Db").Header().Get("Location"); to != "/segreteria?a=b" {
		t.Errorf("got to %q", to)
	}
}

// TestWhatBrowsersMayKeep looks at which pages a browser may write to its disk.
func TestWhatBrowsersMayKeep(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	s.employs("admin")
	session := "tavoli_sessione=" + cookieOf(t, s.straight("POST", "/accesso", entering), "tavoli_sessione").Value
	for _, pattern := range new(pages.Site).Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{$}", "", "{id}", "t", "{lang}", "en", "{", "", "}", "").Replace(path)
		if strings.HasPrefix(path, "/assets/") || path == "/uscita" || path == "/robots.txt" || strings.HasSuffix(path, "/novita") {
			continue // the same for everybody, ends the session, or goes on for ever
		}
		w := s.straight(method, path, "", "Cookie", session)
		if kept := w.Header().Get("Cache-Control"); w.Code < 300 && kept != "no-store" {
			t.Errorf("%s, signed in: %d may be kept: %q", pattern, w.Code, kept)
		}
	}
	open := []string{"/", "/tavoli/t", "/privacy", "/accessibilita", "/programmatori", "/adesione"}
	for _, path := range append([]string{"/accesso", "/invito?utenza=segreteria", "/iscrizione"}, open...) {
		w := s.straight("GET", path, "")
		want := "no-store"
		if slices.Contains(open, path) {
			want = "no-cache" // the same for everybody; asked again each time
		}
		if kept := w.Header().Get("Cache-Control"); kept != want || w.Code != 200 {
			t.Errorf("%s: %d %q, want %q", path, w.Code, kept, want)
		}
	}
	if w := s.straight("GET", "/tavoli/t/iscrizione/fatto", "", "Cookie", "tavoli_iscritti=eyJwZW9wbGUiOlt7InN0YXRlIjoicmVnaXN0ZXJlZCIsImNvZGUiOiJBQkMifV19"); w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the page with a code: %d %q", w.Code, w.Header().Get("Cache-Control"))
	}
}

// TestOddRequests sends what no browser sends.
func TestOddRequests(t *testing.T) {
	s := newSite(t, firstOfMay)
	for _, method := range []string{"TRACE", "OPTIONS", "PUT", "DELETE", "PATCH", "CONNECT", "BOH"} {
		for _, path := range []string{"/", "/accesso", "/assets/pages.css", "/api/v1/sessions"} {
			w := s.straight(method, path, "eco", "X-Segreto", "eco-eco")
			if w.Code < 300 && method != "OPTIONS" || strings.Contains(w.Body.String(), "eco") {
				t.Errorf("%s %s: got %d %.100s", method, path, w.Code, w.Body)
			}
		}
	}
	if w := s.straight("HEAD", "/accesso", ""); w.Code != 200 {
		t.Errorf("HEAD: got %d", w.Code)
	}
	for _, path := range []string{
		"/assets/../look.go", "/assets/%2e%2e/look.go", "/assets/..%2flook.go", "/assets/fonts/..%2f..%2flook.go", "/assets/fonts/%00", "/assets/", "/assets/fonts/", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%5clook.go", "/assets/source/..%2f..%2fapi.go",
	} {
		if w := s.straight("GET", path, ""); w.Code < 300 || strings.Contains(w.Body.String(), "package pages") {
			t.Errorf("%s: got %d %.100s", path, w.Code, w.Body)
		}
	}
	for name, form := range map[string]string{"too much": "password=" + strings.Repeat("x", 300<<10), "badly written": "password=%zz&utenza=x"} {
		if w := s.straight("POST", "/accesso", form); w.Code != 400 {
			t.Errorf("%s: got %d", name, w.Code)
		}
	}
	for fields, want := range map[int]int{5_000: 403, 20_000: 400} {
		if w := s.straight("POST", "/accesso", strings.Repeat("utenza=a&", fields)); w.Code != want {
			t.Errorf("%d fields: got %d", fields, w.Code)
		}
	}
}

// TestNobodyChoosesWhereTheyComeFrom guesses under ever other addresses that are only said.
func TestNobodyChoosesWhereTheyComeFrom(t *testing.T) {
	s := newSite(t, firstOfMay)
	wrong := url.Values{"utenza": {"segreteria"}, "password": {"x"}}.Encode()
	for i := range 6 {
		said := "203.0.113." + string(rune('0'+i))
		w := s.straight("POST", "/accesso", wrong, "X-Forwarded-For", said, "Forwarded", "for="+said, "X-Real-Ip", said, "X-Forwarded-Proto", "https")
		want := http.StatusForbidden
		if i == 5 {
			want = http.StatusTooManyRequests
		}
		if w.Code != want || w.Header().Get("Strict-Transport-Security") != "" {
			t.Errorf("guess %d: got %d, want %d", i+1, w.Code, want)
		}
	}
}
