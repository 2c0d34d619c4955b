package domain

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// LedgerStream is the history of the register itself: which keys sign it.
const LedgerStream Stream = CategoryRegistro + "-tavoli"

// LedgerKeyIntroduced records that what the register adds up to is signed with a
// key from now on. The key before goes on signing beside it for a while.
type LedgerKeyIntroduced struct {
	Number int    `json:"number"` // from 1
	VKey   string `json:"vkey"`   // the public key, as a verifier of signed notes takes it
	Reason string `json:"reason,omitempty"`
}

// Name implements [Event].
func (LedgerKeyIntroduced) Name() string { return "LedgerKeyIntroduced" }

var registroEvents = []kind{of[LedgerKeyIntroduced]()}

// Registro is what decisions need of the register's own history.
type Registro struct {
	keys []string // key n is keys[n-1]
}

// Apply implements [State].
func (r *Registro) Apply(e Event) {
	if e, ok := e.(LedgerKeyIntroduced); ok {
		r.keys = append(r.keys, e.VKey)
	}
}

// Keys returns the public keys that were introduced, the first one first.
func (r *Registro) Keys() []string { return slices.Clone(r.keys) }

// Refusals of commands on the register itself.
var (
	ErrLedgerKeyOther = &Error{Kind: Refused, Code: "ledger-key-mismatch", Text: "the register is signed with keys that do not follow from this keyring: it belongs to another one"}
	ErrLedgerKeyOrder = &Error{Kind: Refused, Code: "ledger-key-order", Text: "keys are introduced one after the other"}
)

// maxVKey is the longest public key of the ledger, in bytes.
const maxVKey = 500

// IntroduceLedgerKey lets a key sign the register. Introducing one again changes
// nothing, so that several nodes may do it.
type IntroduceLedgerKey struct {
	Number int    `json:"-"`
	VKey   string `json:"-"`
	Reason string `json:"reason"`
}

// LedgerKeyCommand returns the id of the command that introduces the first key,
// the same on every node.
func LedgerKeyCommand(vkey string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("tavoli/ledger-key/1/"+vkey))
}

// Stream implements [Command].
func (c IntroduceLedgerKey) Stream() Stream { return LedgerStream }

// Decide implements [Command].
func (c IntroduceLedgerKey) Decide(r *Registro, _ Meta) ([]Event, error) {
	var bad check
	bad.that(c.Number > 0, "/number", "out-of-range", "must be at least 1")
	bad.that(len(c.VKey) <= maxVKey && strings.Count(c.VKey, "+") >= 2 && printable(c.VKey), "/vkey", "bad-key", "is no public key of a signed note")
	if c.Number > 1 {
		bad.reason(c.Reason)
	} else {
		bad.text(c.Reason, "/reason", MaxText)
	}
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case c.Number <= len(r.keys) && r.keys[c.Number-1] == c.VKey:
		return nil, nil
	case c.Number <= len(r.keys):
		return nil, ErrLedgerKeyOther
	case c.Number > len(r.keys)+1:
		return nil, ErrLedgerKeyOrder
	}
	return []Event{LedgerKeyIntroduced(c)}, nil
}
