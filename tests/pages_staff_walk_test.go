package tests_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/pages"
	"tavoli/adapters/web"
)

// A walker is somebody of the secretariat who knows no address: what is done is found by
// the words of links and buttons, and fields by their labels.
type walker struct {
	desk
	path, body string
}

var (
	anyLink    = regexp.MustCompile(`(?s)<a\b[^>]* href="([^"]*)"[^>]*>(.*?)</a>`)
	anyTag     = regexp.MustCompile(`(?s)<span class="visually-hidden">.*?</span>|<svg.*?</svg>|<[^>]*>`)
	anyForm    = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	labelled   = regexp.MustCompile(`(?s)<label for="([^"]+)">(.*?)</label>`)
	anyButton  = regexp.MustCompile(`(?s)<button\b([^>]*)>(.*?)</button>`)
	namedField = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]* id="([^"]+)" name="([^"]+)"`)
)

// plain returns what is read of a piece of a page.
func plain(piece string) string {
	return strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(piece, " "))), " ")
}

// look goes to a page.
func (w *walker) look(path string) {
	w.t.Helper()
	w.path, w.body = path, w.get(path, 200)
}

// follow follows the link of some words.
func (w *walker) follow(words string) {
	w.t.Helper()
	for _, m := range anyLink.FindAllStringSubmatch(w.body, -1) {
		if plain(m[2]) == words {
			to, err := url.Parse(html.UnescapeString(m[1]))
			if err != nil {
				w.t.Fatal(err)
			}
			here, err := url.Parse(w.path)
			if err != nil {
				w.t.Fatal(err)
			}
			w.look(here.ResolveReference(to).RequestURI())
			return
		}
	}
	w.t.Fatalf("%s has no link %q: %s", w.path, words, mainOf(w.body))
}

// press fills in fields by their labels and presses the button of some words. Boxes
// beside the names of persons are ticked by those.
func (w *walker) press(words string, pairs ...string) {
	w.t.Helper()
	for _, b := range anyButton.FindAllStringSubmatch(mainOf(w.body), -1) {
		if plain(b[2]) != words {
			continue
		}
		action, form := w.formOf(b)
		for i := 0; i+1 < len(pairs); i += 2 {
			w.enter(form, pairs[i], pairs[i+1])
		}
		resp, body := w.send(action, form)
		if resp.StatusCode != 200 || resp.Request.Method != http.MethodGet {
			w.t.Fatalf("%s, %s: got %d at %s: %s", w.path, words, resp.StatusCode, resp.Request.URL, plain(mainOf(body)))
		}
		w.path, w.body = resp.Request.URL.RequestURI(), body
		return
	}
	w.t.Fatalf("%s has no button %q: %s", w.path, words, plain(mainOf(w.body)))
}

// formOf returns where a button sends its form, and the form as it stands.
func (w *walker) formOf(button []string) (string, url.Values) {
	w.t.Helper()
	has := attributesOf(button[1])
	for _, f := range anyForm.FindAllStringSubmatch(mainOf(w.body), -1) {
		of := attributesOf(f[1])
		if !strings.Contains(f[2], button[0]) && (has["form"] == "" || of["id"] != has["form"]) {
			continue
		}
		form := entered("<main" + f[2] + "</main>")
		if has["name"] != "" {
			form.Set(has["name"], has["value"])
		}
		action := html.UnescapeString(of["action"])
		if action == "" {
			action, _, _ = strings.Cut(w.path, "?")
		}
		return action, form
	}
	w.t.Fatalf("%s: no form has %s", w.path, button[0])
	return "", nil
}

// enter enters a value: a choice by its words, anything else as it is.
func (w *walker) enter(form url.Values, label, value string) {
	w.t.Helper()
	if m := regexp.MustCompile(`name="scelta" value="([^"]+)" aria-label="` + regexp.QuoteMeta(label) + `"`).FindStringSubmatch(w.body); m != nil {
		form.Add("scelta", m[1])
		return
	}
	for _, l := range labelled.FindAllStringSubmatch(mainOf(w.body), -1) {
		if said := plain(l[2]); said != label && said != label+" (facoltativo)" {
			continue
		}
		for _, f := range namedField.FindAllStringSubmatch(mainOf(w.body), -1) {
			if f[1] == l[1] {
				form.Set(f[2], w.valueOf(f[2], value))
				return
			}
		}
		box := regexp.MustCompile(`id="` + regexp.QuoteMeta(l[1]) + `" name="([^"]+)" value="([^"]+)"`).FindStringSubmatch(w.body)
		form.Add(box[1], box[2])
		return
	}
	w.t.Fatalf("%s has no field %q: %s", w.path, label, plain(mainOf(w.body)))
}

// valueOf returns the value of a choice by its words.
func (w *walker) valueOf(name, words string) string {
	for _, m := range choice.FindAllStringSubmatch(mainOf(w.body), -1) {
		if m[1] != name {
			continue
		}
		for _, o := range regexp.MustCompile(`(?s)<option value="([^"]*)"[^>]*>(.*?)</option>`).FindAllStringSubmatch(m[0], -1) {
			if plain(o[2]) == words {
				return html.UnescapeString(o[1])
			}
		}
		w.t.Fatalf("%s: %s has no choice %q: %s", w.path, name, words, plain(m[0]))
	}
	return words
}

// TestAWholeTavolo walks through the life of a tavolo by links and buttons alone.
func TestAWholeTavolo(t *testing.T) {
	now := time.Date(2022, 5, 25, 8, 0, 0, 0, time.UTC)
	s := newSiteWith(t, now, func(api *web.Server, shown *pages.Site) {
		api.Now = func() time.Time { return now }
		shown.Now = api.Now
	})
	s.tell("/programmi", `{"programma":"3031","title":"COOPERA","fund":"FAMI"}`)
	s.tell("/enti", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`)
	w := &walker{desk: desk{s}}
	w.as(siteToken)
	w.look("/segreteria")
	w.follow("Programma un tavolo")
	w.press("Programma un tavolo", "Oggetto", "Abitare", "Programma", "COOPERA (3031)", "Numero d'ordine", "7", "Giorno", "2022-05-25", "Dalle ore", "15:00", "Alle ore", "17:00", "Modalità", "mista", "Sede", "Palermo", "Posti in presenza", "2")
	w.follow("Regola di presenza")
	w.press("Regola di presenza", "Quota dell'orario (%)", "50")
	w.follow("Invita chi interviene")
	w.press("Invita chi interviene", "Nome", "Elio", "Cognome", "Tozzi")
	w.follow("Ordine del giorno")
	w.press("Ordine del giorno", "Punti, uno per riga", "15:00 Saluti | Elio Tozzi")
	w.follow("Domande a chi si iscrive")
	w.press("Salva", "Domanda", "Esigenze alimentari?")
	w.follow("Come ci si iscrive")
	w.press("Come ci si iscrive", "Ore per accettare un posto liberato", "2")
	w.follow("Anteprima della convocazione")
	lacks(t, mainOf(w.body), "Abitare", "Saluti — Elio Tozzi")
	w.follow("Registra la convocazione")
	w.press("Registra la convocazione", "Protocollo", "Prot. n. 0301/20/05/22")
	w.follow("Chiudi le iscrizioni")
	w.press("Chiudi le iscrizioni")
	w.follow("Apri le iscrizioni")
	w.press("Apri le iscrizioni")
	w.follow("Imposta il collegamento online")
	w.press("Imposta il collegamento online", "Indirizzo", "https://example.org/tavolo")
	w.follow("Iscritti e banco")
	for _, name := range []string{"Rossi", "Verdi", "Neri"} {
		w.follow("Iscrivi una persona")
		w.press("Iscrivi una persona", "Nome", "Anna", "Cognome", name, "Ente", "palermo", "Modalità", "in presenza")
	}
	lacks(t, plain(mainOf(w.body)), "in attesa (1°)")
	w.press("Esegui", "Anna Rossi", "", "Anna Verdi", "", "Con le persone scelte", "conferma")
	lacks(t, plain(mainOf(w.body)), "2 confermati")
	w.follow("apri") // the first of the list: Anna Neri, who waits
	w.follow("Rilascia un codice nuovo")

	now = now.Add(5 * time.Hour)
	w.look("/segreteria")
	w.follow("Una persona attende un posto")
	w.follow("Abitare")
	w.follow("Apri i lavori")
	w.press("Apri i lavori")
	w.follow("Iscritti e banco")
	w.press("Presente") // the first of the list who has a seat or waits
	now = now.Add(2 * time.Hour)
	w.press("Esce")
	w.follow("Conta i non iscritti")
	w.press("Conta i non iscritti", "Modalità", "online", "Quanti", "3", "Come si sa", "piattaforma")
	w.follow("Abitare")
	w.follow("Chiudi i lavori")
	w.press("Chiudi i lavori")
	w.look("/segreteria")
	w.follow("Convalidare le presenze: resta una persona")
	w.press("Esegui", "Anna Neri", "", "Con le persone scelte", "convalida la frequenza")
	lacks(t, plain(mainOf(w.body)), "frequenza riconosciuta")
	w.look("/segreteria")
	w.follow("Pubblicare i materiali")
	w.press("Pubblica un materiale", "Titolo", "Le slide", "Tipo", "slide", "Indirizzo", "https://example.org/slide", "Elio Tozzi", "")
	w.follow("Spedisci lettere")
	w.look("/segreteria")
	lacks(t, plain(mainOf(w.body)), "Nulla resta da fare")
	w.follow("Relazioni")
	w.follow("2022-Q2")
	w.follow("Registra la trasmissione")
	w.press("Registra la trasmissione", "Programma", "COOPERA (3031)", "Protocollo", "Prot. 9")
	lacks(t, plain(mainOf(w.body)), "Prot. 9")
}
