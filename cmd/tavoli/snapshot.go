package main

import (
	"context"
	"time"

	"tavoli/projections"
)

// How often a snapshot is taken while the register is being served: after so much
// time if anything happened, or after so many entries.
const (
	snapshotEvery   = 10 * time.Minute
	snapshotEntries = 100_000
	snapshotLook    = 5 * time.Second
)

// keepSnapshots takes snapshots from time to time until ctx is done.
func (r *register) keepSnapshots(ctx context.Context) {
	tick := time.NewTicker(snapshotLook)
	defer tick.Stop()
	last, at := r.view.Seen(), r.now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		seen := r.view.Seen()
		if seen < last+snapshotEntries && (seen == last || r.now().Sub(at) < snapshotEvery) {
			continue
		}
		r.keepSnapshot(ctx)
		last, at = seen, r.now()
	}
}

// keepSnapshot takes a snapshot unless the newest one shows the same. A register
// can live without one.
func (r *register) keepSnapshot(ctx context.Context) {
	r.snapshots.Lock()
	defer r.snapshots.Unlock()
	if newest := r.newestSnapshot(); newest != nil && newest.Position == r.view.Seen() || r.view.Seen() == 0 {
		return
	}
	info, err := r.view.Snapshot(ctx)
	if err != nil {
		r.log.Warn("no snapshot of the read models was taken; the next start reads the log", "error", err)
		return
	}
	r.log.Info("snapshot", "position", uint64(info.Position), "bytes", info.Bytes)
}

// newestSnapshot tells of the newest snapshot, or is nil.
func (r *register) newestSnapshot() *projections.SnapshotInfo {
	return r.view.Stats(context.Background()).Snapshot
}
