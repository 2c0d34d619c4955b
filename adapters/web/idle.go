package web

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// sessionIdle is after how long a session ends in which nobody does anything.
const sessionIdle = time.Hour

// unattended is the header by which a request says that nobody made it: a page that
// renews itself keeps no session alive.
const unattended = "Tavoli-Unattended"

// idle notes when sessions were used last. Each node notes what it sees itself: a session
// that it has not seen yet counts as used now.
type idle struct {
	mu    sync.Mutex
	last  map[[32]byte]time.Time
	swept time.Time
}

// over reports whether a session was not used for too long, and else notes its use if
// somebody attends.
func (i *idle) over(key [32]byte, attended bool, now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.sweep(now)
	last, seen := i.last[key]
	if seen && now.Sub(last) >= sessionIdle {
		return true
	}
	if attended || !seen {
		i.last[key] = now
	}
	return false
}

// sweep lets go of sessions that have ended by themselves.
func (i *idle) sweep(now time.Time) {
	if i.last == nil {
		i.last = make(map[[32]byte]time.Time)
	}
	if now.Sub(i.swept) < sessionIdle {
		return
	}
	i.swept = now
	for key, last := range i.last {
		if now.Sub(last) > domain.SessionTime {
			delete(i.last, key)
		}
	}
}

// attends ends the session that asks if nobody used it for too long.
func (c *call) attends(access projections.Access, now time.Time) error {
	attended := c.r.Header.Get(unattended) == ""
	if access.Method == "" || !c.s.state.idle.over(c.caller.key, attended, now) {
		return nil
	}
	meta := domain.Meta{At: now, Actor: domain.ActorSystem, Command: uuid.New()}
	at, err := domain.Execute(c.ctx, c.s.Exec, domain.EndSession{Account: access.Account, Session: access.Token}, meta)
	if err != nil {
		return err
	}
	c.s.state.access.note(at.Position)
	return &errIdle
}

var errIdle = refusal{status: 401, code: "session-idle", it: "la sessione è finita perché da un'ora nessuno la usava: accedere di nuovo", en: "the session has ended because nobody used it for an hour: sign in again"}
