package projections

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tavoli/domain"
)

// An EnteName is an ente as other answers name it.
type EnteName struct {
	Kind     domain.EnteKind `json:"kind"`
	Code     string          `json:"code"`
	Name     string          `json:"name"` // its key where the name is not known
	Province string          `json:"province,omitempty"`
}

func (n EnteName) ref() domain.EnteRef { return domain.EnteRef{Kind: n.Kind, Code: n.Code} }

// An Ente is what the register holds of a body.
type Ente struct {
	EnteName
	Istat         string          `json:"istat,omitempty"`
	Ipa           string          `json:"ipa,omitempty"`
	Aliases       []string        `json:"aliases"`
	Names         []NamedSince    `json:"names"` // oldest first
	Coordinamento Coordinamento   `json:"coordinamento"`
	Referenti     []Referente     `json:"referenti"`
	Gestori       []Gestore       `json:"gestori"`
	SaiProjects   []SaiProject    `json:"sai_projects"`
	Revision      domain.Revision `json:"revision"`
}

// A NamedSince is a name with the day from which it holds; the first one has held
// as long as is known.
type NamedSince struct {
	Name string     `json:"name"`
	From domain.Day `json:"from,omitempty"`
}

// A Coordinamento is an ente's part in the coordinamento. From and Until are of
// the newest membership.
type Coordinamento struct {
	Member  bool         `json:"member"`
	From    domain.Day   `json:"from,omitempty"`
	Until   domain.Day   `json:"until,omitempty"`
	History []Membership `json:"history"` // oldest first
}

// A Membership is a time in the coordinamento.
type Membership struct {
	From   domain.Day `json:"from"`
	Until  domain.Day `json:"until,omitempty"`
	Scheda string     `json:"scheda,omitempty"`
	Reason string     `json:"reason,omitempty"` // why it ended
}

// A Referente is a person who speaks or spoke for an ente.
type Referente struct {
	PersonRef
	Function string     `json:"function,omitempty"`
	From     domain.Day `json:"from"`
	Until    domain.Day `json:"until,omitempty"`
}

// A Gestore is a body that runs SAI projects for an ente.
type Gestore struct {
	EnteName
	Project string     `json:"project,omitempty"`
	From    domain.Day `json:"from"`
	Until   domain.Day `json:"until,omitempty"`
}

// A SaiProject is a SAI project with its places.
type SaiProject struct {
	Project  string             `json:"project"`
	Category domain.SaiCategory `json:"category"`
	Places   int                `json:"places"`
	From     domain.Day         `json:"from"`
	Until    domain.Day         `json:"until,omitempty"`
}

// Ente answers what the register holds of a body, named by its key or, a comune,
// by its ISTAT code. Names of persons are left out unless they are asked for.
func (n *Enti) Ente(ref domain.EnteRef, names bool) (Ente, error) {
	i, ok := n.by[n.Resolve(ref)]
	if !ok || !n.rows[i].known {
		return Ente{}, domain.ErrNoEnte
	}
	return n.answer(i, names), nil
}

func (n *Enti) answer(i int32, names bool) Ente {
	row := n.rows[i]
	a := Ente{
		EnteName: *n.named(i), Istat: row.istat, Ipa: row.ipa, Aliases: []string{},
		Names:         append([]NamedSince{}, row.names...),
		Coordinamento: Coordinamento{Member: row.member, History: append([]Membership{}, row.history...)},
		Referenti:     []Referente{}, Gestori: []Gestore{},
		SaiProjects: append([]SaiProject{}, row.projects...), Revision: row.revision,
	}
	for _, alias := range row.aliases {
		if alias != row.name {
			a.Aliases = append(a.Aliases, alias)
		}
	}
	if last := len(row.history) - 1; last >= 0 {
		a.Coordinamento.From, a.Coordinamento.Until = row.history[last].From, row.history[last].Until
	}
	for _, r := range row.referenti {
		a.Referenti = append(a.Referenti, n.referente(r, names))
	}
	for _, g := range row.gestori {
		a.Gestori = append(a.Gestori, Gestore{n.nameOf(g.ente), g.project, g.from, g.until})
	}
	return a
}

func (n *Enti) referente(r referente, names bool) Referente {
	a := Referente{PersonRef: PersonRef{Person: r.person}, From: r.from, Until: r.until}
	if names {
		v, _ := n.people.Values(r.person)
		a.Name, a.Function = n.people.Name(r.person), v.Function
	}
	return a
}

// An EnteQuery asks for enti.
type EnteQuery struct {
	Kind     domain.EnteKind
	Province string
	Member   *bool  // of the coordinamento
	Q        string // in names, aliases and code
	Names    bool   // of persons, too
	Limit    int
	Cursor   string
}

func (q EnteQuery) id() string {
	member := ""
	if q.Member != nil {
		member = strconv.FormatBool(*q.Member)
	}
	return questionID("enti", string(q.Kind), q.Province, member, Fold(q.Q))
}

// EntiPage is some enti in the order of their names.
type EntiPage struct {
	Items      []Ente `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// List answers which enti there are.
func (n *Enti) List(q EnteQuery) (EntiPage, error) {
	size, err := pageSize(q.Limit)
	if err != nil {
		return EntiPage{}, err
	}
	after, err := readCursor(q.Cursor, q.id())
	if err != nil {
		return EntiPage{}, err
	}
	found := n.search(q)
	if after != "" {
		i, ok := n.by[domain.ParseEnteRef(after)]
		if !ok {
			return EntiPage{}, errCursorLost
		}
		found = found[from(found, namedRow{Fold(n.rows[i].name), i}, n.byName):]
	}
	page := EntiPage{Items: []Ente{}}
	for _, k := range found[:min(len(found), size)] {
		page.Items = append(page.Items, n.answer(k.row, q.Names))
	}
	if size < len(found) {
		page.NextCursor = newCursor(q.id(), n.rows[found[size-1].row].ref.String())
	}
	return page, nil
}

// search returns the enti asked for in the order of their names.
func (n *Enti) search(q EnteQuery) []namedRow {
	words := newNeedle(q.Q)
	var found []namedRow
	for i, row := range n.rows {
		switch {
		case !row.known:
		case q.Kind != "" && q.Kind != row.ref.Kind:
		case q.Province != "" && !strings.EqualFold(q.Province, row.province):
		case q.Member != nil && *q.Member != row.member:
		case !row.matches(words):
		default:
			found = append(found, namedRow{Fold(row.name), int32(i)})
		}
	}
	slices.SortFunc(found, n.byName)
	return found
}

// byName orders by folded name, kind and code.
func (n *Enti) byName(a, b namedRow) int {
	return cmp.Or(strings.Compare(a.key, b.key), compareEnti(n.rows[a.row].ref, n.rows[b.row].ref))
}

// matches reports whether the words are found in a name, an alias or the code.
func (row *ente) matches(words needle) bool {
	if len(words) == 0 {
		return true
	}
	return words.in(append([]string{row.title(), row.ref.Code, row.istat}, row.aliases...)...)
}
