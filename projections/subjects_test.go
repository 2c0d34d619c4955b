package projections_test

import (
	"testing"

	"tavoli/projections"
)

// TestSubjectsInWords says of everything that can be looked at what it is.
func TestSubjectsInWords(t *testing.T) {
	for subject, want := range map[string][2]string{
		"tavolo-coopera-6":                              {"Tavolo coopera-6", "Tavolo coopera-6"},
		"presenze-coopera-6":                            {"Presenze del tavolo coopera-6", "Presences at the tavolo coopera-6"},
		"presenze-coopera-6/evidence/0123456789abcdef":  {"Documento 01234567 del tavolo coopera-6", "Document 01234567 of the tavolo coopera-6"},
		"identita-7f3a1b2c-0000-4000-8000-000000000000": {"Persona 7f3a1b2c", "Person 7f3a1b2c"},
		"ente-comune_G273":                              {"comune G273", "Ente comune G273"},
		"ente-libero-consorzio_x_1":                     {"libero consorzio comunale x_1", "Ente libero-consorzio x_1"},
		"programma-3031":                                {"Programma 3031", "Programme 3031"},
		"programma-3031/reports/2022-Q2":                {"Relazione 2022-Q2 del programma 3031", "Report 2022-Q2 of the programme 3031"},
		"account-segreteria":                            {"Utenza segreteria", "Account segreteria"},
		"people":                                        {"Ricerca di persone", "Search for persons"},
		"audit-trail":                                   {"Atti di un'utenza o di un giorno", "Deeds of an account or a day"},
		"boh":                                           {"boh", "boh"},
		"altro-cosa":                                    {"altro-cosa", "altro-cosa"},
	} {
		if it, en := projections.SubjectInWords(subject); it != want[0] || en != want[1] {
			t.Errorf("%s: got %q, %q, want %q", subject, it, en, want)
		}
	}
}
