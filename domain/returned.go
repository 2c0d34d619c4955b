package domain

import "regexp"

// This file is about what is heard of a letter after the relay took it.

// LetterBounced records that a letter came back which the relay had taken.
type LetterBounced struct {
	Delivery LetterID `json:"delivery"`
	Status   string   `json:"status,omitempty"` // of RFC 3463: "5.1.1"
	Answer   string   `json:"answer,omitempty"` // why, without addresses
}

// LetterDelivered records that the server of the recipient says it has a letter, as
// that of a PEC does.
type LetterDelivered struct {
	Delivery LetterID `json:"delivery"`
	Answer   string   `json:"answer,omitempty"`
}

func (LetterBounced) Name() string   { return "LetterBounced" }
func (LetterDelivered) Name() string { return "LetterDelivered" }

// Refusals of notices about letters.
var (
	ErrLetterNotSent = &Error{Kind: Refused, Code: "letter-not-sent", Text: "the letter was not sent, so it cannot have come back or arrived"}
	ErrLetterAgain   = &Error{Kind: Refused, Code: "letter-sent-again", Text: "the notice is about an earlier sending of the letter"}
)

// ReturnLetter records that a letter came back. It is put aside, to be sent again once
// the address is corrected. Saying it twice changes nothing.
type ReturnLetter struct {
	Delivery LetterID `json:"-"`
	Sending  *int     `json:"-"` // how often it had been sent again by then; nil: the newest sending
	Status   string   `json:"status"`
	Reason   string   `json:"reason"`
}

var statusShape = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`)

// Stream implements [Command].
func (c ReturnLetter) Stream() Stream { return LetterStream(c.Delivery) }

// Decide implements [Command].
func (c ReturnLetter) Decide(l *Letter, _ Meta) ([]Event, error) {
	var bad check
	bad.reason(c.Reason)
	bad.that(c.Status == "" || statusShape.MatchString(c.Status), "/status", "bad-status", "is not of the form 5.1.1")
	err := l.heard(c.Sending)
	switch {
	case err != nil:
		return nil, err
	case bad.err() != nil:
		return nil, bad.err()
	case l.state == LetterIsParked && l.why == FaultBounced:
		return nil, nil
	}
	return []Event{LetterBounced{c.Delivery, c.Status, relayAnswer(c.Reason)}}, nil
}

// ReceiveLetter records that the recipient's server has a letter. Saying it twice
// changes nothing.
type ReceiveLetter struct {
	Delivery LetterID
	Sending  *int
	Answer   string
}

// Stream implements [Command].
func (c ReceiveLetter) Stream() Stream { return LetterStream(c.Delivery) }

// Decide implements [Command].
func (c ReceiveLetter) Decide(l *Letter, _ Meta) ([]Event, error) {
	if err := l.heard(c.Sending); err != nil || l.arrived {
		return nil, err
	}
	return []Event{LetterDelivered{c.Delivery, relayAnswer(c.Answer)}}, nil
}

// heard returns why nothing can have been heard of a sending of the letter. Of an
// attempt of which nobody knew how it ended something can.
func (l *Letter) heard(sending *int) error {
	gone := l.state == LetterIsSent || l.state == LetterIsParked && (l.why == FaultBounced || l.why == FaultUncertain)
	switch {
	case !l.exists():
		return ErrNoLetter
	case sending != nil && *sending != l.resent:
		return ErrLetterAgain
	case !gone:
		return ErrLetterNotSent
	}
	return nil
}
