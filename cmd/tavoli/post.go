package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/bus"
	"tavoli/adapters/mail"
	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
)

// Where letters lie without a relay, and how far the reactions to facts have come.
const (
	outboxDir    = "outbox"
	reactionsDir = "reactions"
)

// A postal is how letters are to be sent.
type postal struct {
	off      bool
	relay    string
	password string // the file that holds it
	from     string
	replyTo  string
	timeout  time.Duration
	reminder time.Duration
	joinLink time.Duration
	address  string // of the pages, for those who read letters
}

// bindPost lets flags say how letters are sent.
func bindPost(fs *flag.FlagSet, p *postal) {
	fs.BoolVar(&p.off, "no-letters", false, "non spedisce lettere · send no letters")
	fs.StringVar(&p.relay, "smtp", "", "l'`indirizzo` del server di posta: smtps://utente@host:465 o smtp://utente@host:587; senza, le lettere restano nella cartella outbox · the mail server; without one letters lie in the folder outbox; see docs/letters.md")
	fs.StringVar(&p.password, "smtp-password-file", "", "il `file` con la password del server di posta · the file that holds the password of the mail server")
	fs.StringVar(&p.from, "mail-from", "", "il `mittente`: \"Segreteria <tavoli@example.it>\" · the sender")
	fs.StringVar(&p.replyTo, "mail-reply-to", "", "l'`indirizzo` a cui si risponde, se non è il mittente · where answers go, if not to the sender")
	fs.StringVar(&p.address, "public-address", "", "l'`indirizzo` delle pagine come lo vede chi riceve le lettere: https://tavoli.example.it · the address of the pages as recipients of letters see it")
	fs.DurationVar(&p.timeout, "smtp-timeout", time.Minute, "quanto `tempo` si attende il server di posta · how long the mail server is waited for")
	fs.DurationVar(&p.reminder, "letters-reminder", 24*time.Hour, "quanto `tempo` prima del tavolo parte il promemoria; 0: mai · how long before a tavolo the reminder goes out; 0: never")
	fs.DurationVar(&p.joinLink, "letters-join-link", time.Hour, "quanto `tempo` prima del tavolo parte il collegamento; 0: mai · how long before a tavolo the address to join goes out; 0: never")
}

// carrier returns the way letters leave.
func (p *postal) carrier(r *register) (mail.Carrier, error) {
	if p.relay == "" {
		return mail.Outbox(r.path(outboxDir)), nil
	}
	var password string
	if p.password != "" {
		raw, err := os.ReadFile(p.password)
		if err != nil {
			return nil, usageError("--smtp-password-file: %v", err)
		}
		password = strings.TrimRight(string(raw), "\r\n")
	}
	if p.from == "" {
		return nil, usageError("--smtp: manca il mittente, --mail-from · a sender is needed, --mail-from")
	}
	relay, err := mail.ParseRelay(p.relay, password, p.timeout)
	if err != nil {
		return nil, usageError("--smtp: %v", err)
	}
	return relay, nil
}

// sender returns in whose name letters go out.
func (p *postal) sender(owner string) (mail.Sender, error) {
	from := p.from
	if from == "" {
		from = "tavoli@localhost"
	}
	s, err := mail.ParseSender(from, p.replyTo, owner)
	if err != nil {
		return s, usageError("--mail-from, --mail-reply-to: %v", err)
	}
	if s.Owner == "" {
		s.Owner = s.From.Name
	}
	return s, nil
}

// openPost makes the register's post office. There is none where letters are off.
func (s *serving) openPost(r *register) error {
	if s.post.off {
		return r.forgetReactions()
	}
	if s.post.timeout < time.Second {
		return usageError("--smtp-timeout: almeno un secondo · at least a second")
	}
	carrier, err := s.post.carrier(r)
	if err != nil {
		return err
	}
	from, err := s.post.sender(s.owner.Name)
	if err != nil {
		return err
	}
	r.office = &mail.Office{
		Exec: r.exec, Vault: r.vault, View: r.view, Carrier: carrier, Sender: from, Now: r.now, Log: r.log, Shared: r.store.shared,
		Reminder: s.post.reminder, JoinLink: s.post.joinLink, Registrations: r.keys.Secret("registration"), Address: strings.TrimRight(s.post.address, "/"),
	}
	return nil
}

// runPost lets letters be written and sent until ctx is done. A demonstration sends none.
// What is returned waits until the letter under way is brought to its end.
func (s *serving) runPost(ctx context.Context, r *register, fail context.CancelCauseFunc) (release func(), err error) {
	demo, err := r.hasEvents(ctx, domain.Demonstration.Stream())
	if r.office == nil || demo || err != nil {
		return func() {}, err
	}
	if err := r.afterRestore(ctx); err != nil {
		return nil, fmt.Errorf("lettere in attesa prima del ripristino · letters that waited before the restore: %w", err)
	}
	r.web.Post = postOffice{r.office}
	reactions := r.reactions()
	if err := r.beginReactions(ctx, reactions); err != nil {
		return nil, err
	}
	ended := make(chan struct{}, 2)
	go func() {
		defer func() { ended <- struct{}{} }()
		if err := reactions.Run(ctx); err != nil {
			fail(fmt.Errorf("lettere · letters: %w", err))
		}
	}()
	go func() {
		defer func() { ended <- struct{}{} }()
		r.office.Run(ctx)
	}()
	return func() {
		fail(nil)
		<-ended
		<-ended
	}, nil
}

// reactions returns what facts bring about: letters. Those of before letters were
// switched on bring about none.
func (r *register) reactions() *bus.Reactions {
	all := &bus.Reactions{
		Log: r.store, Identity: r.store.Identity(), Checkpoints: bus.FileCheckpoints(r.path(reactionsDir)),
		StartOver: bus.FromHead, Timeout: 10 * time.Minute, Logger: r.log,
	}
	o := r.office
	bus.On(all, "letters-registered", patient(o.Registered))
	bus.On(all, "letters-pending", patient(o.Pending))
	bus.On(all, "letters-offered", patient(o.Offered))
	bus.On(all, "letters-waitlisted", patient(o.Waitlisted))
	bus.On(all, "letters-promoted", patient(o.Promoted))
	bus.On(all, "letters-mode", patient(o.Moved))
	bus.On(all, "letters-substituted", patient(o.Substituted))
	bus.On(all, "letters-withdrawn", patient(o.Withdrawn))
	bus.On(all, "letters-refused", patient(o.Refused))
	bus.On(all, "letters-unconfirmed", patient(o.Unconfirmed))
	bus.On(all, "letters-untaken", patient(o.Untaken))
	bus.On(all, "letters-code", patient(o.Issued))
	bus.On(all, "letters-joined", patient(o.Joined))
	bus.On(all, "letters-not-joined", patient(o.NotJoined))
	bus.On(all, "letters-rescheduled", patient(o.Rescheduled))
	bus.On(all, "letters-rectified", patient(o.Rectified))
	bus.On(all, "letters-called-off", patient(o.CalledOff))
	return all
}

// beginReactions notes where reactions begin that are new, before anything can happen
// that they would miss.
func (r *register) beginReactions(ctx context.Context, all *bus.Reactions) error {
	head, err := r.store.Head(ctx)
	if err != nil {
		return err
	}
	for _, one := range all.Stats() {
		name := "reaction-" + one.Name
		_, known, err := all.Checkpoints.Load(ctx, name)
		if err == nil && !known {
			err = all.Checkpoints.Save(ctx, name, bus.Checkpoint{Store: all.Identity, Position: head})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetReactions lets go of how far the reactions have come: what happens while
// letters are switched off brings about none when they are switched on again.
func (r *register) forgetReactions() error {
	files, err := filepath.Glob(filepath.Join(r.path(reactionsDir), "reaction-letters-*.checkpoint"))
	for _, file := range files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// patient makes a reaction that is tried until the register takes what it causes:
// only what the domain calls wrong is parked.
func patient[E domain.Event](do func(context.Context, domain.Record, E) error) func(context.Context, domain.Record, E) error {
	return func(ctx context.Context, rec domain.Record, e E) error {
		err := do(ctx, rec, e)
		if err != nil && !errors.Is(err, domain.Invalid) {
			return bus.Unavailable(err)
		}
		return err
	}
}

// restoredMark is the checkpoint that tells of which epoch of the store the letters
// were that waited.
const restoredMark = "letters"

// afterRestore puts letters aside that waited when the copy was made from which the
// register was restored: they may have been sent since.
func (r *register) afterRestore(ctx context.Context) error {
	marks := bus.FileCheckpoints(r.path(reactionsDir))
	id := r.store.Identity()
	last, known, err := marks.Load(ctx, restoredMark)
	switch {
	case err != nil:
		return err
	case known && last.Store == id:
		return nil
	case known || id.Epoch > 1 && !r.store.shared:
		if err := r.office.AfterRestore(ctx); err != nil {
			return err
		}
	}
	return marks.Save(ctx, restoredMark, bus.Checkpoint{Store: id})
}

// A postOffice is the post office as the API knows it.
type postOffice struct{ *mail.Office }

// Post implements [web.Post].
func (p postOffice) Post(ctx context.Context, kind domain.LetterKind, tavolo domain.TavoloID, audience string, command uuid.UUID, actor domain.Actor, atLeast domain.Position) (web.Posted, error) {
	posted, err := p.Office.Post(ctx, kind, tavolo, audience, command, actor, atLeast)
	return web.Posted(posted), err
}

// Preview implements [web.Post].
func (p postOffice) Preview(ctx context.Context, kind domain.LetterKind, words domain.LetterTemplate, tavolo domain.TavoloID, person domain.PersonID) (web.LetterShown, error) {
	m, not, err := p.Office.Preview(ctx, kind, words, tavolo, person)
	return web.LetterShown{Subject: m.Subject, Text: m.Text, HTML: m.HTML, Calendar: m.Calendar, Not: not}, err
}

// ReadNotice implements [web.Postman].
func (p postOffice) ReadNotice(ctx context.Context, data []byte) (web.LetterNotice, error) {
	n, err := p.Office.ReadNotice(ctx, data)
	return web.LetterNotice{Letter: n.Letter, Sending: n.Sending, Kind: string(n.Kind), Status: n.Status, Text: n.Text}, err
}

// Read implements [web.Post].
func (p postOffice) Read(id domain.LetterID) ([]byte, error) {
	if box, ok := p.Carrier.(mail.Outbox); ok {
		return box.Read(id)
	}
	return nil, fs.ErrNotExist
}

// State implements [web.Post].
func (p postOffice) State() web.PostState {
	carrier, trouble := p.Trouble()
	return web.PostState{Carrier: carrier, Trouble: trouble}
}

// emptyOutbox removes letters to persons who were forgotten, also one that was being
// laid there. The folder may be there though letters go to a relay now.
func (r *register) emptyOutbox(ctx context.Context, list []projections.Erasure) error {
	ids, err := projections.Ask(ctx, r.view, 0, func(m *projections.Models) (ids []domain.LetterID, err error) {
		for _, e := range list {
			ids = append(ids, m.Letters.OfPerson(e.Person)...)
		}
		return ids, nil
	})
	if err != nil {
		return err
	}
	remove := func() error { return mail.Outbox(r.path(outboxDir)).Remove(ids...) }
	if r.office == nil {
		return remove()
	}
	return r.office.Quietly(remove)
}

// letterGauges are the figures of letters.
func (r *register) letterGauges() map[string]func() float64 {
	count := func(state domain.LetterState) func() float64 {
		return func() float64 {
			n, _ := projections.Ask(context.Background(), r.view, 0, func(m *projections.Models) (int, error) { return m.Letters.Counts()[state], nil })
			return float64(n)
		}
	}
	all := map[string]func() float64{}
	for _, state := range domain.LetterStates {
		all["tavoli_letters_"+string(state)] = count(state)
	}
	return all
}
