// Package projections holds the read models: what the register can be asked.
//
// Read models.go first: one log feeds all models together, so their answers agree
// with one another. Then view.go, which shows them to many readers while it
// follows a store, and one file for each model. A model is plain data: it holds
// no lock, never fails while it applies, and answers with copies.
//
// The rest is how models are kept and checked: decode.go (reading the log on all
// processors), codec.go (their deterministic form, from which digests are made),
// snapshot.go (a sealed copy for a quick start), rebuild.go (a second set beside
// the first, compared and exchanged), asof.go (what the register said at another
// time) and replay.go (the whole log again: same log, same digests).
//
// Like domain it owns no clock, disk, network or log.
package projections
