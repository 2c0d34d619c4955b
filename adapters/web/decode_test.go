package web_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBadBodies(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	for _, c := range []struct {
		name, path, body string
		status           int
		code, pointer    string
		fault            string
	}{
		{"syntax", "/tavoli", `{"id":`, 400, "invalid-json", "", ""},
		{"trailing data", "/tavoli", `{} {}`, 400, "invalid-json", "", ""},
		{"not an object", "/tavoli", `[]`, 400, "malformed-body", "", "wrong-type"},
		{"a text", "/tavoli", `"x"`, 400, "malformed-body", "", "wrong-type"},
		{"unknown field", "/tavoli", `{"idd":"x"}`, 400, "malformed-body", "/idd", "unknown-field"},
		{"field in capitals", "/tavoli", `{"ID":"x"}`, 400, "malformed-body", "/ID", "unknown-field"},
		{"unknown inner field", "/tavoli", `{"seats":{"in_presence":1,"on_line":2}}`, 400, "malformed-body", "/seats/on_line", "unknown-field"},
		{"unknown field in a list", "/tavoli/t/agenda", `{"items":[{"title":"a"},{"titel":"b"}]}`, 400, "malformed-body", "/items/1/titel", "unknown-field"},
		{"a name to be escaped", "/tavoli", `{"a/b~c":1}`, 400, "malformed-body", "/a~1b~0c", "unknown-field"},
		{"duplicate field", "/tavoli", `{"id":"a","id":"b"}`, 400, "malformed-body", "/id", "duplicate-field"},
		{"duplicate by escape", "/tavoli", `{"id":"a","\u0069d":"b"}`, 400, "malformed-body", "/id", "duplicate-field"},
		{"duplicate inner field", "/tavoli", `{"seats":{"online":1,"online":2}}`, 400, "malformed-body", "/seats/online", "duplicate-field"},
		{"text for a number", "/tavoli", `{"ordinal":"4"}`, 400, "malformed-body", "/ordinal", "wrong-type"},
		{"fraction", "/tavoli", `{"ordinal":4.5}`, 400, "malformed-body", "/ordinal", "wrong-type"},
		{"too large a number", "/tavoli", `{"ordinal":99999999999999999999}`, 400, "malformed-body", "/ordinal", "wrong-type"},
		{"number for a text", "/tavoli", `{"subject":4}`, 400, "malformed-body", "/subject", "wrong-type"},
		{"list for an object", "/tavoli", `{"seats":[1]}`, 400, "malformed-body", "/seats", "wrong-type"},
		{"object for a list", "/tavoli/t/agenda", `{"items":{}}`, 400, "malformed-body", "/items", "wrong-type"},
		{"no truth", "/tavoli/t/registrations", `{"distinct":"yes"}`, 400, "malformed-body", "/distinct", "wrong-type"},
		{"no uuid", "/tavoli/t/registrations", `{"participant":"anna"}`, 400, "malformed-body", "/participant", "wrong-type"},
		{"deep", "/tavoli", `{"subject":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`, 400, "malformed-body", "/subject", "wrong-type"},
		{"too deep", "/tavoli", `{"subject":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, 400, "invalid-json", "", ""},
		{"invalid UTF-8", "/tavoli", "{\"subject\":\"\xff\"}", 400, "invalid-utf8", "", ""},
		{"too large", "/tavoli", `{"subject":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "body-too-large", "", ""},
		{"a day there is not", "/tavoli", `{"id":"x","subject":"x","mode":"online","day":"2022-02-30"}`, 422, "invalid-input", "/day", "bad-day"},
		{"weekday against date", "/tavoli", `{"id":"x","subject":"x","mode":"online","day":"2022-05-25","weekday":"lunedì"}`, 422, "invalid-input", "/weekday", "weekday-mismatch"},
		{"an hour the clocks skip", "/tavoli", `{"id":"x","subject":"x","mode":"online","starts_at":"2022-03-27T02:30"}`, 422, "invalid-input", "/starts_at", "bad-time"},
		{"effective in the future", "/tavoli/t/opening", `{"effective_at":"2023-01-01T00:00"}`, 422, "invalid-input", "/effective_at", "in-the-future"},
		{"effective at no time", "/tavoli/t/opening", `{"effective_at":"ieri"}`, 422, "invalid-input", "/effective_at", "bad-time"},
		{"unknown ente", "/tavoli/t/registrations", `{"family_name":"Rossi","ente":{"kind":"comune","code":"Z999"}}`, 422, "invalid-input", "/ente", "unknown-ente"},
		{"unknown ISTAT code", "/tavoli/t/registrations", `{"family_name":"Rossi","ente":{"kind":"comune","code":"999999"}}`, 422, "invalid-input", "/ente/code", "bad-code"},
		{"unknown person", "/tavoli/t/registrations", `{"participant":"` + nobodyKnown + `"}`, 422, "invalid-input", "/person", "unknown-person"},
		{"not printable", "/tavoli/t/registrations", `{"family_name":"Ro\u0000ssi"}`, 422, "invalid-input", "/family_name", "bad-characters"},
		{"tavolo in the wrong state", "/tavoli/t/closing", ``, 409, "tavolo-not-open", "", ""},
		{"no such tavolo", "/tavoli/x/opening", ``, 404, "tavolo-not-found", "", ""},
		{"an id that is none", "/tavoli/!!/opening", ``, 404, "tavolo-not-found", "", ""},
		{"unknown parameter", "/tavoli/t/opening?dry_run=true", ``, 400, "malformed-query", "dry_run", "unknown-parameter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := r.ask("POST", c.path, c.body)
			a.t = t
			a.is(c.status, c.code)
			if got := a.field("errors", "0", "pointer"); c.fault != "" && (got != c.pointer || a.field("errors", "0", "code") != c.fault) {
				t.Errorf("got %s, want %s at %q", a.Body, c.fault, c.pointer)
			}
			if media := a.Header.Get("Content-Type"); media != "application/problem+json" || a.field("type") == "" || a.field("title") == "" || a.field("detail") == "" {
				t.Errorf("no problem document: %s %s", media, a.Body)
			}
		})
	}
	if items := r.get("/tavoli").field("items", "1"); items != "" {
		t.Errorf("something was planned: %s", items)
	}
}

func TestContentTypes(t *testing.T) {
	r := newRegister(t)
	for media, status := range map[string]int{
		"application/json": 422, "application/json; charset=utf-8": 422, "Application/JSON;charset=UTF-8": 422, `application/json; charset="utf-8"`: 422,
		"application/json; charset=iso-8859-1": 415, "application/json; charset=utf-16": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "": 415, "json": 415,
	} {
		if a := r.ask("POST", "/tavoli", `{}`, header("Content-Type", media)); a.Status != status {
			t.Errorf("%q: got %d, want %d: %s", media, a.Status, status, a.Body)
		}
	}
}

func TestNullIsAbsent(t *testing.T) {
	r := newRegister(t)
	r.post("/tavoli", `{"id":"t","subject":"Abitare","day":"2022-03-24","mode":"online","seats":null,"programma":null,"place":null,"ordinal":null,"effective_at":null}`)
	r.post("/tavoli/t/seats", `{"in_presence":null,"online":2}`)
	r.ask("POST", "/tavoli/t/opening", "null").is(400, "malformed-body")
}

func TestABodyThatBreaksOff(t *testing.T) {
	r := newRegister(t)
	req := request("POST", "/tavoli", `{"id":"t"}`)
	req.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id"`), brokenReader{}))
	a := r.send(req)
	a.is(400, "body-incomplete")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestBadQuestions(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	for path, want := range map[string]string{
		"/tavoli?limit=0":                        "limit",
		"/tavoli?limit=1001":                     "limit",
		"/tavoli?limit=many":                     "limit",
		"/tavoli?from=2022-02-30":                "from",
		"/tavoli?state=gone":                     "state",
		"/tavoli?colour=red":                     "colour",
		"/tavoli?q=a&q=b":                        "q",
		"/tavoli?at_least=-1":                    "at_least",
		"/tavoli?effective_at=ieri":              "effective_at",
		"/tavoli?known_at=2022-13-01":            "known_at",
		"/tavoli?known_at=0":                     "known_at",
		"/tavoli?q=%zz":                          "",
		"/tavoli?cursor=x":                       "cursor",
		"/tavoli/t/roster?state=gone":            "state",
		"/enti?member=perhaps":                   "member",
		"/tavoli/t/roster?ente=Palermo":          "ente",
		"/statistics/quarters/2022-Q5":           "quarter",
		"/audit/events?type=Nothing":             "type",
		"/audit/events?after=x":                  "after",
		"/audit/trail":                           "actor",
		"/tavoli/t/roster?format=csv&limit=10":   "limit",
		"/tavoli?q=" + strings.Repeat("x", 1001): "q",
	} {
		a := r.get(path)
		if a.Status != 400 || a.field("code") != "malformed-query" || a.field("errors", "0", "pointer") != want {
			t.Errorf("%s: got %d %s", path, a.Status, a.Body)
		}
	}
	r.get("/tavoli?at_least=999999").is(422, "position-beyond-head")
	r.get("/tavoli?known_at=999999").is(422, "position-beyond-head")
	for path, status := range map[string]int{"/nothing": 404, "//nothing": 404, "/tavoli/": 404, "/tavoli/t/": 404, "/tavoli//roster": 404, "/tavoli/none": 404, "/enti/comune/Z999": 404, "/audit/trail/persona-" + nobodyKnown: 404, "/audit/trail/x": 404} {
		if a := r.get(path); a.Status != status {
			t.Errorf("%s: got %d %s", path, a.Status, a.Body)
		}
	}
	if a := r.get("/tavoli/t/roster", header("Accept", "image/png")); a.Status != 406 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestMethods(t *testing.T) {
	r := newRegister(t)
	a := r.ask("DELETE", "/tavoli", "").is(405, "method-not-allowed")
	if allow := a.Header.Get("Allow"); allow != "GET, HEAD, OPTIONS, POST" {
		t.Errorf("got %q", allow)
	}
	if a := r.ask("OPTIONS", "/tavoli", ""); a.Status != http.StatusNoContent || a.Header.Get("Allow") == "" {
		t.Errorf("got %d", a.Status)
	}
	if a := r.ask("HEAD", "/tavoli", ""); a.Status != 200 || len(a.Body) > 0 || a.Header.Get("Content-Length") == "0" {
		t.Errorf("got %d %q %v", a.Status, a.Body, a.Header)
	}
}

func TestItalianIsSpokenUnlessEnglishIsAskedFor(t *testing.T) {
	r := newRegister(t)
	for language, want := range map[string]string{
		"": "il tavolo non esiste", "it": "il tavolo non esiste", "en": "there is no such tavolo", "en-GB,it;q=0.5": "there is no such tavolo", "fr, it": "il tavolo non esiste", "fr": "il tavolo non esiste",
	} {
		if a := r.get("/tavoli/x", header("Accept-Language", language)); a.field("detail") != want {
			t.Errorf("%q: got %s", language, a.Body)
		}
	}
	a := r.ask("POST", "/tavoli", `{"day":"2022-02-30"}`, header("Accept-Language", "it"))
	if a.field("errors", "0", "detail") != "non è un identificativo" && a.field("title") != "Dati non validi" {
		t.Errorf("got %s", a.Body)
	}
}

// FuzzBody sends anything as a body. Nothing but what it means may be answered, and
// what is taken in is a document that other readers take for the same.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"id":"t","subject":"Abitare","day":"2022-03-24","mode":"online"}`, `{"seats":{"online":1}}`, `{"id":"\ud800"}`, `{"a":[{"b":null}]}`,
		`{"id":"a","id":"b"}`, ` { } `, `{"effective_at":"2022-02-01T10:00"}`, "\xef\xbb\xbf{}", `{"ordinal":1e2}`, `[`, `{"":0}`, `{"subject":"\\"}`,
	} {
		f.Add([]byte(seed))
	}
	r := newRegister(f)
	r.post("/tavoli", `{"id":"first","subject":"Abitare","day":"2022-03-24","mode":"online"}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		r.t = t
		for _, path := range []string{"/tavoli", "/tavoli/first/agenda", "/tavoli/first/registrations", "/tavoli/first/rectification"} {
			req := request("POST", path, " ")
			req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			a := r.send(req)
			switch {
			case a.Status == 400 || a.Status == 404 || a.Status == 409 || a.Status == 413 || a.Status == 422:
			case a.Status != 200 && a.Status != 201:
				t.Fatalf("%s: %d %s", path, a.Status, a.Body)
			case len(body) > 0 && (!json.Valid(body) || !utf8.Valid(body)):
				t.Fatalf("%s: took in %q", path, body)
			}
		}
	})
}
