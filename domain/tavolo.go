package domain

import (
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A TavoloID names a tavolo: "coopera-4".
type TavoloID string

// Stream names the tavolo's history: its planning, its seats, its registrations.
func (t TavoloID) Stream() Stream { return Stream(CategoryTavolo + "-" + string(t)) }

// Presenze names the history of who came.
func (t TavoloID) Presenze() Stream { return Stream(CategoryPresenze + "-" + string(t)) }

// A Mode is how a tavolo is held, or how a person takes part.
type Mode string

// The modes there are. Mixed is of tavoli only.
const (
	InPresence Mode = "in-presence"
	Online     Mode = "online"
	Mixed      Mode = "mixed"
)

// A TavoloState is how far a tavolo has come.
type TavoloState string

// The states of a tavolo, in their order.
const (
	Planned   TavoloState = "planned"
	Announced TavoloState = "announced" // published, but no letter has gone out
	Convened  TavoloState = "convened"
	Open      TavoloState = "open"
	Closed    TavoloState = "closed"
	CalledOff TavoloState = "called-off"
)

// Seats says how many may take part in each mode; nil is any number.
type Seats struct {
	InPresence *int `json:"in_presence,omitempty"`
	Online     *int `json:"online,omitempty"`
}

// MaxSeats is the largest number of seats that can be set.
const MaxSeats = 100_000

func (s Seats) check(c *check, pointer string) {
	for _, n := range []struct {
		seats   *int
		pointer string
	}{{s.InPresence, pointer + "/in_presence"}, {s.Online, pointer + "/online"}} {
		c.that(n.seats == nil || *n.seats >= 0 && *n.seats <= MaxSeats, n.pointer, "out-of-range", "must be 0 to %d", MaxSeats)
	}
}

// Of returns the number of seats in a mode and whether there is a limit at all.
func (s Seats) Of(m Mode) (int, bool) {
	n := s.Online
	if m == InPresence {
		n = s.InPresence
	}
	if n == nil {
		return 0, false
	}
	return *n, true
}

// Equal reports whether two say the same.
func (s Seats) Equal(o Seats) bool {
	same := func(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }
	return same(s.InPresence, o.InPresence) && same(s.Online, o.Online)
}

// A Protocol is the reference of a letter, as printed and as far as it can be read.
type Protocol struct {
	Text   string `json:"text"`             // "Prot. n. 0227/15/03/22"
	Number string `json:"number,omitempty"` // "0227"
	Date   Day    `json:"date,omitempty"`   // "2022-03-15"
}

var protocolForm = regexp.MustCompile(`(?i)^(?:prot(?:ocollo)?\.?\s*)?(?:n\.?\s*)?(\d+)\s*(?:/|\s+del\s+)\s*(\d{1,2})[/.](\d{1,2})[/.](\d{2}|\d{4})$`)

// ParseProtocol reads number and date out of a reference where it has them.
func ParseProtocol(text string) Protocol {
	p := Protocol{Text: text}
	m := protocolForm.FindStringSubmatch(text)
	if m == nil {
		return p
	}
	layout := "2/1/06"
	if len(m[4]) == 4 {
		layout = "2/1/2006"
	}
	if t, err := time.Parse(layout, m[2]+"/"+m[3]+"/"+m[4]); err == nil {
		p.Number, p.Date = m[1], Day(t.Format(time.DateOnly))
	}
	return p
}

// An AgendaItem is one line of the order of the day.
type AgendaItem struct {
	At      string    `json:"at,omitempty"` // "15:00" in Italy
	Title   string    `json:"title"`
	Speaker *PersonID `json:"speaker,omitempty"` // of those invited
}

// An AttendanceRule says when somebody who came counts as having attended.
type AttendanceRule struct {
	Percent int    `json:"percent,omitempty"` // of the meeting's hours
	Minutes int    `json:"minutes,omitempty"`
	Basis   string `json:"basis,omitempty"` // where the rule comes from
}

// TavoloPlanned records that a tavolo is to be held.
type TavoloPlanned struct {
	Tavolo    TavoloID    `json:"tavolo"`
	Programma ProgrammaID `json:"programma,omitempty"`
	Ordinal   int         `json:"ordinal,omitempty"` // 0: it has none
	Subject   string      `json:"subject"`
	Schedule  Schedule    `json:"schedule"`
	Mode      Mode        `json:"mode"`
	Place     string      `json:"place,omitempty"`
	Platform  string      `json:"platform,omitempty"`
	Seats     Seats       `json:"seats"`
}

// TavoloAnnounced records what was published of a tavolo.
type TavoloAnnounced struct {
	Tavolo     TavoloID `json:"tavolo"`
	Title      string   `json:"title,omitempty"`
	ReleasedOn Day      `json:"released_on"`
	Schedule   Schedule `json:"schedule"` // as the register had it then
	Document   string   `json:"document,omitempty"`
}

// TavoloConvened records that the letter went out.
type TavoloConvened struct {
	Tavolo   TavoloID  `json:"tavolo"`
	Protocol *Protocol `json:"protocol,omitempty"`
	SentOn   Day       `json:"sent_on"`
	Schedule Schedule  `json:"schedule"` // as the letter has it
	Document string    `json:"document,omitempty"`
}

// TavoloRescheduled records that the meeting was moved.
type TavoloRescheduled struct {
	Tavolo TavoloID `json:"tavolo"`
	From   Schedule `json:"from"`
	To     Schedule `json:"to"`
	Reason string   `json:"reason"`
}

// A RectifiedField is what was published wrongly.
type RectifiedField string

// What can be rectified.
const (
	RectifySchedule RectifiedField = "schedule"
	RectifySubject  RectifiedField = "subject"
	RectifyPlace    RectifiedField = "place"
	RectifyPlatform RectifiedField = "platform"
	RectifyMode     RectifiedField = "mode"
	RectifyProtocol RectifiedField = "protocol"
	RectifyOrdinal  RectifiedField = "ordinal"
)

// TavoloRectified records that what was published of a tavolo was wrong. The
// meeting did not move: it was never meant otherwise.
type TavoloRectified struct {
	Tavolo   TavoloID       `json:"tavolo"`
	Field    RectifiedField `json:"field"`
	Wrong    string         `json:"wrong"`
	Right    string         `json:"right"`
	Schedule *Schedule      `json:"schedule,omitempty"` // the right one, if it was the schedule
	Document string         `json:"document,omitempty"` // where it stood wrong
	Reason   string         `json:"reason"`
}

// TavoloCalledOff records that the tavolo is not held.
type TavoloCalledOff struct {
	Tavolo TavoloID `json:"tavolo"`
	Reason string   `json:"reason"`
}

// AgendaSet records the order of the day; a later one replaces it.
type AgendaSet struct {
	Tavolo TavoloID     `json:"tavolo"`
	Items  []AgendaItem `json:"items"`
}

// A SpeakerRole is what a speaker does.
type SpeakerRole string

// The roles there are.
const (
	Speaker     SpeakerRole = "speaker"
	Coordinator SpeakerRole = "coordinator"
	Greeting    SpeakerRole = "greeting"
	Author      SpeakerRole = "author" // of published material
)

// SpeakerInvited records who is to speak. The names of speakers are published.
type SpeakerInvited struct {
	Tavolo      TavoloID    `json:"tavolo"`
	Person      PersonID    `json:"person"`
	Commitments Commitments `json:"commitments,omitzero"`
	Ente        *EnteRef    `json:"ente,omitempty"`
	Role        SpeakerRole `json:"role"`
	Topic       string      `json:"topic,omitempty"`
}

// SpeakerWithdrawn records who does not speak after all.
type SpeakerWithdrawn struct {
	Tavolo TavoloID `json:"tavolo"`
	Person PersonID `json:"person"`
	Reason string   `json:"reason,omitempty"`
}

// SeatsSet records how many may take part.
type SeatsSet struct {
	Tavolo TavoloID `json:"tavolo"`
	Seats  Seats    `json:"seats"`
}

// AttendanceRuleSet records when somebody who came counts.
type AttendanceRuleSet struct {
	Tavolo TavoloID       `json:"tavolo"`
	Rule   AttendanceRule `json:"rule"`
}

// GroupFormed records a working group of a tavolo; a later one of the same id replaces it.
type GroupFormed struct {
	Tavolo  TavoloID   `json:"tavolo"`
	Group   string     `json:"group"`
	Title   string     `json:"title"`
	Members []PersonID `json:"members,omitempty"`
}

// RegistrationsOpened records that people may register.
type RegistrationsOpened struct {
	Tavolo TavoloID `json:"tavolo"`
}

// RegistrationsClosed records that nobody may register any longer.
type RegistrationsClosed struct {
	Tavolo TavoloID `json:"tavolo"`
	Reason string   `json:"reason,omitempty"`
}

// TavoloOpened records that the meeting began.
type TavoloOpened struct {
	Tavolo TavoloID `json:"tavolo"`
}

// TavoloClosed records that the meeting ended.
type TavoloClosed struct {
	Tavolo TavoloID `json:"tavolo"`
}

// A MaterialKind is what a published file is.
type MaterialKind string

// The kinds there are.
const (
	MaterialProgramme  MaterialKind = "programme"
	MaterialInvitation MaterialKind = "invitation"
	MaterialSlides     MaterialKind = "slides"
	MaterialVideo      MaterialKind = "video"
	MaterialNote       MaterialKind = "note"
	MaterialOther      MaterialKind = "other"
)

// MaterialPublished records a file or a page that belongs to a tavolo.
type MaterialPublished struct {
	Tavolo   TavoloID     `json:"tavolo"`
	Material uuid.UUID    `json:"material"`
	Title    string       `json:"title"`
	Kind     MaterialKind `json:"kind"`
	URL      string       `json:"url,omitempty"`
	SHA256   string       `json:"sha256,omitempty"`
	Authors  []PersonID   `json:"authors,omitempty"`
	On       Day          `json:"on,omitempty"`
}

func (TavoloPlanned) Name() string       { return "TavoloPlanned" }
func (TavoloAnnounced) Name() string     { return "TavoloAnnounced" }
func (TavoloConvened) Name() string      { return "TavoloConvened" }
func (TavoloRescheduled) Name() string   { return "TavoloRescheduled" }
func (TavoloRectified) Name() string     { return "TavoloRectified" }
func (TavoloCalledOff) Name() string     { return "TavoloCalledOff" }
func (AgendaSet) Name() string           { return "AgendaSet" }
func (SpeakerInvited) Name() string      { return "SpeakerInvited" }
func (SpeakerWithdrawn) Name() string    { return "SpeakerWithdrawn" }
func (SeatsSet) Name() string            { return "SeatsSet" }
func (AttendanceRuleSet) Name() string   { return "AttendanceRuleSet" }
func (GroupFormed) Name() string         { return "GroupFormed" }
func (RegistrationsOpened) Name() string { return "RegistrationsOpened" }
func (RegistrationsClosed) Name() string { return "RegistrationsClosed" }
func (TavoloOpened) Name() string        { return "TavoloOpened" }
func (TavoloClosed) Name() string        { return "TavoloClosed" }
func (MaterialPublished) Name() string   { return "MaterialPublished" }

var tavoloEvents = []kind{
	of[TavoloPlanned](), of[TavoloAnnounced](), of[TavoloConvened](), of[TavoloRescheduled](), of[TavoloRectified](),
	of[TavoloCalledOff](), of[AgendaSet](), of[SpeakerInvited](), of[SpeakerWithdrawn](), of[SeatsSet](),
	of[AttendanceRuleSet](), of[GroupFormed](), of[RegistrationsOpened](), of[RegistrationsClosed](),
	of[TavoloOpened](), of[TavoloClosed](), of[MaterialPublished](),
}

// Tavolo is what decisions need of a tavolo's history.
type Tavolo struct {
	planned   TavoloPlanned
	schedule  Schedule
	mode      Mode
	seats     Seats
	state     TavoloState
	convened  *TavoloConvened
	announced *TavoloAnnounced
	stopped   bool // registrations were closed
	started   bool // registrations were opened by hand
	rule      AttendanceRule
	agenda    []AgendaItem
	speakers  map[PersonID]SpeakerInvited
	groups    map[string]GroupFormed
	materials []MaterialPublished
	admission Admission
	questions []Question
	links     map[PersonID]string // where it is joined online; of nobody: everybody's
	desk      desk
}

// Apply implements [State].
func (t *Tavolo) Apply(e Event) {
	switch e := e.(type) {
	case TavoloPlanned:
		t.planned, t.schedule, t.mode, t.seats, t.state = e, e.Schedule, e.Mode, e.Seats, Planned
		t.speakers = make(map[PersonID]SpeakerInvited)
		t.groups = make(map[string]GroupFormed)
		t.desk = newDesk()
	case TavoloAnnounced:
		t.announced = &e
		if t.state == Planned {
			t.state = Announced
		}
	case TavoloConvened:
		t.convened, t.state = &e, Convened
	case TavoloRescheduled:
		t.schedule = e.To
	case TavoloRectified:
		t.rectify(e)
	case TavoloCalledOff:
		t.state = CalledOff
	case AgendaSet:
		t.agenda = e.Items
	case SpeakerInvited:
		t.speakers[e.Person] = e
	case SpeakerWithdrawn:
		delete(t.speakers, e.Person)
	case SeatsSet:
		t.seats = e.Seats
	case AttendanceRuleSet:
		t.rule = e.Rule
	case GroupFormed:
		t.groups[e.Group] = e
	case RegistrationsOpened:
		t.started, t.stopped = true, false
	case RegistrationsClosed:
		t.stopped = true
	case TavoloOpened:
		t.state = Open
	case TavoloClosed:
		t.state = Closed
	case MaterialPublished:
		t.materials = append(t.materials, e)
	case AdmissionSet:
		t.admission = e.Admission
	case QuestionsSet:
		t.questions = e.Questions
	case JoinLinkSet:
		t.joinAt(e)
	default:
		t.desk.apply(e)
	}
}

func (t *Tavolo) rectify(e TavoloRectified) {
	switch e.Field {
	case RectifySchedule:
		t.schedule = *e.Schedule
	case RectifyMode:
		t.mode = Mode(e.Right)
	case RectifySubject:
		t.planned.Subject = e.Right
	case RectifyPlace:
		t.planned.Place = e.Right
	case RectifyPlatform:
		t.planned.Platform = e.Right
	case RectifyProtocol:
		if t.convened != nil {
			convened, protocol := *t.convened, ParseProtocol(e.Right)
			convened.Protocol = &protocol
			t.convened = &convened
		}
	case RectifyOrdinal:
		t.planned.Ordinal = ordinal(e.Right)
	}
}

// The questions rules ask of a tavolo.
func (t *Tavolo) exists() bool { return t.planned.Tavolo != "" }
func (t *Tavolo) before() bool {
	return t.state == Planned || t.state == Announced || t.state == Convened
}
func (t *Tavolo) ruled() bool { return t.state != Planned && t.state != Announced }
func (t *Tavolo) hosts(m Mode) bool {
	return t.mode == Mixed && (m == InPresence || m == Online) || t.mode == m
}

// running returns why nothing can be changed about the tavolo any more, if so.
func (t *Tavolo) running() error {
	switch {
	case !t.exists():
		return ErrNoTavolo
	case t.state == CalledOff:
		return ErrTavoloCalledOff
	case t.state == Closed:
		return ErrTavoloClosed
	}
	return nil
}

func (t *Tavolo) hasMaterial(m MaterialPublished) bool {
	return slices.ContainsFunc(t.materials, func(o MaterialPublished) bool {
		return o.Title == m.Title && o.Kind == m.Kind && o.URL == m.URL && o.SHA256 == m.SHA256
	})
}

// Refusals of commands on a tavolo.
var (
	ErrNoTavolo          = &Error{Kind: NotFound, Code: "tavolo-not-found", Text: "there is no such tavolo"}
	ErrTavoloExists      = &Error{Kind: Refused, Code: "tavolo-exists", Text: "a tavolo of this id exists already"}
	ErrTavoloCalledOff   = &Error{Kind: Refused, Code: "tavolo-called-off", Text: "the tavolo was called off"}
	ErrTavoloClosed      = &Error{Kind: Refused, Code: "tavolo-closed", Text: "the tavolo is closed"}
	ErrTavoloConvened    = &Error{Kind: Refused, Code: "tavolo-already-convened", Text: "the tavolo was convened already"}
	ErrTavoloNotConvened = &Error{Kind: Refused, Code: "tavolo-not-convened", Text: "the tavolo is neither convened nor announced yet"}
	ErrTavoloNotOpen     = &Error{Kind: Refused, Code: "tavolo-not-open", Text: "the tavolo was not opened"}
	ErrTavoloOpen        = &Error{Kind: Refused, Code: "tavolo-open", Text: "the tavolo was opened already"}
	ErrTooManyPromotions = &Error{Kind: Refused, Code: "too-many-promotions", Text: "more than 1000 would be promoted at once: raise the seats in steps"}
	ErrRuleFrozen        = &Error{Kind: Refused, Code: "attendance-rule-frozen", Text: "the attendance rule stands once the tavolo is convened"}
	ErrNothingRectified  = &Error{Kind: Refused, Code: "nothing-to-rectify", Text: "what is called right is what the register has"}
	ErrNotPublished      = &Error{Kind: Refused, Code: "not-published", Text: "nothing was published yet: reschedule or plan it otherwise"}
	ErrNoSpeaker         = &Error{Kind: NotFound, Code: "speaker-not-found", Text: "the person is no speaker of the tavolo"}
	ErrSpeaker           = &Error{Kind: Refused, Code: "already-speaker", Text: "the person is a speaker of the tavolo already"}
)
