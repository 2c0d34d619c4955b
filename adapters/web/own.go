package web

import (
	"errors"
	"math"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// This file lets people without an account see and change their own registration by
// the code they were given. The code stands in bodies alone, never in an address.

// OwnCode opens a registration.
type OwnCode struct {
	Code string `json:"code" doc:"of the registration"`
}

func (o OwnCode) code() string { return o.Code }

// OwnRegistration is a registration as whoever it is of sees it.
type OwnRegistration struct {
	Tavolo      domain.TavoloID          `json:"tavolo"`
	Participant domain.PersonID          `json:"participant"`
	State       domain.RegistrationState `json:"state"`
	PlaceInLine int                      `json:"place_in_line,omitempty" doc:"of whoever waits, from 1"`
	OfferedBy   *time.Time               `json:"offered_until,omitempty" doc:"a seat is kept until then"`
	ConfirmBy   *time.Time               `json:"confirm_by,omitempty" doc:"by when the address is to be confirmed"`
	Mode        domain.Mode              `json:"mode"`
	Modes       []domain.Mode            `json:"modes" doc:"in which the tavolo is held"`
	Capacity    domain.Capacity          `json:"capacity"`
	Ente        *projections.EnteName    `json:"ente,omitempty"`
	Changeable  bool                     `json:"changeable" doc:"it stands, and the tavolo is neither over nor called off"`
	Invites     bool                     `json:"invites" doc:"may invite the enti gestori of the ente"`
	Person      OwnValues                `json:"person"`
	Answers     []domain.Answer          `json:"answers"`
	Questions   []domain.Question        `json:"questions"`
}

// OwnValues are what the register holds of the person.
type OwnValues struct {
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
	Function   string `json:"function"`
}

// opening bodies hold a code.
type opening interface{ code() string }

// own returns an action of whoever a code opens a registration for.
func own[B opening](do func(d *doing, o domain.Own, b *B) (any, error)) action {
	read := newForm(typeOf[B]())
	a := action{body: read.types, answer: typeOf[Written](), secret: true, do: func(c *call) error {
		var body B
		d := &doing{call: c, beside: new(Beside)}
		if err := d.read(read, &body); err != nil {
			return err
		}
		o, err := d.open(body.code())
		if err != nil {
			return err
		}
		made, err := do(d, o, &body)
		if err != nil {
			return err
		}
		return d.finish(func() (any, string) { return made, "" })
	}}
	return a.also(404, 429)
}

// changing is own for what is changed only until the tavolo is over.
func changing[B opening](do func(d *doing, o domain.Own, b *B) (any, error)) action {
	return own(func(d *doing, o domain.Own, b *B) (any, error) {
		before, err := domain.Carried[*domain.Tavolo](d.ctx, d.s.Exec, d.tavolo().Stream(), d.meta.Command)
		if err == nil && !before {
			err = d.notOver()
		}
		if err != nil {
			return nil, err
		}
		return do(d, o, b)
	})
}

// notOver refuses what comes after the end of the tavolo.
func (d *doing) notOver() error {
	door, err := d.door()
	if err == nil && door.Over {
		err = domain.ErrTavoloOver
	}
	return err
}

// open finds the registration that a code opens. Wrong codes make whoever sends them
// wait. A command that was carried out before is answered whatever its code opens now.
func (d *doing) open(code string) (o domain.Own, err error) {
	id := d.tavolo()
	switch {
	case !domain.ValidID(string(id)):
		return o, domain.ErrNoTavolo
	case code == "":
		return o, invalid("/code", "required", "is required")
	}
	err = d.unlock(func() error {
		err := domain.Peek(d.ctx, d.s.Exec, id.Stream(), func(t *domain.Tavolo) error {
			if _, err := t.Doorway(d.s.Now()); err != nil {
				return err
			}
			o, err = t.Opened(domain.SecretHash(code))
			return err
		})
		if !errors.Is(err, domain.ErrNoSecret) {
			return err
		}
		if before, fault := domain.Carried[*domain.Tavolo](d.ctx, d.s.Exec, id.Stream(), d.meta.Command); before || fault != nil {
			return fault
		}
		return err
	})
	return o, err
}

// unlock tries a code. Wrong ones make whoever sends them wait.
func (d *doing) unlock(open func() error) error {
	t := turn{g: &d.s.state.guesses, who: keyOf("code", d.network()), now: d.s.Now()}
	if left := t.g.wait(t.who, freeByNetwork, t.now); left > 0 {
		r := errCodes
		r.retry = int(math.Ceil(left.Seconds()))
		return &r
	}
	err := open()
	if errors.Is(err, domain.ErrNoSecret) {
		t.g.wrong(t.who, t.now)
	}
	return err
}

var errCodes = refusal{status: 429, code: "too-many-codes", it: "troppi codici sbagliati: riprovare più tardi", en: "too many wrong codes: try again later"}

// showOwn shows a registration.
func showOwn() action {
	a := answering[OwnRegistration](own(func(d *doing, o domain.Own, _ *OwnCode) (any, error) {
		door, err := d.door()
		if err != nil {
			return nil, err
		}
		told := OwnRegistration{
			Tavolo: door.Tavolo, Participant: o.Participant, State: o.State, PlaceInLine: o.PlaceInLine, Mode: o.Mode, Modes: door.Modes,
			Capacity: o.Capacity, Questions: door.Questions, Answers: []domain.Answer{},
			Changeable: (o.State.Active() || o.State == domain.Pending) && !door.Over && door.Why != "tavolo-called-off" && door.Why != "tavolo-closed",
		}
		told.Invites = told.Changeable && o.State.Active() && o.Ente != nil && (o.Capacity == domain.AsReferente || o.Capacity == domain.AsDelegate)
		if o.Offered {
			told.OfferedBy = &o.Until
		} else if o.State == domain.Pending {
			told.ConfirmBy = &o.Until
		}
		return d.withValues(told, o)
	}))
	a.unkeyed = true
	return a.also(422)
}

// withValues adds what is held of the person.
func (d *doing) withValues(a OwnRegistration, o domain.Own) (OwnRegistration, error) {
	_, err := latest(d.call, func(m *projections.Models) (bool, error) {
		v, held := m.People.Values(o.Participant)
		a.Person = OwnValues{v.GivenName, v.FamilyName, v.Email, v.Phone, v.Function}
		a.Answers = append(a.Answers, domain.ParseAnswers(v.Answers)...)
		if o.Ente != nil {
			name := m.Enti.NameOf(*o.Ente)
			a.Ente = &name
		}
		return held, nil
	})
	if head, fault := d.s.Store.Head(d.ctx); err == nil {
		d.result.Position, err = head, fault
	}
	return a, err
}

// confirmOwn lets a registration count whose address is confirmed by the code.
func confirmOwn() action {
	return answering[PartySeat](own(func(d *doing, o domain.Own, _ *OwnCode) (any, error) {
		if err := execute[*domain.Tavolo](d, domain.ConfirmAddress{Tavolo: d.tavolo(), Participant: o.Participant}); err != nil {
			return nil, err
		}
		return d.ownSeat(o)
	}))
}

// acceptOwn takes up a seat that is offered.
func acceptOwn() action {
	return answering[PartySeat](changing(func(d *doing, o domain.Own, _ *OwnCode) (any, error) {
		if err := execute[*domain.Tavolo](d, domain.AcceptOffer{Tavolo: d.tavolo(), Participant: o.Participant}); err != nil {
			return nil, err
		}
		return d.ownSeat(o)
	}))
}

// ownSeat says how a registration stands now.
func (d *doing) ownSeat(o domain.Own) (seat PartySeat, err error) {
	err = domain.Peek(d.ctx, d.s.Exec, d.tavolo().Stream(), func(t *domain.Tavolo) error {
		now, _ := t.Own(o.Participant)
		seat = PartySeat{Participant: o.Participant, State: now.State, PlaceInLine: now.PlaceInLine}
		return nil
	})
	return seat, err
}

// OwnWithdrawal takes one's own registration back.
type OwnWithdrawal struct {
	OwnCode
	Reason string `json:"reason,omitempty"`
}

func withdrawOwn() action {
	return changing(func(d *doing, o domain.Own, b *OwnWithdrawal) (any, error) {
		err := execute[*domain.Tavolo](d, domain.WithdrawParticipant{Tavolo: d.tavolo(), Participant: o.Participant, Reason: b.Reason})
		return d.written(), err
	})
}

// OwnMode is the mode in which one takes part from now on.
type OwnMode struct {
	OwnCode
	Mode domain.Mode `json:"mode"`
}

func changeOwnMode() action {
	return answering[PartySeat](changing(func(d *doing, o domain.Own, b *OwnMode) (any, error) {
		if err := execute[*domain.Tavolo](d, domain.ChangeMode{Tavolo: d.tavolo(), Participant: o.Participant, Mode: b.Mode}); err != nil {
			return nil, err
		}
		return d.ownSeat(o)
	}))
}

// OwnSubstitution names who comes in one's own stead.
type OwnSubstitution struct {
	OwnCode
	OwnValues
	Reason string `json:"reason,omitempty"`
}

// SubstituteMade is what a substitution by oneself is answered with.
type SubstituteMade struct {
	Written
	Participant domain.PersonID `json:"participant" doc:"who takes the seat"`
	Code        string          `json:"code" doc:"opens the registration from now on; the one used opens nothing any longer"`
}

func substituteOwn() action {
	return answering[SubstituteMade](changing(func(d *doing, o domain.Own, b *OwnSubstitution) (any, error) {
		issue := domain.DerivedID(d.meta.Command, "secret")
		secret := d.secretAt(d.tavolo())(issue)
		cmd := &domain.SubstituteDelegate{Tavolo: d.tavolo(), Participant: o.Participant, Reason: b.Reason, Issue: issue, SHA256: domain.SecretHash(secret)}
		cmd.Values = b.values("")
		if err := execute[*domain.Tavolo](d, cmd); err != nil {
			return nil, err
		}
		d.s.state.arrivals.renamed(d.result.Position)
		return SubstituteMade{d.written(), d.introducedID(nil), secret}, nil
	}))
}

func (v OwnValues) values(answers string) domain.Values {
	return domain.Values{GivenName: v.GivenName, FamilyName: v.FamilyName, Email: v.Email, Phone: v.Phone, Function: v.Function, Answers: answers}
}

// OwnRectification puts one's own data right.
type OwnRectification struct {
	OwnCode
	OwnValues
}

func rectifyOwn() action {
	return own(func(d *doing, o domain.Own, b *OwnRectification) (any, error) {
		held, err := latest(d.call, func(m *projections.Models) (domain.Values, error) {
			v, _ := m.People.Values(o.Participant)
			return v, nil
		})
		if err != nil {
			return nil, err
		}
		cmd := &domain.RectifyPerson{Subject: o.Participant, Values: b.values(held.Answers), Reason: "dati corretti dall'interessato"}
		d.seal = func() error { return d.describe(cmd) }
		if err := execute[*domain.Identita](d, cmd); err != nil {
			return nil, err
		}
		d.s.state.arrivals.renamed(d.result.Position)
		return d.written(), nil
	})
}

// GestoriInvitation is what inviting the enti gestori is answered with.
type GestoriInvitation struct {
	Written
	Invitation uuid.UUID      `json:"invitation"`
	Ente       domain.EnteRef `json:"ente"`
	Code       string         `json:"code" doc:"with which the enti gestori register; it is told once"`
}

func inviteGestori() action {
	return answering[GestoriInvitation](changing(func(d *doing, o domain.Own, _ *OwnCode) (any, error) {
		id := domain.DerivedID(d.meta.Command, "invitation")
		secret := d.secretAt(d.tavolo())(id)
		cmd := domain.InviteGestori{Tavolo: d.tavolo(), By: o.Participant, Invitation: id, SHA256: domain.SecretHash(secret)}
		if err := execute[*domain.Tavolo](d, cmd); err != nil {
			return nil, err
		}
		a := GestoriInvitation{Written: d.written(), Invitation: id, Code: secret}
		for _, e := range d.result.Events {
			if i, ok := e.(domain.GestoriInvited); ok {
				a.Ente = i.Ente
			}
		}
		return a, nil
	}))
}

// CodeIssued is what a new code is answered with.
type CodeIssued struct {
	Written
	Participant domain.PersonID `json:"participant"`
	Code        string          `json:"code" doc:"opens the registration; earlier ones open nothing any longer"`
}

// issueCode makes a new code for somebody who has none, or has lost it.
func issueCode() action {
	a := answering[CodeIssued](command(
		func(d *doing, c *domain.IssueSecret) error {
			if c.Tavolo, c.Participant = d.tavolo(), d.uuid("participant"); c.Participant == uuid.Nil {
				return domain.ErrNoRegistration
			}
			c.Issue = domain.DerivedID(d.meta.Command, "secret")
			c.SHA256 = domain.SecretHash(d.secretAt(c.Tavolo)(c.Issue))
			return nil
		},
		func(d *doing, c *domain.IssueSecret) (any, string) {
			return CodeIssued{d.written(), c.Participant, d.secretAt(c.Tavolo)(c.Issue)}, ""
		}))
	a.secret = true
	return a
}
