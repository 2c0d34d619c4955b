package mail

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

const (
	look       = 500 * time.Millisecond // between two looks at what waits
	remindEach = 30 * time.Second
	idle       = 20 * time.Second // after which a session with nothing to do is ended
	handful    = 100              // letters looked at together
	giveUp     = 72 * time.Hour   // after which a letter that the relay does not take is put aside
)

// Waits between attempts at one letter, and at opening a session; the last repeats.
var (
	pauses   = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}
	openings = []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute}
)

func pause(list []time.Duration, n int) time.Duration {
	return list[min(max(n-1, 0), len(list)-1)]
}

// Run sends what waits until ctx is done. A letter under way is brought to its end.
func (o *Office) Run(ctx context.Context) {
	o.start()
	tick := time.NewTicker(look)
	defer tick.Stop()
	r := &round{office: o}
	defer r.close()
	for ctx.Err() == nil {
		if err := r.make(ctx); err != nil && ctx.Err() == nil {
			o.Log.Error("letters", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-o.kick:
		case <-tick.C:
		}
	}
}

// A round is one run of the office through what waits.
type round struct {
	office   *Office
	session  Session
	used     time.Time // when the session carried a letter the last time
	failures int       // openings in a row that failed
	next     time.Time // before which none is tried again
	reminded time.Time
}

// make looks what waits and sends it.
func (r *round) make(ctx context.Context) error {
	o := r.office
	if now := o.Now(); now.Sub(r.reminded) >= remindEach {
		if err := o.Remind(ctx); err != nil {
			return fmt.Errorf("remind: %w", err)
		}
		r.reminded = now
	}
	if err := o.settleRest(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		waiting, sending, err := o.due(ctx)
		if err != nil {
			return err
		}
		if err := o.recover(ctx, sending); err != nil {
			return err
		}
		if len(waiting) == 0 {
			r.rest()
			return nil
		}
		if done, err := r.carry(ctx, waiting); err != nil || !done {
			return err
		}
	}
	return nil
}

// due returns what waits and what is being sent, as of the office's own newest fact.
func (o *Office) due(ctx context.Context) (waiting, sending []projections.Letter, err error) {
	o.mu.Lock()
	seen := o.seen
	o.mu.Unlock()
	_, err = projections.Ask(ctx, o.View, seen, func(m *projections.Models) (bool, error) {
		waiting, sending = m.Letters.Due(o.Now(), handful)
		return true, nil
	})
	return waiting, sending, err
}

// recover deals with attempts that broke off with the process that made them: nobody
// knows whether the letter was sent, unless that does not matter.
func (o *Office) recover(ctx context.Context, sending []projections.Letter) error {
	patience := o.Abandoned
	if patience == 0 {
		patience = 15 * time.Minute
	}
	for _, l := range sending {
		if l.By == o.run || o.Shared && o.Now().Sub(l.ChangedAt) < patience {
			continue
		}
		s := domain.SettleLetter{Delivery: l.Delivery, Attempt: l.Attempts, Why: domain.FaultUncertain}
		if o.Carrier.Repeatable() {
			s.Why, s.RetryAt = domain.FaultInterrupted, o.Now()
		}
		o.Log.Warn("an attempt at a letter broke off", "letter", l.Delivery.String(), "attempt", l.Attempts, "why", string(s.Why))
		if err := o.settle(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// carry takes some letters away, and reports whether it makes sense to go on.
func (r *round) carry(ctx context.Context, letters []projections.Letter) (bool, error) {
	for _, l := range letters {
		if ctx.Err() != nil {
			return false, nil
		}
		if done, err := r.one(ctx, l); err != nil || !done {
			return false, err
		}
	}
	return true, nil
}

// one writes a letter and takes it away, and reports whether it makes sense to go on.
func (r *round) one(ctx context.Context, l projections.Letter) (bool, error) {
	if r.office.Carrier.Repeatable() { // what is laid down can be taken up again
		r.office.pen.Lock()
		defer r.office.pen.Unlock()
	}
	m, parked, err := r.office.write(ctx, l)
	switch {
	case err != nil:
		return false, err
	case parked != "":
		return true, r.office.settle(ctx, domain.SettleLetter{Delivery: l.Delivery, Why: parked})
	case !r.open(ctx):
		return false, nil
	}
	return true, r.deliver(ctx, l, m)
}

// Quietly does something while no letter is on its way into the outbox. Letters that
// are written afterwards know of every fact that was stored before.
func (o *Office) Quietly(do func() error) error {
	o.pen.Lock()
	defer o.pen.Unlock()
	return do()
}

// open sees to it that there is a session. Where there is none no letter is touched.
func (r *round) open(ctx context.Context) bool {
	o := r.office
	if r.session != nil {
		return true
	}
	now := o.Now()
	if now.Before(r.next) {
		return false
	}
	session, err := o.Carrier.Open(ctx)
	if err != nil {
		r.failures++
		r.next = now.Add(pause(openings, r.failures))
		o.ail(err.Error())
		if ctx.Err() == nil {
			o.Log.Warn("no letter can be sent just now", "to", o.Carrier.String(), "error", err, "failures", r.failures)
		}
		return false
	}
	o.ail("")
	r.session, r.failures, r.used = session, 0, now
	return true
}

// ail notes why no letter can be sent.
func (o *Office) ail(trouble string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trouble = trouble
}

// Trouble says where letters go, and why they do not just now, if so.
func (o *Office) Trouble() (carrier, trouble string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Carrier.String(), o.trouble
}

// rest ends a session that has had nothing to do for a while.
func (r *round) rest() {
	if r.session != nil && r.office.Now().Sub(r.used) > idle {
		r.close()
	}
}

func (r *round) close() {
	if r.session != nil {
		r.session.Close()
		r.session = nil
	}
}

// deliver claims a letter, sends it and records what became of it. Once it is claimed
// this is brought to its end, whether the program is to stop or not.
func (r *round) deliver(ctx context.Context, l projections.Letter, m Message) error {
	o := r.office
	ctx = context.WithoutCancel(ctx)
	res, err := domain.Execute(ctx, o.Exec, domain.AttemptLetter{Delivery: l.Delivery, By: o.run}, domain.Meta{
		At: o.Now(), Actor: domain.ActorSystem, Command: domain.DerivedID(l.Delivery, fmt.Sprintf("attempt/%s/%d", o.run, l.Revision)),
	})
	o.saw(res.Position)
	switch {
	case errors.Is(err, domain.Refused) || errors.Is(err, domain.Stale): // somebody else has it
		return nil
	case err != nil:
		return err
	}
	attempt := l.Attempts + 1
	for _, e := range res.Events {
		if e, ok := e.(domain.LetterAttempted); ok {
			attempt = e.Attempt
		}
	}
	outcome := r.session.Send(m)
	r.used = o.Now()
	if outcome.Broken {
		r.close()
	}
	s := domain.SettleLetter{Delivery: l.Delivery, Attempt: attempt, Why: outcome.Fault, Answer: outcome.Answer}
	if outcome.Again {
		s.RetryAt = o.Now().Add(pause(pauses, attempt))
		if s.RetryAt.Sub(l.QueuedAt) > giveUp {
			s.Why, s.RetryAt = domain.FaultTooOften, time.Time{}
		}
	}
	return o.settle(ctx, s)
}

// settle records what became of a letter. What cannot be recorded now is kept and
// recorded later: it must not be forgotten that a letter was sent.
func (o *Office) settle(ctx context.Context, s domain.SettleLetter) error {
	err := o.record(ctx, s)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.unsettled = append(o.unsettled, s)
	}
	return err
}

// settleRest records what could not be recorded before.
func (o *Office) settleRest(ctx context.Context) error {
	o.mu.Lock()
	rest := o.unsettled
	o.unsettled = nil
	o.mu.Unlock()
	var all error
	for _, s := range rest {
		all = errors.Join(all, o.settle(ctx, s))
	}
	return all
}

func (o *Office) record(ctx context.Context, s domain.SettleLetter) error {
	if s.Why != "" {
		o.Log.Info("letter not sent", "letter", s.Delivery.String(), "attempt", s.Attempt, "why", string(s.Why), "again", !s.RetryAt.IsZero())
	}
	what := fmt.Sprintf("settle/%d", s.Attempt)
	if s.Attempt == 0 {
		what = fmt.Sprintf("settle/%s/%d", o.run, o.Now().UnixNano())
	}
	res, err := domain.Execute(ctx, o.Exec, s, domain.Meta{At: o.Now(), Actor: domain.ActorSystem, Command: domain.DerivedID(s.Delivery, what)})
	o.saw(res.Position)
	if errors.Is(err, domain.Refused) { // another node has settled it
		return nil
	}
	return err
}

// saw notes the office's own newest fact, which the view must have seen before it is
// asked again what waits.
func (o *Office) saw(at domain.Position) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen = max(o.seen, at)
}

// write writes a letter, or says why it is put aside instead.
func (o *Office) write(ctx context.Context, l projections.Letter) (m Message, parked domain.LetterFault, err error) {
	now := o.Now()
	if now.Sub(l.QueuedAt) > giveUp {
		return m, domain.FaultTooOften, nil
	}
	head, err := o.Exec.Store.Head(ctx) // what was said before the letter is written counts
	if err != nil {
		return m, "", err
	}
	var words projections.Template
	c, err := projections.Ask(ctx, o.View, head, func(m *projections.Models) (c projections.LetterContent, err error) {
		if words, err = m.Letters.Template(l.Kind, l.Template); err != nil {
			return c, err
		}
		return m.LetterContent(l.Kind, l.About, l.Person, now)
	})
	switch {
	case errors.Is(err, domain.NotFound):
		return m, domain.FaultContent, nil
	case err != nil:
		return m, "", err
	case c.Not != "":
		return m, c.Not, nil
	}
	ready, err := o.fill(ctx, &c)
	if err != nil || !ready {
		return m, domain.FaultNotDue, err
	}
	m = Write(c, words.LetterTemplate, o.Sender, now)
	m.ID, m.Number = l.Delivery, l.Resent
	return m, "", nil
}

// fill tells a letter what the read models do not hold, and reports whether it has
// what it is for.
func (o *Office) fill(ctx context.Context, c *projections.LetterContent) (bool, error) {
	tavolo := c.About.Tavolo
	if tavolo == "" {
		return true, nil
	}
	link, err := o.joinLink(ctx, tavolo, c.Person)
	if err != nil {
		return false, err
	}
	c.Join(link)
	issue, known, err := domain.RegistrationIssue(ctx, o.Exec, tavolo, c.Person)
	if err != nil {
		return false, err
	}
	if known {
		c.Values["codice"] = domain.RegistrationSecret(o.Registrations, tavolo, issue)
	}
	until, err := domain.DueBy(ctx, o.Exec, tavolo, c.Person)
	if err != nil {
		return false, err
	}
	if !until.IsZero() {
		c.Values["scadenza"] = projections.LongMoment(until)
	}
	o.point(c)
	needs := c.Kind == domain.LetterConfirmAddress || c.Kind == domain.LetterOffer || c.Kind == domain.LetterNewCode
	return (c.Kind != domain.LetterJoinLink || link != "") && (!needs || known), nil
}

// point tells a letter which pages it speaks of. The code stands behind the #, where
// it reaches no server.
func (o *Office) point(c *projections.LetterContent) {
	if o.Address == "" {
		return
	}
	tavolo := url.PathEscape(string(c.About.Tavolo))
	c.Values["iscrizione"] = o.Address + "/tavoli/" + tavolo + "/iscrizione"
	if code := c.Values["codice"]; code != "" {
		c.Values["pagina"] = o.Address + "/iscrizione?tavolo=" + tavolo + "#" + code
	}
}

// Preview writes a letter as it would be sent, in words that need not have been set.
// What keeps it from being sent is told beside it.
func (o *Office) Preview(ctx context.Context, kind domain.LetterKind, words domain.LetterTemplate, tavolo domain.TavoloID, person domain.PersonID) (m Message, not domain.LetterFault, err error) {
	if tavolo == "" && person == uuid.Nil {
		return o.sample(ctx, kind, words)
	}
	if kind.OfAdesione() {
		return m, "", domain.ErrNoTavolo
	}
	c, err := projections.Ask(ctx, o.View, 0, func(m *projections.Models) (projections.LetterContent, error) {
		return m.LetterContent(kind, domain.AtTavolo(tavolo), person, o.Now())
	})
	if err != nil {
		return m, "", err
	}
	if ready, err := o.fill(ctx, &c); err != nil {
		return m, "", err
	} else if !ready && c.Not == "" {
		c.Not = domain.FaultNotDue
	}
	if c.Values["codice"] != "" { // it is for the recipient alone
		c.Values["codice"] = covered
		o.point(&c)
	}
	return Write(c, words, o.Sender, o.Now()), c.Not, nil
}

// covered stands where a code would.
const covered = "·······-·······-······-······"

// sample writes a letter to nobody about nothing there is.
func (o *Office) sample(ctx context.Context, kind domain.LetterKind, words domain.LetterTemplate) (m Message, not domain.LetterFault, err error) {
	c, err := projections.Ask(ctx, o.View, 0, func(m *projections.Models) (projections.LetterContent, error) {
		return m.SampleContent(kind, o.Now()), nil
	})
	if err != nil {
		return m, "", err
	}
	c.Join("https://example.org/collegamento")
	c.Values["codice"] = covered
	if o.Address != "" {
		o.point(&c)
	}
	return Write(c, words, o.Sender, o.Now()), "", nil
}

// AfterRestore puts aside whatever waits. A register that was restored knows what
// waited when its copy was made; what was sent since it does not know.
func (o *Office) AfterRestore(ctx context.Context) error {
	waiting, err := projections.Ask(ctx, o.View, 0, func(m *projections.Models) ([]projections.Letter, error) {
		waiting, sending := m.Letters.Due(o.Now().Add(giveUp), 1<<30)
		return append(waiting, sending...), nil
	})
	if err != nil {
		return err
	}
	for _, l := range waiting {
		s := domain.SettleLetter{Delivery: l.Delivery, Why: domain.FaultUncertain}
		if l.State == domain.LetterIsSending {
			s.Attempt = l.Attempts
		}
		if err := o.record(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
