package pages

import (
	"net/url"

	"tavoli/domain"
)

var (
	enteHint = text{"Nome o codice: se più enti corrispondono si sceglie nel passo successivo.", "Name or code: if several are found, choose in the next step."}
	sources  = []string{"desk", "sheet", "platform", "statement", "self"}
)

// personFields ask for what is held of a person.
func personFields() []field {
	return []field{
		{name: "given_name", label: text{"Nome", "Given name"}, most: domain.MaxName},
		{name: "family_name", label: text{"Cognome", "Family name"}, must: true, most: domain.MaxName},
		{name: "email", label: text{"E-mail", "E-mail"}, kind: aMail, most: domain.MaxEmail},
		{name: "phone", label: text{"Telefono", "Telephone"}, kind: aPhone, most: domain.MaxPhone},
		{name: "function", label: text{"Qualifica", "Function"}, most: domain.MaxFunction},
	}
}

// seatFields ask for how somebody takes part.
func seatFields() []field {
	return []field{
		{name: "ente", label: text{"Ente", "Ente"}, kind: anEnte, hint: enteHint},
		{name: "capacity", label: text{"In qualità di", "Capacity"}, kind: aChoice, words: []string{"referente", "delegate", "ente-gestore", "speaker", "staff", "other"}},
		{name: "mode", label: text{"Modalità", "Mode"}, kind: aChoice, words: modes},
		{name: "notice", label: text{"Ha preso visione dell'informativa sui dati personali", "Took note of the privacy notice"}, kind: aCheck, read: noticeRead},
	}
}

// noticeRead says which notice the form speaks of: that of this site.
func noticeRead(string) (any, *domain.Field) { return NoticeVersion, nil }

// rosterDeeds are what can be done about a registration or a presence.
func rosterDeeds() []*deed {
	const roster = "/segreteria/tavoli/{id}/iscritti"
	const at, api = roster + "/{person}/", "/tavoli/{id}/registrations/{person}/"
	const stay, stayAPI = "/segreteria/tavoli/{id}/presenze/{presence}/", "/tavoli/{id}/presences/{presence}/"
	return []*deed{
		{at: "/segreteria/tavoli/{id}/iscrizione", api: "/tavoli/{id}/registrations", title: text{"Iscrivi una persona", "Register somebody"}, roles: rDesks, then: roster, fields: append(personFields(), seatFields()...)},
		{at: at + "conferma", api: api + "confirmation", title: text{"Conferma l'iscrizione", "Confirm the registration"}, roles: rDesks, then: roster},
		{at: at + "modalita", api: api + "mode", title: text{"Cambia la modalità", "Change the mode"}, roles: rDesks, then: roster, fields: []field{{name: "mode", label: text{"Modalità", "Mode"}, kind: aChoice, must: true, words: modes}}},
		{
			at: at + "sostituzione", api: api + "substitution", title: text{"Sostituisci con un'altra persona", "Let another person take the seat"}, roles: rDesks, then: roster,
			fields: append(personFields(), whyField),
		},
		{
			at: at + "codice", api: api + "code", title: text{"Rilascia un codice nuovo", "Issue a new code"}, roles: rDesks, then: roster + "/{person}", told: tellCode,
			hint: text{"Per chi l'ha perso, o non l'ha mai avuto. Il codice di prima non vale più. Si vede una volta sola: accertarsi prima di chi lo chiede.", "For who lost it, or never had one. The earlier one opens nothing any longer. It is shown once: make sure who asks for it."},
		},
		{at: at + "informativa", api: api + "notice", title: text{"Registra la presa visione dell'informativa", "Record that the notice was read"}, roles: rDesks, then: roster, fixed: map[string]any{"notice": NoticeVersion}},
		{
			at: at + "presenza", api: "/tavoli/{id}/presences", title: text{"Registra una presenza", "Record a presence"}, roles: rDesks, then: roster, fixed: map[string]any{"participant": "{person}"}, fill: fillPresence,
			fields: []field{
				{name: "from", label: text{"Da", "From"}, kind: aMoment, must: true}, {name: "to", label: text{"A", "To"}, kind: aMoment, hint: text{"Vuoto: è ancora qui.", "Empty: still here."}},
				{name: "source", label: text{"Come si sa", "How it is known"}, kind: aChoice, must: true, words: sources}, {name: "mode", label: text{"Modalità", "Mode"}, kind: aChoice, words: modes},
				{name: "evidence", label: text{"Documenti su cui poggia", "Documents on which it rests"}, kind: someChoices, pick: pickEvidence}, {name: "note", label: text{"Nota", "Note"}},
			},
		},
		{at: at + "convalida", api: "/tavoli/{id}/presences/validation", title: text{"Convalida la frequenza", "Judge the attendance"}, roles: rStaff, then: roster, fixed: map[string]any{"participant": "{person}"}},
		{at: at + "ritiro", api: api + "withdrawal", title: text{"Ritira l'iscrizione", "Withdraw the registration"}, roles: rDesks, then: roster, fields: []field{whyField}, grave: true},
		{at: at + "rifiuto", api: api + "refusal", title: text{"Non accogliere l'iscrizione", "Refuse the registration"}, roles: rStaff, then: roster, fields: []field{reasonField}, grave: true},
		{at: stay + "fine", api: stayAPI + "end", title: text{"Registra l'uscita", "Record the end"}, roles: rDesks, then: roster, fields: []field{{name: "to", label: text{"Alle", "At"}, kind: aMoment, must: true}}},
		{at: stay + "annullo", api: stayAPI + "annulment", title: text{"Annulla la presenza", "Annul the presence"}, roles: rDesks, then: roster, fields: []field{reasonField}, grave: true},
	}
}

// fillPresence begins with the hours of the tavolo.
func fillPresence(v *visit) (url.Values, domain.Revision, error) {
	t, err := v.tavolo()
	form := url.Values{"source": {string(domain.FromSheet)}}
	if err == nil && t.HoursKnown {
		form.Set("from", t.StartsAt.In(domain.Rome).Format("2006-01-02T15:04"))
		if t.EndsAt != nil && t.EndsAt.Before(v.site.Now()) {
			form.Set("to", t.EndsAt.In(domain.Rome).Format("2006-01-02T15:04"))
		}
	}
	return form, unbound, err
}

// peopleDeeds are what can be done about a person.
func peopleDeeds() []*deed {
	const at, api = "/segreteria/persone/{person}/", "/people/{person}/"
	return []*deed{
		{
			at: at + "iscrizione", api: "/tavoli/{tavolo}/registrations", title: text{"Iscrivi a un tavolo", "Register for a tavolo"}, roles: rDesks, fixed: map[string]any{"participant": "{person}"},
			fields: append([]field{{name: "tavolo", label: text{"Tavolo", "Tavolo"}, kind: aChoice, must: true, pick: pickTavolo}}, seatFields()...),
		},
		{
			at: at + "rettifica", api: api + "rectification", title: text{"Rettifica i dati", "Put the data right"}, roles: rStaff, fill: fillPerson,
			hint: text{"I dati di prima restano leggibili a chi controlla.", "What was held before stays readable for auditors."}, fields: append(personFields(), reasonField),
		},
		{
			at: at + "collegamento", api: api + "link", title: text{"È la stessa persona di un'altra", "It is the same person as another"}, roles: rStaff,
			hint: text{"Le due schede restano, e il collegamento si può togliere.", "Both records stay, and the link can be undone."}, fill: fillSame,
			fields: []field{{name: "as", label: text{"Di chi", "As whom"}, kind: aChoice, must: true, pick: pickSame}, reasonField},
		},
		{
			at: at + "scollegamento", api: api + "unlink", title: text{"Togli il collegamento", "Undo the link"}, roles: rStaff,
			fields: []field{{name: "as", label: text{"Da chi", "From whom"}, kind: aChoice, must: true, pick: pickLinked}, reasonField},
		},
		{
			at: at + "rimozione", api: api + "forgetting", title: text{"Rimuovi la persona", "Forget the person"}, roles: rAdmins, grave: true,
			hint: text{"Nome e recapiti vengono distrutti per sempre, anche nelle copie. I fatti e i conteggi restano, senza nome.", "Name and contacts are destroyed for ever, in copies too. Facts and counts stay, without a name."},
			fields: []field{
				reasonField, {name: "legal_basis", label: text{"Base giuridica", "Legal basis"}, must: true, hint: text{"Per esempio: art. 17 Reg. (UE) 2016/679", "For instance: art. 17 Reg. (EU) 2016/679"}},
				{name: "override", label: text{"Provvedimento che prevale sull'obbligo di conservare", "Order that goes before the duty to keep"}}, {name: "linked", label: text{"Anche le schede che risultano la stessa persona", "Also the records found to be the same person"}, kind: aCheck},
			},
		},
	}
}
