package tests_test

import (
	"cmp"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// openTavolo sets up a tavolo that people register for by themselves.
func (s *site) openTavolo(more string) {
	s.t.Helper()
	s.tell("/enti", `{"kind":"comune","code":"C356","name":"Castroreale","province":"ME"}`)
	s.tell("/enti", `{"kind":"comune","code":"C351","name":"Catania","province":"CT"}`)
	s.tell("/enti", `{"kind":"ente-gestore","code":"cat","name":"Cooperativa Catania","province":"CT"}`)
	s.tell("/tavoli", `{"id":"t","ordinal":6,"subject":"Abitare","day":"2022-05-25","from":"15:00","to":"17:00","mode":"mixed","place":"Palermo"`+more+`}`)
	s.tell("/tavoli/t/convocation", `{}`)
}

// filled is a form that registers somebody.
func filledForm(key string, change ...string) url.Values {
	form := url.Values{
		"chiave": {key}, "persone": {"1"}, "modo": {"in-presence"}, "ente": {"castoreale"}, "informativa": {"si"}, "sito": {""},
		"p0.given_name": {"Anna"}, "p0.family_name": {"Rossi"}, "p0.email": {"anna@example.org"}, "p0.phone": {""}, "p0.function": {""}, "p0.capacity": {"delegate"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	return form
}

var codeShown = regexp.MustCompile(`<code class="code">([a-z0-9-]+)</code>`)

// TestAnOfficerRegisters goes from the calendar to a seat, sees it, and gives it away.
func TestAnOfficerRegisters(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo(`,"seats":{"in_presence":1}`)
	lacks(t, s.get("/tavoli/t", 200), `href="/tavoli/t/iscrizione"`)
	lacks(t, s.get("/tavoli/t/iscrizione", 200), "Per quale ente", `name="p0.family_name"`, "In presenza", `autocomplete="email"`, "Aggiungi un&#39;altra persona")
	resp, page := s.send("/tavoli/t/iscrizione", filledForm("k1"))
	if resp.Request.URL.Path != "/tavoli/t/iscrizione/fatto" {
		t.Fatalf("got %s: %s", resp.Request.URL, page)
	}
	lacks(t, page, "Posto assegnato")
	code := codeShown.FindStringSubmatch(page)
	if code == nil {
		t.Fatalf("no code is told: %s", page)
	}
	if _, again := s.send("/tavoli/t/iscrizione", filledForm("k1")); !strings.Contains(again, code[1]) {
		t.Error("a double click made another registration")
	}
	_, page = s.send("/tavoli/t/iscrizione", filledForm("k2", "p0.family_name", "Bianchi", "persone", "2", "p1.given_name", "Ugo", "p1.family_name", "Neri"))
	lacks(t, page, "In lista d&#39;attesa, al posto 1", "In lista d&#39;attesa, al posto 2", "Anna Bianchi</span>", "Ugo Neri</span>")

	lacks(t, s.get("/iscrizione?tavolo=t", 200), `name="codice"`, "Abitare")
	mine := func(form ...string) string {
		values := url.Values{"tavolo": {"t"}, "codice": {code[1]}, "chiave": {strings.ReplaceAll(code[1]+strings.Join(form, "-"), " ", "_")}}
		for i := 0; i+1 < len(form); i += 2 {
			values.Set(form[i], form[i+1])
		}
		_, page := s.send("/iscrizione", values)
		return page
	}
	if page := s.get("/iscrizione", 200); !strings.Contains(page, `value="t" selected`) {
		t.Errorf("the only tavolo is not chosen: %s", page)
	}
	s.tell("/tavoli", `{"id":"u","subject":"Altro tavolo","mode":"online","day":"2022-06-22"}`)
	if page := s.get("/iscrizione", 200); strings.Contains(page, "selected") {
		t.Errorf("one of two tavoli is chosen: %s", page)
	}
	if resp, page := s.send("/iscrizione", url.Values{"codice": {code[1]}}); resp.StatusCode != 422 || !strings.Contains(page, `href="#c-tavolo"`) || !strings.Contains(page, `value="`+code[1]+`"`) {
		t.Errorf("without a tavolo: %d %s", resp.StatusCode, page)
	}
	lacks(t, mine(), "Anna Rossi", "Castroreale", "Invita gli enti gestori", "Ritira l&#39;iscrizione")
	lacks(t, mine("azione", "correggi", "given_name", "Anna Maria", "family_name", "Rossi"), "Anna Maria Rossi", "Fatto")
	lacks(t, mine("azione", "correggi", "given_name", "", "family_name", ""), "Alcuni campi non sono validi", `aria-invalid="true"`)
	invitation := codeShown.FindStringSubmatch(mine("azione", "invita"))
	if invitation == nil {
		t.Fatal("no invitation is told")
	}
	_, page = s.send("/tavoli/t/iscrizione", filledForm("k3", "invitato", "si", "invito", invitation[1], "p0.family_name", "Gestore", "modo", "online"))
	lacks(t, page, "Posto assegnato")
	lacks(t, mine("azione", "modo", "modo", "online"), "Passa a: in presenza")
	lacks(t, mine("azione", "sostituisci", "al.email", "x"), `href="#c-al-email"`, `id="c-al-email-errore"`, "Anna Maria Rossi")
	handed := codeShown.FindStringSubmatch(mine("azione", "sostituisci", "al.given_name", "Leo", "al.family_name", "Verdi"))
	if handed == nil {
		t.Fatal("no new code is told")
	}
	lacks(t, mine(), "Il codice non esiste")
	code = handed
	lacks(t, mine(), "Leo Verdi")
	lacks(t, mine("azione", "ritira"), "ritirato")
	if _, page := s.send("/iscrizione", url.Values{"tavolo": {"t"}, "codice": {"indovinato"}}); !strings.Contains(page, "Il codice non esiste") {
		t.Error("a guess was not refused")
	}
}

// TestTheFormIsShownAgain enters what is wrong, and finds it marked and kept.
func TestTheFormIsShownAgain(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo("")
	s.tell("/tavoli/t/questions", `{"questions":[{"id":"pranzo","kind":"yes-no","text":"Pranzo <b>?","english":"Lunch?","required":true},{"id":"gruppo","kind":"choice","text":"Gruppo","choices":["A","B"]}]}`)
	for name, c := range map[string]struct {
		change []string
		status int
		want   string
	}{
		"a bot":              {[]string{"sito", "https://spam.example"}, 422, "questo campo deve restare vuoto"},
		"no notice":          {[]string{"informativa", ""}, 422, `href="#c-informativa"`},
		"no name":            {[]string{"p0.family_name", "", "p0.given_name", ""}, 422, `href="#c-p0-family_name"`},
		"a header":           {[]string{"p0.given_name", "a\r\nBcc: x@y.it"}, 422, `href="#c-p0-given_name"`},
		"a bad address":      {[]string{"p0.email", "x"}, 422, `href="#c-p0-email"`},
		"no mode":            {[]string{"modo", ""}, 422, `id="c-modo-errore"`},
		"no answer":          {nil, 422, `href="#c-p0-q-pranzo"`},
		"several enti":       {[]string{"ente", "catan"}, 422, `value="comune/C351"`},
		"no ente":            {[]string{"ente", "Milano"}, 422, "nessun ente del registro si chiama"},
		"a delegate of none": {[]string{"ente", "", "p0.q.pranzo", "yes"}, 422, `href="#c-ente"`},
		"for nobody":         {[]string{"ente", "", "p0.capacity", "other", "p0.q.pranzo", "yes"}, 200, "Iscrizione ricevuta"},
		"no such choice":     {[]string{"p0.q.gruppo", "C", "p0.q.pranzo", "yes"}, 422, `href="#c-p0-q-gruppo"`},
		"all at once":        {[]string{"informativa", "", "modo", "", "p0.given_name", "", "p0.family_name", ""}, 422, `href="#c-p0-family_name"`},
		"a guessed invite":   {[]string{"invitato", "si", "invito", "indovinato", "p0.q.pranzo", "yes"}, 404, `href="#c-invito"`},
		"201 letters":        {[]string{"p0.family_name", strings.Repeat("x", 201), "p0.q.pranzo", "yes"}, 422, `href="#c-p0-family_name"`},
		"HTML":               {[]string{"p0.family_name", "<script>alert(1)</script>", "ente", "<img>", "p0.q.pranzo", "\"><script>"}, 422, "&lt;script&gt;"},
		"right to left":      {[]string{"p0.family_name", "عبد الله", "p0.q.pranzo", "no", "p0.q.gruppo", "B"}, 200, "Iscrizione ricevuta"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, page := s.send("/tavoli/t/iscrizione", filledForm("again-"+strings.ReplaceAll(name, " ", "_"), c.change...))
			if resp.StatusCode != c.status {
				t.Errorf("got %d", resp.StatusCode)
			}
			lacks(t, page, c.want)
			has(t, page, "<script>alert", "<img>", "<b>?")
			if c.status == 422 && !strings.Contains(page, `value="`+html.EscapeString(cmp.Or(filledForm("", c.change...).Get("p0.email"), "x"))+`"`) {
				t.Error("what was entered is lost")
			}
		})
	}
	_, page := s.send("/tavoli/t/iscrizione", filledForm("k", "azione", "aggiungi", "ente", "catan", "ente.scelta", "comune/C351"))
	lacks(t, page, `value="comune/C351" checked`)
	_, page = s.send("/tavoli/t/iscrizione", filledForm("k", "azione", "aggiungi"))
	lacks(t, page, "Persona 2", `name="p1.email"`, "anna@example.org")
	_, page = s.send("/tavoli/t/iscrizione", filledForm("k", "azione", "cerca", "ente", "catania"))
	lacks(t, page, "Cooperativa Catania", `type="radio"`)
	s.get("/lingua/en", 200)
	lacks(t, s.get("/tavoli/t/iscrizione", 200), "Lunch?", "For which ente")
}

// TestTheTavoloChangesWhileTheFormIsOpen calls it off, and renames the ente, meanwhile.
func TestTheTavoloChangesWhileTheFormIsOpen(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo("")
	s.get("/tavoli/t/iscrizione", 200)
	s.tell("/enti/comune/C356/renaming", `{"name":"Castroreale Terme"}`)
	_, page := s.send("/tavoli/t/iscrizione", filledForm("k1", "ente", "Castroreale", "ente.scelta", "comune/C356"))
	lacks(t, page, "Posto assegnato")
	s.tell("/tavoli/t/calling-off", `{"reason":"sciopero"}`)
	resp, page := s.send("/tavoli/t/iscrizione", filledForm("k2"))
	if resp.StatusCode != http.StatusConflict {
		t.Errorf("got %d", resp.StatusCode)
	}
	lacks(t, page, "annullato")
	resp, _ = s.send("/tavoli/t/iscrizione", filledForm("k3"), "Origin", "https://altrove.example", "Sec-Fetch-Site", "cross-site")
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("another site may register people: %d", resp.StatusCode)
	}
}

// TestConfirmingByPage shows no code where an address has to be confirmed.
func TestConfirmingByPage(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo("")
	s.tell("/tavoli/t/admission", `{"confirm_email":true}`)
	_, page := s.send("/tavoli/t/iscrizione", filledForm("k1"))
	lacks(t, page, "Da confermare entro 24 ore")
	has(t, page, `class="code"`)
	var list struct {
		Items []struct{ Participant string }
	}
	s.ask("/tavoli/t/registrations?state=pending", &list)
	if len(list.Items) != 1 {
		t.Fatalf("got %+v", list)
	}
	var issued struct{ Code string }
	if err := json.Unmarshal([]byte(s.tell("/tavoli/t/registrations/"+list.Items[0].Participant+"/code", `{}`)), &issued); err != nil {
		t.Fatal(err)
	}
	before := s.get("/iscrizione?tavolo=t", 200)
	has(t, before, "Anna")
	form := url.Values{"tavolo": {"t"}, "codice": {issued.Code}}
	if _, page = s.send("/iscrizione", form); !strings.Contains(page, "Conferma l&#39;iscrizione") {
		t.Errorf("got %s", page)
	}
	form.Set("azione", "conferma")
	for range 2 { // two tabs
		_, page = s.send("/iscrizione", form)
		lacks(t, page, "iscritto")
	}
}

func TestTheScheda(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo("")
	lacks(t, s.get("/adesione", 200), "Referente", `name="p0.from"`)
	form := filledForm("a1", "p0.from", "2022-06-01")
	resp, page := s.send("/adesione", form)
	if resp.Request.URL.RequestURI() != "/adesione/fatto" {
		t.Fatalf("got %s: %s", resp.Request.URL, page)
	}
	lacks(t, page, "Scheda inviata", "Castroreale", "Anna Rossi", "segreteria@example.it", "Che cosa succede ora")
	sent := regexp.MustCompile(`name="scheda" value="([^"]+)".*name="codice" value="([^"]+)"`).FindStringSubmatch(page)
	if sent == nil {
		t.Fatalf("the scheda cannot be printed: %s", page)
	}
	_, page = s.send("/adesione/scheda", url.Values{"scheda": {sent[1]}, "codice": {sent[2]}, "formato": {"html"}})
	lacks(t, page, "Scheda di adesione al Coordinamento", "Rossi", "Luogo, data e firma")
	if resp, page = s.send("/adesione/scheda", url.Values{"scheda": {sent[1]}, "codice": {sent[2]}, "formato": {"pdf"}}); !strings.HasPrefix(page, "%PDF-") || resp.Header.Get("Content-Disposition") == "" {
		t.Errorf("got %s %.40s", resp.Header, page)
	}
	if resp, page = s.send("/adesione/scheda", url.Values{"scheda": {sent[1]}, "codice": {"indovinato"}}); resp.StatusCode != http.StatusNotFound || strings.Contains(page, "Rossi") {
		t.Errorf("got %d", resp.StatusCode)
	}
	s.send("/adesione", form)
	var list struct {
		Items []struct{ Adhesion, State string }
	}
	s.ask("/adhesions", &list)
	if len(list.Items) != 1 || list.Items[0].State != "requested" {
		t.Errorf("got %+v", list)
	}
	_, page = s.send("/adesione", filledForm("a2", "ente", "", "p0.email", ""))
	lacks(t, page, "Alcuni campi non sono validi", `href="#c-ente"`)
	_, page = s.send("/adesione", filledForm("a3", "p0.email", ""))
	lacks(t, page, `href="#c-p0-email"`)
}

// TestAnEnteThatIsNotListed asks to join, and staff make it known when they approve.
func TestAnEnteThatIsNotListed(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo("")
	_, page := s.send("/adesione", filledForm("b0", "ente", "ATS Nebrodi", "azione", "cerca"))
	lacks(t, page, "nessun ente del registro si chiama", "<details class=\"field\" open>", `name="proposto.name"`)
	lacks(t, page, `value="ATS Nebrodi"`)
	_, page = s.send("/adesione", filledForm("b1", "ente", "", "proposto.name", "ATS Nebrodi", "proposto.kind", "altro", "proposto.province", "messina"))
	lacks(t, page, `href="#c-proposto-province"`, `id="c-proposto-province-errore"`)
	proposal := filledForm("b2", "ente", "", "proposto.name", "ATS <b>Nebrodi", "proposto.kind", "altro", "proposto.province", "me", "nota", "chiamare la dottoressa")
	_, page = s.send("/adesione", proposal)
	lacks(t, page, "Scheda inviata", "ATS &lt;b&gt;Nebrodi (ME)")
	s.send("/adesione", proposal) // a double click
	if found := s.get("/api/v1/public/enti?q=nebrodi", 200); strings.Contains(found, "Nebrodi") {
		t.Errorf("a stranger made an ente known: %s", found)
	}
	desk{site: s}.as(siteToken)
	list := s.get("/segreteria/adesioni", 200)
	lacks(t, list, "ATS &lt;b&gt;Nebrodi (ME)", "non in elenco", "chiamare la dottoressa", "Registra l&#39;ente e approva")
	if strings.Count(list, "<article") != 1 {
		t.Errorf("got %s", list)
	}
	to := regexp.MustCompile(`/segreteria/adesioni/altro/non-in-elenco/[0-9a-f-]+/registrazione`).FindString(list)
	scheda := s.get(strings.TrimSuffix(to, "registrazione")+"scheda", 200)
	lacks(t, scheda, "ATS &lt;b&gt;Nebrodi", "non in elenco", "Rappresentante dell&#39;ente")
	has(t, scheda, "non-in-elenco")
	lacks(t, s.get(to, 200), `value="ATS &lt;b&gt;Nebrodi"`, `value="ME"`)
	form := url.Values{"chiave": {"r1"}, "as.name": {"ATS Nebrodi"}, "as.kind": {"altro"}, "as.code": {"ats nebrodi"}, "as.province": {"ME"}}
	resp, page := s.send(to, form)
	if resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("got %d", resp.StatusCode)
	}
	lacks(t, page, `href="#c-as-code"`)
	form.Set("chiave", "r2")
	form.Set("as.code", "ats-nebrodi")
	_, page = s.send(to, form)
	lacks(t, page, "accolta", "registrato come")
	lacks(t, s.get("/api/v1/public/enti?q=nebrodi", 200), "ats-nebrodi")
	lacks(t, s.get("/segreteria/enti/altro/ats-nebrodi", 200), "ATS Nebrodi", "Anna Rossi")
}

// TestGoingBackToTheForm registers somebody else with the form that the browser kept.
func TestGoingBackToTheForm(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo("")
	s.send("/tavoli/t/iscrizione", filledForm("k1"))
	resp, page := s.send("/tavoli/t/iscrizione", filledForm("k1", "p0.family_name", "Bianchi"))
	if resp.StatusCode != http.StatusConflict {
		t.Errorf("got %d", resp.StatusCode)
	}
	lacks(t, page, "già stato inviato con altri dati", `value="Bianchi"`)
	key := regexp.MustCompile(`name="chiave" value="([^"]+)"`).FindStringSubmatch(page)
	if key == nil || key[1] == "k1" {
		t.Fatalf("the form cannot be sent again: %v", key)
	}
	_, page = s.send("/tavoli/t/iscrizione", filledForm(key[1], "p0.family_name", "Bianchi"))
	lacks(t, page, "Anna Bianchi", "Posto assegnato")
}

// TestAReferenteRegistersColleagues registers several at once, each in a mode of their
// own, and changes its mind about one.
func TestAReferenteRegistersColleagues(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo(`,"seats":{"in_presence":2}`)
	form := filledForm("c1", "persone", "3", "p0.capacity", "referente", "p1.given_name", "Via", "p1.family_name", "Subito", "p1.modo", "", "p2.given_name", "Lea", "p2.family_name", "Lontana", "p2.modo", "online", "p2.capacity", "delegate", "azione", "togli.1")
	_, page := s.send("/tavoli/t/iscrizione", form)
	has(t, page, "Subito", "Persona 3")
	lacks(t, page, `name="p1.family_name" type="text" value="Lontana"`, "Persona 2", `<option value="online" selected>`)
	form = filledForm("c1", "persone", "2", "p0.capacity", "referente", "p1.given_name", "Lea", "p1.family_name", "Lontana", "p1.modo", "online", "p1.capacity", "delegate", "p1.email", "x")
	_, page = s.send("/tavoli/t/iscrizione", form)
	lacks(t, page, `href="#c-p1-email"`)
	form.Set("p1.email", "")
	_, page = s.send("/tavoli/t/iscrizione", form)
	lacks(t, page, "Anna Rossi", "Lea Lontana")
	var list struct {
		Items []struct{ Mode, Capacity string }
	}
	s.ask("/tavoli/t/registrations", &list)
	if len(list.Items) != 2 || list.Items[0].Mode == list.Items[1].Mode || list.Items[0].Capacity == list.Items[1].Capacity {
		t.Errorf("got %+v", list)
	}
	lacks(t, s.get("/tavoli/t", 200), "1 libero", "senza limite")
	lacks(t, s.get("/tavoli/t/iscrizione", 200), "1 posto libero")
	codes := codeShown.FindAllStringSubmatch(page, -1)
	s.send("/iscrizione", url.Values{"tavolo": {"t"}, "codice": {codes[0][1]}, "chiave": {"w1"}, "azione": {"ritira"}})
	lacks(t, s.get("/tavoli/t/iscrizione/fatto", 200), "Anna Rossi") // who reloads the page sees how things stand
}

// TestWhoHasNotConfirmedTakesItBack finds nothing that is refused afterwards.
func TestWhoHasNotConfirmedTakesItBack(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo("")
	s.tell("/tavoli/t/admission", `{"confirm_email":true}`)
	s.send("/tavoli/t/iscrizione", filledForm("k1"))
	var list struct {
		Items []struct{ Participant string }
	}
	s.ask("/tavoli/t/registrations?state=pending", &list)
	var issued struct{ Code string }
	if err := json.Unmarshal([]byte(s.tell("/tavoli/t/registrations/"+list.Items[0].Participant+"/code", `{}`)), &issued); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"tavolo": {"t"}, "codice": {issued.Code}, "chiave": {"a"}}
	_, page := s.send("/iscrizione", form)
	has(t, page, "Passa a", "al mio posto", "Invita gli enti")
	lacks(t, page, "Conferma l&#39;iscrizione", "Correggi i miei dati")
	form.Set("azione", "ritira")
	for range 2 {
		_, page = s.send("/iscrizione", form)
		lacks(t, page, "ritirato")
	}
}

// TestPublicSides looks at the pages beside: an attestato that is none, calendars, a
// tavolo that is over.
func TestPublicSides(t *testing.T) {
	s := newSite(t, firstOfMay)
	s.openTavolo("")
	s.tell("/tavoli", `{"id":"ieri","subject":"Ieri","day":"2022-04-30","from":"10:00","to":"12:00","mode":"online"}`)
	s.tell("/tavoli/ieri/convocation", `{}`)
	has(t, s.get("/tavoli/ieri", 200), "/tavoli/ieri/iscrizione", "calendario.ics\">")
	lacks(t, s.get("/tavoli/ieri/iscrizione", 200), "si è già tenuto")
	if resp, _ := s.send("/tavoli/ieri/iscrizione", filledForm("k1", "modo", "online")); resp.StatusCode != http.StatusConflict {
		t.Errorf("got %d", resp.StatusCode)
	}
	lacks(t, s.get("/calendario.ics", 200), "BEGIN:VCALENDAR", "UID:tavolo-ieri@tavoli", "SUMMARY:6° tavolo: Abitare")
	lacks(t, s.get("/tavoli/t/calendario.ics", 200), "UID:tavolo-t@tavoli")
	s.get("/tavoli/nessuno/calendario.ics", 404)
	lacks(t, s.get("/attestati", 200), `name="codice"`)
	_, page := s.send("/attestati", url.Values{"codice": {" AB12-cd34 "}})
	lacks(t, page, "Nessun attestato con questo codice", "ab12cd34")
	resp, page := s.send("/attestati", url.Values{"codice": {"<script>"}})
	if resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("got %d", resp.StatusCode)
	}
	lacks(t, page, `href="#c-codice"`, "&lt;script&gt;")
	lacks(t, s.get("/?vista=mese&mese=2022-01", 200), "In questo mese non c&#39;è alcun tavolo")
	lacks(t, s.get("/?vista=mese&mese=2022-05", 200), `<span class="weekday">mer </span><time datetime="2022-05-25">25`)
}

// ask asks the API as staff, once it has seen all that was written.
func (s *site) ask(path string, into any) {
	s.t.Helper()
	var at struct{ Position string }
	if err := json.Unmarshal([]byte(s.tell("/tavoli", `{"id":"ora-`+at.Position+`x","subject":"x","day":"2022-06-01","mode":"online"}`)), &at); err != nil {
		s.t.Fatal(err)
	}
	glue := "?"
	if strings.Contains(path, "?") {
		glue = "&"
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.server.URL+"/api/v1"+path+glue+"at_least="+at.Position, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+siteToken)
	resp, body := s.do(req)
	if err := json.Unmarshal([]byte(body), into); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %d %s", path, resp.StatusCode, body)
	}
}
