package projections

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// A LetterContent is what a letter to a person says, as things stand.
type LetterContent struct {
	Kind   domain.LetterKind
	About  domain.LetterAbout
	Person domain.PersonID
	Email  string
	Name   string
	Values map[string]string  // what is filled into its words
	Event  *LetterEvent       // what goes into the recipient's calendar; nil: nothing
	Blocks []string           // the funding paragraphs that stand on documents of the day
	Not    domain.LetterFault // why it is not to be sent; empty: it is due
	Online bool               // the recipient takes part online, and may be told where
}

// A LetterEvent is a tavolo as an entry of the recipient's calendar.
type LetterEvent struct {
	Sequence int  // rises with whatever happens at the tavolo, and so with every change of what was said before
	Seated   bool // the recipient is known to come
	Cancel   bool
	Schedule domain.Schedule
	Summary  string
	Place    string
	Link     string // where the recipient joins; nobody else's
}

// LetterContent answers what a letter says to a person.
func (m *Models) LetterContent(kind domain.LetterKind, about domain.LetterAbout, person domain.PersonID, now time.Time) (LetterContent, error) {
	if kind.OfAdesione() {
		return m.adesioneContent(kind, about, person, now)
	}
	row, ok := m.Calendar.known(about.Tavolo)
	if !ok {
		return LetterContent{}, domain.ErrNoTavolo
	}
	p, ok := m.People.by[person]
	if !ok {
		return LetterContent{}, domain.ErrNoPerson
	}
	place := m.Rosters.placeOf(about.Tavolo, p)
	c := LetterContent{Kind: kind, About: about, Person: person, Blocks: m.blocks(row.programma, now)}
	c.Online = place.seated() && place.mode == online
	c.Values = m.letterValues(kind, row, place)
	c.Values["motivo"] = row.reasonFor(kind)
	c.Event = m.letterEvent(kind, row, place, p)
	m.address(&c, p, m.due(kind, row, place, p, now))
	return c, nil
}

// address says to whom a letter goes, and why it does not, if so.
func (m *Models) address(c *LetterContent, p int32, due bool) {
	v := m.People.values(p)
	c.Email, c.Name = v.Email, v.Name()
	switch {
	case m.People.gone[p] || !m.People.rows[p].told():
		c.Not, c.Name = domain.FaultForgotten, RemovedName(c.Person)
	case !due:
		c.Not = domain.FaultNotDue
	case v.Email == "":
		c.Not = domain.FaultNoAddress
	}
	c.Values["nome"] = c.Name
}

// adesioneContent answers what a letter says to a person whom a request to join the
// coordinamento names. It has the funding paragraphs of every programme.
func (m *Models) adesioneContent(kind domain.LetterKind, about domain.LetterAbout, person domain.PersonID, now time.Time) (LetterContent, error) {
	a, err := m.Enti.Adesione(about.Ente, about.Adesione)
	if err != nil {
		return LetterContent{}, err
	}
	p, ok := m.People.by[person]
	if !ok {
		return LetterContent{}, domain.ErrNoPerson
	}
	c := LetterContent{Kind: kind, About: about, Person: person, Values: map[string]string{"ente": a.Ente.Name, "motivo": a.Reason}}
	for _, one := range m.Programmi.List() {
		c.Blocks = append(c.Blocks, m.blocks(one.Programma, now)...)
	}
	named := slices.ContainsFunc(a.Referenti, func(r Candidate) bool { return r.Person == person })
	decided := kind == domain.LetterAdesioneTaken && a.State == AdesioneAccepted || kind == domain.LetterAdesioneNot && a.State == AdesioneDeclined
	m.address(&c, p, named && decided)
	return c, nil
}

// Join tells the content where the recipient joins the tavolo online.
func (c *LetterContent) Join(link string) {
	if !c.Online || link == "" {
		return
	}
	c.Values["link"] = link
	if c.Event != nil && !c.Event.Cancel {
		c.Event.Link = link
	}
}

// A standing is a person's place at a tavolo.
type standing struct {
	state, mode uint8
	place       int // in the waiting list, from 1
	came        bool
}

func (s standing) seated() bool { return s.state == isRegistered || s.state == isConfirmed }
func (s standing) active() bool { return s.seated() || s.state == isWaiting }

// placeOf returns a person's place at a tavolo.
func (r *Rosters) placeOf(tavolo domain.TavoloID, p int32) (s standing) {
	i, ok := r.by[tavolo]
	if !ok {
		return s
	}
	row := r.rows[i]
	n, ok := row.by[p]
	if !ok {
		return s
	}
	mine := row.seats[n]
	s = standing{state: mine.state, mode: mine.mode, came: mine.standing[0]+mine.standing[1] > 0}
	if s.state == isWaiting {
		for j := range row.seats {
			if o := &row.seats[j]; o.state == isWaiting && o.mode == mine.mode && o.ticket <= mine.ticket {
				s.place++
			}
		}
	}
	return s
}

// past reports whether the tavolo is over by the clock.
func (row *tavolo) past(now time.Time) bool {
	end := row.schedule.Day.End()
	if row.schedule.EndsAt != nil {
		end = *row.schedule.EndsAt
	}
	return !now.Before(end)
}

// due reports whether what a letter would say is so.
func (m *Models) due(kind domain.LetterKind, row *tavolo, s standing, p int32, now time.Time) bool {
	ahead := !row.over() && !row.past(now)
	concerned := s.active() || s.state == 0 && m.Letters.invited(row.id, p)
	switch kind {
	case domain.LetterConvocazione:
		return ahead && (s.state == 0 || s.active())
	case domain.LetterConfirmation, domain.LetterPromotion, domain.LetterReminder:
		return ahead && s.seated()
	case domain.LetterJoinLink:
		return ahead && s.seated() && s.mode == online
	case domain.LetterWaiting, domain.LetterOffer:
		return ahead && s.state == isWaiting
	case domain.LetterConfirmAddress:
		return ahead && s.state == isPending
	case domain.LetterAddressLapsed:
		return ahead && s.state == isLapsed
	case domain.LetterWithdrawal, domain.LetterOfferLapsed:
		return ahead && s.state == isWithdrawn
	case domain.LetterRefusal:
		return ahead && s.state == isRefused
	case domain.LetterNewCode:
		return ahead && (s.active() || s.state == isPending)
	case domain.LetterRescheduled:
		return ahead && concerned && len(row.reschedulings) > 0
	case domain.LetterRectified:
		return ahead && concerned && len(row.rectifications) > 0
	case domain.LetterCalledOff:
		return row.state == domain.CalledOff && concerned && !row.past(now)
	case domain.LetterThanks:
		return row.state != domain.CalledOff && (row.state == domain.Closed || row.past(now)) && (s.seated() || s.came)
	}
	return ahead
}

// letterValues returns what is filled into letters about a tavolo.
func (m *Models) letterValues(kind domain.LetterKind, row *tavolo, s standing) map[string]string {
	v := map[string]string{
		"oggetto": row.subject, "tavolo": row.called(), "data": longDay(row.schedule.Day), "ore": row.hours(),
		"modalita": held[row.mode], "sede": row.place, "piattaforma": row.platform,
		"relatori": m.speakersText(row), "programma_lavori": m.agendaText(row), "materiali": row.materialsText(),
	}
	if row.protocol != nil {
		v["protocollo"] = row.protocol.Text
	}
	if s.active() {
		v["partecipazione"] = modeWords[wordOf(modes, s.mode)]
	}
	switch {
	case !s.active() || !ofOne(kind): // how the tavolo is held, not how somebody takes part
	case s.mode == online:
		v["sede"] = ""
	default:
		v["piattaforma"] = ""
	}
	if s.place > 0 {
		v["posto"] = strconv.Itoa(s.place)
	}
	if n := len(row.reschedulings); n > 0 {
		last := row.reschedulings[n-1]
		v["data_precedente"] = longSchedule(last.From)
	}
	if n := len(row.rectifications); n > 0 {
		last := row.rectifications[n-1]
		v["rettifica"] = said(fieldWords, last.Field) + ": non «" + saidDay(last.Wrong) + "», ma «" + saidDay(last.Right) + "»"
	}
	return v
}

// held are the ways in which tavoli are held, as letters say it.
var held = map[domain.Mode]string{domain.InPresence: "in presenza", domain.Online: "online", domain.Mixed: "in presenza e online"}

// ofOne reports whether a kind of letter is about the recipient's own place.
func ofOne(kind domain.LetterKind) bool {
	switch kind {
	case domain.LetterConfirmation, domain.LetterWaiting, domain.LetterPromotion, domain.LetterOffer, domain.LetterReminder, domain.LetterJoinLink:
		return true
	}
	return false
}

// reasonFor returns the reason of what a letter is about.
func (row *tavolo) reasonFor(kind domain.LetterKind) string {
	switch {
	case kind == domain.LetterCalledOff && row.calledOff != nil:
		return row.calledOff.Reason
	case kind == domain.LetterRectified && len(row.rectifications) > 0:
		return row.rectifications[len(row.rectifications)-1].Reason
	case kind == domain.LetterRescheduled && len(row.reschedulings) > 0:
		return row.reschedulings[len(row.reschedulings)-1].Reason
	}
	return ""
}

// letterEvent returns the entry for the recipient's calendar, where a letter has one.
func (m *Models) letterEvent(kind domain.LetterKind, row *tavolo, s standing, p int32) *LetterEvent {
	out := kind == domain.LetterWithdrawal || kind == domain.LetterRefusal
	if !enters(kind) && (!out || !m.Letters.entered(row.id, p)) {
		return nil
	}
	e := &LetterEvent{
		Sequence: int(row.revision), Cancel: out || kind == domain.LetterCalledOff, Seated: s.seated(),
		Schedule: own(row.schedule), Summary: row.called(), Place: row.place,
	}
	if s.active() && s.mode == online || e.Place == "" {
		e.Place = row.platform
	}
	return e
}

// enters reports whether letters of a kind bring an entry for the calendar.
func enters(kind domain.LetterKind) bool {
	switch kind {
	case domain.LetterConvocazione, domain.LetterConfirmation, domain.LetterPromotion, domain.LetterReminder, domain.LetterJoinLink,
		domain.LetterRescheduled, domain.LetterRectified, domain.LetterCalledOff:
		return true
	}
	return false
}

// called returns how people call the tavolo.
func (row *tavolo) called() string {
	if row.ordinal == 0 {
		return row.subject
	}
	return strconv.Itoa(row.ordinal) + "° tavolo: " + row.subject
}

func (row *tavolo) hours() string { return hoursOf(row.schedule) }

func hoursOf(s domain.Schedule) string {
	if s.StartsAt == nil {
		return ""
	}
	text := clock(*s.StartsAt)
	if s.EndsAt != nil {
		text += "-" + clock(*s.EndsAt)
	}
	return text
}

// monthNames are the months as people in Italy read them.
var monthNames = []string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"}

// longDay returns a day as people in Italy read it: "giovedì 24 marzo 2022".
func longDay(d domain.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return d.Weekday() + " " + strconv.Itoa(t.Day()) + " " + monthNames[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// LongMoment returns a moment as people in Italy read it: "giovedì 24 marzo 2022, ore 15:00".
func LongMoment(t time.Time) string { return longDay(domain.DayOf(t)) + ", ore " + clock(t) }

func longSchedule(s domain.Schedule) string {
	if hours := hoursOf(s); hours != "" {
		return longDay(s.Day) + ", " + hours
	}
	return longDay(s.Day)
}

// saidDay returns what was published, a day that the register wrote in words.
func saidDay(text string) string {
	day, hours, _ := strings.Cut(text, " ")
	switch {
	case !domain.Day(day).Valid():
		return text
	case hours == "":
		return longDay(domain.Day(day))
	}
	return longDay(domain.Day(day)) + ", " + hours
}

func (m *Models) speakersText(row *tavolo) string {
	var lines []string
	for _, s := range row.speakers {
		a := m.Calendar.speaker(s)
		line := "- " + a.Name
		if a.Function != "" {
			line += ", " + a.Function
		}
		if a.Ente != nil {
			line += " (" + a.Ente.Name + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func (m *Models) agendaText(row *tavolo) string {
	var lines []string
	for _, item := range row.agenda {
		line := strings.TrimSpace("- " + item.At + " " + item.Title)
		if item.Speaker != nil {
			line += " (" + m.People.Name(*item.Speaker) + ")"
		}
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func (row *tavolo) materialsText() string {
	var lines []string
	for _, m := range row.materials {
		lines = append(lines, strings.TrimSpace("- "+m.Title+" "+m.URL))
	}
	return strings.Join(lines, "\n")
}

// blocks returns the funding paragraphs for documents of a moment.
func (m *Models) blocks(id domain.ProgrammaID, now time.Time) []string {
	p, err := m.Programmi.Programma(id)
	if err != nil {
		return nil
	}
	if block, ok := p.BlockOn(domain.DayOf(now)); ok {
		return []string{block.Text}
	}
	return nil
}

// Audiences of a letter that staff send.
const (
	ToRegistered    = "registered"    // who has a seat
	ToActive        = "active"        // who has a seat or waits
	ToCoordinamento = "coordinamento" // who speaks for a member of the coordinamento, and who is registered
	ToPresent       = "present"       // who came
	ToConcerned     = "concerned"     // who has a seat, waits, or was sent the convocazione
)

// Audiences lists every audience.
var Audiences = []string{ToRegistered, ToActive, ToCoordinamento, ToPresent, ToConcerned}

// A Recipients is whom a letter goes to.
type Recipients struct {
	Persons []domain.PersonID // each once, with an address
	Without []domain.PersonID // who has none
}

// Recipients answers whom a letter about a tavolo goes to. Persons who go by several
// records, or by the same name and address, are told once.
func (m *Models) Recipients(kind domain.LetterKind, tavolo domain.TavoloID, audience string, now time.Time) (Recipients, error) {
	row, ok := m.Calendar.known(tavolo)
	if !ok {
		return Recipients{}, domain.ErrNoTavolo
	}
	all := m.audience(row, audience, now)
	found := Recipients{Persons: []domain.PersonID{}, Without: []domain.PersonID{}}
	met := make(map[string]bool)
	for _, p := range all {
		v := m.People.values(p)
		who := m.People.rows[m.People.canonical(p)].id.String()
		same := v.Email + "\x00" + sortName(v)
		if met[who] || met[same] || m.People.gone[p] || !m.People.rows[p].told() || !m.due(kind, row, m.Rosters.placeOf(tavolo, p), p, now) {
			continue
		}
		met[who], met[same] = true, true
		if v.Email == "" {
			found.Without = append(found.Without, m.People.rows[p].id)
			continue
		}
		found.Persons = append(found.Persons, m.People.rows[p].id)
	}
	return found, nil
}

// audience returns the numbers of the persons of an audience, those registered first.
func (m *Models) audience(row *tavolo, audience string, now time.Time) (all []int32) {
	if i, ok := m.Rosters.by[row.id]; ok {
		seats := m.Rosters.rows[i].seats
		for n := range seats {
			s := standing{state: seats[n].state, came: seats[n].standing[0]+seats[n].standing[1] > 0}
			if s.seated() && audience != ToPresent || s.active() && audience != ToRegistered && audience != ToPresent || s.came && audience == ToPresent {
				all = append(all, seats[n].person)
			}
		}
	}
	switch audience {
	case ToCoordinamento:
		all = append(all, m.speakForMembers(domain.DayOf(now))...)
	case ToConcerned:
		for i := range m.Letters.rows {
			if l := &m.Letters.rows[i]; m.Letters.tavoli.text(l.tavolo) == string(row.id) && wordOf(letterKinds, l.kind) == domain.LetterConvocazione {
				all = append(all, l.person)
			}
		}
	}
	return all
}

// speakForMembers returns who speaks for a member of the coordinamento on a day.
func (m *Models) speakForMembers(day domain.Day) (all []int32) {
	for _, k := range m.Enti.search(EnteQuery{}) {
		row := m.Enti.rows[k.row]
		if !row.member {
			continue
		}
		for _, r := range row.referenti {
			if p, ok := m.People.by[r.person]; ok && r.from <= day && (r.until == "" || day < r.until) {
				all = append(all, p)
			}
		}
	}
	return all
}

// Beginning answers which tavoli begin between two moments; those whose hours are not
// known are none of them.
func (m *Models) Beginning(from, to time.Time) (found []Tavolo) {
	for _, row := range m.Calendar.ordered() {
		if !row.over() && row.schedule.StartsAt != nil && row.start().After(from) && !row.start().After(to) {
			found = append(found, m.Calendar.item(row))
		}
	}
	return found
}

// Unreminded answers who has a seat at a tavolo since before a moment and was not
// sent what goes out by the clock. The address to join goes to later ones, too.
func (m *Models) Unreminded(kind domain.LetterKind, tavolo domain.TavoloID, cause uuid.UUID, before, now time.Time) []domain.PersonID {
	to, err := m.Recipients(kind, tavolo, ToRegistered, now)
	if err != nil {
		return nil
	}
	var found []domain.PersonID
	for _, id := range to.Persons {
		if _, known := m.Letters.by[domain.LetterFor(cause, kind, id)]; known {
			continue
		}
		if kind == domain.LetterReminder && m.Rosters.since(tavolo, m.People.by[id]) > micros(before) {
			continue
		}
		found = append(found, id)
	}
	return found
}

// since returns when the state of a person's registration began.
func (r *Rosters) since(tavolo domain.TavoloID, p int32) int64 {
	if i, ok := r.by[tavolo]; ok {
		row := r.rows[i]
		if n, ok := row.by[p]; ok {
			return row.seats[n].since
		}
	}
	return noTime
}
