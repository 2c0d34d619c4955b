package pages

import (
	"fmt"
	"net/url"
	"slices"

	"tavoli/domain"
	"tavoli/projections"
)

// A joining is where a tavolo is joined online, as the API tells it.
type joining struct {
	URL  string
	Own  []projections.PersonRef
	Told int
}

// joining asks where the tavolo of the address is joined.
func (v *visit) joining() (j joining, err error) {
	err = v.ask("/tavoli/"+url.PathEscape(v.r.PathValue("id"))+"/join-link", nil, &j)
	return j, err
}

var joinField = field{name: "url", label: text{"Indirizzo", "Address"}, kind: anAddress, hint: text{"Come lo dà la piattaforma: https://… Vuoto: nessuno.", "As the platform gives it: https://… Empty: none."}}

// joinDeed says where everybody joins a tavolo.
func joinDeed() *deed {
	return &deed{
		at: "/segreteria/tavoli/{id}/collegamento", api: "/tavoli/{id}/join-link", title: text{"Imposta il collegamento online", "Set the address to join"}, roles: rStaff,
		fields: []field{joinField}, fill: fillJoin, facts: whoJoins,
	}
}

// fillJoin returns where everybody joins now.
func fillJoin(v *visit) (url.Values, domain.Revision, error) {
	t, err := v.tavolo()
	if err != nil {
		return nil, noRevision, err
	}
	j, err := v.joining()
	return url.Values{"url": {j.URL}}, t.Revision, err
}

// whoJoins says who is told the address, and who is not.
func whoJoins(v *visit) ([]fact, error) {
	j, err := v.joining()
	if err != nil {
		return nil, err
	}
	roster := "/segreteria/tavoli/" + url.PathEscape(v.r.PathValue("id")) + "/iscritti"
	told := v.T("Lo vede chi ha un posto online, nella propria iscrizione e nella lettera con il collegamento: oggi nessuno.", "Those with a seat online are told, on their own page and in the letter: nobody today.")
	switch {
	case j.Told == 1:
		told = v.T("Lo vede chi ha un posto online, nella propria iscrizione e nella lettera con il collegamento: oggi una persona.", "Those with a seat online are told, on their own page and in the letter: one person today.")
	case j.Told > 1:
		told = fmt.Sprintf(v.T("Lo vede chi ha un posto online, nella propria iscrizione e nella lettera con il collegamento: oggi %d persone.", "Those with a seat online are told, on their own page and in the letter: %d persons today."), j.Told)
	}
	list := []fact{
		{Text: told},
		{Text: v.T("Non lo vede nessun altro: né chi attende un posto, né chi partecipa in presenza, né la pagina pubblica.", "Nobody else is told: not who waits for a seat, not those in presence, not the public page.")},
	}
	if j.Told > 0 {
		list[0].At = roster + "?modo=online"
	}
	for _, p := range j.Own {
		list = append(list, fact{v.T("Ha un indirizzo proprio, e vede quello: ", "Has an address of their own instead: ") + p.Name, roster + "/" + p.Person.String()})
	}
	return list, nil
}

// ownJoinDeed gives one participant an address of their own.
func ownJoinDeed() *deed {
	return &deed{
		at: "/segreteria/tavoli/{id}/iscritti/{person}/collegamento", api: "/tavoli/{id}/join-link", title: text{"Collegamento online personale", "Address to join of their own"}, roles: rStaff,
		hint:  text{"Vale al posto di quello di tutti. È un dato personale: lo vede solo chi lo riceve, qui non viene più mostrato.", "It goes before everybody's. It is a personal value: only its recipient is told, it is not shown here again."},
		fixed: map[string]any{"participant": "{person}"}, fields: []field{joinField}, facts: whoJoinsAlone,
	}
}

// whoJoinsAlone says whether the person has an address already, and is told it.
func whoJoinsAlone(v *visit) ([]fact, error) {
	j, err := v.joining()
	if err != nil {
		return nil, err
	}
	l, err := v.registration()
	if err != nil {
		return nil, err
	}
	own := v.T("Oggi vale l'indirizzo di tutti.", "Everybody's address holds today.")
	if slices.ContainsFunc(j.Own, func(p projections.PersonRef) bool { return p.Person == l.Participant }) {
		own = v.T("Ne ha già uno: un indirizzo nuovo lo sostituisce, il campo vuoto lo toglie.", "There is one: another replaces it, an empty field takes it away.")
	}
	told := l.Name + v.T(" lo vede nella propria iscrizione e nella lettera con il collegamento.", " is told on their own page and in the letter.")
	if l.Mode != domain.Online || !l.State.Seated() {
		told = l.Name + v.T(" oggi non lo vede: non ha un posto online.", " is not told today: there is no seat online.")
	}
	return []fact{{Text: own}, {Text: told}}, nil
}
