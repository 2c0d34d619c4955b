// Package certtest makes certificates for tests.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Pair returns a certificate for this machine that vouches for itself, and its key, in
// PEM.
func Pair(t testing.TB, serial int64) (cert, key []byte) {
	t.Helper()
	return PairFor(t, serial, time.Now().Add(time.Hour), "localhost", net.IPv4(127, 0, 0, 1))
}

// PairFor returns a certificate as [Pair] does, for another machine or that ends earlier.
func PairFor(t testing.TB, serial int64, ends time.Time, host string, at net.IP) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: host},
		NotBefore: ends.Add(-2 * time.Hour), NotAfter: ends,
		DNSNames: []string{host}, IPAddresses: []net.IP{at}, IsCA: true, BasicConstraintsValid: true,
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// Files writes a [Pair] to a folder, in place of one that is there.
func Files(t testing.TB, dir string, serial int64) (cert, key string) {
	t.Helper()
	public, private := Pair(t, serial)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, data := range map[string][]byte{cert: public, key: private} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
