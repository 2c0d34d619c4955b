package pages

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tavoli/projections"
)

// A Site serves the pages. Its fields are set before [Site.Handler] is called.
type Site struct {
	API http.Handler // answers below /api/v1
	Now func() time.Time
	Log *slog.Logger // nil: none

	// Word returns a word of the API as people read it in Italian: "in presenza"
	// for in-presence.
	Word func(word string) string

	// Change returns a change of the trail as people read it: what, before and after.
	// nil: only what is told.
	Change func(lang string, c projections.Change) (what, before, after string)

	// QR returns a text as the black and white fields of a QR code; nil: none is shown.
	QR func(text string) ([][]bool, error)

	// Provider is how the identity provider is called by which people may sign in;
	// empty: there is none.
	Provider string

	Owner   Owner
	Version string

	once    sync.Once
	handler http.Handler
	assets  *assets
	looks   looks
	deeds   []*deed
	press   press
}

// An Owner is whose register it is, for the notices that the law asks for.
type Owner struct {
	Name          string // "ANCI Sicilia"; empty: not told
	Contact       string // e-mail address for questions about personal data and accessibility
	Privacy       string // address of the owner's full privacy notice; empty: the one here is all
	Accessibility string // address of the accessibility statement on form.agid.gov.it; empty: none yet
}

// A page answers a visitor: it shows something, or returns why not.
type page func(*visit) error

// pages is the list of all there are. A page that only somebody signed in may see
// is told so by the API; it sends visitors to the sign-in first.
func (s *Site) pages() map[string]page {
	return map[string]page{
		"GET /{$}":                                  showCalendar,
		"GET /tavoli/{id}":                          showTavolo,
		"GET /tavoli/{id}/calendario.ics":           passTavoloCalendar,
		"GET /calendario.ics":                       passCalendar,
		"GET /attestati":                            showAttestati,
		"POST /attestati":                           checkAttestato,
		"GET /tavoli/{id}/iscrizione":               showRegister,
		"POST /tavoli/{id}/iscrizione":              register,
		"GET /tavoli/{id}/iscrizione/fatto":         showRegistered,
		"GET /iscrizione":                           showMine,
		"POST /iscrizione":                          doMine,
		"GET /adesione":                             showAdhesion,
		"POST /adesione":                            requestAdhesion,
		"GET /adesione/fatto":                       showAdhesionSent,
		"POST /adesione/scheda":                     printAdhesion,
		"GET /accesso":                              showSignIn,
		"POST /accesso":                             signIn,
		"GET /accesso/fornitore":                    beginAtProvider,
		"GET /accesso/fornitore/ritorno":            comeFromProvider,
		"POST /uscita":                              signOut,
		"GET /invito":                               showInvitation,
		"POST /invito":                              acceptInvitation,
		"GET /utenza":                               showAccount,
		"POST /utenza/password":                     changePassword,
		"POST /utenza/secondo-fattore":              offerFactor,
		"POST /utenza/secondo-fattore/conferma":     confirmFactor,
		"POST /utenza/secondo-fattore/rimozione":    removeFactor,
		"GET /controllo":                            audited(showAudit),
		"POST /controllo/persone":                   findPeople,
		"GET /controllo/finalita":                   showPurpose,
		"POST /controllo/finalita":                  setPurpose,
		"GET /controllo/tavoli/{id}":                showStory("tavolo", "tavolo"),
		"GET /controllo/tavoli/{id}/elenco":         audited(showAuditRoster),
		"GET /controllo/tavoli/{id}/elenco/file":    audited(handOutRoster),
		"GET /controllo/tavoli/{id}/confronto":      audited(showComparison),
		"GET /controllo/tavoli/{id}/confronto/file": audited(handOutComparison),
		"GET /controllo/persone/{id}":               showStory("persona", "person"),
		"GET /controllo/enti/{kind}/{code}":         showStory("ente", "ente"),
		"GET /controllo/programmi/{id}":             showStory("programma", "programma"),
		"GET /controllo/utenze/{id}":                showStory("utenza", "account"),
		"GET /controllo/atti":                       audited(showDeeds),
		"GET /controllo/consultazioni":              audited(showReadingLog),
		"GET /controllo/consultazioni.csv":          audited(handOutReadingLog),
		"GET /controllo/prove":                      showProofs,
		"POST /controllo/prove":                     signLedger,
		"GET /controllo/prove/{position}":           showProof,
		"GET /controllo/prove/{position}/file":      handOutProof,
		"GET /controllo/checkpoint":                 handOutCheckpoint,
		"GET /controllo/dossier":                    showDossier,
		"POST /controllo/dossier":                   handOutDossier,
		"GET /lingua/{lang}":                        chooseLanguage,
		"GET /privacy":                              showNotice("privacy"),
		"GET /accessibilita":                        showNotice("accessibility"),
		"GET /programmatori":                        showNotice("developers"),
		"GET /robots.txt":                           showRobots,
		"GET /assets/{name}":                        showAsset,
		"GET /assets/{a}/{b}":                       showAsset,
	}
}

// Handler returns what serves the pages.
func (s *Site) Handler() http.Handler {
	s.once.Do(s.start)
	return s.handler
}

func (s *Site) start() {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	s.assets = newAssets()
	s.looks = newLooks(s)
	s.deeds = slices.Concat(tavoloDeeds(), rosterDeeds(), peopleDeeds(), enteDeeds(), programmaDeeds(), accountDeeds(), reportDeeds(), letterDeeds(), adhesionDeeds(), groupDeeds(), mappingDeeds())
	mux := http.NewServeMux()
	for pattern, p := range s.routes() {
		mux.Handle(pattern, s.serve(p))
	}
	mux.Handle("/", s.serve(func(*visit) error { return errNoPage }))
	s.handler = http.NewCrossOriginProtection().Handler(mux)
}

// routes is every page by its pattern: those listed, and the form of each deed.
func (s *Site) routes() map[string]page {
	all := make(map[string]page)
	maps.Copy(all, s.pages())
	maps.Copy(all, s.staffPages())
	maps.Copy(all, letterPages())
	for _, d := range s.deeds {
		all["GET "+d.at], all["POST "+d.at] = showDeed(d), doDeed(d)
	}
	return all
}

// Patterns returns the patterns of the pages that there are, as [http.ServeMux]
// spells them.
func (s *Site) Patterns() []string {
	s.once.Do(s.start)
	return slices.Sorted(maps.Keys(s.routes()))
}

// serve shows a page, or what kept it from being shown.
func (s *Site) serve(p page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		v.headers()
		if err := p(v); err != nil {
			v.fail(err)
		}
	})
}

// Refusals of the pages themselves.
var (
	errNoPage  = &problem{Status: http.StatusNotFound, Code: "no-such-page", Title: "Pagina non trovata · Page not found", Detail: "La pagina non esiste o è stata spostata. · There is no such page."}
	errBadForm = &problem{Status: http.StatusBadRequest, Code: "bad-form", Title: "Modulo non leggibile · Unreadable form", Detail: "I dati inviati non sono leggibili o sono troppi. · What was sent cannot be read or is too much."}
)

// fail shows what went wrong, or asks to sign in first.
func (v *visit) fail(err error) {
	p, ok := errors.AsType[*problem](err)
	switch {
	case !ok:
		v.site.Log.ErrorContext(v.r.Context(), "page", "path", v.r.URL.Path, "error", err)
		p = &problem{Status: http.StatusInternalServerError, Code: "fault", Title: v.T("Guasto interno", "Internal fault"), Detail: v.T("Qualcosa non ha funzionato. Il guasto è annotato.", "Something went wrong. It was noted.")}
	case p.Status == http.StatusUnauthorized && v.r.Method == http.MethodGet:
		v.forget()
		v.redirect("/accesso?verso=" + strings.ReplaceAll(v.r.URL.RequestURI(), "&", "%26"))
		return
	}
	v.status = p.Status
	if err := v.show("fault", struct {
		*visit
		Problem *problem
	}{v, p}); err != nil {
		http.Error(v.w, p.Detail, p.Status)
	}
}
