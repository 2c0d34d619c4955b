package projections

import (
	"strings"

	"strconv"

	"tavoli/domain"
)

// This file tells in Italian and in English how people come to a seat without staff.

// tellAdmission tells what a tavolo asks of people, and who is waited for.
func (t *teller) tellAdmission(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.AdmissionSet:
		t.set("/admission/staff_only", e.StaffOnly)
		t.set("/admission/confirm_email", e.ConfirmEmail)
		t.set("/admission/offer_hours", e.OfferHours)
		return t.say("Stabilito come ci si iscrive", "Decided how people register"), ""
	case domain.QuestionsSet:
		return t.questions(e), ""
	case domain.RegistrationPending:
		return t.say("In attesa di conferma dell'indirizzo: ", "Waiting for the address to be confirmed: ") +
			t.entered(domain.ParticipantRegistered{Tavolo: e.Tavolo, Participant: e.Participant, Ente: e.Ente, Capacity: e.Capacity, Mode: e.Mode}, domain.Pending), ""
	case domain.RegistrationLapsed:
		t.state(e.Participant, domain.Lapsed)
		return t.say("Scaduta la richiesta di %s: l'indirizzo non è stato confermato in tempo", "Lapsed the request of %s: the address was not confirmed in time", t.name(e.Participant)), ""
	case domain.OfferMade:
		t.set(seatPath(e.Participant)+"/offered_until", moment(&e.Until))
		return t.say("Offerto un posto %s a %s entro il %s", "A seat %s offered to %s until %s", t.in(said(modeWords, e.Mode)), t.name(e.Participant), when(e.Until)), ""
	case domain.OfferLapsed:
		t.state(e.Participant, domain.Withdrawn)
		return t.say("Scaduta l'offerta di un posto a %s, che non attende più", "Lapsed the offer of a seat to %s, who waits no longer", t.name(e.Participant)), ""
	}
	return "", ""
}

func (t *teller) questions(e domain.QuestionsSet) string {
	lines := make([]string, len(e.Questions))
	for i, q := range e.Questions {
		lines[i] = q.Text
	}
	t.setList("/questions", lines)
	return t.say("Stabilite le domande agli iscritti: %s", "Questions to participants set: %s", strconv.Itoa(len(lines)))
}

// tellSecrets tells which secrets were issued, and whom an ente invited.
func (t *teller) tellSecrets(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.SecretIssued:
		t.set(seatPath(e.Participant)+"/code", e.Issue.String())
		return t.say("Rilasciato a %s il codice della sua iscrizione", "%s given the code of the registration", t.name(e.Participant)), ""
	case domain.GestoriInvited:
		t.set("/invitations/"+e.Invitation.String()+"/ente", enteText(&e.Ente))
		return t.say("%s invita gli enti gestori per %s", "%s invites the enti gestori for %s", t.name(e.By), t.ente(e.Ente)), ""
	case domain.InvitationFollowed:
		t.set(seatPath(e.Participant)+"/invitation", e.Invitation.String())
		return t.say("%s si iscrive su invito", "%s registers on invitation", t.name(e.Participant)), ""
	}
	return "", ""
}

// tellAdesione tells what becomes of a scheda.
func (t *teller) tellAdesione(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.AdesioneRequested:
		at := "/adhesions/" + e.Adesione.String()
		t.set(at+"/state", AdesioneOpen)
		t.set(at+"/note", e.Note)
		if e.Proposed != nil {
			t.set(at+"/ente", e.Proposed.Official)
		}
		var names []string
		for _, r := range e.Referenti {
			names = append(names, t.name(r.Person))
			t.span(at+"/referenti/"+r.Person.String(), r.From, r.Until)
		}
		return t.say("Scheda di adesione al Coordinamento, con referenti: %s", "Request to join the coordinamento, naming as referenti: %s", strings.Join(names, ", ")), ""
	case domain.AdesioneApproved:
		t.set("/adhesions/"+e.Adesione.String()+"/state", AdesioneAccepted)
		if e.As != nil {
			t.set("/adhesions/"+e.Adesione.String()+"/ente", enteText(e.As))
		}
		return t.say("Accolta la scheda di adesione", "Request to join approved"), ""
	case domain.AdesioneRefused:
		t.set("/adhesions/"+e.Adesione.String()+"/state", AdesioneDeclined)
		return t.say("Non accolta la scheda di adesione", "Request to join refused"), e.Reason
	}
	return "", ""
}
