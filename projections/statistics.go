package projections

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"tavoli/domain"
)

// A Grouping is what statistics are told by.
type Grouping string

// The groupings there are.
const (
	ByEnte     Grouping = "ente"
	ByKind     Grouping = "kind"
	ByProvince Grouping = "province"
	ByPartner  Grouping = "partner" // of the programme of each tavolo, by role
	ByTavolo   Grouping = "tavolo"
	ByQuarter  Grouping = "quarter" // of the tavolo's day in Italy
)

// Groupings lists every grouping.
var Groupings = []Grouping{ByEnte, ByKind, ByProvince, ByPartner, ByTavolo, ByQuarter}

// A StatisticsQuery asks how many took part.
type StatisticsQuery struct {
	By        Grouping
	Programma domain.ProgrammaID
	Tavolo    domain.TavoloID
	From, To  domain.Day // of the tavolo, both included
	Reach     *Reach     // how far whoever asks may look; nil: everywhere

	Position             domain.Position // told in the answer
	EffectiveAt, KnownAt *time.Time      // told in the answer; the models are fed accordingly
}

// A Count is a number that says what it counts.
type Count struct {
	Key          string `json:"key"`
	Value        int    `json:"value"`
	DefinitionIt string `json:"definition_it"`
	DefinitionEn string `json:"definition_en"`
}

// Counts are what is counted of each group.
type Counts struct {
	Registrations   Count `json:"registrations"`
	Persons         Count `json:"persons"`
	Enti            Count `json:"enti"`
	Comuni          Count `json:"comuni"`
	Presences       Count `json:"presences"`
	Attendees       Count `json:"attendees"`
	AttendingEnti   Count `json:"attending_enti"`
	AttendingComuni Count `json:"attending_comuni"`
	Minutes         Count `json:"minutes"`
	Guests          Count `json:"guests"`
}

// A StatisticsRow is the counts of one group.
type StatisticsRow struct {
	Key   string `json:"key"` // "none" where there is nothing to group by
	Label string `json:"label"`
	Role  string `json:"role,omitempty"` // of a partner
	Counts
}

// Statistics say how many took part, told by something and all together.
type Statistics struct {
	By          Grouping        `json:"by"`
	Position    domain.Position `json:"position,string"`
	EffectiveAt *time.Time      `json:"effective_at,omitempty"`
	KnownAt     *time.Time      `json:"known_at,omitempty"`
	Rows        []StatisticsRow `json:"rows"`
	Totals      Counts          `json:"totals"`
	Digest      string          `json:"digest"` // SHA-256 of by, rows and totals as JSON
}

// counts returns the counts with what each means.
func (t *tally) counts() Counts {
	return Counts{
		Registrations:   Count{"registrations", t.registrations, "Iscrizioni in essere (iscritte, confermate o in lista d'attesa) ai tavoli considerati; ritirate e non accolte escluse.", "Registrations that stand (registered, confirmed or waiting) for the tavoli considered; withdrawn and refused ones are left out."},
		Persons:         Count{"persons", distinct(t.persons), "Persone diverse con almeno un'iscrizione in essere; chi è stato riconosciuto come la stessa persona conta una volta.", "Different persons with at least one registration that stands; those found to be the same person count once."},
		Enti:            Count{"enti", distinct(t.enti), "Enti diversi per conto dei quali esiste almeno un'iscrizione in essere.", "Different enti on whose behalf at least one registration stands."},
		Comuni:          Count{"comuni", distinct(t.comuni), "Comuni diversi per conto dei quali esiste almeno un'iscrizione in essere.", "Different comuni on whose behalf at least one registration stands."},
		Presences:       Count{"presences", t.presences, "Persone presenti sommate per tavolo: chi ha almeno una presenza non annullata a un tavolo conta una volta per quel tavolo.", "Persons present, added up over tavoli: whoever has at least one presence that was not annulled counts once for each tavolo."},
		Attendees:       Count{"attendees", distinct(t.attendees), "Persone diverse presenti ad almeno un tavolo; chi è stato riconosciuto come la stessa persona conta una volta.", "Different persons present at one tavolo or more; those found to be the same person count once."},
		AttendingEnti:   Count{"attending_enti", distinct(t.hereEnti), "Enti diversi per conto dei quali almeno una persona è stata presente.", "Different enti on whose behalf at least one person was present."},
		AttendingComuni: Count{"attending_comuni", distinct(t.hereComuni), "Comuni diversi per conto dei quali almeno una persona è stata presente.", "Different comuni on whose behalf at least one person was present."},
		Minutes:         Count{"minutes", t.minutes, "Minuti interi di presenza entro l'orario dei tavoli; tempi sovrapposti della stessa iscrizione contano una volta, presenze ancora aperte non contano.", "Whole minutes of presence within the hours of the tavoli; overlapping times of one registration count once, presences still open do not count."},
		Guests:          Count{"guests", t.guests, "Persone non iscritte contate ai tavoli, senza nome; non comprese negli altri conteggi.", "People counted at the tavoli who had not registered, without names; in no other count."},
	}
}

// Statistics answers how many took part. The rows are in a fixed order.
func (m *Models) Statistics(q StatisticsQuery) (Statistics, error) {
	if !slices.Contains(Groupings, q.By) {
		return Statistics{}, badQuery("/by", "not-allowed", "must be ente, kind, province, partner, tavolo or quarter")
	}
	g := newGroups(m, q.By)
	total := newTally()
	for _, tavolo := range m.Calendar.ordered() {
		if !q.asks(tavolo) {
			continue
		}
		g.tavolo(tavolo)
		if i, ok := m.Rosters.by[tavolo.id]; ok {
			m.countRoster(m.Rosters.rows[i], tavolo, g, total)
		}
		for _, guests := range tavolo.guests {
			total.guests += guests.Count
			g.of(-1).guests += guests.Count
		}
	}
	a := Statistics{By: q.By, Position: q.Position, EffectiveAt: q.EffectiveAt, KnownAt: q.KnownAt, Rows: g.answer(), Totals: total.counts()}
	var err error
	a.Digest, err = a.digest()
	return a, err
}

func (q StatisticsQuery) asks(t *tavolo) bool {
	return q.Reach.Tavolo(t.id) && (q.Programma == "" || q.Programma == t.programma) && (q.Tavolo == "" || q.Tavolo == t.id) &&
		(q.From == "" || t.schedule.Day >= q.From) && (q.To == "" || t.schedule.Day <= q.To)
}

// digest returns a digest of what was counted, whenever it was.
func (s Statistics) digest() (string, error) {
	s.Position, s.EffectiveAt, s.KnownAt = 0, nil, nil
	data, err := EncodeJSON(s)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), err
}

// countRoster adds what a roster holds.
func (m *Models) countRoster(row *roster, tavolo *tavolo, g *groups, total *tally) {
	met := make(map[metKey]bool)
	window := tavolo.window()
	for i := range row.seats {
		s := &row.seats[i]
		stands := wordOf(states, s.state).Active()
		if !stands && !s.here() {
			continue
		}
		one := taken{person: m.People.canonical(s.person), ente: s.ente, stands: stands, here: s.here()}
		one.comune = s.ente >= 0 && m.Enti.rows[s.ente].ref.Kind == domain.Comune
		if one.here {
			one.minutes, _ = row.minutesOf(s, window)
		}
		for _, t := range []*tally{g.of(s.ente), total} {
			if one.again = false; one.here && len(m.People.links) > 0 { // linked persons may both have been there
				key := metKey{t, one.person}
				one.again = met[key]
				met[key] = true
			}
			t.add(one)
		}
	}
}

// metKey is a person who was counted as present at a tavolo.
type metKey struct {
	tally  *tally
	person int32
}
