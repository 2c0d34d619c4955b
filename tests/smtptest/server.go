// Package smtptest is a mail server for tests: it speaks SMTP on a socket, keeps what
// it is given, and goes wrong where it is told to.
package smtptest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tavoli/tests/certtest"
)

// A Message is what the server took.
type Message struct {
	From string
	To   []string
	Data string // lines end in LF
}

// A Server takes letters. Its settings may be changed at any time with [Server.Set].
type Server struct {
	Addr string

	listener net.Listener
	wg       sync.WaitGroup

	mu       sync.Mutex
	settings Settings
	messages []Message
	conns    map[net.Conn]bool
}

// Settings are how a server behaves.
type Settings struct {
	Certificate *tls.Certificate // offers STARTTLS, or speaks TLS at once with Implicit
	Implicit    bool
	User        string // asks for AUTH PLAIN
	Password    string
	Bare        bool // knows neither 8BITMIME nor SMTPUTF8

	Delay  time.Duration               // before each answer
	Answer func(command string) string // instead of the usual one; empty: the usual one

	// Die ends the connection at a point: "banner" before a word is said, "hello" instead
	// of an answer to the greeting, "mail", "rcpt", "data" instead of an answer to
	// the command, "body" in the middle of the letter, "taken" after the letter was
	// taken and before that is said. It is called with the point.
	Die func(point string) bool

	Taken func(Message) // is told of each letter before the answer to it
}

// New starts a server that ends with the test.
func New(t testing.TB, s Settings) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return start(t, l, s)
}

// At starts a server at an address at which another one was.
func At(t testing.TB, addr string, s Settings) *Server {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, l, s)
}

func start(t testing.TB, l net.Listener, s Settings) *Server {
	server := &Server{Addr: l.Addr().String(), listener: l, settings: s, conns: make(map[net.Conn]bool)}
	server.wg.Go(server.accept)
	t.Cleanup(server.Close)
	return server
}

// Close ends the server and its connections.
func (s *Server) Close() {
	s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Set changes the settings.
func (s *Server) Set(change func(*Settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.settings)
}

func (s *Server) now() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// Messages returns what was taken so far.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.wg.Go(func() {
			defer s.gone(c)
			s.talk(c)
		})
	}
}

func (s *Server) gone(c net.Conn) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// A talk is one connection.
type talk struct {
	*Server
	conn   net.Conn
	in     *bufio.Reader
	secure bool
	known  bool
	letter Message
}

func (s *Server) talk(c net.Conn) {
	t := &talk{Server: s, conn: c}
	if now := s.now(); now.Implicit {
		t.conn, t.secure = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*now.Certificate}}), true
	}
	t.in = bufio.NewReader(t.conn)
	if t.dies("banner") || !t.say("220 smtptest ready") {
		return
	}
	for {
		line, err := t.in.ReadString('\n')
		if err != nil || !t.obey(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

func (t *talk) say(text string) bool {
	time.Sleep(t.now().Delay)
	_, err := fmt.Fprint(t.conn, text+"\r\n")
	return err == nil
}

func (t *talk) dies(point string) bool {
	die := t.now().Die
	return die != nil && die(point)
}

// obey carries out a command, and reports whether the connection goes on.
func (t *talk) obey(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	now := t.now()
	if now.Answer != nil {
		if text := now.Answer(line); text != "" {
			return t.say(text)
		}
	}
	switch verb = strings.ToUpper(verb); verb {
	case "EHLO", "HELO":
		return !t.dies("hello") && t.hello()
	case "STARTTLS":
		return t.startTLS()
	case "AUTH":
		return t.auth(rest)
	case "MAIL":
		if now.User != "" && !t.known {
			return t.say("530 5.7.0 authentication required")
		}
		t.letter = Message{From: between(rest)}
		return !t.dies("mail") && t.say("250 2.1.0 Ok")
	case "RCPT":
		t.letter.To = append(t.letter.To, between(rest))
		return !t.dies("rcpt") && t.say("250 2.1.5 Ok")
	case "DATA":
		return !t.dies("data") && t.say("354 go ahead") && t.take()
	case "QUIT":
		t.say("221 2.0.0 bye")
		return false
	}
	return t.say("250 2.0.0 Ok") // NOOP, RSET
}

func (t *talk) hello() bool {
	now := t.now()
	text := "250-smtptest\r\n250-ENHANCEDSTATUSCODES\r\n"
	if !now.Bare {
		text += "250-8BITMIME\r\n250-SMTPUTF8\r\n"
	}
	if now.Certificate != nil && !t.secure {
		text += "250-STARTTLS\r\n"
	}
	if now.User != "" && t.secure {
		text += "250-AUTH PLAIN\r\n"
	}
	return t.say(text + "250 SIZE 10000000")
}

func (t *talk) startTLS() bool {
	now := t.now()
	if now.Certificate == nil || !t.say("220 go ahead") {
		return false
	}
	t.conn, t.secure = tls.Server(t.conn, &tls.Config{Certificates: []tls.Certificate{*now.Certificate}}), true
	t.in = bufio.NewReader(t.conn)
	return true
}

func (t *talk) auth(rest string) bool {
	_, proof, _ := strings.Cut(rest, " ")
	raw, err := base64.StdEncoding.DecodeString(proof)
	now := t.now()
	if t.known = err == nil && string(raw) == "\x00"+now.User+"\x00"+now.Password; !t.known {
		return t.say("535 5.7.8 no")
	}
	return t.say("235 2.7.0 yes")
}

// take reads the letter and keeps it.
func (t *talk) take() bool {
	if t.dies("body") {
		_, _ = t.in.ReadString('\n') // some of it
		return false
	}
	data, err := textproto.NewReader(t.in).ReadDotBytes()
	if err != nil {
		return false
	}
	t.letter.Data = string(data)
	if taken := t.now().Taken; taken != nil {
		taken(t.letter)
	}
	t.mu.Lock()
	t.messages = append(t.messages, t.letter)
	t.mu.Unlock()
	return !t.dies("taken") && t.say("250 2.0.0 Ok: queued for "+t.letter.To[0])
}

// between returns what stands between angle brackets.
func between(text string) string {
	_, text, _ = strings.Cut(text, "<")
	text, _, _ = strings.Cut(text, ">")
	return text
}

// Certificate makes a certificate for this machine, with the PEM of who vouches for it.
func Certificate(t testing.TB) (*tls.Certificate, []byte) {
	t.Helper()
	return CertificateFor(t, time.Now().Add(time.Hour), "127.0.0.1")
}

// CertificateFor makes a certificate for the machine of an address, until a moment.
func CertificateFor(t testing.TB, ends time.Time, address string) (*tls.Certificate, []byte) {
	t.Helper()
	cert, key := certtest.PairFor(t, 1, ends, "localhost", net.ParseIP(address))
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return &pair, cert
}
