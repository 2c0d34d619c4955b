package browser_test

import (
	"strings"
	"testing"
	"time"

	"tavoli/domain"
)

// rome returns a moment from now as forms in Italy take it.
func rome(from time.Duration, layout string) string {
	return time.Now().Add(from).In(domain.Rome).Format(layout)
}

const week = 7 * 24 * time.Hour

// TestTheSecretariatConvenes plays how a tavolo comes about: planned, with an agenda
// and speakers, its convocation looked at and recorded, registrations opened; and how
// the waiting list moves up when somebody withdraws.
func TestTheSecretariatConvenes(t *testing.T) {
	v := newVisitor(t)
	v.signsIn("rosalia", "Ufficio tavoli", "staff")
	v.press("Segreteria")
	v.press("Programma un tavolo")
	v.submits("subject", "Alloggi e autonomia: dopo l'accoglienza", "programma", "3031", "ordinal", "7", "day", rome(2*week, time.DateOnly), "from", "15:00", "to", "17:30",
		"mode", "mixed", "place", "Palermo, Villa Niscemi", "platform", "Zoom", "seats.in_presence", "2", "seats.online", "50", "id", "coopera-7")
	v.open("/segreteria/tavoli/coopera-7")
	v.press("Ordine del giorno")
	v.submits("items", "15:00 Saluti\n15:15 Gli alloggi dopo l'accoglienza\n17:00 Conclusioni")
	v.open("/segreteria/tavoli/coopera-7")
	v.press("Invita chi interviene")
	v.submits("given_name", "Rosa", "family_name", "Dimostrativa", "ente", "Castroreale", "role", "speaker", "topic", "Dalla comunità alla casa")
	v.open("/segreteria/tavoli/coopera-7")
	v.press("Regola di presenza")
	v.submits("percent", "75", "basis", "Nota metodologica del progetto")
	v.convenes()
	v.shoot("segreteria-tavolo")
	v.guide("segreteria-tavolo", "h1")
	v.waits()
}

// convenes looks at the convocation and records that it went out, which lets people
// register.
func (v *visitor) convenes() {
	v.t.Helper()
	v.open("/segreteria/tavoli/coopera-7")
	v.press("Anteprima della convocazione")
	v.sees("convocazione del 7° tavolo «Alloggi e autonomia: dopo l'accoglienza»", "Villa Niscemi", "Progetto co-finanziato dall'Unione Europea")
	v.sound()
	v.shoot("segreteria-anteprima")
	v.guide("segreteria-anteprima", "h1")
	v.press("Registra la convocazione")
	v.submits("protocol", "Prot. n. 0912/26", "sent_on", rome(0, time.DateOnly))
	v.open("/segreteria/tavoli/coopera-7")
	v.sees("convocato", "Prot. n. 0912/26", "Iscrizioni aperte")
}

// waits registers one more than there are seats, and lets one withdraw.
func (v *visitor) waits() {
	v.t.Helper()
	for _, name := range []string{"Anna", "Bruno", "Carla"} {
		v.open("/segreteria/tavoli/coopera-7/iscrizione")
		v.submits("given_name", name, "family_name", "Inventata", "email", strings.ToLower(name)+"@example.it", "ente", "Castroreale", "capacity", "delegate", "mode", "in-presence", "notice", "si")
	}
	v.sees("in attesa (1°)")
	v.sound()
	v.shoot("segreteria-attesa")
	v.guide("segreteria-iscritti", "h1")
	v.open("/segreteria")
	v.sees("7° tavolo", "Una persona attende un posto")
	v.sound()
	v.shoot("segreteria")
	v.guide("segreteria", "h1")
	v.open("/segreteria/tavoli/coopera-7/iscritti")
	v.click("tr:has(input[aria-label='Anna Inventata']) .more a")
	v.sees("Anna Inventata", "anna@example.it")
	v.shoot("segreteria-iscrizione")
	v.press("Ritira l'iscrizione")
	v.submits("reason", "impegni sopravvenuti")
	v.open("/segreteria/tavoli/coopera-7/iscritti")
	if text := v.text(); strings.Contains(text, "in attesa (1°)") || !strings.Contains(text, "Carla Inventata") {
		v.t.Errorf("nobody moved up:\n%s", text)
	}
	v.shoot("segreteria-promossa")
}

// TestTheDesk plays a morning at the desk: two people at two screens, one who came
// without being registered, one tap for present and one for gone.
func TestTheDesk(t *testing.T) {
	v := newVisitor(t)
	v.s.opens(t, "banco")
	v.signsIn("banco", "Accoglienza", "operator")
	v.open("/segreteria/tavoli/banco/iscritti")
	other := newVisitor(t)
	other.signsIn("banco-due", "Accoglienza, secondo banco", "operator")
	other.open("/segreteria/tavoli/banco/iscritti")
	v.screen(narrow)
	v.press("Iscrivi una persona")
	v.submits("given_name", "Dario", "family_name", "Esempio", "ente", "Bronte", "capacity", "delegate", "mode", "in-presence", "notice", "si")
	v.open("/segreteria/tavoli/banco/iscritti")
	came := time.Now()
	v.press("Presente Dario Esempio")
	v.sees("qui", "1 presenti")
	v.shoot("banco")
	v.guide("segreteria-banco", "h1")
	other.comes("1 presenti")
	for time.Since(came) < time.Second { // a presence lasts a second at least
		v.settled()
	}
	v.press("Esce Dario Esempio")
	if strings.Contains(v.text(), " qui ") {
		t.Errorf("who left is still here:\n%s", v.text())
	}
}

// comes waits until a text is on the page, without anybody asking for it.
func (v *visitor) comes(text string) {
	v.t.Helper()
	for until := time.Now().Add(patience); !strings.Contains(v.text(), text); {
		if time.Now().After(until) {
			v.t.Fatalf("%q does not come:\n%s", text, v.text())
		}
		v.settled()
	}
}

// opens convenes a tavolo for today and opens it.
func (s *stage) opens(t *testing.T, id string) {
	t.Helper()
	s.tell(t, "/tavoli", `{"id":"`+id+`","subject":"Tavolo di oggi","day":"`+rome(-time.Hour, time.DateOnly)+`","mode":"mixed","starts_at":"`+rome(-time.Hour, "2006-01-02T15:04")+`"}`, nil)
	s.tell(t, "/tavoli/"+id+"/announcement", `{"title":"Oggi il tavolo"}`, nil)
	s.tell(t, "/tavoli/"+id+"/registrations-opening", `{}`, nil)
	s.tell(t, "/tavoli/"+id+"/opening", `{}`, nil)
}
