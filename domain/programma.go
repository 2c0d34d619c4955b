package domain

import (
	"cmp"
	"context"
	"slices"
)

// A ProgrammaID is the code of a funded programme: "3031".
type ProgrammaID string

// Stream names the programme's history.
func (p ProgrammaID) Stream() Stream { return Stream(CategoryProgramma + "-" + string(p)) }

// ProgrammaOpened records that a funded programme exists.
type ProgrammaOpened struct {
	Programma ProgrammaID `json:"programma"`
	Title     string      `json:"title"`
	Acronym   string      `json:"acronym,omitempty"`
	Fund      string      `json:"fund,omitempty"`
}

// FundingBlockApproved records the paragraph that stands on every document that
// leaves the register from a day on, word for word.
type FundingBlockApproved struct {
	Programma ProgrammaID `json:"programma"`
	Text      string      `json:"text"`
	Logos     []string    `json:"logos,omitempty"` // references of the logos, in their order
	Approval  string      `json:"approval,omitempty"`
	ValidFrom Day         `json:"valid_from"`
}

// A PartnerRole is what a partner is in a programme.
type PartnerRole string

// The roles there are.
const (
	Capofila PartnerRole = "capofila"
	Partner  PartnerRole = "partner"
)

// PartnerJoined records that an ente is a partner of a programme from a day on.
type PartnerJoined struct {
	Programma ProgrammaID `json:"programma"`
	Ente      EnteRef     `json:"ente"`
	Role      PartnerRole `json:"role"`
	From      Day         `json:"from,omitempty"`
}

// PartnerLeft records that an ente is a partner no longer.
type PartnerLeft struct {
	Programma ProgrammaID `json:"programma"`
	Ente      EnteRef     `json:"ente"`
	On        Day         `json:"on"`
	Reason    string      `json:"reason"`
}

func (ProgrammaOpened) Name() string      { return "ProgrammaOpened" }
func (FundingBlockApproved) Name() string { return "FundingBlockApproved" }
func (PartnerJoined) Name() string        { return "PartnerJoined" }
func (PartnerLeft) Name() string          { return "PartnerLeft" }

var programmaEvents = []kind{of[ProgrammaOpened](), of[FundingBlockApproved](), of[PartnerJoined](), of[PartnerLeft]()}

// Programma is what decisions need of a programme's history.
type Programma struct {
	opened   ProgrammaOpened
	block    FundingBlockApproved
	partners map[EnteRef]PartnerRole
	keep     holding
	reports  reported
}

// Apply implements [State].
func (p *Programma) Apply(e Event) {
	switch e := e.(type) {
	case ProgrammaOpened:
		p.opened = e
	case FundingBlockApproved:
		p.block = e
	case PartnerJoined:
		if p.partners == nil {
			p.partners = make(map[EnteRef]PartnerRole)
		}
		p.partners[e.Ente] = e.Role
	case PartnerLeft:
		delete(p.partners, e.Ente)
	case ReportMappingSet, ReportTransmitted, QuarterReopened:
		p.reports.apply(e)
	default:
		p.keep.apply(e)
	}
}

func (p *Programma) exists() bool { return p.opened.Programma != "" }

func (p *Programma) capofila() bool {
	for _, role := range p.partners {
		if role == Capofila {
			return true
		}
	}
	return false
}

// Refusals of commands on a programme.
var (
	ErrNoProgramma     = &Error{Kind: NotFound, Code: "programma-not-found", Text: "there is no such programma"}
	ErrProgrammaExists = &Error{Kind: Refused, Code: "programma-exists", Text: "the programma exists already"}
	ErrCapofilaTaken   = &Error{Kind: Refused, Code: "capofila-taken", Text: "the programma has a capofila already"}
	ErrNotPartner      = &Error{Kind: Refused, Code: "not-a-partner", Text: "the ente is no partner of the programma"}
)

// OpenProgramma makes a programme known. Opening it again with the same words
// changes nothing.
type OpenProgramma struct {
	Programma ProgrammaID `json:"programma"`
	Title     string      `json:"title"`
	Acronym   string      `json:"acronym"`
	Fund      string      `json:"fund"`
}

// Stream implements [Command].
func (c OpenProgramma) Stream() Stream { return c.Programma.Stream() }

// Decide implements [Command].
func (c OpenProgramma) Decide(p *Programma, _ Meta) ([]Event, error) {
	var bad check
	bad.id(string(c.Programma), "/programma")
	bad.required(c.Title, "/title")
	bad.line(c.Acronym, "/acronym")
	bad.line(c.Fund, "/fund")
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case p.exists() && p.opened == ProgrammaOpened(c):
		return nil, nil
	case p.exists():
		return nil, ErrProgrammaExists
	}
	return []Event{ProgrammaOpened(c)}, nil
}

// ApproveFundingBlock sets the paragraph for documents from a day on. Approving
// the newest one again changes nothing.
type ApproveFundingBlock struct {
	Programma ProgrammaID `json:"-"`
	Text      string      `json:"text"`
	Logos     []string    `json:"logos"`
	Approval  string      `json:"approval"`
	ValidFrom Day         `json:"valid_from"`
}

// Stream implements [Command].
func (c ApproveFundingBlock) Stream() Stream { return c.Programma.Stream() }

// Decide implements [Command].
func (c ApproveFundingBlock) Decide(p *Programma, _ Meta) ([]Event, error) {
	var bad check
	bad.that(c.Text != "", "/text", "required", "is required")
	bad.text(c.Text, "/text", MaxBlock)
	bad.that(len(c.Logos) <= 20, "/logos", "too-many", "at most 20 logos")
	for _, logo := range c.Logos {
		bad.required(logo, "/logos")
	}
	bad.line(c.Approval, "/approval")
	bad.day(c.ValidFrom, "/valid_from", true)
	same := func(b FundingBlockApproved) bool {
		return b.Text == c.Text && b.Approval == c.Approval && b.ValidFrom == c.ValidFrom && slices.Equal(b.Logos, c.Logos)
	}
	switch {
	case !p.exists():
		return nil, ErrNoProgramma
	case bad.err() != nil:
		return nil, bad.err()
	case same(p.block):
		return nil, nil
	}
	return []Event{FundingBlockApproved(c)}, nil
}

// AddPartner makes an ente a partner. Adding one again changes nothing.
type AddPartner struct {
	Programma ProgrammaID `json:"-"`
	Ente      EnteRef     `json:"ente"`
	Role      PartnerRole `json:"role"` // empty: partner
	From      Day         `json:"from"`

	found bool
}

// Stream implements [Command].
func (c *AddPartner) Stream() Stream { return c.Programma.Stream() }

// Consult asks whether there is such an ente.
func (c *AddPartner) Consult(ctx context.Context, x *Executor, _ *Programma) (err error) {
	c.found, err = x.enteExists(ctx, c.Ente)
	return err
}

// Decide implements [Command].
func (c *AddPartner) Decide(p *Programma, _ Meta) ([]Event, error) {
	role := cmp.Or(c.Role, Partner)
	var bad check
	c.Ente.check(&bad, "/ente")
	oneOf(&bad, role, "/role", Capofila, Partner)
	bad.day(c.From, "/from", false)
	bad.known(c.found, "/ente")
	switch {
	case !p.exists():
		return nil, ErrNoProgramma
	case bad.err() != nil:
		return nil, bad.err()
	case p.partners[c.Ente] == role:
		return nil, nil
	case role == Capofila && p.capofila():
		return nil, ErrCapofilaTaken
	}
	return []Event{PartnerJoined{c.Programma, c.Ente, role, c.From}}, nil
}

// RemovePartner ends a partnership.
type RemovePartner struct {
	Programma ProgrammaID `json:"-"`
	Ente      EnteRef     `json:"ente"`
	On        Day         `json:"on"`
	Reason    string      `json:"reason"`
}

// Stream implements [Command].
func (c RemovePartner) Stream() Stream { return c.Programma.Stream() }

// Decide implements [Command].
func (c RemovePartner) Decide(p *Programma, _ Meta) ([]Event, error) {
	var bad check
	c.Ente.check(&bad, "/ente")
	bad.day(c.On, "/on", true)
	bad.reason(c.Reason)
	_, partner := p.partners[c.Ente]
	switch {
	case !p.exists():
		return nil, ErrNoProgramma
	case bad.err() != nil:
		return nil, bad.err()
	case !partner:
		return nil, ErrNotPartner
	}
	return []Event{PartnerLeft(c)}, nil
}
