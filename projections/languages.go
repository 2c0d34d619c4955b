package projections

import "fmt"

// say returns what is told in the language of the teller.
func (t *teller) say(italian, english string, args ...any) string {
	text := italian
	if t.english == nil {
		text = english
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// in returns an Italian word in the language of the teller.
func (t *teller) in(word string) string {
	if text, ok := englishWords[word]; ok && t.english == nil {
		return text
	}
	return word
}

// counted returns a number with its word, which may be one or many.
func (t *teller) counted(n int, one, many, oneEn, manyEn string) string {
	if n == 1 {
		return "1 " + t.say(one, oneEn)
	}
	return fmt.Sprintf("%d %s", n, t.say(many, manyEn))
}

// englishWords say in English the words of the tales.
var englishWords = map[string]string{
	"in presenza": "in presence", "online": "online", "in modalità mista": "in both modes",

	"Rettificata la data": "Date put right", "Rettificato l'oggetto": "Subject put right", "Rettificata la sede": "Place put right",
	"Rettificata la piattaforma": "Platform put right", "Rettificata la modalità": "Mode put right",
	"Rettificato il protocollo": "Protocol reference put right", "Rettificato il numero d'ordine": "Ordinal put right",

	"relatore": "speaker", "coordinatore": "coordinator", "saluti istituzionali": "greeting", "autore di materiali": "author of materials",

	"programma": "programme", "nota d'invito": "invitation", "presentazione": "slides", "video": "video", "nota": "note", "materiale": "material",

	"referente": "referente", "delegato": "delegate", "ente gestore": "ente gestore", "personale": "staff", "partecipante ad altro titolo": "participant in another capacity",

	"per una rinuncia": "by a withdrawal", "per un'iscrizione non accolta": "by a registration refused",
	"per un cambio di modalità": "by a change of mode", "per l'aumento dei posti": "by more seats",

	"banco di registrazione": "registration desk", "foglio firme": "signature sheet", "report della piattaforma": "report of the platform",
	"dichiarazione del personale": "statement of staff", "conferma del partecipante": "confirmed by the participant",
}
