package projections_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tavoli/domain"
	"tavoli/projections"
)

// roster asks for a roster of the fourth tavolo.
func roster(t *testing.T, m *projections.Models, change ...func(*projections.RosterQuery)) projections.Roster {
	t.Helper()
	q := projections.RosterQuery{Tavolo: quarto}
	for _, c := range change {
		c(&q)
	}
	answer, err := m.Rosters.Roster(q)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// places returns who waits in which place of which mode.
func places(r projections.Roster) (all []string) {
	for _, l := range r.Items {
		if l.PlaceInLine > 0 {
			all = append(all, fmt.Sprintf("%s %s %d", l.FamilyName, l.Mode, l.PlaceInLine))
		}
	}
	return all
}

func TestPlacesInLine(t *testing.T) {
	tape := planned()
	for n, family := range []string{"Zeta", "Alfa", "Mu", "Beta"} {
		tape.add(describe(person(n+1), "P", family))
	}
	tape.add(
		waitlisted(1, domain.InPresence), waitlisted(2, domain.InPresence),
		waitlisted(3, domain.Online), waitlisted(4, domain.InPresence),
	)
	for _, step := range []struct {
		name  string
		event domain.Event
		want  []string
	}{
		{"in the order in which they came", nil, []string{"Alfa in-presence 2", "Beta in-presence 3", "Mu online 1", "Zeta in-presence 1"}},
		{"the first moves to the end of the other list", domain.ModeChanged{Tavolo: quarto, Participant: person(1), Mode: domain.Online, Was: domain.InPresence},
			[]string{"Alfa in-presence 1", "Beta in-presence 2", "Mu online 1", "Zeta online 2"}},
		{"and back, to the end", domain.ModeChanged{Tavolo: quarto, Participant: person(1), Mode: domain.InPresence, Was: domain.Online},
			[]string{"Alfa in-presence 1", "Beta in-presence 2", "Mu online 1", "Zeta in-presence 3"}},
		{"a delegate keeps the place", domain.DelegateSubstituted{Tavolo: quarto, Participant: person(2), By: person(9)},
			[]string{"Beta in-presence 2", "Mu online 1", fmt.Sprintf("%s in-presence 1", projections.RemovedName(person(9))), "Zeta in-presence 3"}},
		{"promoted", domain.WaitlistPromoted{Tavolo: quarto, Participant: person(9), Mode: domain.InPresence, Cause: domain.BySeats},
			[]string{"Beta in-presence 1", "Mu online 1", "Zeta in-presence 2"}},
		{"withdrawn", domain.ParticipantWithdrawn{Tavolo: quarto, Participant: person(4)},
			[]string{"Mu online 1", "Zeta in-presence 1"}},
		{"waiting again, after the others", waitlisted(4, domain.InPresence),
			[]string{"Beta in-presence 2", "Mu online 1", "Zeta in-presence 1"}},
	} {
		if step.event != nil {
			tape.add(step.event)
		}
		same(t, step.name, places(roster(t, tape.models())), step.want)
	}
}

func TestAttendance(t *testing.T) {
	tape := planned().add(describe(person(1), "A", "A"), describe(person(2), "B", "B"), registered(1, "G273", domain.Online), registered(2, "G273", domain.Online))
	attendance := func() (all []string) {
		for _, l := range roster(t, tape.models()).Items {
			minutes := "-"
			if l.Minutes != nil {
				minutes = fmt.Sprint(*l.Minutes)
			}
			all = append(all, l.Attendance+" "+minutes)
		}
		return all
	}
	same(t, "before", attendance(), []string{"unknown -", "unknown -"})
	tape.add(cameTo(quarto, 1, 1, domain.Online, "2022-03-24T14:30", ""))
	same(t, "somebody came", attendance(), []string{"present -", "unknown -"})
	tape.add(domain.PresenceEnded{Tavolo: quarto, Presence: numbered("presence", 1), To: at("2022-03-24T15:20")}, cameTo(quarto, 1, 2, domain.Online, "2022-03-24T15:10", "2022-03-24T15:30"))
	same(t, "and left; overlaps count once, within the hours", attendance(), []string{"present 30", "unknown -"})
	tape.add(domain.TavoloOpened{Tavolo: quarto}, domain.TavoloClosed{Tavolo: quarto})
	same(t, "closed", attendance(), []string{"present 30", "absent -"})
	tape.add(domain.PresenceAnnulled{Tavolo: quarto, Presence: numbered("presence", 2)}, domain.PresenceAnnulled{Tavolo: quarto, Presence: numbered("presence", 2)})
	same(t, "one annulled", attendance(), []string{"present 20", "absent -"})
	same(t, "present", names(roster(t, tape.models(), func(q *projections.RosterQuery) { q.State = projections.Present }).Items), []string{"A A"})
	tape.add(domain.PresenceAnnulled{Tavolo: quarto, Presence: numbered("presence", 1)})
	same(t, "all annulled", attendance(), []string{"absent -", "absent -"})
	same(t, "absent", names(roster(t, tape.models(), func(q *projections.RosterQuery) { q.State = projections.Absent }).Items), []string{"A A", "B B"})
	m := tape.models()
	if d := given[projections.TavoloDetail](t)(m.Calendar.Tavolo(quarto, false)); d.Presences != nil {
		t.Errorf("nobody is present, but the calendar has %+v", d.Presences)
	}
}

// TestRosterPages walks through pages of every size and finds everybody once.
func TestRosterPages(t *testing.T) {
	tape := planned()
	for n := range 23 {
		tape.add(describe(person(n), "P", fmt.Sprintf("%c", 'A'+n%5)), registered(n, "G273", domain.Online))
	}
	m := tape.models()
	whole := names(roster(t, m).Items)
	for size := 1; size <= 24; size += 4 {
		var got []string
		cursor := ""
		for pages := 0; pages == 0 || cursor != ""; pages++ {
			page := roster(t, m, func(q *projections.RosterQuery) { q.Limit, q.Cursor = size, cursor })
			if page.Total != 23 || pages > 23 {
				t.Fatalf("page %d of %d lines: total %d", pages, size, page.Total)
			}
			got, cursor = append(got, names(page.Items)...), page.NextCursor
		}
		same(t, fmt.Sprintf("pages of %d", size), got, whole)
	}
}

// TestRosterPagesHoldStill pages on after the last line seen was withdrawn.
func TestRosterPagesHoldStill(t *testing.T) {
	tape := planned()
	for n, family := range []string{"A", "B", "C"} {
		tape.add(describe(person(n), "P", family), registered(n, "G273", domain.Online))
	}
	first := roster(t, tape.models(), func(q *projections.RosterQuery) { q.Limit = 2 })
	tape.add(domain.ParticipantWithdrawn{Tavolo: quarto, Participant: person(1)})
	second := roster(t, tape.models(), func(q *projections.RosterQuery) { q.Cursor = first.NextCursor })
	same(t, "second page", names(second.Items), []string{"P C"})
	if strings.Contains(first.NextCursor, "B") && len(first.NextCursor) > 60 {
		t.Errorf("the cursor %q is long: does it hold a name?", first.NextCursor)
	}
}

func TestBadQuestions(t *testing.T) {
	tape := planned().add(describe(person(1), "A", "A"), registered(1, "G273", domain.Online), describe(person(2), "A", "B"), registered(2, "G273", domain.Online))
	m := tape.models()
	cursor := roster(t, m, func(q *projections.RosterQuery) { q.Limit = 1 }).NextCursor
	for _, c := range []struct {
		name    string
		ask     projections.RosterQuery
		pointer string
	}{
		{"a state there is not", projections.RosterQuery{State: "asleep"}, "/state"},
		{"a mode of tavoli only", projections.RosterQuery{Mode: domain.Mixed}, "/mode"},
		{"a kind there is not", projections.RosterQuery{Kind: "club"}, "/kind"},
		{"too many", projections.RosterQuery{Limit: projections.MaxLimit + 1}, "/limit"},
		{"less than nothing", projections.RosterQuery{Limit: -1}, "/limit"},
		{"no cursor", projections.RosterQuery{Cursor: "!"}, "/cursor"},
		{"a short cursor", projections.RosterQuery{Cursor: "AAAA"}, "/cursor"},
		{"a cursor of another question", projections.RosterQuery{Cursor: cursor, Mode: domain.Online}, "/cursor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.ask.Tavolo = quarto
			_, err := m.Rosters.Roster(c.ask)
			wrong, ok := errors.AsType[*domain.Error](err)
			if !ok || wrong.Kind != domain.Invalid || len(wrong.Fields) != 1 || wrong.Fields[0].Pointer != c.pointer {
				t.Errorf("got %v, want %s to be wrong", err, c.pointer)
			}
		})
	}
	if _, err := m.Rosters.Roster(projections.RosterQuery{Tavolo: "none"}); !errors.Is(err, domain.ErrNoTavolo) {
		t.Errorf("a tavolo there is not: got %v", err)
	}
	if _, err := m.Rosters.Line(quarto, person(7), false); !errors.Is(err, domain.ErrNoRegistration) {
		t.Errorf("a person there is not: got %v", err)
	}
}

// TestPageIsKept asks again and again: the page is made once, and anew after
// whatever could change it.
func TestPageIsKept(t *testing.T) {
	tape := planned().add(describe(person(1), "A", "A"), registered(1, "G273", domain.Online))
	m := tape.models()
	page := func() []byte { return given[[]byte](t)(m.Rosters.Page(quarto)) }
	fresh := func() []byte { return given[[]byte](t)(projections.EncodeJSON(roster(t, m))) }
	for _, event := range []domain.Event{
		registered(2, "C356", domain.Online),
		cameTo(quarto, 1, 1, domain.Online, "2022-03-24T15:00", ""),
		describe(person(1), "Other", "Name"),
		domain.PersonRectified{Person: person(1), Reason: "nome"},
		domain.EnteRenamed{Ente: comune("C356"), Official: "Altro nome", Was: "Castroreale", From: "2022-01-01"},
		domain.TavoloRectified{Tavolo: quarto, Field: domain.RectifySubject, Wrong: "x", Right: "Oggetto", Reason: "refuso"},
		domain.TavoloClosed{Tavolo: quarto},
	} {
		before := page()
		if again := page(); &again[0] != &before[0] {
			t.Fatalf("before %s: the page was made again", event.Name())
		}
		from := len(tape.records)
		tape.add(event)
		m.Apply(&tape.records[from])
		after := page()
		if slices.Equal(before, after) {
			t.Errorf("after %s the page is as before", event.Name())
		}
		if !slices.Equal(after, fresh()) {
			t.Errorf("after %s the page is not what the roster says", event.Name())
		}
	}
	if kept := m.KeptPages(); kept != int64(len(page())) {
		t.Errorf("%d bytes are counted as kept, not %d", kept, len(page()))
	}
}

// TestPagesAreBounded asks for more pages than are kept, side by side.
func TestPagesAreBounded(t *testing.T) {
	tape := newTape()
	const tavoli = 60
	for n := range tavoli {
		id := domain.TavoloID(fmt.Sprint("t", n))
		subject := strings.Repeat("x", projections.MaxPages/40)
		tape.add(domain.TavoloPlanned{Tavolo: id, Subject: subject, Schedule: domain.Schedule{Day: "2022-01-01"}, Mode: domain.Online})
	}
	m := tape.models()
	t.Run("side by side", func(t *testing.T) {
		for reader := range 4 {
			t.Run(fmt.Sprint(reader), func(t *testing.T) {
				t.Parallel()
				for n := range tavoli {
					if _, err := m.Rosters.Page(domain.TavoloID(fmt.Sprint("t", (n+reader*7)%tavoli))); err != nil {
						t.Error(err)
					}
				}
			})
		}
	})
	if kept := m.KeptPages(); kept > projections.MaxPages || kept < projections.MaxPages/2 {
		t.Errorf("%d bytes are kept, of at most %d", kept, projections.MaxPages)
	}
}

// TestAnswersAreCopies writes into answers and asks again.
func TestAnswersAreCopies(t *testing.T) {
	m := rich().models()
	before := asJSON(t, answers(t, m))
	d := given[projections.TavoloDetail](t)(m.Calendar.Tavolo(sesto, true))
	d.Agenda[0].Title, d.Speakers[0].Name, d.Materials[0].Authors[0].Name = "x", "x", "x"
	*d.EndsAt, *d.Seats.Online, d.AttendanceRule.Percent = at("2000-01-01T00:00"), 99, 99
	*d.Announcements[0].Schedule.StartsAt, *d.Reschedulings[0].To.StartsAt = at("2000-01-01T00:00"), at("2000-01-01T00:00")
	d.Rectifications[0].Reason, d.Guests[0].Count, d.Groups[0].Members[0] = "x", 99, projections.PersonRef{}
	e := given[projections.Ente](t)(m.Enti.Ente(comune("C356"), true))
	e.Aliases[0], e.Names[0].Name, e.Coordinamento.History[0].From = "x", "x", "x"
	e.SaiProjects[0].Places, e.Referenti[0].From, e.Gestori[0].Name = 99, "x", "x"
	p := m.Programmi.List()[0]
	p.FundingBlocks[0].Logos[0], p.Partners[0].Name = "x", "x"
	a := m.Accounts.List()[0]
	*a.Roles[0].Until, a.Tokens[0].Label = at("2000-01-01T00:00"), "x"
	r := given[projections.Roster](t)(m.Rosters.Roster(projections.RosterQuery{Tavolo: sesto}))
	r.Items[3].Presences[0].Evidence[0], *r.Items[3].Presences[0].To, r.Items[3].Ente.Name = "x", at("2000-01-01T00:00"), "x"
	m.Trail.ByDay("2022-03-01", 0, 10)[0] = 99
	if after := asJSON(t, answers(t, m)); after != before {
		t.Errorf("writing into answers changed the models:\ngot  %s\nwant %s", after, before)
	}
}

// TestCameWithoutRegistration keeps a presence whose registration is not seen, and
// shows it once it is.
func TestCameWithoutRegistration(t *testing.T) {
	tape := planned().add(describe(person(1), "A", "A"), cameTo(quarto, 1, 1, domain.Online, "2022-03-24T15:00", "2022-03-24T16:00"))
	if r := roster(t, tape.models()); len(r.Items) != 0 || r.Counts.Present.Online != 1 {
		t.Errorf("without a registration: got %d lines and %d present", len(r.Items), r.Counts.Present.Online)
	}
	tape.add(registered(1, "G273", domain.Online))
	if r := roster(t, tape.models()); len(r.Items) != 1 || r.Items[0].Attendance != projections.Present || len(r.Items[0].Presences) != 1 {
		t.Errorf("with the registration: got %s", asJSON(t, r.Items))
	}
}

// TestRemovedPerson shows who was forgotten by a short id only.
func TestRemovedPerson(t *testing.T) {
	gone := described{domain.PersonDescribed{Person: person(1)}, nil}
	for name, tape := range map[string]*tape{
		"never told": planned().add(registered(1, "G273", domain.Online)),
		"not opened": planned().add(gone, registered(1, "G273", domain.Online)),
		"later gone": planned().add(describe(person(1), "Mario", "Rossi"), registered(1, "G273", domain.Online), gone),
	} {
		t.Run(name, func(t *testing.T) {
			m := tape.models()
			want := "persona rimossa " + domain.ShortID(person(1))
			same(t, "roster", names(roster(t, m).Items), []string{want})
			p := given[projections.Person](t)(m.People.Person(person(1)))
			if p.Name != want || !p.Removed || m.People.Versions(person(1)) != nil {
				t.Errorf("got %s", asJSON(t, p))
			}
			if list := given[projections.PeoplePage](t)(m.People.List(projections.PeopleQuery{})); len(list.Items) != 0 {
				t.Errorf("the person is listed: %+v", list.Items)
			}
		})
	}
}
