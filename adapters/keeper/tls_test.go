package keeper_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/keeper"
)

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority of the tests"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	a.cert = a.sign(t, a.cert, a.key)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(t *testing.T, of *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, of, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// server returns the certificate of a server at an address.
func (a *authority) server(t *testing.T, ip string) tls.Certificate {
	t.Helper()
	key := newKey(t)
	cert := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.ParseIP(ip)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// secured starts a keeper that speaks TLS.
func secured(t *testing.T, cert tls.Certificate) *process {
	t.Helper()
	p := newProcess(t)
	p.kill()
	p.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
	p.start()
	return p
}

func TestTLSWithAnAuthorityOfOnesOwn(t *testing.T) {
	ca := newAuthority(t)
	p := secured(t, ca.server(t, "127.0.0.1"))
	c := p.client(func(o *keeper.Options) { o.CA = ca.pool() })
	id, key := take(t, c)
	if got, err := p.ring.Key(id); err != nil || got != key {
		t.Error(err)
	}
	p.restart()
	eventually(t, "the client is well again", func() bool { return c.Err() == nil && c.Check() == nil })
}

func TestTLSThatIsNotTrusted(t *testing.T) {
	ca := newAuthority(t)
	for name, c := range map[string]struct {
		cert   tls.Certificate
		change func(*keeper.Options)
		says   string
	}{
		"unknown authority": {ca.server(t, "127.0.0.1"), func(*keeper.Options) {}, "certificate"},
		"another authority": {ca.server(t, "127.0.0.1"), func(o *keeper.Options) { o.CA = newAuthority(t).pool() }, "certificate"},
		"another address":   {ca.server(t, "127.0.0.2"), func(o *keeper.Options) { o.CA = ca.pool() }, "127.0.0.1"},
		"without TLS": {ca.server(t, "127.0.0.1"), func(o *keeper.Options) {
			o.URL = strings.Replace(o.URL, "https", "http", 1)
		}, "no shared keyring"},
	} {
		t.Run(name, func(t *testing.T) {
			p := secured(t, c.cert)
			o := p.options()
			c.change(&o)
			began := time.Now()
			_, err := keeper.Connect(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), c.says) || time.Since(began) > 5*time.Second {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
		})
	}
	p := newProcess(t)
	o := p.options()
	o.URL = strings.Replace(o.URL, "http", "https", 1)
	if _, err := keeper.Connect(t.Context(), o); !errors.Is(err, keeper.ErrUnreachable) {
		t.Errorf("a keeper without TLS, asked with it: %v", err)
	}
}
