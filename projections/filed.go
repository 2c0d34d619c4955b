package projections

import (
	"slices"
	"strings"
)

// Filed answers which documents are filed, for whatever tavolo, and were not destroyed:
// the SHA-256 of each, once, in order.
func (r *Rosters) Filed() []string {
	list := []string{}
	for i := range r.rows {
		for _, e := range r.rows[i].evidence {
			if e.Destroyed == nil {
				list = append(list, e.SHA256)
			}
		}
	}
	slices.SortFunc(list, strings.Compare)
	return slices.Compact(list)
}

// Destroyed answers which documents were destroyed for every tavolo for which they were
// filed: the SHA-256 of each, once, in order. Their files have to be gone.
func (r *Rosters) Destroyed() []string {
	list := []string{}
	filed := r.Filed()
	for i := range r.rows {
		for _, e := range r.rows[i].evidence {
			if _, needed := slices.BinarySearch(filed, e.SHA256); e.Destroyed != nil && !needed {
				list = append(list, e.SHA256)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
