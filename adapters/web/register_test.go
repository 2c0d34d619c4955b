package web_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestFromPlanToRoster(t *testing.T) {
	r := newRegister(t)
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA","istat":"082053"}`)
	r.convened("coopera-4", `,"seats":{"online":1}`)
	first := r.post("/tavoli/coopera-4/registrations", `{"given_name":"Anna","family_name":"Rossi","ente":{"kind":"comune","code":"082053"}}`).is(http.StatusCreated, "")
	if first.field("state") != "registered" || first.Header.Get("Location") == "" {
		t.Errorf("got %s", first.Body)
	}
	second := r.post("/tavoli/coopera-4/registrations", `{"given_name":"Ugo","family_name":"Bianchi"}`)
	if second.field("state") != "waiting" || second.field("place_in_line") != "1" {
		t.Errorf("got %s", second.Body)
	}
	roster := r.get("/tavoli/coopera-4/roster?at_least="+second.field("position")).is(http.StatusOK, "")
	if roster.field("items", "0", "family_name") != "Bianchi" || roster.field("items", "1", "ente", "code") != "G273" {
		t.Errorf("got %s", roster.Body)
	}
	freed := r.post("/tavoli/coopera-4/registrations/"+first.field("participant")+"/withdrawal", "")
	if freed.field("promoted", "0") != second.field("participant") {
		t.Errorf("got %s", freed.Body)
	}
	if log := r.log.String(); strings.Contains(log, "Rossi") || !strings.Contains(log, `"route":"register-participant"`) {
		t.Errorf("logged %s", log)
	}
}
