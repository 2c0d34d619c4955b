package mail

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// This file reads what mail servers write about letters after the relay took them:
// delivery status notifications (RFC 3464) and the receipts of PEC.

// A NoticeKind is what a notice says.
type NoticeKind string

// The kinds there are.
const (
	NoticeReturned NoticeKind = "returned"
	NoticeArrived  NoticeKind = "arrived"
	NoticeUnderWay NoticeKind = "under-way" // it is late, or was handed on: nothing is known yet
)

// A Notice is what a mail server says of a letter.
type Notice struct {
	Letter  domain.LetterID
	Sending int // how often it had been sent again
	Kind    NoticeKind
	Status  string // of RFC 3463, if it is told
	Text    string // why
}

// ErrNoNotice says that a message is no notice about a letter of ours.
var ErrNoNotice = &domain.Error{
	Kind: domain.Invalid, Code: "no-delivery-notice", Text: "the message is no delivery status notification, and no receipt of a PEC, about a letter sent from here",
}

// receipts are what the receipts of PEC say.
var receipts = map[string]NoticeKind{
	"accettazione": NoticeUnderWay, "presa-in-carico": NoticeUnderWay, "avvenuta-consegna": NoticeArrived,
	"non-accettazione": NoticeReturned, "errore-consegna": NoticeReturned, "preavviso-errore-consegna": NoticeReturned, "rilevazione-virus": NoticeReturned,
}

// actions are what delivery status notifications say.
var actions = map[string]NoticeKind{
	"failed": NoticeReturned, "delayed": NoticeUnderWay, "delivered": NoticeArrived, "relayed": NoticeUnderWay, "expanded": NoticeUnderWay,
}

// ReadNotice reads a notice that was saved as it came: a message of RFC 5322.
func ReadNotice(data []byte) (Notice, error) {
	msg, err := netmail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return Notice{}, ErrNoNotice
	}
	n := Notice{}
	header := textproto.MIMEHeader(msg.Header)
	if kind, ok := receipts[strings.ToLower(strings.TrimSpace(header.Get("X-Ricevuta")))]; ok {
		n.Kind, n.Text = kind, "PEC: "+strings.ToLower(strings.TrimSpace(header.Get("X-Ricevuta")))
		n.about(header.Get("X-Riferimento-Message-Id"))
	} else {
		n.part(header, msg.Body, 0)
	}
	if n.Kind == "" || n.Letter == uuid.Nil {
		return Notice{}, ErrNoNotice
	}
	return n, nil
}

// maxDepth is how deep parts are looked at that stand inside of parts.
const maxDepth = 5

// part reads a part of a message: a report, or what it returns of the letter.
func (n *Notice) part(header textproto.MIMEHeader, body io.Reader, depth int) {
	media, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || depth > maxDepth {
		return
	}
	body = decoded(header, body)
	switch {
	case strings.HasPrefix(media, "multipart/"):
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			n.part(p.Header, p, depth+1)
		}
	case media == "message/delivery-status" || media == "message/global-delivery-status":
		n.report(body)
	case media == "message/rfc822" || media == "text/rfc822-headers" || strings.HasPrefix(media, "message/global"):
		returned, _ := textproto.NewReader(bufio.NewReader(body)).ReadMIMEHeader() // what there is of it
		n.about(returned.Get("Message-Id"))
	}
}

// decoded returns the body of a part as it was before it was encoded.
func decoded(header textproto.MIMEHeader, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}

// report reads groups of fields; the first is about the message, the others about a
// recipient each. A letter has one.
func (n *Notice) report(body io.Reader) {
	r := textproto.NewReader(bufio.NewReader(body))
	for {
		fields, err := r.ReadMIMEHeader()
		if kind, ok := actions[strings.ToLower(strings.TrimSpace(fields.Get("Action")))]; ok && n.Kind == "" {
			n.Kind, n.Status = kind, statusIn.FindString(fields.Get("Status"))
			_, n.Text, _ = strings.Cut(fields.Get("Diagnostic-Code"), ";")
		}
		if err != nil {
			return
		}
	}
}

var (
	statusIn = regexp.MustCompile(`^\s*[245]\.[0-9]{1,3}\.[0-9]{1,3}`)
	ours     = regexp.MustCompile(`^<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.([0-9]{1,4}))?@`)
)

// about notes which letter a Message-ID is of, if it is one of ours.
func (n *Notice) about(id string) {
	found := ours.FindStringSubmatch(strings.ToLower(strings.TrimSpace(id)))
	if found == nil || n.Letter != uuid.Nil {
		return
	}
	n.Letter = uuid.MustParse(found[1])
	n.Sending, _ = strconv.Atoi(found[2]) // empty: the first one
}

// ReadNotice reads a notice and leaves out of it what tells who the recipient is.
func (o *Office) ReadNotice(ctx context.Context, data []byte) (Notice, error) {
	n, err := ReadNotice(data)
	if err != nil {
		return n, err
	}
	var to netmail.Address
	_, err = projections.Ask(ctx, o.View, 0, func(m *projections.Models) (bool, error) {
		l, err := m.Letters.Letter(n.Letter, false)
		v, _ := m.People.Values(l.Person)
		to = netmail.Address{Name: v.Name(), Address: v.Email}
		return true, err
	})
	n.Text = discreet(n.Text, Message{To: to})
	n.Status = strings.TrimSpace(n.Status)
	return n, err
}
