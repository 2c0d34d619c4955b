package web_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestExportOfAPerson reads what a person is given of what is held of them: all of it,
// and nobody else.
func TestExportOfAPerson(t *testing.T) {
	r := newDuty(t)
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`)
	anna := r.post("/tavoli/t/registrations", `{"given_name":"Anna <b>","family_name":"Curiosa","email":"anna@example.org","ente":{"kind":"comune","code":"G273"}}`).field("participant")
	ugo := r.post("/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Estraneo","email":"ugo@example.org"}`).field("participant")
	r.post("/people/"+anna+"/rectification", `{"given_name":"Anna <b>","family_name":"Curiosa","phone":"+39 091 7","reason":"telefono"}`)
	r.post("/people/"+ugo+"/link", `{"as":"`+anna+`","reason":"forse la stessa"}`)
	presence := r.post("/tavoli/t/presences", `{"participant":"`+anna+`","from":"2022-03-01T09:00","source":"desk","mode":"online"}`).field("presence")
	r.post("/tavoli/t/presences/"+presence+"/annulment", `{"reason":"scambio"}`)
	r.post("/tavoli/t/registrations/"+anna+"/substitution", `{"given_name":"Zoe","family_name":"Sostituta","reason":"malattia"}`)
	r.get("/tavoli/t/roster?purpose=appello")
	a := r.get("/people/"+anna+"/export?purpose=richiesta+art.+15").is(200, "")
	var export struct {
		Values        []struct{ Email, Phone string }
		Registrations []struct{ Tavolo, State string }
		Linked        []string
		Facts         []struct {
			Position, Type, Reason string
			Summary                string `json:"summary_it"`
		}
		Disclosures []struct{ Subject, Purpose, Form string }
	}
	if err := json.Unmarshal(a.Body, &export); err != nil {
		t.Fatal(err)
	}
	if len(export.Values) != 2 || export.Values[0].Email != "anna@example.org" || export.Values[1].Phone != "+39 091 7" {
		t.Errorf("values: %+v", export.Values)
	}
	if len(export.Registrations) != 1 || export.Registrations[0].State != "withdrawn" || !slices.Equal(export.Linked, []string{ugo}) {
		t.Errorf("registrations: %+v, linked: %v", export.Registrations, export.Linked)
	}
	var kinds []string
	for _, f := range export.Facts {
		if kinds = append(kinds, f.Type); f.Summary == "" {
			t.Errorf("a fact without words: %+v", f)
		}
	}
	if want := []string{"ParticipantRegistered", "PersonRectified", "PersonsLinked", "PresenceRecorded", "PresenceAnnulled", "DelegateSubstituted"}; !slices.Equal(kinds, want) {
		t.Errorf("facts: %v, want %v", kinds, want)
	}
	if len(export.Disclosures) != 1 || export.Disclosures[0].Purpose != "appello" {
		t.Errorf("disclosures: %+v", export.Disclosures)
	}
	page := r.get("/people/"+anna+"/export", header("Accept", "text/html")).is(200, "")
	for _, body := range []string{string(a.Body), string(page.Body)} {
		for _, other := range []string{"Estraneo", "ugo@", "Sostituta"} {
			if strings.Contains(body, other) {
				t.Errorf("it tells of %s: %s", other, body)
			}
		}
	}
	if body := string(page.Body); !strings.Contains(body, "Anna &lt;b&gt; Curiosa") || strings.Contains(body, "<b>") || !strings.Contains(body, "richiesta art. 15") || !strings.Contains(body, `lang="en"`) {
		t.Errorf("the page is %s", body)
	}
	if log := string(r.get("/audit/disclosures?person=" + anna).Body); strings.Count(log, `"form":"export"`) != 2 {
		t.Errorf("the exports are not in the reading log: %s", log)
	}
	r.get("/people/"+nobodyKnown+"/export").is(404, "person-not-found")
	r.post("/people/"+anna+"/forgetting", strings.Replace(toForget, "}", `,"linked":true}`, 1))
	gone := r.get("/people/"+anna+"/export").is(200, "")
	if gone.field("removed") != "true" || gone.field("values") != "[]" || strings.Contains(string(gone.Body), "Curiosa") || !strings.Contains(string(gone.Body), "PersonForgotten") {
		t.Errorf("of a forgotten person: %s", gone.Body)
	}
}

// TestExportTellsAnswers reads on the page what a person answered when registering.
func TestExportTellsAnswers(t *testing.T) {
	r := newRegister(t)
	r.post("/tavoli", `{"id":"p","subject":"Pubblico","day":"2022-03-30","from":"15:00","to":"17:00","mode":"online"}`)
	r.post("/tavoli/p/convocation", `{}`)
	r.post("/tavoli/p/questions", `{"questions":[{"id":"dieta","kind":"text","text":"Esigenze?"}]}`)
	pia := r.post("/tavoli/p/requests", `{"notice":"1","people":[{"family_name":"Prima","email":"pia@example.org","answers":[{"question":"dieta","answer":"senza glutine <3"}]}]}`).field("people", "0", "participant")
	page := string(r.get("/people/"+pia+"/export", header("Accept", "text/html")).is(200, "").Body)
	if !strings.Contains(page, "dieta: senza glutine &lt;3") {
		t.Errorf("the page is %s", page)
	}
}
