package web

import (
	"crypto/sha256"
	"errors"
	"math"
	"sync"
	"time"

	"tavoli/domain"
)

// guesses slow down who guesses passwords and codes. Wrong ones are counted apart for
// each account from each network, for each network, and for each account from wherever
// it is not known. Whoever guesses at somebody's account slows down strangers, never a
// device that signed in before, nor a session that is open.
type guesses struct {
	mu *sync.Mutex
	by map[guessKey]*guessing
}

// A guessKey is what guesses are counted by: the hash of its words, so that it is as
// short for long words.
type guessKey [32]byte

func keyOf(words ...string) guessKey {
	h := sha256.New()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return guessKey(h.Sum(nil))
}

// A guessing is how often something was guessed wrongly of late.
type guessing struct {
	wrong float64   // those under way included
	last  time.Time // of the newest
}

// After so many wrong guesses the next has to wait: a second, two, four, at most
// five minutes. Half an hour without any makes everything good.
const (
	freeGuesses   = 5
	freeByNetwork = 20
	longestWait   = 5 * time.Minute
	guessMemory   = 30 * time.Minute
	maxGuessings  = 100_000 // kept; beyond that the oldest go
)

// An account bears so many wrong guesses of strangers, and one more every two minutes:
// more than one network makes that has to wait for itself, less than many would make
// together.
const (
	freeByStrangers = 30
	strangersPace   = 2 * time.Minute
)

func newGuesses() guesses { return guesses{new(sync.Mutex), make(map[guessKey]*guessing)} }

// wait returns how long a guess under some key has to wait still.
func (g *guesses) wait(key guessKey, free int, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pause(key, free, now)
}

func (g *guesses) pause(key guessKey, free int, now time.Time) time.Duration {
	was, ok := g.by[key]
	if !ok || now.Sub(was.last) > guessMemory || was.wrong < float64(free) {
		return 0
	}
	pause := longestWait
	if n := int(was.wrong) - free; n < 9 {
		pause = min(longestWait, time.Second<<n)
	}
	return was.last.Add(pause).Sub(now)
}

// take counts a guess that begins, or returns how long it has to wait. Those that begin
// together are counted together: none is free because another is not answered yet.
func (g *guesses) take(key guessKey, free int, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if left := g.pause(key, free, now); left > 0 {
		return left
	}
	g.count(key, now)
	return 0
}

// wrong counts a wrong guess.
func (g *guesses) wrong(key guessKey, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count(key, now)
}

func (g *guesses) count(key guessKey, now time.Time) {
	was := g.at(key)
	if now.Sub(was.last) > guessMemory {
		was.wrong = 0
	}
	was.wrong, was.last = was.wrong+1, now
}

// at returns what is counted under a key.
func (g *guesses) at(key guessKey) *guessing {
	was, ok := g.by[key]
	if !ok {
		g.makeRoom()
		was = new(guessing)
		g.by[key] = was
	}
	return was
}

// makeRoom lets go of some counts if there are too many: the oldest of those it meets.
func (g *guesses) makeRoom() {
	if len(g.by) < maxGuessings {
		return
	}
	var oldest guessKey
	met := 0
	for k, was := range g.by {
		if met == 0 || was.last.Before(g.by[oldest].last) {
			oldest = k
		}
		if met++; met == 1000 {
			break
		}
	}
	delete(g.by, oldest)
}

// giveBack takes a guess back that was counted and was not wrong.
func (g *guesses) giveBack(key guessKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if was, ok := g.by[key]; ok {
		if was.wrong--; was.wrong <= 0 {
			delete(g.by, key)
		}
	}
}

// right forgets what was guessed wrongly under a key.
func (g *guesses) right(key guessKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.by, key)
}

// full returns how long strangers have to wait before an account bears another guess.
func (g *guesses) full(key guessKey, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	over := g.level(key, now) + 1 - freeByStrangers
	return max(0, time.Duration(over*float64(strangersPace)))
}

// level returns how many wrong guesses an account bears now.
func (g *guesses) level(key guessKey, now time.Time) float64 {
	was, ok := g.by[key]
	if !ok {
		return 0
	}
	return max(0, was.wrong-float64(now.Sub(was.last))/float64(strangersPace))
}

// pour adds a stranger's wrong guess to what an account bears.
func (g *guesses) pour(key guessKey, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	level := g.level(key, now)
	was := g.at(key)
	was.wrong, was.last = level+1, now
}

// A turn is one guess.
type turn struct {
	g       *guesses
	who     guessKey  // by whom it is counted first
	network *guessKey // and from where; nil: that does not matter
	account *guessKey // and at which account; nil: by somebody known
	now     time.Time
}

// guess lets a caller try to sign in, or says when to try again. A device that is known
// is counted by itself.
func (d *doing) guess(account domain.AccountID, device string) (turn, error) {
	t := turn{g: &d.s.state.guesses, now: d.s.Now()}
	if mark, known := d.s.knows(account, device); known {
		t.who = keyOf("device", string(account), mark)
		return t, t.begin()
	}
	network, at := keyOf("network", d.network()), keyOf("account", string(account))
	t.who, t.network, t.account = keyOf("stranger", string(account), d.network()), &network, &at
	return t, t.begin()
}

// guessOwn lets whoever is signed in prove it once more. It is counted by the session:
// nobody else can make it wait.
func (d *doing) guessOwn() (turn, error) {
	t := turn{g: &d.s.state.guesses, who: keyOf("session", string(d.caller.key[:])), now: d.s.Now()}
	return t, t.begin()
}

// guessInvitation lets a caller show the secret of an invitation. It is too long to be
// guessed, so that nobody has to wait for others who try at the same account.
func (d *doing) guessInvitation() (turn, error) {
	t := turn{g: &d.s.state.guesses, who: keyOf("invitation", d.network()), now: d.s.Now()}
	return t, t.beginWith(freeByNetwork)
}

func (t turn) begin() error { return t.beginWith(freeGuesses) }

// beginWith counts the guess, or returns that it has to wait.
func (t turn) beginWith(free int) error {
	left := time.Duration(0)
	if t.network != nil {
		left = max(t.g.wait(*t.network, freeByNetwork, t.now), t.g.full(*t.account, t.now))
	}
	if left <= 0 {
		left = t.g.take(t.who, free, t.now)
	}
	if left <= 0 {
		return nil
	}
	r := errGuesses
	r.retry = int(math.Ceil(left.Seconds()))
	return &r
}

// settle says what became of the guess. What was right forgives who guessed, not the
// network: somebody with an account of his own must not buy guesses at others' with it.
func (t turn) settle(err error) {
	switch {
	case err == nil:
		t.g.right(t.who)
	case !errors.Is(err, domain.ErrSignIn) && !errors.Is(err, domain.ErrNoInvitation):
		t.g.giveBack(t.who)
	case t.network != nil:
		t.g.wrong(*t.network, t.now)
		t.g.pour(*t.account, t.now)
	}
}
