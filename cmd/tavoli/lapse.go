package main

import (
	"context"
	"errors"
	"net/netip"
	"strings"
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

// readProxies reads the addresses of proxies: 10.0.0.1, or 10.0.0.0/8, and commas between.
func readProxies(text string) (list []netip.Prefix, err error) {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if at, e := netip.ParseAddr(part); e == nil {
			prefix, err = netip.PrefixFrom(at, at.BitLen()), nil
		}
		if err != nil {
			return nil, usageError("--proxies: %[1]q non è un indirizzo IP · is no IP address", part)
		}
		list = append(list, prefix)
	}
	return list, nil
}
