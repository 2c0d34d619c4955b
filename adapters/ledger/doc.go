// Package ledger keeps the Merkle tree over all facts of a register, in the order
// of its log, and signs what it adds up to.
//
// A leaf is the stored bytes of a fact's entry: of every entry whose stream is not
// personal. Leaves are counted from 0 without gaps, so that the same facts give the
// same tree on any store and on any node. The tree is the one of RFC 6962; it is
// built anew from the log at every start, and held in memory: 32 bytes and a
// little for the hash of a leaf, 8 for where it stands in the log.
//
// A checkpoint says how many leaves there are and what they add up to, signed. A
// [Signer] keeps each it has signed in a file of its own and signs none that does
// not extend those before. Checkpoints, tiles, bundles of entries and proofs have
// the formats of C2SP (tlog-checkpoint, tlog-tiles, tlog-proof), which docs/formats.md
// describes.
//
// Read tree.go for the hashes, ledger.go for how they follow the log, tiles.go for
// the static files, checkpoint.go, keys.go and signer.go for the signing.
//
// # Limits
//
// A tree proves that what was recorded has not changed since somebody else took a
// checkpoint. It does not prove that what was recorded is true or complete, and
// without a checkpoint in other hands it proves nothing against whoever runs the
// register.
package ledger
