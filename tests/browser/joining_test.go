package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tavoli/tests/smtptest"
)

// TestAnEnteJoins plays how a comune joins the coordinamento: an officer fills in the
// scheda on the phone, the secretariat looks at it and accepts it, and whom it names
// is told. Another request is not accepted.
func TestAnEnteJoins(t *testing.T) {
	server := smtptest.New(t, smtptest.Settings{})
	s := newStage(t, posted(t, server)...)
	for _, e := range []string{`"Castroreale","kind":"comune","code":"C347"`, `"Bronte","kind":"comune","code":"B202"`} {
		s.tell(t, "/enti", `{"name":`+e+`,"province":"ME"}`, nil)
	}
	officer := s.visitor(t)
	officer.fillsScheda("castroreale", "Castroreale", "Concetta")
	officer.fillsScheda("brnte", "Bronte", "Rocco")

	v := s.visitor(t)
	v.signsIn("rosalia", "Ufficio tavoli", "staff")
	v.press("Segreteria")
	v.open("/segreteria/adesioni")
	v.sees("Castroreale", "Concetta Inventata", "Bronte", "Rocco Inventata")
	v.sound()
	v.shoot("adesioni")
	v.guide("adesioni", "h1")
	v.decides("Castroreale", "Approva l'adesione", "scheda", "Prot. 1/2026")
	v.decides("Bronte", "Non accogliere l'adesione", "reason", "il comune non ha progetti SAI")
	v.sees("Castroreale accolta", "Bronte rifiutata", "il comune non ha progetti SAI")
	v.shoot("adesioni-decise")
	arrives(t, server, "concetta@example.it", "Adesione").says(t, "Castroreale")
	arrives(t, server, "rocco@example.it", "Adesione").says(t, "Bronte", "il comune non ha progetti SAI")
	v.open("/segreteria/enti/comune/C347")
	v.sees("Concetta Inventata", "sindaca")
}

// fillsScheda asks for an ente to join, on the phone.
func (v *visitor) fillsScheda(typed, ente, name string) {
	v.t.Helper()
	v.screen(narrow)
	v.open("/adesione")
	v.fill("#c-ente", typed)
	v.comes(ente + " (ME)")
	v.do("choose the ente", chromedp.Tap(chromedp.CSS("[data-trovati] label")))
	v.answers("p0.given_name", name, "p0.family_name", "Inventata", "p0.email", strings.ToLower(name)+"@example.it", "p0.function", "sindaca", "informativa", "si")
	v.sound()
	v.shoot("adesione")
	v.screen(narrow)
	v.tap("main form.form-narrow button.btn-primary")
	v.sees("segreteria")
	v.sound()
	v.shoot("adesione-inviata")
}

// decides about the request of an ente.
func (v *visitor) decides(ente, what string, answers ...string) {
	v.t.Helper()
	v.open("/segreteria/adesioni")
	mark := `(() => { const a = [...document.querySelectorAll('main article')].find(a => a.innerText.includes(` + quote(ente) + `));
		const link = [...a.querySelectorAll('a')].find(l => l.textContent.trim().startsWith(` + quote(what) + `)); link?.setAttribute('data-pressed', ''); return !!link })()`
	if !evaluate[bool](v, mark) {
		v.t.Fatalf("nothing lets one decide about %s:\n%s", ente, v.text())
	}
	v.click("[data-pressed]")
	v.submits(answers...)
}
