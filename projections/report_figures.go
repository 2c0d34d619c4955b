package projections

import (
	"cmp"
	"fmt"
	"slices"

	"tavoli/domain"
)

// figures counts the quarter, and says what each number counts.
func (r *reportMaking) figures() []Figure {
	var came []int32
	presences, minutes := 0, 0
	for i := range r.rows {
		if r.rows[i].here() {
			came = append(came, r.rows[i].person)
			presences++
			minutes += r.rows[i].minutes
		}
	}
	before := distinct(slices.Clone(r.earlier))
	toDate := distinct(append(slices.Clone(r.earlier), came...))
	seen := r.places(r.rows)
	values := map[string]int{
		FigureTavoli: len(r.tavoli), FigureRegistrations: r.stands, FigurePresences: presences, FigurePersons: distinct(came), FigureNew: toDate - before,
		FigureToDate: toDate, FigureMinutes: minutes, FigureEnti: seen.enti, FigureComuni: seen.comuni, FigureProvince: seen.province, FigureGuests: r.guests,
	}
	list := figureDefinitions()
	for i := range list {
		list[i].Value = values[list[i].Key]
	}
	return list
}

// figureDefinitions says what each figure of a report counts, in the order in which
// they are shown.
func figureDefinitions() []Figure {
	f := func(key, it, en, definitionIt, definitionEn string) Figure {
		return Figure{Key: key, LabelIt: it, LabelEn: en, DefinitionIt: definitionIt, DefinitionEn: definitionEn}
	}
	return []Figure{
		f(FigureTavoli, "Tavoli", "Tavoli", "Tavoli del programma con data nel trimestre (giorno in Italia), esclusi gli annullati.", "Tavoli of the programme on a day of the quarter (in Italy), those called off apart."),
		f(FigureRegistrations, "Iscrizioni", "Registrations", "Iscrizioni in essere (iscritte, confermate o in lista d'attesa) a questi tavoli; ritirate e non accolte escluse.", "Registrations that stand (registered, confirmed or waiting) for these tavoli; withdrawn and refused ones are left out."),
		f(FigurePresences, "Presenze", "Presences", "Persone presenti sommate per tavolo: chi ha almeno una presenza non annullata conta una volta per ogni tavolo.", "Persons present, added up over tavoli: whoever has a presence that was not annulled counts once for each tavolo."),
		f(FigurePersons, "Persone", "Persons", "Persone diverse presenti ad almeno un tavolo del trimestre, contate una volta; chi è stato riconosciuto come la stessa persona conta una volta.", "Different persons present at one tavolo of the quarter or more, counted once; those found to be the same person count once."),
		f(FigureNew, "Persone nuove", "New persons", "Persone di cui sopra mai presenti a un tavolo precedente del programma: sommando i trimestri ogni persona conta una volta per programma.", "Those of the persons who were at no earlier tavolo of the programme: added up over quarters, each person counts once per programme."),
		f(FigureToDate, "Persone dall'inizio", "Persons to date", "Persone diverse presenti ad almeno un tavolo del programma dall'inizio alla fine del trimestre, contate una volta per programma.", "Different persons present at a tavolo of the programme from its beginning to the end of the quarter, counted once per programme."),
		f(FigureMinutes, "Minuti", "Minutes", "Minuti interi di presenza entro l'orario dei tavoli; tempi sovrapposti della stessa persona allo stesso tavolo contano una volta, presenze ancora aperte non contano.", "Whole minutes of presence within the hours of the tavoli; overlapping times of a person at a tavolo count once, presences still open do not count."),
		f(FigureEnti, "Enti", "Enti", "Enti diversi per conto dei quali almeno una persona è stata presente.", "Different enti on whose behalf at least one person was present."),
		f(FigureComuni, "Comuni", "Comuni", "Quanti di questi enti sono comuni.", "How many of these enti are comuni."),
		f(FigureProvince, "Province", "Province", "Province diverse di questi enti, dove la provincia è nota.", "Different province of these enti, where the province is known."),
		f(FigureGuests, "Ospiti", "Guests", "Persone non iscritte contate ai tavoli, senza nome; non comprese negli altri conteggi.", "People counted at the tavoli who had not registered, without names; in no other count."),
	}
}

// A grouped is a group in the making.
type grouped struct {
	ReportGroup
	order         string
	persons, enti []int32
}

// group counts those who came by what they have in common.
func (r *reportMaking) group(by func(a *comer) (key, label, order string)) []ReportGroup {
	index := make(map[string]*grouped)
	var list []*grouped
	for i := range r.rows {
		a := &r.rows[i]
		if !a.here() {
			continue
		}
		key, label, order := by(a)
		g, ok := index[key]
		if !ok {
			g = &grouped{ReportGroup: ReportGroup{Key: key, Label: label}, order: order}
			index[key] = g
			list = append(list, g)
		}
		g.Presences++
		g.Minutes += a.minutes
		g.persons = append(g.persons, a.person)
		if a.ente >= 0 {
			g.enti = append(g.enti, a.ente)
		}
	}
	slices.SortFunc(list, func(a, b *grouped) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Key, b.Key)) })
	groups := make([]ReportGroup, len(list))
	for i, g := range list {
		groups[i] = g.ReportGroup
		groups[i].Persons, groups[i].Enti = distinct(g.persons), distinct(g.enti)
	}
	return groups
}

// atTheEnd is the order of those of whom nothing is known.
const atTheEnd = "\xff"

func (r *reportMaking) byKind() []ReportGroup {
	return r.group(func(a *comer) (key, label, order string) {
		if a.ente < 0 {
			return "none", "Senza ente", atTheEnd
		}
		kind := r.models.Enti.rows[a.ente].ref.Kind
		return string(kind), said(kindWords, kind), fmt.Sprintf("%02d", slices.Index(domain.EnteKinds, kind))
	})
}

func (r *reportMaking) byMode() []ReportGroup {
	return r.group(func(a *comer) (key, label, order string) {
		mode := a.modeWord()
		return string(mode), map[domain.Mode]string{domain.InPresence: "In presenza", domain.Online: "Online", domain.Mixed: "In presenza e online"}[mode], string(mode)
	})
}

func (r *reportMaking) byCapacity() []ReportGroup {
	return r.group(func(a *comer) (key, label, order string) {
		capacity := wordOf(capacities, a.seat.capacity)
		if capacity == "" { // came without having registered
			return "none", "Non indicata", atTheEnd
		}
		return string(capacity), capital(InItalian(string(capacity))), fmt.Sprintf("%02d", a.seat.capacity)
	})
}

func (r *reportMaking) byProvince() []ReportGroup {
	return r.group(func(a *comer) (key, label, order string) {
		if a.ente < 0 || r.models.Enti.rows[a.ente].province == "" {
			return "none", "Senza provincia", atTheEnd
		}
		province := r.models.Enti.rows[a.ente].province
		return province, province, province
	})
}

func (r *reportMaking) byEnte() []ReportGroup {
	return r.group(func(a *comer) (key, label, order string) {
		if a.ente < 0 {
			return "none", "Senza ente", atTheEnd
		}
		e := r.models.Enti.rows[a.ente]
		return e.ref.String(), e.title(), fmt.Sprintf("%08d", r.rankOf(a.ente))
	})
}
