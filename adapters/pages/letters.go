package pages

import (
	"net/url"

	"tavoli/domain"
	"tavoli/projections"
)

// letterRoles may see letters.
var letterRoles = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleAuditor}

// letterPages are the pages about letters.
func letterPages() map[string]page {
	return map[string]page{
		"GET /segreteria/lettere":                           showLetters,
		"GET /segreteria/lettere/{delivery}":                showOneLetter,
		"GET /segreteria/lettere/{delivery}/messaggio":      passLetter,
		"GET /segreteria/lettere/avviso":                    showNoticeForm,
		"POST /segreteria/lettere/avviso":                   readNotice,
		"GET /segreteria/testi":                             showTemplates,
		"GET /segreteria/testi/{letter}":                    showTemplate,
		"POST /segreteria/testi/{letter}/anteprima-lettera": previewTemplate,
	}
}

// A lettersPage is the letters, the newest first.
type lettersPage struct {
	*visit
	projections.LetterPage
	Post struct {
		Carrier string `json:"carrier"`
		Trouble string `json:"trouble"`
	} `json:"post"`
	Query  url.Values `json:"-"`
	Tavoli []option   `json:"-"`
}

// States and Kinds are what can be asked for.
func (lettersPage) States() []domain.LetterState { return domain.LetterStates }

// Kinds are the kinds of letters.
func (lettersPage) Kinds() []domain.LetterKind { return domain.LetterKinds }

// Next is the address of the next page.
func (p lettersPage) Next() string {
	q := url.Values{"da": {p.NextCursor}}
	for _, name := range []string{"stato", "tipo", "tavolo", "persona"} {
		if value := p.Query.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	return "?" + q.Encode()
}

// showLetters lists the letters.
func showLetters(v *visit) error {
	if err := v.enter(letterRoles...); err != nil {
		return err
	}
	p := lettersPage{visit: v, Query: v.r.URL.Query()}
	asked := url.Values{"limit": {"50"}}
	for from, to := range map[string]string{"stato": "state", "tipo": "kind", "tavolo": "tavolo", "persona": "person", "da": "cursor"} {
		if value := p.Query.Get(from); value != "" {
			asked.Set(to, value)
		}
	}
	if err := v.ask("/letters", asked, &p); err != nil {
		return err
	}
	var err error
	if p.Tavoli, err = v.tavoloOptions(p.Query.Get("tavolo")); err != nil {
		return err
	}
	return v.show("letters", p)
}

// A oneLetterPage is what became of a letter.
type oneLetterPage struct {
	*visit
	Letter projections.Letter
	Outbox bool
}

// Waits reports whether the letter is in the queue, and cannot be sent again.
func (p oneLetterPage) Waits() bool {
	return p.Letter.State == domain.LetterIsQueued || p.Letter.State == domain.LetterIsSending
}

// Gone reports whether the letter left, so that it may have come back.
func (p oneLetterPage) Gone() bool {
	return p.Letter.State == domain.LetterIsSent || p.Letter.Why == domain.FaultUncertain
}

func showOneLetter(v *visit) error {
	if err := v.enter(letterRoles...); err != nil {
		return err
	}
	var answer struct {
		projections.Letter
		Post struct {
			Carrier string `json:"carrier"`
		} `json:"post"`
	}
	if err := v.ask("/letters/"+url.PathEscape(v.r.PathValue("delivery")), nil, &answer); err != nil {
		return err
	}
	outbox := answer.Post.Carrier == "outbox" && answer.State == domain.LetterIsSent && v.Is(rStaff...)
	return v.show("oneletter", oneLetterPage{v, answer.Letter, outbox})
}

// passLetter hands out a letter that lies in the outbox.
func passLetter(v *visit) error {
	return v.pass("/letters/"+url.PathEscape(v.r.PathValue("delivery"))+"/message", nil)
}

// letterDeeds are what can be done about letters.
func letterDeeds() []*deed {
	kinds := []string{"convocazione", "reminder", "join-link", "thanks", "confirmation", "waiting-list", "change-of-date", "rectification", "calling-off"}
	return []*deed{
		{
			at: "/segreteria/lettere/{delivery}/rispedizione", api: "/letters/{delivery}/resending", title: text{"Spedisci di nuovo", "Send it again"}, roles: rStaff,
			hint:   text{"Chi la riceve avrà un altro messaggio. Se non si sa se la prima sia partita, conviene prima chiederglielo.", "The recipient gets another message. Where nobody knows whether the first one went out, ask first."},
			fields: []field{{name: "reason", label: text{"Perché", "Why"}}},
		},
		{
			at: "/segreteria/lettere/{delivery}/ritorno", api: "/letters/{delivery}/return", title: text{"È tornata indietro", "It came back"}, roles: rStaff,
			hint: text{"Quando arriva un avviso di mancata consegna. La lettera è messa da parte: si corregge l'indirizzo della persona e la si spedisce di nuovo.", "When a notice of failed delivery comes in. The letter is put aside: correct the person's address and send it again."},
			fields: []field{
				{name: "reason", label: text{"Perché, come dice l'avviso", "Why, as the notice says"}, must: true, hint: text{"Senza nomi né indirizzi: resta tra i fatti.", "Without names or addresses: it stays among the facts."}},
				{name: "status", label: text{"Codice", "Status"}, hint: text{"Per esempio 5.1.1, se c'è.", "5.1.1 for instance, if there is one."}, most: 9},
			},
		},
		{
			at: "/segreteria/tavoli/{id}/lettere", api: "/tavoli/{id}/letters", title: text{"Spedisci lettere", "Send letters"}, roles: rStaff, grave: true, told: tellPosted, see: "/segreteria/testi", seen: text{"I testi delle lettere, con l'anteprima", "The words of letters, with a preview"},
			hint: text{"Partono subito, una a ciascuno.", "They go out at once, one to each."},
			fields: []field{
				{name: "kind", label: text{"Quali", "Which"}, kind: aChoice, must: true, words: kinds},
				{name: "to", label: text{"A chi", "To whom"}, kind: aChoice, words: projections.Audiences, hint: text{"Vuoto: a chi vanno di solito.", "Empty: whom they usually go to."}},
			},
		},
		joinDeed(), ownJoinDeed(),
		{
			at: "/segreteria/testi/{letter}/modifica", api: "/letter-templates/{letter}", title: text{"Cambia il testo", "Change the words"}, roles: rStaff, fill: fillTemplate, trial: "/segreteria/testi/{letter}/anteprima-lettera",
			hint: text{"Vale per le lettere che si accodano da ora. Le versioni di prima restano.", "It is for letters queued from now on. Earlier versions stay."},
			fields: []field{
				{name: "subject", label: text{"Oggetto", "Subject"}, must: true}, {name: "text", label: text{"Testo", "Text"}, kind: anArea, must: true, most: domain.MaxTemplate},
				{name: "reason", label: text{"Perché", "Why"}},
			},
		},
	}
}
