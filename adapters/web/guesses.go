package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"strings"
	"sync"
	"time"

	"tavoli/domain"
)

// guesses slow down who guesses passwords and codes. They are counted by address,
// and by account where the device is not known: whoever guesses at somebody's
// account slows down other strangers, never somebody on a device that signed in before.
type guesses struct {
	mu *sync.Mutex
	by map[string]*guessing
}

// A guessing is how often something was guessed wrongly of late.
type guessing struct {
	wrong int
	last  time.Time // of the newest wrong guess
}

// After so many wrong guesses the next has to wait: a second, two, four, at most
// five minutes. Half an hour without any makes everything good.
const (
	freeGuesses   = 5
	freeByAddress = 20
	longestWait   = 5 * time.Minute
	guessMemory   = 30 * time.Minute
	maxGuessings  = 100_000 // kept; beyond that the oldest go
)

func newGuesses() guesses { return guesses{new(sync.Mutex), make(map[string]*guessing)} }

// wait returns how long a guess under some key has to wait still.
func (g *guesses) wait(key string, free int, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	was, ok := g.by[key]
	if !ok || now.Sub(was.last) > guessMemory || was.wrong < free {
		return 0
	}
	pause := longestWait
	if n := was.wrong - free; n < 9 {
		pause = min(longestWait, time.Second<<n)
	}
	return was.last.Add(pause).Sub(now)
}

// wrong counts a wrong guess.
func (g *guesses) wrong(key string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.by) >= maxGuessings {
		for k, was := range g.by {
			if now.Sub(was.last) > guessMemory || len(g.by) >= maxGuessings {
				delete(g.by, k)
			}
		}
	}
	was, ok := g.by[key]
	if !ok || now.Sub(was.last) > guessMemory {
		was = new(guessing)
		g.by[key] = was
	}
	was.wrong, was.last = was.wrong+1, now
}

// right forgets what was guessed wrongly under a key.
func (g *guesses) right(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.by, key)
}

// A turn is one guess.
type turn struct {
	g    *guesses
	keys []string
	now  time.Time
}

// guess lets a caller try to sign in, or says when to try again.
func (d *doing) guess(account domain.AccountID, device string) (turn, error) {
	who := "account/" + string(account)
	if d.s.knows(account, device) {
		who = "device/" + device
	}
	t := turn{&d.s.state.guesses, []string{who, "address/" + d.address()}, d.s.Now()}
	for i, free := range []int{freeGuesses, freeByAddress} {
		if left := t.g.wait(t.keys[i], free, t.now); left > 0 {
			r := errGuesses
			r.retry = int(math.Ceil(left.Seconds()))
			return t, &r
		}
	}
	return t, nil
}

// failed counts the guess if it was wrong.
func (t turn) failed(err error) {
	if errors.Is(err, domain.ErrSignIn) || errors.Is(err, domain.ErrNoInvitation) {
		for _, key := range t.keys {
			t.g.wrong(key, t.now)
		}
	}
}

// succeeded forgives who was guessed for, not the address: somebody with an account
// of his own must not buy guesses at others' with it.
func (t turn) succeeded() { t.g.right(t.keys[0]) }

// deviceOf returns what makes a device known for an account.
func (s *Server) deviceOf(account domain.AccountID) string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(append(random[:], s.deviceMark(account, random[:])...))
}

// knows reports whether a device signed in for an account before.
func (s *Server) knows(account domain.AccountID, device string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(device))
	return err == nil && len(raw) == 16+sha256.Size && hmac.Equal(raw[16:], s.deviceMark(account, raw[:16]))
}

func (s *Server) deviceMark(account domain.AccountID, random []byte) []byte {
	secret := s.state.secrets.credentials
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte("device/" + string(account) + "/"))
	mac.Write(random)
	return mac.Sum(nil)
}
