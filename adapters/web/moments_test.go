package web_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// timeless are the questions that know no other times, with the reason.
var timeless = map[string]string{
	"/status":                        "the service",
	"/healthz":                       "the service",
	"/readyz":                        "the service",
	"/metrics":                       "the service",
	"/api/v1/status":                 "the service",
	"/api/v1/openapi.json":           "the service",
	"/api/v1/me":                     "who asks now",
	"/api/v1/people/{person}/export": "the person's right is to what is held now, the past of it included",

	"/api/v1/admin/backup": "the log as it lies there",
	"/api/v1/admin/check":  "the log as it lies there",

	"/api/v1/audit/dossier":              "a dossier, of one position",
	"/api/v1/audit/checkpoint":           "the ledger, where a size or a position says how far it goes",
	"/api/v1/audit/checkpoints":          "the ledger, where a size or a position says how far it goes",
	"/api/v1/audit/consistency":          "the ledger, where a size or a position says how far it goes",
	"/api/v1/audit/keys":                 "the ledger, where a size or a position says how far it goes",
	"/api/v1/audit/proofs":               "the ledger, where a size or a position says how far it goes",
	"/api/v1/audit/log/":                 "the ledger, where a size or a position says how far it goes",
	"/api/v1/nodes":                      "the service",
	"/api/v1/tasks":                      "what is left to do today",
	"/api/v1/tavoli/{tavolo}/join-link":  "what people are told now",
	"/api/v1/public/enti":                "what people are asked who register now",
	"/api/v1/tavoli/{tavolo}/form":       "what people are asked who register now",
	"/api/v1/letters/{delivery}/message": "a file, as it lies in the outbox",

	"/api/v1/reports/quarters/{quarter}/transmissions/{transmission}/difference": "two transmissions, each at its position",
}

// TestEveryQuestionKnowsTwoTimes holds every question to both times, unless it has a
// reason that is written here and in docs/api.md.
func TestEveryQuestionKnowsTwoTimes(t *testing.T) {
	paper, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	met := make(map[string]bool)
	for _, rt := range documentedRoutes(t) {
		if rt.method != "GET" {
			continue
		}
		knows := rt.takes("known_at") && rt.takes("effective_at")
		reason := excuse(rt.path)
		excused := reason != ""
		switch {
		case !knows && !excused:
			t.Errorf("GET %s takes neither known_at nor effective_at, and nobody says why", rt.path)
		case knows && excused:
			t.Errorf("GET %s is excused, and takes them", rt.path)
		case excused && !strings.Contains(string(paper), "`"+strings.TrimPrefix(reason, "/api/v1")+"`"):
			t.Errorf("docs/api.md does not say why GET %s has no two times", rt.path)
		}
		met[reason] = true
	}
	for path := range timeless {
		if !met[path] {
			t.Errorf("%s is excused, and is not there", path)
		}
	}
}

// excuse returns under which path a question is excused: its own, or one above it.
func excuse(path string) string {
	for excused := range timeless {
		if path == excused || excused != "/" && strings.HasPrefix(path, strings.TrimSuffix(excused, "/")+"/") {
			return excused
		}
	}
	return ""
}

// TestFeedAtAnotherTime reads the feed up to a moment, and without what had not
// happened.
func TestFeedAtAnotherTime(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	then, at := r.clock.Now().Format(time.RFC3339Nano), r.get("/tavoli/t").Header.Get("Tavoli-Position")
	r.clock.move(time.Hour)
	r.post("/tavoli/t/registrations-opening", "")
	r.post("/tavoli/t/opening", `{"effective_at":"2022-03-01T08:00"}`)
	types := func(query string) string {
		var list []string
		for line := range strings.Lines(string(r.get("/audit/events?stream=tavolo&"+query).is(200, "").Body)) {
			if _, rest, ok := strings.Cut(line, `"type":"`); ok {
				name, _, _ := strings.Cut(rest, `"`)
				list = append(list, name)
			}
		}
		return strings.Join(list, " ")
	}
	for query, want := range map[string]string{
		"":                     "TavoloPlanned TavoloConvened RegistrationsOpened TavoloOpened",
		"known_at=" + then:     "TavoloPlanned TavoloConvened",
		"known_at=" + at:       "TavoloPlanned TavoloConvened",
		"effective_at=" + then: "TavoloPlanned TavoloConvened TavoloOpened",
		"effective_at=" + then + "&known_at=" + then: "TavoloPlanned TavoloConvened",
		"known_at=2020-01-01T00:00":                  "",
	} {
		if got := types(query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	r.get("/audit/events?follow=true&known_at="+at).is(400, "malformed-query")
	r.get("/audit/events?known_at=99999").is(409, "store-changed")
}

// TestOneTavoloIsCountedAlike counts one tavolo now and then: the counts of a tavolo
// read by itself are those of everything.
func TestOneTavoloIsCountedAlike(t *testing.T) {
	r := newRegister(t)
	within, _ := r.two()
	for _, path := range []string{"/statistics/tavoli?tavolo=dentro", "/statistics/enti?by=kind&tavolo=dentro"} {
		now := r.get(path).is(200, "")
		then := r.get(path+"&known_at="+now.Header.Get("Tavoli-Position")).is(200, "")
		if now.field("digest") != then.field("digest") || now.field("totals", "persons", "value") != "1" {
			t.Errorf("%s: got %s, then %s", path, now.Body, then.Body)
		}
	}
	if a := r.get("/tavoli/dentro/evidence/"+within.sha256+"?known_at=1", header("Accept", "*/*")); a.Status != 404 {
		t.Errorf("a file is shown before it was filed: %d %s", a.Status, fmt.Sprintf("%.80s", a.Body))
	}
}
