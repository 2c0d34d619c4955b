package mail_test

import (
	"flag"
	"html"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	ical "github.com/arran4/golang-ical"
	"github.com/google/uuid"

	"tavoli/adapters/mail"
	"tavoli/domain"
	"tavoli/projections"
)

var update = flag.Bool("update", false, "rewrite golden files")

// content returns what a letter of a kind says to somebody.
func (d *desk) content(kind domain.LetterKind, name string) projections.LetterContent {
	d.t.Helper()
	head, err := d.store.Head(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	c, err := projections.Ask(d.t.Context(), d.view, head, func(m *projections.Models) (projections.LetterContent, error) {
		return m.LetterContent(kind, domain.AtTavolo(at), d.people[name], d.clock.Now())
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// write returns a letter in the words the program has.
func (d *desk) write(kind domain.LetterKind, name string) mail.Message {
	d.t.Helper()
	c := d.content(kind, name)
	c.Join("https://example.org/j/1?a=1&b=2")
	c.Values["iscrizione"] = "https://tavoli.example/tavoli/6/iscrizione"
	switch kind {
	case domain.LetterConfirmAddress, domain.LetterOffer, domain.LetterNewCode, domain.LetterConfirmation:
		c.Values["codice"], c.Values["pagina"] = "abcdefg-hijkmnp-qrstuv-wxyz23", "https://tavoli.example/iscrizione?tavolo=6#abcdefg-hijkmnp-qrstuv-wxyz23"
	}
	c.Values["scadenza"] = "giovedì 3 marzo 2022, ore 9:00"
	m := mail.Write(c, kind.BuiltIn(), d.office.Sender, time.Date(2022, 3, 2, 9, 0, 0, 0, time.UTC))
	m.ID = domain.LetterFor(d.people[name], kind, d.people[name])
	return m
}

// TestGoldenLetters holds every kind of letter to how it looked when somebody looked.
func TestGoldenLetters(t *testing.T) {
	d := newDesk(t, mail.Outbox(t.TempDir()))
	for _, who := range []struct {
		name string
		mode domain.Mode
	}{{"Anna", domain.Online}, {"Bruno", domain.InPresence}, {"Carla", domain.InPresence}} {
		d.register(who.name, strings.ToLower(who.name)+"@example.it", who.mode)
	}
	carry[*domain.Tavolo](d, domain.SetAgenda{Tavolo: at, Items: []domain.AgendaItem{{At: "15:00", Title: "Saluti"}, {At: "15:15", Title: "Interventi"}}})
	carry[*domain.Tavolo](d, domain.RescheduleTavolo{Tavolo: at, When: domain.When{Day: "2022-03-31", From: "15:00", To: "17:00"}, Reason: "sala non disponibile"})
	carry[*domain.Tavolo](d, domain.RectifyTavolo{Tavolo: at, Field: domain.RectifyPlace, Right: "Palermo, Villa Niscemi", Reason: "refuso nella convocazione"})
	carry[*domain.Tavolo](d, &domain.PublishMaterial{Tavolo: at, Title: "Presentazione", Kind: domain.MaterialSlides, URL: "https://example.org/slide.pdf"})
	shown := map[domain.LetterKind]string{domain.LetterWaiting: "Carla", domain.LetterPromotion: "Bruno", domain.LetterReminder: "Bruno"}
	show := func(kind domain.LetterKind) {
		name := "Anna"
		if other, ok := shown[kind]; ok {
			name = other
		}
		m := d.write(kind, name)
		if html := saidIn(m.HTML); html != strings.Join(strings.Fields(unlisted.Replace(m.Text)), " ") {
			t.Errorf("%s: text and page differ:\n%s\n%s", kind, m.Text, html)
		}
		text := "Subject: " + m.Subject + "\n\n" + m.Text + "\n" + m.HTML + "\n" + unstable.ReplaceAllString(m.Calendar, "$1…")
		golden(t, string(kind)+".golden", strings.ReplaceAll(text, "\r\n", "\n"))
	}
	for _, kind := range domain.LetterKinds {
		if kind != domain.LetterCalledOff && !kind.OfAdesione() {
			show(kind)
		}
	}
	carry[*domain.Tavolo](d, domain.CallOffTavolo{Tavolo: at, Reason: "sciopero"})
	show(domain.LetterCalledOff)
}

// TestOneEntryInACalendar keeps one entry for whoever goes by several records, and one
// each for those who share an address.
func TestOneEntryInACalendar(t *testing.T) {
	d := newDesk(t, mail.Outbox(t.TempDir()))
	d.register("Anna", "anna@example.it", domain.Online)
	c := d.content(domain.LetterConfirmation, "Anna")
	uid := func(change func(*projections.LetterContent)) string {
		other := c
		change(&other)
		m := mail.Write(other, domain.LetterConfirmation.BuiltIn(), d.office.Sender, d.clock.Now())
		return property(t, calendarOf(t, m.Calendar), ical.ComponentPropertyUniqueId)
	}
	first := uid(func(*projections.LetterContent) {})
	if got := uid(func(o *projections.LetterContent) { o.Person = uuid.New() }); got != first {
		t.Errorf("another record of the same person has the entry %s, not %s", got, first)
	}
	for name, change := range map[string]func(*projections.LetterContent){
		"a colleague at the same address": func(o *projections.LetterContent) { o.Name = "Bruno Prova" },
		"a namesake":                      func(o *projections.LetterContent) { o.Email = "anna@example.org" },
		"another tavolo":                  func(o *projections.LetterContent) { o.About.Tavolo = "coopera-5" },
	} {
		if uid(change) == first {
			t.Errorf("%s has the same entry", name)
		}
	}
}

// unlisted takes what makes lists and rules of text out of it.
var unlisted = strings.NewReplacer("\r\n- ", "\r\n", "\r\n----------------------------------------\r\n", "\r\n")

var (
	tags = regexp.MustCompile(`(?s)<title>.*?</title>|<(?:p|/p|ul|li|/li|br|td|tr|div|body)\b[^>]*>`)
	rest = regexp.MustCompile(`<[^>]*>`)
)

// saidIn returns what a page says, without how it looks.
func saidIn(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(rest.ReplaceAllString(tags.ReplaceAllString(page, " "), ""))), " ")
}

// unstable is what follows from random ids.
var unstable = regexp.MustCompile(`(UID:)[0-9a-f-]+`)

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is otherwise; run with -update and look at the difference:\n%s", file, got)
	}
}

// parts returns the parts of a message by their media type.
func parts(t *testing.T, raw []byte) (*netmail.Message, map[string]string) {
	t.Helper()
	msg, err := netmail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	var open func(contentType string, body io.Reader)
	open = func(contentType string, body io.Reader) {
		media, params, err := mime.ParseMediaType(contentType)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(media, "multipart/") {
			data, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			found[media+" "+params["method"]] = string(data)
			return
		}
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			open(p.Header.Get("Content-Type"), p)
		}
	}
	open(msg.Header.Get("Content-Type"), msg.Body)
	return msg, found
}

// TestNamesThatAttack puts what could break out of a header, a page or a calendar into
// names, and names of every alphabet.
func TestNamesThatAttack(t *testing.T) {
	words := new(mime.WordDecoder)
	for _, name := range []string{
		"Niccolò D'Àngelo", "Łukasz Żółć", "Ελένη Παπαδοπούλου", "Мария Иванова", "محمد الإدريسي", "שרה כהן", "李小龍", "नेहा शर्मा", "김철수", "😀 Emoji",
		`Anna "la capa" Rossi`, `Anna, Bruno; Carla:`, `<script>alert(1)</script>`, `a@b.it>, <c@d.it`, "Bcc: tutti@example.it", `\n;,:"^`, strings.Repeat("è", 200), "{link} {nome}",
	} {
		d := newDesk(t, mail.Outbox(t.TempDir()))
		d.register(name, "anna@example.it", domain.Online)
		m := d.write(domain.LetterConfirmation, name)
		raw, err := m.Bytes()
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		msg, found := parts(t, raw)
		to, err := (&netmail.AddressParser{WordDecoder: words}).ParseList(msg.Header.Get("To"))
		if err != nil || len(to) != 1 || to[0].Address != "anna@example.it" || to[0].Name != name+" Prova" {
			t.Errorf("%q: To is %q: %v %v", name, msg.Header.Get("To"), to, err)
		}
		for _, header := range []string{"Bcc", "Cc"} {
			if msg.Header.Get(header) != "" {
				t.Errorf("%q: there is a %s", name, header)
			}
		}
		if strings.Contains(found["text/html "], "<script") {
			t.Errorf("%q: the page has a script", name)
		}
		cal := calendarOf(t, found["text/calendar REQUEST"])
		if got := cal.Events()[0].Attendees(); len(got) != 1 || got[0].Email() != "anna@example.it" {
			t.Errorf("%q: got %v", name, got)
		}
		if name == "{link} {nome}" && !strings.Contains(m.Text, "Gentile {link} {nome} Prova") {
			t.Errorf("what stands in a name was filled in: %s", m.Text)
		}
	}
}

// calendarOf reads a calendar and holds it to the rules.
func calendarOf(t *testing.T, text string) *ical.Calendar {
	t.Helper()
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\n\r") {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	cal, err := ical.ParseCalendar(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if len(cal.Events()) != 1 || len(cal.Timezones()) != 1 {
		t.Fatalf("got %d events and %d zones", len(cal.Events()), len(cal.Timezones()))
	}
	return cal
}

func property(t *testing.T, cal *ical.Calendar, name ical.ComponentProperty) string {
	t.Helper()
	p := cal.Events()[0].GetProperty(name)
	if p == nil {
		return ""
	}
	return p.Value
}

// TestTheCalendarFollowsTheTavolo keeps one entry for a person: same UID, a SEQUENCE
// that rises, and CANCEL at the end.
func TestTheCalendarFollowsTheTavolo(t *testing.T) {
	d := newDesk(t, mail.Outbox(t.TempDir()))
	d.register("Anna", "anna@example.it", domain.Online)
	d.register("Bruno", "bruno@example.it", domain.InPresence)
	read := func(kind domain.LetterKind, name string) *ical.Calendar {
		t.Helper()
		raw, err := d.write(kind, name).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		_, found := parts(t, raw)
		for media, text := range found {
			if strings.HasPrefix(media, "text/calendar ") && media != "text/calendar " {
				return calendarOf(t, text)
			}
		}
		t.Fatalf("no calendar in %v", found)
		return nil
	}
	first := read(domain.LetterConfirmation, "Anna")
	start, err := first.Events()[0].GetStartAt()
	if err != nil || !start.Equal(time.Date(2022, 3, 24, 14, 0, 0, 0, time.UTC)) {
		t.Errorf("begins %v %v", start, err)
	}
	if got := property(t, first, ical.ComponentPropertyUrl); got != "https://example.org/j/1?a=1&b=2" {
		t.Errorf("joined at %q", got)
	}
	if other := read(domain.LetterConfirmation, "Bruno"); property(t, other, ical.ComponentPropertyUrl) != "" || property(t, other, ical.ComponentPropertyUniqueId) == property(t, first, ical.ComponentPropertyUniqueId) {
		t.Errorf("Bruno has what is Anna's: %s", other.Serialize())
	}
	carry[*domain.Tavolo](d, domain.RescheduleTavolo{Tavolo: at, When: domain.When{Day: "2022-03-31", From: "15:00", To: "17:00"}, Reason: "sala"})
	moved := read(domain.LetterRescheduled, "Anna")
	start, err = moved.Events()[0].GetStartAt()
	if err != nil || !start.Equal(time.Date(2022, 3, 31, 13, 0, 0, 0, time.UTC)) { // summer time
		t.Errorf("begins %v %v", start, err)
	}
	carry[*domain.Tavolo](d, domain.CallOffTavolo{Tavolo: at, Reason: "sciopero"})
	off := read(domain.LetterCalledOff, "Anna")
	for i, c := range []struct {
		cal                      *ical.Calendar
		method, sequence, status string
	}{{first, "REQUEST", "3", "CONFIRMED"}, {moved, "REQUEST", "4", "CONFIRMED"}, {off, "CANCEL", "5", "CANCELLED"}} {
		method := ""
		for _, p := range c.cal.CalendarProperties {
			if p.IANAToken == string(ical.PropertyMethod) {
				method = p.Value
			}
		}
		if method != c.method || property(t, c.cal, ical.ComponentPropertySequence) != c.sequence || property(t, c.cal, ical.ComponentPropertyStatus) != c.status {
			t.Errorf("%d: got %s", i, c.cal.Serialize())
		}
		if property(t, c.cal, ical.ComponentPropertyUniqueId) != property(t, first, ical.ComponentPropertyUniqueId) {
			t.Errorf("%d: another entry: %s", i, c.cal.Serialize())
		}
	}
}

func TestWhoIsConcerned(t *testing.T) {
	box := t.TempDir()
	d := newDesk(t, mail.Outbox(box))
	for _, name := range []string{"Anna", "Bruno", "Carla"} { // Carla waits
		mode := domain.InPresence
		if name == "Anna" {
			mode = domain.Online
		}
		d.react(d.register(name, strings.ToLower(name)+"@example.it", mode))
	}
	res := carry[*domain.Tavolo](d, domain.WithdrawParticipant{Tavolo: at, Participant: d.people["Bruno"]})
	d.react(d.newest(res.Position)) // Carla has the seat
	d.react(d.newest(res.Position - 1))
	res = carry[*domain.Tavolo](d, domain.RescheduleTavolo{Tavolo: at, When: domain.When{Day: "2022-03-31"}, Reason: "sala"})
	d.react(d.newest(res.Position))
	res = carry[*domain.Tavolo](d, domain.RectifyTavolo{Tavolo: at, Field: domain.RectifyProtocol, Right: "Prot. n. 0228/15/03/22", Reason: "refuso"})
	d.react(d.newest(res.Position)) // nobody needs to know
	res = carry[*domain.Tavolo](d, domain.CallOffTavolo{Tavolo: at, Reason: "sciopero"})
	d.react(d.newest(res.Position))
	got := d.letters()
	for _, want := range []string{
		"Anna Prova confirmation", "Bruno Prova confirmation", "Carla Prova waiting-list", "Carla Prova promotion", "Anna Prova change-of-date", "Carla Prova change-of-date",
		"Anna Prova calling-off", "Carla Prova calling-off", "Bruno Prova withdrawal",
	} {
		if _, ok := got[want]; !ok {
			t.Errorf("%s is missing", want)
		}
		delete(got, want)
	}
	if len(got) > 0 {
		t.Errorf("these are too many: %v", got)
	}
}

func TestRelayAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"smtps://anna%40example.it@host:465": true, "smtp://host": true, "smtp://127.0.0.1:25?tls=none": true,
		"smtps://host?tls=none": false, "smtp://anna:segreto@host": false, "http://host": false, "smtp://": false, "smtp://host/path": false, "smtp://host?tls=maybe": false, "smtp://host?ca=/does/not/exist": false,
	} {
		r, err := mail.ParseRelay(address, "segreto", time.Second)
		if (err == nil) != ok {
			t.Errorf("%s: got %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "segreto") {
			t.Errorf("%s: the error tells the password: %v", address, err)
		}
		if err == nil && strings.Contains(r.String(), "anna") {
			t.Errorf("%s: %s", address, r)
		}
	}
	if _, err := mail.ParseRelay("smtps://anna@host", "", time.Second); err == nil {
		t.Error("a user without a password is taken")
	}
}
