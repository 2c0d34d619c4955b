package pages

import (
	"slices"
	"strconv"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A seatLine is a line of the roster as the template shows it. It is flat, and everything
// is put into words here: there are many lines on a page, and a template finds what lies
// directly in a struct quicker than what lies deeper or is yet to be called.
type seatLine struct {
	ID, Name, Function, Email, Phone string
	Ente, Mode, Capacity             string
	State, StateWord, Since          string
	Offered, Confirm                 string // until when; empty: not at all
	Stays                            []stayLine
	Judged, JudgedClass, Absent      string
	Leave                            string // the presence that ends when the person goes; empty: the person is not here
	Comes                            bool   // the person can be let in
}

// A stayLine is one stretch of time in which a person was there.
type stayLine struct{ ID, Hours string }

// Lines returns the lines of the page.
func (p rosterPage) Lines() []seatLine {
	words, list := p.said(), make([]seatLine, 0, len(p.Roster.Items))
	here, nobody := p.T("qui", "here"), p.T("senza nome", "without name")
	desk := p.Today && p.May("/segreteria/tavoli/{id}/iscrizione")
	for i := range p.Roster.Items {
		l := rosterLine{RosterLine: p.Roster.Items[i]}
		s := seatLine{
			ID: l.Participant.String(), Name: l.Name, Function: l.Function, Email: l.Email, Phone: l.Phone, Ente: called(l.Ente),
			Mode: words(string(l.Mode)), Capacity: words(string(l.Capacity)), State: string(l.State), StateWord: words(string(l.State)), Since: l.Day(),
		}
		if s.Name == "" {
			s.Name = nobody
		}
		if l.PlaceInLine > 0 {
			s.StateWord += " (" + strconv.Itoa(l.PlaceInLine) + "°)"
		}
		if l.OfferedUntil != nil {
			s.Offered = l.Until(*l.OfferedUntil)
		}
		if l.ConfirmBy != nil {
			s.Confirm = l.Until(*l.ConfirmBy)
		}
		for j := range l.Presences {
			s.Stays = append(s.Stays, stayOf(&l.Presences[j], here))
		}
		p.judged(&s, l)
		if there := l.Here(); desk && l.Stands() && there != nil {
			s.Leave = there.ID.String()
		} else {
			s.Comes = desk && l.Stands()
		}
		list = append(list, s)
	}
	return list
}

// said returns what puts a word of the API into the visitor's, each looked for once.
func (v *visit) said() func(string) string {
	known := make(map[string]string)
	return func(word string) string {
		text, ok := known[word]
		if !ok {
			text = v.site.word(v.Lang, word)
			known[word] = text
		}
		return text
	}
}

// called returns what an ente is called in a list.
func called(e *projections.EnteName) string {
	switch {
	case e == nil:
		return ""
	case e.Province != "":
		return e.Name + " (" + e.Province + ")"
	}
	return e.Name
}

// stayOf tells a stretch of time.
func stayOf(p *projections.Presence, here string) stayLine {
	s := stayLine{p.ID.String(), hourOf(p.From)}
	if p.To == nil {
		s.Hours += " " + here
	} else {
		s.Hours += "–" + hourOf(*p.To)
	}
	return s
}

// judged tells what was found by the rule of the tavolo, and who did not come.
func (p rosterPage) judged(s *seatLine, l rosterLine) {
	if l.Attendance == projections.Absent {
		s.Absent = p.site.word(p.Lang, l.Attendance)
	}
	switch {
	case l.Validated == nil:
		return
	case l.Validated.Outdated:
		s.Judged, s.JudgedClass = p.T("convalida superata", "judgment outdated"), ""
		return
	case l.Validated.Attended:
		s.Judged, s.JudgedClass = p.T("frequenza riconosciuta", "attended"), "yes"
	default:
		s.Judged, s.JudgedClass = p.T("sotto la soglia", "below the rule"), "no"
	}
	s.Judged += ", " + strconv.Itoa(l.Validated.Minutes) + "′"
}

// A rosterLine is a registration with what can be done about it.
type rosterLine struct {
	projections.RosterLine
	Tavolo domain.TavoloID
	Mixed  bool
}

// Stands reports whether the registration does.
func (l rosterLine) Stands() bool { return l.State.Active() }

// Here returns the presence of somebody who is there still; nil: there is none.
func (l rosterLine) Here() *projections.Presence {
	i := slices.IndexFunc(l.Presences, func(p projections.Presence) bool { return p.To == nil })
	if i < 0 {
		return nil
	}
	return &l.Presences[i]
}

// allows reports whether it makes sense to do something about a line. The register
// has the last word.
func (l rosterLine) allows(deed string) bool {
	switch deed {
	case "conferma":
		return l.State == domain.Registered
	case "modalita":
		return l.Mixed && l.Stands()
	case "collegamento":
		return l.Mode == domain.Online && l.Stands()
	case "codice":
		return l.Stands() || l.State == domain.Pending
	case "convalida":
		return len(l.Presences) > 0
	case "informativa", "sostituzione", "presenza", "ritiro", "rifiuto":
		return l.Stands()
	}
	return true
}

// Until returns a moment to the minute.
func (l rosterLine) Until(t time.Time) string {
	return t.In(domain.Rome).Format("02/01/2006 15:04")
}

// Day returns when the state began.
func (l rosterLine) Day() string { return l.Since.In(domain.Rome).Format("02/01/2006") }
