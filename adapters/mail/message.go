package mail

import (
	"bytes"
	"fmt"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"tavoli/domain"
	"tavoli/projections"
)

// A Sender is in whose name letters go out.
type Sender struct {
	From    netmail.Address
	ReplyTo string // an address, or empty
	Owner   string // whose register it is: the name below letters
}

// ParseSender reads in whose name letters go out: "Segreteria <tavoli@example.it>".
func ParseSender(from, replyTo, owner string) (Sender, error) {
	s := Sender{Owner: owner}
	a, err := netmail.ParseAddress(from)
	if err != nil {
		return s, fmt.Errorf("%q is no address: %w", from, err)
	}
	s.From = *a
	if replyTo != "" {
		r, err := netmail.ParseAddress(replyTo)
		if err != nil {
			return s, fmt.Errorf("%q is no address: %w", replyTo, err)
		}
		s.ReplyTo = r.Address
	}
	return s, nil
}

// A Message is a letter, written.
type Message struct {
	ID       domain.LetterID
	Number   int // how often it was sent again on purpose: another message then
	From     Sender
	To       netmail.Address
	Subject  string
	Text     string
	HTML     string
	Calendar string // an iCalendar object; empty: none
	Method   string // REQUEST or CANCEL
	Date     time.Time
}

// Write makes a message of what a letter says, in the words of a template.
func Write(c projections.LetterContent, words domain.LetterTemplate, from Sender, now time.Time) Message {
	c.Values["titolare"], c.Values["risposte"] = from.Owner, orElse(from.ReplyTo, from.From.Address)
	subject, text := words.Fill(c.Values)
	m := Message{From: from, To: netmail.Address{Name: c.Name, Address: c.Email}, Subject: clip(subject, maxSubject), Date: now}
	m.Text = plain(text, c.Blocks)
	m.HTML = page(m.Subject, text, c.Blocks)
	if c.Event != nil {
		m.Calendar, m.Method = invitation(c, from, now), method(c.Event)
	}
	return m
}

// maxSubject is the longest subject, in characters.
const maxSubject = 200

func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// rule parts the funding paragraphs from the letter. It is not "-- ": what follows that
// mail programs take for a signature, and hide.
const rule = "----------------------------------------"

// plain returns the text of a letter with the funding paragraphs below.
func plain(text string, blocks []string) string {
	for _, b := range blocks {
		text += "\n\n" + rule + "\n" + strings.TrimSpace(b)
	}
	return strings.ReplaceAll(text, "\n", "\r\n") + "\r\n"
}

// messageID names the message for relays and mail programs, the same for the same
// letter, so that one that comes twice can be told, and [ReadNotice] knows it again.
func (m Message) messageID() string {
	_, host, _ := strings.Cut(m.From.From.Address, "@")
	id := m.ID.String()
	if m.Number > 0 {
		id += "." + strconv.Itoa(m.Number)
	}
	return id + "@" + host
}

// mime returns the message as it is sent.
func (m Message) mime() (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	if _, err := netmail.ParseAddress((&netmail.Address{Address: m.To.Address}).String()); err != nil {
		return nil, err
	}
	msg.FromMailAddress(&m.From.From)
	msg.ToMailAddress(&netmail.Address{Name: oneLine(m.To.Name), Address: m.To.Address})
	if m.From.ReplyTo != "" {
		if err := msg.ReplyTo(m.From.ReplyTo); err != nil {
			return nil, err
		}
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetMessageIDWithValue(m.messageID())
	msg.SetDateWithValue(m.Date)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("Content-Language", "it")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	if m.Calendar != "" {
		msg.AddAlternativeString(gomail.ContentType("text/calendar; method="+m.Method), m.Calendar)
		msg.AttachReadSeeker("tavolo.ics", strings.NewReader(m.Calendar), gomail.WithFileContentType("text/calendar"))
	}
	return msg, nil
}

// oneLine keeps what is shown in a header from being more than one line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Bytes returns the message as it is sent.
func (m Message) Bytes() ([]byte, error) {
	msg, err := m.mime()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
