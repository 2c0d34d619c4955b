package mail

import (
	"context"
	"strings"

	"tavoli/domain"
)

// A Carrier takes letters away.
type Carrier interface {
	// Open begins a session. Where that fails nothing can be sent just now, and no
	// letter was touched.
	Open(ctx context.Context) (Session, error)

	// Repeatable reports whether sending the same letter twice is the same as once,
	// so that an attempt that broke off need not worry anybody.
	Repeatable() bool

	// String says where letters go, without secrets.
	String() string
}

// A Session carries one letter after another.
type Session interface {
	// Send carries a letter and says what became of it.
	Send(m Message) Outcome

	// Close ends the session in good order.
	Close()
}

// An Outcome is what became of an attempt.
type Outcome struct {
	Fault  domain.LetterFault // empty: the letter was taken
	Again  bool               // it makes sense to try again later, by itself
	Broken bool               // the session is of no use any more
	Answer string             // of the relay, without names and addresses
}

// discreet returns what a relay said without what tells who the recipient is.
func discreet(answer string, m Message) string {
	local, _, _ := strings.Cut(m.To.Address, "@")
	secret := []string{strings.ToLower(local)}
	for word := range strings.FieldsSeq(m.To.Name) {
		if len(word) > 2 {
			secret = append(secret, strings.ToLower(word))
		}
	}
	words := strings.Fields(answer)
	for i, w := range words {
		for _, s := range secret {
			if strings.Contains(w, "@") || s != "" && strings.Contains(strings.ToLower(w), s) {
				words[i] = "‹…›"
			}
		}
	}
	return strings.Join(words, " ")
}
