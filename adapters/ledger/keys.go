package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"tavoli/domain"
)

// A Secret gives the installation's secret for a purpose, always the same.
type Secret func(purpose string) [32]byte

// Overlap is how long the key before goes on signing beside a new one, counted in
// the times of recording of the log, so that every node counts alike.
const Overlap = 30 * 24 * time.Hour

// Origin returns the name under which the installation signs. It follows from the
// installation's secret and stays the same when the register moves to another store.
func (s Secret) Origin() string {
	secret := s("ledger-origin")
	sum := sha256.Sum256(secret[:])
	return "tavoli." + hex.EncodeToString(sum[:8]) + "/registro"
}

// VKey returns the nth public key, from 1, in the form in which it is handed out.
func (s Secret) VKey(n int) (string, error) {
	public, ok := s.private(n).Public().(ed25519.PublicKey)
	if !ok {
		return "", fmt.Errorf("key %d has no public half", n)
	}
	return note.NewEd25519VerifierKey(s.Origin(), public)
}

func (s Secret) private(n int) ed25519.PrivateKey {
	seed := s("ledger-key/" + strconv.Itoa(n))
	return ed25519.NewKeyFromSeed(seed[:])
}

// signer returns what signs with the nth key.
func (s Secret) signer(n int) (note.Signer, error) {
	vkey, err := s.VKey(n)
	if err != nil {
		return nil, err
	}
	id := strings.Split(vkey, "+")[1]
	const ed25519Note = 1 // the algorithm's number in the format of keys
	seed := append([]byte{ed25519Note}, s.private(n).Seed()...)
	return note.NewSigner("PRIVATE+KEY+" + s.Origin() + "+" + id + "+" + base64.StdEncoding.EncodeToString(seed))
}

// Own returns [domain.ErrLedgerKeyOther] unless public keys, the first one first,
// are those of this installation.
func (s Secret) Own(vkeys []string) error {
	for i, vkey := range vkeys {
		own, err := s.VKey(i + 1)
		if err != nil {
			return err
		}
		if vkey != own {
			return fmt.Errorf("%w (%d: %s)", domain.ErrLedgerKeyOther, i+1, vkey)
		}
	}
	return nil
}

// signing returns the keys that sign a tree of a size whose newest leaf was
// recorded at a moment: the newest one, and those that were replaced lately.
func signing(keys []Key, size int64, recorded time.Time) []Key {
	var list []Key
	for i, k := range keys {
		switch {
		case i > 0 && k.Index >= size: // not introduced yet; the first key signs what was before it, too
			return list
		case i+1 < len(keys) && keys[i+1].Index < size && recorded.Sub(keys[i+1].RecordedAt) >= Overlap: // replaced for good
		default:
			list = append(list, k)
		}
	}
	return list
}
