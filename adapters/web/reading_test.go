package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestReadingLog asks who saw what, as the data-protection officer, in both forms and
// at another time.
func TestReadingLog(t *testing.T) {
	r := newRegister(t)
	within, beyond := r.two()
	auditor, dpo := r.token("revisore", `"auditor"`), r.token("rpd", `"dpo"`)
	r.get("/tavoli/dentro/roster?purpose=verifica", as(auditor)).is(200, "")
	then := r.clock.Now().Format(time.RFC3339Nano)
	r.clock.move(24 * time.Hour)
	r.get("/tavoli/fuori/roster?format=csv&purpose=%3Drendiconto", as(auditor)).is(200, "")
	r.get("/people/"+within.person, as(auditor)).is(200, "")
	for query, want := range map[string]string{
		"":                                   "identita-" + within.person + ",tavolo-fuori,tavolo-dentro",
		"?limit=1":                           "identita-" + within.person,
		"?account=revisore":                  "identita-" + within.person + ",tavolo-fuori,tavolo-dentro",
		"?account=rpd":                       "",
		"?account=A+B":                       "",
		"?subject=tavolo-fuori":              "tavolo-fuori",
		"?person=" + within.person:           "identita-" + within.person + ",tavolo-dentro",
		"?person=" + beyond.person:           "tavolo-fuori",
		"?from=2022-03-02":                   "identita-" + within.person + ",tavolo-fuori",
		"?to=2022-03-01":                     "tavolo-dentro",
		"?known_at=" + then:                  "tavolo-dentro",
		"?effective_at=" + then:              "tavolo-dentro",
		"?account=revisore&known_at=" + then: "tavolo-dentro",
		"?person=" + within.person + "&known_at=" + then: "tavolo-dentro",
		"?person=" + beyond.person + "&known_at=" + then: "",
	} {
		a := r.get("/audit/disclosures"+query, as(dpo)).is(200, "")
		var got []string
		for i := 0; a.field("items", fmt.Sprint(i), "subject") != ""; i++ {
			got = append(got, a.field("items", fmt.Sprint(i), "subject"))
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: got %v, want %s", query, got, want)
		}
	}
	if a := r.get("/audit/disclosures?limit=1&cursor="+r.get("/audit/disclosures?limit=1", as(dpo)).field("next_cursor"), as(dpo)); a.field("items", "0", "subject") != "tavolo-fuori" {
		t.Errorf("got %s", a.Body)
	}
	sheet := string(r.get("/audit/disclosures?format=csv", as(dpo)).is(200, "").Body)
	if !strings.Contains(sheet, ";revisore;revisore;tavolo-fuori;Tavolo fuori;esportazione;'=rendiconto;") || strings.Count(sheet, "\r\n") != 4 {
		t.Errorf("got %s", sheet)
	}
	r.get("/audit/disclosures?person="+nobodyKnown, as(dpo)).is(404, "person-not-found")
	r.get("/audit/disclosures?person=Rossi", as(dpo)).is(400, "malformed-query")
	r.get("/audit/disclosures?format=csv&limit=3", as(dpo)).is(400, "malformed-query")
	r.get("/audit/disclosures?format=pdf", as(dpo)).is(406, "not-acceptable")
}

// TestAccountsAtAnotherTime asks who had access then.
func TestAccountsAtAnotherTime(t *testing.T) {
	r := newRegister(t)
	r.token("prima", `"staff"`)
	then := r.clock.Now().Format(time.RFC3339Nano)
	r.clock.move(time.Hour)
	r.token("dopo", `"staff"`)
	r.post("/accounts/prima/roles/revocation", `{"role":"staff"}`)
	a := r.get("/accounts?known_at="+then).is(200, "")
	if a.field("items", "0", "account") != "prima" || a.field("items", "0", "roles", "0", "role") != "staff" || strings.Contains(string(a.Body), "dopo") {
		t.Errorf("got %s", a.Body)
	}
}
