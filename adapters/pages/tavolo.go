package pages

import (
	"net/url"

	"tavoli/projections"
)

// A tavoloPage is all that was published of a tavolo.
type tavoloPage struct {
	*visit
	Tavolo projections.TavoloDetail
	Door   door
	Past   bool
}

// showTavolo shows one tavolo.
func showTavolo(v *visit) error {
	p := tavoloPage{visit: v}
	if err := v.ask("/tavoli/"+url.PathEscape(v.r.PathValue("id")), nil, &p.Tavolo); err != nil {
		return err
	}
	if err := v.ask("/tavoli/"+url.PathEscape(v.r.PathValue("id"))+"/form", nil, &p.Door); err != nil {
		return err
	}
	p.Past = p.Door.Over
	return v.show("tavolo", p)
}
