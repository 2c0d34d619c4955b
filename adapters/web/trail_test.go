package web_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestStories tells a person, a tavolo, an ente, a programme and an account, now and as
// they were known.
func TestStories(t *testing.T) {
	r := newRegister(t)
	within, _ := r.two()
	then := r.clock.Now().Format(time.RFC3339Nano)
	r.clock.move(time.Hour)
	r.post("/tavoli/fuori/registrations", `{"participant":"`+within.person+`"}`)
	r.post("/people/"+within.person+"/rectification", `{"given_name":"Annamaria","family_name":"Interna","reason":"nome incompleto"}`)
	r.post("/programmi/3031/partners", `{"ente":{"kind":"comune","code":"G273"},"role":"capofila"}`)
	for query, want := range map[string]string{
		"person=" + within.person:                                  "ParticipantRegistered PresenceRecorded ParticipantRegistered PersonRectified",
		"person=" + within.person + "&known_at=" + then:            "ParticipantRegistered PresenceRecorded",
		"tavolo=dentro":                                            "TavoloPlanned TavoloConvened ParticipantRegistered EvidenceFiled PresenceRecorded",
		"tavolo=dentro&limit=2":                                    "TavoloPlanned TavoloConvened",
		"ente=comune/G273":                                         "EnteRegistered ReferenteAppointed PartnerJoined",
		"programma=3031":                                           "ProgrammaOpened PartnerJoined",
		"account=nessuno":                                          "",
		"tavolo=fuori&since=" + then:                               "ParticipantRegistered",
		"tavolo=dentro&since=" + then:                              "-",
		"person=" + within.person + "&since=" + then:               "ParticipantRegistered PersonRectified",
		"person=" + within.person + "&since=" + then + "&limit=1":  "ParticipantRegistered",
		"tavolo=dentro&since=3&known_at=" + then[:10] + "&limit=1": "TavoloPlanned",
		"actor=account-console&limit=1&since=3":                    "ReferenteAppointed",
		"tavolo=dentro&since=2022-03-01":                           "-", // to the end of the day
		"actor=account-console&limit=3":                            "ProgrammaOpened EnteRegistered ReferenteAppointed",
		"day=2022-03-01&known_at=3":                                "ProgrammaOpened EnteRegistered",
		"tavolo=dentro&effective_at=2020-01-01T00:00":              "",
	} {
		a := r.get("/audit/trail?" + query)
		if want == "" {
			a.is(404, "stream-not-found")
			continue
		}
		if got := types(a.is(200, "")); got != strings.Trim(want, "-") {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	for query, want := range map[string]string{"": "Annamaria Interna", "&known_at=" + then: "Anna Interna"} {
		a := r.get("/audit/trail?person=" + within.person + query)
		if !strings.Contains(a.field("items", "0", "summary_it"), "Iscrizione di "+want) || !strings.HasPrefix(a.field("items", "0", "summary_en"), "Registered: "+want) {
			t.Errorf("%s: got %s", query, a.Body)
		}
	}
	r.get("/audit/trail?tavolo=dentro&since=ieri").is(400, "malformed-query")
	r.get("/audit/trail?tavolo=dentro&since=99999").is(422, "position-beyond-head")
	r.get("/audit/trail?person="+within.person+"&tavolo=t").is(400, "malformed-query")
	r.get("/audit/trail?tavolo=dentro&day=2022-03-01").is(400, "malformed-query")
	r.get("/audit/trail?person=Anna").is(400, "malformed-query")
	r.get("/audit/trail?ente=Palermo").is(400, "malformed-query")
	r.get("/audit/trail?tavolo=A+B").is(404, "stream-not-found")
	r.get("/audit/trail").is(400, "malformed-query")
}

// types lists the kinds of the events of a trail.
func types(a reply) string {
	var list []string
	for part := range strings.SplitSeq(string(a.Body), `"type":"`) {
		name, _, _ := strings.Cut(part, `"`)
		list = append(list, name)
	}
	return strings.Join(list[1:], " ")
}

// TestATrailTellsOfWhomItSpeaks follows facts to the persons and enti they speak of.
func TestATrailTellsOfWhomItSpeaks(t *testing.T) {
	r := newRegister(t)
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`)
	r.convened("t", "")
	anna := r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","ente":{"kind":"comune","code":"G273"}}`).field("participant")
	presence := r.post("/tavoli/t/presences", `{"participant":"`+anna+`","from":"2022-03-01T09:00","source":"desk","mode":"online"}`).field("presence")
	r.post("/tavoli/t/presences/"+presence+"/annulment", `{"reason":"scambio di persona"}`)
	person, ente := `{"name":"Anna Rossi","stream":"identita-`+anna+`"}`, `{"name":"Palermo","stream":"ente-comune_G273"}`
	for i, want := range []string{"[]", "[]", "[" + ente + "," + person + "]", "[" + person + "]", "[" + person + "]"} {
		if got := r.get("/audit/trail?tavolo=t").field("items", strconv.Itoa(i), "about"); got != want {
			t.Errorf("fact %d: got %s, want %s", i, got, want)
		}
	}
	if a := r.get("/audit/trail?tavolo=t", as(r.token("dpo", `"dpo"`))); a.field("items", "3", "about") != `[{"name":"","stream":"identita-`+anna+`"}]` {
		t.Errorf("got %s", a.Body)
	}
}

// TestTrailAsAPage reads a trail as a page, in both languages.
func TestTrailAsAPage(t *testing.T) {
	r := newRegister(t)
	r.convened("t", `,"place":"<script>alert(1)</script>"`)
	r.post("/tavoli/t/rescheduling", `{"day":"2022-03-25","reason":"sala <occupata>","effective_at":"2022-02-28T10:00"}`)
	a := r.get("/audit/trail?tavolo=t&format=html&purpose=verifica", header("Accept-Language", "it")).is(200, "")
	page := string(a.Body)
	for _, want := range []string{
		`lang="it"`, "Storia di tavolo-t", "Spostato il tavolo", "Motivo: sala &lt;occupata&gt;", "avvenuto 2022-02-28 10:00:00", "account-console", "<th scope=\"row\" title=\"/day\">giorno</th>",
		"<del>2022-03-24</del>", "<ins>2022-03-25</ins>", "finalità: verifica", "&lt;script&gt;", "posizione 3", "convocato",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
	if strings.Contains(page, "<script") || strings.Count(page, "avvenuto") != 1 || !strings.HasPrefix(a.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("got %v %s", a.Header, page)
	}
	anna := r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi"}`).field("participant")
	if page := string(r.get("/audit/trail?format=html&person="+anna, header("Accept-Language", "it")).Body); !strings.Contains(page, "<h1>Storia di Anna Rossi</h1>") {
		t.Errorf("got %s", page)
	}
	if page := string(r.get("/audit/trail?format=html&actor=account-console&day=2022-03-01", header("Accept-Language", "it")).Body); !strings.Contains(page, "<h1>Atti di account-console 2022-03-01</h1>") {
		t.Errorf("got %s", page)
	}
	for _, o := range []string{"&lang=en", ""} {
		a := r.get("/audit/trail/tavolo-t?limit=1&format=html"+o, header("Accept-Language", "en"))
		if page := string(a.Body); !strings.Contains(page, `lang="en"`) || !strings.Contains(page, "Planned the tavolo") || !strings.Contains(page, "cursor=1") || a.Header.Get("Content-Language") != "en" {
			t.Errorf("got %s", page)
		}
	}
	if a := r.get("/audit/trail/tavolo-t", header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")); !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Errorf("a browser is answered with %s", a.Header.Get("Content-Type"))
	}
}
