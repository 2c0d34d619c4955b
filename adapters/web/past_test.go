package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestThreeMoments asks for the same roster at three moments: what was answered
// then is answered again, byte for byte.
func TestThreeMoments(t *testing.T) {
	r := newRegister(t)
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA","istat":"082053"}`)
	r.post("/tavoli", `{"id":"t","ordinal":6,"subject":"Dall'accoglienza all'inclusione","day":"2022-04-25","mode":"online","seats":{"online":1}}`)
	r.post("/tavoli/t/announcement", "")
	var at []string
	var told []reply
	look := func() {
		at = append(at, r.clock.Now().Format(time.RFC3339Nano))
		told = append(told, r.get("/tavoli/t/roster"))
		r.clock.move(24 * time.Hour)
	}
	anna := r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","ente":{"kind":"comune","code":"082053"}}`).field("participant")
	r.post("/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Bianchi"}`)
	look()
	r.post("/tavoli/t/rectification", `{"field":"schedule","day":"2022-05-25","from":"15:00","to":"17:00","weekday":"mercoledì","reason":"il titolo del comunicato era sbagliato"}`)
	r.post("/people/"+anna+"/rectification", `{"given_name":"Anna Maria","family_name":"Rossi","reason":"nome incompleto"}`)
	look()
	r.post("/tavoli/t/registrations/"+anna+"/withdrawal", "")
	look()
	for i, want := range told {
		a := r.get("/tavoli/t/roster?known_at=" + at[i])
		same := strings.Replace(string(a.Body), fmt.Sprintf(`"known_at":"%s",`, at[i]), "", 1)
		if same != string(want.Body) {
			t.Errorf("at %s: got %s, then it was %s", at[i], same, want.Body)
		}
	}
	for i, want := range told {
		a := r.get("/tavoli/t/roster?effective_at=2199-01-01&known_at=" + at[i][:10]) // to the end of the day
		if a.is(200, "").field("items") != want.field("items") || a.field("counts") != want.field("counts") {
			t.Errorf("on %s: got %s, then it was %s", at[i][:10], a.Body, want.Body)
		}
	}
	r.ask("GET", "/tavoli/t/roster?known_at=2022-02-30", "").is(400, "malformed-query")
	if day := told[0].field("day"); day != "2022-04-25" || told[1].field("day") != "2022-05-25" {
		t.Errorf("got %s", day)
	}
	if name := told[1].field("items", "1", "given_name"); name != "Anna Maria" {
		t.Errorf("got %s", told[1].Body)
	}
	if a := r.get("/tavoli/t?known_at=" + at[0]); a.field("day") != "2022-04-25" || a.field("rectifications") != "[]" {
		t.Errorf("got %s", a.Body)
	}
	if a := r.get("/statistics/tavoli?known_at=" + at[0]); a.field("totals", "persons", "value") != "2" {
		t.Errorf("got %s", a.Body)
	}
	if a := r.get("/enti/comune/082053?known_at="+at[0]).is(200, ""); a.field("name") != "Palermo" {
		t.Errorf("got %s", a.Body)
	}
	if a := r.get("/tavoli/t/roster?ente=082053&known_at="+at[0]).is(200, ""); a.field("total") != "1" {
		t.Errorf("got %s", a.Body)
	}
	if a := r.get("/tavoli/t?known_at=2020-01-01T00:00").is(404, ""); a.field("code") != "tavolo-not-found" {
		t.Errorf("got %s", a.Body)
	}
}

func TestTrails(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	anna := r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi"}`).field("participant")
	r.post("/tavoli/t/registrations/"+anna+"/withdrawal", `{"reason":"malata"}`)
	trail := r.get("/audit/trail/tavolo-t?limit=3").is(200, "")
	if got := trail.field("items", "2", "type"); got != "ParticipantRegistered" || trail.field("next_cursor") == "" {
		t.Errorf("got %s", trail.Body)
	}
	rest := r.get("/audit/trail/tavolo-t?limit=3&cursor=" + trail.field("next_cursor"))
	if rest.field("items", "0", "type") != "ParticipantWithdrawn" || rest.field("items", "0", "reason") != "malata" || rest.field("next_cursor") != "" {
		t.Errorf("got %s", rest.Body)
	}
	if !strings.Contains(string(trail.Body), "Anna Rossi") {
		t.Errorf("an auditor is not told the name: %s", trail.Body)
	}
	r.get("/audit/trail/tavolo-nessuno").is(404, "stream-not-found")
	for query, want := range map[string]int{"actor=account-console": 4, "day=2022-03-01": 4, "actor=account-console&day=2022-03-01": 4, "actor=public": 0, "day=2022-03-02": 0} {
		found := 0
		for path := "/audit/trail?limit=3&" + query; ; {
			page := r.get(path).is(200, "")
			found += strings.Count(string(page.Body), `"stream":"tavolo-t"`)
			if page.field("next_cursor") == "" {
				break
			}
			path = "/audit/trail?limit=3&" + query + "&cursor=" + page.field("next_cursor")
		}
		if found != want {
			t.Errorf("%s: got %d entries, want %d", query, found, want)
		}
	}
}
