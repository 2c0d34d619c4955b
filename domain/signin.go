package domain

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"
)

// PasswordSet records that an account can be opened with a password. The password's
// hash is sealed with a secret of the installation: facts are read by auditors and
// exported, and a password could be guessed from its hash.
type PasswordSet struct {
	Account AccountID `json:"account"`
	Sealed  []byte    `json:"sealed"`
}

// SecondFactorSet records that opening the account takes a code of the moment, too.
type SecondFactorSet struct {
	Account AccountID `json:"account"`
	Sealed  []byte    `json:"sealed"`         // the secret from which the codes follow
	Step    int64     `json:"step,omitempty"` // of the code that confirmed it
}

// SecondFactorRemoved records that it takes none any longer.
type SecondFactorRemoved struct {
	Account AccountID `json:"account"`
	Reason  string    `json:"reason,omitempty"`
}

// InvitationIssued records that whoever holds a secret may choose the account's
// password, once, until a moment. The secret itself is told once and kept nowhere.
type InvitationIssued struct {
	Account AccountID `json:"account"`
	SHA256  string    `json:"sha256"` // of the secret, which is random and long
	Until   time.Time `json:"until"`
}

// A SignInMethod is how somebody proved to be who an account is for.
type SignInMethod string

// The methods there are.
const (
	ByPassword     SignInMethod = "password"
	ByPasswordCode SignInMethod = "password+code"
	ByProvider     SignInMethod = "oidc"  // somebody else vouches
	ByToken        SignInMethod = "token" // the account was opened by a token
)

// SessionOpened records that somebody signed in: a secret opens the account until a
// moment.
type SessionOpened struct {
	Account AccountID    `json:"account"`
	Session uuid.UUID    `json:"session"`
	SHA256  string       `json:"sha256"`
	Until   time.Time    `json:"until"`
	Method  SignInMethod `json:"method"`
	Step    int64        `json:"step,omitempty"` // of the code that was used; none is used twice
	Token   uuid.UUID    `json:"token,omitzero"` // by which it was opened, if it was; it ends with it
}

// SessionEnded records that the secret of a session opens nothing any longer.
type SessionEnded struct {
	Account AccountID `json:"account"`
	Session uuid.UUID `json:"session"`
}

func (PasswordSet) Name() string         { return "PasswordSet" }
func (SecondFactorSet) Name() string     { return "SecondFactorSet" }
func (SecondFactorRemoved) Name() string { return "SecondFactorRemoved" }
func (InvitationIssued) Name() string    { return "InvitationIssued" }
func (SessionOpened) Name() string       { return "SessionOpened" }
func (SessionEnded) Name() string        { return "SessionEnded" }

var signInEvents = []kind{
	of[PasswordSet](), of[SecondFactorSet](), of[SecondFactorRemoved](), of[InvitationIssued](), of[SessionOpened](), of[SessionEnded](),
}

// Limits of signing in.
const (
	SessionTime    = 12 * time.Hour     // how long a session lasts
	InvitationTime = 7 * 24 * time.Hour // how long an invitation waits
	MaxSessions    = 20                 // of one account at a time; the oldest ends
	MaxSealed      = 1000               // bytes of a sealed credential
)

// credentials are what decisions need of how an account is opened.
type credentials struct {
	password   []byte
	factor     []byte
	step       int64
	invitation InvitationIssued
	sessions   []SessionOpened // those not ended, oldest first
}

func (c *credentials) apply(e Event) {
	switch e := e.(type) {
	case PasswordSet:
		c.password, c.invitation = e.Sealed, InvitationIssued{}
	case SecondFactorSet:
		c.factor, c.step = e.Sealed, e.Step
	case SecondFactorRemoved:
		c.factor, c.step = nil, 0
	case InvitationIssued:
		c.invitation = e
	case SessionOpened:
		now := e.Until.Add(-SessionTime)
		c.sessions = slices.DeleteFunc(c.sessions, func(s SessionOpened) bool { return !now.Before(s.Until) })
		c.sessions = append(c.sessions, e)
		c.step = max(c.step, e.Step)
	case SessionEnded:
		c.sessions = slices.DeleteFunc(c.sessions, func(s SessionOpened) bool { return s.Session == e.Session })
	}
}

// endAll returns the ends of all sessions.
func (c *credentials) endAll() []Event {
	return c.endThose(func(SessionOpened) bool { return true })
}

// endThose returns the ends of some sessions.
func (c *credentials) endThose(end func(SessionOpened) bool) (events []Event) {
	for _, s := range c.sessions {
		if end(s) {
			events = append(events, SessionEnded{s.Account, s.Session})
		}
	}
	return events
}

// Refusals of signing in.
var (
	ErrSignIn        = &Error{Kind: Forbidden, Code: "sign-in-refused", Text: "the account, the password or the code is wrong"}
	ErrCodeRequired  = &Error{Kind: Forbidden, Code: "code-required", Text: "signing in takes a code of the moment, too"}
	ErrNoInvitation  = &Error{Kind: Forbidden, Code: "invitation-refused", Text: "the invitation is unknown, was used or has expired"}
	ErrNoFactor      = &Error{Kind: Refused, Code: "no-second-factor", Text: "the account has no second factor"}
	ErrCredentials   = &Error{Kind: Stale, Code: "credentials-changed", Text: "the account's credentials were changed meanwhile; try again"}
	ErrFactorPresent = &Error{Kind: Refused, Code: "second-factor-present", Text: "the account has a second factor already: remove it first"}
)

// SetPassword lets an account be opened with a password. Every session ends but one.
type SetPassword struct {
	Account AccountID
	Sealed  []byte
	Keep    uuid.UUID // the session of who sets it
	Was     []byte    // the sealed password that was checked; nil: there need be none
}

// Stream implements [Command].
func (c SetPassword) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c SetPassword) Decide(a *Account, _ Meta) ([]Event, error) {
	switch {
	case !a.exists():
		return nil, ErrNoAccount
	case c.Was != nil && !bytes.Equal(c.Was, a.password):
		return nil, ErrCredentials
	case len(c.Sealed) == 0 || len(c.Sealed) > MaxSealed:
		return nil, ErrBadDraft
	}
	return append([]Event{PasswordSet{c.Account, c.Sealed}}, a.endThose(func(s SessionOpened) bool { return s.Session != c.Keep })...), nil
}

// Invite lets whoever holds a secret choose the account's password. An earlier
// invitation ends.
type Invite struct {
	Account AccountID `json:"-"`
	SHA256  string    `json:"-"`
}

// Stream implements [Command].
func (c Invite) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c Invite) Decide(a *Account, meta Meta) ([]Event, error) {
	var bad check
	bad.sha(c.SHA256, "/sha256")
	switch {
	case !a.exists():
		return nil, ErrNoAccount
	case bad.err() != nil:
		return nil, bad.err()
	}
	return []Event{InvitationIssued{c.Account, c.SHA256, Truncate(meta.At.Add(InvitationTime))}}, nil
}

// AcceptInvitation sets the password of who was invited. All sessions end.
type AcceptInvitation struct {
	Account AccountID
	SHA256  string
	Sealed  []byte
}

// Stream implements [Command].
func (c AcceptInvitation) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c AcceptInvitation) Decide(a *Account, meta Meta) ([]Event, error) {
	switch i := a.invitation; {
	case !a.exists() || i.SHA256 == "" || i.SHA256 != c.SHA256 || !meta.At.Before(i.Until):
		return nil, ErrNoInvitation
	case len(c.Sealed) == 0 || len(c.Sealed) > MaxSealed:
		return nil, ErrBadDraft
	}
	return append([]Event{PasswordSet{c.Account, c.Sealed}}, a.endAll()...), nil
}

// SetSecondFactor makes signing in take a code of the moment, too.
type SetSecondFactor struct {
	Account AccountID
	Sealed  []byte
	Step    int64 // of the code that confirms it, which opens nothing afterwards
}

// Stream implements [Command].
func (c SetSecondFactor) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c SetSecondFactor) Decide(a *Account, _ Meta) ([]Event, error) {
	switch {
	case !a.exists():
		return nil, ErrNoAccount
	case a.factor != nil:
		return nil, ErrFactorPresent
	case len(c.Sealed) == 0 || len(c.Sealed) > MaxSealed:
		return nil, ErrBadDraft
	}
	return []Event{SecondFactorSet(c)}, nil
}

// RemoveSecondFactor makes signing in take the password only, and ends all sessions.
type RemoveSecondFactor struct {
	Account AccountID `json:"-"`
	Reason  string    `json:"reason"`
}

// Stream implements [Command].
func (c RemoveSecondFactor) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c RemoveSecondFactor) Decide(a *Account, _ Meta) ([]Event, error) {
	var bad check
	bad.text(c.Reason, "/reason", MaxText)
	switch {
	case !a.exists():
		return nil, ErrNoAccount
	case bad.err() != nil:
		return nil, bad.err()
	case a.factor == nil:
		return nil, ErrNoFactor
	}
	return append([]Event{SecondFactorRemoved(c)}, a.endAll()...), nil
}

// OpenSession lets somebody in who has proved to be who the account is for. The
// proof was made against credentials that must not have changed meanwhile.
type OpenSession struct {
	Account  AccountID
	SHA256   string
	Method   SignInMethod
	Password []byte // the sealed password that was checked
	Factor   []byte // the sealed secret that was checked, or nothing
	Step     int64
	Token    uuid.UUID // by which it is opened, if it is
}

// SessionID returns the id of the session that a command opens.
func (c OpenSession) SessionID(meta Meta) uuid.UUID { return DerivedID(meta.Command, "session") }

// Stream implements [Command].
func (c OpenSession) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c OpenSession) Decide(a *Account, meta Meta) ([]Event, error) {
	switch {
	case !a.exists():
		return nil, ErrSignIn
	case c.Method == ByToken && !a.opens(c.Token, meta.At):
		return nil, ErrNoToken
	case c.Method != ByProvider && c.Method != ByToken && (!bytes.Equal(c.Password, a.password) || !bytes.Equal(c.Factor, a.factor)):
		return nil, ErrCredentials
	case c.Step != 0 && c.Step <= a.step:
		return nil, ErrSignIn
	}
	return a.enter(c, meta), nil
}

// opens reports whether a token opens the account at a moment.
func (a *Account) opens(token uuid.UUID, at time.Time) bool {
	t, issued := a.tokens[token]
	return issued && (t.Until == nil || at.Before(*t.Until))
}

// sessionEnd returns until when a session lasts: not longer than the token that opens it.
func (a *Account) sessionEnd(token uuid.UUID, at time.Time) time.Time {
	until := Truncate(at.Add(SessionTime))
	if t := a.tokens[token]; t.Until != nil && t.Until.Before(until) {
		return *t.Until
	}
	return until
}

// enter returns the opening of a session, after the end of the oldest if there are too many.
func (a *Account) enter(o OpenSession, meta Meta) (events []Event) {
	for open := a.sessions; len(open) >= MaxSessions; {
		events = append(events, SessionEnded{o.Account, open[0].Session})
		open = open[1:]
	}
	return append(events, SessionOpened{o.Account, o.SessionID(meta), o.SHA256, a.sessionEnd(o.Token, meta.At), o.Method, o.Step, o.Token})
}

// EndSession makes the secret of a session useless. Doing it twice changes nothing.
type EndSession struct {
	Account AccountID
	Session uuid.UUID
}

// Stream implements [Command].
func (c EndSession) Stream() Stream { return c.Account.Stream() }

// Decide implements [Command].
func (c EndSession) Decide(a *Account, _ Meta) ([]Event, error) {
	if !slices.ContainsFunc(a.sessions, func(s SessionOpened) bool { return s.Session == c.Session }) {
		return nil, nil
	}
	return []Event{SessionEnded(c)}, nil
}
