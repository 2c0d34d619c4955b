package browser_test

import (
	"strings"
	"testing"
)

// TestTheSecretariatAsksAndTidiesUp plays what comes up between the convocation and
// the day: a question to everybody who registers, somebody who is registered twice, a
// code that was lost.
func TestTheSecretariatAsksAndTidiesUp(t *testing.T) {
	v := newVisitor(t)
	v.s.invites(t, "riordino", "Alloggi e lavoro")
	v.signsIn("rosalba", "Ufficio tavoli", "staff")
	v.asks("riordino")
	v.registersTwice("riordino")
	v.tidiesUp("riordino")
	code := v.issues("riordino")
	officer := newVisitor(t)
	officer.opens("riordino", code)
	officer.sees("Agata Inventata")
}

// asks lets a tavolo ask something of everybody who registers.
func (v *visitor) asks(tavolo string) {
	v.t.Helper()
	v.open("/segreteria/tavoli/" + tavolo)
	v.press("Domande a chi si iscrive")
	v.press("Aggiungi una domanda")
	v.answers("questions.0.text", "Si ferma a pranzo?", "questions.0.kind", "yes-no", "questions.0.required", "si")
	v.press("Aggiungi una domanda")
	v.answers("questions.1.text", "Quale gruppo di lavoro?", "questions.1.kind", "choice", "questions.1.choices", "Alloggi\nLavoro")
	v.sound()
	v.shoot("domande")
	v.guide("segreteria-domande", "h1")
	v.submits()
	v.open("/tavoli/" + tavolo + "/iscrizione")
	v.sees("Si ferma a pranzo?", "Quale gruppo di lavoro?")
	v.shoot("iscrizione-domande")
}

// registersTwice registers somebody who has registered already.
func (v *visitor) registersTwice(tavolo string) {
	v.t.Helper()
	entry := []string{"given_name", "Agata", "family_name", "Inventata", "ente", "Bronte", "mode", "online", "notice", "si"}
	v.open("/segreteria/tavoli/" + tavolo + "/iscrizione")
	v.submits(append(entry, "email", "agata@example.it")...)
	v.open("/segreteria/tavoli/" + tavolo + "/iscrizione")
	v.answers(append(entry, "email", "agata.inventata@example.org")...)
	v.click("main form button.btn-primary")
	v.refused(409)
	v.sees("È un'altra persona con lo stesso nome")
	v.sound()
	v.shoot("iscrizione-doppia")
	v.answers("distinct", "si")
	v.click("main form button.btn-primary")
	v.sees("2 iscritti")
}

// tidiesUp finds who is registered twice, says that both are one, and withdraws the
// registration that is too many.
func (v *visitor) tidiesUp(tavolo string) {
	v.t.Helper()
	v.open("/segreteria/tavoli/" + tavolo + "/iscritti")
	v.press("Un nome risulta iscritto due volte")
	v.sees("Agata Inventata", "agata@example.it", "agata.inventata@example.org")
	v.guide("segreteria-doppioni", "h1")
	v.press("è la stessa persona")
	v.submits("reason", "stessa persona, due indirizzi")
	v.open("/segreteria/tavoli/" + tavolo + "/doppioni")
	v.press("ritira l'iscrizione")
	v.submits("reason", "iscritta due volte")
	v.open("/segreteria/tavoli/" + tavolo + "/iscritti")
	if text := v.text(); !strings.Contains(text, "1 iscritti") || strings.Contains(text, "due volte") {
		v.t.Errorf("there are still two:\n%s", text)
	}
}

// issues makes a new code for whoever is left, and returns it.
func (v *visitor) issues(tavolo string) string {
	v.t.Helper()
	v.open("/segreteria/tavoli/" + tavolo + "/iscritti")
	v.click("tr:has(input[aria-label='Agata Inventata']) .more a")
	v.press("Rilascia un codice nuovo")
	v.click("main form button")
	v.sees("Il codice si vede solo ora")
	v.sound()
	v.shoot("codice")
	v.guide("segreteria-codice", "h1")
	return evaluate[string](v, `document.querySelector('code.code').textContent`)
}
