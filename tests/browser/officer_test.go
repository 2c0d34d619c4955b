package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestAnOfficerRegistersOnThePhone plays a municipal officer who gets the last seat
// with the phone, and another who waits for it, without a mouse, until it is given back.
func TestAnOfficerRegistersOnThePhone(t *testing.T) {
	v := newVisitor(t)
	v.s.invites(t, "coopera-8", "Minori soli: dalla tutela alla casa")
	v.screen(narrow)
	began := time.Now()
	v.open("/")
	v.tap("a[href='/tavoli/coopera-8']")
	v.sees("Minori soli")
	v.tap("a[href='/tavoli/coopera-8/iscrizione']")
	v.sound()
	v.screen(narrow)
	v.do("choose a mode", chromedp.Tap(chromedp.CSS("#m-in-presence")))
	v.fill("#c-ente", "castoreale") // as a letter once misspelled it
	v.comes("Castroreale (ME)")
	v.do("choose the ente", chromedp.Tap(chromedp.CSS("[data-trovati] label")))
	v.answers("p0.given_name", "Nicolò", "p0.family_name", "D’Angelo", "p0.email", "nicolo@example.it")
	v.guide("iscrizione", "h1")
	v.screen(narrow)
	v.do("accept", chromedp.Tap(chromedp.CSS("#c-informativa")))
	v.tap("main form.form-narrow button.btn-primary")
	v.sees("Iscrizione ricevuta", "Posto assegnato")
	t.Logf("it took %v, without the time to read and to type", time.Since(began).Round(time.Second))
	code := evaluate[string](v, `document.querySelector('code.code').textContent`)
	v.sound()
	v.shoot("iscrizione-ricevuta")
	waiting := v.waitsByKeyboard()
	v.withdraws(code)
	v.moved(waiting)
}

// tap taps what a CSS selector finds, and waits for the page it leads to.
func (v *visitor) tap(selector string) {
	v.t.Helper()
	v.leads("tap "+selector, chromedp.Tap(chromedp.CSS(selector)))
}

// invites lets people register for a tavolo with one seat in the room.
func (s *stage) invites(t *testing.T, id, subject string) {
	t.Helper()
	s.tell(t, "/tavoli", `{"id":"`+id+`","programma":"3031","subject":"`+subject+`","day":"`+rome(3*week, time.DateOnly)+`","mode":"mixed","place":"Enna","seats":{"in_presence":1}}`, nil)
	s.tell(t, "/tavoli/"+id+"/announcement", `{"title":"`+subject+`"}`, nil)
	s.tell(t, "/tavoli/"+id+"/registrations-opening", `{}`, nil)
}

// waitsByKeyboard registers somebody else for the same seat, with the keyboard alone,
// and returns the code.
func (v *visitor) waitsByKeyboard() string {
	v.t.Helper()
	v.screen(wide)
	v.open("/tavoli/coopera-8")
	v.tabTo("Iscriviti")
	v.enter()
	v.tabTo("In presenza")
	v.key(" ")
	v.types("Per quale ente", "bronte")
	v.comes("Bronte (CT)")
	v.tabTo("Bronte (CT)")
	v.key(" ")
	v.types("Nome", "Zoë")
	v.types("Cognome", "Łukasiewicz")
	v.types("E-mail", "zoe@example.it")
	v.enter()
	v.refused(422)
	v.sees("Ho letto")
	v.sound()
	v.shoot("iscrizione-errore")
	v.tabTo("Ho letto")
	v.key(" ")
	v.tabTo("Iscriviti")
	v.enter()
	v.sees("In lista d'attesa, al posto 1")
	v.shoot("iscrizione-attesa")
	return evaluate[string](v, `document.querySelector('code.code').textContent`)
}

// withdraws gives a seat back by its code, which stands in no address.
func (v *visitor) withdraws(code string) {
	v.t.Helper()
	v.opens("coopera-8", code)
	v.sees("Nicolò D’Angelo, Castroreale")
	v.sound()
	v.shoot("iscrizione-mia")
	v.guide("iscrizione-mia", "h1")
	v.unfold("details:has([value=ritira]) > summary")
	v.fill("#r-motivo", "impegni di giunta")
	v.click("[value=ritira]")
	v.sees("ritirato")
}

// moved expects that who waited has the seat now.
func (v *visitor) moved(code string) {
	v.t.Helper()
	v.opens("coopera-8", code)
	if text := v.text(); !strings.Contains(text, "Zoë Łukasiewicz") || strings.Contains(text, "in attesa") {
		v.t.Errorf("who waited did not move up:\n%s", text)
	}
	v.shoot("iscrizione-promossa")
}

// opens looks at a registration with the link of a letter, which carries the code
// where no server sees it.
func (v *visitor) opens(tavolo, code string) {
	v.t.Helper()
	v.open("/privacy") // the same page with another code behind the # would not be loaded again
	v.open("/iscrizione?tavolo=" + tavolo + "#" + code)
	if here := v.here(); strings.Contains(here, code) || strings.Contains(evaluate[string](v, `location.href`), code) {
		v.t.Errorf("the code stands in the address: %s", here)
	}
	v.do("focus", chromedp.Focus(chromedp.CSS("#c-codice")))
	v.leads("open", chromedp.KeyEvent(kb.Enter))
}
