// Package esdb keeps the register's entries in EventStoreDB, for those who need
// several nodes. It is the other event store beside package bolt.
//
// A stream of the register is a stream of the server, with a prefix before its
// name; the data of an event there are the bytes of the entry here, and nothing
// else is kept about it. Positions are commit positions of the server's log. Streams
// of its own, which no stream of the register can be named like, hold which store
// this is, which streams were forgotten, and who has a lease.
//
// Every append names the exact revision it follows and the ids of its events, so
// that whatever becomes of an answer, the same append can be made again.
//
// # The client
//
// The client is v4.2.0 of github.com/EventStore/EventStore-Client-Go, the last
// version that can be had. What is wrong with it is contained here, where the code
// names the numbers:
//
//	[1] One failed discovery kills a client for ever: it is replaced (guard.dial).
//	[2] Callers of a dead or searching client hang and do not heed their context:
//	    each call has a goroutine, and its caller leaves in time (callOn).
//	[3] Close panics while calls fail, "send on closed channel" (client issue 187,
//	    mended by its pull request 189, which is in no version): a client is closed
//	    when its last user has left (generation.leave).
//	[4] The header requires-leader is put where it is never sent: the guard sends
//	    it (generation.bind).
//	[5] Each lost connection is replaced without being closed, and leaks: a client
//	    that has lost one is given up before it makes another (generation.hear).
//	[6] Its reader of streams panics at messages it does not know (generation.visit).
//	[7] Opening a read while the server is down gives a bare status and starts no
//	    discovery: codeOf reads both kinds, and the guard replaces the client.
//	[8] An empty append counts as done, an event without an id gets any: such
//	    batches never come so far (domain.Batch.Check).
//	[9] A conflict tells the actual revision only in its text: the store reads where
//	    the stream is (Store.conflict), which is as far as anybody can read.
//	[10] Subscriptions end once and for all, or fall silent, as calls do during
//	    elections (server issue 3575): followers have a watchdog and begin again
//	    from where they are (follower). That servers before 24.2 drop slow consumers
//	    and later ones do not (server pull requests 4093 and 4135) makes no
//	    difference then.
//	[11] A filtered subscription of 23.10 does not say where it is until a thousand
//	    events of others have passed: followers are told of heads that somebody has
//	    seen, and look for themselves (heads).
//	[12] Its append does not listen to a server that answers before it was sent
//	    everything, as a node does that leads no longer: it takes the end of the call
//	    for an answer that was lost (client.go, lines 72 and 84: Send fails, and the
//	    status is never asked for), so that a large append is made again and again
//	    where it cannot be done. It reads the trailers while the connection may still
//	    write them, too, which is a data race. Appends are not made by the client,
//	    but on connections of their own, by the calls generated from its protocol
//	    (writer).
//	[13] Below it, gRPC 1.67 may say that a message could not be sent while it makes the
//	    call anew on another connection. Whoever then says that this was all has a
//	    part of the append stored: the writer does not, lets no call be made anew,
//	    and compares what is acknowledged with what was sent (deliver, notAgain).
//
// Read append.go and writer.go for how an entry gets there, read.go and follow.go for
// how it comes back, guard.go for the client. ADR 14 says what was chosen and why.
package esdb
