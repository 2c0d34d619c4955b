package projections

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tavoli/domain"
)

// A Mention is a person, an ente or a programme of which a fact speaks beside what its
// stream is about: the stream of its own story, and the name where that may be known.
type Mention struct {
	Stream domain.Stream `json:"stream"`
	Name   string        `json:"name"`
}

// about returns of what an entry speaks, in the order of their streams.
func (t *teller) about(rec *domain.Record) []Mention {
	found := make(mentioned)
	found.of(rec.Event)
	if who, ok := t.whom(rec.Event); ok {
		found.person(who)
	}
	list := []Mention{}
	for _, stream := range slices.Sorted(maps.Keys(found)) {
		if !stream.Personal() && stream != rec.Stream {
			list = append(list, Mention{stream, t.nameOf(stream)})
		}
	}
	return list
}

// whom returns the one person whom an event is about: of a presence, whose it is.
func (t *teller) whom(event domain.Event) (domain.PersonID, bool) {
	presence := domain.PresenceID{}
	switch e := event.(type) {
	case domain.PresenceEnded:
		presence = e.Presence
	case domain.PresenceAnnulled:
		presence = e.Presence
	default:
		return personOf(event)
	}
	who, err := uuid.Parse(t.text("/presences/" + presence.String() + "/participant"))
	return who, err == nil
}

// nameOf returns what the thing of a stream is called, or nothing where that is not told.
func (t *teller) nameOf(stream domain.Stream) string {
	switch stream.Category() {
	case domain.CategoryIdentita:
		id, err := uuid.Parse(stream.ID())
		if err == nil && t.names.Person != nil {
			return t.names.Person(id)
		}
	case domain.CategoryEnte:
		if kind, code, ok := strings.Cut(stream.ID(), "_"); ok && t.names.Ente != nil {
			return t.names.Ente(domain.EnteRef{Kind: domain.EnteKind(kind), Code: code})
		}
	}
	return ""
}
