package projections

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// A PersonRef is a person with the name that is shown.
type PersonRef struct {
	Person domain.PersonID `json:"person"`
	Name   string          `json:"name,omitempty"`
}

// A PersonVersion is what was held of a person from a moment on.
type PersonVersion struct {
	KnownAt time.Time `json:"known_at"`
	domain.Values
}

// A PersonLink is the decision that another person of the register is this one.
type PersonLink struct {
	Person      domain.PersonID `json:"person"`
	Name        string          `json:"name,omitempty"`
	Reason      string          `json:"reason"`
	Actor       domain.Actor    `json:"actor"`
	EffectiveAt time.Time       `json:"effective_at"`
	Position    domain.Position `json:"position,string"`
}

// A Person is what the register holds of one.
type Person struct {
	Person domain.PersonID `json:"person"`
	Name   string          `json:"name"`
	domain.Values
	LinkedAs      *domain.PersonID     `json:"linked_as,omitempty"` // who stands for this one
	Links         []PersonLink         `json:"links"`               // whom this one stands for
	Registrations []PersonRegistration `json:"registrations"`
	ReferenteOf   []PersonReferente    `json:"referente_of"`
	SpeakerAt     []PersonSpeaker      `json:"speaker_at"`
	Suggestions   []PersonRef          `json:"suggestions"` // others of the same name; whether they are one, people decide
	Removed       bool                 `json:"removed,omitempty"`
	Revision      domain.Revision      `json:"revision"` // of the facts about the person; -1: there are none
}

// A PersonRegistration is a person's place at a tavolo.
type PersonRegistration struct {
	Tavolo     domain.TavoloID          `json:"tavolo"`
	Subject    string                   `json:"subject"`
	Day        domain.Day               `json:"day"`
	Ente       *EnteName                `json:"ente,omitempty"`
	Capacity   domain.Capacity          `json:"capacity"`
	Mode       domain.Mode              `json:"mode"`
	State      domain.RegistrationState `json:"state"`
	Attendance string                   `json:"attendance"`
}

// A PersonReferente is a time during which a person spoke for an ente.
type PersonReferente struct {
	EnteName
	From  domain.Day `json:"from"`
	Until domain.Day `json:"until,omitempty"`
}

// A PersonSpeaker is a tavolo at which a person speaks.
type PersonSpeaker struct {
	Tavolo  domain.TavoloID    `json:"tavolo"`
	Subject string             `json:"subject"`
	Day     domain.Day         `json:"day"`
	Role    domain.SpeakerRole `json:"role"`
	Topic   string             `json:"topic,omitempty"`
}

// Person answers what the register holds of a person.
func (p *People) Person(id domain.PersonID) (Person, error) {
	i, ok := p.by[id]
	if !ok {
		return Person{}, domain.ErrNoPerson
	}
	v := p.values(i)
	a := Person{
		Person: id, Name: v.Name(), Values: v, Removed: !p.rows[i].told(), Revision: domain.NoStream,
		Links: p.linkedTo(i), Registrations: p.rosters.registrationsOf(i),
		ReferenteOf: p.enti.referenteOf(id), SpeakerAt: p.calendar.speakerAt(id), Suggestions: p.sameName(i),
	}
	if l, linked := p.links[i]; linked {
		as := p.rows[l.as].id
		a.LinkedAs = &as
	}
	if rev, noted := p.records[i]; noted {
		a.Revision = rev
	}
	return a, nil
}

// A PeopleQuery asks for persons by name.
type PeopleQuery struct {
	Q      string
	Limit  int
	Cursor string
	Reach  *Reach // how far whoever asks may look; nil: everywhere
}

// A PersonFound is a person of a name, with what tells apart those of the same.
type PersonFound struct {
	PersonRef
	Function string     `json:"function,omitempty"`
	Enti     []EnteName `json:"enti,omitempty"` // for which the person was registered, the newest first
}

// PeoplePage is some persons in the order of their names.
type PeoplePage struct {
	Items      []PersonFound `json:"items"`
	NextCursor string        `json:"next_cursor,omitempty"`
}

// List answers who is of a name. Persons whose values are gone are not listed.
func (p *People) List(q PeopleQuery) (PeoplePage, error) {
	size, err := pageSize(q.Limit)
	if err != nil {
		return PeoplePage{}, err
	}
	question := questionID("people", Fold(q.Q))
	after, err := readCursor(q.Cursor, question)
	if err != nil {
		return PeoplePage{}, err
	}
	found := p.search(newNeedle(q.Q), q.Reach)
	if after != "" {
		id, _ := uuid.FromBytes([]byte(after))
		i, ok := p.by[id]
		if !ok {
			return PeoplePage{}, errCursorLost
		}
		found = found[from(found, namedRow{sortName(p.values(i)), i}, p.byName):]
	}
	page := PeoplePage{Items: []PersonFound{}}
	for _, k := range found[:min(len(found), size)] {
		page.Items = append(page.Items, p.found(k.row, q.Reach))
	}
	if size < len(found) {
		id := page.Items[size-1].Person
		page.NextCursor = newCursor(question, string(id[:]))
	}
	return page, nil
}

// found tells a person of a list. Whoever may not look everywhere is told the name alone.
func (p *People) found(i int32, reach *Reach) PersonFound {
	a := PersonFound{PersonRef: PersonRef{p.rows[i].id, p.nameAt(i)}}
	if reach != nil {
		return a
	}
	a.Function = p.values(i).Function
	for _, r := range slices.Backward(p.rosters.registrationsOf(i)) {
		if r.Ente != nil && !slices.Contains(a.Enti, *r.Ente) {
			a.Enti = append(a.Enti, *r.Ente)
		}
	}
	return a
}

// A namedRow is the number of a row with what it is sorted by.
type namedRow struct {
	key string
	row int32
}

// search returns the persons of a name within reach, in the order of names.
func (p *People) search(words needle, reach *Reach) []namedRow {
	var found []namedRow
	for i := range p.rows {
		if !p.rows[i].told() {
			continue
		}
		if v := p.values(int32(i)); words.in(v.GivenName, v.FamilyName) && p.within(int32(i), reach) {
			found = append(found, namedRow{sortName(v), int32(i)})
		}
	}
	slices.SortFunc(found, p.byName)
	return found
}

// byName orders by folded family name, given name, and id.
func (p *People) byName(a, b namedRow) int {
	return cmp.Or(strings.Compare(a.key, b.key), p.byID(a.row, b.row))
}
