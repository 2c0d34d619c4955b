package projections

import (
	"cmp"
	"slices"
	"strings"

	"tavoli/domain"
)

// MaxFound is how many enti are found for somebody who looks for his own.
const MaxFound = 20

// refold keeps the names of an ente as they are searched.
func (row *ente) refold() {
	row.folded = row.folded[:0]
	for _, name := range append([]string{row.name}, row.aliases...) {
		if f := Fold(name); f != "" && !slices.Contains(row.folded, f) {
			row.folded = append(row.folded, f)
		}
	}
}

// Find answers which enti somebody may mean who types part of a name, in whatever
// spelling: the names that begin so, those that have the words, and those that are
// a slip or two away. Nothing is told but what they are called.
func (n *Enti) Find(q string, limit int) []EnteName {
	words := strings.Fields(Fold(q))
	if len(words) == 0 {
		return []EnteName{}
	}
	if len(words) > 12 {
		words = words[:12]
	}
	type hit struct{ row, score int }
	var hits []hit
	for i, row := range n.rows {
		if !row.known {
			continue
		}
		if best := row.like(words); best >= 0 {
			hits = append(hits, hit{i, best})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		x, y := n.rows[a.row], n.rows[b.row]
		return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(len(x.name), len(y.name)), cmp.Compare(x.name, y.name), compareEnti(x.ref, y.ref))
	})
	found := []EnteName{}
	for _, h := range hits[:min(len(hits), limit)] {
		found = append(found, *n.named(int32(h.row)))
	}
	return found
}

// like says how far the names of an ente are from some words: 0 the same, -1 another.
// Words that say what sort of ente it is, or where, need not be part of a name.
func (row *ente) like(words []string) int {
	best := row.nearest(words, 0)
	if rest := row.proper(words); len(rest) < len(words) && len(rest) > 0 {
		if s := row.nearest(rest, 1); s >= 0 && (best < 0 || s < best) {
			best = s
		}
	}
	return best
}

// nearest says how far the nearest of the names is, and something more.
func (row *ente) nearest(words []string, more int) int {
	best := -1
	for _, name := range row.folded {
		if s := likeness(words, name); s >= 0 && (best < 0 || s+more < best) {
			best = s + more
		}
	}
	return best
}

// sorts are the words with which people say what sort of ente they mean.
var sorts = map[domain.EnteKind][]string{
	domain.Comune:             {"comune", "municipio", "citta"},
	domain.LiberoConsorzio:    {"libero", "consorzio", "comunale", "provincia"},
	domain.CittaMetropolitana: {"citta", "metropolitana", "provincia"},
	domain.AziendaSanitaria:   {"asp", "asl", "azienda", "sanitaria", "provinciale", "ospedaliera"},
	domain.Universita:         {"universita", "studi", "ateneo", "polo"},
	domain.EnteGestore:        {"ente", "gestore", "cooperativa", "coop", "sociale", "consorzio", "associazione", "onlus"},
	domain.Associazione:       {"associazione", "aps", "onlus"},
	domain.Ministero:          {"ministero"},
}

// joints are words that join others and say nothing by themselves.
var joints = []string{"di", "del", "della", "dello", "dei", "degli", "delle", "dell", "d", "de", "of", "the"}

// proper leaves out the words that say what sort of ente it is, or where.
func (row *ente) proper(words []string) (rest []string) {
	for _, w := range words {
		if !slices.Contains(sorts[row.ref.Kind], w) && !slices.Contains(joints, w) && (row.province == "" || w != strings.ToLower(row.province)) {
			rest = append(rest, w)
		}
	}
	return rest
}

// likeness says how far a name is from some words: 0 the same, the more the less;
// -1: something else.
func likeness(words []string, name string) int {
	asked := strings.Join(words, " ")
	switch {
	case asked == name:
		return 0
	case strings.HasPrefix(name, asked):
		return 1
	}
	parts := strings.Fields(name)
	score := 2
	for _, w := range words {
		s := nearest(w, parts)
		if s < 0 {
			return -1
		}
		score += s
	}
	return score
}

// nearest says how far a word is from the nearest of a name.
func nearest(w string, parts []string) int {
	best := -1
	for _, p := range parts {
		s := -1
		switch {
		case p == w:
			return 0
		case strings.HasPrefix(p, w):
			s = 1
		case len(w) > 2 && strings.Contains(p, w):
			s = 3
		default:
			if d := slips(w, p, allowed(w)); d >= 0 {
				s = 3 + 3*d
			}
		}
		if s >= 0 && (best < 0 || s < best) {
			best = s
		}
	}
	return best
}

// allowed is how many slips a word may have.
func allowed(w string) int {
	switch n := len(w); {
	case n < 4:
		return 0
	case n < 8:
		return 1
	}
	return 2
}

// slips counts letters that are too many, missing, wrong or exchanged with the next
// one, at the most so many; -1: more. What is typed may stop before the word ends.
func slips(typed, word string, most int) int {
	if most == 0 {
		return -1
	}
	a, b := []rune(typed), []rune(word)
	if len(b) > len(a)+most {
		b = b[:len(a)+most]
	}
	if len(a)-len(b) > most {
		return -1
	}
	row := func(n int) []int { return make([]int, n+1) }
	before, last, now := row(len(b)), row(len(b)), row(len(b))
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last, now = last, now, before
	}
	if d := slices.Min(last); d <= most {
		return d
	}
	return -1
}
