// Package oidc lets people in for whom an OpenID Connect provider vouches: the
// authorization code flow with PKCE, a state and a nonce. The provider is asked for its
// keys and addresses when somebody first wants to come in, so that the register starts
// and serves whether the provider answers or not.
package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"tavoli/domain"
)

// Options say which provider vouches, and for whom.
type Options struct {
	Issuer   string // "https://login.example.it"
	ClientID string
	Secret   string // of the client; empty: the client is a public one
	Scopes   []string
	Rules    []Rule

	Client *http.Client // nil: one that gives up after ten seconds
	Now    func() time.Time
	Log    *slog.Logger
}

// A Provider vouches for people.
type Provider struct {
	o Options

	turn  chan struct{}                 // holds one: who may ask for its keys and addresses
	known atomic.Pointer[oidc.Provider] // nil: it has not answered yet
}

// New returns a provider. It is not asked anything yet.
func New(o Options) (*Provider, error) {
	if o.Issuer == "" || o.ClientID == "" {
		return nil, errors.New("oidc: an issuer and a client id are required")
	}
	if err := checkRules(o.Rules); err != nil {
		return nil, err
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 10 * time.Second, Transport: bounded{http.DefaultTransport}}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Provider{o: o, turn: make(chan struct{}, 1)}, nil
}

// algorithms are those by which an id token may be signed: a key of the provider's own,
// never a secret that both know, never none.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// discover returns the provider with its addresses and keys.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	if known := p.known.Load(); known != nil {
		return known, nil
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, domain.ErrProviderMissing
	}
	if known := p.known.Load(); known != nil {
		return known, nil
	}
	known, err := oidc.NewProvider(oidc.ClientContext(ctx, p.o.Client), p.o.Issuer)
	if err != nil {
		p.o.Log.Warn("the identity provider cannot be used", "issuer", p.o.Issuer, "error", err)
		return nil, fmt.Errorf("%w: %w", domain.ErrProviderMissing, err)
	}
	p.known.Store(known)
	return known, nil
}

func (p *Provider) client(known *oidc.Provider, redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.o.ClientID, ClientSecret: p.o.Secret, Endpoint: known.Endpoint(), RedirectURL: redirect,
		Scopes: append([]string{oidc.ScopeOpenID}, p.o.Scopes...),
	}
}

// Begin returns the address of the provider to which somebody is sent who wants to come
// in, and who is sent back to redirect afterwards.
func (p *Provider) Begin(ctx context.Context, redirect, state, nonce, verifier string) (string, error) {
	known, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	return p.client(known, redirect).AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), nil
}

// Identify exchanges the code with which somebody came back, checks the provider's word,
// and returns what lets them in, but for the secret of the session.
func (p *Provider) Identify(ctx context.Context, code, redirect, nonce, verifier string) (domain.EnterByProvider, error) {
	var in domain.EnterByProvider
	known, err := p.discover(ctx)
	if err != nil {
		return in, err
	}
	ctx = oidc.ClientContext(ctx, p.o.Client)
	token, err := p.client(known, redirect).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return in, p.refused("exchange", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return in, p.refused("exchange", errors.New("there is no id token"))
	}
	checked, err := known.VerifierContext(ctx, &oidc.Config{ClientID: p.o.ClientID, SupportedSigningAlgs: algorithms, Now: p.o.Now}).Verify(ctx, raw)
	if err != nil {
		return in, p.refused("id token", err)
	}
	return p.identity(checked, token.AccessToken, nonce)
}

// identity reads who somebody is from an id token whose signature, issuer, audience and
// time were checked.
func (p *Provider) identity(checked *oidc.IDToken, access, nonce string) (in domain.EnterByProvider, err error) {
	if nonce == "" || subtle.ConstantTimeCompare([]byte(checked.Nonce), []byte(nonce)) != 1 {
		return in, p.refused("id token", errors.New("the nonce is another"))
	}
	if checked.AccessTokenHash != "" {
		if err := checked.VerifyAccessToken(access); err != nil {
			return in, p.refused("access token", err)
		}
	}
	claims := make(map[string]any)
	if err := checked.Claims(&claims); err != nil {
		return in, p.refused("claims", err)
	}
	if party, ok := claims["azp"].(string); ok && party != p.o.ClientID {
		return in, p.refused("claims", errors.New("it was issued for another client"))
	}
	if checked.Subject == "" {
		return in, p.refused("claims", errors.New("there is no subject"))
	}
	in.Account = AccountOf(checked.Issuer, checked.Subject)
	in.Roles, in.Label = given(p.o.Rules, claims)
	return in, nil
}

// AccountOf returns the account of whom an issuer calls by a subject. Neither can be
// read from it.
func AccountOf(issuer, subject string) domain.AccountID {
	sum := sha256.Sum256([]byte(issuer + "\x00" + subject))
	return domain.AccountID("oidc-" + hex.EncodeToString(sum[:10]))
}

// refused notes why the provider's word was not taken, for those who run the register,
// and returns what everybody else is told. Where the provider did not answer it is that.
func (p *Provider) refused(what string, err error) error {
	said := err.Error()
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok { // its text has the whole answer
		said = "the provider answers " + answer.ErrorCode
		if answer.Response != nil && answer.Response.StatusCode < 500 {
			p.o.Log.Warn("sign-in by the identity provider refused", "at", what, "error", said)
			return domain.ErrProvider
		}
	}
	p.o.Log.Warn("sign-in by the identity provider refused", "at", what, "error", said)
	if _, away := errors.AsType[interface {
		error
		Timeout() bool
	}](err); away {
		return domain.ErrProviderMissing
	}
	if _, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return domain.ErrProviderMissing
	}
	return domain.ErrProvider
}

// bounded lets no answer be larger than a provider's ever is.
type bounded struct{ next http.RoundTripper }

// mostAnswer is how many bytes of an answer are read.
const mostAnswer = 1 << 20

// RoundTrip implements [http.RoundTripper].
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, mostAnswer), resp.Body}
	}
	return resp, err
}
