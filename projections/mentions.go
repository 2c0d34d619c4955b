package projections

import (
	"tavoli/domain"
)

// mentioned gathers the streams of what facts speak of.
type mentioned map[domain.Stream]bool

func (m mentioned) person(ids ...domain.PersonID) {
	for _, id := range ids {
		if id != (domain.PersonID{}) {
			m[domain.PersonaStream(id)] = true
			m[domain.IdentitaStream(id)] = true
		}
	}
}

func (m mentioned) ente(refs ...*domain.EnteRef) {
	for _, r := range refs {
		if r != nil {
			m[r.Stream()] = true
		}
	}
}

// of notes what an event speaks of beside its own stream's subject.
func (m mentioned) of(e domain.Event) {
	switch e := e.(type) {
	case domain.TavoloPlanned:
		if e.Programma != "" {
			m[e.Programma.Stream()] = true
		}
	case domain.AgendaSet:
		m.agenda(e)
	case domain.SpeakerInvited:
		m.person(e.Person)
		m.ente(e.Ente)
	case domain.GroupFormed:
		m.person(e.Members...)
	case domain.MaterialPublished:
		m.person(e.Authors...)
	case domain.PartnerJoined:
		m.ente(&e.Ente)
	case domain.ReferenteAppointed:
		m.person(e.Person)
	case domain.GestoreEntrusted:
		m.ente(&e.Gestore)
	case domain.PersonsLinked:
		m.person(e.As)
	case domain.LetterQueued:
		m.person(e.Person)
		m.ente(enteOf(e.Ente))
	case domain.JoinLinkSet:
		if e.Participant != nil {
			m.person(*e.Participant)
		}
	case domain.OwnJoinLinkSet:
		m.person(e.Participant)
	default:
		m.registration(e)
	}
}

func (m mentioned) agenda(e domain.AgendaSet) {
	for _, item := range e.Items {
		if item.Speaker != nil {
			m.person(*item.Speaker)
		}
	}
}

func (m mentioned) registration(e domain.Event) {
	switch e := e.(type) {
	case domain.ParticipantRegistered:
		m.person(e.Participant)
		m.ente(e.Ente)
	case domain.ParticipantWaitlisted:
		m.person(e.Participant)
		m.ente(e.Ente)
	case domain.DelegateSubstituted:
		m.person(e.Participant, e.By)
	case domain.PresenceRecorded:
		m.person(e.Participant)
	case domain.RegistrationPending:
		m.person(e.Participant)
		m.ente(e.Ente)
	case domain.GestoriInvited:
		m.person(e.By)
		m.ente(&e.Ente)
	case domain.AdesioneApproved:
		m.ente(e.As)
	case domain.AdesioneRequested:
		for _, r := range e.Referenti {
			m.person(r.Person)
		}
	}
}
