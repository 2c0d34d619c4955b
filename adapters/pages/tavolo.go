package pages

import (
	"net/url"

	"tavoli/domain"
	"tavoli/projections"
)

// A tavoloPage is all that was published of a tavolo.
type tavoloPage struct {
	*visit
	Tavolo projections.TavoloDetail
	Past   bool
}

// showTavolo shows one tavolo.
func showTavolo(v *visit) error {
	p := tavoloPage{visit: v}
	if err := v.ask("/tavoli/"+url.PathEscape(v.r.PathValue("id")), nil, &p.Tavolo); err != nil {
		return err
	}
	p.Past = p.Tavolo.Day < domain.DayOf(v.site.Now())
	return v.show("tavolo", p)
}

// Free returns how many seats of a mode are left, -1 where they are not limited.
func (p tavoloPage) Free(mode string) int {
	seats, limited := p.Tavolo.Seats.Of(domain.Mode(mode))
	taken := p.Tavolo.Registrations.Seated.InPresence
	if mode == string(domain.Online) {
		taken = p.Tavolo.Registrations.Seated.Online
	}
	if !limited {
		return -1
	}
	return max(0, seats-taken)
}

// Modes lists how one can take part.
func (p tavoloPage) Modes() []domain.Mode {
	if p.Tavolo.Mode == domain.Mixed {
		return []domain.Mode{domain.InPresence, domain.Online}
	}
	return []domain.Mode{p.Tavolo.Mode}
}
