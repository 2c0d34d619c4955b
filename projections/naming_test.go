package projections_test

import (
	"testing"

	"tavoli/domain"
)

// TestTextsThatNameAPerson looks for what is, and was, held of somebody.
func TestTextsThatNameAPerson(t *testing.T) {
	anna := numbered("person", 1)
	people := fed(newTape().add(
		described{domain.PersonDescribed{Person: anna}, &domain.Values{GivenName: "Anna", FamilyName: "D'Àngelo La Rosa", Email: "anna@example.org", Phone: "+39 091 740 4811"}},
		described{domain.PersonDescribed{Person: anna}, &domain.Values{GivenName: "Anna", FamilyName: "Verdi", Phone: "12"}},
	).records).People
	for text, named := range map[string]bool{
		"lo chiede Anna": true, "domanda dell'Anna, 3 marzo": true, "per D’ANGELO  LA ROSA": true, "già verdì": true,
		"da ANNA@example.org": true, "tel. 0917404811": true, "tel. 091/740-4811 int. 2": true,
		"Annamaria, inverdire": false, "La Rosa": false, "prot. 740 del 12 marzo": false, "": false,
	} {
		if people.Named(anna, text) != named {
			t.Errorf("%q: got %t", text, !named)
		}
	}
	if people.Named(numbered("person", 2), "lo chiede Anna") {
		t.Error("somebody unknown is named")
	}
}
