package projections_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

func TestCompareRosters(t *testing.T) {
	a, b, c := uuid.New(), uuid.New(), uuid.New()
	at := time.Date(2022, 5, 25, 13, 0, 0, 0, time.UTC)
	minutes := 90
	line := func(id domain.PersonID, name string) projections.RosterLine {
		return projections.RosterLine{Participant: id, Name: name, State: domain.Registered, Mode: domain.Online, Attendance: projections.Unknown, Since: at}
	}
	moved, same := line(b, "Bice"), line(a, "Ada")
	same.Since, same.PlaceInLine = at.Add(time.Hour), 3 // no difference
	moved.Mode, moved.Minutes, moved.Attendance = domain.InPresence, &minutes, projections.Present
	moved.Ente, moved.Validated = &projections.EnteName{Name: "Palermo"}, &projections.Validation{Attended: true}
	moved.Presences = []projections.Presence{{From: at}}

	d := projections.CompareRosters([]projections.RosterLine{line(a, "Ada"), line(b, "Bice")}, []projections.RosterLine{same, moved, line(c, "Cora")})
	if len(d.Added) != 1 || d.Added[0].Participant != c || len(d.Removed) != 0 || len(d.Changed) != 1 || d.Changed[0].After.Participant != b {
		t.Fatalf("got %+v", d)
	}
	want := map[string]any{"ente": "Palermo", "mode": "in-presence", "attendance": "present", "minutes": 90, "attended": true, "presences": "15:00–"}
	for _, change := range d.Changed[0].Changes {
		if change.After != want[change.Path] {
			t.Errorf("%s is %v, want %v", change.Path, change.After, want[change.Path])
		}
		delete(want, change.Path)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
	back := projections.CompareRosters([]projections.RosterLine{line(c, "Cora"), line(a, "Ada")}, []projections.RosterLine{line(a, "Ada")})
	if len(back.Removed) != 1 || back.Removed[0].Participant != c || len(back.Added)+len(back.Changed) != 0 {
		t.Errorf("got %+v", back)
	}
}
