package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tavoli/adapters/web"
	"tavoli/domain"
)

func TestRepeatedRequests(t *testing.T) {
	r := newRegister(t)
	r.convened("t", `,"seats":{"online":1}`)
	body := `{"given_name":"Anna","family_name":"Rossi"}`
	first := r.post("/tavoli/t/registrations", body, key("k1"))
	again := r.post("/tavoli/t/registrations", ` { "family_name" : "Rossi" , "given_name":"Anna" , "email":null } `, key("k1"))
	if string(first.Body) != string(again.Body) || first.Status != again.Status || first.Header.Get("Location") != again.Header.Get("Location") {
		t.Errorf("got %d %s, then %d %s", first.Status, first.Body, again.Status, again.Body)
	}
	r.ask("POST", "/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Rossi"}`, key("k1")).is(409, "idempotency-key-reused")
	r.ask("POST", "/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","effective_at":"2022-02-01T10:00"}`, key("k1")).is(409, "idempotency-key-reused")

	// Whoever restarts has forgotten the answer, not what was done.
	fresh := &web.Server{
		Store: r.store, Exec: r.exec, Vault: r.server.Vault, View: r.view, Secret: r.server.Secret, Now: r.server.Now, Console: r.server.Console,
	}
	r.handler = fresh.Handler()
	late := r.post("/tavoli/t/registrations", body, key("k1"))
	if string(first.Body) != string(late.Body) || late.Status != first.Status {
		t.Errorf("got %s, then %s", first.Body, late.Body)
	}
	r.ask("POST", "/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Rossi"}`, key("k1")).is(409, "idempotency-key-reused")

	// The key is the account's, and belongs to one path.
	other := r.token("altra", `"staff"`)
	r.ask("POST", "/tavoli/t/registrations", `{"given_name":"Ugo","family_name":"Rossi"}`, key("k1"), as(other)).is(201, "")
	r.convened("u", "")
	r.ask("POST", "/tavoli/u/registrations", body, key("k1")).is(201, "")
}

func TestRefusedRequestsAreTriedAgain(t *testing.T) {
	r := newRegister(t)
	r.post("/tavoli", `{"id":"t","subject":"Abitare","day":"2022-03-24","mode":"online"}`)
	r.ask("POST", "/tavoli/t/registrations", `{"family_name":"Rossi"}`, key("k")).is(409, "tavolo-not-convened")
	r.post("/tavoli/t/convocation", "")
	r.ask("POST", "/tavoli/t/registrations", `{"family_name":"Rossi"}`, key("k")).is(201, "")
}

func TestBadKeys(t *testing.T) {
	r := newRegister(t)
	for _, k := range []string{"a b", "è", strings.Repeat("x", 256)} {
		r.ask("POST", "/tavoli", `{}`, key(k)).is(400, "malformed-header")
	}
	r.ask("POST", "/tavoli", `{}`, func(req *http.Request) { req.Header["Idempotency-Key"] = []string{"a", "b"} }).is(400, "malformed-header")
}

func TestTheSameRequestManyTimesAtOnce(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	answers := make([]string, 32)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			a := r.ask("POST", "/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi"}`, key("same"))
			answers[i] = fmt.Sprint(a.Status, string(a.Body))
		})
	}
	wg.Wait()
	for _, a := range answers {
		if a != answers[0] || !strings.HasPrefix(a, "201") {
			t.Errorf("got %s and %s", answers[0], a)
		}
	}
	if total := r.get("/tavoli/t/roster").field("total"); total != "1" {
		t.Errorf("%s persons are registered", total)
	}
}

func TestSamePersonTwice(t *testing.T) {
	r := newRegister(t)
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA","istat":"082053"}`)
	r.convened("t", "")
	anna := `{"given_name":"Anna","family_name":"D'Angelò","ente":{"kind":"comune","code":"G273"}`
	first := r.post("/tavoli/t/registrations", anna+`}`)
	a := r.ask("POST", "/tavoli/t/registrations", `{"given_name":"ANNA","family_name":"d'angelo","ente":{"kind":"comune","code":"082053"}}`).is(409, "possible-duplicate")
	if a.field("participant") != first.field("participant") {
		t.Errorf("got %s", a.Body)
	}
	r.ask("POST", "/tavoli/t/registrations", `{"given_name":"Anna","family_name":"D'Angelò"}`).is(201, "") // for nobody: another
	second := r.post("/tavoli/t/registrations", anna+`,"distinct":true}`).is(201, "")
	r.ask("POST", "/tavoli/t/registrations", anna+`}`).is(409, "possible-duplicate")
	for _, one := range []reply{first, second} {
		r.post("/tavoli/t/registrations/"+one.field("participant")+"/withdrawal", "")
	}
	third := r.post("/tavoli/t/registrations", anna+`}`).is(201, "")

	// Known by id: registering twice is the same as registering once.
	again := r.post("/tavoli/t/registrations", `{"participant":"`+third.field("participant")+`","ente":{"kind":"comune","code":"G273"}}`).is(200, "")
	if again.field("participant") != third.field("participant") || again.field("state") != "registered" {
		t.Errorf("got %s", again.Body)
	}
}

func TestSamePersonTwiceAtOnce(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	var mu sync.Mutex
	count := make(map[int]int)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			a := r.ask("POST", "/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi"}`)
			mu.Lock()
			count[a.Status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if count[201] != 1 || count[409] != 31 {
		t.Errorf("got %v", count)
	}
}

func TestSeatsExceeded(t *testing.T) {
	r := newRegister(t)
	r.convened("t", `,"seats":{"online":20}`)
	var mu sync.Mutex
	states := make(map[string]int)
	places := make(map[string]int)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			a := r.ask("POST", "/tavoli/t/registrations", fmt.Sprintf(`{"family_name":"Invitato %d"}`, i))
			mu.Lock()
			defer mu.Unlock()
			states[a.field("state")]++
			places[a.field("place_in_line")]++
		})
	}
	wg.Wait()
	if states["registered"] != 20 || states["waiting"] != 44 || len(places) != 45 {
		t.Errorf("got %v and %d places", states, len(places))
	}
	roster := r.get("/tavoli/t/roster")
	if seated, waiting := roster.field("counts", "registered", "online"), roster.field("counts", "waiting", "online"); seated != "20" || waiting != "44" {
		t.Errorf("the roster has %s seated and %s waiting", seated, waiting)
	}
}

func TestStaleIfMatch(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	tag := r.get("/tavoli/t").Header.Get("ETag")
	body := `{"day":"2022-03-25","reason":"sala occupata"}`
	moved := r.post("/tavoli/t/rescheduling", body, header("If-Match", tag))
	r.ask("POST", "/tavoli/t/rescheduling", `{"day":"2022-03-26","reason":"sala occupata"}`, header("If-Match", tag)).is(412, "precondition-failed")
	r.post("/tavoli/t/rescheduling", `{"day":"2022-03-27","reason":"sala occupata"}`, header("If-Match", moved.Header.Get("ETag")))
	for _, bad := range []string{"2", `W/"2"`, `"x"`, `"1","2"`, `"-1"`, "*"} {
		r.ask("POST", "/tavoli/t/rescheduling", body, header("If-Match", bad)).is(400, "malformed-header")
	}
}

func TestNotModified(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	r.post("/tavoli/t/registrations", `{"family_name":"Rossi"}`)
	for _, path := range []string{"/tavoli", "/tavoli/t", "/tavoli/t/roster", "/tavoli/t/roster?format=csv", "/tavoli/t/roster?q=rossi", "/statistics/summary", "/openapi.json", "/people", "/me"} {
		first := r.get(path)
		tag := first.Header.Get("ETag")
		if first.Status != 200 || tag == "" {
			t.Fatalf("%s: got %d, %q", path, first.Status, tag)
		}
		if path != "/statistics/summary" { // which tells its position, and a look is recorded
			if a := r.get(path, header("If-None-Match", `"other", W/`+tag)); a.Status != 304 || len(a.Body) > 0 {
				t.Errorf("%s: got %d %s", path, a.Status, a.Body)
			}
		}
		if a := r.get(path, header("If-None-Match", `"other"`)); a.Status != 200 {
			t.Errorf("%s: got %d", path, a.Status)
		}
	}
}

func TestReadYourWrites(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	for i := range 50 {
		a := r.post("/tavoli/t/registrations", fmt.Sprintf(`{"family_name":"Invitato %d"}`, i))
		roster := r.ask("GET", "/tavoli/t/roster?at_least="+a.field("position"), "")
		if total := roster.field("total"); total != fmt.Sprint(i+1) {
			t.Fatalf("after %d registrations the roster has %s", i+1, total)
		}
		if a.Header.Get("Tavoli-Position") != a.field("position") || roster.Header.Get("Tavoli-Position") == "" {
			t.Fatalf("got %v and %v", a.Header, roster.Header)
		}
	}
}

// slowStore is a store that stores nothing until it is let.
type slowStore struct {
	domain.Store
	asked, let chan struct{}
}

// Append implements [domain.Store].
func (s slowStore) Append(ctx context.Context, batches ...domain.Batch) (domain.Position, error) {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	<-s.let
	return s.Store.Append(ctx, batches...)
}

// TestUnknownOutcome lets a store take longer than a request may: the answer says
// that the outcome is not known, and the repetition tells what it was.
func TestUnknownOutcome(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	slow := slowStore{r.store, make(chan struct{}, 1), make(chan struct{})}
	fresh := &web.Server{
		Store: slow, Exec: &domain.Executor{Store: slow}, Vault: r.server.Vault, View: r.view, Secret: r.server.Secret, Now: r.server.Now,
		Console: r.server.Console, Limits: web.Limits{Handling: 50 * time.Millisecond},
	}
	r.handler = fresh.Handler()
	var first sync.WaitGroup
	first.Go(func() { r.ask("POST", "/tavoli/t/registrations", `{"family_name":"Bianchi"}`) })
	<-slow.asked // whoever comes now is stored after this one
	body := `{"given_name":"Anna","family_name":"Rossi"}`
	a := r.ask("POST", "/tavoli/t/registrations", body, key("k")).is(503, "outcome-unknown")
	if a.Header.Get("Retry-After") == "" {
		t.Errorf("got %v", a.Header)
	}
	close(slow.let)
	first.Wait()
	deadline := time.Now().Add(10 * time.Second)
	for a = r.ask("POST", "/tavoli/t/registrations", body, key("k")); a.Status == 503 && time.Now().Before(deadline); {
		a = r.ask("POST", "/tavoli/t/registrations", body, key("k"))
	}
	if a.is(201, ""); a.field("state") != "registered" {
		t.Errorf("got %s", a.Body)
	}
	if total := r.get("/tavoli/t/roster?at_least=" + a.field("position")).field("total"); total != "2" {
		t.Errorf("%s persons are registered", total)
	}
}
