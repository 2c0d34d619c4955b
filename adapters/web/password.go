package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"tavoli/domain"
)

// Lengths of passwords, in characters. NIST SP 800-63B asks for room for 64 at least.
const (
	leastPassword = 12
	mostPassword  = 200
)

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
		was, err := d.proveOwn(access.Account, b.Current)
		if err != nil {
			return nil, "", err
		}
		sealed, err := d.choose(access.Account, b.Password)
		if err == nil {
			err = execute[*domain.Account](d, domain.SetPassword{Account: access.Account, Sealed: sealed, Keep: access.Token, Was: was})
		}
		return d.written(), "", err
	})
}

// proveOwn lets whoever is signed in prove it by the password, if there is one.
func (d *doing) proveOwn(account domain.AccountID, password string) ([]byte, error) {
	turn, err := d.guessOwn()
	if err != nil {
		return nil, err
	}
	was, err := d.current(account, password)
	turn.settle(err)
	return was, err
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

// Accepted is what the choice is answered with.
type Accepted struct {
	Written
	Device string `json:"device" doc:"to be given when signing in, so that guesses made elsewhere do not slow this device down"`
}

// accept sets the password of who was invited. Their device is known from then on: an
// invitation is the way in for whoever others' guesses keep waiting.
func accept() action {
	return answering[Accepted](signing(func(d *doing, b *Acceptance) (any, string, error) {
		turn, err := d.guessInvitation()
		if err != nil {
			return nil, "", err
		}
		sealed, err := d.choose(b.Account, b.Password)
		if err != nil {
			turn.settle(err)
			return nil, "", err
		}
		sum := sha256.Sum256([]byte(b.Secret))
		if !b.Account.Stream().Valid() {
			err = domain.ErrNoInvitation
		} else {
			err = execute[*domain.Account](d, domain.AcceptInvitation{Account: b.Account, SHA256: hex.EncodeToString(sum[:]), Sealed: sealed})
		}
		turn.settle(err)
		return Accepted{d.written(), d.s.deviceOf(b.Account)}, "", err
	}))
}
