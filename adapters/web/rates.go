package web

import (
	"crypto/sha256"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rates says how many requests each caller may make now. Callers who have not
// been seen for a while are forgotten.
type rates struct {
	limit  rate.Limit
	burst  int
	header []string // the limit, as it is told
	mu     *sync.Mutex
	by     map[[32]byte]*pace
	swept  *time.Time
}

type pace struct {
	limiter *rate.Limiter
	seen    time.Time
}

// paceTime is after how long a caller is forgotten.
const paceTime = 10 * time.Minute

func newRates(perSecond float64, burst int) rates {
	return rates{rate.Limit(perSecond), burst, []string{strconv.Itoa(burst)}, new(sync.Mutex), make(map[[32]byte]*pace), new(time.Time)}
}

// of returns the pace of a caller.
func (r *rates) of(key [32]byte, now time.Time) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(*r.swept) > paceTime {
		*r.swept = now
		for k, p := range r.by {
			if now.Sub(p.seen) > paceTime {
				delete(r.by, k)
			}
		}
	}
	p, ok := r.by[key]
	if !ok {
		p = &pace{limiter: rate.NewLimiter(r.limit, r.burst)}
		r.by[key] = p
	}
	p.seen = now
	return p.limiter
}

// pace counts the request against its caller's rate, and says in the answer how
// much is left.
func (c *call) pace() error {
	if c.route.free {
		return nil
	}
	key := c.caller.key
	if key == [32]byte{} {
		key = sha256.Sum256([]byte(c.network()))
	}
	r := &c.s.state.rates
	now := time.Now()
	limiter := r.of(key, now)
	ok := limiter.AllowN(now, 1)
	left := max(0, int(limiter.TokensAt(now)))
	reset := int(float64(r.burst-left)/float64(r.limit) + 0.999)
	h := c.w.Header()
	h["X-Ratelimit-Limit"] = r.header
	h["X-Ratelimit-Remaining"] = []string{strconv.Itoa(left)}
	h["X-Ratelimit-Reset"] = []string{strconv.Itoa(reset)}
	if !ok {
		return &errRate
	}
	return nil
}

// formPace counts what somebody without an account fills in against the rate of the
// address it comes from.
func (c *call) formPace() error {
	if c.caller.account != "" {
		return nil
	}
	now := c.s.Now()
	if !c.s.state.forms.of(sha256.Sum256([]byte(c.network())), now).AllowN(now, 1) {
		return &errForms
	}
	return nil
}

var errForms = refusal{status: 429, code: "too-many-forms", it: "troppe richieste da questo indirizzo: riprovare tra qualche minuto", en: "too many requests from this address: try again in a few minutes", retry: 60}
