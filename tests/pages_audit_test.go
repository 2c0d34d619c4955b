package tests_test

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// at returns the position of an answer to a write.
func at(t *testing.T, answer string) string {
	t.Helper()
	var written struct{ Position string }
	if err := json.Unmarshal([]byte(answer), &written); err != nil || written.Position == "" {
		t.Fatalf("got %s (%v)", answer, err)
	}
	return written.Position
}

// tokenFor opens an account with roles and returns a token of it.
func (s *site) tokenFor(account, roles string) string {
	s.t.Helper()
	s.tell("/accounts", `{"account":"`+account+`","label":"`+account+`","roles":[`+roles+`]}`)
	return secretOf(s.t, s.tell("/accounts/"+account+"/tokens", `{}`))
}

// enter signs in with a token.
func (s *site) enter(token string) {
	s.t.Helper()
	if resp, body := s.send("/accesso", url.Values{"gettone": {token}}); resp.StatusCode != 200 {
		s.t.Fatalf("got %d %s", resp.StatusCode, body)
	}
}

// participantOf returns who was registered by a write.
func participantOf(t *testing.T, answer string) string {
	t.Helper()
	var made struct{ Participant string }
	if err := json.Unmarshal([]byte(answer), &made); err != nil || made.Participant == "" {
		t.Fatalf("got %s (%v)", answer, err)
	}
	return made.Participant
}

// TestAnAuditorLooksBack goes through the stories and rosters from two moments.
func TestAnAuditorLooksBack(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	before := at(t, s.tell("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`))
	rossi := participantOf(t, s.tell("/tavoli/t/registrations", `{"given_name":"Ada","family_name":"Rossi","mode":"online","ente":{"kind":"comune","code":"G273"}}`))
	s.tell("/tavoli/t/registrations/"+rossi+"/mode", `{"mode":"in-presence"}`)
	s.enter(s.tokenFor("controllore", `"auditor"`))

	home := s.get("/controllo", 200)
	lacks(t, home, `href="/controllo/tavoli/t"`, `href="/controllo/utenze/controllore"`, `href="/controllo/programmi/3031"`, "Come il registro lo sa ora", `aria-current="page">Controllo`, "&lt;script&gt;")
	lacks(t, s.get("/controllo?ente=palermo", 200), `href="/controllo/enti/comune/G273"`)
	_, found := s.send("/controllo/persone", url.Values{"persona": {"rossi"}, "noto": {""}})
	lacks(t, found, `href="/controllo/persone/`+rossi+`"`, "Ada Rossi")

	tale := s.get("/controllo/tavoli/t", 200)
	lacks(t, tale, "Storia del tavolo", "Ada Rossi", "errore di stampa", "Prima e dopo", `<th scope="row">modalità</th><td><del>online</del></td><td><ins>in presenza</ins></td>`, "&lt;script&gt;")
	earlier := s.get("/controllo/tavoli/t?noto="+before, 200)
	lacks(t, earlier, "Come il registro lo sapeva alla posizione "+before, `href="/controllo"`, `href="/controllo/tavoli/t/elenco?noto=`+before+`"`)
	has(t, earlier, "Rossi")
	for path, want := range map[string]string{
		"/controllo/persone/" + rossi: "Ada Rossi", "/controllo/enti/comune/G273": "Palermo", "/controllo/programmi/3031": "Storia del programma",
		"/controllo/utenze/controllore": "Storia dell&#39;utenza", "/controllo/atti?autore=console": "Ada Rossi", "/controllo/atti": "Scegliere",
	} {
		lacks(t, s.get(path, 200), want)
	}
	lacks(t, s.get("/controllo/persone/"+rossi+"?noto="+before, 200), "Il registro non ne sapeva nulla")
	s.get("/controllo/tavoli/altro", 404)
	since := s.get("/controllo/tavoli/t?dopo_il="+before, 200)
	lacks(t, since, "dopo la posizione "+before, "Ada Rossi", `href="/controllo/persone/`+rossi+`">Ada Rossi</a>`, `href="/controllo/enti/comune/G273">Palermo</a>`, `href="/controllo/atti?autore=console">console</a>`)
	has(t, since, "Pianificato", "Segreto")
	lacks(t, s.get("/controllo/tavoli/t?dopo_il=2030-01-01", 200), "dopo il 1 gennaio 2030, a fine giornata", "Nulla.")
	lacks(t, s.get("/controllo/tavoli/t?dopo_il=boh", 400), `id="dopo_il-errore"`)

	lacks(t, s.get("/controllo/tavoli/t/elenco", 200), "Ada Rossi", "Segreto", "2 righe", `/controllo/enti/comune/G273`)
	old := s.get("/controllo/tavoli/t/elenco?noto="+before, 200)
	lacks(t, old, "Segreto", "1 riga")
	has(t, old, "Rossi")
	has(t, s.get("/controllo/tavoli/t/elenco?stato=waiting", 200), "Rossi")

	wrong := s.get("/controllo/tavoli/t?noto=ieri", 400)
	lacks(t, wrong, `aria-invalid="true"`, `id="noto-errore"`)
	lacks(t, s.get("/controllo?noto=2022-04-30T23:59&accaduto=2022-04-29T12:00", 200), "Come il registro lo sapeva il 30 aprile 2022 alle 23:59", "Per quanto era accaduto entro il 29 aprile 2022 alle 12:00", "Nessun tavolo era noto", `value="2022-04-30T23:59"`, "noto=2022-04-30T23%3A59")
	for _, page := range []string{home, tale, earlier, old} {
		has(t, page, "<script", "style=", "onclick")
	}
}

// TestTwoMomentsOfARoster compares what was known at one position with another.
func TestTwoMomentsOfARoster(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	gone := participantOf(t, s.tell("/tavoli/t/registrations", `{"family_name":"Andato","mode":"online"}`))
	moved := s.tell("/tavoli/t/registrations", `{"family_name":"Mutevole","mode":"online"}`)
	before := at(t, moved)
	s.tell("/tavoli/t/registrations/"+participantOf(t, moved)+"/mode", `{"mode":"in-presence"}`)
	s.tell("/tavoli/t/registrations/"+gone+"/withdrawal", `{"reason":"impegni"}`)
	s.tell("/tavoli/t/registrations", `{"family_name":"Nuovo","mode":"online"}`)
	s.enter(s.tokenFor("controllore", `"auditor"`))

	has(t, s.get("/controllo/tavoli/t/confronto", 200), "Che cosa è diverso")
	page := s.get("/controllo/tavoli/t/confronto?prima_noto="+before, 200)
	added, rest, _ := strings.Cut(page[strings.Index(page, "Aggiunte"):], "Cambiate")
	lacks(t, added, "Aggiunte (1)", "Nuovo")
	has(t, added, "Mutevole", "Segreto")
	lacks(t, rest, "(2)", "Mutevole", "<del>online</del>", "<ins>in presenza</ins>", "Andato")
	has(t, page, "Tolte (")
	back := s.get("/controllo/tavoli/t/confronto?prima_noto=&noto="+before, 200)
	lacks(t, back, "Tolte (1)")
	lacks(t, s.get("/controllo/tavoli/t/confronto?prima_noto=&prima_accaduto=", 200), "Nulla.")
	lacks(t, s.get("/controllo/tavoli/t/confronto?prima_noto=1", 200), "il tavolo non era noto")
	lacks(t, s.get("/controllo/tavoli/t/confronto?prima_noto=boh", 400), `id="prima_noto-errore"`, `value="boh"`)
	lacks(t, page, `href="/controllo/tavoli/t?dopo_il=`+before+`"`)
	link := "/controllo/tavoli/t/confronto/file?forma=csv&prima_noto=" + before
	lacks(t, page, strings.ReplaceAll(link, "&", "&amp;"))
	resp, sheet := s.fetch(link)
	lacks(t, sheet, "Nuovo", "cambiata", "aggiunta")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Disposition") != `attachment; filename="t-confronto.csv"` {
		t.Errorf("got %d %v", resp.StatusCode, resp.Header)
	}
	s.get("/controllo/tavoli/t/confronto/file?forma=boh", 406)
	s.get("/controllo/tavoli/t/confronto/file?forma=csv&prima_noto=boh", 400)
	s.get("/controllo/tavoli/t/elenco/file?forma=csv&noto=boh", 400)
	_, sheet = s.fetch("/controllo/tavoli/t/elenco/file?forma=csv&stato=all&noto=" + before)
	lacks(t, sheet, "Mutevole", "Andato")
	has(t, sheet, "Nuovo")
	lacks(t, s.get("/controllo/consultazioni?utenza=controllore", 200), "esportazione")
	lacks(t, s.get("/controllo/tavoli/t/elenco?noto="+before, 200), `href="/controllo/tavoli/t/confronto?prima_accaduto=&amp;prima_noto=`+before+`"`)
}

// TestStoriesAreNeverFar goes from each page of the secretariat to its story, and back.
func TestStoriesAreNeverFar(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	s.tell("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`)
	rossi := participantOf(t, s.tell("/tavoli/t/registrations", `{"given_name":"Ada","family_name":"Rossi","mode":"online"}`))
	s.enter(s.tokenFor("controllore", `"auditor"`))
	for desk, story := range map[string]string{
		"/segreteria/tavoli/t": "/controllo/tavoli/t", "/segreteria/persone/" + rossi: "/controllo/persone/" + rossi, "/segreteria/enti/comune/G273": "/controllo/enti/comune/G273",
		"/segreteria/programmi/3031": "/controllo/programmi/3031", "/segreteria/utenze/controllore": "/controllo/utenze/controllore",
	} {
		lacks(t, s.get(desk, 200), `href="`+story+`"`)
		lacks(t, s.get(story, 200), `href="`+desk+`"`)
	}
	s.send("/uscita", nil)
	s.enter(s.tokenFor("banco", `"operator"`))
	has(t, s.get("/segreteria/tavoli/t", 200), "/controllo/")
}

// TestTimesAreChosenByDayAndHour fills in both times as people do who write days.
func TestTimesAreChosenByDayAndHour(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	s.enter(s.tokenFor("controllore", `"auditor"`))
	for asked, want := range map[string]string{
		"noto=2022-05-01":                       "il 1 maggio 2022, a fine giornata",
		"noto=2022-05-01&noto_ora=":             "il 1 maggio 2022, a fine giornata",
		"noto=2022-05-01&noto_ora=17:30":        "il 1 maggio 2022 alle 17:30<",
		"noto=2022-05-01&noto_ora=17:30:05":     "il 1 maggio 2022 alle 17:30:05<",
		"noto=1/5/2022&noto_ora=17:30":          "il 1 maggio 2022 alle 17:30<",
		"noto=01.05.2022":                       "il 1 maggio 2022, a fine giornata",
		"noto=2022-05-01T15:30:00Z":             "il 1 maggio 2022 alle 17:30<",
		"accaduto=2022-05-01&accaduto_ora=8.30": "il 1 maggio 2022 alle 08:30<", "noto=2022-05-01&noto_ora=ieri": "Scrivere un giorno",
		"noto=31/2/2022":                         "Scrivere un giorno",
		"noto=2022-03-27&noto_ora=02:30":         "Scrivere un giorno", // the clocks skip it
		"noto_ora=12:00":                         "Manca il giorno",
		"accaduto=2022-05-01&accaduto_ora=23:59": "entro il 1 maggio 2022 alle 23:59<",
	} {
		resp, page := s.fetch("/controllo?" + asked)
		lacks(t, page, want)
		if wrong := strings.Contains(want, "giorno") && !strings.Contains(want, "giornata"); (resp.StatusCode == 400) != wrong {
			t.Errorf("%s: got %d", asked, resp.StatusCode)
		}
	}
	page := s.get("/controllo?noto=1/5/2022&noto_ora=17:30", 200)
	lacks(t, page, `type="date" value="2022-05-01"`, `type="time" value="17:30"`, "/controllo/tavoli/t?noto=2022-05-01T17%3A30")
	has(t, page, "noto_ora=")
	lacks(t, s.get("/controllo?noto=31/2/2022", 400), `value="31/2/2022"`)
}

// fetch asks for a page, whatever becomes of it.
func (s *site) fetch(path string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.do(req)
}

// TestTheReadingLogPage looks for who saw what, and takes it away as a sheet.
func TestTheReadingLogPage(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	s.enter(s.tokenFor("controllore", `"auditor"`))
	s.get("/controllo/tavoli/t/elenco", 200)
	log := s.get("/controllo/consultazioni?utenza=controllore", 200)
	lacks(t, log, `<a href="/controllo/tavoli/t">Tavolo t · `, `<option value="tavolo-t">`, `<option value="people">Ricerca di persone`, `<option value="controllore">`, "controllore", "/controllo/consultazioni.csv?utenza=controllore")
	has(t, log, "Segreto")
	lacks(t, s.get("/controllo/consultazioni?oggetto=identita-7f3a1b2c-0000-4000-8000-000000000000", 200), `selected>Persona 7f3a1b2c`)
	lacks(t, s.get("/controllo/consultazioni?dal=2030-01-01", 200), "Nessuna consultazione")
	lacks(t, s.get("/controllo/consultazioni?dal=domani", 400), "<h1")
	lacks(t, s.get("/controllo/consultazioni.csv?dal=domani", 400), "<h1")
}

// TestWhoMayAudit goes through the pages of the audit as those they are not for, and
// as those they are for in part.
func TestWhoMayAudit(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	lacks(t, s.get("/controllo", 200), `name="gettone"`) // nobody signed in: the sign-in
	s.enter(s.tokenFor("accoglienza", `"operator"`))
	s.get("/controllo", 403)
	s.get("/controllo/tavoli/t", 403)
	has(t, s.get("/", 200), `href="/controllo"`)
	s.enter(s.tokenFor("responsabile", `"dpo"`))
	tale := s.get("/controllo/tavoli/t", 200)
	has(t, tale, "Segreto")
	s.get("/controllo", 200)
	s.get("/controllo/consultazioni", 200)
	s.get("/controllo/tavoli/t/elenco", 403)
}

// TestInspectorsSayWhyOnce lets an inspector look after the purpose was told.
func TestInspectorsSayWhyOnce(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	s.tell("/tavoli", `{"id":"fuori","programma":"3031","subject":"Fuori","day":"2022-06-25","mode":"online"}`)
	token := s.tokenFor("ispettore", ``)
	s.tell("/accounts/ispettore/roles", `{"role":"inspector","until":"2022-12-31T00:00","scope":{"tavoli":["t"]}}`)
	s.enter(token)
	lacks(t, s.get("/controllo/tavoli/t", 200), "Perché si guarda?", `value="/controllo/tavoli/t"`)
	if resp, body := s.send("/controllo/finalita", url.Values{"finalita": {strings.Repeat("x", 201)}, "verso": {"/controllo"}}); resp.StatusCode != 422 || !strings.Contains(body, `aria-invalid="true"`) {
		t.Errorf("got %d", resp.StatusCode)
	}
	_, tale := s.send("/controllo/finalita", url.Values{"finalita": {"verbale 12"}, "verso": {"/controllo/tavoli/t"}})
	lacks(t, tale, "Storia del tavolo", "Segreto", "verbale 12")
	lacks(t, s.get("/controllo/tavoli/t/elenco", 200), "Segreto")
	s.get("/controllo/tavoli/fuori", 403)
	_, found := s.send("/controllo/persone", url.Values{"persona": {"segreto"}})
	lacks(t, found, "Segreto")
	s.get("/controllo", 200)

	s.enter(siteToken)
	lacks(t, s.get("/controllo/consultazioni?utenza=ispettore", 200), "verbale 12")
	has(t, s.get("/controllo", 200), "verbale 12") // whoever signs in next is asked anew
}

// TestTheAuditSpeaksEnglish looks at the pages in the other language.
func TestTheAuditSpeaksEnglish(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.populate()
	s.enter(s.tokenFor("controllore", `"auditor"`))
	s.get("/lingua/en", 200)
	lacks(t, s.get("/controllo/tavoli/t?noto=2022-05-01T11:00", 200), "Story of the tavolo", "As the register knew it on 1 May 2022 at 11:00", "Before and after")
	lacks(t, s.get("/controllo/tavoli/t/confronto?prima_noto=1", 200), "The roster at two moments", "Added (1)")
}

// TestProofsOverTheBinary signs, proves, and takes a dossier away, on the pages of the
// program itself.
func TestProofsOverTheBinary(t *testing.T) {
	t.Parallel()
	program := serve(t, t.TempDir())
	proved := at(t, program.must(http.MethodPost, "/programmi", "programma", `{"programma":"3031","title":"COOPERA"}`))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t, &httptest.Server{URL: program.url}, &http.Client{Jar: jar}}
	s.enter(adminToken)
	lacks(t, s.get("/controllo/prove", 200), "Chiavi pubbliche", "Firma ora")
	resp, page := s.send("/controllo/prove", nil)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s", resp.StatusCode, page)
	}
	lacks(t, page, "Il registro è firmato", "Scarica il checkpoint")
	at := regexp.MustCompile(`Fino alla posizione</dt><dd>(\d+)<`).FindStringSubmatch(page)[1]
	lacks(t, s.get("/controllo/prove?posizione="+at, 200), "Prova del fatto alla posizione "+at, "Radice firmata")
	lacks(t, s.get("/controllo/programmi/3031", 200), "?storia=programma-3031")
	lacks(t, s.get("/controllo/prove/"+proved+"?storia=programma-3031", 200), "Aperto il programma", `href="/controllo/programmi/3031"`)
	has(t, s.get("/controllo/prove/"+proved+"?storia=tavolo-altro", 200), "torna alla storia")
	lacks(t, s.get("/controllo/prove/"+at+"/file", 200), "c2sp.org/tlog-proof@v1")
	lacks(t, s.get("/controllo/checkpoint", 200), "\n\n— ")
	lacks(t, s.get("/controllo/prove?posizione=boh", 400), `aria-invalid="true"`)
	s.get("/controllo/prove/boh", 404)
	lacks(t, s.get("/controllo/prove/999999999", 404), "<h1")

	lacks(t, s.get("/controllo/consultazioni.csv", 200), "finalità")
	lacks(t, s.get("/controllo/dossier", 200), "tutto il registro", `value="programma:3031"`)
	resp, zip := s.send("/controllo/dossier", url.Values{"finalita": {"controllo"}, "nomi": {"none"}})
	if resp.StatusCode != 200 || !strings.HasPrefix(zip, "PK") || !strings.Contains(resp.Header.Get("Content-Disposition"), ".zip") {
		t.Errorf("got %d %.80q %v", resp.StatusCode, zip, resp.Header)
	}
	resp, page = s.send("/controllo/dossier", url.Values{"posizione": {"molto"}, "finalita": {"controllo"}})
	if resp.StatusCode != 400 || !strings.Contains(page, `href="#posizione"`) || resp.Header.Get("Content-Disposition") != "" {
		t.Errorf("got %d %s", resp.StatusCode, page)
	}
}
