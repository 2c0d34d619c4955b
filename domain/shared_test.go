package domain_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/domain"
)

// nodes returns executors on one store, as the nodes of a cluster have them.
func nodes(store domain.Store, n int) []*domain.Executor {
	list := make([]*domain.Executor, n)
	for i := range list {
		list[i] = &domain.Executor{Store: store, Shared: true}
	}
	return list
}

// reads lets a node read a history, so that it has it in memory.
func reads[S domain.State[T], T any](t *testing.T, x *domain.Executor, s domain.Stream) {
	t.Helper()
	if err := domain.Peek(t.Context(), x, s, func(S) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// must carries out a command on a node.
func must(t *testing.T, x *domain.Executor, name string, do func(*domain.Executor, domain.Meta) (domain.Result, error)) domain.Result {
	t.Helper()
	res, err := do(x, meta(name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return res
}

// TestThreeNodesOnOneTavolo lets 90 callers on three nodes register, leave and come
// back, each request sent to two nodes at once, as an impatient proxy does.
func TestThreeNodesOnOneTavolo(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	three := nodes(store, 3)
	twice := func(i int, name string, do func(*domain.Executor, domain.Meta) (domain.Result, error)) {
		var both [2]domain.Result
		var group sync.WaitGroup
		for j := range both {
			group.Go(func() {
				m := meta(name)
				m.Request = m.Command.String()
				var err error
				if both[j], err = do(three[(i+j)%3], m); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		group.Wait()
		if both[0].Revision != both[1].Revision || len(both[0].Events) != len(both[1].Events) || len(both[0].Events) == 0 {
			t.Errorf("%s: one node says %+v, another %+v", name, both[0], both[1])
		}
	}
	var group sync.WaitGroup
	for i := range 90 {
		group.Go(func() {
			p := person(fmt.Sprint(i))
			twice(i, fmt.Sprint("register ", i), register(p))
			if i%3 > 0 {
				twice(i+1, fmt.Sprint("withdraw ", i), is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: p}))
			}
			if i%3 > 1 {
				twice(i+2, fmt.Sprint("again ", i), register(p))
			}
		})
	}
	group.Wait()
	inLine(t, history(t, store, t6.Stream()), 10, 60)
}

// inLine replays a tavolo: the seats are never exceeded, nobody waits while one is
// free, who waited longest is promoted first, and in the end so many are there.
func inLine(t *testing.T, records []domain.Record, seats, there int) {
	t.Helper()
	seated, waiting := make(map[domain.PersonID]bool), []domain.PersonID(nil)
	leave := func(p domain.PersonID) {
		m := &model{seated: seated, waiting: waiting}
		m.leave(p)
		waiting = m.waiting
	}
	for _, r := range records {
		switch e := r.Event.(type) {
		case domain.ParticipantRegistered:
			if seated[e.Participant] {
				t.Errorf("revision %d: registered twice", r.Revision)
			}
			seated[e.Participant] = true
		case domain.ParticipantWaitlisted:
			if len(seated) < seats {
				t.Errorf("revision %d: somebody waits while %d of %d seats are taken", r.Revision, len(seated), seats)
			}
			waiting = append(waiting, e.Participant)
		case domain.WaitlistPromoted:
			if len(waiting) == 0 || waiting[0] != e.Participant {
				t.Errorf("revision %d: promoted out of order", r.Revision)
			}
			leave(e.Participant)
			seated[e.Participant] = true
		case domain.ParticipantWithdrawn:
			leave(e.Participant)
		}
		if len(seated) > seats {
			t.Fatalf("revision %d: %d on %d seats", r.Revision, len(seated), seats)
		}
	}
	if len(seated)+len(waiting) != there {
		t.Errorf("%d have a seat and %d wait, want %d together", len(seated), len(waiting), there)
	}
}

// TestWhatIsNotStoredIsLookedAtTwice has a node whose memory is behind: it must not
// refuse, nor find nothing to do, for a reason that is gone.
func TestWhatIsNotStoredIsLookedAtTwice(t *testing.T) {
	opening := is[*domain.Tavolo](domain.OpenRegistrations{Tavolo: t6})
	closing := is[*domain.Tavolo](domain.CloseRegistrations{Tavolo: t6, Reason: "prova"})
	leaving := is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: anna})
	atMarsala := register(anna, func(c *domain.RegisterParticipant) { c.Ente = &marsala })
	for _, c := range []struct {
		name        string
		before      []func(*domain.Executor, domain.Meta) (domain.Result, error)
		see         func(x *domain.Executor)
		there, here func(*domain.Executor, domain.Meta) (domain.Result, error)
	}{
		{"refused", given2(closing), func(x *domain.Executor) { reads[*domain.Tavolo](t, x, t6.Stream()) }, opening, register(anna)},
		{"nothing to do", given2(register(anna)), func(x *domain.Executor) { reads[*domain.Tavolo](t, x, t6.Stream()) }, leaving, register(anna)},
		{"an ente that was unknown", nil, func(x *domain.Executor) {
			reads[*domain.Tavolo](t, x, t6.Stream())
			reads[*domain.Ente](t, x, marsala.Stream())
		}, is[*domain.Ente](domain.RegisterEnte{Kind: domain.Comune, Code: "E974", Official: "Marsala", Province: "TP"}), atMarsala},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := memory.New(time.Now)
			tenSeats(t, store)
			two := nodes(store, 2)
			for i, do := range c.before {
				must(t, two[1], fmt.Sprint("before ", i), do)
			}
			c.see(two[0])
			must(t, two[1], "there", c.there)
			if res := must(t, two[0], "here", c.here); len(res.Events) == 0 {
				t.Errorf("the node that was behind did nothing: %+v", res)
			}
		})
	}
}

func given2(list ...func(*domain.Executor, domain.Meta) (domain.Result, error)) []func(*domain.Executor, domain.Meta) (domain.Result, error) {
	return list
}

// TestARefusalThatHoldsStays asks for what is refused while the same node goes on
// writing to the history.
func TestARefusalThatHoldsStays(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	two := nodes(store, 2)
	must(t, two[0], "anna", register(anna))
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() { must(t, two[0], fmt.Sprint("other ", i), register(person(fmt.Sprint(i)))) })
		group.Go(func() {
			online := register(anna, func(c *domain.RegisterParticipant) { c.Mode = domain.Online })
			if _, err := online(two[0], meta(fmt.Sprint("online ", i))); !errors.Is(err, domain.ErrRegistered) {
				t.Errorf("got %v, want %v", err, domain.ErrRegistered)
			}
		})
	}
	group.Wait()
}

// TestWhatWasSeenIsConsulted withdraws somebody on one node. The other, which has
// seen it, records no presence of theirs.
func TestWhatWasSeenIsConsulted(t *testing.T) {
	store := memory.New(time.Now)
	past(t, store, domain.EnteRegistered{Ente: alcamo, Official: "Alcamo"}, planned, convened, registered(anna, domain.InPresence), opened)
	two := nodes(store, 2)
	reads[*domain.Tavolo](t, two[0], t6.Stream())
	must(t, two[1], "withdraw", is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: anna}))
	for page, err := range store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			two[0].Saw(e)
		}
	}
	record := do[*domain.Presenze](func() *domain.RecordPresence {
		return &domain.RecordPresence{Tavolo: t6, Participant: anna, Mode: domain.InPresence, From: "2022-05-25T09:00:00Z", To: "2022-05-25T10:00:00Z", Source: domain.FromDesk}
	})
	late := meta("presence")
	late.At = utc("2022-05-26T09:00:00Z")
	if res, err := record(two[0], late); !errors.Is(err, domain.ErrNotRegistered) {
		t.Errorf("got %+v, %v, want %v", res, err, domain.ErrNotRegistered)
	}
}

func TestAKeyCannotBeReusedOnAnotherNode(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	two := nodes(store, 2)
	for _, x := range two { // each decides at the same revision
		reads[*domain.Tavolo](t, x, t6.Stream())
	}
	first := meta("key")
	first.Request = "fingerprint-1"
	other := first
	other.Request = "fingerprint-2"
	res, err := register(anna)(two[0], first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := register(bruno)(two[1], other); !errors.Is(err, domain.ErrKeyReused) {
		t.Errorf("another request on the other node: %v, want %v", err, domain.ErrKeyReused)
	}
	if again, err := register(anna)(two[1], first); err != nil || !again.Repeated || again.Position != res.Position {
		t.Errorf("the same request on the other node: %+v, %v", again, err)
	}
}

// TestAPersonIsSealedOnce sends a registration with values to two nodes, which seal
// them with a key each before either stores them.
func TestAPersonIsSealedOnce(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	vault := domain.Vault{Keys: memory.NewKeys(), Log: store}
	two, m := nodes(store, 2), meta("anna")
	m.Request = "fingerprint"
	build := func() *domain.RegisterParticipant {
		c := &domain.RegisterParticipant{Tavolo: t6, Person: domain.Person{Values: domain.Values{GivenName: "Anna", FamilyName: "Prova"}}, Ente: &alcamo, Mode: domain.InPresence}
		if err := c.Introduce(t.Context(), vault, m); err != nil {
			t.Fatal(err)
		}
		return c
	}
	here, there := build(), build()
	reads[*domain.Tavolo](t, two[1], t6.Stream()) // it decides at the same revision
	if _, err := domain.Execute[*domain.Tavolo](t.Context(), two[0], here, m); err != nil {
		t.Fatal(err)
	}
	res, err := domain.Execute[*domain.Tavolo](t.Context(), two[1], there, m)
	if errors.Is(err, domain.ErrBusy) { // as an adapter does: seal anew
		res, err = domain.Execute[*domain.Tavolo](t.Context(), two[1], build(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	fact := res.Events[0].(domain.ParticipantRegistered)
	records := history(t, store, domain.PersonaStream(fact.Participant))
	if len(records) != 1 {
		t.Fatalf("the person has %d descriptions", len(records))
	}
	described := records[0].Event.(domain.PersonDescribed)
	if _, err := vault.Open(described); err != nil || described.Commitments != fact.Commitments {
		t.Errorf("the fact does not speak of what is sealed: %v, %+v and %+v", err, described.Commitments, fact.Commitments)
	}
}

// TestOnlyOneIsFirst lets three nodes make the same thing at once, each otherwise.
func TestOnlyOneIsFirst(t *testing.T) {
	for name, c := range map[string]struct {
		make  func(i int) func(*domain.Executor, domain.Meta) (domain.Result, error)
		taken error
	}{
		"ente": {func(i int) func(*domain.Executor, domain.Meta) (domain.Result, error) {
			return is[*domain.Ente](domain.RegisterEnte{Kind: domain.Comune, Code: "E974", Official: fmt.Sprint("Marsala ", i), Province: "TP"})
		}, domain.ErrEnteExists},
		"account": {func(i int) func(*domain.Executor, domain.Meta) (domain.Result, error) {
			return is[*domain.Account](domain.OpenAccount{Account: "segreteria", Label: fmt.Sprint("Segreteria ", i)})
		}, domain.ErrAccountExists},
		"tavolo": {func(i int) func(*domain.Executor, domain.Meta) (domain.Result, error) {
			return do[*domain.Tavolo](func() *domain.PlanTavolo {
				return &domain.PlanTavolo{Tavolo: "nuovo", Subject: fmt.Sprint("Prova ", i), Mode: domain.Online, When: domain.When{Day: "2022-05-25"}}
			})
		}, domain.ErrTavoloExists},
	} {
		t.Run(name, func(t *testing.T) {
			store := memory.New(time.Now)
			var group sync.WaitGroup
			var made atomic.Int32
			for i, x := range nodes(store, 3) {
				for j := range 10 {
					group.Go(func() {
						m := meta("x")
						m.Command = uuid.New()
						switch _, err := c.make(10*i+j)(x, m); {
						case err == nil:
							made.Add(1)
						case !errors.Is(err, c.taken):
							t.Error(err)
						}
					})
				}
			}
			group.Wait()
			if made.Load() != 1 || head(t, store) == 0 {
				t.Errorf("%d were first, want one", made.Load())
			}
		})
	}
}

// TestACallerLeavesInTime has a store that hangs: who asks with a deadline is told
// that the outcome is not known when it is over.
func TestACallerLeavesInTime(t *testing.T) {
	store := &flaky{Store: memory.New(time.Now)}
	tenSeats(t, store.Store)
	release := make(chan struct{})
	store.fail.Store(&failure{before: func() error { <-release; return nil }})
	x := nodes(store, 1)[0]
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	c := &domain.RegisterParticipant{Tavolo: t6, Person: as(anna), Ente: &alcamo, Mode: domain.InPresence}
	_, err := domain.Execute[*domain.Tavolo](ctx, x, c, meta("hangs"))
	close(release)
	if !errors.Is(err, domain.ErrOutcome) {
		t.Errorf("got %v, want %v", err, domain.ErrOutcome)
	}
	if res := must(t, x, "hangs", register(anna)); !res.Repeated {
		t.Errorf("asked again it says %+v", res)
	}
}
