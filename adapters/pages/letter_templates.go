package pages

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// A templatesPage is the words of every kind of letter.
type templatesPage struct {
	*visit
	Items []projections.Template `json:"items"`
}

func showTemplates(v *visit) error {
	if err := v.enter(letterRoles...); err != nil {
		return err
	}
	p := templatesPage{visit: v}
	if err := v.ask("/letter-templates", nil, &p); err != nil {
		return err
	}
	return v.show("templates", p)
}

// A templatePage is the words of a kind of letter, and how one would look.
type templatePage struct {
	*visit
	projections.TemplateHistory
	Shown    *shownLetter
	Invented bool                   // the letter is to nobody
	Tried    *domain.LetterTemplate // words that are not saved
	Tavoli   []option
	People   []option // who is registered for the tavolo that is chosen
	Wrong    []string
	Key      string
}

// A shownLetter is a letter as it would be sent.
type shownLetter struct {
	Subject string             `json:"subject"`
	Text    string             `json:"text"`
	Not     domain.LetterFault `json:"not"`
}

// Now is the words as they stand.
func (p templatePage) Now() projections.Template { return p.Template }

// Earlier are the versions before the one that holds.
func (p templatePage) Earlier() []projections.Template {
	if len(p.Versions) == 0 {
		return nil
	}
	return p.Versions[1:]
}

// Difference is what makes the words others than those the program has; nothing where
// they are the same.
func (p templatePage) Difference() []changedLine {
	built := p.Kind.BuiltIn()
	if p.LetterTemplate == built {
		return nil
	}
	whole := func(t domain.LetterTemplate) []string {
		return strings.Split(t.Subject+"\n\n"+strings.TrimRight(t.Text, "\n"), "\n")
	}
	return changedLines(whole(built), whole(p.LetterTemplate))
}

// A changedLine is a line of a text that stands in two versions, or in one of them.
type changedLine struct {
	Text        string
	Added, Gone bool
}

// changedLines returns the lines of two texts, those that both have once: the longest
// they have in common in the same order.
func changedLines(a, b []string) (list []changedLine) {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i, line := range slices.Backward(a) {
		for j, other := range slices.Backward(b) {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); line == other {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			list = append(list, changedLine{Text: a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			list = append(list, changedLine{Text: a[i], Gone: true})
			i++
		default:
			list = append(list, changedLine{Text: b[j], Added: true})
			j++
		}
	}
	return list
}

// template asks for the words of the kind of letter of the address.
func (v *visit) template() (t projections.TemplateHistory, err error) {
	err = v.ask("/letter-templates/"+url.PathEscape(v.r.PathValue("letter")), nil, &t)
	return t, err
}

// showTemplate shows the words, and to staff a letter in them, with invented data.
func showTemplate(v *visit) (err error) {
	if err := v.enter(letterRoles...); err != nil {
		return err
	}
	p := &templatePage{visit: v, Invented: true}
	if p.TemplateHistory, err = v.template(); err != nil {
		return err
	}
	if !v.Is(rStaff...) {
		return v.show("template", p)
	}
	return p.preview("", "")
}

// previewTemplate shows a letter to somebody, in words that need not be saved. It
// changes nothing.
func previewTemplate(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := v.enter(rStaff...); err != nil {
		return err
	}
	p := &templatePage{visit: v, Key: newKey()}
	if p.TemplateHistory, err = v.template(); err != nil {
		return err
	}
	if words := (domain.LetterTemplate{Subject: form.Get("subject"), Text: strings.ReplaceAll(form.Get("text"), "\r\n", "\n")}); words != (domain.LetterTemplate{}) && words != p.LetterTemplate {
		p.Tried = &words
	}
	return p.preview(form.Get("tavolo"), form.Get("persona"))
}

// preview shows a letter about a tavolo to a person, or with invented data.
func (p *templatePage) preview(tavolo, person string) error {
	if err := p.choose(tavolo, &person); err != nil {
		return err
	}
	order := make(map[string]any)
	if p.Invented = person == ""; !p.Invented {
		order["tavolo"], order["person"] = tavolo, person
	}
	if p.Tried != nil {
		order["subject"], order["text"] = p.Tried.Subject, p.Tried.Text
	}
	shown := new(shownLetter)
	err := p.post("/letter-templates/"+url.PathEscape(string(p.Kind))+"/preview", "", order, shown)
	refused, ok := asRefusal(err)
	switch {
	case err == nil:
		shown.Text = strings.ReplaceAll(shown.Text, "\r\n", "\n")
		p.Shown = shown
	case ok && refused.Code == "letters-off" && p.r.Method == http.MethodGet: // the words are shown all the same
	case ok:
		p.status, p.Wrong = refused.Status, faults(refused)
	default:
		return err
	}
	return p.show("template", p)
}

// faults are what is wrong, each with where.
func faults(refused *problem) (list []string) {
	for _, e := range refused.Errors {
		list = append(list, e.Text)
	}
	if list == nil {
		list = []string{cmp.Or(refused.Detail, refused.Title)}
	}
	return list
}

// choose lists the tavoli, and who is registered for the one that is chosen. Whoever is
// not registered there gives way to the first who is.
func (p *templatePage) choose(tavolo string, person *string) error {
	if p.Kind.OfAdesione() {
		*person = ""
		return nil
	}
	var err error
	if p.Tavoli, err = p.tavoloOptions(tavolo); err != nil {
		return err
	}
	if tavolo == "" {
		*person = ""
		return nil
	}
	var roster projections.Roster
	if err := p.ask("/tavoli/"+url.PathEscape(tavolo)+"/roster", url.Values{"limit": {"500"}}, &roster); err != nil {
		return err
	}
	there := false
	for _, line := range roster.Items {
		id := line.Participant.String()
		p.People = append(p.People, option{id, line.Name + ", " + p.site.word(p.Lang, string(line.State)), id == *person})
		there = there || id == *person
	}
	switch {
	case there:
	case len(p.People) == 0:
		*person = ""
		p.Wrong = append(p.Wrong, p.T("nessuno è iscritto a questo tavolo: i dati sono inventati", "nobody is registered for this tavolo: the data are invented"))
	default:
		*person, p.People[0].Chosen = p.People[0].Value, true
	}
	return nil
}

// fillTemplate returns the words as they stand, or those of an earlier version.
func fillTemplate(v *visit) (url.Values, domain.Revision, error) {
	t, err := v.template()
	words := t.LetterTemplate
	if n, e := strconv.Atoi(v.r.URL.Query().Get("versione")); e == nil {
		for _, one := range t.Versions {
			if one.Version == n {
				words = one.LetterTemplate
			}
		}
	}
	return url.Values{"subject": {words.Subject}, "text": {words.Text}}, t.Revision, err
}
