package browser_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// colleagues are those whom a referente registers.
var colleagues = [][2]string{{"Agata", "D’Amico"}, {"Żaneta", "Kowalczyk"}, {"محمد", "الإدريسي"}}

// TestAReferenteRegistersColleaguesByKeyboard registers three people for an ente that
// is looked for, and answers what the tavolo asks, without a mouse.
func TestAReferenteRegistersColleaguesByKeyboard(t *testing.T) {
	v := newVisitor(t)
	v.s.asksWhoComes(t, "colleghi")
	v.open("/tavoli/colleghi")
	v.tabTo("Iscriviti")
	v.enter()
	v.tabTo("In presenza")
	v.key(" ")
	v.types("Per quale ente", "brnte")
	v.comes("Bronte (CT)")
	v.tabTo("Bronte (CT)")
	v.key(" ")
	for i, who := range colleagues {
		if i > 0 {
			v.tabTo("Aggiungi un'altra persona")
			v.enter()
		}
		v.writes(i, who)
	}
	v.tabTo("Ho letto")
	v.key(" ")
	v.tabTo("Iscrivi 3 persone")
	v.enter()
	v.sees("Iscrizione ricevuta")
	v.haveCodes()
	v.sound()
	v.shoot("iscrizione-colleghi")
}

// writes fills in who takes part, by keyboard.
func (v *visitor) writes(i int, who [2]string) {
	v.t.Helper()
	at := "p" + strconv.Itoa(i) + "."
	v.tabInto(at + "given_name")
	v.key(who[0])
	v.tabInto(at + "family_name")
	v.key(who[1])
	v.tabInto(at + "email")
	v.key("p" + strconv.Itoa(i) + "@example.it")
	v.tabInto(at + "q.pranzo")
	v.key("s") // of "sì"
}

// haveCodes expects a code for each of the three.
func (v *visitor) haveCodes() {
	v.t.Helper()
	if n := evaluate[int](v, `new Set([...document.querySelectorAll('code.code')].map(e => e.textContent)).size`); n != len(colleagues) {
		v.t.Errorf("%d have a code:\n%s", n, v.text())
	}
}

// asksWhoComes lets people register for a tavolo that asks them something.
func (s *stage) asksWhoComes(t *testing.T, id string) {
	t.Helper()
	s.tell(t, "/tavoli", `{"id":"`+id+`","programma":"3031","subject":"Un tavolo per molti","day":"`+rome(3*week, "2006-01-02")+`","mode":"mixed","place":"Enna","seats":{"in_presence":10}}`, nil)
	s.tell(t, "/tavoli/"+id+"/announcement", `{"title":"Un tavolo per molti"}`, nil)
	s.tell(t, "/tavoli/"+id+"/registrations-opening", `{}`, nil)
	s.tell(t, "/tavoli/"+id+"/questions", `{"questions":[{"id":"pranzo","kind":"yes-no","text":"Si ferma a pranzo?","required":true}]}`, nil)
}

// TestAReferenteRegistersColleaguesWithoutScripts does the same in a browser that
// runs no scripts.
func TestAReferenteRegistersColleaguesWithoutScripts(t *testing.T) {
	v := newVisitor(t)
	v.s.asksWhoComes(t, "senza-script")
	v.withoutScripts()
	v.open("/tavoli/senza-script")
	v.press("Iscriviti")
	v.answers("modo", "in-presence", "ente", "brnte")
	v.press("Cerca")
	v.sees("Bronte (CT)")
	v.do("choose the ente", chromedp.Click(chromedp.CSS("input[name='ente.scelta']")))
	for i, who := range colleagues {
		if i > 0 {
			v.press("Aggiungi un'altra persona")
		}
		at := "p" + strconv.Itoa(i) + "."
		v.answers(at+"given_name", who[0], at+"family_name", who[1], at+"email", "q"+strconv.Itoa(i)+"@example.it", at+"q.pranzo", "yes")
	}
	v.press("Iscrivi 3 persone")
	v.refused(422)
	v.sees("Ho letto")
	v.answers("informativa", "si")
	v.press("Iscrivi 3 persone")
	v.sees("Iscrizione ricevuta")
	v.haveCodes()
	code := evaluate[string](v, `document.querySelector('code.code').textContent`)
	v.press("Apri l'iscrizione")
	v.sees("Agata D’Amico, Bronte")
	v.open("/iscrizione?tavolo=senza-script")
	v.answers("codice", code)
	v.press("Apri")
	v.sees("Agata D’Amico, Bronte")
}

// withoutScripts lets the tab run no scripts of pages; nor will it wait for promises.
func (v *visitor) withoutScripts() {
	v.t.Helper()
	v.do("disable scripts", func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return chromedp.Void{}, err
	})
}
