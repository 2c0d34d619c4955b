package projections

import (
	"strings"
	"time"

	"tavoli/domain"
)

// A RosterDifference is what is otherwise in one answer for a roster than in another:
// who is in it only now, who was in it only before, and of whom something else is told.
type RosterDifference struct {
	Tavolo  domain.TavoloID `json:"tavolo"`
	Subject string          `json:"subject"`
	Day     domain.Day      `json:"day,omitempty"`
	Before  RosterMoment    `json:"before"`
	After   RosterMoment    `json:"after"`
	Same    bool            `json:"same"` // nothing is otherwise
	Added   []RosterLine    `json:"added"`
	Removed []RosterLine    `json:"removed"`
	Changed []RosterChange  `json:"changed"`
}

// A RosterMoment is one of the two moments at which a roster is compared.
type RosterMoment struct {
	EffectiveAt   *time.Time      `json:"effective_at,omitempty"` // absent: by now
	KnownAt       *time.Time      `json:"known_at,omitempty"`     // absent: as it is known now
	KnownPosition domain.Position `json:"known_position,string,omitempty"`

	Known   bool `json:"known"` // the register knew of the tavolo then
	Lines   int  `json:"lines"`
	Present int  `json:"present"` // persons with a standing presence
}

// A RosterChange is one person of whom something else is told.
type RosterChange struct {
	Before  RosterLine `json:"before"`
	After   RosterLine `json:"after"`
	Changes []Change   `json:"changes"`
}

// CompareRosters compares all lines of two answers, each in the order of its own.
// What of a line only follows from the clock, or from the lines of others, is no
// difference: since when a state holds, a place in the line of those who wait.
func CompareRosters(before, after []RosterLine) RosterDifference {
	d := RosterDifference{Added: []RosterLine{}, Removed: []RosterLine{}, Changed: []RosterChange{}}
	was := make(map[domain.PersonID]RosterLine, len(before))
	for _, l := range before {
		was[l.Participant] = l
	}
	is := make(map[domain.PersonID]bool, len(after))
	for _, l := range after {
		is[l.Participant] = true
		earlier, known := was[l.Participant]
		switch changes := compareLines(&earlier, &l); {
		case !known:
			d.Added = append(d.Added, l)
		case len(changes) > 0:
			d.Changed = append(d.Changed, RosterChange{earlier, l, changes})
		}
	}
	for _, l := range before {
		if !is[l.Participant] {
			d.Removed = append(d.Removed, l)
		}
	}
	d.Same = len(d.Added)+len(d.Removed)+len(d.Changed) == 0
	return d
}

// compareLines returns what is otherwise in the second line of a person.
func compareLines(before, after *RosterLine) (changes []Change) {
	was := toldOf(before)
	for i, now := range toldOf(after) {
		if was[i].After != now.After {
			changes = append(changes, Change{now.Path, was[i].After, now.After})
		}
	}
	return changes
}

// toldOf returns what a line tells of a person, as the trail tells it; what is empty
// is nothing there.
func toldOf(l *RosterLine) []Change {
	told := []Change{
		{Path: "called", After: l.Name}, {Path: "duty", After: l.Function}, {Path: "ente", After: ""}, {Path: "capacity", After: string(l.Capacity)}, {Path: "state", After: string(l.State)},
		{Path: "mode", After: string(l.Mode)}, {Path: "attendance", After: l.Attendance}, {Path: "minutes"}, {Path: "attended"}, {Path: "presences", After: stretches(l.Presences)},
	}
	if l.Ente != nil {
		told[2].After = l.Ente.Name
	}
	if l.Minutes != nil {
		told[7].After = *l.Minutes
	}
	if l.Validated != nil && !l.Validated.Outdated {
		told[8].After = l.Validated.Attended
	}
	for i := range told {
		if told[i].After == "" {
			told[i].After = nil
		}
	}
	return told
}

// stretches returns presences as people read them: "14:58–17:02, 17:30–".
func stretches(list []Presence) string {
	var texts []string
	for _, p := range list {
		text := clock(p.From) + "–"
		if p.To != nil {
			text += clock(*p.To)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}
