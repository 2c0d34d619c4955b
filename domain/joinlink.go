package domain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// JoinLinkSet records where a tavolo is joined online by everybody. An empty address
// takes it back. In older facts one participant's own address stands here, too; today
// it is an [OwnJoinLinkSet].
type JoinLinkSet struct {
	Tavolo      TavoloID  `json:"tavolo"`
	Participant *PersonID `json:"participant,omitempty"`
	URL         string    `json:"url"`
}

// OwnJoinLinkSet records that a participant joins online at an address of their own,
// or, without a commitment, no longer does. The address is a personal value and a key
// that works: the fact only binds to it.
type OwnJoinLinkSet struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
	Commitment  string   `json:"commitment,omitempty"`
}

// JoinLinkSealed records, sealed, where a person joins a tavolo online. As
// [PersonDescribed] it is no fact and can be forgotten.
type JoinLinkSealed struct {
	Person     PersonID  `json:"person"`
	Tavolo     TavoloID  `json:"tavolo"`
	Key        KeyID     `json:"key"`
	Sealed     []byte    `json:"sealed"`  // AES-256-GCM of the address
	Context    uuid.UUID `json:"context"` // what the salt of the commitment follows from
	Commitment string    `json:"commitment"`
}

func (JoinLinkSet) Name() string    { return "JoinLinkSet" }
func (OwnJoinLinkSet) Name() string { return "OwnJoinLinkSet" }
func (JoinLinkSealed) Name() string { return "JoinLinkSealed" }

// groupJoinLink is under which the address of one participant is committed to.
const groupJoinLink = "join-link"

// ErrNotOnline says that a tavolo has nobody who would join it online.
var ErrNotOnline = &Error{Kind: Refused, Code: "tavolo-not-online", Text: "the tavolo is held in presence only"}

// SetJoinLink says where a tavolo is joined online. The address is told to those who
// have a seat online, and to nobody else. Setting the same one again changes nothing.
type SetJoinLink struct {
	Tavolo      TavoloID  `json:"-"`
	Participant *PersonID `json:"participant"` // absent: everybody's
	URL         string    `json:"url"`         // empty: none any more

	own *Persona // what binds to the participant's own address, and the address on its way
}

// Introduce seals the participant's own address. It must have been called before the
// command is carried out.
func (c *SetJoinLink) Introduce(ctx context.Context, v Vault, meta Meta) (err error) {
	if err := c.check(); err != nil || c.Participant == nil || c.URL == "" {
		return err
	}
	c.own, err = v.sealLink(ctx, meta, *c.Participant, c.Tavolo, c.URL)
	return err
}

func (c *SetJoinLink) personae() []*Persona { return []*Persona{c.own} }

// Stream implements [Command].
func (c *SetJoinLink) Stream() Stream { return c.Tavolo.Stream() }

func (c *SetJoinLink) check() error {
	var bad check
	bad.url(c.URL, "/url")
	bad.line(c.URL, "/url")
	return bad.err()
}

// Decide implements [Command].
func (c *SetJoinLink) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	switch bad := c.check(); {
	case t.running() != nil:
		return nil, t.running()
	case bad != nil:
		return nil, bad
	case !t.hosts(Online):
		return nil, ErrNotOnline
	case c.Participant != nil:
		return c.decideOwn(t)
	case t.links.all == c.URL:
		return nil, nil
	}
	return []Event{JoinLinkSet{Tavolo: c.Tavolo, URL: c.URL}}, nil
}

// decideOwn decides on one participant's own address.
func (c *SetJoinLink) decideOwn(t *Tavolo) ([]Event, error) {
	p, commitment := *c.Participant, ""
	if c.own != nil {
		commitment = c.own.join
	}
	_, plainly := t.links.plain[p]
	switch {
	case t.desk.by[p] == nil:
		return nil, ErrNoRegistration
	case c.URL != "" && commitment == "":
		return nil, errors.New("an address to join was not sealed before it was set")
	case t.links.own[p] == commitment && !plainly:
		return nil, nil
	}
	return []Event{OwnJoinLinkSet{c.Tavolo, p, commitment}}, nil
}

// joinLinks are where a tavolo is joined online.
type joinLinks struct {
	all   string              // by everybody
	own   map[PersonID]string // what binds to a participant's own address
	plain map[PersonID]string // a participant's own address out of an older fact
}

func (l *joinLinks) apply(e Event) {
	if l.own == nil {
		l.own, l.plain = make(map[PersonID]string), make(map[PersonID]string)
	}
	switch e := e.(type) {
	case JoinLinkSet:
		switch {
		case e.Participant == nil:
			l.all = e.URL
		case e.URL == "":
			delete(l.plain, *e.Participant)
		default:
			l.plain[*e.Participant] = e.URL
		}
	case OwnJoinLinkSet:
		delete(l.plain, e.Participant)
		l.own[e.Participant] = e.Commitment
	}
}

// JoinLink returns where a person joins a tavolo online, or nothing. An address of
// their own that can be opened no more is none.
func JoinLink(ctx context.Context, x *Executor, v Vault, tavolo TavoloID, person PersonID) (link string, err error) {
	commitment := ""
	err = Peek(ctx, x, tavolo.Stream(), func(t *Tavolo) error {
		if link = t.links.plain[person]; link == "" {
			link = t.links.all
		}
		commitment = t.links.own[person]
		return nil
	})
	if err != nil || commitment == "" {
		return link, err
	}
	sealed, err := v.sealedLinks(ctx, person)
	for _, s := range sealed {
		if s.Tavolo == tavolo && s.Commitment == commitment {
			return v.openLink(s)
		}
	}
	return "", err
}

// Joining returns where everybody joins a tavolo online, and who has an address of their
// own, which is theirs to know.
func Joining(ctx context.Context, x *Executor, tavolo TavoloID) (all string, own []PersonID, err error) {
	err = Peek(ctx, x, tavolo.Stream(), func(t *Tavolo) error {
		if !t.exists() {
			return ErrNoTavolo
		}
		all = t.links.all
		for p, commitment := range t.links.own {
			if commitment != "" {
				own = append(own, p)
			}
		}
		for p := range t.links.plain {
			own = append(own, p)
		}
		return nil
	})
	slices.SortFunc(own, func(a, b PersonID) int { return bytes.Compare(a[:], b[:]) })
	return all, slices.Compact(own), err
}

// An OwnJoinLink is where a person joins a tavolo online.
type OwnJoinLink struct {
	Tavolo TavoloID `json:"tavolo"`
	URL    string   `json:"url"`
}

// JoinLinks returns every address to join that was ever sealed for a person, the
// newest last, each once.
func (v Vault) JoinLinks(ctx context.Context, person PersonID) (links []OwnJoinLink, err error) {
	sealed, err := v.sealedLinks(ctx, person)
	seen := make(map[OwnJoinLink]bool)
	for _, s := range sealed {
		url, err := v.openLink(s)
		if err != nil {
			return nil, err
		}
		if link := (OwnJoinLink{s.Tavolo, url}); !seen[link] {
			seen[link] = true
			links = append(links, link)
		}
	}
	return links, err
}

// sealedLinks returns what was sealed of where a person joins, the newest last.
func (v Vault) sealedLinks(ctx context.Context, p PersonID) (list []JoinLinkSealed, err error) {
	for rec, err := range Records(ctx, v.Log, PersonaStream(p)) {
		if err != nil {
			return nil, err
		}
		if s, ok := rec.Event.(JoinLinkSealed); ok {
			list = append(list, s)
		}
	}
	return list, nil
}

// openLink returns an address that was sealed.
func (v Vault) openLink(s JoinLinkSealed) (string, error) {
	key, err := v.Keys.Key(s.Key)
	if err != nil {
		return "", err
	}
	aead, err := key.aead()
	if err != nil {
		return "", err
	}
	plain, err := aead.Open(nil, nonce(s.Person, s.Context), s.Sealed, s.bound())
	if err != nil {
		return "", ErrSealBroken
	}
	return string(plain), nil
}

// bound returns what a sealed address cannot be parted from.
func (s JoinLinkSealed) bound() []byte {
	return append(append(s.Person[:], s.Context[:]...), s.Tavolo...)
}

// linkPart returns what an address to join is committed to as.
func linkPart(tavolo TavoloID, url string) []byte {
	return canonical("tavolo", string(tavolo), "url", url)
}

// sealLink seals where a person joins a tavolo. What is sealed already is not sealed
// again.
func (v Vault) sealLink(ctx context.Context, meta Meta, p PersonID, tavolo TavoloID, url string) (*Persona, error) {
	context := DerivedID(meta.Command, "join-link/"+p.String())
	last, rev, err := v.last(ctx, p, uuid.Nil)
	switch {
	case err != nil:
		return nil, err
	case last == nil:
		return nil, v.missing(ctx, p)
	}
	key, err := v.Keys.Key(last.Key)
	if err != nil {
		return nil, err
	}
	sealed, err := v.sealedLinks(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, s := range sealed {
		if s.Context == context || s.Tavolo == tavolo && s.Commitment == key.commitLink(s.Context, tavolo, url) {
			return &Persona{Person: p, join: s.Commitment}, nil
		}
	}
	event := JoinLinkSealed{Person: p, Tavolo: tavolo, Key: last.Key, Context: context, Commitment: key.commitLink(context, tavolo, url)}
	aead, err := key.aead()
	if err != nil {
		return nil, err
	}
	event.Sealed = aead.Seal(nil, nonce(p, context), []byte(url), event.bound())
	data, schema, err := Encode(event)
	if err != nil {
		return nil, err
	}
	draft := Draft{
		ID: DerivedID(context, fmt.Sprint("key/", last.Key)), Type: event.Name(), Schema: schema, EffectiveAt: meta.Effective(), Actor: meta.Actor,
		Command: meta.Command, Correlation: meta.Correlation, Causation: meta.Causation, Data: data,
	}
	return &Persona{Person: p, join: event.Commitment, batch: &Batch{PersonaStream(p), rev, []Draft{draft}}}, nil
}

// missing says why nothing is held of a person.
func (v Vault) missing(ctx context.Context, p PersonID) error {
	gone, err := v.forgotten(ctx, p)
	switch {
	case err != nil:
		return err
	case gone:
		return ErrForgotten
	}
	return ErrNoRegistration
}

// commitLink returns what binds to an address to join.
func (k Key) commitLink(context uuid.UUID, tavolo TavoloID, url string) string {
	return Commit(k.salter(context).salt(groupJoinLink), linkPart(tavolo, url))
}
