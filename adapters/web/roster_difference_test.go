package web_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/web"
	"tavoli/domain"
)

// TestARosterAtTwoMoments compares what was known at a position with what is known now,
// and backwards, and what had happened by two days.
func TestARosterAtTwoMoments(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	planned := r.get("/tavoli/t").Header.Get("Tavoli-Position")
	anna := r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi"}`).field("participant")
	ugo := r.post("/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Bianchi"}`).field("participant")
	r.post("/tavoli/t/registrations", `{"given_name":"Rita","family_name":"Uguale"}`)
	then, at := r.clock.Now().Format(time.RFC3339Nano), r.get("/tavoli/t").Header.Get("Tavoli-Position")
	r.clock.move(24 * time.Hour)
	r.post("/tavoli/t/registrations/"+ugo+"/withdrawal", `{"reason":"impegni"}`)
	r.post("/people/"+anna+"/rectification", `{"given_name":"Anna Maria","family_name":"Rossi","reason":"nome incompleto"}`)
	zoe := r.post("/tavoli/t/registrations", `{"given_name":"Zoe","family_name":"Nuova"}`).field("participant")

	for _, moment := range []string{"before_known_at=" + then, "before_known_at=" + at} {
		d := r.get("/tavoli/t/roster/difference?"+moment).is(200, "")
		if d.field("same") != "false" || d.field("added", "0", "participant") != zoe || d.field("removed") != "[]" || d.field("before", "lines") != "3" || d.field("after", "lines") != "4" || d.field("before", "known") != "true" {
			t.Errorf("%s: got %s", moment, d.Body)
		}
		for _, want := range []string{`{"path":"state","before":"registered","after":"withdrawn"}`, `{"path":"called","before":"Anna Rossi","after":"Anna Maria Rossi"}`} {
			if !strings.Contains(string(d.Body), want) {
				t.Errorf("%s: %s is not told: %s", moment, want, d.Body)
			}
		}
		if strings.Contains(string(d.Body), "Uguale") {
			t.Errorf("%s: who is as before is told: %s", moment, d.Body)
		}
	}
	if d := r.get("/tavoli/t/roster/difference?before_known_at=" + at); d.field("before", "known_position") != at || d.field("tavolo") != "t" || d.field("subject") == "" {
		t.Errorf("got %s", d.Body)
	}
	if d := r.get("/tavoli/t/roster/difference?known_at="+at).is(200, ""); d.field("removed", "0", "participant") != zoe || d.field("added") != "[]" {
		t.Errorf("backwards: got %s", d.Body)
	}
	if d := r.get("/tavoli/t/roster/difference?before_effective_at="+then+"&effective_at="+then).is(200, ""); d.field("same") != "true" {
		t.Errorf("at one moment: got %s", d.Body)
	}
	if d := r.get("/tavoli/t/roster/difference?before_effective_at="+then).is(200, ""); d.field("added", "0", "participant") != zoe {
		t.Errorf("by what had happened: got %s", d.Body)
	}
	if d := r.get("/tavoli/t/roster/difference?before_known_at=2020-01-01").is(200, ""); d.field("before", "known") != "false" || d.field("before", "lines") != "0" {
		t.Errorf("before it was known: got %s", d.Body)
	}
	if d := r.get("/tavoli/t/roster/difference?known_at="+planned+"&before_known_at=2020-01-01").is(200, ""); d.field("same") != "true" || d.field("after", "known") != "true" {
		t.Errorf("got %s", d.Body)
	}
	r.get("/tavoli/t/roster/difference?known_at=2020-01-01&before_known_at=2020-01-01").is(404, "tavolo-not-found")
	r.get("/tavoli/mai/roster/difference").is(404, "tavolo-not-found")
	r.get("/tavoli/t/roster/difference?before_known_at=99999").is(422, "position-beyond-head")
	for _, wrong := range []string{"before_known_at=ieri", "before_known_at=0", "before_effective_at=5", "prima=1"} {
		r.ask("GET", "/tavoli/t/roster/difference?"+wrong, "").is(400, "malformed-query")
	}
}

// TestAComparisonIsRecorded looks at what is recorded of whoever compares, and at what is
// told to whoever sees no names: what is otherwise in a name alone is nothing to them.
func TestAComparisonIsRecorded(t *testing.T) {
	r := newRegister(t, func(s *web.Server) {
		s.Renderers = map[string]web.Renderer{"csv": plainly{}, "xlsx": plainly{}, "pdf": plainly{}}
	})
	r.convened("t", "")
	anna := r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi"}`).field("participant")
	at := r.get("/tavoli/t").Header.Get("Tavoli-Position")
	r.post("/people/"+anna+"/rectification", `{"given_name":"Anna Maria","family_name":"Rossi","reason":"nome incompleto"}`)
	auditor, reporter := as(r.token("controllore", `"auditor"`)), as(r.token("relatore", `"reporter"`))
	head, err := r.store.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}

	d := r.get("/tavoli/t/roster/difference?before_known_at="+at, reporter).is(200, "")
	if d.field("same") != "true" || strings.Contains(string(d.Body), "Anna") || r.disclosures("relatore", head) != 0 {
		t.Errorf("got %s", d.Body)
	}
	r.get("/tavoli/t/roster/difference?purpose=verifica&before_known_at="+at, auditor).is(200, "")
	page := r.get("/audit/disclosures?account=controllore")
	if n := r.disclosures("controllore", head); n != 1 || page.field("items", "0", "purpose") != "verifica" || page.field("items", "0", "subject") != "tavolo-t" || page.field("items", "0", "form") != domain.AsPage {
		t.Errorf("%d recorded: %s", n, page.Body)
	}
	for _, form := range []string{"csv", "xlsx", "pdf"} {
		paper := r.get("/tavoli/t/roster/difference?format="+form+"&before_known_at="+at, auditor).is(200, "")
		for _, want := range []string{"Anna Maria", `"cambiata"`, "Confronto di due momenti", "alla posizione " + at, "Righe cambiate"} {
			if !strings.Contains(string(paper.Body), want) {
				t.Errorf("%s: %q is not told: %s", form, want, paper.Body)
			}
		}
		if how := paper.Header.Get("Content-Disposition"); how != `attachment; filename="t-confronto.`+form+`"` {
			t.Errorf("got %s", how)
		}
	}
	if n := r.disclosures("controllore", head); n != 4 {
		t.Errorf("got %d: every export counts", n)
	}
}
