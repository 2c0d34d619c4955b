package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"sync/atomic"

	"tavoli/domain"
	"tavoli/projections"
)

// A caller is who asks.
type caller struct {
	account domain.AccountID
	actor   domain.Actor
	roles   roleSet
	scope   domain.Scope // of an inspector
	key     [32]byte     // of the token's hash; what the caller's rate is counted by
	console bool
	node    bool // another node of this register
}

// A roleSet is some roles.
type roleSet uint16

func rolesOf(roles []domain.Role) (set roleSet) {
	for i, r := range domain.Roles {
		for _, has := range roles {
			if has == r {
				set |= 1 << i
			}
		}
	}
	return set
}

// any reports whether two sets have a role in common.
func (s roleSet) any(o roleSet) bool { return s&o != 0 }

// consoleAccount is the account of whoever started the server.
const consoleAccount domain.AccountID = "console"

// admit finds out who asks and whether they may.
func (c *call) admit() error {
	token, given := bearer(c.r)
	if given {
		if err := c.signIn(token); err != nil {
			return err
		}
	} else {
		c.caller.actor = domain.ActorPublic
	}
	if err := c.pace(); err != nil {
		return err
	}
	return c.authorize(given)
}

// bearer returns the token of a request and whether it has any.
func bearer(r *http.Request) (string, bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", false
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true
	}
	return strings.TrimSpace(token), true
}

// signIn finds the account that a token opens.
func (c *call) signIn(token string) error {
	hash := sha256.Sum256([]byte(token))
	c.caller.key = hash
	if c.s.Console != [32]byte{} && same(hash, c.s.Console) {
		c.caller = caller{account: consoleAccount, actor: consoleAccount.Actor(), roles: rolesOf(domain.Roles), key: hash, console: true}
		return nil
	}
	if c.s.isNode(hash) {
		c.caller = caller{actor: domain.ActorSystem, key: hash, node: true}
		return nil
	}
	access, found, err := c.access(hash)
	if err != nil {
		return err
	}
	now := c.s.Now()
	if !found || !access.Valid(now) {
		return &errBadToken
	}
	if err := c.attends(access, now); err != nil {
		return err
	}
	c.caller.account, c.caller.actor, c.caller.scope = access.Account, access.Account.Actor(), access.Scope(now)
	for i, role := range domain.Roles {
		if access.Has(role, now) {
			c.caller.roles |= 1 << i
		}
	}
	return nil
}

// same compares two hashes of tokens.
func same(a, b [32]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// access asks the accounts. A hash they do not know may have been issued a moment
// ago, so they are asked again once they have read everything there is. What is
// compared is the hash of a long random secret, so that time tells nothing.
func (c *call) access(hash [32]byte) (projections.Access, bool, error) {
	var digits [64]byte
	hex.Encode(digits[:], hash[:])
	at := c.s.state.access.changed()
	for range 2 {
		access, found, err := c.openedBy(string(digits[:]), at)
		if found || err != nil {
			return access, found, err
		}
		if at, err = c.s.Store.Head(c.ctx); err != nil {
			return access, false, err
		}
		if c.s.View.Seen() >= at {
			break
		}
	}
	return projections.Access{}, false, nil
}

func (c *call) openedBy(digits string, at domain.Position) (access projections.Access, found bool, err error) {
	access, err = ask(c, at, func(m *projections.Models) (a projections.Access, _ error) {
		a, found = m.Accounts.Open(digits)
		return a, nil
	})
	return access, found, err
}

// access remembers the newest change of accounts made here, which every later
// request has to have seen: a token revoked opens nothing from the answer on.
type access struct{ at atomic.Uint64 }

func (a *access) changed() domain.Position { return domain.Position(a.at.Load()) }

func (a *access) note(at domain.Position) {
	for {
		was := a.at.Load()
		if was >= uint64(at) || a.at.CompareAndSwap(was, uint64(at)) {
			return
		}
	}
}

// sees reports whether the caller may see personal values.
func (c *call) sees() bool { return c.caller.roles.any(named) }

// named are the roles that may see personal values.
var named = rolesOf([]domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleOperator, domain.RoleAuditor, domain.RoleInspector})
