package projections

// InItalian returns a word of the API as people read it: "in presenza" for in-presence.
func InItalian(word string) string {
	if text, ok := italianWords[word]; ok {
		return text
	}
	return word
}

var italianWords = map[string]string{
	"referente": "referente", "delegate": "delegato", "ente-gestore": "ente gestore", "speaker": "relatore", "staff": "staff", "other": "altro",
	"in-presence": "in presenza", "online": "online", "mixed": "mista",
	"registered": "iscritto", "waiting": "in attesa", "confirmed": "confermato", "withdrawn": "ritirato", "refused": "rifiutato", "pending": "da confermare", "lapsed": "scaduto",
	"requested": "da decidere", "approved": "accolta",
	"present": "presente", "absent": "assente", "unknown": "non noto",
	"desk": "banco", "sheet": "foglio firme", "platform": "piattaforma", "statement": "dichiarazione", "self": "conferma personale",
	"planned": "programmato", "announced": "annunciato", "convened": "convocato", "open": "in corso", "closed": "concluso", "called-off": "annullato",
	"page": "pagina", "export": "esportazione", "person": "persona", "tavolo": "tavolo", "ente": "ente", "list": "elenco",
	"coordinator": "coordina", "greeting": "saluti", "author": "autore",
	"programme": "programma", "invitation": "nota-invito", "slides": "slide", "video": "video", "note": "nota",
	"comune": "comune", "libero-consorzio": "libero consorzio comunale", "citta-metropolitana": "città metropolitana", "azienda-sanitaria": "azienda sanitaria",
	"universita": "università", "associazione": "associazione", "ministero": "ministero", "altro": "altro ente",
	"capofila": "capofila", "partner": "partner", "coordinamento": "aderente al coordinamento",
	"yes": "sì", "no": "no",
	"convocazione": "convocazione", "confirmation": "conferma d'iscrizione", "waiting-list": "lista d'attesa", "promotion": "posto assegnato",
	"offer": "posto offerto", "reminder": "promemoria", "join-link": "collegamento per partecipare", "change-of-date": "cambio di data",
	"rectification": "rettifica", "calling-off": "annullamento", "thanks": "ringraziamento con i materiali", "confirm-address": "conferma dell'indirizzo",
	"withdrawal": "ricevuta di ritiro", "refusal": "iscrizione non accolta", "address-lapsed": "indirizzo non confermato", "offer-lapsed": "offerta scaduta", "new-code": "nuovo codice",
	"adhesion-approved": "adesione accolta", "adhesion-refused": "adesione non accolta", "bounced": "è tornata indietro",
	"queued": "in coda", "sending": "in partenza", "failed": "non spedita, si riprova", "sent": "spedita",
	"parked": "messa da parte", "relay": "il server di posta non l'ha accettata per ora", "interrupted": "interrotta prima di cominciare", "uncertain": "non si sa se sia partita",
	"too-many-tries": "troppi tentativi", "no-address": "manca l'indirizzo", "forgotten": "persona rimossa", "not-due": "non è più vera",
	"content": "non si può scrivere", "active": "iscritti e in attesa", "concerned": "tutti gli interessati",
}
