package projections_test

import (
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

const sesto = domain.TavoloID("coopera-6")

var (
	passwork  = domain.EnteRef{Kind: domain.EnteGestore, Code: "passwork"}
	asp       = domain.EnteRef{Kind: domain.AziendaSanitaria, Code: "asp-sr"}
	programma = domain.ProgrammaID("3031")
	aLetter   = uuid.MustParse("6f1c2a9e-7a55-5b0e-9d3a-3f0d8f6c1a2b")
)

// rich returns a tape on which every kind of event stands at least once.
func rich() *tape {
	return newTape().add(richEnti()...).add(richTavolo()...).add(richSeats()...).add(richPresenze()...).add(richRest()...).add(richForgetting()...).add(richLetters()...)
}

func richEnti() []domain.Event {
	return []domain.Event{
		domain.EnteRegistered{Ente: comune("G273"), Official: "Palermo", Province: "PA", Istat: "082053", Ipa: "c_g273"},
		domain.EnteRegistered{Ente: comune("C356"), Official: "Castroreale", Province: "ME", Istat: "083016"},
		domain.AliasAdded{Ente: comune("C356"), Alias: "Castoreale", Source: "comunicato"},
		domain.EnteRegistered{Ente: passwork, Official: "Cooperativa Passwork", Province: "SR"},
		domain.EnteRegistered{Ente: asp, Official: "ASP di Siracusa", Province: "SR"},
		domain.EnteRenamed{Ente: asp, Official: "Azienda Sanitaria Provinciale di Siracusa", Was: "ASP di Siracusa", From: "2022-01-01", Reason: "atto"},
		domain.CoordinamentoJoined{Ente: comune("C356"), From: "2021-12-07", Scheda: "scheda 12"},
		domain.CoordinamentoLeft{Ente: comune("C356"), On: "2022-01-31", Reason: "delibera"},
		domain.CoordinamentoJoined{Ente: comune("C356"), From: "2022-02-15"},
		describe(person(90), "Rita", "Referente", "Assistente sociale", "rita@example.it"),
		domain.ReferenteAppointed{Ente: comune("C356"), Person: person(90), From: "2021-12-07"},
		domain.ReferenteRelieved{Ente: comune("C356"), Person: person(90), On: "2022-02-28", Reason: "trasferita"},
		domain.GestoreEntrusted{Ente: comune("C356"), Gestore: passwork, Project: "PROG-12", From: "2021-01-01"},
		domain.GestoreReleased{Ente: comune("C356"), Gestore: passwork, Project: "PROG-12", On: "2022-12-31"},
		domain.SaiProjectRecorded{Ente: comune("C356"), Project: "PROG-12", Category: domain.SaiMinori, Places: 24, From: "2021-01-01"},
		describe(person(91), "Enzo", "Nominato", "Dirigente", "enzo@example.it"),
		domain.AdesioneRequested{Ente: asp, Adesione: numbered("adesione", 1), Referenti: []domain.NamedReferente{{Person: person(91), From: "2022-01-01"}}, Notice: "2022-01"},
		domain.AdesioneRefused{Ente: asp, Adesione: numbered("adesione", 1), Reason: "non è un comune"},
		domain.AdesioneRequested{Ente: comune("C356"), Adesione: numbered("adesione", 2), Referenti: []domain.NamedReferente{{Person: person(90)}}, Notice: "2022-01", Note: "urgente"},
		domain.AdesioneApproved{Ente: comune("C356"), Adesione: numbered("adesione", 2)},
		domain.AdesioneRequested{Ente: domain.Unlisted, Adesione: numbered("adesione", 3), Referenti: []domain.NamedReferente{{Person: person(89)}}, Notice: "2026-11", Proposed: &domain.ProposedEnte{Kind: domain.Comune, Official: "Milano", Province: "MI"}},
		domain.AdesioneApproved{Ente: domain.Unlisted, Adesione: numbered("adesione", 3), As: new(comune("C356"))},
		domain.AdesioneRequested{Ente: domain.Unlisted, Adesione: numbered("adesione", 4), Referenti: []domain.NamedReferente{{Person: person(88)}}, Notice: "2026-11", Proposed: &domain.ProposedEnte{Kind: domain.AltroEnte, Official: "ATS Nebrodi"}},
		domain.ProgrammaOpened{Programma: programma, Title: "i COmuni, migliOrano PER Arginare le vulnerabilità", Acronym: "COOPERA", Fund: "FAMI"},
		domain.FundingBlockApproved{Programma: programma, Text: "Progetto co-finanziato dall'Unione Europea", Logos: []string{"ue", "fami"}, ValidFrom: "2021-10-01"},
		domain.PartnerJoined{Programma: programma, Ente: comune("G273"), Role: domain.Capofila, From: "2021-10-01"},
		domain.PartnerJoined{Programma: programma, Ente: asp, Role: domain.Partner, From: "2021-10-01"},
		domain.PartnerJoined{Programma: programma, Ente: passwork, Role: domain.Partner},
		domain.PartnerLeft{Programma: programma, Ente: passwork, On: "2022-01-01", Reason: "rinuncia"},
	}
}

func richTavolo() []domain.Event {
	wrong, right := hours("2022-04-25", "15:00", "17:00"), hours("2022-05-25", "15:00", "17:00")
	speaker := person(80)
	ref := comune("G273")
	return []domain.Event{
		domain.TavoloPlanned{Tavolo: sesto, Programma: programma, Ordinal: 6, Subject: "Dall'accoglienza all'inclusione", Schedule: domain.Schedule{Day: "2022-04-24"}, Mode: domain.Mixed, Place: "Sala Bonsignore", Platform: "Zoom", Seats: seats(2, 1)},
		domain.TavoloRescheduled{Tavolo: sesto, From: domain.Schedule{Day: "2022-04-24"}, To: wrong, Reason: "sala occupata"},
		domain.TavoloAnnounced{Tavolo: sesto, Title: "Comunicato", ReleasedOn: "2022-04-21", Schedule: wrong, Document: "002"},
		domain.TavoloRectified{Tavolo: sesto, Field: domain.RectifySchedule, Wrong: "2022-04-25 15:00-17:00", Right: "2022-05-25 15:00-17:00", Schedule: &right, Document: "002", Reason: "refuso nel titolo"},
		domain.AttendanceRuleSet{Tavolo: sesto, Rule: domain.AttendanceRule{Percent: 75, Basis: "avviso"}},
		domain.TavoloConvened{Tavolo: sesto, Protocol: &domain.Protocol{Text: "Prot. n. 0400/10/05/22", Number: "0400", Date: "2022-05-10"}, SentOn: "2022-05-10", Schedule: right},
		describe(speaker, "Angela", "Errore", "Responsabile U.O.", "errore@example.it"),
		domain.SpeakerInvited{Tavolo: sesto, Person: speaker, Ente: &ref, Role: domain.Speaker, Topic: "Buone pratiche"},
		describe(person(81), "Elio", "Tozzi"),
		domain.SpeakerInvited{Tavolo: sesto, Person: person(81), Role: domain.Greeting},
		domain.SpeakerWithdrawn{Tavolo: sesto, Person: person(81), Reason: "impegno"},
		domain.AgendaSet{Tavolo: sesto, Items: []domain.AgendaItem{{At: "14:45", Title: "Registrazione"}, {At: "15:00", Title: "Relazione", Speaker: &speaker}}},
		domain.MaterialPublished{Tavolo: sesto, Material: numbered("material", 1), Title: "Nota-invito", Kind: domain.MaterialInvitation, URL: "https://example.it/nota.pdf", Authors: []uuid.UUID{speaker}, On: "2022-05-11"},
		domain.RegistrationsOpened{Tavolo: sesto},
	}
}

func onSesto(n int, ente domain.EnteRef, capacity domain.Capacity, mode domain.Mode) domain.ParticipantRegistered {
	return domain.ParticipantRegistered{Tavolo: sesto, Participant: person(n), Ente: &ente, Capacity: capacity, Mode: mode}
}

func richSeats() []domain.Event {
	return []domain.Event{
		describe(person(1), "Mario", "Rossi", "Assessore", "rossi@example.it", "+39 091 1"), onSesto(1, comune("G273"), domain.AsReferente, domain.InPresence),
		describe(person(2), "Maria", "D'Amico"), onSesto(2, comune("C356"), domain.AsDelegate, domain.InPresence),
		describe(person(3), "Nicolò", "Àlvaro"), domain.ParticipantWaitlisted(onSesto(3, passwork, domain.AsEnteGestore, domain.InPresence)),
		describe(person(4), "Nicolo", "Alvaro"), domain.ParticipantWaitlisted(onSesto(4, comune("C356"), domain.AsDelegate, domain.InPresence)),
		describe(person(5), "Luca", "Verdi"), onSesto(5, comune("G273"), domain.AsDelegate, domain.Online),
		domain.NoticeAccepted{Tavolo: sesto, Participant: person(1), Notice: "2022-01"},
		domain.RegistrationConfirmed{Tavolo: sesto, Participant: person(1)},
		domain.ParticipantWithdrawn{Tavolo: sesto, Participant: person(2), Reason: "malattia"},
		domain.WaitlistPromoted{Tavolo: sesto, Participant: person(3), Mode: domain.InPresence, Cause: domain.ByWithdrawal},
		domain.ModeChanged{Tavolo: sesto, Participant: person(4), Mode: domain.Online, Was: domain.InPresence},
		describe(person(6), "Carla", "Bianchi"), domain.DelegateSubstituted{Tavolo: sesto, Participant: person(5), By: person(6), Reason: "delega"},
		domain.SeatsSet{Tavolo: sesto, Seats: seats(3, 1)},
		describe(person(7), "Ugo", "Neri"), onSesto(7, asp, domain.AsOther, domain.InPresence),
		domain.RegistrationRefused{Tavolo: sesto, Participant: person(7), Reason: "non invitato"},
		domain.GroupFormed{Tavolo: sesto, Group: "g1", Title: "Minori", Members: []uuid.UUID{person(1), person(3)}},
		domain.AdmissionSet{Tavolo: sesto, Admission: domain.Admission{ConfirmEmail: true, OfferHours: 24}},
		domain.QuestionsSet{Tavolo: sesto, Questions: []domain.Question{{ID: "dieta", Kind: domain.YesNoQuestion, Text: "Pranzo?"}}},
		domain.OfferMade{Tavolo: sesto, Participant: person(4), Mode: domain.Online, Until: at("2022-05-20T10:00"), Cause: domain.BySeats},
		domain.SecretIssued{Tavolo: sesto, Participant: person(1), Issue: numbered("issue", 1), SHA256: sheet},
		domain.GestoriInvited{Tavolo: sesto, Invitation: numbered("invitation", 1), Ente: comune("G273"), By: person(1), SHA256: sheet},
		describe(person(11), "Ada", "Attesa", "", "ada@example.it"), domain.RegistrationPending{Tavolo: sesto, Participant: person(11), Ente: &passwork, Capacity: domain.AsEnteGestore, Mode: domain.Online, Until: at("2022-05-20T10:00")},
		domain.InvitationFollowed{Tavolo: sesto, Invitation: numbered("invitation", 1), Participant: person(11)},
		domain.RegistrationLapsed{Tavolo: sesto, Participant: person(11)},
		describe(person(12), "Ivo", "Atteso"), domain.ParticipantWaitlisted(onSesto(12, asp, domain.AsOther, domain.Online)),
		domain.OfferMade{Tavolo: sesto, Participant: person(12), Mode: domain.Online, Until: at("2022-05-20T10:00"), Cause: domain.BySeats}, domain.OfferLapsed{Tavolo: sesto, Participant: person(12)},
		domain.RegistrationsClosed{Tavolo: sesto, Reason: "termine"},
		domain.TavoloOpened{Tavolo: sesto},
	}
}

const sheet = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func cameTo(id domain.TavoloID, n, presence int, mode domain.Mode, from, to string) domain.PresenceRecorded {
	e := domain.PresenceRecorded{Tavolo: id, Presence: numbered("presence", presence), Participant: person(n), Mode: mode, From: at(from), Source: domain.FromDesk}
	if to != "" {
		until := at(to)
		e.To = &until
	}
	return e
}

func richPresenze() []domain.Event {
	signed := cameTo(sesto, 1, 1, domain.InPresence, "2022-05-25T14:50", "2022-05-25T16:00")
	signed.Source, signed.Evidence, signed.Note = domain.FromSheet, []string{sheet}, "uscito prima"
	return []domain.Event{
		domain.EvidenceFiled{Tavolo: sesto, SHA256: sheet, Size: 1234, MediaType: "application/pdf", Kind: domain.EvidenceSheet, Title: "Foglio firme"},
		signed,
		cameTo(sesto, 1, 2, domain.InPresence, "2022-05-25T16:30", "2022-05-25T17:15"),
		cameTo(sesto, 3, 3, domain.InPresence, "2022-05-25T15:00", ""),
		domain.PresenceEnded{Tavolo: sesto, Presence: numbered("presence", 3), To: at("2022-05-25T16:45")},
		cameTo(sesto, 6, 4, domain.Online, "2022-05-25T15:00", "2022-05-25T17:00"),
		domain.PresenceAnnulled{Tavolo: sesto, Presence: numbered("presence", 4), Reason: "altra persona"},
		domain.GuestsCounted{Tavolo: sesto, Mode: domain.InPresence, Count: 7, Source: domain.FromDesk, Note: "uditori"},
		domain.TavoloClosed{Tavolo: sesto},
		domain.PresenceValidated{Tavolo: sesto, Participant: person(1), Minutes: 90, Required: 90, Attended: true, Rule: domain.AttendanceRule{Percent: 75}, Presences: []uuid.UUID{numbered("presence", 1), numbered("presence", 2)}},
	}
}

func richRest() []domain.Event {
	until := at("2023-01-01T00:00")
	return []domain.Event{
		describe(person(1), "Mario Maria", "Rossi", "Assessore", "rossi@example.it"),
		domain.PersonRectified{Person: person(1), Reason: "secondo nome"},
		domain.PersonsLinked{Person: person(4), As: person(3), Reason: "stessa persona"},
		domain.PersonsLinked{Person: person(6), As: person(5), Reason: "errore"},
		domain.PersonsUnlinked{Person: person(6), As: person(5), Reason: "sono due"},
		domain.TavoloPlanned{Tavolo: "coopera-7", Programma: programma, Subject: "Seguito", Schedule: domain.Schedule{Day: "2022-07-01"}, Mode: domain.Online},
		domain.TavoloCalledOff{Tavolo: "coopera-7", Reason: "fondi"},
		domain.AccountOpened{Account: "segreteria", Label: "Segreteria"},
		domain.RoleGranted{Account: "segreteria", Role: domain.RoleStaff, Until: &until},
		domain.RoleGranted{Account: "segreteria", Role: domain.RoleAdmin},
		domain.RoleRevoked{Account: "segreteria", Role: domain.RoleAdmin, Reason: "fine incarico"},
		domain.TokenIssued{Account: "segreteria", Token: numbered("token", 1), SHA256: sheet, Label: "portatile", Until: &until},
		domain.TokenIssued{Account: "segreteria", Token: numbered("token", 2), SHA256: "ab" + sheet[2:]},
		domain.TokenRevoked{Account: "segreteria", Token: numbered("token", 2), Reason: "smarrito"},
		domain.PersonalDataDisclosed{Account: "segreteria", Subject: "tavolo-coopera-6", Form: domain.AsExport, Purpose: "rendiconto", Until: until},
		domain.PasswordSet{Account: "segreteria", Sealed: []byte("una")}, domain.InvitationIssued{Account: "segreteria", SHA256: "aa" + sheet[2:], Until: until},
		domain.SecondFactorSet{Account: "segreteria", Sealed: []byte("altra")}, domain.SecondFactorRemoved{Account: "segreteria", Reason: "telefono perso"},
		domain.SecondFactorSet{Account: "segreteria", Sealed: []byte("fattore")},
		domain.SessionOpened{Account: "segreteria", Session: numbered("session", 1), SHA256: "ac" + sheet[2:], Until: until, Method: domain.ByPassword},
		domain.SessionOpened{Account: "segreteria", Session: numbered("session", 2), SHA256: "ad" + sheet[2:], Until: until, Method: domain.ByPasswordCode, Step: 7},
		domain.SessionOpened{Account: "segreteria", Session: numbered("session", 3), SHA256: "ae" + sheet[2:], Until: until, Method: domain.ByProvider},
		domain.SessionEnded{Account: "segreteria", Session: numbered("session", 3)},
		domain.LedgerKeyIntroduced{Number: 1, VKey: "tavoli.0123456789abcdef/registro+01234567+AQ=="},
		domain.LedgerKeyIntroduced{Number: 2, VKey: "tavoli.0123456789abcdef/registro+89abcdef+AQ==", Reason: "cambio di gestione"},
		domain.ReportMappingSet{Programma: programma, Title: "tracciato 2021", Rows: domain.RowsPresent, Columns: []domain.ReportColumn{
			{Name: "Tipo", Source: domain.SourceEnteKind, Codes: []domain.CodeTranslation{{From: "comune", To: "01"}}}, {Name: "Progetto", Constant: new("3031")},
		}},
		domain.ReportTransmitted{Programma: programma, Quarter: "2022-Q2", Number: 1, Position: 20, Mapping: 12, Digest: sheet, Reference: "Prot. n. 0500",
			Parameters: domain.ReportParameters{Form: 1}, Files: []domain.ReportFile{{Name: "2022-Q2.pdf", Format: "pdf", SHA256: sheet, Size: 7}}},
		domain.QuarterReopened{Programma: programma, Quarter: "2022-Q2", Transmission: 1, Reason: "errata corrige"},
		domain.DossierMade{Account: "segreteria", Scope: domain.DossierScope{Kind: domain.DossierOfQuarter, ID: "2022-Q2"}, Position: 812, Size: 700, Root: "cm9vdA==", Entries: domain.AllEntries, Disclosures: domain.TavoloNames, Purpose: "controllo", SHA256: sheet},
		domain.DossierMade{Account: "segreteria", Scope: domain.DossierScope{Kind: domain.DossierOfRegister, ID: "tavoli"}, Position: 813, Size: 701, Root: "cm9vdA==", Entries: domain.ScopeEntries, Disclosures: domain.NoNames, SHA256: sheet},
	}
}

func richForgetting() []domain.Event {
	return []domain.Event{
		describe(person(8), "Piero", "Dimenticato", "Funzionario", "piero@example.it"),
		describe(person(8), "Pietro", "Dimenticato"), domain.PersonRectified{Person: person(8), Reason: "nome"},
		domain.RetentionSet{Programma: programma, ReferenceYear: 2023, Years: 5, Basis: "art. 82 Reg. (UE) 2021/1060"},
		domain.HoldPlaced{Programma: programma, Hold: numbered("hold", 1), Reason: "controllo", Reference: "prot. 12"},
		domain.HoldPlaced{Programma: programma, Hold: numbered("hold", 2), Tavolo: sesto, Reason: "ricorso"},
		domain.HoldLifted{Programma: programma, Hold: numbered("hold", 1), Reason: "concluso"},
		domain.EvidenceFiled{Tavolo: "coopera-7", SHA256: "0b" + sheet[2:], Size: 99, MediaType: "text/csv", Kind: domain.EvidenceReport, Title: "Report"},
		domain.EvidenceDestroyed{Tavolo: "coopera-7", SHA256: "0b" + sheet[2:], Reason: "fine conservazione", LegalBasis: "art. 5", Override: "ordine 4"},
		domain.PersonForgotten{Person: person(8), Short: domain.ShortID(person(8)), Reason: "richiesta", LegalBasis: "art. 17", Override: "ordine 3", Keys: []domain.KeyID{8, 9}},
	}
}

// richLetters are what becomes of letters.
func richLetters() []domain.Event {
	return []domain.Event{
		domain.LetterQueued{Delivery: aLetter, Kind: domain.LetterConfirmation, LetterAbout: domain.AtTavolo(sesto), Person: person(1), Cause: aLetter},
		domain.LetterAttempted{Delivery: aLetter, Attempt: 1, By: aLetter}, domain.LetterFailed{Delivery: aLetter, Attempt: 1, Why: domain.FaultRelay, Answer: "451 4.3.0", RetryAt: time.Date(2022, 5, 20, 9, 0, 0, 0, time.UTC)},
		domain.LetterAttempted{Delivery: aLetter, Attempt: 2, By: aLetter}, domain.LetterParked{Delivery: aLetter, Attempt: 2, Why: domain.FaultRefused, Answer: "550 5.1.1"},
		domain.LetterResent{Delivery: aLetter, Template: 1, Reason: "indirizzo corretto"}, domain.LetterAttempted{Delivery: aLetter, Attempt: 3, By: aLetter}, domain.LetterSent{Delivery: aLetter, Attempt: 3, Answer: "250 Ok"},
		domain.LetterDelivered{Delivery: aLetter, Answer: "avvenuta-consegna"}, domain.LetterBounced{Delivery: aLetter, Status: "5.1.1", Answer: "casella inesistente"},
		domain.LetterQueued{Delivery: numbered("letter", 2), Kind: domain.LetterAdesioneTaken, LetterAbout: domain.LetterAbout{Ente: asp, Adesione: numbered("adesione", 1)}, Person: person(1), Cause: aLetter},
		domain.TemplateSet{Kind: domain.LetterConfirmation, Version: 1, Subject: "Iscrizione {tavolo}", Text: "Gentile {nome}", Reason: "tono"},
		domain.JoinLinkSet{Tavolo: sesto, URL: "https://example.org/j/1"},
		domain.JoinLinkSealed{Person: person(1), Tavolo: sesto, Sealed: []byte("sealed"), Commitment: "am9pbg"}, domain.OwnJoinLinkSet{Tavolo: sesto, Participant: person(1), Commitment: "am9pbg"},
	}
}
