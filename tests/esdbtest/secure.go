package esdbtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// NewCertificate returns a certificate for 127.0.0.1, issued by a test authority
// whose own certificate it writes to a file.
func NewCertificate(authorityFile string) (*tls.Certificate, error) {
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(authorityFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}), 0o600); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "node"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// security returns what makes a server ask for TLS and credentials.
func (s *Server) security() []grpc.ServerOption {
	var list []grpc.ServerOption
	if s.options.Certificate != nil {
		list = append(list, grpc.Creds(credentials.NewServerTLSFromCert(s.options.Certificate)))
	}
	if s.options.User == "" {
		return list
	}
	return append(list,
		grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if err := s.admits(ctx, info.FullMethod); err != nil {
				return nil, err
			}
			return next(ctx, req)
		}),
		grpc.StreamInterceptor(func(srv any, call grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			if err := s.admits(call.Context(), info.FullMethod); err != nil {
				return err
			}
			return next(srv, call)
		}))
}

// admits looks at the credentials of a call. As on the real server, wrong ones are
// refused everywhere, and none on streams only.
func (s *Server) admits(ctx context.Context, method string) error {
	md, _ := metadata.FromIncomingContext(ctx)
	given := md.Get("authorization")
	right := "Basic " + base64.StdEncoding.EncodeToString([]byte(s.options.User+":"+s.options.Password))
	switch {
	case len(given) == 1 && given[0] == right:
		return nil
	case len(given) > 0:
		return status.Error(codes.Unauthenticated, "Unauthenticated")
	case strings.Contains(method, "streams.Streams/"):
		return status.Error(codes.PermissionDenied, "Access Denied")
	}
	return nil
}

// URLAs returns the connection string of this node for a user, over TLS if the
// server has a certificate.
func (s *Server) URLAs(user, password, authorityFile string) string {
	url := "esdb://" + user + ":" + password + "@" + s.addr
	if s.options.Certificate == nil {
		return url + "?tls=false"
	}
	return url + "?tlsCAFile=" + authorityFile
}
