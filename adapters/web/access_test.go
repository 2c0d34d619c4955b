package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/web"
)

// may says for every route which roles may ask it; "*" is everybody without a token.
// It is written down here once more on purpose. Inspectors have a table of their own.
const may = `
GET /status *
GET /healthz *
GET /readyz *
GET /metrics *
GET /api/v1/status *
GET /api/v1/openapi.json *
GET /api/v1/programmi *
POST /api/v1/programmi admin staff
GET /api/v1/programmi/{programma} *
POST /api/v1/programmi/{programma}/funding-block admin staff
GET /api/v1/programmi/{programma}/report-mapping admin staff operator auditor reporter
POST /api/v1/programmi/{programma}/report-mapping admin staff
POST /api/v1/programmi/{programma}/partners admin staff
POST /api/v1/programmi/{programma}/partners/{kind}/{code}/removal admin staff
POST /api/v1/programmi/{programma}/retention admin
POST /api/v1/programmi/{programma}/holds admin
POST /api/v1/programmi/{programma}/holds/{hold}/lifting admin
GET /api/v1/enti admin staff operator auditor reporter
POST /api/v1/enti admin staff
GET /api/v1/enti/{kind}/{code} admin staff operator auditor reporter
POST /api/v1/enti/{kind}/{code}/renaming admin staff
POST /api/v1/enti/{kind}/{code}/aliases admin staff
POST /api/v1/enti/{kind}/{code}/adhesion admin staff
POST /api/v1/enti/{kind}/{code}/adhesion/end admin staff
POST /api/v1/enti/{kind}/{code}/referenti admin staff
POST /api/v1/enti/{kind}/{code}/referenti/{person}/relief admin staff
POST /api/v1/enti/{kind}/{code}/gestori admin staff
POST /api/v1/enti/{kind}/{code}/gestori/release admin staff
POST /api/v1/enti/{kind}/{code}/sai-projects admin staff
GET /api/v1/tavoli *
POST /api/v1/tavoli admin staff
GET /api/v1/tavoli/{tavolo} *
POST /api/v1/tavoli/{tavolo}/announcement admin staff
POST /api/v1/tavoli/{tavolo}/convocation admin staff
POST /api/v1/tavoli/{tavolo}/rescheduling admin staff
POST /api/v1/tavoli/{tavolo}/rectification admin staff
POST /api/v1/tavoli/{tavolo}/calling-off admin staff
POST /api/v1/tavoli/{tavolo}/agenda admin staff
POST /api/v1/tavoli/{tavolo}/speakers admin staff
POST /api/v1/tavoli/{tavolo}/speakers/{person}/withdrawal admin staff
POST /api/v1/tavoli/{tavolo}/seats admin staff
POST /api/v1/tavoli/{tavolo}/attendance-rule admin staff
POST /api/v1/tavoli/{tavolo}/groups admin staff
POST /api/v1/tavoli/{tavolo}/registrations-opening admin staff
POST /api/v1/tavoli/{tavolo}/registrations-closing admin staff
POST /api/v1/tavoli/{tavolo}/opening admin staff
POST /api/v1/tavoli/{tavolo}/closing admin staff
POST /api/v1/tavoli/{tavolo}/materials admin staff
GET /api/v1/tavoli/{tavolo}/registrations admin staff operator auditor
POST /api/v1/tavoli/{tavolo}/registrations admin staff operator
GET /api/v1/tavoli/{tavolo}/registrations/{participant} admin staff operator auditor
POST /api/v1/tavoli/{tavolo}/registrations/{participant}/confirmation admin staff operator
POST /api/v1/tavoli/{tavolo}/registrations/{participant}/refusal admin staff
POST /api/v1/tavoli/{tavolo}/registrations/{participant}/withdrawal admin staff operator
POST /api/v1/tavoli/{tavolo}/registrations/{participant}/mode admin staff operator
POST /api/v1/tavoli/{tavolo}/registrations/{participant}/substitution admin staff operator
POST /api/v1/tavoli/{tavolo}/registrations/{participant}/notice admin staff operator
GET /api/v1/tavoli/{tavolo}/roster admin staff operator auditor reporter
GET /api/v1/tavoli/{tavolo}/roster/difference admin staff operator auditor reporter
GET /api/v1/public/enti *
GET /api/v1/tavoli/{tavolo}/form *
POST /api/v1/tavoli/{tavolo}/requests *
POST /api/v1/tavoli/{tavolo}/admission admin staff
POST /api/v1/tavoli/{tavolo}/questions admin staff
GET /api/v1/tavoli/{tavolo}/duplicates admin staff operator
POST /api/v1/tavoli/{tavolo}/registrations/{participant}/code admin staff operator
POST /api/v1/adhesions *
GET /api/v1/calendar *
GET /api/v1/tavoli/{tavolo}/calendar *
POST /api/v1/attestati/verification *
POST /api/v1/adhesions/{adhesion}/own *
GET /api/v1/adhesions admin staff auditor
GET /api/v1/enti/{kind}/{code}/adhesions/{adhesion} admin staff auditor
POST /api/v1/enti/{kind}/{code}/adhesions/{adhesion}/approval admin staff
POST /api/v1/enti/{kind}/{code}/adhesions/{adhesion}/refusal admin staff
POST /api/v1/tavoli/{tavolo}/my-registration *
POST /api/v1/tavoli/{tavolo}/my-registration/confirmation *
POST /api/v1/tavoli/{tavolo}/my-registration/offer-acceptance *
POST /api/v1/tavoli/{tavolo}/my-registration/withdrawal *
POST /api/v1/tavoli/{tavolo}/my-registration/mode *
POST /api/v1/tavoli/{tavolo}/my-registration/substitution *
POST /api/v1/tavoli/{tavolo}/my-registration/rectification *
POST /api/v1/tavoli/{tavolo}/my-registration/invitation *
GET /api/v1/tavoli/{tavolo}/presences admin staff operator auditor
POST /api/v1/tavoli/{tavolo}/presences admin staff operator
POST /api/v1/tavoli/{tavolo}/presences/validation admin staff
POST /api/v1/tavoli/{tavolo}/presences/{presence}/end admin staff operator
POST /api/v1/tavoli/{tavolo}/presences/{presence}/annulment admin staff operator
GET /api/v1/tavoli/{tavolo}/guests admin staff operator auditor reporter
POST /api/v1/tavoli/{tavolo}/guests admin staff operator
GET /api/v1/tavoli/{tavolo}/evidence admin staff operator auditor
POST /api/v1/tavoli/{tavolo}/evidence admin staff operator
POST /api/v1/tavoli/{tavolo}/evidence/{sha256}/destruction admin
GET /api/v1/tavoli/{tavolo}/evidence/{sha256} admin staff operator auditor
GET /api/v1/people admin staff operator auditor
GET /api/v1/people/{person} admin staff operator auditor
POST /api/v1/people/{person}/rectification admin staff
POST /api/v1/people/{person}/link admin staff
POST /api/v1/people/{person}/unlink admin staff
GET /api/v1/people/{person}/export admin staff
POST /api/v1/people/{person}/forgetting admin
GET /api/v1/letters admin staff auditor
GET /api/v1/letters/{delivery} admin staff auditor
GET /api/v1/letters/{delivery}/message admin staff
POST /api/v1/letters/{delivery}/resending admin staff
POST /api/v1/letters/{delivery}/return admin staff
POST /api/v1/letter-notices admin staff
GET /api/v1/letter-templates admin staff auditor
GET /api/v1/letter-templates/{letter} admin staff auditor
POST /api/v1/letter-templates/{letter} admin staff
POST /api/v1/letter-templates/{letter}/preview admin staff
POST /api/v1/tavoli/{tavolo}/letters admin staff
POST /api/v1/tavoli/{tavolo}/join-link admin staff
GET /api/v1/tavoli/{tavolo}/join-link admin staff
GET /api/v1/tasks admin staff operator auditor reporter dpo
GET /api/v1/retention admin staff auditor dpo
GET /api/v1/retention/evidence admin staff auditor dpo
GET /api/v1/retention/forgotten admin staff auditor dpo
GET /api/v1/reports/quarters/{quarter} admin staff operator auditor reporter
GET /api/v1/reports/quarters/{quarter}/transmissions admin staff operator auditor reporter
POST /api/v1/reports/quarters/{quarter}/transmissions admin staff
GET /api/v1/reports/quarters/{quarter}/transmissions/{transmission} admin staff operator auditor reporter
GET /api/v1/reports/quarters/{quarter}/transmissions/{transmission}/difference admin staff operator auditor reporter
POST /api/v1/reports/quarters/{quarter}/reopening admin staff
GET /api/v1/statistics/partners admin staff operator auditor reporter
GET /api/v1/statistics/enti admin staff operator auditor reporter
GET /api/v1/statistics/tavoli admin staff operator auditor reporter
GET /api/v1/statistics/quarters/{quarter} admin staff operator auditor reporter
GET /api/v1/statistics/summary admin staff operator auditor reporter
GET /api/v1/audit/events admin staff auditor reporter
GET /api/v1/audit/disclosures admin staff auditor dpo
GET /api/v1/audit/trail admin staff auditor dpo
GET /api/v1/audit/trail/{stream} admin staff auditor dpo
GET /api/v1/audit/dossier admin staff auditor
GET /api/v1/audit/checkpoint *
POST /api/v1/audit/checkpoint admin staff auditor
GET /api/v1/audit/checkpoints *
GET /api/v1/audit/proofs admin staff auditor reporter
GET /api/v1/audit/proofs/{position} admin staff auditor reporter
GET /api/v1/audit/consistency *
GET /api/v1/audit/keys *
POST /api/v1/audit/keys/rotation admin
GET /api/v1/audit/log/checkpoint *
GET /api/v1/audit/log/keys *
GET /api/v1/audit/log/checkpoints/{size} *
GET /api/v1/audit/log/tile/{level}/{tile} *
GET /api/v1/audit/log/tile/{level}/{tile}/{part} *
GET /api/v1/audit/log/tile/{level}/{tile}/{part}/{width} *
GET /api/v1/audit/log/tile/entries/{tile} admin staff auditor reporter
GET /api/v1/audit/log/tile/entries/{tile}/{part} admin staff auditor reporter
GET /api/v1/audit/log/tile/entries/{tile}/{part}/{width} admin staff auditor reporter
GET /api/v1/accounts admin auditor dpo
POST /api/v1/accounts admin
POST /api/v1/accounts/{account}/roles admin
POST /api/v1/accounts/{account}/roles/revocation admin
POST /api/v1/accounts/{account}/tokens admin
POST /api/v1/accounts/{account}/tokens/{token}/revocation admin
POST /api/v1/accounts/{account}/invitation admin
POST /api/v1/accounts/{account}/second-factor/removal admin
POST /api/v1/invitations/acceptance *
POST /api/v1/sessions *
POST /api/v1/sessions/provider *
POST /api/v1/sessions/provider/completion *
POST /api/v1/me/sessions admin staff operator auditor reporter dpo
POST /api/v1/me/session-end admin staff operator auditor reporter dpo
POST /api/v1/me/password admin staff operator auditor reporter dpo
POST /api/v1/me/second-factor admin staff operator auditor reporter dpo
POST /api/v1/me/second-factor/confirmation admin staff operator auditor reporter dpo
POST /api/v1/me/second-factor/removal admin staff operator auditor reporter dpo
GET /api/v1/me admin staff operator auditor reporter dpo
POST /api/v1/admin/rebuild admin
GET /api/v1/admin/backup admin
GET /api/v1/admin/check admin auditor
GET /api/v1/admin/replay admin auditor
GET /api/v1/nodes admin staff auditor
GET /api/v1/nodes/digests admin auditor
GET /api/v1/nodes/evidence/{sha256}
PUT /api/v1/nodes/evidence/{sha256}
`

// A documented is a route as the API document has it.
type documented struct {
	method, path string
	operation    map[string]any
}

// documentedRoutes reads the routes out of the API document.
func documentedRoutes(t testing.TB) (list []documented) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(web.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, operations := range doc.Paths {
		for method, op := range operations {
			list = append(list, documented{strings.ToUpper(method), path, op})
		}
	}
	slices.SortFunc(list, func(a, b documented) int {
		return strings.Compare(a.path+" "+a.method, b.path+" "+b.method)
	})
	return list
}

// filled returns a path with something in its variables.
func filled(path string) string {
	return strings.NewReplacer(
		"{programma}", "3031", "{tavolo}", "coopera-9", "{kind}", "comune", "{code}", "Z999", "{participant}", nobodyKnown, "{person}", nobodyKnown,
		"{presence}", nobodyKnown, "{delivery}", nobodyKnown, "{letter}", "telegram", "{sha256}", strings.Repeat("0", 64), "{quarter}", "2022-Q2", "{stream}", "tavolo-coopera-9", "{account}", "nobody", "{position}", "999999", "{size}", "999999", "{level}", "0", "{tile}", "999", "{part}", "999.p", "{width}", "9", "{token}", nobodyKnown,
	).Replace(path)
}

func TestEveryRouteByRole(t *testing.T) {
	r := newRegister(t)
	tokens := map[string]string{"": "", "none": r.token("without", "")}
	for _, role := range []string{"admin", "staff", "operator", "auditor", "reporter", "dpo"} {
		tokens[role] = r.token("the-"+role, `"`+role+`"`)
	}
	r.post("/accounts", `{"account":"expired","label":"x","roles":["admin"],"until":"2022-03-01T12:00"}`)
	tokens["expired"] = r.post("/accounts/expired/tokens", `{}`).field("secret")
	r.clock.move(5 * time.Hour)

	rights := make(map[string][]string)
	for line := range strings.Lines(strings.TrimSpace(may)) {
		words := strings.Fields(line)
		rights[words[0]+" "+words[1]] = words[2:]
	}
	routes := documentedRoutes(t)
	if len(routes) != len(rights) {
		t.Errorf("%d routes are documented and %d are in the table of rights", len(routes), len(rights))
	}
	for _, rt := range routes {
		roles, ok := rights[rt.method+" "+rt.path]
		if !ok {
			t.Errorf("%s %s is not in the table of rights", rt.method, rt.path)
			continue
		}
		for role, token := range tokens {
			check(t, r, rt, role, token, roles)
		}
	}
}

// check asks a route as a role and compares what becomes of it with the table.
func check(t *testing.T, r *register, rt documented, role, token string, roles []string) {
	t.Helper()
	req := request(rt.method, "/"+filled(rt.path), "", nobody)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	a := r.send(req)
	status := a.Status
	if status == http.StatusForbidden && a.field("code") == "sign-in-refused" {
		status = 200 // let in to ask, and refused
	}
	want := "let in"
	switch {
	case slices.Contains(roles, "*") || slices.Contains(roles, role):
	case role == "":
		want = "401"
	default:
		want = "403"
	}
	got := "let in"
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		got = fmt.Sprint(status)
	}
	if got != want {
		t.Errorf("%s %s as %q: got %s (%d), want %s", rt.method, rt.path, role, got, status, want)
	}
}

func TestTokens(t *testing.T) {
	r := newRegister(t)
	token := r.token("segreteria", `"staff"`)
	if me := r.get("/me", as(token)).is(200, ""); me.field("account") != "segreteria" || me.field("roles", "0", "role") != "staff" {
		t.Errorf("got %s", me.Body)
	}
	for name, o := range map[string]option{
		"unknown": as("tvl_unknown"), "empty": as(""), "another scheme": header("Authorization", "Basic dGF2b2xpOnRhdm9saQ=="), "no scheme": header("Authorization", token),
	} {
		a := r.get("/me", o).is(401, "token-refused")
		if !strings.Contains(a.Header.Get("WWW-Authenticate"), "invalid_token") {
			t.Errorf("%s: got %q", name, a.Header.Get("WWW-Authenticate"))
		}
	}
	r.get("/me", nobody).is(401, "token-missing")
	r.get("/tavoli", as("tvl_unknown")).is(401, "token-refused") // whoever shows a token wants to be known by it

	short := r.post("/accounts/segreteria/tokens", `{"until":"2022-03-02T10:00"}`).field("secret")
	r.get("/me", as(short)).is(200, "")
	r.clock.move(48 * time.Hour)
	r.get("/me", as(short)).is(401, "token-refused")

	id := r.get("/accounts").field("items", "0", "tokens", "0", "token")
	r.post("/accounts/segreteria/tokens/"+id+"/revocation", `{"reason":"perduto"}`)
	r.get("/me", as(token)).is(401, "token-refused")
}

func TestRevokedRole(t *testing.T) {
	r := newRegister(t)
	token := r.token("segreteria", `"staff"`)
	r.ask("POST", "/tavoli", `{}`, as(token)).is(422, "")
	r.post("/accounts/segreteria/roles/revocation", `{"role":"staff"}`)
	r.ask("POST", "/tavoli", `{}`, as(token)).is(403, "role-required")
}

func TestTokenSecretIsToldAgain(t *testing.T) {
	r := newRegister(t)
	r.post("/accounts", `{"account":"a","label":"a"}`)
	first := r.post("/accounts/a/tokens", `{}`, key("one"))
	second := r.post("/accounts/a/tokens", `{}`, key("one"))
	if string(first.Body) != string(second.Body) || !strings.HasPrefix(first.field("secret"), "tvl_") {
		t.Errorf("got %s, then %s", first.Body, second.Body)
	}
	if log := r.log.String(); strings.Contains(log, first.field("secret")) {
		t.Error("the secret was logged")
	}
}

func TestNamesAreForThoseWhoMaySeeThem(t *testing.T) {
	r := newRegister(t)
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`)
	r.post("/enti/comune/G273/referenti", `{"given_name":"Rita","family_name":"Segreta"}`)
	r.convened("t", "")
	at := r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Segreta","email":"anna@example.org"}`).field("position")
	reporter := r.token("counts", `"reporter"`)
	for _, path := range []string{"/tavoli/t/roster?at_least=" + at, "/tavoli/t/roster?format=csv", "/tavoli/t", "/enti", "/enti/comune/G273", "/statistics/enti", "/audit/events", "/tavoli/t/roster?known_at=" + at} {
		a := r.get(path, as(reporter)).is(200, "")
		for _, secret := range []string{"Segreta", "Anna", "Rita", "example.org"} {
			if strings.Contains(string(a.Body), secret) {
				t.Errorf("%s tells a reporter %q: %s", path, secret, a.Body)
			}
		}
	}
	r.get("/tavoli/t/roster?q=anna", as(reporter)).is(400, "malformed-query")
	r.get("/tavoli/t/roster?contacts=true", as(reporter)).is(400, "malformed-query")
	if a := r.get("/tavoli/t", nobody); strings.Contains(string(a.Body), "Anna") || strings.Contains(string(a.Body), "account-console") {
		t.Errorf("the public is told %s", a.Body)
	}
}

func TestDisclosuresAreRecorded(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	r.post("/tavoli/t/registrations", `{"family_name":"Rossi"}`)
	token := r.token("auditor", `"auditor"`)
	r.get("/tavoli/t/roster", as(token)).is(200, "")
	r.get("/tavoli/t/roster", as(token)).is(200, "") // a look shortly after is the same look
	r.get("/tavoli/t/roster?format=csv&purpose=verifica", as(token)).is(200, "")
	r.get("/tavoli/t/roster", header("Accept", "text/csv")).is(200, "") // the console is recorded, too
	feed := string(r.get("/audit/events?type=PersonalDataDisclosed").Body)
	for line, want := range map[string]int{
		`"actor":"account-auditor"`: 2, `"actor":"account-console"`: 1, `"form":"page"`: 1, `"form":"export"`: 2, `"purpose":"verifica"`: 1, `"subject":"tavolo-t"`: 3,
	} {
		if got := strings.Count(feed, line); got != want {
			t.Errorf("%s: got %d, want %d in %s", line, got, want, feed)
		}
	}
}
