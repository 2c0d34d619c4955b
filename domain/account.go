package domain

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// An AccountID names an account: "segreteria". It is no personal value.
type AccountID string

// Stream names the account's history.
func (a AccountID) Stream() Stream { return Stream(CategoryAccount + "-" + string(a)) }

// Actor returns the account as one who acts.
func (a AccountID) Actor() Actor { return Actor(CategoryAccount + "-" + string(a)) }

// Demonstration is the account that a demonstration opens before all else. Nobody
// acts as it: where it exists, people are invented and the clock was simulated.
const Demonstration AccountID = "dimostrazione"

// A Role is what an account may do. What each role may do is written in one
// place, the table of routes.
type Role string

// The roles there are.
const (
	RoleAdmin    Role = "admin"    // accounts, backups, everything staff may
	RoleStaff    Role = "staff"    // convenes, registers, corrects
	RoleOperator Role = "operator" // checks people in on the day
	RoleAuditor  Role = "auditor"  // reads everything, at every time
	RoleReporter Role = "reporter" // counts and the feed, without personal values

	RoleInspector Role = "inspector" // looks into a scope, until a day; every look has a purpose
	RoleDPO       Role = "dpo"       // the data-protection officer: who saw what, without names
)

// Roles lists every role.
var Roles = []Role{RoleAdmin, RoleStaff, RoleOperator, RoleAuditor, RoleReporter, RoleInspector, RoleDPO}

// AccountOpened records that somebody may come to have access. The label says
// what the account is for, not whose it is.
type AccountOpened struct {
	Account AccountID `json:"account"`
	Label   string    `json:"label"`
}

// RoleGranted records that an account has a role until a moment, or until revoked.
// The scope is an inspector's. It came with the second shape of the event: a program
// that knows only the first must refuse to read it, not let an inspector see all.
type RoleGranted struct {
	Account AccountID  `json:"account"`
	Role    Role       `json:"role"`
	Until   *time.Time `json:"until,omitempty"`
	Scope   Scope      `json:"scope,omitzero"`
}

// roleGranted1 is [RoleGranted] as it was before there were scopes.
type roleGranted1 struct {
	Account AccountID  `json:"account"`
	Role    Role       `json:"role"`
	Until   *time.Time `json:"until,omitempty"`
}

func (g roleGranted1) lift() RoleGranted { return RoleGranted{g.Account, g.Role, g.Until, Scope{}} }

// RoleRevoked records that an account has a role no longer.
type RoleRevoked struct {
	Account AccountID `json:"account"`
	Role    Role      `json:"role"`
	Reason  string    `json:"reason,omitempty"`
}

// TokenIssued records that a secret opens an account until a moment. The secret
// itself is told once and kept nowhere.
type TokenIssued struct {
	Account AccountID  `json:"account"`
	Token   uuid.UUID  `json:"token"`
	SHA256  string     `json:"sha256"` // of the secret, which is random and long
	Label   string     `json:"label,omitempty"`
	Until   *time.Time `json:"until,omitempty"`
}

// TokenRevoked records that a secret opens nothing any longer.
type TokenRevoked struct {
	Account AccountID `json:"account"`
	Token   uuid.UUID `json:"token"`
	Reason  string    `json:"reason,omitempty"`
}

// PersonalDataDisclosed records that an account was shown personal values. It is
// recorded before they are shown.
type PersonalDataDisclosed struct {
	Account AccountID `json:"account"`
	Subject string    `json:"subject"` // what was asked for: "tavolo-coopera-4"
	Form    string    `json:"form"`    // how: "page", "export", "feed"
	Purpose string    `json:"purpose,omitempty"`
	Until   time.Time `json:"until"` // looks at the same until then are the same disclosure
}

func (AccountOpened) Name() string         { return "AccountOpened" }
func (RoleGranted) Name() string           { return "RoleGranted" }
func (RoleRevoked) Name() string           { return "RoleRevoked" }
func (TokenIssued) Name() string           { return "TokenIssued" }
func (TokenRevoked) Name() string          { return "TokenRevoked" }
func (PersonalDataDisclosed) Name() string { return "PersonalDataDisclosed" }

var accountEvents = []kind{
	of[AccountOpened](), lifted(1, roleGranted1.lift), version[RoleGranted](2), of[RoleRevoked](), of[TokenIssued](), of[TokenRevoked](), of[PersonalDataDisclosed](),
}

// look is what was looked at in which form for which purpose.
type look struct{ subject, form, purpose string }

// Account is what decisions need of an account's history.
type Account struct {
	opened AccountOpened
	roles  map[Role]RoleGranted
	tokens map[uuid.UUID]TokenIssued
	looks  map[look]time.Time
	credentials
}

// Apply implements [State].
func (a *Account) Apply(e Event) {
	switch e := e.(type) {
	case AccountOpened:
		a.opened = e
		a.roles = make(map[Role]RoleGranted)
		a.tokens = make(map[uuid.UUID]TokenIssued)
		a.looks = make(map[look]time.Time)
	case RoleGranted:
		a.roles[e.Role] = e
	case RoleRevoked:
		delete(a.roles, e.Role)
	case TokenIssued:
		a.tokens[e.Token] = e
	case TokenRevoked:
		delete(a.tokens, e.Token)
	case PersonalDataDisclosed:
		a.looks[look{e.Subject, e.Form, e.Purpose}] = e.Until
	default:
		a.apply(e)
	}
}

func (a *Account) exists() bool { return a.opened.Account != "" }

// Refusals of commands on an account.
var (
	ErrNoAccount     = &Error{Kind: NotFound, Code: "account-not-found", Text: "there is no such account"}
	ErrAccountExists = &Error{Kind: Refused, Code: "account-exists", Text: "the account exists already"}
	ErrNoToken       = &Error{Kind: NotFound, Code: "token-not-found", Text: "the account has no such token"}
	ErrLastAdmin     = &Error{Kind: Refused, Code: "own-role", Text: "nobody takes away his own administration"}
	ErrInThePast     = &Error{Kind: Refused, Code: "in-the-past", Text: "the end lies in the past"}
)

// OpenAccount makes an account, with roles. Opening it again with the same label
// changes nothing. The role of an inspector, which needs a scope, is granted apart.
type OpenAccount struct {
	Account AccountID `json:"account"`
	Label   string    `json:"label"`
	Roles   []Role    `json:"roles"`
	Until   Moment    `json:"until"` // of the roles; empty: until revoked
}

// Stream implements [Command].
func (c OpenAccount) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c OpenAccount) Decide(a *Account, meta Meta) ([]Event, error) {
	var bad check
	bad.id(string(c.Account), "/account")
	bad.required(c.Label, "/label")
	for _, r := range c.Roles {
		oneOf(&bad, r, "/roles", Roles...)
		bad.that(r != RoleInspector, "/roles", "needs-scope", "an inspector's role is granted with its scope and its end")
	}
	until := optional(&bad, c.Until, "/until")
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case a.exists() && a.opened.Label == c.Label:
		return nil, nil
	case a.exists():
		return nil, ErrAccountExists
	case until != nil && !until.After(meta.At):
		return nil, ErrInThePast
	}
	events := []Event{AccountOpened{c.Account, c.Label}}
	for i, r := range c.Roles {
		if !slices.Contains(c.Roles[:i], r) {
			events = append(events, RoleGranted{Account: c.Account, Role: r, Until: until})
		}
	}
	return events, nil
}

// optional reads a moment that need not be given.
func optional(c *check, m Moment, pointer string) *time.Time {
	if m == "" {
		return nil
	}
	t := m.at(c, pointer)
	return &t
}

// GrantRole gives an account a role, or changes until when it has it and, for an
// inspector, the scope. Granting it again in the same way changes nothing.
type GrantRole struct {
	Account AccountID `json:"-"`
	Role    Role      `json:"role"`
	Until   Moment    `json:"until"` // empty: until revoked; required for an inspector
	Scope   Scope     `json:"scope"` // of an inspector

	unknown []Field
}

// Stream implements [Command].
func (c *GrantRole) Stream() Stream { return c.Account.Stream() }

// Consult asks whether there is what the scope names.
func (c *GrantRole) Consult(ctx context.Context, x *Executor, _ *Account) (err error) {
	c.unknown, err = c.Scope.unknown(ctx, x)
	return err
}

// Decide implements [Command].
func (c *GrantRole) Decide(a *Account, meta Meta) ([]Event, error) {
	var bad check
	oneOf(&bad, c.Role, "/role", Roles...)
	until := optional(&bad, c.Until, "/until")
	c.Scope.check(&bad, c.Role, c.Until != "")
	bad.fields = append(bad.fields, c.unknown...)
	granted := RoleGranted{c.Account, c.Role, until, c.Scope.sorted()}
	was, has := a.roles[c.Role]
	switch {
	case !a.exists():
		return nil, ErrNoAccount
	case bad.err() != nil:
		return nil, bad.err()
	case until != nil && !until.After(meta.At):
		return nil, ErrInThePast
	case has && was.same(granted):
		return nil, nil
	}
	return []Event{granted}, nil
}

// same reports whether two grants of a role are alike.
func (g RoleGranted) same(o RoleGranted) bool {
	ends := g.Until == o.Until || g.Until != nil && o.Until != nil && g.Until.Equal(*o.Until)
	return ends && g.Scope.Equal(o.Scope)
}

// RevokeRole takes a role away. Doing it twice changes nothing.
type RevokeRole struct {
	Account AccountID `json:"-"`
	Role    Role      `json:"role"`
	Reason  string    `json:"reason"`
}

// Stream implements [Command].
func (c RevokeRole) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c RevokeRole) Decide(a *Account, meta Meta) ([]Event, error) {
	var bad check
	oneOf(&bad, c.Role, "/role", Roles...)
	bad.text(c.Reason, "/reason", MaxText)
	_, has := a.roles[c.Role]
	switch {
	case !a.exists():
		return nil, ErrNoAccount
	case bad.err() != nil:
		return nil, bad.err()
	case !has:
		return nil, nil
	case c.Role == RoleAdmin && meta.Actor == c.Account.Actor():
		return nil, ErrLastAdmin
	}
	return []Event{RoleRevoked(c)}, nil
}

// IssueToken lets a secret open an account. Only the hash of the secret is known here.
type IssueToken struct {
	Account AccountID `json:"-"`
	SHA256  string    `json:"-"`
	Label   string    `json:"label"`
	Until   Moment    `json:"until"`
}

// TokenID returns the id of the token that a command issues.
func (c IssueToken) TokenID(meta Meta) uuid.UUID { return DerivedID(meta.Command, "token") }

// Stream implements [Command].
func (c IssueToken) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c IssueToken) Decide(a *Account, meta Meta) ([]Event, error) {
	var bad check
	bad.sha(c.SHA256, "/sha256")
	bad.line(c.Label, "/label")
	until := optional(&bad, c.Until, "/until")
	switch {
	case !a.exists():
		return nil, ErrNoAccount
	case bad.err() != nil:
		return nil, bad.err()
	case until != nil && !until.After(meta.At):
		return nil, ErrInThePast
	}
	return []Event{TokenIssued{c.Account, c.TokenID(meta), c.SHA256, c.Label, until}}, nil
}

// RevokeToken makes a secret useless, and ends the sessions that it opened. Doing it
// twice is refused as unknown.
type RevokeToken struct {
	Account AccountID `json:"-"`
	Token   uuid.UUID `json:"-"`
	Reason  string    `json:"reason"`
}

// Stream implements [Command].
func (c RevokeToken) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c RevokeToken) Decide(a *Account, _ Meta) ([]Event, error) {
	var bad check
	bad.text(c.Reason, "/reason", MaxText)
	_, issued := a.tokens[c.Token]
	switch {
	case !a.exists():
		return nil, ErrNoAccount
	case bad.err() != nil:
		return nil, bad.err()
	case !issued:
		return nil, ErrNoToken
	}
	return append([]Event{TokenRevoked(c)}, a.endThose(func(s SessionOpened) bool { return s.Token == c.Token })...), nil
}

// Forms of disclosure.
const (
	AsPage   = "page"   // looked at; looks within [LookTime] are one
	AsExport = "export" // taken away; each counts
)

// LookTime is how long looks at the same thing are one disclosure.
const LookTime = 15 * time.Minute

// Disclose records that an account is about to be shown personal values. A look
// at what was looked at just now changes nothing; an export is always recorded.
type Disclose struct {
	Account AccountID
	Subject string
	Form    string
	Purpose string
}

// Stream implements [Command].
func (c Disclose) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c Disclose) Decide(a *Account, meta Meta) ([]Event, error) {
	var bad check
	bad.line(c.Purpose, "/purpose")
	now := Truncate(meta.At)
	until := now
	if c.Form == AsPage {
		until = now.Add(LookTime)
	}
	switch {
	case !a.exists():
		return nil, ErrNoAccount
	case bad.err() != nil:
		return nil, bad.err()
	case c.Form == AsPage && now.Before(a.looks[look{c.Subject, c.Form, c.Purpose}]):
		return nil, nil
	}
	return []Event{PersonalDataDisclosed{c.Account, c.Subject, c.Form, c.Purpose, until}}, nil
}
