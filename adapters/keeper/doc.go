// Package keeper shares one keyring among the nodes of a register: a small process
// of its own, the portachiavi condiviso, has the ring and serves it over HTTP, and
// every node has a [Client], which is a [domain.Keys].
//
// Keys are no part of the event store: its backups and its disks would keep them,
// and forgetting has to be immediate.
//
// # What a node has
//
// A client takes keys in blocks, so that taking one costs no round trip and goes on
// for a while when the keeper is down. A block belongs to one client: what it does not
// hand out is wasted. Every key that any node was given is mirrored in memory, in
// pages at the start and as they are handed out afterwards; a node's disk never holds
// one. Clients wait at the keeper for news: what one destroys, all have dropped within
// a second, and no later answer brings it back.
//
// # When the keeper is away
//
// Keys that are mirrored can be had, and those in stock can be taken. What needs the
// keeper fails with [ErrUnreachable] within the time of one call. Clients come back by
// themselves. They notice a keeper that has another ring ([ErrExchanged]) or an older
// copy of it that was not restored ([ErrBehind]) and stop using it. After a restore
// they drop their stock, keep what they have mirrored, and destroy again what they
// know was destroyed.
//
// Read wire.go for what is said, server.go and client.go for who says it.
package keeper
