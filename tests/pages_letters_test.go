package tests_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestPagesOfLetters looks at the letters and changes the words of a kind of them.
func TestPagesOfLetters(t *testing.T) {
	d := staffSite(t)
	if body := d.get("/segreteria/lettere", 200); !strings.Contains(body, "disattivato") || !strings.Contains(body, "Nessuna lettera") {
		t.Errorf("got %s", body)
	}
	lacks(t, d.get("/segreteria/lettere?stato=parked&tipo=reminder&tavolo=t&persona="+uuid.Nil.String(), 200), `<option value="t" selected>25/05/2022 · 6° · `, `name="persona" value="`+uuid.Nil.String()+`"`)
	d.get("/segreteria/lettere/7f3a0000-0000-4000-8000-000000000000", 404)
	if body := d.get("/segreteria/testi", 200); strings.Count(body, "testo predefinito") < 12 {
		t.Errorf("got %s", body)
	}
	form := d.fill("/segreteria/testi/reminder/modifica", "subject", "Promemoria <b>{tavolo}</b>", "text", "Gentile {nome},\n\nricordiamo il tavolo.", "reason", "tono")
	if resp, body := d.send("/segreteria/testi/reminder/modifica", form); resp.StatusCode != 200 || !strings.Contains(body, "Promemoria &lt;b&gt;{tavolo}") || !strings.Contains(body, "Versione 1") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	form = d.fill("/segreteria/testi/reminder/modifica", "subject", "Promemoria", "text", "Gentile {nome},\n\n{telegramma} e {data")
	if resp, body := d.send("/segreteria/testi/reminder/modifica", form); resp.StatusCode != 422 || !strings.Contains(body, "riga 3: {telegramma} non corrisponde a nulla") || !strings.Contains(body, "riga 3: {data non") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if resp, body := d.send("/segreteria/testi/reminder/anteprima-lettera", url.Values{"tavolo": {"t"}, "persona": {"x"}}); resp.StatusCode != 409 || !strings.Contains(body, "non si può mostrare") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	d.get("/segreteria/tavoli/t/lettere", 200)
	d.get("/segreteria/tavoli/t/collegamento", 200)
	d.as(d.account("auditor", "auditor"))
	if body := d.get("/segreteria/testi/reminder", 200); strings.Contains(body, "/modifica") {
		t.Error("an auditor is offered to change the words")
	}
	d.get("/segreteria/testi/reminder/modifica", 403)
	d.as(d.account("operatrice", "operator"))
	d.get("/segreteria/lettere", 403)
}
