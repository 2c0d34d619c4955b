package projections

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// Accounts answers: whom does this secret let in, and who may do what?
type Accounts struct {
	by      map[domain.AccountID]*account
	secrets map[string]tokenRef // by the SHA-256 of the secret
}

// An account is what is held of one.
type account struct {
	id       domain.AccountID
	opened   bool
	label    string
	roles    map[domain.Role]RoleGrant
	tokens   []token // sessions among them
	password []byte  // sealed; nil: none
	factor   []byte
	step     int64 // of the newest code that was used
	revision domain.Revision
}

type token struct {
	id     uuid.UUID
	sha256 string
	label  string
	issued time.Time
	until  *time.Time
	method domain.SignInMethod // of a session; a token has none
}

// A tokenRef says where a token is found.
type tokenRef struct {
	account domain.AccountID
	token   uuid.UUID
}

func newAccounts() Accounts {
	return Accounts{make(map[domain.AccountID]*account), make(map[string]tokenRef)}
}

// apply implements model.
func (a *Accounts) apply(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.AccountOpened:
		row := a.at(e.Account, rec)
		row.opened, row.label = true, e.Label
	case domain.RoleGranted:
		a.at(e.Account, rec).roles[e.Role] = RoleGrant{e.Role, e.Until, e.Scope}.own()
	case domain.RoleRevoked:
		delete(a.at(e.Account, rec).roles, e.Role)
	case domain.TokenIssued:
		row := a.at(e.Account, rec)
		row.tokens = append(row.tokens, token{e.Token, e.SHA256, e.Label, rec.EffectiveAt, copied(e.Until), ""})
		a.secrets[e.SHA256] = tokenRef{e.Account, e.Token}
	case domain.TokenRevoked:
		a.revoke(a.at(e.Account, rec), e.Token)
	case domain.PersonalDataDisclosed:
		a.at(e.Account, rec)
	default:
		a.signIn(rec)
	}
}

// signIn takes in how accounts are opened.
func (a *Accounts) signIn(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.PasswordSet:
		a.at(e.Account, rec).password = slices.Clone(e.Sealed)
	case domain.SecondFactorSet:
		row := a.at(e.Account, rec)
		row.factor, row.step = slices.Clone(e.Sealed), e.Step
	case domain.SecondFactorRemoved:
		row := a.at(e.Account, rec)
		row.factor, row.step = nil, 0
	case domain.InvitationIssued:
		a.at(e.Account, rec)
	case domain.SessionOpened:
		a.open(a.at(e.Account, rec), rec, e)
	case domain.SessionEnded:
		a.revoke(a.at(e.Account, rec), e.Session)
	}
}

// open adds a session and lets go of those that have ended by themselves.
func (a *Accounts) open(row *account, rec *domain.Record, e domain.SessionOpened) {
	now := e.Until.Add(-domain.SessionTime)
	row.tokens = slices.DeleteFunc(row.tokens, func(t token) bool {
		over := t.method != "" && t.until != nil && !now.Before(*t.until)
		if over {
			delete(a.secrets, t.sha256)
		}
		return over
	})
	row.tokens = append(row.tokens, token{e.Session, e.SHA256, "", rec.EffectiveAt, copied(&e.Until), e.Method})
	a.secrets[e.SHA256] = tokenRef{e.Account, e.Session}
	row.step = max(row.step, e.Step)
}

// at returns the row of an account whose history has come to a record.
func (a *Accounts) at(id domain.AccountID, rec *domain.Record) *account {
	row, ok := a.by[id]
	if !ok {
		row = &account{id: id, roles: make(map[domain.Role]RoleGrant)}
		a.by[id] = row
	}
	row.revision = rec.Revision
	return row
}

func (a *Accounts) revoke(row *account, id uuid.UUID) {
	row.tokens = slices.DeleteFunc(row.tokens, func(t token) bool {
		if t.id == id {
			delete(a.secrets, t.sha256)
		}
		return t.id == id
	})
}

// copied returns a moment of its own.
func copied(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	c := *t
	return &c
}

// A RoleGrant is a role an account has, until when if it ends by itself, and what an
// inspector may look into.
type RoleGrant struct {
	Role  domain.Role  `json:"role"`
	Until *time.Time   `json:"until,omitempty"`
	Scope domain.Scope `json:"scope,omitzero"`
}

// own returns a grant that shares nothing with this one.
func (g RoleGrant) own() RoleGrant {
	scope := domain.Scope{Programmi: slices.Clone(g.Scope.Programmi), Tavoli: slices.Clone(g.Scope.Tavoli)}
	return RoleGrant{g.Role, copied(g.Until), scope}
}

// A TokenInfo is what is known of a secret that opens an account.
type TokenInfo struct {
	Token    uuid.UUID  `json:"token"`
	Label    string     `json:"label,omitempty"`
	IssuedAt time.Time  `json:"issued_at"`
	Until    *time.Time `json:"until,omitempty"`
}

// A SessionInfo is what is known of somebody who signed in.
type SessionInfo struct {
	Session  uuid.UUID           `json:"session"`
	Method   domain.SignInMethod `json:"method"`
	OpenedAt time.Time           `json:"opened_at"`
	Until    time.Time           `json:"until"`
}

// An Account is who has access, to what, and by which tokens.
type Account struct {
	Account  domain.AccountID `json:"account"`
	Label    string           `json:"label"`
	Roles    []RoleGrant      `json:"roles"`
	Tokens   []TokenInfo      `json:"tokens"`
	Sessions []SessionInfo    `json:"sessions"`
	Password bool             `json:"password"`      // it can be opened with one
	Factor   bool             `json:"second_factor"` // and takes a code, too
	Revision domain.Revision  `json:"revision"`
}

// An Access is what a secret opens. The models know no clock: whoever asks
// compares the ends with the time it is.
type Access struct {
	Account domain.AccountID
	Label   string
	Token   uuid.UUID
	Until   *time.Time // of the token
	Roles   []RoleGrant
	Method  domain.SignInMethod // of a session; a token has none
}

// Valid reports whether the token still opens the account at a moment.
func (a Access) Valid(at time.Time) bool { return a.Until == nil || at.Before(*a.Until) }

// Has reports whether the account has a role at a moment.
func (a Access) Has(role domain.Role, at time.Time) bool {
	return slices.ContainsFunc(a.Roles, func(g RoleGrant) bool {
		return g.Role == role && (g.Until == nil || at.Before(*g.Until))
	})
}

// Scope returns what the account may look into as an inspector at a moment.
func (a Access) Scope(at time.Time) (scope domain.Scope) {
	for _, g := range a.Roles {
		if g.Role == domain.RoleInspector && (g.Until == nil || at.Before(*g.Until)) {
			scope = g.Scope
		}
	}
	return scope
}

// Open answers what a secret opens, by the SHA-256 of the secret in lower-case
// hexadecimal, and whether it opens anything.
func (a *Accounts) Open(sha256 string) (Access, bool) {
	ref, ok := a.secrets[sha256]
	if !ok || !a.by[ref.account].opened {
		return Access{}, false
	}
	row := a.by[ref.account]
	i := slices.IndexFunc(row.tokens, func(t token) bool { return t.id == ref.token })
	if i < 0 {
		return Access{}, false
	}
	return Access{row.id, row.label, ref.token, copied(row.tokens[i].until), row.grants(), row.tokens[i].method}, true
}

// Account answers what is known of an account.
func (a *Accounts) Account(id domain.AccountID) (Account, error) {
	row, ok := a.by[id]
	if !ok || !row.opened {
		return Account{}, domain.ErrNoAccount
	}
	return row.answer(), nil
}

// List answers which accounts there are, in the order of their ids.
func (a *Accounts) List() []Account {
	all := []Account{}
	for _, id := range slices.Sorted(maps.Keys(a.by)) {
		if row := a.by[id]; row.opened {
			all = append(all, row.answer())
		}
	}
	return all
}

func (row *account) answer() Account {
	answer := Account{
		Account: row.id, Label: row.label, Roles: row.grants(), Tokens: []TokenInfo{}, Sessions: []SessionInfo{},
		Password: row.password != nil, Factor: row.factor != nil, Revision: row.revision,
	}
	for _, t := range row.tokens {
		if t.method == "" {
			answer.Tokens = append(answer.Tokens, TokenInfo{t.id, t.label, t.issued, copied(t.until)})
		} else {
			answer.Sessions = append(answer.Sessions, SessionInfo{t.id, t.method, t.issued, *t.until})
		}
	}
	return answer
}

// Credentials are what opens an account beside tokens, sealed.
type Credentials struct {
	Password []byte // nil: none
	Factor   []byte // nil: no code is asked for
	Step     int64  // of the newest code that was used
}

// Credentials answers what opens an account; nothing opens one that is not there.
func (a *Accounts) Credentials(id domain.AccountID) Credentials {
	row, ok := a.by[id]
	if !ok || !row.opened {
		return Credentials{}
	}
	return Credentials{slices.Clone(row.password), slices.Clone(row.factor), row.step}
}

// grants returns the roles in the order in which roles are listed.
func (row *account) grants() []RoleGrant {
	grants := []RoleGrant{}
	for _, g := range row.roles {
		grants = append(grants, g.own())
	}
	slices.SortFunc(grants, func(a, b RoleGrant) int {
		if c := slices.Index(domain.Roles, a.Role) - slices.Index(domain.Roles, b.Role); c != 0 {
			return c
		}
		return strings.Compare(string(a.Role), string(b.Role))
	})
	return grants
}
