package pages

import (
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// Story returns the address of the story of a stream, or of what lies below one, if
// there is a page that tells it.
func (p auditPage) Story(subject string) string {
	stream, _, _ := strings.Cut(subject, "/")
	id := domain.Stream(stream).ID()
	if id == "" {
		return ""
	}
	switch domain.Stream(stream).Category() {
	case domain.CategoryTavolo, domain.CategoryPresenze:
		return p.To("/controllo/tavoli/" + id)
	case domain.CategoryIdentita:
		return p.To("/controllo/persone/" + id)
	case domain.CategoryEnte:
		return p.To("/controllo/enti/" + strings.Replace(id, "_", "/", 1))
	case domain.CategoryProgramma:
		return p.To("/controllo/programmi/" + id)
	case domain.CategoryAccount:
		return p.To("/controllo/utenze/" + id)
	}
	return ""
}

// Proof returns the address of the proof of a fact.
func (p auditPage) Proof(e projections.TrailEntry) string {
	return p.To("/controllo/prove/"+strconv.FormatUint(uint64(e.Position), 10), streamParam, string(e.Stream))
}

// Called returns what a mention is called: by its name, or by what it is.
func (p auditPage) Called(m projections.Mention) string {
	if m.Name != "" {
		return m.Name
	}
	return p.T(projections.SubjectInWords(string(m.Stream)))
}
