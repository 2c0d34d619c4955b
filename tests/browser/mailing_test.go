package browser_test

import (
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tavoli/tests/smtptest"
)

// funding is the paragraph that has to stand on whatever the programme pays for.
const funding = "Progetto co-finanziato dall'Unione Europea, prova del tavolo a mezzogiorno"

// A mailing is a register that writes letters, and the mail server that takes them.
type mailing struct {
	*visitor // the secretary
	server   *smtptest.Server
	begins   time.Time // the tavolo, before it is moved
	moved    letter    // that says so
}

// TestTheSecretariatConvenesAndMails plays the life of a tavolo with the letters it
// causes: convened, registered for on the phone, moved; and a letter that is refused
// until its address is put right.
func TestTheSecretariatConvenesAndMails(t *testing.T) {
	server := smtptest.New(t, smtptest.Settings{Answer: func(command string) string {
		if strings.Contains(command, "<sbagliata@example.it>") && strings.HasPrefix(command, "RCPT") {
			return "550 5.1.1 no such mailbox"
		}
		return ""
	}})
	s := newStage(t, posted(t, server)...)
	v := s.visitor(t)
	v.signsIn("rosalia", "Ufficio tavoli", "staff")
	m := &mailing{visitor: v, server: server, begins: time.Now().Add(3 * week)}
	m.prepares()
	m.plans()
	m.convenes()
	officer := s.visitor(t)
	code := m.registers(officer)
	m.moves()
	m.corrects()
	officer.opens("alloggi", code)
	officer.sees("Concetta Inventata", "in presenza")
}

// posted returns the flags of a program whose letters go to a mail server.
func posted(t *testing.T, server *smtptest.Server) []string {
	t.Helper()
	address := freeAddress(t)
	return []string{
		"--listen", address, "--public-address", "http://" + address, "--owner", "ANCI Sicilia",
		"--smtp", "smtp://" + server.Addr + "?tls=none", "--mail-from", "Segreteria dei tavoli <tavoli@example.it>",
	}
}

// freeAddress returns an address on which nobody listens: links in letters name it
// before the program has one.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// prepares enters the programme, its funding paragraph and two comuni of the
// coordinamento with those who speak for them, one with a mistyped address.
func (m *mailing) prepares() {
	m.open("/segreteria/nuovo/programma")
	m.submits("programma", "3031", "title", "COOPERA", "fund", "FAMI")
	m.open("/segreteria/programmi/3031/finanziamento")
	m.submits("text", funding, "valid_from", "2021-01-01")
	for _, e := range []struct{ name, code, given, family, email string }{
		{"Castroreale", "C347", "Concetta", "Inventata", "concetta@example.it"},
		{"Bronte", "B202", "Rocco", "Immaginario", "sbagliata@example.it"},
	} {
		m.open("/segreteria/nuovo/ente")
		m.submits("name", e.name, "kind", "comune", "code", e.code, "province", "ME")
		at := "/segreteria/enti/comune/" + e.code
		m.open(at + "/adesione")
		m.submits("from", "2021-10-01")
		m.open(at + "/referente")
		m.submits("given_name", e.given, "family_name", e.family, "email", e.email, "from", "2021-10-01")
		m.sees(e.given + " " + e.family)
	}
}

// plans sets a tavolo on the calendar.
func (m *mailing) plans() {
	m.press("Segreteria")
	m.press("Programma un tavolo")
	day := m.begins.Format(time.DateOnly)
	m.submits("subject", "Alloggi: dopo l'accoglienza", "programma", "3031", "ordinal", "7", "day", day, "from", "15:00", "to", "17:00",
		"mode", "mixed", "place", "Palermo, Villa Niscemi", "platform", "Zoom", "seats.in_presence", "20", "id", "alloggi")
}

// convenes looks at the convocation, records it, and sends it to the coordinamento.
func (m *mailing) convenes() {
	m.open("/segreteria/tavoli/alloggi")
	m.press("Anteprima della convocazione")
	m.sees("convocazione del 7° tavolo", "Villa Niscemi", funding)
	m.press("Registra la convocazione")
	m.submits("protocol", "Prot. n. 0912/26", "sent_on", rome(0, time.DateOnly))
	m.open("/segreteria/tavoli/alloggi/lettere")
	m.answers("kind", "convocazione")
	m.sound()
	m.shoot("lettere-invio")
	m.guide("lettere-invio", "h1")
	m.submits()
	l := arrives(m.t, m.server, "concetta@example.it", "Convocazione, ")
	l.says(m.t, "Gentile Concetta Inventata", "Prot. n. 0912/26", "Palermo, Villa Niscemi", funding)
	l.enters(m.t, "REQUEST", "SUMMARY:7° tavolo: Alloggi: dopo l'accoglienza",
		"DTSTART;TZID=Europe/Rome:"+m.begins.Format("20060102")+"T150000", "DTEND;TZID=Europe/Rome:"+m.begins.Format("20060102")+"T170000")
	if entry := l.calendar("REQUEST"); strings.Contains(entry, "Rocco") || !strings.Contains(entry, ":mailto:concetta@example.it\n") {
		m.t.Errorf("the entry names somebody else than the recipient:\n%s", entry)
	}
	m.letters("spedita (1)", "Rocco Immaginario convocazione Alloggi: dopo l'accoglienza messa da parte: rifiutata")
	m.shoot("lettere")
	m.open("/segreteria/testi/convocazione")
	m.sees("Anteprima", "Per partecipare occorre iscriversi")
	m.sound()
	m.shoot("testi")
	m.guide("segreteria-testi", "h1")
}

// letters waits until the page of letters shows something, as somebody does who
// reloads it.
func (m *mailing) letters(texts ...string) {
	m.t.Helper()
	shows := func() bool {
		m.open("/segreteria/lettere")
		text := m.text()
		for _, want := range texts {
			if !strings.Contains(text, want) {
				return false
			}
		}
		return true
	}
	for until := time.Now().Add(patience); !shows(); {
		if time.Now().After(until) {
			m.t.Fatalf("the page of letters does not come to show %q:\n%s", texts, m.text())
		}
	}
}

// registers lets the officer register on the phone, by the links of the letters that
// come, and change the mode. The secretary's roster shows it by itself. It returns
// the code of the registration.
func (m *mailing) registers(v *visitor) string {
	m.open("/segreteria/tavoli/alloggi/iscritti")
	v.screen(narrow)
	v.follow(arrives(m.t, m.server, "concetta@example.it", "Convocazione").link(m.t, "/tavoli/alloggi/iscrizione"))
	v.do("choose a mode", chromedp.Tap(chromedp.CSS("#m-online")))
	v.fill("#c-ente", "castoreale")
	v.comes("Castroreale (ME)")
	v.do("choose the ente", chromedp.Tap(chromedp.CSS("[data-trovati] label")))
	v.answers("p0.given_name", "Concetta", "p0.family_name", "Inventata", "p0.email", "concetta@example.it")
	v.do("accept", chromedp.Tap(chromedp.CSS("#c-informativa")))
	v.tap("main form.form-narrow button.btn-primary")
	v.sees("Iscrizione ricevuta", "Posto assegnato")
	m.comes("Concetta Inventata")
	m.comes("1 iscritti")

	l := arrives(m.t, m.server, "concetta@example.it", "Iscrizione registrata, ", ": online")
	l.says(m.t, funding)
	l.enters(m.t, "REQUEST", "LOCATION:Zoom")
	page := l.link(m.t, "/iscrizione?tavolo=alloggi#")
	_, code, _ := strings.Cut(page, "#")
	l.says(m.t, code)
	v.follow(page)
	if text := evaluate[string](v, `location.href`); strings.Contains(text, code) {
		m.t.Errorf("the code stands in the address: %s", text)
	}
	v.sound()
	v.shoot("lettera-apre-iscrizione")
	v.screen(narrow)
	v.tap("form[data-codice] button")
	v.sees("Concetta Inventata, Castroreale")
	v.tap("button[name=modo][value=in-presence]")
	v.sees("in presenza")
	m.comes("in presenza")
	arrives(m.t, m.server, "concetta@example.it", "Iscrizione registrata, ", ": in presenza", "Palermo, Villa Niscemi")
	return code
}

// follow opens a link of a letter.
func (v *visitor) follow(link string) {
	v.t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.Scheme+"://"+u.Host != v.s.url {
		v.t.Fatalf("the letter leads to %q, not to %s: %v", link, v.s.url, err)
	}
	v.leads("follow "+link, chromedp.Navigate(link))
}

// moves puts the tavolo off by a week, of which everybody is told.
func (m *mailing) moves() {
	m.open("/segreteria/tavoli/alloggi")
	m.press("Rinvia a un'altra data")
	day := m.begins.Add(week)
	m.submits("day", day.Format(time.DateOnly), "reason", "sala non disponibile")
	l := arrives(m.t, m.server, "concetta@example.it", "Cambio di data, ")
	l.says(m.t, "sala non disponibile", funding)
	l.enters(m.t, "REQUEST", "DTSTART;TZID=Europe/Rome:"+day.Format("20060102")+"T150000")
	before := arrives(m.t, m.server, "concetta@example.it", "Convocazione")
	if l.value("UID") != before.value("UID") || l.sequence(m.t) <= before.sequence(m.t) {
		m.t.Errorf("calendars do not change the entry %s/%s but add %s/%s", before.value("UID"), before.value("SEQUENCE"), l.value("UID"), l.value("SEQUENCE"))
	}
	m.moved = l
	m.letters("cambio di data")
}

// corrects finds the letters that were refused, puts the address right and sends the
// convocation again.
func (m *mailing) corrects() {
	m.open("/segreteria/lettere")
	m.answers("stato", "parked")
	m.press("Mostra")
	m.sees("Rocco Immaginario", "messa da parte: rifiutata")
	m.sound()
	m.shoot("lettere-da-parte")
	m.guide("lettere-da-parte", "h1")
	m.click("th a[href^='/segreteria/lettere/']")
	m.sees("Rocco Immaginario", "550 5.1.1")
	m.sound()
	m.shoot("lettera-rifiutata")
	m.guide("lettera-rifiutata", "h1")
	here := m.here()
	m.click("dd a[href^='/segreteria/persone/']")
	m.press("Rettifica i dati")
	m.submits("email", "rocco@example.it", "reason", "indirizzo trascritto male")
	m.open(here)
	m.press("Spedisci di nuovo")
	m.submits("reason", "indirizzo corretto")
	l := arrives(m.t, m.server, "rocco@example.it", "C")
	l.says(m.t, "Gentile Rocco Immaginario", funding)
	if before := m.moved.sequence(m.t); l.sequence(m.t) < before {
		m.t.Errorf("the entry sent again has the sequence %d after %d", l.sequence(m.t), before)
	}
	m.letters("Rocco Immaginario")
	m.shoot("lettere-inviate")
}
