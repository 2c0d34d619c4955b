package projections

import (
	"strings"

	"tavoli/domain"
)

// SubjectInWords says in Italian and in English what was looked at, without any name:
// "Tavolo coopera-6" for tavolo-coopera-6.
func SubjectInWords(subject string) (italian, english string) {
	if words, ok := broadSubjects[subject]; ok {
		return words[0], words[1]
	}
	stream, below, _ := strings.Cut(subject, "/")
	category, id := domain.Stream(stream).Category(), domain.Stream(stream).ID()
	words, known := subjectWords[category]
	if !known || id == "" {
		return subject, subject
	}
	switch category {
	case domain.CategoryIdentita, domain.CategoryDelivery:
		id = id[:min(8, len(id))]
	case domain.CategoryEnte:
		kind, code, _ := strings.Cut(id, "_")
		return InItalian(kind) + " " + code, "Ente " + kind + " " + code
	}
	part, rest, _ := strings.Cut(below, "/")
	switch part {
	case "evidence":
		return "Documento " + rest[:min(8, len(rest))] + " del tavolo " + id, "Document " + rest[:min(8, len(rest))] + " of the tavolo " + id
	case "reports":
		return "Relazione " + rest + " del programma " + id, "Report " + rest + " of the programme " + id
	}
	return words[0] + " " + id, words[1] + " " + id
}

// broadSubjects are what is looked at that is about nobody in particular.
var broadSubjects = map[string][2]string{
	"people": {"Ricerca di persone", "Search for persons"}, "enti": {"Enti con i loro referenti", "Enti with their referenti"}, "letters": {"Lettere spedite", "Letters sent"},
	"retention": {"Scadenze di conservazione", "Retention"}, "audit-trail": {"Atti di un'utenza o di un giorno", "Deeds of an account or a day"},
}

// subjectWords say what the streams are about that are looked at.
var subjectWords = map[string][2]string{
	domain.CategoryTavolo: {"Tavolo", "Tavolo"}, domain.CategoryPresenze: {"Presenze del tavolo", "Presences at the tavolo"}, domain.CategoryIdentita: {"Persona", "Person"},
	domain.CategoryEnte: {"Ente", "Ente"}, domain.CategoryProgramma: {"Programma", "Programme"}, domain.CategoryAccount: {"Utenza", "Account"}, domain.CategoryDelivery: {"Lettera", "Letter"},
	domain.CategoryRegistro: {"Registro", "Register"},
}
