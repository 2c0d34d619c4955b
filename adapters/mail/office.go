package mail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// An Office decides which letters facts ask for and sends them. Its fields are set
// before use; it is safe for concurrent use.
type Office struct {
	Exec    *domain.Executor
	Vault   domain.Vault // opens the addresses at which persons join
	View    *projections.View
	Carrier Carrier
	Sender  Sender
	Now     func() time.Time
	Log     *slog.Logger

	// Shared says that other processes serve the same register. An attempt of theirs
	// is taken for broken off once it is older than Abandoned.
	Shared    bool
	Abandoned time.Duration // 0: 15 min

	// How long before a tavolo begins a reminder goes out, and the address to join;
	// 0: never.
	Reminder, JoinLink time.Duration

	// Registrations is the installation's key for the codes that open registrations,
	// and Address that of the pages where people register and use them; empty: it is
	// not told.
	Registrations [32]byte
	Address       string

	run  uuid.UUID // of this process
	once sync.Once
	kick chan struct{}

	pen sync.Mutex // held while a letter is written and laid in the outbox

	mu        sync.Mutex
	trouble   string // why no session could be opened the last time
	unsettled []domain.SettleLetter
	seen      domain.Position // of the office's own newest fact
}

func (o *Office) start() {
	o.once.Do(func() { o.run, o.kick = uuid.New(), make(chan struct{}, 1) })
}

// tooOld is how old a fact may be that still causes letters. What was recorded, or
// happened, before that is history: letters about it would come too late.
const tooOld = 24 * time.Hour

// fresh reports whether a fact is news.
func (o *Office) fresh(rec domain.Record) bool {
	now := o.Now()
	return now.Sub(rec.RecordedAt) < tooOld && now.Sub(rec.EffectiveAt) < tooOld
}

// Pending reacts to a seat that counts once the address is confirmed.
func (o *Office) Pending(ctx context.Context, rec domain.Record, e domain.RegistrationPending) error {
	return o.tell(ctx, rec, domain.LetterConfirmAddress, e.Tavolo, e.Participant)
}

// Offered reacts to a seat that is held for somebody who waits.
func (o *Office) Offered(ctx context.Context, rec domain.Record, e domain.OfferMade) error {
	return o.tell(ctx, rec, domain.LetterOffer, e.Tavolo, e.Participant)
}

// Registered reacts to a seat given.
func (o *Office) Registered(ctx context.Context, rec domain.Record, e domain.ParticipantRegistered) error {
	return o.tell(ctx, rec, domain.LetterConfirmation, e.Tavolo, e.Participant)
}

// Waitlisted reacts to a place in the waiting list.
func (o *Office) Waitlisted(ctx context.Context, rec domain.Record, e domain.ParticipantWaitlisted) error {
	return o.tell(ctx, rec, domain.LetterWaiting, e.Tavolo, e.Participant)
}

// Promoted reacts to a seat given to somebody who waited.
func (o *Office) Promoted(ctx context.Context, rec domain.Record, e domain.WaitlistPromoted) error {
	return o.tell(ctx, rec, domain.LetterPromotion, e.Tavolo, e.Participant)
}

// Withdrawn reacts to somebody who does not come after all.
func (o *Office) Withdrawn(ctx context.Context, rec domain.Record, e domain.ParticipantWithdrawn) error {
	return o.tell(ctx, rec, domain.LetterWithdrawal, e.Tavolo, e.Participant)
}

// Refused reacts to a registration that staff do not accept.
func (o *Office) Refused(ctx context.Context, rec domain.Record, e domain.RegistrationRefused) error {
	return o.tell(ctx, rec, domain.LetterRefusal, e.Tavolo, e.Participant)
}

// Unconfirmed reacts to an address that nobody confirmed in time.
func (o *Office) Unconfirmed(ctx context.Context, rec domain.Record, e domain.RegistrationLapsed) error {
	return o.tell(ctx, rec, domain.LetterAddressLapsed, e.Tavolo, e.Participant)
}

// Untaken reacts to an offer that was not taken up in time.
func (o *Office) Untaken(ctx context.Context, rec domain.Record, e domain.OfferLapsed) error {
	return o.tell(ctx, rec, domain.LetterOfferLapsed, e.Tavolo, e.Participant)
}

// Issued reacts to a new code. Those that are made with a registration stand in its
// confirmation.
func (o *Office) Issued(ctx context.Context, rec domain.Record, e domain.SecretIssued) error {
	if !e.Anew {
		return nil
	}
	return o.tell(ctx, rec, domain.LetterNewCode, e.Tavolo, e.Participant)
}

// Joined reacts to a request to join the coordinamento that was approved.
func (o *Office) Joined(ctx context.Context, rec domain.Record, e domain.AdesioneApproved) error {
	return o.answer(ctx, rec, domain.LetterAdesioneTaken, e.Ente, e.Adesione)
}

// NotJoined reacts to one that was refused.
func (o *Office) NotJoined(ctx context.Context, rec domain.Record, e domain.AdesioneRefused) error {
	return o.answer(ctx, rec, domain.LetterAdesioneNot, e.Ente, e.Adesione)
}

// answer queues a letter to everybody whom a request to join names: who asked is one
// of them.
func (o *Office) answer(ctx context.Context, rec domain.Record, kind domain.LetterKind, ente domain.EnteRef, adesione uuid.UUID) error {
	if !o.fresh(rec) {
		return nil
	}
	about := domain.LetterAbout{Ente: ente, Adesione: adesione}
	to, err := projections.Ask(ctx, o.View, rec.Position, func(m *projections.Models) (to []domain.PersonID, err error) {
		a, err := m.Enti.Adesione(ente, adesione)
		for _, r := range a.Referenti {
			if c, err := m.LetterContent(kind, about, r.Person, o.Now()); err == nil && c.Not == "" {
				to = append(to, r.Person)
			}
		}
		return to, err
	})
	if errors.Is(err, domain.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = o.queue(ctx, cause{rec.ID, rec.Correlation, rec.ID, domain.ActorSystem}, kind, about, to)
	return err
}

// Moved reacts to a change of mode: the confirmation is sent anew, or the place in
// the other waiting list.
func (o *Office) Moved(ctx context.Context, rec domain.Record, e domain.ModeChanged) error {
	return errors.Join(o.tell(ctx, rec, domain.LetterConfirmation, e.Tavolo, e.Participant),
		o.tell(ctx, rec, domain.LetterWaiting, e.Tavolo, e.Participant))
}

// Substituted reacts to a seat handed on: both are told.
func (o *Office) Substituted(ctx context.Context, rec domain.Record, e domain.DelegateSubstituted) error {
	return errors.Join(o.tell(ctx, rec, domain.LetterWithdrawal, e.Tavolo, e.Participant),
		o.tell(ctx, rec, domain.LetterConfirmation, e.Tavolo, e.By), o.tell(ctx, rec, domain.LetterWaiting, e.Tavolo, e.By))
}

// Rescheduled reacts to a change of date.
func (o *Office) Rescheduled(ctx context.Context, rec domain.Record, e domain.TavoloRescheduled) error {
	return o.tellAll(ctx, rec, domain.LetterRescheduled, e.Tavolo)
}

// Rectified reacts to what was published wrongly, where that matters to who comes.
func (o *Office) Rectified(ctx context.Context, rec domain.Record, e domain.TavoloRectified) error {
	if e.Field == domain.RectifyProtocol || e.Field == domain.RectifyOrdinal {
		return nil
	}
	return o.tellAll(ctx, rec, domain.LetterRectified, e.Tavolo)
}

// CalledOff reacts to a calling-off.
func (o *Office) CalledOff(ctx context.Context, rec domain.Record, e domain.TavoloCalledOff) error {
	return o.tellAll(ctx, rec, domain.LetterCalledOff, e.Tavolo)
}

// tell queues a letter to a person, if what it says is news and so.
func (o *Office) tell(ctx context.Context, rec domain.Record, kind domain.LetterKind, tavolo domain.TavoloID, person domain.PersonID) error {
	if !o.fresh(rec) {
		return nil
	}
	due, err := projections.Ask(ctx, o.View, rec.Position, func(m *projections.Models) (bool, error) {
		c, err := m.LetterContent(kind, domain.AtTavolo(tavolo), person, o.Now())
		return err == nil && c.Not == "", nil
	})
	if err != nil || !due {
		return err
	}
	_, err = o.queue(ctx, cause{rec.ID, rec.Correlation, rec.ID, domain.ActorSystem}, kind, domain.AtTavolo(tavolo), []domain.PersonID{person})
	return err
}

// tellAll queues a letter to everybody whom a tavolo concerns.
func (o *Office) tellAll(ctx context.Context, rec domain.Record, kind domain.LetterKind, tavolo domain.TavoloID) error {
	if !o.fresh(rec) {
		return nil
	}
	to, err := projections.Ask(ctx, o.View, rec.Position, func(m *projections.Models) (projections.Recipients, error) {
		return m.Recipients(kind, tavolo, projections.ToConcerned, o.Now())
	})
	if errors.Is(err, domain.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = o.queue(ctx, cause{rec.ID, rec.Correlation, rec.ID, domain.ActorSystem}, kind, domain.AtTavolo(tavolo), to.Persons)
	return err
}

// A cause is what letters follow from.
type cause struct {
	id          uuid.UUID // of the letters' ids
	correlation uuid.UUID
	causation   uuid.UUID // the event, if it was one
	actor       domain.Actor
}

// A Posting is what became of letters that somebody wanted sent.
type Posting struct {
	Queued   int
	Without  []domain.PersonID // who has no address
	Position domain.Position
}

// Post queues letters of a kind to an audience, for somebody. The same command queues
// each letter once.
func (o *Office) Post(ctx context.Context, kind domain.LetterKind, tavolo domain.TavoloID, audience string, command uuid.UUID, actor domain.Actor, atLeast domain.Position) (p Posting, err error) {
	to, err := projections.Ask(ctx, o.View, atLeast, func(m *projections.Models) (projections.Recipients, error) {
		return m.Recipients(kind, tavolo, audience, o.Now())
	})
	if err != nil {
		return p, err
	}
	p.Without = to.Without
	p.Queued = len(to.Persons)
	p.Position, err = o.queue(ctx, cause{id: command, correlation: command, actor: actor}, kind, domain.AtTavolo(tavolo), to.Persons)
	return p, err
}

// together is how many letters are queued side by side: they are stored together.
const together = 32

// queue queues a letter to each of some persons, each once however often it is called.
func (o *Office) queue(ctx context.Context, c cause, kind domain.LetterKind, about domain.LetterAbout, to []domain.PersonID) (newest domain.Position, err error) {
	words, err := projections.Ask(ctx, o.View, 0, func(m *projections.Models) (projections.Template, error) { return m.Letters.Template(kind, -1) })
	if err != nil {
		return 0, err
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	room := make(chan struct{}, together)
	for _, person := range to {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			cmd := domain.QueueLetter{Kind: kind, About: about, Person: person, Template: words.Version, Cause: c.id}
			res, e := domain.Execute(ctx, o.Exec, cmd, domain.Meta{
				At: o.Now(), Actor: c.actor, Command: domain.DerivedID(cmd.Delivery(), "queue"), Correlation: c.correlation, Causation: c.causation,
			})
			mu.Lock()
			defer mu.Unlock()
			newest = max(newest, res.Position)
			if e != nil && err == nil {
				err = e
			}
		})
	}
	all.Wait()
	o.wake()
	return newest, err
}

// wake lets the office look at once what is to be sent.
func (o *Office) wake() {
	o.start()
	select {
	case o.kick <- struct{}{}:
	default:
	}
}

// A timed letter goes out by the clock.
type timed struct {
	kind   domain.LetterKind
	tavolo domain.TavoloID
	start  time.Time
	to     []domain.PersonID
}

// id is what such letters follow from: another hour makes others.
func (t timed) id() uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("tavoli/"+string(t.kind)+"/"+string(t.tavolo)+"/"+t.start.UTC().Format(time.RFC3339)))
}

// Remind queues what goes out by the clock. Whoever registers when a reminder has
// gone out gets none; the address to join goes to whoever has a seat, until the end.
func (o *Office) Remind(ctx context.Context) error {
	now := o.Now()
	list, err := projections.Ask(ctx, o.View, 0, func(m *projections.Models) (list []timed, err error) {
		for _, w := range []struct {
			kind   domain.LetterKind
			before time.Duration
		}{{domain.LetterReminder, o.Reminder}, {domain.LetterJoinLink, o.JoinLink}} {
			if w.before <= 0 {
				continue
			}
			for _, t := range m.Beginning(now, now.Add(w.before)) {
				x := timed{kind: w.kind, tavolo: t.ID, start: t.StartsAt}
				x.to = m.Unreminded(w.kind, t.ID, x.id(), t.StartsAt.Add(-w.before), now)
				if len(x.to) > 0 {
					list = append(list, x)
				}
			}
		}
		return list, nil
	})
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.kind == domain.LetterJoinLink {
			if t.to, err = o.linked(ctx, t.tavolo, t.to); err != nil {
				return err
			}
		}
		if _, err := o.queue(ctx, cause{id: t.id(), correlation: t.id(), actor: domain.ActorSystem}, t.kind, domain.AtTavolo(t.tavolo), t.to); err != nil {
			return err
		}
	}
	return nil
}

// joinLink returns where a person joins a tavolo online. An address that cannot be
// opened any more is none, and holds up nothing.
func (o *Office) joinLink(ctx context.Context, tavolo domain.TavoloID, person domain.PersonID) (string, error) {
	link, err := domain.JoinLink(ctx, o.Exec, o.Vault, tavolo, person)
	if errors.Is(err, domain.Refused) {
		o.Log.Warn("an address to join cannot be opened", "tavolo", string(tavolo), "person", person.String(), "error", err)
		return "", nil
	}
	return link, err
}

// linked returns those of some persons for whom it is known where they join.
func (o *Office) linked(ctx context.Context, tavolo domain.TavoloID, all []domain.PersonID) (found []domain.PersonID, err error) {
	for _, p := range all {
		link, err := o.joinLink(ctx, tavolo, p)
		if err != nil {
			return nil, err
		}
		if link != "" {
			found = append(found, p)
		}
	}
	return found, nil
}
