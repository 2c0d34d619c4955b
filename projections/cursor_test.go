package projections_test

import (
	"errors"
	"testing"

	"tavoli/domain"
	"tavoli/projections"
)

// FuzzCursor asks for the next page with anything: it is one, or the cursor is refused.
func FuzzCursor(f *testing.F) {
	m := rich().models()
	tavoli, err := m.Calendar.List(projections.CalendarQuery{Limit: 1})
	if err != nil || len(tavoli.Items) == 0 {
		f.Fatal(err, "there is no tavolo")
	}
	id := tavoli.Items[0].ID
	lines, err := m.Rosters.Roster(projections.RosterQuery{Tavolo: id, State: projections.AllStates, Limit: 1})
	if err != nil {
		f.Fatal(err)
	}
	for _, cursor := range []string{"", "!", "AAAAAAAAAAAAAA", tavoli.NextCursor, lines.NextCursor} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		_, inCalendar := m.Calendar.List(projections.CalendarQuery{Limit: 1, Cursor: cursor})
		_, inRoster := m.Rosters.Roster(projections.RosterQuery{Tavolo: id, State: projections.AllStates, Limit: 1, Cursor: cursor})
		for _, err := range []error{inCalendar, inRoster} {
			if err != nil && !errors.Is(err, domain.Invalid) {
				t.Errorf("%q: %v", cursor, err)
			}
		}
		if cursor != "" && inCalendar == nil && inRoster == nil {
			t.Errorf("%q goes on in two lists", cursor)
		}
	})
}
