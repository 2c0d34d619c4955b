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

var registroEvents = []kind{of[LedgerKeyIntroduced](), of[DossierMade]()}

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

// A DossierKind is what a dossier is about.
type DossierKind string

// The kinds there are.
const (
	DossierOfTavolo    DossierKind = "tavolo"
	DossierOfQuarter   DossierKind = "quarter" // by the days of the tavoli: "2022-Q2"
	DossierOfProgramma DossierKind = "programma"
	DossierOfRegister  DossierKind = "registro" // everything
)

// A DossierScope is a kind of dossier and which one.
type DossierScope struct {
	Kind DossierKind `json:"kind"`
	ID   string      `json:"id"` // of the register as a whole: "tavoli"
}

// DossierEntries is which facts a dossier holds, beside the hashes of all.
type DossierEntries string

// The choices there are.
const (
	AllEntries   DossierEntries = "all"
	ScopeEntries DossierEntries = "scope"
)

// DossierNames is whose names a dossier shows.
type DossierNames string

// The choices there are.
const (
	AllNames    DossierNames = "all"    // of everybody the facts inside speak of
	NoNames     DossierNames = "none"   // of nobody
	TavoloNames DossierNames = "tavolo" // of those who take part in the tavoli of the scope
)

// DossierMade records that somebody took away a dossier. It is recorded before it
// is handed out.
type DossierMade struct {
	Account     AccountID      `json:"account"`
	Scope       DossierScope   `json:"scope"`
	Position    Position       `json:"position,string"` // up to which facts are inside
	Size        int64          `json:"size"`            // how many facts that is
	Root        string         `json:"root"`            // what they add up to, in base64
	Entries     DossierEntries `json:"entries"`
	Disclosures DossierNames   `json:"disclosures"`
	Purpose     string         `json:"purpose,omitempty"`
	SHA256      string         `json:"sha256"` // of the file
}

// Name implements [Event].
func (DossierMade) Name() string { return "DossierMade" }

// RecordDossier records that a dossier was made.
type RecordDossier DossierMade

// Stream implements [Command].
func (c RecordDossier) Stream() Stream { return LedgerStream }

// Decide implements [Command].
func (c RecordDossier) Decide(*Registro, Meta) ([]Event, error) {
	var bad check
	oneOf(&bad, c.Scope.Kind, "/scope/kind", DossierOfTavolo, DossierOfQuarter, DossierOfProgramma, DossierOfRegister)
	bad.that(c.Scope.ID != "" && len(c.Scope.ID) <= MaxID && plain(c.Scope.ID), "/scope/id", "bad-id", "is no id")
	oneOf(&bad, c.Entries, "/entries", AllEntries, ScopeEntries)
	oneOf(&bad, c.Disclosures, "/disclosures", AllNames, NoNames, TavoloNames)
	bad.text(c.Purpose, "/purpose", MaxText)
	bad.sha(c.SHA256, "/sha256")
	if err := bad.err(); err != nil {
		return nil, err
	}
	return []Event{DossierMade(c)}, nil
}
