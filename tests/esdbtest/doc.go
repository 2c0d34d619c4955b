// Package esdbtest is a test server: it speaks as much of the protocol of
// EventStoreDB as package adapters/esdb uses, and follows the rules of the real
// server where they can be seen: expected revisions and repetitions, inclusive
// and exclusive ends of $all, filters with checkpoints, the two ways in which
// versions before and after 24.2 treat subscriptions, tombstones, gossip.
//
// It is no EventStoreDB. It knows one user at most, and no replication, access lists,
// soft deletion, subscriptions to one stream, links or projections, none of which the
// adapter asks for: streams are forgotten by tombstones, and followed through $all. Its
// patterns in filters are those of Go. It is
// there for its faults, which a real server does not show when asked: see [Faults].
package esdbtest
