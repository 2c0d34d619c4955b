package web_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
)

const toForget = `{"reason":"richiesta del 3 marzo","legal_basis":"art. 17 Reg. (UE) 2016/679"}`

// erasing lets a register erase as an installation does: keys, streams, what is kept.
func erasing(s *web.Server) {
	s.Admin.Erase = func(ctx context.Context, _ domain.Position) error {
		for page, err := range s.Store.ReadAll(ctx, 0) {
			if err != nil {
				return err
			}
			for _, e := range page.Entries {
				rec, err := e.Record()
				if err != nil {
					return err
				}
				fact, ok := rec.Event.(domain.PersonForgotten)
				if !ok {
					continue
				}
				if err := errors.Join(s.Vault.Keys.Destroy(ctx, fact.Keys...), s.Store.Forget(ctx, domain.PersonaStream(fact.Person))); err != nil {
					return err
				}
			}
		}
		s.Forget()
		return nil
	}
}

// TestForgettingNamesNobody shows that no text about somebody forgotten says who it was.
func TestForgettingNamesNobody(t *testing.T) {
	r := newDuty(t)
	anna := r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","email":"anna@example.org"}`).field("participant")
	r.post("/people/"+anna+"/rectification", `{"given_name":"Anna","family_name":"Verdi","reason":"errore"}`)
	for pointer, body := range map[string]string{
		"/reason":      `{"reason":"lo chiede la dott.ssa VERDI","legal_basis":"art. 17"}`,
		"/legal_basis": `{"reason":"richiesta","legal_basis":"domanda dell'Anna"}`,
		"/override":    `{"reason":"richiesta","legal_basis":"art. 17","override":"PEC di anna@example.org"}`,
	} {
		a := r.ask("POST", "/people/"+anna+"/forgetting", body).is(422, "invalid-input")
		if a.field("errors", "0", "pointer") != pointer || a.field("errors", "0", "code") != "names-the-person" {
			t.Errorf("%s: got %s", pointer, a.Body)
		}
	}
	r.post("/people/"+anna+"/forgetting", `{"reason":"richiesta della persona","legal_basis":"art. 17"}`)
}

// seated registers somebody at a tavolo of a programme whose retention is over.
func (r *register) seated(name string) (participant string) {
	r.t.Helper()
	return r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"`+name+`","email":"anna@example.org"}`, key(name)).field("participant")
}

func newDuty(t *testing.T) *register {
	r := newRegister(t, erasing)
	r.post("/programmi", `{"programma":"3031","title":"COOPERA"}`)
	r.convened("t", `,"programma":"3031"`)
	r.post("/programmi/3031/retention", `{"reference_year":2015,"years":5,"basis":"art. 140 Reg. (UE) 1303/2013"}`)
	return r
}

func TestForgettingAPerson(t *testing.T) {
	r := newDuty(t)
	anna := r.seated("Dimenticabile")
	before := r.get("/tavoli/t/roster").field("counts")
	known := r.get("/tavoli/t/roster").Header.Get("Tavoli-Position")
	a := r.post("/people/"+anna+"/forgetting", toForget, key("gone"))
	if a.field("erased") != "true" || a.field("short") != domain.ShortID(uuid.MustParse(anna)) || a.field("forgotten", "0") != anna {
		t.Errorf("got %s", a.Body)
	}
	for _, path := range []string{
		"/tavoli/t/roster", "/tavoli/t/roster?contacts=true", "/tavoli/t/roster?known_at=" + known, "/tavoli/t/roster?format=csv", "/tavoli/t/registrations",
		"/people/" + anna, "/people?q=dimenticabile", "/people/" + anna + "?known_at=" + known, "/audit/trail/tavolo-t", "/audit/trail/identita-" + anna, "/audit/events",
	} {
		if body := string(r.get(path).is(200, "").Body); strings.Contains(body, "Dimenticabile") || strings.Contains(body, "anna@example.org") {
			t.Errorf("%s shows %s", path, body)
		}
	}
	if after := r.get("/tavoli/t/roster").field("counts"); after != before {
		t.Errorf("the counts were %s and are %s", before, after)
	}
	if again := r.post("/people/"+anna+"/forgetting", toForget, key("gone")); again.field("position") != a.field("position") {
		t.Errorf("repeated: %s", again.Body)
	}
	r.post("/people/"+anna+"/forgetting", toForget)
	r.ask("POST", "/tavoli/t/registrations", `{"participant":"`+anna+`"}`).is(409, "person-forgotten")
	r.ask("POST", "/people/"+anna+"/rectification", `{"family_name":"Dimenticabile","reason":"x"}`).is(409, "person-forgotten")
	if again := r.seated("Dimenticabile"); again != anna {
		t.Errorf("the same request makes %s of %s", again, anna)
	}
	r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Dimenticabile"}`).is(201, "") // and is no duplicate
	if page := r.get("/retention/forgotten"); page.field("total") != "1" || page.field("items", "0", "reason") != "richiesta del 3 marzo" {
		t.Errorf("got %s", page.Body)
	}
}

func TestForgettingIsRefused(t *testing.T) {
	r := newDuty(t)
	anna := r.seated("Bianchi")
	r.post("/programmi/3031/retention", `{"reference_year":2023,"years":5,"basis":"art. 82"}`)
	a := r.ask("POST", "/people/"+anna+"/forgetting", toForget).is(409, "retention-stands")
	if a.field("errors", "0", "pointer") != "/programmi/3031/retention" || a.field("errors", "0", "detail") != "2028-12-31" {
		t.Errorf("got %s", a.Body)
	}
	hold := r.post("/programmi/3031/holds", `{"reason":"controllo","reference":"OLAF 12"}`).field("hold")
	if a := r.ask("POST", "/people/"+anna+"/forgetting", toForget).is(409, "hold-stands"); a.field("errors", "0", "detail") != "OLAF 12" || a.field("errors", "1", "code") != "retention-stands" {
		t.Errorf("got %s", a.Body)
	}
	r.post("/programmi/3031/holds/"+hold+"/lifting", `{"reason":"concluso"}`)
	r.ask("POST", "/programmi/3031/holds/"+hold+"/lifting", `{"reason":"concluso"}`).is(404, "hold-not-found")
	r.ask("POST", "/programmi/3031/holds/nonsense/lifting", `{"reason":"concluso"}`).is(404, "hold-not-found")
	r.ask("POST", "/programmi/3031/holds", `{"reason":"x","tavolo":"altrove"}`).is(422, "invalid-input")
	r.ask("POST", "/people/"+nobodyKnown+"/forgetting", toForget).is(404, "person-not-found")
	r.ask("POST", "/people/"+anna+"/forgetting", `{"reason":"x"}`).is(422, "invalid-input")
	order := strings.Replace(toForget, "}", `,"override":"provvedimento 7/2024"}`, 1)
	r.post("/people/"+anna+"/forgetting", order)
	bare := newRegister(t)
	bare.ask("POST", "/people/"+nobodyKnown+"/forgetting", toForget).is(501, "not-offered")
}

// TestForgettingAllThatAreOne forgets two records of one person: one of them alone is
// not to be forgotten, and what binds one binds both.
func TestForgettingAllThatAreOne(t *testing.T) {
	r := newDuty(t)
	anna, other := r.seated("Doppia"), r.seated("Doppia-Rossi")
	r.post("/people/"+other+"/link", `{"as":"`+anna+`","reason":"la stessa"}`)
	r.get("/people/" + anna)
	a := r.ask("POST", "/people/"+anna+"/forgetting", toForget).is(409, "linked-persons")
	if a.field("errors", "0", "pointer") != "/people/"+other {
		t.Errorf("got %s", a.Body)
	}
	together := strings.Replace(toForget, "}", `,"linked":true}`, 1)
	hold := r.post("/programmi/3031/holds", `{"reason":"x"}`).field("hold")
	r.ask("POST", "/people/"+anna+"/forgetting", together).is(409, "hold-stands")
	if page := r.get("/retention/forgotten"); page.field("total") != "0" {
		t.Errorf("half of it was done: %s", page.Body)
	}
	r.post("/programmi/3031/holds/"+hold+"/lifting", `{"reason":"x"}`)
	if a := r.post("/people/"+anna+"/forgetting", together, key("k")); a.field("forgotten", "1") != other {
		t.Errorf("got %s", a.Body)
	}
	if page := r.get("/retention/forgotten"); page.field("total") != "2" {
		t.Errorf("got %s", page.Body)
	}
	third := r.seated("Terza")
	r.get("/people/" + third)
	r.ask("POST", "/people/"+third+"/link", `{"as":"`+anna+`","reason":"x"}`).is(409, "person-forgotten")
}

// TestAnErasureThatFailsIsTold answers before everything is gone.
func TestAnErasureThatFailsIsTold(t *testing.T) {
	r := newDuty(t)
	anna := r.seated("Verdi")
	r.server.Admin.Erase = func(context.Context, domain.Position) error { return errors.New("the disk is full") }
	if a := r.post("/people/"+anna+"/forgetting", toForget, key("k")); a.field("erased") != "false" {
		t.Errorf("got %s", a.Body)
	}
	erasing(r.server)
	if a := r.post("/people/"+anna+"/forgetting", toForget, key("k")); a.field("erased") != "true" {
		t.Errorf("got %s", a.Body)
	}
}

// TestRetentionShowsNamesOnlyWhenAsked looks for what was disclosed.
func TestRetentionShowsNamesOnlyWhenAsked(t *testing.T) {
	r := newDuty(t)
	r.seated("Neri")
	if a := r.get("/retention"); strings.Contains(string(a.Body), "Neri") || a.field("total") != "1" || a.field("programmi", "0", "due") != "1" {
		t.Errorf("got %s", a.Body)
	}
	disclosed := func() int { return strings.Count(string(r.get("/audit/events").Body), `"subject":"retention"`) }
	if disclosed() != 0 {
		t.Error("it was recorded that names were shown")
	}
	if a := r.get("/retention?names=true&purpose=scadenze"); !strings.Contains(string(a.Body), "Neri") {
		t.Errorf("got %s", a.Body)
	}
	if disclosed() != 1 {
		t.Error("it was not recorded that names were shown")
	}
	if a := r.get("/retention?by=2020-12-31"); a.field("total") != "0" {
		t.Errorf("on the last day: %s", a.Body)
	}
}

// TestDestroyingEvidence destroys a document that two tavoli rest on, for one after the
// other.
func TestDestroyingEvidence(t *testing.T) {
	r := newDuty(t)
	r.convened("u", `,"programma":"3031"`)
	var path [2]string
	for i, id := range []string{"t", "u"} {
		path[i] = "/tavoli/" + id + "/evidence/" + r.post("/tavoli/"+id+"/evidence?kind=scan&title=Foglio", "firme", header("Content-Type", "application/pdf")).field("sha256")
	}
	if a := r.get("/retention/evidence"); a.field("total") != "2" || a.field("items", "0", "retain_until") != "2020-12-31" {
		t.Errorf("due: %s", a.Body)
	}
	hold := r.post("/programmi/3031/holds", `{"reason":"controllo","tavolo":"t"}`).field("hold")
	r.ask("POST", path[0]+"/destruction", toForget).is(409, "hold-stands")
	if a := r.get("/retention/evidence"); a.field("total") != "1" {
		t.Errorf("due: %s", a.Body)
	}
	r.post("/programmi/3031/holds/"+hold+"/lifting", `{"reason":"concluso"}`)
	r.post(path[0]+"/destruction", toForget)
	r.post(path[0]+"/destruction", toForget)
	r.get(path[0]).is(409, "evidence-destroyed")
	r.get(path[1]).is(200, "")
	if list := r.get("/tavoli/t/evidence"); list.field("items", "0", "destroyed", "legal_basis") == "" {
		t.Errorf("the list does not say so: %s", list.Body)
	}
	r.ask("POST", "/tavoli/t/evidence?kind=scan&title=Foglio", "firme", header("Content-Type", "application/pdf")).is(409, "evidence-destroyed")
	r.ask("POST", "/tavoli/t/evidence/"+strings.Repeat("0", 64)+"/destruction", toForget).is(404, "evidence-not-found")
	r.post(path[1]+"/destruction", toForget)
	if a := r.get("/retention/evidence"); a.field("total") != "0" {
		t.Errorf("due: %s", a.Body)
	}
	destroyed, err := projections.Ask(t.Context(), r.view, 0, func(m *projections.Models) ([]string, error) { return m.Rosters.Destroyed(), nil })
	if err != nil || len(destroyed) != 1 {
		t.Errorf("to be removed: %v, %v", destroyed, err)
	}
}
