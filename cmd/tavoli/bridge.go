package main

import (
	"context"

	"tavoli/adapters/bus"
	"tavoli/adapters/esdb"
	"tavoli/domain"
)

// bridgeName is the name of the bridge to NATS, of its checkpoint and of its lease.
const bridgeName = "nats"

// publish lets a bridge carry what happens to a broker, if there is to be one. Where
// other nodes may write to the store, too, one of them at a time does.
func (s *serving) publish(ctx context.Context, r *register, fail context.CancelCauseFunc) (release func(), err error) {
	if s.nats == "" {
		return func() {}, nil
	}
	probe, err := bus.Connect(ctx, s.nats, r.log) // an address that makes no sense is told at once
	if err != nil {
		return nil, err
	}
	if err := probe.Close(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.bridgeInTurn(ctx, r); err != nil && ctx.Err() == nil {
			fail(err)
		}
	}()
	return func() {
		fail(nil)
		<-ended
	}, nil
}

// bridgeInTurn runs the bridge until ctx is done: always, or while no other node does.
func (s *serving) bridgeInTurn(ctx context.Context, r *register) error {
	if r.store.lease == nil {
		return s.bridge(ctx, r, bus.FileCheckpoints(r.path("bridges")))
	}
	return r.store.lease(bridgeName, s.lease).Run(ctx, func(ctx context.Context, h *esdb.Holding) error {
		return s.bridge(ctx, r, leasedCheckpoint{h, r.store.Identity()})
	})
}

// bridge carries what happens to the broker until ctx is done.
func (s *serving) bridge(ctx context.Context, r *register, keep bus.Checkpoints) error {
	broker, err := bus.Connect(context.WithoutCancel(ctx), s.nats, r.log)
	if err != nil {
		return err
	}
	bridge := &bus.Bridge{
		Name: bridgeName, Log: r.store, Identity: r.store.Identity(), Publisher: broker, Checkpoints: keep, Logger: r.log,
	}
	r.bridge.Store(bridge)
	defer r.bridge.Store(nil)
	err = bridge.Run(ctx)
	if e := broker.Close(); e != nil {
		r.log.Warn("close the broker", "error", e)
	}
	return err
}

// A leasedCheckpoint lies in the lease of the only bridge there is, which hands it on
// from node to node.
type leasedCheckpoint struct {
	lease *esdb.Holding
	store domain.Identity
}

// Load implements [bus.Checkpoints]. A checkpoint that was restored together with its
// store goes on meaning the same in it.
func (l leasedCheckpoint) Load(_ context.Context, name string) (bus.Checkpoint, bool, error) {
	mark := l.lease.Mark()
	if mark == nil {
		return bus.Checkpoint{}, false, nil
	}
	c, err := bus.DecodeCheckpoint(name, mark)
	if err == nil && c.Store.ID == l.store.ID {
		c.Store = l.store
	}
	return c, err == nil, err
}

// Save implements [bus.Checkpoints].
func (l leasedCheckpoint) Save(ctx context.Context, name string, c bus.Checkpoint) error {
	mark, err := bus.EncodeCheckpoint(name, c)
	if err != nil {
		return err
	}
	return l.lease.Save(ctx, mark)
}
