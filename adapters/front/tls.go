package front

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// A Certificate is a certificate with its key in two files, which are read again when
// they change. A pair that cannot be read leaves the one before in use.
type Certificate struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	marks  [2]mark
	looked time.Time
	failed [2]mark // the files that were found to be no pair, which is told once
}

// mark is by what a file is known to have changed.
type mark struct {
	at   time.Time
	size int64
}

// lookEach is how often files are looked at, at most.
const lookEach = time.Second

// LoadCertificate reads a certificate and its key.
func LoadCertificate(cert, key string, log *slog.Logger) (*Certificate, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Certificate{cert: cert, key: key, log: log}
	marks, err := c.look()
	if err == nil {
		err = c.load(marks)
	}
	if err != nil {
		return nil, fmt.Errorf("the certificate %s with the key %s: %w", cert, key, err)
	}
	return c, nil
}

// look returns how the files are now.
func (c *Certificate) look() (marks [2]mark, err error) {
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return marks, err
		}
		marks[i] = mark{info.ModTime(), info.Size()}
	}
	return marks, nil
}

func (c *Certificate) load(marks [2]mark) error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.pair, c.marks = &pair, marks
	return nil
}

// Get returns the certificate for a connection, the new one if the files have changed.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Sub(c.looked) < lookEach {
		return c.pair, nil
	}
	c.looked = now
	marks, err := c.look()
	if err == nil && marks == c.marks {
		return c.pair, nil
	}
	if err == nil {
		err = c.load(marks)
	}
	switch {
	case err == nil:
		c.log.Info("the certificate was read anew", "file", c.cert)
	case marks != c.failed:
		c.log.Warn("the certificate has changed and cannot be read: the one before stays in use", "file", c.cert, "error", err)
	}
	c.failed = marks
	return c.pair, nil
}

// Config returns how TLS is spoken with it.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{GetCertificate: c.Get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
}

// ToTLS returns what sends everybody who asks in the clear to the same address by TLS,
// at a port. Nothing but questions is sent on: what else came in the clear may have
// carried a secret, and whoever sent it has to notice.
func ToTLS(port string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head(w.Header(), false)
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if host == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "solo TLS: usare https · TLS only: use https", http.StatusForbidden)
			return
		}
		if port != "443" {
			host = net.JoinHostPort(trim(host), port)
		}
		w.Header().Set("Location", "https://"+host+r.URL.RequestURI())
		w.WriteHeader(http.StatusPermanentRedirect)
	})
}

// trim takes the brackets off an address.
func trim(host string) string {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
