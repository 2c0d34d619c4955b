package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/csv"
	"tavoli/adapters/html"
	"tavoli/adapters/pdf"
	"tavoli/adapters/web"
	"tavoli/adapters/xlsx"
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// renderers are those of the program.
func renderers() map[string]web.Renderer {
	return map[string]web.Renderer{"csv": csv.Renderer{}, "xlsx": xlsx.Renderer{}, "html": html.New(), "pdf": pdf.New()}
}

// reported sets up a programme with a tavolo in the first quarter of 2022 to which
// Anna came and Ugo did not, and returns their ids and Anna's presence.
func (r *register) reported() (anna, ugo, presence string) {
	r.t.Helper()
	r.post("/programmi", `{"programma":"3031","title":"COOPERA","acronym":"COOPERA"}`)
	r.post("/programmi/3031/funding-block", `{"text":"Progetto co-finanziato\ndall'Unione Europea","valid_from":"2021-12-01"}`)
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`)
	r.convened("t", `,"programma":"3031"`)
	anna = r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Bellomo","ente":{"kind":"comune","code":"G273"}}`).field("participant")
	ugo = r.post("/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Calà"}`).field("participant")
	presence = r.post("/tavoli/t/presences", `{"participant":"`+anna+`","from":"2022-03-24T15:00","to":"2022-03-24T16:30","source":"desk","mode":"online"}`).field("presence")
	return anna, ugo, presence
}

// withNames lets the table of persons hold names.
func (r *register) withNames() {
	r.t.Helper()
	r.post("/programmi/3031/report-mapping", `{"columns":[{"name":"Cognome","source":"family_name"},{"name":"Nome","source":"given_name"},{"name":"Ente","source":"ente_name"}]}`)
}

const quarterly = "/reports/quarters/2022-Q1"

var everyForm = []string{"json", "csv", "csv&table=operators", "xlsx", "html", "pdf"}

// files returns a report in every form.
func (r *register) files(more string) map[string]string {
	r.t.Helper()
	all := make(map[string]string)
	for _, form := range everyForm {
		all[form] = string(r.get(quarterly+"?format="+form+more).is(200, "").Body)
	}
	return all
}

func TestFormsOfAReport(t *testing.T) {
	r := newRegister(t)
	r.reported()
	for form, want := range map[string][2]string{
		"json": {"application/json", ""}, "csv": {"text/csv; charset=utf-8; header=present", `attachment; filename="relazione-3031-2022-Q1.csv"`},
		"csv&table=operators": {"text/csv; charset=utf-8; header=present", `attachment; filename="relazione-3031-2022-Q1-operators.csv"`},
		"xlsx":                {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", `attachment; filename="relazione-3031-2022-Q1.xlsx"`},
		"html":                {"text/html; charset=utf-8", `inline; filename="relazione-3031-2022-Q1.html"`}, "pdf": {"application/pdf", `attachment; filename="relazione-3031-2022-Q1.pdf"`},
	} {
		a := r.get(quarterly+"?format="+form).is(200, "")
		if a.Header.Get("Content-Type") != want[0] || a.Header.Get("Content-Disposition") != want[1] || a.Header.Get("Tavoli-Position") == "" {
			t.Errorf("%s: got %v", form, a.Header)
		}
		if tag := a.Header.Get("ETag"); r.get(quarterly+"?format="+form, header("If-None-Match", tag)).Status != 304 {
			t.Errorf("%s: is sent again", form)
		}
	}
	if a := r.get(quarterly, header("Accept", "text/html, */*")); !strings.Contains(string(a.Body), "Progetto co-finanziato") || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("got %v %s", a.Header, a.Body)
	}
	r.get(quarterly+"?format=docx").is(406, "not-acceptable")
	r.get(quarterly+"?format=pdf&table=operators").is(400, "malformed-query")
	r.get(quarterly+"?position=3&known_at=4").is(400, "malformed-query")
	r.get(quarterly+"?position=99999").is(422, "position-beyond-head")
	r.get("/reports/quarters/2022-Q5").is(400, "malformed-query")
	bare := newRegister(t, func(s *web.Server) { s.Renderers = nil })
	bare.get(quarterly).is(404, "programma-not-found")
	bare.reported()
	bare.get(quarterly+"?format=pdf").is(501, "not-offered")
	bare.post("/programmi", `{"programma":"9","title":"Altro"}`)
	bare.get(quarterly).is(400, "malformed-query")
	bare.get(quarterly+"?programma=9").is(200, "")
}

// TestAReportOfThePast asks at a position what was answered there.
func TestAReportOfThePast(t *testing.T) {
	r := newRegister(t)
	_, _, presence := r.reported()
	before := r.files("")
	at := r.get(quarterly).field("position")
	r.clock.move(time.Hour)
	r.post("/tavoli/t/presences/"+presence+"/annulment", `{"reason":"persona sbagliata"}`)
	r.post("/programmi/3031/funding-block", `{"text":"Altro blocco","valid_from":"2021-12-01"}`)
	after := r.files("")
	for _, where := range []string{"&position=" + at, "&known_at=" + at} {
		for form, got := range r.files(where) {
			if got != before[form] || got == after[form] {
				t.Errorf("%s%s: the report of the past is another one", form, where)
			}
		}
	}
	r.ask("POST", "/admin/rebuild", "").is(200, "")
	if again := r.files("&position=" + at); again["pdf"] != before["pdf"] || again["json"] != before["json"] {
		t.Error("the rebuilt register makes other files")
	}
}

// hashes returns the SHA-256 of files as a transmission names them.
func (a reply) hashes() map[string]string {
	a.t.Helper()
	var answer struct {
		Transmission struct {
			Files []domain.ReportFile `json:"files"`
		} `json:"transmission"`
	}
	if err := json.Unmarshal(a.Body, &answer); err != nil {
		a.t.Fatal(err)
	}
	all := make(map[string]string)
	for _, f := range answer.Transmission.Files {
		form := f.Format
		if f.Table != "" {
			form += "&table=" + f.Table
		}
		all[form] = f.SHA256
	}
	return all
}

func TestTransmittedReportsStay(t *testing.T) {
	r := newRegister(t)
	anna, ugo, presence := r.reported()
	r.withNames()
	first := r.post(quarterly+"/transmissions", `{"reference":"Prot. n. 0500"}`, key("one"))
	if again := r.post(quarterly+"/transmissions", `{"reference":"Prot. n. 0500"}`, key("one")); string(again.Body) != string(first.Body) {
		t.Errorf("repeated: got %s, want %s", again.Body, first.Body)
	}
	r.ask("POST", quarterly+"/transmissions", `{"reference":"Prot. n. 0501"}`).is(409, "quarter-transmitted")
	r.post("/tavoli/t/presences/"+presence+"/annulment", `{"reason":"persona sbagliata"}`)
	r.post("/tavoli/t/presences", `{"participant":"`+ugo+`","from":"2022-03-24T15:00","to":"2022-03-24T15:30","source":"sheet","mode":"online"}`)
	if d := r.get(quarterly + "/transmissions/1/difference?with=now"); d.field("same") != "false" || d.field("rows_added", "0", "person") != ugo {
		t.Errorf("got %s", d.Body)
	}
	r.post(quarterly+"/reopening", `{"reason":"foglio firme arrivato dopo"}`)
	r.ask("POST", quarterly+"/transmissions", `{"reference":"Prot. n. 0501"}`).is(422, "invalid-input")
	second := r.post(quarterly+"/transmissions", `{"reference":"Prot. n. 0501","reason":"foglio firme"}`)
	for _, sent := range []reply{first, second} {
		got := make(map[string]string)
		for form, body := range r.files("&position=" + sent.field("transmission", "position")) {
			sum := sha256.Sum256([]byte(body))
			got[form] = hex.EncodeToString(sum[:])
		}
		if want := sent.hashes(); !maps.Equal(got, want) || len(want) != len(everyForm) {
			t.Errorf("transmission %s: made again it is %v, want %v", sent.field("transmission", "number"), got, want)
		}
	}
	d := r.get(quarterly + "/transmissions/2/difference")
	if d.field("rows_added", "0", "person") != ugo || d.field("rows_removed", "0", "person") != anna || !strings.Contains(string(d.Body), `{"path":"figures/minutes","label":"Minuti","before":90,"after":30}`) {
		t.Errorf("got %s", d.Body)
	}
	if strings.Contains(string(d.Body), "Bellomo") {
		t.Error("the difference tells a name")
	}
	list := r.get(quarterly + "/transmissions")
	if list.field("items", "0", "reopened", "reason") != "foglio firme arrivato dopo" || list.field("items", "1", "reference") != "Prot. n. 0501" || list.field("items", "1", "digest") == list.field("items", "0", "digest") {
		t.Errorf("got %s", list.Body)
	}
}

// TestNamesInReports tells names to those who may see them, and records it; what the
// report says beside is the same for everybody, and stays when somebody is forgotten.
func TestNamesInReports(t *testing.T) {
	r := newRegister(t)
	anna, _, _ := r.reported()
	r.withNames()
	reporter, staff := r.token("ministero", `"reporter"`), r.token("segreteria", `"staff"`)
	seen := r.get(quarterly+"?purpose=rendiconto", as(staff))
	hidden := r.get(quarterly+"?position="+seen.field("position"), as(reporter))
	if !strings.Contains(string(seen.Body), "Bellomo") || strings.Contains(string(hidden.Body), "Bellomo") || seen.field("digest") != hidden.field("digest") {
		t.Errorf("got %s and %s", seen.Body, hidden.Body)
	}
	if n := r.disclosures("segreteria", 0); n != 1 || r.disclosures("ministero", 0) != 0 {
		t.Errorf("%d disclosures were recorded", n)
	}
	if csv := r.get(quarterly+"?format=csv&table=figures", as(staff)); strings.Contains(string(csv.Body), "Bellomo") {
		t.Error("the figures tell a name")
	}
	sum := sha256.Sum256([]byte(strings.TrimSuffix(string(hidden.Body), `,"digest":"`+hidden.field("digest")+`"}`) + "}"))
	if hex.EncodeToString(sum[:]) != hidden.field("digest") {
		t.Error("the digest is not of what is told")
	}
	past := r.post("/accounts", `{"account":"altra","label":"altra"}`).field("position") // nobody asked there yet
	r.post("/accounts", `{"account":"ancora","label":"ancora"}`)
	if err := r.store.Forget(t.Context(), domain.PersonaStream(uuid.MustParse(anna))); err != nil {
		t.Fatal(err)
	}
	later := r.get(quarterly+"?position="+past, as(staff))
	if text := string(later.Body); strings.Contains(text, "Bellomo") || !strings.Contains(text, projections.RemovedName(uuid.MustParse(anna))) || later.field("figures", "3", "value") != "1" {
		t.Errorf("somebody forgotten is told otherwise: %s", text)
	}
}

func TestMappingFaultsNameTheColumn(t *testing.T) {
	r := newRegister(t)
	r.reported()
	bad := `{"columns":[{"name":"Cognome","source":"surname"},{"name":"Tipo","source":"ente_kind","codes":[{"from":"comuni","to":"1"}]},{"source":"day"}]}`
	a := r.ask("POST", "/programmi/3031/report-mapping", bad, header("Accept-Language", "it")).is(422, "invalid-input")
	for i, want := range []string{`colonna "Cognome": la fonte non esiste`, `colonna "Tipo": non è tra i valori ammessi`, "colonna 3: è obbligatorio"} {
		if got := a.field("errors", fmt.Sprint(i), "detail"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if a := r.ask("POST", "/programmi/3031/report-mapping", bad); a.field("errors", "0", "detail") != `column "Cognome": there is no source "surname"` || a.field("errors", "0", "pointer") != "/columns/0/source" {
		t.Errorf("got %s", a.Body)
	}
	r.withNames()
	if m := r.get("/programmi/3031/report-mapping"); m.field("columns", "1", "source") != "given_name" || m.field("position") == "0" {
		t.Errorf("got %s", m.Body)
	}
	r.post("/programmi/3031/report-mapping", `{}`)
	if m := r.get("/programmi/3031/report-mapping"); m.field("built_in") != "true" {
		t.Errorf("got %s", m.Body)
	}
}

// TestRosterFiles writes a roster as a workbook and for printing.
func TestRosterFiles(t *testing.T) {
	r := newRegister(t)
	r.reported()
	for format, begins := range map[string]string{"xlsx": "PK", "pdf": "%PDF-"} {
		a := r.get("/tavoli/t/roster?format="+format).is(200, "")
		if !strings.HasPrefix(string(a.Body), begins) || a.Header.Get("Content-Disposition") != `attachment; filename="t.`+format+`"` {
			t.Errorf("%s: got %v", format, a.Header)
		}
		at := a.Header.Get("Tavoli-Position")
		if again := r.get("/tavoli/t/roster?known_at=" + at + "&format=" + format); string(again.Body) == "" || again.Status != 200 {
			t.Errorf("%s: got %d", format, again.Status)
		}
	}
	if n := r.disclosures("console", 0); n == 0 {
		t.Error("no disclosure was recorded")
	}
}

// tooLarge is a form that can hold nothing.
type tooLarge struct{}

// Render implements [web.Renderer].
func (tooLarge) Render(papers.Paper) ([]byte, error) { return nil, domain.ErrReportTooLarge }

func TestAFormThatCannotHoldTheReport(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Renderers["pdf"] = tooLarge{} })
	r.reported()
	r.get(quarterly+"?format=pdf").is(422, "report-too-large")
	r.ask("POST", quarterly+"/transmissions", `{"formats":["pdf","csv"]}`).is(422, "report-too-large")
	if a := r.post(quarterly+"/transmissions", `{}`); len(a.hashes()) != len(everyForm)-1 || a.hashes()["pdf"] != "" {
		t.Errorf("got %s", a.Body)
	}
}
