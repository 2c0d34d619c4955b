package mail

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
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

// An ics writes lines of at most 75 bytes.
type ics struct{ strings.Builder }

// line writes a property; its value is as it stands in the file.
func (w *ics) line(text string) {
	for most := 75; len(text) > most; most = 74 { // a blank begins each line but the first
		cut := most
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		w.WriteString(text[:cut] + "\r\n ")
		text = text[cut:]
	}
	w.WriteString(text + "\r\n")
}

// text writes a property whose value people read, if there is one.
func (w *ics) text(name, value string) {
	if value != "" {
		w.line(name + ":" + strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(value))
	}
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
	var w ics
	for line := range strings.SplitSeq("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Tavoli//Registro dei tavoli//IT\nCALSCALE:GREGORIAN\nMETHOD:"+method(e)+"\n"+rome+"\nBEGIN:VEVENT", "\n") {
		w.line(line)
	}
	w.line("UID:" + eventUID(c))
	w.line("DTSTAMP:" + now.UTC().Format("20060102T150405Z"))
	w.line("SEQUENCE:" + strconv.Itoa(e.Sequence))
	w.when(e.Schedule)
	w.text("SUMMARY", e.Summary)
	w.text("LOCATION", e.Place)
	if e.Link != "" {
		w.text("DESCRIPTION", "Collegamento: "+e.Link)
		w.line("URL:" + e.Link)
	}
	w.line("ORGANIZER;CN=" + quoted(orElse(from.From.Name, from.From.Address)) + ":mailto:" + from.From.Address)
	status := "NEEDS-ACTION"
	if e.Seated {
		status = "ACCEPTED"
	}
	w.line("ATTENDEE;CN=" + quoted(orElse(c.Name, c.Email)) + ";ROLE=REQ-PARTICIPANT;PARTSTAT=" + status + ";RSVP=FALSE:mailto:" + c.Email)
	if e.Cancel {
		w.line("STATUS:CANCELLED")
	} else {
		w.line("STATUS:CONFIRMED")
	}
	w.line("END:VEVENT")
	w.line("END:VCALENDAR")
	return w.String()
}

// when writes the hours, or the whole day where they are not known.
func (w *ics) when(s domain.Schedule) {
	const local = "20060102T150405"
	if s.StartsAt == nil {
		begin, _ := time.Parse(time.DateOnly, string(s.Day))
		w.line("DTSTART;VALUE=DATE:" + begin.Format("20060102"))
		w.line("DTEND;VALUE=DATE:" + begin.AddDate(0, 0, 1).Format("20060102"))
		return
	}
	w.line("DTSTART;TZID=Europe/Rome:" + s.StartsAt.In(domain.Rome).Format(local))
	if s.EndsAt != nil {
		w.line("DTEND;TZID=Europe/Rome:" + s.EndsAt.In(domain.Rome).Format(local))
	}
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
