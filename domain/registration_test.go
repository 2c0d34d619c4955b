package domain_test

import (
	"fmt"
	"testing"
	"time"

	"tavoli/adapters/memory"
	"tavoli/domain"
)

func registered(p domain.PersonID, m domain.Mode) domain.ParticipantRegistered {
	return domain.ParticipantRegistered{Tavolo: t6, Participant: p, Ente: &alcamo, Capacity: domain.AsDelegate, Mode: m}
}

func waitlisted(p domain.PersonID) domain.ParticipantWaitlisted {
	return domain.ParticipantWaitlisted(registered(p, domain.InPresence))
}

func promoted(p domain.PersonID, m domain.Mode, cause domain.PromotionCause) domain.WaitlistPromoted {
	return domain.WaitlistPromoted{Tavolo: t6, Participant: p, Mode: m, Cause: cause}
}

func withdrawn(p domain.PersonID) domain.ParticipantWithdrawn {
	return domain.ParticipantWithdrawn{Tavolo: t6, Participant: p}
}

func register(p domain.PersonID, change ...func(*domain.RegisterParticipant)) func(*domain.Executor, domain.Meta) (domain.Result, error) {
	return do[*domain.Tavolo](func() *domain.RegisterParticipant {
		c := &domain.RegisterParticipant{Tavolo: t6, Person: as(p), Ente: &alcamo, Mode: domain.InPresence}
		for _, f := range change {
			f(c)
		}
		return c
	})
}

// oneSeat is a convened tavolo with one seat in the room and no limit online.
var oneSeat = []domain.Event{
	domain.EnteRegistered{Ente: alcamo, Official: "Alcamo"}, planned, convened,
	domain.SeatsSet{Tavolo: t6, Seats: domain.Seats{InPresence: new(1)}},
}

// full has anna in the room, bruno and carla waiting for it in that order.
var full = with(oneSeat, registered(anna, domain.InPresence), waitlisted(bruno), waitlisted(carla))

func TestRegisterParticipant(t *testing.T) {
	free := oneSeat
	online := func(c *domain.RegisterParticipant) { c.Mode = domain.Online }
	alone := registered(anna, domain.Online)
	alone.Ente, alone.Capacity = nil, domain.AsOther
	webinar := planned
	webinar.Mode = domain.Online
	run(t, []scenario{
		{name: "takes a free seat", past: free, do: register(anna), yield: given(registered(anna, domain.InPresence))},
		{name: "twice is once", past: with(free, registered(anna, domain.InPresence)), do: register(anna)},
		{name: "waits where it is full", past: with(free, registered(anna, domain.InPresence)), do: register(bruno), yield: given(waitlisted(bruno))},
		{name: "waiting twice is once", past: full, do: register(carla)},
		{name: "a full room leaves the other mode open", past: full, do: register(dario, online), yield: given(registered(dario, domain.Online))},
		{name: "again in another mode", past: with(free, registered(anna, domain.InPresence)), do: register(anna, online), err: domain.ErrRegistered},
		{name: "again after withdrawing", past: with(free, registered(anna, domain.InPresence), withdrawn(anna)), do: register(anna), yield: given(registered(anna, domain.InPresence))},
		{name: "with a notice", past: free, do: register(anna, func(c *domain.RegisterParticipant) { c.Notice = "2022-01" }),
			yield: given(registered(anna, domain.InPresence), domain.NoticeAccepted{Tavolo: t6, Participant: anna, Notice: "2022-01"})},
		{name: "on behalf of nobody", past: free, do: register(anna, online, func(c *domain.RegisterParticipant) { c.Ente = nil }), yield: given(alone)},
		{name: "in the only mode there is", past: given(oneSeat[0], webinar, convened), do: register(anna, func(c *domain.RegisterParticipant) { c.Mode = "" }), yield: given(registered(anna, domain.Online))},
		{name: "in a mode that is not held", past: given(oneSeat[0], webinar, convened), do: register(anna), err: domain.ErrModeNotHeld},
		{name: "a mixed tavolo asks for a mode", past: free, do: register(anna, func(c *domain.RegisterParticipant) { c.Mode = "" }), field: "/mode required"},
		{name: "mixed is no way to take part", past: free, do: register(anna, func(c *domain.RegisterParticipant) { c.Mode = domain.Mixed }), field: "/mode not-allowed"},
		{name: "for an unknown ente", past: free, do: register(anna, func(c *domain.RegisterParticipant) { c.Ente = &marsala }), field: "/ente unknown-ente"},
		{name: "for an ente of no such kind", past: free, do: register(anna, func(c *domain.RegisterParticipant) { c.Ente = &domain.EnteRef{Kind: "club", Code: "x"} }), field: "/ente/kind not-allowed"},
		{name: "a comune by a bad code", past: free, do: register(anna, func(c *domain.RegisterParticipant) { c.Ente = &domain.EnteRef{Kind: domain.Comune, Code: "Alcamo"} }), field: "/ente/code bad-code"},
		{name: "a delegate of nobody", past: free, do: register(anna, func(c *domain.RegisterParticipant) { c.Ente, c.Capacity = nil, domain.AsDelegate }), field: "/ente required"},
		{name: "in no such capacity", past: free, do: register(anna, func(c *domain.RegisterParticipant) { c.Capacity = "king" }), field: "/capacity not-allowed"},
		{name: "nobody", past: free, do: register(domain.PersonID{}), field: "/participant required"},
		{name: "no tavolo", do: register(anna), err: domain.ErrNoTavolo},
		{name: "planned only", past: given(oneSeat[0], planned), do: register(anna), err: domain.ErrTavoloNotConvened},
		{name: "announced", past: given(oneSeat[0], planned, announced), do: register(anna), yield: given(registered(anna, domain.InPresence))},
		{name: "opened by hand before the letter", past: given(oneSeat[0], planned, domain.RegistrationsOpened{Tavolo: t6}), do: register(anna), yield: given(registered(anna, domain.InPresence))},
		{name: "registrations closed", past: with(free, domain.RegistrationsClosed{Tavolo: t6}), do: register(anna), err: domain.ErrRegistrationsClosed},
		{name: "registrations opened again", past: with(free, domain.RegistrationsClosed{Tavolo: t6}, domain.RegistrationsOpened{Tavolo: t6}), do: register(anna), yield: given(registered(anna, domain.InPresence))},
		{name: "at the desk, while it is held", past: with(free, opened), do: register(anna), yield: given(registered(anna, domain.InPresence))},
		{name: "after the end", past: with(free, opened, closed), do: register(anna), err: domain.ErrTavoloClosed},
		{name: "called off", past: with(free, calledOff), do: register(anna), err: domain.ErrTavoloCalledOff},
		{name: "no seats at all", past: given(oneSeat[0], planned, convened, domain.SeatsSet{Tavolo: t6, Seats: domain.Seats{InPresence: new(0)}}), do: register(anna), yield: given(waitlisted(anna))},
	})
}

func TestWhoeverFreesASeatPromotes(t *testing.T) {
	withdraw := func(p domain.PersonID) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: p})
	}
	change := func(p domain.PersonID, m domain.Mode) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.ChangeMode{Tavolo: t6, Participant: p, Mode: m})
	}
	seats := func(n *int) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.SetSeats{Tavolo: t6, InPresence: n})
	}
	set := func(n *int) domain.SeatsSet { return domain.SeatsSet{Tavolo: t6, Seats: domain.Seats{InPresence: n}} }
	room := domain.InPresence
	fullOnline := with(full, domain.SeatsSet{Tavolo: t6, Seats: domain.Seats{InPresence: new(1), Online: new(0)}})
	run(t, []scenario{
		{name: "a withdrawal", past: full, do: withdraw(anna), yield: given(withdrawn(anna), promoted(bruno, room, domain.ByWithdrawal))},
		{name: "a withdrawal of one who waits", past: full, do: withdraw(bruno), yield: given(withdrawn(bruno))},
		{name: "the next after that", past: with(full, withdrawn(bruno)), do: withdraw(anna), yield: given(withdrawn(anna), promoted(carla, room, domain.ByWithdrawal))},
		{name: "nobody waits", past: with(oneSeat, registered(anna, room)), do: withdraw(anna), yield: given(withdrawn(anna))},
		{name: "a second withdrawal", past: with(full, withdrawn(anna), promoted(bruno, room, domain.ByWithdrawal)), do: withdraw(anna)},
		{name: "a withdrawal of a stranger", past: full, do: withdraw(dario), err: domain.ErrNoRegistration},
		{name: "a withdrawal after the end", past: with(full, opened, closed), do: withdraw(anna), err: domain.ErrTavoloClosed},
		{name: "a refusal", past: full, do: is[*domain.Tavolo](domain.RefuseRegistration{Tavolo: t6, Participant: anna, Reason: "estranea"}),
			yield: given(domain.RegistrationRefused{Tavolo: t6, Participant: anna, Reason: "estranea"}, promoted(bruno, room, domain.ByRefusal))},
		{name: "a refusal without a reason", past: full, do: is[*domain.Tavolo](domain.RefuseRegistration{Tavolo: t6, Participant: anna}), field: "/reason required"},
		{name: "a change of mode", past: full, do: change(anna, domain.Online),
			yield: given(domain.ModeChanged{Tavolo: t6, Participant: anna, Mode: domain.Online, Was: room}, promoted(bruno, room, domain.ByMode))},
		{name: "a change of mode of one who waits, to a free seat", past: full, do: change(bruno, domain.Online),
			yield: given(domain.ModeChanged{Tavolo: t6, Participant: bruno, Mode: domain.Online, Was: room}, promoted(bruno, domain.Online, domain.ByMode))},
		{name: "a change of mode of one who waits, to another list", past: fullOnline, do: change(bruno, domain.Online),
			yield: given(domain.ModeChanged{Tavolo: t6, Participant: bruno, Mode: domain.Online, Was: room})},
		{name: "a change to a full mode", past: fullOnline, do: change(anna, domain.Online), err: domain.ErrModeFull},
		{name: "a change to the mode one has", past: full, do: change(anna, room)},
		{name: "a change by one who withdrew", past: with(full, withdrawn(anna)), do: change(anna, domain.Online), err: domain.ErrNotActive},
		{name: "two more seats", past: full, do: seats(new(3)), yield: given(set(new(3)), promoted(bruno, room, domain.BySeats), promoted(carla, room, domain.BySeats))},
		{name: "one more seat", past: full, do: seats(new(2)), yield: given(set(new(2)), promoted(bruno, room, domain.BySeats))},
		{name: "no limit any more", past: full, do: seats(nil), yield: given(set(nil), promoted(bruno, room, domain.BySeats), promoted(carla, room, domain.BySeats))},
		{name: "fewer seats than are taken", past: full, do: seats(new(0)), yield: given(set(new(0)))},
		{name: "a withdrawal where too many sit", past: with(full, set(new(0))), do: withdraw(anna), yield: given(withdrawn(anna))},
		{name: "the same seats", past: full, do: seats(new(1))},
		{name: "too many seats", past: full, do: seats(new(domain.MaxSeats + 1)), field: "/in_presence out-of-range"},
	})
}

func TestConfirmSubstituteNotice(t *testing.T) {
	confirm := func(p domain.PersonID) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.ConfirmRegistration{Tavolo: t6, Participant: p})
	}
	confirmed := func(p domain.PersonID) domain.Event {
		return domain.RegistrationConfirmed{Tavolo: t6, Participant: p}
	}
	substitute := func(p, by domain.PersonID) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return do[*domain.Tavolo](func() *domain.SubstituteDelegate {
			return &domain.SubstituteDelegate{Tavolo: t6, Participant: p, Person: as(by), Reason: "malattia"}
		})
	}
	instead := func(p, by domain.PersonID) domain.DelegateSubstituted {
		return domain.DelegateSubstituted{Tavolo: t6, Participant: p, By: by, Reason: "malattia"}
	}
	notice := is[*domain.Tavolo](domain.AcceptNotice{Tavolo: t6, Participant: anna, Notice: "2022-01"})
	noticed := domain.NoticeAccepted{Tavolo: t6, Participant: anna, Notice: "2022-01"}
	room := domain.InPresence
	run(t, []scenario{
		{name: "confirm a seat", past: full, do: confirm(anna), yield: given(confirmed(anna))},
		{name: "confirm it twice", past: with(full, confirmed(anna)), do: confirm(anna)},
		{name: "confirm one who waits", past: full, do: confirm(bruno), err: domain.ErrOnWaitingList},
		{name: "confirm one who withdrew", past: with(full, withdrawn(anna)), do: confirm(anna), err: domain.ErrNotActive},
		{name: "confirm a stranger", past: full, do: confirm(dario), err: domain.ErrNoRegistration},
		{name: "a confirmed seat that is freed promotes", past: with(full, confirmed(anna)), do: is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: anna}),
			yield: given(withdrawn(anna), promoted(bruno, room, domain.ByWithdrawal))},
		{name: "substitute a delegate", past: full, do: substitute(anna, dario), yield: given(instead(anna, dario))},
		{name: "the substitute has the seat", past: with(full, instead(anna, dario)), do: is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: dario}),
			yield: given(withdrawn(dario), promoted(bruno, room, domain.ByWithdrawal))},
		{name: "who was substituted is out", past: with(full, instead(anna, dario)), do: confirm(anna), err: domain.ErrNotActive},
		{name: "the substitute has the place in the list", past: with(full, instead(bruno, dario)), do: is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: anna}),
			yield: given(withdrawn(anna), promoted(dario, room, domain.ByWithdrawal))},
		{name: "substitute by one who is there", past: full, do: substitute(anna, bruno), err: domain.ErrRegistered},
		{name: "substitute a stranger", past: full, do: substitute(dario, anna), err: domain.ErrNoRegistration},
		{name: "take note", past: full, do: notice, yield: given(noticed)},
		{name: "take note twice", past: with(full, noticed), do: notice},
		{name: "take note of nothing", past: full, do: is[*domain.Tavolo](domain.AcceptNotice{Tavolo: t6, Participant: anna}), field: "/notice required"},
	})
}

func TestMoreThanAThousandArePromotedInSteps(t *testing.T) {
	crowd := append([]domain.Event(nil), oneSeat...)
	for i := range domain.MaxPromotions + 1 {
		crowd = append(crowd, waitlisted(person(fmt.Sprint(i))))
	}
	raise := func(n int) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.SetSeats{Tavolo: t6, InPresence: &n})
	}
	run(t, []scenario{{name: "all at once", past: crowd, do: raise(domain.MaxPromotions + 1), err: domain.ErrTooManyPromotions}})
	store := memory.New(func() time.Time { return now })
	past(t, store, crowd...)
	res, err := raise(domain.MaxPromotions)(&domain.Executor{Store: store}, meta("a thousand"))
	if err != nil || len(res.Events) != domain.MaxPromotions+1 {
		t.Errorf("%d events, %v", len(res.Events), err)
	}
}
