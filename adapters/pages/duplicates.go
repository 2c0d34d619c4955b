package pages

import (
	"net/url"
	"slices"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// A duplicatesPage is who may be registered more than once.
type duplicatesPage struct {
	*visit
	Tavolo projections.TavoloDetail
	Items  []namesakes
}

// namesakes are registrations under one name for one ente.
type namesakes struct {
	Name          string
	Ente          *projections.EnteName
	Registrations []projections.RosterLine
}

// showDuplicates shows who may be registered more than once. People decide.
func showDuplicates(v *visit) (err error) {
	if err := v.enter(rDesks...); err != nil {
		return err
	}
	p := duplicatesPage{visit: v}
	if p.Tavolo, err = v.tavolo(); err != nil {
		return err
	}
	if err := v.ask("/tavoli/"+url.PathEscape(string(p.Tavolo.ID))+"/duplicates", nil, &p); err != nil {
		return err
	}
	for _, n := range p.Items {
		slices.SortStableFunc(n.Registrations, func(a, b projections.RosterLine) int { return a.Since.Compare(b.Since) })
	}
	return v.show("duplicates", p)
}

// Line returns a registration as a line of the roster.
func (p duplicatesPage) Line(l projections.RosterLine) rosterLine {
	return rosterLine{l, p.Tavolo.ID, p.Tavolo.Mode == domain.Mixed}
}

// First is who registered first among them.
func (n namesakes) First() projections.RosterLine { return n.Registrations[0] }

// fillSame begins with the person who was chosen on another page.
func fillSame(v *visit) (url.Values, domain.Revision, error) {
	form := url.Values{}
	if as, err := uuid.Parse(v.r.URL.Query().Get("as")); err == nil {
		form.Set("as", as.String())
	}
	return form, unbound, nil
}
