package mail_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/mail"
	"tavoli/domain"
	"tavoli/tests/smtptest"
)

func TestALetterIsSentOnce(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	rec := d.register("Anna", "anna.prova@example.it", domain.Online)
	d.react(rec)
	d.react(rec) // the bus tells it again
	d.background(d.office.Run)
	l := d.becomes("Anna Prova confirmation", domain.LetterIsSent)
	d.react(rec)
	if got := s.Messages(); len(got) != 1 || got[0].To[0] != "anna.prova@example.it" || got[0].From != "segreteria@tavoli.example" {
		t.Errorf("got %+v", got)
	}
	if !strings.HasPrefix(l.Answer, "250") || strings.Contains(l.Answer, "anna") || l.Attempts != 1 {
		t.Errorf("got %+v", l)
	}
	if len(d.letters()) != 1 {
		t.Errorf("got %v", d.letters())
	}
}

func TestFactsThatAskForNoLetter(t *testing.T) {
	d := newDesk(t, mail.Outbox(t.TempDir()))
	d.react(d.register("Senza", "", domain.Online))
	old := d.register("Vecchia", "vecchia@example.it", domain.Online)
	d.clock.move(25 * time.Hour)
	d.react(old) // history
	imported := d.register("Importata", "importata@example.it", domain.Online)
	imported.EffectiveAt = imported.EffectiveAt.Add(-48 * time.Hour)
	d.react(imported)
	d.clock.move(40 * 24 * time.Hour)
	late := d.register("Tardi", "tardi@example.it", domain.Online) // the tavolo is over
	d.react(late)
	if got := d.letters(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestTheRelayIsDown(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	s.Close()
	d.background(d.office.Run)
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	d.until("trouble", func() bool { _, trouble := d.office.Trouble(); return trouble != "" })
	if l := d.letters()["Anna Prova confirmation"]; l.State != domain.LetterIsQueued || l.Attempts != 0 {
		t.Errorf("a letter was touched: %+v", l)
	}
	again := smtptest.At(t, s.Addr, smtptest.Settings{})
	d.clock.move(time.Hour)
	d.becomes("Anna Prova confirmation", domain.LetterIsSent)
	if len(again.Messages()) != 1 {
		t.Errorf("got %v", again.Messages())
	}
	if _, trouble := d.office.Trouble(); trouble != "" {
		t.Errorf("got %q", trouble)
	}
}

func TestOneRecipientIsRefused(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{Answer: func(command string) string {
		if strings.Contains(command, "RCPT") && strings.Contains(command, "<nessuno@") {
			return "550 5.1.1 <nessuno@example.it>: user nessuno unknown, Zoe Prova"
		}
		return ""
	}})
	d := newDesk(t, relay(t, s))
	d.react(d.register("Zoe", "nessuno@example.it", domain.Online))
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	d.background(d.office.Run)
	d.becomes("Anna Prova confirmation", domain.LetterIsSent)
	l := d.becomes("Zoe Prova confirmation", domain.LetterIsParked)
	if l.Why != domain.FaultRefused || !strings.HasPrefix(l.Answer, "550 5.1.1") || strings.Contains(l.Answer, "nessuno") || strings.Contains(l.Answer, "Zoe") {
		t.Errorf("got %+v", l)
	}
	carry[*domain.Letter](d, domain.ResendLetter{Delivery: l.Delivery, Reason: "casella riattivata"})
	s.Set(func(s *smtptest.Settings) { s.Answer = nil })
	if l = d.becomes("Zoe Prova confirmation", domain.LetterIsSent); l.Attempts != 2 {
		t.Errorf("got %+v", l)
	}
}

func TestTheRelaySaysLater(t *testing.T) {
	var calls atomic.Int32
	s := smtptest.New(t, smtptest.Settings{Answer: func(command string) string {
		if strings.HasPrefix(command, "RCPT") && calls.Add(1) < 3 {
			return "451 4.3.0 greylisted"
		}
		return ""
	}})
	d := newDesk(t, relay(t, s))
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	d.background(d.office.Run)
	for n := 1; n < 3; n++ {
		d.until("attempt", func() bool {
			l := d.letters()["Anna Prova confirmation"]
			return l.State == domain.LetterIsFailed && l.Attempts == n
		})
		if l := d.letters()["Anna Prova confirmation"]; l.RetryAt == nil || l.Why != domain.FaultRelay {
			t.Errorf("got %+v", l)
		}
		d.clock.move(10 * time.Minute)
	}
	if l := d.becomes("Anna Prova confirmation", domain.LetterIsSent); l.Attempts != 3 || len(s.Messages()) != 1 {
		t.Errorf("got %+v", l)
	}
}

func TestARelayThatSaysLaterForEver(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{Answer: func(command string) string {
		if strings.HasPrefix(command, "RCPT") {
			return "451 4.3.0 later"
		}
		return ""
	}})
	d := newDesk(t, relay(t, s))
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	d.background(d.office.Run)
	d.until("the end of patience", func() bool {
		d.clock.move(time.Hour)
		return d.letters()["Anna Prova confirmation"].State == domain.LetterIsParked
	})
	if l := d.letters()["Anna Prova confirmation"]; l.Why != domain.FaultTooOften || l.Attempts > 40 {
		t.Errorf("got %+v", l)
	}
}

// TestTheDialogueBreaksOff lets the connection end at every point of it. Where the
// letter cannot have been taken it is tried again; where it may have been it is not.
func TestTheDialogueBreaksOff(t *testing.T) {
	for _, c := range []struct {
		point string
		state domain.LetterState
		why   domain.LetterFault
	}{
		{"mail", domain.LetterIsFailed, domain.FaultRelay},
		{"rcpt", domain.LetterIsFailed, domain.FaultRelay},
		{"data", domain.LetterIsFailed, domain.FaultRelay},
		{"taken", domain.LetterIsParked, domain.FaultUncertain},
	} {
		t.Run(c.point, func(t *testing.T) {
			s := smtptest.New(t, smtptest.Settings{Die: func(point string) bool { return point == c.point }})
			d := newDesk(t, relay(t, s))
			d.react(d.register("Anna", "anna@example.it", domain.Online))
			d.background(d.office.Run)
			if l := d.becomes("Anna Prova confirmation", c.state); l.Why != c.why || l.Attempts != 1 {
				t.Errorf("got %+v", l)
			}
			s.Set(func(s *smtptest.Settings) { s.Die = nil })
			d.clock.move(2 * time.Minute)
			if c.state == domain.LetterIsParked {
				d.react(d.register("Bruno", "bruno@example.it", domain.Online)) // the next one goes out, this one stays
				d.becomes("Bruno Prova confirmation", domain.LetterIsSent)
				if l := d.letters()["Anna Prova confirmation"]; l.State != domain.LetterIsParked || len(s.Messages()) != 2 {
					t.Errorf("got %+v", l)
				}
				return
			}
			d.becomes("Anna Prova confirmation", domain.LetterIsSent)
			if len(s.Messages()) != 1 {
				t.Errorf("got %d messages", len(s.Messages()))
			}
		})
	}
}

// TestHalfALetterIsNone ends the connection in the middle of a letter: the server must
// not be given the half as the whole, and the letter is never there twice.
func TestHalfALetterIsNone(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{Die: func(point string) bool { return point == "body" }})
	d := newDesk(t, relay(t, s))
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	d.background(d.office.Run)
	d.until("an end", func() bool {
		state := d.letters()["Anna Prova confirmation"].State
		return state == domain.LetterIsFailed || state == domain.LetterIsParked
	})
	if got := s.Messages(); len(got) != 0 {
		t.Errorf("half a letter was taken: %+v", got)
	}
}

func TestASlowRelay(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	r := relay(t, s)
	r.Timeout = 300 * time.Millisecond
	d := newDesk(t, r)
	s.Set(func(s *smtptest.Settings) {
		s.Taken = func(smtptest.Message) { time.Sleep(time.Second) } // longer than is waited for
	})
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	d.background(d.office.Run)
	if l := d.becomes("Anna Prova confirmation", domain.LetterIsParked); l.Why != domain.FaultUncertain {
		t.Errorf("got %+v", l)
	}
}

// TestAnAttemptOfAnotherRun finds a letter that a process that is gone was sending.
func TestAnAttemptOfAnotherRun(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	l := d.letters()["Anna Prova confirmation"]
	carry[*domain.Letter](d, domain.AttemptLetter{Delivery: l.Delivery, By: uuid.New()})
	d.background(d.office.Run)
	if l := d.becomes("Anna Prova confirmation", domain.LetterIsParked); l.Why != domain.FaultUncertain || len(s.Messages()) != 0 {
		t.Errorf("got %+v", l)
	}
}

func TestAnAttemptOfAnotherNode(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	d.office.Shared = true
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	l := d.letters()["Anna Prova confirmation"]
	carry[*domain.Letter](d, domain.AttemptLetter{Delivery: l.Delivery, By: uuid.New()})
	d.background(d.office.Run)
	d.react(d.register("Bruno", "bruno@example.it", domain.Online))
	d.becomes("Bruno Prova confirmation", domain.LetterIsSent)
	if l := d.letters()["Anna Prova confirmation"]; l.State != domain.LetterIsSending {
		t.Errorf("the other node was not given time: %+v", l)
	}
	d.clock.move(20 * time.Minute)
	d.becomes("Anna Prova confirmation", domain.LetterIsParked)
}

// TestTwoOfficesSendOnce lets two nodes send from the same register.
func TestTwoOfficesSendOnce(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	d.office.Shared = true
	other := &mail.Office{
		Exec: &domain.Executor{Store: d.store, Shared: true}, View: d.view, Carrier: relay(t, s), Sender: d.office.Sender, Now: d.clock.Now, Log: d.office.Log, Shared: true,
	}
	d.exec.Shared = true
	for n := range 40 {
		rec := d.register(fmt.Sprint("P", n), fmt.Sprintf("p%d@example.it", n), domain.Online)
		d.react(rec)
		if err := other.Registered(t.Context(), rec, rec.Event.(domain.ParticipantRegistered)); err != nil {
			t.Fatal(err)
		}
	}
	d.background(d.office.Run)
	d.background(other.Run)
	d.until("all are sent", func() bool {
		sent := 0
		for _, l := range d.letters() {
			if l.State == domain.LetterIsSent {
				sent++
			}
		}
		return sent == 40
	})
	seen := make(map[string]int)
	for _, m := range s.Messages() {
		seen[m.To[0]]++
	}
	if len(seen) != 40 || len(s.Messages()) != 40 {
		t.Errorf("%d letters went to %d persons", len(s.Messages()), len(seen))
	}
}

func TestWhatIsNoLongerSo(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	carry[*domain.Tavolo](d, domain.WithdrawParticipant{Tavolo: at, Participant: d.people["Anna"]})
	d.background(d.office.Run)
	if l := d.becomes("Anna Prova confirmation", domain.LetterIsParked); l.Why != domain.FaultNotDue || len(s.Messages()) != 0 {
		t.Errorf("got %+v", l)
	}
}

func TestAfterARestore(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	d.letters() // the view has seen it
	if err := d.office.AfterRestore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l := d.letters()["Anna Prova confirmation"]; l.State != domain.LetterIsParked || l.Why != domain.FaultUncertain {
		t.Errorf("got %+v", l)
	}
}

func TestRemindersGoByTheClock(t *testing.T) {
	box := t.TempDir()
	d := newDesk(t, mail.Outbox(box))
	d.office.Reminder, d.office.JoinLink = 24*time.Hour, time.Hour
	d.register("Anna", "anna@example.it", domain.Online)
	d.register("Sala", "sala@example.it", domain.InPresence)
	carry[*domain.Tavolo](d, &domain.SetJoinLink{Tavolo: at, URL: "https://example.org/j/1"})
	remind := func(want int) {
		t.Helper()
		d.letters()
		for range 2 {
			if err := d.office.Remind(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := d.letters(); len(got) != want {
				t.Errorf("got %v, want %d", got, want)
			}
		}
	}
	remind(0)
	d.clock.move(22*24*time.Hour + 6*time.Hour) // 15:00 UTC the day before, 23 hours to go
	d.register("Dopo", "dopo@example.it", domain.Online)
	remind(2) // whoever registered just now is not reminded
	d.clock.move(22*time.Hour + 15*time.Minute)
	remind(4) // Anna and Dopo are told where to join
	d.background(d.office.Run)
	d.becomes("Dopo Prova join-link", domain.LetterIsSent)
	l := d.becomes("Sala Prova reminder", domain.LetterIsSent)
	raw, err := os.ReadFile(filepath.Join(box, l.Delivery.String()+".eml"))
	if err != nil || strings.Contains(string(raw), "example.org/j") {
		t.Errorf("whoever comes is told where to join online: %v", err)
	}
}

// TestAnAddressOfOnesOwn tells one participant where to join and nobody else, keeps the
// address out of the facts, and loses it with the person's key.
func TestAnAddressOfOnesOwn(t *testing.T) {
	d := newDesk(t, mail.Outbox(t.TempDir()))
	d.register("Anna", "anna@example.it", domain.Online)
	d.register("Bruno", "bruno@example.it", domain.Online)
	anna := d.people["Anna"]
	set := func(url string) (events []domain.Event) {
		t.Helper()
		cmd, meta := &domain.SetJoinLink{Tavolo: at, Participant: &anna, URL: url}, d.meta()
		if err := cmd.Introduce(t.Context(), d.vault, meta); err != nil {
			t.Fatal(err)
		}
		res, err := domain.Execute(t.Context(), d.exec, cmd, meta)
		if err != nil {
			t.Fatal(err)
		}
		return res.Events
	}
	joins := func(name string) string {
		t.Helper()
		link, err := domain.JoinLink(t.Context(), d.exec, d.vault, at, d.people[name])
		if err != nil {
			t.Fatal(err)
		}
		return link
	}
	carry[*domain.Tavolo](d, &domain.SetJoinLink{Tavolo: at, URL: "https://example.org/tutti"})
	const own = "https://example.org/di-anna?pwd=segretissima"
	if got := set(own); len(got) != 1 || joins("Anna") != own || joins("Bruno") != "https://example.org/tutti" {
		t.Errorf("after %v Anna joins at %q, Bruno at %q", got, joins("Anna"), joins("Bruno"))
	}
	if again := set(own); len(again) != 0 {
		t.Errorf("setting it again is %v", again)
	}
	d.letters() // the view has seen it
	m, not, err := d.office.Preview(t.Context(), domain.LetterJoinLink, domain.LetterJoinLink.BuiltIn(), at, anna)
	if err != nil || not != "" || !strings.Contains(m.Text, own) || !strings.Contains(strings.ReplaceAll(m.Calendar, "\r\n ", ""), own) {
		t.Errorf("the letter is %v %v %q", err, not, m.Text)
	}
	for page, err := range d.store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			if strings.Contains(string(e.Bytes), "segretissima") {
				t.Errorf("it stands in %s", e.Bytes)
			}
		}
	}
	if links, err := d.vault.JoinLinks(t.Context(), anna); err != nil || len(links) != 1 || links[0] != (domain.OwnJoinLink{Tavolo: at, URL: own}) {
		t.Errorf("of Anna is held %v %v", links, err)
	}
	keys, err := d.vault.KeysOf(t.Context(), anna)
	if err != nil || len(keys) != 1 {
		t.Fatalf("the keys are %v %v", keys, err)
	}
	if got := set(""); len(got) != 1 || joins("Anna") != "https://example.org/tutti" {
		t.Errorf("taken back by %v, Anna joins at %q", got, joins("Anna"))
	}
	if got := set(own); len(got) != 1 || joins("Anna") != own {
		t.Errorf("set anew by %v, Anna joins at %q", got, joins("Anna"))
	}
	if err := d.vault.Keys.Destroy(t.Context(), keys...); err != nil {
		t.Fatal(err)
	}
	if link, err := domain.JoinLink(t.Context(), d.exec, d.vault, at, anna); link != "" || !errors.Is(err, domain.ErrKeyDestroyed) {
		t.Errorf("without the key she joins at %q %v", link, err)
	}
}

// TestLettersToWhoWasForgotten puts aside what waits for somebody whose values are gone.
func TestLettersToWhoWasForgotten(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	forget := &domain.ForgetPerson{Subject: d.people["Anna"], Reason: "richiesta", LegalBasis: "art. 17"}
	forget.Find(domain.Ties{}, nil)
	carry[*domain.Identita](d, forget)
	d.background(d.office.Run)
	d.until("put aside", func() bool {
		for _, l := range d.letters() {
			if l.State == domain.LetterIsParked && l.Why == domain.FaultForgotten {
				return true
			}
		}
		return false
	})
	if got := s.Messages(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// A pigeonhole takes letters when it is told to.
type pigeonhole struct {
	arrived, take chan struct{}
	note          func(string)
}

func (p pigeonhole) Open(context.Context) (mail.Session, error) { return p, nil }
func (p pigeonhole) Repeatable() bool                           { return true }
func (p pigeonhole) String() string                             { return "outbox" }
func (p pigeonhole) Close()                                     {}

func (p pigeonhole) Send(mail.Message) mail.Outcome {
	close(p.arrived)
	<-p.take
	p.note("laid")
	return mail.Outcome{}
}

// TestNothingIsLaidInTheOutboxMeanwhile empties the outbox while a letter is on its way
// there: it must be there before, not after.
func TestNothingIsLaidInTheOutboxMeanwhile(t *testing.T) {
	var mu sync.Mutex
	var order []string
	hole := pigeonhole{make(chan struct{}), make(chan struct{}), func(what string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, what)
	}}
	d := newDesk(t, hole)
	d.react(d.register("Anna", "anna@example.it", domain.Online))
	d.background(d.office.Run)
	<-hole.arrived
	emptied := make(chan error, 1)
	go func() {
		emptied <- d.office.Quietly(func() error {
			hole.note("emptied")
			return nil
		})
	}()
	select {
	case err := <-emptied:
		t.Errorf("it was emptied before the letter was there: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(hole.take)
	if err := <-emptied; err != nil || len(order) != 2 || order[0] != "laid" {
		t.Errorf("got %v %v", order, err)
	}
}

// events lets the office react to every event of a command's result.
func (d *desk) events(res domain.Result) {
	d.t.Helper()
	for n := range res.Events {
		d.react(d.newest(res.Position - domain.Position(len(res.Events)-1-n)))
	}
}

// awaits lists which letters there are.
func (d *desk) awaits(want ...string) {
	d.t.Helper()
	got := d.letters()
	for _, one := range want {
		if _, ok := got[one]; !ok {
			d.t.Errorf("%s is missing", one)
		}
		delete(got, one)
	}
	if len(got) > 0 {
		d.t.Errorf("these are too many: %v", slices.Collect(maps.Keys(got)))
	}
}

// TestReceipts sends what ends a registration: withdrawn, handed on or not accepted.
// Whoever has an entry in the calendar is sent what takes it out.
func TestReceipts(t *testing.T) {
	box := mail.Outbox(t.TempDir())
	d := newDesk(t, box)
	d.background(d.office.Run)
	for _, name := range []string{"Anna", "Bruno", "Carla"} {
		d.react(d.register(name, strings.ToLower(name)+"@example.it", domain.Online))
		d.becomes(name+" Prova confirmation", domain.LetterIsSent)
	}
	d.events(carry[*domain.Tavolo](d, domain.WithdrawParticipant{Tavolo: at, Participant: d.people["Anna"]}))
	d.events(carry[*domain.Tavolo](d, domain.RefuseRegistration{Tavolo: at, Participant: d.people["Bruno"], Reason: "estraneo"}))
	meta := d.meta()
	hand := &domain.SubstituteDelegate{Tavolo: at, Participant: d.people["Carla"], Person: domain.Person{Values: domain.Values{GivenName: "Dario", FamilyName: "Prova", Email: "dario@example.it"}}}
	if err := hand.Introduce(t.Context(), d.vault, meta); err != nil {
		t.Fatal(err)
	}
	res, err := domain.Execute(t.Context(), d.exec, hand, meta)
	if err != nil {
		t.Fatal(err)
	}
	d.events(res)
	for _, which := range []string{"Anna Prova withdrawal", "Bruno Prova refusal", "Carla Prova withdrawal", "Dario Prova confirmation"} {
		l := d.becomes(which, domain.LetterIsSent)
		raw, err := box.Read(l.Delivery)
		if err != nil {
			t.Fatal(err)
		}
		_, found := parts(t, raw)
		_, out := found["text/calendar CANCEL"]
		if out == (which == "Dario Prova confirmation") {
			t.Errorf("%s takes an entry out of the calendar: %v", which, out)
		}
	}
	late := d.register("Elena", "elena@example.it", domain.Online) // of which nobody told her
	if late.Type == "" {
		t.Fatal("Elena is not registered")
	}
	d.events(carry[*domain.Tavolo](d, domain.WithdrawParticipant{Tavolo: at, Participant: d.people["Elena"]}))
	l := d.becomes("Elena Prova withdrawal", domain.LetterIsSent)
	raw, err := box.Read(l.Delivery)
	if err != nil {
		t.Fatal(err)
	}
	if _, found := parts(t, raw); found["text/calendar CANCEL"] != "" {
		t.Error("an entry is taken out that was never sent")
	}
}

// TestTheNextEntryIsNewer registers somebody again who withdrew: the calendar must take
// the entry for newer than what took it out.
func TestTheNextEntryIsNewer(t *testing.T) {
	d := newDesk(t, mail.Outbox(t.TempDir()))
	d.register("Anna", "anna@example.it", domain.Online)
	sequence := func(kind domain.LetterKind) int {
		d.letters()
		c := d.content(kind, "Anna")
		if c.Event == nil {
			t.Fatalf("%s has no entry", kind)
		}
		return c.Event.Sequence
	}
	first := sequence(domain.LetterConfirmation)
	carry[*domain.Tavolo](d, domain.ChangeMode{Tavolo: at, Participant: d.people["Anna"], Mode: domain.InPresence})
	second := sequence(domain.LetterConfirmation)
	carry[*domain.Tavolo](d, domain.WithdrawParticipant{Tavolo: at, Participant: d.people["Anna"]})
	meta, anna := d.meta(), d.people["Anna"]
	again := &domain.RegisterParticipant{Tavolo: at, Person: domain.Person{ID: &anna}, Mode: domain.Online}
	if err := again.Introduce(t.Context(), d.vault, meta); err != nil {
		t.Fatal(err)
	}
	if _, err := domain.Execute(t.Context(), d.exec, again, meta); err != nil {
		t.Fatal(err)
	}
	if third := sequence(domain.LetterConfirmation); first >= second || second >= third-1 {
		t.Errorf("the sequence is %d, %d, %d", first, second, third)
	}
}

// TestWhatLapses tells whoever did not confirm an address, or take up an offer.
func TestWhatLapses(t *testing.T) {
	d := newDesk(t, mail.Outbox(t.TempDir()))
	carry[*domain.Tavolo](d, domain.SetAdmission{Tavolo: at, Admission: domain.Admission{ConfirmEmail: true, OfferHours: 24}})
	d.register("Anna", "anna@example.it", domain.InPresence) // by staff: at once
	d.register("Bruno", "bruno@example.it", domain.InPresence)
	offered := carry[*domain.Tavolo](d, domain.WithdrawParticipant{Tavolo: at, Participant: d.people["Anna"]})
	d.events(offered)
	carla := d.party("Carla", "carla@example.it")
	d.clock.move(25 * time.Hour)
	d.events(carry[*domain.Tavolo](d, domain.LapseOverdue{Tavolo: at}))
	if carla.Type != "RegistrationPending" {
		t.Errorf("Carla is %s", carla.Type)
	}
	d.awaits("Anna Prova withdrawal", "Bruno Prova offer", "Bruno Prova offer-lapsed", "Carla Prova address-lapsed")
}

// party lets somebody register on the public page, and returns what became of it.
func (d *desk) party(name, email string) domain.Record {
	d.t.Helper()
	meta := d.meta()
	meta.Actor = domain.ActorPublic
	cmd := &domain.RegisterParty{
		Tavolo: at, Notice: "2022-01", Secret: func(issue uuid.UUID) string { return domain.RegistrationSecret([32]byte{}, at, issue) },
		People: []domain.Attendee{{GivenName: name, FamilyName: "Prova", Email: email, Mode: domain.Online, Capacity: domain.AsOther}},
	}
	if err := cmd.Introduce(d.t.Context(), d.vault, meta); err != nil {
		d.t.Fatal(err)
	}
	res, err := domain.Execute(d.t.Context(), d.exec, cmd, meta)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.newest(res.Position - domain.Position(len(res.Events)-1))
}

// TestANewCode tells a code that staff issue anew, and no other by itself.
func TestANewCode(t *testing.T) {
	box := mail.Outbox(t.TempDir())
	d := newDesk(t, box)
	d.office.Address = "https://tavoli.example"
	rec := d.party("Anna", "anna@example.it")
	anna := rec.Event.(domain.ParticipantRegistered).Participant
	d.react(rec)
	issue := uuid.New()
	first := carry[*domain.Tavolo](d, domain.IssueSecret{Tavolo: at, Participant: anna, Issue: issue, SHA256: domain.SecretHash(domain.RegistrationSecret([32]byte{}, at, issue))})
	d.events(first)
	d.react(domain.Record{ID: uuid.New(), Position: first.Position, RecordedAt: d.clock.Now(), EffectiveAt: d.clock.Now(), Event: domain.SecretIssued{Tavolo: at, Participant: anna}}) // with a registration
	d.awaits("Anna Prova confirmation", "Anna Prova new-code")
	d.background(d.office.Run)
	l := d.becomes("Anna Prova new-code", domain.LetterIsSent)
	raw, err := box.Read(l.Delivery)
	if err != nil {
		t.Fatal(err)
	}
	_, found := parts(t, raw)
	if text := found["text/plain "]; !strings.Contains(text, domain.RegistrationSecret([32]byte{}, at, issue)) || !strings.Contains(text, "https://tavoli.example/iscrizione") {
		t.Errorf("it says %q", text)
	}
}

// TestRequestsToJoin answers everybody whom a request to join the coordinamento names.
func TestRequestsToJoin(t *testing.T) {
	s := smtptest.New(t, smtptest.Settings{})
	d := newDesk(t, relay(t, s))
	comune := domain.EnteRef{Kind: domain.Comune, Code: "A176"}
	carry[*domain.Ente](d, domain.RegisterEnte{Kind: comune.Kind, Code: comune.Code, Official: "Comune di Alcamo", Province: "TP"})
	ask := func(names ...string) uuid.UUID {
		t.Helper()
		cmd, meta := &domain.RequestAdesione{Ente: comune, Notice: "2022-01"}, d.meta()
		for _, name := range names {
			cmd.Referenti = append(cmd.Referenti, domain.ReferenteForm{GivenName: name, FamilyName: "Prova", Email: strings.ToLower(name) + "@example.it"})
		}
		if err := cmd.Introduce(t.Context(), d.vault, meta); err != nil {
			t.Fatal(err)
		}
		res, err := domain.Execute(t.Context(), d.exec, cmd, meta)
		if err != nil {
			t.Fatal(err)
		}
		return res.Events[0].(domain.AdesioneRequested).Adesione
	}
	no, yes := ask("Zoe"), ask("Anna", "Bruno")
	d.events(carry[*domain.Ente](d, domain.RefuseAdesione{Ente: comune, Adesione: no, Reason: "fuori dalla rete SAI"}))
	d.events(carry[*domain.Ente](d, domain.ApproveAdesione{Ente: comune, Adesione: yes}))
	d.awaits("Zoe Prova adhesion-refused", "Anna Prova adhesion-approved", "Bruno Prova adhesion-approved")
	d.background(d.office.Run)
	d.becomes("Bruno Prova adhesion-approved", domain.LetterIsSent)
	l := d.becomes("Zoe Prova adhesion-refused", domain.LetterIsSent)
	if l.Ente == nil || l.Ente.Name != "Comune di Alcamo" || l.Adesione == nil || *l.Adesione != no || l.Tavolo != "" {
		t.Errorf("got %+v", l)
	}
	for _, m := range s.Messages() {
		msg, found := parts(t, []byte(m.Data))
		if m.To[0] != "zoe@example.it" {
			continue
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
		if text := found["text/plain "]; err != nil || !strings.Contains(text, "Motivo: fuori dalla rete SAI") || !strings.Contains(text, "Progetto co-finanziato") || !strings.HasPrefix(subject, "Adesione al Coordinamento non accolta: Comune di Alcamo") {
			t.Errorf("%v %q says %q", err, subject, text)
		}
		if len(found) != 2 {
			t.Errorf("it has parts %v", found)
		}
	}
}
