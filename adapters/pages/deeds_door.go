package pages

import (
	"net/url"
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// admissionDeed says how people register by themselves.
func admissionDeed() *deed {
	return &deed{
		at: "/segreteria/tavoli/{id}/ammissione", api: "/tavoli/{id}/admission", title: text{"Come ci si iscrive", "How people register"}, roles: rStaff, fill: fillAdmission,
		fields: []field{
			{name: "staff_only", label: text{"Iscrive solo la segreteria, o chi ha un invito", "Only the secretariat registers, or who is invited"}, kind: aCheck},
			{name: "confirm_email", label: text{"Il posto conta quando l'indirizzo e-mail è confermato", "A seat counts once the e-mail address is confirmed"}, kind: aCheck},
			{name: "offer_hours", label: text{"Ore per accettare un posto liberato", "Hours to take up a seat that becomes free"}, kind: aNumber, hint: text{"Vuoto: chi attende lo ottiene subito.", "Empty: whoever waits gets it at once."}},
		},
	}
}

// fillAdmission returns how people register now.
func fillAdmission(v *visit) (url.Values, domain.Revision, error) {
	t, d, err := v.doorway()
	form := url.Values{}
	for name, yes := range map[string]bool{"staff_only": d.StaffOnly, "confirm_email": d.ConfirmEmail} {
		if yes {
			form.Set(name, yesValue)
		}
	}
	if d.OfferHours > 0 {
		form.Set("offer_hours", strconv.Itoa(d.OfferHours))
	}
	return form, t.Revision, err
}

// yesValue is what a box sends that is ticked.
const yesValue = "si"

// doorway asks for the tavolo of the address and what registering for it takes. What
// is insisted on is no newer than what is shown.
func (v *visit) doorway() (t projections.TavoloDetail, d door, err error) {
	if t, err = v.tavolo(); err == nil {
		err = v.get("/tavoli/"+url.PathEscape(string(t.ID))+"/form", nil, &d)
	}
	return t, d, err
}

// questionsDeed says what is asked of everybody who registers.
func questionsDeed() *deed {
	one := []field{
		{name: "text", label: text{"Domanda", "Question"}, must: true, most: domain.MaxLine},
		{name: "english", label: text{"In inglese", "In English"}, most: domain.MaxLine},
		{name: "kind", label: text{"Come si risponde", "How it is answered"}, kind: aChoice, must: true, words: []string{string(domain.TextQuestion), string(domain.ChoiceQuestion), string(domain.YesNoQuestion)}},
		{name: "choices", label: text{"Risposte tra cui scegliere", "Answers to choose from"}, kind: someLines, hint: text{"Una per riga; solo per una scelta.", "One a line; for a choice only."}},
		{name: "required", label: text{"Va risposta", "Has to be answered"}, kind: aCheck},
		{name: "id", kind: aHidden},
	}
	return &deed{
		at: "/segreteria/tavoli/{id}/domande", api: "/tavoli/{id}/questions", title: text{"Domande a chi si iscrive", "Questions to who registers"}, roles: rStaff, fill: fillQuestions, mend: nameQuestions,
		hint: text{"Valgono per chi si iscrive da ora; chi è già iscritto non deve rispondere. Chiedere solo ciò che serve: le risposte sono dati personali.", "They are asked of who registers from now on; those registered need not answer. Ask what is needed and no more: answers are personal data."},
		see:  "/tavoli/{id}/iscrizione", seen: text{"Il modulo come lo vede chi si iscrive", "The form as people see it"},
		fields: []field{{
			name: "questions", label: text{"Domande", "Questions"}, kind: someRows, most: domain.MaxQuestions, rows: one, fresh: url.Values{"kind": {string(domain.TextQuestion)}},
			row: text{"Domanda", "Question"}, add: text{"Aggiungi una domanda", "Add a question"},
		}},
	}
}

// fillQuestions returns the questions that are asked now.
func fillQuestions(v *visit) (url.Values, domain.Revision, error) {
	t, d, err := v.doorway()
	form := url.Values{}
	var rows []url.Values
	for _, q := range d.Questions {
		row := url.Values{"id": {q.ID}, "text": {q.Text}, "english": {q.English}, "kind": {string(q.Kind)}, "choices": {strings.Join(q.Choices, "\n")}}
		if q.Required {
			row.Set("required", yesValue)
		}
		rows = append(rows, row)
	}
	field{name: "questions"}.put(form, rows)
	return form, t.Revision, err
}

// nameQuestions gives an id to each question that is new: words of what it asks, which
// no other of them has. A question that is no choice keeps no choices.
func nameQuestions(_ url.Values, body map[string]any) {
	list, _ := body["questions"].([]map[string]any) // it is always there
	taken := make(map[string]bool)
	for _, q := range list {
		if id, _ := q["id"].(string); id != "" {
			taken[id] = true
		}
	}
	for _, q := range list {
		if q["kind"] != string(domain.ChoiceQuestion) {
			delete(q, "choices") // what was to be chosen from before
		}
		if _, named := q["id"]; named {
			continue
		}
		asks, _ := q["text"].(string) // absent: the register says so
		base := slugOf(asks, "domanda")
		id := base
		for n := 2; taken[id]; n++ {
			id = base + "-" + strconv.Itoa(n)
		}
		q["id"], taken[id] = id, true
	}
}

// slugOf makes an id of the first words of a text.
func slugOf(words, otherwise string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return ' '
	}, projections.Fold(words))
	id := ""
	for word := range strings.FieldsSeq(letters) {
		if len(id)+len(word) > 30 {
			break
		}
		id = strings.TrimPrefix(id+"-"+word, "-")
	}
	if !domain.ValidID(id) {
		return otherwise
	}
	return id
}
