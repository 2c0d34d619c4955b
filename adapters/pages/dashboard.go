package pages

import (
	"net/url"
	"slices"

	"tavoli/domain"
	"tavoli/projections"
)

// staffPages is the list of pages of the secretariat, beside the forms of deeds.
func (s *Site) staffPages() map[string]page {
	return map[string]page{
		"GET /segreteria":                                          showDashboard,
		"GET /segreteria/tavoli":                                   showTavoli,
		"GET /segreteria/tavoli/{id}":                              showEditor,
		"GET /segreteria/tavoli/{id}/anteprima":                    showLetter,
		"GET /segreteria/tavoli/{id}/iscritti":                     showRoster,
		"GET /segreteria/tavoli/{id}/iscritti/{person}":            showRegistration,
		"GET /segreteria/tavoli/{id}/doppioni":                     showDuplicates,
		"GET /segreteria/tavoli/{id}/prove":                        showEvidence,
		"POST /segreteria/tavoli/{id}/prove":                       fileEvidence,
		"GET /segreteria/tavoli/{id}/prove/{sha256}":               passEvidence,
		"GET /segreteria/tavoli/{id}/elenco":                       passRoster,
		"GET /segreteria/tavoli/{id}/novita":                       tellChanges,
		"POST /segreteria/tavoli/{id}/banco":                       atTheDesk,
		"POST /segreteria/tavoli/{id}/insieme":                     allAtOnce,
		"GET /segreteria/persone":                                  showPeople,
		"GET /segreteria/persone/{person}":                         showPerson,
		"GET /segreteria/persone/{person}/esportazione":            passPerson,
		"GET /segreteria/adesioni":                                 showAdhesions,
		"GET /segreteria/adesioni/{kind}/{code}/{adhesion}/scheda": passAdhesion,
		"GET /segreteria/enti":                                     showEnti,
		"GET /segreteria/enti/{kind}/{code}":                       showEnte,
		"GET /segreteria/programmi":                                showProgrammi,
		"GET /segreteria/programmi/{programma}":                    showProgramma,
		"GET /segreteria/utenze":                                   showAccounts,
		"GET /segreteria/utenze/{account}":                         showAccountOf,
		"GET /segreteria/statistiche":                              showStatistics,
		"GET /segreteria/relazioni":                                showReports,
		"GET /segreteria/relazioni/{quarter}":                      showReport,
		"GET /segreteria/relazioni/{quarter}/file":                 passReport,
		"GET /segreteria/conservazione":                            showRetention,
	}
}

// A dashboardPage is what is next and what is left to do.
type dashboardPage struct {
	*visit
	Coming []projections.Tavolo // the next one first
	Groups []taskGroup
}

// showDashboard shows what the secretariat begins its day with.
func showDashboard(v *visit) (err error) {
	if err := v.enter(rMembers...); err != nil {
		return err
	}
	p := dashboardPage{visit: v}
	list, err := v.tavoli(url.Values{})
	if err != nil {
		return err
	}
	today := domain.DayOf(v.site.Now())
	for _, t := range list {
		if t.Day >= today && t.State != domain.CalledOff {
			p.Coming = append(p.Coming, t)
		}
	}
	if p.Groups, err = v.tasks(); err != nil {
		return err
	}
	return v.show("dashboard", p)
}

// named returns what a tavolo is called in a list.
func (v *visit) named(t projections.Tavolo) string {
	return v.called(t.Ordinal, t.Day, t.Subject)
}

// called is named of what is known of a tavolo.
func (v *visit) called(ordinal int, day domain.Day, subject string) string {
	name := longDay(v.Lang, day) + ": " + subject
	if ordinal > 0 {
		name = ordinalOf(ordinal) + ", " + name
	}
	return name
}

// Seats returns how many have a seat, of how many.
func (p dashboardPage) Seats(t projections.Tavolo) []seatCount { return seatsOf(t) }

// A seatCount is how full a tavolo is in a mode.
type seatCount struct {
	Mode  domain.Mode
	Taken int
	Of    int // -1: not limited
}

// Percent returns how full it is, of a hundred.
func (c seatCount) Percent() int {
	if c.Of <= 0 {
		return 0
	}
	return min(100, c.Taken*100/c.Of)
}

func seatsOf(t projections.Tavolo) (list []seatCount) {
	for _, m := range []domain.Mode{domain.InPresence, domain.Online} {
		if t.Mode != domain.Mixed && t.Mode != m {
			continue
		}
		c := seatCount{m, t.Registrations.Seated.InPresence, -1}
		if m == domain.Online {
			c.Taken = t.Registrations.Seated.Online
		}
		if n, limited := t.Seats.Of(m); limited {
			c.Of = n
		}
		list = append(list, c)
	}
	return list
}

// A tavoliPage is every tavolo, for who works on them.
type tavoliPage struct {
	*visit
	Items []projections.Tavolo // the last one first
	Q     string
	State string
}

// showTavoli lists the tavoli.
func showTavoli(v *visit) (err error) {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	query := v.r.URL.Query()
	p := tavoliPage{visit: v, Q: query.Get("q"), State: query.Get("stato")}
	asked := url.Values{}
	if p.Q != "" {
		asked.Set("q", p.Q)
	}
	if p.State != "" {
		asked.Set("state", p.State)
	}
	if p.Items, err = v.tavoli(asked); err != nil {
		return err
	}
	slices.Reverse(p.Items)
	return v.show("tavoli", p)
}

// States lists the states a tavolo can be in.
func (p tavoliPage) States() []option {
	return p.options(p.State, "planned", "announced", "convened", "open", "closed", "called-off")
}

// options lists words to choose from.
func (v *visit) options(chosen string, words ...string) (list []option) {
	for _, w := range words {
		list = append(list, option{w, v.site.word(v.Lang, w), w == chosen})
	}
	return list
}

// Seats returns how many have a seat.
func (p tavoliPage) Seats(t projections.Tavolo) []seatCount { return seatsOf(t) }

// An editorPage is a tavolo with all that can be done about it.
type editorPage struct {
	*visit
	Tavolo projections.TavoloDetail
	Door   door
}

// showEditor shows a tavolo to who works on it.
func showEditor(v *visit) (err error) {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	p := editorPage{visit: v}
	if p.Tavolo, p.Door, err = v.doorway(); err != nil {
		return err
	}
	return v.show("editor", p)
}

// Writes reports whether the visitor may see the letters.
func (p editorPage) Writes() bool { return p.Is(letterRoles...) }

// Seats returns how many have a seat, of how many.
func (p editorPage) Seats() []seatCount { return seatsOf(p.Tavolo.Tavolo) }

// A deedGroup is deeds that belong together.
type deedGroup struct {
	Title string
	Deeds []deedLink
}

// deedGroups says which deeds about a tavolo belong together, in the order of its life.
var deedGroups = []struct {
	title text
	deeds []string
}{
	{text{"Convocare", "Convening"}, []string{"annuncio", "convocazione", "rinvio", "rettifica", "annullamento"}},
	{text{"Contenuti", "Contents"}, []string{"ordine-del-giorno", "relatore", "gruppo", "materiale"}},
	{text{"Iscrizioni", "Registrations"}, []string{"apertura-iscrizioni", "chiusura-iscrizioni", "iscrizione", "posti", "ammissione", "domande"}},
	{text{"Scrivere a chi partecipa", "Writing to those who take part"}, []string{"collegamento", "lettere"}},
	{text{"Il giorno", "The day"}, []string{"regola-di-presenza", "apertura", "ospiti", "chiusura"}},
	{text{"Altro", "More"}, nil},
}

// Actions lists what the visitor may do about it, as it stands.
func (p editorPage) Actions() (groups []deedGroup) {
	left := slices.DeleteFunc(p.Deeds("/segreteria/tavoli/{id}", string(p.Tavolo.ID)), func(d deedLink) bool { return !p.allows(d.name()) })
	for _, g := range deedGroups {
		group := deedGroup{Title: g.title.in(p.Lang)}
		for _, name := range g.deeds {
			if i := slices.IndexFunc(left, func(d deedLink) bool { return d.name() == name }); i >= 0 {
				group.Deeds, left = append(group.Deeds, left[i]), slices.Delete(left, i, i+1)
			}
		}
		if g.deeds == nil {
			group.Deeds = left
		}
		if len(group.Deeds) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// allows reports whether it makes sense to do something about the tavolo. The
// register has the last word.
func (p editorPage) allows(deed string) bool {
	state, open := p.Tavolo.State, p.Tavolo.Registrations.Open
	over := state == domain.Closed || state == domain.CalledOff
	switch deed {
	case "annuncio", "rinvio", "annullamento", "posti", "iscrizione", "ammissione", "domande", "collegamento":
		return !over && (state != domain.Open || deed != "rinvio" && deed != "annullamento")
	case "convocazione":
		return state == domain.Planned || state == domain.Announced
	case "rettifica":
		return state != domain.Planned
	case "regola-di-presenza":
		return state == domain.Planned || state == domain.Announced
	case "apertura-iscrizioni":
		return !over && !open
	case "chiusura-iscrizioni":
		return !over && open
	case "apertura":
		return state == domain.Announced || state == domain.Convened
	case "chiusura":
		return state == domain.Open
	}
	return state != domain.CalledOff
}

// A letterPage is the convocazione as it would go out.
type letterPage struct {
	*visit
	Tavolo projections.TavoloDetail
	Title  string // of the programme
	Block  string // the funding paragraph
}

// Open reports whether the visitor may record it still.
func (p letterPage) Open() bool {
	return (p.Tavolo.State == domain.Planned || p.Tavolo.State == domain.Announced) && p.May("/segreteria/tavoli/{id}/convocazione")
}

// Writes reports whether the visitor may see the words of letters.
func (p letterPage) Writes() bool { return p.Is(letterRoles...) }

// showLetter previews the convocazione.
func showLetter(v *visit) (err error) {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	p := letterPage{visit: v}
	if p.Tavolo, err = v.tavolo(); err != nil {
		return err
	}
	programmi, err := v.programmi()
	for _, one := range programmi {
		if one.Programma == p.Tavolo.Programma {
			block, _ := one.BlockOn(domain.DayOf(v.site.Now())) // none is approved: none is shown
			p.Title, p.Block = one.Title, block.Text
		}
	}
	if err != nil {
		return err
	}
	return v.show("letter", p)
}
