package domain

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"
)

// This file is about the secrets with which people without an account see and change
// their own registration, and with which an ente's referente invites its enti gestori.
// A secret follows from the installation's and from the fact that issued it, so that
// whoever writes the letter can tell it; facts hold its hash alone.

// SecretIssued records that a secret opens a registration. An earlier one opens
// nothing any longer.
type SecretIssued struct {
	Tavolo      TavoloID  `json:"tavolo"`
	Participant PersonID  `json:"participant"`
	Issue       uuid.UUID `json:"issue"`
	SHA256      string    `json:"sha256"`
	Anew        bool      `json:"anew,omitempty"` // by itself, and not with a registration
}

// GestoriInvited records that whoever is registered for an ente lets its enti gestori
// register with a secret, until the tavolo begins.
type GestoriInvited struct {
	Tavolo     TavoloID  `json:"tavolo"`
	Invitation uuid.UUID `json:"invitation"`
	Ente       EnteRef   `json:"ente"`
	By         PersonID  `json:"by"`
	SHA256     string    `json:"sha256"`
}

// InvitationFollowed records that a person registered on an invitation.
type InvitationFollowed struct {
	Tavolo      TavoloID  `json:"tavolo"`
	Invitation  uuid.UUID `json:"invitation"`
	Participant PersonID  `json:"participant"`
}

func (SecretIssued) Name() string       { return "SecretIssued" }
func (GestoriInvited) Name() string     { return "GestoriInvited" }
func (InvitationFollowed) Name() string { return "InvitationFollowed" }

var secretEvents = []kind{of[SecretIssued](), of[GestoriInvited](), of[InvitationFollowed]()}

// MaxInvitations is how many invitations of enti gestori stand at a tavolo.
const MaxInvitations = 1000

// secretAlphabet has no l, o, 0 and 1, which look alike.
var secretAlphabet = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// RegistrationSecret returns the secret of an issue: 128 bits in groups that can be
// read out and typed. The key is the installation's for this purpose.
func RegistrationSecret(key [32]byte, t TavoloID, issue uuid.UUID) string {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte("tavoli/registration/v1\x00" + string(t) + "\x00"))
	mac.Write(issue[:])
	return secretText(mac.Sum(nil))
}

// secretText writes 128 bits in groups.
func secretText(sum []byte) string {
	text := secretAlphabet.EncodeToString(sum[:16])
	return strings.Join([]string{text[:7], text[7:14], text[14:20], text[20:]}, "-")
}

// SecretHash returns the hash of a secret as facts hold it, however it was typed.
func SecretHash(secret string) string {
	plain := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.ToLower(secret))
	sum := sha256.Sum256([]byte(plain))
	return hex.EncodeToString(sum[:])
}

// A keyBoard knows what the secrets of a tavolo open.
type keyBoard struct {
	opens       map[string]PersonID
	of          map[PersonID]string
	issues      map[PersonID]uuid.UUID // of the secret that opens now
	invitations map[string]GestoriInvited
}

func newKeyBoard() keyBoard {
	return keyBoard{make(map[string]PersonID), make(map[PersonID]string), make(map[PersonID]uuid.UUID), make(map[string]GestoriInvited)}
}

func (k *keyBoard) apply(e Event) {
	switch e := e.(type) {
	case SecretIssued:
		k.drop(e.Participant)
		k.opens[e.SHA256], k.of[e.Participant], k.issues[e.Participant] = e.Participant, e.SHA256, e.Issue
	case GestoriInvited:
		maps.DeleteFunc(k.invitations, func(_ string, i GestoriInvited) bool { return i.Ente == e.Ente && i.By == e.By })
		k.invitations[e.SHA256] = e
	}
}

// drop makes the secret of a person open nothing.
func (k *keyBoard) drop(p PersonID) {
	delete(k.opens, k.of[p])
	delete(k.of, p)
	delete(k.issues, p)
}

// RegistrationIssue returns from which fact the secret follows that opens a person's
// registration, and whether there is one.
func RegistrationIssue(ctx context.Context, x *Executor, tavolo TavoloID, person PersonID) (issue uuid.UUID, ok bool, err error) {
	err = Peek(ctx, x, tavolo.Stream(), func(t *Tavolo) error {
		if t.exists() {
			issue, ok = t.desk.keys.issues[person]
		}
		return nil
	})
	return issue, ok, err
}

// DueBy returns by when a person's address is to be confirmed, or the offer taken up;
// zero: neither.
func DueBy(ctx context.Context, x *Executor, tavolo TavoloID, person PersonID) (until time.Time, err error) {
	err = Peek(ctx, x, tavolo.Stream(), func(t *Tavolo) error {
		if t.exists() {
			o, _ := t.Own(person)
			until = o.Until
		}
		return nil
	})
	return until, err
}

// Refusals of secrets.
var (
	ErrNoSecret    = &Error{Kind: NotFound, Code: "secret-refused", Text: "the code is unknown or opens nothing any longer"}
	ErrNotForEnte  = &Error{Kind: Refused, Code: "not-for-an-ente", Text: "only who is registered as referente or delegate of an ente invites its enti gestori"}
	ErrInvitations = &Error{Kind: Refused, Code: "too-many-invitations", Text: "no more invitations can be made"}
	ErrNoInviting  = &Error{Kind: NotFound, Code: "gestori-invitation-refused", Text: "the invitation is unknown, was replaced, or the tavolo has begun"}
)

// An Own is a registration as whoever it is of sees it.
type Own struct {
	Participant PersonID
	State       RegistrationState
	PlaceInLine int
	Mode        Mode
	Capacity    Capacity
	Ente        *EnteRef
	Until       time.Time // by when the address is to be confirmed, or the offer taken up
	Offered     bool
}

// Opened returns the registration that a secret opens, known by its hash.
func (t *Tavolo) Opened(hash string) (Own, error) {
	p, ok := t.desk.keys.opens[hash]
	if !ok {
		return Own{}, ErrNoSecret
	}
	return t.own(p), nil
}

func (t *Tavolo) own(p PersonID) Own {
	r := t.desk.by[p]
	o := Own{Participant: p, Mode: r.mode, Capacity: r.capacity, Ente: r.ente}
	o.State, o.PlaceInLine, _ = t.Registration(p)
	if pending, ok := t.desk.pending[p]; ok {
		o.Until = pending.Until
	}
	if offer, ok := t.desk.offers[p]; ok {
		o.Until, o.Offered = offer.Until, true
	}
	return o
}

// Own returns a registration, if there is one.
func (t *Tavolo) Own(p PersonID) (Own, bool) {
	if _, ok := t.desk.by[p]; !ok {
		return Own{}, false
	}
	return t.own(p), true
}

// IssueSecret makes a new secret for a registration that stands.
type IssueSecret struct {
	Tavolo      TavoloID  `json:"-"`
	Participant PersonID  `json:"-"`
	Issue       uuid.UUID `json:"-"`
	SHA256      string    `json:"-"`
}

// Stream implements [Command].
func (c IssueSecret) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c IssueSecret) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	r, err := t.standing(c.Participant)
	switch {
	case err != nil:
		return nil, err
	case !r.state.Active() && r.state != Pending:
		return nil, ErrNotActive
	}
	return []Event{SecretIssued{c.Tavolo, c.Participant, c.Issue, c.SHA256, true}}, nil
}

// InviteGestori makes a secret with which the enti gestori of an ente register. It is
// for whoever is registered for that ente; one made before opens nothing any longer.
type InviteGestori struct {
	Tavolo     TavoloID  `json:"-"`
	By         PersonID  `json:"-"`
	Invitation uuid.UUID `json:"-"`
	SHA256     string    `json:"-"`
}

// Stream implements [Command].
func (c InviteGestori) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c InviteGestori) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	r, err := t.standing(c.By)
	switch {
	case err != nil:
		return nil, err
	case !r.state.Active():
		return nil, ErrNotActive
	case r.ente == nil || r.capacity != AsReferente && r.capacity != AsDelegate:
		return nil, ErrNotForEnte
	case len(t.desk.keys.invitations) >= MaxInvitations:
		return nil, ErrInvitations
	case t.begun(meta.At):
		return nil, ErrRegistrationsClosed
	}
	return []Event{GestoriInvited{c.Tavolo, c.Invitation, *r.ente, c.By, c.SHA256}}, nil
}

// Invitation returns the invitation that a secret opens, known by its hash.
func (t *Tavolo) Invitation(hash string, at time.Time) (GestoriInvited, error) {
	i, ok := t.desk.keys.invitations[hash]
	switch {
	case !t.exists():
		return i, ErrNoTavolo
	case !ok || t.begun(at) || !t.desk.active(i.By):
		return i, ErrNoInviting
	}
	return i, nil
}

// begun reports whether the tavolo's hours have begun, or its day is over.
func (t *Tavolo) begun(at time.Time) bool {
	if s := t.schedule.StartsAt; s != nil {
		return !at.Before(*s)
	}
	return DayOf(at) > t.schedule.Day
}
