package domain

import "slices"

// Refusals of signing in by somebody who vouches.
var (
	ErrProvider        = &Error{Kind: Forbidden, Code: "provider-refused", Text: "the identity provider did not vouch for this sign-in; begin again"}
	ErrProviderRole    = &Error{Kind: Forbidden, Code: "provider-no-role", Text: "the identity provider vouches for you, but with nothing that gives a role here"}
	ErrProviderMissing = &Error{Kind: Unknown, Code: "provider-unavailable", Text: "the identity provider does not answer; try again"}
)

// EnterByProvider lets somebody in for whom a provider vouches. The first time it opens
// the account. The roles are those that the provider's claims say, until the session
// ends; what a claim gave before and does not give now is taken away. Roles that were
// granted here, without an end or for longer than a session lasts, stay as they are, and
// so does an inspector's, which no claim can give: it needs a scope.
type EnterByProvider struct {
	Account AccountID
	Label   string // what the account is for, not whose it is
	Roles   []Role
	SHA256  string // of the secret of the session
}

// Stream implements [Command].
func (c EnterByProvider) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c EnterByProvider) Decide(a *Account, meta Meta) ([]Event, error) {
	var bad check
	bad.id(string(c.Account), "/account")
	bad.required(c.Label, "/label")
	bad.sha(c.SHA256, "/sha256")
	for _, r := range c.Roles {
		oneOf(&bad, r, "/roles", Roles...)
		bad.that(r != RoleInspector, "/roles", "needs-scope", "an inspector's role is granted with its scope and its end")
	}
	switch {
	case len(c.Roles) == 0:
		return nil, ErrProviderRole
	case bad.err() != nil:
		return nil, bad.err()
	}
	var events []Event
	if !a.exists() {
		events = append(events, AccountOpened{c.Account, c.Label})
	}
	events = append(events, c.roles(a, meta)...)
	return append(events, a.enter(OpenSession{Account: c.Account, SHA256: c.SHA256, Method: ByProvider}, meta)...), nil
}

// roles returns what makes an account's roles those that the claims say.
func (c EnterByProvider) roles(a *Account, meta Meta) (events []Event) {
	until := Truncate(meta.At.Add(SessionTime))
	for _, r := range Roles {
		was, has := a.roles[r]
		lasting := has && (was.Until == nil || was.Until.After(until))
		switch claimed := slices.Contains(c.Roles, r); {
		case claimed && !lasting && (!has || !was.Until.Equal(until)):
			events = append(events, RoleGranted{Account: c.Account, Role: r, Until: &until})
		case !claimed && has && !lasting && r != RoleInspector && was.Until.After(meta.At):
			events = append(events, RoleRevoked{c.Account, r, "il fornitore di identità non lo dà più"})
		}
	}
	return events
}
