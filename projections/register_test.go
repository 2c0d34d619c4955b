package projections_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/projections"
)

// A register is a store with everything needed to fill it through commands.
type register struct {
	testing.TB
	store *memory.Store
	keys  *memory.Keys
	vault domain.Vault
	x     *domain.Executor

	mu    sync.Mutex
	clock time.Time
	count int

	tavoli  []domain.TavoloID
	enti    []domain.EnteRef
	persons []domain.PersonID
}

func newRegister(t testing.TB) *register {
	r := &register{TB: t, keys: memory.NewKeys(), clock: time.Date(2022, 3, 1, 8, 0, 0, 0, time.UTC)}
	r.store = memory.New(r.tick)
	r.vault = domain.Vault{Keys: r.keys, Log: r.store}
	r.x = &domain.Executor{Store: r.store}
	return r
}

// tick is the clock: each look at it takes a second.
func (r *register) tick() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock = r.clock.Add(time.Second)
	return r.clock
}

func (r *register) meta() domain.Meta {
	at := r.tick()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	return domain.Meta{At: at, Actor: "account-segreteria", Command: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, r.count))}
}

// do carries out a command. The domain may say no; anything else fails the test.
func do[S domain.State[T], T any](r *register, cmd domain.Command[S], change ...func(*domain.Meta)) (domain.Result, error) {
	r.Helper()
	meta := r.meta()
	for _, c := range change {
		c(&meta)
	}
	if p, ok := cmd.(interface {
		Introduce(context.Context, domain.Vault, domain.Meta) error
	}); ok {
		if err := p.Introduce(r.Context(), r.vault, meta); err != nil {
			return domain.Result{}, r.foreseen(err)
		}
	}
	res, err := domain.Execute(r.Context(), r.x, cmd, meta)
	return res, r.foreseen(err)
}

// must carries out a command that has to be done.
func must[S domain.State[T], T any](r *register, cmd domain.Command[S], change ...func(*domain.Meta)) domain.Result {
	r.Helper()
	res, err := do(r, cmd, change...)
	if err != nil {
		r.Fatalf("%T: %v", cmd, err)
	}
	return res
}

func (r *register) foreseen(err error) error {
	r.Helper()
	if err != nil && !errors.As(err, new(*domain.Error)) {
		r.Fatal(err)
	}
	return err
}

// effective says when a command's doing happened.
func effective(at time.Time) func(*domain.Meta) {
	return func(m *domain.Meta) { m.EffectiveAt = at }
}

// found makes a programma, some enti and some tavoli to work with.
func (r *register) found(enti, tavoli int) *register {
	r.Helper()
	must(r, domain.OpenProgramma{Programma: "3031", Title: "COOPERA", Fund: "FAMI"})
	for i := range enti {
		ref := domain.EnteRef{Kind: domain.Comune, Code: fmt.Sprintf("%c%03d", 'A'+i/1000, i%1000)}
		must(r, domain.RegisterEnte{Kind: ref.Kind, Code: ref.Code, Official: fmt.Sprintf("Comune numero %d", i), Province: "PA"})
		r.enti = append(r.enti, ref)
	}
	for i := range tavoli {
		id := domain.TavoloID(fmt.Sprintf("coopera-%d", i+1))
		must(r, &domain.PlanTavolo{
			Tavolo: id, Programma: "3031", Ordinal: i + 1, Subject: fmt.Sprintf("Tavolo numero %d", i+1), Mode: domain.Mixed, Place: "Palermo",
			When: domain.When{Day: "2022-05-25", From: "15:00", To: "17:00"}, Seats: domain.Seats{InPresence: new(5)},
		})
		must(r, domain.ConveneTavolo{Tavolo: id, Protocol: "Prot. n. 0227/15/03/22"})
		r.tavoli = append(r.tavoli, id)
	}
	return r
}

// register gives a new person a seat.
func (r *register) register(t domain.TavoloID, mode domain.Mode, change ...func(*domain.Meta)) domain.Position {
	r.Helper()
	n := len(r.persons)
	ente := r.enti[n%len(r.enti)]
	res := must(r, &domain.RegisterParticipant{
		Tavolo: t, Ente: &ente, Mode: mode,
		Person: domain.Person{Values: domain.Values{GivenName: fmt.Sprintf("Nome%d", n), FamilyName: fmt.Sprintf("Cognome%d", n%7), Email: fmt.Sprintf("p%d@example.it", n)}},
	}, change...)
	for _, e := range res.Events {
		switch e := e.(type) {
		case domain.ParticipantRegistered:
			r.persons = append(r.persons, e.Participant)
		case domain.ParticipantWaitlisted:
			r.persons = append(r.persons, e.Participant)
		}
	}
	return res.Position
}

// step does something at random.
func (r *register) step(draw func(n int) int) {
	r.Helper()
	tavolo := r.tavoli[draw(len(r.tavoli))]
	mode := []domain.Mode{domain.InPresence, domain.Online}[draw(2)]
	if draw(3) == 0 || len(r.persons) == 0 {
		n := len(r.persons)
		_, _ = do(r, domain.OpenRegistrations{Tavolo: tavolo})
		if r.admits(tavolo) {
			r.register(tavolo, mode, r.sometime(draw))
		}
		if len(r.persons) > n || n == 0 {
			return
		}
	}
	r.touch(draw, tavolo, mode, r.persons[draw(len(r.persons))])
}

// admits reports whether the tavolo still runs and so can be registered for.
func (r *register) admits(t domain.TavoloID) bool {
	_, err := do(r, domain.OpenRegistrations{Tavolo: t})
	return !errors.Is(err, domain.ErrTavoloClosed) && !errors.Is(err, domain.ErrTavoloCalledOff)
}

// sometime says that something happened before it was told.
func (r *register) sometime(draw func(n int) int) func(*domain.Meta) {
	return func(m *domain.Meta) { m.EffectiveAt = m.At.Add(-time.Duration(draw(20)) * time.Minute) }
}

// touch does something to a person or a tavolo, if the domain lets it.
func (r *register) touch(draw func(n int) int, t domain.TavoloID, mode domain.Mode, p domain.PersonID) {
	r.Helper()
	when := r.sometime(draw)
	ente := r.enti[draw(len(r.enti))]
	other := r.persons[draw(len(r.persons))]
	switch draw(16) {
	case 0:
		_, _ = do(r, domain.WithdrawParticipant{Tavolo: t, Participant: p, Reason: "impegni"}, when)
	case 1:
		_, _ = do(r, domain.ChangeMode{Tavolo: t, Participant: p, Mode: mode}, when)
	case 2:
		_, _ = do(r, domain.ConfirmRegistration{Tavolo: t, Participant: p}, when)
	case 3:
		_, _ = do(r, &domain.RecordPresence{Tavolo: t, Participant: p, Mode: mode, From: "2022-05-25T15:00", To: "2022-05-25T16:30", Source: domain.FromDesk}, when)
	case 4:
		_, _ = do(r, domain.RenameEnte{Ente: ente, Official: fmt.Sprintf("Comune rinominato %d", draw(100)), From: "2022-03-02"}, when)
	case 5:
		_, _ = do(r, &domain.AppointReferente{Ente: ente, Person: domain.Person{ID: &p}, From: "2022-03-02"}, when)
	case 6:
		_, _ = do(r, domain.LinkPersons{Subject: p, As: other, Reason: "stessa persona"}, when)
	case 7:
		_, _ = do(r, domain.UnlinkPersons{Subject: p, As: other, Reason: "due persone"}, when)
	case 8:
		r.rectify(p, draw(100))
	case 9:
		_, _ = do(r, &domain.InviteSpeaker{Tavolo: t, Person: domain.Person{ID: &p}, Ente: &ente, Topic: "accoglienza"}, when)
	case 10:
		_, _ = do(r, &domain.RectifyTavolo{Tavolo: t, Field: domain.RectifySubject, Right: fmt.Sprintf("Altro oggetto %d", draw(100)), Reason: "refuso"}, when)
	case 11:
		_, _ = do(r, &domain.CountGuests{Tavolo: t, Mode: mode, Count: draw(20), Source: domain.FromDesk}, when)
	case 12:
		_, _ = do(r, domain.JoinCoordinamento{Ente: ente, From: "2022-03-01"}, when)
	case 13:
		_, _ = do(r, domain.SetSeats{Tavolo: t, InPresence: new(5 + draw(10))}, when)
	case 14:
		if draw(20) == 0 {
			_, _ = do(r, domain.OpenTavolo{Tavolo: t}, when)
			_, _ = do(r, domain.CloseTavolo{Tavolo: t}, when)
		}
	case 15:
		_, _ = do(r, &domain.SubstituteDelegate{Tavolo: t, Participant: p, Person: domain.Person{ID: &other}, Reason: "delega"}, when)
	}
}

// rectify gives a person other values.
func (r *register) rectify(p domain.PersonID, n int) {
	r.Helper()
	meta := r.meta()
	persona, err := r.vault.Describe(r.Context(), meta, p, domain.Values{GivenName: "Altro", FamilyName: fmt.Sprintf("Nome%d", n)})
	if r.foreseen(err) != nil {
		return
	}
	cmd := &domain.RectifyPerson{Subject: p, Reason: "refuso"}
	cmd.Seal(persona)
	if _, err := domain.Execute(r.Context(), r.x, cmd, meta); err != nil {
		r.Fatal(err)
	}
}

// follow lets a view follow the register until the test ends, and fails the test
// if it ends otherwise.
func (r *register) follow(v *projections.View) {
	ctx, stop := context.WithCancel(context.WithoutCancel(r.Context()))
	ended := make(chan error, 1)
	go func() { ended <- v.Follow(ctx) }()
	r.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			r.Error(err)
		}
	})
}

// view returns a view that follows the register.
func (r *register) view(o projections.Options) *projections.View {
	v := projections.NewView(r.store, r.vault.Open, o)
	r.follow(v)
	return v
}

// head returns the position of the newest entry.
func (r *register) head() domain.Position {
	r.Helper()
	head, err := r.store.Head(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return head
}

// seen waits until the view has seen everything there is.
func (r *register) seen(v *projections.View) domain.Position {
	r.Helper()
	ctx, stop := context.WithTimeout(r.Context(), 30*time.Second)
	defer stop()
	head := r.head()
	if err := v.Wait(ctx, head); err != nil {
		r.Fatal(err)
	}
	return head
}
