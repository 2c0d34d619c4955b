package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

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

// Lengths of passwords, in characters. NIST SP 800-63B asks for room for 64 at least.
const (
	leastPassword = 12
	mostPassword  = 200
)

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
				turn.failed(err)
				return nil, "", err
			}
			turn.succeeded()
			id := open.SessionID(d.meta)
			made := SessionMade{d.written(), id, b.Account, d.tokenSecret(), domain.Truncate(d.meta.At.Add(domain.SessionTime)), d.s.deviceOf(b.Account)}
			return made, apiPath + "/me", nil
		}
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

// checkCode checks a code against an account's second factor.
func (d *doing) checkCode(account domain.AccountID, has projections.Credentials, code string) (int64, error) {
	if code == "" {
		return 0, domain.ErrCodeRequired
	}
	secret, err := d.s.unseal(account, has.Factor)
	if err != nil {
		return 0, err
	}
	step, ok := d.s.Credentials.CheckCode(secret, code, d.meta.At)
	if !ok || step <= has.Step {
		return 0, domain.ErrSignIn
	}
	return step, nil
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

// PasswordChange is a new password, with the one that was.
type PasswordChange struct {
	Current  string `json:"current,omitempty" doc:"where there is one"`
	Password string `json:"password" doc:"of 12 to 200 characters"`
}

// changePassword sets one's own password.
func changePassword() action {
	return signing(func(d *doing, b *PasswordChange) (any, string, error) {
		access, err := d.mine()
		if err != nil {
			return nil, "", err
		}
		turn, err := d.guess(access.Account, "")
		if err != nil {
			return nil, "", err
		}
		was, err := d.current(access.Account, b.Current)
		if err != nil {
			turn.failed(err)
			return nil, "", err
		}
		sealed, err := d.choose(access.Account, b.Password)
		if err == nil {
			err = execute[*domain.Account](d, domain.SetPassword{Account: access.Account, Sealed: sealed, Keep: access.Token, Was: was})
		}
		return d.written(), "", err
	})
}

// current checks the password that an account has, if it has one.
func (d *doing) current(account domain.AccountID, password string) ([]byte, error) {
	has, err := d.credentials(account)
	if err != nil || has.Password == nil {
		return nil, err
	}
	hash, err := d.s.unseal(account, has.Password)
	if err != nil {
		return nil, err
	}
	if right, err := d.s.Credentials.Verify(hash, password); err != nil || !right {
		return nil, errors.Join(err, domain.ErrSignIn)
	}
	return has.Password, nil
}

// choose returns the sealed hash of a new password, if it will do.
func (d *doing) choose(account domain.AccountID, password string) ([]byte, error) {
	n := utf8.RuneCountInString(password)
	switch {
	case n < leastPassword:
		return nil, invalid("/password", "too-short", "at least 12 characters")
	case n > mostPassword:
		return nil, invalid("/password", "too-long", "at most 200 characters")
	case !utf8.ValidString(password) || easy(string(account), password):
		return nil, invalid("/password", "too-easy", "is too easy to guess")
	}
	hash, err := d.s.Credentials.Hash(password)
	if err != nil {
		return nil, err
	}
	return d.s.seal(account, hash)
}

// easy reports whether a password is the account's name or one thing over and over.
func easy(account, password string) bool {
	low := strings.ToLower(password)
	rest := strings.ReplaceAll(low, strings.ToLower(account), "")
	different := make(map[rune]bool)
	for _, r := range low {
		different[r] = true
	}
	return len(different) < 5 || utf8.RuneCountInString(rest) < leastPassword/2
}

// Invited is what an invitation is answered with.
type Invited struct {
	Written
	Account domain.AccountID `json:"account"`
	Secret  string           `json:"secret" doc:"with which a password can be chosen, once; it is kept nowhere"`
	Until   time.Time        `json:"until"`
}

// invite makes a secret with which an account's password can be chosen.
func invite() action {
	a := making[Invited](command(
		func(d *doing, c *domain.Invite) error {
			sum := sha256.Sum256([]byte(d.tokenSecret()))
			c.Account, c.SHA256 = d.account(), hex.EncodeToString(sum[:])
			return nil
		},
		func(d *doing, c *domain.Invite) (any, string) {
			return Invited{d.written(), c.Account, d.tokenSecret(), domain.Truncate(d.meta.At.Add(domain.InvitationTime))}, apiPath + "/invitations/acceptance"
		}))
	a.secret = true
	return a
}

// Acceptance is the password that somebody chooses who was invited.
type Acceptance struct {
	Account  domain.AccountID `json:"account"`
	Secret   string           `json:"secret" doc:"of the invitation"`
	Password string           `json:"password" doc:"of 12 to 200 characters"`
}

// accept sets the password of who was invited.
func accept() action {
	return signing(func(d *doing, b *Acceptance) (any, string, error) {
		turn, err := d.guess(b.Account, "")
		if err != nil {
			return nil, "", err
		}
		sealed, err := d.choose(b.Account, b.Password)
		if err != nil {
			return nil, "", err
		}
		sum := sha256.Sum256([]byte(b.Secret))
		if !b.Account.Stream().Valid() {
			err = domain.ErrNoInvitation
		} else {
			err = execute[*domain.Account](d, domain.AcceptInvitation{Account: b.Account, SHA256: hex.EncodeToString(sum[:]), Sealed: sealed})
		}
		turn.failed(err)
		return d.written(), "", err
	})
}

// FactorOffered is a second factor that is not set yet.
type FactorOffered struct {
	Secret  string `json:"secret" doc:"to be typed into an authenticator app"`
	Address string `json:"address" doc:"the same as an address, which apps take as a QR code"`
}

// offerFactor makes the secret of a second factor. Nothing is kept until it is
// confirmed by a code.
func offerFactor() action {
	a := signing(func(d *doing, _ *Nothing) (any, string, error) {
		access, err := d.mine()
		if err != nil {
			return nil, "", err
		}
		var f FactorOffered
		f.Secret, f.Address, err = d.s.Credentials.NewCode(string(access.Account))
		return f, "", err
	})
	return answering[FactorOffered](a)
}

// FactorConfirmed is a second factor with a code that shows it works.
type FactorConfirmed struct {
	Secret string `json:"secret"`
	Code   string `json:"code"`
}

// confirmFactor sets one's own second factor.
func confirmFactor() action {
	return signing(func(d *doing, b *FactorConfirmed) (any, string, error) {
		access, err := d.mine()
		if err != nil {
			return nil, "", err
		}
		if len(b.Secret) < 32 || len(b.Secret) > 64 {
			return nil, "", invalid("/secret", "not-allowed", "is not the secret that was offered")
		}
		if _, ok := d.s.Credentials.CheckCode(b.Secret, b.Code, d.meta.At); !ok {
			return nil, "", invalid("/code", "wrong-code", "is not the code of this moment")
		}
		sealed, err := d.s.seal(access.Account, b.Secret)
		if err == nil {
			err = execute[*domain.Account](d, domain.SetSecondFactor{Account: access.Account, Sealed: sealed})
		}
		return d.written(), "", err
	})
}

// FactorRemoval proves that it is the account's own wish.
type FactorRemoval struct {
	Password string `json:"password"`
	Code     string `json:"code"`
}

// removeFactor removes one's own second factor. All sessions end.
func removeFactor() action {
	return signing(func(d *doing, b *FactorRemoval) (any, string, error) {
		access, err := d.mine()
		if err != nil {
			return nil, "", err
		}
		turn, err := d.guess(access.Account, "")
		if err != nil {
			return nil, "", err
		}
		has, err := d.credentials(access.Account)
		if err == nil && has.Factor == nil {
			return nil, "", domain.ErrNoFactor
		}
		if err == nil {
			_, err = d.current(access.Account, b.Password)
		}
		if err == nil {
			_, err = d.checkCode(access.Account, has, b.Code)
		}
		if err == nil {
			err = execute[*domain.Account](d, domain.RemoveSecondFactor{Account: access.Account, Reason: "rimosso dal titolare"})
		}
		turn.failed(err)
		return d.written(), "", err
	})
}

// seal seals a credential of an account with the installation's secret.
func (s *Server) seal(account domain.AccountID, text string) ([]byte, error) {
	aead, err := s.sealer()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, []byte(text), []byte(account)), nil
}

// unseal opens one. Where there is none it is empty.
func (s *Server) unseal(account domain.AccountID, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	aead, err := s.sealer()
	if err != nil {
		return "", err
	}
	if len(sealed) < aead.NonceSize() {
		return "", errSealed
	}
	text, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte(account))
	if err != nil {
		return "", errSealed
	}
	return string(text), nil
}

// errSealed is a fault: the installation's secret is not the one it was.
var errSealed = errors.New("a credential cannot be opened with the installation's secret")

func (s *Server) sealer() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.state.secrets.credentials[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// errConsole is told to the console, which has no account of its own.
var errConsole = refusal{status: 409, code: "no-account", it: "la console non ha un'utenza: accedere con un'utenza", en: "the console has no account: sign in with one"}
