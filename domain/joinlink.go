package domain

import "context"

// JoinLinkSet records where a tavolo is joined online: by everybody, or by one
// participant who has a link of their own. An empty address takes it back.
type JoinLinkSet struct {
	Tavolo      TavoloID  `json:"tavolo"`
	Participant *PersonID `json:"participant,omitempty"`
	URL         string    `json:"url"`
}

// Name implements [Event].
func (JoinLinkSet) Name() string { return "JoinLinkSet" }

// ErrNotOnline says that a tavolo has nobody who would join it online.
var ErrNotOnline = &Error{Kind: Refused, Code: "tavolo-not-online", Text: "the tavolo is held in presence only"}

// SetJoinLink says where a tavolo is joined online. The address is told to those who
// have a seat online, and to nobody else. Setting the same one again changes nothing.
type SetJoinLink struct {
	Tavolo      TavoloID  `json:"-"`
	Participant *PersonID `json:"participant"` // absent: everybody's
	URL         string    `json:"url"`         // empty: none any more
}

// Stream implements [Command].
func (c SetJoinLink) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c SetJoinLink) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.url(c.URL, "/url")
	bad.line(c.URL, "/url")
	var of PersonID
	if c.Participant != nil {
		of = *c.Participant
	}
	switch {
	case t.running() != nil:
		return nil, t.running()
	case bad.err() != nil:
		return nil, bad.err()
	case !t.hosts(Online):
		return nil, ErrNotOnline
	case c.Participant != nil && t.desk.by[of] == nil:
		return nil, ErrNoRegistration
	case t.links[of] == c.URL:
		return nil, nil
	}
	return []Event{JoinLinkSet(c)}, nil
}

// joinAt notes where the tavolo is joined.
func (t *Tavolo) joinAt(e JoinLinkSet) {
	if t.links == nil {
		t.links = make(map[PersonID]string)
	}
	var of PersonID
	if e.Participant != nil {
		of = *e.Participant
	}
	t.links[of] = e.URL
}

// JoinLink returns where a person joins a tavolo online, or nothing.
func JoinLink(ctx context.Context, x *Executor, tavolo TavoloID, person PersonID) (link string, err error) {
	err = Peek(ctx, x, tavolo.Stream(), func(t *Tavolo) error {
		if link = t.links[person]; link == "" {
			link = t.links[PersonID{}]
		}
		return nil
	})
	return link, err
}
