package main

import (
	"maps"

	"tavoli/adapters/bolt"
)

// gauges are the figures of the register's parts that /metrics shows.
func (r *register) gauges() map[string]func() float64 {
	all := map[string]func() float64{
		"tavoli_keys_handed_out":   func() float64 { return float64(r.keys.Len()) },
		"tavoli_snapshot_position": r.snapshotPosition,
		"tavoli_erasures_pending":  r.erasuresPending,
		"tavoli_bridge_here":       r.bridgeHere,
		"tavoli_bridge_lag":        r.bridgeLag,
		"tavoli_bridge_failures":   r.bridgeFailures,

		"tavoli_ledger_facts":        func() float64 { return float64(r.book.State().Size) },
		"tavoli_ledger_signed":       func() float64 { return float64(r.book.State().Signed) },
		"tavoli_ledger_inconsistent": func() float64 { return truth(!r.book.State().Consistent) },
	}
	maps.Copy(all, r.store.gauges)
	maps.Copy(all, keeperGauge(r.keys))
	maps.Copy(all, r.nodeGauges())
	maps.Copy(all, r.letterGauges())
	return all
}

// truth returns 1 for what is so.
func truth(so bool) float64 {
	if so {
		return 1
	}
	return 0
}

// boltGauges are the figures of a store in a file.
func boltGauges(s *bolt.Store) map[string]func() float64 {
	stored := func(figure func(bolt.Stats) float64) func() float64 {
		return func() float64 { return figure(s.Stats()) }
	}
	return map[string]func() float64{
		"tavoli_store_events":         stored(func(s bolt.Stats) float64 { return float64(s.Events) }),
		"tavoli_store_streams":        stored(func(s bolt.Stats) float64 { return float64(s.Streams) }),
		"tavoli_store_log_bytes":      stored(func(s bolt.Stats) float64 { return float64(s.LogBytes) }),
		"tavoli_store_file_bytes":     stored(func(s bolt.Stats) float64 { return float64(s.FileBytes) }),
		"tavoli_store_index_bytes":    stored(func(s bolt.Stats) float64 { return float64(s.IndexBytes) }),
		"tavoli_store_commits":        stored(func(s bolt.Stats) float64 { return float64(s.Commits) }),
		"tavoli_store_appended":       stored(func(s bolt.Stats) float64 { return float64(s.Appended) }),
		"tavoli_store_commit_seconds": stored(func(s bolt.Stats) float64 { return s.Commit.Sum.Seconds() }),
	}
}

// snapshotPosition returns up to where the newest snapshot goes, or 0.
func (r *register) snapshotPosition() float64 {
	if newest := r.newestSnapshot(); newest != nil {
		return float64(newest.Position)
	}
	return 0
}

// bridgeHere returns 1 while this node is the one that publishes, and 0 otherwise.
func (r *register) bridgeHere() float64 {
	if r.bridge.Load() != nil {
		return 1
	}
	return 0
}

// bridgeLag returns how many positions the broker is behind, 0 without one.
func (r *register) bridgeLag() float64 {
	if b := r.bridge.Load(); b != nil {
		return float64(b.Stats().Lag)
	}
	return 0
}

// bridgeFailures returns how often publishing failed since the start.
func (r *register) bridgeFailures() float64 {
	if b := r.bridge.Load(); b != nil {
		return float64(b.Stats().Retries)
	}
	return 0
}
