package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// inspected says for every question what becomes of an inspector who asks it about
// what lies within the scope, and about what lies beyond. A route that is not here
// fails the test: whoever adds one decides. Nothing but questions is ever let in.
const inspected = `
/status 200 200
/healthz 200 200
/readyz 200 200
/metrics 200 200
/api/v1/status 200 200
/api/v1/openapi.json 200 200
/api/v1/programmi 200 200
/api/v1/programmi/{programma} 200 200
/api/v1/tavoli 200 200
/api/v1/tavoli/{tavolo} 200 200
/api/v1/tavoli/{tavolo}/registrations 200 403
/api/v1/tavoli/{tavolo}/registrations/{participant} 200 403
/api/v1/tavoli/{tavolo}/roster 200 403
/api/v1/tavoli/{tavolo}/roster/difference 200 403
/api/v1/tavoli/{tavolo}/presences 200 403
/api/v1/tavoli/{tavolo}/guests 200 403
/api/v1/tavoli/{tavolo}/evidence 200 403
/api/v1/tavoli/{tavolo}/evidence/{sha256} 200 403
/api/v1/people 200 200
/api/v1/people/{person} 200 404
/api/v1/enti 200 200
/api/v1/enti/{kind}/{code} 200 200
/api/v1/public/enti 400 400
/api/v1/tavoli/{tavolo}/form 200 200
/api/v1/tavoli/{tavolo}/duplicates 403 403
/api/v1/adhesions 403 403
/api/v1/calendar 200 200
/api/v1/tavoli/{tavolo}/calendar 200 200
/api/v1/enti/{kind}/{code}/adhesions/{adhesion} 403 403
/api/v1/statistics/partners 200 403
/api/v1/statistics/enti 200 403
/api/v1/statistics/tavoli 200 403
/api/v1/statistics/quarters/{quarter} 200 403
/api/v1/statistics/summary 200 403
/api/v1/audit/events 403 403
/api/v1/audit/disclosures 403 403
/api/v1/programmi/{programma}/report-mapping 403 403
/api/v1/reports/quarters/{quarter} 403 403
/api/v1/reports/quarters/{quarter}/transmissions 403 403
/api/v1/reports/quarters/{quarter}/transmissions/{transmission} 403 403
/api/v1/reports/quarters/{quarter}/transmissions/{transmission}/difference 403 403
/api/v1/audit/trail 200 403
/api/v1/audit/trail/{stream} 200 403
/api/v1/audit/dossier 403 403
/api/v1/audit/checkpoint 200 200
/api/v1/audit/checkpoints 200 200
/api/v1/audit/proofs 403 403
/api/v1/audit/proofs/{position} 403 403
/api/v1/audit/consistency 200 200
/api/v1/audit/keys 200 200
/api/v1/audit/log/checkpoint 200 200
/api/v1/audit/log/keys 200 200
/api/v1/audit/log/checkpoints/{size} 200 200
/api/v1/audit/log/tile/{level}/{tile} 200 200
/api/v1/audit/log/tile/{level}/{tile}/{part} 200 200
/api/v1/audit/log/tile/{level}/{tile}/{part}/{width} 200 200
/api/v1/audit/log/tile/entries/{tile} 403 403
/api/v1/audit/log/tile/entries/{tile}/{part} 403 403
/api/v1/audit/log/tile/entries/{tile}/{part}/{width} 403 403
/api/v1/letters 403 403
/api/v1/letters/{delivery} 403 403
/api/v1/letters/{delivery}/message 403 403
/api/v1/letter-templates 403 403
/api/v1/letter-templates/{letter} 403 403
/api/v1/accounts 403 403
/api/v1/people/{person}/export 403 403
/api/v1/retention 403 403
/api/v1/retention/evidence 403 403
/api/v1/tasks 403 403
/api/v1/tavoli/{tavolo}/join-link 403 403
/api/v1/retention/forgotten 403 403
/api/v1/me 200 200
/api/v1/admin/backup 403 403
/api/v1/admin/check 403 403
/api/v1/admin/replay 403 403
/api/v1/nodes 403 403
/api/v1/nodes/digests 403 403
/api/v1/nodes/evidence/{sha256} 403 403
`

// A place is what paths are filled in with: within the scope of the tests, or beyond.
type place struct{ programma, tavolo, person, ente, sha256 string }

// path returns the path of a route about the place, with a purpose where it takes one.
func (p place) path(rt documented) string {
	path := strings.NewReplacer(
		"{programma}", p.programma, "{tavolo}", p.tavolo, "{participant}", p.person, "{person}", p.person, "{kind}", "comune", "{code}", p.ente,
		"{sha256}", p.sha256, "{quarter}", "2022-Q1", "{stream}", "tavolo-"+p.tavolo,
		"{position}", "1", "{size}", "1", "{level}", "0", "{tile}", "000", "{part}", "000.p", "{width}", "9",
	).Replace(rt.path)
	query := map[string]string{"purpose": "controllo+di+primo+livello"}
	if strings.HasSuffix(rt.path, "/consistency") {
		query["from"] = "1"
	}
	if strings.HasSuffix(rt.path, "/audit/trail") {
		query["tavolo"] = p.tavolo
	}
	if strings.Contains(rt.path, "/statistics/") || strings.Contains(rt.path, "/reports/") {
		query["programma"] = p.programma
	}
	glue := "?"
	for name, value := range query {
		if rt.takes(name) {
			path, glue = path+glue+name+"="+value, "&"
		}
	}
	return path
}

// takes reports whether a route has a parameter.
func (rt documented) takes(name string) bool {
	list, _ := rt.operation["parameters"].([]any)
	for _, p := range list {
		if p, ok := p.(map[string]any); ok && p["name"] == name {
			return true
		}
		if p, ok := p.(map[string]any); ok && strings.HasSuffix(fmt.Sprint(p["$ref"]), "/"+name) {
			return true
		}
	}
	return false
}

// two sets up two programmes with a tavolo, a person, an ente with a referente and a
// document each.
func (r *register) two() (within, beyond place) {
	for i, p := range []*place{&within, &beyond} {
		*p = place{programma: []string{"3031", "4042"}[i], tavolo: []string{"dentro", "fuori"}[i], ente: []string{"G273", "C351"}[i]}
		name := []string{"Interna", "Esterna"}[i]
		r.post("/programmi", `{"programma":"`+p.programma+`","title":"Programma"}`)
		r.post("/enti", `{"kind":"comune","code":"`+p.ente+`","name":"Comune `+p.ente+`","province":"PA"}`)
		r.post("/enti/comune/"+p.ente+"/referenti", `{"given_name":"Rita","family_name":"Segreta`+name+`"}`)
		r.convened(p.tavolo, `,"programma":"`+p.programma+`"`)
		p.person = r.post("/tavoli/"+p.tavolo+"/registrations", `{"given_name":"Anna","family_name":"`+name+`","email":"`+name+`@example.org"}`).field("participant")
		p.sha256 = r.post("/tavoli/"+p.tavolo+"/evidence?kind=scan&title=Foglio", "firme di "+name, header("Content-Type", "application/pdf")).field("sha256")
		r.post("/tavoli/"+p.tavolo+"/presences", `{"participant":"`+p.person+`","from":"2022-03-01T09:00","source":"desk","mode":"online"}`)
	}
	r.clock.move(time.Hour)
	return within, beyond
}

// inspector makes an account whose one role is to inspect, and returns its secret.
func (r *register) inspector(account, scope string) string {
	r.t.Helper()
	r.post("/accounts", `{"account":"`+account+`","label":"`+account+`"}`)
	r.post("/accounts/"+account+"/roles", `{"role":"inspector","until":"2022-06-30T00:00","scope":`+scope+`}`)
	return r.post("/accounts/"+account+"/tokens", `{}`).field("secret")
}

// ofThePublic reports whether a path is one at which people without an account ask for
// something.
func ofThePublic(path string) bool {
	return strings.Contains(path, "/my-registration") || path == "/api/v1/tavoli/{tavolo}/requests" || path == "/api/v1/adhesions" || path == "/api/v1/adhesions/{adhesion}/own" || path == "/api/v1/attestati/verification"
}

func TestInspectorOnEveryRoute(t *testing.T) {
	r := newRegister(t)
	within, beyond := r.two()
	rights := make(map[string][]string)
	for line := range strings.Lines(strings.TrimSpace(inspected)) {
		words := strings.Fields(line)
		rights[words[0]] = words[1:]
	}
	for name, token := range map[string]string{
		"by programma": r.inspector("ispettrice", `{"programmi":["3031"]}`), "by tavolo": r.inspector("ispettore", `{"tavoli":["dentro"]}`),
	} {
		for _, rt := range documentedRoutes(t) {
			want, ok := rights[rt.path]
			if rt.method != "GET" {
				want, ok = []string{"403", "403"}, true
			}
			if rt.method != "GET" && (strings.HasPrefix(rt.path, "/api/v1/me/") || strings.HasPrefix(rt.path, "/api/v1/sessions") || rt.path == "/api/v1/invitations/acceptance" || ofThePublic(rt.path)) {
				continue // what everybody does with their own account
			}
			if !ok {
				t.Errorf("%s %s: nobody decided what inspectors see of it", rt.method, rt.path)
				continue
			}
			for i, p := range []place{within, beyond} {
				a := r.send(request(rt.method, "/"+p.path(rt), "", as(token)))
				if got := fmt.Sprint(a.Status); got != want[i] {
					t.Errorf("%s: %s %s: got %s %.300s, want %s", name, rt.method, p.path(rt), got, a.Body, want[i])
				}
				for _, secret := range []string{"Esterna", "Segreta"} {
					if strings.Contains(string(a.Body), secret) {
						t.Errorf("%s: %s tells an inspector of %s: %.300s", name, p.path(rt), secret, a.Body)
					}
				}
			}
		}
	}
}

// TestInspectorsSeeTheirScope looks into what the table only says is let in.
func TestInspectorsSeeTheirScope(t *testing.T) {
	r := newRegister(t)
	within, beyond := r.two()
	r.post("/tavoli/fuori/registrations", `{"participant":"`+within.person+`"}`) // she goes to both
	token := r.inspector("ispettrice", `{"programmi":["3031"]}`)
	ask := func(path string) reply { return r.get(path, as(token)) }
	if a := ask("/people?purpose=x").is(200, ""); strings.Count(string(a.Body), `"person"`) != 1 || a.field("items", "0", "name") != "Anna Interna" {
		t.Errorf("got %s", a.Body)
	}
	if a := ask("/people/"+within.person+"?purpose=x").is(200, ""); strings.Contains(string(a.Body), "fuori") || !strings.Contains(string(a.Body), "dentro") {
		t.Errorf("got %s", a.Body)
	}
	ask("/people/"+beyond.person+"?purpose=x").is(404, "person-not-found")
	ask("/tavoli/fuori/roster?purpose=x").is(403, "out-of-scope")
	ask("/tavoli/mai/roster?purpose=x").is(403, "out-of-scope")
	if a := ask("/statistics/tavoli").is(200, ""); strings.Contains(string(a.Body), "fuori") || a.field("totals", "persons", "value") != "1" {
		t.Errorf("got %s", a.Body)
	}
	if a := ask("/tavoli/dentro/roster?purpose=x&contacts=true").is(200, ""); a.field("items", "0", "email") != "Interna@example.org" {
		t.Errorf("got %s", a.Body)
	}
	for _, query := range []string{"actor=account-console", "day=2022-03-01", "account=ispettrice", "programma=4042", "tavolo=fuori"} {
		ask("/audit/trail?purpose=x&"+query).is(403, "out-of-scope")
	}
	ask("/audit/trail?purpose=x&person="+beyond.person).is(404, "person-not-found")
	if a := ask("/audit/trail?purpose=x&person="+within.person).is(200, ""); strings.Contains(string(a.Body), "fuori") || !strings.Contains(string(a.Body), "Anna Interna") {
		t.Errorf("got %s", a.Body)
	}
	ask("/audit/trail/account-ispettrice?purpose=x").is(403, "out-of-scope")
	ask("/audit/trail/identita-"+beyond.person+"?purpose=x").is(404, "person-not-found")
	if a := ask("/audit/trail/ente-comune_G273?purpose=x").is(200, ""); !strings.Contains(string(a.Body), "una persona (") {
		t.Errorf("got %s", a.Body)
	}
	r.post("/tavoli", `{"id":"nuovo","programma":"3031","subject":"Abitare","day":"2022-04-24","mode":"online"}`)
	r.ask("GET", "/tavoli/nuovo/roster?purpose=x", "", as(token)).is(200, "") // the scope is what it is now
}

// TestInspectorsGiveAPurpose asks without one, and with one that says nothing.
func TestInspectorsGiveAPurpose(t *testing.T) {
	r := newRegister(t)
	within, _ := r.two()
	token := r.inspector("ispettrice", `{"tavoli":["dentro"]}`)
	r.post("/tavoli/dentro/groups", `{"group":"g1","title":"Minori","members":["`+within.person+`"]}`)
	for _, path := range []string{"/tavoli/dentro/roster", "/tavoli/dentro/roster?format=csv", "/people", "/people/" + within.person, "/audit/trail/tavolo-dentro", "/tavoli/dentro/roster?purpose=%20"} {
		r.get(path, as(token)).is(422, "purpose-required")
	}
	if a := r.get("/tavoli/dentro", as(token)).is(200, ""); strings.Contains(string(a.Body), "Anna") {
		t.Errorf("without a purpose names are shown: %s", a.Body)
	}
	if a := r.get("/tavoli/dentro?purpose=x", as(token)).is(200, ""); !strings.Contains(string(a.Body), "Anna") {
		t.Errorf("got %s", a.Body)
	}
	r.get("/enti", as(token)).is(200, "")
	if feed := string(r.get("/audit/events?type=PersonalDataDisclosed").Body); strings.Count(feed, `"actor":"account-ispettrice"`) != 1 {
		t.Errorf("got %s", feed)
	}
}

// TestInspectorsWithOtherRoles gives an account two roles: neither takes from the other.
func TestInspectorsWithOtherRoles(t *testing.T) {
	r := newRegister(t)
	r.two()
	token := r.inspector("doppia", `{"tavoli":["dentro"]}`)
	r.post("/accounts/doppia/roles", `{"role":"reporter"}`)
	names := func(path string) bool {
		return strings.Contains(string(r.get(path, as(token)).is(200, "").Body), "Anna")
	}
	if !names("/tavoli/dentro/roster?purpose=x") || names("/tavoli/fuori/roster?purpose=x") || names("/tavoli/dentro/roster") {
		t.Error("a reporter who inspects sees names where they are not to be seen, or none where they are")
	}
	r.get("/audit/events", as(token)).is(200, "")
	r.post("/accounts/doppia/roles", `{"role":"auditor"}`)
	if !names("/tavoli/fuori/roster") {
		t.Error("an auditor who inspects does not see everything")
	}
}

func TestAnInspectionEnds(t *testing.T) {
	r := newRegister(t)
	r.two()
	token := r.inspector("ispettrice", `{"tavoli":["dentro"]}`)
	if me := r.get("/me", as(token)).is(200, ""); me.field("roles", "0", "scope", "tavoli", "0") != "dentro" {
		t.Errorf("got %s", me.Body)
	}
	r.get("/tavoli/dentro/roster?purpose=x&known_at=2022-03-01T12:00", as(token)).is(200, "")
	r.post("/accounts/ispettrice/roles", `{"role":"inspector","until":"2022-06-30T00:00","scope":{"tavoli":["fuori"]}}`)
	r.get("/tavoli/dentro/roster?purpose=x&known_at=2022-03-01T12:00", as(token)).is(403, "out-of-scope")
	r.clock.move(180 * 24 * time.Hour)
	r.get("/tavoli/fuori/roster?purpose=x&known_at=2022-03-01T12:00", as(token)).is(403, "role-required")
	r.ask("POST", "/accounts/ispettrice/roles", `{"role":"inspector","scope":{"tavoli":["fuori"]}}`).is(http.StatusUnprocessableEntity, "invalid-input")
}
