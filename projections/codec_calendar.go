package projections

import (
	"github.com/google/uuid"

	"tavoli/domain"
)

// encode implements model.
func (c *Calendar) encode(e *encoder) {
	sorted(e, c.by, func(_ domain.TavoloID, row *tavolo) { row.encode(e) })
}

func (row *tavolo) encode(e *encoder) {
	e.text(string(row.id))
	e.bool(row.planned)
	e.text(string(row.programma))
	e.number(row.ordinal)
	e.text(row.subject)
	e.schedule(row.schedule)
	e.text(string(row.mode))
	e.text(row.place)
	e.text(row.platform)
	optional(e, row.seats.InPresence, e.number)
	optional(e, row.seats.Online, e.number)
	e.text(string(row.state))
	optional(e, row.protocol, func(p domain.Protocol) {
		e.text(p.Text)
		e.text(p.Number)
		e.text(string(p.Date))
	})
	e.text(string(row.sentOn))
	optional(e, row.rule, func(r domain.AttendanceRule) {
		e.number(r.Percent)
		e.number(r.Minutes)
		e.text(r.Basis)
	})
	row.encodeProgramme(e)
	row.encodeChanges(e)
	e.bool(row.started)
	e.bool(row.stopped)
	list(e, row.met, e.uuid)
	e.revision(row.revision)
}

func (row *tavolo) encodeProgramme(e *encoder) {
	list(e, row.agenda, func(i domain.AgendaItem) {
		e.text(i.At)
		e.text(i.Title)
		optional(e, i.Speaker, e.uuid)
	})
	list(e, row.speakers, func(s speaker) {
		e.uuid(s.person)
		optional(e, s.ente, e.ente)
		e.text(string(s.role))
		e.text(s.topic)
	})
	list(e, row.groups, func(g group) {
		e.text(g.id)
		e.text(g.title)
		list(e, g.members, e.uuid)
	})
	list(e, row.materials, func(m domain.MaterialPublished) {
		e.uuid(m.Material)
		e.text(m.Title)
		e.text(string(m.Kind))
		e.text(m.URL)
		e.text(m.SHA256)
		list(e, m.Authors, e.uuid)
		e.text(string(m.On))
	})
}

func (row *tavolo) encodeChanges(e *encoder) {
	list(e, row.announcements, func(a Announcement) {
		e.text(a.Title)
		e.text(string(a.ReleasedOn))
		e.schedule(a.Schedule)
		e.text(a.Document)
	})
	list(e, row.rectifications, func(r Rectification) {
		for _, text := range []string{string(r.Field), r.Wrong, r.Right, r.Document, r.Reason} {
			e.text(text)
		}
		e.trace(r.Trace)
	})
	list(e, row.reschedulings, func(r Rescheduling) {
		e.schedule(r.From)
		e.schedule(r.To)
		e.text(r.Reason)
		e.trace(r.Trace)
	})
	optional(e, row.calledOff, func(c CallingOff) {
		e.text(c.Reason)
		e.trace(c.Trace)
	})
	list(e, row.guests, func(g Guests) {
		e.text(string(g.Mode))
		e.number(g.Count)
		e.text(string(g.Source))
		e.text(g.Note)
	})
}

// decode implements model.
func (c *Calendar) decode(d *decoder) {
	c.by, c.last = readSorted(d, 26, func() domain.TavoloID { return domain.TavoloID(d.text()) }, d.tavolo), nil
}

func (d *decoder) tavolo(id domain.TavoloID) *tavolo {
	row := &tavolo{
		id: id, planned: d.bool(), programma: word[domain.ProgrammaID](d), ordinal: d.small(), subject: d.text(), schedule: d.schedule(),
		mode: word[domain.Mode](d), place: d.word(), platform: d.word(),
		seats: domain.Seats{InPresence: readOptional(d, d.small), Online: readOptional(d, d.small)},
		state: word[domain.TavoloState](d),
		protocol: readOptional(d, func() domain.Protocol {
			return domain.Protocol{Text: d.text(), Number: d.text(), Date: word[domain.Day](d)}
		}),
		sentOn: word[domain.Day](d),
		rule: readOptional(d, func() domain.AttendanceRule {
			return domain.AttendanceRule{Percent: d.small(), Minutes: d.small(), Basis: d.text()}
		}),
	}
	d.programme(row)
	d.changes(row)
	row.started, row.stopped, row.met, row.revision = d.bool(), d.bool(), d.ids(), d.revision()
	return row
}

func (d *decoder) ids() []uuid.UUID { return readList(d, 16, d.uuid) }

func (d *decoder) programme(row *tavolo) {
	row.agenda = readList(d, 3, func() domain.AgendaItem {
		return domain.AgendaItem{At: d.text(), Title: d.text(), Speaker: readOptional(d, d.uuid)}
	})
	row.speakers = readList(d, 19, func() speaker {
		return speaker{d.uuid(), readOptional(d, d.ente), word[domain.SpeakerRole](d), d.text()}
	})
	row.groups = readList(d, 3, func() group { return group{d.text(), d.text(), d.ids()} })
	row.materials = readList(d, 22, func() domain.MaterialPublished {
		return domain.MaterialPublished{
			Tavolo: row.id, Material: d.uuid(), Title: d.text(), Kind: word[domain.MaterialKind](d), URL: d.text(), SHA256: d.text(),
			Authors: d.ids(), On: word[domain.Day](d),
		}
	})
}

func (d *decoder) changes(row *tavolo) {
	row.announcements = readList(d, 6, func() Announcement {
		return Announcement{d.text(), word[domain.Day](d), d.schedule(), d.text()}
	})
	row.rectifications = readList(d, 9, func() Rectification {
		return Rectification{word[domain.RectifiedField](d), d.text(), d.text(), d.text(), d.text(), d.trace()}
	})
	row.reschedulings = readList(d, 11, func() Rescheduling { return Rescheduling{d.schedule(), d.schedule(), d.text(), d.trace()} })
	row.calledOff = readOptional(d, func() CallingOff { return CallingOff{d.text(), d.trace()} })
	row.guests = readList(d, 4, func() Guests {
		return Guests{word[domain.Mode](d), d.small(), word[domain.Source](d), d.text()}
	})
}
