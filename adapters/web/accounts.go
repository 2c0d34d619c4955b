package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// AccountPage is every account.
type AccountPage struct {
	Items []projections.Account `json:"items"`
}

func listAccounts() action {
	return question(allAccounts, nil, func(*call, *query) func(*projections.Models) (AccountPage, error) {
		return func(m *projections.Models) (AccountPage, error) { return AccountPage{m.Accounts.List()}, nil }
	})
}

// AccountMade is what opening an account is answered with.
type AccountMade struct {
	Written
	Account domain.AccountID `json:"account"`
}

func openAccount() action {
	return onAccount(making[AccountMade](command(
		func(*doing, *domain.OpenAccount) error { return nil },
		func(d *doing, c *domain.OpenAccount) (any, string) {
			return AccountMade{d.written(), c.Account}, apiPath + "/accounts/" + string(c.Account)
		})))
}

// onAccount returns the action as one after which every request must know what
// became of the accounts.
func onAccount(a action) action {
	do := a.do
	a.do = func(c *call) error {
		err := do(c)
		if head, unknown := c.s.Store.Head(c.ctx); err == nil && unknown == nil {
			c.s.state.access.note(head)
		}
		return err
	}
	return a
}

// ofAccount fills in the account of the path.
func ofAccount[P any](fill func(P, domain.AccountID)) func(*doing, P) error {
	return func(d *doing, cmd P) error {
		fill(cmd, d.account())
		return nil
	}
}

// Issued is what issuing a token is answered with. Repeating the request under the
// same idempotency key tells the same secret again.
type Issued struct {
	Written
	Token  uuid.UUID `json:"token"`
	Secret string    `json:"secret" doc:"what opens the account; it is kept nowhere"`
}

func issueToken() action {
	a := making[Issued](command(
		func(d *doing, c *domain.IssueToken) error {
			sum := sha256.Sum256([]byte(d.tokenSecret()))
			c.Account, c.SHA256 = d.account(), hex.EncodeToString(sum[:])
			return nil
		},
		func(d *doing, c *domain.IssueToken) (any, string) {
			id := c.TokenID(d.meta)
			return Issued{d.written(), id, d.tokenSecret()}, apiPath + "/accounts/" + string(c.Account) + "/tokens/" + id.String()
		}))
	a.secret = true
	return onAccount(a)
}

// tokenSecret returns the secret that a command issues. It follows from the
// installation's secret, so that a repetition tells the same one.
func (d *doing) tokenSecret() string {
	secret := d.s.state.secrets.token
	mac := hmac.New(sha256.New, secret[:])
	mac.Write(d.meta.Command[:])
	return "tvl_" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func revokeToken(d *doing, c *domain.RevokeToken) error {
	if c.Token = d.uuid("token"); c.Token == uuid.Nil {
		return domain.ErrNoToken
	}
	c.Account = d.account()
	return nil
}

// Me is who asks.
type Me struct {
	Account    domain.AccountID        `json:"account"`
	Label      string                  `json:"label"`
	Roles      []projections.RoleGrant `json:"roles" doc:"those that hold now"`
	Token      *uuid.UUID              `json:"token,omitempty"`
	TokenUntil *time.Time              `json:"token_until,omitempty"`
}

func getMe() action {
	return action{answer: typeOf[Me](), tagged: true, query: []string{}, do: func(c *call) error {
		if err := c.query().unknown(nil); err != nil {
			return err
		}
		if c.caller.console {
			me := Me{Account: c.caller.account, Label: consoleLabel, Roles: []projections.RoleGrant{{Role: domain.RoleAdmin}}}
			return c.reveal(me)
		}
		access, _, err := c.access(c.caller.key)
		if err != nil {
			return err
		}
		me := Me{access.Account, access.Label, []projections.RoleGrant{}, &access.Token, access.Until}
		for _, g := range access.Roles {
			if access.Has(g.Role, c.s.Now()) {
				me.Roles = append(me.Roles, g)
			}
		}
		return c.reveal(me)
	}}
}
