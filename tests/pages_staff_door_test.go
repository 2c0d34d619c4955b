package tests_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var (
	areas    = regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>`)
	selected = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

// entered returns what a page would send as it stands, apart from its buttons.
func entered(body string) url.Values {
	form, page := url.Values{}, mainOf(body)
	for _, tag := range control.FindAllString(page, -1) {
		has := attributesOf(tag)
		box := has["type"] == "checkbox" || has["type"] == "radio"
		if has["name"] != "" && strings.HasPrefix(tag, "<input") && (!box || strings.Contains(tag, " checked")) {
			form.Set(has["name"], html.UnescapeString(has["value"]))
		}
	}
	for _, m := range areas.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for _, m := range choice.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], "")
		if o := selected.FindStringSubmatch(m[0]); o != nil {
			form.Set(m[1], html.UnescapeString(o[1]))
		}
	}
	return form
}

// press presses a button of a form that changes the form alone.
func (d desk) press(path string, form url.Values, button string) (url.Values, string) {
	d.t.Helper()
	form.Set("azione", button)
	resp, body := d.send(path, form)
	if resp.StatusCode != 200 || resp.Request.Method != http.MethodPost {
		d.t.Fatalf("%s %s: got %d at %s: %s", path, button, resp.StatusCode, resp.Request.URL, mainOf(body))
	}
	return entered(body), mainOf(body)
}

// TestQuestionsAreAsked lays out the questions of a tavolo by the form alone, in an
// order, and sees them asked.
func TestQuestionsAreAsked(t *testing.T) {
	d := staffSite(t)
	const at = "/segreteria/tavoli/t/domande"
	form := entered(d.get(at, 200))
	form.Set("questions.0.text", "Esigenze alimentari?")
	form, body := d.press(at, form, "questions.add")
	lacks(t, body, `value="Esigenze alimentari?"`, `name="questions.1.text"`, "Domanda 2", "autofocus")
	if strings.Contains(d.api("/tavoli/t/form"), "Esigenze") {
		t.Error("a row that is added is no question yet")
	}
	form.Set("questions.1.text", "Come viaggia?")
	form.Set("questions.1.kind", "choice")
	resp, body := d.send(at, form)
	if resp.StatusCode != 422 {
		t.Errorf("a choice without choices: got %d", resp.StatusCode)
	}
	lacks(t, mainOf(body), `href="#c-questions-1-choices"`, "Domanda 2, Risposte", `id="c-questions-1-choices-errore"`)
	form.Set("questions.1.choices", "in treno\r\nin auto\r\n\r\n")
	form.Set("questions.1.required", "si")
	form, body = d.press(at, form, "questions.1.up")
	if strings.Index(body, "Come viaggia?") > strings.Index(body, "Esigenze") {
		t.Errorf("it did not move up: %s", body)
	}
	form, _ = d.press(at, form, "questions.add") // and nothing is entered there
	if resp, body := d.send(at, form); resp.StatusCode != 200 || !strings.Contains(body, "Come viaggia?") {
		t.Fatalf("got %d: %s", resp.StatusCode, mainOf(body))
	}
	const want = `[{"id":"come-viaggia","kind":"choice","text":"Come viaggia?","required":true,"choices":["in treno","in auto"]},{"id":"esigenze-alimentari","kind":"text","text":"Esigenze alimentari?"}]`
	lacks(t, d.api("/tavoli/t/form"), want)
	lacks(t, d.get("/tavoli/t/iscrizione", 200), "Come viaggia?", "in treno", "Esigenze alimentari?")

	again := d.get(at, 200)
	lacks(t, again, `value="come-viaggia"`, "in treno\nin auto")
	first, second := entered(again), entered(d.get(at, 200))
	for _, f := range []url.Values{first, second} {
		f.Set("questions.0.text", "Come arriva?")
		f.Set("questions.0.kind", "text")
	}
	first, body = d.press(at, first, "questions.1.drop")
	has(t, body, "Esigenze")
	if resp, body := d.send(at, first); resp.StatusCode != 200 {
		t.Fatalf("got %d: %s", resp.StatusCode, mainOf(body))
	}
	lacks(t, d.api("/tavoli/t/form"), `"questions":[{"id":"come-viaggia","kind":"text","text":"Come arriva?","required":true}]`)
	resp, body = d.send(at, second)
	if resp.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("a second secretary: got %d", resp.StatusCode)
	}
	lacks(t, mainOf(body), "Nel frattempo", "Ora vale")

	gone := entered(d.get(at, 200))
	gone, _ = d.press(at, gone, "questions.0.drop")
	d.send(at, gone)
	lacks(t, d.api("/tavoli/t/form"), `"questions":[]`)
}

// TestAdmissionIsShown finds in the form what holds, and changes it.
func TestAdmissionIsShown(t *testing.T) {
	d := staffSite(t)
	const at = "/segreteria/tavoli/t/ammissione"
	has(t, mainOf(d.get(at, 200)), " checked")
	d.does(at, "staff_only", "si", "confirm_email", "si", "offer_hours", "24")
	page := mainOf(d.get(at, 200))
	lacks(t, page, `value="24"`)
	if n := strings.Count(page, " checked"); n != 2 {
		t.Errorf("%d boxes are ticked: %s", n, page)
	}
	lacks(t, d.get("/segreteria/tavoli/t", 200), "solo dalla segreteria", "24 ore")
	first, second := entered(d.get(at, 200)), entered(d.get(at, 200))
	first.Set("offer_hours", "48")
	second.Set("offer_hours", "12")
	d.send(at, first)
	resp, body := d.send(at, second)
	if resp.StatusCode != http.StatusPreconditionFailed || !strings.Contains(body, "Ora vale: <strong>48</strong>") {
		t.Errorf("got %d: %s", resp.StatusCode, mainOf(body))
	}
	lacks(t, d.api("/tavoli/t/form"), `"staff_only":true`, `"offer_hours":48`)
}

// TestWhatIsLeftToDo finds on the first page what waits, each with the way to where it
// is done, and no way that is closed to the visitor.
func TestWhatIsLeftToDo(t *testing.T) {
	d := staffSite(t)
	d.tell("/tavoli/t/seats", `{"in_presence":0,"online":1}`)
	d.tell("/tavoli/t/registrations", `{"family_name":"Uno","mode":"online"}`)
	d.tell("/tavoli/t/registrations", `{"family_name":"Due","mode":"online"}`)
	d.tell("/adhesions", `{"ente":{"kind":"comune","code":"G273"},"referenti":[{"family_name":"Bianchi","email":"rosa@example.org"}],"notice":"1"}`)
	page := mainOf(d.get("/segreteria", 200))
	lacks(t, page, "Una persona attende un posto", "/segreteria/tavoli/t/iscritti?stato=waiting", "Una richiesta di adesione attende una decisione", "/segreteria/adesioni?stato=requested", "Convocare")
	lacks(t, mainOf(d.get("/segreteria/tavoli/t/iscritti?stato=waiting", 200)), "Due")
	has(t, page, "Nulla resta")
	d.as(d.account("banco", "operator"))
	page = mainOf(d.get("/segreteria", 200))
	lacks(t, page, "Una persona attende un posto")
	has(t, page, "adesione", "Convocare")
	d.as(d.account("controllo", "auditor"))
	lacks(t, mainOf(d.get("/segreteria", 200)), "Nulla resta da fare")
}
