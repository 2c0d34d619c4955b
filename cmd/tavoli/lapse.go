package main

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// lapseEvery is how often it is looked whether an address was not confirmed, or an
// offer not taken up, in time.
const lapseEvery = 30 * time.Second

// unconfirmedEvery is how often it is looked whether the values of somebody are to go
// whose address was never confirmed.
const unconfirmedEvery = time.Hour

// lapse ends in time what waits for an answer of people, until ctx is done. Several
// nodes may do so: what one has ended, the others find ended.
func (r *register) lapse(ctx context.Context) {
	tick, seldom := time.NewTicker(lapseEvery), time.NewTicker(unconfirmedEvery)
	defer tick.Stop()
	defer seldom.Stop()
	do := func(what string, it func(context.Context) error) {
		if err := it(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, domain.ErrBusy) {
			r.log.Warn(what, "error", err)
		}
	}
	do("forgetting who never confirmed an address", r.forgetUnconfirmed)
	for {
		do("ending what was not answered in time", r.lapseOverdue)
		select {
		case <-tick.C:
		case <-seldom.C:
			do("forgetting who never confirmed an address", r.forgetUnconfirmed)
		case <-ctx.Done():
			return
		}
	}
}

// forgetUnconfirmed forgets whoever only asked for a seat, and did not confirm the address
// in time: nothing rests on what they gave, and nobody knows whether they gave it. Several
// nodes may do so: whom one has forgotten, the others find forgotten.
func (r *register) forgetUnconfirmed(ctx context.Context) error {
	list, err := projections.Ask(ctx, r.view, 0, func(m *projections.Models) ([]projections.Unconfirmed, error) {
		return m.Rosters.Unconfirmed(r.now().Add(-domain.UnconfirmedTime)), nil
	})
	if err != nil {
		return err
	}
	var faults []error
	for _, u := range list {
		faults = append(faults, r.forgetIfUnconfirmed(ctx, u.Person))
	}
	return errors.Join(faults...)
}

// forgetIfUnconfirmed forgets somebody unless anything else binds them. A hold forbids it.
func (r *register) forgetIfUnconfirmed(ctx context.Context, p domain.PersonID) error {
	ties, err := projections.Ask(ctx, r.view, 0, func(m *projections.Models) (domain.Ties, error) { return m.Retention.Ties(p, false) })
	if err != nil || len(ties.Enti)+len(ties.Linked) > 0 {
		return err
	}
	only, err := domain.OnlyAsked(ctx, r.exec, p, ties.Places)
	if err != nil || !only {
		return err
	}
	keys, err := r.vault.KeysOf(ctx, p)
	if err != nil {
		return err
	}
	cmd := &domain.ForgetPerson{Subject: p, Reason: "indirizzo mai confermato", LegalBasis: "art. 5, par. 1, lett. c ed e, reg. (UE) 2016/679"}
	cmd.Find(ties, keys)
	_, err = domain.Execute[*domain.Identita](ctx, r.exec, cmd, domain.Meta{At: r.now(), Actor: domain.ActorSystem, Command: uuid.New()})
	if errors.Is(err, domain.ErrHold) {
		return nil
	}
	return err
}

// lapseOverdue ends what is overdue now.
func (r *register) lapseOverdue(ctx context.Context) error {
	tavoli, err := projections.Ask(ctx, r.view, 0, func(m *projections.Models) ([]domain.TavoloID, error) { return m.Calendar.Unfinished(), nil })
	if err != nil {
		return err
	}
	var faults []error
	for _, id := range tavoli {
		now, due := r.now(), false
		err := domain.Peek(ctx, r.exec, id.Stream(), func(t *domain.Tavolo) error {
			due = t.Overdue(now)
			return nil
		})
		if err == nil && due {
			_, err = domain.Execute[*domain.Tavolo](ctx, r.exec, domain.LapseOverdue{Tavolo: id}, domain.Meta{At: now, Actor: domain.ActorSystem, Command: uuid.New()})
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
