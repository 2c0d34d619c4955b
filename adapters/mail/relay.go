package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"tavoli/domain"
)

// A Relay is a mail server that takes letters by SMTP.
type Relay struct {
	Host     string
	Port     int
	User     string // empty: it asks for none
	Password string
	Implicit bool // TLS from the first byte on (smtps)
	Plain    bool // no TLS at all: for a relay on the same machine
	Timeout  time.Duration
	Roots    *x509.CertPool // nil: those of the machine
}

// ParseRelay reads the address of a relay: smtps://user@host:465 has TLS from the
// beginning, smtp://user@host:587 begins it by STARTTLS and goes no further without;
// ?tls=none goes without it, ?ca=FILE trusts the authorities in a file alone. A
// password in the address is refused: it would be seen.
func ParseRelay(address, password string, timeout time.Duration) (*Relay, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address of the relay cannot be read")
	}
	r := &Relay{Host: u.Hostname(), Password: password, Implicit: u.Scheme == "smtps", Timeout: timeout}
	if u.User != nil {
		r.User = u.User.Username()
		if _, there := u.User.Password(); there {
			return nil, errors.New("the password of the relay belongs in a file, not in its address")
		}
	}
	q := u.Query()
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps", r.Host == "", u.Path != "" && u.Path != "/":
		return nil, fmt.Errorf("%s is not of the form smtps://user@host:465 or smtp://user@host:587", u.Redacted())
	case q.Get("tls") != "" && q.Get("tls") != "none" || r.Implicit && q.Has("tls"):
		return nil, errors.New("tls=none is the one choice there is, with smtp")
	case r.User != "" && password == "":
		return nil, errors.New("the relay has a user but no password")
	}
	r.Plain = q.Get("tls") == "none"
	if r.Port, err = portOf(u.Port(), r.Implicit); err != nil {
		return nil, err
	}
	return r, r.trust(q.Get("ca"))
}

func portOf(text string, implicit bool) (int, error) {
	switch {
	case text != "":
		return strconv.Atoi(text)
	case implicit:
		return 465, nil
	}
	return 587, nil
}

// trust reads the authorities that may vouch for the relay.
func (r *Relay) trust(file string) error {
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if r.Roots = x509.NewCertPool(); !r.Roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", file)
	}
	return nil
}

// Repeatable implements [Carrier].
func (*Relay) Repeatable() bool { return false }

// String implements [Carrier].
func (r *Relay) String() string { return "smtp " + net.JoinHostPort(r.Host, strconv.Itoa(r.Port)) }

// Open implements [Carrier].
func (r *Relay) Open(ctx context.Context) (Session, error) {
	d := &dialogue{timeout: r.Timeout}
	options := []gomail.Option{
		gomail.WithPort(r.Port), gomail.WithTimeout(r.Timeout), gomail.WithTLSConfig(r.tls()),
		gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			return d.dial(ctx, network, address, r)
		}),
	}
	if r.Plain {
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if r.Implicit {
		options = append(options, gomail.WithSSL())
	}
	if r.User != "" {
		options = append(options, gomail.WithUsername(r.User), gomail.WithPassword(r.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5))
	}
	client, err := gomail.NewClient(r.Host, options...)
	if err != nil {
		return nil, err
	}
	if d.server, err = client.DialToSMTPClientWithContext(ctx); err != nil {
		d.cut()
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	d.client = client
	return d, nil
}

func (r *Relay) tls() *tls.Config {
	return &tls.Config{ServerName: r.Host, MinVersion: tls.VersionTLS12, RootCAs: r.Roots}
}

// A dialogue is a session with a relay.
type dialogue struct {
	client  *gomail.Client
	server  *smtp.Client
	socket  net.Conn // below everything
	timeout time.Duration
}

// dial opens the connection and keeps hold of it.
func (d *dialogue) dial(ctx context.Context, network, address string, r *Relay) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.socket = conn
	if !r.Implicit {
		return conn, nil
	}
	secure := tls.Client(conn, r.tls())
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

// cut ends the connection without another word. A word would end a letter that was
// half sent, and the relay would take the half for the whole.
func (d *dialogue) cut() {
	if d.socket != nil {
		_ = d.socket.Close() // nothing was to come of it
	}
}

// Close implements [Session].
func (d *dialogue) Close() {
	_ = d.client.CloseWithSMTPClient(d.server) // the relay may have gone
	d.cut()
}

// Send implements [Session].
func (d *dialogue) Send(m Message) Outcome {
	msg, err := m.mime()
	if err == nil {
		_, err = m.Bytes() // it can be written to its end
	}
	if err != nil {
		return Outcome{Fault: domain.FaultContent}
	}
	if ok, _ := d.server.Extension("SMTPUTF8"); !ok && beyondASCII(m.To.Address) {
		return Outcome{Fault: domain.FaultRefused, Answer: "the relay takes no address beyond ASCII (SMTPUTF8)"}
	}
	err = d.client.SendWithSMTPClient(d.server, msg)
	if err == nil || msg.IsDelivered() {
		return Outcome{Broken: err != nil, Answer: discreet("250 "+strings.TrimPrefix(msg.ServerResponse(), "250 "), m)}
	}
	o := judge(err)
	o.Answer = discreet(o.Answer, m)
	if o.Broken {
		d.cut()
	}
	return o
}

func beyondASCII(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// judge returns what became of a letter that was not seen to be taken.
func judge(err error) Outcome {
	failed, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return Outcome{Fault: domain.FaultUncertain, Broken: true, Answer: "the dialogue broke off"}
	}
	code := failed.ErrorCode()
	answer := said(failed)
	switch {
	case failed.Reason == gomail.ErrSMTPDataClose && code == 0: // the whole letter is there, and no answer
		return Outcome{Fault: domain.FaultUncertain, Broken: true, Answer: "no answer after the letter"}
	case code == 0 || failed.Reason == gomail.ErrWriteContent: // gone before the whole letter was there
		return Outcome{Fault: domain.FaultRelay, Again: true, Broken: true, Answer: "the connection broke off before the letter was there"}
	case code < 500 || failed.Reason == gomail.ErrSMTPMailFrom: // what it says of the sender is no fault of the letter
		return Outcome{Fault: domain.FaultRelay, Again: true, Broken: code == 421 || failed.Reason == gomail.ErrSMTPMailFrom, Answer: answer}
	}
	return Outcome{Fault: domain.FaultRefused, Answer: answer}
}

// said returns what the relay said.
func said(failed *gomail.SendError) string {
	text := failed.Error()
	if _, rest, ok := strings.Cut(text, ": "); ok {
		text = rest
	}
	text, _, _ = strings.Cut(text, ", affected ")
	return strings.ReplaceAll(strings.TrimSuffix(text, ","), `"`, "")
}
