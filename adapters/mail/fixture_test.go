package mail_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/mail"
	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/tests/smtptest"
)

// A clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A desk is a register in memory with a post office.
type desk struct {
	t      *testing.T
	clock  *clock
	store  *memory.Store
	exec   *domain.Executor
	vault  domain.Vault
	view   *projections.View
	office *mail.Office
	people map[string]domain.PersonID
}

const at = domain.TavoloID("t")

// newDesk returns a register with a tavolo that takes registrations, and an office
// that is not running.
func newDesk(t *testing.T, carrier mail.Carrier) *desk {
	t.Helper()
	d := &desk{t: t, clock: &clock{now: time.Date(2022, 3, 1, 9, 0, 0, 0, time.UTC)}, people: make(map[string]domain.PersonID)}
	d.store = memory.New(d.clock.Now)
	d.exec = &domain.Executor{Store: d.store}
	d.vault = domain.Vault{Keys: memory.NewKeys(), Log: d.store}
	d.view = projections.NewView(d.store, d.vault.Open, projections.Options{})
	from, err := mail.ParseSender("Segreteria <segreteria@tavoli.example>", "risposte@tavoli.example", "ANCI Sicilia")
	if err != nil {
		t.Fatal(err)
	}
	d.office = &mail.Office{Exec: d.exec, Vault: d.vault, View: d.view, Carrier: carrier, Sender: from, Now: d.clock.Now, Log: slog.New(slog.DiscardHandler)}
	d.background(func(ctx context.Context) { _ = d.view.Follow(ctx) })
	one := 1
	carry[*domain.Programma](d, domain.OpenProgramma{Programma: "3031", Title: "COOPERA"})
	carry[*domain.Programma](d, domain.ApproveFundingBlock{Programma: "3031", Text: "Progetto co-finanziato\ndall'Unione Europea", ValidFrom: "2021-01-01"})
	carry[*domain.Tavolo](d, &domain.PlanTavolo{
		Tavolo: at, Programma: "3031", Ordinal: 4, Subject: "Co-programmazione; e <co-progettazione>, insieme", Mode: domain.Mixed, Place: "Palermo, Sala Bonsignore", Platform: "Zoom",
		When: domain.When{Day: "2022-03-24", From: "15:00", To: "17:00"}, Seats: domain.Seats{InPresence: &one},
	})
	carry[*domain.Tavolo](d, domain.ConveneTavolo{Tavolo: at, Protocol: "Prot. n. 0227/15/03/22"})
	return d
}

// background lets something run until the test ends.
func (d *desk) background(run func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	d.t.Cleanup(func() {
		cancel()
		<-done
	})
}

// carry carries out a command.
func carry[S domain.State[T], T any](d *desk, cmd domain.Command[S]) domain.Result {
	d.t.Helper()
	res, err := domain.Execute(d.t.Context(), d.exec, cmd, d.meta())
	if err != nil {
		d.t.Fatal(err)
	}
	return res
}

func (d *desk) meta() domain.Meta {
	return domain.Meta{At: d.clock.Now(), Actor: "account-segreteria", Command: uuid.New()}
}

// register registers somebody and returns the record of it.
func (d *desk) register(name, email string, mode domain.Mode) domain.Record {
	d.t.Helper()
	meta := d.meta()
	cmd := &domain.RegisterParticipant{Tavolo: at, Person: domain.Person{Values: domain.Values{GivenName: name, FamilyName: "Prova", Email: email}}, Mode: mode}
	if err := cmd.Introduce(d.t.Context(), d.vault, meta); err != nil {
		d.t.Fatal(err)
	}
	res, err := domain.Execute(d.t.Context(), d.exec, cmd, meta)
	if err != nil {
		d.t.Fatal(err)
	}
	rec := d.newest(res.Position)
	switch e := rec.Event.(type) {
	case domain.ParticipantRegistered:
		d.people[name] = e.Participant
	case domain.ParticipantWaitlisted:
		d.people[name] = e.Participant
	}
	return rec
}

// newest returns the record at a position.
func (d *desk) newest(p domain.Position) (rec domain.Record) {
	d.t.Helper()
	for page, err := range d.store.ReadAll(d.t.Context(), p-1) {
		if err != nil {
			d.t.Fatal(err)
		}
		if rec, err = page.Entries[0].Record(); err != nil {
			d.t.Fatal(err)
		}
		return rec
	}
	return rec
}

// react lets the office react to a record, as the bus does.
func (d *desk) react(rec domain.Record) {
	d.t.Helper()
	var err error
	switch e := rec.Event.(type) {
	case domain.ParticipantRegistered:
		err = d.office.Registered(d.t.Context(), rec, e)
	case domain.ParticipantWaitlisted:
		err = d.office.Waitlisted(d.t.Context(), rec, e)
	case domain.WaitlistPromoted:
		err = d.office.Promoted(d.t.Context(), rec, e)
	case domain.ParticipantWithdrawn:
		err = d.office.Withdrawn(d.t.Context(), rec, e)
	case domain.RegistrationRefused:
		err = d.office.Refused(d.t.Context(), rec, e)
	case domain.RegistrationPending:
		err = d.office.Pending(d.t.Context(), rec, e)
	case domain.RegistrationLapsed:
		err = d.office.Unconfirmed(d.t.Context(), rec, e)
	case domain.OfferMade:
		err = d.office.Offered(d.t.Context(), rec, e)
	case domain.OfferLapsed:
		err = d.office.Untaken(d.t.Context(), rec, e)
	case domain.SecretIssued:
		err = d.office.Issued(d.t.Context(), rec, e)
	case domain.DelegateSubstituted:
		err = d.office.Substituted(d.t.Context(), rec, e)
	case domain.AdesioneApproved:
		err = d.office.Joined(d.t.Context(), rec, e)
	case domain.AdesioneRefused:
		err = d.office.NotJoined(d.t.Context(), rec, e)
	case domain.TavoloRescheduled:
		err = d.office.Rescheduled(d.t.Context(), rec, e)
	case domain.TavoloRectified:
		err = d.office.Rectified(d.t.Context(), rec, e)
	case domain.TavoloCalledOff:
		err = d.office.CalledOff(d.t.Context(), rec, e)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// letters returns the letters as the register has them now, by whom they go to and kind.
func (d *desk) letters() map[string]projections.Letter {
	d.t.Helper()
	head, err := d.store.Head(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	page, err := projections.Ask(d.t.Context(), d.view, head, func(m *projections.Models) (projections.LetterPage, error) {
		return m.Letters.List(projections.LetterQuery{Names: true, Limit: 1000})
	})
	if err != nil {
		d.t.Fatal(err)
	}
	found := make(map[string]projections.Letter)
	for _, l := range page.Items {
		found[fmt.Sprint(l.Name, " ", l.Kind)] = l
	}
	return found
}

// until waits until something is so.
func (d *desk) until(what string, so func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("waited in vain: %s: %+v", what, d.letters())
		}
	}
}

// becomes waits until a letter is in a state.
func (d *desk) becomes(which string, state domain.LetterState) projections.Letter {
	d.t.Helper()
	d.until(which+" "+string(state), func() bool { return d.letters()[which].State == state })
	return d.letters()[which]
}

// relay returns the way to a server without TLS.
func relay(t *testing.T, s *smtptest.Server) *mail.Relay {
	t.Helper()
	r, err := mail.ParseRelay("smtp://"+s.Addr+"?tls=none", "", 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
