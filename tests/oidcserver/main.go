// Command oidcserver is an OpenID Connect provider of others in a process of its own:
// the example of github.com/zitadel/oidc, which its authors wrote against the standard
// and not against this register. It lets in test-user2 with the password verysecure.
//
//	oidcserver CLIENT REDIRECT
//
// answers on a free port of 127.0.0.1 and prints its address. CLIENT is a public client
// that has to prove itself by PKCE; REDIRECT is its address, whose port does not matter
// where it is on the same machine (RFC 8252, section 7.3).
package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: oidcserver CLIENT REDIRECT")
		os.Exit(2)
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "oidcserver:", err)
		os.Exit(1)
	}
}

func serve(client, redirect string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := "http://" + l.Addr().String()
	storage.RegisterClients(storage.NativeClient(client, redirect))
	provider := exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), slog.New(slog.DiscardHandler), false)
	if _, err := fmt.Println(issuer); err != nil {
		return err
	}
	server := &http.Server{Handler: provider, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}
