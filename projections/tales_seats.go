package projections

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tavoli/domain"
)

// This file tells in Italian and in English what people do about their seats, and who came.

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
		return t.say("Iscrizione di ", "Registered: ") + t.entered(e, domain.Registered), ""
	case domain.ParticipantWaitlisted:
		return t.say("In lista d'attesa: ", "On the waiting list: ") + t.entered(domain.ParticipantRegistered(e), domain.Waiting), ""
	case domain.WaitlistPromoted:
		t.state(e.Participant, domain.Registered)
		return t.say("%s passa dalla lista d'attesa a un posto %s (%s)", "%s moves from the waiting list to a seat %s (%s)", t.name(e.Participant), t.in(said(modeWords, e.Mode)), t.in(said(causeWords, e.Cause))), ""
	case domain.RegistrationConfirmed:
		t.state(e.Participant, domain.Confirmed)
		return t.say("Confermata l'iscrizione di ", "Registration confirmed of ") + t.name(e.Participant), ""
	case domain.RegistrationRefused:
		t.state(e.Participant, domain.Rejected)
		return t.say("Non accolta l'iscrizione di ", "Registration refused of ") + t.name(e.Participant), e.Reason
	case domain.ParticipantWithdrawn:
		t.state(e.Participant, domain.Withdrawn)
		return t.say("Ritirata l'iscrizione di ", "Registration withdrawn of ") + t.name(e.Participant), e.Reason
	case domain.ModeChanged:
		t.set(seatPath(e.Participant)+"/mode", string(e.Mode))
		return t.say("%s partecipa %s, non più %s", "%s takes part %s, no longer %s", t.name(e.Participant), t.in(said(modeWords, e.Mode)), t.in(said(modeWords, e.Was))), ""
	case domain.DelegateSubstituted:
		return t.substituted(e), e.Reason
	case domain.NoticeAccepted:
		t.set(seatPath(e.Participant)+"/notice", e.Notice)
		return t.say("%s ha preso visione dell'informativa %s", "%s took note of the privacy notice %s", t.name(e.Participant), e.Notice), ""
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
	text := t.say("%s, %s, come %s", "%s, %s, as %s", t.name(e.Participant), t.in(said(modeWords, e.Mode)), t.in(said(capacityWords, e.Capacity)))
	if e.Ente != nil {
		text += t.say(" per ", " for ") + t.ente(*e.Ente)
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
	return t.say("%s prende il posto di %s", "%s takes the seat of %s", t.name(e.By), t.name(e.Participant))
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
		return t.say("Depositato il documento «%s»", "Document filed: “%s”", e.Title), ""
	case domain.EvidenceDestroyed:
		t.set("/evidence/"+e.SHA256+"/destroyed", true)
		text := t.say("Distrutto il documento «%s» (%s)", "Document destroyed: “%s” (%s)", t.text("/evidence/"+e.SHA256+"/title"), e.LegalBasis)
		if e.Override != "" {
			text += t.say(", per ordine: %s", ", by order: %s", e.Override)
		}
		return text, e.Reason
	case domain.PresenceRecorded:
		return t.presence(e), ""
	case domain.PresenceEnded:
		t.set("/presences/"+e.Presence.String()+"/to", moment(&e.To))
		return t.say("Registrata l'uscita di %s il %s", "%s recorded as leaving on %s", t.whose(e.Presence), when(e.To)), ""
	case domain.PresenceAnnulled:
		t.set("/presences/"+e.Presence.String()+"/annulled", true)
		return t.say("Annullata una presenza di ", "A presence annulled of ") + t.whose(e.Presence), e.Reason
	case domain.GuestsCounted:
		at := "/guests/" + string(e.Mode)
		t.set(at+"/count", fmt.Sprint(e.Count))
		t.set(at+"/source", string(e.Source))
		t.set(at+"/note", e.Note)
		return t.say("Contati %s %s (%s)", "Counted: %s %s (%s)", t.counted(e.Count, "ospite non iscritto", "ospiti non iscritti", "guest who had not registered", "guests who had not registered"), t.in(said(modeWords, e.Mode)), t.in(said(sourceWords, e.Source))), ""
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
	until := t.say("in poi", "on")
	if e.To != nil {
		until = t.say("alle ", "to ") + clock(*e.To)
	}
	return t.say("Registrata la presenza di %s, %s, il %s dalle %s %s (%s)", "Presence of %s recorded, %s, on %s from %s %s (%s)", t.name(e.Participant), t.in(said(modeWords, e.Mode)), domain.DayOf(e.From), clock(e.From), until, t.in(said(sourceWords, e.Source)))
}

// whose returns whose presence it is.
func (t *teller) whose(presence domain.PresenceID) string {
	p := new(domain.PersonID)
	if p.UnmarshalText([]byte(t.text("/presences/"+presence.String()+"/participant"))) != nil {
		return t.say("una persona", "a person")
	}
	return t.name(*p)
}

func (t *teller) validated(e domain.PresenceValidated) string {
	at := "/validated/" + e.Participant.String()
	t.set(at+"/attended", e.Attended)
	t.set(at+"/minutes", fmt.Sprint(e.Minutes))
	t.set(at+"/required", fmt.Sprint(e.Required))
	verdict := t.say("sufficiente", "sufficient")
	if !e.Attended {
		verdict = t.say("non sufficiente", "not sufficient")
	}
	return t.say("Validata come %s la presenza di %s: %s su %d richiesti", "Presence judged %s of %s: %s, %d required", verdict, t.name(e.Participant), t.counted(e.Minutes, "minuto", "minuti", "minute", "minutes"), e.Required)
}

// capital returns a text that begins a sentence.
func capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}
