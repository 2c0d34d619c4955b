package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An ente is the body somebody speaks for.
type ente struct {
	Kind string `json:"kind"`
	Code string `json:"code"`
}

// A schedule is when a tavolo is held.
type schedule struct {
	Day      string     `json:"day"`
	StartsAt *time.Time `json:"starts_at"`
	EndsAt   *time.Time `json:"ends_at"`
}

// A happening is what the facts of tavoli and presences tell, as far as it matters
// to who attended. Facts of different kinds fill different fields.
type happening struct {
	Tavolo      string          `json:"tavolo"`
	Programma   string          `json:"programma"`
	Subject     string          `json:"subject"`
	Schedule    *schedule       `json:"schedule"`
	Field       string          `json:"field"`
	Right       string          `json:"right"`
	Participant string          `json:"participant"`
	By          string          `json:"by"`
	Ente        *ente           `json:"ente"`
	Capacity    string          `json:"capacity"`
	Mode        string          `json:"mode"`
	Presence    string          `json:"presence"`
	From        json.RawMessage `json:"from"` // a moment, or a schedule
	To          json.RawMessage `json:"to"`
	Attended    bool            `json:"attended"`
	SHA256      string          `json:"sha256"`
}

// A seat is a person's part in a tavolo.
type seat struct {
	ente     *ente
	capacity string
	mode     string
	state    string
}

// An attendance is one stretch of time in which a person was there.
type attendance struct {
	participant string
	from        time.Time
	to          *time.Time
	annulled    bool
}

// A meeting is what the facts tell of one tavolo.
type meeting struct {
	id        string
	planned   bool
	programma string
	subject   string
	schedule  schedule
	seats     map[string]*seat
	presences map[string]*attendance
	judged    map[string]bool
	filed     map[string]bool // documents, by SHA-256
}

// A reenactment makes from facts alone who took part in which tavolo.
type reenactment struct {
	meetings  map[string]*meeting
	revisions map[string]int64 // of each stream, the next
	gaps      []string         // streams in which a fact is missing
	unknown   []string         // kinds of facts this program does not understand
	broken    []string         // facts that make no sense where they stand
}

func newReenactment() *reenactment {
	return &reenactment{meetings: make(map[string]*meeting), revisions: make(map[string]int64)}
}

// matters reports whether an entry is about a tavolo or who came to it.
func matters(raw []byte) bool {
	s := streamOf(raw)
	return strings.HasPrefix(s, "tavolo-") || strings.HasPrefix(s, "presenze-")
}

// idle are the facts of these streams that change nothing about who attended.
var idle = []string{
	"TavoloAnnounced", "TavoloConvened", "TavoloCalledOff", "AgendaSet", "SpeakerInvited", "SpeakerWithdrawn", "SeatsSet",
	"AttendanceRuleSet", "GroupFormed", "RegistrationsOpened", "RegistrationsClosed", "TavoloOpened", "TavoloClosed",
	"MaterialPublished", "NoticeAccepted", "EvidenceDestroyed", "GuestsCounted",
	"AdmissionSet", "QuestionsSet", "OfferMade", "SecretIssued", "GestoriInvited", "InvitationFollowed", "JoinLinkSet", "OwnJoinLinkSet",
}

// take takes in one fact, in the order of the log.
func (x *reenactment) take(index int64, raw []byte) error {
	e, err := readEntry(raw)
	if err != nil {
		x.broken = append(x.broken, fmt.Sprintf("%d: %v", index, err))
		return nil
	}
	if e.Revision != x.revisions[e.Stream] {
		x.gaps = append(x.gaps, e.Stream)
	}
	x.revisions[e.Stream] = e.Revision + 1
	if slices.Contains(idle, e.Type) {
		return nil
	}
	var h happening
	if err := json.Unmarshal(e.Data, &h); err != nil {
		x.broken = append(x.broken, fmt.Sprintf("%d: %v", index, err))
		return nil
	}
	_, id, _ := strings.Cut(e.Stream, "-")
	if e.Schema != 1 || !x.meeting(id).apply(e.Type, h) {
		x.unknown = append(x.unknown, fmt.Sprintf("%s %d", e.Type, e.Schema))
	}
	return nil
}

func (x *reenactment) meeting(id string) *meeting {
	m, ok := x.meetings[id]
	if !ok {
		m = &meeting{id: id, seats: make(map[string]*seat), presences: make(map[string]*attendance), judged: make(map[string]bool), filed: make(map[string]bool)}
		x.meetings[id] = m
	}
	return m
}

// apply takes in what happened, and reports whether it understood.
func (m *meeting) apply(kind string, h happening) bool {
	switch kind {
	case "TavoloPlanned":
		m.planned, m.programma, m.subject = true, h.Programma, h.Subject
		m.set(h.Schedule)
	case "TavoloRescheduled":
		var to schedule
		if json.Unmarshal(h.To, &to) != nil {
			return false
		}
		m.set(&to)
	case "TavoloRectified":
		if h.Field == "subject" {
			m.subject = h.Right
		}
		if h.Field == "schedule" {
			m.set(h.Schedule)
		}
	default:
		return m.move(kind, h)
	}
	return true
}

// move takes in what became of a seat.
func (m *meeting) move(kind string, h happening) bool {
	switch kind {
	case "ParticipantRegistered":
		m.seats[h.Participant] = &seat{ente: h.Ente, capacity: h.Capacity, mode: h.Mode, state: "registered"}
	case "ParticipantWaitlisted":
		m.seats[h.Participant] = &seat{ente: h.Ente, capacity: h.Capacity, mode: h.Mode, state: "waiting"}
	case "RegistrationPending":
		m.seats[h.Participant] = &seat{ente: h.Ente, capacity: h.Capacity, mode: h.Mode, state: "pending"}
	case "RegistrationLapsed":
		m.become(h.Participant, "lapsed")
	case "OfferLapsed":
		m.become(h.Participant, "withdrawn")
	case "WaitlistPromoted":
		m.become(h.Participant, "registered")
	case "RegistrationConfirmed":
		m.become(h.Participant, "confirmed")
	case "RegistrationRefused":
		m.become(h.Participant, "refused")
	case "ParticipantWithdrawn":
		m.become(h.Participant, "withdrawn")
	case "ModeChanged":
		if s, ok := m.seats[h.Participant]; ok {
			s.mode = h.Mode
		}
	case "DelegateSubstituted":
		m.substitute(h.Participant, h.By)
	default:
		return m.attend(kind, h)
	}
	return true
}

func (m *meeting) set(s *schedule) {
	if s != nil {
		m.schedule = *s
	}
}

func (m *meeting) become(participant, state string) {
	if s, ok := m.seats[participant]; ok {
		s.state = state
	}
}

// substitute hands a seat to another person; the first has withdrawn.
func (m *meeting) substitute(participant, by string) {
	old, ok := m.seats[participant]
	if !ok {
		return
	}
	s := *old
	old.state = "withdrawn"
	m.seats[by] = &s
}

// attend takes in who came and what became of that.
func (m *meeting) attend(kind string, h happening) bool {
	switch kind {
	case "PresenceRecorded":
		p := &attendance{participant: h.Participant}
		if json.Unmarshal(h.From, &p.from) != nil || len(h.To) > 0 && json.Unmarshal(h.To, &p.to) != nil {
			return false
		}
		if _, twice := m.presences[h.Presence]; !twice {
			m.presences[h.Presence] = p
		}
	case "PresenceEnded":
		if p, ok := m.presences[h.Presence]; ok {
			p.to = nil
			return json.Unmarshal(h.To, &p.to) == nil
		}
	case "PresenceAnnulled":
		if p, ok := m.presences[h.Presence]; ok {
			p.annulled = true
		}
	case "EvidenceFiled":
		m.filed[h.SHA256] = true
	case "PresenceValidated":
		m.judged[h.Participant] = h.Attended
	default:
		return false
	}
	return true
}

// A row is one participant in a register.
type row struct {
	Participant string    `json:"participant"`
	Name        string    `json:"name,omitempty"` // shown by this program where it was disclosed
	Ente        *ente     `json:"ente"`
	Capacity    string    `json:"capacity"`
	Mode        string    `json:"mode"`
	State       string    `json:"state"`
	Presences   []stretch `json:"presences"`
	Minutes     *int      `json:"minutes"`
	Validated   *bool     `json:"validated"`
}

// A stretch is one presence; without an end the person was there still.
type stretch struct {
	From time.Time  `json:"from"`
	To   *time.Time `json:"to"`
}

// rows returns the register of a tavolo, by participant.
func (m *meeting) rows() []row {
	list := make([]row, 0, len(m.seats))
	of := make(map[string][]stretch)
	for _, p := range m.presences {
		if !p.annulled {
			of[p.participant] = append(of[p.participant], stretch{p.from.UTC(), utc(p.to)})
		}
	}
	for id, s := range m.seats {
		r := row{Participant: id, Ente: s.ente, Capacity: s.capacity, Mode: s.mode, State: s.state, Presences: of[id]}
		slices.SortFunc(r.Presences, earlier)
		r.Minutes = m.minutes(r.Presences)
		if attended, ok := m.judged[id]; ok {
			r.Validated = &attended
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b row) int { return cmp.Compare(a.Participant, b.Participant) })
	return list
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// earlier orders presences by their beginning, then by their end; an open one is last.
func earlier(a, b stretch) int {
	if c := a.From.Compare(b.From); c != 0 || a.To == b.To {
		return c
	}
	switch {
	case a.To == nil:
		return 1
	case b.To == nil:
		return -1
	}
	return a.To.Compare(*b.To)
}

// minutes returns the whole minutes within the hours of the meeting, those of
// overlapping presences once; nil: no presence has an end. The presences are in order.
func (m *meeting) minutes(list []stretch) *int {
	var total time.Duration
	var until time.Time // up to here it was counted
	ended := false
	for _, s := range list {
		if s.To == nil {
			continue
		}
		ended = true
		from, to := s.From, *s.To
		if start := m.schedule.StartsAt; start != nil && from.Before(*start) {
			from = *start
		}
		if end := m.schedule.EndsAt; end != nil && to.After(*end) {
			to = *end
		}
		if from.Before(until) {
			from = until
		}
		if to.After(from) {
			total += to.Sub(from)
			until = to
		}
	}
	if !ended {
		return nil
	}
	n := int(total / time.Minute)
	return &n
}
