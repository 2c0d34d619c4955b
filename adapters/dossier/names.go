package dossier

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// A disclosure is one line of disclosures.jsonl.
type disclosure struct {
	Index   int64           `json:"index"`
	Event   uuid.UUID       `json:"event"`
	Person  domain.PersonID `json:"person"`
	Group   string          `json:"group"`
	Pointer string          `json:"pointer"`
	domain.Disclosure
}

// names adds what opens the commitments to names and functions. How to reach a
// person is nothing an audit needs, and is never shown.
func (w *work) names() error {
	if w.Disclosures == domain.NoNames {
		return nil
	}
	return w.pack.add("disclosures.jsonl", func(out io.Writer) error {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false) // the values must stay as they were committed to
		for f, err := range w.facts(1) {
			if err != nil {
				return err
			}
			if !w.shows(f) {
				continue
			}
			if err := w.open(enc, f); err != nil {
				return err
			}
		}
		return nil
	})
}

var committed = []byte(`"commitments":{`)

// shows reports whether the names of an entry are to be shown.
func (w *work) shows(f fact) bool {
	if !bytes.Contains(f.Bytes, committed) {
		return false
	}
	if w.Disclosures == domain.AllNames {
		return true
	}
	stream := domain.Stream(f.stream)
	switch stream.Category() {
	case domain.CategoryTavolo:
		_, ok := w.rows[domain.TavoloID(stream.ID())]
		return ok
	case domain.CategoryIdentita:
		id, err := uuid.Parse(stream.ID())
		return err == nil && w.part[id]
	}
	return false
}

// open opens the commitments of one entry, as far as they still can be: a person may
// have been forgotten.
func (w *work) open(enc *json.Encoder, f fact) error {
	rec, err := f.Record()
	if err != nil {
		return err
	}
	for _, c := range speaksOf(rec.Event) {
		known, err := w.opens(c.person)
		if err != nil {
			return err
		}
		for _, group := range []string{domain.GroupFunction, domain.GroupIdentity} {
			d, ok := known[c.to.Of(group)]
			if !ok || c.to.Of(group) == "" {
				continue
			}
			if err := enc.Encode(disclosure{f.index, rec.ID, c.person, group, c.at + "/commitments/" + group, d}); err != nil {
				return err
			}
		}
	}
	return nil
}

// A spoken is whose values an event commits to, and where it does.
type spoken struct {
	person domain.PersonID
	to     domain.Commitments
	at     string
}

// speaksOf returns whose values an event commits to.
func speaksOf(e domain.Event) []spoken {
	switch e := e.(type) {
	case domain.ParticipantRegistered:
		return []spoken{{e.Participant, e.Commitments, ""}}
	case domain.ParticipantWaitlisted:
		return []spoken{{e.Participant, e.Commitments, ""}}
	case domain.RegistrationPending:
		return []spoken{{e.Participant, e.Commitments, ""}}
	case domain.DelegateSubstituted:
		return []spoken{{e.By, e.Commitments, ""}}
	case domain.SpeakerInvited:
		return []spoken{{e.Person, e.Commitments, ""}}
	case domain.ReferenteAppointed:
		return []spoken{{e.Person, e.Commitments, ""}}
	case domain.PersonRectified:
		return []spoken{{e.Person, e.Commitments, ""}}
	case domain.AdesioneRequested:
		list := make([]spoken, len(e.Referenti))
		for i, r := range e.Referenti {
			list[i] = spoken{r.Person, r.Commitments, "/referenti/" + strconv.Itoa(i)}
		}
		return list
	}
	return nil
}

// opens returns what opens the commitments to a person's values, as the register
// knew them at the position.
func (w *work) opens(person domain.PersonID) (map[string]domain.Disclosure, error) {
	if known, ok := w.shown[person]; ok {
		return known, nil
	}
	known := make(map[string]domain.Disclosure)
	for rec, err := range domain.Records(w.ctx, w.Vault.Log, domain.PersonaStream(person)) {
		if err != nil {
			return nil, err
		}
		if rec.Position > w.Position {
			break
		}
		d, ok := rec.Event.(domain.PersonDescribed)
		if !ok {
			continue
		}
		list, err := w.disclose(d)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			known[one.Commitment] = one
		}
	}
	w.shown[person] = known
	return known, nil
}

// disclose opens a description, unless its key was destroyed.
func (w *work) disclose(d domain.PersonDescribed) ([]domain.Disclosure, error) {
	key, err := w.Vault.Keys.Key(d.Key)
	if errors.Is(err, domain.ErrKeyDestroyed) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return key.Disclose(d)
}

// removed begins the name of a person who was forgotten.
const removed = "persona rimossa"

// named returns what a register shows of a person: family name, given name and
// function, where they are disclosed.
func (w *work) named(l projections.RosterLine) (family, given, function string) {
	switch {
	case strings.HasPrefix(l.Name, removed):
		return l.Name, "", ""
	case w.Disclosures == domain.NoNames:
		return "", "", ""
	}
	return l.FamilyName, l.GivenName, l.Function
}
