package projections

import (
	"slices"
	"strconv"
	"time"

	"tavoli/domain"
)

// Calendar answers: which tavoli are there, when and how are they held, and what
// has been said and published about each?
type Calendar struct {
	by   map[domain.TavoloID]*tavolo
	last *tavolo // of the record before: records of a tavolo often come together

	people  *People
	enti    *Enti
	rosters *Rosters
}

// A tavolo is what is held of one. One whose planning was not seen is not known yet.
type tavolo struct {
	id             domain.TavoloID
	planned        bool
	programma      domain.ProgrammaID
	ordinal        int
	subject        string
	schedule       domain.Schedule
	mode           domain.Mode
	place          string
	platform       string
	seats          domain.Seats
	state          domain.TavoloState
	protocol       *domain.Protocol
	sentOn         domain.Day
	rule           *domain.AttendanceRule
	agenda         []domain.AgendaItem
	speakers       []speaker
	groups         []group
	materials      []domain.MaterialPublished
	announcements  []Announcement
	rectifications []Rectification
	reschedulings  []Rescheduling
	calledOff      *CallingOff
	guests         []Guests
	met            []domain.PersonID // whom its history ever named, participants apart
	started        bool              // registrations were opened by hand
	stopped        bool              // and closed
	revision       domain.Revision
}

type speaker struct {
	person domain.PersonID
	ente   *domain.EnteRef
	role   domain.SpeakerRole
	topic  string
}

type group struct {
	id      string
	title   string
	members []domain.PersonID
}

func newCalendar(people *People, enti *Enti, rosters *Rosters) Calendar {
	return Calendar{by: make(map[domain.TavoloID]*tavolo), people: people, enti: enti, rosters: rosters}
}

// apply implements model.
func (c *Calendar) apply(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.ParticipantRegistered:
		c.at(e.Tavolo, rec)
	case domain.PresenceRecorded:
		// of another stream, and no part of the calendar
	case domain.TavoloPlanned:
		c.at(e.Tavolo, rec).plan(e)
	case domain.TavoloAnnounced, domain.TavoloConvened, domain.TavoloRescheduled, domain.TavoloRectified, domain.TavoloCalledOff:
		c.convene(rec)
	case domain.AgendaSet, domain.SpeakerInvited, domain.SpeakerWithdrawn, domain.GroupFormed, domain.MaterialPublished:
		c.prepare(rec)
	case domain.GuestsCounted:
		c.row(e.Tavolo).count(e)
	default:
		c.run(rec)
	}
}

// convene takes in what was said about when and where the tavolo is held.
func (c *Calendar) convene(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.TavoloAnnounced:
		row := c.at(e.Tavolo, rec)
		row.announcements = append(row.announcements, Announcement{e.Title, e.ReleasedOn, own(e.Schedule), e.Document})
		if row.state == domain.Planned || row.state == "" {
			row.state = domain.Announced
		}
	case domain.TavoloConvened:
		row := c.at(e.Tavolo, rec)
		row.protocol, row.sentOn = nil, e.SentOn
		if e.Protocol != nil {
			protocol := *e.Protocol
			row.protocol = &protocol
		}
		row.state = domain.Convened
	case domain.TavoloRescheduled:
		row := c.at(e.Tavolo, rec)
		row.schedule = own(e.To)
		row.reschedulings = append(row.reschedulings, Rescheduling{own(e.From), own(e.To), e.Reason, trace(rec)})
	case domain.TavoloRectified:
		c.at(e.Tavolo, rec).rectify(e, rec)
	case domain.TavoloCalledOff:
		row := c.at(e.Tavolo, rec)
		row.state = domain.CalledOff
		row.calledOff = &CallingOff{e.Reason, trace(rec)}
	}
}

// prepare takes in who speaks, what about, and what is published.
func (c *Calendar) prepare(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.AgendaSet:
		row := c.at(e.Tavolo, rec)
		row.agenda = slices.Clone(e.Items)
		for _, item := range e.Items {
			if item.Speaker != nil {
				row.meet(*item.Speaker)
			}
		}
	case domain.SpeakerInvited:
		row := c.at(e.Tavolo, rec)
		row.dismiss(e.Person)
		row.speakers = append(row.speakers, speaker{e.Person, e.Ente, e.Role, e.Topic})
		row.meet(e.Person)
		c.people.index(e.Person)
	case domain.SpeakerWithdrawn:
		c.at(e.Tavolo, rec).dismiss(e.Person)
	case domain.GroupFormed:
		row := c.at(e.Tavolo, rec)
		row.meet(e.Members...)
		formed := group{e.Group, e.Title, slices.Clone(e.Members)}
		if i := slices.IndexFunc(row.groups, func(g group) bool { return g.id == e.Group }); i >= 0 {
			row.groups[i] = formed
			return
		}
		row.groups = append(row.groups, formed)
	case domain.MaterialPublished:
		row := c.at(e.Tavolo, rec)
		row.materials = append(row.materials, e)
		row.meet(e.Authors...)
	}
}

// run takes in how far the tavolo has come. What people do about their seats only
// moves its history on.
func (c *Calendar) run(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.SeatsSet:
		c.at(e.Tavolo, rec).seats = ownSeats(e.Seats)
	case domain.AttendanceRuleSet:
		rule := e.Rule
		c.at(e.Tavolo, rec).rule = &rule
	case domain.RegistrationsOpened:
		row := c.at(e.Tavolo, rec)
		row.started, row.stopped = true, false
	case domain.RegistrationsClosed:
		c.at(e.Tavolo, rec).stopped = true
	case domain.TavoloOpened:
		c.at(e.Tavolo, rec).state = domain.Open
	case domain.TavoloClosed:
		c.at(e.Tavolo, rec).state = domain.Closed
	default:
		if id, ok := tavoloOf(rec); ok {
			c.at(id, rec)
		}
	}
}

// at returns the row of a tavolo whose own history has come to a record.
func (c *Calendar) at(id domain.TavoloID, rec *domain.Record) *tavolo {
	row := c.row(id)
	row.revision = rec.Revision
	return row
}

// row returns the row of a tavolo, making one for a tavolo not met before.
func (c *Calendar) row(id domain.TavoloID) *tavolo {
	if c.last != nil && c.last.id == id {
		return c.last
	}
	row, ok := c.by[id]
	if !ok {
		row = &tavolo{id: id, revision: domain.NoStream}
		c.by[id] = row
	}
	c.last = row
	return row
}

// known returns a tavolo whose planning was seen.
func (c *Calendar) known(id domain.TavoloID) (*tavolo, bool) {
	row, ok := c.by[id]
	return row, ok && row.planned
}

func (row *tavolo) plan(e domain.TavoloPlanned) {
	row.planned = true
	row.programma, row.ordinal, row.subject, row.mode = e.Programma, e.Ordinal, e.Subject, e.Mode
	row.place, row.platform, row.schedule, row.seats = e.Place, e.Platform, own(e.Schedule), ownSeats(e.Seats)
	if row.state == "" {
		row.state = domain.Planned
	}
}

// rectify puts right what was published, and keeps that it was.
func (row *tavolo) rectify(e domain.TavoloRectified, rec *domain.Record) {
	row.rectifications = append(row.rectifications, Rectification{
		e.Field, e.Wrong, e.Right, e.Document, e.Reason, trace(rec),
	})
	switch e.Field {
	case domain.RectifySchedule:
		if e.Schedule != nil {
			row.schedule = own(*e.Schedule)
		}
	case domain.RectifyMode:
		row.mode = domain.Mode(e.Right)
	case domain.RectifySubject:
		row.subject = e.Right
	case domain.RectifyPlace:
		row.place = e.Right
	case domain.RectifyPlatform:
		row.platform = e.Right
	case domain.RectifyProtocol:
		if row.sentOn != "" { // a letter went out
			protocol := domain.ParseProtocol(e.Right)
			row.protocol = &protocol
		}
	case domain.RectifyOrdinal:
		if n, err := strconv.Atoi(e.Right); err == nil {
			row.ordinal = n
		}
	}
}

// meet notes persons whom the history names, each once.
func (row *tavolo) meet(persons ...domain.PersonID) {
	for _, p := range persons {
		if !slices.Contains(row.met, p) {
			row.met = append(row.met, p)
		}
	}
}

func (row *tavolo) dismiss(person domain.PersonID) {
	row.speakers = slices.DeleteFunc(row.speakers, func(s speaker) bool { return s.person == person })
}

// count keeps the newest count of guests of a mode.
func (row *tavolo) count(e domain.GuestsCounted) {
	counted := Guests{e.Mode, e.Count, e.Source, e.Note}
	if i := slices.IndexFunc(row.guests, func(g Guests) bool { return g.Mode == e.Mode }); i >= 0 {
		row.guests[i] = counted
		return
	}
	row.guests = append(row.guests, counted)
	slices.SortFunc(row.guests, func(a, b Guests) int { return int(number(modes, a.Mode)) - int(number(modes, b.Mode)) })
}

// over reports whether the tavolo is done or called off.
func (row *tavolo) over() bool { return row.state == domain.Closed || row.state == domain.CalledOff }

// admits reports whether people may register.
func (row *tavolo) admits() bool {
	return row.planned && !row.over() && !row.stopped && (row.state != domain.Planned || row.started)
}

// window returns the hours of the meeting, as far as they are known.
func (row *tavolo) window() (w domain.Interval) {
	if row.schedule.StartsAt != nil {
		w.From = *row.schedule.StartsAt
	}
	if row.schedule.EndsAt != nil {
		w.To = *row.schedule.EndsAt
	}
	return w
}

// own returns a schedule that shares nothing with the one given.
func own(s domain.Schedule) domain.Schedule {
	return domain.Schedule{Day: s.Day, StartsAt: copied(s.StartsAt), EndsAt: copied(s.EndsAt)}
}

func ownSeats(s domain.Seats) domain.Seats {
	return domain.Seats{InPresence: copiedInt(s.InPresence), Online: copiedInt(s.Online)}
}

func copiedInt(n *int) *int {
	if n == nil {
		return nil
	}
	c := *n
	return &c
}

// trace returns who said something, and when.
func trace(rec *domain.Record) Trace {
	return Trace{rec.EffectiveAt, rec.RecordedAt, rec.Actor, rec.Position}
}

// speakerAt returns at which tavoli a person speaks.
func (c *Calendar) speakerAt(person domain.PersonID) []PersonSpeaker {
	found := []PersonSpeaker{}
	for _, row := range c.ordered() {
		for _, s := range row.speakers {
			if s.person == person {
				found = append(found, PersonSpeaker{row.id, row.subject, row.schedule.Day, s.role, s.topic})
			}
		}
	}
	return found
}

// ordered returns the tavoli known, by day, hour, ordinal and id.
func (c *Calendar) ordered() []*tavolo {
	rows := make([]*tavolo, 0, len(c.by))
	for _, row := range c.by {
		if row.planned {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, compareTavoli)
	return rows
}

// start returns when the tavolo begins; where the hours are not known, its day.
func (row *tavolo) start() time.Time {
	if row.schedule.StartsAt != nil {
		return *row.schedule.StartsAt
	}
	return row.schedule.Day.Start()
}

// Unfinished answers which tavoli are neither over nor called off.
func (c *Calendar) Unfinished() (list []domain.TavoloID) {
	for id, row := range c.by {
		if row.planned && row.state != domain.Closed && row.state != domain.CalledOff {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}
