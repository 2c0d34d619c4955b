package projections

import (
	"slices"
	"strings"
)

// Filed answers which documents are filed, for whatever tavolo: the SHA-256 of each,
// once, in order.
func (r *Rosters) Filed() []string {
	list := []string{}
	for i := range r.rows {
		for _, e := range r.rows[i].evidence {
			list = append(list, e.SHA256)
		}
	}
	slices.SortFunc(list, strings.Compare)
	return slices.Compact(list)
}
