package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tavoli/domain"
)

var sheet = strings.Repeat("ab", 32)

func presenceID(name string) domain.PresenceID {
	return uuid.NewSHA1(uuid.Nil, []byte("presence "+name))
}

// was returns a presence of somebody on the 25th of May, in hours of UTC.
func was(name string, p domain.PersonID, from, to string) domain.PresenceRecorded {
	e := domain.PresenceRecorded{Tavolo: t6, Presence: presenceID(name), Participant: p, Mode: domain.InPresence, From: utc("2022-05-25T" + from + ":00Z"), Source: domain.FromDesk}
	if to != "" {
		e.To = new(utc("2022-05-25T" + to + ":00Z"))
	}
	return e
}

func record(change func(*domain.RecordPresence)) func(*domain.Executor, domain.Meta) (domain.Result, error) {
	return do[*domain.Presenze](func() *domain.RecordPresence {
		c := &domain.RecordPresence{Tavolo: t6, Participant: anna, From: "2022-05-25T15:00", To: "2022-05-25T16:30", Source: domain.FromDesk}
		change(c)
		return c
	})
}

func TestRecordPresence(t *testing.T) {
	recorded := func(name string) domain.PresenceRecorded {
		e := was("", anna, "13:00", "14:30")
		e.Presence = domain.DerivedID(uuid.NewSHA1(uuid.Nil, []byte("TestRecordPresence/"+name)), "presence")
		return e
	}
	open, online, proven := recorded("still_there"), recorded("in_the_other_mode"), recorded("with_evidence")
	open.To = nil
	passing, moved, signed, earlier := recorded("coming_and_going_within_a_second"), recorded("at_the_desk,_here_in_the_other_mode"), recorded("on_a_sheet,_here_already"), recorded("at_the_desk,_before_those_here_came")
	passing.To = &passing.From
	moved.To, moved.Mode = nil, domain.Online
	signed.To, signed.Source = nil, domain.FromSheet
	earlier.To = nil
	online.Mode = domain.Online
	proven.Source, proven.Evidence = domain.FromSheet, []string{sheet}
	filed := domain.EvidenceFiled{Tavolo: t6, SHA256: sheet, Size: 10, MediaType: "application/pdf", Kind: domain.EvidenceSheet, Title: "Foglio firme"}
	as := func(name string, past []domain.Event, change func(*domain.RecordPresence), yield ...domain.Event) scenario {
		return scenario{name: name, past: past, do: record(change), yield: yield}
	}
	no := func(name string, past []domain.Event, err error) scenario {
		return scenario{name: name, past: past, do: record(func(*domain.RecordPresence) {}), err: err}
	}
	bad := func(name, field string, change func(*domain.RecordPresence)) scenario {
		return scenario{name: name, past: full, do: record(change), field: field}
	}
	run(t, []scenario{
		as("in the room", full, func(*domain.RecordPresence) {}, recorded("in_the_room")),
		as("still there", full, func(c *domain.RecordPresence) { c.To = "" }, open),
		as("in the other mode", full, func(c *domain.RecordPresence) { c.Mode = domain.Online }, online),
		as("after the end", with(full, opened, closed), func(*domain.RecordPresence) {}, recorded("after_the_end")),
		as("with evidence", with(full, filed), func(c *domain.RecordPresence) { c.Source, c.Evidence = domain.FromSheet, []string{sheet} }, proven),
		as("coming and going within a second", full, func(c *domain.RecordPresence) { c.To = c.From }, passing),
		as("at the desk, here already", with(full, was("x", anna, "12:30", "")), func(c *domain.RecordPresence) { c.To = "" }),
		as("at the desk, here in the other mode", with(full, was("x", anna, "12:30", "")), func(c *domain.RecordPresence) { c.To, c.Mode = "", domain.Online }, moved),
		as("on a sheet, here already", with(full, was("x", anna, "12:30", "")), func(c *domain.RecordPresence) { c.To, c.Source = "", domain.FromSheet }, signed),
		as("at the desk, before those here came", with(full, was("x", anna, "13:30", "")), func(c *domain.RecordPresence) { c.To = "" }, earlier),
		as("the same twice", with(full, was("x", anna, "13:00", "14:30")), func(*domain.RecordPresence) {}),
		as("again after it was annulled", with(full, was("x", anna, "13:00", "14:30"), domain.PresenceAnnulled{Tavolo: t6, Presence: presenceID("x"), Reason: "r"}),
			func(*domain.RecordPresence) {}, recorded("again_after_it_was_annulled")),
		no("a stranger", oneSeat, domain.ErrNotRegistered),
		no("one who withdrew", with(full, withdrawn(anna)), domain.ErrNotRegistered),
		no("no tavolo", nil, domain.ErrNoTavolo),
		no("planned only", given(planned), domain.ErrTavoloNotConvened),
		no("called off", with(full, calledOff), domain.ErrTavoloCalledOff),
		{name: "with a document nobody filed", past: full, do: record(func(c *domain.RecordPresence) { c.Evidence = []string{sheet} }), err: domain.ErrUnknownEvidence},
		bad("nobody", "/participant required", func(c *domain.RecordPresence) { c.Participant = uuid.Nil }),
		bad("without a beginning", "/from required", func(c *domain.RecordPresence) { c.From = "" }),
		bad("at no time", "/from bad-time", func(c *domain.RecordPresence) { c.From = "ieri" }),
		bad("ending before it began", "/to ends-before-start", func(c *domain.RecordPresence) { c.To = "2022-05-25T14:00" }),
		bad("longer than a day", "/to too-long", func(c *domain.RecordPresence) { c.To = "2022-05-27T14:00" }),
		bad("from nowhere", "/source not-allowed", func(c *domain.RecordPresence) { c.Source = "" }),
		bad("with a hash that is none", "/evidence/0 bad-sha256", func(c *domain.RecordPresence) { c.Evidence = []string{"xyz"} }),
	})
}

func TestEndAnnulCountFile(t *testing.T) {
	base := with(full, was("a", anna, "13:00", ""))
	end := func(to domain.Moment) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Presenze](domain.EndPresence{Tavolo: t6, Presence: presenceID("a"), To: to})
	}
	ended := domain.PresenceEnded{Tavolo: t6, Presence: presenceID("a"), To: utc("2022-05-25T14:30:00Z")}
	annul := is[*domain.Presenze](domain.AnnulPresence{Tavolo: t6, Presence: presenceID("a"), Reason: "scambio di persona"})
	annulled := domain.PresenceAnnulled{Tavolo: t6, Presence: presenceID("a"), Reason: "scambio di persona"}
	guests := func(n int) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return do[*domain.Presenze](func() *domain.CountGuests {
			return &domain.CountGuests{Tavolo: t6, Mode: domain.Online, Count: n, Source: domain.FromPlatform}
		})
	}
	counted := domain.GuestsCounted{Tavolo: t6, Mode: domain.Online, Count: 7, Source: domain.FromPlatform}
	file := func(sha string) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return do[*domain.Presenze](func() *domain.FileEvidence {
			return &domain.FileEvidence{Tavolo: t6, SHA256: sha, Size: 10, MediaType: "application/pdf", Kind: domain.EvidenceSheet, Title: "Foglio firme"}
		})
	}
	filed := domain.EvidenceFiled{Tavolo: t6, SHA256: sheet, Size: 10, MediaType: "application/pdf", Kind: domain.EvidenceSheet, Title: "Foglio firme"}
	run(t, []scenario{
		{name: "leaving", past: base, do: end("2022-05-25T16:30"), yield: given(ended)},
		{name: "leaving twice", past: with(base, ended), do: end("2022-05-25T16:30")},
		{name: "leaving otherwise", past: with(base, ended), do: end("2022-05-25T16:40"), err: domain.ErrPresenceEnded},
		{name: "leaving within the second of coming", past: base, do: end("2022-05-25T15:00"), yield: given(domain.PresenceEnded{Tavolo: t6, Presence: presenceID("a"), To: utc("2022-05-25T13:00:00Z")})},
		{name: "leaving before coming", past: base, do: end("2022-05-25T14:30"), field: "/to ends-before-start"},
		{name: "leaving what is annulled", past: with(base, annulled), do: end("2022-05-25T16:30"), err: domain.ErrAnnulled},
		{name: "leaving unseen", past: full, do: end("2022-05-25T16:30"), err: domain.ErrNoPresence},
		{name: "annulled", past: base, do: annul, yield: given(annulled)},
		{name: "annulled twice", past: with(base, annulled), do: annul},
		{name: "annulled unseen", past: full, do: annul, err: domain.ErrNoPresence},
		{name: "annulled without a reason", past: base, do: is[*domain.Presenze](domain.AnnulPresence{Tavolo: t6, Presence: presenceID("a")}), field: "/reason required"},
		{name: "guests", past: full, do: guests(7), yield: given(counted)},
		{name: "the same guests", past: with(full, counted), do: guests(7)},
		{name: "fewer than none", past: full, do: guests(-1), field: "/count out-of-range"},
		{name: "evidence", past: full, do: file(sheet), yield: given(filed)},
		{name: "evidence twice", past: with(full, filed), do: file(sheet)},
		{name: "evidence of nothing", past: full, do: file("AB"), field: "/sha256 bad-sha256"},
		{name: "evidence for no tavolo", do: file(sheet), err: domain.ErrNoTavolo},
	})
}

func TestValidatePresence(t *testing.T) {
	judge := do[*domain.Presenze](func() *domain.ValidatePresence { return &domain.ValidatePresence{Tavolo: t6, Participant: anna} })
	rule := domain.AttendanceRule{Percent: 75, Basis: "avviso"}
	ruled := with(given(oneSeat[0], planned, domain.AttendanceRuleSet{Tavolo: t6, Rule: rule}, convened), registered(anna, domain.InPresence))
	found := func(minutes int, attended bool, names ...string) domain.PresenceValidated {
		e := domain.PresenceValidated{Tavolo: t6, Participant: anna, Minutes: minutes, Required: 90, Attended: attended, Rule: rule}
		for _, n := range names {
			e.Presences = append(e.Presences, presenceID(n))
		}
		return e
	}
	unknownHours := planned
	unknownHours.Schedule = domain.Schedule{Day: meeting.Day}
	annulledA := domain.PresenceAnnulled{Tavolo: t6, Presence: presenceID("a"), Reason: "r"}
	run(t, []scenario{
		{name: "enough", past: with(ruled, was("a", anna, "13:00", "14:30")), do: judge, yield: given(found(90, true, "a"))},
		{name: "a minute short", past: with(ruled, was("a", anna, "13:00", "14:29")), do: judge, yield: given(found(89, false, "a"))},
		{name: "in two parts", past: with(ruled, was("a", anna, "13:00", "13:45"), was("b", anna, "14:00", "14:45")), do: judge, yield: given(found(90, true, "a", "b"))},
		{name: "overlapping counts once", past: with(ruled, was("a", anna, "13:00", "14:00"), was("b", anna, "13:30", "14:10")), do: judge, yield: given(found(70, false, "a", "b"))},
		{name: "before the start does not count", past: with(ruled, was("a", anna, "12:00", "14:00")), do: judge, yield: given(found(60, false, "a"))},
		{name: "what was annulled does not count", past: with(ruled, was("a", anna, "13:00", "14:30"), was("b", anna, "13:00", "13:10"), annulledA), do: judge, yield: given(found(10, false, "b"))},
		{name: "judged twice", past: with(ruled, was("a", anna, "13:00", "14:30"), found(90, true, "a")), do: judge},
		{name: "judged anew after a correction", past: with(ruled, was("a", anna, "13:00", "14:30"), was("b", anna, "13:00", "13:10"), found(90, true, "a"), annulledA), do: judge, yield: given(found(10, false, "b"))},
		{name: "judged anew when as before a correction", past: with(ruled, was("b", anna, "13:00", "14:30"), found(90, true, "b"), was("a", anna, "13:00", "13:10"), annulledA), do: judge, yield: given(found(90, true, "b"))},
		{name: "still there", past: with(ruled, was("a", anna, "13:00", "")), do: judge, err: domain.ErrPresenceOpen},
		{name: "never came", past: ruled, do: judge, err: domain.ErrNothingToJudge},
		{name: "a share of hours nobody knows", past: with(given(oneSeat[0], unknownHours, domain.AttendanceRuleSet{Tavolo: t6, Rule: rule}, convened), registered(anna, domain.InPresence), was("a", anna, "13:00", "14:30")), do: judge, err: domain.ErrNoHours},
		{name: "without a rule", past: with(full, was("a", anna, "13:00", "14:30")), do: judge, err: domain.ErrNoRule},
	})
}

// TestMinutesIsTheMeasureOfTheUnion compares with counting every minute.
func TestMinutesIsTheMeasureOfTheUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := func(minute int) time.Time { return now.Add(time.Duration(minute) * time.Minute) }
		window := [2]int{rapid.IntRange(0, 60).Draw(t, "opens"), rapid.IntRange(0, 120).Draw(t, "closes")}
		var intervals []domain.Interval
		covered := make(map[int]bool)
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			from, to := rapid.IntRange(0, 120).Draw(t, "from"), rapid.IntRange(0, 120).Draw(t, "to")
			intervals = append(intervals, domain.Interval{From: at(from), To: at(to)})
			for m := max(from, window[0]); m < min(to, window[1]); m++ {
				covered[m] = true
			}
		}
		if got := domain.Minutes(intervals, domain.Interval{From: at(window[0]), To: at(window[1])}); got != len(covered) {
			t.Fatalf("got %d minutes, want %d", got, len(covered))
		}
	})
}
