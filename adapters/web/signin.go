package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// Credentials hash passwords and check codes of the moment.
type Credentials interface {
	// Hash returns a hash that is slow to guess from.
	Hash(password string) (string, error)

	// Verify reports whether a password is the one of a hash. An empty hash takes as
	// long as any and is nobody's.
	Verify(hash, password string) (bool, error)

	// NewCode returns a secret from which codes follow, and the address under which
	// an authenticator app takes it.
	NewCode(account string) (secret, address string, err error)

	// CheckCode reports whether a code is the one of a moment, and its step.
	CheckCode(secret, code string, at time.Time) (step int64, ok bool)
}

// SigningIn is how somebody proves to be who an account is for.
type SigningIn struct {
	Account  domain.AccountID `json:"account"`
	Password string           `json:"password"`
	Code     string           `json:"code,omitempty" doc:"of the moment, where the account has a second factor"`
	Device   string           `json:"device,omitempty" doc:"what an earlier session was answered with: the device is known"`
}

// SessionMade is what signing in is answered with.
type SessionMade struct {
	Written
	Session uuid.UUID        `json:"session"`
	Account domain.AccountID `json:"account"`
	Secret  string           `json:"secret" doc:"the bearer token of the session; it is kept nowhere"`
	Until   time.Time        `json:"until"`
	Device  string           `json:"device" doc:"to be given the next time, so that guesses made elsewhere do not slow this device down"`
}

// signing returns an action that reads a B and lets do carry it out. Nothing of the
// body is kept, not even a fingerprint, and a repetition is a request of its own.
func signing[B any](do func(d *doing, body *B) (any, string, error)) action {
	read := newForm(typeOf[B]())
	return action{body: read.types, answer: typeOf[Written](), secret: true, unkeyed: true, do: func(c *call) error {
		if c.s.Credentials == nil {
			return &errNotOffered
		}
		var body B
		d := &doing{call: c, beside: new(Beside)}
		data, err := d.body(d.s.state.limits.Body)
		if err == nil {
			err = d.query().unknown(d.route.query)
		}
		if err == nil {
			err = read.decode(data, &body)
		}
		if err != nil {
			return err
		}
		d.meta = domain.Meta{At: d.s.Now(), Actor: d.caller.actor, Command: uuid.New()}
		made, location, err := do(d, &body)
		if err != nil {
			return err
		}
		if head, err := d.s.Store.Head(d.ctx); err == nil {
			d.s.state.access.note(head)
		}
		return d.finish(func() (any, string) { return made, location })
	}}
}

// Nothing is the body of a request that says all by its path.
type Nothing struct{}

// signIn opens a session.
func signIn() action {
	return making[SessionMade](signing(func(d *doing, b *SigningIn) (any, string, error) {
		turn, err := d.guess(b.Account, b.Device)
		if err != nil {
			return nil, "", err
		}
		for range tries {
			open, err := d.prove(b)
			if err == nil {
				err = executeAs[*domain.Account](d, b.Account, open)
			}
			switch {
			case errors.Is(err, domain.ErrCredentials):
				continue
			case err != nil:
				turn.settle(err)
				return nil, "", err
			}
			turn.settle(nil)
			id := open.SessionID(d.meta)
			made := SessionMade{d.written(), id, b.Account, d.tokenSecret(), domain.Truncate(d.meta.At.Add(domain.SessionTime)), d.s.deviceOf(b.Account)}
			return made, apiPath + "/me", nil
		}
		turn.settle(domain.ErrCredentials)
		return nil, "", domain.ErrCredentials
	}))
}

// prove checks a password and a code, and returns what opens the session if they
// are right. It takes as long for accounts that are not there.
func (d *doing) prove(b *SigningIn) (domain.OpenSession, error) {
	has, err := d.credentials(b.Account)
	if err != nil {
		return domain.OpenSession{}, err
	}
	hash, err := d.s.unseal(b.Account, has.Password)
	if err != nil {
		return domain.OpenSession{}, err
	}
	if len(b.Password) > 4*mostPassword {
		b.Password = ""
	}
	right, err := d.s.Credentials.Verify(hash, b.Password)
	if err != nil || !right {
		return domain.OpenSession{}, errors.Join(err, domain.ErrSignIn)
	}
	open := domain.OpenSession{Account: b.Account, Method: domain.ByPassword, Password: has.Password, Factor: has.Factor}
	sum := sha256.Sum256([]byte(d.tokenSecret()))
	open.SHA256 = hex.EncodeToString(sum[:])
	if has.Factor == nil {
		return open, nil
	}
	if open.Step, err = d.checkCode(b.Account, has, b.Code); err != nil {
		return domain.OpenSession{}, err
	}
	open.Method = domain.ByPasswordCode
	return open, nil
}

// credentials asks how an account is opened, by the newest that is known.
func (d *doing) credentials(account domain.AccountID) (projections.Credentials, error) {
	return latest(d.call, func(m *projections.Models) (projections.Credentials, error) {
		return m.Accounts.Credentials(account), nil
	})
}

// executeAs carries out a command as an account that has just proved itself.
func executeAs[S domain.State[T], T any](d *doing, account domain.AccountID, cmd domain.Command[S]) error {
	if !account.Stream().Valid() {
		return domain.ErrSignIn
	}
	d.meta.Actor = account.Actor()
	return execute[S](d, cmd)
}

// enterByToken opens a session for whoever holds a token, so that a browser need not keep
// the token. A session opens no other: it would never end.
func enterByToken() action {
	return making[SessionMade](signing(func(d *doing, _ *Nothing) (any, string, error) {
		access, err := d.mine()
		if err == nil && access.Method != "" {
			err = &errNoTokenHeld
		}
		if err != nil {
			return nil, "", err
		}
		sum := sha256.Sum256([]byte(d.tokenSecret()))
		open := domain.OpenSession{Account: access.Account, SHA256: hex.EncodeToString(sum[:]), Method: domain.ByToken, Token: access.Token}
		err = execute[*domain.Account](d, open)
		switch {
		case errors.Is(err, domain.ErrNoToken): // it was revoked this moment
			return nil, "", &errBadToken
		case err != nil:
			return nil, "", err
		}
		until := domain.Truncate(d.meta.At.Add(domain.SessionTime))
		if access.Until != nil && access.Until.Before(until) {
			until = *access.Until
		}
		return SessionMade{d.written(), open.SessionID(d.meta), access.Account, d.tokenSecret(), until, ""}, apiPath + "/me", nil
	}))
}

// errNoTokenHeld is told to a session.
var errNoTokenHeld = refusal{status: 409, code: "session-already", it: "è già una sessione", en: "it is a session already"}

// signOut ends the session that asks.
func signOut() action {
	return signing(func(d *doing, _ *Nothing) (any, string, error) {
		access, err := d.mine()
		if err == nil {
			err = execute[*domain.Account](d, domain.EndSession{Account: access.Account, Session: access.Token})
		}
		return d.written(), "", err
	})
}

// mine returns what the caller's secret opens. The console has no account.
func (d *doing) mine() (projections.Access, error) {
	if d.caller.console {
		return projections.Access{}, &errConsole
	}
	access, found, err := d.access(d.caller.key)
	if err == nil && !found {
		err = &errBadToken
	}
	return access, err
}

// errConsole is told to the console, which has no account of its own.
var errConsole = refusal{status: 409, code: "no-account", it: "la console non ha un'utenza: accedere con un'utenza", en: "the console has no account: sign in with one"}
