package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tavoli/adapters/web"
	"tavoli/domain"
)

// Zips makes dossiers of nothing: a text that says what was asked for.
type zips struct {
	mu     sync.Mutex
	asked  []web.DossierRequest
	tavoli []domain.TavoloID
	fault  error
	slow   bool
}

// Tavoli implements [web.Dossiers].
func (z *zips) Tavoli(context.Context, web.DossierRequest) ([]domain.TavoloID, error) {
	return z.tavoli, z.fault
}

// Make implements [web.Dossiers].
func (z *zips) Make(_ context.Context, r web.DossierRequest, progress func(done, all int64)) (web.Dossier, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked = append(z.asked, r)
	for end := time.Now().Add(time.Second); z.slow && time.Now().Before(end); {
		progress(3, 10)
	}
	text := "dossier of " + string(r.Scope.Kind) + " " + r.Scope.ID
	sum := sha256.Sum256([]byte(text))
	return web.Dossier{File: closing{strings.NewReader(text)}, Length: int64(len(text)), SHA256: hex.EncodeToString(sum[:]), Size: 7, Root: "cm9vdA=="}, nil
}

type closing struct{ io.ReadSeeker }

// Close implements [io.Closer].
func (closing) Close() error { return nil }

// taking asks what the contract has to see of dossiers.
func (c *contract) taking() {
	c.register.zips.tavoli = []domain.TavoloID{"t"}
	c.row("get-dossier", "/audit/dossier?tavolo=t&disclosures=tavolo&purpose=controllo", "", 200)
	c.row("get-dossier", "/audit/dossier?position=99999999", "", 409)
	c.register.zips.fault = domain.ErrNoTavolo
	c.row("get-dossier", "/audit/dossier?tavolo=nessuno", "", 404)
	c.register.zips.fault = nil
	inspector := c.register.inspector("fascicoli", `{"tavoli":["t"]}`)
	c.row("get-dossier", "/audit/dossier?tavolo=t", "", 422, as(inspector))
}

func positionOf(p domain.Position) string { return strconv.FormatUint(uint64(p), 10) }

func TestDossier(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	r.zips.tavoli = []domain.TavoloID{"t"}
	token := r.token("revisore", `"auditor"`)
	before, err := r.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := r.get("/audit/dossier?tavolo=t&disclosures=all&purpose=controllo", as(token)).is(200, "")
	sum := sha256.Sum256(a.Body)
	for name, want := range map[string]string{
		"Content-Type": "application/zip", "Tavoli-Position": positionOf(before), "Content-Digest": "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		"Content-Disposition": `attachment; filename="tavoli-tavolo-t-` + positionOf(before) + `.zip"`,
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	made, shown := r.recorded(t, before)
	if len(made) != 1 || made[0].SHA256 != hex.EncodeToString(sum[:]) || made[0].Account != "revisore" || made[0].Position != before || made[0].Purpose != "controllo" || made[0].Entries != domain.AllEntries {
		t.Errorf("recorded is %+v", made)
	}
	if got := strings.Join(shown, " "); got != "tavolo-t presenze-t/evidence people" {
		t.Errorf("disclosed are %q", got)
	}
	before, _ = r.store.Head(t.Context())
	r.get("/audit/dossier", as(token)).is(200, "")
	if made, shown := r.recorded(t, before); len(made) != 1 || len(shown) != 0 || made[0].Scope != (domain.DossierScope{Kind: domain.DossierOfRegister, ID: "tavoli"}) {
		t.Errorf("without names: %+v, %v", made, shown)
	}
	if a := r.ask("HEAD", "/audit/dossier", "", as(token)); a.Status != 200 || len(a.Body) != 0 {
		t.Errorf("HEAD: %d %s", a.Status, a.Body)
	}
}

// recorded returns what was recorded after a position about dossiers and names.
func (r *register) recorded(t *testing.T, after domain.Position) (made []domain.DossierMade, shown []string) {
	t.Helper()
	for page, err := range r.store.ReadAll(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			rec, err := e.Record()
			if err != nil {
				t.Fatal(err)
			}
			switch e := rec.Event.(type) {
			case domain.DossierMade:
				made = append(made, e)
			case domain.PersonalDataDisclosed:
				shown = append(shown, e.Subject)
			}
		}
	}
	return made, shown
}

func TestDossierRefusals(t *testing.T) {
	r := newRegister(t)
	for _, query := range []string{"tavolo=a&quarter=2022-Q2", "entries=some", "disclosures=some", "position=x", "tavolo=a b", "known_at=3", "limit=3"} {
		r.get("/audit/dossier?"+strings.ReplaceAll(query, " ", "+")).is(400, "")
	}
	r.get("/audit/dossier?position=99999").is(409, "store-changed")
	without := newRegister(t, func(s *web.Server) { s.Dossiers = nil })
	without.get("/audit/dossier").is(501, "not-offered")
	if len(r.zips.asked) > 0 {
		t.Errorf("made is %v", r.zips.asked)
	}
}

// TestInspectorsTakeTheirScope lets an inspector take away what lies within the
// scope, and nothing else.
func TestInspectorsTakeTheirScope(t *testing.T) {
	r := newRegister(t)
	r.two()
	token := r.inspector("ispettrice", `{"tavoli":["dentro"]}`)
	for _, c := range []struct {
		query  string
		tavoli []domain.TavoloID
		status int
	}{
		{"tavolo=dentro", []domain.TavoloID{"dentro"}, 200},
		{"tavolo=dentro&disclosures=tavolo", []domain.TavoloID{"dentro"}, 200},
		{"quarter=2022-Q1", []domain.TavoloID{"dentro"}, 200},
		{"tavolo=dentro&disclosures=all", []domain.TavoloID{"dentro"}, 403},
		{"tavolo=dentro&entries=all", []domain.TavoloID{"dentro"}, 403},
		{"tavolo=fuori", []domain.TavoloID{"fuori"}, 403},
		{"programma=3031", []domain.TavoloID{"dentro", "fuori"}, 403},
		{"", []domain.TavoloID{"dentro"}, 403},
	} {
		r.zips.asked, r.zips.tavoli = nil, c.tavoli
		a := r.get("/audit/dossier?purpose=controllo&"+c.query, as(token))
		if a.Status != c.status || len(r.zips.asked) > 0 != (c.status == 200) {
			t.Errorf("%s: %d, want %d; made %v\n%s", c.query, a.Status, c.status, r.zips.asked, a.Body)
		}
		if c.status == 200 && r.zips.asked[0].Entries != domain.ScopeEntries {
			t.Errorf("%s: %+v", c.query, r.zips.asked[0])
		}
	}
	r.get("/audit/dossier?tavolo=dentro", as(token)).is(422, "purpose-required")
}

// TestDossierTellsHowFarItIs asks for signs of life over a real connection.
func TestDossierTellsHowFarItIs(t *testing.T) {
	r := newRegister(t)
	r.zips.slow = true
	server := httptest.NewServer(r.handler)
	defer server.Close()
	var signs []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		signs = append(signs, http.StatusText(code)+" "+h.Get("Tavoli-Progress"))
		return nil
	}})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/v1/audit/dossier", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+consoleToken)
	req.Header.Set("Tavoli-Progress", "?1")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || !bytes.HasPrefix(body, []byte("dossier of")) || resp.Header.Get("Tavoli-Progress") != "" {
		t.Errorf("%d %q, %v, %v", resp.StatusCode, body, resp.Header, err)
	}
	if len(signs) == 0 || signs[0] != "Processing 3/10" {
		t.Errorf("signs of life are %v", signs)
	}
}
