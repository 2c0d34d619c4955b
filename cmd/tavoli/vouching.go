package main

import (
	"flag"
	"log/slog"
	"os"
	"strings"
	"time"

	"tavoli/adapters/oidc"
)

// Vouching is which identity provider lets people in, and as what.
type vouching struct {
	issuer, client, secret, roles, scopes, called string
}

func (v *vouching) bind(fs *flag.FlagSet) {
	fs.StringVar(&v.issuer, "oidc-issuer", "", "il fornitore di identità OpenID Connect, un `indirizzo` https · the OpenID Connect identity provider")
	fs.StringVar(&v.client, "oidc-client-id", "", "il `nome` con cui il fornitore conosce questo registro · the name by which the provider knows this register")
	fs.StringVar(&v.secret, "oidc-client-secret-file", "", "il `file` con il segreto del client; senza, il client è pubblico · the file with the client's secret; without one the client is a public one")
	fs.StringVar(&v.roles, "oidc-roles", "", "il `file` JSON che dice quale attributo dà quale ruolo · the JSON file that says which claim gives which role; see docs/operations.md")
	fs.StringVar(&v.scopes, "oidc-scopes", "", "altri `ambiti` da chiedere, separati da virgole · more scopes to ask for, separated by commas")
	fs.StringVar(&v.called, "oidc-name", "il fornitore di identità", "il `nome` del fornitore sulla pagina di accesso · the provider's name on the sign-in page")
}

// name is how the provider is called on the pages; empty: there is none.
func (v *vouching) name() string {
	if v.issuer == "" {
		return ""
	}
	return v.called
}

// provider returns the provider, or nil. It is not asked anything yet.
func (v *vouching) provider(log *slog.Logger, now func() time.Time) (*oidc.Provider, error) {
	switch {
	case v.issuer == "" && v.client+v.secret+v.roles+v.scopes == "":
		return nil, nil
	case v.issuer == "" || v.client == "" || v.roles == "":
		return nil, usageError("--oidc-issuer, --oidc-client-id e --oidc-roles vanno insieme · go together")
	case !strings.HasPrefix(v.issuer, "https://"):
		log.Warn("il fornitore di identità è chiesto in chiaro: va bene solo per una prova · the identity provider is asked in the clear: fit for a trial only", "issuer", v.issuer)
	}
	text, err := os.ReadFile(v.roles)
	if err != nil {
		return nil, err
	}
	o := oidc.Options{Issuer: v.issuer, ClientID: v.client, Now: now, Log: log}
	if o.Rules, err = oidc.ReadRules(text); err != nil {
		return nil, invalidInput("%s: %v", v.roles, err)
	}
	if v.secret != "" {
		if o.Secret, err = readSecret(v.secret); err != nil {
			return nil, err
		}
	}
	for scope := range strings.SplitSeq(v.scopes, ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			o.Scopes = append(o.Scopes, scope)
		}
	}
	return oidc.New(o)
}
