package web_test

import (
	"strings"
	"testing"
)

// TestTheCalendarForCalendars tells tavoli so that calendars move what was moved.
func TestTheCalendarForCalendars(t *testing.T) {
	r := newRegister(t)
	r.post("/tavoli", `{"id":"t","ordinal":7,"subject":"Casa, lavoro; e\\o scuola: `+strings.Repeat("è", 60)+`","day":"2022-03-24","from":"15:00","to":"17:00","mode":"online"}`)
	r.post("/tavoli", `{"id":"u","subject":"Senza ore","day":"2022-07-01","mode":"in-presence","place":"Palermo"}`)
	r.post("/tavoli/t/convocation", `{}`)
	r.post("/tavoli/t/join-link", `{"url":"https://segreto.example/j"}`)
	r.post("/tavoli/u/calling-off", `{"reason":"sciopero"}`)
	before := string(r.get("/tavoli/t/calendar", nobody).is(200, "").Body)
	r.post("/tavoli/t/rescheduling", `{"day":"2022-03-31","from":"10:00","to":"12:30","reason":"sala"}`)
	a := r.get("/calendar", nobody).is(200, "")
	for line := range strings.SplitSeq(strings.TrimSuffix(string(a.Body), "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
	text := strings.ReplaceAll(string(a.Body), "\r\n ", "")
	for _, want := range []string{
		"UID:tavolo-t@tavoli", `SUMMARY:7° tavolo: Casa\, lavoro\; e\\o scuola: èè`, "DTSTART:20220331T080000Z", "DTEND:20220331T103000Z", "URL:http://", "/tavoli/t\r\n",
		"UID:tavolo-u@tavoli", "DTSTART;VALUE=DATE:20220701", "LOCATION:Palermo", "STATUS:CANCELLED",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "segreto") {
		t.Error("the address to join is told to everybody")
	}
	if !strings.Contains(before, "DTSTART:20220324T140000Z") || !strings.Contains(before, "SEQUENCE:2") || !strings.Contains(text, "SEQUENCE:3") {
		t.Errorf("the entry does not move:\n%s\n%s", before, text)
	}
}
