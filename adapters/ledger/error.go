package ledger

import (
	"fmt"

	"tavoli/domain"
)

// Errors of the ledger.
var (
	// ErrInconsistent says that the log, the tree and what was signed do not agree:
	// something was changed, removed or put in between. Nothing more is signed.
	ErrInconsistent = &domain.Error{Kind: domain.Refused, Code: "ledger-inconsistent", Text: "the register does not agree with what was signed before; nothing more is signed until it is cleared up"}

	// ErrNoFact says that a position holds no fact: nothing, or personal values.
	ErrNoFact = &domain.Error{Kind: domain.NotFound, Code: "no-fact", Text: "no fact stands at this position"}

	// ErrUnsigned says that no checkpoint goes as far as what was asked for.
	ErrUnsigned = &domain.Error{Kind: domain.NotFound, Code: "not-signed", Text: "no signed checkpoint goes as far; sign one first"}

	// ErrNoSize says that the tree has not so many leaves.
	ErrNoSize = &domain.Error{Kind: domain.NotFound, Code: "no-such-tree", Text: "the ledger has no such size, leaf or tile"}
)

// A Mismatch is where the log and the tree differ. As an error it is [ErrInconsistent].
type Mismatch struct {
	Index    int64           // of the first leaf that differs
	Position domain.Position // where it stands or stood; 0: not known
	What     string
}

// Error implements error.
func (m *Mismatch) Error() string {
	return fmt.Sprintf("%s: fact %d at position %d: %s", ErrInconsistent.Text, m.Index, m.Position, m.What)
}

// Unwrap returns [ErrInconsistent].
func (m *Mismatch) Unwrap() error { return ErrInconsistent }
