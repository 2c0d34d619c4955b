package projections

import (
	"strings"
	"time"

	"tavoli/domain"
)

// recorded takes in that a person was there. A presence may come before the
// registration it rests on where a question about the past leaves that out.
func (r *Rosters) recorded(e domain.PresenceRecorded, rec *domain.Record) {
	row := r.presenze(e.Tavolo, rec)
	if _, known := row.byPresence[e.Presence]; known {
		return
	}
	i := r.seatOf(e.Tavolo, e.Participant)
	at := int32(len(row.presences))
	row.presences = append(row.presences, presence{
		id: e.Presence, from: micros(e.From), to: microsOf(e.To), next: -1, seat: i,
		proof: row.proofs.add(strings.Join(e.Evidence, " ")), note: row.notes.add(e.Note),
		mode: number(modes, e.Mode), source: number(sources, e.Source),
	})
	row.byPresence[e.Presence] = at
	row.chain(i, at)
	row.seats[i].unjudge()
	row.stand(i, number(modes, e.Mode), 1)
}

// presenze returns a roster touched by a record of its stream of presences.
func (r *Rosters) presenze(id domain.TavoloID, rec *domain.Record) *roster {
	row := r.at(id, rec)
	row.presenze = rec.Revision
	return row
}

// chain adds a presence at the end of a person's chain.
func (row *roster) chain(i, at int32) {
	link := &row.seats[i].first
	for *link >= 0 {
		link = &row.presences[*link].next
	}
	*link = at
}

// stand counts a presence that begins or ceases to stand.
func (row *roster) stand(i int32, mode uint8, by int) {
	if mode != inPresence && mode != online {
		return
	}
	n := &row.seats[i].standing[mode-1]
	was := *n
	*n = uint16(int(*n) + by)
	switch {
	case was == 0 && *n > 0:
		row.present[mode]++
	case was > 0 && *n == 0:
		row.present[mode]--
	}
}

// judged takes in what became of presences, and on what they rest.
func (r *Rosters) judged(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.PresenceEnded:
		row := r.presenze(e.Tavolo, rec)
		if i, ok := row.byPresence[e.Presence]; ok {
			row.presences[i].to = micros(e.To)
			row.seats[row.presences[i].seat].unjudge()
		}
	case domain.PresenceAnnulled:
		row := r.presenze(e.Tavolo, rec)
		if i, ok := row.byPresence[e.Presence]; ok && !row.presences[i].annulled {
			row.presences[i].annulled = true
			row.seats[row.presences[i].seat].unjudge()
			row.stand(row.presences[i].seat, row.presences[i].mode, -1)
		}
	case domain.PresenceValidated:
		row := r.presenze(e.Tavolo, rec)
		s := &row.seats[r.seatOf(e.Tavolo, e.Participant)]
		s.minutes, s.required, s.validated = int32(e.Minutes), int32(e.Required), notAttended
		if e.Attended {
			s.validated = attended
		}
	case domain.EvidenceFiled:
		row := r.presenze(e.Tavolo, rec)
		row.evidence = append(row.evidence, Evidence{e.SHA256, e.Size, e.MediaType, e.Kind, e.Title, trace(rec), nil})
	case domain.EvidenceDestroyed:
		row := r.presenze(e.Tavolo, rec)
		for i := range row.evidence {
			if row.evidence[i].SHA256 == e.SHA256 {
				row.evidence[i].Destroyed = &Destruction{e.Reason, e.LegalBasis, e.Override, trace(rec)}
			}
		}
	case domain.GuestsCounted:
		r.presenze(e.Tavolo, rec)
	}
}

// unjudge notes that what was found of the person rested on other presences.
func (s *seat) unjudge() {
	if s.judged() {
		s.validated += outdated
	}
}

// judged reports whether it was found by the rule, of the presences as they stand,
// whether the person attended.
func (s *seat) judged() bool { return s.validated == notAttended || s.validated == attended }

// here reports whether the person has a standing presence.
func (s *seat) here() bool { return s.standing[0] > 0 || s.standing[1] > 0 }

// stretches yields the standing presences of a seat, in the order in which they
// were recorded.
func (row *roster) stretches(s *seat) func(yield func(*presence) bool) {
	return func(yield func(*presence) bool) {
		for i := s.first; i >= 0; i = row.presences[i].next {
			if p := &row.presences[i]; !p.annulled && !yield(p) {
				return
			}
		}
	}
}

// minutesOf returns the whole minutes of a person within the hours of the meeting,
// and whether any presence has an end.
func (row *roster) minutesOf(s *seat, window domain.Interval) (int, bool) {
	var buf [4]domain.Interval
	intervals := buf[:0]
	for p := range row.stretches(s) {
		if p.to != noTime {
			intervals = append(intervals, domain.Interval{From: timeOf(p.from), To: timeOf(p.to)})
		}
	}
	if len(intervals) == 0 {
		return 0, false
	}
	return domain.Minutes(intervals, window), true
}

// An Evidence is a filed document on which presences rest.
type Evidence struct {
	SHA256    string              `json:"sha256"`
	Size      int64               `json:"size"`
	MediaType string              `json:"media_type"`
	Kind      domain.EvidenceKind `json:"kind"`
	Title     string              `json:"title"`
	Trace
	Destroyed *Destruction `json:"destroyed,omitempty"` // the file is gone; the hash stays
}

// A Destruction is that the file of a document was destroyed.
type Destruction struct {
	Reason     string `json:"reason"`
	LegalBasis string `json:"legal_basis"`
	Override   string `json:"override,omitempty"`
	Trace
}

// A Presence is one stretch of time in which a person was there.
type Presence struct {
	ID       domain.PresenceID `json:"id"`
	Mode     domain.Mode       `json:"mode"`
	From     time.Time         `json:"from"`
	To       *time.Time        `json:"to,omitempty"` // absent: there still
	Source   domain.Source     `json:"source"`
	Evidence []string          `json:"evidence,omitempty"` // SHA-256
	Note     string            `json:"note,omitempty"`
}

// presence returns a stretch as it is told.
func (row *roster) presence(p *presence) Presence {
	return Presence{
		ID: p.id, Mode: wordOf(modes, p.mode), From: timeOf(p.from), To: knownTime(p.to), Source: wordOf(sources, p.source),
		Evidence: strings.Fields(row.proofs.text(p.proof)), Note: row.notes.text(p.note),
	}
}

// Evidence answers which documents were filed for a tavolo.
func (r *Rosters) Evidence(id domain.TavoloID) ([]Evidence, error) {
	if _, ok := r.calendar.known(id); !ok {
		return nil, domain.ErrNoTavolo
	}
	i, ok := r.by[id]
	if !ok {
		return []Evidence{}, nil
	}
	return append([]Evidence{}, r.rows[i].evidence...), nil
}

// PresenzeRevision answers how far the history of a tavolo's presences has come.
func (r *Rosters) PresenzeRevision(id domain.TavoloID) domain.Revision {
	if i, ok := r.by[id]; ok {
		return r.rows[i].presenze
	}
	return domain.NoStream
}

// A table keeps texts that occur often once each. The number of the empty text is 0.
type table struct {
	texts []string
	by    map[string]uint32
}

func (t *table) add(text string) uint32 {
	if text == "" {
		return 0
	}
	if i, ok := t.by[text]; ok {
		return i
	}
	if t.by == nil {
		t.by = make(map[string]uint32)
	}
	t.texts = append(t.texts, text)
	t.by[text] = uint32(len(t.texts))
	return uint32(len(t.texts))
}

func (t *table) text(i uint32) string {
	if i == 0 {
		return ""
	}
	return t.texts[i-1]
}
