package pages

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A rosterPage is who is registered for a tavolo, and the desk at which they come in.
type rosterPage struct {
	*visit
	Tavolo  projections.TavoloDetail
	Roster  projections.Roster
	Key     string
	Asked   url.Values // as it stands in the address
	Today   bool       // people come in at the desk now
	Trouble *problem   // of what was done at once
}

// rosterWords are what can be asked of a roster: by the word of the address, the
// word of the API.
var rosterWords = [][2]string{{"q", "q"}, {"stato", "state"}, {"modo", "mode"}, {"tipo", "kind"}, {"ente", "ente"}, {"ordine", "sort"}, {"recapiti", "contacts"}, {"scopo", "purpose"}, {"da", "cursor"}}

// rosterAsked reads the address into a question to the API.
func rosterAsked(given url.Values) (asked url.Values) {
	asked = url.Values{}
	for _, w := range rosterWords {
		if value := strings.TrimSpace(given.Get(w[0])); value != "" {
			asked.Set(w[1], value)
		}
	}
	return asked
}

// showRoster shows who is registered.
func showRoster(v *visit) error {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	return v.showRoster(nil)
}

// showRoster shows the roster, and what went wrong at the desk.
func (v *visit) showRoster(trouble *problem) (err error) {
	p := rosterPage{visit: v, Key: newKey(), Asked: v.r.URL.Query(), Trouble: trouble}
	if p.Tavolo, err = v.tavolo(); err != nil {
		return err
	}
	asked := rosterAsked(p.Asked)
	asked.Set("limit", "50")
	if err := v.ask("/tavoli/"+url.PathEscape(string(p.Tavolo.ID))+"/roster", asked, &p.Roster); err != nil {
		return err
	}
	p.Today = p.Tavolo.State != domain.CalledOff && p.Tavolo.State != domain.Closed && p.Tavolo.Day == domain.DayOf(v.site.Now())
	return v.show("roster", p)
}

// With returns the address with one thing asked otherwise, from the first page.
func (p rosterPage) With(name, value string) string {
	query := url.Values{}
	for _, w := range rosterWords {
		if old := p.Asked.Get(w[0]); old != "" && w[0] != "da" {
			query.Set(w[0], old)
		}
	}
	query.Set(name, value)
	return "?" + query.Encode()
}

// Given returns what was asked for.
func (p rosterPage) Given(name string) string { return p.Asked.Get(name) }

// Filtered reports whether the list is asked for otherwise than by a name.
func (p rosterPage) Filtered() bool {
	return p.Given("stato")+p.Given("modo")+p.Given("tipo")+p.Given("ordine") != ""
}

// States lists the states that can be asked for.
func (p rosterPage) States() []option {
	return p.options(p.Given("stato"), "registered", "confirmed", "waiting", "pending", "present", "absent", "withdrawn", "refused", "lapsed", "all")
}

// Modes lists how one can take part.
func (p rosterPage) Modes() []option { return p.options(p.Given("modo"), modes...) }

// Kinds lists the kinds of enti.
func (p rosterPage) Kinds() []option { return p.options(p.Given("tipo"), words(domain.EnteKinds)...) }

// Orders lists the orders of the lines.
func (p rosterPage) Orders() []option {
	return []option{
		{"name", p.T("nome", "name"), p.Given("ordine") == "name"}, {"ente", p.T("ente", "ente"), p.Given("ordine") == "ente"},
		{"since", p.T("data di iscrizione", "date of registration"), p.Given("ordine") == "since"},
	}
}

// A registrationPage is one person's registration, with what can be done about it.
type registrationPage struct {
	*visit
	Tavolo projections.TavoloDetail
	Line   rosterLine
	Door   door // where there are answers
}

// showRegistration shows one registration.
func showRegistration(v *visit) (err error) {
	if err := v.enter(rReaders...); err != nil {
		return err
	}
	p := registrationPage{visit: v}
	if p.Tavolo, err = v.tavolo(); err != nil {
		return err
	}
	p.Line = rosterLine{Tavolo: p.Tavolo.ID, Mixed: p.Tavolo.Mode == domain.Mixed}
	if p.Line.RosterLine, err = v.registration(); err != nil {
		return err
	}
	if len(p.Line.Answers) > 0 {
		if _, p.Door, err = v.doorway(); err != nil {
			return err
		}
	}
	return v.show("registration", p)
}

// registration asks for the registration of the address.
func (v *visit) registration() (l projections.RosterLine, err error) {
	at := "/tavoli/" + url.PathEscape(v.r.PathValue("id")) + "/registrations/" + url.PathEscape(v.r.PathValue("person"))
	err = v.ask(at, url.Values{"contacts": {"true"}}, &l)
	return l, err
}

// Asks returns the question of an id. One that is asked no longer has its id only.
func (p registrationPage) Asks(id string) string {
	for _, q := range p.Door.Questions {
		if q.ID == id {
			return p.T(q.Text, cmp.Or(q.English, q.Text))
		}
	}
	return id
}

// Actions lists what the visitor may do about it.
func (p registrationPage) Actions() []deedLink {
	list := p.Deeds("/segreteria/tavoli/{id}/iscritti/{person}", string(p.Tavolo.ID), p.Line.Participant.String())
	return slices.DeleteFunc(list, func(d deedLink) bool { return !p.Line.allows(d.name()) })
}

// quickDeeds say what was done without a form of its own.
var quickDeeds = map[string]text{
	"presente": {"Presenza registrata.", "The presence was recorded."}, "uscita": {"Uscita registrata.", "The end was recorded."}, "insieme": {"Fatto per le persone scelte.", "Done for those chosen."},
	"prove":          {"Il documento è depositato.", "The document was filed."},
	"lettere-avviso": {"L'avviso è letto: ecco la lettera di cui parla.", "The notice was read: this is the letter it is about."},
}

// atTheDesk records by one tap that somebody comes in, or goes.
func atTheDesk(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := v.enter(rDesks...); err != nil {
		return err
	}
	at, name := "/tavoli/"+url.PathEscape(v.r.PathValue("id"))+"/presences", "presente"
	now := v.site.Now().UTC().Format(time.RFC3339)
	var made struct {
		Position string `json:"position"`
	}
	if who := form.Get("presente"); who != "" {
		err = v.post(at, form.Get("chiave")+who, v.coming(who, form.Get("modo"), now), &made)
	} else {
		name = "uscita"
		who := form.Get("uscita")
		err = v.post(at+"/"+url.PathEscape(who)+"/end", form.Get("chiave")+who, map[string]any{"to": now}, &made)
	}
	return v.afterDesk(err, name, made.Position)
}

// coming is the presence of somebody who comes in now.
func (v *visit) coming(who, mode, now string) map[string]any {
	body := map[string]any{"participant": who, "from": now, "source": domain.FromDesk}
	if mode != "" {
		body["mode"] = mode
	}
	return body
}

// afterDesk goes back to the roster. A second tap is told apart from the first only
// by its time, and does nothing; nor does letting somebody go who was let go at
// another desk.
func (v *visit) afterDesk(err error, name, position string) error {
	trouble := asProblem(err)
	switch {
	case trouble != nil && (trouble.Code == "idempotency-key-reused" || trouble.Code == "presence-ended"), err == nil:
		query := v.r.URL.Query()
		query.Set("fatto", name)
		if position != "" {
			query.Set("visto", position)
		}
		v.redirect("/segreteria/tavoli/" + url.PathEscape(v.r.PathValue("id")) + "/iscritti?" + query.Encode())
		return nil
	case trouble != nil && trouble.Status < http.StatusInternalServerError && trouble.Status != http.StatusUnauthorized:
		v.status = trouble.Status
		return v.showRoster(trouble)
	}
	return err
}

// mostAtOnce is about how many persons something is done at once.
const mostAtOnce = 100

// allAtOnce does the same for several persons, one after the other; what is refused
// for one is told, and the others are gone on with.
func allAtOnce(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := v.enter(rDesks...); err != nil {
		return err
	}
	chosen := form["scelta"]
	if len(chosen) > mostAtOnce {
		chosen = chosen[:mostAtOnce]
	}
	if len(chosen) == 0 {
		return v.afterDesk(&problem{Status: http.StatusUnprocessableEntity, Code: "nobody-chosen", Detail: v.T("Scegliere prima le persone nell'elenco.", "Choose the persons on the list first.")}, "insieme", "")
	}
	if group, ok := strings.CutPrefix(form.Get("che"), "gruppo."); ok {
		position, err := v.toGroup(form, group, chosen)
		return v.afterDesk(err, "insieme", position)
	}
	var trouble *problem
	position := ""
	for _, who := range chosen {
		at, err := v.one(form, who)
		position = cmp.Or(at, position)
		switch refused := asProblem(err); {
		case err == nil:
		case refused == nil || refused.Status >= http.StatusInternalServerError || refused.Status == http.StatusUnauthorized:
			return err
		case refused.Code == "idempotency-key-reused":
		default:
			trouble = v.also(trouble, refused, who)
		}
	}
	if trouble != nil {
		return v.afterDesk(trouble, "insieme", position)
	}
	return v.afterDesk(nil, "insieme", position)
}

// one does it for one of the persons chosen, and returns the position of it.
func (v *visit) one(form url.Values, who string) (string, error) {
	at := "/tavoli/" + url.PathEscape(v.r.PathValue("id"))
	key := form.Get("chiave") + form.Get("che") + who
	var made struct {
		Position string `json:"position"`
	}
	var err error
	switch form.Get("che") {
	case "conferma":
		err = v.post(at+"/registrations/"+url.PathEscape(who)+"/confirmation", key, nil, &made)
	case "presente":
		err = v.post(at+"/presences", key, v.coming(who, "", v.site.Now().UTC().Format(time.RFC3339)), &made)
	case "convalida":
		err = v.post(at+"/presences/validation", key, map[string]any{"participant": who}, &made)
	default:
		err = errBadForm
	}
	return made.Position, err
}

// also adds what was refused for one person to what was refused before.
func (v *visit) also(sum, one *problem, who string) *problem {
	if sum == nil {
		sum = &problem{Status: one.Status, Code: "some-refused", Title: one.Title, Detail: v.T("Per alcune persone non è stato possibile.", "It was refused for some.")}
	}
	sum.Errors = append(sum.Errors, domain.Field{Pointer: who, Code: one.Code, Text: one.Detail})
	return sum
}

// NameOf returns what somebody on the page is called.
func (p rosterPage) NameOf(who string) string {
	i := slices.IndexFunc(p.Roster.Items, func(l projections.RosterLine) bool { return l.Participant.String() == who })
	if i < 0 {
		return ""
	}
	return p.Roster.Items[i].Name
}

// passRoster hands out the roster as a file.
func passRoster(v *visit) error {
	given := v.r.URL.Query()
	asked := rosterAsked(given)
	asked.Del("cursor")
	asked.Set("format", cmp.Or(given.Get("formato"), "csv"))
	return v.pass("/tavoli/"+url.PathEscape(v.r.PathValue("id"))+"/roster", asked)
}

// How long the changes of a roster are told in one answer, and how often they are looked for.
const (
	tellTime = 20 * time.Second
	lookTime = time.Second
)

// tellChanges tells a browser when a roster changes: server-sent events without any
// values. The browser comes back by itself when the answer ends.
func tellChanges(v *visit) error {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	t, err := v.tavolo()
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(v.w)
	tell := func(text string) bool {
		_, err := v.w.Write([]byte(text))
		return err == nil && out.Flush() == nil
	}
	if !tell("retry: 1000\n\nevent: posizione\ndata: " + placeOf(t) + "\n\n") {
		return nil
	}
	look := time.NewTicker(lookTime)
	defer look.Stop()
	for end := time.After(tellTime); ; {
		select {
		case <-v.r.Context().Done():
			return nil
		case <-end:
			return nil
		case <-look.C:
			now, err := v.tavolo()
			if err != nil {
				return nil // the browser asks again, and is told
			}
			if placeOf(now) != placeOf(t) && !tell("event: posizione\ndata: "+placeOf(now)+"\n\n") {
				return nil
			}
			t = now
		}
	}
}

// placeOf tells where a tavolo and its roster are in the register.
func placeOf(t projections.TavoloDetail) string {
	return strconv.FormatUint(uint64(t.RosterPosition), 10) + "." + strconv.FormatInt(int64(t.Revision), 10)
}

// Place is where the roster is in the register, as it is shown.
func (p rosterPage) Place() string { return placeOf(p.Tavolo) }

// Then is where a form of the roster goes to, with what is asked of the roster, so
// that it is shown again as it was.
func (p rosterPage) Then(deed string) string {
	return "/segreteria/tavoli/" + url.PathEscape(string(p.Tavolo.ID)) + "/" + deed + "?" + p.Asked.Encode()
}
