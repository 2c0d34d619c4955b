package mail

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/ical"
)

// This file writes iCalendar (RFC 5545) as mail carries it (RFC 6047).

// method is what the entry asks of the recipient's calendar.
func method(e *projections.LetterEvent) string {
	if e.Cancel {
		return "CANCEL"
	}
	return "REQUEST"
}

// eventUID names a recipient's entry for a tavolo: the same for ever, so that a later
// letter changes the entry and makes no second one. Somebody who was convened as a
// referente, and registered by himself then, goes by two records and has one calendar:
// a recipient is a name and an address, as where letters are sent once.
func eventUID(c projections.LetterContent) string {
	recipient := projections.Fold(c.Name) + "\x00" + strings.ToLower(c.Email)
	return uuid.NewSHA1(uuid.NewSHA1(uuid.NameSpaceURL, []byte("tavoli:"+c.About.Tavolo)), []byte(recipient)).String() + "@tavoli"
}

// quoted returns a name as a parameter of a property (RFC 6868).
func quoted(name string) string {
	return `"` + strings.NewReplacer("^", "^^", `"`, "^'", "\n", " ", "\r", "").Replace(name) + `"`
}

// rome is Italy's time as calendars know it.
const rome = `BEGIN:VTIMEZONE
TZID:Europe/Rome
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
END:STANDARD
END:VTIMEZONE`

// invitation returns the entry for one recipient's calendar. It names nobody but the
// sender and the recipient, and holds no address to join but the recipient's.
func invitation(c projections.LetterContent, from Sender, now time.Time) string {
	e := c.Event
	var w ical.Writer
	for line := range strings.SplitSeq("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Tavoli//Registro dei tavoli//IT\nCALSCALE:GREGORIAN\nMETHOD:"+method(e)+"\n"+rome+"\nBEGIN:VEVENT", "\n") {
		w.Line(line)
	}
	w.Line("UID:" + eventUID(c))
	w.Line("DTSTAMP:" + now.UTC().Format("20060102T150405Z"))
	w.Line("SEQUENCE:" + strconv.Itoa(e.Sequence))
	when(&w, e.Schedule)
	w.Text("SUMMARY", e.Summary)
	w.Text("LOCATION", e.Place)
	if e.Link != "" {
		w.Text("DESCRIPTION", "Collegamento: "+e.Link)
		w.Line("URL:" + e.Link)
	}
	w.Line("ORGANIZER;CN=" + quoted(orElse(from.From.Name, from.From.Address)) + ":mailto:" + from.From.Address)
	status := "NEEDS-ACTION"
	if e.Seated {
		status = "ACCEPTED"
	}
	w.Line("ATTENDEE;CN=" + quoted(orElse(c.Name, c.Email)) + ";ROLE=REQ-PARTICIPANT;PARTSTAT=" + status + ";RSVP=FALSE:mailto:" + c.Email)
	if e.Cancel {
		w.Line("STATUS:CANCELLED")
	} else {
		w.Line("STATUS:CONFIRMED")
	}
	w.Line("END:VEVENT")
	w.Line("END:VCALENDAR")
	return w.String()
}

// when writes the hours, or the whole day where they are not known.
func when(w *ical.Writer, s domain.Schedule) {
	const local = "20060102T150405"
	if s.StartsAt == nil {
		begin, _ := time.Parse(time.DateOnly, string(s.Day))
		w.Line("DTSTART;VALUE=DATE:" + begin.Format("20060102"))
		w.Line("DTEND;VALUE=DATE:" + begin.AddDate(0, 0, 1).Format("20060102"))
		return
	}
	w.Line("DTSTART;TZID=Europe/Rome:" + s.StartsAt.In(domain.Rome).Format(local))
	if s.EndsAt != nil {
		w.Line("DTEND;TZID=Europe/Rome:" + s.EndsAt.In(domain.Rome).Format(local))
	}
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
