package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// groupDeeds form working groups and change them. People are put into one on the
// roster, where they are found.
func groupDeeds() []*deed {
	const at, api = "/segreteria/tavoli/{id}/", "/tavoli/{id}/groups"
	title := field{name: "title", label: text{"Titolo", "Title"}, must: true, most: domain.MaxLine}
	return []*deed{
		{
			at: at + "gruppo", api: api, title: text{"Forma un gruppo di lavoro", "Form a working group"}, roles: rStaff, mend: nameGroup, fields: []field{title},
			hint: text{"Chi ne fa parte si sceglie poi nell'elenco degli iscritti, con «Con le persone scelte».", "Who is in it is chosen on the roster afterwards, under “With those chosen”."},
		},
		{
			at: at + "gruppi/{group}/modifica", api: api, title: text{"Cambia il gruppo di lavoro", "Change the working group"}, roles: rStaff, then: "/segreteria/tavoli/{id}", fill: fillGroup, fixed: map[string]any{"group": "{group}"},
			hint:   text{"Chi non è scelto ne esce. Altri si aggiungono dall'elenco degli iscritti.", "Whoever is not ticked leaves it. Others are added on the roster."},
			fields: []field{title, {name: "members", label: text{"Chi ne fa parte", "Who is in it"}, kind: someChoices, pick: pickMember}},
		},
	}
}

// nameGroup gives a new group an id that no other has: the words of its title and a
// part of the form's key, so that the form sent twice is the same group.
func nameGroup(form url.Values, body map[string]any) {
	asks, _ := body["title"].(string) // absent: the register says so
	key := slugOf(strings.ReplaceAll(form.Get("chiave"), "-", ""), "0000")
	body["group"] = slugOf(asks, "gruppo") + "-" + key[:min(len(key), 4)]
	body["members"] = []string{}
}

// group returns the working group of the address.
func (v *visit) group(t projections.TavoloDetail, id string) (projections.Group, error) {
	i := slices.IndexFunc(t.Groups, func(g projections.Group) bool { return g.Group == id })
	if i < 0 {
		return projections.Group{}, &problem{Status: http.StatusNotFound, Code: "group-not-found", Title: v.T("Non trovato", "Not found"), Detail: v.T("il gruppo di lavoro non esiste", "there is no such working group")}
	}
	return t.Groups[i], nil
}

// fillGroup returns a working group as it is.
func fillGroup(v *visit) (url.Values, domain.Revision, error) {
	t, err := v.tavolo()
	if err != nil {
		return nil, noRevision, err
	}
	g, err := v.group(t, v.r.PathValue("group"))
	form := url.Values{"title": {g.Title}}
	for _, m := range g.Members {
		form.Add("members", m.Person.String())
	}
	return form, t.Revision, err
}

// pickMember lists who is in the working group.
func pickMember(v *visit) (list []option, err error) {
	t, err := v.tavolo()
	if err != nil {
		return nil, err
	}
	g, err := v.group(t, v.r.PathValue("group"))
	for _, m := range g.Members {
		list = append(list, option{Value: m.Person.String(), Label: m.Name})
	}
	return list, err
}

// toGroup puts persons into a working group, beside those who are in it. Whoever was in
// it and is registered no longer leaves it.
func (v *visit) toGroup(form url.Values, id string, chosen []string) (string, error) {
	var made struct {
		Position string `json:"position"`
	}
	for range 4 {
		t, err := v.tavolo()
		if err != nil {
			return "", err
		}
		g, err := v.group(t, id)
		if err != nil {
			return "", err
		}
		body := map[string]any{"group": id, "title": g.Title, "members": withMembers(g, chosen)}
		at, revision := "/tavoli/"+url.PathEscape(string(t.ID))+"/groups", strconv.FormatInt(int64(t.Revision), 10)
		err = v.api().send(v.r.Context(), at, form.Get("chiave")+id, revision, body, &made)
		if gone := leavers(err, g); len(gone) > 0 {
			body["members"] = slices.DeleteFunc(withMembers(g, chosen), func(p string) bool { return slices.Contains(gone, p) })
			err = v.api().send(v.r.Context(), at, form.Get("chiave")+id+"/", revision, body, &made)
		}
		if statusOf(err) != http.StatusPreconditionFailed {
			return made.Position, err
		}
	}
	return "", &problem{Status: http.StatusPreconditionFailed, Code: "precondition-failed", Title: v.T("Cambiato nel frattempo", "Changed meanwhile"), Detail: v.T("è cambiato da quando è stato letto", "it has changed since it was read")}
}

// withMembers lists who is in a group, and after them whoever comes in.
func withMembers(g projections.Group, chosen []string) []string {
	list := []string{}
	for _, m := range g.Members {
		list = append(list, m.Person.String())
	}
	for _, who := range chosen {
		if !slices.Contains(list, who) {
			list = append(list, who)
		}
	}
	return list
}

// leavers lists who was in a group and keeps it from being changed: registered no longer.
func leavers(err error, g projections.Group) (list []string) {
	p := asProblem(err)
	if p == nil {
		return nil
	}
	for _, e := range p.Errors {
		i, err := strconv.Atoi(strings.TrimPrefix(e.Pointer, "/members/"))
		if err == nil && e.Code == "not-registered" && i < len(g.Members) {
			list = append(list, g.Members[i].Person.String())
		}
	}
	return list
}
