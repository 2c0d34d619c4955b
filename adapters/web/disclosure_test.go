package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections/papers"
)

// shownNames are the persons of the tests who are no speakers: whoever is told their
// names is told personal values.
var shownNames = []string{"Interna", "Esterna", "Segreta"}

// namesOf returns the names that an answer tells.
func namesOf(body []byte) (found []string) {
	for _, name := range shownNames {
		if strings.Contains(string(body), name) {
			found = append(found, name)
		}
	}
	return found
}

// plainly writes a paper so that its words can be found, whatever the form.
type plainly struct{}

// Render implements [web.Renderer].
func (plainly) Render(p papers.Paper) ([]byte, error) { return json.Marshal(p) }

// disclosures counts what was recorded of an account, newer than a position.
func (r *register) disclosures(account string, after domain.Position) (n int) {
	r.t.Helper()
	for page, err := range r.store.ReadAll(context.Background(), after) {
		if err != nil {
			r.t.Fatal(err)
		}
		for _, e := range page.Entries {
			rec, err := e.Record()
			if err != nil {
				r.t.Fatal(err)
			}
			if d, ok := rec.Event.(domain.PersonalDataDisclosed); ok && string(d.Account) == account {
				n++
			}
		}
	}
	return n
}

// TestWhatShowsNamesIsRecorded asks every question in every form, as everybody who may:
// an answer that tells a person's name was recorded, before it was given.
func TestWhatShowsNamesIsRecorded(t *testing.T) {
	r := newRegister(t, func(s *web.Server) {
		s.Renderers = map[string]web.Renderer{"csv": plainly{}, "xlsx": plainly{}, "html": plainly{}, "pdf": plainly{}}
	})
	within, _ := r.two()
	r.withNames()
	r.post("/tavoli/dentro/groups", `{"group":"g1","title":"Minori","members":["`+within.person+`"]}`)
	accounts := map[string]string{"ispettrice": r.inspector("ispettrice", `{"programmi":["3031"]}`)}
	for _, role := range []string{"admin", "staff", "operator", "auditor", "reporter", "dpo"} {
		accounts[role] = r.token(role, `"`+role+`"`)
	}
	told := make(map[string]bool)
	for _, rt := range documentedRoutes(t) {
		if rt.method != "GET" {
			continue
		}
		for account, token := range accounts {
			for path := range questions(rt, within) {
				if r.isRecorded(path, account, token) {
					told[rt.path] = true
				}
			}
		}
	}
	for _, path := range []string{"/api/v1/tavoli/{tavolo}/roster", "/api/v1/tavoli/{tavolo}", "/api/v1/people", "/api/v1/people/{person}", "/api/v1/enti", "/api/v1/audit/trail", "/api/v1/audit/trail/{stream}", "/api/v1/reports/quarters/{quarter}"} {
		if !told[path] {
			t.Errorf("nobody was told a name by %s: the test asks too little", path)
		}
	}
}

// questions are the ways to ask a route: about several streams, in each form.
func questions(rt documented, p place) map[string]bool {
	plain := p.path(rt)
	glue := "?"
	if strings.Contains(plain, "?") {
		glue = "&"
	}
	list := map[string]bool{plain: true}
	if rt.takes("format") {
		for _, format := range []string{"csv", "html", "xlsx", "pdf", "csv&table=operators"} {
			list[plain+glue+"format="+format] = true
		}
	}
	for _, more := range []string{"names", "contacts"} {
		if rt.takes(more) {
			list[plain+glue+more+"=true"] = true
		}
	}
	if rt.takes("known_at") {
		list[plain+glue+"known_at=99"] = true
	}
	if strings.HasSuffix(rt.path, "/audit/trail") {
		bare := strings.Replace(plain, "tavolo="+p.tavolo, "limit=1000", 1)
		for _, about := range []string{"actor=account-console", "day=2022-03-01", "person=" + p.person, "ente=comune/G273", "programma=3031", "account=staff"} {
			for _, more := range []string{"", "&format=html", "&known_at=99"} {
				list[bare+"&"+about+more] = true
			}
		}
	}
	if strings.Contains(rt.path, "{stream}") {
		for _, stream := range []string{"presenze-dentro", "identita-" + p.person, "ente-comune_G273", "programma-3031", "account-staff"} {
			list[strings.Replace(plain, "tavolo-dentro", stream, 1)] = true
		}
	}
	return list
}

// isRecorded asks a question, a while after the one before, and reports whether it
// told a name; it fails if that was not recorded.
func (r *register) isRecorded(path, account, token string) bool {
	r.t.Helper()
	r.clock.move(domain.LookTime)
	before, err := r.store.Head(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	a := r.send(request("GET", "/"+path, "", as(token)))
	names := namesOf(a.Body)
	recorded := r.disclosures(account, before)
	switch {
	case len(names) > 0 && recorded == 0:
		r.t.Errorf("GET %s tells %s the names %q, and nothing is recorded", path, account, names)
	case len(names) > 0 && (account == "dpo" || account == "reporter"):
		r.t.Errorf("GET %s tells %s the names %q", path, account, names)
	}
	return len(names) > 0
}

// TestCommandsAreAnsweredWithoutNames looks at what the document says of answers to
// commands: no field of them is a person's.
func TestCommandsAreAnsweredWithoutNames(t *testing.T) {
	doc := loadDocument(t, web.Document())
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if method == "GET" {
				continue
			}
			for status, response := range op.Responses.Map() {
				for media, content := range response.Value.Content {
					for field := range content.Schema.Value.Properties {
						if strings.Contains(" name given_name family_name email phone ", " "+field+" ") {
							t.Errorf("%s %s answers %s with %s of %s", method, path, status, field, fmt.Sprint(media))
						}
					}
				}
			}
		}
	}
}
