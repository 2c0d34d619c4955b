package projections

import (
	"context"
	"iter"
	"slices"

	"tavoli/domain"
)

// A Strand is a stream of a tale: all of it, or what concerns a person or an ente.
type Strand struct {
	Stream domain.Stream
	Person domain.PersonID
	Ente   domain.EnteRef
}

// asks reports whether an event belongs to the tale. The teller knows the stream as
// it is after the event.
func (s Strand) asks(t *teller, event domain.Event) bool {
	switch {
	case s.Person != domain.PersonID{}:
		return t.concernsPerson(event, s.Person)
	case !s.Ente.IsZero():
		return concernsEnte(event, s.Ente)
	}
	return true
}

// Tale tells several streams together in the order of the log, each entry with what
// was before it in its stream and after it, as far as it counts at the moments given.
func Tale(ctx context.Context, log domain.Log, strands []Strand, at Moments, names Names) iter.Seq2[TrailEntry, error] {
	return func(yield func(TrailEntry, error) bool) {
		var reels []*reel
		defer func() {
			for _, r := range reels {
				r.stop()
			}
		}()
		for _, s := range strands {
			r := newReel(strand(ctx, log, s, at, names))
			reels = append(reels, r)
			if r.err != nil {
				yield(TrailEntry{}, r.err)
				return
			}
		}
		for {
			r := earliest(reels)
			if r == nil || !yield(r.entry, nil) {
				return
			}
			if r.wind(); r.err != nil {
				yield(TrailEntry{}, r.err)
				return
			}
		}
	}
}

// A reel is a strand with its next entry.
type reel struct {
	next  func() (TrailEntry, error, bool)
	stop  func()
	entry TrailEntry
	err   error
	left  bool // there is an entry
}

func newReel(entries iter.Seq2[TrailEntry, error]) *reel {
	r := new(reel)
	r.next, r.stop = iter.Pull2(entries)
	r.wind()
	return r
}

// wind goes on to the next entry.
func (r *reel) wind() { r.entry, r.err, r.left = r.next() }

// earliest returns the reel whose entry comes first in the log; nil: none has any.
func earliest(reels []*reel) (first *reel) {
	for _, r := range reels {
		if r.left && (first == nil || r.entry.Position < first.entry.Position) {
			first = r
		}
	}
	return first
}

// concernsPerson reports whether an event is about a person.
func (t *teller) concernsPerson(event domain.Event, person domain.PersonID) bool {
	found := make(mentioned)
	if found.of(event); found[domain.IdentitaStream(person)] {
		return true
	}
	about, ok := t.whom(event)
	return ok && about == person
}

// personOf returns the one person whom an event is about.
func personOf(event domain.Event) (domain.PersonID, bool) {
	switch e := event.(type) {
	case domain.WaitlistPromoted:
		return e.Participant, true
	case domain.RegistrationConfirmed:
		return e.Participant, true
	case domain.RegistrationRefused:
		return e.Participant, true
	case domain.ParticipantWithdrawn:
		return e.Participant, true
	case domain.ModeChanged:
		return e.Participant, true
	case domain.NoticeAccepted:
		return e.Participant, true
	case domain.PresenceValidated:
		return e.Participant, true
	case domain.SpeakerWithdrawn:
		return e.Person, true
	case domain.ReferenteRelieved:
		return e.Person, true
	case domain.PersonRectified:
		return e.Person, true
	case domain.PersonForgotten:
		return e.Person, true
	case domain.PersonsLinked:
		return e.Person, true
	case domain.PersonsUnlinked:
		return e.Person, true
	}
	return awaited(event)
}

// awaited returns whom an event is about who comes to a seat without staff.
func awaited(event domain.Event) (domain.PersonID, bool) {
	switch e := event.(type) {
	case domain.RegistrationLapsed:
		return e.Participant, true
	case domain.OfferMade:
		return e.Participant, true
	case domain.OfferLapsed:
		return e.Participant, true
	case domain.SecretIssued:
		return e.Participant, true
	case domain.InvitationFollowed:
		return e.Participant, true
	}
	return domain.PersonID{}, false
}

// concernsEnte reports whether an event of another stream is about an ente.
func concernsEnte(event domain.Event, ente domain.EnteRef) bool {
	switch e := event.(type) {
	case domain.PartnerJoined:
		return e.Ente == ente
	case domain.PartnerLeft:
		return e.Ente == ente
	case domain.GestoreEntrusted:
		return e.Gestore == ente
	case domain.GestoreReleased:
		return e.Gestore == ente
	}
	return false
}

// StrandsOfTavolo returns a tavolo's story: its planning with its seats, and who came.
func StrandsOfTavolo(id domain.TavoloID) []Strand {
	return []Strand{{Stream: id.Stream()}, {Stream: id.Presenze()}}
}

// StrandsOfPerson returns a person's story as far as the reach goes: what was decided
// about the person, each tavolo at which the person ever had a place, and the enti for
// which the person spoke.
func (m *Models) StrandsOfPerson(id domain.PersonID, reach *Reach) ([]Strand, error) {
	i, ok := m.People.by[id]
	if !ok || !m.People.Within(id, reach) {
		return nil, domain.ErrNoPerson
	}
	tavoli := make(map[domain.TavoloID]bool)
	for row := range m.Rosters.of(i) {
		tavoli[row.id] = true
	}
	for _, row := range m.Calendar.by {
		if slices.Contains(row.met, id) {
			tavoli[row.id] = true
		}
	}
	strands := []Strand{{Stream: domain.IdentitaStream(id)}}
	for t := range tavoli {
		if reach.Tavolo(t) {
			strands = append(strands, Strand{Stream: t.Stream(), Person: id}, Strand{Stream: t.Presenze(), Person: id})
		}
	}
	strands = append(strands, m.lettersOf(i, reach)...)
	for _, r := range m.Enti.referenteOf(id) {
		strands = append(strands, Strand{Stream: domain.EnteRef{Kind: r.Kind, Code: r.Code}.Stream(), Person: id})
	}
	for _, row := range m.Enti.rows {
		if row.asked(id) {
			strands = append(strands, Strand{Stream: row.ref.Stream(), Person: id})
		}
	}
	return inOrderOfStreams(strands), nil
}

// StrandsOfEnte returns an ente's story: its own, the programmes of which it is or was
// a partner, and the enti whose projects it runs or ran.
func (m *Models) StrandsOfEnte(ref domain.EnteRef) ([]Strand, error) {
	ref = m.Enti.Resolve(ref)
	i, ok := m.Enti.by[ref]
	if !ok || !m.Enti.rows[i].known {
		return nil, domain.ErrNoEnte
	}
	strands := []Strand{{Stream: ref.Stream()}}
	for id, p := range m.Programmi.by {
		if slices.ContainsFunc(p.partners, func(w partner) bool { return w.ente == ref }) {
			strands = append(strands, Strand{Stream: id.Stream(), Ente: ref})
		}
	}
	for _, row := range m.Enti.rows {
		if slices.ContainsFunc(row.gestori, func(g gestore) bool { return g.ente == ref }) {
			strands = append(strands, Strand{Stream: row.ref.Stream(), Ente: ref})
		}
	}
	return inOrderOfStreams(strands), nil
}

// inOrderOfStreams sorts strands, of which there is one for each stream.
func inOrderOfStreams(strands []Strand) []Strand {
	slices.SortFunc(strands, func(a, b Strand) int {
		switch {
		case a.Stream < b.Stream:
			return -1
		case a.Stream > b.Stream:
			return 1
		}
		return 0
	})
	return slices.CompactFunc(strands, func(a, b Strand) bool { return a.Stream == b.Stream })
}
