package projections

import (
	"context"
	"slices"
	"time"

	"tavoli/domain"
)

// A PersonExport is everything the register holds of one record of a person, for that
// person: what was told, when; every fact about it; and to whom it was shown. Others
// whom the facts mention have no name.
type PersonExport struct {
	Person        domain.PersonID      `json:"person"`
	Short         string               `json:"short"`
	Name          string               `json:"name"`
	Removed       bool                 `json:"removed,omitempty"` // the values are gone
	Values        []PersonVersion      `json:"values"`            // oldest first; the last ones hold
	Linked        []domain.PersonID    `json:"linked"`            // other records that were found to be the same person: exported apart
	Registrations []PersonRegistration `json:"registrations"`
	ReferenteOf   []PersonReferente    `json:"referente_of"`
	SpeakerAt     []PersonSpeaker      `json:"speaker_at"`
	Letters       []Letter             `json:"letters"`     // that were to go to the person, oldest first
	JoinLinks     []domain.OwnJoinLink `json:"join_links"`  // where the person joins tavoli online at an address of their own
	Facts         []PersonFact         `json:"facts"`       // in the order of the log
	Disclosures   []Disclosure         `json:"disclosures"` // by which the values were, or may have been, shown; the newest first
}

// A PersonFact is a fact about a person in words.
type PersonFact struct {
	Position    domain.Position `json:"position,string"`
	RecordedAt  time.Time       `json:"recorded_at"`
	EffectiveAt time.Time       `json:"effective_at"`
	Actor       domain.Actor    `json:"actor"`
	Stream      domain.Stream   `json:"stream"`
	Type        string          `json:"type"`
	Summary     string          `json:"summary_it"`
	SummaryEn   string          `json:"summary_en"`
	Reason      string          `json:"reason,omitempty"`
}

// An Exporting is what the models know of a person for an export, with where the facts
// are found.
type Exporting struct {
	Export  PersonExport
	Strands []Strand
}

// Export answers what is held of a person, but for the facts, which [Exporting.Tell]
// reads.
func (m *Models) Export(id domain.PersonID) (Exporting, error) {
	p, err := m.People.Person(id)
	if err != nil {
		return Exporting{}, err
	}
	strands, err := m.StrandsOfPerson(id, nil)
	if err != nil {
		return Exporting{}, err
	}
	ties, err := m.Retention.Ties(id, false)
	if err != nil {
		return Exporting{}, err
	}
	for _, l := range p.Links {
		strands = append(strands, Strand{Stream: domain.IdentitaStream(l.Person), Person: id})
	}
	x := Exporting{Strands: strands, Export: PersonExport{
		Person: id, Short: domain.ShortID(id), Name: p.Name, Removed: p.Removed, Values: append([]PersonVersion{}, m.People.Versions(id)...),
		Linked: append([]domain.PersonID{}, ties.Linked...), Registrations: p.Registrations, ReferenteOf: p.ReferenteOf, SpeakerAt: p.SpeakerAt,
		Letters: m.Letters.toPerson(id), JoinLinks: []domain.OwnJoinLink{}, Facts: []PersonFact{}, Disclosures: []Disclosure{},
	}}
	for q := (DisclosureQuery{Person: &id, Limit: MaxLimit}); ; {
		page, err := m.Disclosures.List(q)
		if err != nil {
			return Exporting{}, err
		}
		x.Export.Disclosures = append(x.Export.Disclosures, page.Items...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return x, nil
		}
	}
}

// Tell adds the facts, each in words. Only the person has a name in them; enti are
// named by ente, nil: by their keys.
func (x *Exporting) Tell(ctx context.Context, log domain.Log, ente func(domain.EnteRef) string) error {
	names := Names{Ente: ente, Person: func(p domain.PersonID) string {
		if p == x.Export.Person {
			return x.Export.Name
		}
		return ""
	}}
	for e, err := range Tale(ctx, log, x.Strands, Moments{}, names) {
		if err != nil {
			return err
		}
		x.Export.Facts = append(x.Export.Facts, PersonFact{e.Position, e.RecordedAt, e.EffectiveAt, e.Actor, e.Stream, e.Type, e.Summary, e.SummaryEn, e.Reason})
	}
	x.Export.Facts = slices.CompactFunc(x.Export.Facts, func(a, b PersonFact) bool { return a.Position == b.Position })
	return nil
}
