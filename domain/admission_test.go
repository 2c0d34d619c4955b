package domain_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/domain"
)

func pending(p domain.PersonID) domain.RegistrationPending {
	return domain.RegistrationPending{Tavolo: t6, Participant: p, Ente: &alcamo, Capacity: domain.AsDelegate, Mode: domain.InPresence, Until: now.Add(domain.PendingTime)}
}

func offered(p domain.PersonID, until time.Time) domain.OfferMade {
	return domain.OfferMade{Tavolo: t6, Participant: p, Mode: domain.InPresence, Until: until, Cause: domain.ByWithdrawal}
}

func issued(p domain.PersonID, sha string) domain.SecretIssued {
	return domain.SecretIssued{Tavolo: t6, Participant: p, Issue: presenceID("issue"), SHA256: sha}
}

var (
	confirming = domain.AdmissionSet{Tavolo: t6, Admission: domain.Admission{ConfirmEmail: true}}
	offering   = domain.AdmissionSet{Tavolo: t6, Admission: domain.Admission{OfferHours: 24}}
	dayLater   = now.Add(24 * time.Hour)
	justOver   = domain.TavoloRescheduled{Tavolo: t6, To: domain.Schedule{Day: "2022-05-20", EndsAt: &now}}
	yesterday  = domain.TavoloRescheduled{Tavolo: t6, To: domain.Schedule{Day: "2022-05-19"}}
)

func TestAdmission(t *testing.T) {
	set := func(a domain.Admission) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.SetAdmission{Tavolo: t6, Admission: a})
	}
	run(t, []scenario{
		{name: "confirm first", past: oneSeat, do: set(confirming.Admission), yield: given(confirming)},
		{name: "twice is once", past: with(oneSeat, confirming), do: set(confirming.Admission)},
		{name: "hours that make no sense", past: oneSeat, do: set(domain.Admission{OfferHours: -1}), field: "/offer_hours out-of-range"},
		{name: "too many hours", past: oneSeat, do: set(domain.Admission{OfferHours: domain.MaxOfferHours + 1}), field: "/offer_hours out-of-range"},
		{name: "no tavolo", do: set(confirming.Admission), err: domain.ErrNoTavolo},
		{name: "called off", past: with(oneSeat, calledOff), do: set(confirming.Admission), err: domain.ErrTavoloCalledOff},
	})
}

func TestQuestions(t *testing.T) {
	ask := func(list ...domain.Question) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.SetQuestions{Tavolo: t6, Questions: list})
	}
	lunch := domain.Question{ID: "pranzo", Kind: domain.YesNoQuestion, Text: "Pranzo?"}
	run(t, []scenario{
		{name: "one", past: oneSeat, do: ask(lunch), yield: given(domain.QuestionsSet{Tavolo: t6, Questions: []domain.Question{lunch}})},
		{name: "the same again", past: with(oneSeat, domain.QuestionsSet{Tavolo: t6, Questions: []domain.Question{lunch}}), do: ask(lunch)},
		{name: "of one id", past: oneSeat, do: ask(lunch, lunch), field: "/questions/1/id given-twice"},
		{name: "of no kind", past: oneSeat, do: ask(domain.Question{ID: "a", Kind: "song", Text: "t"}), field: "/questions/0/kind not-allowed"},
		{name: "a choice without choices", past: oneSeat, do: ask(domain.Question{ID: "a", Kind: domain.ChoiceQuestion, Text: "t"}), field: "/questions/0/choices required"},
		{name: "without a text", past: oneSeat, do: ask(domain.Question{ID: "a", Kind: domain.TextQuestion}), field: "/questions/0/text required"},
	})
}

func TestOffers(t *testing.T) {
	waiting := with(full, offering)
	accept := func(p domain.PersonID) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.AcceptOffer{Tavolo: t6, Participant: p})
	}
	withdraw := func(p domain.PersonID) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: p})
	}
	asked := with(waiting, withdrawn(anna), offered(bruno, dayLater))
	late := with(waiting, withdrawn(anna), offered(bruno, now))
	lapse := is[*domain.Tavolo](domain.LapseOverdue{Tavolo: t6})
	run(t, []scenario{
		{name: "a free seat is offered", past: waiting, do: withdraw(anna), yield: given(withdrawn(anna), offered(bruno, dayLater))},
		{name: "taken up", past: asked, do: accept(bruno), yield: given(promoted(bruno, domain.InPresence, domain.ByWithdrawal))},
		{name: "taken up twice", past: with(asked, promoted(bruno, domain.InPresence, domain.ByWithdrawal)), do: accept(bruno)},
		{name: "of another", past: asked, do: accept(carla), err: domain.ErrNoOffer},
		{name: "too late", past: late, do: accept(bruno), err: domain.ErrNoOffer},
		{name: "a seat on offer is nobody else's", past: asked, do: register(dario), yield: given(waitlisted(dario))},
		{name: "declined: the next is asked", past: asked, do: withdraw(bruno), yield: given(withdrawn(bruno), offered(carla, dayLater))},
		{name: "lapsed: the next is asked", past: late, do: lapse, yield: given(domain.OfferLapsed{Tavolo: t6, Participant: bruno},
			domain.OfferMade{Tavolo: t6, Participant: carla, Mode: domain.InPresence, Until: dayLater, Cause: domain.ByWithdrawal})},
		{name: "nothing is overdue", past: asked, do: lapse},
		{name: "nothing lapses at a tavolo called off", past: with(late, calledOff), do: lapse},
		{name: "gone online: the next is asked", past: asked, do: is[*domain.Tavolo](domain.ChangeMode{Tavolo: t6, Participant: bruno, Mode: domain.Online}),
			yield: given(domain.ModeChanged{Tavolo: t6, Participant: bruno, Mode: domain.Online, Was: domain.InPresence}, promoted(bruno, domain.Online, domain.ByMode),
				domain.OfferMade{Tavolo: t6, Participant: carla, Mode: domain.InPresence, Until: dayLater, Cause: domain.ByMode})},
		{name: "more seats are offered, too", past: waiting, do: is[*domain.Tavolo](domain.SetSeats{Tavolo: t6, InPresence: new(2)}),
			yield: given(domain.SeatsSet{Tavolo: t6, Seats: domain.Seats{InPresence: new(2)}},
				domain.OfferMade{Tavolo: t6, Participant: bruno, Mode: domain.InPresence, Until: dayLater, Cause: domain.BySeats})},
		{name: "a substitute has the offer", past: with(asked, domain.DelegateSubstituted{Tavolo: t6, Participant: bruno, By: dario}), do: accept(dario),
			yield: given(promoted(dario, domain.InPresence, domain.ByWithdrawal))},
	})
}

func TestConfirmingTheAddress(t *testing.T) {
	base := with(oneSeat, confirming)
	confirm := is[*domain.Tavolo](domain.ConfirmAddress{Tavolo: t6, Participant: anna})
	late := pending(anna)
	late.Until = now
	lapsed := domain.RegistrationLapsed{Tavolo: t6, Participant: anna}
	run(t, []scenario{
		{name: "a seat", past: with(base, pending(anna)), do: confirm, yield: given(registered(anna, domain.InPresence))},
		{name: "a place in line: who confirms first sits first", past: with(base, pending(anna), registered(bruno, domain.InPresence)), do: confirm, yield: given(waitlisted(anna))},
		{name: "twice is once", past: with(base, pending(anna), registered(anna, domain.InPresence)), do: confirm},
		{name: "too late", past: with(base, late), do: confirm, err: domain.ErrLapsed},
		{name: "after it lapsed", past: with(base, pending(anna), lapsed), do: confirm, err: domain.ErrLapsed},
		{name: "taken back instead", past: with(base, pending(anna)), do: is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: anna}), yield: given(withdrawn(anna))},
		{name: "what was taken back does not lapse", past: with(base, late, withdrawn(anna)), do: is[*domain.Tavolo](domain.LapseOverdue{Tavolo: t6})},
		{name: "when the tavolo is over", past: with(base, pending(anna), yesterday), do: confirm, err: domain.ErrTavoloOver},
		{name: "called off meanwhile", past: with(base, pending(anna), calledOff), do: confirm, err: domain.ErrTavoloCalledOff},
		{name: "closed meanwhile", past: with(base, pending(anna), domain.RegistrationsClosed{Tavolo: t6}), do: confirm, err: domain.ErrRegistrationsClosed},
		{name: "nobody", past: base, do: confirm, err: domain.ErrNoRegistration},
		{name: "what is not confirmed lapses", past: with(base, late), do: is[*domain.Tavolo](domain.LapseOverdue{Tavolo: t6}), yield: given(lapsed)},
		{name: "what waits holds no seat", past: with(base, pending(anna)), do: register(bruno), yield: given(registered(bruno, domain.InPresence))},
		{name: "staff cannot confirm it", past: with(base, pending(anna)), do: is[*domain.Tavolo](domain.ConfirmRegistration{Tavolo: t6, Participant: anna}), err: domain.ErrNotActive},
	})
}

// A door is a register with keys, where people register by themselves.
type door struct {
	t     *testing.T
	x     *domain.Executor
	vault domain.Vault
}

func newDoor(t *testing.T, past_ ...domain.Event) *door {
	store := memory.New(func() time.Time { return now })
	past(t, store, past_...)
	return &door{t, &domain.Executor{Store: store}, domain.Vault{Keys: memory.NewKeys(), Log: store}}
}

func secretOf(issue uuid.UUID) string { return domain.RegistrationSecret([32]byte{7}, t6, issue) }

// party registers people.
func (d *door) party(name string, c domain.RegisterParty) (domain.Result, error) {
	d.t.Helper()
	c.Tavolo, c.Secret = t6, secretOf
	m := domain.Meta{At: now, Actor: domain.ActorPublic, Command: uuid.NewSHA1(uuid.Nil, []byte(name))}
	if err := c.Ready(d.t.Context(), d.x, m); err != nil {
		return domain.Result{}, err
	}
	if err := c.Introduce(d.t.Context(), d.vault, m); err != nil {
		return domain.Result{}, err
	}
	return domain.Execute[*domain.Tavolo](d.t.Context(), d.x, &c, m)
}

func inRoom(name string) domain.Attendee {
	return domain.Attendee{GivenName: "Anna", FamilyName: name, Email: "anna@example.org", Mode: domain.InPresence}
}

func TestAParty(t *testing.T) {
	d := newDoor(t, oneSeat...)
	two := domain.RegisterParty{Ente: &alcamo, People: []domain.Attendee{inRoom("Uno"), inRoom("Due")}, Notice: "2022-01"}
	res, err := d.party("two", two)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range res.Events {
		kinds = append(kinds, e.Name())
	}
	if got := strings.Join(kinds, " "); got != "ParticipantRegistered NoticeAccepted SecretIssued ParticipantWaitlisted NoticeAccepted SecretIssued" {
		t.Errorf("got %s", got)
	}
	if again, err := d.party("two", two); err != nil || !again.Repeated || again.Position != res.Position {
		t.Errorf("got %+v, %v", again, err)
	}
	first := res.Events[2].(domain.SecretIssued)
	err = domain.Peek(t.Context(), d.x, t6.Stream(), func(tv *domain.Tavolo) error {
		own, err := tv.Opened(domain.SecretHash(" " + strings.ToUpper(secretOf(first.Issue)) + "\n"))
		if err != nil || own.Participant != first.Participant || own.State != domain.Registered || own.Mode != domain.InPresence {
			t.Errorf("got %+v, %v", own, err)
		}
		if _, err := tv.Opened(domain.SecretHash("indovinato")); err == nil {
			t.Error("a guess opened something")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatAPartyMustBe(t *testing.T) {
	questions := domain.QuestionsSet{Tavolo: t6, Questions: []domain.Question{
		{ID: "pranzo", Kind: domain.YesNoQuestion, Text: "Pranzo?", Required: true},
		{ID: "gruppo", Kind: domain.ChoiceQuestion, Text: "Gruppo?", Choices: []string{"A", "B"}},
	}}
	answered := func(list ...domain.Answer) domain.Attendee {
		a := inRoom("x")
		a.Answers = list
		return a
	}
	change := func(f func(*domain.Attendee)) []domain.Attendee {
		a := inRoom("Uno")
		f(&a)
		return []domain.Attendee{inRoom("Zero"), a}
	}
	alcamoCopy, nowhere := alcamo, marsala
	for name, c := range map[string]struct {
		past  []domain.Event
		party domain.RegisterParty
		field string
		err   error
	}{
		"nobody":               {party: domain.RegisterParty{Notice: "n"}, field: "/people required"},
		"a crowd":              {party: domain.RegisterParty{Notice: "n", People: make([]domain.Attendee, domain.MaxParty+1)}, field: "/people too-many"},
		"no notice":            {party: domain.RegisterParty{People: change(func(*domain.Attendee) {})}, field: "/notice required"},
		"no name":              {party: domain.RegisterParty{Notice: "n", People: change(func(a *domain.Attendee) { a.GivenName, a.FamilyName = "", " " })}, field: "/people/1/family_name required"},
		"a header":             {party: domain.RegisterParty{Notice: "n", People: change(func(a *domain.Attendee) { a.GivenName = "a\r\nBcc: b@c.it" })}, field: "/people/1/given_name bad-characters"},
		"a header by e-mail":   {party: domain.RegisterParty{Notice: "n", People: change(func(a *domain.Attendee) { a.Email = "a@b.it\nBcc:c@d.it" })}, field: "/people/1/email bad-characters"},
		"201 letters":          {party: domain.RegisterParty{Notice: "n", People: change(func(a *domain.Attendee) { a.FamilyName = strings.Repeat("ш", 201) })}, field: "/people/1/family_name too-long"},
		"no mode":              {party: domain.RegisterParty{Notice: "n", People: change(func(a *domain.Attendee) { a.Mode = "" })}, field: "/people/1/mode required"},
		"mixed":                {party: domain.RegisterParty{Notice: "n", People: change(func(a *domain.Attendee) { a.Mode = domain.Mixed })}, field: "/people/1/mode not-allowed"},
		"staff":                {party: domain.RegisterParty{Notice: "n", Ente: &alcamoCopy, People: change(func(a *domain.Attendee) { a.Capacity = domain.AsStaff })}, field: "/people/1/capacity not-allowed"},
		"a delegate of nobody": {party: domain.RegisterParty{Notice: "n", People: change(func(a *domain.Attendee) { a.Capacity = domain.AsDelegate })}, field: "/people/1/capacity needs-ente"},
		"an unknown ente":      {party: domain.RegisterParty{Notice: "n", Ente: &nowhere, People: change(func(*domain.Attendee) {})}, field: "/ente unknown-ente"},
		"no answer":            {past: given(questions), party: domain.RegisterParty{Notice: "n", People: []domain.Attendee{answered()}}, field: "/people/0/answers/pranzo required"},
		"a strange answer":     {past: given(questions), party: domain.RegisterParty{Notice: "n", People: []domain.Attendee{answered(domain.Answer{Question: "pranzo", Answer: "boh"})}}, field: "/people/0/answers/0/answer not-allowed"},
		"a strange choice":     {past: given(questions), party: domain.RegisterParty{Notice: "n", People: []domain.Attendee{answered(domain.Answer{Question: "gruppo", Answer: "C"})}}, field: "/people/0/answers/0/answer not-allowed"},
		"what is not asked":    {past: given(questions), party: domain.RegisterParty{Notice: "n", People: []domain.Attendee{answered(domain.Answer{Question: "altro", Answer: "x"})}}, field: "/people/0/answers/0/question not-asked"},
		"no address":           {past: given(confirming), party: domain.RegisterParty{Notice: "n", People: change(func(a *domain.Attendee) { a.Email = "" })}, field: "/people/1/email required"},
		"by staff only":        {past: given(domain.AdmissionSet{Tavolo: t6, Admission: domain.Admission{StaffOnly: true}}), party: domain.RegisterParty{Notice: "n", People: change(func(*domain.Attendee) {})}, err: domain.ErrStaffOnly},
		"called off":           {past: given(calledOff), party: domain.RegisterParty{Notice: "n", People: change(func(*domain.Attendee) {})}, err: domain.ErrTavoloCalledOff},
		"over":                 {past: given(yesterday), party: domain.RegisterParty{Notice: "n", People: change(func(*domain.Attendee) {})}, err: domain.ErrTavoloOver},
		"over this hour":       {past: given(justOver), party: domain.RegisterParty{Notice: "n", People: change(func(*domain.Attendee) {})}, err: domain.ErrTavoloOver},
		"a false invitation":   {party: domain.RegisterParty{Notice: "n", Invitation: "x", People: change(func(*domain.Attendee) {})}, err: domain.ErrNoInviting},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newDoor(t, with(oneSeat, c.past...)...).party(name, c.party)
			if c.field != "" {
				checkField(t, err, c.field)
			} else if err == nil || err.Error() != c.err.Error() {
				t.Errorf("got %v, want %v", err, c.err)
			}
		})
	}
}

func TestNamesOfEveryAlphabet(t *testing.T) {
	d := newDoor(t, oneSeat...)
	for i, name := range []string{"محمد عبد الله", "Đặng-O’Brien", "Шевченко", "王小明", "אברהם", "<script>alert(1)</script>", strings.Repeat("ß", 200), "José\u0301"} {
		a := inRoom(name)
		if _, err := d.party(name, domain.RegisterParty{Notice: "n", People: []domain.Attendee{a}}); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestInvitationsOfGestori(t *testing.T) {
	closed := domain.AdmissionSet{Tavolo: t6, Admission: domain.Admission{StaffOnly: true}}
	d := newDoor(t, with(oneSeat, closed, registered(anna, domain.InPresence))...)
	invitation := presenceID("invitation")
	secret := secretOf(invitation)
	_, err := domain.Execute[*domain.Tavolo](t.Context(), d.x, domain.InviteGestori{Tavolo: t6, By: anna, Invitation: invitation, SHA256: domain.SecretHash(secret)}, meta("invite"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := d.party("gestore", domain.RegisterParty{Notice: "n", Invitation: secret, Ente: &marsala, People: []domain.Attendee{{FamilyName: "Gestore", Mode: domain.Online, Capacity: domain.AsReferente}}})
	if err != nil {
		t.Fatal(err)
	}
	fact := res.Events[0].(domain.ParticipantRegistered)
	if *fact.Ente != alcamo || fact.Capacity != domain.AsEnteGestore || res.Events[3].Name() != "InvitationFollowed" {
		t.Errorf("got %s", show(res.Events))
	}
	if _, err := domain.Execute[*domain.Tavolo](t.Context(), d.x, domain.WithdrawParticipant{Tavolo: t6, Participant: anna}, meta("leave")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.party("late", domain.RegisterParty{Notice: "n", Invitation: secret, People: []domain.Attendee{{FamilyName: "Tardi", Mode: domain.Online}}}); !errors.Is(err, domain.ErrNoInviting) {
		t.Errorf("whoever left invites still: %v", err)
	}
	run(t, []scenario{
		{name: "for nobody", past: with(oneSeat, func() domain.Event {
			e := registered(anna, domain.Online)
			e.Ente, e.Capacity = nil, domain.AsOther
			return e
		}()),
			do: is[*domain.Tavolo](domain.InviteGestori{Tavolo: t6, By: anna}), err: domain.ErrNotForEnte},
		{name: "who is not registered", past: oneSeat, do: is[*domain.Tavolo](domain.InviteGestori{Tavolo: t6, By: anna}), err: domain.ErrNoRegistration},
	})
}

func TestSecrets(t *testing.T) {
	issue := presenceID("new")
	anew := is[*domain.Tavolo](domain.IssueSecret{Tavolo: t6, Participant: anna, Issue: issue, SHA256: sheet})
	run(t, []scenario{
		{name: "another", past: with(oneSeat, registered(anna, domain.Online)), do: anew, yield: given(domain.SecretIssued{Tavolo: t6, Participant: anna, Issue: issue, SHA256: sheet, Anew: true})},
		{name: "after withdrawing", past: with(oneSeat, registered(anna, domain.Online), withdrawn(anna)), do: anew, err: domain.ErrNotActive},
		{name: "of nobody", past: oneSeat, do: anew, err: domain.ErrNoRegistration},
		{name: "a substitute has one of his own", past: with(oneSeat, registered(anna, domain.Online), issued(anna, sheet)), do: do[*domain.Tavolo](func() *domain.SubstituteDelegate {
			return &domain.SubstituteDelegate{Tavolo: t6, Participant: anna, Person: as(bruno), Issue: issue, SHA256: sheet}
		}), yield: given(domain.DelegateSubstituted{Tavolo: t6, Participant: anna, By: bruno}, domain.SecretIssued{Tavolo: t6, Participant: bruno, Issue: issue, SHA256: sheet})},
	})
	if a, b := secretOf(issue), domain.RegistrationSecret([32]byte{7}, "altro", issue); a == b || len(a) != 29 {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestAdesione(t *testing.T) {
	id := presenceID("adesione")
	base := given(domain.EnteRegistered{Ente: alcamo, Official: "Alcamo"}, domain.AdesioneRequested{Ente: alcamo, Adesione: id, Notice: "n",
		Referenti: []domain.NamedReferente{{Person: anna}, {Person: bruno, From: "2022-09-01", Until: "2023-09-01"}}})
	approve := is[*domain.Ente](domain.ApproveAdesione{Ente: alcamo, Adesione: id, From: "2022-06-01", Scheda: "prot. 7"})
	refuse := is[*domain.Ente](domain.RefuseAdesione{Ente: alcamo, Adesione: id, Reason: "doppia"})
	approved, refused := domain.AdesioneApproved{Ente: alcamo, Adesione: id}, domain.AdesioneRefused{Ente: alcamo, Adesione: id, Reason: "doppia"}
	joined := domain.CoordinamentoJoined{Ente: alcamo, From: "2022-06-01", Scheda: "prot. 7"}
	speakers := given(domain.ReferenteAppointed{Ente: alcamo, Person: anna, From: "2022-06-01"}, domain.ReferenteAppointed{Ente: alcamo, Person: bruno, From: "2022-09-01", Until: "2023-09-01"})
	run(t, []scenario{
		{name: "approved", past: base, do: approve, yield: with(given(approved, joined), speakers...)},
		{name: "of a member: more referenti", past: with(base, joined), do: approve, yield: with(given(approved), speakers...)},
		{name: "approved twice", past: with(base, approved), do: approve},
		{name: "refused", past: base, do: refuse, yield: given(refused)},
		{name: "refused after all", past: with(base, approved), do: refuse, err: domain.ErrAdesioneDone},
		{name: "approved after all", past: with(base, refused), do: approve, err: domain.ErrAdesioneDone},
		{name: "without a reason", past: base, do: is[*domain.Ente](domain.RefuseAdesione{Ente: alcamo, Adesione: id}), field: "/reason required"},
		{name: "none", past: base[:1], do: approve, err: domain.ErrNoAdesione},
	})
}

// TestAnEnteThatIsNotListed asks to join before the register knows it.
func TestAnEnteThatIsNotListed(t *testing.T) {
	id, milan := presenceID("adesione"), domain.EnteRef{Kind: domain.Comune, Code: "F205"}
	requested := domain.AdesioneRequested{Ente: domain.Unlisted, Adesione: id, Notice: "n", Referenti: []domain.NamedReferente{{Person: anna}}, Proposed: &domain.ProposedEnte{Kind: domain.Comune, Official: "Milano", Province: "MI"}}
	base := given(requested)
	as := &domain.RegisterEnte{Kind: milan.Kind, Code: milan.Code, Official: "Milano", Province: "MI"}
	approve := func(as *domain.RegisterEnte) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Ente](domain.ApproveAdesione{Ente: domain.Unlisted, Adesione: id, As: as})
	}
	enrol := is[*domain.Ente](domain.EnrolEnte{RegisterEnte: *as, From: "2022-06-01", Scheda: "prot. 7", Requested: requested})
	approved, known := domain.AdesioneApproved{Ente: domain.Unlisted, Adesione: id, As: &milan}, domain.EnteRegistered{Ente: milan, Official: "Milano", Province: "MI"}
	joined, speaks := domain.CoordinamentoJoined{Ente: milan, From: "2022-06-01", Scheda: "prot. 7"}, domain.ReferenteAppointed{Ente: milan, Person: anna, From: "2022-06-01"}
	run(t, []scenario{
		{name: "it is registered", do: enrol, yield: given(known, joined, speaks)},
		{name: "it was registered meanwhile", past: given(known), do: enrol, yield: given(joined, speaks)},
		{name: "enrolled twice", past: given(known, joined, speaks), do: enrol},
		{name: "by a bad code", do: is[*domain.Ente](domain.EnrolEnte{RegisterEnte: domain.RegisterEnte{Kind: domain.AltroEnte, Code: "a b"}, Requested: requested}), field: "/code bad-code"},
		{name: "approved", past: base, do: approve(as), yield: given(approved)},
		{name: "approved twice", past: with(base, approved), do: approve(as)},
		{name: "approved as another", past: with(base, approved), do: approve(&domain.RegisterEnte{Kind: domain.Comune, Code: "F206"}), err: domain.ErrAdesioneDone},
		{name: "approved as nobody knows what", past: base, do: approve(nil), field: "/as required"},
		{name: "refused", past: base, do: is[*domain.Ente](domain.RefuseAdesione{Ente: domain.Unlisted, Adesione: id, Reason: "fuori ambito"}), yield: given(domain.AdesioneRefused{Ente: domain.Unlisted, Adesione: id, Reason: "fuori ambito"})},
		{name: "approved after all", past: with(base, domain.AdesioneRefused{Ente: domain.Unlisted, Adesione: id, Reason: "x"}), do: approve(as), err: domain.ErrAdesioneDone},
		{name: "of one that is listed", past: given(domain.EnteRegistered{Ente: alcamo, Official: "Alcamo"}, domain.AdesioneRequested{Ente: alcamo, Adesione: id, Notice: "n"}),
			do: is[*domain.Ente](domain.ApproveAdesione{Ente: alcamo, Adesione: id, As: as}), field: "/as not-allowed"},
		{name: "nobody registers the waiting room", do: is[*domain.Ente](domain.RegisterEnte{Kind: domain.Unlisted.Kind, Code: domain.Unlisted.Code, Official: "x"}), field: "/code reserved"},
	})
}

// TestASchedaIsSealed finds nothing in the facts that strangers wrote of themselves.
func TestASchedaIsSealed(t *testing.T) {
	d := newDoor(t)
	send := func(name string, c domain.RequestAdesione) (domain.Result, error) {
		m := domain.Meta{At: now, Actor: domain.ActorPublic, Command: uuid.NewSHA1(uuid.Nil, []byte(name))}
		if err := c.Ready(t.Context(), d.x); err != nil {
			return domain.Result{}, err
		}
		if err := c.Introduce(t.Context(), d.vault, m); err != nil {
			return domain.Result{}, err
		}
		return domain.Execute[*domain.Ente](t.Context(), d.x, &c, m)
	}
	rossi := []domain.ReferenteForm{{FamilyName: "Rossi", Email: "rossi@example.org"}}
	milan := &domain.ProposedEnte{Kind: domain.Comune, Official: " Milano ", Province: "MI"}
	res, err := send("milan", domain.RequestAdesione{Proposed: milan, Referenti: rossi, Notice: "n", Note: "chiamare la signora Bianchi"})
	if err != nil {
		t.Fatal(err)
	}
	if fact := res.Events[0].(domain.AdesioneRequested); fact.Note != "" || fact.Ente != domain.Unlisted || fact.Proposed.Official != "Milano" {
		t.Errorf("got %s", show(res.Events))
	}
	for name, c := range map[string]struct {
		scheda domain.RequestAdesione
		field  string
	}{
		"both":          {domain.RequestAdesione{Ente: alcamo, Proposed: milan, Referenti: rossi, Notice: "n"}, "/proposed not-allowed"},
		"no kind":       {domain.RequestAdesione{Proposed: &domain.ProposedEnte{Official: "x"}, Referenti: rossi, Notice: "n"}, "/proposed/kind not-allowed"},
		"no name":       {domain.RequestAdesione{Proposed: &domain.ProposedEnte{Kind: domain.Comune}, Referenti: rossi, Notice: "n"}, "/proposed/name required"},
		"a header":      {domain.RequestAdesione{Proposed: &domain.ProposedEnte{Kind: domain.Comune, Official: "a\r\nBcc: b"}, Referenti: rossi, Notice: "n"}, "/proposed/name bad-characters"},
		"a province":    {domain.RequestAdesione{Proposed: &domain.ProposedEnte{Kind: domain.Comune, Official: "x", Province: "milano"}, Referenti: rossi, Notice: "n"}, "/proposed/province bad-province"},
		"unknown":       {domain.RequestAdesione{Ente: alcamo, Referenti: rossi, Notice: "n"}, "/ente unknown-ente"},
		"the room":      {domain.RequestAdesione{Ente: domain.Unlisted, Referenti: rossi, Notice: "n"}, "/ente unknown-ente"},
		"a long note":   {domain.RequestAdesione{Proposed: milan, Referenti: rossi, Notice: "n", Note: strings.Repeat("è", domain.MaxAnswer+1)}, "/note too-long"},
		"nobody's mail": {domain.RequestAdesione{Proposed: milan, Referenti: []domain.ReferenteForm{{FamilyName: "Rossi"}}, Notice: "n"}, "/referenti/0/email required"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := send(name, c.scheda)
			checkField(t, err, c.field)
		})
	}
	for i := 1; i < domain.MaxUnlisted; i++ {
		if _, err := send(fmt.Sprint("n", i), domain.RequestAdesione{Proposed: milan, Referenti: rossi, Notice: "n"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := send("one too many", domain.RequestAdesione{Proposed: milan, Referenti: rossi, Notice: "n"}); !errors.Is(err, domain.ErrTooManyAdesioni) {
		t.Errorf("got %v", err)
	}
}

// TestLimitsOfTheDoor takes as much as docs/limits.md says, and not one more.
func TestLimitsOfTheDoor(t *testing.T) {
	questions := func(n int) error {
		list := make([]domain.Question, n)
		for i := range list {
			list[i] = domain.Question{ID: fmt.Sprint("q", i), Kind: domain.TextQuestion, Text: "?"}
		}
		_, err := is[*domain.Tavolo](domain.SetQuestions{Tavolo: t6, Questions: list})(newDoor(t, oneSeat...).x, meta("q"))
		return err
	}
	choices := func(n int) error {
		q := domain.Question{ID: "q", Kind: domain.ChoiceQuestion, Text: "?", Choices: slices.Repeat([]string{"x"}, n)}
		_, err := is[*domain.Tavolo](domain.SetQuestions{Tavolo: t6, Questions: []domain.Question{q}})(newDoor(t, oneSeat...).x, meta("q"))
		return err
	}
	answer := func(n int) error {
		d := newDoor(t, with(oneSeat, domain.QuestionsSet{Tavolo: t6, Questions: []domain.Question{{ID: "q", Kind: domain.TextQuestion, Text: "?"}}})...)
		a := inRoom("Uno")
		a.Answers = []domain.Answer{{Question: "q", Answer: strings.Repeat("è", n)}}
		_, err := d.party("x", domain.RegisterParty{Notice: "n", People: []domain.Attendee{a}})
		return err
	}
	scheda := func(n int) error {
		r := domain.ReferenteForm{FamilyName: "Rossi", Email: "a@b.it"}
		return (&domain.RequestAdesione{Ente: alcamo, Notice: "n", Referenti: slices.Repeat([]domain.ReferenteForm{r}, n)}).Check()
	}
	for field, c := range map[string]struct {
		most int
		try  func(int) error
	}{
		"/questions too-many": {domain.MaxQuestions, questions}, "/questions/0/choices too-many": {domain.MaxChoices, choices},
		"/people/0/answers/0/answer too-long": {domain.MaxAnswer, answer}, "/referenti too-many": {domain.MaxReferenti, scheda},
	} {
		checkField(t, c.try(c.most+1), field)
		if err := c.try(c.most); err != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestTooManyInvitations(t *testing.T) {
	past := with(oneSeat, registered(anna, domain.Online))
	for i := range domain.MaxInvitations {
		past = append(past, domain.GestoriInvited{Tavolo: t6, Invitation: presenceID(fmt.Sprint(i)), Ente: marsala, By: person(fmt.Sprint(i)), SHA256: fmt.Sprint(i)})
	}
	run(t, []scenario{
		{name: "one too many", past: past, do: is[*domain.Tavolo](domain.InviteGestori{Tavolo: t6, By: anna, SHA256: sheet}), err: domain.ErrInvitations},
		{name: "the last one", past: past[:len(past)-1], do: is[*domain.Tavolo](domain.InviteGestori{Tavolo: t6, By: anna, SHA256: sheet}), yield: given(domain.GestoriInvited{Tavolo: t6, Ente: alcamo, By: anna, SHA256: sheet})},
	})
}
