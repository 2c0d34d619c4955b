package domain

// A Capacity is as what a person takes part.
type Capacity string

// The capacities there are.
const (
	AsReferente   Capacity = "referente"
	AsDelegate    Capacity = "delegate"
	AsEnteGestore Capacity = "ente-gestore"
	AsSpeaker     Capacity = "speaker"
	AsStaff       Capacity = "staff"
	AsOther       Capacity = "other"
)

// Capacities lists every capacity, in the order in which they are shown.
var Capacities = []Capacity{AsReferente, AsDelegate, AsEnteGestore, AsSpeaker, AsStaff, AsOther}

// A RegistrationState is what has become of a seat asked for.
type RegistrationState string

// The states of a registration.
const (
	Registered RegistrationState = "registered"
	Waiting    RegistrationState = "waiting"
	Confirmed  RegistrationState = "confirmed"
	Withdrawn  RegistrationState = "withdrawn"
	Rejected   RegistrationState = "refused"
)

// RegistrationStates lists every state, those of admission too. Read models number
// them by their order: others come behind.
var RegistrationStates = []RegistrationState{Registered, Waiting, Confirmed, Withdrawn, Rejected, Pending, Lapsed}

// Active reports whether the registration still stands.
func (s RegistrationState) Active() bool {
	return s == Registered || s == Waiting || s == Confirmed
}

// Seated reports whether the registration holds a seat.
func (s RegistrationState) Seated() bool { return s == Registered || s == Confirmed }

// ParticipantRegistered records that a person has a seat.
type ParticipantRegistered struct {
	Tavolo      TavoloID    `json:"tavolo"`
	Participant PersonID    `json:"participant"`
	Commitments Commitments `json:"commitments,omitzero"`
	Ente        *EnteRef    `json:"ente,omitempty"`
	Capacity    Capacity    `json:"capacity"`
	Mode        Mode        `json:"mode"`
}

// ParticipantWaitlisted records that a person waits for a seat, after all who
// wait already.
type ParticipantWaitlisted struct {
	Tavolo      TavoloID    `json:"tavolo"`
	Participant PersonID    `json:"participant"`
	Commitments Commitments `json:"commitments,omitzero"`
	Ente        *EnteRef    `json:"ente,omitempty"`
	Capacity    Capacity    `json:"capacity"`
	Mode        Mode        `json:"mode"`
}

// A PromotionCause is what freed a seat.
type PromotionCause string

// The causes there are.
const (
	ByWithdrawal PromotionCause = "withdrawal"
	ByRefusal    PromotionCause = "refusal"
	ByMode       PromotionCause = "mode-change"
	BySeats      PromotionCause = "more-seats"
)

// WaitlistPromoted records that a person who waited has a seat.
type WaitlistPromoted struct {
	Tavolo      TavoloID       `json:"tavolo"`
	Participant PersonID       `json:"participant"`
	Mode        Mode           `json:"mode"`
	Cause       PromotionCause `json:"cause"`
}

// RegistrationConfirmed records that a seat was confirmed.
type RegistrationConfirmed struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
}

// RegistrationRefused records that staff did not accept a registration.
type RegistrationRefused struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
	Reason      string   `json:"reason"`
}

// ParticipantWithdrawn records that a person does not come after all.
type ParticipantWithdrawn struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
	Reason      string   `json:"reason,omitempty"`
}

// ModeChanged records that a person takes part otherwise. Whoever waits goes to
// the end of the other mode's list unless there is a seat.
type ModeChanged struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
	Mode        Mode     `json:"mode"`
	Was         Mode     `json:"was"`
}

// DelegateSubstituted records that another person takes a seat in somebody's stead.
type DelegateSubstituted struct {
	Tavolo      TavoloID    `json:"tavolo"`
	Participant PersonID    `json:"participant"`
	By          PersonID    `json:"by"`
	Commitments Commitments `json:"commitments,omitzero"`
	Reason      string      `json:"reason,omitempty"`
}

// NoticeAccepted records that a person took note of how personal data are used.
type NoticeAccepted struct {
	Tavolo      TavoloID `json:"tavolo"`
	Participant PersonID `json:"participant"`
	Notice      string   `json:"notice"` // which version
}

func (ParticipantRegistered) Name() string { return "ParticipantRegistered" }
func (ParticipantWaitlisted) Name() string { return "ParticipantWaitlisted" }
func (WaitlistPromoted) Name() string      { return "WaitlistPromoted" }
func (RegistrationConfirmed) Name() string { return "RegistrationConfirmed" }
func (RegistrationRefused) Name() string   { return "RegistrationRefused" }
func (ParticipantWithdrawn) Name() string  { return "ParticipantWithdrawn" }
func (ModeChanged) Name() string           { return "ModeChanged" }
func (DelegateSubstituted) Name() string   { return "DelegateSubstituted" }
func (NoticeAccepted) Name() string        { return "NoticeAccepted" }

var registrationEvents = []kind{
	hot(readRegistered), hot(readWaitlisted), hot(readPromoted), hot(readConfirmed),
	of[RegistrationRefused](), hot(readWithdrawn), of[ModeChanged](), of[DelegateSubstituted](), hot(readNotice),
}
