package browser_test

import (
	"cmp"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/pages"
)

// unseen are the pages that the walks need not come to, with the reason.
var unseen = map[string]string{
	"GET /lingua/{lang}":                 "changes the language and leads back",
	"GET /robots.txt":                    "is for search engines",
	"GET /assets/{name}":                 "is no page",
	"GET /assets/{a}/{b}":                "is no page",
	"GET /segreteria/tavoli/{id}/novita": "is a stream that does not end",

	"GET /accesso/fornitore":                     "leads to the identity provider, where there is one",
	"GET /accesso/fornitore/ritorno":             "is where the identity provider sends back to",
	"GET /segreteria/tavoli/{id}/prove/{sha256}": "is a file",
	"GET /calendario.ics":                        "is a file",
	"GET /tavoli/{id}/calendario.ics":            "is a file",
	"GET /adesione/fatto":                        "is shown once, to who has sent a scheda: an officer looks at it",
	"GET /tavoli/{id}/iscrizione/fatto":          "is shown once, to who has registered: an officer looks at it",
}

// samples is how many pages of one kind, asked for with the same parameters, a walk
// looks at; variants is how many of one kind, whatever the parameters.
const (
	samples  = 1
	variants = 3
)

// lanes is how many tabs look at pages at the same time.
const lanes = 2

// TestEveryPageIsSound walks through the pages from link to link, as nobody in
// particular and as the first account, and in a register that writes letters, and looks
// at each kind in the browser, as the first who came to it. No page may be left out.
func TestEveryPageIsSound(t *testing.T) {
	s := onStage(t)
	patterns := (&pages.Site{}).Patterns()
	seen := maps.Clone(unseen)
	for _, walker := range []struct {
		name, token string
		enter       func(*testing.T) (*stage, []string)
	}{
		{"nobody", "", func(*testing.T) (*stage, []string) { return s, []string{"/"} }},
		{"admin", adminToken, func(t *testing.T) (*stage, []string) { return s, s.everything(t) }},
		{"letters", adminToken, writing},
	} {
		walked := t.Run(walker.name, func(t *testing.T) {
			where, begin := walker.enter(t)
			w := newWalk(t, where, patterns, walker.token)
			w.from(begin...)
			list := w.first(seen, walker.name)
			t.Logf("looks at %d pages of %d kinds", len(list), len(w.count))
			where.lookAt(t, list, walker.token)
		})
		if !walked {
			return // what nobody looked at follows from that
		}
	}
	for _, pattern := range patterns {
		if strings.HasPrefix(pattern, "GET ") && seen[pattern] == "" {
			t.Errorf("nobody looked at %s: no link leads there, or nothing that there is", pattern)
		}
	}
}

// first returns what is to be looked at: the kinds that nobody saw before.
func (w *walk) first(seen map[string]string, name string) (list []string) {
	w.t.Helper()
	for _, path := range w.chosen {
		if kind := w.kindOf(path); slices.Contains(w.asked, path) || seen[kind] == "" || seen[kind] == name {
			seen[kind] = name
			list = append(list, path)
		}
	}
	for kind := range w.count { // what is kept, not looked at, was handed out
		seen[kind] = cmp.Or(seen[kind], name)
	}
	return list
}

// writing begins a register with letters in its outbox, which a demonstration has not.
func writing(t *testing.T) (*stage, []string) {
	s := newStage(t)
	s.tell(t, "/tavoli", `{"id":"lettere","subject":"Un tavolo di cui si scrive","day":"`+rome(2*week, time.DateOnly)+`","mode":"online"}`, nil)
	s.tell(t, "/tavoli/lettere/convocation", `{}`, nil)
	s.tell(t, "/tavoli/lettere/registrations", `{"given_name":"Elena","family_name":"Esempio","email":"elena@example.it"}`, nil)
	for until := time.Now().Add(patience); ; {
		var page struct{ Counts struct{ Sent int } }
		if s.ask(t, http.MethodGet, "/letters", "", &page); page.Counts.Sent > 0 {
			s.tell(t, "/audit/checkpoint", "", nil)
			return s, []string{"/segreteria/lettere"}
		}
		if time.Now().After(until) {
			t.Fatal("no letter is written")
		}
	}
}

// everything lets what there can be come about, so that every page has something to
// show, and returns where a walk should begin.
func (s *stage) everything(t *testing.T) []string {
	t.Helper()
	var person struct{ Participant string }
	s.tell(t, "/audit/checkpoint", "", nil)
	s.tell(t, "/programmi/3031/holds", `{"tavolo":"coopera-6","reason":"ricorso","reference":"R.G. 12/2024"}`, nil)
	s.tell(t, "/tavoli", `{"id":"bozza","programma":"3031","subject":"Un tavolo di cui ancora si discute","day":"`+rome(4*week, time.DateOnly)+`","mode":"mixed","place":"Enna"}`, nil)
	s.tell(t, "/adhesions", `{"ente":{"kind":"comune","code":"G273"},"referenti":[{"given_name":"Ada","family_name":"Ipotetica","email":"ada@example.it"}],"notice":"`+pages.NoticeVersion+`"}`, nil)
	s.tell(t, "/adhesions", `{"proposed":{"kind":"altro","name":"ATS Immaginaria"},"referenti":[{"given_name":"Ugo","family_name":"Ipotetico","email":"ugo@example.it"}],"notice":"`+pages.NoticeVersion+`"}`, nil)
	s.tell(t, "/enti", `{"name":"Cooperativa Esempio","kind":"ente-gestore","code":"cooperativa-esempio"}`, nil)
	s.tell(t, "/enti/comune/G209/gestori", `{"gestore":{"kind":"ente-gestore","code":"cooperativa-esempio"},"from":"2022-01-01"}`, nil)
	s.invites(t, "annunciato", "Un tavolo annunciato")
	s.tell(t, "/tavoli/annunciato/admission", `{"confirm_email":true,"offer_hours":24}`, nil)
	s.tell(t, "/tavoli/annunciato/questions", `{"questions":[{"id":"pranzo","kind":"yes-no","text":"Si ferma a pranzo?","required":true},{"id":"gruppo","kind":"choice","text":"Quale gruppo di lavoro?","choices":["Alloggi","Lingua"]},{"id":"altro","kind":"text","text":"Di che cosa vorrebbe parlare?","english":"What would you like to talk about?"}]}`, nil)
	s.opens(t, "passeggiata")
	s.tell(t, "/tavoli/passeggiata/registrations", `{"given_name":"Elena","family_name":"Esempio","mode":"in-presence"}`, &person)
	s.tell(t, "/tavoli/passeggiata/registrations", `{"given_name":"Elena","family_name":"Esempio","mode":"online","distinct":true}`, nil)
	s.tell(t, "/tavoli/passeggiata/groups", `{"group":"alloggi","title":"Alloggi","members":["`+person.Participant+`"]}`, nil)
	s.tell(t, "/tavoli/passeggiata/presences", `{"participant":"`+person.Participant+`","from":"`+rome(-time.Minute, "2006-01-02T15:04")+`","mode":"in-presence","source":"desk"}`, nil)
	return []string{
		"/tavoli/annunciato/iscrizione", "/tavoli/annunciato/iscrizione?invito=1",
		"/segreteria/tavoli/passeggiata/iscritti", "/segreteria/tavoli/passeggiata/iscritti/" + person.Participant,
		"/segreteria/tavoli/coopera-6", "/segreteria/tavoli/passeggiata", "/segreteria/tavoli/bozza", "/segreteria/tavoli/annunciato",
		"/segreteria/enti/comune/G209", "/segreteria/enti/comune/A028", "/segreteria/enti/azienda-sanitaria/asp-siracusa", "/",
	}
}

// lookAt looks at pages, in several tabs.
func (s *stage) lookAt(t *testing.T, list []string, token string) {
	t.Helper()
	for lane := range lanes {
		t.Run("lane", func(t *testing.T) {
			t.Parallel()
			v := s.visitor(t)
			if token != "" {
				v.signInWithToken(token)
			}
			for i := lane; i < len(list); i += lanes {
				v.look(list[i])
			}
		})
	}
}

// look opens a page and holds it to what all must be.
func (v *visitor) look(path string) {
	v.t.Helper()
	v.open(path)
	if moved := v.shift(); moved >= maxShift {
		v.t.Errorf("%s shifts by %f while it loads", path, moved)
	}
	v.sound()
	for _, complaint := range v.complained() {
		v.t.Errorf("at %s the browser complains: %s", path, complaint)
	}
}

// signInWithToken signs in as the first account does.
func (v *visitor) signInWithToken(token string) {
	v.t.Helper()
	v.open("/accesso")
	v.unfold("details:has(#gettone) > summary")
	v.fill("#gettone", token)
	v.press("Accedi con il gettone")
}

// A walk follows links without a browser, which is quicker, and chooses what the
// browser is to look at.
type walk struct {
	t      *testing.T
	s      *stage
	client *http.Client
	kinds  *http.ServeMux // tells of which kind an address is
	count  map[string]int // pages by pattern
	forms  map[string]int // and by pattern and parameters
	known  map[string]bool
	asked  []string // where it begins: looked at whoever saw one of the kind before
	chosen []string
}

func newWalk(t *testing.T, s *stage, patterns []string, token string) *walk {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{t: t, s: s, client: &http.Client{Jar: jar}, kinds: http.NewServeMux(), count: make(map[string]int), forms: make(map[string]int), known: make(map[string]bool)}
	for _, pattern := range patterns {
		w.kinds.Handle(pattern, http.NotFoundHandler())
	}
	if token != "" {
		resp, err := w.client.PostForm(s.url+"/accesso", url.Values{"gettone": {token}})
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("sign in: %v %v", resp, err)
		}
		resp.Body.Close()
	}
	return w
}

// from follows the links of pages, and of those they lead to, near ones first.
func (w *walk) from(paths ...string) {
	w.t.Helper()
	w.asked = paths
	for queue := paths; len(queue) > 0; queue = queue[1:] {
		if w.wanted(queue[0]) {
			queue = append(queue, w.visit(queue[0])...)
		}
	}
}

// wanted reports whether a page is of a kind of which not enough were seen, or asked
// for by its address.
func (w *walk) wanted(path string) bool {
	u, err := url.Parse(path)
	if err != nil || w.known[path] {
		return false
	}
	w.known[path] = true
	pattern := w.kindOf(path)
	if pattern == "" || unseen[pattern] != "" {
		return false
	}
	form := pattern + "?" + strings.Join(slices.Sorted(maps.Keys(u.Query())), "&")
	if !slices.Contains(w.asked, path) && (w.forms[form] >= samples || w.count[pattern] >= variants) {
		return false
	}
	w.forms[form]++
	w.count[pattern]++
	return true
}

// kindOf returns the pattern of an address, or nothing.
func (w *walk) kindOf(path string) string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.s.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_, pattern := w.kinds.Handler(req)
	return pattern
}

// link is what leads from a page to another: a link, or a form that only asks.
var link = regexp.MustCompile(`<a [^>]*href="([^"]*)"|<form [^>]*method="get" action="([^"]*)"`)

// visit fetches a page and returns where its links lead.
func (w *walk) visit(path string) []string {
	w.t.Helper()
	resp, err := w.client.Get(w.s.url + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		w.t.Errorf("a link leads to %s: %d", path, resp.StatusCode)
		return nil
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || resp.Header.Get("Content-Disposition") != "" {
		return nil // something to keep, not to look at
	}
	w.chosen = append(w.chosen, path)
	var list []string
	for _, m := range link.FindAllStringSubmatch(string(body), -1) {
		u, err := resp.Request.URL.Parse(html.UnescapeString(m[1] + m[2]))
		if err == nil && cmp.Or(u.Host, resp.Request.URL.Host) == resp.Request.URL.Host {
			list = append(list, u.RequestURI())
		}
	}
	return list
}
