package domain

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

// TavoloCalledOff records that the tavolo is not held.
type TavoloCalledOff struct {
	Tavolo TavoloID `json:"tavolo"`
	Reason string   `json:"reason"`
}

func (TavoloPlanned) Name() string     { return "TavoloPlanned" }
func (TavoloAnnounced) Name() string   { return "TavoloAnnounced" }
func (TavoloConvened) Name() string    { return "TavoloConvened" }
func (TavoloRescheduled) Name() string { return "TavoloRescheduled" }
func (TavoloCalledOff) Name() string   { return "TavoloCalledOff" }

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
	links     joinLinks
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
	case RegistrationsOpened:
		t.started, t.stopped = true, false
	case RegistrationsClosed:
		t.stopped = true
	case TavoloOpened:
		t.state = Open
	case TavoloClosed:
		t.state = Closed
	default:
		t.prepare(e)
	}
}

// prepare takes in what staff set for a tavolo, and hands on what people do about seats.
func (t *Tavolo) prepare(e Event) {
	switch e := e.(type) {
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
	case MaterialPublished:
		t.materials = append(t.materials, e)
	case AdmissionSet:
		t.admission = e.Admission
	case QuestionsSet:
		t.questions = e.Questions
	case JoinLinkSet, OwnJoinLinkSet:
		t.links.apply(e)
	default:
		t.desk.apply(e)
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
