package tests_test

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tavoli/adapters/mail"
	"tavoli/adapters/pages"
	"tavoli/adapters/web"
	"tavoli/domain"
)

// A postRoom is a post office as the API knows it.
type postRoom struct{ *mail.Office }

func (p postRoom) Post(ctx context.Context, kind domain.LetterKind, tavolo domain.TavoloID, audience string, command uuid.UUID, actor domain.Actor, atLeast domain.Position) (web.Posted, error) {
	posted, err := p.Office.Post(ctx, kind, tavolo, audience, command, actor, atLeast)
	return web.Posted(posted), err
}

func (p postRoom) Preview(ctx context.Context, kind domain.LetterKind, words domain.LetterTemplate, tavolo domain.TavoloID, person domain.PersonID) (web.LetterShown, error) {
	m, not, err := p.Office.Preview(ctx, kind, words, tavolo, person)
	return web.LetterShown{Subject: m.Subject, Text: m.Text, HTML: m.HTML, Calendar: m.Calendar, Not: not}, err
}

func (p postRoom) Read(id domain.LetterID) ([]byte, error) { return p.Carrier.(mail.Outbox).Read(id) }

func (p postRoom) State() web.PostState { return web.PostState{Carrier: "outbox"} }

func (p postRoom) ReadNotice(ctx context.Context, data []byte) (web.LetterNotice, error) {
	n, err := p.Office.ReadNotice(ctx, data)
	return web.LetterNotice{Letter: n.Letter, Sending: n.Sending, Kind: string(n.Kind), Status: n.Status, Text: n.Text}, err
}

// postSite is staffSite with a post office that is at work and lays letters in a folder.
func postSite(t *testing.T) desk {
	t.Helper()
	office := &mail.Office{Carrier: mail.Outbox(t.TempDir()), Log: slog.New(slog.DiscardHandler)}
	s := newSiteWith(t, sixthTavolo.AddDate(0, 0, -7), func(api *web.Server, _ *pages.Site) {
		from, err := mail.ParseSender("Segreteria <segreteria@tavoli.example>", "", "ANCI Sicilia")
		if err != nil {
			t.Fatal(err)
		}
		office.Exec, office.Vault, office.View, office.Now, office.Sender = api.Exec, api.Vault, api.View, api.Now, from
		api.Post = postRoom{office}
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		office.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	s.tell("/tavoli", `{"id":"t","ordinal":6,"subject":"Dall'accoglienza","day":"2022-05-25","from":"15:00","to":"17:00","mode":"online"}`)
	s.tell("/tavoli/t/registrations-opening", `{}`)
	d := desk{s}
	d.as(siteToken)
	return d
}

// upload sends in a notice about a letter.
func (d desk) upload(name, content string) (*http.Response, string) {
	d.t.Helper()
	const path = "/segreteria/lettere/avviso"
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part := func() (io.Writer, error) { return form.CreateFormFile("file", name) }
	err := form.WriteField("chiave", d.fill(path).Get("chiave"))
	if w, e := part(); err == nil && e == nil {
		_, err = io.WriteString(w, content)
	}
	if err := errors.Join(err, form.Close()); err != nil {
		d.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.server.URL+path, &body)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	return d.do(req)
}

// sent waits until the page of letters shows one in a state, and returns its page.
func (d desk) letterIs(state string) (at, body string) {
	d.t.Helper()
	eventually(d.t, "a letter is "+state, func() bool {
		at = letterAt.FindString(d.get("/segreteria/lettere?stato="+state, 200))
		return at != ""
	})
	return at, d.get(at, 200)
}

var letterAt = regexp.MustCompile(`/segreteria/lettere/[0-9a-f-]{36}`)

// TestALetterIsReturned notes on the pages that a letter came back, by a saved notice and
// by hand, and sends it again.
func TestALetterIsReturned(t *testing.T) {
	d := postSite(t)
	d.tell("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","email":"anna@example.it"}`)
	d.tell("/tavoli/t/letters", `{"kind":"confirmation"}`)
	at, body := d.letterIs("sent")
	lacks(t, body, "È tornata indietro", "Spedisci di nuovo", "Scarica il messaggio")
	raw := d.get(at+"/messaggio", 200)
	id := regexp.MustCompile(`(?m)^Message-I[dD]: (\S+)\r?$`).FindStringSubmatch(raw)
	if id == nil {
		t.Fatalf("it has no Message-ID: %s", raw)
	}
	receipt := func(kind string) string {
		return "From: posta-certificata@pec.example.it\r\nX-Ricevuta: " + kind + "\r\nX-Riferimento-Message-ID: " + id[1] + "\r\n\r\n"
	}
	if resp, body := d.upload("assente.eml", "From: anna@example.it\r\n\r\nSono assente."); resp.StatusCode != 422 || !strings.Contains(body, "non è un avviso") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if resp, body := d.upload("presa.eml", receipt("accettazione")); resp.StatusCode != 200 || !strings.Contains(body, "è in viaggio") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	resp, body := d.upload("mancata.eml", receipt("errore-consegna"))
	if resp.Request.URL.Path != at {
		t.Errorf("it leads to %s", resp.Request.URL)
	}
	lacks(t, body, "è tornata indietro", "errore-consegna", "Correggere prima l&#39;indirizzo", "avviso è letto")
	if person := d.get(regexp.MustCompile(`/segreteria/persone/[0-9a-f-]{36}`).FindString(body), 200); !strings.Contains(person, "tornata indietro") {
		t.Errorf("the page of the person does not tell: %s", person)
	}
	d.does(at+"/rispedizione", "reason", "indirizzo corretto")
	d.letterIs("sent")
	if resp, body := d.upload("mancata.eml", receipt("errore-consegna")); resp.StatusCode != 409 || !strings.Contains(body, "invio precedente") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	d.does(at+"/ritorno", "reason", "casella piena", "status", "4.2.2")
	lacks(t, d.get(at, 200), "è tornata indietro", "4.2.2 casella piena")
}

// TestWordsAreTriedOut looks at words with invented data and with somebody's, tries others
// before they are saved, sees what is otherwise in them, and takes earlier ones up again.
func TestWordsAreTriedOut(t *testing.T) {
	d := postSite(t)
	const at = "/segreteria/testi/confirmation"
	for _, kind := range domain.LetterKinds {
		body := d.get("/segreteria/testi/"+string(kind), 200)
		lacks(t, body, "Gentile Anna Esempio", "dati inventati")
		if strings.Contains(body, "Differenze dal testo") || regexp.MustCompile(`Gentile Anna Esempio,[^<]*\{`).MatchString(body) {
			t.Errorf("%s: %s", kind, body)
		}
	}
	if _, body := d.send(at+"/anteprima-lettera", url.Values{"tavolo": {"t"}}); !strings.Contains(body, "nessuno è iscritto") || !strings.Contains(body, "Gentile Anna Esempio") {
		t.Errorf("got %s", body)
	}
	d.tell("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Rossi","email":"anna@example.it"}`)
	d.tell("/tavoli/t/registrations", `{"given_name":"Bruno","family_name":"Verdi"}`)
	_, body := d.send(at+"/anteprima-lettera", url.Values{"tavolo": {"t"}})
	lacks(t, body, "Gentile Anna Rossi", "Dall&#39;accoglienza", "Bruno Verdi, iscritto")
	bruno := regexp.MustCompile(`value="([0-9a-f-]{36})">Bruno Verdi`).FindStringSubmatch(body)
	if bruno == nil {
		t.Fatalf("Bruno cannot be chosen: %s", body)
	}
	_, body = d.send(at+"/anteprima-lettera", url.Values{"tavolo": {"t"}, "persona": {bruno[1]}})
	lacks(t, body, "Gentile Bruno Verdi", "manca l&#39;indirizzo", "Conferma d&#39;iscrizione")

	if resp, body := d.send(at+"/anteprima-lettera", url.Values{"subject": {"Prova"}, "text": {"Ciao {chi}"}}); resp.StatusCode != 422 || !strings.Contains(body, "riga 1: {chi}") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	resp, body := d.send(at+"/anteprima-lettera", url.Values{"subject": {"Prova {tavolo}"}, "text": {"Gentile {nome},\r\n\r\nparole <nuove>."}})
	lacks(t, body, "Gentile Anna Esempio,\n\nparole &lt;nuove&gt;.", "non è ancora salvato", "Salva questo testo")
	if resp.StatusCode != 200 || strings.Contains(d.get(at, 200), "parole") {
		t.Error("trying words out saved them")
	}
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	form.Set("text", "Gentile {nome},\n\nparole <nuove>.")
	_, body = d.send(at+"/modifica", form)
	lacks(t, body, "Versione 1", "Differenze dal testo predefinito", "<ins>+ parole &lt;nuove&gt;.</ins>", "<del>− Cordiali saluti</del>", "Versioni precedenti (1)", "modifica?versione=0")
	form = d.fill(at + "/modifica?versione=0")
	if text := regexp.MustCompile(`(?s)<textarea[^>]*name="text"[^>]*>(.*?)</textarea>`).FindStringSubmatch(d.get(at+"/modifica?versione=0", 200)); text == nil || !strings.Contains(text[1], "Cordiali saluti") {
		t.Fatalf("the built-in words are not taken up: %q", text)
	} else {
		form.Set("text", html.UnescapeString(text[1]))
	}
	form.Set("subject", domain.LetterConfirmation.BuiltIn().Subject)
	_, body = d.send(at+"/modifica?versione=0", form)
	lacks(t, body, "Versione 2", "Cordiali saluti")
	if strings.Contains(body, "Differenze dal testo predefinito") {
		t.Errorf("the words are the built-in ones, and it is said that they are not: %s", body)
	}
}
