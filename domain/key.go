package domain

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"

	"github.com/google/uuid"
)

// A Key is what seals a person's values. Destroying it makes every copy of them,
// and every salt, unreadable for good.
type Key struct {
	Seal [32]byte // for AES-256-GCM
	Salt [32]byte // from which the salts of the person's commitments follow
}

// A KeyID names a key. It says nothing about the person.
type KeyID uint64

// Keys holds the keys of persons, apart from the log and from its backups. It is
// safe for concurrent use.
type Keys interface {
	// Take returns a random key nobody had before, durable when it returns.
	Take(ctx context.Context) (KeyID, Key, error)

	// Key returns a key, [ErrKeyDestroyed] if it was destroyed on purpose, or
	// [ErrKeyMissing] if it ought to be there and is not.
	Key(id KeyID) (Key, error)

	// Destroy makes keys unreadable for good; when it returns no file holds them.
	Destroy(ctx context.Context, ids ...KeyID) error
}

// Errors of keys and sealed values.
var (
	ErrKeyDestroyed = &Error{Kind: Refused, Code: "person-forgotten", Text: "the person was forgotten"}
	ErrKeyMissing   = &Error{Kind: Refused, Code: "key-missing", Text: "the key to a person's values is missing"}
	ErrSealBroken   = &Error{Kind: Refused, Code: "seal-broken", Text: "a person's values cannot be opened with their key"}
)

// A salter derives the 256-bit salts of one context from a key. A salt is as good
// as random to whoever lacks the key, and telling one tells nothing of another.
type salter struct {
	mac     hash.Hash
	context uuid.UUID
}

func (k Key) salter(context uuid.UUID) salter {
	return salter{hmac.New(sha256.New, k.Salt[:]), context}
}

// salt returns the salt of one group.
func (s salter) salt(group string) []byte {
	s.mac.Reset()
	s.mac.Write([]byte("tavoli/salt/v1\x00" + group + "\x00"))
	s.mac.Write(s.context[:])
	return s.mac.Sum(nil)
}

// commitments returns the commitments to values in a context.
func (k Key) commitments(context uuid.UUID, v Values) (c Commitments) {
	salts := k.salter(context)
	for _, p := range v.parts() {
		*c.group(p.group) = Commit(salts.salt(p.group), p.values)
	}
	return c
}

func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.Seal[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// nonce follows from the context, which is used once with a key.
func nonce(person PersonID, context uuid.UUID) []byte {
	sum := sha256.Sum256(append(append([]byte("tavoli/nonce/v1"), person[:]...), context[:]...))
	return sum[:12]
}

func (k Key) seal(person PersonID, context uuid.UUID, v Values) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	plainText, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nonce(person, context), plainText, append(person[:], context[:]...)), nil
}

// Open returns the values of a description.
func (k Key) Open(d PersonDescribed) (Values, error) {
	aead, err := k.aead()
	if err != nil {
		return Values{}, err
	}
	plainText, err := aead.Open(nil, nonce(d.Person, d.Context), d.Sealed, append(d.Person[:], d.Context[:]...))
	if err != nil {
		return Values{}, ErrSealBroken
	}
	var v Values
	if err := json.Unmarshal(plainText, &v); err != nil {
		return Values{}, errors.Join(ErrSealBroken, err)
	}
	return v, nil
}
