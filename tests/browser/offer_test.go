package browser_test

import (
	"strings"
	"testing"
	"time"

	"tavoli/adapters/pages"
	"tavoli/tests/smtptest"
)

// TestTheWaitingListMovesUp plays what happens to a seat that is given back where
// whoever waits is asked first: the first in line does not answer in time, the second
// takes it with the phone, by the letter that offers it.
func TestTheWaitingListMovesUp(t *testing.T) {
	server := smtptest.New(t, smtptest.Settings{})
	s := new(stage)
	clock := newClock(t, s, posted(t, server)...)
	s.invitesAlone(t)
	anna := s.asks(t, "Anna")
	s.asks(t, "Bruno")
	s.asks(t, "Carla")
	s.asks(t, "Dario")
	v := s.visitor(t)
	v.screen(narrow)
	v.opens("offerta", anna)
	v.unfold("details:has([value=ritira]) > summary")
	v.click("[value=ritira]")
	v.sees("ritirato")

	missed := arrives(t, server, "bruno@example.it", "da accettare")
	v.follow(missed.link(t, "/iscrizione?tavolo=offerta#"))
	v.tap("form[data-codice] button")
	v.sees("C'è un posto, da accettare entro")
	clock.forward(t, offerHours*time.Hour+time.Minute)
	arrives(t, server, "bruno@example.it", "non accettato in tempo")
	taken := arrives(t, server, "carla@example.it", "da accettare")
	v.tap("button[value=accetta]") // the page of before
	v.refused(409)
	v.sees("Nessun posto è offerto, o l'offerta è scaduta")
	v.sound()
	v.shoot("offerta-scaduta")

	v.screen(narrow)
	v.follow(taken.link(t, "/iscrizione?tavolo=offerta#"))
	v.tap("form[data-codice] button")
	v.sees("Carla Inventata", "C'è un posto, da accettare entro")
	v.sound()
	v.shoot("offerta")
	v.guide("offerta", "h1")
	v.screen(narrow)
	v.tap("button[value=accetta]")
	v.sees("Carla Inventata")
	if strings.Contains(v.text(), "da accettare entro") {
		t.Errorf("the seat was not taken up:\n%s", v.text())
	}
	arrives(t, server, "carla@example.it", "Posto assegnato")
	s.seesWhoMovedUp(t)
}

// offerHours is for how long a seat is offered in the story.
const offerHours = 2

// invitesAlone lets people register for a tavolo with one seat, which is offered to
// whoever waits when it comes free.
func (s *stage) invitesAlone(t *testing.T) {
	t.Helper()
	s.tell(t, "/tavoli", `{"id":"offerta","subject":"Un posto solo","day":"`+rome(3*week, time.DateOnly)+`","mode":"in-presence","place":"Enna","seats":{"in_presence":1}}`, nil)
	s.tell(t, "/tavoli/offerta/convocation", `{}`, nil)
	s.tell(t, "/tavoli/offerta/admission", `{"offer_hours":2}`, nil)
}

// asks registers somebody as the form does, and returns the code.
func (s *stage) asks(t *testing.T, name string) string {
	t.Helper()
	var made struct{ People []struct{ Code string } }
	s.tell(t, "/tavoli/offerta/requests", `{"people":[{"given_name":"`+name+`","family_name":"Inventata","email":"`+strings.ToLower(name)+`@example.it"}],"notice":"`+pages.NoticeVersion+`"}`, &made)
	if len(made.People) != 1 || made.People[0].Code == "" {
		t.Fatalf("%s has no code: %+v", name, made)
	}
	return made.People[0].Code
}

// seesWhoMovedUp looks at the roster as the secretariat does.
func (s *stage) seesWhoMovedUp(t *testing.T) {
	t.Helper()
	v := s.visitor(t)
	v.signsIn("rosalia", "Ufficio tavoli", "staff")
	v.open("/segreteria/tavoli/offerta/iscritti")
	v.shoot("offerta-elenco")
	for name, want := range map[string]string{"Carla Inventata": "iscritto", "Dario Inventata": "in attesa (1°)"} {
		row := evaluate[string](v, `[...document.querySelectorAll('tbody tr')].find(r => r.innerText.includes(`+quote(name)+`))?.innerText.replace(/\s+/g, ' ') ?? ''`)
		if !strings.Contains(row, want) {
			t.Errorf("the line of %s does not say %q: %q\n%s", name, want, row, v.text())
		}
	}
}
