package domain

// This file holds the words that letters have before somebody gives them others.

// BuiltIn returns the words that the program has for a kind of letter.
func (k LetterKind) BuiltIn() LetterTemplate { return builtIn[k] }

// Parts of letters that several kinds share.
const (
	toPerson = "Gentile {nome},\n\n"
	facts    = "Quando: {data}\nOre: {ore}\nSi tiene: {modalita}\nSede: {sede}\nPiattaforma: {piattaforma}\n"
	mine     = "Quando: {data}\nOre: {ore}\nPartecipazione: {partecipazione}\nSede: {sede}\nPiattaforma: {piattaforma}\nCollegamento: {link}\n"
	entry    = "\nL'appuntamento per il calendario è allegato.\n"
	own      = "\nPer vedere, modificare o ritirare l'iscrizione, con questo codice personale:\nCodice: {codice}\nPagina: {pagina}\n"
	code     = "Codice: {codice}\nPagina: {pagina}\n\n"
	replies  = "\nPer informazioni si può rispondere a questo messaggio o scrivere a {risposte}.\n"
	regards  = "\nCordiali saluti\n{titolare}\n"
)

var builtIn = map[LetterKind]LetterTemplate{
	LetterConvocazione: {"Convocazione, {data} – {tavolo}", toPerson +
		"è convocato il tavolo «{oggetto}».\n\nProtocollo: {protocollo}\n" + facts +
		"\nOrdine del giorno:\n{programma_lavori}\n\nIntervengono:\n{relatori}\n\n" +
		"Per partecipare occorre iscriversi. Gli enti locali sono invitati a estendere la convocazione agli enti gestori dei propri progetti.\n\nIscrizione: {iscrizione}\n" +
		entry + replies + regards +
		"\nEnglish: you are invited to the meeting described above. Please register to take part."},
	LetterConfirmAddress: {"Confermare l'indirizzo – {tavolo}", toPerson +
		"con questo indirizzo è stata chiesta l'iscrizione al tavolo «{oggetto}», {data}. L'iscrizione vale se viene confermata entro {scadenza}: basta inserire il codice nella pagina «La mia iscrizione».\n\n" + code +
		"Chi non ha chiesto nulla può ignorare questo messaggio.\n" + regards +
		"\nEnglish: please confirm your address in time with the code above; if you asked for nothing, ignore this message."},
	LetterAddressLapsed: {"Iscrizione non confermata – {tavolo}", toPerson +
		"l'indirizzo non è stato confermato in tempo, perciò l'iscrizione al tavolo «{oggetto}», {data}, non è valida. Per partecipare occorre iscriversi di nuovo.\n\nIscrizione: {iscrizione}\n\n" +
		"Chi non ha chiesto nulla può ignorare questo messaggio.\n" + regards +
		"\nEnglish: the address was not confirmed in time, so the registration is void. Please register again if you want to take part."},
	LetterConfirmation: {"Iscrizione registrata, {data} – {tavolo}", toPerson +
		"l'iscrizione al tavolo «{oggetto}» è registrata.\n\n" + mine + own + entry + replies + regards +
		"\nEnglish: you are registered for the meeting described above."},
	LetterNewCode: {"Nuovo codice – {tavolo}", toPerson +
		"per l'iscrizione al tavolo «{oggetto}», {data}, è stato rilasciato un nuovo codice personale. I codici precedenti non valgono più.\n\n" + code +
		"Il codice permette di vedere, modificare o ritirare l'iscrizione: non va comunicato ad altri.\n" + replies + regards +
		"\nEnglish: a new personal code was issued for your registration; earlier codes are no longer valid."},
	LetterWaiting: {"Lista d'attesa, {data} – {tavolo}", toPerson +
		"i posti per il tavolo «{oggetto}» sono esauriti; la richiesta è in lista d'attesa.\n\nPosto in lista: {posto}\n" + mine +
		"\nSe si libera un posto ne sarà data notizia con un altro messaggio.\n" + own + replies + regards +
		"\nEnglish: all seats are taken; you are on the waiting list and will be told when a seat is free."},
	LetterPromotion: {"Posto assegnato, {data} – {tavolo}", toPerson +
		"si è liberato un posto: l'iscrizione al tavolo «{oggetto}» è ora registrata.\n\n" + mine + own + entry + replies + regards +
		"\nEnglish: a seat has become free, and you are now registered."},
	LetterOffer: {"Posto disponibile, da accettare – {tavolo}", toPerson +
		"si è liberato un posto per il tavolo «{oggetto}». Resta riservato fino a {scadenza}: per accettarlo basta inserire il codice nella pagina «La mia iscrizione».\n\n" + code + mine + replies + regards +
		"\nEnglish: a seat is free and is held for you for a while; accept it with the code above."},
	LetterOfferLapsed: {"Posto non accettato in tempo – {tavolo}", toPerson +
		"il posto offerto per il tavolo «{oggetto}», {data}, non è stato accettato in tempo ed è passato a chi segue in lista. La richiesta non è più in lista d'attesa; per tornarci occorre iscriversi di nuovo.\n\n" +
		"Iscrizione: {iscrizione}\n" + replies + regards +
		"\nEnglish: the seat offered was not accepted in time and went to the next in line; register again to return to the waiting list."},
	LetterWithdrawal: {"Iscrizione ritirata, {data} – {tavolo}", toPerson +
		"l'iscrizione al tavolo «{oggetto}», {data}, è stata ritirata o ceduta ad altra persona. Questo messaggio vale come ricevuta.\n\n" +
		"Chi desidera partecipare può iscriversi di nuovo finché le iscrizioni sono aperte.\n\nIscrizione: {iscrizione}\n\n" +
		"Chi non ha chiesto il ritiro è pregato di rispondere a questo messaggio o di scrivere a {risposte}.\n" + regards +
		"\nEnglish: your registration was withdrawn or handed on; this is your receipt. If you did not ask for that, please answer this message."},
	LetterRefusal: {"Iscrizione non accolta, {data} – {tavolo}", toPerson +
		"l'iscrizione al tavolo «{oggetto}», {data}, non è stata accolta.\n" + replies + regards +
		"\nEnglish: your registration for the meeting was not accepted. Please answer this message for information."},
	LetterReminder: {"Promemoria, {data} – {tavolo}", toPerson +
		"si ricorda il tavolo «{oggetto}».\n\n" + mine + "\nOrdine del giorno:\n{programma_lavori}\n\nChi non può partecipare è pregato di ritirare l'iscrizione, così il posto passa a chi attende.\n" + own + replies + regards +
		"\nEnglish: a reminder of the meeting described above. If you cannot come, please withdraw."},
	LetterJoinLink: {"Collegamento per partecipare – {tavolo}", toPerson +
		"ecco il collegamento per partecipare online al tavolo «{oggetto}». È riservato a chi è iscritto: si prega di non diffonderlo.\n\n" + mine + replies + regards +
		"\nEnglish: above is the link to join the meeting online; please do not pass it on."},
	LetterRescheduled: {"Cambio di data, {data} – {tavolo}", toPerson +
		"il tavolo «{oggetto}» è stato spostato.\n\nEra previsto: {data_precedente}\n" + facts + "Motivo: {motivo}\n\nLe iscrizioni restano valide.\n" + entry + replies + regards +
		"\nEnglish: the meeting was moved to the date above; registrations remain valid."},
	LetterRectified: {"Rettifica, {data} – {tavolo}", toPerson +
		"quanto comunicato per il tavolo «{oggetto}» conteneva un errore.\n\n{rettifica}\nMotivo: {motivo}\n\nI dati corretti:\n" + facts + entry + replies + regards +
		"\nEnglish: what was announced was wrong in the point above; the facts given here are right."},
	LetterCalledOff: {"Annullamento, {data} – {tavolo}", toPerson +
		"il tavolo «{oggetto}», previsto per {data}, è annullato.\n\nMotivo: {motivo}\n" + replies + regards +
		"\nEnglish: the meeting is called off."},
	LetterThanks: {"Ringraziamento e materiali – {tavolo}", toPerson +
		"grazie per la partecipazione al tavolo «{oggetto}», {data}.\n\nMateriali pubblicati:\n{materiali}\n" + replies + regards +
		"\nEnglish: thank you for taking part; the published materials are listed above."},
	LetterAdesioneTaken: {"Adesione al Coordinamento accolta: {ente}", toPerson +
		"la richiesta di adesione al Coordinamento presentata per {ente} è stata accolta.\n\nChi riceve questo messaggio è indicato nella scheda come referente e riceverà le convocazioni dei prossimi tavoli.\n" + replies + regards +
		"\nEnglish: the request to join the coordinamento was approved. You are named as referente and will be invited to its meetings."},
	LetterAdesioneNot: {"Adesione al Coordinamento non accolta: {ente}", toPerson +
		"la richiesta di adesione al Coordinamento presentata per {ente} non è stata accolta.\n\nMotivo: {motivo}\n" + replies + regards +
		"\nEnglish: the request to join the coordinamento was not approved, for the reason above."},
}
