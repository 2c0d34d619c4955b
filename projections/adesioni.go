package projections

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// The states of a scheda.
const (
	AdesioneOpen     = "requested"
	AdesioneAccepted = "approved"
	AdesioneDeclined = "refused"
)

// AdesioneStates lists every state of a scheda.
var AdesioneStates = []string{AdesioneOpen, AdesioneAccepted, AdesioneDeclined}

// An adesione is a scheda with which an ente asks to join the coordinamento.
type adesione struct {
	id        uuid.UUID
	state     string
	at        int64
	note      string
	reason    string
	referenti []referente
	proposed  domain.ProposedEnte // zero: the register knew the ente
	as        domain.EnteRef      // which one it was; zero: nobody has said yet
}

// An Adesione is a scheda as it is told.
type Adesione struct {
	Adesione    uuid.UUID   `json:"adhesion"`
	Ente        EnteName    `json:"ente"` // of one that the register does not know: the name it gives itself
	Proposed    *Proposed   `json:"proposed,omitempty"`
	State       string      `json:"state"`
	RequestedAt time.Time   `json:"requested_at"`
	Note        string      `json:"note,omitempty"`
	Reason      string      `json:"reason,omitempty"` // why it was refused
	Referenti   []Candidate `json:"referenti"`
}

// A Proposed is an ente that the register did not know when it asked to join.
type Proposed struct {
	domain.ProposedEnte
	As *EnteName `json:"as,omitempty"` // which one it was found to be
}

// A Candidate is a person whom a scheda names.
type Candidate struct {
	PersonRef
	Function string     `json:"function,omitempty"`
	Email    string     `json:"email,omitempty"`
	Phone    string     `json:"phone,omitempty"`
	From     domain.Day `json:"from,omitempty"`
	Until    domain.Day `json:"until,omitempty"`
}

// asked takes in what becomes of schede.
func (n *Enti) asked(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.AdesioneRequested:
		a := adesione{id: e.Adesione, state: AdesioneOpen, at: micros(rec.EffectiveAt), note: e.Note}
		if e.Proposed != nil {
			a.proposed = *e.Proposed
		}
		for _, r := range e.Referenti {
			a.referenti = append(a.referenti, referente{r.Person, r.From, r.Until})
			n.people.index(r.Person)
		}
		row := n.at(e.Ente, rec)
		row.adesioni = append(row.adesioni, a)
	case domain.AdesioneApproved:
		n.at(e.Ente, rec).decide(e.Adesione, AdesioneAccepted, "", e.As)
	case domain.AdesioneRefused:
		n.at(e.Ente, rec).decide(e.Adesione, AdesioneDeclined, e.Reason, nil)
	}
}

func (row *ente) decide(id uuid.UUID, state, reason string, as *domain.EnteRef) {
	for i := range row.adesioni {
		if a := &row.adesioni[i]; a.id == id {
			if a.state, a.reason = state, reason; as != nil {
				a.as = *as
			}
		}
	}
}

// asked reports whether a scheda of the ente names a person.
func (row *ente) asked(id domain.PersonID) bool {
	return slices.ContainsFunc(row.adesioni, func(a adesione) bool {
		return slices.ContainsFunc(a.referenti, func(r referente) bool { return r.person == id })
	})
}

// Adesioni answers which schede came in, in a state or in any, the oldest first.
func (n *Enti) Adesioni(state string) []Adesione {
	found := []Adesione{}
	for i, row := range n.rows {
		for _, a := range row.adesioni {
			if state == "" || a.state == state {
				found = append(found, n.adesione(int32(i), a))
			}
		}
	}
	slices.SortFunc(found, func(a, b Adesione) int {
		return cmp.Or(a.RequestedAt.Compare(b.RequestedAt), cmp.Compare(a.Adesione.String(), b.Adesione.String()))
	})
	return found
}

// Adesione answers one scheda.
func (n *Enti) Adesione(ref domain.EnteRef, id uuid.UUID) (Adesione, error) {
	if i, ok := n.by[n.Resolve(ref)]; ok {
		for _, a := range n.rows[i].adesioni {
			if a.id == id {
				return n.adesione(i, a), nil
			}
		}
	}
	return Adesione{}, domain.ErrNoAdesione
}

// AdesioneByID answers one scheda, whichever ente it is of.
func (n *Enti) AdesioneByID(id uuid.UUID) (Adesione, error) {
	for i, row := range n.rows {
		for _, a := range row.adesioni {
			if a.id == id {
				return n.adesione(int32(i), a), nil
			}
		}
	}
	return Adesione{}, domain.ErrNoAdesione
}

func (n *Enti) adesione(i int32, a adesione) Adesione {
	told := Adesione{Adesione: a.id, Ente: *n.named(i), State: a.state, RequestedAt: timeOf(a.at), Note: a.note, Reason: a.reason, Referenti: []Candidate{}}
	if a.proposed != (domain.ProposedEnte{}) {
		told.Ente.Name, told.Ente.Province, told.Proposed = a.proposed.Official, a.proposed.Province, &Proposed{ProposedEnte: a.proposed}
	}
	if !a.as.IsZero() {
		as := n.nameOf(a.as)
		told.Proposed.As = &as
	}
	for i, r := range a.referenti {
		v, _ := n.people.Values(r.person)
		if i == 0 && told.Note == "" {
			told.Note = domain.NoteOf(v.Answers)
		}
		told.Referenti = append(told.Referenti, Candidate{PersonRef{r.person, n.people.Name(r.person)}, v.Function, v.Email, v.Phone, r.from, r.until})
	}
	return told
}

func (a adesione) encode(e *encoder) {
	e.uuid(a.id)
	e.text(a.state)
	e.int(a.at)
	e.text(a.note)
	e.text(a.reason)
	list(e, a.referenti, func(r referente) {
		e.uuid(r.person)
		e.text(string(r.from))
		e.text(string(r.until))
	})
	e.text(string(a.proposed.Kind))
	e.text(a.proposed.Official)
	e.text(a.proposed.Province)
	e.ente(a.as)
}

func decodeAdesione(d *decoder) adesione {
	a := adesione{id: d.uuid(), state: d.word(), at: d.int(), note: d.text(), reason: d.text()}
	a.referenti = readList(d, 18, func() referente {
		return referente{d.uuid(), word[domain.Day](d), word[domain.Day](d)}
	})
	a.proposed = domain.ProposedEnte{Kind: word[domain.EnteKind](d), Official: d.text(), Province: d.word()}
	a.as = d.ente()
	return a
}
