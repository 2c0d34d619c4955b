package projections

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tavoli/domain"
)

// This file tells in Italian what people do about their seats, and who came.

var (
	capacityWords = map[domain.Capacity]string{
		domain.AsReferente: "referente", domain.AsDelegate: "delegato", domain.AsEnteGestore: "ente gestore",
		domain.AsSpeaker: "relatore", domain.AsStaff: "personale", domain.AsOther: "partecipante ad altro titolo",
	}
	causeWords = map[domain.PromotionCause]string{
		domain.ByWithdrawal: "per una rinuncia", domain.ByRefusal: "per un'iscrizione non accolta",
		domain.ByMode: "per un cambio di modalità", domain.BySeats: "per l'aumento dei posti",
	}
	sourceWords = map[domain.Source]string{
		domain.FromDesk: "banco di registrazione", domain.FromSheet: "foglio firme", domain.FromPlatform: "report della piattaforma",
		domain.FromStatement: "dichiarazione del personale", domain.FromSelf: "conferma del partecipante",
	}
)

// seatPath is where a registration's facts stand.
func seatPath(p domain.PersonID) string { return "/registrations/" + p.String() }

// seatFields are the facts of a registration.
var seatFields = []string{"/state", "/mode", "/capacity", "/ente"}

// tellSeats tells what becomes of a registration.
func (t *teller) tellSeats(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.ParticipantRegistered:
		return "Iscrizione di " + t.entered(e, domain.Registered), ""
	case domain.ParticipantWaitlisted:
		return "In lista d'attesa: " + t.entered(domain.ParticipantRegistered(e), domain.Waiting), ""
	case domain.WaitlistPromoted:
		t.state(e.Participant, domain.Registered)
		return fmt.Sprintf("%s passa dalla lista d'attesa a un posto %s (%s)", t.name(e.Participant), said(modeWords, e.Mode), said(causeWords, e.Cause)), ""
	case domain.RegistrationConfirmed:
		t.state(e.Participant, domain.Confirmed)
		return "Confermata l'iscrizione di " + t.name(e.Participant), ""
	case domain.RegistrationRefused:
		t.state(e.Participant, domain.Rejected)
		return "Non accolta l'iscrizione di " + t.name(e.Participant), e.Reason
	case domain.ParticipantWithdrawn:
		t.state(e.Participant, domain.Withdrawn)
		return "Ritirata l'iscrizione di " + t.name(e.Participant), e.Reason
	case domain.ModeChanged:
		t.set(seatPath(e.Participant)+"/mode", string(e.Mode))
		return fmt.Sprintf("%s partecipa %s, non più %s", t.name(e.Participant), said(modeWords, e.Mode), said(modeWords, e.Was)), ""
	case domain.DelegateSubstituted:
		return t.substituted(e), e.Reason
	case domain.NoticeAccepted:
		t.set(seatPath(e.Participant)+"/notice", e.Notice)
		return fmt.Sprintf("%s ha preso visione dell'informativa %s", t.name(e.Participant), e.Notice), ""
	}
	return "", ""
}

// entered notes a registration that begins to stand.
func (t *teller) entered(e domain.ParticipantRegistered, state domain.RegistrationState) string {
	at := seatPath(e.Participant)
	t.set(at+"/state", string(state))
	t.set(at+"/mode", string(e.Mode))
	t.set(at+"/capacity", string(e.Capacity))
	t.set(at+"/ente", enteText(e.Ente))
	text := fmt.Sprintf("%s, %s, come %s", t.name(e.Participant), said(modeWords, e.Mode), said(capacityWords, e.Capacity))
	if e.Ente != nil {
		text += " per " + t.ente(*e.Ente)
	}
	return text
}

func (t *teller) state(p domain.PersonID, state domain.RegistrationState) {
	t.set(seatPath(p)+"/state", string(state))
}

func (t *teller) substituted(e domain.DelegateSubstituted) string {
	for _, field := range seatFields {
		t.set(seatPath(e.By)+field, t.facts[seatPath(e.Participant)+field])
	}
	t.state(e.Participant, domain.Withdrawn)
	return fmt.Sprintf("%s prende il posto di %s", t.name(e.By), t.name(e.Participant))
}

// tellPresenze tells who came, and how it is known.
func (t *teller) tellPresenze(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.EvidenceFiled:
		at := "/evidence/" + e.SHA256
		t.set(at+"/title", e.Title)
		t.set(at+"/kind", string(e.Kind))
		t.set(at+"/media_type", e.MediaType)
		t.set(at+"/size", int(e.Size))
		return fmt.Sprintf("Depositato il documento «%s»", e.Title), ""
	case domain.PresenceRecorded:
		return t.presence(e), ""
	case domain.PresenceEnded:
		t.set("/presences/"+e.Presence.String()+"/to", moment(&e.To))
		return fmt.Sprintf("Registrata l'uscita di %s il %s", t.whose(e.Presence), when(e.To)), ""
	case domain.PresenceAnnulled:
		t.set("/presences/"+e.Presence.String()+"/annulled", true)
		return "Annullata una presenza di " + t.whose(e.Presence), e.Reason
	case domain.GuestsCounted:
		at := "/guests/" + string(e.Mode)
		t.set(at+"/count", fmt.Sprint(e.Count))
		t.set(at+"/source", string(e.Source))
		t.set(at+"/note", e.Note)
		return fmt.Sprintf("Contati %s %s (%s)", counted(e.Count, "ospite non iscritto", "ospiti non iscritti"), said(modeWords, e.Mode), said(sourceWords, e.Source)), ""
	case domain.PresenceValidated:
		return t.validated(e), ""
	}
	return "", ""
}

func (t *teller) presence(e domain.PresenceRecorded) string {
	at := "/presences/" + e.Presence.String()
	t.set(at+"/participant", e.Participant.String())
	t.set(at+"/mode", string(e.Mode))
	t.set(at+"/from", moment(&e.From))
	t.set(at+"/to", moment(e.To))
	t.set(at+"/source", string(e.Source))
	t.set(at+"/evidence", strings.Join(e.Evidence, " "))
	t.set(at+"/note", e.Note)
	until := "in poi"
	if e.To != nil {
		until = "alle " + clock(*e.To)
	}
	return fmt.Sprintf("Registrata la presenza di %s, %s, il %s dalle %s %s (%s)", t.name(e.Participant), said(modeWords, e.Mode), domain.DayOf(e.From), clock(e.From), until, said(sourceWords, e.Source))
}

// whose returns whose presence it is.
func (t *teller) whose(presence domain.PresenceID) string {
	p := new(domain.PersonID)
	if p.UnmarshalText([]byte(t.text("/presences/"+presence.String()+"/participant"))) != nil {
		return "una persona"
	}
	return t.name(*p)
}

func (t *teller) validated(e domain.PresenceValidated) string {
	at := "/validated/" + e.Participant.String()
	t.set(at+"/attended", e.Attended)
	t.set(at+"/minutes", fmt.Sprint(e.Minutes))
	t.set(at+"/required", fmt.Sprint(e.Required))
	verdict := "sufficiente"
	if !e.Attended {
		verdict = "non sufficiente"
	}
	return fmt.Sprintf("Validata come %s la presenza di %s: %s su %d richiesti", verdict, t.name(e.Participant), counted(e.Minutes, "minuto", "minuti"), e.Required)
}

// capital returns a text that begins a sentence.
func capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}
