package web_test

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// coming lets people register by themselves, and see and change what they have.
func (c *contract) coming() {
	c.row("plan-tavolo", "/tavoli", `{"id":"p","subject":"Pubblico","day":"2022-03-30","from":"15:00","to":"17:00","mode":"mixed","place":"Palermo","seats":{"in_presence":1}}`, 201)
	c.row("register-party", "/tavoli/p/requests", `{"notice":"1","people":[{"family_name":"Presto","mode":"online"}]}`, 409, nobody)
	c.row("convene-tavolo", "/tavoli/p/convocation", `{}`, 200)
	c.row("set-questions", "/tavoli/p/questions", `{"questions":[{"id":"pranzo","kind":"yes-no","text":"Pranzo?"}]}`, 200)
	c.row("set-admission", "/tavoli/p/admission", `{"offer_hours":24}`, 200)
	c.row("set-admission", "/tavoli/off/admission", `{"offer_hours":24}`, 409)
	c.row("set-questions", "/tavoli/off/questions", `{"questions":[{"id":"pranzo","kind":"yes-no","text":"Pranzo?"}]}`, 409)
	c.row("find-enti", "/public/enti?q=palemro", "", 200, nobody)
	c.row("get-form", "/tavoli/p/form", "", 200, nobody)
	c.row("register-party", "/tavoli/none/requests", `{"notice":"1","people":[{"family_name":"Presto"}]}`, 404, nobody)
	party := `{"notice":"1","ente":{"kind":"comune","code":"082053"},"people":[
		{"given_name":"Pia","family_name":"Prima","mode":"in-presence","email":"pia@example.org","answers":[{"question":"pranzo","answer":"yes"}]},
		{"given_name":"Ugo","family_name":"Ultimo","mode":"in-presence"},{"given_name":"Leo","family_name":"Lontano","mode":"online","capacity":"other"}]}`
	made := c.row("register-party", "/tavoli/p/requests", party, 201, nobody)
	code := func(n string) string { return `"code":"` + made.field("people", n, "code") + `"` }
	c.own(code, made.field("people", "0", "participant"))
	if a := c.row("get-calendar", "/calendar?programma=3031", "", 200, nobody); !strings.HasPrefix(string(a.Body), "BEGIN:VCALENDAR\r\n") || strings.Contains(string(a.Body), "UID:tavolo-p@") {
		c.Errorf("got %s", a.Body)
	}
	c.row("get-calendar", "/calendar?quando=x", "", 400, nobody)
	c.row("get-tavolo-calendar", "/tavoli/p/calendar", "", 200, nobody)
	c.row("get-tavolo-calendar", "/tavoli/none/calendar", "", 404, nobody)
	if a := c.row("check-attestato", "/attestati/verification", `{"code":"AB12-CD34"}`, 200, nobody); a.field("issued") != "false" || a.field("code") != "ab12cd34" {
		c.Errorf("got %s", a.Body)
	}
	c.row("check-attestato", "/attestati/verification", `{"code":"<b>"}`, 422, nobody)
	c.confirming()
	c.joining()
	c.crowding()
}

// own does with a registration what its holder can do.
func (c *contract) own(code func(string) string, pia string) {
	at := "/tavoli/p/my-registration"
	first := c.row("show-own", at, `{`+code("0")+`}`, 200, nobody)
	if first.field("person", "family_name") != "Prima" || first.field("ente", "name") != "Palermo" || first.field("answers", "0", "answer") != "yes" || first.field("invites") != "true" {
		c.Errorf("got %s", first.Body)
	}
	second := c.row("show-own", at, `{`+code("1")+`}`, 200, nobody)
	if second.field("state") != "waiting" || second.field("place_in_line") != "1" {
		c.Errorf("got %s", second.Body)
	}
	for route, path := range map[string]string{"show-own": "", "confirm-own": "/confirmation", "accept-own": "/offer-acceptance", "withdraw-own": "/withdrawal", "rectify-own": "/rectification", "invite-gestori": "/invitation"} {
		c.row(route, at+path, `{"code":"indovinato"}`, 404, nobody)
	}
	c.row("change-own-mode", at+"/mode", `{"code":"indovinato","mode":"online"}`, 404, nobody)
	c.row("substitute-own", at+"/substitution", `{"code":"indovinato"}`, 404, nobody)
	c.row("invite-gestori", at+"/invitation", `{`+code("2")+`}`, 409, nobody)
	invitation := c.row("invite-gestori", at+"/invitation", `{`+code("0")+`}`, 200, nobody).field("code")
	c.row("register-party", "/tavoli/p/requests", `{"notice":"1","invitation":"`+invitation+`","people":[{"family_name":"Gestore","mode":"online"}]}`, 201, nobody)
	c.row("rectify-own", at+"/rectification", `{`+code("0")+`,"given_name":"Pia","family_name":"Primissima"}`, 200, nobody)
	c.row("change-own-mode", at+"/mode", `{`+code("2")+`,"mode":"in-presence"}`, 409, nobody)
	c.row("change-own-mode", at+"/mode", `{`+code("2")+`,"mode":"online"}`, 200, nobody)
	c.row("accept-own", at+"/offer-acceptance", `{`+code("1")+`}`, 409, nobody)
	c.row("withdraw-own", at+"/withdrawal", `{`+code("0")+`,"reason":"impegni"}`, 200, nobody)
	c.row("substitute-own", at+"/substitution", `{`+code("0")+`,"family_name":"Tardi"}`, 409, nobody)
	c.row("issue-code", "/tavoli/p/registrations/"+pia+"/code", ``, 409)
	offered := c.row("show-own", at, `{`+code("1")+`}`, 200, nobody)
	if offered.field("offered_until") == "" {
		c.Errorf("got %s", offered.Body)
	}
	c.row("accept-own", at+"/offer-acceptance", `{`+code("1")+`}`, 200, nobody)
	other := c.row("substitute-own", at+"/substitution", `{`+code("2")+`,"family_name":"Sostituto"}`, 200, nobody)
	c.row("show-own", at, `{`+code("2")+`}`, 404, nobody)
	c.code = other.field("code")
	anew := c.row("issue-code", "/tavoli/p/registrations/"+other.field("participant")+"/code", ``, 200)
	c.row("show-own", at, `{"code":"`+c.code+`"}`, 404, nobody)
	c.code = anew.field("code")
	c.row("list-duplicates", "/tavoli/p/duplicates", "", 200)
}

// confirming asks for addresses to be confirmed.
func (c *contract) confirming() {
	c.row("plan-tavolo", "/tavoli", `{"id":"q","subject":"Conferme","day":"2022-03-30","from":"15:00","to":"17:00","mode":"online"}`, 201)
	c.row("convene-tavolo", "/tavoli/q/convocation", `{}`, 200)
	c.row("set-admission", "/tavoli/q/admission", `{"confirm_email":true}`, 200)
	c.row("register-party", "/tavoli/q/requests", `{"notice":"1","people":[{"family_name":"Attesa"}]}`, 422, nobody)
	made := c.row("register-party", "/tavoli/q/requests", `{"notice":"1","people":[{"family_name":"Attesa","email":"attesa@example.org"}]}`, 201, nobody)
	if made.field("people", "0", "state") != "pending" || made.field("people", "0", "code") != "" || made.field("people", "0", "confirm_by") == "" {
		c.Errorf("the code was told to whoever asked: %s", made.Body)
	}
	code := c.row("issue-code", "/tavoli/q/registrations/"+made.field("people", "0", "participant")+"/code", ``, 200).field("code")
	c.row("close-registrations", "/tavoli/q/registrations-closing", ``, 200)
	c.row("confirm-own", "/tavoli/q/my-registration/confirmation", `{"code":"`+code+`"}`, 409, nobody)
	c.row("open-registrations", "/tavoli/q/registrations-opening", ``, 200)
	if a := c.row("confirm-own", "/tavoli/q/my-registration/confirmation", `{"code":"`+strings.ToUpper(code)+`"}`, 200, nobody); a.field("state") != "registered" {
		c.Errorf("got %s", a.Body)
	}
	c.row("call-off-tavolo", "/tavoli/q/calling-off", `{"reason":"x"}`, 200)
	c.row("withdraw-own", "/tavoli/q/my-registration/withdrawal", `{"code":"`+code+`"}`, 409, nobody)
}

// joining asks for enti to join the coordinamento.
func (c *contract) joining() {
	scheda := `{"notice":"1","ente":{"kind":"comune","code":"082053"},"referenti":[{"given_name":"Rosa","family_name":"Nuova","email":"rosa@example.org","from":"2022-04-01"}]}`
	made := c.row("request-adhesion", "/adhesions", scheda, 201, nobody)
	at := "/enti/comune/G273/adhesions/" + made.field("adhesion")
	c.row("list-adhesions", "/adhesions?state=requested", "", 200)
	c.row("get-adhesion", at, "", 200)
	c.row("get-adhesion", at+"?format=html", "", 200)
	c.row("get-adhesion", at+"?format=pdf", "", 200)
	c.row("get-adhesion", at, "", 406, header("Accept", "image/png"))
	c.row("approve-adhesion", at+"/approval", `{"scheda":"prot. 12"}`, 200)
	c.row("refuse-adhesion", at+"/refusal", `{"reason":"x"}`, 409)
	own := "/adhesions/" + made.field("adhesion") + "/own"
	if a := c.row("show-own-adhesion", own, `{"code":"`+made.field("code")+`"}`, 200, nobody); a.field("state") != "approved" || a.field("referenti", "0", "email") != "rosa@example.org" {
		c.Errorf("got %s", a.Body)
	}
	c.row("show-own-adhesion", own+"?format=html", `{"code":"`+made.field("code")+`"}`, 200, nobody)
	c.row("show-own-adhesion", own+"?format=pdf", `{"code":"`+made.field("code")+`"}`, 200, nobody)
	c.row("show-own-adhesion", own, `{"code":"`+made.field("code")+`"}`, 406, nobody, header("Accept", "image/png"))
	c.row("show-own-adhesion", own, `{}`, 422, nobody)
	c.row("show-own-adhesion", own, `{"code":"indovinato"}`, 404, nobody)
	c.unlisted(scheda)
	other := c.row("request-adhesion", "/adhesions", strings.Replace(scheda, "Rosa", "Rita", 1), 201, nobody).field("adhesion")
	c.row("refuse-adhesion", "/enti/comune/G273/adhesions/"+other+"/refusal", `{"reason":"doppia"}`, 200)
	c.row("approve-adhesion", "/enti/comune/G273/adhesions/"+other+"/approval", `{}`, 409)
}

// unlisted asks for an ente to join that the register does not know.
func (c *contract) unlisted(scheda string) {
	proposed := strings.Replace(scheda, `"ente":{"kind":"comune","code":"082053"}`, `"proposed":{"kind":"comune","name":"Milano","province":"MI"},"note":"chiamare"`, 1)
	made := c.row("request-adhesion", "/adhesions", proposed, 201, nobody)
	at := "/enti/altro/non-in-elenco/adhesions/" + made.field("adhesion")
	if a := c.row("get-adhesion", at, "", 200); a.field("ente", "name") != "Milano" || a.field("note") != "chiamare" || a.field("proposed", "kind") != "comune" {
		c.Errorf("got %s", a.Body)
	}
	c.row("approve-adhesion", at+"/approval", `{}`, 422)
	c.row("approve-adhesion", at+"/approval", `{"as":{"kind":"comune","code":"Milano"}}`, 422)
	approval := `{"as":{"kind":"comune","code":"F205","province":"MI"},"from":"2022-04-01"}`
	c.row("approve-adhesion", at+"/approval", approval, 200)
	c.row("approve-adhesion", at+"/approval", approval, 200)
	if a := c.register.get("/enti/comune/F205"); a.field("name") != "Milano" || a.field("coordinamento", "from") != "2022-04-01" || a.field("referenti", "1", "person") != "" || a.field("referenti", "0", "person") == "" {
		c.Errorf("got %s", a.Body)
	}
	if a := c.row("get-adhesion", at, "", 200); a.field("state") != "approved" || a.field("proposed", "as", "code") != "F205" {
		c.Errorf("got %s", a.Body)
	}
	c.register.get("/enti/altro/non-in-elenco").is(404, "ente-not-found")
	if a := c.register.get("/enti?q=non-in-elenco"); a.field("items", "0") != "" {
		c.Errorf("the waiting room is an ente: %s", a.Body)
	}
}

// crowding sends more than the public may: more schede than an ente can have waiting,
// more forms than one address, more codes than anybody mistypes.
func (c *contract) crowding() {
	scheda := `{"notice":"1","ente":{"kind":"ente-gestore","code":"passwork"},"referenti":[{"family_name":"Folla","email":"folla@example.org"}]}`
	for range 20 {
		c.row("request-adhesion", "/adhesions", scheda, 201, nobody)
	}
	c.row("request-adhesion", "/adhesions", scheda, 409, nobody)
	for range 60 {
		c.register.ask("POST", "/tavoli/p/requests", `{}`, nobody)
	}
	c.row("request-adhesion", "/adhesions", scheda, 429, nobody)
	c.row("register-party", "/tavoli/p/requests", `{"notice":"1","people":[{"family_name":"Presto"}]}`, 429, nobody)
	own := "/adhesions/" + uuid.NewString() + "/own"
	for range 30 {
		c.register.ask("POST", "/tavoli/p/my-registration", `{"code":"indovinato"}`, nobody)
	}
	c.row("show-own-adhesion", own, `{"code":"indovinato"}`, 429, nobody)
	for route, path := range map[string]string{
		"show-own": "", "confirm-own": "/confirmation", "accept-own": "/offer-acceptance", "withdraw-own": "/withdrawal", "rectify-own": "/rectification",
		"invite-gestori": "/invitation", "change-own-mode": "/mode", "substitute-own": "/substitution",
	} {
		c.row(route, "/tavoli/p/my-registration"+path, `{"code":"indovinato"}`, 429, nobody)
	}
	c.register.clock.move(time.Hour)
}
