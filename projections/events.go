package projections

import "tavoli/domain"

// tavoloOf returns the tavolo whose own history an event belongs to.
func tavoloOf(event domain.Event) (domain.TavoloID, bool) {
	if id, ok := seatOf(event); ok {
		return id, true
	}
	switch e := event.(type) {
	case domain.TavoloPlanned:
		return e.Tavolo, true
	case domain.TavoloAnnounced:
		return e.Tavolo, true
	case domain.TavoloConvened:
		return e.Tavolo, true
	case domain.TavoloRescheduled:
		return e.Tavolo, true
	case domain.TavoloRectified:
		return e.Tavolo, true
	case domain.TavoloCalledOff:
		return e.Tavolo, true
	case domain.AgendaSet:
		return e.Tavolo, true
	case domain.SpeakerInvited:
		return e.Tavolo, true
	case domain.SpeakerWithdrawn:
		return e.Tavolo, true
	case domain.SeatsSet:
		return e.Tavolo, true
	case domain.AttendanceRuleSet:
		return e.Tavolo, true
	case domain.GroupFormed:
		return e.Tavolo, true
	case domain.RegistrationsOpened:
		return e.Tavolo, true
	case domain.RegistrationsClosed:
		return e.Tavolo, true
	case domain.TavoloOpened:
		return e.Tavolo, true
	case domain.TavoloClosed:
		return e.Tavolo, true
	case domain.MaterialPublished:
		return e.Tavolo, true
	case domain.AdmissionSet:
		return e.Tavolo, true
	case domain.QuestionsSet:
		return e.Tavolo, true
	case domain.JoinLinkSet:
		return e.Tavolo, true
	case domain.OwnJoinLinkSet:
		return e.Tavolo, true
	}
	return "", false
}

// seatOf returns the tavolo at which an event is about somebody's seat.
func seatOf(event domain.Event) (domain.TavoloID, bool) {
	switch e := event.(type) {
	case domain.ParticipantRegistered:
		return e.Tavolo, true
	case domain.ParticipantWaitlisted:
		return e.Tavolo, true
	case domain.WaitlistPromoted:
		return e.Tavolo, true
	case domain.RegistrationConfirmed:
		return e.Tavolo, true
	case domain.RegistrationRefused:
		return e.Tavolo, true
	case domain.ParticipantWithdrawn:
		return e.Tavolo, true
	case domain.ModeChanged:
		return e.Tavolo, true
	case domain.DelegateSubstituted:
		return e.Tavolo, true
	case domain.NoticeAccepted:
		return e.Tavolo, true
	}
	return awaitedAt(event)
}

// awaitedAt returns the tavolo at which an event is about a seat that somebody comes
// to without staff.
func awaitedAt(event domain.Event) (domain.TavoloID, bool) {
	switch e := event.(type) {
	case domain.RegistrationPending:
		return e.Tavolo, true
	case domain.RegistrationLapsed:
		return e.Tavolo, true
	case domain.OfferMade:
		return e.Tavolo, true
	case domain.OfferLapsed:
		return e.Tavolo, true
	case domain.SecretIssued:
		return e.Tavolo, true
	case domain.GestoriInvited:
		return e.Tavolo, true
	case domain.InvitationFollowed:
		return e.Tavolo, true
	}
	return "", false
}
