package projections

import (
	"fmt"
	"time"

	"tavoli/domain"
)

// This file tells in Italian what happens to enti, programmes, accounts and persons.

// tellEnte tells what happens to an ente.
func (t *teller) tellEnte(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.EnteRegistered:
		t.set("/name", e.Official)
		t.set("/province", e.Province)
		t.set("/istat", e.Istat)
		t.set("/ipa", e.Ipa)
		return fmt.Sprintf("Censito l'ente %s (%s)", e.Official, e.Ente), ""
	case domain.EnteRenamed:
		t.set("/name", e.Official)
		t.alias(e.Was)
		return fmt.Sprintf("Cambiata la denominazione dal %s: era %s, è %s", e.From, e.Was, e.Official), e.Reason
	case domain.AliasAdded:
		t.alias(e.Alias)
		return fmt.Sprintf("Aggiunta la grafia «%s»", e.Alias), ""
	case domain.CoordinamentoJoined:
		t.set("/coordinamento/member", true)
		t.set("/coordinamento/from", string(e.From))
		t.set("/coordinamento/until", nil)
		t.set("/coordinamento/scheda", e.Scheda)
		return fmt.Sprintf("Adesione al Coordinamento dal %s", e.From), ""
	case domain.CoordinamentoLeft:
		t.set("/coordinamento/member", false)
		t.set("/coordinamento/until", string(e.On))
		return fmt.Sprintf("Uscita dal Coordinamento il %s", e.On), e.Reason
	case domain.SaiProjectRecorded:
		at := "/sai_projects/" + e.Project
		t.set(at+"/category", string(e.Category))
		t.set(at+"/places", e.Places)
		t.span(at, e.From, e.Until)
		return fmt.Sprintf("Registrato il progetto SAI %s (%s, %s) dal %s", e.Project, e.Category, counted(e.Places, "posto", "posti"), e.From), ""
	}
	return t.tellTrust(event)
}

// tellTrust tells who speaks for an ente, and who runs its projects.
func (t *teller) tellTrust(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.ReferenteAppointed:
		t.span("/referenti/"+e.Person.String(), e.From, e.Until)
		return fmt.Sprintf("Nomina a referente di %s dal %s", t.name(e.Person), e.From), ""
	case domain.ReferenteRelieved:
		t.set("/referenti/"+e.Person.String()+"/until", string(e.On))
		return fmt.Sprintf("Cessazione da referente di %s il %s", t.name(e.Person), e.On), e.Reason
	case domain.GestoreEntrusted:
		t.span(gestorePath(e.Gestore, e.Project), e.From, e.Until)
		return fmt.Sprintf("Affidata a %s la gestione%s dal %s", t.ente(e.Gestore), ofProject(e.Project), e.From), ""
	case domain.GestoreReleased:
		t.set(gestorePath(e.Gestore, e.Project)+"/until", string(e.On))
		return fmt.Sprintf("Cessata la gestione%s di %s il %s", ofProject(e.Project), t.ente(e.Gestore), e.On), e.Reason
	}
	return "", ""
}

func gestorePath(gestore domain.EnteRef, project string) string {
	return "/gestori/" + gestore.String() + "/" + project
}

func ofProject(project string) string {
	if project == "" {
		return ""
	}
	return " del progetto " + project
}

// span notes from when until when something holds.
func (t *teller) span(path string, from, until domain.Day) {
	t.set(path+"/from", string(from))
	t.set(path+"/until", string(until))
}

// alias adds another spelling.
func (t *teller) alias(text string) {
	n := t.number("/aliases")
	t.set("/aliases", n+1)
	t.set(fmt.Sprintf("/aliases/%d", n), text)
}

// tellProgramma tells what happens to a programme.
func (t *teller) tellProgramma(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.ProgrammaOpened:
		t.set("/title", e.Title)
		t.set("/acronym", e.Acronym)
		t.set("/fund", e.Fund)
		return fmt.Sprintf("Aperto il programma %s «%s»", e.Programma, e.Title), ""
	case domain.FundingBlockApproved:
		at := "/funding_blocks/" + string(e.ValidFrom)
		t.set(at+"/text", e.Text)
		t.set(at+"/approval", e.Approval)
		t.setList(at+"/logos", e.Logos)
		return fmt.Sprintf("Approvato il blocco di finanziamento valido dal %s", e.ValidFrom), ""
	case domain.PartnerJoined:
		t.set("/partners/"+e.Ente.String(), string(e.Role))
		role := "partner"
		if e.Role == domain.Capofila {
			role = "capofila"
		}
		return fmt.Sprintf("Adesione di %s come %s", t.ente(e.Ente), role), ""
	case domain.PartnerLeft:
		t.set("/partners/"+e.Ente.String(), nil)
		return fmt.Sprintf("Uscita del partner %s il %s", t.ente(e.Ente), e.On), e.Reason
	}
	return t.tellRetention(event)
}

// tellRetention tells what was said of keeping what a programme rests on.
func (t *teller) tellRetention(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.RetentionSet:
		t.set("/retention/retain_until", string(e.RetainUntil()))
		t.set("/retention/basis", e.Basis)
		return fmt.Sprintf("Stabilita la conservazione fino al %s: %s dal %d (%s)", e.RetainUntil(), counted(e.Years, "anno", "anni"), e.ReferenceYear, e.Basis), ""
	case domain.HoldPlaced:
		t.set("/holds/"+e.Hold.String(), orWhole(e.Tavolo))
		text := "Sospesa ogni cancellazione per " + orWhole(e.Tavolo)
		if e.Reference != "" {
			text += " (" + e.Reference + ")"
		}
		return text, e.Reason
	case domain.HoldLifted:
		of := t.text("/holds/" + e.Hold.String())
		t.set("/holds/"+e.Hold.String(), nil)
		return "Tolta la sospensione delle cancellazioni per " + of, e.Reason
	}
	return "", ""
}

// orWhole returns what a hold is of.
func orWhole(id domain.TavoloID) string {
	if id == "" {
		return "l'intero programma"
	}
	return "il tavolo " + string(id)
}

// tellAccount tells who may do what, and who was shown what.
func (t *teller) tellAccount(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.AccountOpened:
		t.set("/label", e.Label)
		return fmt.Sprintf("Aperta l'utenza %s «%s»", e.Account, e.Label), ""
	case domain.RoleGranted:
		t.set("/roles/"+string(e.Role), untilText(e.Until))
		return fmt.Sprintf("Assegnato il ruolo %s (%s)", e.Role, untilText(e.Until)), ""
	case domain.RoleRevoked:
		t.set("/roles/"+string(e.Role), nil)
		return fmt.Sprintf("Revocato il ruolo %s", e.Role), e.Reason
	case domain.TokenIssued:
		t.set("/tokens/"+e.Token.String(), untilText(e.Until))
		return fmt.Sprintf("Rilasciato un token (%s)", untilText(e.Until)), ""
	case domain.TokenRevoked:
		t.set("/tokens/"+e.Token.String(), nil)
		return "Revocato un token", e.Reason
	case domain.PersonalDataDisclosed:
		how := "consultati"
		if e.Form == domain.AsExport {
			how = "esportati"
		}
		text := fmt.Sprintf("Dati personali %s: %s", how, e.Subject)
		return text, e.Purpose
	}
	return "", ""
}

func untilText(until *time.Time) string {
	if until == nil {
		return "senza scadenza"
	}
	return "fino al " + when(*until)
}

// tellSignIn tells how an account is opened.
func (t *teller) tellSignIn(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.PasswordSet:
		t.set("/password", "impostata")
		return "Impostata la password", ""
	case domain.SecondFactorSet:
		t.set("/second_factor", "attivo")
		return "Attivato il secondo fattore", ""
	case domain.SecondFactorRemoved:
		t.set("/second_factor", nil)
		return "Rimosso il secondo fattore", e.Reason
	case domain.InvitationIssued:
		t.set("/invitation", "fino al "+when(e.Until))
		return "Inviato un invito a scegliere la password, valido fino al " + when(e.Until), ""
	case domain.SessionOpened:
		return fmt.Sprintf("Accesso (%s), valido fino al %s", e.Method, when(e.Until)), ""
	case domain.SessionEnded:
		return "Uscita", ""
	}
	return "", ""
}

// tellRegistro tells with which keys the register is signed.
func (t *teller) tellRegistro(event domain.Event) (summary, reason string) {
	e, ok := event.(domain.LedgerKeyIntroduced)
	if !ok {
		return "", ""
	}
	t.set(fmt.Sprintf("/keys/%d", e.Number), e.VKey)
	if e.Number == 1 {
		return "Introdotta la chiave 1, che firma il registro", e.Reason
	}
	return fmt.Sprintf("Introdotta la chiave %d, che firma il registro al posto della %d", e.Number, e.Number-1), e.Reason
}

// tellPerson tells what was decided about a person. Values are never told.
func (t *teller) tellPerson(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.PersonDescribed:
		t.commitments(e.Commitments)
		return "Depositati i dati personali, sigillati", ""
	case domain.PersonRectified:
		t.commitments(e.Commitments)
		return "Rettificati i dati di " + t.name(e.Person), e.Reason
	case domain.PersonsLinked:
		t.set("/linked_as", e.As.String())
		return fmt.Sprintf("%s e %s sono la stessa persona", capital(t.name(e.Person)), t.name(e.As)), e.Reason
	case domain.PersonsUnlinked:
		t.set("/linked_as", nil)
		return fmt.Sprintf("%s e %s sono due persone diverse", capital(t.name(e.Person)), t.name(e.As)), e.Reason
	case domain.PersonForgotten:
		t.set("/forgotten", true)
		text := fmt.Sprintf("Rimossi i dati personali di %s (%s)", e.Short, e.LegalBasis)
		if e.Override != "" {
			text += ", per ordine: " + e.Override
		}
		return text, e.Reason
	}
	return "", ""
}

// commitments notes what binds the facts to values that are not told.
func (t *teller) commitments(c domain.Commitments) {
	for _, group := range []string{domain.GroupIdentity, domain.GroupContact, domain.GroupFunction} {
		t.set("/commitments/"+group, c.Of(group))
	}
}
