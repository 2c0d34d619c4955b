package domain

import (
	"encoding/base64"
	"time"

	"github.com/google/uuid"
)

// The events there are most of are read by hand: encoding/json reads 0.2 million
// of them a second on one core, which would decide how long a replay takes. What
// reads them here knows only the exact form in which they were written; anything
// else is left to encoding/json. FuzzDecode holds the two to the same result.

// hot returns the kind of E with a reader of its written form.
func hot[E Event](read func(*scanner) E) kind {
	k := of[E]()
	slow := k.decode
	k.decode = func(data []byte) (Event, error) {
		s := scanner{rest: string(data)}
		if e := read(&s); !s.failed && s.rest == "" {
			return e, nil
		}
		return slow(data)
	}
	return k
}

func readRegistered(s *scanner) (e ParticipantRegistered) {
	e.Tavolo = TavoloID(s.text(`{"tavolo":"`))
	e.Participant = s.uuid(`,"participant":"`)
	e.Commitments = s.commitments()
	e.Ente = s.ente()
	e.Capacity = Capacity(s.text(`,"capacity":"`))
	e.Mode = Mode(s.text(`,"mode":"`))
	s.expect(`}`)
	return e
}

func readWaitlisted(s *scanner) ParticipantWaitlisted {
	return ParticipantWaitlisted(readRegistered(s))
}

func readPromoted(s *scanner) (e WaitlistPromoted) {
	e.Tavolo = TavoloID(s.text(`{"tavolo":"`))
	e.Participant = s.uuid(`,"participant":"`)
	e.Mode = Mode(s.text(`,"mode":"`))
	e.Cause = PromotionCause(s.text(`,"cause":"`))
	s.expect(`}`)
	return e
}

func readConfirmed(s *scanner) (e RegistrationConfirmed) {
	e.Tavolo = TavoloID(s.text(`{"tavolo":"`))
	e.Participant = s.uuid(`,"participant":"`)
	s.expect(`}`)
	return e
}

func readWithdrawn(s *scanner) (e ParticipantWithdrawn) {
	e.Tavolo = TavoloID(s.text(`{"tavolo":"`))
	e.Participant = s.uuid(`,"participant":"`)
	e.Reason = s.optional(`,"reason":"`)
	s.expect(`}`)
	return e
}

func readNotice(s *scanner) (e NoticeAccepted) {
	e.Tavolo = TavoloID(s.text(`{"tavolo":"`))
	e.Participant = s.uuid(`,"participant":"`)
	e.Notice = s.text(`,"notice":"`)
	s.expect(`}`)
	return e
}

func readPresence(s *scanner) (e PresenceRecorded) {
	e.Tavolo = TavoloID(s.text(`{"tavolo":"`))
	e.Presence = s.uuid(`,"presence":"`)
	e.Participant = s.uuid(`,"participant":"`)
	e.Mode = Mode(s.text(`,"mode":"`))
	e.From = s.time(`,"from":"`)
	if s.has(`,"to":"`) {
		to := s.time(`,"to":"`)
		e.To = &to
	}
	e.Source = Source(s.text(`,"source":"`))
	if s.skip(`,"evidence":[`) {
		e.Evidence = append(e.Evidence, s.text(`"`))
		for s.has(`,"`) {
			e.Evidence = append(e.Evidence, s.text(`,"`))
		}
		s.expect(`]`)
	}
	e.Note = s.optional(`,"note":"`)
	s.expect(`}`)
	return e
}

func readPresenceEnded(s *scanner) (e PresenceEnded) {
	e.Tavolo = TavoloID(s.text(`{"tavolo":"`))
	e.Presence = s.uuid(`,"presence":"`)
	e.To = s.time(`,"to":"`)
	s.expect(`}`)
	return e
}

func readDescribed(s *scanner) (e PersonDescribed) {
	e.Person = s.uuid(`{"person":"`)
	e.Key = KeyID(s.number(`,"key":`))
	e.Sealed = s.bytes(`,"sealed":"`)
	e.Context = s.uuid(`,"context":"`)
	s.expect(`,"commitments":`)
	e.Commitments = s.groups()
	s.expect(`}`)
	return e
}

// A scanner reads the form encoding/json writes: no white space, no escapes, fields
// in order. It fails on everything else and then reads nothing more.
type scanner struct {
	rest   string
	failed bool
}

func (s *scanner) has(text string) bool {
	return !s.failed && len(s.rest) >= len(text) && s.rest[:len(text)] == text
}

func (s *scanner) skip(text string) bool {
	if !s.has(text) {
		return false
	}
	s.rest = s.rest[len(text):]
	return true
}

func (s *scanner) expect(text string) {
	if !s.skip(text) {
		s.failed = true
	}
}

// text reads a string after what stands before it, its closing quote included.
func (s *scanner) text(before string) string {
	s.expect(before)
	if s.failed {
		return ""
	}
	for i := range len(s.rest) {
		c := s.rest[i]
		switch {
		case c == '"':
			t := s.rest[:i]
			s.rest = s.rest[i+1:]
			return t
		case c == '\\' || c < ' ' || c >= 0x80:
			s.failed = true
			return ""
		}
	}
	s.failed = true
	return ""
}

func (s *scanner) optional(before string) string {
	if !s.has(before) {
		return ""
	}
	return s.text(before)
}

func (s *scanner) uuid(before string) (id uuid.UUID) {
	s.expect(before)
	if s.failed || len(s.rest) < 37 || s.rest[36] != '"' || s.rest[8] != '-' || s.rest[13] != '-' || s.rest[18] != '-' || s.rest[23] != '-' {
		s.failed = true
		return id
	}
	at := 0
	for i := 0; i < 36; i += 2 {
		if s.rest[i] == '-' {
			i++
		}
		high, low := nibble(s.rest[i]), nibble(s.rest[i+1])
		if high|low > 15 {
			s.failed = true
			return id
		}
		id[at] = high<<4 | low
		at++
	}
	s.rest = s.rest[37:]
	return id
}

// nibble returns the value of a hexadecimal digit, or 255.
func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

func (s *scanner) number(before string) (n uint64) {
	s.expect(before)
	i := 0
	for i < len(s.rest) && i < 18 && '0' <= s.rest[i] && s.rest[i] <= '9' {
		n = n*10 + uint64(s.rest[i]-'0')
		i++
	}
	if i == 0 || i > 1 && s.rest[0] == '0' || i == 18 {
		s.failed = true
	}
	s.rest = s.rest[min(i, len(s.rest)):]
	return n
}

// time reads a time in UTC in whole seconds or with a fraction of any length.
func (s *scanner) time(before string) time.Time {
	text := s.text(before)
	const whole = len("2006-01-02T15:04:05")
	n := len(text)
	if s.failed || n < whole+1 || text[n-1] != 'Z' || n > whole+1 && (text[whole] != '.' || n < whole+3 || n > whole+8) {
		s.failed = true
		return time.Time{}
	}
	padded := [len(timeLayout)]byte{}
	copy(padded[:], timeLayout)
	copy(padded[:whole], text)
	copy(padded[whole:], ".000000Z")
	copy(padded[whole:], text[whole:n-1])
	t, ok := parseTime(padded[:])
	if !ok {
		s.failed = true
	}
	return t
}

func (s *scanner) bytes(before string) []byte {
	text := s.text(before)
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(raw, []byte(text))
	if err != nil {
		s.failed = true
	}
	return raw[:n]
}

func (s *scanner) commitments() Commitments {
	if !s.skip(`,"commitments":`) {
		return Commitments{}
	}
	c := s.groups()
	if c == (Commitments{}) {
		s.failed = true // never written so
	}
	return c
}

func (s *scanner) groups() (c Commitments) {
	s.expect(`{`)
	first := true
	group := func(name string) string {
		if !s.has(name) && (first || !s.has(",") || len(s.rest) <= len(name) || s.rest[1:1+len(name)] != name) {
			return ""
		}
		if !first {
			s.expect(",")
		}
		first = false
		return s.text(name)
	}
	c.Answers = group(`"answers":"`)
	c.Contact = group(`"contact":"`)
	c.Function = group(`"function":"`)
	c.Identity = group(`"identity":"`)
	s.expect(`}`)
	return c
}

func (s *scanner) ente() *EnteRef {
	if !s.skip(`,"ente":{`) {
		return nil
	}
	r := &EnteRef{Kind: EnteKind(s.text(`"kind":"`)), Code: s.text(`,"code":"`)}
	s.expect(`}`)
	return r
}
