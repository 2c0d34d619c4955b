package pages

import (
	"maps"
	"slices"
)

// Patterns returns the pages that there are, as [http.ServeMux] spells them.
func (s *Site) Patterns() []string { return slices.Sorted(maps.Keys(s.pages())) }
