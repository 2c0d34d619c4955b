// Package credentials turns passwords into hashes that are slow to guess from, and
// checks the codes of the moment that an authenticator app shows.
package credentials

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"golang.org/x/crypto/argon2"
)

// The cost of a hash: argon2id with 19 MiB and two passes, which the OWASP Password
// Storage Cheat Sheet (2024) asks for at least.
const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	lanes   = 1
	saltLen = 16
	keyLen  = 32
)

// atOnce is how many hashes are computed at a time: each takes the memory.
const atOnce = 4

// Codes are of six digits, and new every thirty seconds (RFC 6238). One that came a
// step early or late is taken.
const (
	period = 30
	drift  = 1
)

// ErrHash says that what is stored is no hash of this package.
var ErrHash = errors.New("credentials: not an argon2id hash")

// A Book hashes passwords and checks codes. It is safe for concurrent use.
type Book struct {
	issuer string
	turns  chan struct{}
}

// New returns a book. The issuer is what an authenticator app calls the service.
func New(issuer string) *Book { return &Book{issuer, make(chan struct{}, atOnce)} }

// Hash returns the hash of a password in PHC form: "$argon2id$v=19$m=…". It takes some tens
// of milliseconds, on purpose.
func (b *Book) Hash(password string) (string, error) {
	var salt [saltLen]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return "", err
	}
	key := b.derive(password, salt[:], passes, memory, lanes, keyLen)
	raw := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, raw.EncodeToString(salt[:]), raw.EncodeToString(key)), nil
}

// Verify reports whether a password is the one of a hash. Without a hash it takes as
// long as with one and reports false, so that time does not tell who has a password.
func (b *Book) Verify(hash, password string) (bool, error) {
	if hash == "" {
		b.derive(password, make([]byte, saltLen), passes, memory, lanes, keyLen)
		return false, nil
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, ErrHash
	}
	var version int
	var m, t uint32
	var p uint8
	_, err := fmt.Sscanf(parts[2], "v=%d", &version)
	_, err2 := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p)
	salt, err3 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err4 := base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(err, err2, err3, err4); err != nil || version != argon2.Version || p == 0 || t == 0 || m > 1<<20 || len(want) < 16 || len(want) > 64 {
		return false, ErrHash
	}
	got := b.derive(password, salt, t, m, p, uint32(len(want))) //nolint:gosec // at most 64
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func (b *Book) derive(password string, salt []byte, t, m uint32, p uint8, n uint32) []byte {
	b.turns <- struct{}{}
	defer func() { <-b.turns }()
	return argon2.IDKey([]byte(password), salt, t, m, p, n)
}

// NewCode returns a new secret from which codes follow, and the address under which
// an authenticator app takes it: "otpauth://totp/…".
func (b *Book) NewCode(account string) (secret, address string, err error) {
	var raw [20]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", "", err
	}
	secret = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:])
	label := strings.NewReplacer(" ", "%20", ":", "").Replace(b.issuer)
	return secret, "otpauth://totp/" + label + ":" + account + "?secret=" + secret + "&issuer=" + label, nil
}

// CheckCode reports whether a code is the one of a moment, and returns its step: no
// step should be taken twice.
func (b *Book) CheckCode(secret, code string, at time.Time) (step int64, ok bool) {
	now := at.Unix() / period
	code = strings.ReplaceAll(code, " ", "")
	for step := now - drift; step <= now+drift; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // after 1970
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}
