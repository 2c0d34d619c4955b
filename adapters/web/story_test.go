package web_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tavoli/adapters/web"
	"tavoli/domain"
)

func adminOfTests() web.Admin {
	return web.Admin{
		Backup: func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "the log")
			return err
		},
		Erase: func(context.Context, domain.Position) error { return nil },
		Check: func(context.Context) (web.CheckReport, error) { return web.CheckReport{OK: true, Records: 2}, nil },
		Stats: func() any { return map[string]int{"records": 7} },
	}
}

// A row of the script: the route, its path, its body, and what it is answered with.
func (c *contract) row(route, path, body string, status int, opts ...option) reply {
	c.Helper()
	return c.do(step{route, path, body, status, opts})
}

// story is a script that carries out every command and asks every question once,
// and meets every refusal that is documented beside the usual ones.
func (c *contract) story() {
	c.beginning()
	c.planning()
	c.registering()
	c.attending()
	c.writing()
	c.forgetting()
	c.administering()
	c.signing()
	c.reporting()
	c.asking()
	c.proving()
	c.taking()
	c.coming()
}

func (c *contract) beginning() {
	c.row("open-programma", "/programmi", `{"programma":"3031","title":"COOPERA"}`, 201)
	c.row("open-programma", "/programmi", `{"programma":"3031","title":"COOPERA"}`, 200)
	c.row("open-programma", "/programmi", `{"programma":"3031","title":"altro"}`, 409)
	c.row("register-ente", "/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA","istat":"082053"}`, 201)
	c.row("register-ente", "/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA","istat":"082053"}`, 200)
	c.row("register-ente", "/enti", `{"kind":"comune","code":"G273","name":"Trapani","province":"PA"}`, 409)
	c.row("register-ente", "/enti", `{"kind":"ente-gestore","code":"passwork","name":"Passwork"}`, 201)
	c.row("approve-funding-block", "/programmi/3031/funding-block", `{"text":"Cofinanziato dall'Unione europea","valid_from":"2021-12-01"}`, 200)
	c.row("add-partner", "/programmi/3031/partners", `{"ente":{"kind":"comune","code":"082053"},"role":"capofila"}`, 200)
	c.row("add-partner", "/programmi/3031/partners", `{"ente":{"kind":"ente-gestore","code":"passwork"},"role":"capofila"}`, 409)
	c.row("rename-ente", "/enti/ente-gestore/passwork/renaming", `{"name":"Passwork scs"}`, 200)
	c.row("add-alias", "/enti/comune/082053/aliases", `{"alias":"Palemmu"}`, 200)
	c.row("leave-coordinamento", "/enti/comune/G273/adhesion/end", `{"reason":"x"}`, 409)
	c.row("join-coordinamento", "/enti/comune/G273/adhesion", `{"from":"2021-12-07"}`, 200)
	c.row("join-coordinamento", "/enti/comune/G273/adhesion", `{"from":"2022-01-01"}`, 409)
	rita := c.row("appoint-referente", "/enti/comune/G273/referenti", `{"given_name":"Rita","family_name":"Referente"}`, 201).field("person")
	c.row("appoint-referente", "/enti/comune/G273/referenti", `{"person":"`+rita+`"}`, 409)
	c.row("entrust-gestore", "/enti/comune/G273/gestori", `{"gestore":{"kind":"ente-gestore","code":"passwork"},"project":"SAI"}`, 200)
	c.row("record-sai-project", "/enti/comune/G273/sai-projects", `{"project":"SAI","category":"ordinari","places":20}`, 200)
	c.row("list-enti", "/enti", "", 200)
	c.row("get-ente", "/enti/comune/082053", "", 200)
	c.row("list-programmi", "/programmi", "", 200)
	c.row("get-programma", "/programmi/3031", "", 200)
	c.row("release-gestore", "/enti/comune/G273/gestori/release", `{"gestore":{"kind":"ente-gestore","code":"passwork"},"project":"SAI"}`, 200)
	c.row("release-gestore", "/enti/comune/G273/gestori/release", `{"gestore":{"kind":"ente-gestore","code":"passwork"},"project":"SAI"}`, 409)
	c.row("relieve-referente", "/enti/comune/G273/referenti/"+rita+"/relief", `{"on":"2021-01-01"}`, 409)
	c.row("relieve-referente", "/enti/comune/G273/referenti/"+rita+"/relief", `{}`, 200)
	c.row("leave-coordinamento", "/enti/comune/G273/adhesion/end", `{"reason":"x"}`, 200)
}

func (c *contract) forgetting() {
	rita := c.row("appoint-referente", "/enti/comune/G273/referenti", `{"given_name":"Zita","family_name":"Passata"}`, 201).field("person")
	request := `{"reason":"richiesta","legal_basis":"art. 17 Reg. (UE) 2016/679"}`
	c.row("forget-person", "/people/"+rita+"/forgetting", request, 409)
	c.row("relieve-referente", "/enti/comune/G273/referenti/"+rita+"/relief", `{}`, 200)
	c.row("forget-person", "/people/"+rita+"/forgetting", request, 200)
	c.row("rectify-person", "/people/"+rita+"/rectification", `{"family_name":"Passata","reason":"x"}`, 409)
	c.row("export-person", "/people/"+rita+"/export", "", 200)
	c.row("export-person", "/people/"+rita+"/export?format=html", "", 200)
	c.row("export-person", "/people/"+rita+"/export", "", 406, header("Accept", "application/pdf"))
	c.row("set-retention", "/programmi/3031/retention", `{"reference_year":2023,"years":5,"basis":"art. 82 Reg. (UE) 2021/1060"}`, 200)
	hold := c.row("place-hold", "/programmi/3031/holds", `{"tavolo":"t","reason":"controllo","reference":"prot. 12"}`, 201).field("hold")
	c.row("lift-hold", "/programmi/3031/holds/"+hold+"/lifting", `{"reason":"concluso"}`, 200)
	paper := "/tavoli/t/evidence/" + c.row("file-evidence", "/tavoli/t/evidence?kind=statement&title=Dichiarazione", "another file", 201, header("Content-Type", "application/pdf")).field("sha256")
	c.row("destroy-evidence", paper+"/destruction", request, 409)
	c.row("destroy-evidence", paper+"/destruction", strings.Replace(request, "}", `,"override":"ordine 2"}`, 1), 200)
	c.row("get-evidence", paper, "", 409)
	c.row("due-evidence", "/retention/evidence?by=2030-01-01", "", 200)
	c.row("get-retention", "/retention?by=2030-01-01&programma=3031&names=true", "", 200)
	c.row("list-forgotten", "/retention/forgotten", "", 200)
	c.row("list-tasks", "/tasks", "", 200)
}

func (c *contract) planning() {
	plan := `{"id":"t","programma":"3031","ordinal":4,"subject":"Abitare","day":"2022-03-24","from":"15:00","to":"17:00","weekday":"giovedì","mode":"mixed","place":"Palermo","seats":{"in_presence":1}}`
	c.row("plan-tavolo", "/tavoli", plan, 201)
	c.row("plan-tavolo", "/tavoli", plan, 200)
	c.row("plan-tavolo", "/tavoli", `{"id":"t","subject":"Altro","day":"2022-03-24","mode":"online"}`, 409)
	c.row("rectify-tavolo", "/tavoli/t/rectification", `{"field":"subject","right":"x","reason":"x"}`, 409)
	c.row("open-tavolo", "/tavoli/t/opening", ``, 409)
	c.row("set-attendance-rule", "/tavoli/t/attendance-rule", `{"percent":70}`, 200)
	elio := c.row("invite-speaker", "/tavoli/t/speakers", `{"given_name":"Elio","family_name":"Tozzi","ente":{"kind":"comune","code":"082053"}}`, 201).field("person")
	c.row("invite-speaker", "/tavoli/t/speakers", `{"person":"`+elio+`"}`, 409)
	c.row("set-agenda", "/tavoli/t/agenda", `{"items":[{"at":"15:00","title":"Apertura","speaker":"`+elio+`"}]}`, 200)
	c.row("announce-tavolo", "/tavoli/t/announcement", `{"title":"Comunicato"}`, 200)
	c.row("convene-tavolo", "/tavoli/t/convocation", `{"protocol":"Prot. n. 0227/15/03/22"}`, 200)
	c.row("convene-tavolo", "/tavoli/t/convocation", `{"protocol":"altro"}`, 409)
	c.row("set-attendance-rule", "/tavoli/t/attendance-rule", `{"percent":50}`, 409)
	c.row("reschedule-tavolo", "/tavoli/t/rescheduling", `{"day":"2022-03-25","from":"15:00","to":"17:00","reason":"sala occupata"}`, 200)
	c.row("rectify-tavolo", "/tavoli/t/rectification", `{"field":"place","right":"Catania","reason":"errore di stampa"}`, 200)
	c.row("publish-material", "/tavoli/t/materials", `{"title":"Slide","kind":"slides","url":"https://example.org/x.pdf"}`, 201)
	c.row("publish-material", "/tavoli/t/materials", `{"title":"Slide","kind":"slides","url":"https://example.org/x.pdf"}`, 200)
	c.row("set-seats", "/tavoli/t/seats", `{"in_presence":1,"online":50}`, 200)
	c.row("open-registrations", "/tavoli/t/registrations-opening", ``, 200)
	c.row("withdraw-speaker", "/tavoli/t/speakers/"+elio+"/withdrawal", ``, 200)
	off := `{"id":"off","subject":"Annullato","day":"2022-03-24","mode":"online"}`
	c.row("plan-tavolo", "/tavoli", off, 201)
	c.row("call-off-tavolo", "/tavoli/off/calling-off", `{"reason":"sciopero"}`, 200)
	for _, s := range []step{
		{route: "announce-tavolo", path: "announcement", body: `{}`}, {route: "reschedule-tavolo", path: "rescheduling", body: `{"day":"2022-03-25","reason":"x"}`},
		{route: "set-agenda", path: "agenda", body: `{"items":[{"title":"x"}]}`}, {route: "set-seats", path: "seats", body: `{}`}, {route: "form-group", path: "groups", body: `{"group":"g","title":"x"}`},
		{route: "open-registrations", path: "registrations-opening"}, {route: "close-registrations", path: "registrations-closing"}, {route: "close-tavolo", path: "closing"},
		{route: "count-guests", path: "guests", body: `{"mode":"online","count":1,"source":"desk"}`}, {route: "register-participant", path: "registrations", body: `{"family_name":"Rossi"}`},
	} {
		c.row(s.route, "/tavoli/off/"+s.path, s.body, 409)
	}
}

func (c *contract) registering() {
	anna := c.row("register-participant", "/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","email":"anna@example.org","mode":"in-presence","ente":{"kind":"comune","code":"082053"},"notice":"1"}`, 201).field("participant")
	ugo := c.row("register-participant", "/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Bianchi","mode":"in-presence"}`, 201).field("participant")
	ada := c.row("register-participant", "/tavoli/t/registrations", `{"given_name":"Ada","family_name":"Verdi","mode":"online"}`, 201).field("participant")
	c.row("register-participant", "/tavoli/t/registrations", `{"participant":"`+anna+`","mode":"in-presence"}`, 200)
	c.row("register-participant", "/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Bianchi","mode":"online"}`, 409)
	at := "/tavoli/t/registrations/"
	c.row("confirm-registration", at+ugo+"/confirmation", ``, 409)
	c.row("confirm-registration", at+anna+"/confirmation", ``, 200)
	c.row("change-mode", at+ada+"/mode", `{"mode":"in-presence"}`, 409)
	c.row("change-mode", at+ada+"/mode", `{"mode":"online"}`, 200)
	c.row("accept-notice", at+anna+"/notice", `{"notice":"2"}`, 200)
	leo := c.row("substitute-delegate", at+ada+"/substitution", `{"given_name":"Leo","family_name":"Neri"}`, 201).field("participant")
	c.row("substitute-delegate", at+ada+"/substitution", `{"given_name":"Leo","family_name":"Neri"}`, 409)
	c.row("form-group", "/tavoli/t/groups", `{"group":"g","title":"Gruppo","members":["`+anna+`"]}`, 200)
	c.row("list-registrations", "/tavoli/t/registrations", "", 200)
	c.row("get-registration", at+ugo, "", 200)
	c.row("get-roster", "/tavoli/t/roster", "", 200)
	c.row("get-roster", "/tavoli/t/roster?contacts=true&state=all&effective_at=2030-01-01T00:00", "", 200)
	c.row("get-roster", "/tavoli/t/roster?format=csv", "", 200)
	c.row("get-roster", "/tavoli/t/roster", "", 406, header("Accept", "image/png"))
	c.row("get-roster", "/tavoli/t/roster?format=pdf", "", 200)
	c.row("get-roster", "/tavoli/t/roster?format=xlsx", "", 200)
	c.row("get-roster-difference", "/tavoli/t/roster/difference?before_known_at=1", "", 200)
	c.row("get-roster-difference", "/tavoli/t/roster/difference?before_known_at=1&format=csv", "", 200)
	c.row("get-roster-difference", "/tavoli/t/roster/difference", "", 406, header("Accept", "image/png"))
	c.row("get-roster-difference", "/tavoli/nessuno/roster/difference", "", 404)
	c.row("withdraw-participant", at+leo+"/withdrawal", ``, 200)
	c.row("refuse-registration", at+leo+"/refusal", `{"reason":"x"}`, 409)
	c.row("refuse-registration", at+ugo+"/refusal", `{"reason":"doppione"}`, 200)
	c.row("withdraw-participant", at+ugo+"/withdrawal", ``, 409)
	c.row("list-people", "/people?q=rossi", "", 200)
	c.row("get-person", "/people/"+anna, "", 200)
	c.row("rectify-person", "/people/"+anna+"/rectification", `{"given_name":"Anna Maria","family_name":"Rossi","reason":"nome incompleto"}`, 200)
	c.row("unlink-persons", "/people/"+leo+"/unlink", `{"as":"`+ugo+`","reason":"x"}`, 409)
	c.row("link-persons", "/people/"+leo+"/link", `{"as":"`+ugo+`","reason":"la stessa"}`, 200)
	c.row("link-persons", "/people/"+leo+"/link", `{"as":"`+anna+`","reason":"la stessa"}`, 409)
	c.row("unlink-persons", "/people/"+leo+"/unlink", `{"as":"`+ugo+`","reason":"no"}`, 200)
	c.row("close-registrations", "/tavoli/t/registrations-closing", ``, 200)
	c.row("open-tavolo", "/tavoli/t/opening", ``, 200)
	c.register.t.Helper()
	c.present(anna, ugo)
}

func (c *contract) present(anna, ugo string) {
	sha := c.row("file-evidence", "/tavoli/t/evidence?kind=scan&title=Foglio+firme", "the file", 201, header("Content-Type", "application/pdf")).field("sha256")
	c.row("file-evidence", "/tavoli/t/evidence?kind=scan&title=Foglio+firme", "the file", 200, header("Content-Type", "application/pdf"))
	was := `{"participant":"` + anna + `","from":"2022-03-25T15:00","to":"2022-03-25T16:50","source":"sheet","evidence":["` + sha + `"]}`
	c.row("validate-presence", "/tavoli/t/presences/validation", `{"participant":"`+anna+`"}`, 409)
	one := c.row("record-presence", "/tavoli/t/presences", was, 201).field("presence")
	if two := c.row("record-presence", "/tavoli/t/presences", was, 200).field("presence"); two != one {
		c.Errorf("the same presence is called %s and %s", one, two)
	}
	c.row("record-presence", "/tavoli/t/presences", `{"participant":"`+ugo+`","from":"2022-03-25T15:00","source":"desk"}`, 409)
	c.row("validate-presence", "/tavoli/t/presences/validation", `{"participant":"`+anna+`"}`, 200)
	open := c.row("record-presence", "/tavoli/t/presences", `{"participant":"`+anna+`","from":"2022-03-25T16:55","source":"desk"}`, 201).field("presence")
	c.row("end-presence", "/tavoli/t/presences/"+open+"/end", `{"to":"2022-03-25T17:00"}`, 200)
	c.row("end-presence", "/tavoli/t/presences/"+open+"/end", `{"to":"2022-03-25T17:05"}`, 409)
	c.row("annul-presence", "/tavoli/t/presences/"+open+"/annulment", `{"reason":"persona sbagliata"}`, 200)
	c.row("count-guests", "/tavoli/t/guests", `{"mode":"online","count":7,"source":"platform"}`, 200)
	c.row("list-guests", "/tavoli/t/guests", "", 200)
	c.row("list-presences", "/tavoli/t/presences", "", 200)
	c.row("list-evidence", "/tavoli/t/evidence", "", 200)
	if a := c.row("get-evidence", "/tavoli/t/evidence/"+sha, "", 200); string(a.Body) != "the file" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		c.Errorf("got %q, %v", a.Body, a.Header)
	}
}

func (c *contract) attending() {
	c.row("get-tavolo", "/tavoli/t", "", 200)
	c.row("list-tavoli", "/tavoli", "", 200)
	c.row("close-tavolo", "/tavoli/t/closing", ``, 200)
	c.row("call-off-tavolo", "/tavoli/t/calling-off", `{"reason":"x"}`, 409)
	at := "/tavoli/t/registrations/" + nobodyKnown
	c.row("accept-notice", at+"/notice", `{"notice":"2"}`, 409)
}

// vouching signs in by the word of a provider.
func (c *contract) vouching() {
	c.row("begin-provider-sign-in", "/sessions/provider", `{"redirect":"x"}`, 422, nobody)
	c.row("begin-provider-sign-in", "/sessions/provider", `{"redirect":"https://lontano.example/"}`, 503, nobody)
	begun := c.row("begin-provider-sign-in", "/sessions/provider", `{"redirect":"https://tavoli.example/"}`, 200, nobody)
	address, err := url.Parse(begun.field("address"))
	if err != nil {
		c.Fatal(err)
	}
	back := `{"state":"` + address.Query().Get("state") + `","pending":"` + begun.field("pending") + `","code":"`
	c.row("provider-sign-in", "/sessions/provider/completion", back+`boh"}`, 403, nobody)
	c.row("provider-sign-in", "/sessions/provider/completion", back+`away"}`, 503, nobody)
	c.row("provider-sign-in", "/sessions/provider/completion", back+`staff"}`, 201, nobody)
}

// signing carries out what has to do with how accounts are opened.
func (c *contract) signing() {
	c.row("open-account", "/accounts", `{"account":"desk","label":"Desk","roles":["operator"]}`, 201)
	secret := c.row("invite-account", "/accounts/desk/invitation", ``, 201).field("secret")
	c.row("accept-invitation", "/invitations/acceptance", `{"account":"desk","secret":"x","password":"`+goodPassword+`"}`, 403, nobody)
	c.row("accept-invitation", "/invitations/acceptance", `{"account":"desk","secret":"`+secret+`","password":"`+goodPassword+`"}`, 200, nobody)
	c.row("sign-in", "/sessions", `{"account":"desk","password":"`+goodPassword+`"}`, 201, nobody)
	mine := as(c.row("issue-token", "/accounts/desk/tokens", `{}`, 201).field("secret"))
	c.row("change-password", "/me/password", `{"current":"`+goodPassword+`","password":"`+nextPassword+`"}`, 200, mine)
	c.row("change-password", "/me/password", `{"password":"`+nextPassword+`"}`, 409)
	c.row("offer-second-factor", "/me/second-factor", ``, 409)
	c.row("drop-second-factor", "/me/second-factor/removal", `{}`, 409, mine)
	confirm := func(status int, who ...option) {
		offered := c.row("offer-second-factor", "/me/second-factor", ``, 200, mine).field("secret")
		c.row("confirm-second-factor", "/me/second-factor/confirmation", `{"secret":"`+offered+`","password":"`+nextPassword+`","code":"`+codeAt(c.register.clock.Now())+`"}`, status, who...)
		c.register.clock.move(time.Minute) // a code is taken once
	}
	c.row("open-session-by-token", "/me/sessions", ``, 201, mine)
	c.row("open-session-by-token", "/me/sessions", ``, 409)
	confirm(200, mine)
	confirm(409, mine)
	c.row("drop-second-factor", "/me/second-factor/removal", `{"password":"`+nextPassword+`","code":"`+codeAt(c.register.clock.Now())+`"}`, 200, mine)
	c.row("remove-second-factor", "/accounts/desk/second-factor/removal", `{"reason":"telefono perso"}`, 409)
	c.row("sign-in", "/sessions", `{"account":"desk","password":"`+nextPassword+`"}`, 201, nobody)
	confirm(200, mine)
	c.row("sign-in", "/sessions", `{"account":"desk","password":"`+nextPassword+`"}`, 403, nobody)
	c.row("remove-second-factor", "/accounts/desk/second-factor/removal", `{"reason":"telefono perso"}`, 200)
	c.row("sign-in", "/sessions", `{"account":"desk","password":"`+nextPassword+`"}`, 201, nobody)
	c.vouching()
	c.row("sign-out", "/me/session-end", ``, 409)
	c.row("sign-out", "/me/session-end", ``, 200, mine)
	c.row("sign-in", "/sessions", `{"account":"desk","password":"`+nextPassword+`"}`, 201, nobody)
	c.row("change-password", "/me/password", `{"current":"`+nextPassword+`","password":"x"}`, 422, mine)
	c.row("accept-invitation", "/invitations/acceptance", `{"account":"desk","password":"x"}`, 422, nobody)
	c.row("confirm-second-factor", "/me/second-factor/confirmation", `{}`, 422, mine)
	for range 6 {
		c.register.ask("POST", "/me/password", `{"current":"x","password":"x"}`, mine)
		c.register.ask("POST", "/sessions", `{"account":"desk","password":"x"}`, nobody)
	}
	for range 20 {
		c.register.ask("POST", "/invitations/acceptance", `{"account":"desk","secret":"x","password":"`+goodPassword+`"}`, nobody)
	}
	c.row("sign-in", "/sessions", `{"account":"desk","password":"x"}`, 429, nobody)
	c.row("accept-invitation", "/invitations/acceptance", `{"account":"desk","password":"x"}`, 429, nobody)
	c.row("change-password", "/me/password", `{"password":"x"}`, 429, mine)
	c.row("drop-second-factor", "/me/second-factor/removal", `{}`, 429, mine)
	offered := c.register.ask("POST", "/me/second-factor", "", mine).field("secret")
	c.row("confirm-second-factor", "/me/second-factor/confirmation", `{"secret":"`+offered+`","code":"`+codeAt(c.register.clock.Now())+`"}`, 429, mine)
}

func (c *contract) administering() {
	c.row("open-account", "/accounts", `{"account":"segreteria","label":"Segreteria","roles":["staff"]}`, 201)
	c.row("open-account", "/accounts", `{"account":"segreteria","label":"Segreteria"}`, 200)
	c.row("open-account", "/accounts", `{"account":"segreteria","label":"altra"}`, 409)
	c.row("grant-role", "/accounts/segreteria/roles", `{"role":"admin"}`, 200)
	c.row("grant-role", "/accounts/segreteria/roles", `{"role":"operator","until":"2020-01-01T00:00"}`, 409)
	issued := c.row("issue-token", "/accounts/segreteria/tokens", `{"label":"ufficio"}`, 201)
	c.row("issue-token", "/accounts/segreteria/tokens", `{"until":"2020-01-01T00:00"}`, 409)
	c.row("get-me", "/me", "", 200)
	c.row("get-me", "/me", "", 200, as(issued.field("secret")))
	c.row("revoke-role", "/accounts/segreteria/roles/revocation", `{"role":"admin"}`, 409, as(issued.field("secret")))
	c.row("revoke-role", "/accounts/segreteria/roles/revocation", `{"role":"staff"}`, 200)
	c.row("revoke-token", "/accounts/segreteria/tokens/"+issued.field("token")+"/revocation", `{"reason":"x"}`, 200)
	c.row("list-accounts", "/accounts", "", 200)
	c.row("remove-partner", "/programmi/3031/partners/comune/082053/removal", `{"on":"2022-02-01","reason":"x"}`, 200)
	c.row("remove-partner", "/programmi/3031/partners/comune/082053/removal", `{"on":"2022-02-01","reason":"x"}`, 409)
	c.row("backup", "/admin/backup", "", 200)
	c.row("check", "/admin/check", "", 200)
	c.row("replay", "/admin/replay", "", 200)
	c.row("rebuild", "/admin/rebuild", "", 200)
}

func (c *contract) reporting() {
	c.row("get-report-mapping", "/programmi/3031/report-mapping", "", 200)
	c.row("set-report-mapping", "/programmi/3031/report-mapping", `{"title":"tracciato","rows":"registered","columns":[{"name":"Cognome","source":"family_name"},{"name":"Tipo","source":"ente_kind","codes":[{"from":"comune","to":"01"}]},{"name":"Progetto","constant":"3031"}]}`, 200)
	for _, format := range []string{"json", "csv", "csv&table=operators", "xlsx", "html", "pdf"} {
		c.row("get-report", "/reports/quarters/2022-Q1?format="+format, "", 200)
	}
	c.row("get-report", "/reports/quarters/2022-Q1?programma=9999", "", 404)
	c.row("get-report", "/reports/quarters/2022-Q1", "", 406, header("Accept", "image/png"))
	at := "/reports/quarters/2022-Q1"
	c.row("reopen-quarter", at+"/reopening", `{"reason":"errata"}`, 409)
	first := c.row("transmit-report", at+"/transmissions", `{"reference":"Prot. n. 0500"}`, 201).field("transmission", "position")
	c.row("transmit-report", at+"/transmissions", `{"reference":"Prot. n. 0500","position":"`+first+`"}`, 200)
	c.row("transmit-report", at+"/transmissions", `{"programma":"3031","reference":"Prot. n. 0501"}`, 409)
	c.row("reopen-quarter", at+"/reopening", `{"reason":"errata"}`, 200)
	c.row("transmit-report", at+"/transmissions", `{"reference":"Prot. n. 0501","reason":"errata corrige","formats":["json","csv"]}`, 201)
	c.row("list-transmissions", at+"/transmissions", "", 200)
	c.row("list-transmissions", at+"/transmissions?programma=none", "", 404)
	c.row("transmit-report", at+"/transmissions", `{"programma":"none"}`, 404)
	c.row("reopen-quarter", at+"/reopening", `{"programma":"none","reason":"x"}`, 404)
	c.row("get-transmission", at+"/transmissions/1", "", 200)
	c.row("get-transmission", at+"/transmissions/3", "", 404)
	c.row("get-transmission-difference", at+"/transmissions/2/difference", "", 200)
	c.row("get-transmission-difference", at+"/transmissions/1/difference?with=now", "", 200)
	c.row("get-transmission-difference", at+"/transmissions/1/difference", "", 404)
}

func (c *contract) asking() {
	c.row("statistics-partners", "/statistics/partners", "", 200)
	c.row("statistics-enti", "/statistics/enti?by=province", "", 200)
	c.row("statistics-tavoli", "/statistics/tavoli", "", 200)
	c.row("statistics-quarter", "/statistics/quarters/2022-Q1", "", 200)
	c.row("statistics-summary", "/statistics/summary", "", 200)
	c.row("audit-events", "/audit/events?limit=3", "", 200)
	c.row("audit-events", "/audit/events?after=999999", "", 409)
	c.row("audit-disclosures", "/audit/disclosures", "", 200)
	c.row("audit-disclosures", "/audit/disclosures?format=csv", "", 200)
	c.row("audit-disclosures", "/audit/disclosures?format=pdf", "", 406)
	c.row("audit-disclosures", "/audit/disclosures?person="+nobodyKnown, "", 404)
	c.row("audit-trail", "/audit/trail?actor=account-console", "", 200)
	c.row("audit-trail", "/audit/trail?tavolo=t&format=html", "", 200)
	c.row("audit-trail", "/audit/trail?person="+nobodyKnown, "", 404)
	c.row("audit-trail", "/audit/trail?tavolo=t&format=csv", "", 406)
	c.row("audit-trail-stream", "/audit/trail/tavolo-t", "", 200)
	c.row("audit-trail-stream", "/audit/trail/tavolo-t?format=html&lang=en", "", 200)
	c.row("audit-trail-stream", "/audit/trail/tavolo-t?format=csv", "", 406)
	for route, path := range map[string]string{
		"api-status": "/status", "openapi": "/openapi.json", "status": "//status", "healthz": "//healthz", "readyz": "//readyz", "metrics": "//metrics",
	} {
		c.row(route, path, "", http.StatusOK)
	}
}
