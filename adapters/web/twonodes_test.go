package web_test

import (
	"fmt"
	"log/slog"
	"testing"

	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
)

// another returns another node of the register: a server with an executor and read
// models of its own over the same store.
func (r *register) another() *register {
	n := &register{t: r.t, clock: r.clock, store: r.store, log: new(logged)}
	vault := r.server.Vault
	n.exec = &domain.Executor{Store: r.store, Shared: true}
	n.view = projections.NewView(r.store, vault.Open, projections.Options{Now: r.clock.Now})
	n.server = &web.Server{
		Store: r.store, Exec: n.exec, Vault: vault, View: n.view, Files: newFiles(), Ledger: r.tree, Secret: r.server.Secret,
		Now: r.clock.Now, Log: slog.New(slog.NewJSONHandler(n.log, nil)), Console: r.server.Console, Version: "1.0.0",
	}
	n.follow()
	n.handler = n.server.Handler()
	return n
}

// sees waits until the node has seen what a reply tells of.
func (r *register) sees(a reply) {
	r.t.Helper()
	r.get("/tavoli?limit=1&at_least="+a.field("position")).is(200, "")
}

// TestSamePersonOnTwoNodes registers somebody on one node, and the same name again on
// the other once it has seen that.
func TestSamePersonOnTwoNodes(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Exec.Shared = true })
	other := r.another()
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`)
	r.convened("t", "")
	anna := `{"given_name":"Anna","family_name":"D'Angelò","ente":{"kind":"comune","code":"G273"}`
	first := r.post("/tavoli/t/registrations", anna+`}`)
	other.sees(first)
	a := other.ask("POST", "/tavoli/t/registrations", `{"given_name":"ANNA","family_name":"d'angelo","ente":{"kind":"comune","code":"G273"}}`).is(409, "possible-duplicate")
	if a.field("participant") != first.field("participant") {
		t.Errorf("got %s", a.Body)
	}
	other.ask("POST", "/tavoli/t/registrations", `{"given_name":"Anna","family_name":"D'Angelò"}`).is(201, "") // for nobody: another
	other.post("/tavoli/t/registrations/"+first.field("participant")+"/withdrawal", "")
	again := r.post("/tavoli/t/registrations", anna+`}`).is(201, "") // the first node may have known her as there
	other.sees(again)
	renamed := other.post("/people/"+again.field("participant")+"/rectification", `{"given_name":"Anna","family_name":"Rossi","reason":"errore di battitura"}`)
	other.ask("POST", "/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","ente":{"kind":"comune","code":"G273"}}`).is(409, "possible-duplicate")
	r.sees(renamed)
	r.ask("POST", "/tavoli/t/registrations", `{"given_name":"anna","family_name":"ROSSI","ente":{"kind":"comune","code":"G273"}}`).is(409, "possible-duplicate")
	r.post("/tavoli/t/registrations", anna+`}`).is(201, "")
}

// TestOneKeyOnTwoNodes sends a request under one key to both nodes at once.
func TestOneKeyOnTwoNodes(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Exec.Shared = true })
	nodes := []*register{r, r.another()}
	r.convened("t", "")
	for i := range 20 {
		k := fmt.Sprint("k", i)
		answers := make(chan reply, 2)
		for _, n := range nodes {
			go func() {
				answers <- n.ask("POST", "/tavoli/t/registrations", `{"given_name":"`+k+`","family_name":"Prova"}`, key(k))
			}()
		}
		a, b := (<-answers).is(201, ""), (<-answers).is(201, "")
		if a.field("participant") != b.field("participant") || a.field("revision") != b.field("revision") {
			t.Errorf("one node says %s, the other %s", a.Body, b.Body)
		}
		nodes[1].ask("POST", "/tavoli/t/registrations", `{"given_name":"Altra","family_name":"Prova"}`, key(k)).is(409, "idempotency-key-reused")
	}
}
