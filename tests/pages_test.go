package tests_test

import (
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/credentials"
	"tavoli/adapters/csv"
	"tavoli/adapters/evidence"
	papershtml "tavoli/adapters/html"
	"tavoli/adapters/memory"
	"tavoli/adapters/pages"
	"tavoli/adapters/pdf"
	"tavoli/adapters/web"
	"tavoli/adapters/xlsx"
	"tavoli/domain"
	"tavoli/projections"
)

// A site is the pages and the API over a register in memory, as somebody with a
// browser sees them.
type site struct {
	t      testing.TB
	server *httptest.Server
	client *http.Client
}

// siteToken opens everything.
const siteToken = "token-of-the-console"

func newSite(t testing.TB, now time.Time) *site { return newSiteWith(t, now, nil) }

// newSiteWith is newSite with other settings.
func newSiteWith(t testing.TB, now time.Time, set func(*web.Server, *pages.Site)) *site {
	t.Helper()
	clock := func() time.Time { return now }
	store := memory.New(clock)
	vault := domain.Vault{Keys: memory.NewKeys(), Log: store}
	view := projections.NewView(store, vault.Open, projections.Options{Now: clock})
	files, err := evidence.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	api := &web.Server{
		Files: files,
		Store: store, Exec: &domain.Executor{Store: store}, Vault: vault, View: view, Now: clock, Console: sha256.Sum256([]byte(siteToken)), Credentials: credentials.New("Tavoli"),
		Secret:    func(purpose string) [32]byte { return sha256.Sum256([]byte(purpose)) },
		Renderers: map[string]web.Renderer{"csv": csv.Renderer{}, "xlsx": xlsx.Renderer{}, "html": papershtml.New(), "pdf": pdf.New()},
	}
	shown := &pages.Site{Now: clock, Word: web.InItalian, Change: web.ChangeInWords, QR: credentials.QR, Owner: pages.Owner{Name: "ANCI Sicilia", Contact: "segreteria@example.it"}}
	if set != nil {
		set(api, shown)
	}
	shown.API = api.Handler()
	mux := http.NewServeMux()
	mux.Handle("/api/", api.Handler())
	mux.Handle("/", shown.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	followed := make(chan error, 1)
	go func() { followed <- view.Follow(ctx) }()
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := <-followed; err != nil {
			t.Error(err)
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &site{t, server, &http.Client{Jar: jar}}
}

// do sends a request and returns the answer with its body.
func (s *site) do(req *http.Request) (*http.Response, string) {
	s.t.Helper()
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(body)
}

// get looks at a page, which has to be answered with a status.
func (s *site) get(path string, status int) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, body := s.do(req)
	if resp.StatusCode != status {
		s.t.Fatalf("GET %s: got %d, want %d: %s", path, resp.StatusCode, status, body)
	}
	return body
}

// send fills in a form.
func (s *site) send(path string, form url.Values, header ...string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return s.do(req)
}

// tell lets something happen by the API and returns the answer.
func (s *site) tell(path, body string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+siteToken)
	resp, answer := s.do(req)
	if resp.StatusCode >= 300 {
		s.t.Fatalf("POST %s: %d %s", path, resp.StatusCode, answer)
	}
	if at := resp.Header.Get("Tavoli-Position"); at != "" {
		s.get("/api/v1/programmi?at_least="+at, 200) // the next page shows it
	}
	return answer
}

// populate plans a tavolo with a mistake in its announcement, a speaker, and
// somebody who is registered.
func (s *site) populate() {
	s.t.Helper()
	s.tell("/programmi", `{"programma":"3031","title":"COOPERA","acronym":"COOPERA","fund":"FAMI"}`)
	s.tell("/programmi/3031/funding-block", `{"text":"Progetto co-finanziato dall'Unione Europea","valid_from":"2021-01-01"}`)
	s.tell("/tavoli", `{"id":"t","programma":"3031","ordinal":6,"subject":"<script>alert(1)</script>","day":"2022-04-25","mode":"mixed","place":"Palermo"}`)
	s.tell("/tavoli/t/announcement", `{"released_on":"2022-04-21"}`)
	s.tell("/tavoli/t/rectification", `{"field":"schedule","day":"2022-05-25","from":"15:00","to":"17:00","reason":"errore di stampa"}`)
	s.tell("/tavoli/t/speakers", `{"given_name":"Elio","family_name":"Tozzi"}`)
	s.tell("/tavoli/t/registrations", `{"family_name":"Segreto","mode":"online"}`)
}

// lacks fails if a page has not what it ought to have.
func lacks(t testing.TB, page string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}

// has fails if a page has what it must not have.
func has(t testing.TB, page string, wrongs ...string) {
	t.Helper()
	for _, wrong := range wrongs {
		if strings.Contains(page, wrong) {
			t.Errorf("the page has %q:\n%s", wrong, page)
		}
	}
}

var firstOfMay = time.Date(2022, 5, 1, 9, 0, 0, 0, time.UTC)

func TestThePublicPages(t *testing.T) {
	s := newSite(t, firstOfMay)
	lacks(t, s.get("/", 200), "Nessun tavolo", "ANCI Sicilia")
	s.populate()
	list := s.get("/", 200)
	lacks(t, list, `lang="it"`, "Mercoledì 25 maggio 2022", "15:00–17:00", "6° tavolo", "&lt;script&gt;", "<main", "<h1", "Progetto co-finanziato dall&#39;Unione Europea")
	detail := s.get("/tavoli/t", 200)
	lacks(t, detail, "Elio Tozzi", "<del>lunedì 25 aprile 2022</del>", "<ins>mercoledì 25 maggio 2022, 15:00–17:00</ins>", "errore di stampa", "Palermo")
	month := s.get("/?vista=mese&mese=2022-05", 200)
	lacks(t, month, "Maggio 2022", `href="/tavoli/t"`, `<time datetime="2022-05-25">25</time>`)
	for _, page := range []string{list, detail, month} {
		has(t, page, "<script", "Segreto", "style=", "onclick")
	}
	lacks(t, s.get("/?q=coperta", 200), "Nessun tavolo")
	for _, path := range []string{"/privacy", "/accessibilita", "/programmatori", "/accesso", "/robots.txt"} {
		s.get(path, 200)
	}
	lacks(t, s.get("/tavoli/altro", 404), "non esiste")
	lacks(t, s.get("/altrove", 404), "Pagina non trovata")
}

func TestThePagesSpeakEnglish(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	s.get("/lingua/en?verso=/tavoli/t", 200)
	lacks(t, s.get("/tavoli/t", 200), `lang="en"`, "Wednesday 25 May 2022", "What has changed")
	lacks(t, s.get("/tavoli/altro", 404), "there is no such tavolo")
	s.get("/lingua/xx", 404)
	s.get("/lingua/it", 200)
	lacks(t, s.get("/", 200), `lang="it"`)
}

// TestSignIn lets somebody in and out, and nobody else.
func TestSignIn(t *testing.T) {
	s := newSite(t, firstOfMay)
	if resp, body := s.send("/accesso", url.Values{"gettone": {"indovinato"}}); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "non è valido") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	has(t, s.get("/", 200), "Esci")
	resp, _ := s.send("/accesso", url.Values{"gettone": {siteToken}, "verso": {"//altrove.example/"}})
	if resp.StatusCode != 200 || resp.Request.URL.Host != strings.TrimPrefix(s.server.URL, "http://") || resp.Request.URL.Path != "/" {
		t.Errorf("got %d at %s", resp.StatusCode, resp.Request.URL)
	}
	lacks(t, s.get("/", 200), "Esci")
	address, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.client.Jar.Cookies(address)); n != 1 {
		t.Errorf("got %d cookies", n)
	}
	if resp, _ := s.send("/uscita", nil, "Origin", "https://altrove.example", "Sec-Fetch-Site", "cross-site"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("another site may sign people out: %d", resp.StatusCode)
	}
	lacks(t, s.get("/", 200), "Esci")
	s.send("/uscita", nil)
	has(t, s.get("/", 200), "Esci")
}

// TestAnAccountOfOnesOwn plays how somebody gets a password and a second factor.
func TestAnAccountOfOnesOwn(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.tell("/accounts", `{"account":"segreteria","label":"Segreteria","roles":["staff"]}`)
	invitation := secretOf(t, s.tell("/accounts/segreteria/invitation", `{}`))
	const password, next = "cavallo batteria graffetta", "altre quattro parole lunghe"
	refused := func(path string, form url.Values, status int, want string) {
		t.Helper()
		resp, body := s.send(path, form)
		if resp.StatusCode != status {
			t.Errorf("%s: got %d, want %d", path, resp.StatusCode, status)
		}
		lacks(t, body, want)
	}
	refused("/invito", url.Values{"utenza": {"segreteria"}, "invito": {invitation}, "password": {"breve"}}, 422, "troppo breve")
	refused("/invito", url.Values{"utenza": {"segreteria"}, "invito": {"altro"}, "password": {password}}, 403, "invito")
	if resp, _ := s.send("/invito", url.Values{"utenza": {"segreteria"}, "invito": {invitation}, "password": {password}}); resp.Request.URL.Path != "/accesso" {
		t.Errorf("got to %s", resp.Request.URL)
	}
	lacks(t, s.get("/utenza", 200), "Accesso") // nobody signed in: the sign-in
	refused("/accesso", url.Values{"utenza": {"segreteria"}, "password": {next}}, 403, "sbagliati")
	s.send("/accesso", url.Values{"utenza": {"segreteria"}, "password": {password}, "verso": {"/utenza"}})
	mine := s.get("/utenza", 200)
	lacks(t, mine, "segreteria", "Cambia la password")
	refused("/utenza/password", url.Values{"attuale": {"x"}, "nuova": {next}}, 403, "sbagliati")
	_, done := s.send("/utenza/password", url.Values{"attuale": {password}, "nuova": {next}})
	lacks(t, done, "La password è cambiata")

	_, offer := s.send("/utenza/secondo-fattore", nil)
	lacks(t, offer, `class="qr"`)
	secret := regexp.MustCompile(`name="segreto" value="(\w+)"`).FindStringSubmatch(offer)[1]
	refused("/utenza/secondo-fattore/conferma", url.Values{"segreto": {secret}, "codice": {"000000"}}, 422, "codice")
	refused("/utenza/secondo-fattore/conferma", url.Values{"segreto": {secret}, "codice": {codeOf(t, secret, firstOfMay)}}, 403, "sbagliati") // who only has the session
	_, done = s.send("/utenza/secondo-fattore/conferma", url.Values{"segreto": {secret}, "codice": {codeOf(t, secret, firstOfMay)}, "attuale": {next}})
	lacks(t, done, "serve anche il codice")
	s.send("/uscita", nil)
	refused("/accesso", url.Values{"utenza": {"segreteria"}, "password": {next}}, 403, "codice del momento")
	refused("/accesso", url.Values{"utenza": {"segreteria"}, "password": {next}, "codice": {codeOf(t, secret, firstOfMay)}}, 403, "sbagliati") // it was used
	s.send("/accesso", url.Values{"utenza": {"segreteria"}, "password": {next}, "codice": {codeOf(t, secret, firstOfMay.Add(30*time.Second))}})
	lacks(t, s.get("/utenza", 200), "Cambia la password")
}

// secretOf reads the secret in an answer of the API.
func secretOf(t testing.TB, answer string) string {
	t.Helper()
	var made struct{ Secret string }
	if err := json.Unmarshal([]byte(answer), &made); err != nil || made.Secret == "" {
		t.Fatalf("got %s (%v)", answer, err)
	}
	return made.Secret
}

// codeOf returns the code of a moment, as an app computes it (RFC 6238, RFC 4226).
func codeOf(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

// TestPagesAreLight holds the first look to 150 kB over the wire, and each next to 20,
// whichever of the public pages it is.
func TestPagesAreLight(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	s.client.Transport = transport
	assets := regexp.MustCompile(`/assets/[\w.-]+[\w/.-]*`)
	for _, path := range []string{"/", "/?vista=mese", "/tavoli/t", "/tavoli/t/iscrizione", "/iscrizione", "/adesione", "/attestati", "/privacy", "/accessibilita"} {
		page, body := s.zipped(path)
		total, seen := page, make(map[string]bool)
		for _, asset := range assets.FindAllString(body, -1) {
			if !seen[asset] {
				n, _ := s.zipped(asset)
				total, seen[asset] = total+n, true
			}
		}
		t.Logf("%s: %d bytes, of which %d again", path, total, page)
		if len(seen) < 3 || total > 150_000 || page > 20_000 {
			t.Errorf("%s: with %d files the first look takes %d bytes, the next %d", path, len(seen), total, page)
		}
	}
}

// zipped returns how many bytes an answer takes over the wire, and what it says.
func (s *site) zipped(path string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	resp, body := s.do(req)
	if resp.StatusCode != 200 {
		s.t.Fatalf("%s: %d", path, resp.StatusCode)
	}
	if resp.Header.Get("Content-Encoding") != "gzip" {
		return len(body), body
	}
	plain, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(body), string(text)
}

// TestPagesKeepTheirPolicy looks at what every answer has to say to browsers.
func TestPagesKeepTheirPolicy(t *testing.T) {
	s := newSite(t, firstOfMay)
	for _, path := range []string{"/", "/accesso", "/altrove"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-Proto", "https")
		resp, _ := s.do(req)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Strict-Transport-Security": "max-age=",
		} {
			if got := resp.Header.Get(name); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}
