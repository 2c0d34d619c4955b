package web

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

//go:embed page/trail.html
var trailPage string

// trailTemplate is the page of a trail, for people to read and to print.
var trailTemplate = template.Must(template.New("trail").Parse(trailPage))

var (
	asHTML = []string{"text/html; charset=utf-8"}

	// printPolicy lets a page use what it brings itself and nothing else.
	printPolicy = []string{"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
)

// A printed is a trail as a page tells it.
type printed struct {
	Lang, Title, Known, Effective, Reader, Purpose, Printed, Store, Next string

	Lines []printedLine
}

// A printedLine is one fact.
type printedLine struct {
	Summary, Recorded, Effective, Actor, Position, Stream, Reason string

	Changes []printedChange
}

// A printedChange is what a fact changed.
type printedChange struct{ Path, What, Before, After string }

// Say returns one of two texts, in the language of the page.
func (p printed) Say(italian, english string) string {
	if p.Lang == "en" {
		return english
	}
	return italian
}

// printTrail answers with a trail as a page.
func (c *call) printTrail(t trailQuery, page TrailPage) error {
	p := printed{
		Lang: "it", Reader: string(c.caller.account), Purpose: c.purpose, Printed: minute(c.s.Now()), Store: c.s.state.store[0],
		Known: knownText(t.when), Effective: effectiveText(t.when),
	}
	if t.english {
		p.Lang = "en"
	}
	p.Title = c.titled(p, t)
	for _, e := range page.Items {
		p.Lines = append(p.Lines, p.line(e))
	}
	if page.NextCursor != "" {
		q := c.query().values
		q.Set("cursor", page.NextCursor)
		p.Next = "?" + q.Encode()
	}
	if err := c.disclose(); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := trailTemplate.Execute(&b, p); err != nil {
		return err
	}
	h := c.w.Header()
	h["Content-Security-Policy"], h["Content-Language"], h["Vary"] = printPolicy, []string{p.Lang}, []string{"Accept, Accept-Language"}
	return c.show(asHTML, tagOf(-1, b.Bytes()), b.Bytes())
}

// titled returns what a trail is called: by the name of whom it is about, if there is
// one that may be told, or by the stream.
func (c *call) titled(p printed, t trailQuery) string {
	name := c.subject
	switch {
	case t.actor != "" || t.day != "":
		return strings.TrimSpace(p.Say("Atti di ", "Deeds of ") + string(t.actor) + " " + string(t.day))
	case t.about.name == "person" && c.names.Person != nil:
		name = cmp.Or(c.names.Person(t.about.person), name)
	case t.about.name == "ente" && c.names.Ente != nil:
		name = c.names.Ente(t.about.ente)
	}
	return p.Say("Storia di ", "Story of ") + name
}

func (p printed) line(e projections.TrailEntry) printedLine {
	l := printedLine{
		Summary: p.Say(e.Summary, e.SummaryEn), Recorded: clock(e.RecordedAt), Actor: string(e.Actor), Position: positionText(e.Position), Stream: string(e.Stream), Reason: e.Reason,
	}
	if e.RecordedAt.Sub(e.EffectiveAt).Abs() >= time.Second { // else it was told as it happened
		l.Effective = clock(e.EffectiveAt)
	}
	for _, change := range e.Changes {
		l.Changes = append(l.Changes, printedChange{change.Path, p.what(change.Path), p.value(change.Before), p.value(change.After)})
	}
	return l
}

// minute returns a time as it is read in Italy, without its seconds.
func minute(t time.Time) string { return t.In(domain.Rome).Format("2006-01-02 15:04") }

func knownText(m projections.Moments) string {
	switch {
	case m.KnownPosition > 0:
		return positionText(m.KnownPosition)
	case !m.KnownAt.IsZero():
		return clock(m.KnownAt)
	}
	return ""
}

func effectiveText(m projections.Moments) string {
	if m.EffectiveAt.IsZero() {
		return ""
	}
	return clock(m.EffectiveAt)
}

// what returns what a path is about, in words: its last part that is one.
func (p printed) what(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for _, part := range slices.Backward(parts) {
		if words, ok := pathWords[part]; ok {
			return p.Say(words[0], words[1])
		}
	}
	return path
}

// ChangeInWords returns a change of the trail as people read it, in Italian or English:
// what is otherwise, and what it was before and after; empty is nothing there.
func ChangeInWords(lang string, c projections.Change) (what, before, after string) {
	p := printed{Lang: lang}
	return p.what(c.Path), p.value(c.Before), p.value(c.After)
}

// value returns a value as people read it; empty: there is none.
func (p printed) value(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return p.Say("sì", "yes")
		}
		return "no"
	case string:
		return p.text(v)
	}
	return fmt.Sprint(v)
}

func (p printed) text(text string) string {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return minute(t)
	}
	if id, err := uuid.Parse(text); err == nil {
		return id.String()[:8]
	}
	return p.Say(InItalian(text), text)
}

// pathWords are the parts of paths as people read them, in Italian and in English.
var pathWords = map[string][2]string{
	"state": {"stato", "state"}, "mode": {"modalità", "mode"}, "capacity": {"in qualità di", "capacity"}, "ente": {"ente", "ente"}, "notice": {"informativa", "privacy notice"},
	"day": {"giorno", "day"}, "starts_at": {"inizio", "beginning"}, "ends_at": {"fine", "end"}, "subject": {"oggetto", "subject"}, "place": {"sede", "place"}, "platform": {"piattaforma", "platform"},
	"ordinal": {"ordinale", "ordinal"}, "programma": {"programma", "programme"}, "protocol": {"protocollo", "protocol reference"}, "protocol_number": {"numero di protocollo", "protocol number"},
	"protocol_date": {"data di protocollo", "protocol date"}, "convened_on": {"convocato il", "convened on"}, "in_presence": {"posti in presenza", "seats in presence"}, "online": {"posti online", "seats online"},
	"registrations_open": {"iscrizioni aperte", "registrations open"}, "announcements": {"annunci", "announcements"}, "released_on": {"comunicato del", "release of"}, "schedule": {"data annunciata", "date announced"},
	"attendance": {"partecipazione", "attendance"}, "presences": {"presenze", "presences"}, "called": {"nome", "name"}, "duty": {"incarico", "function"},
	"document": {"documento", "document"}, "agenda": {"ordine del giorno", "agenda"}, "groups": {"gruppo di lavoro", "working group"}, "members": {"componente", "member"}, "percent": {"frequenza richiesta (%)", "attendance required (%)"},
	"basis": {"fondamento", "basis"}, "title": {"titolo", "title"}, "kind": {"tipo", "kind"}, "url": {"indirizzo", "address"}, "sha256": {"impronta", "hash"}, "on": {"il", "on"}, "role": {"ruolo", "role"}, "topic": {"intervento", "topic"},
	"participant": {"partecipante", "participant"}, "from": {"dal", "from"}, "to": {"al", "to"}, "until": {"fino al", "until"}, "source": {"fonte", "source"}, "evidence": {"evidenze", "evidence"}, "note": {"nota", "note"}, "annulled": {"annullata", "annulled"},
	"attended": {"frequenza riconosciuta", "attended"}, "minutes": {"minuti", "minutes"}, "required": {"minuti richiesti", "minutes required"}, "count": {"quanti", "how many"}, "media_type": {"formato", "format"}, "size": {"byte", "bytes"},
	"name": {"denominazione", "name"}, "province": {"provincia", "province"}, "istat": {"codice ISTAT", "ISTAT code"}, "ipa": {"codice IPA", "IPA code"}, "aliases": {"grafia", "spelling"}, "member": {"nel Coordinamento", "in the coordinamento"},
	"scheda": {"scheda", "form"}, "category": {"categoria", "category"}, "places": {"posti", "places"}, "acronym": {"acronimo", "acronym"}, "fund": {"fondo", "fund"}, "text": {"testo", "text"}, "approval": {"approvazione", "approval"},
	"logos": {"logo", "logo"}, "partners": {"partner", "partner"}, "label": {"a cosa serve", "what it is for"}, "roles": {"ruolo", "role"}, "programmi": {"programma in ambito", "programme in scope"}, "tavoli": {"tavolo in ambito", "tavolo in scope"},
	"tokens": {"gettone", "token"}, "identity": {"impegno sull'identità", "commitment to the identity"}, "contact": {"impegno sui contatti", "commitment to the contacts"}, "function": {"impegno sulla funzione", "commitment to the function"},
	"linked_as": {"stessa persona di", "same person as"}, "keys": {"chiave", "key"},
}
