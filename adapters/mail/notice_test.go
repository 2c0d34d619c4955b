package mail_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tavoli/adapters/mail"
	"tavoli/domain"
	"tavoli/tests/smtptest"
)

// bounce is a delivery status notification as Postfix writes it.
const bounce = `Return-Path: <>
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: segreteria@tavoli.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="A1"
Message-Id: <20220302100000.ABCDEF@mx.example.org>

This is a MIME-encapsulated message.

--A1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--A1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Wed, 2 Mar 2022 10:00:00 +0100 (CET)

Final-Recipient: rfc822; anna@example.it
Original-Recipient: rfc822;anna@example.it
Action: ACTION
Status: 5.1.1
Remote-MTA: dns; mx.example.it
Diagnostic-Code: smtp; 550 5.1.1 <anna@example.it>: Recipient address rejected:
    User anna.prova unknown

--A1
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: "Segreteria" <segreteria@tavoli.example>
Message-ID: <MESSAGE>
Subject: x

y
--A1--
`

// receipt is what the provider of a PEC writes; the parts it is made of do not matter.
const receipt = `From: posta-certificata@pec.example.it
To: segreteria@tavoli.example
Subject: AVVISO DI MANCATA CONSEGNA: Iscrizione registrata
Message-ID: <opec1.20220302@pec.example.it>
X-Ricevuta: RECEIPT
X-Riferimento-Message-ID: <MESSAGE>
Content-Type: multipart/signed; protocol="application/x-pkcs7-signature"; boundary="B1"

--B1--
`

func dsn(action, id string) []byte {
	text := strings.NewReplacer("ACTION", action, "MESSAGE", id, "\n", "\r\n").Replace(bounce)
	return []byte(text)
}

func pec(kind, id string) []byte {
	return []byte(strings.NewReplacer("RECEIPT", kind, "MESSAGE", id).Replace(receipt))
}

func TestReadNotice(t *testing.T) {
	id := uuid.New()
	own := id.String() + "@tavoli.example"
	hidden := strings.Replace(string(dsn("failed", own)), "From: \"Segreteria\"", "X: y\r\nFrom: \"Segreteria\"", 1)
	before, returned, _ := strings.Cut(hidden, "Content-Type: message/rfc822\r\n\r\n")
	returned, _, _ = strings.Cut(returned, "--A1--")
	encoded := before + "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(returned)) + "\r\n--A1--\r\n"
	for name, c := range map[string]struct {
		raw  []byte
		want mail.Notice
	}{
		"failed":                 {dsn("failed", own), mail.Notice{Letter: id, Kind: mail.NoticeReturned, Status: "5.1.1"}},
		"of the second sending":  {dsn("failed", id.String()+".1@tavoli.example"), mail.Notice{Letter: id, Sending: 1, Kind: mail.NoticeReturned, Status: "5.1.1"}},
		"delayed":                {dsn("delayed", own), mail.Notice{Letter: id, Kind: mail.NoticeUnderWay, Status: "5.1.1"}},
		"delivered":              {dsn("delivered", own), mail.Notice{Letter: id, Kind: mail.NoticeArrived, Status: "5.1.1"}},
		"headers alone":          {[]byte(strings.Replace(string(dsn("failed", own)), "message/rfc822", "text/rfc822-headers", 1)), mail.Notice{Letter: id, Kind: mail.NoticeReturned, Status: "5.1.1"}},
		"returned in base64":     {[]byte(encoded), mail.Notice{Letter: id, Kind: mail.NoticeReturned, Status: "5.1.1"}},
		"mancata consegna":       {pec("errore-consegna", own), mail.Notice{Letter: id, Kind: mail.NoticeReturned}},
		"preavviso":              {pec("preavviso-errore-consegna", own), mail.Notice{Letter: id, Kind: mail.NoticeReturned}},
		"non accettazione":       {pec("non-accettazione", own), mail.Notice{Letter: id, Kind: mail.NoticeReturned}},
		"avvenuta consegna":      {pec("avvenuta-consegna", own), mail.Notice{Letter: id, Kind: mail.NoticeArrived}},
		"accettazione":           {pec("accettazione", own), mail.Notice{Letter: id, Kind: mail.NoticeUnderWay}},
		"of another's letter":    {dsn("failed", "20220302.1234@altrove.example"), mail.Notice{}},
		"an answer":              {[]byte("From: a@b.it\r\nIn-Reply-To: <" + own + ">\r\n\r\nSono assente fino al 3 marzo."), mail.Notice{}},
		"no message":             {[]byte("\x00\x01"), mail.Notice{}},
		"nothing":                {nil, mail.Notice{}},
		"a boundary without end": {[]byte("Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x"), mail.Notice{}},
	} {
		got, err := mail.ReadNotice(c.raw)
		if c.want == (mail.Notice{}) {
			if !errors.Is(err, mail.ErrNoNotice) {
				t.Errorf("%s: got %+v %v", name, got, err)
			}
			continue
		}
		got.Text, c.want.Text = "", ""
		if got.Status = strings.TrimSpace(got.Status); err != nil || got != c.want {
			t.Errorf("%s: got %+v %v, want %+v", name, got, err, c.want)
		}
	}
}

func FuzzReadNotice(f *testing.F) {
	f.Add(dsn("failed", uuid.NewString()+"@tavoli.example"))
	f.Add(pec("errore-consegna", uuid.NewString()+"@tavoli.example"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := mail.ReadNotice(raw)
		if err == nil && (n.Letter == uuid.Nil || n.Kind == "" || n.Sending < 0) {
			t.Errorf("got %+v", n)
		}
	})
}

// TestALetterComesBack sends a letter that the relay takes and that comes back: it is put
// aside, without a name, and goes out again once the address is corrected. What comes
// back of the first one then says nothing of the second.
func TestALetterComesBack(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	d.background(d.office.Run)
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	d.becomes("Anna Prova confirmation", domain.LetterIsSent)
	idOf := func(n int) string {
		msg, _ := parts(t, []byte(s.Messages()[n].Data))
		return strings.Trim(msg.Header.Get("Message-Id"), "<>")
	}
	notice, err := d.office.ReadNotice(t.Context(), dsn("failed", idOf(0)))
	if err != nil || strings.Contains(strings.ToLower(notice.Text), "anna") || !strings.Contains(notice.Text, "550 5.1.1") {
		t.Fatalf("got %+v %v", notice, err)
	}
	carry[*domain.Letter](d, domain.ReturnLetter{Delivery: notice.Letter, Sending: &notice.Sending, Status: notice.Status, Reason: notice.Text})
	l := d.becomes("Anna Prova confirmation", domain.LetterIsParked)
	if l.Why != domain.FaultBounced || !strings.HasPrefix(l.Answer, "5.1.1 550") {
		t.Errorf("got %+v", l)
	}
	carry[*domain.Letter](d, domain.ResendLetter{Delivery: l.Delivery, Reason: "indirizzo corretto"})
	d.becomes("Anna Prova confirmation", domain.LetterIsSent)
	if got := s.Messages(); len(got) != 2 || idOf(0) == idOf(1) {
		t.Fatalf("got %d messages, %s and %s", len(got), idOf(0), idOf(1))
	}
	_, err = domain.Execute(t.Context(), d.exec, domain.ReturnLetter{Delivery: notice.Letter, Sending: &notice.Sending, Reason: notice.Text}, d.meta())
	if !errors.Is(err, domain.ErrLetterAgain) {
		t.Errorf("got %v", err)
	}
	if notice, err = d.office.ReadNotice(t.Context(), pec("avvenuta-consegna", idOf(1))); err != nil || notice.Sending != 1 {
		t.Fatalf("got %+v %v", notice, err)
	}
	carry[*domain.Letter](d, domain.ReceiveLetter{Delivery: notice.Letter, Sending: &notice.Sending, Answer: notice.Text})
	d.until("it arrived", func() bool { return d.letters()["Anna Prova confirmation"].ArrivedAt != nil })
	if _, err := d.office.ReadNotice(t.Context(), dsn("failed", uuid.NewString()+"@tavoli.example")); !errors.Is(err, domain.NotFound) {
		t.Errorf("got %v", err)
	}
}
