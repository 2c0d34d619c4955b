package projections

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// Times are when a tavolo is held. StartsAt is always there: where the hours are
// not known it is the first moment of the day.
type Times struct {
	Day        domain.Day `json:"day"`
	Weekday    string     `json:"weekday"` // in Italian
	StartsAt   time.Time  `json:"starts_at"`
	EndsAt     *time.Time `json:"ends_at,omitempty"`
	HoursKnown bool       `json:"hours_known"`
}

// A Tavolo is one line of the calendar.
type Tavolo struct {
	ID        domain.TavoloID    `json:"id"`
	Programma domain.ProgrammaID `json:"programma,omitempty"`
	Ordinal   int                `json:"ordinal,omitempty"`
	Subject   string             `json:"subject"`
	Times
	Mode           domain.Mode        `json:"mode"`
	Place          string             `json:"place,omitempty"`
	Platform       string             `json:"platform,omitempty"`
	State          domain.TavoloState `json:"state"`
	Protocol       string             `json:"protocol,omitempty"` // as printed
	ProtocolNumber string             `json:"protocol_number,omitempty"`
	ProtocolDate   domain.Day         `json:"protocol_date,omitempty"`
	AnnouncedOn    domain.Day         `json:"announced_on,omitempty"` // the first time
	ConvenedOn     domain.Day         `json:"convened_on,omitempty"`
	Seats          domain.Seats       `json:"seats"`
	Registrations  RegistrationCounts `json:"registrations"`
	Presences      *ModeCount         `json:"presences,omitempty"`   // persons with a standing presence in the mode
	Unvalidated    int                `json:"unvalidated,omitempty"` // persons who came to a closed tavolo that has a rule, and whom nobody judged by it
	Speakers       []Speaker          `json:"speakers"`
	Materials      []Material         `json:"materials"`
	Revision       domain.Revision    `json:"revision"`
}

// RegistrationCounts says how many have a seat at a tavolo and how many want one.
type RegistrationCounts struct {
	Open      bool      `json:"open"` // people may register
	Seated    ModeCount `json:"seated"`
	Waiting   int       `json:"waiting"`
	Withdrawn int       `json:"withdrawn"`
	Refused   int       `json:"refused"`
}

// A Speaker is who speaks at a tavolo. The names of speakers are published.
type Speaker struct {
	Person   domain.PersonID    `json:"person"`
	Name     string             `json:"name"`
	Function string             `json:"function,omitempty"`
	Ente     *EnteName          `json:"ente,omitempty"`
	Role     domain.SpeakerRole `json:"role"`
	Topic    string             `json:"topic,omitempty"`
}

// A Material is a file or a page published with a tavolo.
type Material struct {
	ID      uuid.UUID           `json:"id"`
	Title   string              `json:"title"`
	Kind    domain.MaterialKind `json:"kind"`
	URL     string              `json:"url,omitempty"`
	SHA256  string              `json:"sha256,omitempty"`
	Authors []PersonRef         `json:"authors"`
	On      domain.Day          `json:"on,omitempty"`
}

// A TavoloDetail is everything the register says about a tavolo itself.
type TavoloDetail struct {
	Tavolo
	Agenda         []AgendaLine           `json:"agenda"`
	Groups         []Group                `json:"groups"`
	AttendanceRule *domain.AttendanceRule `json:"attendance_rule,omitempty"`
	Announcements  []Announcement         `json:"announcements"`
	Rectifications []Rectification        `json:"rectifications"`
	Reschedulings  []Rescheduling         `json:"reschedulings"`
	CalledOff      *CallingOff            `json:"called_off,omitempty"`
	Guests         []Guests               `json:"guests"`
	RosterPosition domain.Position        `json:"roster_position,string"` // of the newest event that touched the roster; 0: none
}

// An AgendaLine is one line of the order of the day.
type AgendaLine struct {
	At      string     `json:"at,omitempty"`
	Title   string     `json:"title"`
	Speaker *PersonRef `json:"speaker,omitempty"`
}

// A Group is a working group of a tavolo.
type Group struct {
	Group   string      `json:"group"`
	Title   string      `json:"title"`
	Members []PersonRef `json:"members"`
}

// An Announcement is what was published of a tavolo.
type Announcement struct {
	Title      string          `json:"title,omitempty"`
	ReleasedOn domain.Day      `json:"released_on"`
	Schedule   domain.Schedule `json:"schedule"` // as the register had it then
	Document   string          `json:"document,omitempty"`
}

// A Trace says who recorded something, and when.
type Trace struct {
	EffectiveAt time.Time       `json:"effective_at"`
	RecordedAt  time.Time       `json:"recorded_at"`
	Actor       domain.Actor    `json:"actor"`
	Position    domain.Position `json:"position,string"`
}

// A Rectification is something published wrongly that was put right.
type Rectification struct {
	Field    domain.RectifiedField `json:"field"`
	Wrong    string                `json:"wrong"`
	Right    string                `json:"right"`
	Document string                `json:"document,omitempty"`
	Reason   string                `json:"reason"`
	Trace
}

// A Rescheduling is a move of the meeting.
type Rescheduling struct {
	From   domain.Schedule `json:"from"`
	To     domain.Schedule `json:"to"`
	Reason string          `json:"reason"`
	Trace
}

// A CallingOff says why a tavolo is not held.
type CallingOff struct {
	Reason string `json:"reason"`
	Trace
}

// Guests are people who came and had not registered.
type Guests struct {
	Mode   domain.Mode   `json:"mode"`
	Count  int           `json:"count"`
	Source domain.Source `json:"source"`
	Note   string        `json:"note,omitempty"`
}

// compareTavoli orders by day, hour, ordinal and id.
func compareTavoli(a, b *tavolo) int {
	return cmp.Or(cmp.Compare(a.schedule.Day, b.schedule.Day), a.start().Compare(b.start()), cmp.Compare(a.ordinal, b.ordinal), cmp.Compare(a.id, b.id))
}

// times returns when the tavolo is held.
func (row *tavolo) times() Times {
	return Times{
		Day: row.schedule.Day, Weekday: row.schedule.Day.Weekday(),
		StartsAt: row.start(), EndsAt: copied(row.schedule.EndsAt), HoursKnown: row.schedule.StartsAt != nil,
	}
}

// A CalendarQuery asks for tavoli.
type CalendarQuery struct {
	Programma domain.ProgrammaID
	From, To  domain.Day // both included
	State     domain.TavoloState
	Q         string // in subject, place and id
	Limit     int
	Cursor    string
}

func (q CalendarQuery) id() string {
	return questionID("calendar", string(q.Programma), string(q.From), string(q.To), string(q.State), Fold(q.Q))
}

// CalendarPage is some tavoli by day.
type CalendarPage struct {
	Items      []Tavolo `json:"items"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// List answers which tavoli there are.
func (c *Calendar) List(q CalendarQuery) (CalendarPage, error) {
	size, err := pageSize(q.Limit)
	if err != nil {
		return CalendarPage{}, err
	}
	after, err := readCursor(q.Cursor, q.id())
	if err != nil {
		return CalendarPage{}, err
	}
	words := newNeedle(q.Q)
	found := slices.DeleteFunc(c.ordered(), func(row *tavolo) bool { return !row.asked(q, words) })
	if after != "" {
		row, ok := c.known(domain.TavoloID(after))
		if !ok {
			return CalendarPage{}, errCursorLost
		}
		found = found[from(found, row, compareTavoli):]
	}
	page := CalendarPage{Items: []Tavolo{}}
	for _, row := range found[:min(len(found), size)] {
		page.Items = append(page.Items, c.item(row))
	}
	if size < len(found) {
		page.NextCursor = newCursor(q.id(), string(page.Items[size-1].ID))
	}
	return page, nil
}

// asked reports whether a question is about the tavolo.
func (row *tavolo) asked(q CalendarQuery, words needle) bool {
	return (q.Programma == "" || q.Programma == row.programma) && (q.From == "" || row.schedule.Day >= q.From) &&
		(q.To == "" || row.schedule.Day <= q.To) && (q.State == "" || q.State == row.state) &&
		words.in(row.subject, row.place, string(row.id))
}

// item returns the line of the calendar.
func (c *Calendar) item(row *tavolo) Tavolo {
	t := Tavolo{
		ID: row.id, Programma: row.programma, Ordinal: row.ordinal, Subject: row.subject, Times: row.times(),
		Mode: row.mode, Place: row.place, Platform: row.platform, State: row.state, ConvenedOn: row.sentOn,
		Seats: ownSeats(row.seats), Speakers: []Speaker{}, Materials: []Material{}, Revision: row.revision,
	}
	if row.protocol != nil {
		t.Protocol, t.ProtocolNumber, t.ProtocolDate = row.protocol.Text, row.protocol.Number, row.protocol.Date
	}
	if len(row.announcements) > 0 {
		t.AnnouncedOn = row.announcements[0].ReleasedOn
	}
	t.Registrations, t.Presences = c.rosters.counts(row.id)
	t.Registrations.Open = row.admits()
	if row.state == domain.Closed && row.rule != nil {
		t.Unvalidated = c.rosters.unvalidated(row.id)
	}
	for _, s := range row.speakers {
		t.Speakers = append(t.Speakers, c.speaker(s))
	}
	for _, m := range row.materials {
		t.Materials = append(t.Materials, Material{m.Material, m.Title, m.Kind, m.URL, m.SHA256, c.refs(m.Authors, true), m.On})
	}
	return t
}

func (c *Calendar) speaker(s speaker) Speaker {
	v, _ := c.people.Values(s.person)
	a := Speaker{Person: s.person, Name: c.people.Name(s.person), Function: v.Function, Role: s.role, Topic: s.topic}
	if s.ente != nil {
		name := c.enti.nameOf(*s.ente)
		a.Ente = &name
	}
	return a
}

// refs returns persons, with their names if they may be told.
func (c *Calendar) refs(ids []domain.PersonID, names bool) []PersonRef {
	refs := []PersonRef{}
	for _, id := range ids {
		ref := PersonRef{Person: id}
		if names {
			ref.Name = c.people.Name(id)
		}
		refs = append(refs, ref)
	}
	return refs
}

// Tavolo answers what the register says about a tavolo. The names of speakers and
// authors are published; those of the members of groups are told if asked for.
func (c *Calendar) Tavolo(id domain.TavoloID, names bool) (TavoloDetail, error) {
	row, ok := c.known(id)
	if !ok {
		return TavoloDetail{}, domain.ErrNoTavolo
	}
	d := TavoloDetail{
		Tavolo: c.item(row), Agenda: []AgendaLine{}, Groups: []Group{}, Announcements: []Announcement{},
		Rectifications: append([]Rectification{}, row.rectifications...), Reschedulings: []Rescheduling{},
		Guests: append([]Guests{}, row.guests...), RosterPosition: c.rosters.touchedAt(row.id),
	}
	for _, item := range row.agenda {
		line := AgendaLine{At: item.At, Title: item.Title}
		if item.Speaker != nil {
			line.Speaker = &PersonRef{*item.Speaker, c.people.Name(*item.Speaker)}
		}
		d.Agenda = append(d.Agenda, line)
	}
	for _, g := range row.groups {
		d.Groups = append(d.Groups, Group{g.id, g.title, c.refs(g.members, names)})
	}
	for _, a := range row.announcements {
		a.Schedule = own(a.Schedule)
		d.Announcements = append(d.Announcements, a)
	}
	for _, r := range row.reschedulings {
		r.From, r.To = own(r.From), own(r.To)
		d.Reschedulings = append(d.Reschedulings, r)
	}
	if row.rule != nil {
		rule := *row.rule
		d.AttendanceRule = &rule
	}
	if row.calledOff != nil {
		off := *row.calledOff
		d.CalledOff = &off
	}
	return d, nil
}
