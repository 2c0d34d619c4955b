package pages

import (
	"net/url"
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// Fields that many forms have.
var (
	reasonField = field{name: "reason", label: text{"Motivo", "Reason"}, kind: anArea, must: true, hint: text{"Resta nel registro insieme al fatto: niente nomi di persone.", "It stays in the register with the fact: no names of persons."}}
	whyField    = field{name: "reason", label: text{"Motivo", "Reason"}, kind: anArea}
	modes       = []string{string(domain.InPresence), string(domain.Online)}
	threeModes  = append(append([]string{}, modes...), string(domain.Mixed))
)

// whenFields ask for a day and hours in Italy.
func whenFields(must bool) []field {
	return []field{
		{name: "day", label: text{"Giorno", "Day"}, kind: aDay, must: must},
		{name: "from", label: text{"Dalle ore", "From"}, kind: anHour, also: "starts_at"},
		{name: "to", label: text{"Alle ore", "To"}, kind: anHour, also: "ends_at"},
	}
}

// tavoloDeeds are what can be done about a tavolo.
func tavoloDeeds() []*deed {
	const at, api = "/segreteria/tavoli/{id}/", "/tavoli/{id}/"
	return []*deed{
		{
			at: "/segreteria/nuovo/tavolo", api: "/tavoli", title: text{"Programma un tavolo", "Plan a tavolo"}, roles: rStaff, then: "/segreteria/tavoli", made: "/segreteria/tavoli/{id}",
			fields: planFields(),
		},
		{
			at: at + "annuncio", api: api + "announcement", title: text{"Annuncia il tavolo", "Announce the tavolo"}, roles: rStaff,
			hint: text{"Registra che il tavolo è stato pubblicato. Ciò che è pubblicato si può poi solo rettificare o rinviare.", "Records that the tavolo was published. What is published can only be put right or moved afterwards."},
			fields: []field{
				{name: "title", label: text{"Titolo del comunicato", "Title of the release"}}, {name: "released_on", label: text{"Pubblicato il", "Published on"}, kind: aDay},
				{name: "document", label: text{"Riferimento del documento", "Reference of the document"}},
			},
		},
		{
			at: at + "convocazione", api: api + "convocation", title: text{"Registra la convocazione", "Record the convocation"}, roles: rStaff,
			hint: text{"Registra che la nota è partita, con il protocollo come è stampato. L'anteprima è nella pagina del tavolo.", "Records that the letter went out, with the protocol reference as printed. Its preview is on the tavolo's page."},
			fields: []field{
				{name: "protocol", label: text{"Protocollo", "Protocol reference"}, hint: text{"Come stampato: Prot. n. 0227/15/03/22", "As printed: Prot. n. 0227/15/03/22"}},
				{name: "sent_on", label: text{"Inviata il", "Sent on"}, kind: aDay}, {name: "document", label: text{"Riferimento del documento", "Reference of the document"}},
			},
		},
		{
			at: at + "rinvio", api: api + "rescheduling", title: text{"Rinvia a un'altra data", "Move to another date"}, roles: rStaff, fill: fillTavolo,
			hint: text{"L'incontro si sposta. Se la data era solo stampata male, usare la rettifica.", "The meeting moves. If the date was only printed wrongly, put it right instead."}, fields: append(whenFields(true), reasonField),
		},
		{
			at: at + "rettifica", api: api + "rectification", title: text{"Rettifica ciò che è pubblicato", "Put right what was published"}, roles: rStaff,
			hint: text{"L'incontro non si sposta: era sbagliato ciò che è stato scritto.", "The meeting does not move: what was written was wrong."},
			fields: append(append([]field{
				{name: "field", label: text{"Che cosa era sbagliato", "What was wrong"}, kind: aChoice, must: true, words: []string{"schedule", "subject", "place", "platform", "mode", "protocol", "ordinal"}},
				{name: "wrong", label: text{"Come era scritto", "As it was written"}, hint: text{"Vuoto: ciò che ha il registro.", "Empty: what the register has."}},
				{name: "right", label: text{"Come è giusto", "What is right"}, hint: text{"Per data e ora compilare invece i tre campi seguenti; per la modalità: in-presence, online o mixed.", "For date and hours fill in the three fields below instead; for the mode: in-presence, online or mixed."}},
			}, whenFields(false)...), field{name: "document", label: text{"Documento in cui era sbagliato", "Document in which it was wrong"}}, reasonField),
		},
		{
			at: at + "ordine-del-giorno", api: api + "agenda", title: text{"Ordine del giorno", "Agenda"}, roles: rStaff, fill: fillTavolo,
			fields: []field{{name: "items", label: text{"Punti, uno per riga", "Items, one a line"}, kind: anAgenda, hint: text{"Con l'ora davanti, se c'è, e chi interviene dopo una barra: 15:00 Saluti | Elio Tozzi", "With the hour first, if there is one, and who speaks after a bar: 15:00 Greetings | Elio Tozzi"}}},
		},
		{
			at: at + "relatore", api: api + "speakers", title: text{"Invita chi interviene", "Invite a speaker"}, roles: rStaff,
			hint: text{"Il nome di chi interviene viene pubblicato.", "The name of who speaks is published."},
			fields: append(personFields(), field{name: "ente", label: text{"Ente", "Ente"}, kind: anEnte, hint: enteHint},
				field{name: "role", label: text{"Ruolo", "Role"}, kind: aChoice, words: []string{"speaker", "coordinator", "greeting", "author"}}, field{name: "topic", label: text{"Intervento", "Topic"}}),
		},
		{
			at: at + "relatori/{person}/ritiro", api: api + "speakers/{person}/withdrawal", title: text{"Togli dai relatori", "Take off the speakers"}, roles: rStaff, then: "/segreteria/tavoli/{id}", fields: []field{whyField},
		},
		{
			at: at + "posti", api: api + "seats", title: text{"Posti", "Seats"}, roles: rStaff, fill: fillTavolo,
			hint:   text{"Vuoto: nessun limite. Se i posti aumentano, chi attende da più tempo ne ottiene uno.", "Empty: no limit. If seats are added, whoever waits longest gets one."},
			fields: []field{{name: "in_presence", label: text{"In presenza", "In presence"}, kind: aNumber}, {name: "online", label: text{"Online", "Online"}, kind: aNumber}},
		},
		{
			at: at + "regola-di-presenza", api: api + "attendance-rule", title: text{"Regola di presenza", "Attendance rule"}, roles: rStaff, fill: fillTavolo,
			hint:   text{"Quando chi è venuto conta come presente: una quota dell'orario, o dei minuti. Non cambia più dopo la convocazione.", "When somebody who came counts as having attended: a share of the hours, or minutes. It is fixed once the tavolo is convened."},
			fields: []field{{name: "percent", label: text{"Quota dell'orario (%)", "Share of the hours (%)"}, kind: aNumber}, {name: "minutes", label: text{"Minuti", "Minutes"}, kind: aNumber}, {name: "basis", label: text{"Da dove viene la regola", "Where the rule comes from"}}},
		},
		admissionDeed(), questionsDeed(),
		{at: at + "apertura-iscrizioni", api: api + "registrations-opening", title: text{"Apri le iscrizioni", "Open registrations"}, roles: rStaff},
		{at: at + "chiusura-iscrizioni", api: api + "registrations-closing", title: text{"Chiudi le iscrizioni", "Close registrations"}, roles: rStaff, fields: []field{whyField}},
		{at: at + "apertura", api: api + "opening", title: text{"Apri i lavori", "Open the meeting"}, roles: rStaff},
		{at: at + "chiusura", api: api + "closing", title: text{"Chiudi i lavori", "Close the meeting"}, roles: rStaff, hint: text{"Chi non ha una presenza risulta assente.", "Whoever has no presence counts as absent."}},
		{
			at: at + "materiale", api: api + "materials", title: text{"Pubblica un materiale", "Publish material"}, roles: rStaff,
			fields: []field{
				{name: "title", label: text{"Titolo", "Title"}, must: true}, {name: "kind", label: text{"Tipo", "Kind"}, kind: aChoice, must: true, words: []string{"programme", "invitation", "slides", "video", "note", "other"}},
				{name: "url", label: text{"Indirizzo", "Address"}, kind: anAddress}, {name: "sha256", label: text{"Impronta SHA-256", "SHA-256"}}, {name: "on", label: text{"Del", "Dated"}, kind: aDay},
				{name: "authors", label: text{"Autori", "Authors"}, kind: someChoices, pick: pickSpeaker, hint: text{"Tra chi interviene.", "Among the speakers."}},
			},
		},
		{
			at: at + "ospiti", api: api + "guests", title: text{"Conta i non iscritti", "Count guests"}, roles: rDesks, then: "/segreteria/tavoli/{id}/iscritti",
			hint: text{"Quanti sono venuti senza essere iscritti, senza nomi.", "How many came who had not registered, without names."},
			fields: []field{
				{name: "mode", label: text{"Modalità", "Mode"}, kind: aChoice, must: true, words: modes}, {name: "count", label: text{"Quanti", "How many"}, kind: aNumber, must: true},
				{name: "source", label: text{"Come si sa", "How it is known"}, kind: aChoice, must: true, words: sources}, {name: "note", label: text{"Nota", "Note"}},
			},
		},
		{at: at + "annullamento", api: api + "calling-off", title: text{"Annulla il tavolo", "Call the tavolo off"}, roles: rStaff, grave: true, fields: []field{reasonField}},
	}
}

// planFields ask for what a tavolo is.
func planFields() []field {
	list := []field{
		{name: "subject", label: text{"Oggetto", "Subject"}, must: true, most: domain.MaxLine},
		{name: "programma", label: text{"Programma", "Programme"}, kind: aChoice, pick: pickProgramma},
		{name: "ordinal", label: text{"Numero d'ordine", "Ordinal"}, kind: aNumber, hint: text{"6 per il sesto tavolo", "6 for the sixth tavolo"}},
	}
	return append(append(list, whenFields(true)...),
		field{name: "mode", label: text{"Modalità", "Mode"}, kind: aChoice, must: true, words: threeModes},
		field{name: "place", label: text{"Sede", "Place"}}, field{name: "platform", label: text{"Piattaforma", "Platform"}},
		field{name: "seats.in_presence", label: text{"Posti in presenza", "Seats in presence"}, kind: aNumber, hint: text{"Vuoto: nessun limite", "Empty: no limit"}},
		field{name: "seats.online", label: text{"Posti online", "Seats online"}, kind: aNumber, hint: text{"Vuoto: nessun limite", "Empty: no limit"}},
		field{name: "id", label: text{"Identificativo", "Identifier"}, hint: text{"Minuscole, cifre e trattini, come coopera-7; vuoto: lo sceglie il registro.", "Lower-case letters, digits, dashes, as in coopera-7; empty: the register chooses."}},
	)
}

// pickProgramma lists the programmes there are.
func pickProgramma(v *visit) (list []option, err error) {
	programmi, err := v.programmi()
	for _, p := range programmi {
		list = append(list, option{Value: string(p.Programma), Label: p.Title + " (" + string(p.Programma) + ")"})
	}
	return list, err
}

// fillTavolo returns what forms about a tavolo begin with.
func fillTavolo(v *visit) (url.Values, domain.Revision, error) {
	t, err := v.tavolo()
	if err != nil {
		return nil, noRevision, err
	}
	form := url.Values{"day": {string(t.Day)}}
	if from, to, _ := strings.Cut(hours(t.Times), "–"); from != "" {
		form.Set("from", from)
		form.Set("to", to)
	}
	for name, seats := range map[string]*int{"in_presence": t.Seats.InPresence, "online": t.Seats.Online} {
		if seats != nil {
			form.Set(name, strconv.Itoa(*seats))
		}
	}
	if r := t.AttendanceRule; r != nil {
		form.Set("basis", r.Basis)
		for name, n := range map[string]int{"percent": r.Percent, "minutes": r.Minutes} {
			if n > 0 {
				form.Set(name, strconv.Itoa(n))
			}
		}
	}
	form.Set("items", agendaText(t.Agenda))
	return form, t.Revision, nil
}

// agendaText writes an agenda as it is entered.
func agendaText(agenda []projections.AgendaLine) string {
	var b strings.Builder
	for _, a := range agenda {
		line := strings.TrimSpace(a.At + " " + a.Title)
		if a.Speaker != nil {
			line += " | " + a.Speaker.Name
		}
		b.WriteString(line + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// tavolo asks for the tavolo of the address.
func (v *visit) tavolo() (t projections.TavoloDetail, err error) {
	err = v.ask("/tavoli/"+url.PathEscape(v.r.PathValue("id")), nil, &t)
	return t, err
}
