// Package bolt keeps the register's entries in one file on disk, with bbolt
// underneath. It is the default event store.
//
// The file, events.db, holds one append-only bucket keyed by position, a small
// bucket of what the store is, and a bucket of the streams that were forgotten.
// What many callers want appended gets its place in memory, and one goroutine
// commits it together. Records written together lie in blocks, one per key.
// Positions are 1, 2, 3 and so on without gaps; a forgotten entry leaves
// a tombstone in its place.
//
// Which entries belong to which stream is kept in memory. The file index.ckpt
// saves that from being worked out anew at each start; it may be lost, damaged or
// stale at any time, and is then rebuilt by reading the log.
//
// Read record.go and block.go for what lies at a position, append.go, tail.go and
// writer.go for how it gets there, read.go for how it comes back, index.go for the
// streams, forget.go for how entries are erased, check.go and backup.go for what
// their names say.
package bolt
