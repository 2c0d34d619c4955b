package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"tavoli/domain"
)

// A Provider vouches for people who sign in: an OpenID Connect provider.
type Provider interface {
	// Begin returns the address to which somebody is sent who wants to come in.
	Begin(ctx context.Context, redirect, state, nonce, verifier string) (address string, err error)

	// Identify takes the code with which somebody came back and returns what lets
	// them in, but for the secret of the session.
	Identify(ctx context.Context, code, redirect, nonce, verifier string) (domain.EnterByProvider, error)
}

// ProviderAsked is where somebody is to come back to.
type ProviderAsked struct {
	Redirect string `json:"redirect" doc:"the address, known to the provider, to which it sends back"`
}

// ProviderBegun is a sign-in that a provider is to vouch for.
type ProviderBegun struct {
	Address string `json:"address" doc:"of the provider, where the visitor is to be sent"`
	Pending string `json:"pending" doc:"to be kept by the visitor's browser and given back; it is sealed and says nothing"`
}

// ProviderAnswered is with what somebody came back from the provider.
type ProviderAnswered struct {
	Pending string `json:"pending"`
	State   string `json:"state"`
	Code    string `json:"code"`
}

// pending is what a sign-in that was begun has to be found to be.
type pending struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Redirect string    `json:"redirect"`
	Until    time.Time `json:"until"`
}

// pendingTime is how long somebody may take at the provider.
const pendingTime = 10 * time.Minute

// beginByProvider sends somebody to the provider. Nothing is kept here: what has to be
// known afterwards goes with the visitor, sealed.
func beginByProvider() action {
	return answering[ProviderBegun](signing(func(d *doing, b *ProviderAsked) (any, string, error) {
		if d.s.Provider == nil {
			return nil, "", &errNotOffered
		}
		if u, err := url.Parse(b.Redirect); err != nil || len(b.Redirect) > 1000 || u.Host == "" || u.Fragment != "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return nil, "", invalid("/redirect", "bad-url", "must be a full address without a fragment")
		}
		p := pending{randomText(), randomText(), randomText(), b.Redirect, d.meta.At.Add(pendingTime)}
		address, err := d.s.Provider.Begin(d.ctx, p.Redirect, p.State, p.Nonce, p.Verifier)
		if err != nil {
			return nil, "", err
		}
		plain, err := json.Marshal(p)
		if err != nil {
			return nil, "", err
		}
		sealed, err := d.s.seal(pendingPurpose, string(plain))
		return ProviderBegun{address, base64.RawURLEncoding.EncodeToString(sealed)}, "", err
	}).also(422, 503))
}

// pendingPurpose stands where credentials have their account, so that neither is ever
// taken for the other. It is no account's id.
const pendingPurpose = "/pending"

// randomText returns 256 random bits, as long as a verifier of PKCE has to be.
func randomText() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// enterByProvider opens a session for whom the provider vouches.
func enterByProvider() action {
	return making[SessionMade](signing(func(d *doing, b *ProviderAnswered) (any, string, error) {
		if d.s.Provider == nil {
			return nil, "", &errNotOffered
		}
		p, err := d.pending(b)
		if err != nil {
			return nil, "", err
		}
		enter, err := d.s.Provider.Identify(d.ctx, b.Code, p.Redirect, p.Nonce, p.Verifier)
		if err != nil {
			return nil, "", err
		}
		sum := sha256.Sum256([]byte(d.tokenSecret()))
		enter.SHA256 = hex.EncodeToString(sum[:])
		if err := executeAs[*domain.Account](d, enter.Account, enter); err != nil {
			return nil, "", err
		}
		id := domain.OpenSession{}.SessionID(d.meta)
		return SessionMade{d.written(), id, enter.Account, d.tokenSecret(), domain.Truncate(d.meta.At.Add(domain.SessionTime)), ""}, apiPath + "/me", nil
	}).also(403, 503))
}

// pending opens what the visitor brought back, and holds the state against it.
func (d *doing) pending(b *ProviderAnswered) (p pending, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(b.Pending)
	if err != nil || len(sealed) == 0 || b.Code == "" || len(b.Code) > 4000 {
		return p, domain.ErrProvider
	}
	plain, err := d.s.unseal(pendingPurpose, sealed)
	switch {
	case errors.Is(err, errSealed):
		return p, domain.ErrProvider
	case err != nil:
		return p, err
	}
	if err := json.Unmarshal([]byte(plain), &p); err != nil {
		return p, err
	}
	if !d.meta.At.Before(p.Until) || subtle.ConstantTimeCompare([]byte(p.State), []byte(b.State)) != 1 {
		return p, domain.ErrProvider
	}
	return p, nil
}
