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

// lapse ends in time what waits for an answer of people, until ctx is done. Several
// nodes may do so: what one has ended, the others find ended.
func (r *register) lapse(ctx context.Context) {
	tick := time.NewTicker(lapseEvery)
	defer tick.Stop()
	for {
		if err := r.lapseOverdue(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, domain.ErrBusy) {
			r.log.Warn("ending what was not answered in time", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
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
