package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/web"
)

// public sets up a tavolo that people register for by themselves.
func (r *register) public(more string) {
	r.t.Helper()
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`)
	r.post("/tavoli", `{"id":"t","subject":"Abitare","day":"2022-03-24","from":"15:00","to":"17:00","mode":"online"`+more+`}`)
	r.post("/tavoli/t/convocation", `{}`)
}

// TestStrangersLearnNothingOfWhoIsRegistered registers a name that is there already:
// the answer is that of any other.
func TestStrangersLearnNothingOfWhoIsRegistered(t *testing.T) {
	r := newRegister(t)
	r.public("")
	body := `{"notice":"1","ente":{"kind":"comune","code":"G273"},"people":[{"given_name":"Anna","family_name":"Rossi"}]}`
	first := r.post("/tavoli/t/requests", body, nobody)
	second := r.post("/tavoli/t/requests", body, nobody)
	other := r.post("/tavoli/t/requests", strings.Replace(body, "Rossi", "Bianchi", 1), nobody)
	for _, a := range []reply{second, other} {
		if a.Status != first.Status || a.field("people", "0", "state") != "registered" || a.field("people", "0", "code") == first.field("people", "0", "code") {
			t.Errorf("got %d %s", a.Status, a.Body)
		}
	}
	found := r.get("/tavoli/t/duplicates").is(200, "")
	if found.field("items", "0", "participants", "1") == "" || found.field("items", "1") != "" {
		t.Errorf("staff are told %s", found.Body)
	}
}

// TestARequestIsTakenOnce clicks twice, goes back and sends again, after the tavolo
// was called off, too.
func TestARequestIsTakenOnce(t *testing.T) {
	r := newRegister(t)
	r.public(`,"seats":{"online":1}`)
	body := `{"notice":"1","people":[{"family_name":"Rossi"}]}`
	first := r.post("/tavoli/t/requests", body, nobody, key("one"))
	r.post("/tavoli/t/calling-off", `{"reason":"sciopero"}`)
	if again := r.post("/tavoli/t/requests", body, nobody, key("one")); string(again.Body) != string(first.Body) {
		t.Errorf("got %s, then %s", first.Body, again.Body)
	}
	r.ask("POST", "/tavoli/t/requests", body, nobody, key("two")).is(409, "tavolo-called-off")
	r.ask("POST", "/tavoli/t/requests", strings.Replace(body, "Rossi", "Bianchi", 1), nobody, key("one")).is(409, "idempotency-key-reused")
	if log := r.log.String(); strings.Contains(log, first.field("people", "0", "code")) || strings.Contains(log, "Rossi") {
		t.Error("the code or the name was logged")
	}
}

// TestASubstitutionIsTakenOnce repeats one whose code opens nothing any longer.
func TestASubstitutionIsTakenOnce(t *testing.T) {
	r := newRegister(t)
	r.public("")
	code := r.post("/tavoli/t/requests", `{"notice":"1","people":[{"family_name":"Rossi"}]}`, nobody).field("people", "0", "code")
	body := `{"code":"` + code + `","family_name":"Bianchi"}`
	first := r.post("/tavoli/t/my-registration/substitution", body, nobody, key("s"))
	again := r.post("/tavoli/t/my-registration/substitution", body, nobody, key("s"))
	if string(first.Body) != string(again.Body) {
		t.Errorf("got %s, then %s", first.Body, again.Body)
	}
	r.ask("POST", "/tavoli/t/my-registration/substitution", body, nobody, key("t")).is(404, "secret-refused")
	if a := r.post("/tavoli/t/my-registration", `{"code":"`+again.field("code")+`"}`, nobody); a.field("person", "family_name") != "Bianchi" {
		t.Errorf("got %s", a.Body)
	}
}

func TestWhatThePublicIsTold(t *testing.T) {
	r := newRegister(t)
	r.public("")
	r.post("/enti", `{"kind":"comune","code":"C356","name":"Castroreale","province":"ME"}`)
	r.post("/enti/comune/C356/aliases", `{"alias":"Castoreale"}`)
	r.post("/enti/comune/C356/referenti", `{"given_name":"Rita","family_name":"Segreta","email":"rita@example.org"}`)
	for _, q := range []string{"castoreale", "Castroreal", "castrorale", "CASTROREÀLE", "castr", "cstroreale"} {
		a := r.get("/public/enti?q="+q, nobody).is(200, "")
		if a.field("items", "0", "code") != "C356" || strings.Contains(string(a.Body), "Segreta") || strings.Contains(string(a.Body), "rita@") {
			t.Errorf("%s: %s", q, a.Body)
		}
	}
	r.get("/public/enti?q=Milano", nobody).is(200, "")
	r.get("/public/enti", nobody).is(400, "")
	if a := r.get("/tavoli/t/form", nobody).is(200, ""); a.field("open") != "true" || a.field("modes") != `["online"]` {
		t.Errorf("got %s", a.Body)
	}
	r.post("/tavoli/t/registrations-closing", ``)
	if a := r.get("/tavoli/t/form", nobody).is(200, ""); a.field("open") != "false" || a.field("why") != "registrations-closed" {
		t.Errorf("got %s", a.Body)
	}
}

// TestFormsOfOneAddress lets an address fill in so many forms, whatever it says of
// itself.
func TestFormsOfOneAddress(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Limits.FormBurst = 2 })
	r.public("")
	from := func(address, forwarded string) option {
		return func(req *http.Request) {
			req.RemoteAddr = address + ":1"
			if forwarded != "" {
				req.Header.Set("X-Forwarded-For", forwarded)
			}
		}
	}
	body := `{"notice":"1","people":[{"family_name":"Rossi"}]}`
	for i, c := range []struct {
		address, forwarded string
		status             int
	}{
		{"192.0.2.1", "", 201}, {"192.0.2.1", "", 201}, {"192.0.2.1", "", 429}, {"192.0.2.1", "198.51.100.7", 429},
		{"198.51.100.7", "", 201},
	} {
		if a := r.ask("POST", "/tavoli/t/requests", body, nobody, from(c.address, c.forwarded)); a.Status != c.status {
			t.Errorf("%d: got %d %s, want %d", i, a.Status, a.Body, c.status)
		}
	}
	r.clock.move(time.Hour)
	r.ask("POST", "/tavoli/t/requests", body, nobody, from("192.0.2.1", "")).is(201, "")
}

// TestTheDoorIsShutAfterwards comes when the tavolo is over, though nobody has closed it.
func TestTheDoorIsShutAfterwards(t *testing.T) {
	r := newRegister(t)
	r.public(`,"seats":{"online":3}`)
	body := `{"notice":"1","people":[{"family_name":"Rossi"}]}`
	code := `"code":"` + r.post("/tavoli/t/requests", body, nobody).field("people", "0", "code") + `"`
	if a := r.get("/tavoli/t/form", nobody); a.field("over") != "false" || a.field("free", "online") != "2" {
		t.Errorf("got %s", a.Body)
	}
	handed := `{"code":"` + r.post("/tavoli/t/requests", body, nobody).field("people", "0", "code") + `","family_name":"Bianchi"}`
	first := r.post("/tavoli/t/my-registration/substitution", handed, nobody, key("before"))
	r.clock.move(time.Date(2022, 3, 24, 16, 0, 0, 0, time.UTC).Sub(r.clock.Now()))
	if a := r.get("/tavoli/t/form", nobody); a.field("over") != "true" || a.field("open") != "false" || a.field("why") != "tavolo-over" {
		t.Errorf("got %s", a.Body)
	}
	r.ask("POST", "/tavoli/t/requests", body, nobody).is(409, "tavolo-over")
	for _, path := range []string{"/withdrawal", "/invitation"} {
		r.ask("POST", "/tavoli/t/my-registration"+path, `{`+code+`}`, nobody).is(409, "tavolo-over")
	}
	r.ask("POST", "/tavoli/t/my-registration/mode", `{`+code+`,"mode":"online"}`, nobody).is(409, "tavolo-over")
	r.ask("POST", "/tavoli/t/my-registration/substitution", `{`+code+`,"family_name":"Tardi"}`, nobody).is(409, "tavolo-over")
	if again := r.post("/tavoli/t/my-registration/substitution", handed, nobody, key("before")); string(again.Body) != string(first.Body) {
		t.Errorf("got %s, then %s", first.Body, again.Body)
	}
	r.post("/tavoli/t/my-registration/rectification", `{`+code+`,"family_name":"Rosso"}`, nobody)
	if a := r.post("/tavoli/t/my-registration", `{`+code+`}`, nobody); a.field("changeable") != "false" || a.field("person", "family_name") != "Rosso" {
		t.Errorf("got %s", a.Body)
	}
	r.post("/tavoli/t/registrations", `{"family_name":"Banco"}`) // staff put down whom they find
}

// TestAnAddressConfirmedTooLate finds that the code opens the request and nothing more.
func TestAnAddressConfirmedTooLate(t *testing.T) {
	r := newRegister(t)
	r.public("")
	r.post("/tavoli/t/admission", `{"confirm_email":true}`)
	made := r.post("/tavoli/t/requests", `{"notice":"1","people":[{"family_name":"Rossi","email":"rossi@example.org"}]}`, nobody)
	at := "/tavoli/t/registrations/" + made.field("people", "0", "participant") + "/code"
	old := `{"code":"` + r.post(at, ``).field("code") + `"}`
	code := `{"code":"` + r.post(at, ``).field("code") + `"}`
	r.ask("POST", "/tavoli/t/my-registration/confirmation", old, nobody).is(404, "secret-refused")
	r.clock.move(25 * time.Hour)
	for range 2 {
		r.ask("POST", "/tavoli/t/my-registration/confirmation", code, nobody).is(409, "registration-lapsed")
	}
	if a := r.post("/tavoli/t/my-registration", code, nobody); a.field("state") != "pending" || a.field("person", "email") != "rossi@example.org" {
		t.Errorf("got %s", a.Body)
	}
}
