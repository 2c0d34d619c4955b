package mail_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/mail"
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/tests/smtptest"
)

// TestTheRelayGoesBeforeALetter ends the connection before a letter is begun: no letter
// is touched, and all goes on when the relay is well.
func TestTheRelayGoesBeforeALetter(t *testing.T) {
	for _, point := range []string{"banner", "hello"} {
		t.Run(point, func(t *testing.T) {
			s := smtptest.New(t, smtptest.Settings{Die: func(at string) bool { return at == point }})
			d := newDesk(t, relay(t, s))
			d.react(d.register("Anna", "anna@example.it", domain.Online))
			d.background(d.office.Run)
			d.until("trouble", func() bool { _, trouble := d.office.Trouble(); return trouble != "" })
			if l := d.letters()["Anna Prova confirmation"]; l.State != domain.LetterIsQueued || l.Attempts != 0 {
				t.Errorf("a letter was touched: %+v", l)
			}
			s.Set(func(s *smtptest.Settings) { s.Die = nil })
			d.clock.move(time.Hour)
			if d.becomes("Anna Prova confirmation", domain.LetterIsSent); len(s.Messages()) != 1 {
				t.Errorf("got %d messages", len(s.Messages()))
			}
		})
	}
}

// TestCertificatesThatAreWrong goes no further where the relay's certificate is of
// another, or has ended, though somebody who is trusted made it.
func TestCertificatesThatAreWrong(t *testing.T) {
	good, pem := smtptest.Certificate(t)
	old, oldPEM := smtptest.CertificateFor(t, time.Now().Add(-time.Hour), "127.0.0.1")
	other, otherPEM := smtptest.CertificateFor(t, time.Now().Add(time.Hour), "10.9.8.7")
	for name, c := range map[string]struct {
		certificate *tls.Certificate
		pem         []byte
		sent        bool
	}{"good": {good, pem, true}, "ended": {old, oldPEM, false}, "of another": {other, otherPEM, false}} {
		for _, implicit := range []bool{true, false} {
			t.Run(fmt.Sprint(name, implicit), func(t *testing.T) {
				ca := filepath.Join(t.TempDir(), "ca.pem")
				if err := os.WriteFile(ca, c.pem, 0o600); err != nil {
					t.Fatal(err)
				}
				s := smtptest.New(t, smtptest.Settings{Certificate: c.certificate, Implicit: implicit})
				scheme := map[bool]string{true: "smtps", false: "smtp"}[implicit]
				r, err := mail.ParseRelay(scheme+"://"+s.Addr+"?ca="+ca, "", 2*time.Second)
				if err != nil {
					t.Fatal(err)
				}
				session, err := r.Open(t.Context())
				if (err == nil) != c.sent {
					t.Errorf("got %v", err)
				}
				if err == nil {
					session.Close()
				}
			})
		}
	}
}

// TestARelayThatKnowsLittle sends by a relay without 8BITMIME and SMTPUTF8: letters are of
// ASCII in short lines, whatever alphabet they are in. An address that such a relay
// cannot take is put aside, and no letter waits behind it.
func TestARelayThatKnowsLittle(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{Bare: true})
	d := newDesk(t, relay(t, s))
	long := strings.Repeat("Żółć ", 39)
	d.react(d.register("Ζωή", "zoè@example.it", domain.Online))
	d.react(d.register("李小龍 "+long, "anna@example.it", domain.Online))
	d.background(d.office.Run)
	d.becomes(strings.Join(strings.Fields("李小龍 "+long+" Prova"), " ")+" confirmation", domain.LetterIsSent)
	l := d.becomes("Ζωή Prova confirmation", domain.LetterIsParked)
	if l.Why != domain.FaultRefused && l.Why != domain.FaultContent {
		t.Errorf("got %+v", l)
	}
	got := s.Messages()
	if len(got) != 1 {
		t.Fatalf("got %d messages", len(got))
	}
	for line := range strings.SplitSeq(got[0].Data, "\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes: %.80q", len(line), line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("a line is not of ASCII: %q", line)
		}
	}
}

// TestTheCalendarIsAMethodAndAFile finds the entry twice in a message: as what mail
// programs act on, with its METHOD in the type, and as a file that can be saved.
func TestTheCalendarIsAMethodAndAFile(t *testing.T) {
	d := newDesk(t, mail.Outbox(t.TempDir()))
	d.register("Anna", "anna@example.it", domain.Online)
	raw, err := d.write(domain.LetterConfirmation, "Anna").Bytes()
	if err != nil {
		t.Fatal(err)
	}
	_, found := parts(t, raw)
	inline, file := found["text/calendar REQUEST"], found["text/calendar "]
	if inline == "" || strings.TrimSpace(decoded(t, file)) != strings.TrimSpace(inline) {
		t.Errorf("the file is %q, and inline stands %q", file, inline)
	}
	if !regexp.MustCompile(`(?is)content-disposition: attachment;\s+filename="?tavolo.ics`).Match(raw) {
		t.Error("there is no file to save")
	}
	for _, media := range regexp.MustCompile(`(?i)content-type: (text/calendar[^\r\n]*(?:\r\n\s[^\r\n]*)*)`).FindAllSubmatch(raw, -1) {
		if _, params, err := mime.ParseMediaType(string(bytes.ReplaceAll(media[1], []byte("\r\n"), nil))); err != nil || params["method"] != "" && params["method"] != "REQUEST" {
			t.Errorf("%s: %v %v", media[1], params, err)
		}
	}
}

// decoded returns a part without its transfer encoding, if that is base64.
func decoded(t *testing.T, text string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(text))
	if err != nil {
		return text
	}
	return string(raw)
}

// TestItalyChangesItsClock holds the time zone that stands in an entry to the clocks of
// Italy around both changes, also of years to come.
func TestItalyChangesItsClock(t *testing.T) {
	d := newDesk(t, mail.Outbox(t.TempDir()))
	d.register("Anna", "anna@example.it", domain.Online)
	c := d.content(domain.LetterConfirmation, "Anna")
	for _, day := range []string{"2022-03-26", "2022-03-27", "2022-03-28", "2022-10-29", "2022-10-30", "2022-10-31", "2027-03-27", "2027-03-28", "2027-10-30", "2027-10-31", "2030-07-01", "2030-12-31"} {
		for _, clock := range []string{"01:30", "03:30", "09:45", "23:59"} {
			at, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, domain.Rome)
			if err != nil {
				t.Fatal(err)
			}
			c.Event.Schedule = domain.Schedule{Day: domain.DayOf(at), StartsAt: &at}
			m := mail.Write(c, domain.LetterConfirmation.BuiltIn(), d.office.Sender, time.Now())
			local := regexp.MustCompile(`DTSTART;TZID=Europe/Rome:(\S+)`).FindStringSubmatch(m.Calendar)
			if local == nil {
				t.Fatalf("it begins nowhere: %s", m.Calendar)
			}
			said, err := time.Parse("20060102T150405", local[1])
			if err != nil {
				t.Fatal(err)
			}
			if got := said.Add(-offset(t, m.Calendar, said)); !got.Equal(at) {
				t.Errorf("%s %s: the entry begins at %s, the tavolo at %s", day, clock, got, at.UTC())
			}
		}
	}
}

var rules = regexp.MustCompile(`BEGIN:(?:DAYLIGHT|STANDARD)\r\nDTSTART:\d{8}T(\d{2})0000\r\nRRULE:FREQ=YEARLY;BYMONTH=(\d+);BYDAY=-1SU\r\nTZOFFSETFROM:\+0(\d)00\r\nTZOFFSETTO:\+0(\d)00`)

// offset returns how far a local time is from UTC by the rules that stand in an entry.
func offset(t *testing.T, calendar string, local time.Time) (found time.Duration) {
	t.Helper()
	all := rules.FindAllStringSubmatch(calendar, -1)
	if len(all) != 2 {
		t.Fatalf("it has %d rules: %s", len(all), calendar)
	}
	var newest time.Time
	for _, year := range []int{local.Year() - 1, local.Year()} {
		for _, rule := range all {
			var hour, month, to int
			if _, err := fmt.Sscan(rule[1]+" "+rule[2]+" "+rule[4], &hour, &month, &to); err != nil {
				t.Fatal(err)
			}
			at := time.Date(year, time.Month(month)+1, 0, hour, 0, 0, 0, time.UTC)
			at = at.AddDate(0, 0, -int(at.Weekday()))
			if !at.After(local) && at.After(newest) {
				newest, found = at, time.Duration(to)*time.Hour
			}
		}
	}
	return found
}

// TestHeadersInEveryAlphabet puts what could break out of a header, and every alphabet,
// into the subject, the sender and the name of the recipient.
func TestHeadersInEveryAlphabet(t *testing.T) {
	for _, text := range []string{"Città di Palermo", "Ελλάδα", "محمد", "李小龍", "a\r\nBcc: tutti@example.it", "a\nX: y\r\n\r\nz", `"x" <y@z.it>`, strings.Repeat("à", 300)} {
		from, err := mail.ParseSender(`"`+strings.NewReplacer("\r", "", "\n", "", `"`, "").Replace(text)+`" <segreteria@tavoli.example>`, "", text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		c := projections.LetterContent{Kind: domain.LetterAdesioneTaken, Name: text, Email: "anna@example.it", Values: map[string]string{"nome": text, "ente": text}}
		raw, err := mail.Write(c, domain.LetterTemplate{Subject: "Per {ente}", Text: "Gentile {nome}"}, from, time.Now()).Bytes()
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		msg, _ := parts(t, raw)
		for _, name := range []string{"Bcc", "X"} {
			if msg.Header.Get(name) != "" {
				t.Errorf("%q: there is a header %s", text, name)
			}
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
		if want := strings.Join(strings.Fields("Per "+text), " "); err != nil || subject != want && !strings.HasSuffix(subject, "…") {
			t.Errorf("%q: the subject is %q: %v", text, subject, err)
		}
		to, err := msg.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != "anna@example.it" {
			t.Errorf("%q: to %v: %v", text, to, err)
		}
		sender, err := msg.Header.AddressList("From")
		if err != nil || len(sender) != 1 || sender[0].Address != "segreteria@tavoli.example" {
			t.Errorf("%q: from %v: %v", text, sender, err)
		}
	}
}
