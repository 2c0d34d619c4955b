package projections

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// Letters answers: which letters were to go to whom, what has become of each, and
// which words do they have?
type Letters struct {
	rows      []letter // in the order in which they were queued
	by        map[domain.LetterID]int32
	ofPerson  map[int32][]int32
	open      map[int32]bool // rows that wait, or are being sent
	templates map[domain.LetterKind][]Template
	tavoli    table
	enti      table // whose requests to join letters are about
	answers   table
	reasons   table
	revision  domain.Revision // of the history of templates

	people   *People
	calendar *Calendar
}

// A letter is what is held of one.
type letter struct {
	id                 domain.LetterID
	cause, by          uuid.UUID
	adesione           uuid.UUID
	queued, since      int64
	retry              int64 // noTime: none
	arrived            int64 // noTime: nobody said so
	revision           domain.Revision
	person             int32
	tavolo, ente       uint32
	answer, reason     uint32
	template, attempt  int32
	resent             int32
	kind, state, fault uint8
}

func newLetters(people *People, calendar *Calendar) Letters {
	return Letters{
		by: make(map[domain.LetterID]int32), ofPerson: make(map[int32][]int32), open: make(map[int32]bool),
		templates: make(map[domain.LetterKind][]Template), revision: domain.NoStream, people: people, calendar: calendar,
	}
}

// Words of fixed lists; 0 is none.
var (
	letterKinds  = append([]domain.LetterKind{""}, domain.LetterKinds...)
	letterStates = append([]domain.LetterState{""}, domain.LetterStates...)
	letterFaults = append([]domain.LetterFault{""}, domain.LetterFaults...)
)

// apply implements model.
func (l *Letters) apply(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.LetterQueued:
		l.queue(e, rec)
	case domain.LetterAttempted:
		l.become(e.Delivery, domain.LetterIsSending, rec, func(row *letter) { row.attempt, row.by = int32(e.Attempt), e.By })
	case domain.LetterSent:
		l.become(e.Delivery, domain.LetterIsSent, rec, func(row *letter) { row.answer = l.answers.add(e.Answer) })
	case domain.LetterFailed:
		l.become(e.Delivery, domain.LetterIsFailed, rec, func(row *letter) {
			row.fault, row.answer, row.retry = number(letterFaults, e.Why), l.answers.add(e.Answer), micros(e.RetryAt)
		})
	case domain.LetterParked:
		l.become(e.Delivery, domain.LetterIsParked, rec, func(row *letter) {
			row.fault, row.answer = number(letterFaults, e.Why), l.answers.add(e.Answer)
		})
	case domain.LetterBounced:
		l.become(e.Delivery, domain.LetterIsParked, rec, func(row *letter) {
			row.fault, row.answer = number(letterFaults, domain.FaultBounced), l.answers.add(strings.TrimSpace(e.Status+" "+e.Answer))
		})
	case domain.LetterDelivered:
		l.become(e.Delivery, domain.LetterIsSent, rec, func(row *letter) { row.answer, row.arrived = l.answers.add(e.Answer), micros(rec.EffectiveAt) })
	case domain.LetterResent:
		l.become(e.Delivery, domain.LetterIsQueued, rec, func(row *letter) {
			row.template, row.reason, row.queued, row.resent = int32(e.Template), l.reasons.add(e.Reason), micros(rec.RecordedAt), row.resent+1
		})
	case domain.TemplateSet:
		l.revision = rec.Revision
		at := rec.RecordedAt
		l.templates[e.Kind] = append(l.templates[e.Kind], Template{e.Kind, e.Version, domain.LetterTemplate{Subject: e.Subject, Text: e.Text}, e.Reason, rec.Actor, &at})
	}
}

// queue notes a letter that is to be sent.
func (l *Letters) queue(e domain.LetterQueued, rec *domain.Record) {
	if _, known := l.by[e.Delivery]; known {
		return
	}
	l.add(letter{
		id: e.Delivery, cause: e.Cause, queued: micros(rec.RecordedAt), since: micros(rec.RecordedAt), retry: noTime, arrived: noTime, revision: rec.Revision,
		person: l.people.index(e.Person), tavolo: l.tavoli.add(string(e.Tavolo)), ente: l.enti.add(enteText(enteOf(e.Ente))), adesione: e.Adesione, template: int32(e.Template),
		kind: number(letterKinds, e.Kind), state: number(letterStates, domain.LetterIsQueued),
	})
}

// enteOf returns the ente that is named, if one is.
func enteOf(ref domain.EnteRef) *domain.EnteRef {
	if ref.IsZero() {
		return nil
	}
	return &ref
}

// about returns what a letter is about.
func (l *Letters) about(row *letter) domain.LetterAbout {
	a := domain.LetterAbout{Tavolo: domain.TavoloID(l.tavoli.text(row.tavolo)), Adesione: row.adesione}
	if text := l.enti.text(row.ente); text != "" {
		a.Ente = domain.ParseEnteRef(text)
	}
	return a
}

// add appends a row and notes where it is found.
func (l *Letters) add(row letter) {
	i := int32(len(l.rows))
	l.rows = append(l.rows, row)
	l.by[row.id] = i
	l.ofPerson[row.person] = append(l.ofPerson[row.person], i)
	l.note(i)
}

// note keeps which rows are open.
func (l *Letters) note(i int32) {
	switch wordOf(letterStates, l.rows[i].state) {
	case domain.LetterIsSent, domain.LetterIsParked:
		delete(l.open, i)
	default:
		l.open[i] = true
	}
}

// become gives a letter another state. One that was not seen stays unseen.
func (l *Letters) become(id domain.LetterID, state domain.LetterState, rec *domain.Record, change func(*letter)) {
	i, ok := l.by[id]
	if !ok {
		return
	}
	row := &l.rows[i]
	row.state, row.since, row.revision = number(letterStates, state), micros(rec.RecordedAt), rec.Revision
	row.fault, row.answer, row.retry, row.arrived = 0, 0, noTime, noTime
	change(row)
	l.note(i)
}

// A Template is the words of a kind of letter in one version.
type Template struct {
	Kind    domain.LetterKind `json:"kind"`
	Version int               `json:"version"` // 0: those the program has
	domain.LetterTemplate
	Reason string       `json:"reason,omitempty"`
	Actor  domain.Actor `json:"actor,omitempty"`
	SetAt  *time.Time   `json:"set_at,omitempty"`
}

// A TemplateHistory is the words of a kind of letter with those they had before.
type TemplateHistory struct {
	Template
	Versions []Template           `json:"versions"` // the newest first
	Fields   []domain.LetterField `json:"fields"`
	Revision domain.Revision      `json:"revision"` // of the words of all kinds; -1: all are the program's
}

// Template answers which words a kind of letter has in a version that there is, or
// in the newest if it is negative.
func (l *Letters) Template(kind domain.LetterKind, version int) (Template, error) {
	list := l.templates[kind]
	switch {
	case !slices.Contains(domain.LetterKinds, kind):
		return Template{}, domain.ErrNoLetterKind
	case version < 0 && len(list) > 0:
		return list[len(list)-1], nil
	case version > len(list):
		return Template{}, ErrNoTemplate
	case version > 0:
		return list[version-1], nil
	}
	return Template{Kind: kind, LetterTemplate: kind.BuiltIn()}, nil
}

// ErrNoTemplate says that a kind of letter never had such a version of its words.
var ErrNoTemplate = &domain.Error{Kind: domain.NotFound, Code: "template-not-found", Text: "there is no such version of the template"}

// TemplateHistory answers which words a kind of letter has and had.
func (l *Letters) TemplateHistory(kind domain.LetterKind) (TemplateHistory, error) {
	now, err := l.Template(kind, -1)
	if err != nil {
		return TemplateHistory{}, err
	}
	a := TemplateHistory{Template: now, Versions: slices.Clone(l.templates[kind]), Fields: domain.LetterFields(), Revision: l.revision}
	slices.Reverse(a.Versions)
	a.Versions = append(a.Versions, Template{Kind: kind, LetterTemplate: kind.BuiltIn()})
	return a, nil
}

// Templates answers which words every kind of letter has.
func (l *Letters) Templates() []Template {
	all := []Template{}
	for _, kind := range domain.LetterKinds {
		t, _ := l.Template(kind, -1)
		all = append(all, t)
	}
	return all
}

// A Letter is what became of a letter to a person.
type Letter struct {
	Delivery  domain.LetterID    `json:"delivery"`
	Kind      domain.LetterKind  `json:"kind"`
	Tavolo    domain.TavoloID    `json:"tavolo,omitempty"`
	Subject   string             `json:"subject,omitempty"`  // of the tavolo
	Ente      *EnteName          `json:"ente,omitempty"`     // whose request to join it is about
	Adesione  *uuid.UUID         `json:"adhesion,omitempty"` // the request
	Person    domain.PersonID    `json:"person"`
	Name      string             `json:"name,omitempty"`
	State     domain.LetterState `json:"state"`
	Why       domain.LetterFault `json:"why,omitempty"`
	Answer    string             `json:"answer,omitempty"` // of the relay
	Attempts  int                `json:"attempts"`
	Template  int                `json:"template"`
	QueuedAt  time.Time          `json:"queued_at"`
	ChangedAt time.Time          `json:"changed_at"`
	RetryAt   *time.Time         `json:"retry_at,omitempty"`
	ArrivedAt *time.Time         `json:"arrived_at,omitempty"` // the recipient's server said it has it, as that of a PEC does
	Reason    string             `json:"reason,omitempty"`     // for which it was sent again
	Cause     uuid.UUID          `json:"cause"`
	Revision  domain.Revision    `json:"revision"`

	About  domain.LetterAbout `json:"-"`
	By     uuid.UUID          `json:"-"` // the run of the program that attempts it
	Resent int                `json:"-"` // how often it was sent again on purpose
}

// answerFor returns a letter as it is told.
func (l *Letters) answerFor(i int32, names bool) Letter {
	row := &l.rows[i]
	a := Letter{
		Delivery: row.id, Kind: wordOf(letterKinds, row.kind), Tavolo: domain.TavoloID(l.tavoli.text(row.tavolo)), Person: l.people.rows[row.person].id,
		State: wordOf(letterStates, row.state), Why: wordOf(letterFaults, row.fault), Answer: l.answers.text(row.answer), Attempts: int(row.attempt),
		Template: int(row.template), QueuedAt: timeOf(row.queued), ChangedAt: timeOf(row.since), RetryAt: knownTime(row.retry), ArrivedAt: knownTime(row.arrived), About: l.about(row),
		Reason: l.reasons.text(row.reason), Cause: row.cause, Revision: row.revision, By: row.by, Resent: int(row.resent),
	}
	if t, ok := l.calendar.known(a.Tavolo); ok {
		a.Subject = t.subject
	}
	if !a.About.Ente.IsZero() {
		named := l.calendar.enti.NameOf(a.About.Ente)
		if asked, err := l.calendar.enti.Adesione(a.About.Ente, a.About.Adesione); err == nil {
			if named = asked.Ente; asked.Proposed != nil && asked.Proposed.As != nil { // as it calls itself, unless it is known by now
				named = *asked.Proposed.As
			}
		}
		a.Ente, a.Adesione = &named, &a.About.Adesione
	}
	if names {
		a.Name = l.people.Name(a.Person)
	}
	return a
}

// Letter answers what became of a letter.
func (l *Letters) Letter(id domain.LetterID, names bool) (Letter, error) {
	i, ok := l.by[id]
	if !ok {
		return Letter{}, domain.ErrNoLetter
	}
	return l.answerFor(i, names), nil
}

// A LetterQuery asks for letters.
type LetterQuery struct {
	State  domain.LetterState
	Kind   domain.LetterKind
	Tavolo domain.TavoloID
	Person domain.PersonID
	Names  bool
	Limit  int
	Cursor string
}

func (q LetterQuery) id() string {
	return questionID("letters", string(q.State), string(q.Kind), string(q.Tavolo), q.Person.String())
}

// LetterPage is some letters, the newest first.
type LetterPage struct {
	Items      []Letter                   `json:"items"`
	Counts     map[domain.LetterState]int `json:"counts"` // of all that are asked for, whatever their state
	NextCursor string                     `json:"next_cursor,omitempty"`
}

// List answers which letters there are.
func (l *Letters) List(q LetterQuery) (LetterPage, error) {
	size, err := pageSize(q.Limit)
	if err != nil {
		return LetterPage{}, err
	}
	after, err := readCursor(q.Cursor, q.id())
	if err != nil {
		return LetterPage{}, err
	}
	from := int32(len(l.rows))
	if after != "" {
		id, _ := uuid.FromBytes([]byte(after))
		i, ok := l.by[id]
		if !ok {
			return LetterPage{}, errCursorLost
		}
		from = i
	}
	page := LetterPage{Items: []Letter{}, Counts: make(map[domain.LetterState]int)}
	for _, i := range slices.Backward(l.asked(q)) {
		state := wordOf(letterStates, l.rows[i].state)
		page.Counts[state]++
		switch {
		case i >= from || q.State != "" && q.State != state:
		case len(page.Items) < size:
			page.Items = append(page.Items, l.answerFor(i, q.Names))
		case page.NextCursor == "":
			last := page.Items[size-1].Delivery
			page.NextCursor = newCursor(q.id(), string(last[:]))
		}
	}
	return page, nil
}

// asked returns the rows that are asked for, whatever their state.
func (l *Letters) asked(q LetterQuery) []int32 {
	var all []int32
	if q.Person != uuid.Nil {
		if p, ok := l.people.by[q.Person]; ok {
			all = l.ofPerson[p]
		}
	} else {
		all = make([]int32, len(l.rows))
		for i := range all {
			all[i] = int32(i)
		}
	}
	kind, tavolo := number(letterKinds, q.Kind), l.tavoli.by[string(q.Tavolo)]
	found := make([]int32, 0, len(all))
	for _, i := range all {
		row := &l.rows[i]
		if (q.Kind == "" || row.kind == kind) && (q.Tavolo == "" || tavolo != 0 && row.tavolo == tavolo) {
			found = append(found, i)
		}
	}
	return found
}

// Due answers which letters wait and may be sent at a moment, those that have waited
// longest first, and which are being sent.
func (l *Letters) Due(now time.Time, limit int) (waiting, sending []Letter) {
	var ready []int32
	for i := range l.open {
		row := &l.rows[i]
		switch {
		case wordOf(letterStates, row.state) == domain.LetterIsSending:
			sending = append(sending, l.answerFor(i, false))
		case row.retry == noTime || row.retry <= micros(now):
			ready = append(ready, i)
		}
	}
	slices.SortFunc(ready, func(a, b int32) int {
		return cmp.Or(cmp.Compare(l.rows[a].queued, l.rows[b].queued), cmp.Compare(a, b))
	})
	for _, i := range ready[:min(limit, len(ready))] {
		waiting = append(waiting, l.answerFor(i, false))
	}
	slices.SortFunc(sending, func(a, b Letter) int { return a.ChangedAt.Compare(b.ChangedAt) })
	return waiting, sending
}

// Counts answers how many letters are in each state.
func (l *Letters) Counts() map[domain.LetterState]int {
	counts := make(map[domain.LetterState]int)
	for i := range l.rows {
		counts[wordOf(letterStates, l.rows[i].state)]++
	}
	return counts
}

// OfPerson answers which letters ever went to a person.
func (l *Letters) OfPerson(person domain.PersonID) []domain.LetterID {
	p, ok := l.people.by[person]
	if !ok {
		return nil
	}
	var list []domain.LetterID
	for _, i := range l.ofPerson[p] {
		list = append(list, l.rows[i].id)
	}
	return list
}

// toPerson returns the letters that were to go to a person, oldest first.
func (l *Letters) toPerson(person domain.PersonID) []Letter {
	list := []Letter{}
	for _, id := range l.OfPerson(person) {
		list = append(list, l.answerFor(l.by[id], false))
	}
	return list
}

// invited reports whether a person was sent the convocazione of a tavolo, or is to be.
func (l *Letters) invited(tavolo domain.TavoloID, p int32) bool {
	return slices.ContainsFunc(l.ofPerson[p], func(i int32) bool {
		row := &l.rows[i]
		return wordOf(letterKinds, row.kind) == domain.LetterConvocazione && l.tavoli.text(row.tavolo) == string(tavolo)
	})
}

// entered reports whether a person was sent an entry for the calendar about a tavolo,
// which may have to be taken out of it.
func (l *Letters) entered(tavolo domain.TavoloID, p int32) bool {
	return slices.ContainsFunc(l.ofPerson[p], func(i int32) bool {
		row := &l.rows[i]
		began := row.attempt > 0 || wordOf(letterStates, row.state) == domain.LetterIsSent
		return began && l.tavoli.text(row.tavolo) == string(tavolo) && enters(wordOf(letterKinds, row.kind))
	})
}

// encode implements model.
func (l *Letters) encode(e *encoder) {
	for _, t := range []*table{&l.tavoli, &l.enti, &l.answers, &l.reasons} {
		e.texts(t.texts)
	}
	var persons ordering
	if len(l.rows) > 0 {
		persons = l.people.ordering()
	}
	list(e, l.rows, func(row letter) {
		for _, id := range []uuid.UUID{row.id, row.cause, row.by, row.adesione} {
			e.uuid(id)
		}
		for _, n := range []int64{row.queued, row.since, row.retry, row.arrived, int64(row.template), int64(row.attempt), int64(row.resent)} {
			e.int(n)
		}
		e.revision(row.revision)
		persons.place(e, row.person)
		for _, n := range []uint32{row.tavolo, row.ente, row.answer, row.reason} {
			e.uint(uint64(n))
		}
		e.code(row.kind)
		e.code(row.state)
		e.code(row.fault)
	})
	sorted(e, l.templates, func(kind domain.LetterKind, versions []Template) {
		e.text(string(kind))
		list(e, versions, func(t Template) {
			e.number(t.Version)
			e.texts([]string{t.Subject, t.Text, t.Reason, string(t.Actor)})
			e.optionalTime(t.SetAt)
		})
	})
	e.revision(l.revision)
}

// decode implements model.
func (l *Letters) decode(d *decoder) {
	for _, t := range []*table{&l.tavoli, &l.enti, &l.answers, &l.reasons} {
		t.fill(d.texts())
	}
	for range d.count(64) {
		row := letter{id: d.uuid(), cause: d.uuid(), by: d.uuid(), adesione: d.uuid()}
		row.queued, row.since, row.retry, row.arrived = d.int(), d.int(), d.int(), d.int()
		row.template, row.attempt, row.resent = int32(d.small()), int32(d.small()), int32(d.small())
		row.revision = d.revision()
		row.person = d.place()
		row.tavolo, row.ente, row.answer, row.reason = d.entry(&l.tavoli), d.entry(&l.enti), d.entry(&l.answers), d.entry(&l.reasons)
		row.kind, row.state, row.fault = d.code(len(letterKinds)), d.code(len(letterStates)), d.code(len(letterFaults))
		if row.person < 0 {
			d.fail("a letter is to nobody")
		}
		if d.err != nil {
			return
		}
		l.add(row)
	}
	l.templates = readSorted(d, 2, func() domain.LetterKind { return domain.LetterKind(d.text()) }, func(kind domain.LetterKind) []Template {
		return readList(d, 6, func() Template { return d.template(kind) })
	})
	l.revision = d.revision()
}

// template reads one version of the words of a kind of letter.
func (d *decoder) template(kind domain.LetterKind) Template {
	t := Template{Kind: kind, Version: d.small()}
	texts := d.texts()
	if len(texts) != 4 {
		d.fail("a template has %d texts", len(texts))
		return t
	}
	t.Subject, t.Text, t.Reason, t.Actor = texts[0], texts[1], texts[2], domain.Actor(texts[3])
	t.SetAt = d.optionalTime()
	return t
}
