package projections

import "tavoli/domain"

// tavoloOf returns the tavolo to whose own history a record belongs.
func tavoloOf(rec *domain.Record) (domain.TavoloID, bool) {
	if rec.Stream.Category() != domain.CategoryTavolo {
		return "", false
	}
	return domain.TavoloID(rec.Stream.ID()), true
}
