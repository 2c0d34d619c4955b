package projections

import (
	"fmt"
	"strings"
	"time"

	"tavoli/domain"
)

// This file tells in Italian and in English what happens to enti, programmes, accounts and persons.

// tellEnte tells what happens to an ente.
func (t *teller) tellEnte(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.EnteRegistered:
		t.set("/name", e.Official)
		t.set("/province", e.Province)
		t.set("/istat", e.Istat)
		t.set("/ipa", e.Ipa)
		return t.say("Censito l'ente %s (%s)", "Ente made known: %s (%s)", e.Official, e.Ente), ""
	case domain.EnteRenamed:
		t.set("/name", e.Official)
		t.alias(e.Was)
		return t.say("Cambiata la denominazione dal %s: era %s, è %s", "Renamed from %s on: it was %s, it is %s", e.From, e.Was, e.Official), e.Reason
	case domain.AliasAdded:
		t.alias(e.Alias)
		return t.say("Aggiunta la grafia «%s»", "Another spelling noted: “%s”", e.Alias), ""
	case domain.CoordinamentoJoined:
		t.set("/coordinamento/member", true)
		t.set("/coordinamento/from", string(e.From))
		t.set("/coordinamento/until", nil)
		t.set("/coordinamento/scheda", e.Scheda)
		return t.say("Adesione al Coordinamento dal %s", "Joined the coordinamento on %s", e.From), ""
	case domain.CoordinamentoLeft:
		t.set("/coordinamento/member", false)
		t.set("/coordinamento/until", string(e.On))
		return t.say("Uscita dal Coordinamento il %s", "Left the coordinamento on %s", e.On), e.Reason
	case domain.SaiProjectRecorded:
		at := "/sai_projects/" + e.Project
		t.set(at+"/category", string(e.Category))
		t.set(at+"/places", e.Places)
		t.span(at, e.From, e.Until)
		return t.say("Registrato il progetto SAI %s (%s, %s) dal %s", "SAI project %s recorded (%s, %s) from %s on", e.Project, e.Category, t.counted(e.Places, "posto", "posti", "place", "places"), e.From), ""
	}
	return t.tellTrust(event)
}

// tellTrust tells who speaks for an ente, and who runs its projects.
func (t *teller) tellTrust(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.ReferenteAppointed:
		t.span("/referenti/"+e.Person.String(), e.From, e.Until)
		return t.say("Nomina a referente di %s dal %s", "%s appointed referente from %s on", t.name(e.Person), e.From), ""
	case domain.ReferenteRelieved:
		t.set("/referenti/"+e.Person.String()+"/until", string(e.On))
		return t.say("Cessazione da referente di %s il %s", "%s relieved as referente on %s", t.name(e.Person), e.On), e.Reason
	case domain.GestoreEntrusted:
		t.span(gestorePath(e.Gestore, e.Project), e.From, e.Until)
		return t.say("Affidata a %s la gestione%s dal %s", "%s entrusted with running%s from %s on", t.ente(e.Gestore), t.ofProject(e.Project), e.From), ""
	case domain.GestoreReleased:
		t.set(gestorePath(e.Gestore, e.Project)+"/until", string(e.On))
		return t.say("Cessata la gestione%s di %s il %s", "Running%s by %s ended on %s", t.ofProject(e.Project), t.ente(e.Gestore), e.On), e.Reason
	}
	return "", ""
}

func gestorePath(gestore domain.EnteRef, project string) string {
	return "/gestori/" + gestore.String() + "/" + project
}

func (t *teller) ofProject(project string) string {
	if project == "" {
		return ""
	}
	return t.say(" del progetto ", " the project ") + project
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
		return t.say("Aperto il programma %s «%s»", "Programme %s opened: “%s”", e.Programma, e.Title), ""
	case domain.FundingBlockApproved:
		at := "/funding_blocks/" + string(e.ValidFrom)
		t.set(at+"/text", e.Text)
		t.set(at+"/approval", e.Approval)
		t.setList(at+"/logos", e.Logos)
		return t.say("Approvato il blocco di finanziamento valido dal %s", "Funding paragraph approved, valid from %s", e.ValidFrom), ""
	case domain.PartnerJoined:
		t.set("/partners/"+e.Ente.String(), string(e.Role))
		role := "partner"
		if e.Role == domain.Capofila {
			role = "capofila"
		}
		return t.say("Adesione di %s come %s", "%s joined as %s", t.ente(e.Ente), role), ""
	case domain.PartnerLeft:
		t.set("/partners/"+e.Ente.String(), nil)
		return t.say("Uscita del partner %s il %s", "Partner %s left on %s", t.ente(e.Ente), e.On), e.Reason
	}
	if summary, reason = t.tellReports(event); summary != "" {
		return summary, reason
	}
	return t.tellRetention(event)
}

// tellRetention tells what was said of keeping what a programme rests on.
func (t *teller) tellRetention(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.RetentionSet:
		t.set("/retention/retain_until", string(e.RetainUntil()))
		t.set("/retention/basis", e.Basis)
		return t.say("Stabilita la conservazione fino al %s: %s dal %d (%s)", "To be kept until %s: %s from %d (%s)", e.RetainUntil(), t.counted(e.Years, "anno", "anni", "year", "years"), e.ReferenceYear, e.Basis), ""
	case domain.HoldPlaced:
		t.set("/holds/"+e.Hold.String(), t.whole(e.Tavolo))
		text := t.say("Sospesa ogni cancellazione per ", "Every removal suspended for ") + t.whole(e.Tavolo)
		if e.Reference != "" {
			text += " (" + e.Reference + ")"
		}
		return text, e.Reason
	case domain.HoldLifted:
		of := t.text("/holds/" + e.Hold.String())
		t.set("/holds/"+e.Hold.String(), nil)
		return t.say("Tolta la sospensione delle cancellazioni per ", "Removals no longer suspended for ") + of, e.Reason
	}
	return "", ""
}

// whole returns what a hold is of.
func (t *teller) whole(id domain.TavoloID) string {
	if id == "" {
		return t.say("l'intero programma", "the whole programme")
	}
	return t.say("il tavolo ", "the tavolo ") + string(id)
}

// tellAccount tells who may do what, and who was shown what.
func (t *teller) tellAccount(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.AccountOpened:
		t.set("/label", e.Label)
		return t.say("Aperta l'utenza %s «%s»", "Account %s opened: “%s”", e.Account, e.Label), ""
	case domain.RoleGranted:
		t.role(e.Role, true, moment(e.Until), e.Scope)
		return t.say("Assegnato il ruolo %s (%s)%s", "Role %s granted (%s)%s", e.Role, t.untilText(e.Until), t.scopeText(e.Scope)), ""
	case domain.RoleRevoked:
		t.role(e.Role, nil, nil, domain.Scope{})
		return t.say("Revocato il ruolo %s", "Role %s revoked", e.Role), e.Reason
	case domain.TokenIssued:
		t.set("/tokens/"+e.Token.String(), true)
		t.set("/tokens/"+e.Token.String()+"/until", moment(e.Until))
		return t.say("Rilasciato un token (%s)", "Token issued (%s)", t.untilText(e.Until)), ""
	case domain.TokenRevoked:
		t.set("/tokens/"+e.Token.String(), nil)
		t.set("/tokens/"+e.Token.String()+"/until", nil)
		return t.say("Revocato un token", "Token revoked"), e.Reason
	case domain.PersonalDataDisclosed:
		how := t.say("consultati", "looked at")
		if e.Form == domain.AsExport {
			how = t.say("esportati", "exported")
		}
		text := t.say("Dati personali %s: %s", "Personal data %s: %s", how, e.Subject)
		return text, e.Purpose
	}
	return "", ""
}

// role notes that an account has a role, until when, and what an inspector may see.
func (t *teller) role(role domain.Role, has, until any, scope domain.Scope) {
	at := "/roles/" + string(role)
	t.set(at, has)
	t.set(at+"/until", until)
	t.setList(at+"/scope/programmi", stringsOf(scope.Programmi))
	t.setList(at+"/scope/tavoli", stringsOf(scope.Tavoli))
}

func stringsOf[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, text := range list {
		texts[i] = string(text)
	}
	return texts
}

// scopeText returns what an inspector may look into.
func (t *teller) scopeText(s domain.Scope) string {
	if s.IsZero() {
		return ""
	}
	return t.say(" su: ", " for: ") + strings.Join(append(stringsOf(s.Programmi), stringsOf(s.Tavoli)...), ", ")
}

func (t *teller) untilText(until *time.Time) string {
	if until == nil {
		return t.say("senza scadenza", "without an end")
	}
	return t.say("fino al ", "until ") + when(*until)
}

// tellSignIn tells how an account is opened.
func (t *teller) tellSignIn(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.PasswordSet:
		t.set("/password", true)
		return t.say("Impostata la password", "Password set"), ""
	case domain.SecondFactorSet:
		t.set("/second_factor", true)
		return t.say("Attivato il secondo fattore", "Second factor set up"), ""
	case domain.SecondFactorRemoved:
		t.set("/second_factor", nil)
		return t.say("Rimosso il secondo fattore", "Second factor removed"), e.Reason
	case domain.InvitationIssued:
		t.set("/invitation/until", moment(&e.Until))
		return t.say("Rilasciato un invito a scegliere la password (%s)", "Invitation to choose a password issued (%s)", t.untilText(&e.Until)), ""
	case domain.SessionOpened:
		return t.say("Accesso con %s (%s)", "Signed in by %s (%s)", e.Method, t.untilText(&e.Until)), ""
	case domain.SessionEnded:
		return t.say("Uscita", "Signed out"), ""
	}
	return "", ""
}

// tellRegistro tells with which keys the register is signed, and who took away what.
func (t *teller) tellRegistro(event domain.Event) (summary, reason string) {
	if e, ok := event.(domain.DossierMade); ok {
		return t.tellDossier(e), e.Purpose
	}
	e, ok := event.(domain.LedgerKeyIntroduced)
	if !ok {
		return "", ""
	}
	t.set(fmt.Sprintf("/keys/%d", e.Number), e.VKey)
	if e.Number == 1 {
		return t.say("Introdotta la chiave 1, che firma il registro", "Key 1 introduced, which signs the register"), e.Reason
	}
	return t.say("Introdotta la chiave %d, che firma il registro al posto della %d", "Key %d introduced, which signs the register in place of %d", e.Number, e.Number-1), e.Reason
}

// tellDossier tells what somebody took away.
func (t *teller) tellDossier(e domain.DossierMade) string {
	what := map[domain.DossierKind]string{
		domain.DossierOfTavolo: t.say("del tavolo %s", "of tavolo %s", e.Scope.ID), domain.DossierOfQuarter: t.say("del trimestre %s", "of quarter %s", e.Scope.ID),
		domain.DossierOfProgramma: t.say("del programma %s", "of programme %s", e.Scope.ID), domain.DossierOfRegister: t.say("di tutto il registro", "of the whole register"),
	}[e.Scope.Kind]
	names := map[domain.DossierNames]string{
		domain.NoNames: t.say("senza nomi", "without names"), domain.TavoloNames: t.say("con i nomi di chi prende parte", "with the names of those who take part"),
		domain.AllNames: t.say("con tutti i nomi", "with all names"),
	}[e.Disclosures]
	return t.say("Consegnato a %s il fascicolo %s, %s, fino alla posizione %d (SHA-256 %.16s…)", "Dossier handed to %s: %s, %s, up to position %d (SHA-256 %.16s…)",
		e.Account, what, names, e.Position, e.SHA256)
}

// tellPerson tells what was decided about a person. Values are never told.
func (t *teller) tellPerson(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.PersonDescribed:
		t.commitments(e.Commitments)
		return t.say("Depositati i dati personali, sigillati", "Personal values filed, sealed"), ""
	case domain.JoinLinkSealed:
		return t.say("Depositato il collegamento online al tavolo %s, sigillato", "Address to join tavolo %s filed, sealed", e.Tavolo), ""
	case domain.PersonRectified:
		t.commitments(e.Commitments)
		return t.say("Rettificati i dati di ", "Values put right of ") + t.name(e.Person), e.Reason
	case domain.PersonsLinked:
		t.set("/linked_as", e.As.String())
		return t.say("%s e %s sono la stessa persona", "%s and %s are the same person", capital(t.name(e.Person)), t.name(e.As)), e.Reason
	case domain.PersonsUnlinked:
		t.set("/linked_as", nil)
		return t.say("%s e %s sono due persone diverse", "%s and %s are two different persons", capital(t.name(e.Person)), t.name(e.As)), e.Reason
	case domain.PersonForgotten:
		t.set("/forgotten", true)
		text := t.say("Rimossi i dati personali di %s (%s)", "Personal values removed of %s (%s)", e.Short, e.LegalBasis)
		if e.Override != "" {
			text += t.say(", per ordine: ", ", by order: ") + e.Override
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
