package tests_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestNamesRegisteredTwice finds one name twice for one ente, links the two and
// withdraws one.
func TestNamesRegisteredTwice(t *testing.T) {
	d := staffSite(t)
	d.tell("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","email":"anna@example.org","mode":"online","ente":{"kind":"comune","code":"G273"},"effective_at":"2022-05-21T09:00"}`)
	has(t, d.get("/segreteria/tavoli/t/iscritti", 200), "doppioni")
	d.tell("/tavoli/t/registrations", `{"given_name":"ANNA","family_name":"Rossi","email":"a.rossi@example.org","mode":"online","ente":{"kind":"comune","code":"G273"},"distinct":true}`)
	const at = "/segreteria/tavoli/t/doppioni"
	lacks(t, d.get("/segreteria/tavoli/t/iscritti", 200), `href="`+at+`"`, "Un nome risulta iscritto due volte")
	lacks(t, d.get("/segreteria", 200), `href="`+at+`"`)
	page := d.get(at, 200)
	lacks(t, page, "Palermo (PA)", "anna@example.org", "a.rossi@example.org")
	link := regexp.MustCompile(`/segreteria/persone/[0-9a-f-]+/collegamento\?as=[0-9a-f-]+`).FindString(page)
	lacks(t, d.get(link, 200), " selected>Anna Rossi")
	path, as, _ := strings.Cut(link, "?as=")
	d.does(path, "as", as, "reason", "iscritta due volte")
	withdrawal := regexp.MustCompile(`/segreteria/tavoli/t/iscritti/[0-9a-f-]+/ritiro`).FindAllString(page, -1)
	d.does(withdrawal[len(withdrawal)-1], "reason", "iscritta due volte")
	lacks(t, d.get(at, 200), "Nessun nome risulta iscritto due volte")
	d.as(d.account("controllo", "auditor"))
	d.get(at, 403)
}

// TestANewCode tells the new code of a registration once, the same for a double click,
// and opens the registration with it.
func TestANewCode(t *testing.T) {
	d := staffSite(t)
	d.does("/segreteria/tavoli/t/iscrizione", "given_name", "Anna", "family_name", "Rossi", "mode", "online")
	at := "/segreteria/tavoli/t/iscritti/" + d.people()["Anna Rossi"]
	lacks(t, d.get(at, 200), at+"/codice")
	form := d.fill(at + "/codice")
	code := regexp.MustCompile(`<code class="code">([a-z0-9-]+)</code>`)
	var told []string
	for range 2 {
		resp, body := d.send(at+"/codice", form)
		if resp.StatusCode != 200 || resp.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("got %d, %s: %s", resp.StatusCode, resp.Header.Get("Cache-Control"), mainOf(body))
		}
		told = append(told, code.FindStringSubmatch(mainOf(body))[1])
	}
	if told[0] != told[1] {
		t.Errorf("a double click makes another code: %v", told)
	}
	has(t, d.get(at, 200), told[0])
	lacks(t, d.tell("/tavoli/t/my-registration", `{"code":"`+told[0]+`"}`), `"registered"`)
}

// TestWorkingGroups forms a group, puts people into it on the roster, and takes one out.
func TestWorkingGroups(t *testing.T) {
	d := staffSite(t)
	for _, name := range []string{"Uno", "Due", "Tre"} {
		d.does("/segreteria/tavoli/t/iscrizione", "family_name", name, "mode", "online")
	}
	ids := d.people()
	const at = "/segreteria/tavoli/t"
	form := d.fill(at+"/gruppo", "title", "Minori non accompagnati")
	for range 2 { // a double click
		if resp, body := d.send(at+"/gruppo", form); resp.StatusCode != 200 {
			t.Fatalf("got %d: %s", resp.StatusCode, mainOf(body))
		}
	}
	page := mainOf(d.get(at, 200))
	if n := strings.Count(page, "<strong>Minori non accompagnati</strong>"); n != 1 {
		t.Fatalf("there are %d groups: %s", n, page)
	}
	change := regexp.MustCompile(at + `/gruppi/([a-z0-9-]+)/modifica`).FindStringSubmatch(page)
	put := func(names ...string) string {
		t.Helper()
		form := d.fill(at+"/iscritti", "che", "gruppo."+change[1])
		for _, name := range names {
			form.Add("scelta", ids[name])
		}
		resp, body := d.send(at+"/insieme", form)
		if resp.StatusCode != 200 || resp.Request.Method != http.MethodGet {
			t.Fatalf("got %d: %s", resp.StatusCode, mainOf(body))
		}
		return mainOf(d.get(at, 200))
	}
	lacks(t, put("Uno", "Due"), "</strong>: Uno, Due <a")
	d.does(at+"/iscritti/"+ids["Uno"]+"/ritiro", "reason", "malattia")
	lacks(t, put("Due", "Tre"), "</strong>: Due, Tre <a") // who is registered no longer leaves
	members := entered(d.get(change[0], 200))
	if len(members["members"]) != 1 { // url.Values of the last box; both are ticked
		t.Fatalf("got %v", members)
	}
	members["members"] = []string{ids["Tre"]}
	members.Set("title", "Minori")
	if resp, body := d.send(change[0], members); resp.StatusCode != 200 || !strings.Contains(body, "<strong>Minori</strong>: Tre <a") {
		t.Errorf("got %d: %s", resp.StatusCode, mainOf(body))
	}
	resp, body := d.send(at+"/insieme", d.fill(at+"/iscritti", "che", "conferma"))
	if resp.StatusCode != 422 || !strings.Contains(body, "Scegliere prima le persone") {
		t.Errorf("nobody is chosen: got %d: %s", resp.StatusCode, mainOf(body))
	}
	d.get(at+"/gruppi/nessuno/modifica", 404)
}

// TestMaterialsAndPresencesRest names authors of a material, and the document on which
// a presence rests.
func TestMaterialsAndPresencesRest(t *testing.T) {
	d := staffSite(t)
	const at = "/segreteria/tavoli/t"
	has(t, d.get(at+"/materiale", 200), "Autori")
	d.does(at+"/relatore", "given_name", "Elio", "family_name", "Tozzi")
	elio := regexp.MustCompile(`name="authors" value="([0-9a-f-]+)"`).FindStringSubmatch(d.get(at+"/materiale", 200))
	d.does(at+"/materiale", "title", "Le slide", "kind", "slides", "authors", elio[1])
	lacks(t, mainOf(d.get(at, 200)), "Le slide", "Elio Tozzi")
	lacks(t, d.api("/tavoli/t"), `"authors":[{"person":"`+elio[1]+`","name":"Elio Tozzi"}]`)

	d.does(at+"/iscrizione", "family_name", "Verdi", "mode", "online")
	filed := d.tellFile("/tavoli/t/evidence?kind=signature-sheet&title=Foglio+firme", "firme")
	who := at + "/iscritti/" + d.people()["Verdi"] + "/presenza"
	lacks(t, d.get(who, 200), `name="evidence" value="`+filed+`"`, "Foglio firme, foglio firme")
	d.does(who, "from", "2022-05-25T15:00", "to", "2022-05-25T15:20", "source", "sheet", "evidence", filed)
	lacks(t, d.api("/tavoli/t/presences"), `"evidence":["`+filed+`"]`)
}

// tellFile files a document by the API and returns its hash.
func (d desk) tellFile(path, content string) string {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.server.URL+"/api/v1"+path, strings.NewReader(content))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/pdf")
	req.Header.Set("Authorization", "Bearer "+siteToken)
	_, answer := d.do(req)
	var made struct{ SHA256, Position string }
	if err := json.Unmarshal([]byte(answer), &made); err != nil || made.SHA256 == "" {
		d.t.Fatalf("%v: %s", err, answer)
	}
	d.get("/api/v1/programmi?at_least="+made.Position, 200)
	return made.SHA256
}

// TestTheLayoutOfReports lays out the table of persons by the form alone.
func TestTheLayoutOfReports(t *testing.T) {
	d := staffSite(t)
	const at = "/segreteria/programmi/3031/tracciato"
	lacks(t, d.get("/segreteria/programmi/3031", 200), `href="`+at+`"`)
	form := entered(d.get(at, 200))
	if form.Get("columns.0.name") != "Riga" || form.Get("rows") != "present" {
		t.Fatalf("the built-in layout is not there to begin with: %v", form)
	}
	for form.Get("columns.2.name") != "" {
		form, _ = d.press(at, form, "columns.2.drop")
	}
	form.Set("title", "Autorità delegata")
	form.Set("columns.0.name", "Modalità")
	form.Set("columns.0.source", "mode")
	form.Set("columns.0.codes", "in-presence P")
	form.Set("columns.1.name", "Avviso")
	form.Set("columns.1.source", "constant")
	form.Set("columns.1.constant", "FAMI 3031")
	resp, body := d.send(at, form)
	if resp.StatusCode != 422 {
		t.Errorf("got %d", resp.StatusCode)
	}
	lacks(t, mainOf(body), `href="#c-columns-0-codes"`, "Colonna 1, Codici", "manca il segno di uguale")
	form.Set("columns.0.codes", "in-presence = P\r\nonline = O\r\n= -")
	if resp, body := d.send(at, form); resp.StatusCode != 200 || !strings.Contains(body, "Fatto: Tracciato") {
		t.Fatalf("got %d: %s", resp.StatusCode, mainOf(body))
	}
	lacks(t, d.api("/programmi/3031/report-mapping"), `"title":"Autorità delegata"`,
		`"columns":[{"name":"Modalità","source":"mode","codes":[{"from":"in-presence","to":"P"},{"from":"online","to":"O"},{"from":"","to":"-"}]},{"name":"Avviso","constant":"FAMI 3031"}]`)
	again := entered(d.get(at, 200))
	if again.Get("columns.0.codes") != "in-presence = P\nonline = O\n= -" || again.Get("columns.1.constant") != "FAMI 3031" || again.Get("columns.1.source") != "constant" {
		t.Errorf("what was laid out is not shown: %v", again)
	}
	d.does(at + "-predefinito")
	lacks(t, d.api("/programmi/3031/report-mapping"), `"built_in":true`)
}

// TestWhoJoins sets everybody's address and one person's own, and is told who sees which.
func TestWhoJoins(t *testing.T) {
	d := staffSite(t)
	const at = "/segreteria/tavoli/t"
	lacks(t, d.get(at+"/collegamento", 200), "oggi nessuno")
	d.does(at+"/iscrizione", "family_name", "Verdi", "mode", "online")
	d.does(at+"/iscrizione", "family_name", "Neri", "mode", "in-presence")
	d.does(at+"/collegamento", "url", "https://example.org/tutti")
	lacks(t, d.get(at+"/collegamento", 200), "oggi una persona", `value="https://example.org/tutti"`, at+"/iscritti?modo=online")
	ids := d.people()
	own := at + "/iscritti/" + ids["Verdi"] + "/collegamento"
	lacks(t, d.get(at+"/iscritti/"+ids["Verdi"], 200), own)
	has(t, d.get(at+"/iscritti/"+ids["Neri"], 200), "/collegamento\"")
	lacks(t, d.get(at+"/iscritti/"+ids["Neri"]+"/collegamento", 200), "oggi non lo vede")
	lacks(t, d.get(own, 200), "Oggi vale l&#39;indirizzo di tutti", "Verdi lo vede")
	d.does(own, "url", "https://example.org/verdi")
	lacks(t, d.get(own, 200), "Ne ha già uno")
	has(t, d.get(own, 200), "https://example.org/verdi")
	lacks(t, d.get(at+"/collegamento", 200), "Ha un indirizzo proprio, e vede quello: Verdi")
	has(t, d.api("/tavoli/t/join-link"), "https://example.org/verdi")
	d.refuses(at+"/collegamento", 422, []string{`aria-invalid="true"`}, "url", "boh")
}

// TestAnswersAreShown shows what somebody answered beside what was asked.
func TestAnswersAreShown(t *testing.T) {
	d := staffSite(t)
	d.tell("/tavoli/t/questions", `{"questions":[{"id":"dieta","kind":"text","text":"Esigenze <b>alimentari</b>?"}]}`)
	d.tell("/tavoli/t/requests", `{"people":[{"family_name":"Verdi","email":"v@example.org","mode":"online","answers":[{"question":"dieta","answer":"senza glutine"}]}],"notice":"1"}`)
	lacks(t, mainOf(d.get("/segreteria/tavoli/t/iscritti/"+d.people()["Verdi"], 200)), "Esigenze &lt;b&gt;alimentari", "senza glutine")
	d.does("/segreteria/persone/"+d.people()["Verdi"]+"/rettifica", "family_name", "Verdi", "email", "v@example.org", "function", "Assessora", "reason", "nomina")
	lacks(t, mainOf(d.get("/segreteria/tavoli/t/iscritti/"+d.people()["Verdi"], 200)), "Assessora", "senza glutine")
}

// TestLettersAreCounted sends thanks, and is told how many go out and who has no address.
func TestLettersAreCounted(t *testing.T) {
	d := postSite(t)
	d.tell("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","email":"anna@example.it"}`)
	d.tell("/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Neri"}`)
	const at = "/segreteria/tavoli/t/lettere"
	form := d.fill(at, "kind", "reminder")
	for range 2 { // a double click
		resp, body := d.send(at, form)
		if resp.StatusCode != 200 {
			t.Fatalf("got %d: %s", resp.StatusCode, mainOf(body))
		}
		lacks(t, mainOf(body), "Una lettera è in partenza", "/segreteria/lettere?tavolo=t", "Chi non ha un indirizzo", ">Ugo Neri</a>")
	}
	lacks(t, d.api("/letters?kind=reminder"), `"kind":"reminder"`)
	if n := strings.Count(d.api("/letters?kind=reminder"), `"kind":"reminder"`); n != 1 {
		t.Errorf("%d letters were queued", n)
	}
}
