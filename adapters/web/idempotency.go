package web

import (
	"container/list"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"sync"

	"github.com/google/uuid"

	"tavoli/domain"
)

// commands is the name space of the ids of commands.
var commands = uuid.MustParse("6f0d3a52-8f0a-5c1e-9b0c-3d6d1a2f7c55")

// commandID returns the id of the command a request asks for: the same for every
// repetition under the same key, and a random one where there is no key.
func (c *call) commandID() (id uuid.UUID, keyed bool, err error) {
	values := c.r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return uuid.New(), false, nil
	}
	if len(values) > 1 || !plainKey(values[0]) {
		return id, false, errHeader.with(domain.Field{Pointer: "Idempotency-Key", Code: "bad-header", Text: "must be 1 to 255 visible ASCII characters"})
	}
	name := string(c.caller.actor) + "\x00" + c.r.Method + " " + c.r.URL.Path + "\x00" + values[0]
	return uuid.NewSHA1(commands, []byte(name)), true, nil
}

func plainKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return key != "" && len(key) <= 255
}

// fingerprint says what is asked without telling it: a keyed hash of the request
// in its canonical form, so that another request under the same key is noticed.
func (s *Server) fingerprint(parts ...[]byte) string {
	secret := s.state.secrets.request
	mac := hmac.New(sha256.New, secret[:])
	for _, part := range parts {
		_, _ = mac.Write(part) // never fails
		_, _ = mac.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// maxAnswers is how many answers to commands are kept for repetitions.
const maxAnswers = 10_000

// answers keeps recent answers to commands that brought a key, so that a
// repetition is told the same. What is no longer here is answered from the log.
type answers struct {
	mu    *sync.Mutex
	most  int
	by    map[uuid.UUID]*list.Element
	order *list.List
}

// An answer is what a command was answered with.
type answer struct {
	command  uuid.UUID
	request  string
	status   int
	location string
	position string
	revision string
	body     []byte
}

func newAnswers(most int) answers {
	return answers{new(sync.Mutex), most, make(map[uuid.UUID]*list.Element), list.New()}
}

// get returns the answer to a command.
func (a *answers) get(command uuid.UUID) (*answer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.by[command]
	if !ok {
		return nil, false
	}
	a.order.MoveToFront(e)
	return e.Value.(*answer), true
}

// put keeps an answer, and lets go of the one not asked for longest.
func (a *answers) put(given *answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, ok := a.by[given.command]; ok {
		e.Value = given
		return
	}
	a.by[given.command] = a.order.PushFront(given)
	if a.order.Len() > a.most {
		last := a.order.Back()
		a.order.Remove(last)
		delete(a.by, last.Value.(*answer).command)
	}
}

// forget lets go of every answer. What is repeated is answered from the log.
func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.by)
	a.order.Init()
}
