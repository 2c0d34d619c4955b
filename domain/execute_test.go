package domain_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tavoli/adapters/memory"
	"tavoli/domain"
)

// flaky is a store that fails as told.
type flaky struct {
	*memory.Store
	fail atomic.Pointer[failure]
}

// A failure says how an append goes wrong, if it does.
type failure struct {
	before func() error // nothing is stored
	after  func() error // all is stored, and the answer is lost
}

// at asks one of them.
func (f *failure) at(when func(*failure) func() error) error {
	if f == nil || when(f) == nil {
		return nil
	}
	return when(f)()
}

func (f *flaky) Append(ctx context.Context, batches ...domain.Batch) (domain.Position, error) {
	fail := f.fail.Load()
	if err := fail.at(func(f *failure) func() error { return f.before }); err != nil {
		return 0, err
	}
	pos, err := f.Store.Append(ctx, batches...)
	if lost := fail.at(func(f *failure) func() error { return f.after }); err == nil && lost != nil {
		return 0, lost
	}
	return pos, err
}

func meta(name string) domain.Meta {
	return domain.Meta{At: now, Actor: "account-segreteria", Command: uuid.NewSHA1(uuid.Nil, []byte(name))}
}

func tenSeats(t *testing.T, store *memory.Store) {
	t.Helper()
	past(t, store, domain.EnteRegistered{Ente: alcamo, Official: "Alcamo"}, planned, convened,
		domain.SeatsSet{Tavolo: t6, Seats: domain.Seats{InPresence: new(10)}})
}

// history returns what a stream holds.
func history(t *testing.T, store domain.Log, s domain.Stream) []domain.Record {
	t.Helper()
	var list []domain.Record
	for entry, err := range store.ReadStream(t.Context(), s, 0) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := entry.Record()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func count[E domain.Event](records []domain.Record) (n int) {
	for _, r := range records {
		if _, ok := r.Event.(E); ok {
			n++
		}
	}
	return n
}

// TestSeatsAreNeverExceeded lets two nodes with 64 callers each register at once.
func TestSeatsAreNeverExceeded(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	nodes := []*domain.Executor{{Store: store}, {Store: store}}
	var group sync.WaitGroup
	for i := range 128 {
		group.Go(func() {
			p := person(fmt.Sprint(i))
			for {
				_, err := register(p)(nodes[i%2], meta("register "+fmt.Sprint(i)))
				if errors.Is(err, domain.ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
				}
				return
			}
		})
	}
	group.Wait()
	records := history(t, store, t6.Stream())
	if seated, waiting := count[domain.ParticipantRegistered](records), count[domain.ParticipantWaitlisted](records); seated != 10 || waiting != 118 {
		t.Errorf("%d have a seat and %d wait, want 10 and 118", seated, waiting)
	}
}

func TestTheSameCommandIsCarriedOutOnce(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	x := &domain.Executor{Store: store}
	var group sync.WaitGroup
	results := make([]domain.Result, 32)
	for i := range results {
		group.Go(func() {
			res, err := register(anna)(x, meta("once"))
			if err != nil {
				t.Error(err)
			}
			results[i] = res
		})
	}
	group.Wait()
	fresh := 0
	for _, res := range results {
		if !res.Repeated {
			fresh++
		}
		if res.Position != results[0].Position || len(res.Events) != 1 {
			t.Errorf("got %+v and %+v", res, results[0])
		}
	}
	if n := count[domain.ParticipantRegistered](history(t, store, t6.Stream())); n != 1 || fresh != 1 {
		t.Errorf("registered %d times, carried out %d times", n, fresh)
	}
	again, err := register(anna)(&domain.Executor{Store: store}, meta("once")) // after a restart
	if err != nil || !again.Repeated || again.Position != results[0].Position {
		t.Errorf("after a restart: %+v, %v", again, err)
	}
}

func TestAKeyCannotBeReusedForAnotherRequest(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	first := meta("key")
	first.Request = "fingerprint-1"
	other := first
	other.Request = "fingerprint-2"
	x := &domain.Executor{Store: store}
	if _, err := register(anna)(x, first); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*domain.Executor{x, {Store: store}} {
		if _, err := register(bruno)(x, other); !errors.Is(err, domain.ErrKeyReused) {
			t.Errorf("got %v, want %v", err, domain.ErrKeyReused)
		}
	}
}

func TestIfRevision(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	x := &domain.Executor{Store: store}
	stale, fresh := meta("stale"), meta("fresh")
	stale.IfRevision, fresh.IfRevision = new(domain.Revision(1)), new(domain.Revision(2))
	if _, err := register(anna)(x, stale); !errors.Is(err, domain.ErrChanged) {
		t.Errorf("got %v, want %v", err, domain.ErrChanged)
	}
	res, err := register(anna)(x, fresh)
	if err != nil || res.Revision != 3 {
		t.Errorf("got %+v, %v", res, err)
	}
}

func TestAnUnknownOutcomeIsPursued(t *testing.T) {
	for _, stored := range []bool{false, true} {
		t.Run(fmt.Sprint("stored ", stored), func(t *testing.T) {
			store := &flaky{Store: memory.New(time.Now)}
			tenSeats(t, store.Store)
			var left atomic.Int32
			left.Store(3)
			lost := func() error {
				if left.Add(-1) < 0 {
					return nil
				}
				return fmt.Errorf("connection lost: %w", domain.Unknown)
			}
			if stored {
				store.fail.Store(&failure{after: lost})
			} else {
				store.fail.Store(&failure{before: lost})
			}
			if _, err := register(anna)(&domain.Executor{Store: store}, meta("lost")); err != nil {
				t.Fatal(err)
			}
			if n := count[domain.ParticipantRegistered](history(t, store, t6.Stream())); n != 1 {
				t.Errorf("registered %d times", n)
			}
		})
	}
}

// TestAFailedDecisionTakesNobodyWithIt has a store that refuses now and then: who
// built on a decision that was not stored is decided anew.
func TestAFailedDecisionTakesNobodyWithIt(t *testing.T) {
	store := &flaky{Store: memory.New(time.Now)}
	tenSeats(t, store.Store)
	full := errors.New("no space left")
	var calls atomic.Int32
	fail := func() error {
		if calls.Add(1)%3 == 0 {
			return full
		}
		return nil
	}
	store.fail.Store(&failure{before: fail})
	x := &domain.Executor{Store: store}
	var group sync.WaitGroup
	var done, refused atomic.Int32
	for i := range 200 {
		group.Go(func() {
			_, err := register(person(fmt.Sprint(i)))(x, meta("r"+fmt.Sprint(i)))
			switch {
			case err == nil:
				done.Add(1)
			case errors.Is(err, full) || errors.Is(err, domain.ErrBusy):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	records := history(t, store, t6.Stream())
	seated, waiting := count[domain.ParticipantRegistered](records), count[domain.ParticipantWaitlisted](records)
	if seated > 10 || seated+waiting != int(done.Load()) {
		t.Errorf("%d acknowledged, %d refused; stored %d with a seat and %d waiting", done.Load(), refused.Load(), seated, waiting)
	}
}

func TestCanceledCallersLeaveTheRestAlone(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	x := &domain.Executor{Store: store}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &domain.RegisterParticipant{Tavolo: t6, Person: as(anna), Ente: &alcamo, Mode: domain.InPresence}
	if _, err := domain.Execute[*domain.Tavolo](ctx, x, c, meta("canceled")); !errors.Is(err, context.Canceled) && err != nil {
		t.Errorf("got %v", err)
	}
	if _, err := register(bruno)(x, meta("after")); err != nil {
		t.Error(err)
	}
}

// TestValuesLieApart registers a person with values: the fact holds commitments
// that the person's key opens, and no value.
func TestValuesLieApart(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	vault := domain.Vault{Keys: memory.NewKeys(), Log: store}
	x := &domain.Executor{Store: store}
	values := domain.Values{GivenName: "Anna", FamilyName: "Esempio", Email: "anna@example.org", Function: "Assistente sociale"}
	m := meta("with values")
	var first domain.Result
	for i := range 2 { // repeated, it speaks of the same person
		c := &domain.RegisterParticipant{Tavolo: t6, Person: domain.Person{Values: values}, Ente: &alcamo, Mode: domain.InPresence}
		if err := c.Introduce(t.Context(), vault, m); err != nil {
			t.Fatal(err)
		}
		res, err := domain.Execute[*domain.Tavolo](t.Context(), x, c, m)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = res
		} else if !res.Repeated {
			t.Errorf("the repetition was carried out")
		}
	}
	fact := first.Events[0].(domain.ParticipantRegistered)
	records := history(t, store, domain.PersonaStream(fact.Participant))
	if len(records) != 1 {
		t.Fatalf("the person has %d descriptions", len(records))
	}
	described := records[0].Event.(domain.PersonDescribed)
	opened, err := vault.Open(described)
	if err != nil || opened != values {
		t.Errorf("opened %+v, %v", opened, err)
	}
	key, err := vault.Keys.Key(described.Key)
	if err != nil {
		t.Fatal(err)
	}
	disclosures, err := key.Disclose(described)
	if err != nil || len(disclosures) != 3 {
		t.Fatalf("%d disclosures, %v", len(disclosures), err)
	}
	for _, d := range disclosures {
		if c := domain.Commit(d.Salt, d.Values); c != d.Commitment || c != fact.Commitments.Of(d.Group) {
			t.Errorf("%s does not open: %s, %s, %s", d.Group, c, d.Commitment, fact.Commitments.Of(d.Group))
		}
	}
	described.Sealed[3] ^= 1
	if _, err := vault.Open(described); !errors.Is(err, domain.ErrSealBroken) {
		t.Errorf("a broken seal gave %v", err)
	}
}

func TestPersonByIDOrValues(t *testing.T) {
	store := memory.New(time.Now)
	tenSeats(t, store)
	vault := domain.Vault{Keys: memory.NewKeys(), Log: store}
	for _, c := range []struct {
		name, field string
		person      domain.Person
	}{
		{"nobody", "/family_name required", domain.Person{}},
		{"both", "/person given-twice", domain.Person{ID: &anna, Values: domain.Values{FamilyName: "x"}}},
		{"a stranger", "/person unknown-person", domain.Person{ID: &anna}},
		{"a name that is too long", "/family_name too-long", domain.Person{Values: domain.Values{FamilyName: string(make([]rune, 201))}}},
		{"a name with a line break", "/given_name bad-characters", domain.Person{Values: domain.Values{GivenName: "a\r\nBcc: b", FamilyName: "x"}}},
		{"a name that is no UTF-8", "/family_name bad-characters", domain.Person{Values: domain.Values{FamilyName: "\xff"}}},
		{"an e-mail that is none", "/email bad-email", domain.Person{Values: domain.Values{FamilyName: "x", Email: "a@b"}}},
	} {
		t.Run(c.name, func(t *testing.T) { checkField(t, c.person.Introduce(t.Context(), vault, meta(c.name)), c.field) })
	}
	arab := domain.Person{Values: domain.Values{GivenName: "محمد", FamilyName: "Đặng-O’Brien"}}
	if err := arab.Introduce(t.Context(), vault, meta("arab")); err != nil {
		t.Errorf("a name in other alphabets: %v", err)
	}
}

// model is a naive tavolo of one mode: who has a seat, who waits.
type model struct {
	seats   int
	seated  map[domain.PersonID]bool
	waiting []domain.PersonID
}

func (m *model) fill() {
	for len(m.waiting) > 0 && len(m.seated) < m.seats {
		m.seated[m.waiting[0]] = true
		m.waiting = m.waiting[1:]
	}
}

func (m *model) leave(p domain.PersonID) {
	delete(m.seated, p)
	for i, q := range m.waiting {
		if q == p {
			m.waiting = append(append([]domain.PersonID(nil), m.waiting[:i]...), m.waiting[i+1:]...)
			return
		}
	}
}

// TestRegistrationsAgreeWithANaiveModel plays random commands against both.
func TestRegistrationsAgreeWithANaiveModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store := memory.New(func() time.Time { return now })
		x := &domain.Executor{Store: store}
		seats := rapid.IntRange(0, 4).Draw(r, "seats")
		past(t, store, domain.EnteRegistered{Ente: alcamo, Official: "Alcamo"}, planned, convened,
			domain.SeatsSet{Tavolo: t6, Seats: domain.Seats{InPresence: &seats}})
		m := &model{seats: seats, seated: make(map[domain.PersonID]bool)}
		for i := range rapid.IntRange(1, 40).Draw(r, "steps") {
			p := person(fmt.Sprint(rapid.IntRange(0, 7).Draw(r, "who")))
			command := meta(fmt.Sprint("step ", i))
			switch rapid.SampledFrom([]string{"register", "withdraw", "refuse", "seats", "confirm", "restart"}).Draw(r, "what") {
			case "register":
				_, _ = register(p)(x, command)
				if !m.seated[p] && !slices.Contains(m.waiting, p) {
					m.waiting = append(m.waiting, p)
				}
			case "withdraw":
				_, _ = is[*domain.Tavolo](domain.WithdrawParticipant{Tavolo: t6, Participant: p})(x, command)
				m.leave(p)
			case "refuse":
				_, _ = is[*domain.Tavolo](domain.RefuseRegistration{Tavolo: t6, Participant: p, Reason: "r"})(x, command)
				m.leave(p)
			case "confirm":
				_, _ = is[*domain.Tavolo](domain.ConfirmRegistration{Tavolo: t6, Participant: p})(x, command)
			case "seats":
				m.seats = rapid.IntRange(0, 5).Draw(r, "more")
				_, _ = is[*domain.Tavolo](domain.SetSeats{Tavolo: t6, InPresence: new(m.seats)})(x, command)
			case "restart":
				x = &domain.Executor{Store: store}
			}
			m.fill()
			agree(t, r, store, m)
		}
	})
}

// agree folds the history naively and compares it with the model.
func agree(t *testing.T, r *rapid.T, store domain.Log, m *model) {
	seated := make(map[domain.PersonID]bool)
	var waiting []domain.PersonID
	out := func(p domain.PersonID) {
		(&model{seated: seated}).leave(p)
		for i, q := range waiting {
			if q == p {
				waiting = append(append([]domain.PersonID(nil), waiting[:i]...), waiting[i+1:]...)
				return
			}
		}
	}
	for _, rec := range history(t, store, t6.Stream()) {
		switch e := rec.Event.(type) {
		case domain.ParticipantRegistered:
			seated[e.Participant] = true
		case domain.ParticipantWaitlisted:
			waiting = append(waiting, e.Participant)
		case domain.WaitlistPromoted:
			out(e.Participant)
			seated[e.Participant] = true
		case domain.ParticipantWithdrawn:
			out(e.Participant)
		case domain.RegistrationRefused:
			out(e.Participant)
		}
	}
	if fmt.Sprint(seated) != fmt.Sprint(m.seated) || fmt.Sprint(waiting) != fmt.Sprint(m.waiting) {
		r.Fatalf("the register has %v and %v waiting, the model %v and %v", seated, waiting, m.seated, m.waiting)
	}
}
