package projections

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// A TrailEntry tells one event: who recorded what and when, and what it changed.
type TrailEntry struct {
	Position    domain.Position `json:"position,string"`
	Revision    domain.Revision `json:"revision"`
	RecordedAt  time.Time       `json:"recorded_at"`
	EffectiveAt time.Time       `json:"effective_at"`
	Actor       domain.Actor    `json:"actor"`
	Stream      domain.Stream   `json:"stream"`
	Type        string          `json:"type"`
	Summary     string          `json:"summary_it"`
	SummaryEn   string          `json:"summary_en"`
	Reason      string          `json:"reason,omitempty"`
	Command     uuid.UUID       `json:"command"`
	Correlation uuid.UUID       `json:"correlation"`
	About       []Mention       `json:"about"`
	Changes     []Change        `json:"changes"`
}

// A Change is one thing that is otherwise after an event; null is nothing there.
type Change struct {
	Path   string `json:"path"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// Names tells names, where they may be known. Without Person, or where it tells
// nothing, a person is called by the beginning of the id, without Ente an ente by its key.
type Names struct {
	Person func(domain.PersonID) string
	Ente   func(domain.EnteRef) string
}

// Story tells the history of a stream from its beginning, each entry with what was
// before it and after it, as far as it counts at the moments given. It reads the
// log while it tells, so that a long history needs no memory.
func Story(ctx context.Context, log domain.Log, stream domain.Stream, at Moments, names Names) iter.Seq2[TrailEntry, error] {
	return strand(ctx, log, Strand{Stream: stream}, at, names)
}

// strand tells what of a stream belongs to a tale.
func strand(ctx context.Context, log domain.Log, s Strand, at Moments, names Names) iter.Seq2[TrailEntry, error] {
	return func(yield func(TrailEntry, error) bool) {
		t := newTeller(names)
		for entry, err := range log.ReadStream(ctx, s.Stream, 0) {
			if err != nil {
				yield(TrailEntry{}, err)
				return
			}
			rec, err := entry.Record()
			if err != nil {
				yield(TrailEntry{}, err)
				return
			}
			if at.later(&rec) {
				return
			}
			if !at.counts(&rec) {
				continue
			}
			if told := t.entry(&rec); s.asks(t, rec.Event) && !yield(told, nil) {
				return
			}
		}
	}
}

// Entries tells the entries at some positions, which ascend, each with what was
// before it in its stream and after it: what somebody did, or what was recorded on
// a day. Entries that do not count at the moments given are left out.
func Entries(ctx context.Context, log domain.Log, places []domain.Position, at Moments, names Names) ([]TrailEntry, error) {
	records, err := recordsAt(ctx, log, places)
	if err != nil {
		return nil, err
	}
	last := make(map[domain.Stream]domain.Position)
	wanted := make(map[domain.Position]bool)
	for _, rec := range records {
		last[rec.Stream] = max(last[rec.Stream], rec.Position)
		wanted[rec.Position] = true
	}
	told := []TrailEntry{}
	for _, stream := range slices.Sorted(maps.Keys(last)) {
		for entry, err := range Story(ctx, log, stream, at, names) {
			if err != nil {
				return nil, err
			}
			if wanted[entry.Position] {
				told = append(told, entry)
			}
			if entry.Position >= last[stream] {
				break
			}
		}
	}
	slices.SortFunc(told, func(a, b TrailEntry) int { return cmp.Compare(a.Position, b.Position) })
	return told, ctx.Err()
}

// recordsAt reads the envelopes at some positions, which ascend. Positions near one
// another are read together.
func recordsAt(ctx context.Context, log domain.Log, at []domain.Position) (records []domain.Record, err error) {
	for len(at) > 0 && err == nil {
		before := len(at)
		for page, fault := range log.ReadAll(ctx, at[0]-1) {
			if err = fault; err != nil {
				break
			}
			var found []domain.Record
			if found, at, err = pick(page, at); err != nil || len(found) == 0 {
				break
			}
			records = append(records, found...)
			if len(at) == 0 {
				break
			}
		}
		if len(at) == before { // nothing stands there
			at = at[1:]
		}
	}
	return records, err
}

// pick reads the envelopes of a page that are wanted, and returns what is wanted
// beyond it.
func pick(page domain.Page, at []domain.Position) (found []domain.Record, rest []domain.Position, err error) {
	for _, entry := range page.Entries {
		for len(at) > 0 && at[0] < entry.Position {
			at = at[1:]
		}
		if len(at) == 0 || at[0] != entry.Position {
			continue
		}
		rec, err := entry.Envelope()
		if err != nil {
			return found, at, err
		}
		found, at = append(found, rec), at[1:]
	}
	return found, at, nil
}

// A teller folds one stream into facts, each at a path, and tells each event by
// what it changes of them.
type teller struct {
	facts   map[string]any
	names   Names
	changes map[string]any // what stood at a path before the event
	english *teller        // tells the same in English; nil: this one does
}

func newTeller(names Names) *teller {
	return &teller{facts: make(map[string]any), names: names, english: &teller{facts: make(map[string]any), names: names}}
}

// entry takes an event in and tells it.
func (t *teller) entry(rec *domain.Record) TrailEntry {
	t.changes = make(map[string]any)
	summary, reason := t.tell(rec.Event)
	english, _ := t.english.tell(rec.Event)
	e := TrailEntry{
		Position: rec.Position, Revision: rec.Revision, RecordedAt: rec.RecordedAt, EffectiveAt: rec.EffectiveAt, Actor: rec.Actor,
		Stream: rec.Stream, Type: rec.Type, Summary: summary, SummaryEn: english, Reason: reason, Command: rec.Command, Correlation: rec.Correlation,
		About: t.about(rec), Changes: []Change{},
	}
	for _, path := range slices.Sorted(maps.Keys(t.changes)) {
		if before, after := t.changes[path], t.facts[path]; before != after {
			e.Changes = append(e.Changes, Change{path, before, after})
		}
	}
	return e
}

// tell returns the summary of an event and the reason given for it.
func (t *teller) tell(event domain.Event) (summary, reason string) {
	for _, tell := range []func(domain.Event) (string, string){
		t.tellTavolo, t.tellProgramme, t.tellSeats, t.tellAdmission, t.tellSecrets, t.tellAdesione, t.tellPresenze, t.tellEnte, t.tellProgramma, t.tellAccount, t.tellSignIn, t.tellPerson, t.tellRegistro, t.tellLetter,
	} {
		if summary, reason = tell(event); summary != "" {
			return summary, reason
		}
	}
	return t.say("Registrato un fatto di tipo %s", "A fact recorded of the kind %s", event.Name()), ""
}

// set notes a fact: a text, a number, or whether something is so. What is empty
// is nothing there.
func (t *teller) set(path string, value any) {
	before := t.facts[path]
	if _, changed := t.changes[path]; !changed && t.changes != nil {
		t.changes[path] = before
	}
	switch value {
	case nil, "", 0:
		delete(t.facts, path)
	default:
		t.facts[path] = value
	}
}

// setList notes a list, one line after another, in place of what was there.
func (t *teller) setList(path string, lines []string) {
	i := 0
	for ; i < len(lines); i++ {
		t.set(fmt.Sprintf("%s/%d", path, i), lines[i])
	}
	for ; t.facts[fmt.Sprintf("%s/%d", path, i)] != nil; i++ {
		t.set(fmt.Sprintf("%s/%d", path, i), nil)
	}
}

// text returns the text at a path.
func (t *teller) text(path string) string {
	text, _ := t.facts[path].(string)
	return text
}

// number returns the number at a path.
func (t *teller) number(path string) int {
	n, _ := t.facts[path].(int)
	return n
}

// name returns how a person is called.
func (t *teller) name(p domain.PersonID) string {
	if t.names.Person != nil {
		if name := t.names.Person(p); name != "" {
			return name
		}
	}
	return t.say("una persona (", "a person (") + p.String()[:8] + ")"
}

// ente returns how an ente is called.
func (t *teller) ente(ref domain.EnteRef) string {
	if t.names.Ente == nil {
		return ref.String()
	}
	return t.names.Ente(ref)
}

// moment returns a time as JSON tells it; nil is none.
func moment(at *time.Time) any {
	if at == nil {
		return nil
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// when returns a time as people in Italy read it.
func when(at time.Time) string { return at.In(domain.Rome).Format("2006-01-02 15:04") }

// clock returns the time of the day in Italy.
func clock(at time.Time) string { return at.In(domain.Rome).Format("15:04") }
