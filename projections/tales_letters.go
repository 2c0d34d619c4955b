package projections

import (
	"strings"

	"tavoli/domain"
)

// This file tells in Italian and in English what happens to letters.

// letterWords are the kinds of letters as people read them.
var letterWords = map[domain.LetterKind]string{
	domain.LetterConvocazione: "convocazione", domain.LetterConfirmation: "conferma d'iscrizione", domain.LetterWaiting: "avviso di lista d'attesa",
	domain.LetterPromotion: "avviso di posto assegnato", domain.LetterOffer: "offerta di un posto", domain.LetterReminder: "promemoria", domain.LetterJoinLink: "collegamento per partecipare",
	domain.LetterRescheduled: "avviso di cambio di data", domain.LetterRectified: "avviso di rettifica", domain.LetterCalledOff: "avviso di annullamento",
	domain.LetterThanks: "ringraziamento con i materiali", domain.LetterConfirmAddress: "richiesta di conferma dell'indirizzo",
	domain.LetterWithdrawal: "ricevuta di ritiro", domain.LetterRefusal: "avviso di iscrizione non accolta", domain.LetterAddressLapsed: "avviso di indirizzo non confermato",
	domain.LetterOfferLapsed: "avviso di offerta scaduta", domain.LetterNewCode: "nuovo codice", domain.LetterAdesioneTaken: "avviso di adesione accolta", domain.LetterAdesioneNot: "avviso di adesione non accolta",
}

// faultWords are the reasons for which letters are not sent.
var faultWords = map[domain.LetterFault]string{
	domain.FaultRelay: "il server di posta non l'ha accettata per ora", domain.FaultInterrupted: "l'invio è stato interrotto prima di cominciare",
	domain.FaultRefused: "il server di posta l'ha rifiutata", domain.FaultUncertain: "non si sa se sia partita",
	domain.FaultTooOften: "troppi tentativi falliti", domain.FaultNoAddress: "manca l'indirizzo", domain.FaultForgotten: "la persona è stata rimossa",
	domain.FaultNotDue: "non è più vera", domain.FaultContent: "non si può scrivere", domain.FaultBounced: "è tornata indietro",
}

// kindOf returns the kind of a letter as it is told.
func (t *teller) kindOf(kind domain.LetterKind) string {
	if t.english == nil {
		return string(kind)
	}
	return said(letterWords, kind)
}

// faultOf returns why a letter is not sent, as it is told.
func (t *teller) faultOf(why domain.LetterFault) string {
	if t.english == nil {
		return string(why)
	}
	return said(faultWords, why)
}

// tellLetter tells what became of a letter, and which words letters have.
func (t *teller) tellLetter(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.LetterQueued:
		t.letter(domain.LetterIsQueued, "")
		t.set("/kind", string(e.Kind))
		t.set("/tavolo", string(e.Tavolo))
		if e.Kind.OfAdesione() {
			return t.say("Da spedire a %s: %s di %s", "To be sent to %s: %s, %s", t.name(e.Person), t.kindOf(e.Kind), t.ente(e.Ente)), ""
		}
		return t.say("Da spedire a %s: %s per il tavolo %s", "To be sent to %s: %s for tavolo %s", t.name(e.Person), t.kindOf(e.Kind), e.Tavolo), ""
	case domain.LetterAttempted:
		t.letter(domain.LetterIsSending, "")
		return t.say("Spedizione cominciata, tentativo %d", "Sending began, attempt %d", e.Attempt), ""
	case domain.LetterSent:
		t.letter(domain.LetterIsSent, "")
		return t.say("Spedita: il server di posta l'ha presa in carico", "Sent: the relay has taken it"), e.Answer
	case domain.LetterFailed:
		t.letter(domain.LetterIsFailed, e.Why)
		return t.say("Non spedita: %s; si riprova dopo le %s", "Not sent: %s; to be tried again after %s", t.faultOf(e.Why), when(e.RetryAt)), e.Answer
	case domain.LetterParked:
		t.letter(domain.LetterIsParked, e.Why)
		return t.say("Messa da parte: %s", "Put aside: %s", t.faultOf(e.Why)), e.Answer
	case domain.LetterBounced:
		t.letter(domain.LetterIsParked, domain.FaultBounced)
		return t.say("Tornata indietro", "Came back"), strings.TrimSpace(e.Status + " " + e.Answer)
	case domain.LetterDelivered:
		t.letter(domain.LetterIsSent, "")
		return t.say("Arrivata: lo dice il server di chi la riceve", "Arrived: the recipient's server says so"), e.Answer
	case domain.LetterResent:
		t.letter(domain.LetterIsQueued, "")
		return t.say("Da spedire di nuovo", "To be sent again"), e.Reason
	case domain.TemplateSet:
		at := "/templates/" + string(e.Kind)
		t.set(at+"/version", e.Version)
		t.set(at+"/subject", e.Subject)
		t.set(at+"/text", e.Text)
		return t.say("Testo della lettera «%s»: versione %d", "Words of the letter “%s”: version %d", t.kindOf(e.Kind), e.Version), e.Reason
	case domain.JoinLinkSet:
		return t.joined(e.Participant, e.URL != ""), ""
	case domain.OwnJoinLinkSet:
		return t.joined(&e.Participant, e.Commitment != ""), ""
	}
	return "", ""
}

// letter notes how far a letter has come.
func (t *teller) letter(state domain.LetterState, why domain.LetterFault) {
	t.set("/state", string(state))
	t.set("/why", string(why))
}

// joined tells that it is known where the tavolo is joined. The address itself is for
// those who join.
func (t *teller) joined(of *domain.PersonID, set bool) string {
	n := t.number("/join_links")
	t.set("/join_links", n+1)
	switch {
	case of != nil && !set:
		return t.say("Tolto il collegamento online di %s", "Address to join taken back from %s", t.name(*of))
	case of != nil:
		return t.say("Fissato il collegamento online di %s", "Address to join set for %s", t.name(*of))
	case !set:
		return t.say("Tolto il collegamento online", "Address to join taken back")
	}
	return t.say("Fissato il collegamento online", "Address to join set")
}

// lettersOf returns the strands of the letters that ever went to a person, as far as
// the reach goes.
func (m *Models) lettersOf(p int32, reach *Reach) (strands []Strand) {
	for _, i := range m.Letters.ofPerson[p] {
		row := &m.Letters.rows[i]
		if about := m.Letters.about(row); reach == nil || reach.Tavolo(about.Tavolo) {
			strands = append(strands, Strand{Stream: domain.LetterStream(row.id)})
		}
	}
	return strands
}
